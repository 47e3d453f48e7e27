/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs whose host, issuer or key is called otherwise than it was, or another one: what is the same
 * log, and what isn't.
 */
#include "tests/unit/replay/log_scene.h"

#define OTHER_HOST "bastion2"
#define OTHER_ISSUER "https://login.example.com"

/* An entry as the verifier makes it after its host was renamed; story_add() gives it the host of before. */
static int64_t add_as(struct story *story, const char *host, json_t *entry)
{
	story->host = host;
	return story_add(story, entry, NULL, NULL);
}

static void set_header(struct story *story, const char *issuer, const char *host, const char *vkey)
{
	free(story->lines[0]);
	story->lines[0] = log_line_header(issuer, host, vkey);
}

static void start(struct scene *scene, int64_t at, const char *issuer)
{
	(void)story_add(scene->story, log_entry_start(at, "0.1.0", issuer, scene_policy_digest, true),
		NULL, NULL);
}

static void a_rename_is_an_entry_and_nothing_is_wrong(void **state)
{
	struct scene *scene = *state;
	struct story *story = scene->story;

	start(scene, T + 1, STORY_ISSUER);
	add_as(story, OTHER_HOST, log_entry_names(T + 2, OTHER_ISSUER, STORY_ISSUER, STORY_HOST));
	start(scene, T + 3, OTHER_ISSUER);
	story_checkpoint(story);
	set_header(story, OTHER_ISSUER, OTHER_HOST, story->vkey);
	assert_no_finding(story);
}

static void a_log_of_before_there_were_such_entries_may_change_its_host_with_a_start(void **state)
{
	struct scene *scene = *state;
	struct story *story = scene->story;

	add_as(story, OTHER_HOST, log_entry_start(T + 2, "0.1.0", NULL, scene_policy_digest, true));
	add_as(story, OTHER_HOST, log_entry_names(T + 3, OTHER_ISSUER, NULL, OTHER_HOST));
	start(scene, T + 4, OTHER_ISSUER);
	story_checkpoint(story);
	set_header(story, OTHER_ISSUER, OTHER_HOST, story->vkey);
	assert_no_finding(story);
}

static void a_start_renames_nothing_in_a_log_that_has_names(void **state)
{
	struct scene *scene = *state;

	start(scene, T + 1, STORY_ISSUER);
	add_as(scene->story, OTHER_HOST,
		log_entry_start(T + 2, "0.1.0", STORY_ISSUER, scene_policy_digest, true));
	scene->story->host = STORY_HOST;
	scene_assert_fault(scene, 4, "of another host: " OTHER_HOST);
}

static void a_rename_from_another_host_is_found(void **state)
{
	struct scene *scene = *state;

	start(scene, T + 1, STORY_ISSUER);
	add_as(scene->story, OTHER_HOST, log_entry_names(T + 2, STORY_ISSUER, STORY_ISSUER, "bastion7"));
	scene->story->host = STORY_HOST;
	scene_assert_fault(scene, 4, "of another host: " OTHER_HOST);
}

static void an_issuer_that_changes_without_an_entry_is_found(void **state)
{
	struct scene *scene = *state;

	start(scene, T + 1, STORY_ISSUER);
	start(scene, T + 2, OTHER_ISSUER);
	scene_assert_fault(scene, 4, "of another issuer: " OTHER_ISSUER);
}

static void a_changed_first_line_is_found(void **state)
{
	static const struct {
		const char *issuer, *host, *words;
	} cases[] = {
		{OTHER_ISSUER, STORY_HOST, "it names the issuer " OTHER_ISSUER},
		{STORY_ISSUER, OTHER_HOST, "it names the host " OTHER_HOST},
	};
	struct scene *scene = *state;
	const uint8_t seed[NOTE_KEY_SIZE] = {8};
	struct findings findings;
	struct note_key other;
	char *vkey;

	start(scene, T + 1, STORY_ISSUER);
	story_checkpoint(scene->story);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_header(scene->story, cases[i].issuer, cases[i].host, scene->story->vkey);
		assert_one_finding(scene->story, -1, cases[i].words);
	}
	assert_int_equal(note_key_from_seed(scene->story->key.name, seed, &other), STEPUP_OK);
	vkey = note_key_format(&other);
	set_header(scene->story, STORY_ISSUER, STORY_HOST, vkey);
	assert_one_finding(scene->story, -1, "it names another key than the log's own entries");
	story_check(scene->story, NULL, &findings); /* and believed alone, it proves nothing */
	assert_int_equal(findings.result, STEPUP_CORRUPT);
	assert_int_equal(findings.summary.proven, 0);
	findings_clear(&findings);
	free(vkey);
}

