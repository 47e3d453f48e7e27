/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/log_check.h: what is wrong with a log that was tampered with, or that says what could not have been, and where.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/log_story.h"

#define T 1700000000

/* Alice enrolled, the log three entries long: epoch, init, enrol. */
struct scene {
	struct story *story;
	struct person alice, bob;
	json_t *details; /* of one export, for many uses */
};

static const uint8_t policy_digest[DIGEST_SIZE] = {5};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->story = story_new();
	person_make(&scene->alice, "alice", CREDENTIAL_TOTP);
	person_make(&scene->bob, "bob", CREDENTIAL_HOTP);
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, NULL, scene->story->vkey), NULL, NULL);
	story_enrol(scene->story, &scene->alice, T, 100);
	scene->details = json_pack("{s:s, s:i}", "account", "trezor", "records", 102);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	story_free(&scene->story);
	json_decref(scene->details);
	free(scene);
	return 0;
}

static int64_t grant(struct scene *scene, int64_t at, int64_t step, const char *jti)
{
	return story_grant(scene->story, &scene->alice, at, step, "customer.export", json_incref(scene->details), jti);
}

static int64_t redeem(struct scene *scene, int64_t at, const char *jti)
{
	return story_redeem(scene->story, &scene->alice, at, "customer.export", json_incref(scene->details), jti);
}

/* Signs what was written and expects one fault. */
static void assert_fault(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}

