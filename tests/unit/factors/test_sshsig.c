/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/sshsig.h: what SSH security keys sign, read and checked; ssh-keygen agrees.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "tests/unit/makers/ssh_maker.h"

#define NAMESPACE "stepup@stepup.example.com"
#define TOUCHED FLAG_USER_PRESENT
#define VERIFIED (FLAG_USER_PRESENT | FLAG_USER_VERIFIED)

static const char message[] = "{\"v\":1,\"purpose\":\"auth\"}";
static const int algorithms[] = {KEY_EDDSA, KEY_ES256};

/* A key, its blob, what is read of that, and a signature blob over `message`. */
struct made {
	struct made_key key;
	struct made_blob key_blob, signature_blob;
	struct ssh_key read;
	struct ssh_signature signature;
	const char *why;
};

static void sign(struct made *made, uint8_t flags, uint32_t counter)
{
	ssh_make_sshsig(&made->key, "ssh:", flags, counter, NAMESPACE, message, strlen(message),
		&made->signature_blob);
}

static void make(int algorithm, struct made *made)
{
	memset(made, 0, sizeof(*made));
	key_make(algorithm, &made->key);
	ssh_make_key_blob(&made->key, "ssh:", &made->key_blob);
	assert_int_equal(ssh_key_parse(made->key_blob.bytes, made->key_blob.size, &made->read), STEPUP_OK);
	sign(made, TOUCHED, 7);
}

static enum stepup_error check_as(struct made *made, const char *namespace, const char *text, bool uv)
{
	return sshsig_check(&made->read, namespace, text, strlen(text), uv, made->signature_blob.bytes,
		made->signature_blob.size, &made->signature, &made->why);
}

static enum stepup_error check(struct made *made)
{
	return check_as(made, NAMESPACE, message, false);
}

static void assert_refused(struct made *made, const char *why)
{
	assert_int_equal(check(made), STEPUP_BAD_ANSWER);
	assert_string_equal(made->why, why);
}

static void a_touched_key_s_signature_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		/* numbers of all lengths are met on the way */
		for (uint32_t counter = 0; counter < 24; counter++) {
			sign(&made, TOUCHED, counter << counter);
			assert_int_equal(check(&made), STEPUP_OK);
			assert_null(made.why);
			assert_int_equal(made.signature.counter, counter << counter);
			assert_int_equal(made.signature.flags, TOUCHED);
			assert_int_equal(made.signature.algorithm, algorithms[i]);
		}
		key_release(&made.key);
	}
}

static void a_signature_is_good_for_its_message_and_namespace_and_key_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made, other;

		make(algorithms[i], &made);
		assert_int_equal(check_as(&made, NAMESPACE, "{\"v\":1,\"purpose\":\"autH\"}", false),
			STEPUP_BAD_ANSWER);
		assert_string_equal(made.why, "signature");
		assert_int_equal(check_as(&made, "stepup@stepup.example.org", message, false),
			STEPUP_BAD_ANSWER);
		assert_int_equal(check_as(&made, "file", message, false), STEPUP_BAD_ANSWER);
		assert_int_equal(check_as(&made, "", message, false), STEPUP_INVALID);
		make(algorithms[i], &other);
		other.signature_blob = made.signature_blob;
		assert_refused(&other, "signature");
		key_release(&other.key);
		make(algorithms[1 - i], &other);
		other.signature_blob = made.signature_blob;
		assert_refused(&other, "signature of another algorithm than the key's");
		key_release(&other.key);
		(void)snprintf(made.read.application, sizeof(made.read.application), "ssh:other");
		assert_refused(&made, "signature");
		key_release(&made.key);
	}
}

static void a_signature_without_a_touch_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		sign(&made, 0, 7);
		assert_refused(&made, "signed without a touch");
		sign(&made, FLAG_USER_VERIFIED, 7);
		assert_refused(&made, "signed without a touch");
		key_release(&made.key);
	}
}

static void user_verification_counts_where_it_is_required(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		assert_int_equal(check_as(&made, NAMESPACE, message, true), STEPUP_BAD_ANSWER);
		assert_string_equal(made.why, "user verification is missing");
		sign(&made, VERIFIED, 7);
		assert_int_equal(check_as(&made, NAMESPACE, message, true), STEPUP_OK);
		assert_int_equal(check(&made), STEPUP_OK);
		key_release(&made.key);
	}
}

