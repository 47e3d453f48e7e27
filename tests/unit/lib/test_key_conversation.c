/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/client/key_conversation: what the person is asked, when the helper is started, and what becomes of
 * a key that fails.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/client/key_conversation.h"
#include "tests/unit/makers/fake_authenticator.h"

#define ASKED_MAX 12
#define SEAT_THERE "{\"keys\":1,\"credentials\":[\"AQ\"]}"
#define AGENT_THERE "{\"keys\":[\"AAAA\"]}"

/* A person: what they type, and what they were shown. */
struct person {
	const char *types[ASKED_MAX]; /* NULL: gives up */
	enum stepup_error gives_up_with;
	char *asked[ASKED_MAX];
	int count, told;
	char *sentence; /* the last one told */
};

static enum stepup_error ask(void *context, const char *question, char **line)
{
	struct person *person = context;
	const char *typed = person->types[person->count];

	assert_true(person->count < ASKED_MAX);
	person->asked[person->count++] = strdup(question);
	if (typed == NULL)
		return person->gives_up_with == STEPUP_OK ? STEPUP_CANCELLED : person->gives_up_with;
	*line = strdup(typed);
	return STEPUP_OK;
}

static void tell(void *context, const char *sentence)
{
	struct person *person = context;

	free(person->sentence);
	person->sentence = strdup(sentence);
	person->told++;
}

/* One question, with all that belongs to it. */
struct scene {
	struct person person;
	struct text_channel channel;
	struct key_conversation conversation;
	struct step_up_question question;
	struct step_up_answer answer;
	json_t *methods, *seat, *agent;
};

static void scene_set(struct scene *scene, const char *methods)
{
	fake_authenticator_reset();
	*scene = (struct scene){0};
	scene->channel = (struct text_channel){ask, tell, &scene->person};
	scene->conversation.channel = &scene->channel;
	scene->methods = json_loads(methods, 0, NULL);
	scene->seat = json_pack("{s:s}", "client_data", "the seat's");
	scene->agent = json_pack("{s:s}", "message", "the agent's");
	scene->question = (struct step_up_question){
		.prompt = "Export 5 contacts",
		.ask = "Code: ",
		.tries_left = -1,
		.retry_after_seconds = -1,
		.expires = deadline_in(600000),
		.methods = scene->methods,
		.seat = scene->seat,
		.agent = scene->agent,
	};
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply = SEAT_THERE;
	authenticator.steps[AUTHENTICATOR_AGENT_PROBE][0].reply = AGENT_THERE;
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].reply = "{\"id\":\"AQ\"}";
	authenticator.steps[AUTHENTICATOR_AGENT_SIGN][0].reply = "{\"key\":\"AAAA\"}";
}

static enum stepup_error scene_ask(struct scene *scene)
{
	step_up_answer_clear(&scene->answer);
	return key_conversation_ask(&scene->conversation, &scene->question, &scene->answer);
}

static void scene_end(struct scene *scene)
{
	step_up_answer_clear(&scene->answer);
	key_conversation_clear(&scene->conversation);
	assert_int_equal(authenticator.accounts_live, 0);
	assert_int_equal(authenticator.looks_live, 0);
	for (int i = 0; i < scene->person.count; i++)
		free(scene->person.asked[i]);
	free(scene->person.sentence);
	json_decref(scene->methods);
	json_decref(scene->seat);
	json_decref(scene->agent);
	fake_authenticator_reset();
}

static void with_codes_alone_the_helper_is_not_started(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"code\"]");
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "code");
	assert_string_equal(scene.answer.code, "123456");
	assert_string_equal(scene.person.asked[0], "Export 5 contacts\nCode: ");
	assert_int_equal(authenticator.runs, 0);
	scene_end(&scene);
}

static void the_question_says_as_whom_one_approves(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"code\"]");
	scene.conversation.user = "ali\nce";
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(
		scene.person.asked[0], "Export 5 contacts\nYou approve as ali\\u{000A}ce.\nCode: ");
	scene_end(&scene);
}