static void a_whole_day_without_fault_is_clean(void **state)
{
	struct scene *scene = *state;
	struct story *story = scene->story;
	struct log_actor alice = {.by = "alice"};
	struct log_refusal refusal = {.at = T + 9, .subject = scene->alice.subject, .error = STEPUP_BAD_ANSWER, .action = "customer.export", .method = "totp",
		.caller = "console", .why = "wrong code"};
	struct findings findings;

	story_add(story, log_entry_start(T + 2, "0.1.0", policy_digest, true), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 3, 101, "stepup.invite", json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_invite(T + 4, "bob", T + 4000, &alice), NULL, NULL);
	scene->bob.credential.otp.next_counter = 5;
	story_add(story, log_entry_enrol(T + 5, &scene->bob.subject, &scene->bob.credential, "invitation", &alice, NULL), NULL, NULL);
	story_checkpoint(story); /* one in the middle, as the background makes them */
	story_grant(story, &scene->bob, T + 6, 5, "customer.export", json_incref(scene->details), "r1");
	story_redeem(story, &scene->bob, T + 30, "customer.export", json_pack("{s:s, s:i}", "account", "trezor", "records", 100), "r1");
	story_add(story, log_entry_refusal(&refusal), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 60, 103, "stepup.lock", json_pack("{s:s}", "users", "bob"), NULL);
	story_add(story, log_entry_lock(T + 61, &scene->bob.subject, "L-1", "phoned", &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 90, 104, "stepup.unlock", json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_unlock(T + 91, &scene->bob.subject, &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 120, 105, "stepup.freeze", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(story, log_entry_freeze(T + 121, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 150, 106, "stepup.thaw", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(story, log_entry_thaw(T + 151, "customer.*", &alice), NULL, NULL);
	story_grant(story, &scene->bob, T + 160, 6, "customer.export", json_incref(scene->details), "r2");
	story_add(story, log_entry_alert(T + 161, &scene->bob.subject, "spent-code", "C-bob"), NULL, NULL);
	story_add(story, log_entry_rename(T + 162, &scene->bob.subject, "robert", NULL), NULL, NULL);
	story_add(story, log_entry_policy(T + 163, policy_digest, NULL), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 180, 107, "stepup.revoke", json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_revoke(T + 181, &scene->bob.subject, "C-bob", &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 210, 108, "stepup.remove", json_pack("{s:s}", "credential", "C-alice"), NULL);
	story_add(story, log_entry_remove(T + 211, &scene->alice.subject, "C-alice", &alice), NULL, NULL);
	story_add(story, log_entry_stop(T + 300), NULL, NULL);
	story_checkpoint(story);
	assert_no_finding(story);
	story_check(story, story->vkey, &findings);
	assert_int_equal(findings.summary.grants, 9);
	assert_int_equal(findings.summary.redemptions, 1);
	assert_int_equal(findings.summary.refusals, 1);
	assert_int_equal(findings.summary.erased, 0);
	assert_int_equal(findings.summary.checkpoints, 2);
	assert_int_equal(findings.summary.first_at, T);
	assert_int_equal(findings.summary.last_at, T + 300);
	assert_true(findings.summary.key_was_pinned);
	findings_clear(&findings);
}

/* --- the file, the tree, the checkpoints --- */

/* Removes line `at` of the export. */
static void cut_line(struct story *story, size_t at)
{
	free(story->lines[at]);
	memmove(&story->lines[at], &story->lines[at + 1], (story->count - at - 1) * sizeof(story->lines[0]));
	story->count--;
}

/* Replaces the first `old` in a line by `new` of the same length. */
static void edit_line(struct story *story, size_t at, const char *old, const char *new)
{
	char *place = strstr(story->lines[at], old);

	assert_non_null(place);
	memcpy(place, new, strlen(new));
}

static void two_grants_and_a_checkpoint(struct scene *scene)
{
	grant(scene, T + 60, 102, "r1");
	grant(scene, T + 90, 103, NULL);
	story_checkpoint(scene->story); /* line 6; entries 0 to 4 on lines 1 to 5 */
}

static void a_cut_tail_is_found_at_its_place(void **state)
{
	struct scene *scene = *state;

	two_grants_and_a_checkpoint(scene);
	cut_line(scene->story, 5);
	assert_one_finding(scene->story, 4, "From entry 4 on the log was cut: 5 entries were signed here, 4 stand in the file.");
}

static void a_deleted_entry_is_found_at_its_place(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	two_grants_and_a_checkpoint(scene);
	cut_line(scene->story, 4);
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.result, STEPUP_CORRUPT);
	assert_int_equal(findings.index[0], 3);
	assert_string_equal(findings.sentence[0], "Entries 3 to 3 are missing.");
	findings_clear(&findings);
}

static void an_edited_entry_is_found_at_its_place(void **state)
{
	struct scene *scene = *state;

	two_grants_and_a_checkpoint(scene);
	edit_line(scene->story, 3, "C-alice", "C-alicf"); /* the enrolment's credential: changes what later entries rest on, too */
	edit_line(scene->story, 4, "C-alice", "C-alicf");
	edit_line(scene->story, 5, "C-alice", "C-alicf"); /* consistently: only the tree can tell */
	{
		struct findings findings;

		story_check(scene->story, scene->story->vkey, &findings);
		assert_int_equal(findings.count, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(findings.index[i], (int64_t)i + 2);
			assert_string_equal(findings.sentence[i], "This entry was changed after it was signed.");
		}
		assert_int_equal(findings.summary.proven, 0);
		findings_clear(&findings);
	}
}

/* Makes line `at` anew from its own entry, so that its leaf hash fits again: what a careful forger does. */
static void hash_line_anew(struct story *story, size_t at)
{
	json_t *line = json_loads(story->lines[at], 0, NULL);

	free(story->lines[at]);
	story->lines[at] = log_line_entry(json_string_value(json_object_get(line, "entry")), json_object_get(line, "details"),
		json_string_value(json_object_get(line, "salt")));
	json_decref(line);
}

static void a_carefully_edited_entry_is_found_between_its_checkpoints(void **state)
{
	struct scene *scene = *state;

	story_checkpoint(scene->story);
	grant(scene, T + 60, 102, "r1");
	grant(scene, T + 90, 103, NULL);
	story_checkpoint(scene->story);
	edit_line(scene->story, 6, "\\\"acr\\\":\\\"otp\\\"", "\\\"acr\\\":\\\"hwk\\\"");
	hash_line_anew(scene->story, 6);
	assert_one_finding(scene->story, 3, "Of entries 3 to 4 at least one was changed after it was signed.");
}

static void swapped_entries_are_found_at_their_place(void **state)
{
	struct scene *scene = *state;
	struct findings findings;
	char *line;

	two_grants_and_a_checkpoint(scene);
	line = scene->story->lines[4];
	scene->story->lines[4] = scene->story->lines[5];
	scene->story->lines[5] = line;
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.result, STEPUP_CORRUPT);
	assert_int_equal(findings.index[0], 3);
	assert_non_null(strstr(findings.sentence[0], "Entries 3 to 3 are missing."));
	assert_int_equal(findings.index[1], 3);
	assert_non_null(strstr(findings.sentence[1], "out of order"));
	findings_clear(&findings);
}

static void a_repeated_entry_is_found_at_its_place(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	two_grants_and_a_checkpoint(scene);
	free(scene->story->lines[5]);
	scene->story->lines[5] = strdup(scene->story->lines[4]);
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.index[0], 3);
	assert_non_null(strstr(findings.sentence[0], "Entry 3 stands where entry 4 should"));
	findings_clear(&findings);
}

static void an_entry_put_in_is_found(void **state)
{
	struct scene *scene = *state;
	char *checkpoint;

	two_grants_and_a_checkpoint(scene);
	checkpoint = scene->story->lines[--scene->story->count];
	grant(scene, T + 120, 104, NULL);
	scene->story->lines[scene->story->count++] = checkpoint;
	assert_one_finding(scene->story, 5, "6 entries stand before a checkpoint over 5");
}

static void without_a_checkpoint_at_the_end_nothing_is_proven(void **state)
{
	struct scene *scene = *state;

	two_grants_and_a_checkpoint(scene);
	grant(scene, T + 120, 104, NULL);
	assert_one_finding(scene->story, 5, "does not end with a checkpoint: nothing proves the entries from 5 on");
}

static void a_checkpoint_by_another_key_proves_nothing(void **state)
{
	struct scene *scene = *state;
	struct findings findings;
	struct note_key other;
	uint8_t seed[NOTE_KEY_SIZE] = {8};
	char *vkey;

	two_grants_and_a_checkpoint(scene);
	assert_int_equal(note_key_from_seed(scene->story->key.name, seed, &other), STEPUP_OK);
	vkey = note_key_format(&other);
	story_check(scene->story, vkey, &findings);
	assert_int_equal(findings.count, 2);
	assert_non_null(strstr(findings.sentence[0], "may be another verifier's: this log names another one"));
	assert_non_null(strstr(findings.sentence[1], "is not signed by the log's key"));
	assert_int_equal(findings.summary.proven, 0);
	findings_clear(&findings);
	free(vkey);
}

static void a_file_checked_by_its_own_key_says_so(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	two_grants_and_a_checkpoint(scene);
	story_check(scene->story, NULL, &findings);
	assert_int_equal(findings.result, STEPUP_OK);
	assert_false(findings.summary.key_was_pinned);
	findings_clear(&findings);
}

static void an_entry_of_another_host_is_found(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	two_grants_and_a_checkpoint(scene);
	edit_line(scene->story, 5, "\\\"host\\\":\\\"bastion1\\\",\\\"in", "\\\"host\\\":\\\"bastion2\\\",\\\"in");
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.index[0], 4);
	assert_string_equal(findings.sentence[0], "This entry is of another host: bastion2");
	findings_clear(&findings);
}

static void a_file_that_is_no_log_is_refused_at_once(void **state)
{
	static const char *const bad[] = {"", "hello", "{}", "[]", "{\"entry\":\"x\"}", "{\"checkpoint\":\"x\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct findings findings;
		struct story story = {.count = 1};
		char line[64];

		(void)snprintf(line, sizeof(line), "%s\n", bad[i]);
		story.lines[0] = line;
		story_check(&story, NULL, &findings);
		assert_int_equal(findings.result, STEPUP_CORRUPT);
		findings_clear(&findings);
	}
}

static void garbage_between_entries_is_told_and_the_rest_checked(void **state)
{
	static const char *const garbage[] = {"{\"entry\":5}", "{\"entry\":\"[]\"}", "{\"entry\":\"{}\"}", "{\"checkpoint\":null}", "{\"x\":1}", "\x01",
		"{\"checkpoint\":\"\"}", "{\"entry\":\"{\\\"index\\\":9223372036854775807}\"}"};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct scene *scene;
		struct findings findings;

		(void)setup((void **)&scene);
		two_grants_and_a_checkpoint(scene);
		assert_true(asprintf(&scene->story->lines[scene->story->count++], "%s\n", garbage[i]) > 0);
		story_check(scene->story, scene->story->vkey, &findings);
		assert_int_equal(findings.result, STEPUP_CORRUPT);
		assert_int_equal(findings.summary.proven, 5);
		findings_clear(&findings);
		(void)teardown((void **)&scene);
	}
	(void)state;
}

static void sentences_about_hostile_texts_are_safe_to_show(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	scene->alice.credential.id[2] = '\x1b';
	scene->alice.credential.id[3] = '[';
	grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.count, 1);
	assert_null(strchr(findings.sentence[0], '\x1b'));
	findings_clear(&findings);
}

