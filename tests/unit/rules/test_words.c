/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the sentences of refusals.
 */
#include "tests/unit/rules/policy_fixture.h"

#include "verifier/evidence/alerts/event.h"
#include "verifier/rules/explain/explanation.h"
#include "verifier/rules/words/notices.h"
#include "verifier/rules/words/redemption.h"
#include "verifier/rules/words/refusals.h"

static char desk[] = "Security desk, +1 555 0100", here[] = "bastion1";
static const struct policy with_help = {.help = desk, .host = here}, without_help = {.host = here};

/* What was required. */
static const struct requirement code = {.strength = FACTOR_CODE, .methods = VIA_BROWSER | METHOD_CODE},
	key = {.strength = FACTOR_KEY, .methods = METHODS_OF_KEYS},
	by_agent = {.strength = FACTOR_KEY, .methods = VIA_AGENT},
	hardware = {.strength = FACTOR_HARDWARE_KEY, .pin = true, .methods = VIA_BROWSER | VIA_SEAT};

static void check(enum stepup_error error, const struct words_facts *facts, const char *expected)
{
	char *sentence = words_refusal(error, facts);

	assert_non_null(sentence);
	assert_string_equal(sentence, expected);
	free(sentence);
}

static void each_refusal_says_what_happened_what_did_not_and_what_to_do(void **state)
{
	static const struct {
		enum stepup_error error;
		struct words_facts facts;
		const char *sentence;
	} all[] = {
		{STEPUP_BAD_ANSWER, {.tries_left = 2}, "That code did not work: mistyped, expired or already "
			"used. Nothing was approved. Wait for the next one. 2 tries left."},
		{STEPUP_BAD_ANSWER, {.tries_left = 1}, "That code did not work: mistyped, "
			"expired or already used. Nothing was approved. Wait for the next one. 1 try left."},
		{STEPUP_BAD_ANSWER, {.tries_left = 2, .retry_after_seconds = 5},
			"That code did not work: mistyped, expired or already used. Nothing was approved. "
			"Wait for the next one, 5 seconds at least. 2 tries left."},
		{STEPUP_BAD_ANSWER, {.tries_left = 0, .retry_after_seconds = 60}, "That code did not work: "
			"mistyped, expired or already used. Nothing was approved. No tries left: start again "
			"with the next code, in 60 seconds. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_BAD_ANSWER, {.tries_left = 0}, "That code did not work: "
			"mistyped, expired or already used. Nothing was approved. No tries left: "
			"start again with the next code. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_LOCKED, {.reference = "L-83"}, "Your access is locked. Don't retry. "
			"Call Security desk, +1 555 0100, and quote L-83."},
		{STEPUP_FROZEN, {.reference = "L-84", .action = "customer.export"},
			"customer.export is frozen for everybody just now. Nothing was approved. You did "
			"nothing wrong; don't retry. Call Security desk, +1 555 0100, and quote L-84."},
		{STEPUP_THROTTLED, {.retry_after_seconds = 61},
			"Too many tries. Nothing was approved. Try again in 2 minutes; "
			"anything you enter before then is refused without being checked. "
			"If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_THROTTLED, {.retry_after_seconds = 1},
			"Too many tries. Nothing was approved. Try again in 1 second; "
			"anything you enter before then is refused without being checked. "
			"If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_OVER_LIMIT,
			{.action = "customer.export", .limit = "20000 records per 24h", .asked = 102000},
			"That goes over the limit of 20000 records per 24h for customer.export: "
			"it asks for 102000. Nothing was approved. Ask for less, or wait until earlier uses "
			"no longer count. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_NOT_ENROLLED, {.action = "customer.export"},
			"Nothing is enrolled for you yet, so nothing was approved. "
			"Ask an administrator for an invitation, then run: stepup enroll. "
			"If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_NOT_ENROLLED, {.action = "customer.export", .page = true},
			"Nothing is enrolled for you yet, so nothing was approved. "
			"Ask an administrator for an invitation, then use it on the page for keys. "
			"If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK, {.action = "customer.export", .shortfall = SHORTFALL_NO_FACTOR,
				.requirement = &key, .page = true},
			"customer.export needs a security key, and you have none: a code is not enough. "
			"Nothing was approved. Ask an administrator for an invitation, "
			"then add one on the page for keys. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK, {.action = "customer.export"},
			"A code is not enough for customer.export: it needs a security key. "
			"Nothing was approved. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK,
			{.action = "customer.export", .shortfall = SHORTFALL_NO_FACTOR, .requirement = &key},
			"customer.export needs a security key, and you have none: a code is not enough. "
			"Nothing was approved. Ask an administrator for an invitation, "
			"then add one on the page for keys, or run: stepup enroll key. If you are stuck: "
			"Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK, {.action = "customer.export", .shortfall = SHORTFALL_NO_FACTOR,
				.requirement = &by_agent},
			"customer.export needs a security key, and you have none: a code is not enough. "
			"Nothing was approved. Ask an administrator for an invitation, then run: "
			"stepup enroll agent. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK, {.action = "customer.export", .shortfall = SHORTFALL_NOT_HARDWARE,
				.requirement = &hardware},
			"customer.export needs a hardware key of a trusted model, "
			"and no key of yours is one. Nothing was approved. "
			"Ask an administrator for an invitation, then add one on the page for keys, "
			"or run: stepup enroll key. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK, {.action = "customer.export", .shortfall = SHORTFALL_COOLING,
				.requirement = &key, .cooling_seconds = 7201},
			"Your key is new. For another 3 hours it counts no more than a code, "
			"and a code is not enough for customer.export. Nothing was approved. Come back then. "
			"If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK,
			{.action = "customer.export", .shortfall = SHORTFALL_REACH, .requirement = &key},
			"customer.export needs a security key, and none can be used from here: a code is not "
			"enough. Nothing was approved. Use one in a browser, plugged into the computer "
			"that asks or through an SSH agent. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK,
			{.action = "customer.export", .shortfall = SHORTFALL_WAY, .requirement = &hardware},
			"customer.export needs a hardware key of a trusted model, and none can be used from "
			"here: a code is not enough. Nothing was approved. Use one in a browser or "
			"plugged into the computer that asks. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_TOO_WEAK,
			{.action = "customer.look", .shortfall = SHORTFALL_REACH, .requirement = &code},
			"You have no code, and your key can't be used from here. Nothing was approved. "
			"Use it in a browser. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_BAD_ANSWER, {.tries_left = 2, .method = VIA_BROWSER},
			"That key was not accepted. It is not enrolled for you, its PIN was not used, "
			"or it signed something else. "
			"Nothing was approved. Use a key that is enrolled for you. 2 tries left."},
		{STEPUP_BAD_ANSWER, {.method = VIA_AGENT},
			"That key was not accepted. It is not enrolled for you, its PIN was not used, "
			"or it signed something else. Nothing was approved. No tries left: "
			"start again. If you are stuck: Security desk, +1 555 0100."},
		{STEPUP_BAD_DETAILS, {.action = "customer.export", .detail = "records"},
			"The request does not fit the rule for customer.export: "
			"\"records\" is missing, unknown or of the wrong kind. Nothing was approved. "
			"You did nothing wrong; tell whoever runs this tool."},
		{STEPUP_BAD_DETAILS,
			{.action = "customer.export", .detail = "records", .fault = DETAIL_MISSING},
			"The request does not fit the rule for customer.export: \"records\" is missing. "
			"Nothing was approved. You did nothing wrong; tell whoever runs this tool."},
		{STEPUP_BAD_DETAILS, {.action = "customer.export", .detail = "recods",
				.fault = DETAIL_UNKNOWN, .typed = true},
			"The request does not fit the rule for customer.export: "
			"\"recods\" is none of its details. Nothing was approved. "
			"`stepup policy explain` says which details it takes."},
		{STEPUP_BAD_DETAILS, {.action = "customer.export", .detail = "records",
				.fault = DETAIL_NO_NUMBER, .typed = true},
			"The request does not fit the rule for customer.export: \"records\" must be a whole "
			"number. Nothing was approved. `stepup policy explain` says which details it takes."},
		{STEPUP_BAD_DETAILS, {.action = "customer.export", .detail = "account",
				.fault = DETAIL_TOO_LONG, .typed = true},
			"The request does not fit the rule for customer.export: "
			"\"account\" must be a text of at most 512 bytes. Nothing was approved. "
			"`stepup policy explain` says which details it takes."},
		{STEPUP_BAD_DETAILS, {.action = "customer.export", .detail = "records",
				.fault = DETAIL_OUT_OF_RANGE, .typed = true},
			"The request does not fit the rule for customer.export: "
			"\"records\" must be a whole number from 0 to 9007199254740991. "
			"Nothing was approved. `stepup policy explain` says which details it takes."},
		{STEPUP_BAD_ANSWER, {.enrols = true, .tries_left = 2},
			"That code did not work: mistyped, expired or already used. Nothing was enrolled. "
			"Wait for the next one. 2 tries left."},
		{STEPUP_BAD_DETAILS, {.detail = "records", .maximum = 300, .asked = 102000},
			"300 records were approved, not 102000. Nothing was done."},
		{STEPUP_UNAVAILABLE, {0}, "Could not check, so nothing was approved. You did nothing wrong. "
			"Try again in a while. If you are stuck: Security desk, +1 555 0100. "
			"Verifier's host: bastion1."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct words_facts facts = all[i].facts;

		facts.policy = &with_help;
		check(all[i].error, &facts, all[i].sentence);
	}
}

