/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about Explain, over a real store.
 */
#include "tests/unit/rules/policy_fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "verifier/rules/explain/explain.h"
#include "verifier/rules/limits/limits.h"

#define NOW INT64_C(1800000000)
#define POLICY \
	"issuer = \"https://s.example\"\norigins = { \"https://s.example\" }\nhelp = \"Desk 5\"\n" \
	"group support { unix = support }\nservice export { unix-user = exportd }\n" \
	"action customer.export { users = { \"@support\" } details = { \"account:text\", " \
	"\"records:number\" }\n" \
	"prompt = \"Export {records} contacts of {account}\" require = { code } code-is-enough = yes\n" \
	"limit = { \"5 per 24h\", \"20000 records per 24h\" } service = export }\n" \
	"action customer.key { users = { \"@support\" } prompt = \"Show the key\" " \
	"require = { hardware-key } }\n" \
	"action customer.plug { users = { \"@support\" } prompt = \"Plug\" require = { key, " \
	"pin } via = { seat, agent } }\n" \
	"action customer.look { users = { \"@support\" } prompt = \"Look\" require = { code } }\n" \
	"action customer.close { users = { \"@support\" } prompt = \"Close\" " \
	"require = { code } always-approve = yes approvers = { bob } }\n"

static char folder[64];
static struct store *store;
static struct store_session *reader, *writer;
static struct policy *policy;
static struct user_record *record;

static const gid_t in_support[] = {GID_SUPPORT};
static const struct policy_user alice = {.name = "alice", .gids = in_support, .gid_count = 1},
	mallory = {.name = "mallory"};

static int set_up(void **state)
{
	const uint8_t bytes[MASTER_KEY_SIZE] = {7};
	struct master_key *key = NULL;
	char url[128], *why = NULL;
	struct credential *credential;

	(void)state;
	strcpy(folder, "/tmp/stepup-explain-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(url, sizeof(url), "sqlite:%s/stepup.db", folder);
	if (master_key_from_bytes(bytes, &key) != STEPUP_OK ||
	    store_open(url, key, &store, &why) != STEPUP_OK)
		return -1;
	master_key_free(&key);
	if (store_session_open(store, true, &writer) != STEPUP_OK ||
	    store_session_open(store, false, &reader) != STEPUP_OK)
		return -1;
	policy = load_good(POLICY);
	record = user_record_new("alice", 1000);
	credential = user_record_add_credential(record);
	if (credential == NULL)
		return -1;
	credential->otp.size = 20;
	credential->otp.digits = 6;
	credential->otp.period_seconds = 30;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	user_record_free(&record);
	policy_release(&policy);
	store_session_close(&reader);
	store_session_close(&writer);
	store_close(&store);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* Asks, with what all questions have in common. */
static bool no_account; /* the name has none */

static json_t *explain(struct explain_question question)
{
	json_t *reply = NULL;

	question.policy = policy;
	question.store = store;
	question.reader = reader;
	question.now = NOW;
	question.uid = no_account ? -1 : 1000;
	if (question.caller == NULL)
		question.caller = "alice";
	if (question.user == NULL)
		question.user = &alice;
	assert_int_equal(explain_action(&question, &reply), STEPUP_OK);
	assert_non_null(reply);
	return reply;
}

static const char *text(const json_t *reply, const char *field)
{
	return json_string_value(json_object_get(reply, field));
}

static json_t *export_details(json_int_t records)
{
	return json_pack("{s:s, s:I}", "account", "trezor", "records", records);
}

static void what_would_be_asked_and_what_is_left_is_told(void **state)
{
	json_t *details = export_details(300);
	json_t *reply = explain((struct explain_question){.action = "customer.export", .record = record,
			.details = details, .is_insider = true});

	(void)state;
	assert_true(json_is_true(json_object_get(reply, "allowed")));
	assert_string_equal(text(reply, "prompt"), "Export 300 contacts of trezor");
	assert_string_equal(text(reply, "rule"), "f:6");
	assert_string_equal(text(reply, "service"), "export");
	assert_string_equal(text(reply, "why"), "The rule customer.export (f:6) covers customer.export; "
		"it takes a code. Over a limit it is refused.");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "require"), 0)), "code");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 0)),
		"5 per 24h: 5 left, this takes 1");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 1)),
		"20000 records per 24h: 20000 left, this takes 300");
	json_decref(reply);
	json_decref(details);
}