/* --- what could not have been --- */

static void the_same_step_twice_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, NULL);
	assert_fault(scene, grant(scene, T + 61, 102, NULL), "accepted twice");
}

static void a_step_below_the_last_one_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 103, NULL);
	assert_fault(scene, grant(scene, T + 61, 102, NULL), "accepted twice");
}

static void the_enrolments_own_code_used_again_is_found(void **state)
{
	struct scene *scene = *state;

	assert_fault(scene, grant(scene, T + 10, 100, NULL), "accepted twice");
}

static void a_grant_by_a_credential_never_enrolled_is_found(void **state)
{
	struct scene *scene = *state;

	assert_fault(scene, story_grant(scene->story, &scene->bob, T + 60, 5, "customer.export", json_incref(scene->details), NULL),
		"The credential C-bob was not enrolled before.");
}

static void a_grant_by_another_users_credential_is_found(void **state)
{
	struct scene *scene = *state;

	memset(scene->alice.user_id, 'm', USER_ID_SIZE); /* a reused name is another person */
	assert_fault(scene, grant(scene, T + 60, 102, NULL), "is another user's");
}

static void a_grant_by_a_removed_credential_is_found(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	alice.grant = story_grant(scene->story, &scene->alice, T + 30, 101, "stepup.remove", json_pack("{s:s}", "credential", "C-alice"), NULL);
	story_add(scene->story, log_entry_remove(T + 31, &scene->alice.subject, "C-alice", &alice), NULL, NULL);
	assert_fault(scene, grant(scene, T + 60, 102, NULL), "was removed before");
}

