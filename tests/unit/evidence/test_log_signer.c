/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/evidence/log_signer.h and verifier/evidence/log_epoch.h: checkpoints in the background, and stores
 * that aren't what they were.
 */
#include "tests/unit/cmocka_tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/safe_file.h"
#include "lib/evidence/checkpoint_note.h"
#include "lib/wire/base64url.h"
#include "tests/unit/store/store_fixture.h"
#include "verifier/evidence/highwater.h"
#include "verifier/evidence/log_signer.h"
#include "verifier/state/store/store_internal.h"
#include "verifier/state/vault/mark.h"

#define ORIGIN "stepup.example.com/bastion1"

static const struct log_names names_of_first = {"https://stepup.example.com/", "bastion1"};

struct signing {
	struct fixture *store;
	char mark[128]; /* the high-water mark's path */
	uint8_t mark_key[HIGHWATER_KEY_SIZE];
	struct log_signer *signer;
	const struct log_names *names;
	bool clean;
	char *log_key, *why;
	/* the background's */
	uv_loop_t loop;
	uv_timer_t watch;
	struct commit_queue *queue;
	int64_t wanted; /* the size whose checkpoint ends the loop */
	int rounds;
};

static int setup(void **state)
{
	struct signing *signing = calloc(1, sizeof(*signing));

	assert_non_null(signing);
	signing->names = &names_of_first;
	signing->store = fixture_new();
	snprintf(signing->mark, sizeof(signing->mark), "%s/highwater", signing->store->folder);
	assert_ok(highwater_key(signing->store->key, signing->mark_key));
	*state = signing;
	return 0;
}

/* Lets the signer go as a crash would: nothing is written any more. */
static void crash(struct signing *signing)
{
	log_signer_abandon(&signing->signer);
	fixture_close(signing->store);
	fixture_open(signing->store);
}

static void forget(struct signing *signing)
{
	free(signing->log_key);
	free(signing->why);
	signing->log_key = signing->why = NULL;
}

static int teardown(void **state)
{
	struct signing *signing = *state;

	if (signing->signer != NULL)
		log_signer_abandon(&signing->signer);
	forget(signing);
	fixture_free(signing->store);
	free(signing);
	return 0;
}

static enum stepup_error open_signer(struct signing *signing, bool new_epoch)
{
	enum stepup_error error;

	forget(signing);
	error = log_signer_open(signing->store->store, signing->store->writer, signing->store->key,
		signing->mark, signing->names, new_epoch, &signing->signer, &signing->clean,
		&signing->log_key, &signing->why);
	assert_int_equal(error == STEPUP_OK, signing->signer != NULL);
	assert_int_equal(error == STEPUP_OK, signing->log_key != NULL);
	return error;
}

static void assert_opens(struct signing *signing, bool clean)
{
	enum stepup_error error = open_signer(signing, false);

	if (error != STEPUP_OK)
		fail_msg("%s: %s", stepup_error_name(error), signing->why != NULL ? signing->why : "");
	assert_int_equal(signing->clean, clean);
}

/* The start is refused with a sentence that says so, and how to go on. */
static void assert_refused(struct signing *signing, const char *words)
{
	assert_error(open_signer(signing, false), STEPUP_CORRUPT);
	assert_non_null(signing->why);
	if (strstr(signing->why, words) == NULL)
		fail_msg("%s", signing->why);
	assert_non_null(strstr(signing->why, "stepup epoch new"));
}

static void close_signer(struct signing *signing)
{
	assert_ok(log_signer_close(&signing->signer, signing->store->writer));
	assert_null(signing->signer);
}

static void append(struct signing *signing, int count)
{
	assert_ok(store_begin(signing->store->writer));
	for (int i = 0; i < count; i++)
		assert_ok(fixture_log(signing->store->writer, "entry"));
	assert_ok(store_commit(signing->store->writer));
}

static void reopen_store(struct signing *signing)
{
	fixture_close(signing->store);
	fixture_open(signing->store);
}

static int64_t log_size(struct signing *signing)
{
	int64_t size = 0;

	assert_ok(store_log_size(signing->store->writer, &size));
	return size;
}

/* The newest stored checkpoint verifies under the log's key and covers so many entries with the root
 * that the table has. */
