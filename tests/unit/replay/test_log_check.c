/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/replay/log_check.h: a log that was tampered with as a file, entries or checkpoints; what is wrong
 * with it, and where.
 */
#include "tests/unit/replay/log_scene.h"

static void a_whole_day_without_fault_is_clean(void **state)
{
	struct scene *scene = *state;
	struct story *story = scene->story;
	struct log_actor alice = {.by = "alice"};
	struct log_refusal refusal = {
		.at = T + 9,
		.subject = scene->alice.subject,
		.error = STEPUP_BAD_ANSWER,
		.action = "customer.export",
		.method = "totp",
		.caller = "console",
		.why = "wrong code",
	};
	struct findings findings;

	story_add(story, log_entry_start(T + 2, "0.1.0", STORY_ISSUER, scene_policy_digest, true),
		NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 3, 101, "stepup.invite",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_invite(T + 4, "bob", T + 4000, &alice), NULL, NULL);
	scene->bob.credential.otp.next_counter = 5;
	story_add(story, log_entry_enrol(T + 5, &scene->bob.subject, &scene->bob.credential, "invitation",
			&alice, NULL), NULL, NULL);
	story_checkpoint(story); /* one in the middle, as the background makes them */
	story_grant(story, &scene->bob, T + 6, 5, "customer.export", json_incref(scene->details), "r1");
	story_redeem(story, &scene->bob, T + 30, "customer.export",
		json_pack("{s:s, s:i}", "account", "trezor", "records", 100), "r1");
	story_add(story, log_entry_refusal(&refusal), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 60, 103, "stepup.lock",
		json_pack("{s:s}", "users", "bob"), NULL);
	story_add(story, log_entry_lock(T + 61, &scene->bob.subject, "L-1", "phoned", &alice, 0), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 90, 104, "stepup.unlock",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_unlock(T + 91, &scene->bob.subject, &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 120, 105, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(story, log_entry_freeze(T + 121, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 150, 106, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(story, log_entry_thaw(T + 151, "customer.*", &alice), NULL, NULL);
	story_grant(story, &scene->bob, T + 160, 6, "customer.export", json_incref(scene->details), "r2");
	story_add(story, log_entry_alert(T + 161, &scene->bob.subject, "spent-code", "C-bob"), NULL, NULL);
	story_add(story, log_entry_rename(T + 162, &scene->bob.subject, "robert", NULL), NULL, NULL);
	story_add(story, log_entry_policy(T + 163, scene_policy_digest, NULL), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 180, 107, "stepup.revoke",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(story, log_entry_revoke(T + 181, &scene->bob.subject, "C-bob", &alice, -1), NULL, NULL);
	alice.grant = story_grant(story, &scene->alice, T + 210, 108, "stepup.remove",
		json_pack("{s:s}", "credential", "C-alice"), NULL);
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

static void two_grants_and_a_checkpoint(struct scene *scene)
{
	scene_grant(scene, T + 60, 102, "r1");
	scene_grant(scene, T + 90, 103, NULL);
	story_checkpoint(scene->story); /* line 6; entries 0 to 4 on lines 1 to 5 */
}

static void a_cut_tail_is_found_at_its_place(void **state)
{
	struct scene *scene = *state;

	two_grants_and_a_checkpoint(scene);
	cut_line(scene->story, 5);
	assert_one_finding(scene->story, 4,
		"From entry 4 on the log was cut: 5 entries were signed here, 4 stand in the file.");
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
	/* the enrolment's credential: changes what later entries rest on, too */
	story_edit_line(scene->story, 3, "C-alice", "C-alicf");
	story_edit_line(scene->story, 4, "C-alice", "C-alicf");
	story_edit_line(scene->story, 5, "C-alice", "C-alicf"); /* consistently: only the tree can tell */
	{
		struct findings findings;

		story_check(scene->story, scene->story->vkey, &findings);
		assert_int_equal(findings.count, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(findings.index[i], (int64_t)i + 2);
			assert_string_equal(findings.sentence[i],
				"This entry was changed after it was signed.");
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
	story->lines[at] = log_line_entry(json_string_value(json_object_get(line, "entry")),
		json_object_get(line, "details"), json_string_value(json_object_get(line, "salt")));
	json_decref(line);
}

static void a_carefully_edited_entry_is_found_between_its_checkpoints(void **state)
{
	struct scene *scene = *state;

	story_checkpoint(scene->story);
	scene_grant(scene, T + 60, 102, "r1");
	scene_grant(scene, T + 90, 103, NULL);
	story_checkpoint(scene->story);
	story_edit_line(scene->story, 6, "\\\"amr\\\":[\\\"otp\\\"]", "\\\"amr\\\":[\\\"pop\\\"]");
	hash_line_anew(scene->story, 6);
	assert_one_finding(scene->story, 3,
		"Of entries 3 to 4 at least one was changed after it was signed.");
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
	scene_grant(scene, T + 120, 104, NULL);
	scene->story->lines[scene->story->count++] = checkpoint;
	assert_one_finding(scene->story, 5, "6 entries stand before a checkpoint over 5");
}

static void without_a_checkpoint_at_the_end_nothing_is_proven(void **state)
{
	struct scene *scene = *state;

	two_grants_and_a_checkpoint(scene);
	scene_grant(scene, T + 120, 104, NULL);
	assert_one_finding(scene->story, 5,
		"does not end with a checkpoint: nothing proves the entries from 5 on");
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
	assert_int_equal(findings.count, 1);
	assert_non_null(strstr(findings.sentence[0],
			"may be another verifier's: this log names another one"));
	assert_non_null(strstr(findings.sentence[0], scene->story->vkey));
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
	story_edit_line(scene->story, 5, "\\\"host\\\":\\\"bastion1\\\",\\\"in",
		"\\\"host\\\":\\\"bastion2\\\",\\\"in");
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.index[0], 4);
	assert_string_equal(findings.sentence[0], "This entry is of another host: bastion2");
	findings_clear(&findings);
}

static void a_file_that_is_no_log_is_refused_at_once(void **state)
{
	static const char *const bad[] = {"", "hello", "{}", "[]", "{\"entry\":\"x\"}",
		"{\"checkpoint\":\"x\"}"};

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
	static const char *const garbage[] = {"{\"entry\":5}", "{\"entry\":\"[]\"}", "{\"entry\":\"{}\"}",
		"{\"checkpoint\":null}", "{\"x\":1}", "\x01", "{\"checkpoint\":\"\"}",
		"{\"entry\":\"{\\\"index\\\":9223372036854775807}\"}"};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct scene *scene;
		struct findings findings;

		(void)scene_setup((void **)&scene);
		two_grants_and_a_checkpoint(scene);
		assert_true(asprintf(&scene->story->lines[scene->story->count++], "%s\n", garbage[i]) > 0);
		story_check(scene->story, scene->story->vkey, &findings);
		assert_int_equal(findings.result, STEPUP_CORRUPT);
		assert_int_equal(findings.summary.proven, 5);
		findings_clear(&findings);
		(void)scene_teardown((void **)&scene);
	}
	(void)state;
}

static void sentences_about_hostile_texts_are_safe_to_show(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	scene->alice.credential.id[2] = '\x1b';
	scene->alice.credential.id[3] = '[';
	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.count, 1);
	assert_null(strchr(findings.sentence[0], '\x1b'));
	findings_clear(&findings);
}

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
};

TAP_MAIN(tests)
