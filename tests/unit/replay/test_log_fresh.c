/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `stepup log verify` finds about step-ups for which nobody was asked, because an earlier one should
 * have covered them.
 */
#include "tests/unit/replay/log_story.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/evidence/context.h"

#define T 1700000000
#define ACTION "customer.view"
#define FRESH_SECONDS 900
#define ASKED (-1) /* in the place of a covering entry: somebody typed a code */

static char shown[] = "Look at trezor", service[] = "export";
static struct rule rule = {
	.name = ACTION, .require = FACTOR_CODE, .prompt = shown, .fresh_for_seconds = FRESH_SECONDS};
static const uint8_t desk[DIGEST_SIZE] = {1}, home[DIGEST_SIZE] = {2};

struct scene {
	struct story *story;
	struct person alice, carol;
	struct action *action;
	const char *acr; /* that the next grant says */
	int64_t step;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->story = story_new();
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
	person_make(&scene->alice, "alice", CREDENTIAL_TOTP);
	person_make(&scene->carol, "carol", CREDENTIAL_TOTP);
	story_enrol(scene->story, &scene->alice, T, 100);
	story_enrol(scene->story, &scene->carol, T, 100);
	scene->action = story_action(ACTION, json_pack("{s:s}", "account", "trezor"));
	scene->acr = "otp";
	scene->step = 101;
	memset(rule.digest, 0, DIGEST_SIZE);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	story_free(&scene->story);
	action_free(&scene->action);
	free(scene);
	return 0;
}

/* A grant for a person in this session (NULL: none), by a code or covered by an entry. */
static int64_t grant(struct scene *scene, struct person *person, int64_t at, const uint8_t *session,
	int64_t covered_by, const struct receipt_row *receipt)
{
	static char issuer[] = "https://stepup.example.com", rp_id[] = "example.com", host[] = STORY_HOST;
	static const char *const amr[] = {"otp", NULL};
	static const uint8_t nonce[CONTEXT_NONCE_SIZE] = {9};
	const struct policy policy = {.issuer = issuer, .rp_id = rp_id, .host = host};
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_grant entry = {.step = LOG_GRANT, .at = at, .subject = person->subject,
		.action = scene->action, .rule = &rule, .method = covered_by == ASKED ? "totp" : "fresh",
		.covered_by = covered_by, .credential = &person->credential, .commitment = commitment,
		.acr = scene->acr, .amr = amr, .receipt = receipt};
	struct context_facts facts = {.purpose = "auth", .policy = &policy, .caller = "console",
		.via = "code", .user = person->name, .user_id = person->user_id, .session = session,
		.rule = &rule, .require = FACTOR_CODE, .prompt = shown, .commitment = commitment,
		.nonce = nonce, .iat = at, .exp = at + 120};
	char *context = NULL;
	size_t size;
	int64_t index;

	assert_int_equal(context_commit(scene->action, salt, commitment), STEPUP_OK);
	assert_int_equal(context_make(&facts, &context, &size), STEPUP_OK);
	entry.context = context;
	if (covered_by == ASKED)
		person->credential.otp.last_step = scene->step++;
	index = story_add(scene->story, log_entry_grant(&entry),
		log_entry_evidence(scene->action, shown), salt);
	free(context);
	return index;
}

static int64_t asked(struct scene *scene)
{
	return grant(scene, &scene->alice, T + 10, desk, ASKED, NULL);
}

static int64_t covered(struct scene *scene, int64_t by)
{
	return grant(scene, &scene->alice, T + 20, desk, by, NULL);
}

/* Exactly one thing is wrong, with this entry, the last one. */
static void assert_found(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}

static void what_an_earlier_step_up_covers_is_right(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	(void)covered(scene, first);
	(void)grant(scene, &scene->alice, T + 10 + FRESH_SECONDS, desk, first, NULL);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void what_nothing_covers_is_found(void **state)
{
	struct scene *scene = *state;

	assert_found(scene, covered(scene, 1), "can't cover it");
}

static void what_was_covered_itself_covers_nothing(void **state)
{
	struct scene *scene = *state;

	assert_found(scene, covered(scene, covered(scene, asked(scene))), "can't cover it");
}

static void a_step_up_that_is_too_long_ago_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	assert_found(scene, grant(scene, &scene->alice, T + 10 + FRESH_SECONDS + 4, desk, first, NULL),
		"too long ago");
}

static void another_session_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	assert_found(scene, grant(scene, &scene->alice, T + 20, home, first, NULL), "another session");
}

static void no_session_where_there_was_one_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	assert_found(scene, grant(scene, &scene->alice, T + 20, NULL, first, NULL), "another session");
}

static void another_rule_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	rule.digest[0] = 1;
	assert_found(scene, covered(scene, first), "another \"rule\"");
}

static void another_persons_step_up_is_found(void **state)
{
	struct scene *scene = *state;
	struct findings findings;
	int64_t first = asked(scene);

	(void)grant(scene, &scene->carol, T + 20, desk, first, NULL);
	story_checkpoint(scene->story);
	story_check(scene->story, NULL, &findings);
	assert_true(findings.count > 0);
	assert_non_null(strstr(findings.sentence[0], "another \"user_id\""));
	findings_clear(&findings);
}

static void a_code_that_is_called_a_key_is_found(void **state)
{
	struct scene *scene = *state;

	scene->acr = "key";
	assert_found(scene, asked(scene), "calls a code more than a code");
}

static void a_step_up_that_is_called_stronger_than_what_covers_it_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	scene->acr = "phr";
	assert_found(scene, covered(scene, first), "has another \"acr\"");
}

