/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is a second person, and what a request stands on.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/doors/standing/requests.h"
#include "verifier/rules/people/approvers.h"
#include "verifier/rules/policy/requirement.h"
#include "verifier/rules/words/notices.h"

#define T 1700000000

struct scene {
	struct user_record *alice, *carol;
	struct approval_request request;
	uint8_t session[DIGEST_SIZE];
};

/* --- how many there may be --- */

static struct approval_request asked(uint8_t place, int64_t expires, int64_t ended)
{
	return (struct approval_request){.source = {place}, .expires = expires, .ended = ended};
}

static void a_place_waits_until_the_last_of_what_stands_in_its_way(void **state)
{
	const struct approval_request open = asked(2, T + 60, 0), denied = asked(1, T + 600, T - 60);
	struct request_crowd crowd = {0};

	(void)state;
	request_crowd_count(&crowd, &open, REQUEST_REQUESTED, false, T);
	for (int i = 0; i < REQUESTS_UNANSWERED_MAX; i++) {
		assert_int_equal(request_crowd_full_until(&crowd), 0);
		request_crowd_count(&crowd, &denied, REQUEST_DENIED, true, T);
	}
	/* not when the open one ends */
	assert_int_equal(request_crowd_full_until(&crowd), T - 60 + REQUESTS_UNANSWERED_SECONDS);
}

static void give_token(struct user_record *record, uint8_t byte)
{
	struct credential *credential = user_record_add_credential(record);

	assert_non_null(credential);
	credential->type = CREDENTIAL_TOTP;
	credential->otp.size = 20;
	memset(credential->otp.bytes, byte, credential->otp.size);
}

static void give_key(struct user_record *record, uint8_t byte)
{
	struct credential *credential = user_record_add_credential(record);

	assert_non_null(credential);
	credential->type = CREDENTIAL_KEY;
	credential->key = calloc(1, sizeof(*credential->key));
	assert_non_null(credential->key);
	credential->key->public_key_size = 64;
	memset(credential->key->public_key, byte, 64);
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->alice = user_record_new("alice", 1000);
	scene->carol = user_record_new("carol", 1001);
	assert_non_null(scene->alice);
	assert_non_null(scene->carol);
	give_token(scene->alice, 1);
	give_key(scene->alice, 2);
	give_token(scene->carol, 3);
	give_key(scene->carol, 4);
	strcpy(scene->request.user, "alice");
	memcpy(scene->request.user_id, scene->alice->user_id, USER_ID_SIZE);
	scene->request.uid = 1000;
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	user_record_free(&scene->alice);
	user_record_free(&scene->carol);
	free(scene);
	return 0;
}

static const char *objection(const struct scene *scene, const struct user_record *record)
{
	return request_objection(&scene->request, &(struct request_approver){
			.record = record, .requester = scene->alice, .session = scene->session});
}

static void another_person_may_agree(void **state)
{
	struct scene *scene = *state;

	assert_null(objection(scene, scene->carol));
}

static void nobody_agrees_to_their_own(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(objection(scene, scene->alice), notice_text(NOTICE_OWN_REQUEST));
	memcpy(scene->carol->user_id, scene->alice->user_id, USER_ID_SIZE); /* renamed since */
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_OWN_REQUEST));
}

static void letter_case_makes_no_second_person(void **state)
{
	struct scene *scene = *state;

	strcpy(scene->carol->name, "Alice");
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_OWN_REQUEST));
}

static void a_second_account_of_the_same_uid_makes_none(void **state)
{
	struct scene *scene = *state;

	scene->carol->uid = 1000;
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SAME_ACCOUNT));
	scene->carol->uid = 1001;
	scene->alice->uid = 1001; /* the requester's account has another uid by now */
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SAME_ACCOUNT));
	scene->carol->uid = -1;
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SAME_ACCOUNT));
}

static void a_shared_key_makes_none(void **state)
{
	struct scene *scene = *state;

	give_key(scene->carol, 2);
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SHARED_KEY));
	scene->carol->credentials[2].state = CREDENTIAL_REVOKED;
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SHARED_KEY));
}