static void the_same_credential_enrolled_again_is_found(void **state)
{
	struct scene *scene = *state;

	story_enrol(scene->story, &scene->alice, T + 10, 101);
	assert_fault(scene, 4, "can't come back");
}

static void a_grant_to_a_locked_user_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};

	story_add(scene->story, log_entry_lock(T + 20, &scene->alice.subject, "L-1", "me", &self), NULL, NULL);
	assert_fault(scene, grant(scene, T + 60, 102, NULL), "locked");
}

static void a_grant_of_a_frozen_action_is_found(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	alice.grant = story_grant(scene->story, &scene->alice, T + 30, 101, "stepup.freeze", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 31, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	assert_fault(scene, grant(scene, T + 60, 102, NULL), "frozen");
}

static void an_enrolment_without_an_open_invitation_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	scene->bob.credential.otp.next_counter = 1;
	story_add(scene->story, log_entry_enrol(T + 5, &scene->bob.subject, &scene->bob.credential, "invitation", &root, NULL), NULL, NULL);
	assert_fault(scene, 3, "none was open");
}

static void one_invitation_used_twice_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	(void)snprintf(scene->alice.credential.id, sizeof(scene->alice.credential.id), "C-second");
	story_add(scene->story, log_entry_enrol(T + 5, &scene->alice.subject, &scene->alice.credential, "invitation", &root, NULL), NULL, NULL);
	assert_fault(scene, 3, "none was open");
}

