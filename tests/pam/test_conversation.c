/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's conversation, good and bad, and the two forms of it that pam_stepup(8) describes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pam/pam_fixture.h"

struct bad_talk {
	enum talk talk;
	int code;
};

static const struct bad_talk bad_talks[] = {
	{TALK_ERROR, PAM_CONV_ERR},
	{TALK_ABORT, PAM_CONV_ERR},
	{TALK_AGAIN, PAM_CONV_ERR},
	{TALK_NO_MEMORY, PAM_BUF_ERR},
	{TALK_NO_RESPONSES, PAM_CONV_ERR},
	{TALK_NO_TEXT, PAM_CONV_ERR},
	{TALK_LEFT_ALONE, PAM_CONV_ERR},
};

static void a_broken_conversation_is_refused_and_the_step_up_given_up(void **state)
{
	static const char *const services[] = {"plain", "json"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bad_talks) / sizeof(bad_talks[0]); i++) {
		struct trial trial = {.service = services[i % 2], .user = "alice", .answers = {"123456"},
			.talk = bad_talks[i / 2].talk};

		fake_verifier_reset(&fake);
		trial_run(&trial);
		if (trial.code != bad_talks[i / 2].code)
			fail_msg("talk %d: got %s", (int)trial.talk, pam_code_name(trial.code));
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
		wait_for_calls(FAKE_CANCEL, 1);
	}
}

static void where_nobody_is_there_to_ask_that_is_told(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice"},
		gave_up = {.service = "plain", .user = "alice", .answers = {"000000"}},
		json = {.service = "json", .user = "alice"};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_CONV_ERR);
	assert_int_equal(trial.said_count, 2);
	assert_int_equal(trial.said[1].style, PAM_ERROR_MSG);
	assert_non_null(strstr(trial.said[1].text,
			"customer.export needs a step-up, and nobody could be asked"));
	assert_non_null(strstr(trial.said[1].text, "Nothing was approved."));
	/* Somebody was there, and went. */
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	trial_run(&gave_up);
	assert_pam_code(gave_up.code, PAM_CONV_ERR);
	assert_string_equal(gave_up.said[gave_up.said_count - 1].text, "Cancelled. Nothing was approved.");
	/* A program that broke its own dialog is told nothing. */
	trial_run(&json);
	assert_pam_code(json.code, PAM_CONV_ERR);
	assert_int_equal(json.said_count, 1);
}

static void a_host_without_a_conversation_is_refused(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .no_conversation = true};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_CONV_ERR);
}

static void more_responses_than_messages_do_no_harm(void **state)
{
	struct trial trial = {
		.service = "plain", .user = "alice", .answers = {"123456"}, .talk = TALK_MANY_RESPONSES};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
}

static void a_text_in_response_to_a_message_is_thrown_away(void **state)
{
	struct trial trial = {
		.service = "plain", .user = "alice", .answers = {"123456"}, .talk = TALK_CHATTY};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_LOCKED);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(trial.told, 1);
}

static void an_empty_answer_is_for_the_verifier_to_refuse(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {""}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_MAXTRIES);
	assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], "\"code\":\"\""));
}

static void only_the_size_of_an_answer_that_can_be_no_code_is_sent_on(void **state)
{
	static char huge[65536 + 1];
	const struct {
		const char *typed, *sent;
	} answers[] = {{huge, "\"code\":\"\""}, {"\xff\xfe", "\"code\":\"??\""},
		{"12345\xc0\xaf", "\"code\":\"???????\""}};

	(void)state;
	memset(huge, '1', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		fake_verifier_reset(&fake);
		strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
		assert_pam_code(authenticate("plain", "alice", answers[i].typed), PAM_MAXTRIES);
		assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], answers[i].sent));
	}
}

static void a_typed_answer_arrives_as_it_was_typed(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"\"}{\\ \x01 %s%n"}};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], "\"code\":\"\\\"}{\\\\ \\u0001 %s%n\""));
}

/* The form of JSON. */
static json_t *parse(const char *text)
{
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_true(json_is_object(object));
	assert_null(strchr(text, '\n'));
	assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
	return object;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "(none)" : text;
}

