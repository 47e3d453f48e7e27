/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/replay/log_check.h: what stands beside the entries of a log, was put there, changed or erased.
 */
#include "tests/unit/replay/log_scene.h"

static void details_that_are_not_the_committed_ones_are_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	story_edit_line(scene->story, 4, "\"records\":102", "\"records\":1  ");
	assert_one_finding(scene->story, 3, "beside this entry is not what the entry commits to");
}

/* What is written is what the entry commits to as a whole, but not the action that was signed. */
static void details_of_another_action_than_was_signed_are_found(void **state)
{
	struct scene *scene = *state;
	struct action *action =
		story_action("customer.export", json_pack("{s:s, s:i}", "account", "trezor", "records", 1));
	struct log_refusal refusal = {.at = T + 9, .subject = scene->alice.subject,
		.error = STEPUP_BAD_ANSWER, .action = "customer.export"};
	uint8_t salt[DIGEST_SIZE] = {7}, commitment[DIGEST_SIZE] = {9};

	refusal.commitment = commitment;
	scene_assert_fault(scene, story_add(scene->story, log_entry_refusal(&refusal),
			log_entry_evidence(action, "Export 1"), salt), "are not the ones that it commits to");
	action_free(&action);
}

/* Changes a member of line `at` (NULL: takes it away), or of what stands beside the entry there. */
static void change_line(struct story *story, size_t at, bool beside, const char *name, json_t *value)
{
	json_t *line = json_loads(story->lines[at], 0, NULL),
		*object = beside ? json_object_get(line, "details") : line;

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

	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	change_line(scene->story, 4, true, "details", json_pack("{s:s}", "account", "innocent"));
	change_line(scene->story, 4, true, "prompt", NULL);
	change_line(scene->story, 4, false, "salt", NULL);
	assert_one_finding(scene->story, 3, "something is missing");
}

static void an_address_or_a_prompt_put_beside_an_entry_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	change_line(scene->story, 4, true, "rhost", json_string("10.0.0.1"));
	assert_one_finding(scene->story, 3, "beside this entry is not what the entry commits to");
	change_line(scene->story, 4, true, "rhost", NULL);
	assert_no_finding(scene->story);
	/* an enrolment */
	change_line(scene->story, 3, false, "details",
		json_pack("{s:s}", "prompt", "Export 5 contacts of evil"));
	assert_one_finding(scene->story, 2, "but the entry commits to nothing");
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

	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	story_edit_line(scene->story, 4, "contacts of trezor", "contacts of Trezor");
	assert_one_finding(scene->story, 3, "beside this entry is not what the entry commits to");
}

static void erased_details_leave_the_log_whole(void **state)
{
	struct scene *scene = *state;
	struct findings findings;

	for (int64_t i = 0; i < 3; i++)
		scene_grant(scene, T + 60 + 30 * i, 102 + i, NULL);
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

	scene_grant(scene, T + 60, 102, "r1");
	line = json_loads(scene->story->lines[4], 0, NULL);
	assert_null(strstr(json_string_value(json_object_get(line, "entry")), "trezor"));
	assert_null(strstr(json_string_value(json_object_get(line, "entry")), "Export"));
	assert_non_null(strstr(scene->story->lines[4], "trezor"));
	json_decref(line);
}

static void an_entry_of_a_kind_not_known_is_told(void **state)
{
	struct scene *scene = *state;

	story_add(scene->story, json_pack("{s:i, s:s, s:i}", "v", 1, "type", "magic", "at", T + 5),
		NULL, NULL);
	scene_assert_fault(scene, 3, "does not know: magic");
}

static const struct CMUnitTest tests[] = {
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