static void verbs_without_their_own_step_up_are_found(void **state)
{
	const struct log_actor nobody = {.by = "alice", .grant = -1}, not_a_grant = {.by = "alice", .grant = 0};
	struct scene *scene = *state;
	struct log_actor actor;

	story_add(scene->story, log_entry_unlock(T + 20, &scene->bob.subject, &nobody), NULL, NULL);
	assert_fault(scene, 3, "rests on no step-up");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	story_add(scene->story, log_entry_thaw(T + 20, "customer.*", &not_a_grant), NULL, NULL);
	assert_fault(scene, 3, "is no step-up of the last minutes");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	actor = (struct log_actor){.by = "alice", .grant = grant(scene, T + 30, 102, NULL)};
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	assert_fault(scene, 4, "is no step-up of the last minutes");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.freeze", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	assert_fault(scene, 4, "is a step-up for stepup.freeze, not for stepup.thaw");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.thaw", json_pack("{s:s}", "action", "customer.*"), NULL);
	actor.by = "mallory";
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	assert_fault(scene, 4, "another person's step-up");
	actor.by = "alice";
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.thaw", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	story_add(scene->story, log_entry_thaw(T + 32, "customer.*", &actor), NULL, NULL);
	assert_fault(scene, 5, "was spent before");
	*state = scene;
}

static void a_receipt_redeemed_twice_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, "r1");
	redeem(scene, T + 70, "r1");
	assert_fault(scene, redeem(scene, T + 71, "r1"), "was redeemed before");
}

static void a_receipt_never_issued_is_found(void **state)
{
	struct scene *scene = *state;

	assert_fault(scene, redeem(scene, T + 71, "r9"), "was never issued");
}

static void a_receipt_redeemed_late_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, "r1");
	assert_fault(scene, redeem(scene, T + 120, "r1"), "after it had expired");
}

static void a_receipt_redeemed_for_more_or_for_something_else_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, "r1");
	assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.export", json_pack("{s:s, s:i}", "account", "trezor", "records", 103), "r1"),
		"another or a larger \"records\"");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	grant(scene, T + 60, 102, "r1");
	assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.export", json_pack("{s:s, s:i}", "account", "ledger", "records", 1), "r1"),
		"another or a larger \"account\"");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	grant(scene, T + 60, 102, "r1");
	assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.reveal", json_incref(scene->details), "r1"), "for another action");
	*state = scene;
}

static void a_receipt_redeemed_by_a_locked_user_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};

	grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_lock(T + 65, &scene->alice.subject, "L-1", "me", &self), NULL, NULL);
	assert_fault(scene, redeem(scene, T + 70, "r1"), "locked");
}

static void a_receipt_from_before_a_lock_is_void_when_it_is_lifted(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};
	struct log_actor bob = {.by = "bob"};

	story_enrol(scene->story, &scene->bob, T + 5, 5);
	grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_lock(T + 65, &scene->alice.subject, "L-1", "me", &self), NULL, NULL);
	bob.grant = story_grant(scene->story, &scene->bob, T + 66, 6, "stepup.unlock", json_pack("{s:s}", "user", "alice"), NULL);
	story_add(scene->story, log_entry_unlock(T + 67, &scene->alice.subject, &bob), NULL, NULL);
	assert_fault(scene, redeem(scene, T + 70, "r1"), "void: who was issued it, or agreed to it, was locked");
}

static void a_receipt_from_before_a_freeze_is_void_when_it_is_lifted(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	grant(scene, T + 60, 102, "r1");
	alice.grant = story_grant(scene->story, &scene->alice, T + 61, 103, "stepup.freeze", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 62, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	alice.grant = story_grant(scene->story, &scene->alice, T + 63, 104, "stepup.thaw", json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 64, "customer.*", &alice), NULL, NULL);
	assert_fault(scene, redeem(scene, T + 70, "r1"), "void: the action was frozen");
}

