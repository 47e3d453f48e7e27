/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `stepup log verify` finds about requests for a second person's agreement.
 */
#include "tests/unit/replay/log_story.h"

#include <stdlib.h>
#include <string.h>

#include "lib/replay/log_replay.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/evidence/context.h"

#define T 1700000000
#define ACTION "customer.export"
#define PROMPT "Export 9 contacts of trezor"

static char prompt[] = PROMPT, other_prompt[] = "Export 900 contacts of trezor",
	details[] = "{\"account\":\"trezor\"}";
static const struct rule rule = {.name = ACTION, .require = FACTOR_CODE, .prompt = prompt};

struct scene {
	struct story *story;
	struct person alice, carol;
	struct action *action;
	struct approval_request request;
	int64_t asked; /* index of the request's entry */
	const char *without; /* a member that the entries lack; NULL for none */
	const char *decision; /* that is signed; NULL for the right one */
};

static int setup(void **state)
{
	static const struct detail_spec specs[] = {{"account", DETAIL_TEXT}};
	struct scene *scene = calloc(1, sizeof(*scene));
	json_t *object = json_pack("{s:s}", "account", "trezor");
	char bad[DETAIL_NAME_SIZE];

	assert_non_null(scene);
	scene->story = story_new();
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
	person_make(&scene->alice, "alice", CREDENTIAL_TOTP);
	person_make(&scene->carol, "carol", CREDENTIAL_TOTP);
	story_enrol(scene->story, &scene->alice, T, 100);
	story_enrol(scene->story, &scene->carol, T, 100);
	assert_int_equal(action_parse(ACTION, object, specs, 1, &scene->action, bad), STEPUP_OK);
	json_decref(object);
	scene->request = (struct approval_request){.id = "R-0123456789AB", .user = "alice", .action = ACTION,
		.details = details, .prompt = prompt, .requested = T + 10, .expires = T + 610,
		.approver = "carol", .caller = "console", .host = STORY_HOST};
	memcpy(scene->request.user_id, scene->alice.user_id, USER_ID_SIZE);
	memcpy(scene->request.rule, rule.digest, DIGEST_SIZE);
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

/* As it was: of what is asked for, without the place, the program and the reason that an approver
 * was shown as well. */
static void older_digest(struct approval_request *request)
{
	static const char label[] = "stepup/1/request";
	char user_id[BASE64URL_LENGTH(USER_ID_SIZE) + 1], commitment[BASE64URL_LENGTH(DIGEST_SIZE) + 1],
		digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];
	char *text = NULL, bytes[2048];
	size_t size = 0;
	json_t *object;

	base64url_encode(request->user_id, USER_ID_SIZE, user_id);
	base64url_encode(request->commitment, DIGEST_SIZE, commitment);
	base64url_encode(request->rule, DIGEST_SIZE, digest);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", request->id,
		"user", request->user, "user_id", user_id, "action", request->action,
		"commitment", commitment, "rule", digest, "prompt", request->prompt,
		"requested", (json_int_t)request->requested);
	assert_int_equal(json_canonical(object, &text, &size), STEPUP_OK);
	memcpy(bytes, label, sizeof(label));
	memcpy(bytes + sizeof(label), text, size);
	assert_int_equal(digest_sha256(bytes, sizeof(label) + size, request->digest), STEPUP_OK);
	free(text);
	json_decref(object);
}