static void assert_signed(struct signing *signing, const char *log_key, int64_t expected)
{
	uint8_t root[DIGEST_SIZE];
	struct checkpoint checkpoint;
	struct note_key key;
	char *note = NULL;
	int64_t size = 0;

	assert_ok(store_log_checkpoint_newest(signing->store->writer, &size, &note));
	assert_int_equal(size, expected);
	assert_ok(note_key_parse(log_key, &key));
	assert_ok(checkpoint_verify(note, &key, &checkpoint));
	assert_string_equal(checkpoint.origin, ORIGIN);
	assert_int_equal(checkpoint.size, expected);
	fixture_log_root(signing->store, &size, root);
	assert_int_equal(size, expected);
	assert_memory_equal(root, checkpoint.root, DIGEST_SIZE);
	free(note);
}

static struct store_head read_mark(struct signing *signing)
{
	struct mark *mark = NULL;
	struct store_head head;
	char *why = NULL;

	assert_ok(mark_open(signing->mark, signing->store->key, signing->store->store->id, &mark, &why));
	head = *mark_head(mark);
	mark_close(&mark);
	return head;
}

/* The file as earlier versions wrote it. */
static void write_former(const struct signing *signing, const uint8_t key[HIGHWATER_KEY_SIZE],
	const struct highwater *mark)
{
	char root[BASE64URL_LENGTH(DIGEST_SIZE) + 1], mac[BASE64URL_LENGTH(DIGEST_SIZE) + 1], body[512];
	uint8_t bytes[DIGEST_SIZE];
	FILE *file;
	int size;

	base64url_encode(mark->root, DIGEST_SIZE, root);
	size = snprintf(body, sizeof(body), "stepup-highwater/1\nsize %lld\nroot %s\nat %lld\nclean %d\n",
		(long long)mark->size, root, (long long)mark->at, mark->clean);
	assert_ok(digest_hmac_sha256(key, HIGHWATER_KEY_SIZE, body, (size_t)size, bytes));
	base64url_encode(bytes, sizeof(bytes), mac);
	(void)unlink(signing->mark);
	file = fopen(signing->mark, "w");
	assert_non_null(file);
	fprintf(file, "%smac %s\n", body, mac);
	fclose(file);
	assert_int_equal(chmod(signing->mark, 0600), 0);
}

static struct highwater read_former(struct signing *signing)
{
	struct highwater mark;
	char *why = NULL;

	assert_ok(highwater_read(signing->mark, signing->mark_key, &mark, &why));
	return mark;
}

/* --- the mark of earlier versions by itself --- */

static void a_mark_comes_back_as_it_was_written(void **state)
{
	struct signing *signing = *state;
	struct highwater mark = {.size = 123456789012, .at = 1700000000, .clean = true}, read;

	memset(mark.root, 0xfe, sizeof(mark.root));
	for (int clean = 0; clean < 2; clean++) {
		mark.clean = clean == 1;
		write_former(signing, signing->mark_key, &mark);
		read = read_former(signing);
		assert_int_equal(read.size, mark.size);
		assert_int_equal(read.at, mark.at);
		assert_int_equal(read.clean, mark.clean);
		assert_memory_equal(read.root, mark.root, DIGEST_SIZE);
	}
}

