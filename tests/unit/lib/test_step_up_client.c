/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/client/step_up_client in front of a scripted verifier: which answers are asked for, which are sent,
 * what is a success.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/client/step_up_client.h"
#include "tests/pam/fake_verifier.h"

#define ANSWERS 4
#define BEGUN(methods, more) \
	"{\"parameters\":{\"transaction\":\"T-1\",\"prompt\":\"P\",\"ask\":\"Code: \",\"methods\":" methods \
	",\"expires_in\":120" more "}}"
#define REQUESTS \
	",\"browser\":{\"challenge\":\"AA\"},\"seat\":{\"rp_id\":\"x\"},\"agent\":{\"namespace\":\"n\"}"
#define THROTTLED \
	"{\"error\":\"io.stepup.Verify1.Throttled\",\"parameters\":{\"message\":\"Wait.\",\"retry_after\":5}}"

static struct fake_verifier fake;
static const char *const all_ways[] = {"browser", "seat", "agent", NULL};
static const char *const seat_alone[] = {"seat", NULL};

/* A conversation that answers as told and writes down what it was asked. */
struct talk {
	struct step_up_answer answers[ANSWERS]; /* by literals; copied when given */
	const char *keys[ANSWERS];		/* JSON of an answer's key */
	enum stepup_error fails;		/* where there is no answer any more */
	const char *why;
	int count;
	char *methods[ANSWERS]; /* JSON, of each question */
	char *errors[ANSWERS];
	int64_t tries_left[ANSWERS], retry_after[ANSWERS];
	char *seat; /* of the last question */
};

static enum stepup_error ask(void *context, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	struct talk *talk = context;
	int i = talk->count++;

	assert_true(i < ANSWERS);
	talk->methods[i] = json_dumps(question->methods, JSON_COMPACT);
	talk->errors[i] = question->error == NULL ? NULL : strdup(question->error);
	talk->tries_left[i] = question->tries_left;
	talk->retry_after[i] = question->retry_after_seconds;
	free(talk->seat);
	talk->seat = question->seat == NULL ? NULL : json_dumps(question->seat, JSON_COMPACT);
	answer->method = talk->answers[i].method;
	answer->code = talk->answers[i].code == NULL ? NULL : strdup(talk->answers[i].code);
	answer->key = talk->keys[i] == NULL ? NULL : json_loads(talk->keys[i], 0, NULL);
	if (answer->method != NULL)
		return STEPUP_OK;
	answer->why = talk->why == NULL ? NULL : strdup(talk->why);
	return talk->fails;
}

static void talk_clear(struct talk *talk)
{
	for (int i = 0; i < talk->count; i++) {
		free(talk->methods[i]);
		free(talk->errors[i]);
	}
	free(talk->seat);
}

static enum stepup_error run(struct talk *talk, const char *const *reach, struct step_up_outcome *outcome)
{
	const struct step_up_request request = {.user = "alice", .action = "customer.export", .reach = reach};
	const struct step_up_conversation conversation = {.ask = ask, .context = talk};
	struct verifier_client *client = NULL;
	enum stepup_error error;

	assert_int_equal(verifier_client_open(fake.socket, deadline_in(60000), &client), STEPUP_OK);
	error = step_up_run(client, &request, &conversation, deadline_in(60000), outcome);
	verifier_client_close(&client);
	return error;
}

static void script(enum fake_method method, const char *reply)
{
	strcpy(fake.shared->replies[method], reply);
}

static json_t *sent(enum fake_method method)
{
	json_t *call = json_loads(fake.shared->last[method], 0, NULL),
		*parameters = json_incref(json_object_get(call, "parameters"));

	json_decref(call);
	return parameters;
}

static void assert_sent_text(enum fake_method method, const char *field, const char *expected)
{
	json_t *parameters = sent(method);
	const char *text = json_string_value(json_object_get(parameters, field));

	if (expected == NULL)
		assert_null(json_object_get(parameters, field));
	else
		assert_string_equal(text == NULL ? "(none)" : text, expected);
	json_decref(parameters);
}

