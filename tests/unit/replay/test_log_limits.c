/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `stepup log verify` finds about limits: a grant over one that its own entry names, and nothing in a
 * log of a verifier that counted, whatever was done to its clock, its policy and its store.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/limit_text.h"
#include "tests/unit/replay/log_story.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/evidence/context.h"

#define T 1700000000
#define DAY (24 * 3600)
#define ACTION "customer.export"
#define PROMPT "Export 9 contacts of trezor"

static char prompt[] = PROMPT;

struct scene {
	struct story *story;
	struct person alice, carol;
	struct rule rule;
	struct limit limits[LIMITS_MAX], hard_limits[LIMITS_MAX];
	int64_t step; /* of the next code, whoever's */
	int asked;    /* requests so far */
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->story = story_new();
	scene->rule = (struct rule){.name = ACTION,
		.require = FACTOR_CODE,
		.prompt = prompt,
		.limits = scene->limits,
		.hard_limits = scene->hard_limits};
	scene->story->rule = &scene->rule;
	scene->step = 101;
	(void)story_add(
		scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
	person_make(&scene->alice, "alice", CREDENTIAL_TOTP);
	person_make(&scene->carol, "carol", CREDENTIAL_TOTP);
	story_enrol(scene->story, &scene->alice, T, 100);
	story_enrol(scene->story, &scene->carol, T, 100);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	story_free(&scene->story);
	free(scene);
	return 0;
}

static void read_limit(struct limit *limits, size_t *count, const char *text)
{
	assert_true(limit_parse(text, &limits[*count]));
	limits[(*count)++].text = text;
}

/* The rule's only one from now on, and one more; hard ones. */
static void limit(struct scene *scene, const char *text)
{
	scene->rule.limit_count = 0;
	read_limit(scene->limits, &scene->rule.limit_count, text);
}

static void limit_too(struct scene *scene, const char *text)
{
	read_limit(scene->limits, &scene->rule.limit_count, text);
}

static void hard_limit(struct scene *scene, const char *text)
{
	read_limit(scene->hard_limits, &scene->rule.hard_limit_count, text);
}

static json_t *details(const char *account, int64_t records)
{
	return json_pack("{s:s, s:I}", "account", account, "records", (json_int_t)records);
}

/* A grant of an export to somebody; its index. */
static int64_t granted_to(
	struct scene *scene, struct person *person, int64_t at, const char *account, int64_t records)
{
	return story_grant(scene->story, person, at, scene->step++, ACTION, details(account, records), NULL);
}

static int64_t granted(struct scene *scene, int64_t at, const char *account, int64_t records)
{
	return granted_to(scene, &scene->alice, at, account, records);
}

/* One of which what stood beside it was erased since. */
static int64_t granted_and_erased(struct scene *scene, int64_t at, const char *account, int64_t records)
{
	int64_t index;

	scene->story->erased = true;
	index = granted(scene, at, account, records);
	scene->story->erased = false;
	return index;
}

/* One entry of an agreement: alice asks, carol agrees, or what was agreed to is granted. */
static int64_t add_agreed(struct scene *scene, struct approval_request *request, const struct action *action,
	enum log_step kind, int64_t at)
{
	static char issuer[] = "https://stepup.example.com", rp_id[] = "example.com", host[] = STORY_HOST;
	static const char *const amr[] = {"otp", NULL};
	static const uint8_t nonce[CONTEXT_NONCE_SIZE] = {9};
	const struct policy policy = {.issuer = issuer, .rp_id = rp_id, .host = host};
	struct person *person = kind == LOG_APPROVE ? &scene->carol : &scene->alice;
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_grant grant = {.step = kind,
		.at = at,
		.subject = person->subject,
		.action = action,
		.rule = &scene->rule,
		.method = "totp",
		.credential = &person->credential,
		.commitment = commitment,
		.acr = "otp",
		.amr = amr,
		.request = request,
		.claimed = kind == LOG_GRANT};
	struct context_facts facts = {.purpose = kind == LOG_APPROVE ? "approve" : "auth",
		.policy = &policy,
		.caller = "console",
		.via = "code",
		.user = person->name,
		.user_id = person->user_id,
		.rule = &scene->rule,
		.require = FACTOR_CODE,
		.prompt = PROMPT,
		.commitment = commitment,
		.nonce = nonce,
		.iat = at,
		.exp = at + 120};
	char *context = NULL;
	size_t size;
	int64_t index;