static void a_freeze_of_something_else_leaves_receipts(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	grant(scene, T + 60, 102, "r1");
	alice.grant = story_grant(scene->story, &scene->alice, T + 61, 103, "stepup.freeze", json_pack("{s:s}", "action", "login.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 62, "login.*", "F-1", NULL, &alice), NULL, NULL);
	redeem(scene, T + 70, "r1");
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void a_receipt_from_before_a_new_epoch_is_void(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_epoch(T + 65, "store taken as it stands by --new-epoch", 9, policy_digest, scene->story->vkey), NULL, NULL);
	assert_fault(scene, redeem(scene, T + 70, "r1"), "is void");
}

static void an_invitation_from_before_a_new_epoch_is_void(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	story_add(scene->story, log_entry_init(T + 5, "bob", T + 3600, false), NULL, NULL);
	story_add(scene->story, log_entry_epoch(T + 6, "store taken as it stands by --new-epoch", 9, policy_digest, scene->story->vkey), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	story_add(scene->story, log_entry_enrol(T + 7, &scene->bob.subject, &scene->bob.credential, "invitation", &root, NULL), NULL, NULL);
	assert_fault(scene, 5, "none was open");
}

static void details_that_are_not_the_committed_ones_are_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	edit_line(scene->story, 4, "\"records\":102", "\"records\":1  ");
	assert_one_finding(scene->story, 3, "beside this entry is not what it commits to");
}

/* What is written is what the entry commits to as a whole, but not the action that was signed. */
static void details_of_another_action_than_was_signed_are_found(void **state)
{
	struct scene *scene = *state;
	struct action *action = story_action("customer.export", json_pack("{s:s, s:i}", "account", "trezor", "records", 1));
	struct log_refusal refusal = {.at = T + 9, .subject = scene->alice.subject, .error = STEPUP_BAD_ANSWER, .action = "customer.export"};
	uint8_t salt[DIGEST_SIZE] = {7}, commitment[DIGEST_SIZE] = {9};

	refusal.commitment = commitment;
	assert_fault(scene, story_add(scene->story, log_entry_refusal(&refusal), log_entry_evidence(action, "Export 1"), salt), "are not the ones that it commits to");
	action_free(&action);
}

/* Changes a member of line `at` (NULL: takes it away), or of what stands beside the entry there. */
static void change_line(struct story *story, size_t at, bool beside, const char *name, json_t *value)
{
	json_t *line = json_loads(story->lines[at], 0, NULL), *object = beside ? json_object_get(line, "details") : line;

	if (value == NULL)
		assert_int_equal(json_object_del(object, name), 0);
	else
		assert_int_equal(json_object_set_new(object, name, value), 0);
	free(story->lines[at]);
	story->lines[at] = json_dumps(line, JSON_COMPACT);
	json_decref(line);
}

static void details_without_what_they_are_checked_by_are_not_taken_for_erased(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	change_line(scene->story, 4, true, "details", json_pack("{s:s}", "account", "innocent"));
	change_line(scene->story, 4, true, "prompt", NULL);
	change_line(scene->story, 4, false, "salt", NULL);
	assert_one_finding(scene->story, 3, "lacks what it is checked by");
}

static void an_address_or_a_prompt_put_beside_an_entry_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	change_line(scene->story, 4, true, "rhost", json_string("10.0.0.1"));
	assert_one_finding(scene->story, 3, "beside this entry is not what it commits to");
	change_line(scene->story, 4, true, "rhost", NULL);
	assert_no_finding(scene->story);
	change_line(scene->story, 3, false, "details", json_pack("{s:s}", "prompt", "Export 5 contacts of evil")); /* an enrolment */
	assert_one_finding(scene->story, 2, "which commits to nothing");
}

static void a_first_line_with_an_entry_in_it_is_found(void **state)
{
	struct scene *scene = *state;

	story_checkpoint(scene->story);
	change_line(scene->story, 0, false, "entry", json_string("{}"));
	assert_one_finding(scene->story, -1, "more in it than a log's first line has");
}

static void a_prompt_that_was_not_shown_is_found(void **state)
{
	struct scene *scene = *state;

	grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	edit_line(scene->story, 4, "contacts of trezor", "contacts of Trezor");
	assert_one_finding(scene->story, 3, "beside this entry is not what it commits to");
}

static void erased_details_leave_the_log_whole(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	for (int64_t i = 0; i < 3; i++)
		grant(scene, T + 60 + 30 * i, 102 + i, NULL);
	story_checkpoint(scene->story);
	for (size_t line = 4; line < 7; line++) {
		json_t *object = json_loads(scene->story->lines[line], 0, NULL);

		json_object_del(object, "details");
		json_object_del(object, "salt");
		free(scene->story->lines[line]);
		scene->story->lines[line] = json_dumps(object, JSON_COMPACT);
		json_decref(object);
	}
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.result, STEPUP_OK);
	assert_int_equal(findings.summary.erased, 3);
	findings_clear(&findings);
}