static void an_empty_line_is_a_code_where_nothing_else_is_offered(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"code\"]");
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.code, "");
	scene_end(&scene);
}

static void enter_uses_the_key_that_is_there(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"code\"]");
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "seat");
	assert_string_equal(json_string_value(json_object_get(scene.answer.key, "id")), "AQ");
	assert_null(scene.answer.code);
	assert_string_equal(scene.person.asked[0],
		"Export 5 contacts\nPress Enter and touch your key, or type a code: ");
	assert_int_equal(authenticator.runs, 2);
	assert_int_equal(authenticator.operations[1], AUTHENTICATOR_SEAT_SIGN);
	assert_string_equal(json_string_value(json_object_get(authenticator.asked[1], "client_data")),
		"the seat's");
	scene_end(&scene);
}

static void a_code_may_be_typed_instead(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\",\"code\"]");
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "code");
	assert_int_equal(fake_authenticator_count(AUTHENTICATOR_SEAT_SIGN), 0);
	scene_end(&scene);
}

static void the_agent_gets_its_socket_and_its_request(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"agent\"]");
	scene.conversation.agent_socket = "/tmp/agent";
	scene.conversation.account = "alice";
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "agent");
	assert_string_equal(scene.person.asked[0], "Export 5 contacts\nPress Enter and touch your key: ");
	assert_string_equal(authenticator.socket, "/tmp/agent");
	assert_int_equal(authenticator.uid, 4711);
	assert_string_equal(json_string_value(json_object_get(authenticator.asked[1], "message")),
		"the agent's");
	scene_end(&scene);
}

static void a_key_that_is_not_there_is_not_asked_for(void **state)
{
	static const struct fake_step absences[] = {{.reply = "{\"keys\":0,\"credentials\":[]}"},
		{.reply = "{\"keys\":1,\"credentials\":[]}"},
		{.reply = "{}"}, {.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_NO_KEY},
		{.error = STEPUP_UNREACHABLE, .code = AUTHENTICATOR_BROKEN}};

	(void)state;
	for (size_t i = 0; i < sizeof(absences) / sizeof(absences[0]); i++) {
		struct scene scene;

		scene_set(&scene, "[\"seat\",\"code\"]");
		authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0] = absences[i];
		scene.person.types[0] = "123456";
		assert_int_equal(scene_ask(&scene), STEPUP_OK);
		assert_string_equal(scene.person.asked[0], "Export 5 contacts\nCode: ");
		scene_end(&scene);
	}
}

static void where_only_an_absent_key_would_do_nothing_is_asked_and_the_reason_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply = "{\"keys\":0,\"credentials\":[]}";
	assert_int_equal(scene_ask(&scene), STEPUP_TOO_WEAK);
	assert_string_equal(scene.answer.why, "no-key of nobody.");
	assert_int_equal(scene.person.count, 0);
	scene_end(&scene);

	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply = "{\"keys\":2,\"credentials\":[]}";
	assert_int_equal(scene_ask(&scene), STEPUP_TOO_WEAK);
	assert_string_equal(scene.answer.why, "wrong-key of nobody.");
	scene_end(&scene);

	scene_set(&scene, "[\"agent\"]");
	authenticator.steps[AUTHENTICATOR_AGENT_PROBE][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_NO_AGENT};
	assert_int_equal(scene_ask(&scene), STEPUP_TOO_WEAK);
	assert_string_equal(scene.answer.why, "no-agent of nobody.");
	scene_end(&scene);
}

static void an_account_that_is_not_found_has_no_key_here(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"code\"]");
	scene.conversation.account = "alice";
	authenticator.account_error = STEPUP_NOT_FOUND;
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[0], "Export 5 contacts\nCode: ");
	assert_int_equal(authenticator.runs, 0);
	scene_end(&scene);
}

static void a_pin_is_asked_for_and_then_the_touch(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].pin = "PIN of your key: ";
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].touch = "Touch it.";
	scene.person.types[0] = "";
	scene.person.types[1] = "4321";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[1], "PIN of your key: ");
	assert_string_equal(authenticator.pin, "4321");
	assert_string_equal(scene.person.sentence, "Touch it.");
	assert_int_equal(fake_authenticator_count(AUTHENTICATOR_SEAT_SIGN), 1);
	scene_end(&scene);
}