static void every_single_bit_mutation_of_a_mark_is_noticed(void **state)
{
	struct signing *signing = *state;
	struct highwater mark = {.size = 42, .at = 1700000000, .clean = true}, read;
	char bytes[1024] = "", *why = NULL;
	ssize_t size;
	int fd;

	write_former(signing, signing->mark_key, &mark);
	fd = open(signing->mark, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	size = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(size > 100);
	for (ssize_t bit = 0; bit < size * 8; bit++) {
		char before = bytes[bit / 8];

		bytes[bit / 8] = (char)(before ^ (1 << bit % 8));
		assert_int_equal(pwrite(fd, bytes, (size_t)size, 0), size);
		assert_error(highwater_read(signing->mark, signing->mark_key, &read, &why), STEPUP_CORRUPT);
		free(why);
		bytes[bit / 8] = before;
	}
	for (ssize_t length = size - 1; length >= 0; length--) {
		assert_int_equal(ftruncate(fd, length), 0);
		assert_error(highwater_read(signing->mark, signing->mark_key, &read, &why), STEPUP_CORRUPT);
		free(why);
	}
	(void)close(fd);
}

static void a_mark_under_another_master_key_is_not_taken(void **state)
{
	struct signing *signing = *state;
	struct highwater mark = {.size = 42}, read;
	struct master_key *other = fixture_key(8);
	uint8_t other_key[HIGHWATER_KEY_SIZE];
	char *why = NULL;

	assert_ok(highwater_key(other, other_key));
	write_former(signing, other_key, &mark);
	assert_error(highwater_read(signing->mark, signing->mark_key, &read, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, signing->mark));
	free(why);
	master_key_free(&other);
}

static void a_mark_that_others_can_write_or_that_is_a_link_is_refused(void **state)
{
	struct signing *signing = *state;
	struct highwater mark = {.size = 42}, read;
	char *why = NULL, other[160];

	write_former(signing, signing->mark_key, &mark);
	assert_int_equal(chmod(signing->mark, 0622), 0);
	assert_error(highwater_read(signing->mark, signing->mark_key, &read, &why), STEPUP_UNSAFE_FILE);
	free(why);
	assert_int_equal(chmod(signing->mark, 0600), 0);
	snprintf(other, sizeof(other), "%s.real", signing->mark);
	assert_int_equal(rename(signing->mark, other), 0);
	assert_int_equal(symlink(other, signing->mark), 0);
	assert_error(highwater_read(signing->mark, signing->mark_key, &read, &why), STEPUP_UNSAFE_FILE);
	free(why);
	assert_int_equal(unlink(signing->mark), 0);
}

static void a_mark_beside_the_database_is_taken_along_once(void **state)
{
	struct signing *signing = *state;
	char former[160], *text = NULL, *why = NULL;
	size_t size = 0;

	snprintf(former, sizeof(former), "%s/former", signing->store->folder);
	assert_ok(highwater_carry_over(former, signing->mark)); /* nothing there */
	assert_int_not_equal(access(signing->mark, F_OK), 0);
	assert_ok(safe_file_replace(former, "first", 5, 0600));
	assert_ok(highwater_carry_over(former, signing->mark));
	assert_int_not_equal(access(former, F_OK), 0);
	assert_ok(safe_file_replace(former, "second", 6, 0600));
	/* there is a mark: whatever lies beside the database says nothing */
	assert_ok(highwater_carry_over(former, signing->mark));
	assert_ok(safe_file_read(signing->mark, SAFE_FILE_PUBLIC, 100, &text, &size, &why));
	assert_string_equal(text, "first");
	free(text);
	assert_int_equal(unlink(former), 0);
	assert_int_equal(symlink("/etc/passwd", former), 0);
	assert_int_equal(unlink(signing->mark), 0);
	assert_error(highwater_carry_over(former, signing->mark), STEPUP_UNSAFE_FILE);
}

/* --- starting --- */

static void the_first_start_makes_a_key_and_begins_the_log(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	assert_int_equal(log_size(signing), 1);
	assert_memory_equal(signing->log_key, ORIGIN "+", strlen(ORIGIN "+"));
	assert_false(read_mark(signing).clean);
}

static void the_key_lasts_and_a_clean_stop_is_known(void **state)
{
	struct signing *signing = *state;
	char *first;

	assert_opens(signing, true);
	first = strdup(signing->log_key);
	append(signing, 10);
	close_signer(signing);
	assert_true(read_mark(signing).clean);
	assert_int_equal(read_mark(signing).log_size, 11);
	assert_signed(signing, first, 11);
	reopen_store(signing);
	assert_opens(signing, true);
	assert_string_equal(signing->log_key, first);
	assert_int_equal(log_size(signing), 11);
	free(first);
}

/* The last entry's type and what it says of before. */
struct last_entry {
	char type[32], was_issuer[64], was_host[64];
};

static bool note_last(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct last_entry *last = context;
	json_t *object = json_loads(entry, 0, NULL);
	const char *type = "", *was_issuer = "", *was_host = "";

	(void)index;
	(void)details;
	(void)salt;
	(void)json_unpack(object, "{s:s, s?s, s?s}", "type", &type, "was_issuer", &was_issuer,
		"was_host", &was_host);
	snprintf(last->type, sizeof(last->type), "%s", type);
	snprintf(last->was_issuer, sizeof(last->was_issuer), "%s", was_issuer);
	snprintf(last->was_host, sizeof(last->was_host), "%s", was_host);
	json_decref(object);
	return false;
}

static struct last_entry last_entry(struct signing *signing)
{
	struct last_entry last = {0};

	assert_ok(store_log_each(signing->store->writer, log_size(signing) - 1, 1, note_last, &last));
	return last;
}

static void another_name_of_host_or_issuer_is_an_entry_and_no_other_key(void **state)
{
	static const struct log_names later[] = {
		{"https://stepup.example.com/", "bastion2"}, {"https://login.example.com", "bastion2"},
		{"https://stepup.example.com/", "bastion1"}};
	static const char *const was[][2] = {
		{"https://stepup.example.com/", "bastion1"}, {"https://stepup.example.com/", "bastion2"},
		{"https://login.example.com", "bastion2"}};
	struct signing *signing = *state;
	char *first;

	assert_opens(signing, true);
	first = strdup(signing->log_key);
	close_signer(signing);
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		struct last_entry last;

		signing->names = &later[i];
		for (int again = 0; again < 2; again++) { /* and it is said once */
			reopen_store(signing);
			assert_opens(signing, true);
			assert_string_equal(signing->log_key, first);
			assert_int_equal(log_size(signing), 2 + (int64_t)i);
			close_signer(signing);
			assert_signed(signing, first, 2 + (int64_t)i);
		}
		last = last_entry(signing);
		assert_string_equal(last.type, "names");
		assert_string_equal(last.was_issuer, was[i][0]);
		assert_string_equal(last.was_host, was[i][1]);
	}
	free(first);
}