static void a_json_question_has_prompt_ask_methods_and_time(void **state)
{
	struct trial trial = {
		.service = "json", .user = "alice", .answers = {"{\"method\":\"code\",\"code\":\"123456\"}"}};
	json_t *question;

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.said[0].style, PAM_PROMPT_ECHO_OFF);
	question = parse(trial.said[0].text);
	assert_string_equal(text_of(question, "type"), "question");
	assert_string_equal(text_of(question, "prompt"), "Export 102000 contacts of trezor");
	assert_string_equal(text_of(question, "ask"), "Code: ");
	assert_int_equal(json_array_size(json_object_get(question, "methods")), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(question, "methods"), 0)),
		"code");
	assert_null(json_object_get(question, "error"));
	assert_null(json_object_get(question, "tries_left"));
	assert_in_range(json_integer_value(json_object_get(question, "expires_in")), 1, 60);
	json_decref(question);
	assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], "\"code\":\"123456\""));
}

static void a_second_json_question_says_what_was_wrong_and_how_many_tries_are_left(void **state)
{
	struct trial trial = {
		.service = "json",
		.user = "alice",
		.answers = {"{\"method\":\"code\",\"code\":\"000000\"}",
			" { \"code\" : \"123456\", \"method\":\"code\" } "},
	};
	json_t *question;

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	question = parse(trial.said[1].text);
	assert_string_equal(text_of(question, "error"), "That code did not work.");
	assert_int_equal(json_integer_value(json_object_get(question, "tries_left")), 2);
	json_decref(question);
}

static void a_json_grant_is_told(void **state)
{
	struct trial trial = {
		.service = "json", .user = "alice", .answers = {"{\"method\":\"code\",\"code\":\"123456\"}"}};
	json_t *ending;

	(void)state;
	trial_run(&trial);
	assert_int_equal(trial.told, 1);
	assert_int_equal(trial.said[1].style, PAM_TEXT_INFO);
	ending = parse(trial.said[1].text);
	assert_string_equal(text_of(ending, "type"), "granted");
	assert_string_equal(text_of(ending, "message"), "Approved.");
	json_decref(ending);
}

static void a_json_grant_is_held_back_from_a_host_that_asked_for_silence(void **state)
{
	struct trial trial = {.service = "json", .user = "alice",
		.answers = {"{\"method\":\"code\",\"code\":\"123456\"}"}, .flags = PAM_SILENT};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.told, 0);
}

static void the_receipt_never_passes_through_the_conversation(void **state)
{
	struct trial trial = {
		.service = "json", .user = "alice", .answers = {"{\"method\":\"code\",\"code\":\"123456\"}"}};

	(void)state;
	trial_run(&trial);
	for (int i = 0; i < trial.said_count; i++)
		assert_null(strstr(trial.said[i].text, "eyJ"));
}

static void a_json_refusal_has_words_name_and_reference(void **state)
{
	struct trial trials[] = {{.service = "json", .user = "alice", .phases = "a"},
		{.service = "json", .user = "alice", .phases = "c"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_LOCKED);
	strcpy(fake.shared->replies[FAKE_ACCOUNT], FAKE_LOCKED);
	for (int i = 0; i < 2; i++) {
		json_t *ending;

		trial_run(&trials[i]);
		assert_int_equal(trials[i].said_count, 1);
		assert_int_equal(trials[i].said[0].style, PAM_ERROR_MSG);
		ending = parse(trials[i].said[0].text);
		assert_string_equal(text_of(ending, "type"), "refused");
		assert_string_equal(text_of(ending, "error"), "Locked");
		assert_string_equal(text_of(ending, "message"), "Your access is locked. Quote L-83.");
		assert_string_equal(text_of(ending, "reference"), "L-83");
		assert_null(json_object_get(ending, "retry_after"));
		json_decref(ending);
	}
}

static void a_throttled_json_refusal_says_when_to_come_back(void **state)
{
	struct trial trial = {.service = "json", .user = "alice"};
	json_t *ending;

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], "{\"error\":\"io.stepup.Verify1.Throttled\","
		"\"parameters\":{\"message\":\"Wait.\",\"retry_after\":90}}");
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_MAXTRIES);
	ending = parse(trial.said[0].text);
	assert_string_equal(text_of(ending, "error"), "Throttled");
	assert_int_equal(json_integer_value(json_object_get(ending, "retry_after")), 90);
	json_decref(ending);
}