static void what_can_be_reached_is_told_to_the_verifier(void **state)
{
	struct talk talk = {.answers = {{.method = "code", .code = (char[]){"123456"}}}};
	struct step_up_outcome outcome = {0};
	json_t *parameters;

	(void)state;
	assert_int_equal(run(&talk, all_ways, &outcome), STEPUP_OK);
	parameters = sent(FAKE_BEGIN);
	assert_int_equal(json_array_size(json_object_get(parameters, "reach")), 4); /* and "fresh" */
	json_decref(parameters);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);

	talk = (struct talk){.answers = {{.method = "code", .code = (char[]){"123456"}}}};
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_OK);
	parameters = sent(FAKE_BEGIN);
	assert_int_equal(json_array_size(json_object_get(parameters, "reach")), 1);
	json_decref(parameters);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void what_an_earlier_step_up_covers_is_asked_of_nobody(void **state)
{
	struct talk talk = {0};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"fresh\",\"code\"]", ""));
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_OK);
	assert_int_equal(talk.count, 0);
	assert_sent_text(FAKE_ANSWER, "method", "fresh");
	assert_sent_text(FAKE_ANSWER, "code", NULL);
	assert_string_equal(outcome.transaction, "T-1");
	step_up_outcome_clear(&outcome);
}

static void what_it_covers_no_more_is_asked_as_for_the_first_time(void **state)
{
	struct talk talk = {.answers = {{.method = "code", .code = (char[]){"123456"}}}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"fresh\",\"code\"]", ""));
	strcpy(fake.shared->second_answer, fake.shared->replies[FAKE_ANSWER]);
	script(FAKE_ANSWER, FAKE_WRONG("3"));
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_OK);
	assert_int_equal(talk.count, 1);
	assert_string_equal(talk.methods[0], "[\"code\"]");
	assert_null(talk.errors[0]);
	assert_int_equal(talk.tries_left[0], -1);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void a_refusal_of_what_was_covered_is_the_end(void **state)
{
	struct talk talk = {0};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"fresh\",\"code\"]", ""));
	script(FAKE_ANSWER,
		"{\"error\":\"io.stepup.Verify1.Locked\",\"parameters\":{\"message\":\"Locked.\"}}");
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_LOCKED);
	assert_int_equal(talk.count, 0);
	step_up_outcome_clear(&outcome);
}

static void what_a_key_made_is_sent_as_it_is(void **state)
{
	struct talk talk = {.answers = {{.method = "seat"}},
		.keys = {"{\"id\":\"AQ\",\"response\":{\"signature\":\"Ag\"}}"}};
	struct step_up_outcome outcome = {0};
	json_t *parameters, *expected = json_loads(talk.keys[0], 0, NULL);

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"browser\",\"seat\",\"agent\",\"code\"]", REQUESTS));
	assert_int_equal(run(&talk, all_ways, &outcome), STEPUP_OK);
	assert_string_equal(talk.methods[0], "[\"browser\",\"seat\",\"agent\",\"code\"]");
	assert_string_equal(talk.seat, "{\"rp_id\":\"x\"}");
	parameters = sent(FAKE_ANSWER);
	assert_true(json_equal(json_object_get(parameters, "key"), expected));
	assert_string_equal(json_string_value(json_object_get(parameters, "method")), "seat");
	assert_null(json_object_get(parameters, "code"));
	json_decref(parameters);
	json_decref(expected);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void methods_out_of_reach_or_unknown_are_not_offered(void **state)
{
	struct talk talk = {.answers = {{.method = "code", .code = (char[]){"123456"}}}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"browser\",\"seat\",\"telepathy\",\"code\"]", REQUESTS));
	assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_OK);
	assert_string_equal(talk.methods[0], "[\"seat\",\"code\"]");
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void nothing_that_can_be_answered_here_is_too_weak_and_given_up(void **state)
{
	static const char *const replies[] = {BEGUN("[\"browser\"]", REQUESTS), BEGUN("[]", ""),
		BEGUN("[\"telepathy\"]", "")};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct talk talk = {0};
		struct step_up_outcome outcome = {0};

		fake_verifier_reset(&fake);
		script(FAKE_BEGIN, replies[i]);
		assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_TOO_WEAK);
		assert_int_equal(talk.count, 0);
		assert_int_equal(fake.shared->calls[FAKE_CANCEL], 1);
		step_up_outcome_clear(&outcome);
	}
}