static void asking_charges_nothing_and_what_was_charged_is_told(void **state)
{
	json_t *details = export_details(19900), *more = export_details(300), *reply;
	const struct rule *rule = policy_rule(policy, "customer.export");
	const struct limit *over = NULL;
	struct action *action = NULL;
	char bad[DETAIL_NAME_SIZE];

	(void)state;
	for (int i = 0; i < 10; i++)
		json_decref(explain((struct explain_question){.action = "customer.export", .record = record,
					.details = details, .is_insider = true}));
	assert_int_equal(action_parse("customer.export", details, rule->details, rule->detail_count, &action,
			bad), STEPUP_OK);
	assert_int_equal(store_begin(writer), STEPUP_OK);
	assert_int_equal(limits_charge(&(struct usage){store, writer, rule, action, NOW - 60}, record, &over),
		STEPUP_OK);
	assert_int_equal(store_commit(writer), STEPUP_OK);
	reply = explain((struct explain_question){
			.action = "customer.export", .record = record, .details = more, .is_insider = true});
	assert_true(json_is_false(json_object_get(reply, "allowed")));
	assert_string_equal(text(reply, "outcome"), "OverLimit");
	assert_string_equal(text(reply, "why"), "The rule customer.export (f:6) limits it to 20000 records "
		"per 24h, and of that 100 are left: this takes 300. Over it everything is refused "
		"(over-limit = deny). It has to wait until earlier uses no longer count.");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 0)),
		"5 per 24h: 4 left, this takes 1");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 1)),
		"20000 records per 24h: 100 left, this takes 300");
	json_decref(reply);
	/* An outsider hears of the rule, not of the person. */
	reply = explain((struct explain_question){
			.action = "customer.export", .record = record, .details = more});
	assert_true(json_is_true(json_object_get(reply, "allowed")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 1)),
		"20000 records per 24h");
	json_decref(reply);
	action_free(&action);
	json_decref(details);
	json_decref(more);
}

static void expect_no(struct explain_question question, const char *words)
{
	json_t *reply = explain(question);

	assert_true(json_is_false(json_object_get(reply, "allowed")));
	if (strstr(text(reply, "why"), words) == NULL)
		fail_msg("expected %s in: %s", words, text(reply, "why"));
	json_decref(reply);
}

static void each_no_says_why(void **state)
{
	json_t *wrong = json_pack("{s:s}", "account", "trezor");
	struct user_record *empty = user_record_new("alice", 1000);

	(void)state;
	assert_non_null(empty);
	expect_no((struct explain_question){.action = "customer.nothing", .record = record},
		"No rule covers customer.nothing");
	expect_no((struct explain_question){.action = "../x", .record = record}, "No rule covers ../x");
	expect_no((struct explain_question){.action = "stepup.lock", .record = record},
		"No rule covers stepup.lock");
	expect_no((struct explain_question){
			.action = "customer.look", .user = &mallory, .record = record, .is_insider = true},
		"doesn't name mallory, so they are not allowed to do customer.look: its users are @support.");
	expect_no((struct explain_question){.action = "customer.key", .record = record, .is_insider = true},
		"needs a hardware key of a trusted model, and alice has none");
	expect_no((struct explain_question){.action = "customer.close", .record = record},
		"a second person must agree: bob");
	expect_no((struct explain_question){.action = "customer.export", .record = record, .details = wrong},
		"\"records\" is missing");
	expect_no((struct explain_question){.action = "customer.look", .record = record, .frozen = "L-7"},
		"customer.look is frozen for everybody (L-7)");
	expect_no((struct explain_question){.action = "customer.look", .record = empty, .is_insider = true},
		"alice has enrolled nothing that counts, and customer.look takes code");
	expect_no((struct explain_question){.action = "customer.look", .is_insider = true},
		"alice has enrolled nothing that counts, and customer.look takes code");
	strcpy(record->lock.reference, "L-83");
	record->lock.locked = true;
	expect_no((struct explain_question){.action = "customer.look", .record = record,
			.lock = &record->lock, .is_insider = true}, "alice is locked (L-83), since ");
	user_record_free(&empty);
	json_decref(wrong);
}

static struct credential *add_key(enum credential_type type, enum key_attestation attestation)
{
	struct credential *credential = user_record_add_credential(record);

	credential->type = type;
	credential->key = calloc(1, sizeof(*credential->key));
	credential->key->attestation = attestation;
	return credential;
}

/* Asks about alice's own affairs. */
static void expect(const char *action, bool allowed, const char *require, const char *words)
{
	json_t *reply =
		explain((struct explain_question){.action = action, .record = record, .is_insider = true});
	char *said = json_dumps(json_object_get(reply, "require"), JSON_COMPACT);

	assert_int_equal(json_is_true(json_object_get(reply, "allowed")), allowed);
	assert_string_equal(said, require);
	if (strstr(text(reply, "why"), words) == NULL)
		fail_msg("%s: %s", action, text(reply, "why"));
	free(said);
	json_decref(reply);
}

