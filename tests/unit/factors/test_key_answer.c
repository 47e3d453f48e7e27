/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/factors/webauthn/key_answer.h: what clients send for a key, read strictly.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/evidence/sshsig.h"
#include "verifier/factors/webauthn/key_answer.h"

static enum stepup_error parse(enum via via, bool enrolment, const char *text, struct key_answer *answer,
	const char **why)
{
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	enum stepup_error error;

	assert_non_null(object);
	error = key_answer_parse(via, enrolment, object, answer, why);
	json_decref(object);
	return error;
}

static void assert_bytes(struct webauthn_bytes bytes, const char *expected)
{
	if (expected == NULL) {
		assert_null(bytes.bytes);
		assert_int_equal(bytes.size, 0);
		return;
	}
	assert_int_equal(bytes.size, strlen(expected));
	assert_memory_equal(bytes.bytes, expected, bytes.size);
}

static void a_browser_s_assertion_is_read(void **state)
{
	struct key_answer answer;
	const char *why;

	(void)state;
	assert_int_equal(parse(VIA_BROWSER, false, "{\"id\":\"aWQ\",\"rawId\":\"aWQ\","
			"\"type\":\"public-key\",\"authenticatorAttachment\":\"cross-platform\","
			"\"clientExtensionResults\":{},\"response\":{\"clientDataJSON\":\"Y2xpZW50\","
			"\"authenticatorData\":\"ZGF0YQ\","
			"\"signature\":\"c2ln\",\"userHandle\":\"dXNlcg\",\"more\":7}}", &answer, &why),
		STEPUP_OK);
	assert_bytes(answer.assertion.id, "id");
	assert_bytes(answer.assertion.client_data, "client");
	assert_bytes(answer.assertion.authenticator_data, "data");
	assert_bytes(answer.assertion.signature, "sig");
	assert_bytes(answer.assertion.user_handle, "user");
	assert_bytes(answer.registration.attestation_object, NULL);
	key_answer_clear(&answer);
	assert_null(answer.memory);
	assert_bytes(answer.assertion.id, NULL);
}

static void a_user_handle_may_be_left_out_or_null(void **state)
{
	struct key_answer answer;
	const char *why;

	(void)state;
	assert_int_equal(parse(VIA_BROWSER, false, "{\"id\":\"aWQ\",\"rawId\":\"aWQ\","
			"\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"AA\","
			"\"authenticatorData\":\"AA\",\"signature\":\"AA\",\"userHandle\":null}}",
			&answer, &why), STEPUP_OK);
	assert_bytes(answer.assertion.user_handle, NULL);
	key_answer_clear(&answer);
	assert_int_equal(parse(VIA_BROWSER, false, "{\"id\":\"aWQ\",\"rawId\":\"aWQ\","
			"\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"AA\","
			"\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}", &answer, &why), STEPUP_OK);
	assert_bytes(answer.assertion.user_handle, NULL);
	key_answer_clear(&answer);
}

static void a_browser_s_registration_is_read_with_its_transports(void **state)
{
	struct key_answer answer;
	const char *why;

	(void)state;
	assert_int_equal(parse(VIA_BROWSER, true, "{\"id\":\"aWQ\",\"rawId\":\"aWQ\",\"type\":\"public-key\","
			"\"response\":{\"clientDataJSON\":\"Y2xpZW50\","
			"\"attestationObject\":\"b2JqZWN0\",\"transports\":[\"usb\",\"carrier-pigeon\","
			"7,\"internal\",\"usb\"]}}", &answer, &why), STEPUP_OK);
	assert_bytes(answer.registration.id, "id");
	assert_bytes(answer.registration.client_data, "client");
	assert_bytes(answer.registration.attestation_object, "object");
	assert_int_equal(answer.registration.transports, TRANSPORT_USB | TRANSPORT_INTERNAL);
	key_answer_clear(&answer);
}