static void a_method_without_what_its_key_is_to_sign_is_no_good_reply(void **state)
{
	struct talk talk = {0};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"seat\",\"code\"]", ",\"agent\":{}"));
	assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_IO);
	assert_int_equal(talk.count, 0);
	step_up_outcome_clear(&outcome);
}

static void an_answer_that_was_not_asked_for_is_never_sent(void **state)
{
	const struct {
		struct step_up_answer answer;
		const char *key;
	} bad[] = {
		{{.method = "browser"}, "{}"},
		{{.method = "agent"}, "{}"},
		{{.method = "telepathy", .code = (char[]){"1"}}, NULL},
		{{.method = "seat"}, NULL},
		{{.method = "seat", .code = (char[]){"123456"}}, NULL},
		{{.method = "seat"}, "[]"},
		{{.method = "code"}, NULL},
		{{.method = "code"}, "{}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct talk talk = {.answers = {bad[i].answer}, .keys = {bad[i].key}};
		struct step_up_outcome outcome = {0};

		fake_verifier_reset(&fake);
		script(FAKE_BEGIN, BEGUN("[\"seat\",\"code\"]", REQUESTS));
		assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_INTERNAL);
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
		assert_int_equal(fake.shared->calls[FAKE_CANCEL], 1);
		step_up_outcome_clear(&outcome);
		talk_clear(&talk);
	}
}