/* One entry of the three kinds, by this person's factor at that step; what was shown is `shown`. */
static int64_t add(struct scene *scene, enum log_step kind, struct person *person, int64_t at, int64_t step,
	const char *shown)
{
	static char issuer[] = "https://stepup.example.com", rp_id[] = "example.com", host[] = STORY_HOST;
	static const char *const amr[] = {"otp", NULL};
	static const uint8_t nonce[CONTEXT_NONCE_SIZE] = {9};
	const struct policy policy = {.issuer = issuer, .rp_id = rp_id, .host = host};
	struct approval_request *request = &scene->request;
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_grant grant = {.step = kind, .at = at, .subject = person->subject, .action = scene->action,
		.rule = &rule, .method = "totp", .credential = &person->credential, .commitment = commitment,
		.acr = "otp", .amr = amr, .request = request, .claimed = step < 0};
	bool answers = kind == LOG_APPROVE || kind == LOG_DENY;
	struct context_facts facts = {
		.purpose = answers ? "approve" : "auth", .policy = &policy, .caller = "console",
		.via = "code", .user = person->name, .user_id = person->user_id, .rule = &rule,
		.require = FACTOR_CODE, .prompt = shown, .commitment = commitment, .nonce = nonce, .iat = at,
		.exp = at + 120, .request = answers ? request->digest : NULL, .decision = !answers ? NULL
		: scene->decision != NULL ? scene->decision : kind == LOG_DENY ? "lock" : "approve"};
	char *context = NULL;
	json_t *entry;
	size_t size;
	int64_t index;

	assert_int_equal(context_commit(scene->action, salt, commitment), STEPUP_OK);
	if (kind == LOG_REQUEST) {
		memcpy(request->commitment, commitment, DIGEST_SIZE);
		if (scene->story->older)
			older_digest(request);
		else
			assert_int_equal(request_digest(request, request->digest), STEPUP_OK);
	}
	if (step >= 0) {
		person->credential.otp.last_step = step;
		assert_int_equal(context_make(&facts, &context, &size), STEPUP_OK);
		grant.context = context;
	}
	entry = log_entry_grant(&grant);
	assert_true(scene->without == NULL || json_object_del(entry, scene->without) == 0);
	index = story_add(scene->story, entry, log_entry_evidence(scene->action, shown), salt);
	if (kind == LOG_REQUEST)
		request->requester.log = scene->asked = index;
	free(context);
	return index;
}

static int64_t ask(struct scene *scene)
{
	return add(scene, LOG_REQUEST, &scene->alice, T + 10, 101, PROMPT);
}

static int64_t approve(struct scene *scene)
{
	return add(scene, LOG_APPROVE, &scene->carol, T + 20, 101, PROMPT);
}

static int64_t claim(struct scene *scene)
{
	return add(scene, LOG_GRANT, &scene->alice, T + 30, -1, PROMPT);
}

static int64_t end(struct scene *scene, enum request_state how, int64_t at)
{
	scene->request.state = how;
	return story_add(scene->story, log_entry_request_end(at, &scene->request, "carol"), NULL, NULL);
}

static void assert_fault(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}

static void lock(struct scene *scene, const struct person *person)
{
	const struct log_actor by = {.by = "stepupd", .grant = -1};

	(void)story_add(scene->story, log_entry_lock(T + 25, &person->subject, "L-1", "", &by, 0),
		NULL, NULL);
}

/* The other one locks nobody, but can unlock, by a code of this step. */
static void lock_and_unlock(struct scene *scene, const struct person *person, struct person *other,
	int64_t step)
{
	const struct log_actor by = {.by = other->name, .grant = story_grant(scene->story, other, T + 24,
			step, "stepup.unlock", json_pack("{s:s}", "user", person->name), NULL)};

	lock(scene, person);
	(void)story_add(scene->story, log_entry_unlock(T + 26, &person->subject, &by), NULL, NULL);
}