static void a_seat_s_answers_bring_no_client_data(void **state)
{
	struct key_answer answer;
	const char *why;

	(void)state;
	assert_int_equal(parse(VIA_SEAT, false, "{\"id\":\"aWQ\","
			"\"response\":{\"authenticatorData\":\"ZGF0YQ\",\"signature\":\"c2ln\","
			"\"clientDataJSON\":\"Y2xpZW50\"}}", &answer, &why), STEPUP_OK);
	assert_bytes(answer.assertion.client_data, NULL);
	assert_bytes(answer.assertion.signature, "sig");
	key_answer_clear(&answer);
	assert_int_equal(parse(VIA_SEAT, true, "{\"id\":\"aWQ\","
			"\"response\":{\"attestationObject\":\"b2JqZWN0\",\"transports\":[\"nfc\"]}}",
			&answer, &why), STEPUP_OK);
	assert_bytes(answer.registration.client_data, NULL);
	assert_bytes(answer.registration.attestation_object, "object");
	assert_int_equal(answer.registration.transports, TRANSPORT_NFC);
	key_answer_clear(&answer);
}

static void an_agent_s_answers_are_blobs(void **state)
{
	struct key_answer answer;
	const char *why;

	(void)state;
	assert_int_equal(parse(VIA_AGENT, false,
			"{\"key\":\"a2V5\",\"signature\":\"c2ln\",\"attestation\":7}", &answer, &why),
		STEPUP_OK);
	assert_bytes(answer.agent.key, "key");
	assert_bytes(answer.agent.signature, "sig");
	key_answer_clear(&answer);
	assert_int_equal(parse(VIA_AGENT, true, "{\"key\":\"a2V5\",\"signature\":\"c2ln\","
			"\"attestation\":{\"blob\":\"YmxvYg\",\"challenge\":\"Y2g\"}}", &answer, &why),
		STEPUP_OK);
	assert_bytes(answer.agent.attestation, "blob");
	assert_bytes(answer.agent.challenge, "ch");
	key_answer_clear(&answer);
	assert_int_equal(parse(VIA_AGENT, true, "{\"key\":\"a2V5\",\"signature\":\"c2ln\"}", &answer, &why),
		STEPUP_OK);
	assert_bytes(answer.agent.attestation, NULL);
	key_answer_clear(&answer);
}

static void answers_that_are_not_as_they_should_be_are_refused_by_name(void **state)
{
#define REST "\"clientDataJSON\":\"AA\",\"authenticatorData\":\"AA\""
#define BROWSER "\"rawId\":\"aWQ\",\"type\":\"public-key\""
	static const struct {
		enum via via;
		bool enrolment;
		const char *text, *why;
	} cases[] = {
		{VIA_BROWSER, false, "{}", "\"type\" is not public-key"},
		{VIA_BROWSER, false, "[]", "not an object"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\",\"rawId\":\"aWQ\",\"type\":\"password\"}",
			"\"type\" is not public-key"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\",\"rawId\":\"aWR\",\"type\":\"public-key\"}",
			"\"rawId\" is not \"id\""},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\",\"type\":\"public-key\"}", "\"rawId\" is not \"id\""},
		{VIA_BROWSER, false, "{\"id\":7,\"rawId\":7,\"type\":\"public-key\"}",
			"\"id\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"\",\"rawId\":\"\",\"type\":\"public-key\"}",
			"\"id\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER "}",
			"\"clientDataJSON\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":[]}",
			"\"clientDataJSON\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST "}}",
			"\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":null}}", "\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"\"}}", "\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"AA==\"}}", "\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"AB\"}}", "\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"A+/A\"}}", "\"signature\" is missing, malformed or too long"},
		{VIA_BROWSER, false, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"AA\",\"userHandle\":7}}",
			"\"userHandle\" is missing, malformed or too long"},
		{VIA_BROWSER, true, "{\"id\":\"aWQ\"," BROWSER ",\"response\":{" REST
			",\"signature\":\"AA\"}}", "\"attestationObject\" is missing, malformed or too long"},
		{VIA_SEAT, false, "{\"response\":{}}", "\"id\" is missing, malformed or too long"},
		{VIA_SEAT, true, "{\"id\":\"aWQ\",\"response\":{}}",
			"\"attestationObject\" is missing, malformed or too long"},
		{VIA_AGENT, false, "{\"key\":\"AA\"}", "\"signature\" is missing, malformed or too long"},
		{VIA_AGENT, true, "{\"key\":\"AA\",\"signature\":\"AA\",\"attestation\":{\"blob\":\"AA\"}}",
			"\"attestation\" has a blob without a challenge, or a challenge without a blob"},
		{VIA_AGENT, true,
			"{\"key\":\"AA\",\"signature\":\"AA\",\"attestation\":{\"challenge\":\"AA\"}}",
			"\"attestation\" has a blob without a challenge, or a challenge without a blob"},
	};
	struct key_answer answer;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].via, cases[i].enrolment, cases[i].text, &answer, &why),
			STEPUP_INVALID);
		assert_string_equal(why, cases[i].why);
		assert_null(answer.memory);
	}
	assert_int_equal(key_answer_parse(VIA_SEAT, false, NULL, &answer, &why), STEPUP_INVALID);
	assert_int_equal(parse(VIA_SEAT | VIA_AGENT, false, "{}", &answer, &why), STEPUP_INTERNAL);
}