static void no_entry_holds_details_or_prompt(void **state)
{
	struct scene *scene = *state;
	json_t *line;

	grant(scene, T + 60, 102, "r1");
	line = json_loads(scene->story->lines[4], 0, NULL);
	assert_null(strstr(json_string_value(json_object_get(line, "entry")), "trezor"));
	assert_null(strstr(json_string_value(json_object_get(line, "entry")), "Export"));
	assert_non_null(strstr(scene->story->lines[4], "trezor"));
	json_decref(line);
}

static void an_entry_of_a_kind_not_known_is_told(void **state)
{
	struct scene *scene = *state;

	story_add(scene->story, json_pack("{s:i, s:s, s:i}", "v", 1, "type", "magic", "at", T + 5), NULL, NULL);
	assert_fault(scene, 3, "does not know: magic");
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(a_whole_day_without_fault_is_clean),
	FACT(a_cut_tail_is_found_at_its_place),
	FACT(a_deleted_entry_is_found_at_its_place),
	FACT(an_edited_entry_is_found_at_its_place),
	FACT(a_carefully_edited_entry_is_found_between_its_checkpoints),
	FACT(swapped_entries_are_found_at_their_place),
	FACT(a_repeated_entry_is_found_at_its_place),
	FACT(an_entry_put_in_is_found),
	FACT(without_a_checkpoint_at_the_end_nothing_is_proven),
	FACT(a_checkpoint_by_another_key_proves_nothing),
	FACT(a_file_checked_by_its_own_key_says_so),
	FACT(an_entry_of_another_host_is_found),
	FACT(a_file_that_is_no_log_is_refused_at_once),
	FACT(garbage_between_entries_is_told_and_the_rest_checked),
	FACT(sentences_about_hostile_texts_are_safe_to_show),
	FACT(the_same_step_twice_is_found),
	FACT(a_step_below_the_last_one_is_found),
	FACT(the_enrolments_own_code_used_again_is_found),
	FACT(a_grant_by_a_credential_never_enrolled_is_found),
	FACT(a_grant_by_another_users_credential_is_found),
	FACT(a_grant_by_a_removed_credential_is_found),
	FACT(the_same_credential_enrolled_again_is_found),
	FACT(a_grant_to_a_locked_user_is_found),
	FACT(a_grant_of_a_frozen_action_is_found),
	FACT(an_enrolment_without_an_open_invitation_is_found),
	FACT(one_invitation_used_twice_is_found),
	FACT(verbs_without_their_own_step_up_are_found),
	FACT(a_receipt_redeemed_twice_is_found),
	FACT(a_receipt_never_issued_is_found),
	FACT(a_receipt_redeemed_late_is_found),
	FACT(a_receipt_redeemed_for_more_or_for_something_else_is_found),
	FACT(a_receipt_redeemed_by_a_locked_user_is_found),
	FACT(a_receipt_from_before_a_lock_is_void_when_it_is_lifted),
	FACT(a_receipt_from_before_a_freeze_is_void_when_it_is_lifted),
	FACT(a_freeze_of_something_else_leaves_receipts),
	FACT(a_receipt_from_before_a_new_epoch_is_void),
	FACT(an_invitation_from_before_a_new_epoch_is_void),
	FACT(details_that_are_not_the_committed_ones_are_found),
	FACT(details_of_another_action_than_was_signed_are_found),
	FACT(details_without_what_they_are_checked_by_are_not_taken_for_erased),
	FACT(an_address_or_a_prompt_put_beside_an_entry_is_found),
	FACT(a_first_line_with_an_entry_in_it_is_found),
	FACT(a_prompt_that_was_not_shown_is_found),
	FACT(erased_details_leave_the_log_whole),
	FACT(no_entry_holds_details_or_prompt),
	FACT(an_entry_of_a_kind_not_known_is_told),
};

TAP_MAIN(tests)
