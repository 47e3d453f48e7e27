/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/checkpoint_note.h: notes that others can verify, and nothing but such notes taken.
 */
#include "tests/unit/cmocka_tap.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/evidence/checkpoint_note.h"
#include "lib/wire/base64url.h"

/* The text a note is over and its one signature line, by a key of these tests. */
struct fixture {
	uint8_t seed[NOTE_KEY_SIZE];
	struct note_key key;
	struct checkpoint checkpoint;
	char *note;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(fixture->seed, 7, sizeof(fixture->seed));
	assert_int_equal(note_key_from_seed("stepup.example.com/bastion1", fixture->seed, &fixture->key),
		STEPUP_OK);
	fixture->checkpoint = (struct checkpoint){.origin = "stepup.example.com/bastion1", .size = 20852163};
	memset(fixture->checkpoint.root, 0xab, DIGEST_SIZE);
	assert_int_equal(checkpoint_sign(&fixture->checkpoint, &fixture->key, fixture->seed, &fixture->note),
		STEPUP_OK);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->note);
	free(fixture);
	return 0;
}

/* A signed note over any text: what an own key could be made to sign, to reach the parser
 * behind the signature. */
static char *sign_text(const struct fixture *fixture, const char *text)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, fixture->seed, NOTE_KEY_SIZE);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t signature[68];
	size_t size = 64;
	char *base64, *note = NULL;

	memcpy(signature, fixture->key.key_id, 4);
	assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(md, signature + 4, &size, (const unsigned char *)text, strlen(text)),
		1);
	base64 = base64_encode_new(signature, sizeof(signature));
	assert_true(asprintf(&note, "%s\n\xe2\x80\x94 %s %s\n", text, fixture->key.name, base64) > 0);
	free(base64);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
	return note;
}

static void a_signed_checkpoint_comes_back_as_it_was(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint read;

	assert_int_equal(checkpoint_verify(fixture->note, &fixture->key, &read), STEPUP_OK);
	assert_string_equal(read.origin, fixture->checkpoint.origin);
	assert_true(read.size == fixture->checkpoint.size);
	assert_memory_equal(read.root, fixture->checkpoint.root, DIGEST_SIZE);
}

static void the_text_has_the_form_of_tlog_checkpoint(void **state)
{
	struct fixture *fixture = *state;
	static const char begin[] =
		"stepup.example.com/bastion1\n20852163\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n"
		"\xe2\x80\x94 stepup.example.com/bastion1 ";

	assert_memory_equal(fixture->note, begin, strlen(begin));
}

/* A verifier key published with the note format's own example. */
static void a_published_verifier_key_is_read_and_written_the_same(void **state)
{
	static const char vkey[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
	struct note_key key;
	char *text;

	(void)state;
	assert_int_equal(note_key_parse(vkey, &key), STEPUP_OK);
	assert_string_equal(key.name, "example.com/foo");
	text = note_key_format(&key);
	assert_string_equal(text, vkey);
	free(text);
}

static void malformed_verifier_keys_are_refused(void **state)
{
	static const char *const bad[] = {"", "example.com/foo", "example.com/foo+530d903a",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		"example com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
	struct note_key key;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(note_key_parse(bad[i], &key), STEPUP_INVALID);
}

static void every_single_bit_mutation_of_a_note_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint read;
	size_t size = strlen(fixture->note);

	for (size_t bit = 0; bit < size * 8; bit++) {
		fixture->note[bit / 8] = (char)(fixture->note[bit / 8] ^ (1 << bit % 8));
		assert_int_not_equal(checkpoint_verify(fixture->note, &fixture->key, &read), STEPUP_OK);
		assert_true(read.size == 0);
		fixture->note[bit / 8] = (char)(fixture->note[bit / 8] ^ (1 << bit % 8));
	}
	assert_int_equal(checkpoint_verify(fixture->note, &fixture->key, &read), STEPUP_OK);
}

static void a_note_cut_anywhere_or_with_more_behind_it_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint read;
	char *longer = NULL;

	for (size_t length = strlen(fixture->note); length-- > 0;) {
		char *cut = strndup(fixture->note, length);

		assert_int_not_equal(checkpoint_verify(cut, &fixture->key, &read), STEPUP_OK);
		free(cut);
	}
	assert_true(asprintf(&longer, "%s\n", fixture->note) > 0);
	assert_int_not_equal(checkpoint_verify(longer, &fixture->key, &read), STEPUP_OK);
	free(longer);
	assert_true(asprintf(&longer, "%sx", fixture->note) > 0);
	assert_int_not_equal(checkpoint_verify(longer, &fixture->key, &read), STEPUP_OK);
	free(longer);
}