static void an_alert_for_several_says_no_more_than_it_knows(void **state)
{
	static const struct {
		const char *kind;
		struct event_words words;
		const char *sentence;
	} all[] = {
		{"freeze", {.action = "a.b", .reference = "F-3"},
			"a.b is frozen (F-3): it is refused to everybody."},
		{"freeze", {.count = 2}, "freeze: 2 more since the last alert of this kind."},
		{"lock", {.user = "alice", .count = 2},
			"lock, alice: 2 more since the last alert of this kind."},
		{"locked-account", {.user = "alice", .count = 7}, "Somebody tried to use the account alice, "
			"which is locked. 7 more since the last alert of this kind."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *sentence = notice_alert(all[i].kind, &all[i].words);

		assert_non_null(sentence);
		assert_string_equal(sentence, all[i].sentence);
		free(sentence);
	}
}

static void a_key_that_is_not_enrolled_is_told_which_are(void **state)
{
	json_t *keys = json_pack("[s, s]", "Blue YubiKey", "Spare\u202e");

	(void)state;
	check(STEPUP_BAD_ANSWER,
		&(struct words_facts){.user = "alice", .method = VIA_BROWSER, .keys = keys, .tries_left = 2},
		"That key is not enrolled for alice. Use \"Blue YubiKey\" or \"Spare\\u{202E}\". "
		"Nothing was approved. 2 tries left.");
	json_decref(keys);
}

static void who_agrees_is_told_that_it_is_the_agreeing(void **state)
{
	(void)state;
	check(STEPUP_TOO_WEAK, &(struct words_facts){
			.action = "customer.view", .agrees = true, .shortfall = SHORTFALL_NOT_HARDWARE},
		"Agreeing to customer.view needs a security key, and no key of yours is one. "
		"Nothing was approved. Ask an administrator for an invitation, then run: stepup enroll key.");
}

static void every_error_has_words_that_say_nothing_was_done(void **state)
{
	(void)state;
	for (int error = STEPUP_OK; error <= STEPUP_INTERNAL + 3; error++) {
		const struct policy *const policies[] = {&with_help, &without_help, NULL};

		for (size_t i = 0; i < 3; i++) {
			const struct words_facts facts = {.policy = policies[i], .action = "a.b"};
			char *sentence = words_refusal((enum stepup_error)error, &facts);

			assert_non_null(sentence);
			assert_true(strcasestr(sentence, error == STEPUP_LOCKED ? "is locked. Don't retry"
					: "nothing was approved") != NULL);
			assert_null(strstr(sentence, "(null)"));
			assert_null(strstr(sentence, "  "));
			free(sentence);
		}
	}
	check(STEPUP_UNAVAILABLE, NULL,
		"Could not check, so nothing was approved. You did nothing wrong. Try again in a while.");
}

static void a_wrong_code_an_unknown_user_and_an_unenrolled_one_read_alike(void **state)
{
	const struct words_facts people[] = {
		{.user = "alice", .action = "a.b", .tries_left = 2, .policy = &with_help},
		{.user = "nobody", .action = "other", .tries_left = 2, .policy = &with_help},
			{.tries_left = 2, .policy = &with_help}};
	char *first = words_refusal(STEPUP_BAD_ANSWER, &people[0]);

	(void)state;
	for (size_t i = 1; i < 3; i++)
		check(STEPUP_BAD_ANSWER, &people[i], first);
	free(first);
}

static void what_comes_from_outside_is_safe_to_show(void **state)
{
	const struct words_facts facts = {.action = "a\033[2Jb\nApproved", .detail = "d\xe2\x80\xae",
		.limit = "l\r", .reference = "L\n1", .asked = 5};

	(void)state;
	for (int error = STEPUP_NOT_ENROLLED; error <= STEPUP_UNAVAILABLE; error++) {
		char *sentence = words_refusal((enum stepup_error)error, &facts);

		assert_non_null(sentence);
		assert_null(strpbrk(sentence, "\033\n\r"));
		assert_null(strstr(sentence, "\xe2\x80\xae"));
		free(sentence);
	}
}

static void a_request_that_is_over_says_what_became_of_it(void **state)
{
	static const struct {
		enum request_state standing;
		const char *by, *why, *says;
	} all[] = {
		{REQUEST_CONSUMED, "", "", "any more: it was agreed to and used. Nothing"},
		{REQUEST_DENIED, "carol", "", "any more: carol denied it. Nothing"},
		{REQUEST_DENIED, "", "", "any more: it was denied. Nothing"},
		{REQUEST_DENIED, "ca\x1b[2Krol", "", "any more: ca\\u{001B}[2Krol denied it. Nothing"},
		{REQUEST_EXPIRED, "", "", "any more: it has expired. Nothing"},
		{REQUEST_CANCELLED, "alice", "", "any more: alice took it back. Nothing"},
		{REQUEST_VOID, "", "the action was frozen",
			"any more: it is void: the action was frozen. Nothing"},
		{REQUEST_VOID, "", "", "any more: it is void: what it rested on is gone. Nothing"},
		{REQUEST_APPROVED, "", "", "any more: dave has agreed to it. Nothing"},
	};
	char text[NOTICE_OVER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct approval_request request = {.approver = "dave"};

		(void)snprintf(request.ended_by, sizeof(request.ended_by), "%s", all[i].by);
		(void)snprintf(request.ended_why, sizeof(request.ended_why), "%s", all[i].why);
		notice_request_over(&request, all[i].standing, text);
		if (strstr(text, all[i].says) == NULL)
			fail_msg("%s", text);
	}
}

static void who_has_too_long_a_name_is_left_out_and_the_rest_is_said(void **state)
{
	struct approval_request request = {.state = REQUEST_DENIED};
	char text[NOTICE_OVER_SIZE];

	(void)state;
	/* Latin with Cyrillic: each of those is escaped. */
	request.ended_by[0] = 'a';
	for (size_t i = 1; i + 2 < sizeof(request.ended_by); i += 2)
		memcpy(request.ended_by + i, "\xd0\xb0", 2);
	notice_request_over(&request, REQUEST_DENIED, text);
	assert_string_equal(text, "This request is not waiting any more: it was denied. "
		"Nothing was changed. See the page for requests, or: stepup requests.");
}

static void a_row_of_the_store_without_a_name_is_told_of_all_the_same(void **state)
{
	static const struct {
		struct store_wrong wrong;
		const char *says;
	} all[] = {
		{{.table = "users", .found = 3},
			"The store holds a row that nobody wrote: one without a name (users)"},
		{{.table = "users", .found = 3, .name = "bob"},
			"The store holds a row that nobody wrote: bob (users)"},
		{{.table = "facts", .known = 3}, "The store's row (facts) is gone"},
		{{.table = "facts", .known = 3, .found = 2},
			"The store's row (facts) is version 2; this verifier wrote 3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *text = notice_store_wrong(&all[i].wrong);

		assert_non_null(text);
		assert_string_equal(text, all[i].says);
		free(text);
	}
}

static void each_refusal_has_a_row_and_each_row_is_whole(void **state)
{
	(void)state;
	assert_null(refusal_row_fault());
	assert_null(notice_row_fault());
	assert_null(notice_about_row_fault());
	assert_null(alert_row_fault());
	assert_null(explain_row_fault());
	assert_null(event_kind_without_sentence());
	for (unsigned fault = REDEEM_GOOD + 1; fault < REDEEM_FAULT_COUNT; fault++)
		assert_non_null(redeem_row((enum redeem_fault)fault)->why);
	for (unsigned notice = 0; notice < NOTICE_COUNT; notice++)
		assert_non_null(notice_text((enum notice)notice));
	for (int error = STEPUP_NOT_ENROLLED; error <= STEPUP_UNKNOWN_ACTION; error++) {
		char *sentence = words_refusal((enum stepup_error)error, NULL);

		assert_non_null(sentence);
		free(sentence);
	}
}

static void is_said(char *text)
{
	assert_non_null(text);
	assert_string_not_equal(text, "");
	free(text);
}

static void each_notice_has_its_row(void **state)
{
	char over[NOTICE_OVER_SIZE];

	(void)state;
	for (int standing = REQUEST_REQUESTED; standing <= REQUEST_VOID; standing++) {
		struct approval_request request = {.id = "R-1", .state = (enum request_state)standing};

		is_said(notice_request_state(&request));
		notice_request_over(&request, (enum request_state)standing, over);
		assert_string_not_equal(over, "");
	}
	is_said(notice_granted("Open"));
	is_said(notice_approved("bob", "Open"));
	is_said(notice_lock_prompt("bob", "Open"));
	is_said(notice_denied("bob"));
	is_said(notice_denied_and_locked("bob", "L-1"));
	is_said(notice_denied_only("bob"));
	is_said(notice_unlocked("bob"));
	is_said(notice_withdrawn("bob"));
	is_said(notice_enrol_prompt("bob", "Phone", NOTICE_PROOF_CODE));
	is_said(notice_enrolled("Phone", NOTICE_PROOF_CODE, 0));
	is_said(notice_locked_me("L-1", NULL));
	is_said(notice_frozen("door.open", "F-1", true));
	is_said(notice_thawed("door.open", ""));
	is_said(notice_revoked("bob", 1, 0));
	is_said(notice_not_reloaded("a.conf:1: no"));
	is_said(notice_waiting(&(struct approval_request){.id = "R-1"}, NULL));
	is_said(notice_locked(&(struct locked_user){.asked = "bob", .user = "bob", .reference = "L-1"}, 1));
	is_said(notice_invited(&(struct invited_facts){.user = "bob", .hours = 24}));
	notice_request_void("", over);
	assert_string_not_equal(over, "");
	notice_clock(31, over, sizeof(over));
	assert_string_not_equal(over, "");
	notice_clock_enrols(31, over, sizeof(over));
	assert_string_not_equal(over, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_notice_has_its_row),
	cmocka_unit_test(each_refusal_has_a_row_and_each_row_is_whole),
	cmocka_unit_test(each_refusal_says_what_happened_what_did_not_and_what_to_do),
	cmocka_unit_test(an_alert_for_several_says_no_more_than_it_knows),
	cmocka_unit_test(a_request_that_is_over_says_what_became_of_it),
	cmocka_unit_test(who_has_too_long_a_name_is_left_out_and_the_rest_is_said),
	cmocka_unit_test(a_row_of_the_store_without_a_name_is_told_of_all_the_same),
	cmocka_unit_test(a_key_that_is_not_enrolled_is_told_which_are),
	cmocka_unit_test(who_agrees_is_told_that_it_is_the_agreeing),
	cmocka_unit_test(every_error_has_words_that_say_nothing_was_done),
	cmocka_unit_test(a_wrong_code_an_unknown_user_and_an_unenrolled_one_read_alike),
	cmocka_unit_test(what_comes_from_outside_is_safe_to_show),
};
TAP_MAIN(tests)