/* By carol, with codes of this step and the next. */
static void freeze_and_thaw(struct scene *scene, int64_t step)
{
	struct log_actor by = {.by = "carol"};

	by.grant = story_grant(scene->story, &scene->carol, T + 23, step, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	(void)story_add(scene->story, log_entry_freeze(T + 24, "customer.*", "F-1", NULL, &by), NULL, NULL);
	by.grant = story_grant(scene->story, &scene->carol, T + 25, step + 1, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	(void)story_add(scene->story, log_entry_thaw(T + 26, "customer.*", &by), NULL, NULL);
}

/* By the other one, with a code of this step. */
static void revoke(struct scene *scene, const struct person *person, struct person *other, int64_t step)
{
	const struct log_actor by = {
		.by = other->name,
		.grant = story_grant(scene->story, other, T + 24, step, "stepup.revoke",
			json_pack("{s:s, s:s}", "user", person->name, "credential", person->credential.id),
			NULL),
	};

	(void)story_add(scene->story,
		log_entry_revoke(T + 25, &person->subject, person->credential.id, &by, -1), NULL, NULL);
}

static void assert_clean(struct scene *scene)
{
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void asked_approved_and_claimed_or_used_again_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	(void)claim(scene);
	memcpy(scene->request.id, "R-0123456789AC", REQUEST_ID_SIZE);
	(void)add(scene, LOG_REQUEST, &scene->alice, T + 40, 102, PROMPT);
	(void)add(scene, LOG_APPROVE, &scene->carol, T + 50, 102, PROMPT);
	scene->request.requester.log = -1;
	(void)add(scene, LOG_GRANT, &scene->alice, T + 60, 103, PROMPT); /* a factor of its own, later */
	memcpy(scene->request.id, "R-0123456789AD", REQUEST_ID_SIZE);
	(void)add(scene, LOG_REQUEST, &scene->alice, T + 70, 104, PROMPT);
	(void)end(scene, REQUEST_DENIED, T + 71);
	assert_clean(scene);
}

static int64_t deny(struct scene *scene)
{
	return add(scene, LOG_DENY, &scene->carol, T + 20, 101,
		"Deny this, and lock alice out of everything: " PROMPT);
}

static int64_t lock_by_denial(struct scene *scene, const struct person *whom, const char *by, int64_t denial)
{
	const struct log_actor actor = {.by = by, .grant = -1, .denial = denial};

	return story_add(scene->story, log_entry_lock(T + 20, &whom->subject, "L-1",
			"a request was denied as not theirs", &actor, 0), NULL, NULL);
}

static void denied_by_a_factor_and_locked_is_clean(void **state)
{
	struct scene *scene = *state;
	int64_t denial;

	(void)ask(scene);
	denial = deny(scene);
	(void)end(scene, REQUEST_DENIED, T + 20);
	(void)lock_by_denial(scene, &scene->alice, "carol", denial);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void an_agreement_is_no_denial_and_the_other_way_round(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	scene->decision = "approve";
	assert_fault(scene, deny(scene), "not a denial of this request");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	(void)ask(scene);
	scene->decision = "lock";
	assert_fault(scene, approve(scene), "not an agreement to this request");
	*state = scene;
}

static void a_lock_by_a_denial_of_somebody_else_s_or_a_spent_one_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t denial;

	(void)ask(scene);
	denial = deny(scene);
	(void)end(scene, REQUEST_DENIED, T + 20);
	assert_fault(scene, lock_by_denial(scene, &scene->carol, "carol", denial),
		"names a denied request that does not exist");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	(void)ask(scene);
	denial = deny(scene);
	(void)end(scene, REQUEST_DENIED, T + 20);
	(void)lock_by_denial(scene, &scene->alice, "carol", denial);
	assert_fault(scene, lock_by_denial(scene, &scene->alice, "carol", denial),
		"names a denied request that does not exist");
	(void)teardown((void **)&scene);
	(void)setup((void **)&scene);
	(void)ask(scene);
	denial = deny(scene);
	(void)end(scene, REQUEST_DENIED, T + 20);
	assert_fault(scene, lock_by_denial(scene, &scene->alice, "dave", denial),
		"names a denied request that does not exist");
	*state = scene;
}

static void a_claim_that_nobody_approved_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, claim(scene), "nobody approved it");
}

static void a_second_claim_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	(void)claim(scene);
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 31, 105, PROMPT),
		"never made, or has ended before");
}

static void an_approval_by_who_asked_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->alice, T + 20, 102, PROMPT),
		"by the person who made it");
}

static void an_approval_by_somebody_locked_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	lock(scene, &scene->carol);
	assert_fault(scene, approve(scene), "although this user was locked");
}

static void a_claim_after_the_approver_was_locked_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	lock(scene, &scene->carol);
	assert_fault(scene, claim(scene), "used although it was void: who asked, or who agreed, was locked");
}

static void an_approval_of_other_words_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 20, 101, other_prompt),
		"What was agreed to is not what was asked for");
}

static void a_request_whose_digest_is_of_something_else_is_found(void **state)
{
	struct scene *scene = *state;

	scene->request.prompt = other_prompt;
	assert_fault(scene, ask(scene), "The digest of this request is not that of its contents");
}

static void a_request_with_another_reason_than_was_agreed_to_is_found(void **state)
{
	struct scene *scene = *state;

	strcpy(scene->request.reason, "ticket 7"); /* the evidence beside the entry has none */
	assert_fault(scene, ask(scene), "The digest of this request is not that of its contents");
}