	assert_int_equal(context_commit(action, salt, commitment), STEPUP_OK);
	if (kind == LOG_REQUEST) {
		memcpy(request->commitment, commitment, DIGEST_SIZE);
		assert_int_equal(request_digest(request, request->digest), STEPUP_OK);
		request->requester.log = scene->story->index;
	} else if (kind == LOG_APPROVE) {
		facts.request = request->digest;
		facts.decision = "approve";
	}
	if (kind != LOG_GRANT) {
		person->credential.otp.last_step = scene->step++;
		assert_int_equal(context_make(&facts, &context, &size), STEPUP_OK);
		grant.context = context;
	}
	index = story_add(scene->story, log_entry_grant(&grant), log_entry_evidence(action, PROMPT), salt);
	free(context);
	return index;
}

/* Alice asks, carol agrees, and it is granted: that entry's index. */
static int64_t agreed(struct scene *scene, int64_t at, const char *account, int64_t records)
{
	static char no_details[] = "{}";
	struct action *action = story_action(ACTION, details(account, records));
	struct approval_request request = {.user = "alice",
		.action = ACTION,
		.details = no_details,
		.prompt = prompt,
		.requested = at,
		.expires = at + 600,
		.approver = "carol",
		.caller = "console",
		.host = STORY_HOST};
	int64_t index;

	(void)snprintf(request.id, sizeof(request.id), "R-00000000000%d", scene->asked++);
	memcpy(request.user_id, scene->alice.user_id, USER_ID_SIZE);
	memcpy(request.rule, scene->rule.digest, DIGEST_SIZE);
	(void)add_agreed(scene, &request, action, LOG_REQUEST, at);
	(void)add_agreed(scene, &request, action, LOG_APPROVE, at);
	index = add_agreed(scene, &request, action, LOG_GRANT, at);
	action_free(&action);
	return index;
}

static void assert_fault(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}

static void assert_clean(struct scene *scene)
{
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

/* --- each kind, at its edge --- */

static void as_many_as_a_limit_has_are_clean(void **state)
{
	struct scene *scene = *state;

	limit(scene, "3 per 24h");
	for (int i = 0; i < 3; i++)
		(void)granted(scene, T + 60 + i, "trezor", 102);
	assert_clean(scene);
}

static void one_more_than_a_limit_has_is_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "3 per 24h");
	for (int i = 0; i < 3; i++)
		(void)granted(scene, T + 60 + i, "trezor", 102);
	assert_fault(scene, granted(scene, T + 63, "trezor", 102),
		"alice was granted more than the rule customer.export allows: 4 with this one, where the "
		"limit is \"3 per 24h\". It should have been refused.");
}

static void a_window_ends_in_its_last_second(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 100s");
	(void)granted(scene, T + 60, "trezor", 102);
	(void)granted(scene, T + 160, "trezor", 102);
	assert_fault(scene, granted(scene, T + 259, "trezor", 102),
		"2 with this one, where the limit is \"1 per 100s\"");
}

static void an_amount_over_a_limit_is_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "200 records per 24h");
	(void)granted(scene, T + 60, "trezor", 98);
	(void)granted(scene, T + 61, "trezor", 102);
	(void)granted(scene, T + 62, "trezor", 0); /* takes nothing */
	assert_fault(scene, granted(scene, T + 63, "trezor", 1),
		"201 with this one, where the limit is \"200 records per 24h\"");
}

static void one_value_too_many_is_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "2 different account per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)granted(scene, T + 61, "ledger", 1);
	(void)granted(scene, T + 62, "trezor", 1);
	assert_fault(scene, granted(scene, T + 63, "bitbox", 1),
		"3 with this one, where the limit is \"2 different account per 24h\"");
}