static void what_is_required_and_what_serves_is_told(void **state)
{
	struct credential *credential;

	(void)state;
	expect("customer.look", true, "[\"code\"]", "it takes a code.");
	expect("customer.plug", false, "[\"key\",\"pin\"]", "needs a security key, and alice has none");
	credential = add_key(CREDENTIAL_KEY, ATTESTATION_UNTRUSTED);
	expect("customer.look", true, "[\"code\"]",
		"it takes a code, a key plugged in or a key in a browser.");
	expect("customer.plug", true, "[\"key\",\"pin\"]", "it takes a key plugged in with its PIN.");
	expect("customer.key", false, "[\"hardware-key\",\"pin\"]", "alice has keys, none of which is one");
	credential->strong_from = NOW + 60;
	expect("customer.plug", false, "[\"key\",\"pin\"]", "counts as a code until ");
	expect("customer.look", true, "[\"code\"]",
		"it takes a code, a key plugged in or a key in a browser.");
	add_key(CREDENTIAL_AGENT, ATTESTATION_VERIFIED);
	expect("customer.plug", true, "[\"key\",\"pin\"]",
		"it takes a key behind an SSH agent with its PIN.");
	expect("customer.key", false, "[\"hardware-key\",\"pin\"]", "alice has keys, none of which is one");
	add_key(CREDENTIAL_KEY, ATTESTATION_VERIFIED);
	expect("customer.key", true, "[\"hardware-key\",\"pin\"]", "it takes a hardware key plugged in with "
		"its PIN or a hardware key in a browser with its PIN.");
}

static void adding_a_key_is_said_to_take_one(void **state)
{
	json_t *details = json_pack("{s:s}", "type", "key"), *reply;

	(void)state;
	reply = explain((struct explain_question){
			.action = "stepup.enroll", .record = record, .is_insider = true, .details = details});
	assert_true(json_is_false(json_object_get(reply, "allowed")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "require"), 0)), "key");
	json_decref(reply);
	json_object_set_new(details, "type", json_string("totp"));
	reply = explain((struct explain_question){
			.action = "stepup.enroll", .record = record, .is_insider = true, .details = details});
	assert_true(json_is_true(json_object_get(reply, "allowed")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "require"), 0)), "code");
	json_decref(reply);
	json_decref(details);
}

static void outsiders_hear_the_same_of_everybody(void **state)
{
	json_t *known, *unknown, *locked;

	(void)state;
	known = explain((struct explain_question){.action = "customer.plug", .record = record});
	assert_true(json_is_true(json_object_get(known, "allowed")));
	assert_non_null(strstr(text(known, "why"),
			"it takes a key behind an SSH agent with its PIN or a key plugged in with its PIN."));
	json_decref(known);
	known = explain((struct explain_question){.action = "customer.look", .record = record});
	unknown = explain((struct explain_question){.action = "customer.look"});
	record->lock.locked = true;
	locked = explain((struct explain_question){
			.action = "customer.look", .record = record, .lock = &record->lock});
	assert_int_equal(json_equal(known, unknown), 1);
	assert_int_equal(json_equal(known, locked), 1);
	json_decref(known);
	json_decref(unknown);
	json_decref(locked);
}

static void without_details_the_rule_is_explained_as_far_as_it_goes(void **state)
{
	json_t *reply = explain((struct explain_question){
			.action = "customer.export", .record = record, .is_insider = true});

	(void)state;
	assert_true(json_is_true(json_object_get(reply, "allowed")));
	assert_null(json_object_get(reply, "prompt"));
	assert_non_null(strstr(text(reply, "why"), "Give the details"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "limits"), 0)),
		"5 per 24h");
	json_decref(reply);
}

static void suspended_codes_and_another_accounts_credentials_are_no_way_in(void **state)
{
	(void)state;
	record->guesses.suspended = true;
	expect_no((struct explain_question){.action = "customer.look", .record = record, .is_insider = true},
		"have suspended the codes of alice");
	record->guesses.suspended = false;
	record->uid = 2000;
	expect_no((struct explain_question){.action = "customer.look", .former = record, .is_insider = true,
			.sees_everybody = true},
		"another account's (its uid was 2000): the name has another uid now");
	expect_no((struct explain_question){.action = "customer.look", .former = record, .is_insider = true},
		"another account's: the name has another uid now");
}