static void an_approval_signed_for_another_request_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	scene->request.digest[0] ^= 1;
	assert_fault(scene, approve(scene), "not an agreement to this request");
}

static void an_approval_too_late_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 610, 101, PROMPT),
		"approved after it had expired");
}

static void a_request_for_longer_than_there_is_is_found(void **state)
{
	struct scene *scene = *state;

	scene->request.expires = T + 10 + REQUEST_SECONDS + 1;
	assert_fault(scene, ask(scene), "given more than 10 minutes");
}

static void an_approval_for_as_long_as_there_is_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	scene->request.expires = T + 20 + REQUEST_SECONDS;
	(void)approve(scene);
	(void)add(scene, LOG_GRANT, &scene->alice, T + 20 + REQUEST_SECONDS - 1, 102, PROMPT);
	assert_clean(scene);
}

static void an_approval_for_longer_than_there_is_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	scene->request.expires = T + 20 + REQUEST_SECONDS + 1;
	assert_fault(scene, approve(scene), "given more than 10 minutes");
}

static void a_use_too_late_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 610, 102, PROMPT),
		"The request had expired");
}

static void a_claim_in_the_last_second_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	(void)add(scene, LOG_GRANT, &scene->alice, T + 20 + REQUEST_CLAIM_SECONDS - 1, -1, PROMPT);
	assert_clean(scene);
}

static void a_claim_too_late_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 20 + REQUEST_CLAIM_SECONDS, -1, PROMPT),
		"claimed too long after it was approved");
}

static void a_claim_under_a_clock_that_was_set_back_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	(void)add(scene, LOG_GRANT, &scene->alice, T + 12, -1, PROMPT);
	assert_clean(scene);
}

static void a_claim_of_a_request_that_ended_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	(void)end(scene, REQUEST_VOID, T + 25);
	scene->request.requester.log = -1;
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 30, 105, PROMPT),
		"never made, or has ended before");
}

static void a_grant_that_names_another_approver_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	strcpy(scene->request.approver, "dave");
	assert_fault(scene, claim(scene), "another approver");
}

static void two_approvals_of_one_request_are_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 21, 102, PROMPT), "approved before");
}

static void a_grant_with_an_approver_and_no_request_is_found(void **state)
{
	struct scene *scene = *state;

	scene->without = "request";
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 30, 101, PROMPT),
		"granted as approved, and names no request");
}

static void an_approval_of_a_request_as_somebody_elses_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	strcpy(scene->request.user, "dave");
	assert_fault(scene, approve(scene), "as another person's");
}

/* --- ends --- */

static void an_end_by_who_asked_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	scene->request.state = REQUEST_DENIED;
	(void)story_add(scene->story, log_entry_request_end(T + 20, &scene->request, "alice"), NULL, NULL);
	assert_clean(scene);
}

static void an_end_that_names_another_user_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	strcpy(scene->request.user, "dave");
	assert_fault(scene, end(scene, REQUEST_DENIED, T + 20), "had another \"user\"");
}

static void an_end_of_another_persons_request_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	memcpy(scene->request.user_id, scene->carol.user_id, USER_ID_SIZE);
	assert_fault(scene, end(scene, REQUEST_DENIED, T + 20), "had another \"user_id\"");
}

static void an_end_of_another_actions_request_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	strcpy(scene->request.action, "customer.view");
	assert_fault(scene, end(scene, REQUEST_DENIED, T + 20), "had another \"action\"");
}

static void an_end_that_says_it_was_used_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, end(scene, REQUEST_CONSUMED, T + 20), "A request can't end like this");
}

static void an_end_that_says_it_goes_on_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	assert_fault(scene, end(scene, REQUEST_APPROVED, T + 20), "A request can't end like this");
}

struct told {
	int64_t index;
	size_t count; /* of what is told of that entry */
};

static void note_told(void *context, int64_t index, const char *sentence)
{
	struct told *told = context;

	(void)sentence;
	told->count += index == told->index;
}