static void values_count_by_their_newest_use(void **state)
{
	struct scene *scene = *state;

	limit(scene, "2 different account per 100s");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)granted(scene, T + 61, "ledger", 1);
	(void)granted(scene, T + 150, "trezor", 1);
	(void)granted(scene, T + 161, "bitbox", 1); /* ledger's window is over */
	assert_fault(scene, granted(scene, T + 162, "ledger", 1), "3 with this one");
}

static void limits_of_one_kind_count_a_use_once(void **state)
{
	struct scene *scene = *state;

	limit(scene, "2 per 1h");
	limit_too(scene, "3 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)granted(scene, T + 61, "trezor", 1);
	(void)granted(scene, T + 3661, "trezor", 1);
	assert_fault(scene, granted(scene, T + 3662, "trezor", 1),
		"4 with this one, where the limit is \"3 per 24h\"");
}

static void other_people_and_other_rules_have_limits_of_their_own(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)granted_to(scene, &scene->carol, T + 61, "trezor", 1);
	strcpy(scene->rule.name, "customer.*");
	(void)granted(scene, T + 62, "trezor", 1);
	assert_clean(scene);
}

/* --- over them --- */

static void a_second_person_passes_a_limit(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	hard_limit(scene, "3 per 24h");
	scene->rule.over_limit = OVER_LIMIT_APPROVE;
	(void)granted(scene, T + 60, "trezor", 1);
	(void)agreed(scene, T + 61, "trezor", 1);
	(void)agreed(scene, T + 62, "trezor", 1);
	assert_clean(scene);
}

static void a_second_person_passes_no_hard_limit(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	hard_limit(scene, "2 per 24h");
	scene->rule.over_limit = OVER_LIMIT_APPROVE;
	(void)granted(scene, T + 60, "trezor", 1);
	(void)agreed(scene, T + 61, "trezor", 1);
	assert_fault(scene, agreed(scene, T + 62, "trezor", 1),
		"3 with this one, where the hard limit is \"2 per 24h\". It should have been refused, "
		"whoever agreed.");
}

static void a_second_person_passes_no_limit_of_a_rule_that_denies(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	scene->rule.always_approve = true;
	(void)agreed(scene, T + 61, "trezor", 1);
	assert_fault(scene, agreed(scene, T + 62, "trezor", 1),
		"2 with this one, where the limit is \"1 per 24h\". It should have been refused.");
}

static void over_a_limit_without_the_second_person_is_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "2 per 24h");
	scene->rule.over_limit = OVER_LIMIT_APPROVE;
	(void)granted(scene, T + 60, "trezor", 1);
	(void)agreed(scene, T + 61, "trezor", 1); /* counts like any other */
	assert_fault(scene, granted(scene, T + 62, "trezor", 1),
		"It should have been refused, or agreed to by a second person.");
}

static void a_hard_limit_alone_is_one(void **state)
{
	struct scene *scene = *state;

	hard_limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	assert_fault(scene, granted(scene, T + 61, "trezor", 1), "the hard limit is \"1 per 24h\"");
}

/* --- what may come in between --- */

static void an_edited_rule_counts_what_it_did_before(void **state)
{
	struct scene *scene = *state;

	limit(scene, "5 per 24h");
	for (int i = 0; i < 3; i++)
		(void)granted(scene, T + 60 + i, "trezor", 1);
	limit(scene, "3 per 1h");
	memset(scene->rule.digest, 7, DIGEST_SIZE);
	assert_fault(scene, granted(scene, T + 63, "trezor", 1),
		"4 with this one, where the limit is \"3 per 1h\"");
}

static void a_kind_counts_from_where_the_rule_has_it(void **state)
{
	struct scene *scene = *state;

	limit(scene, "5 per 24h");
	for (int i = 0; i < 3; i++)
		(void)granted(scene, T + 60 + i, "trezor", 100);
	limit(scene, "100 records per 24h");
	(void)granted(scene, T + 63, "trezor", 100);
	limit(scene, "4 per 24h");
	(void)granted(scene, T + 64, "trezor", 100);
	assert_clean(scene);
}

static void a_new_epoch_begins_anew(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)story_add(scene->story,
		log_entry_epoch(T + 61, "an older store was taken", -1, scene->story->vkey), NULL,
		NULL);
	(void)granted(scene, T + 62, "trezor", 1);
	assert_clean(scene);
}