static void an_account_that_is_gone_for_a_moment_is_no_reason_to_revoke(void **state)
{
	json_t *reply;

	(void)state;
	record->uid = 2000;
	no_account = true;
	reply = explain((struct explain_question){.action = "customer.look", .former = record,
			.is_insider = true, .sees_everybody = true});
	no_account = false;
	assert_string_equal(text(reply, "outcome"), "NotAllowed");
	assert_non_null(strstr(text(reply, "why"), "this host knows no account of that name just now"));
	assert_null(strstr(text(reply, "why"), "revoke"));
	json_decref(reply);
}

/* Who could agree to customer.close, as somebody who sees everybody is told, or as the person is. */
static void expect_approver(bool sees_everybody, const char *words)
{
	json_t *reply = explain((struct explain_question){
		.action = "customer.close", .record = record, .is_insider = true,
		.sees_everybody = sees_everybody});

	assert_string_equal(text(reply, "outcome"), "NeedsApproval");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "approvers"), 0)), words);
	json_decref(reply);
}

static void save_bob(struct user_record *bob)
{
	assert_int_equal(store_begin(writer), STEPUP_OK);
	assert_int_equal(store_user_save(writer, bob), STEPUP_OK);
	assert_int_equal(store_commit(writer), STEPUP_OK);
}

static void why_an_approver_cannot_agree_is_told_to_administrators_only(void **state)
{
	struct user_record *bob = user_record_new("bob", 1000);
	struct credential *credential;

	(void)state;
	expect_approver(true, "bob (can't: nothing enrolled)");
	expect_approver(false, "bob");
	credential = user_record_add_credential(bob);
	credential->otp.size = 20;
	credential->otp.bytes[0] = 1;
	credential->otp.digits = 6;
	credential->otp.period_seconds = 30;
	save_bob(bob);
	expect_approver(true, "bob (can't: the same account)");
	bob->uid = 1001;
	save_bob(bob);
	expect_approver(true, "bob (can't: no factor that is enough)");
	bob->lock.locked = true;
	save_bob(bob);
	expect_approver(true, "bob (can't: locked)");
	expect_approver(false, "bob");
	user_record_free(&bob);
}

static const uint8_t here[GUESS_SOURCE_SIZE] = {1}, there[GUESS_SOURCE_SIZE] = {2};

/* Stores what alice asked of bob for customer.close: from a place, through a service; agreed to or not. */
static void ask_bob(const uint8_t *source, const char *service, enum request_state state)
{
	const struct rule *rule = policy_rule(policy, "customer.close");
	struct approval_request request = {.uid = 1000, .requested = NOW - 60, .expires = NOW + 540};
	struct action *action = NULL;
	char bad[DETAIL_NAME_SIZE];

	assert_int_equal(request_id_make(request.id), STEPUP_OK);
	assert_int_equal(action_parse("customer.close", NULL, NULL, 0, &action, bad), STEPUP_OK);
	assert_int_equal(action_digest(action, request.action_digest), STEPUP_OK);
	memcpy(request.user_id, record->user_id, USER_ID_SIZE);
	memcpy(request.source, source, GUESS_SOURCE_SIZE);
	memcpy(request.rule, rule->digest, DIGEST_SIZE);
	strcpy(request.user, "alice");
	strcpy(request.caller, "alice");
	strcpy(request.service, service);
	strcpy(request.action, "customer.close");
	strcpy(request.approver, "bob");
	request.details = strdup("{}");
	request.prompt = strdup("Close");
	assert_int_equal(store_begin(writer), STEPUP_OK);
	assert_int_equal(store_request_add(writer, &request), STEPUP_OK);
	if (state != REQUEST_REQUESTED)
		assert_int_equal(store_request_move(writer, &request, state), STEPUP_OK);
	assert_int_equal(store_commit(writer), STEPUP_OK);
	approval_request_clear(&request);
	action_free(&action);
}

/* What is said of customer.close, from a place that is known, or not. */
static void expect_close_from(struct explain_question place, const char *outcome, const char *words)
{
	json_t *reply;

	place.action = "customer.close";
	place.record = record;
	place.is_insider = true;
	reply = explain(place);

	assert_string_equal(text(reply, "outcome"), outcome);
	if (strstr(text(reply, "why"), words) == NULL)
		fail_msg("expected %s in: %s", words, text(reply, "why"));
	json_decref(reply);
}

/* To alice, who is at `source`. */
static void expect_close(const uint8_t *source, const char *outcome, const char *words)
{
	expect_close_from((struct explain_question){.source = source, .knows_place = source != NULL},
		outcome, words);
}