static void a_new_epoch_keeps_the_logs_name(void **state)
{
	static const struct log_names later = {"https://login.example.com", "bastion2"};
	struct signing *signing = *state;
	char *first;

	assert_opens(signing, true);
	first = strdup(signing->log_key);
	close_signer(signing);
	signing->names = &later;
	reopen_store(signing);
	assert_ok(open_signer(signing, true));
	assert_string_not_equal(signing->log_key, first);
	assert_memory_equal(signing->log_key, ORIGIN "+", strlen(ORIGIN "+"));
	free(first);
}

static void a_log_of_an_earlier_version_keeps_the_name_that_it_signed_under(void **state)
{
	static const struct log_names now = {"https://login.example.com", "bastion2"};
	struct signing *signing = *state;
	struct store_session *session = signing->store->writer;
	struct checkpoint checkpoint = {.origin = ORIGIN, .size = 3};
	const uint8_t seed[NOTE_KEY_SIZE] = {3};
	char origin[NOTE_NAME_SIZE], *note = NULL;
	struct merkle_tree tree;
	struct note_key key;

	append(signing, 3);
	assert_ok(store_log_tree(session, &tree));
	assert_ok(merkle_root(&tree, checkpoint.root));
	assert_ok(note_key_from_seed(ORIGIN, seed, &key));
	assert_ok(checkpoint_sign(&checkpoint, &key, seed, &note));
	assert_ok(store_begin(session));
	assert_ok(store_log_checkpoint_add(session, &tree, 1700000000, note));
	assert_ok(store_commit(session));
	free(note);
	assert_ok(log_identity_origin(session, &now, origin));
	assert_string_equal(origin, ORIGIN);
}

static void a_stop_that_was_not_clean_is_known(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	append(signing, 3);
	close_signer(signing);
	assert_opens(signing, true);
	append(signing, 3);
	crash(signing);
	assert_opens(signing, false);
	close_signer(signing);
	assert_opens(signing, true);
}

static void a_restored_older_snapshot_is_refused(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	fixture_save(signing->store, "snapshot");
	fixture_open(signing->store);
	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	fixture_restore(signing->store, "snapshot");
	fixture_open(signing->store);
	assert_refused(signing, "The store is older than its mark");
	assert_refused(signing, "batch 3, not 5");
	assert_int_equal(log_size(signing), 6); /* nothing was changed */
	assert_int_equal(read_mark(signing).log_size, 11);
}

static void a_database_that_is_gone_is_not_the_first_start(void **state)
{
	struct signing *signing = *state;
	char path[160];

	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	assert_int_equal(unlink(signing->store->place), 0);
	snprintf(path, sizeof(path), "%s-wal", signing->store->place);
	(void)unlink(path);
	snprintf(path, sizeof(path), "%s-shm", signing->store->place);
	(void)unlink(path);
	fixture_open(signing->store);
	assert_refused(signing, "was not written for this store under this master key");
}