static void what_an_agent_signs_for_a_login_is_no_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		/* no SSHSIG around it */
		ssh_make_signature(&made.key, "ssh:", TOUCHED, 7, message, strlen(message),
			&made.signature_blob);
		assert_refused(&made, "signature");
		key_release(&made.key);
	}
}

static void every_changed_bit_of_a_signature_blob_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		for (size_t bit = 0; bit < 8 * made.signature_blob.size; bit++) {
			made.signature_blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_not_equal(check(&made), STEPUP_OK);
			assert_non_null(made.why);
			made.signature_blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_int_equal(check(&made), STEPUP_OK);
		key_release(&made.key);
	}
}

static void every_changed_bit_of_the_message_is_refused(void **state)
{
	char text[sizeof(message)];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		memcpy(text, message, sizeof(text));
		for (size_t bit = 0; bit < 8 * strlen(message); bit++) {
			text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
			assert_int_equal(check_as(&made, NAMESPACE, text, false), STEPUP_BAD_ANSWER);
			text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
		}
		key_release(&made.key);
	}
}

static void every_changed_bit_of_a_key_blob_makes_another_key_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;

		make(algorithms[i], &made);
		for (size_t bit = 0; bit < 8 * made.key_blob.size; bit++) {
			made.key_blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (ssh_key_parse(made.key_blob.bytes, made.key_blob.size, &made.read) == STEPUP_OK)
				assert_int_equal(check(&made), STEPUP_BAD_ANSWER);
			made.key_blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		key_release(&made.key);
	}
}

static void blobs_cut_short_or_followed_by_more_are_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;
		struct ssh_key key;
		struct ssh_signature signature;

		make(algorithms[i], &made);
		for (size_t size = 0; size <= made.key_blob.size + 1; size++)
			assert_int_equal(ssh_key_parse(made.key_blob.bytes, size, &key),
				size == made.key_blob.size ? STEPUP_OK : STEPUP_INVALID);
		for (size_t size = 0; size <= made.signature_blob.size + 1; size++)
			assert_int_equal(ssh_signature_parse(made.signature_blob.bytes, size, &signature),
				size == made.signature_blob.size ? STEPUP_OK : STEPUP_INVALID);
		key_release(&made.key);
	}
}

static void blobs_beyond_the_maximum_are_refused(void **state)
{
	static uint8_t bytes[SSH_BLOB_MAX + 1];
	struct ssh_key key;
	struct ssh_signature signature;

	(void)state;
	assert_int_equal(ssh_key_parse(bytes, sizeof(bytes), &key), STEPUP_TOO_LONG);
	assert_int_equal(ssh_signature_parse(bytes, sizeof(bytes), &signature), STEPUP_TOO_LONG);
}

static void keys_that_can_t_be_touched_are_none(void **state)
{
	static const char *const other[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa",
		"sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com\n", "",
		"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"};
	struct made_key made;
	struct ssh_key key;

	(void)state;
	key_make(KEY_EDDSA, &made);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		struct made_blob blob = {.size = 0};

		blob_string(&blob, other[i], strlen(other[i]));
		blob_string(&blob, made.raw, made.raw_size);
		blob_string(&blob, "ssh:", 4);
		assert_int_equal(ssh_key_parse(blob.bytes, blob.size, &key), STEPUP_INVALID);
	}
	key_release(&made);
}

static void an_application_has_no_nul_and_fits(void **state)
{
	char application[SSH_APPLICATION_SIZE + 1] = {0};
	struct made made;
	struct made_blob blob = {.size = 0};
	struct ssh_key key;

	(void)state;
	make(KEY_EDDSA, &made);
	memset(application, 'a', sizeof(application) - 2);
	ssh_make_key_blob(&made.key, application, &blob);
	assert_int_equal(ssh_key_parse(blob.bytes, blob.size, &key), STEPUP_OK);
	assert_string_equal(key.application, application);
	application[sizeof(application) - 2] = 'a';
	application[sizeof(application) - 1] = '\0';
	ssh_make_key_blob(&made.key, application, &blob);
	assert_int_equal(ssh_key_parse(blob.bytes, blob.size, &key), STEPUP_INVALID);
	ssh_make_key_blob(&made.key, "ssh:", &blob);
	blob.bytes[blob.size - 1] = '\0';
	assert_int_equal(ssh_key_parse(blob.bytes, blob.size, &key), STEPUP_INVALID);
	key_release(&made.key);
}

