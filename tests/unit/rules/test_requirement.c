/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What actions require, what credentials earn, which methods are left: as tables.
 */
#include "tests/unit/rules/policy_fixture.h"

#include "verifier/rules/policy/requirement.h"

#define NOW INT64_C(1800000000)
#define B VIA_BROWSER
#define S VIA_SEAT
#define A VIA_AGENT
#define C METHOD_CODE
#define ALL_WAYS METHODS_OF_KEYS

#define GLOBALS \
	"issuer = \"https://stepup.example.com\"\nrp-id = \"example.com\"\n" \
	"origins = { \"https://support.example.com\" }\n" \
	"service export { unix-user = exportd }\n" \
	"allow-models = { \"11111111-1111-1111-1111-111111111111\" }\n"
#define RULE(name, rest) "action " name " { users = { \"*\" } prompt = \"P\" " rest " }\n"
#define OWN(name, rest) "action " name " { users = { \"*\" } " rest " }\n"
#define RULES \
	RULE("a.code", "require = { code }") \
	RULE("a.service", "require = { code } service = export") \
	RULE("a.enough", "require = { code } service = export code-is-enough = yes") \
	RULE("a.key", "require = { key }") \
	RULE("a.pin", "require = { key, pin }") \
	RULE("a.seat", "require = { key } via = { seat }") \
	RULE("a.agent", "require = { key } via = { agent }") \
	RULE("a.hardware", "require = { hardware-key }") \
	RULE("a.two", "require = { key } always-approve = yes approvers = { bob }") \
	OWN("stepup.lock", "require = { code }") \
	OWN("stepup.users", "require = { code } code-is-enough = yes")

/* Whose credentials: one letter each. */
static struct user_record *record_of(const char *letters)
{
	struct user_record *record = user_record_new("alice", 1000);

	for (; *letters != '\0'; letters++) {
		struct credential *credential = user_record_add_credential(record);

		credential->id[2] = *letters; /* C-k… */
		credential->id[3] = '\0';
		if (strchr("tx", *letters) != NULL)
			continue;
		credential->key = calloc(1, sizeof(*credential->key));
		credential->type = strchr("ae", *letters) != NULL ? CREDENTIAL_AGENT : CREDENTIAL_KEY;
		credential->key->algorithm = KEY_ES256;
		credential->key->transports = TRANSPORT_USB | TRANSPORT_NFC;
		memset(credential->key->aaguid, 0x11, KEY_AAGUID_SIZE);
		switch (*letters) {
		case 'h': /* everything a hardware key must be */
			credential->key->attestation = ATTESTATION_VERIFIED;
			break;
		case 'u': /* a chain that leads nowhere */
			credential->key->attestation = ATTESTATION_UNTRUSTED;
			break;
		case 's': /* its own word */
			credential->key->attestation = ATTESTATION_SELF;
			break;
		case 'b': /* may be copied to a cloud */
			credential->key->attestation = ATTESTATION_VERIFIED;
			credential->key->backup_eligible = true;
			break;
		case 'm': /* of another model */
			credential->key->attestation = ATTESTATION_VERIFIED;
			credential->key->aaguid[0] = 0x12;
			break;
		case 'p': /* in a phone */
			credential->key->transports = TRANSPORT_HYBRID | TRANSPORT_INTERNAL;
			break;
		case 'n': /* names no transport */
			credential->key->transports = 0;
			break;
		case 'e': /* an agent's key with an attestation */
			credential->key->attestation = ATTESTATION_VERIFIED;
			break;
		case 'c': /* cooling off */
		case 'l': /* cooling off, longer */
			credential->strong_from = NOW + (*letters == 'c' ? 60 : 90);
			break;
		case 'r': /* revoked */
			credential->state = CREDENTIAL_REVOKED;
			break;
		default: /* 'k': any key; 'a': any agent's */
			break;
		}
	}
	return record;
}

static struct policy *policy;