static void a_missing_mark_beside_a_log_is_refused(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	close_signer(signing);
	assert_int_equal(unlink(signing->mark), 0);
	assert_refused(signing, "is missing, so nobody can tell whether this store is the newest");
	assert_int_equal(access(signing->mark, F_OK), -1);
}

static void a_forged_mark_is_refused(void **state)
{
	struct signing *signing = *state;
	struct highwater mark = {.size = 1};
	uint8_t other_key[HIGHWATER_KEY_SIZE] = {0};

	assert_opens(signing, true);
	close_signer(signing);
	write_former(signing, other_key, &mark);
	assert_refused(signing, "was not written for this store under this master key");
}

/* A store that an earlier version left: its log has so many entries, and its mark knows `known` of them. */
static void of_earlier_version(struct signing *signing, int64_t known, bool clean, bool good)
{
	struct highwater mark = {.size = known, .at = 1700000000, .clean = clean};

	append(signing, 3); /* one batch, as an upgrade is */
	assert_ok(store_log_root_at(signing->store->writer, known, mark.root));
	mark.root[0] ^= good ? 0 : 1;
	write_former(signing, signing->mark_key, &mark);
}

static void the_mark_of_an_earlier_version_is_carried_over(void **state)
{
	struct signing *signing = *state;

	of_earlier_version(signing, 2, true, true);
	assert_ok(open_signer(signing, true));
	close_signer(signing);
	assert_opens(signing, true);
	assert_int_equal(read_mark(signing).log_size, log_size(signing)); /* it is the one of this version */
}

static void one_that_does_not_fit_is_refused(void **state)
{
	struct signing *signing = *state;

	of_earlier_version(signing, 2, true, false);
	assert_refused(signing, "one of its first 2 entries was changed or taken out");
}

static void one_that_comes_back_later_is_nobodys(void **state)
{
	struct signing *signing = *state;

	append(signing, 1);
	of_earlier_version(signing, 2, true, true); /* the second batch */
	assert_refused(signing, "was not written for this store under this master key");
}

/* The store itself is refused, with that sentence. */
static void assert_store_refused(struct signing *signing, const char *sentence)
{
	char *why = NULL;

	assert_error(store_open(signing->store->url, signing->store->key, &signing->store->store, &why),
		STEPUP_CORRUPT);
	assert_non_null(why);
	if (strstr(why, sentence) == NULL)
		fail_msg("%s", why);
	free(why);
}

static void an_entry_edited_below_the_mark_is_refused(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	/* whoever edits an entry must take the sealed checkpoints away, too, or the tree would
	 * be made from them */
	fixture_tamper(signing->store, "DELETE FROM checkpoints; "
		"UPDATE log_entries SET entry = replace(entry, '\"entry\"', '\"Entry\"') WHERE idx = 3");
	assert_store_refused(signing, "entries of its log are not those that this verifier left");
}

static void a_cut_tail_is_refused(void **state)
{
	struct signing *signing = *state;

	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	fixture_tamper(signing->store, "DELETE FROM checkpoints; DELETE FROM log_entries WHERE idx >= 4");
	assert_store_refused(signing, "the newest row of its log, in which the verifier says what it left, "
		"was changed or taken out");
}

static bool find_text(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	(void)index;
	(void)details;
	(void)salt;
	*(char **)context = strdup(entry);
	return false;
}

