/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log in the store: entries and what stands beside them, checkpoints, the tree.
 */
#include "lib/evidence/log_beside.h"
#include "tests/unit/store/store_fixture.h"

struct entries {
	int count;
	char last[512], details[512];
	bool salted;
};

static bool read_entry(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct entries *entries = context;

	(void)index;
	entries->count++;
	snprintf(entries->last, sizeof(entries->last), "%s", entry);
	snprintf(entries->details, sizeof(entries->details), "%s", details ? details : "");
	entries->salted = salt != NULL;
	return true;
}

static void an_entry_is_kept_as_its_canonical_text_with_index_and_host(void **state)
{
	struct fixture *fixture = *state;
	struct entries entries = {0};
	uint8_t salt[DIGEST_SIZE] = {1};
	json_t *details = json_pack("{s:s}", "account", "trezor");
	char expected[512], host[256] = "", beside[LOG_BESIDE_SIZE];
	int64_t index = -1;

	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_ok(store_begin(fixture->writer));
	assert_int_equal(store_log_next(fixture->writer), 0);
	assert_ok(store_log_append(fixture->writer,
			json_pack("{s:s, s:s}", "type", "grant", "at", "now\n\"x"), details, salt, &index));
	assert_int_equal(index, 0);
	assert_ok(fixture_log(fixture->writer, "plain"));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_each(fixture->reader, 0, 1, read_entry, &entries));
	assert_ok(log_beside_commit("{\"account\":\"trezor\"}", strlen("{\"account\":\"trezor\"}"),
			salt, beside));
	snprintf(expected, sizeof(expected),
		"{\"at\":\"now\\n\\\"x\",\"beside\":\"%s\",\"host\":\"%s\",\"index\":0,\"type\":\"grant\"}",
		beside, host);
	assert_string_equal(entries.last, expected);
	assert_string_equal(entries.details, "{\"account\":\"trezor\"}");
	assert_true(entries.salted);
	assert_ok(store_log_each(fixture->reader, 1, 100, read_entry, &entries));
	assert_int_equal(entries.count, 2);
	assert_false(entries.salted);
	json_decref(details);
}

static void what_stands_beside_an_entry_has_a_salt_of_its_own_where_none_is_given(void **state)
{
	struct fixture *fixture = *state;
	struct entries entries = {0};
	json_t *beside = json_pack("{s:s}", "label", "Blue");
	char first[512];
	int64_t index = -1;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i}", "at", 1), beside, NULL, &index));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i}", "at", 1), beside, NULL, &index));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_each(fixture->reader, 0, 1, read_entry, &entries));
	assert_true(entries.salted);
	strcpy(first, strstr(entries.last, "\"beside\""));
	assert_ok(store_log_each(fixture->reader, 1, 1, read_entry, &entries));
	assert_non_null(strstr(entries.last, "\"beside\""));
	first[strlen("\"beside\":\"") + BASE64URL_LENGTH(DIGEST_SIZE)] = '\0';
	/* the same text, another commitment: what was erased can't be guessed from another entry */
	assert_null(strstr(entries.last, first));
	json_decref(beside);
}

static void an_entry_without_canonical_form_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int64_t index = -1;

	assert_ok(store_begin(fixture->writer));
	assert_error(store_log_append(fixture->writer, json_pack("{s:f}", "half", 0.5), NULL, NULL, &index),
		STEPUP_INVALID);
	assert_error(store_log_append(fixture->writer, NULL, NULL, NULL, &index), STEPUP_NO_MEMORY);
	assert_int_equal(store_log_next(fixture->writer), 0);
	store_rollback(fixture->writer);
}

static void add_checkpoint(struct fixture *fixture, const char *note)
{
	struct merkle_tree tree;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_ok(store_log_checkpoint_add(fixture->writer, &tree, 5, note));
	assert_ok(store_commit(fixture->writer));
}

static void the_tree_is_rebuilt_from_the_newest_checkpoint_and_what_follows(void **state)
{
	struct fixture *fixture = *state;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE], at_70[DIGEST_SIZE];
	struct merkle_tree tree;
	int64_t size = 0;
	char *note = NULL;

	assert_error(store_log_checkpoint_newest(fixture->reader, &size, &note), STEPUP_NOT_FOUND);
	fixture_log_many(fixture, 70);
	fixture_log_root(fixture, &size, at_70);
	add_checkpoint(fixture, "note of seventy\n");
	fixture_log_many(fixture, 33);
	fixture_log_root(fixture, &size, expected);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_int_equal(tree.size, 103);
	assert_ok(merkle_root(&tree, root));
	assert_memory_equal(root, expected, sizeof(root));
	assert_ok(store_log_root_at(fixture->reader, 70, root));
	assert_memory_equal(root, at_70, sizeof(root));
	assert_ok(store_log_root_at(fixture->reader, 0, root));
	assert_error(store_log_root_at(fixture->reader, 104, root), STEPUP_NOT_FOUND);
	assert_ok(store_log_checkpoint_newest(fixture->reader, &size, &note));
	assert_int_equal(size, 70);
	assert_string_equal(note, "note of seventy\n");
	free(note);
}

static void all_entries_are_read_in_order_in_any_cut(void **state)
{
	struct fixture *fixture = *state;

	fixture_log_many(fixture, 100);
	for (int cut = 1; cut <= 101; cut += 20) {
		struct entries entries = {0};

		for (int64_t from = 0; from < 100; from += cut)
			assert_ok(store_log_each(fixture->reader, from, cut, read_entry, &entries));
		assert_int_equal(entries.count, 100);
		assert_non_null(strstr(entries.last, "\"index\":99"));
	}
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(an_entry_is_kept_as_its_canonical_text_with_index_and_host),
	STORE_TEST(an_entry_without_canonical_form_is_refused),
	STORE_TEST(what_stands_beside_an_entry_has_a_salt_of_its_own_where_none_is_given),
	STORE_TEST(the_tree_is_rebuilt_from_the_newest_checkpoint_and_what_follows),
	STORE_TEST(all_entries_are_read_in_order_in_any_cut),
};

TAP_MAIN(tests)