static void what_was_used_stays_used_over_locks(void **state)
{
	const struct log_actor self = {.by = "alice", .grant = -1};
	struct scene *scene = *state;
	struct log_actor carol = {.by = "carol"};

	limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)story_add(
		scene->story, log_entry_lock(T + 61, &scene->alice.subject, "L-1", "", &self, 0), NULL, NULL);
	strcpy(scene->rule.name, "stepup.*");
	carol.grant = story_grant(scene->story, &scene->carol, T + 62, scene->step++, "stepup.unlock",
		json_pack("{s:s}", "user", "alice"), NULL);
	(void)story_add(scene->story, log_entry_unlock(T + 62, &scene->alice.subject, &carol), NULL, NULL);
	strcpy(scene->rule.name, ACTION);
	assert_fault(scene, granted(scene, T + 63, "trezor", 1), "2 with this one");
}

/* --- clocks --- */

static void what_was_used_in_a_time_to_come_counts(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 1h");
	(void)granted(scene, T + 7200, "trezor", 1);
	assert_fault(scene, granted(scene, T + 60, "trezor", 1), "2 with this one");
}

static void a_clock_that_was_set_back_makes_no_window_longer(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 1h");
	(void)granted(scene, T + 7200, "trezor", 1);
	(void)story_add(scene->story, log_entry_alert(T + 60, NULL, "clock-jump", NULL), NULL, NULL);
	(void)granted(scene, T + 7200 + 3600, "trezor", 1);
	assert_clean(scene);
}

/* By more than a day: what was used then was used when it was set back. */
static void what_a_wrong_clock_noted_counts_from_where_it_was_right(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 1h");
	(void)granted(scene, T + 10 * DAY, "trezor", 1);
	(void)story_add(scene->story, log_entry_alert(T + 60, NULL, "clock-jump", NULL), NULL, NULL);
	(void)story_add(scene->story, log_entry_clock_settled(T + 60, 1), NULL, NULL);
	assert_fault(scene, granted(scene, T + 3659, "trezor", 1), "2 with this one");
}

static void what_a_wrong_clock_noted_counts_no_longer_than_a_window(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 1h");
	limit_too(scene, "2 different account per 1h");
	(void)granted(scene, T + 10 * DAY, "trezor", 1);
	(void)story_add(scene->story, log_entry_alert(T + 60, NULL, "clock-jump", NULL), NULL, NULL);
	(void)story_add(scene->story, log_entry_clock_settled(T + 60, 1), NULL, NULL);
	(void)granted(scene, T + 3660, "trezor", 1);
	(void)granted(scene, T + 7260, "trezor", 1);
	assert_clean(scene);
}

/* The verifier settles one person after the other, and may not be through: it knows a value longer than it
 * counts here. */
static void a_value_that_a_wrong_clock_noted_may_be_known_still(void **state)
{
	struct scene *scene = *state;

	limit(scene, "2 different account per 1h");
	(void)granted(scene, T + 10 * DAY, "trezor", 1);
	(void)story_add(scene->story, log_entry_alert(T + 60, NULL, "clock-jump", NULL), NULL, NULL);
	(void)granted(scene, T + 3661, "ledger", 1);
	limit(scene, "1 different account per 1h");
	(void)granted(scene, T + 3662, "trezor", 1);
	assert_clean(scene);
}

/* Its clock two months ahead, a verifier lets go what it takes for old. */
static void what_was_old_to_a_wrong_clock_may_be_forgotten(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	(void)story_add(scene->story, log_entry_alert(T + 60 * DAY, NULL, "clock-jump", NULL), NULL, NULL);
	(void)story_add(scene->story, log_entry_alert(T + 70, NULL, "clock-jump", NULL), NULL, NULL);
	(void)granted(scene, T + 80, "trezor", 1);
	assert_clean(scene);
}

/* --- what the log doesn't say --- */

static void grants_of_erased_details_are_counted(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	(void)granted_and_erased(scene, T + 60, "trezor", 1);
	assert_fault(scene, granted_and_erased(scene, T + 61, "trezor", 1), "2 with this one");
}