static int set_up(void **state)
{
	(void)state;
	policy = load_good(GLOBALS RULES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	policy_release(&policy);
	return 0;
}

static void a_credential_earns_what_it_proved_and_no_more(void **state)
{
	static const struct {
		const char *letter;
		enum factor_strength strength;
	} all[] = {
		{"t", FACTOR_CODE}, {"k", FACTOR_KEY}, {"a", FACTOR_KEY}, {"e", FACTOR_KEY},
		{"h", FACTOR_HARDWARE_KEY}, {"u", FACTOR_KEY}, {"s", FACTOR_KEY}, {"b", FACTOR_KEY},
		{"m", FACTOR_KEY}, {"p", FACTOR_KEY}, {"c", FACTOR_CODE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct user_record *record = record_of(all[i].letter);

		if (credential_strength(policy, record->credentials, NOW) != all[i].strength)
			fail_msg("%s earns %s", all[i].letter,
				factor_strength_name(credential_strength(policy, record->credentials, NOW)));
		user_record_free(&record);
	}
}

static void a_proof_is_called_by_its_strength_and_an_agents_never_phishing_resistant(void **state)
{
	static const struct {
		enum factor_strength strength;
		unsigned method;
		const char *acr;
	} all[] = {
		{FACTOR_CODE, C, "otp"}, {FACTOR_CODE, B, "otp"}, {FACTOR_CODE, A, "otp"},
		{FACTOR_KEY, B, "phr"}, {FACTOR_KEY, S, "phr"}, {FACTOR_KEY, A, "key"},
		{FACTOR_HARDWARE_KEY, B, "phrh"}, {FACTOR_HARDWARE_KEY, S, "phrh"},
		{FACTOR_HARDWARE_KEY, A, "key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_string_equal(acr_name(all[i].strength, all[i].method), all[i].acr);
		assert_string_equal(acr_of_name(all[i].acr), all[i].acr);
	}
	assert_string_equal(acr_of_name("hwk"), "otp");
	assert_string_equal(acr_of_name(""), "otp");
}

static void a_credential_is_hardware_where_its_maker_says_so_and_it_can_not_be_copied(void **state)
{
	static const struct {
		const char *letter;
		bool hardware;
	} all[] = {
		{"t", false}, {"k", false}, {"a", false}, {"e", true}, {"h", true}, {"u", false},
		{"s", false}, {"b", false}, {"m", true}, {"p", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct user_record *record = record_of(all[i].letter);

		if (credential_is_hardware(record->credentials) != all[i].hardware)
			fail_msg("%s", all[i].letter);
		user_record_free(&record);
	}
}

static void cooling_off_ends_at_its_second(void **state)
{
	struct user_record *record = record_of("c");

	(void)state;
	assert_int_equal(credential_strength(policy, record->credentials, NOW + 59), FACTOR_CODE);
	assert_int_equal(credential_strength(policy, record->credentials, NOW + 60), FACTOR_KEY);
	user_record_free(&record);
}

static void the_model_lists_in_force_decide_not_those_at_enrolment(void **state)
{
	static const char *const lists[] = {"",
		"deny-models = { \"11111111-1111-1111-1111-111111111111\" }\n",
		"allow-models = { \"22222222-2222-2222-2222-222222222222\" }\n"};
	static const enum factor_strength earned[] = {FACTOR_HARDWARE_KEY, FACTOR_KEY, FACTOR_KEY};
	struct user_record *record = record_of("h");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char text[512];
		struct policy *other;

		snprintf(text, sizeof(text), "issuer = \"https://stepup.example.com\"\n%s", lists[i]);
		other = load_good(text);
		assert_int_equal(credential_strength(other, record->credentials, NOW), earned[i]);
		policy_release(&other);
	}
	user_record_free(&record);
}

static void a_rule_requires_what_it_says_and_a_key_where_a_code_is_not_enough(void **state)
{
	static const struct {
		const char *action;
		enum factor_strength strength;
		bool pin, approval;
		unsigned methods;
	} all[] = {
		{"a.code", FACTOR_CODE, false, false, B | S | A | C},
		{"a.service", FACTOR_KEY, false, false, B | S | A},
		{"a.enough", FACTOR_CODE, false, false, B | S | A | C},
		{"a.key", FACTOR_KEY, false, false, B | S | A},
		{"a.pin", FACTOR_KEY, true, false, B | S | A},
		{"a.seat", FACTOR_KEY, false, false, S},
		{"a.agent", FACTOR_KEY, false, false, A},
		{"a.hardware", FACTOR_HARDWARE_KEY, true, false, B | S},
		{"a.two", FACTOR_KEY, false, true, B | S | A},
		{"stepup.test", FACTOR_CODE, false, false, B | S | A | C},
		{"stepup.lock", FACTOR_KEY, false, false, B | S | A},
		{"stepup.users", FACTOR_CODE, false, false, B | S | A | C},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct requirement requirement =
			requirement_of(policy, policy_rule(policy, all[i].action), all[i].action, NULL, NULL);

		if (requirement.strength != all[i].strength || requirement.pin != all[i].pin ||
		    requirement.approval != all[i].approval || requirement.methods != all[i].methods)
			fail_msg("%s: strength %d, pin %d, approval %d, methods %x", all[i].action,
				(int)requirement.strength, requirement.pin, requirement.approval,
				requirement.methods);
	}
}

static void without_an_origin_there_is_no_browser(void **state)
{
	struct policy *plain =
		load_good("issuer = \"https://stepup.example.com\"\n" RULE("a.key", "require = { key }"));

	(void)state;
	assert_int_equal(requirement_of(plain, policy_rule(plain, "a.key"), "a.key", NULL, NULL).methods,
		S | A);
	policy_release(&plain);
}

static void adding_or_removing_a_key_takes_a_key(void **state)
{
	static const struct {
		const char *action, *name, *value;
		enum factor_strength strength;
	} all[] = {
		{"stepup.enroll", "type", "totp", FACTOR_CODE},
		{"stepup.enroll", "type", "hotp", FACTOR_CODE},
		{"stepup.enroll", "type", "key", FACTOR_KEY},
		{"stepup.enroll", "type", "agent", FACTOR_KEY},
		{"stepup.remove", "credential", "C-t", FACTOR_CODE},
		{"stepup.remove", "credential", "C-h", FACTOR_KEY},
		{"stepup.remove", "credential", "C-c", FACTOR_KEY},
		{"stepup.remove", "credential", "C-a", FACTOR_KEY},
		{"stepup.remove", "credential", "C-nobody", FACTOR_CODE},
		{"stepup.test", NULL, NULL, FACTOR_CODE},
	};
	struct user_record *record = record_of("thca");

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct rule *rule = policy_rule(policy, all[i].action);
		json_t *details = all[i].name == NULL ? json_object()
			: json_pack("{s:s}", all[i].name, all[i].value);
		struct action *action = NULL;
		const struct detail_spec *specs;
		char bad[DETAIL_NAME_SIZE];
		struct requirement requirement;
		size_t count;

		policy_details(rule, all[i].action, &specs, &count);
		assert_int_equal(action_parse(all[i].action, details, specs, count, &action, bad), STEPUP_OK);
		requirement = requirement_of(policy, rule, all[i].action, action, record);
		if (requirement.strength != all[i].strength ||
		    (requirement.methods & C) != (all[i].strength == FACTOR_CODE ? C : 0))
			fail_msg("%s %s: strength %d", all[i].action, all[i].value,
				(int)requirement.strength);
		action_free(&action);
		json_decref(details);
	}
	user_record_free(&record);
}

static void what_is_offered_is_required_enrolled_live_and_in_reach(void **state)
{
	static const struct {
		const char *action, *credentials;
		unsigned reach, methods;
		enum shortfall shortfall;
	} all[] = {
		/* What there is decides. */
		{"a.code", "t", 0, C, SHORTFALL_NONE},
		{"a.code", "tk", 0, C, SHORTFALL_NONE},
		{"a.code", "tk", ALL_WAYS, B | S | C, SHORTFALL_NONE},
		{"a.code", "tka", ALL_WAYS, B | S | A | C, SHORTFALL_NONE},
		{"a.code", "k", B, B, SHORTFALL_NONE},
		{"a.code", "a", ALL_WAYS, A, SHORTFALL_NONE},
		{"a.code", "c", ALL_WAYS, B | S, SHORTFALL_NONE},
		{"a.code", "", ALL_WAYS, 0, SHORTFALL_NO_FACTOR},
		{"a.code", "r", ALL_WAYS, 0, SHORTFALL_NO_FACTOR},
		/* A key in a phone or a computer is for the browser alone; one that names no transport
		 * may be anything. */
		{"a.code", "p", ALL_WAYS, B, SHORTFALL_NONE},
		{"a.code", "n", ALL_WAYS, B | S, SHORTFALL_NONE},
		/* What is required decides. */
		{"a.key", "t", ALL_WAYS, 0, SHORTFALL_NO_FACTOR},
		{"a.key", "tc", ALL_WAYS, 0, SHORTFALL_COOLING},
		{"a.key", "tk", ALL_WAYS, B | S, SHORTFALL_NONE},
		{"a.key", "ta", ALL_WAYS, A, SHORTFALL_NONE},
		{"a.service", "tk", ALL_WAYS, B | S, SHORTFALL_NONE},
		{"a.service", "t", ALL_WAYS, 0, SHORTFALL_NO_FACTOR},
		{"a.hardware", "tkae", ALL_WAYS, 0, SHORTFALL_NOT_HARDWARE},
		{"a.hardware", "usbm", ALL_WAYS, 0, SHORTFALL_NOT_HARDWARE},
		{"a.hardware", "tkh", ALL_WAYS, B | S, SHORTFALL_NONE},
		/* The rule's ways decide. */
		{"a.seat", "h", ALL_WAYS, S, SHORTFALL_NONE},
		{"a.seat", "a", ALL_WAYS, 0, SHORTFALL_WAY},
		{"a.seat", "p", ALL_WAYS, 0, SHORTFALL_WAY},
		{"a.agent", "k", ALL_WAYS, 0, SHORTFALL_WAY},
		{"a.agent", "ka", ALL_WAYS, A, SHORTFALL_NONE},
		/* Where the person is decides. */
		{"a.key", "k", 0, 0, SHORTFALL_REACH},
		{"a.key", "k", A, 0, SHORTFALL_REACH},
		{"a.key", "kc", A, 0, SHORTFALL_REACH},
		{"a.key", "ka", A, A, SHORTFALL_NONE},
		{"a.code", "k", 0, 0, SHORTFALL_REACH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct requirement requirement =
			requirement_of(policy, policy_rule(policy, all[i].action), all[i].action, NULL, NULL);
		struct user_record *record = record_of(all[i].credentials);
		struct offer offer = offer_of(policy, &requirement, record, all[i].reach, NOW);

		if (offer.methods != all[i].methods || offer.shortfall != all[i].shortfall)
			fail_msg("%s with \"%s\" reaching %x: methods %x, shortfall %d", all[i].action,
				all[i].credentials, all[i].reach, offer.methods, (int)offer.shortfall);
		user_record_free(&record);
	}
}

static void nobody_is_offered_nothing(void **state)
{
	struct requirement requirement =
		requirement_of(policy, policy_rule(policy, "a.code"), "a.code", NULL, NULL);
	struct offer offer = offer_of(policy, &requirement, NULL, ALL_WAYS, NOW);

	(void)state;
	assert_int_equal(offer.methods, 0);
	assert_int_equal(offer.shortfall, SHORTFALL_NO_FACTOR);
}

static void of_keys_that_cool_off_the_first_to_be_ready_is_told(void **state)
{
	struct requirement requirement =
		requirement_of(policy, policy_rule(policy, "a.key"), "a.key", NULL, NULL);
	static const char *const orders[] = {"lc", "cl", "tlcr"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct user_record *record = record_of(orders[i]);
		struct offer offer = offer_of(policy, &requirement, record, ALL_WAYS, NOW);

		assert_int_equal(offer.shortfall, SHORTFALL_COOLING);
		assert_int_equal(offer.strong_from, NOW + 60);
		user_record_free(&record);
	}
}

static void suspended_codes_are_offered_only_where_there_is_nothing_else(void **state)
{
	struct requirement requirement =
		requirement_of(policy, policy_rule(policy, "a.code"), "a.code", NULL, NULL);
	struct user_record *record = record_of("tk");

	(void)state;
	record->guesses.suspended = true;
	assert_int_equal(offer_of(policy, &requirement, record, ALL_WAYS, NOW).methods, B | S);
	assert_int_equal(offer_of(policy, &requirement, record, 0, NOW).methods, C);
	user_record_free(&record);
}

static void methods_have_names_and_an_order(void **state)
{
	static const char *const names[] = {"browser", "seat", "agent", "code"};
	unsigned methods = METHODS_OF_KEYS | METHOD_CODE;

	(void)state;
	for (size_t i = 0; i < METHODS_MAX; i++, methods &= ~method_best(methods)) {
		assert_string_equal(method_name(method_best(methods)), names[i]);
		assert_int_equal(method_of_name(names[i]), method_best(methods));
	}
	assert_int_equal(methods, 0);
	assert_int_equal(method_best(0), 0);
	assert_int_equal(method_of_name("totp"), 0);
	assert_int_equal(method_of_name(""), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_credential_earns_what_it_proved_and_no_more),
	cmocka_unit_test(a_proof_is_called_by_its_strength_and_an_agents_never_phishing_resistant),
	cmocka_unit_test(a_credential_is_hardware_where_its_maker_says_so_and_it_can_not_be_copied),
	cmocka_unit_test(cooling_off_ends_at_its_second),
	cmocka_unit_test(the_model_lists_in_force_decide_not_those_at_enrolment),
	cmocka_unit_test(a_rule_requires_what_it_says_and_a_key_where_a_code_is_not_enough),
	cmocka_unit_test(without_an_origin_there_is_no_browser),
	cmocka_unit_test(adding_or_removing_a_key_takes_a_key),
	cmocka_unit_test(what_is_offered_is_required_enrolled_live_and_in_reach),
	cmocka_unit_test(nobody_is_offered_nothing),
	cmocka_unit_test(of_keys_that_cool_off_the_first_to_be_ready_is_told),
	cmocka_unit_test(suspended_codes_are_offered_only_where_there_is_nothing_else),
	cmocka_unit_test(methods_have_names_and_an_order),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