static void enter_instead_of_a_pin_goes_on_to_the_next_way(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].pin = "PIN of your key: ";
	scene.person.types[0] = scene.person.types[1] = scene.person.types[2] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "agent");
	assert_string_equal(scene.person.asked[2], "Export 5 contacts\nPress Enter and touch your key: ");
	scene_end(&scene);
}

static void giving_up_at_the_pin_gives_up_altogether(void **state)
{
	static const enum stepup_error ways_out[] = {STEPUP_CANCELLED, STEPUP_INVALID, STEPUP_NO_MEMORY};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene scene;

		scene_set(&scene, "[\"seat\",\"code\"]");
		authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].pin = "PIN of your key: ";
		scene.person.types[0] = "";
		scene.person.gives_up_with = ways_out[i];
		assert_int_equal(scene_ask(&scene), ways_out[i]);
		assert_int_equal(scene.person.count, 2);
		scene_end(&scene);
	}
}

static void a_key_that_fails_says_why_and_the_next_way_is_asked_for(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_UNPLUGGED};
	scene.conversation.account = "alice";
	scene.person.types[0] = scene.person.types[1] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[1],
		"unplugged of alice.\nExport 5 contacts\nPress Enter and touch your key, or type a code: ");
	assert_string_equal(scene.answer.method, "agent");
	scene_end(&scene);
}

static void the_only_key_may_be_tried_again(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_TIMED_OUT};
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][1] = (struct fake_step){.reply = "{\"id\":\"Ag\"}"};
	scene.person.types[0] = scene.person.types[1] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "seat");
	assert_string_equal(scene.person.asked[1],
		"timeout of nobody.\nExport 5 contacts\nPress Enter and touch your key: ");
	scene_end(&scene);
}

static void a_key_that_keeps_failing_ends_it(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_TIMED_OUT};
	for (int i = 0; i < ASKED_MAX; i++)
		scene.person.types[i] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_CANCELLED);
	assert_string_equal(scene.answer.why, "timeout of nobody.");
	assert_int_equal(scene.person.count, 3);
	scene_end(&scene);
}

static void a_key_that_can_not_work_is_not_asked_for_again(void **state)
{
	static const enum authenticator_code hopeless[] = {AUTHENTICATOR_PIN_BLOCKED,
		AUTHENTICATOR_NO_PIN_SET, AUTHENTICATOR_UNSUPPORTED, AUTHENTICATOR_NO_AGENT,
		AUTHENTICATOR_NO_TOUCH, AUTHENTICATOR_BROKEN};

	(void)state;
	for (size_t i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++) {
		struct scene scene;

		scene_set(&scene, "[\"seat\",\"code\"]");
		authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = (struct fake_step){
			.error = STEPUP_BAD_ANSWER, .code = hopeless[i]};
		scene.person.types[0] = "";
		scene.person.types[1] = "123456";
		assert_int_equal(scene_ask(&scene), STEPUP_OK);
		assert_string_equal(scene.answer.method, "code");
		assert_non_null(strstr(scene.person.asked[1], ".\nExport 5 contacts\nCode: "));
		scene_end(&scene);
	}
}

static void a_code_is_not_taken_where_it_does_not_do(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	for (int i = 0; i < ASKED_MAX; i++)
		scene.person.types[i] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_TOO_WEAK);
	assert_non_null(strstr(scene.person.asked[1], "A code is not enough for this"));
	assert_non_null(strstr(scene.answer.why, "Nothing was approved."));
	assert_null(scene.answer.code);
	assert_int_equal(scene.person.count, 3);
	scene_end(&scene);
}