static void erased_amounts_count_for_nothing(void **state)
{
	struct scene *scene = *state;

	limit(scene, "100 records per 24h");
	(void)granted(scene, T + 60, "trezor", 60);
	(void)granted_and_erased(scene, T + 61, "trezor", 900);
	(void)granted(scene, T + 62, "trezor", 40);
	assert_fault(scene, granted(scene, T + 63, "trezor", 1), "101 with this one");
}

static void a_value_may_be_one_that_was_erased(void **state)
{
	struct scene *scene = *state;

	limit(scene, "3 different account per 1h");
	(void)granted_and_erased(scene, T + 60, "bitbox", 1);
	(void)granted(scene, T + 61, "trezor", 1);
	(void)granted(scene, T + 62, "ledger", 1);
	limit(scene, "2 different account per 1h");
	(void)granted(scene, T + 63, "bitbox", 1);
	assert_clean(scene);
}

static void values_are_told_apart_once_an_erased_one_is_old(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 different account per 1h");
	(void)granted_and_erased(scene, T + 60, "bitbox", 1);
	(void)granted(scene, T + 3660, "trezor", 1);
	assert_fault(scene, granted(scene, T + 3661, "bitbox", 1), "2 with this one");
}

static void grants_of_before_are_not_judged(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 different account per 24h");
	limit_too(scene, "1 per 24h");
	scene->story->older = true;
	(void)granted(scene, T + 60, "trezor", 1);
	(void)granted(scene, T + 61, "ledger", 1);
	scene->story->older = false;
	(void)granted(scene, T + 62, "bitbox", 1);
	limit(scene, "1 different account per 24h");
	(void)granted(scene, T + 63, "ledger", 1);
	assert_clean(scene);
}

static void a_grant_that_conceals_its_rule_is_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	(void)granted(scene, T + 60, "trezor", 1);
	scene->story->older = true;
	assert_fault(scene, granted(scene, T + 61, "trezor", 1), "does not name its rule");
}

static void limits_that_are_none_are_found(void **state)
{
	struct scene *scene = *state;

	limit(scene, "1 per 24h");
	scene->limits[0].text = "1 per fortnight";
	assert_fault(scene, granted(scene, T + 60, "trezor", 1),
		"This entry names a limit that can't be read: 1 per fortnight");
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	FACT(as_many_as_a_limit_has_are_clean),
	FACT(one_more_than_a_limit_has_is_found),
	FACT(a_window_ends_in_its_last_second),
	FACT(an_amount_over_a_limit_is_found),
	FACT(one_value_too_many_is_found),
	FACT(values_count_by_their_newest_use),
	FACT(limits_of_one_kind_count_a_use_once),
	FACT(other_people_and_other_rules_have_limits_of_their_own),
	FACT(a_second_person_passes_a_limit),
	FACT(a_second_person_passes_no_hard_limit),
	FACT(a_second_person_passes_no_limit_of_a_rule_that_denies),
	FACT(over_a_limit_without_the_second_person_is_found),
	FACT(a_hard_limit_alone_is_one),
	FACT(an_edited_rule_counts_what_it_did_before),
	FACT(a_kind_counts_from_where_the_rule_has_it),
	FACT(a_new_epoch_begins_anew),
	FACT(what_was_used_stays_used_over_locks),
	FACT(what_was_used_in_a_time_to_come_counts),
	FACT(a_clock_that_was_set_back_makes_no_window_longer),
	FACT(what_a_wrong_clock_noted_counts_from_where_it_was_right),
	FACT(what_a_wrong_clock_noted_counts_no_longer_than_a_window),
	FACT(a_value_that_a_wrong_clock_noted_may_be_known_still),
	FACT(what_was_old_to_a_wrong_clock_may_be_forgotten),
	FACT(grants_of_erased_details_are_counted),
	FACT(erased_amounts_count_for_nothing),
	FACT(a_value_may_be_one_that_was_erased),
	FACT(values_are_told_apart_once_an_erased_one_is_old),
	FACT(grants_of_before_are_not_judged),
	FACT(a_grant_that_conceals_its_rule_is_found),
	FACT(limits_that_are_none_are_found),
};

TAP_MAIN(tests)