static void a_key_that_is_no_point_or_of_small_order_is_refused(void **state)
{
	struct made made;

	(void)state;
	make(KEY_ES256, &made);
	made.key.raw[63] ^= 1;
	ssh_make_key_blob(&made.key, "ssh:", &made.key_blob);
	assert_int_equal(ssh_key_parse(made.key_blob.bytes, made.key_blob.size, &made.read), STEPUP_INVALID);
	key_release(&made.key);
	make(KEY_EDDSA, &made);
	memset(made.key.raw, 0, sizeof(made.key.raw));
	made.key.raw[0] = 1;
	ssh_make_key_blob(&made.key, "ssh:", &made.key_blob);
	assert_int_equal(ssh_key_parse(made.key_blob.bytes, made.key_blob.size, &made.read), STEPUP_INVALID);
	key_release(&made.key);
}

/* Signature blobs with numbers of their own choosing. */
static enum stepup_error parse_numbers(const char *r, size_t r_size, const char *s, size_t s_size)
{
	struct made_blob numbers = {.size = 0}, blob = {.size = 0};
	struct ssh_signature signature;

	blob_string(&numbers, r, r_size);
	blob_string(&numbers, s, s_size);
	blob_string(&blob, "sk-ecdsa-sha2-nistp256@openssh.com",
		strlen("sk-ecdsa-sha2-nistp256@openssh.com"));
	blob_string(&blob, numbers.bytes, numbers.size);
	blob_raw(&blob, "\x01\0\0\0\1", 5);
	return ssh_signature_parse(blob.bytes, blob.size, &signature);
}

static void a_number_of_an_ecdsa_signature_has_one_form(void **state)
{
	static const char long_number[40] = {0x7f};

	(void)state;
	assert_int_equal(parse_numbers("\x01", 1, "\x7f", 1), STEPUP_OK);
	assert_int_equal(parse_numbers("\0\x80", 2, "\x7f", 1), STEPUP_OK);
	assert_int_equal(parse_numbers("", 0, "\x7f", 1), STEPUP_INVALID);       /* 0, as mpint has it */
	assert_int_equal(parse_numbers("\0", 1, "\x7f", 1), STEPUP_INVALID);     /* 0, as DER has it */
	assert_int_equal(parse_numbers("\0\x01", 2, "\x7f", 1), STEPUP_INVALID); /* a byte too many */
	assert_int_equal(parse_numbers("\x80", 1, "\x7f", 1), STEPUP_INVALID);   /* negative */
	assert_int_equal(parse_numbers(long_number, 33, long_number, 33), STEPUP_OK);
	assert_int_equal(parse_numbers(long_number, 34, "\x7f", 1), STEPUP_INVALID);
	assert_int_equal(parse_numbers("\x01", 1, long_number, 40), STEPUP_INVALID);
}

static void a_key_s_blob_is_what_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;
		uint8_t *blob = NULL;
		size_t size = 0;

		make(algorithms[i], &made);
		assert_int_equal(ssh_key_blob(&made.read, &blob, &size), STEPUP_OK);
		assert_int_equal(size, made.key_blob.size);
		assert_memory_equal(blob, made.key_blob.bytes, size);
		free(blob);
		key_release(&made.key);
	}
}