static void a_json_cancel_gives_up_without_an_answer(void **state)
{
	struct trial trial = {.service = "json", .user = "alice", .answers = {"{\"cancel\":true}"}};
	json_t *ending;

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
	wait_for_calls(FAKE_CANCEL, 1);
	ending = parse(trial.said[1].text);
	assert_string_equal(text_of(ending, "error"), "Cancelled");
	assert_non_null(strstr(text_of(ending, "message"), "Nothing was approved."));
	json_decref(ending);
}

static void a_json_reply_of_any_other_form_is_a_conversation_error(void **state)
{
	static char huge[65536];
	const char *const replies[] = {"", "123456", "\"123456\"", "null", "[]", "{}",
		"{\"code\":\"123456\"}", "{\"method\":\"code\"}", "{\"method\":\"code\",\"code\":123456}",
		"{\"method\":\"code\",\"code\":null}", "{\"method\":\"key\",\"code\":\"123456\"}",
		"{\"method\":\"code\",\"code\":\"123456\",\"x\":1}",
		"{\"method\":\"code\",\"code\":\"1\",\"code\":\"2\"}",
		"{\"method\":\"code\",\"code\":\"123456\",\"cancel\":false}", "{\"cancel\":false}",
		"{\"cancel\":1}", "{\"cancel\":true,\"code\":\"123456\"}",
		"{\"method\":\"code\",\"code\":\"12\\u00003456\"}",
		"{\"method\":\"code\",\"code\":\"123456\"}x",
		"{\"method\":\"code\",\"code\":\"\xff\"}", huge};

	(void)state;
	memset(huge, ' ', sizeof(huge) - 1);
	strcpy(huge + sizeof(huge) - 64, "{\"method\":\"code\",\"code\":\"123456\"}");
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct trial trial = {.service = "json", .user = "alice", .answers = {replies[i]}};

		fake_verifier_reset(&fake);
		trial_run(&trial);
		if (trial.code != PAM_CONV_ERR)
			fail_msg("reply %s: got %s", replies[i], pam_code_name(trial.code));
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
		wait_for_calls(FAKE_CANCEL, 1);
	}
}

static void text_with_quotes_and_markup_stays_one_json_text(void **state)
{
	struct trial trial = {.service = "json", .user = "alice", .answers = {"{\"cancel\":true}"}};
	json_t *question;

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], "{\"parameters\":{\"transaction\":\"T-1\","
		"\"prompt\":\"</script>\\\"}\\n{\\\"type\\\":\\\"granted\\\"}\",\"ask\":\"Code: \","
		"\"methods\":[\"code\"],\"expires_in\":120}}");
	trial_run(&trial);
	question = parse(trial.said[0].text);
	assert_string_equal(text_of(question, "type"), "question");
	assert_string_equal(text_of(question, "prompt"), "</script>\"}\n{\"type\":\"granted\"}");
	json_decref(question);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(a_broken_conversation_is_refused_and_the_step_up_given_up),
		module_test(where_nobody_is_there_to_ask_that_is_told),
	module_test(a_host_without_a_conversation_is_refused),
		module_test(more_responses_than_messages_do_no_harm),
		module_test(a_text_in_response_to_a_message_is_thrown_away),
		module_test(an_empty_answer_is_for_the_verifier_to_refuse),
		module_test(only_the_size_of_an_answer_that_can_be_no_code_is_sent_on),
		module_test(a_typed_answer_arrives_as_it_was_typed),
		module_test(a_json_question_has_prompt_ask_methods_and_time),
		module_test(a_second_json_question_says_what_was_wrong_and_how_many_tries_are_left),
		module_test(a_json_grant_is_told),
		module_test(a_json_grant_is_held_back_from_a_host_that_asked_for_silence),
		module_test(the_receipt_never_passes_through_the_conversation),
		module_test(a_json_refusal_has_words_name_and_reference),
		module_test(a_throttled_json_refusal_says_when_to_come_back),
		module_test(a_json_cancel_gives_up_without_an_answer),
		module_test(a_json_reply_of_any_other_form_is_a_conversation_error),
		module_test(text_with_quotes_and_markup_stays_one_json_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