static void another_key_of_the_same_name_does_not_verify(void **state)
{
	struct fixture *fixture = *state;
	struct note_key other;
	struct checkpoint read;
	uint8_t seed[NOTE_KEY_SIZE] = {1};

	assert_int_equal(note_key_from_seed(fixture->key.name, seed, &other), STEPUP_OK);
	assert_int_equal(checkpoint_verify(fixture->note, &other, &read), STEPUP_CORRUPT);
}

static void signatures_by_other_keys_are_left_alone_but_ours_must_be_there(void **state)
{
	struct fixture *fixture = *state;
	char *both = NULL, *text_end = strstr(fixture->note, "\n\n") + 2, *other = NULL;
	struct checkpoint read;

	assert_true(asprintf(&both, "%s\xe2\x80\x94 witness.example/w AAAAAAECAwQ=\n", fixture->note) > 0);
	assert_int_equal(checkpoint_verify(both, &fixture->key, &read), STEPUP_OK);
	assert_true(asprintf(&other, "%.*s\xe2\x80\x94 witness.example/w AAAAAAECAwQ=\n",
			(int)(text_end - fixture->note), fixture->note) > 0);
	assert_int_equal(checkpoint_verify(other, &fixture->key, &read), STEPUP_CORRUPT);
	free(both);
	free(other);
}

static void signed_texts_that_are_no_checkpoint_are_refused(void **state)
{
	struct fixture *fixture = *state;
	static const char root[] = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
	static const char *const sizes[] = {"", "-1", "+1", " 1", "1 ", "01", "0x10", "1e3",
		"18446744073709551616", "1\r"};
	struct checkpoint read;
	char *text = NULL, *note;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(asprintf(&text, "a.example/l\n%s\n%s\n", sizes[i], root) > 0);
		note = sign_text(fixture, text);
		assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_INVALID);
		free(note);
		free(text);
	}
	note = sign_text(fixture, "a.example/l\n5\nq6urq6s=\n");
	assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_INVALID);
	free(note);
	note = sign_text(fixture, "a.example/l\n5\n");
	assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_INVALID);
	free(note);
	note = sign_text(fixture, "two words\n5\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
	assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_INVALID);
	free(note);
	note = sign_text(fixture, "a.example/l\n5\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\nmore\n");
	assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_INVALID);
	free(note);
	note = sign_text(fixture,
		"a.example/l\n18446744073709551615\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
	assert_int_equal(checkpoint_verify(note, &fixture->key, &read), STEPUP_OK);
	free(note);
}

static void names_with_spaces_or_plus_make_no_key(void **state)
{
	static const char *const bad[] = {"", "a b", "a+b", "a\nb", "caf\xc3\xa9", "a\x7f"};
	struct note_key key;
	uint8_t seed[NOTE_KEY_SIZE] = {0};
	char *longest = calloc(1, NOTE_NAME_SIZE + 1);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(note_key_from_seed(bad[i], seed, &key), STEPUP_INVALID);
	memset(longest, 'a', NOTE_NAME_SIZE);
	assert_int_equal(note_key_from_seed(longest, seed, &key), STEPUP_INVALID);
	longest[NOTE_NAME_SIZE - 1] = '\0';
	assert_int_equal(note_key_from_seed(longest, seed, &key), STEPUP_OK);
	free(longest);
}

/* A reader that shares no code with us: python for the format, the openssl program for the signature. */
static void an_independent_reader_verifies_our_notes(void **state)
{
	struct fixture *fixture = *state;
	char *vkey = note_key_format(&fixture->key), *command = NULL;
	int pipe_ends[2], status;
	pid_t child;

	assert_int_equal(pipe(pipe_ends), 0);
	assert_true(asprintf(&command, STEPUP_TEST_SOURCE "/tests/unit/verify_note") > 0);
	child = fork();
	if (child == 0) {
		(void)dup2(pipe_ends[0], 0);
		(void)close(pipe_ends[1]);
		(void)execl("/usr/bin/python3", "python3", command, vkey, (char *)NULL);
		_exit(127);
	}
	(void)close(pipe_ends[0]);
	assert_int_equal(write(pipe_ends[1], fixture->note, strlen(fixture->note)), strlen(fixture->note));
	(void)close(pipe_ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	free(command);
	free(vkey);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(a_signed_checkpoint_comes_back_as_it_was),
	FACT(the_text_has_the_form_of_tlog_checkpoint),
	FACT(a_published_verifier_key_is_read_and_written_the_same),
	FACT(malformed_verifier_keys_are_refused),
	FACT(every_single_bit_mutation_of_a_note_is_refused),
	FACT(a_note_cut_anywhere_or_with_more_behind_it_is_refused),
	FACT(another_key_of_the_same_name_does_not_verify),
	FACT(signatures_by_other_keys_are_left_alone_but_ours_must_be_there),
	FACT(signed_texts_that_are_no_checkpoint_are_refused),
	FACT(names_with_spaces_or_plus_make_no_key),
	FACT(an_independent_reader_verifies_our_notes),
};

TAP_MAIN(tests)