static void a_refused_key_is_not_offered_again_but_the_rest_is(void **state)
{
	struct talk talk = {.answers = {{.method = "seat"}, {.method = "code", .code = (char[]){"123456"}}},
		.keys = {"{}"}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"seat\",\"agent\",\"code\"]", REQUESTS));
	script(FAKE_ANSWER, FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	assert_int_equal(run(&talk, all_ways, &outcome), STEPUP_OK);
	assert_string_equal(talk.methods[1], "[\"agent\",\"code\"]");
	assert_string_equal(talk.errors[1], "That code did not work.");
	assert_int_equal(talk.tries_left[1], 2);
	assert_sent_text(FAKE_ANSWER, "key", NULL);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void a_browser_may_try_another_key(void **state)
{
	static const char *const browser_alone[] = {"browser", NULL};
	struct talk talk = {.answers = {{.method = "browser"}, {.method = "browser"}}, .keys = {"{}", "{}"}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"browser\"]", ",\"browser\":{}"));
	script(FAKE_ANSWER, FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	assert_int_equal(run(&talk, browser_alone, &outcome), STEPUP_OK);
	assert_string_equal(talk.methods[1], "[\"browser\"]");
	assert_int_equal(talk.tries_left[1], 2);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void where_the_only_key_was_refused_it_ends(void **state)
{
	struct talk talk = {.answers = {{.method = "seat"}}, .keys = {"{}"}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"seat\"]", REQUESTS));
	script(FAKE_ANSWER, FAKE_WRONG("2"));
	assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_BAD_ANSWER);
	assert_int_equal(talk.count, 1);
	assert_string_equal(outcome.refusal.message, "That code did not work.");
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void a_wrong_code_may_be_followed_by_another_or_by_a_key(void **state)
{
	struct talk talk = {.answers = {{.method = "code", .code = (char[]){"000000"}}, {.method = "seat"}},
		.keys = {NULL, "{}"}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_BEGIN, BEGUN("[\"seat\",\"code\"]", REQUESTS));
	script(FAKE_ANSWER, FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_OK);
	assert_string_equal(talk.methods[1], "[\"seat\",\"code\"]");
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void an_answer_that_came_too_soon_is_asked_for_again_with_the_time(void **state)
{
	struct talk talk = {
		.answers = {{.method = "code", .code = (char[]){"123456"}},
			{.method = "code", .code = (char[]){"123456"}}}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_ANSWER, THROTTLED);
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_OK);
	assert_string_equal(talk.errors[1], "Wait.");
	assert_int_equal(talk.retry_after[0], -1);
	assert_int_equal(talk.retry_after[1], 5);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void a_wrong_code_that_must_wait_too_long_is_the_last(void **state)
{
	static const char wrong[] = "{\"error\":\"io.stepup.Verify1.BadAnswer\","
		"\"parameters\":{\"message\":\"No.\",\"tries_left\":2,\"retry_after\":300}}";
	struct talk talk = {.answers = {{.method = "code", .code = (char[]){"123456"}}, {.method = "seat"}},
		.keys = {NULL, "{}"}};
	struct step_up_outcome outcome = {0};

	(void)state;
	script(FAKE_ANSWER, wrong);
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_BAD_ANSWER);
	assert_int_equal(talk.count, 1);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);

	/* but a key never waits */
	talk.count = 0;
	talk.seat = NULL;
	fake_verifier_reset(&fake);
	script(FAKE_BEGIN, BEGUN("[\"seat\",\"code\"]", REQUESTS));
	script(FAKE_ANSWER, wrong);
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	assert_int_equal(run(&talk, seat_alone, &outcome), STEPUP_OK);
	assert_int_equal(talk.retry_after[1], 300);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static void the_words_of_a_conversation_that_gave_up_are_kept(void **state)
{
	struct talk talk = {.fails = STEPUP_CANCELLED, .why = "Your key was unplugged."};
	struct step_up_outcome outcome = {0};

	(void)state;
	assert_int_equal(run(&talk, NULL, &outcome), STEPUP_CANCELLED);
	assert_string_equal(outcome.refusal.message, "Your key was unplugged.");
	assert_int_equal(outcome.refusal.error, STEPUP_OK);
	assert_int_equal(fake.shared->calls[FAKE_CANCEL], 1);
	step_up_outcome_clear(&outcome);
	talk_clear(&talk);
}

static int group_setup(void **state)
{
	(void)state;
	return fake_verifier_start(&fake, (uid_t)-1) ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	fake_verifier_stop(&fake);
	return 0;
}

static int test_setup(void **state)
{
	(void)state;
	fake_verifier_reset(&fake);
	return 0;
}

#define client_test(f) cmocka_unit_test_setup(f, test_setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		client_test(what_can_be_reached_is_told_to_the_verifier),
		client_test(what_an_earlier_step_up_covers_is_asked_of_nobody),
		client_test(what_it_covers_no_more_is_asked_as_for_the_first_time),
		client_test(a_refusal_of_what_was_covered_is_the_end),
		client_test(what_a_key_made_is_sent_as_it_is),
		client_test(methods_out_of_reach_or_unknown_are_not_offered),
		client_test(nothing_that_can_be_answered_here_is_too_weak_and_given_up),
		client_test(a_method_without_what_its_key_is_to_sign_is_no_good_reply),
		client_test(an_answer_that_was_not_asked_for_is_never_sent),
		client_test(a_refused_key_is_not_offered_again_but_the_rest_is),
		client_test(a_browser_may_try_another_key),
		client_test(where_the_only_key_was_refused_it_ends),
		client_test(a_wrong_code_may_be_followed_by_another_or_by_a_key),
		client_test(an_answer_that_came_too_soon_is_asked_for_again_with_the_time),
		client_test(a_wrong_code_that_must_wait_too_long_is_the_last),
		client_test(the_words_of_a_conversation_that_gave_up_are_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
