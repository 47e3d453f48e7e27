/* SPDX-License-Identifier: BSD-2-Clause */
/* A story that begins with alice; see log_scene.h. */
#include "tests/unit/replay/log_scene.h"

const uint8_t scene_policy_digest[DIGEST_SIZE] = {5};

int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->story = story_new();
	person_make(&scene->alice, "alice", CREDENTIAL_TOTP);
	person_make(&scene->bob, "bob", CREDENTIAL_HOTP);
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
	story_enrol(scene->story, &scene->alice, T, 100);
	scene->details = json_pack("{s:s, s:i}", "account", "trezor", "records", 102);
	*state = scene;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;

	story_free(&scene->story);
	json_decref(scene->details);
	free(scene);
	return 0;
}

int64_t scene_grant(struct scene *scene, int64_t at, int64_t step, const char *jti)
{
	return story_grant(scene->story, &scene->alice, at, step, "customer.export",
		json_incref(scene->details), jti);
}

int64_t scene_redeem(struct scene *scene, int64_t at, const char *jti)
{
	return story_redeem(scene->story, &scene->alice, at, "customer.export",
		json_incref(scene->details), jti);
}

void scene_assert_fault(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}