static void a_new_epoch_voids_receipts_and_invitations_and_says_so(void **state)
{
	struct signing *signing = *state;
	struct invitation invitation = {
		.user = "bob", .by = "alice", .expires = INT64_C(4000000000), .digest = {1}}, found;
	struct receipt_row row = {.jti = "AAAAAAAAAAAAAAAAAAAAAA", .user = "alice", .audience = "export",
		.issued = 1700000000, .expires = INT64_C(4000000000)};
	char *entry = NULL, *first;

	assert_opens(signing, true);
	first = strdup(signing->log_key);
	append(signing, 5);
	assert_ok(store_begin(signing->store->writer));
	assert_ok(store_invitation_add(signing->store->writer, &invitation));
	assert_ok(store_receipt_add(signing->store->writer, &row));
	assert_ok(store_commit(signing->store->writer));
	close_signer(signing);
	fixture_close(signing->store);
	fixture_save(signing->store, "snapshot");
	fixture_open(signing->store);
	assert_opens(signing, true);
	append(signing, 5);
	close_signer(signing);
	fixture_close(signing->store);
	fixture_restore(signing->store, "snapshot");
	fixture_open(signing->store);
	assert_refused(signing, "older");
	assert_ok(open_signer(signing, true));
	assert_false(signing->clean); /* codes of the time that was lost may have been used */
	assert_null(signing->why);
	assert_string_not_equal(signing->log_key, first); /* a log never signs two different pasts */
	assert_int_equal(log_size(signing), 7);
	assert_ok(store_log_each(signing->store->writer, 6, 1, find_text, &entry));
	assert_non_null(entry);
	assert_non_null(strstr(entry, "\"type\":\"epoch\""));
	assert_non_null(strstr(entry, "\"seen_size\":11"));
	assert_non_null(strstr(entry, signing->log_key));
	assert_error(store_invitation_find(signing->store->writer, invitation.digest, &found),
		STEPUP_NOT_FOUND);
	assert_ok(store_begin(signing->store->writer));
	assert_error(store_receipt_redeem(signing->store->writer, row.jti, 1700000001, "x", 7),
		STEPUP_EXISTS);
	store_rollback(signing->store->writer);
	free(first);
	first = strdup(signing->log_key);
	close_signer(signing);
	assert_signed(signing, first, 7);
	assert_opens(signing, true); /* and the next start is an ordinary one */
	free(entry);
	free(first);
}

static void a_store_without_its_signing_key_is_refused(void **state)
{
	struct signing *signing = *state;
	char *first, *why = NULL;

	assert_opens(signing, true);
	first = strdup(signing->log_key);
	close_signer(signing);
	fixture_close(signing->store);
	fixture_tamper(signing->store, "DELETE FROM keys WHERE purpose = 'log'");
	assert_store_refused(signing, "rows are not those that this verifier left");
	assert_ok(store_open_so(&(struct store_opening){.url = signing->store->url,
				.key = signing->store->key, .as_found = true}, &signing->store->store, &why));
	assert_ok(store_session_open(signing->store->store, true, &signing->store->writer));
	assert_ok(store_session_open(signing->store->store, false, &signing->store->reader));
	assert_refused(signing, "signing key is missing");
	assert_ok(open_signer(signing, true));
	assert_string_not_equal(signing->log_key, first);
	free(first);
}

static void a_mark_that_cannot_be_written_stops_the_start(void **state)
{
	struct signing *signing = *state;

	snprintf(signing->mark, sizeof(signing->mark), "%s/nowhere/highwater", signing->store->folder);
	assert_int_not_equal(open_signer(signing, false), STEPUP_OK);
	assert_non_null(strstr(signing->why, "/nowhere"));
	assert_int_equal(log_size(signing), 0);
}

static void a_name_that_makes_no_key_stops_the_start(void **state)
{
	struct signing *signing = *state;
	const struct log_names two_words = {"https://stepup.example.com", "two words"};

	assert_error(log_signer_open(signing->store->store, signing->store->writer, signing->store->key,
			signing->mark, &two_words, false, &signing->signer, &signing->clean,
			&signing->log_key, &signing->why), STEPUP_INVALID);
	assert_non_null(strstr(signing->why, "two words"));
}

/* --- in the background --- */

static enum stepup_error append_one(struct store_session *session, void *job)
{
	(void)job;
	return fixture_log(session, "entry");
}

static void appended(void *job, enum stepup_error result)
{
	(void)job;
	assert_int_equal(result, STEPUP_OK);
}

/* Ends the loop when the checkpoint that is waited for stands, and the mark behind it. */
static void look(uv_timer_t *timer)
{
	struct signing *signing = timer->data;
	char *note = NULL;
	int64_t size = 0;
	bool there = store_log_checkpoint_newest(signing->store->reader, &size, &note) == STEPUP_OK &&
		size >= signing->wanted && read_mark(signing).log_size >= signing->wanted;

	free(note);
	if (there || ++signing->rounds > 3000)
		uv_stop(timer->loop);
}

static void run_until_signed(struct signing *signing, int64_t size)
{
	signing->wanted = size;
	signing->rounds = 0;
	(void)uv_run(&signing->loop, UV_RUN_DEFAULT);
	assert_true(signing->rounds <= 3000);
}