static void the_verifiers_words_stand_above_the_next_question_and_nothing_is_looked_for_twice(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"code\"]");
	scene.person.types[0] = "123456";
	scene.person.types[1] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	scene.question.error = "That code did not work.";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[1], "That code did not work.\nExport 5 contacts\n"
		"Press Enter and touch your key, or type a code: ");
	assert_int_equal(fake_authenticator_count(AUTHENTICATOR_SEAT_PROBE), 1);
	scene_end(&scene);
}

static void a_refused_key_that_leaves_nothing_ends_in_the_verifiers_words(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\"]");
	authenticator.steps[AUTHENTICATOR_AGENT_PROBE][0].reply = "{\"keys\":[]}";
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	scene.question.error = "That key was refused.";
	(void)json_array_remove(scene.methods, 0);
	assert_int_equal(scene_ask(&scene), STEPUP_CANCELLED);
	assert_string_equal(scene.answer.why, "That key was refused.");
	scene_end(&scene);
}

static void a_code_may_be_typed_in_a_hurry(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_NO_KEY};
	scene.question.expires = deadline_in(1000);
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.code, "123456");
	scene_end(&scene);
}

static void where_no_time_is_left_nothing_more_is_asked(void **state)
{
	static const struct fake_step ends[] = {{.error = STEPUP_TIMEOUT, .code = AUTHENTICATOR_TIMED_OUT},
		{.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_TIMED_OUT},
			{.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_UNPLUGGED}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene scene;

		scene_set(&scene, "[\"seat\",\"code\"]");
		authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = ends[i];
		scene.question.expires = deadline_in(1000);
		scene.person.types[0] = "";
		assert_int_equal(scene_ask(&scene), STEPUP_EXPIRED);
		assert_int_equal(scene.person.count, 1);
		scene_end(&scene);
	}
}

/* --- who does not answer --- */

#define SILENT {.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_NO_ANSWER, .slow = true}

static void all_places_are_looked_at_at_once_and_the_question_stands_meanwhile(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0] = authenticator.steps[AUTHENTICATOR_AGENT_PROBE][0] =
		(struct fake_step)SILENT;
	scene.person.types[0] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.code, "123456");
	assert_string_equal(scene.person.asked[0],
		"Export 5 contacts\nPress Enter and touch your key, or type a code: ");
	assert_int_equal(authenticator.runs, 2);
	assert_int_equal(authenticator.looks_live, 2); /* nobody waited for them */
	assert_true(authenticator.waited_ms <= 1000);
	scene_end(&scene);
}

static void enter_waits_for_who_looks_and_leaves_out_the_silent_with_a_sentence(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0] = (struct fake_step)SILENT;
	scene.person.types[0] = "";
	scene.person.types[1] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[1], "no-answer of nobody.\nExport 5 contacts\nCode: ");
	assert_string_equal(scene.answer.code, "123456");
	assert_int_equal(fake_authenticator_count(AUTHENTICATOR_SEAT_SIGN), 0);
	scene_end(&scene);

	/* One that was only slow signs. */
	scene_set(&scene, "[\"seat\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].slow = true;
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.answer.method, "seat");
	scene_end(&scene);
}

static void a_silent_agent_takes_nothing_from_a_key_that_is_there(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\",\"agent\"]");
	authenticator.steps[AUTHENTICATOR_AGENT_PROBE][0] = (struct fake_step)SILENT;
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[0],
		"no-answer of nobody.\nExport 5 contacts\nPress Enter and touch your key: ");
	assert_string_equal(scene.answer.method, "seat");
	scene_end(&scene);

	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply =
		"{\"keys\":1,\"silent\":1,\"credentials\":[\"AQ\"]}";
	scene.person.types[0] = "";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[0],
		"no-answer of nobody.\nExport 5 contacts\nPress Enter and touch your key: ");
	scene_end(&scene);
}

static void where_only_a_silent_one_would_do_that_is_told(void **state)
{
	static const struct fake_step silences[] = {
		SILENT, {.error = STEPUP_TIMEOUT, .code = AUTHENTICATOR_NO_ANSWER},
		{.reply = "{\"keys\":0,\"silent\":2,\"credentials\":[]}"}};

	(void)state;
	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		struct scene scene;

		scene_set(&scene, "[\"seat\"]");
		authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0] = silences[i];
		assert_int_equal(scene_ask(&scene), STEPUP_TOO_WEAK);
		assert_string_equal(scene.answer.why, "no-answer of nobody.");
		assert_int_equal(scene.person.count, 0);
		scene_end(&scene);
	}
}

