/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of a log with codes begin from: a story in which alice is enrolled, and bob could be.
 */
#ifndef STEPUP_TESTS_UNIT_LOG_SCENE_H
#define STEPUP_TESTS_UNIT_LOG_SCENE_H

#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/replay/log_story.h"

#define T 1700000000

/* Alice enrolled, the log three entries long: epoch, init, enrol. */
struct scene {
	struct story *story;
	struct person alice, bob;
	json_t *details; /* of one export, for many uses */
};

/* Of some policy. */
extern const uint8_t scene_policy_digest[DIGEST_SIZE];

/* cmocka's set-up and tear-down around one test. */
int scene_setup(void **state);
int scene_teardown(void **state);
#define FACT(function) cmocka_unit_test_setup_teardown(function, scene_setup, scene_teardown)

/* A grant of the export to alice by this step, and its redemption. Return the entry's index. */
int64_t scene_grant(struct scene *scene, int64_t at, int64_t step, const char *jti);
int64_t scene_redeem(struct scene *scene, int64_t at, const char *jti);

/* Signs what was written and expects one fault. */
void scene_assert_fault(struct scene *scene, int64_t index, const char *words);

#endif
