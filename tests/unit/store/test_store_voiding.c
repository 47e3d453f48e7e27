/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store keeps until it is used up, taken back or too old: invitations, freezes, receipts; and facts.
 */
#include "tests/unit/store/store_fixture.h"

/* --- invitations, facts, freezes --- */

static void add_invitation(struct fixture *fixture, uint8_t byte, const char *user)
{
	struct invitation invitation = {.expires = 99};

	memset(invitation.digest, byte, DIGEST_SIZE);
	strcpy(invitation.user, user);
	strcpy(invitation.by, "carol");
	invitation.first = byte == 3;
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_add(fixture->writer, &invitation));
	assert_ok(store_commit(fixture->writer));
}

static void an_invitation_is_taken_once(void **state)
{
	struct fixture *fixture = *state;
	struct invitation invitation;
	uint8_t digest[DIGEST_SIZE];

	memset(digest, 3, sizeof(digest));
	add_invitation(fixture, 3, "alice");
	assert_ok(store_invitation_find(fixture->reader, digest, &invitation));
	assert_string_equal(invitation.user, "alice");
	assert_string_equal(invitation.by, "carol");
	assert_int_equal(invitation.expires, 99);
	assert_true(invitation.first);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_take(fixture->writer, digest));
	store_rollback(fixture->writer);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_take(fixture->writer, digest));
	assert_error(store_invitation_take(fixture->writer, digest), STEPUP_NOT_FOUND);
	assert_error(store_invitation_find(fixture->writer, digest, &invitation), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
	assert_error(store_invitation_find(fixture->reader, digest, &invitation), STEPUP_NOT_FOUND);
	assert_ok(store_begin(fixture->writer));
	assert_error(store_invitation_take(fixture->writer, digest), STEPUP_NOT_FOUND);
	store_rollback(fixture->writer);
}

static void invitations_of_one_user_or_of_all_are_voided(void **state)
{
	struct fixture *fixture = *state;
	struct invitation invitation;
	uint8_t digest[DIGEST_SIZE];

	for (uint8_t i = 1; i <= 130; i++)
		add_invitation(fixture, i, i % 2 ? "alice" : "bob");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, "alice", false, NULL));
	assert_ok(store_commit(fixture->writer));
	for (uint8_t i = 1; i <= 130; i++) {
		memset(digest, i, sizeof(digest));
		assert_error(store_invitation_find(fixture->reader, digest, &invitation),
			i % 2 ? STEPUP_NOT_FOUND : STEPUP_OK);
	}
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, NULL, false, NULL));
	assert_ok(store_commit(fixture->writer));
	memset(digest, 2, sizeof(digest));
	assert_error(store_invitation_find(fixture->reader, digest, &invitation), STEPUP_NOT_FOUND);
}

static void those_that_somebody_made_are_voided_too_but_for_the_first(void **state)
{
	struct fixture *fixture = *state;
	struct invitation made = {.user = "bob", .by = "alice", .expires = 1000, .digest = {1}},
		first = {.user = "dave", .by = "alice", .expires = 1000, .digest = {2}, .first = true},
		others = {.user = "erin", .by = "carol", .expires = 1000, .digest = {3}}, found;
	int64_t voided = -1;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_add(fixture->writer, &made));
	assert_ok(store_invitation_add(fixture->writer, &first));
	assert_ok(store_invitation_add(fixture->writer, &others));
	assert_ok(store_invitation_void(fixture->writer, "alice", true, &voided));
	assert_int_equal(voided, 1);
	assert_ok(store_commit(fixture->writer));
	assert_error(store_invitation_find(fixture->reader, made.digest, &found), STEPUP_NOT_FOUND);
	assert_ok(store_invitation_find(fixture->reader, first.digest, &found));
	assert_ok(store_invitation_find(fixture->reader, others.digest, &found));
}

static void facts_are_kept_by_name(void **state)
{
	struct fixture *fixture = *state;
	char value[8];

	assert_error(store_fact_get(fixture->reader, "colour", value, sizeof(value)), STEPUP_NOT_FOUND);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_fact_set(fixture->writer, "colour", "green"));
	assert_ok(store_fact_set(fixture->writer, "empty", ""));
	assert_error(store_fact_set(fixture->writer, ".freezes", "mine"), STEPUP_INVALID);
	assert_error(store_fact_set(fixture->writer, "", "mine"), STEPUP_INVALID);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_fact_get(fixture->reader, "colour", value, sizeof(value)));
	assert_string_equal(value, "green");
	assert_ok(store_fact_get(fixture->reader, "empty", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_error(store_fact_get(fixture->reader, "colour", value, 5), STEPUP_TOO_LONG);
}

static bool count_freeze(void *context, const struct freeze *freeze)
{
	char *names = context;

	if (freeze->thawed != 0)
		strcat(names, "-");
	strcat(names, freeze->action);
	strcat(names, " ");
	return true;
}

static void assert_freezes(const struct fixture *fixture, const char *expected)
{
	char names[512] = "";

	assert_ok(store_freeze_each(fixture->reader, count_freeze, names));
	assert_string_equal(names, expected);
}

static void actions_are_frozen_and_thawed(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {
		.at = 5, .action = "customer.export", .reference = "F-1", .reason = "odd", .by = "carol"};

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_error(store_freeze_add(fixture->writer, &freeze), STEPUP_EXISTS);
	strcpy(freeze.action, "login.*");
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "customer.export login.* ");
	assert_ok(store_begin(fixture->writer));
	assert_error(store_freeze_thaw(fixture->writer, "customer.export", 0), STEPUP_INVALID);
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9));
	assert_error(store_freeze_thaw(fixture->writer, "customer.export", 9), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export login.* ");
}