static void a_key_that_may_hide_a_credential_is_asked_for_and_looked_at_again(void **state)
{
	struct scene scene;

	(void)state;
	scene_set(&scene, "[\"seat\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply =
		"{\"keys\":1,\"hiding\":1,\"credentials\":[]}";
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0].pin = "PIN of your key: ";
	scene.person.types[0] = "";
	scene.person.types[1] = "4321";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[0], "Export 5 contacts\nPress Enter and touch your key: ");
	assert_string_equal(scene.answer.method, "seat");
	scene_end(&scene);

	/* It hid nothing. */
	scene_set(&scene, "[\"seat\",\"code\"]");
	authenticator.steps[AUTHENTICATOR_SEAT_PROBE][0].reply =
		"{\"keys\":1,\"hiding\":1,\"credentials\":[]}";
	authenticator.steps[AUTHENTICATOR_SEAT_SIGN][0] = (struct fake_step){
		.error = STEPUP_BAD_ANSWER, .code = AUTHENTICATOR_WRONG_KEY};
	scene.person.types[0] = "";
	scene.person.types[1] = "123456";
	assert_int_equal(scene_ask(&scene), STEPUP_OK);
	assert_string_equal(scene.person.asked[1],
		"wrong-key of nobody.\nExport 5 contacts\nPress Enter and touch your key, or type a code: ");
	assert_string_equal(scene.answer.code, "123456");
	scene_end(&scene);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(with_codes_alone_the_helper_is_not_started),
	cmocka_unit_test(the_question_says_as_whom_one_approves),
	cmocka_unit_test(an_empty_line_is_a_code_where_nothing_else_is_offered),
	cmocka_unit_test(enter_uses_the_key_that_is_there),
	cmocka_unit_test(a_code_may_be_typed_instead),
	cmocka_unit_test(the_agent_gets_its_socket_and_its_request),
	cmocka_unit_test(a_key_that_is_not_there_is_not_asked_for),
	cmocka_unit_test(where_only_an_absent_key_would_do_nothing_is_asked_and_the_reason_told),
	cmocka_unit_test(an_account_that_is_not_found_has_no_key_here),
	cmocka_unit_test(a_pin_is_asked_for_and_then_the_touch),
	cmocka_unit_test(enter_instead_of_a_pin_goes_on_to_the_next_way),
	cmocka_unit_test(giving_up_at_the_pin_gives_up_altogether),
	cmocka_unit_test(a_key_that_fails_says_why_and_the_next_way_is_asked_for),
	cmocka_unit_test(the_only_key_may_be_tried_again),
	cmocka_unit_test(a_key_that_keeps_failing_ends_it),
	cmocka_unit_test(a_key_that_can_not_work_is_not_asked_for_again),
	cmocka_unit_test(a_code_is_not_taken_where_it_does_not_do),
	cmocka_unit_test(the_verifiers_words_stand_above_the_next_question_and_nothing_is_looked_for_twice),
	cmocka_unit_test(a_refused_key_that_leaves_nothing_ends_in_the_verifiers_words),
	cmocka_unit_test(a_code_may_be_typed_in_a_hurry),
	cmocka_unit_test(where_no_time_is_left_nothing_more_is_asked),
	cmocka_unit_test(all_places_are_looked_at_at_once_and_the_question_stands_meanwhile),
	cmocka_unit_test(enter_waits_for_who_looks_and_leaves_out_the_silent_with_a_sentence),
	cmocka_unit_test(a_silent_agent_takes_nothing_from_a_key_that_is_there),
	cmocka_unit_test(where_only_a_silent_one_would_do_that_is_told),
	cmocka_unit_test(a_key_that_may_hide_a_credential_is_asked_for_and_looked_at_again),
};

TAP_MAIN(tests)
