/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys through the module: which ways of reaching one it tells the verifier, what it takes from a browser and
 * what it does not, and what becomes of a host without the helper. The verifier is scripted.
 */
#include <dlfcn.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pam/pam_fixture.h"

#define BROWSER_ALONE \
	"{\"parameters\":{\"transaction\":\"T-1\",\"prompt\":\"P\",\"ask\":\"Code: " \
	"\",\"methods\":[\"browser\"],\"expires_in\":120," \
	"\"browser\":{\"challenge\":\"AAAA\"}}}"
#define SEAT(methods) \
	"{\"parameters\":{\"transaction\":\"T-1\",\"prompt\":\"P\",\"ask\":\"Code: \",\"methods\":" methods \
	",\"expires_in\":120," \
	"\"seat\":{\"rp_id\":\"example.com\",\"client_data\":\"e30\",\"user_verification\":false," \
	"\"credentials\":[{\"id\":\"AQ\"," \
	"\"label\":\"Blue\"}]}}}"
#define KEY_ANSWER \
	"{\"method\":\"browser\",\"credential\":{\"id\":\"AQ\",\"type\":\"public-key\",\"new\":[1]," \
	"\"response\":{\"signature\":\"Ag\"}}}"

static json_t *parameters_of(enum fake_method method)
{
	json_t *call = json_loads(fake.shared->last[method], 0, NULL),
		*parameters = json_incref(json_object_get(call, "parameters"));

	json_decref(call);
	return parameters;
}

/* --- reach --- */

/* Names looked up among the accounts of this host; stands in front of libc's, for libpam too. */
static int names_looked_up;

__attribute__((visibility("default"))) int getpwnam_r(
	const char *name, struct passwd *account, char *room, size_t size, struct passwd **found)
{
	int (*real)(const char *, struct passwd *, char *, size_t, struct passwd **);

	*(void **)&real = dlsym(RTLD_NEXT, "getpwnam_r");
	names_looked_up++;
	return real(name, account, room, size, found);
}

struct reach {
	const char *line, *user, *ruser, *rhost, *socket;
	const char *expected; /* JSON */
};

/* The tests' own user is root; daemon is another that every host has. */
static const struct reach reaches[] = {
	{"", "root", "root", NULL, NULL, "[\"seat\",\"fresh\"]"},
	{"", "daemon", "daemon", NULL, NULL, "[\"seat\",\"fresh\"]"},
	{"", "root", NULL, NULL, NULL, "[\"seat\",\"fresh\"]"},
	{"", "root", "", NULL, NULL, "[\"seat\",\"fresh\"]"},
	{"", "daemon", NULL, NULL, NULL, "[\"fresh\"]"},
	{"", "daemon", "root", NULL, NULL, "[\"fresh\"]"},
	{"", "root", "daemon", NULL, NULL, "[\"fresh\"]"},
	{"", "root", "no-such-user", NULL, NULL, "[\"fresh\"]"},
	{"", "no-such-user", "root", NULL, NULL, "[\"fresh\"]"},
	{"", "no-such-user", NULL, NULL, NULL, "[\"fresh\"]"},
	{"", "root", "root", "192.0.2.7", NULL, "[\"fresh\"]"},
	{"", "root", "root", NULL, "/tmp/agent", "[\"seat\",\"fresh\"]"},
	{"agent=env", "root", "root", NULL, NULL, "[\"seat\",\"fresh\"]"},
	{"agent=env", "root", "root", NULL, "/tmp/agent", "[\"seat\",\"agent\",\"fresh\"]"},
	{"agent=env", "root", "root", "192.0.2.7", "/tmp/agent", "[\"agent\",\"fresh\"]"},
	{"agent=env", "daemon", "root", "192.0.2.7", "/tmp/agent", "[\"fresh\"]"},
	{"agent=env", "daemon", NULL, NULL, "/tmp/agent", "[\"fresh\"]"},
	{"agent=env", "root", "root", NULL, "tmp/agent", "[\"seat\",\"fresh\"]"},
	{"agent=env", "root", "root", NULL, "", "[\"seat\",\"fresh\"]"},
	{"conversation=json", "daemon", NULL, NULL, NULL, "[\"browser\",\"fresh\"]"},
	{"conversation=json", "root", "root", "192.0.2.7", NULL, "[\"browser\",\"fresh\"]"},
	{"conversation=json agent=env", "root", "root", NULL, "/tmp/agent", "[\"browser\",\"fresh\"]"},
};

static void what_can_be_reached_depends_on_who_asks_and_from_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
		const struct reach *reach = &reaches[i];
		struct trial trial = {.service = "reach", .user = reach->user, .ruser = reach->ruser,
			.rhost = reach->rhost};
		char line[256], *told;
		json_t *parameters;

		snprintf(line, sizeof(line), "auth required MODULE action=customer.export SOCKET %s\n",
			reach->line);
		service_write("reach", line);
		fake_verifier_reset(&fake);
		if (reach->socket != NULL)
			setenv("SSH_AUTH_SOCK", reach->socket, 1);
		trial_run(&trial);
		unsetenv("SSH_AUTH_SOCK");
		parameters = parameters_of(FAKE_BEGIN);
		told = json_dumps(json_object_get(parameters, "reach"), JSON_COMPACT);
		if (told == NULL || strcmp(told, reach->expected) != 0)
			fail_msg("row %zu: %s instead of %s", i, told, reach->expected);
		free(told);
		json_decref(parameters);
	}
}

