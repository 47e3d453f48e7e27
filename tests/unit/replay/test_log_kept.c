/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checkpoints that somebody kept, held against a log: what a log's own checkpoints can't show, because
 * whoever has its key can sign them anew.
 */
#include "tests/unit/replay/log_scene.h"

static char note[2048]; /* the one that is kept */

/* The story's tree as of now, signed and kept, and not in the log. */
static void keep(struct scene *scene)
{
	struct checkpoint checkpoint = {.size = scene->story->tree.size};
	char *text = NULL;

	memcpy(checkpoint.origin, scene->story->key.name, sizeof(checkpoint.origin));
	assert_int_equal(merkle_root(&scene->story->tree, checkpoint.root), STEPUP_OK);
	assert_int_equal(checkpoint_sign(&checkpoint, &scene->story->key, scene->story->seed, &text),
		STEPUP_OK);
	snprintf(note, sizeof(note), "%s", text);
	free(text);
}

static void note_first(void *context, int64_t index, const char *sentence)
{
	char *first = context;

	(void)index;
	if (*first == '\0')
		snprintf(first, 512, "%s", sentence);
}

/* Checks with the kept one; the first thing that is wrong, "" for none. */
static struct log_check_summary check_with(const struct story *story, char first[512])
{
	struct log_check_summary summary;
	struct log_check *check = NULL;

	*first = '\0';
	assert_int_equal(log_check_new(story->vkey, note_first, first, &check), STEPUP_OK);
	assert_int_equal(log_check_keep(check, note), STEPUP_OK);
	for (size_t i = 0; i < story->count; i++)
		assert_int_equal(log_check_line(check, story->lines[i], strlen(story->lines[i]) - 1),
			STEPUP_OK);
	(void)log_check_finish(check, &summary);
	log_check_free(&check);
	return summary;
}

static void a_kept_checkpoint_of_this_log_holds(void **state)
{
	struct scene *scene = *state;
	char first[512];

	keep(scene);
	scene_grant(scene, T + 60, 102, NULL);
	story_checkpoint(scene->story);
	assert_int_equal(check_with(scene->story, first).kept, 1);
	assert_string_equal(first, "");
	keep(scene); /* over all of it */
	assert_int_equal(check_with(scene->story, first).kept, 1);
	assert_string_equal(first, "");
}

static void another_past_by_the_same_key_is_found(void **state)
{
	struct scene *scene = *state;
	struct story *other;
	char first[512];

	scene_grant(scene, T + 60, 102, NULL);
	keep(scene);
	/* The same log up to there, but for the last entry, signed anew by the same key. */
	other = story_new();
	(void)story_add(other, log_entry_epoch(T, "first start", -1, other->vkey), NULL, NULL);
	(void)story_add(other, log_entry_stop(T + 1), NULL, NULL);
	(void)story_add(other, log_entry_stop(T + 2), NULL, NULL);
	(void)story_add(other, log_entry_stop(T + 3), NULL, NULL);
	story_checkpoint(other);
	assert_int_equal(check_with(other, first).kept, 0);
	assert_non_null(strstr(first, "that was kept is of another log"));
	story_free(&other);
}

static void a_log_cut_before_a_kept_checkpoint_is_found(void **state)
{
	struct scene *scene = *state;
	size_t lines = scene->story->count;
	char first[512];

	story_checkpoint(scene->story);
	scene_grant(scene, T + 60, 102, NULL);
	keep(scene);
	while (scene->story->count > lines + 1)
		free(scene->story->lines[--scene->story->count]);
	assert_int_equal(check_with(scene->story, first).kept, 0);
	assert_non_null(strstr(first, "a checkpoint over 4 entries was kept"));
}

static void one_by_another_key_is_told(void **state)
{
	struct scene *scene = *state;
	char first[512];

	memset(scene->story->seed, 9, sizeof(scene->story->seed));
	keep(scene);
	memset(scene->story->seed, 3, sizeof(scene->story->seed));
	story_checkpoint(scene->story);
	assert_int_equal(check_with(scene->story, first).kept, 0);
	assert_non_null(strstr(first, "is not signed by this log's key"));
}

static void what_is_no_checkpoint_is_refused(void **state)
{
	static const char *const bad[] = {"", "hello", "a\n1\nxx\n\n", "a\n1\nxx\n\n\xe2\x80\x94 a AAAA\n"};
	struct log_check *check = NULL;
	char first[512] = "";

	(void)state;
	assert_int_equal(log_check_new(NULL, note_first, first, &check), STEPUP_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(log_check_keep(check, bad[i]), STEPUP_INVALID);
	log_check_free(&check);
}

static const struct CMUnitTest tests[] = {
	FACT(a_kept_checkpoint_of_this_log_holds),
	FACT(another_past_by_the_same_key_is_found),
	FACT(a_log_cut_before_a_kept_checkpoint_is_found),
	FACT(one_by_another_key_is_told),
	FACT(what_is_no_checkpoint_is_refused),
};

TAP_MAIN(tests)