/* base64url of `size` bytes of zeros. */
static char *zeros(size_t size)
{
	size_t length = (size * 4 + 2) / 3;
	char *text = malloc(length + 1);

	memset(text, 'A', length);
	text[length] = '\0';
	return text;
}

static void every_member_has_its_maximum(void **state)
{
	static const struct {
		enum via via;
		bool enrolment;
		const char *object, *name;
		size_t maximum;
	} members[] = {
		{VIA_SEAT, false, NULL, "id", 1023},
		{VIA_SEAT, false, "response", "authenticatorData", 4096},
		{VIA_SEAT, false, "response", "signature", 1024},
		{VIA_SEAT, true, "response", "attestationObject", 16384},
		{VIA_BROWSER, false, "response", "clientDataJSON", 4096},
		{VIA_BROWSER, false, "response", "userHandle", 64},
		{VIA_AGENT, false, NULL, "key", 8192},
		{VIA_AGENT, false, NULL, "signature", 8192},
		{VIA_AGENT, true, "attestation", "blob", 8192},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		for (size_t more = 0; more < 2; more++) {
			json_t *object = json_pack(
				"{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:s, s:s}}",
				"id", "AA", "rawId", "AA", "type", "public-key", "key", "AA",
				"signature", "AA", "response", "clientDataJSON", "AA", "authenticatorData",
				"AA", "signature", "AA", "attestationObject", "AA", "userHandle",
				"AA", "attestation", "blob", "AA", "challenge", "AA");
			json_t *holder = members[i].object == NULL ? object
				: json_object_get(object, members[i].object);
			char *text = zeros(members[i].maximum + more);
			struct key_answer answer;
			const char *why;

			assert_int_equal(json_object_set_new(holder, members[i].name, json_string(text)), 0);
			assert_int_equal(key_answer_parse(members[i].via, members[i].enrolment, object,
					&answer, &why), more == 0 ? STEPUP_OK : STEPUP_INVALID);
			if (more == 1)
				assert_non_null(strstr(why, members[i].name));
			key_answer_clear(&answer);
			json_decref(object);
			free(text);
		}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_browser_s_assertion_is_read),
	cmocka_unit_test(a_user_handle_may_be_left_out_or_null),
	cmocka_unit_test(a_browser_s_registration_is_read_with_its_transports),
	cmocka_unit_test(a_seat_s_answers_bring_no_client_data),
	cmocka_unit_test(an_agent_s_answers_are_blobs),
	cmocka_unit_test(answers_that_are_not_as_they_should_be_are_refused_by_name),
	cmocka_unit_test(every_member_has_its_maximum),
};
TAP_MAIN(tests)