static void what_was_agreed_to_counts_from_where_it_was_asked(void **state)
{
	(void)state;
	ask_bob(here, "", REQUEST_APPROVED);
	expect_close(here, "Asked", "bob agreed to it as the second person");
	expect_close(there, "NeedsApproval",
		"was agreed to by bob: that counts from where it was asked, in the same words, until ");
	expect_close(NULL, "NeedsApproval", "was agreed to by bob: that counts from where it was asked");
}

static void what_was_agreed_to_for_a_service_counts_there(void **state)
{
	(void)state;
	ask_bob(here, "sudo", REQUEST_APPROVED);
	expect_close(here, "NeedsApproval", "was agreed to by bob: that counts from where it was asked");
	ask_bob(here, "", REQUEST_APPROVED);
	expect_close(here, "Asked", "bob agreed to it as the second person");
}

static void a_place_that_is_named_is_the_one_where_it_was_asked(void **state)
{
	(void)state;
	ask_bob(here, "sudo", REQUEST_APPROVED);
	expect_close_from((struct explain_question){.knows_place = true, .service = "sudo"}, "Asked",
		"bob agreed to it as the second person");
	/* Of whoever asks for themselves it is one place, wherever they say that they are. */
	expect_close_from((struct explain_question){.knows_place = true, .service = "sudo",
			.rhost = "10.0.0.1"}, "Asked", "bob agreed to it");
	expect_close_from((struct explain_question){.knows_place = true, .service = "sshd"}, "NeedsApproval",
		"It was asked by the account alice, for the service sudo.");
	expect_close_from((struct explain_question){.knows_place = true, .service = "sudo", .caller = "root"},
		"NeedsApproval", "that counts from where it was asked");
	expect_close_from((struct explain_question){.service = "sudo"}, "NeedsApproval",
		"that counts from where it was asked");
}

static void three_from_one_place_are_as_many_as_may_wait_there(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		ask_bob(here, "sudo", REQUEST_REQUESTED);
	expect_close(here, "OverLimit",
		"3 requests of alice from here wait already, as many as may from one place");
	expect_close(there, "NeedsApproval", "for it waits until ");
	expect_close(NULL, "NeedsApproval", "for it waits until ");
	ask_bob(there, "sudo", REQUEST_REQUESTED);
	expect_close(there, "OverLimit", "as many requests of alice wait already as may at once (4)");
}

static void one_that_waits_from_here_needs_no_other(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		ask_bob(here, i == 0 ? "" : "sudo", REQUEST_REQUESTED);
	expect_close(here, "NeedsApproval", "for it waits until ");
}

static void a_place_whose_three_were_denied_has_to_wait(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		ask_bob(here, "", REQUEST_DENIED);
	expect_close(here, "OverLimit", "3 requests of alice from here were denied or not answered lately");
	expect_close(there, "NeedsApproval", "asks a second person each time");
}

static void a_built_in_rule_is_named_as_one(void **state)
{
	json_t *reply = explain((struct explain_question){
			.action = "stepup.test", .user = &mallory, .record = record, .is_insider = true});

	(void)state;
	assert_true(json_is_true(json_object_get(reply, "allowed")));
	assert_string_equal(text(reply, "rule"), "built-in");
	assert_string_equal(text(reply, "prompt"), "Try your step-up. Nothing else happens");
	json_decref(reply);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	WITH_STORE(what_would_be_asked_and_what_is_left_is_told),
	WITH_STORE(asking_charges_nothing_and_what_was_charged_is_told),
	WITH_STORE(each_no_says_why),
	WITH_STORE(what_is_required_and_what_serves_is_told),
	WITH_STORE(adding_a_key_is_said_to_take_one),
	WITH_STORE(outsiders_hear_the_same_of_everybody),
	WITH_STORE(without_details_the_rule_is_explained_as_far_as_it_goes),
	WITH_STORE(an_account_that_is_gone_for_a_moment_is_no_reason_to_revoke),
	WITH_STORE(suspended_codes_and_another_accounts_credentials_are_no_way_in),
	WITH_STORE(why_an_approver_cannot_agree_is_told_to_administrators_only),
	WITH_STORE(what_was_agreed_to_counts_from_where_it_was_asked),
	WITH_STORE(what_was_agreed_to_for_a_service_counts_there),
	WITH_STORE(a_place_that_is_named_is_the_one_where_it_was_asked),
	WITH_STORE(three_from_one_place_are_as_many_as_may_wait_there),
	WITH_STORE(one_that_waits_from_here_needs_no_other),
	WITH_STORE(a_place_whose_three_were_denied_has_to_wait),
	WITH_STORE(a_built_in_rule_is_named_as_one),
};
TAP_MAIN(tests)