static void nobody_is_looked_up_where_no_key_here_can_be_theirs(void **state)
{
	static const struct trial strangers[] = {
		{.service = "reach", .user = "no-such-user"},
		{.service = "reach", .user = "no-such-user", .ruser = "no-such-user"},
		{.service = "reach", .user = "no-such-user", .ruser = "root", .rhost = "192.0.2.7"},
	};
	struct trial own = {.service = "reach", .user = "root"};

	(void)state;
	service_write("reach", "auth required MODULE action=customer.export SOCKET\n");
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct trial trial = strangers[i];

		names_looked_up = 0;
		trial_run(&trial);
		assert_int_equal(names_looked_up, 0);
	}
	trial_run(&own);
	assert_int_not_equal(names_looked_up, 0); /* the counter counts */
}

static void an_endless_agent_socket_is_none(void **state)
{
	struct trial trial = {.service = "agent", .user = "root", .ruser = "root", .rhost = "192.0.2.7"};
	static char path[65536];

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	service_write("agent", "auth required MODULE action=customer.export agent=env SOCKET\n");
	setenv("SSH_AUTH_SOCK", path, 1);
	trial_run(&trial);
	unsetenv("SSH_AUTH_SOCK");
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"reach\":[\"fresh\"]"));
}

/* --- browser --- */

static struct trial in_browser(const char *answer)
{
	struct trial trial = {.service = "json", .user = "alice", .answers = {answer}};

	trial_run(&trial);
	return trial;
}

static void a_question_has_the_methods_and_what_the_browser_needs(void **state)
{
	struct trial trial;
	json_t *question;

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_BEGIN_BROWSER);
	trial = in_browser(KEY_ANSWER);
	assert_pam_code(trial.code, PAM_SUCCESS);
	question = json_loads(trial.said[0].text, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(json_string_value(json_array_get(json_object_get(question, "methods"), 0)),
		"browser");
	assert_string_equal(json_string_value(json_array_get(json_object_get(question, "methods"), 1)),
		"code");
	assert_string_equal(json_string_value(json_object_get(json_object_get(question, "publicKey"),
				"challenge")), "AAAA");
	json_decref(question);
}

static void without_a_key_in_the_browser_there_is_no_public_key(void **state)
{
	struct trial trial;

	(void)state;
	trial = in_browser("{\"method\":\"code\",\"code\":\"123456\"}");
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_null(strstr(trial.said[0].text, "publicKey"));
}

static void what_the_browser_made_goes_to_the_verifier_whole(void **state)
{
	json_t *parameters, *expected = json_loads(KEY_ANSWER, 0, NULL);

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_BEGIN_BROWSER);
	(void)in_browser(KEY_ANSWER);
	parameters = parameters_of(FAKE_ANSWER);
	assert_string_equal(json_string_value(json_object_get(parameters, "method")), "browser");
	assert_true(json_equal(json_object_get(parameters, "key"), json_object_get(expected, "credential")));
	assert_int_equal(json_object_size(parameters), 3);
	json_decref(parameters);
	json_decref(expected);
}

/* An answer with `size` bytes altogether. */
static char *answer_of_size(size_t size)
{
	static const char head[] = "{\"method\":\"browser\",\"credential\":{\"id\":\"";
	char *text = malloc(size + 1);

	memset(text, 'A', size);
	memcpy(text, head, sizeof(head) - 1);
	strcpy(text + size - 3, "\"}}");
	return text;
}

static void an_answer_has_at_most_32_kib(void **state)
{
	static const size_t sizes[] = {32768, 32769, 65536};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *answer = answer_of_size(sizes[i]);

		fake_verifier_reset(&fake);
		strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_BEGIN_BROWSER);
		assert_pam_code(in_browser(answer).code, sizes[i] == 32768 ? PAM_SUCCESS : PAM_CONV_ERR);
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], sizes[i] == 32768 ? 1 : 0);
		free(answer);
	}
}

struct bad_answer {
	const char *begun, *answer;
};

static const struct bad_answer bad_answers[] = {
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\"}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":null}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":[]}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":\"AQ\"}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"code\":\"123456\"}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"code\",\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":{},\"code\":\"123456\"}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":{},\"cancel\":false}"},
	{FAKE_BEGIN_BROWSER, "{\"cancel\":true,\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"browser\",\"credential\":{\"id\":\"1\",\"id\":\"2\"}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"seat\",\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"agent\",\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"telepathy\",\"credential\":{}}"},
	{FAKE_BEGIN_BROWSER, "{\"method\":\"telepathy\",\"code\":\"123456\"}"},
	{FAKE_BEGIN_BROWSER, "\x01\xff{{{"},
	{FAKE_BEGIN_REPLY, KEY_ANSWER},
	{BROWSER_ALONE, "{\"method\":\"code\",\"code\":\"123456\"}"},
};