static void replay_entry(struct log_replay *replay, int64_t index, json_t *entry)
{
	struct log_check_summary summary = {0};

	assert_int_equal(log_replay_entry(replay, index, entry, NULL, NULL, &summary), STEPUP_OK);
	json_decref(entry);
}

/* The replay forgets what is over at every 4096th entry; a verifier that was away ends its
 * requests after that. */
static void an_end_long_after_its_time_is_clean(void **state)
{
	static const uint8_t policy[DIGEST_SIZE];
	struct scene *scene = *state;
	const struct log_grant asked = {.step = LOG_REQUEST, .request = &scene->request, .at = T + 10,
		.subject = scene->alice.subject, .action = scene->action, .rule = &rule, .method = "totp",
		.credential = &scene->alice.credential, .acr = "otp"};
	struct told told = {.index = 4097};
	struct log_replay *replay = log_replay_new(note_told, &told);

	assert_non_null(replay);
	replay_entry(replay, 4095, log_entry_grant(&asked));
	replay_entry(replay, 4096, log_entry_start(T + 7200, "0.1.0", STORY_ISSUER, policy, true));
	scene->request.state = REQUEST_EXPIRED;
	replay_entry(replay, 4097, log_entry_request_end(T + 7200, &scene->request, NULL));
	assert_int_equal(told.count, 0);
	log_replay_free(&replay);
}

/* Nor does it forget too early, where the clock is ahead when it does. */
static void a_verb_after_the_clock_was_ahead_for_a_moment_is_clean(void **state)
{
	static const uint8_t policy[DIGEST_SIZE];
	struct scene *scene = *state;
	const struct log_actor carol = {.by = "carol", .grant = 4095};
	struct action *freeze = story_action("stepup.freeze", json_pack("{s:s}", "action", "vault.*"));
	const struct log_grant granted = {.at = T + 10, .subject = scene->carol.subject, .action = freeze,
		.rule = &rule, .method = "totp", .credential = &scene->carol.credential, .acr = "otp"};
	struct told told = {.index = 4097};
	struct log_replay *replay = log_replay_new(note_told, &told);

	assert_non_null(replay);
	replay_entry(replay, 4095, log_entry_grant(&granted));
	replay_entry(replay, 4096, log_entry_start(T + 7200, "0.1.0", STORY_ISSUER, policy, true));
	replay_entry(replay, 4097, log_entry_freeze(T + 11, "vault.*", "F-4097", NULL, &carol));
	assert_int_equal(told.count, 0);
	log_replay_free(&replay);
	action_free(&freeze);
}

/* --- from before entries had "beside" --- */

static void a_request_of_an_older_version_is_clean(void **state)
{
	struct scene *scene = *state;

	scene->story->older = true;
	(void)ask(scene);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

/* --- what came in between --- */

static void an_end_after_a_lock_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	lock(scene, &scene->carol);
	(void)end(scene, REQUEST_VOID, T + 25);
	assert_clean(scene);
}

static void a_lock_of_who_had_not_agreed_yet_is_clean(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	lock_and_unlock(scene, &scene->carol, &scene->alice, 102);
	(void)add(scene, LOG_APPROVE, &scene->carol, T + 28, 101, PROMPT);
	(void)claim(scene);
	assert_clean(scene);
}

static void an_approval_after_a_lock_of_the_asker_that_was_lifted_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	lock_and_unlock(scene, &scene->alice, &scene->carol, 101);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 28, 102, PROMPT),
		"approved although it was void: who asked");
}

static void a_claim_after_a_lock_of_the_asker_that_was_lifted_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	lock_and_unlock(scene, &scene->alice, &scene->carol, 102);
	assert_fault(scene, claim(scene), "used although it was void: who asked");
}

static void a_use_after_a_lock_of_the_approver_that_was_lifted_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	lock_and_unlock(scene, &scene->carol, &scene->alice, 102);
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 30, 103, PROMPT),
		"used although it was void: who asked, or who agreed");
}

static void an_approval_after_a_freeze_that_was_lifted_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	freeze_and_thaw(scene, 101);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 28, 103, PROMPT),
		"approved although it was void: the action was frozen");
}

static void a_use_after_a_freeze_that_was_lifted_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	freeze_and_thaw(scene, 102);
	assert_fault(scene, add(scene, LOG_GRANT, &scene->alice, T + 30, 102, PROMPT),
		"used although it was void: the action was frozen");
}