static void lines_of_public_key_files_are_read(void **state)
{
	static const char *const before[] = {"", "  ", "no-touch-required ",
		"command=\"a b \\\" c\",verify-required\t"};
	char comment[SSH_COMMENT_SIZE], line[2048];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made made;
		struct ssh_key key;
		char *base64;
		const char *type = algorithms[i] == KEY_EDDSA ? "sk-ssh-ed25519@openssh.com"
			: "sk-ecdsa-sha2-nistp256@openssh.com";

		make(algorithms[i], &made);
		base64 = base64_encode_new(made.key_blob.bytes, made.key_blob.size);
		for (size_t j = 0; j < sizeof(before) / sizeof(before[0]); j++) {
			(void)snprintf(line, sizeof(line), "%s%s %s alice's blue key\r\n", before[j],
				type, base64);
			assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_OK);
			assert_string_equal(comment, "alice's blue key");
			assert_memory_equal(&key, &made.read, sizeof(key));
		}
		(void)snprintf(line, sizeof(line), "%s %s", type, base64);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_OK);
		assert_string_equal(comment, "");
		(void)snprintf(line, sizeof(line), "%s %s", algorithms[1 - i] == KEY_EDDSA
			? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com", base64);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_INVALID);
		(void)snprintf(line, sizeof(line), "a b %s %s", type, base64);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_INVALID);
		(void)snprintf(line, sizeof(line), "%s %s two\nlines", type, base64);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_INVALID);
		(void)snprintf(line, sizeof(line), "%s %s %0300d", type, base64, 1);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_INVALID);
		(void)snprintf(line, sizeof(line), "%s", type);
		assert_int_equal(ssh_key_parse_line(line, &key, comment), STEPUP_INVALID);
		assert_int_equal(ssh_key_parse_line("", &key, comment), STEPUP_INVALID);
		assert_int_equal(ssh_key_parse_line("# sk-ssh-ed25519@openssh.com AAAA", &key, comment),
			STEPUP_INVALID);
		free(base64);
		key_release(&made.key);
	}
}

/* Runs a command in `folder`; its exit status. */
static int run(const char *folder, const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cd '%s' && { %s; } >output 2>&1", folder, command);
	return system(line);
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void ssh_keygen_verifies_the_armored_signature(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char folder[] = "/tmp/test_sshsig.XXXXXX", line[2048], *base64, *armor;
		struct made made;

		make(algorithms[i], &made);
		assert_non_null(mkdtemp(folder));
		base64 = base64_encode_new(made.key_blob.bytes, made.key_blob.size);
		armor = sshsig_armor(&made.read, NAMESPACE, made.signature_blob.bytes,
			made.signature_blob.size);
		assert_non_null(armor);
		(void)snprintf(line, sizeof(line), "alice %s %s\n", algorithms[i] == KEY_EDDSA
			? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com", base64);
		put(folder, "signers", line);
		put(folder, "signature", armor);
		put(folder, "message", message);
		put(folder, "other", "something else");
		assert_int_equal(run(folder, "ssh-keygen -Y verify -f signers -I alice -n " NAMESPACE
				" -s signature <message"), 0);
		assert_int_not_equal(run(folder, "ssh-keygen -Y verify -f signers -I alice -n " NAMESPACE
				" -s signature <other"), 0);
		assert_int_not_equal(run(folder,
				"ssh-keygen -Y verify -f signers -I alice -n file -s signature <message"), 0);
		assert_int_equal(run(folder, "rm signers signature message other output"), 0);
		assert_int_equal(rmdir(folder), 0);
		free(base64);
		free(armor);
		key_release(&made.key);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_touched_key_s_signature_is_taken),
	cmocka_unit_test(a_signature_is_good_for_its_message_and_namespace_and_key_only),
	cmocka_unit_test(a_signature_without_a_touch_is_refused),
	cmocka_unit_test(user_verification_counts_where_it_is_required),
	cmocka_unit_test(what_an_agent_signs_for_a_login_is_no_answer),
	cmocka_unit_test(every_changed_bit_of_a_signature_blob_is_refused),
	cmocka_unit_test(every_changed_bit_of_the_message_is_refused),
	cmocka_unit_test(every_changed_bit_of_a_key_blob_makes_another_key_or_none),
	cmocka_unit_test(blobs_cut_short_or_followed_by_more_are_malformed),
	cmocka_unit_test(blobs_beyond_the_maximum_are_refused),
	cmocka_unit_test(keys_that_can_t_be_touched_are_none),
	cmocka_unit_test(an_application_has_no_nul_and_fits),
	cmocka_unit_test(a_key_that_is_no_point_or_of_small_order_is_refused),
	cmocka_unit_test(a_number_of_an_ecdsa_signature_has_one_form),
	cmocka_unit_test(a_key_s_blob_is_what_was_read),
	cmocka_unit_test(lines_of_public_key_files_are_read),
	cmocka_unit_test(ssh_keygen_verifies_the_armored_signature),
};
TAP_MAIN(tests)