static void a_shared_token_makes_none(void **state)
{
	struct scene *scene = *state;

	give_token(scene->carol, 1);
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SHARED_KEY));
}

static void the_same_session_makes_none(void **state)
{
	struct scene *scene = *state;

	memset(scene->request.session, 7, DIGEST_SIZE);
	assert_null(objection(scene, scene->carol));
	memset(scene->session, 7, DIGEST_SIZE);
	assert_string_equal(objection(scene, scene->carol), notice_text(NOTICE_SAME_SESSION));
}

static void a_credential_has_to_be_as_old_as_the_cooling_off(void **state)
{
	const struct policy policy = {.cooling_off_seconds = 86400};
	const struct credential credential = {.created = T};

	(void)state;
	assert_false(credential_is_old_enough(&policy, &credential, T + 86399));
	assert_true(credential_is_old_enough(&policy, &credential, T + 86400));
}

static void a_request_stands_in_its_time_and_under_its_rule(void **state)
{
	char *approvers[] = {(char *)(uintptr_t)(const void *)"carol",
		(char *)(uintptr_t)(const void *)"alice", (char *)(uintptr_t)(const void *)"@leads", NULL};
	struct rule approval = {.name = "vault.open"},
		rules[] = {{.name = "vault.open", .approval = &approval, .approvers = approvers}};
	const struct policy policy = {.rules = rules, .rule_count = 1, .exact_count = 1};
	struct scene *scene = *state;
	struct approval_request *request = &scene->request;

	strcpy(request->action, "vault.open");
	request->requested = T;
	request->expires = T + 600;
	assert_int_equal(request_standing(request, &policy, T), REQUEST_REQUESTED);
	assert_int_equal(request_standing(request, &policy, T + 599), REQUEST_REQUESTED);
	assert_int_equal(request_standing(request, &policy, T + 600), REQUEST_EXPIRED);
	assert_int_equal(request_standing(request, &policy, T - 1), REQUEST_EXPIRED);
	rules[0].digest[5] ^= 1;
	assert_int_equal(request_standing(request, &policy, T), REQUEST_VOID);
	rules[0].digest[5] ^= 1;
	rules[0].approval = NULL;
	assert_int_equal(request_standing(request, &policy, T), REQUEST_VOID);
	request->state = REQUEST_DENIED;
	assert_int_equal(request_standing(request, &policy, T), REQUEST_DENIED);
}

static void who_can_agree_is_said_without_who_asks(void **state)
{
	char *approvers[] = {(char *)(uintptr_t)(const void *)"carol",
		(char *)(uintptr_t)(const void *)"alice", (char *)(uintptr_t)(const void *)"@leads",
		(char *)(uintptr_t)(const void *)"@desk", NULL};
	char *members[] = {(char *)(uintptr_t)(const void *)"alice", (char *)(uintptr_t)(const void *)"dave"};
	static char leads[] = "leads", desk[] = "desk", unix_desk[] = "support-desk";
	struct policy_group groups[] = {{.name = leads, .members = members, .member_count = 2},
		{.name = desk, .unix_group = unix_desk}};
	const struct policy policy = {.groups = groups, .group_count = 2};
	const struct rule rule = {.approvers = approvers};
	json_t *words = approvers_words(&policy, &rule, "alice"),
		*expected = json_pack("[s, s, s]", "carol", "dave", "members of support-desk");

	(void)state;
	assert_true(json_equal(words, expected));
	json_decref(words);
	json_decref(expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
	TEST(another_person_may_agree),
	TEST(nobody_agrees_to_their_own),
	TEST(letter_case_makes_no_second_person),
	TEST(a_second_account_of_the_same_uid_makes_none),
	TEST(a_shared_key_makes_none),
	TEST(a_shared_token_makes_none),
	TEST(the_same_session_makes_none),
	TEST(a_credential_has_to_be_as_old_as_the_cooling_off),
	TEST(a_request_stands_in_its_time_and_under_its_rule),
	TEST(who_can_agree_is_said_without_who_asks),
	cmocka_unit_test(a_place_waits_until_the_last_of_what_stands_in_its_way),
};

TAP_MAIN(tests)
