/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person's agreement, in the store.
 */
#include "tests/unit/store/store_fixture.h"

static struct approval_request request_of(uint8_t user)
{
	struct approval_request request = {
		.state = REQUEST_REQUESTED, .uid = 1000, .caller_uid = 0, .requested = 100, .expires = 700};

	assert_ok(request_id_make(request.id));
	memset(request.user_id, user, USER_ID_SIZE);
	strcpy(request.user, "alice");
	strcpy(request.action, "customer.export");
	strcpy(request.reason, "the customer asked for it");
	strcpy(request.why, "5 per 24h");
	strcpy(request.requester.credential, "C-alice");
	strcpy(request.requester.acr, "otp");
	request.details = strdup("{\"account\":\"trezor\"}");
	request.prompt = strdup("Export 5 contacts of trezor");
	assert_non_null(request.details);
	assert_non_null(request.prompt);
	return request;
}

static void add(struct fixture *fixture, struct approval_request *request)
{
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_request_add(fixture->writer, request));
	assert_ok(store_commit(fixture->writer));
}

static enum stepup_error move(struct fixture *fixture, struct approval_request *request,
	enum request_state to)
{
	enum stepup_error error;

	assert_ok(store_begin(fixture->writer));
	error = store_request_move(fixture->writer, request, to);
	if (error == STEPUP_OK)
		assert_ok(store_commit(fixture->writer));
	else
		store_rollback(fixture->writer);
	return error;
}

static void a_request_comes_back_as_it_was(void **state)
{
	struct fixture *fixture = *state;
	struct approval_request request = request_of(1), found;

	assert_error(store_request_find(fixture->reader, request.id, &found), STEPUP_NOT_FOUND);
	add(fixture, &request);
	assert_ok(store_request_find(fixture->reader, request.id, &found));
	assert_string_equal(found.prompt, request.prompt);
	assert_string_equal(found.details, request.details);
	assert_string_equal(found.reason, request.reason);
	assert_string_equal(found.requester.credential, "C-alice");
	assert_int_equal(found.expires, 700);
	assert_int_equal(found.version, 1);
	approval_request_clear(&found);
	approval_request_clear(&request);
}

static void states_go_one_way(void **state)
{
	static const enum request_state ends[] = {REQUEST_CONSUMED, REQUEST_DENIED, REQUEST_EXPIRED,
		REQUEST_CANCELLED, REQUEST_VOID};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct approval_request request = request_of(1);

		add(fixture, &request);
		if (ends[i] == REQUEST_CONSUMED)
			assert_error(move(fixture, &request, REQUEST_CONSUMED), STEPUP_INTERNAL);
		request.state = REQUEST_REQUESTED;
		assert_ok(move(fixture, &request, REQUEST_APPROVED));
		assert_error(move(fixture, &request, REQUEST_APPROVED), STEPUP_INTERNAL);
		assert_ok(move(fixture, &request, ends[i]));
		for (unsigned to = REQUEST_REQUESTED; to <= REQUEST_VOID; to++)
			assert_error(move(fixture, &request, to), STEPUP_INTERNAL);
		approval_request_clear(&request);
	}
}

static void one_of_two_who_move_the_same_version_wins(void **state)
{
	struct fixture *fixture = *state;
	struct approval_request request = request_of(1), second;

	add(fixture, &request);
	assert_ok(store_request_find(fixture->reader, request.id, &second));
	assert_ok(move(fixture, &request, REQUEST_APPROVED));
	assert_error(move(fixture, &second, REQUEST_DENIED), STEPUP_CORRUPT);
	approval_request_clear(&second);
	approval_request_clear(&request);
}

struct walk {
	size_t count, moved;
	struct store_session *session;
};

static enum stepup_error counted(void *context, struct approval_request *request, bool *more)
{
	struct walk *walk = context;
	enum stepup_error error = STEPUP_OK;

	(void)more;
	walk->count++;
	if (walk->session != NULL) {
		error = store_request_move(walk->session, request, REQUEST_VOID);
		walk->moved += error == STEPUP_OK;
	}
	return error;
}

static size_t count(struct fixture *fixture, const uint8_t *user_id)
{
	struct walk walk = {0};

	assert_ok(store_request_each(fixture->reader, user_id, counted, &walk));
	return walk.count;
}

static void open_ones_are_found_whoever_asked(void **state)
{
	struct fixture *fixture = *state;
	uint8_t one[USER_ID_SIZE], two[USER_ID_SIZE];
	struct walk walk = {0};

	memset(one, 1, sizeof(one));
	memset(two, 2, sizeof(two));
	for (int i = 0; i < 130; i++) { /* more than two pages */
		struct approval_request request = request_of(i % 2 == 0 ? 1 : 2);

		add(fixture, &request);
		if (i < 4)
			assert_ok(move(fixture, &request, REQUEST_CANCELLED));
		approval_request_clear(&request);
	}
	assert_int_equal(count(fixture, NULL), 126);
	assert_int_equal(count(fixture, one), 65);
	assert_int_equal(count(fixture, two), 65);
	walk.session = fixture->writer;
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_request_each(fixture->writer, NULL, counted, &walk));
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(walk.moved, 126);
	assert_int_equal(count(fixture, NULL), 0);
}