/* Whoever redeems has to know of it for as long as anything lives that was approved before. */
static void what_was_thawed_is_known_for_a_while(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.at = 5, .action = "customer.export", .reference = "F-1"};

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9));
	freeze.at = 10;
	assert_ok(store_freeze_add(fixture->writer, &freeze)); /* once more under the name */
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export customer.export ");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9 + FREEZE_KEPT_SECONDS));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export -customer.export ");
	strcpy(freeze.action, "login.sshd");
	freeze.at = 3; /* a clock that was set back */
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export -customer.export login.sshd ");
	strcpy(freeze.action, "login.su");
	freeze.at = 9 + FREEZE_KEPT_SECONDS + 1;
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export login.sshd login.su ");
}

/* Whoever freezes and thaws again and again takes nobody's room; what was approved before stays void. */
static void what_was_thawed_takes_no_room_from_what_is_frozen(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.at = 5, .log = 1};

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 60; i++, freeze.log++) {
		snprintf(freeze.action, sizeof(freeze.action), "customer.action%d", i);
		assert_ok(store_freeze_add(fixture->writer, &freeze));
		assert_ok(store_freeze_thaw(fixture->writer, freeze.action, 6));
	}
	freeze.at = 7 + FREEZE_KEPT_SECONDS; /* no more remembered one by one */
	strcpy(freeze.action, "login.sshd");
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "login.sshd ");
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 51; i++, freeze.log++) {
		snprintf(freeze.action, sizeof(freeze.action), "customer.action%d", i);
		assert_ok(store_freeze_add(fixture->writer, &freeze));
		assert_ok(store_freeze_thaw(fixture->writer, freeze.action, freeze.at));
	}
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "login.sshd -* ");
}

/* --- receipts --- */

static struct receipt_row receipt(const char *jti)
{
	struct receipt_row row = {.issued = 100, .expires = 160, .log_index = 7, .user = "alice",
		.credential = "C-1", .audience = "export"};

	strcpy(row.jti, jti);
	memset(row.digest, 9, DIGEST_SIZE);
	memset(row.user_id, 8, USER_ID_SIZE);
	return row;
}

static void a_receipt_is_redeemed_once(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row = receipt("AAAAAAAAAAAAAAAAAAAAAA"), found;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_add(fixture->writer, &row));
	assert_error(store_receipt_add(fixture->writer, &row), STEPUP_EXISTS);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_receipt_find(fixture->reader, row.jti, &found));
	memset(&found.seen, 0, sizeof(found.seen));
	assert_memory_equal(&row, &found, sizeof(row));
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_redeem(fixture->writer, row.jti, 120, "job-1", 7));
	store_rollback(fixture->writer);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_redeem(fixture->writer, row.jti, 121, "job-2", 8));
	assert_error(store_receipt_redeem(fixture->writer, row.jti, 122, "job-3", 9), STEPUP_EXISTS);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_begin(fixture->writer));
	assert_error(store_receipt_redeem(fixture->writer, row.jti, 122, "job-3", 9), STEPUP_EXISTS);
	assert_error(store_receipt_redeem(fixture->writer, "BBBBBBBBBBBBBBBBBBBBBB", 122, "x", 9),
		STEPUP_NOT_FOUND);
	store_rollback(fixture->writer);
	assert_ok(store_receipt_find(fixture->reader, row.jti, &found));
	assert_int_equal(found.redeemed, 121);
	assert_string_equal(found.exec_id, "job-2");
	assert_int_equal(found.redeemed_log, 8);
}

static void old_receipts_are_pruned_and_all_are_voided(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row, found;
	char jti[RECEIPT_ID_SIZE];
	int removed = 0;

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 150; i++) {
		snprintf(jti, sizeof(jti), "%022d", i);
		row = receipt(jti);
		row.expires = i;
		assert_ok(store_receipt_add(fixture->writer, &row));
	}
	assert_ok(store_receipt_prune(fixture->writer, 70, 67, &removed));
	assert_int_equal(removed, 67);
	assert_ok(store_receipt_prune(fixture->writer, 70, 67, &removed));
	assert_int_equal(removed, 3);
	assert_ok(store_receipt_redeem(fixture->writer, jti, 5, "job", 7));
	assert_ok(store_receipt_void_all(fixture->writer, 1000));
	assert_ok(store_commit(fixture->writer));
	for (int i = 0; i < 150; i++) {
		snprintf(jti, sizeof(jti), "%022d", i);
		assert_error(store_receipt_find(fixture->reader, jti, &found),
			i < 70 ? STEPUP_NOT_FOUND : STEPUP_OK);
		if (i >= 70)
			assert_int_equal(found.redeemed, i == 149 ? 5 : 1000);
		if (i >= 70)
			assert_int_equal(found.redeemed_log, i == 149 ? 7 : 0);
	}
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(an_invitation_is_taken_once),
	STORE_TEST(invitations_of_one_user_or_of_all_are_voided),
	STORE_TEST(those_that_somebody_made_are_voided_too_but_for_the_first),
	STORE_TEST(facts_are_kept_by_name),
	STORE_TEST(actions_are_frozen_and_thawed),
	STORE_TEST(what_was_thawed_is_known_for_a_while),
	STORE_TEST(what_was_thawed_takes_no_room_from_what_is_frozen),
	STORE_TEST(a_receipt_is_redeemed_once),
	STORE_TEST(old_receipts_are_pruned_and_all_are_voided),
};

TAP_MAIN(tests)
