/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a key is asked to sign, by each way.
 */
#include "tests/unit/rules/policy_fixture.h"

#include <jansson.h>

#include "lib/wire/base64url.h"
#include "verifier/evidence/key_request.h"

#define TOP "issuer = \"https://stepup.example.com:8443\"\nhost = bastion1\n"

static const uint8_t user_id[USER_ID_SIZE] = {1}, nonce[CONTEXT_NONCE_SIZE] = {2},
	commitment[DIGEST_SIZE] = {3};

static struct context_facts facts_of(const struct policy *policy, const char *purpose)
{
	return (struct context_facts){.purpose = purpose, .policy = policy, .caller = "alice",
		.user = "alice", .user_id = user_id, .rule = policy_rule(policy, "stepup.enroll"),
		.prompt = "Enroll a key", .commitment = commitment, .nonce = nonce, .iat = 5, .exp = 6};
}

static json_t *parse(const char *text)
{
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(object);
	return object;
}

static void each_way_has_a_context_and_a_challenge_of_its_own(void **state)
{
	static const struct {
		enum via via;
		const char *name;
	} all[] = {{VIA_BROWSER, "browser"}, {VIA_SEAT, "seat"}, {VIA_AGENT, "agent"}};
	struct policy *policy = load_good(TOP);
	struct context_facts facts = facts_of(policy, "auth");
	uint8_t challenges[3][DIGEST_SIZE];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct key_request request = {0};
		uint8_t challenge[DIGEST_SIZE];
		json_t *context;

		assert_int_equal(key_request_make(&facts, all[i].via, &request), STEPUP_OK);
		context = parse(request.context);
		assert_int_equal(request.via, all[i].via);
		assert_string_equal(json_string_value(json_object_get(context, "via")), all[i].name);
		assert_int_equal(context_challenge(request.context, request.context_size, challenge),
			STEPUP_OK);
		assert_memory_equal(request.challenge, challenge, DIGEST_SIZE);
		memcpy(challenges[i], challenge, DIGEST_SIZE);
		assert_int_equal(request.client_data != NULL, all[i].via == VIA_SEAT);
		json_decref(context);
		key_request_clear(&request);
		assert_null(request.context);
	}
	assert_memory_not_equal(challenges[0], challenges[1], DIGEST_SIZE);
	assert_memory_not_equal(challenges[1], challenges[2], DIGEST_SIZE);
	assert_memory_not_equal(challenges[0], challenges[2], DIGEST_SIZE);
	policy_release(&policy);
}

static void a_seats_client_data_is_written_as_a_browser_would(void **state)
{
	struct policy *policy = load_good(TOP);
	struct context_facts facts = facts_of(policy, "auth"), enrol = facts_of(policy, "enrol");
	struct key_request request = {0};
	char challenge[BASE64URL_LENGTH(DIGEST_SIZE) + 1], expected[256];

	(void)state;
	assert_int_equal(key_request_make(&facts, VIA_SEAT, &request), STEPUP_OK);
	base64url_encode(request.challenge, DIGEST_SIZE, challenge);
	snprintf(expected, sizeof(expected), "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		"\"origin\":\"stepup://bastion1\",\"crossOrigin\":false}", challenge);
	assert_string_equal(request.client_data, expected);
	key_request_clear(&request);
	assert_int_equal(key_request_make(&enrol, VIA_SEAT, &request), STEPUP_OK);
	assert_non_null(strstr(request.client_data, "{\"type\":\"webauthn.create\","));
	key_request_clear(&request);
	policy_release(&policy);
}

static void the_namespace_is_the_issuers_host(void **state)
{
	static const struct {
		const char *text, *namespace;
	} all[] = {{TOP, "stepup@stepup.example.com"},
		{"issuer = \"https://a.example/b/c\"\n", "stepup@a.example"},
		{"issuer = \"http://localhost\"\n", "stepup@localhost"}};
	char namespace[KEY_NAMESPACE_SIZE];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct policy *policy = load_good(all[i].text);

		assert_int_equal(key_namespace(policy, namespace), STEPUP_OK);
		assert_string_equal(namespace, all[i].namespace);
		policy_release(&policy);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_way_has_a_context_and_a_challenge_of_its_own),
	cmocka_unit_test(a_seats_client_data_is_written_as_a_browser_would),
	cmocka_unit_test(the_namespace_is_the_issuers_host),
};

TAP_MAIN(tests)