static void an_answer_of_another_form_or_by_a_method_not_offered_is_refused_and_not_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_answers) / sizeof(bad_answers[0]); i++) {
		struct trial trial;

		fake_verifier_reset(&fake);
		strcpy(fake.shared->replies[FAKE_BEGIN], bad_answers[i].begun);
		trial = in_browser(bad_answers[i].answer);
		if (trial.code != PAM_CONV_ERR)
			fail_msg("answer %zu: got %s", i, pam_code_name(trial.code));
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
		wait_for_calls(FAKE_CANCEL, 1);
	}
}

static void a_credential_with_too_many_members_is_refused(void **state)
{
	json_t *credential = json_object(), *answer;
	char name[16], *text;

	(void)state;
	for (int i = 0; i < 33; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		json_object_set_new(credential, name, json_true());
	}
	answer = json_pack("{s:s, s:o}", "method", "browser", "credential", credential);
	text = json_dumps(answer, JSON_COMPACT);
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_BEGIN_BROWSER);
	assert_pam_code(in_browser(text).code, PAM_CONV_ERR);
	free(text);
	json_decref(answer);
}

static void after_a_refused_key_a_browser_may_try_another_or_a_code(void **state)
{
	struct trial trial = {.service = "json", .user = "alice",
		.answers = {KEY_ANSWER, "{\"method\":\"code\",\"code\":\"123456\"}"}};
	json_t *question;

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_BEGIN_BROWSER);
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	question = json_loads(trial.said[1].text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(question, "methods")), 2);
	assert_non_null(json_object_get(question, "publicKey"));
	json_decref(question);

	fake_verifier_reset(&fake);
	strcpy(fake.shared->replies[FAKE_BEGIN], BROWSER_ALONE);
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	trial = in_browser(KEY_ANSWER);
	assert_pam_code(trial.code, PAM_CONV_ERR); /* who has no further answer hangs up */
	assert_int_equal(trial.prompts, 2);
}

static void a_wrong_answer_says_when_the_next_one_counts(void **state)
{
	struct trial trial = {
		.service = "json",
		.user = "alice",
		.answers = {"{\"method\":\"code\",\"code\":\"000000\"}",
			"{\"method\":\"code\",\"code\":\"123456\"}"},
	};
	json_t *question;

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], "{\"error\":\"io.stepup.Verify1.Throttled\","
		"\"parameters\":{\"message\":\"Wait.\",\"retry_after\":5}}");
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	question = json_loads(trial.said[1].text, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(question, "retry_after")), 5);
	assert_string_equal(json_string_value(json_object_get(question, "error")), "Wait.");
	json_decref(question);
}

/* --- without the helper --- */

static void a_key_that_can_not_be_asked_is_not_asked_for(void **state)
{
	struct trial trial = {.service = "plain", .user = "root", .ruser = "root", .answers = {"123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], SEAT("[\"seat\",\"code\"]"));
	trial_run(&trial);
	assert_int_equal(trial.prompts, 1);
	assert_string_equal(trial.said[0].text, "P\nYou approve as root.\nCode: ");
}

static void where_nothing_else_would_do_the_person_is_told_and_not_asked(void **state)
{
	struct trial trial = {.service = "plain", .user = "root", .ruser = "root", .answers = {"123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], SEAT("[\"seat\"]"));
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(trial.prompts, 0);
	assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
	wait_for_calls(FAKE_CANCEL, 1);
	assert_non_null(strstr(trial.said[0].text, "Nothing was approved."));
}

static void a_way_that_was_not_named_is_not_taken(void **state)
{
	struct trial trial = {.service = "plain", .user = "root", .ruser = "root", .rhost = "192.0.2.7"};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], SEAT("[\"seat\"]"));
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(trial.prompts, 0);
	wait_for_calls(FAKE_CANCEL, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(what_can_be_reached_depends_on_who_asks_and_from_where),
		module_test(nobody_is_looked_up_where_no_key_here_can_be_theirs),
		module_test(an_endless_agent_socket_is_none),
		module_test(a_question_has_the_methods_and_what_the_browser_needs),
		module_test(without_a_key_in_the_browser_there_is_no_public_key),
		module_test(what_the_browser_made_goes_to_the_verifier_whole),
		module_test(an_answer_has_at_most_32_kib),
		module_test(an_answer_of_another_form_or_by_a_method_not_offered_is_refused_and_not_sent),
		module_test(a_credential_with_too_many_members_is_refused),
		module_test(after_a_refused_key_a_browser_may_try_another_or_a_code),
		module_test(a_wrong_answer_says_when_the_next_one_counts),
		module_test(a_key_that_can_not_be_asked_is_not_asked_for),
		module_test(where_nothing_else_would_do_the_person_is_told_and_not_asked),
		module_test(a_way_that_was_not_named_is_not_taken),
	};

	unsetenv("SSH_AUTH_SOCK");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