static void only_ended_ones_are_pruned(void **state)
{
	struct fixture *fixture = *state;
	struct approval_request kept = request_of(1), gone = request_of(1), found;
	int removed = 0;

	add(fixture, &kept);
	add(fixture, &gone);
	assert_ok(move(fixture, &gone, REQUEST_DENIED));
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_request_prune(fixture->writer, 700, 100, &removed));
	assert_int_equal(removed, 0);
	assert_ok(store_request_prune(fixture->writer, 701, 100, &removed));
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(removed, 1);
	assert_error(store_request_find(fixture->reader, gone.id, &found), STEPUP_NOT_FOUND);
	assert_ok(store_request_find(fixture->reader, kept.id, &found));
	approval_request_clear(&found);
	approval_request_clear(&kept);
	approval_request_clear(&gone);
}

static void what_somebody_changed_or_brought_back_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct approval_request request = request_of(1), other = request_of(2), found;
	char sql[256];

	add(fixture, &request);
	add(fixture, &other);
	fixture_tamper(fixture, "CREATE TABLE old AS SELECT * FROM requests");
	assert_ok(move(fixture, &request, REQUEST_DENIED));
	fixture_tamper(fixture, "DELETE FROM requests");
	fixture_tamper(fixture, "INSERT INTO requests SELECT * FROM old");
	assert_error(store_request_find(fixture->reader, request.id, &found), STEPUP_CORRUPT);
	(void)snprintf(sql, sizeof(sql),
		"UPDATE requests SET sealed = (SELECT sealed FROM old WHERE id = '%s') WHERE id = '%s'",
		request.id, other.id);
	fixture_tamper(fixture, sql);
	assert_error(store_request_find(fixture->reader, other.id, &found), STEPUP_CORRUPT);
	approval_request_clear(&request);
	approval_request_clear(&other);
}

static void columns_beside_the_seal_are_held_against_it(void **state)
{
	static const char *const changes[] = {"open = 0", "expires = 9999999",
		"user_id = x'02020202020202020202020202020202'", "version = 2"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct approval_request request = request_of(1), found;
		char sql[256];

		add(fixture, &request);
		(void)snprintf(sql, sizeof(sql), "UPDATE requests SET %s WHERE id = '%s'", changes[i],
			request.id);
		fixture_tamper(fixture, sql);
		assert_error(store_request_find(fixture->reader, request.id, &found), STEPUP_CORRUPT);
		approval_request_clear(&request);
	}
}

/* Changes one byte of the request, expects another digest, and changes it back. */
static void assert_covered(struct approval_request *request, const void *field, size_t place)
{
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE], *byte = (uint8_t *)(uintptr_t)field + place;

	assert_ok(request_digest(request, before));
	*byte ^= 1;
	assert_ok(request_digest(request, after));
	assert_memory_not_equal(before, after, DIGEST_SIZE);
	*byte ^= 1;
	assert_ok(request_digest(request, after));
	assert_memory_equal(before, after, DIGEST_SIZE);
}

static void the_digest_covers_all_that_an_approver_is_shown(void **state)
{
	struct approval_request request = request_of(1);
	uint8_t first[DIGEST_SIZE], digest[DIGEST_SIZE];
	char *const texts[] = {request.id, request.user, request.action, request.prompt, request.reason,
		request.why, request.caller, request.host, request.service, request.rhost};

	(void)state;
	for (size_t i = 4; i < sizeof(texts) / sizeof(texts[0]); i++)
		strcpy(texts[i], "some text");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_covered(&request, texts[i], 0);
	assert_covered(&request, request.user_id, 3);
	assert_covered(&request, request.commitment, 0);
	assert_covered(&request, request.rule, 31);
	assert_covered(&request, &request.requested, 0);
	assert_ok(request_digest(&request, first));
	request.state = REQUEST_APPROVED;
	assert_ok(request_digest(&request, digest));
	assert_memory_equal(first, digest, DIGEST_SIZE); /* whatever comes of it */
	approval_request_clear(&request);
}

static void ids_are_easy_to_type_and_checked(void **state)
{
	char id[REQUEST_ID_SIZE], second[REQUEST_ID_SIZE];

	(void)state;
	assert_ok(request_id_make(id));
	assert_ok(request_id_make(second));
	assert_string_not_equal(id, second);
	assert_true(request_id_is_valid(id));
	assert_false(request_id_is_valid(""));
	assert_false(request_id_is_valid("R-01234567890"));
	assert_false(request_id_is_valid("R-0123456789012"));
	assert_false(request_id_is_valid("R-01234567890I"));
	assert_false(request_id_is_valid("L-012345678901"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	TEST(a_request_comes_back_as_it_was),
	TEST(states_go_one_way),
	TEST(one_of_two_who_move_the_same_version_wins),
	TEST(open_ones_are_found_whoever_asked),
	TEST(only_ended_ones_are_pruned),
	TEST(what_somebody_changed_or_brought_back_is_refused),
	TEST(columns_beside_the_seal_are_held_against_it),
	cmocka_unit_test(the_digest_covers_all_that_an_approver_is_shown),
	cmocka_unit_test(ids_are_easy_to_type_and_checked),
};

TAP_MAIN(tests)