static void the_key_counts_and_not_its_name(void **state)
{
	struct scene *scene = *state;
	struct story *story = scene->story;
	struct findings findings;
	struct note_key renamed;
	char *vkey;

	assert_int_equal(note_key_from_seed("login.example.com/bastion2", story->seed, &renamed), STEPUP_OK);
	vkey = note_key_format(&renamed);
	assert_string_not_equal(vkey, story->vkey);
	story_checkpoint(story);
	/* the key under its later name, of a log signed under the first */
	story_check(story, vkey, &findings);
	assert_int_equal(findings.count, 0);
	assert_int_equal(findings.summary.proven, findings.summary.entries);
	findings_clear(&findings);
	story->key = renamed;
	start(scene, T + 1, STORY_ISSUER);
	story_checkpoint(story);
	story_check(story, story->vkey, &findings); /* and the other way round */
	assert_int_equal(findings.count, 0);
	assert_int_equal(findings.summary.checkpoints, 2);
	findings_clear(&findings);
	free(vkey);
}

/* A new epoch's key signs from there on. */
static char *begin_epoch(struct story *story, int64_t at)
{
	static const uint8_t seed[NOTE_KEY_SIZE] = {77};
	char *first = strdup(story->vkey);
	struct note_key key;

	memcpy(story->seed, seed, sizeof(seed));
	assert_int_equal(note_key_from_seed(story->key.name, seed, &key), STEPUP_OK);
	story->key = key;
	free(story->vkey);
	story->vkey = note_key_format(&story->key);
	(void)story_add(story, log_entry_epoch(at, "store taken as it stands by --new-epoch", 3, story->vkey),
		NULL, NULL);
	story_checkpoint(story);
	set_header(story, STORY_ISSUER, STORY_HOST, story->vkey);
	return first;
}

static void checkpoints_of_before_a_new_epoch_hold_by_the_key_of_then(void **state)
{
	struct scene *scene = *state;
	struct findings findings;
	char *first;

	story_checkpoint(scene->story);
	first = begin_epoch(scene->story, T + 5);
	story_check(scene->story, scene->story->vkey, &findings);
	assert_int_equal(findings.count, 0);
	assert_int_equal(findings.summary.checkpoints, 2);
	assert_int_equal(findings.summary.proven, findings.summary.entries);
	findings_clear(&findings);
	free(first);
}

static void a_noted_key_of_before_a_new_epoch_proves_what_it_signed_and_says_where_it_ends(void **state)
{
	struct scene *scene = *state;
	struct findings findings;
	char *first;

	story_checkpoint(scene->story);
	first = begin_epoch(scene->story, T + 5);
	story_check(scene->story, first, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.index[0], 3);
	assert_non_null(strstr(findings.sentence[0], "a new epoch began"));
	assert_non_null(strstr(findings.sentence[0], scene->story->vkey));
	assert_int_equal(findings.summary.proven, 3);
	findings_clear(&findings);
	free(first);
}

static const struct CMUnitTest tests[] = {
	FACT(a_rename_is_an_entry_and_nothing_is_wrong),
	FACT(a_log_of_before_there_were_such_entries_may_change_its_host_with_a_start),
	FACT(a_start_renames_nothing_in_a_log_that_has_names),
	FACT(a_rename_from_another_host_is_found),
	FACT(an_issuer_that_changes_without_an_entry_is_found),
	FACT(a_changed_first_line_is_found),
	FACT(the_key_counts_and_not_its_name),
	FACT(checkpoints_of_before_a_new_epoch_hold_by_the_key_of_then),
	FACT(a_noted_key_of_before_a_new_epoch_proves_what_it_signed_and_says_where_it_ends),
};

TAP_MAIN(tests)