static void entries_are_signed_while_they_arrive(void **state)
{
	struct signing *signing = *state;
	char *key;

	assert_opens(signing, true);
	key = strdup(signing->log_key);
	assert_int_equal(uv_loop_init(&signing->loop), 0);
	assert_ok(commit_queue_start(signing->store->store, &signing->loop, &signing->queue));
	assert_ok(log_signer_start(signing->signer, signing->queue, &signing->loop));
	assert_int_equal(uv_timer_init(&signing->loop, &signing->watch), 0);
	signing->watch.data = signing;
	assert_int_equal(uv_timer_start(&signing->watch, look, 10, 10), 0);
	run_until_signed(signing, 1); /* the epoch's own */
	assert_signed(signing, key, 1);
	for (int64_t size = 11; size <= 31; size += 10) {
		for (int i = 0; i < 10; i++)
			assert_ok(commit_queue_submit(signing->queue, append_one, appended, NULL));
		run_until_signed(signing, size);
		assert_signed(signing, key, size);
		assert_false(read_mark(signing).clean);
	}
	for (int i = 0; i < 5; i++) /* these are left to the stop */
		assert_ok(commit_queue_submit(signing->queue, append_one, appended, NULL));
	log_signer_stop(signing->signer);
	uv_close((uv_handle_t *)&signing->watch, NULL);
	commit_queue_stop(&signing->queue);
	close_signer(signing);
	(void)uv_run(&signing->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&signing->loop), 0);
	assert_signed(signing, key, 36);
	assert_true(read_mark(signing).clean);
	assert_int_equal(read_mark(signing).log_size, 36);
	free(key);
}

static void a_stop_in_the_middle_of_a_round_is_clean(void **state)
{
	struct signing *signing = *state;

	for (unsigned pause = 0; pause < 6; pause++) { /* stop at different points of the round */
		assert_opens(signing, true);
		append(signing, 1);
		assert_int_equal(uv_loop_init(&signing->loop), 0);
		assert_ok(commit_queue_start(signing->store->store, &signing->loop, &signing->queue));
		assert_ok(log_signer_start(signing->signer, signing->queue, &signing->loop));
		for (unsigned turn = 0; turn < pause; turn++)
			(void)uv_run(&signing->loop, UV_RUN_ONCE);
		log_signer_stop(signing->signer);
		commit_queue_stop(&signing->queue);
		close_signer(signing);
		(void)uv_run(&signing->loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&signing->loop), 0);
		assert_true(read_mark(signing).clean);
	}
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(a_mark_beside_the_database_is_taken_along_once),
	FACT(a_mark_comes_back_as_it_was_written),
	FACT(every_single_bit_mutation_of_a_mark_is_noticed),
	FACT(a_mark_under_another_master_key_is_not_taken),
	FACT(a_mark_that_others_can_write_or_that_is_a_link_is_refused),
	FACT(the_first_start_makes_a_key_and_begins_the_log),
	FACT(the_key_lasts_and_a_clean_stop_is_known),
	FACT(another_name_of_host_or_issuer_is_an_entry_and_no_other_key),
	FACT(a_new_epoch_keeps_the_logs_name),
	FACT(a_log_of_an_earlier_version_keeps_the_name_that_it_signed_under),
	FACT(a_stop_that_was_not_clean_is_known),
	FACT(a_restored_older_snapshot_is_refused),
	FACT(a_database_that_is_gone_is_not_the_first_start),
	FACT(a_missing_mark_beside_a_log_is_refused),
	FACT(a_forged_mark_is_refused),
	FACT(the_mark_of_an_earlier_version_is_carried_over),
	FACT(one_that_does_not_fit_is_refused),
	FACT(one_that_comes_back_later_is_nobodys),
	FACT(an_entry_edited_below_the_mark_is_refused),
	FACT(a_cut_tail_is_refused),
	FACT(a_new_epoch_voids_receipts_and_invitations_and_says_so),
	FACT(a_store_without_its_signing_key_is_refused),
	FACT(a_mark_that_cannot_be_written_stops_the_start),
	FACT(a_name_that_makes_no_key_stops_the_start),
	FACT(entries_are_signed_while_they_arrive),
	FACT(a_stop_in_the_middle_of_a_round_is_clean),
};

TAP_MAIN(tests)