static void an_approval_after_the_askers_credential_was_revoked_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	revoke(scene, &scene->alice, &scene->carol, 101);
	assert_fault(scene, add(scene, LOG_APPROVE, &scene->carol, T + 28, 102, PROMPT),
		"approved although it was void: a credential");
}

static void a_use_after_the_askers_credential_was_revoked_is_found(void **state)
{
	struct scene *scene = *state;
	struct person again = scene->alice;

	strcpy(again.credential.id, "C-again");
	story_enrol(scene->story, &again, T, 100);
	(void)ask(scene);
	(void)approve(scene);
	revoke(scene, &scene->alice, &scene->carol, 102);
	assert_fault(scene, add(scene, LOG_GRANT, &again, T + 30, 101, PROMPT),
		"used although it was void: a credential");
}

static void a_claim_after_the_approvers_credential_was_revoked_is_found(void **state)
{
	struct scene *scene = *state;

	(void)ask(scene);
	(void)approve(scene);
	revoke(scene, &scene->carol, &scene->alice, 102);
	assert_fault(scene, claim(scene), "used although it was void: a credential");
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(asked_approved_and_claimed_or_used_again_is_clean),
	FACT(denied_by_a_factor_and_locked_is_clean),
	FACT(an_agreement_is_no_denial_and_the_other_way_round),
	FACT(a_lock_by_a_denial_of_somebody_else_s_or_a_spent_one_is_found),
	FACT(a_claim_that_nobody_approved_is_found),
	FACT(a_second_claim_is_found),
	FACT(an_approval_by_who_asked_is_found),
	FACT(an_approval_by_somebody_locked_is_found),
	FACT(a_claim_after_the_approver_was_locked_is_found),
	FACT(an_approval_of_other_words_is_found),
	FACT(a_request_whose_digest_is_of_something_else_is_found),
	FACT(a_request_with_another_reason_than_was_agreed_to_is_found),
	FACT(an_approval_signed_for_another_request_is_found),
	FACT(an_approval_too_late_is_found),
	FACT(a_request_for_longer_than_there_is_is_found),
	FACT(an_approval_for_as_long_as_there_is_is_clean),
	FACT(an_approval_for_longer_than_there_is_is_found),
	FACT(a_use_too_late_is_found),
	FACT(a_claim_in_the_last_second_is_clean),
	FACT(a_claim_too_late_is_found),
	FACT(a_claim_under_a_clock_that_was_set_back_is_clean),
	FACT(a_claim_of_a_request_that_ended_is_found),
	FACT(a_grant_that_names_another_approver_is_found),
	FACT(two_approvals_of_one_request_are_found),
	FACT(a_grant_with_an_approver_and_no_request_is_found),
	FACT(an_approval_of_a_request_as_somebody_elses_is_found),
	FACT(an_end_by_who_asked_is_clean),
	FACT(an_end_that_names_another_user_is_found),
	FACT(an_end_of_another_persons_request_is_found),
	FACT(an_end_of_another_actions_request_is_found),
	FACT(an_end_that_says_it_was_used_is_found),
	FACT(an_end_that_says_it_goes_on_is_found),
	FACT(an_end_long_after_its_time_is_clean),
	FACT(a_verb_after_the_clock_was_ahead_for_a_moment_is_clean),
	FACT(a_request_of_an_older_version_is_clean),
	FACT(an_end_after_a_lock_is_clean),
	FACT(a_lock_of_who_had_not_agreed_yet_is_clean),
	FACT(an_approval_after_a_lock_of_the_asker_that_was_lifted_is_found),
	FACT(a_claim_after_a_lock_of_the_asker_that_was_lifted_is_found),
	FACT(a_use_after_a_lock_of_the_approver_that_was_lifted_is_found),
	FACT(an_approval_after_a_freeze_that_was_lifted_is_found),
	FACT(a_use_after_a_freeze_that_was_lifted_is_found),
	FACT(an_approval_after_the_askers_credential_was_revoked_is_found),
	FACT(a_use_after_the_askers_credential_was_revoked_is_found),
	FACT(a_claim_after_the_approvers_credential_was_revoked_is_found),
};

TAP_MAIN(tests)