static void a_receipt_for_which_nobody_was_asked_is_found(void **state)
{
	struct scene *scene = *state;
	struct receipt_row receipt = {.jti = "AAAA", .expires = T + 80};
	int64_t first = asked(scene);

	strcpy(receipt.audience, service);
	assert_found(scene, grant(scene, &scene->alice, T + 20, desk, first, &receipt),
		"receipt was issued although nobody");
}

static void a_start_in_between_ends_what_was_fresh(void **state)
{
	static const uint8_t policy[DIGEST_SIZE];
	struct scene *scene = *state;
	int64_t first = asked(scene);

	(void)story_add(scene->story, log_entry_start(T + 15, "0.1.0", STORY_ISSUER, policy, true),
		NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void a_reload_in_between_ends_what_was_fresh(void **state)
{
	static const uint8_t policy[DIGEST_SIZE] = {1};
	const struct log_actor root = {.by = "root", .grant = -1};
	struct scene *scene = *state;
	int64_t first = asked(scene);

	(void)story_add(scene->story, log_entry_policy(T + 15, policy, &root), NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void a_freeze_in_between_ends_what_was_fresh_when_it_is_lifted(void **state)
{
	struct log_actor by = {.by = "carol"};
	struct scene *scene = *state;
	int64_t first = asked(scene);

	by.grant = story_grant(scene->story, &scene->carol, T + 11, 101, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	(void)story_add(scene->story, log_entry_freeze(T + 12, "customer.*", "F-1", NULL, &by), NULL, NULL);
	by.grant = story_grant(scene->story, &scene->carol, T + 13, 102, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	(void)story_add(scene->story, log_entry_thaw(T + 14, "customer.*", &by), NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

/* Alice's next credential. */
static void enrol_another(struct scene *scene, struct person *another, int64_t at)
{
	*another = scene->alice;
	strcpy(another->credential.id, "C-another");
	story_enrol(scene->story, another, at, 100);
}

static void a_new_credential_in_between_ends_what_was_fresh(void **state)
{
	struct scene *scene = *state;
	struct person another;
	int64_t first = asked(scene);

	enrol_another(scene, &another, T + 15);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void somebody_elses_new_credential_ends_nothing(void **state)
{
	struct scene *scene = *state;
	struct person dave;
	int64_t first = asked(scene);

	person_make(&dave, "dave", CREDENTIAL_TOTP);
	story_enrol(scene->story, &dave, T + 15, 100);
	(void)covered(scene, first);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void another_credential_that_goes_in_between_ends_what_was_fresh(void **state)
{
	struct scene *scene = *state;
	struct person another;
	struct log_actor by = {.by = "alice"};
	json_t *details = json_pack("{s:s}", "credential", "C-another"), *gone;
	int64_t first;

	enrol_another(scene, &another, T + 5);
	first = asked(scene);
	by.grant = story_grant(scene->story, &scene->alice, T + 11, scene->step++, "stepup.remove", details,
		NULL);
	gone = log_entry_remove(T + 12, &another.subject, "C-another", &by);
	(void)story_add(scene->story, gone, NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void another_credential_that_is_revoked_in_between_ends_what_was_fresh(void **state)
{
	struct scene *scene = *state;
	struct person another;
	struct log_actor by = {.by = "carol"};
	json_t *details = json_pack("{s:s}", "user", "alice"), *gone;
	int64_t first;

	enrol_another(scene, &another, T + 5);
	first = asked(scene);
	by.grant = story_grant(scene->story, &scene->carol, T + 11, 101, "stepup.revoke", details, NULL);
	gone = log_entry_revoke(T + 12, &another.subject, "C-another", &by, -1);
	(void)story_add(scene->story, gone, NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void a_clock_set_in_between_ends_what_was_fresh(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);

	(void)story_add(scene->story, log_entry_alert(T + 15, NULL, "clock-jump", NULL), NULL, NULL);
	assert_found(scene, covered(scene, first), "can't cover it");
}

static void another_alert_ends_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t first = asked(scene);
	json_t *one = log_entry_alert(T + 15, &scene->alice.subject, "spent-code", "C-alice");
	json_t *sum = log_entry_alert(T + 16, NULL, "clock-jump", NULL);

	(void)story_add(scene->story, one, NULL, NULL);
	/* Of three that were told of before, one by one. */
	assert_int_equal(json_object_set_new(sum, "count", json_integer(3)), 0);
	(void)story_add(scene->story, sum, NULL, NULL);
	(void)covered(scene, first);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

#define fresh_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	fresh_test(what_an_earlier_step_up_covers_is_right),
	fresh_test(what_nothing_covers_is_found),
	fresh_test(what_was_covered_itself_covers_nothing),
	fresh_test(a_step_up_that_is_too_long_ago_is_found),
	fresh_test(another_session_is_found),
	fresh_test(no_session_where_there_was_one_is_found),
	fresh_test(another_rule_is_found),
	fresh_test(another_persons_step_up_is_found),
	fresh_test(a_code_that_is_called_a_key_is_found),
	fresh_test(a_step_up_that_is_called_stronger_than_what_covers_it_is_found),
	fresh_test(a_receipt_for_which_nobody_was_asked_is_found),
	fresh_test(a_start_in_between_ends_what_was_fresh),
	fresh_test(a_reload_in_between_ends_what_was_fresh),
	fresh_test(a_freeze_in_between_ends_what_was_fresh_when_it_is_lifted),
	fresh_test(a_new_credential_in_between_ends_what_was_fresh),
	fresh_test(somebody_elses_new_credential_ends_nothing),
	fresh_test(another_credential_that_goes_in_between_ends_what_was_fresh),
	fresh_test(another_credential_that_is_revoked_in_between_ends_what_was_fresh),
	fresh_test(a_clock_set_in_between_ends_what_was_fresh),
	fresh_test(another_alert_ends_nothing),
};

TAP_MAIN(tests)
