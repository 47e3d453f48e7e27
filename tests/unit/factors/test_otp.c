/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/factors/otp.h: the codes of the RFCs, and what counts as spent.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/factors/otp.h"

static const char rfc_secret[] = "1234567890123456789012345678901234567890123456789012345678901234";

static struct credential make(enum credential_type type, enum otp_algorithm algorithm, unsigned digits)
{
	static const size_t sizes[] = {20, 32, 64};
	struct credential credential = {
		.type = type,
		.otp = {.algorithm = algorithm, .digits = digits, .period_seconds = 30,
			.size = sizes[algorithm], .last_step = -1, .resync_counter = -1},
	};

	memcpy(credential.otp.bytes, rfc_secret, credential.otp.size);
	return credential;
}

static enum otp_result check(struct credential *credential, const char *code, int64_t now)
{
	enum otp_result result;

	assert_int_equal(otp_check(credential, code, now, 0, &result), STEPUP_OK);
	return result;
}

/* Checks the code of a step or counter. */
static enum otp_result check_factor(struct credential *credential, int64_t factor, int64_t now)
{
	char code[9];

	assert_int_equal(otp_code(&credential->otp, factor, code), STEPUP_OK);
	return check(credential, code, now);
}

static void the_codes_of_rfc_4226_appendix_d_are_accepted_in_turn(void **state)
{
	static const char *const codes[] = {"755224", "287082", "359152", "969429", "338314", "254676",
		"287922", "162583", "399871", "520489"};
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(check(&hotp, codes[i], 1000), OTP_ACCEPTED);
		assert_int_equal(hotp.otp.next_counter, i + 1);
		assert_int_not_equal(check(&hotp, codes[i], 1000), OTP_ACCEPTED);
	}
}

static void the_codes_of_rfc_6238_appendix_b_are_accepted_at_their_times(void **state)
{
	static const struct {
		int64_t time;
		const char *codes[3]; /* SHA-1, SHA-256, SHA-512 */
	} vectors[] = {
		{59, {"94287082", "46119246", "90693936"}},
		{1111111109, {"07081804", "68084774", "25091201"}},
		{1111111111, {"14050471", "67062674", "99943326"}},
		{1234567890, {"89005924", "91819424", "93441116"}},
		{2000000000, {"69279037", "90698825", "38618901"}},
		{20000000000, {"65353130", "77737706", "47863826"}},
	};

	(void)state;
	for (size_t algorithm = 0; algorithm < 3; algorithm++) {
		struct credential totp = make(CREDENTIAL_TOTP, (enum otp_algorithm)algorithm, 8);

		for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
			assert_int_equal(check(&totp, vectors[i].codes[algorithm], vectors[i].time),
				OTP_ACCEPTED);
			assert_int_equal(totp.otp.last_step, vectors[i].time / 30);
			assert_int_equal(totp.last_used, vectors[i].time);
		}
	}
}

static void codes_of_6_and_7_digits_are_the_last_ones_of_8(void **state)
{
	(void)state;
	for (unsigned algorithm = 0; algorithm < 3; algorithm++)
		for (unsigned digits = 6; digits <= 7; digits++) {
			struct credential eight = make(CREDENTIAL_TOTP, (enum otp_algorithm)algorithm, 8);
			struct credential fewer =
				make(CREDENTIAL_TOTP, (enum otp_algorithm)algorithm, digits);
			char long_code[9], code[9];

			assert_int_equal(otp_code(&eight.otp, 66666666, long_code), STEPUP_OK);
			assert_int_equal(otp_code(&fewer.otp, 66666666, code), STEPUP_OK);
			assert_string_equal(code, long_code + 8 - digits);
		}
}

static void an_accepted_code_is_spent_and_so_is_every_step_before_it(void **state)
{
	struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA1, 6);

	(void)state;
	assert_int_equal(check_factor(&totp, 1001, 30000), OTP_ACCEPTED); /* step T+1 */
	assert_int_equal(check_factor(&totp, 1001, 30000), OTP_SPENT);
	assert_int_equal(check_factor(&totp, 1000, 30000), OTP_SPENT); /* then step T: refused */
	assert_int_equal(check_factor(&totp, 999, 30000), OTP_SPENT);
	assert_int_equal(totp.otp.last_step, 1001);
	assert_int_equal(check_factor(&totp, 1002, 30030), OTP_ACCEPTED);
}

static void the_window_is_one_step_to_either_side(void **state)
{
	(void)state;
	for (int64_t step = 995; step <= 1005; step++) {
		struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA256, 8);

		assert_int_equal(check_factor(&totp, step, 30000 + 29),
			step >= 999 && step <= 1001 ? OTP_ACCEPTED : OTP_RESYNC);
		assert_int_equal(totp.otp.last_step, step >= 999 && step <= 1001 ? step : -1);
	}
}

static void spent_stays_spent_when_the_clock_goes_back_forward_or_stands(void **state)
{
	struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA1, 6);

	(void)state;
	assert_int_equal(check_factor(&totp, 1000, 30000), OTP_ACCEPTED);
	assert_int_equal(check_factor(&totp, 1000, 30000), OTP_SPENT);
	assert_int_equal(check_factor(&totp, 880, 30000 - 3600), OTP_SPENT);
	assert_int_equal(check_factor(&totp, 1000, 30000 + 86400), OTP_WRONG);
	assert_int_equal(check_factor(&totp, 3880, 30000 + 86400), OTP_ACCEPTED);
	assert_int_equal(check_factor(&totp, 1001, 30030), OTP_SPENT);
}

static void steps_that_begin_at_or_before_the_floor_are_spent(void **state)
{
	char code[9];
	enum otp_result result;

	(void)state;
	for (int64_t step = 999; step <= 1001; step++) {
		struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA1, 6);

		assert_int_equal(otp_code(&totp.otp, step, code), STEPUP_OK);
		assert_int_equal(otp_check(&totp, code, 30000, 30000, &result), STEPUP_OK);
		assert_int_equal(result, step == 1001 ? OTP_ACCEPTED : OTP_SPENT);
	}
}

static void codes_of_another_length_never_match(void **state)
{
	struct credential six = make(CREDENTIAL_TOTP, OTP_SHA1, 6),
		eight = make(CREDENTIAL_TOTP, OTP_SHA1, 8);
	char code[9];

	(void)state;
	assert_int_equal(otp_code(&eight.otp, 1000, code), STEPUP_OK);
	assert_int_equal(check(&six, code, 30000), OTP_WRONG);
	assert_int_equal(check(&six, code + 1, 30000), OTP_WRONG); /* 7 digits */
	assert_int_equal(check(&eight, code + 2, 30000), OTP_WRONG);
	assert_int_equal(check(&six, "", 30000), OTP_WRONG);
	assert_int_equal(check(&six, code + 2, 30000), OTP_ACCEPTED);
}

static void a_hotp_counter_beyond_the_look_ahead_stays_where_it_is(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

	(void)state;
	hotp.otp.next_counter = 50;
	assert_int_equal(check_factor(&hotp, 50 + HOTP_LOOK_AHEAD, 0), OTP_RESYNC);
	assert_int_equal(hotp.otp.next_counter, 50);
	assert_int_equal(check_factor(&hotp, 50 + HOTP_RESYNC_LOOK_AHEAD, 0), OTP_WRONG);
	assert_int_equal(hotp.otp.next_counter, 50);
	assert_int_equal(hotp.otp.resync_counter, -1);
	assert_int_equal(check_factor(&hotp, 50 + HOTP_LOOK_AHEAD - 1, 0), OTP_ACCEPTED);
	assert_int_equal(hotp.otp.next_counter, 50 + HOTP_LOOK_AHEAD);
}

static void a_hotp_counter_never_goes_back(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA512, 8);

	(void)state;
	hotp.otp.next_counter = 50;
	assert_int_equal(check_factor(&hotp, 49, 0), OTP_SPENT);
	for (int64_t counter = 0; counter < 49; counter++)
		assert_int_equal(check_factor(&hotp, counter, 0), OTP_WRONG);
	assert_int_equal(hotp.otp.next_counter, 50);
}

static void resynchronisation_needs_two_codes_in_a_row(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

	(void)state;
	assert_int_equal(check_factor(&hotp, 60, 0), OTP_RESYNC);
	assert_int_equal(check_factor(&hotp, 62, 0), OTP_RESYNC); /* not the next one: begins anew */
	assert_int_equal(check_factor(&hotp, 61, 0), OTP_RESYNC);
	assert_int_equal(check_factor(&hotp, 61, 0), OTP_RESYNC); /* the same again is no progress */
	assert_int_equal(check_factor(&hotp, 62, 0), OTP_ACCEPTED);
	assert_int_equal(hotp.otp.next_counter, 63);
	assert_int_equal(hotp.otp.resync_counter, -1);
}

static void a_counter_in_doubt_takes_two_codes_in_a_row_wherever_it_is(void **state)
{
	static const int64_t begins[] = {20, 25, 60, 116};

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

		hotp.otp.next_counter = 20;
		hotp.otp.resync_counter = OTP_IN_DOUBT;
		assert_int_equal(check_factor(&hotp, begins[i], 1000), OTP_RESYNC);
		/* not the next one: it begins anew */
		assert_int_equal(check_factor(&hotp, begins[i] + 2, 1000), OTP_RESYNC);
		assert_int_equal(check(&hotp, "000000", 1000), OTP_WRONG);
		/* and the doubt has stayed */
		assert_int_equal(check_factor(&hotp, begins[i] + 3, 1000), OTP_RESYNC);
		assert_int_equal(hotp.otp.next_counter, 20);
		assert_int_equal(check_factor(&hotp, begins[i], 1000), OTP_RESYNC);
		assert_int_equal(check_factor(&hotp, begins[i] + 1, 1000), OTP_ACCEPTED);
		assert_int_equal(hotp.otp.next_counter, begins[i] + 2);
		/* from then on one is enough */
		assert_int_equal(check_factor(&hotp, begins[i] + 2, 1000), OTP_ACCEPTED);
		assert_int_not_equal(check_factor(&hotp, begins[i] + 2, 1000), OTP_ACCEPTED);
	}
}

static void a_code_of_before_settles_no_doubt(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

	(void)state;
	hotp.otp.next_counter = 20;
	hotp.otp.resync_counter = OTP_IN_DOUBT;
	assert_int_equal(check_factor(&hotp, 19, 1000), OTP_SPENT);
	assert_int_equal(hotp.otp.resync_counter, OTP_IN_DOUBT);
	assert_int_equal(check_factor(&hotp, 20, 1000), OTP_RESYNC);
	assert_int_equal(check_factor(&hotp, 20, 1000), OTP_RESYNC); /* the same one again is not the next */
	assert_int_equal(check_factor(&hotp, 21, 1000), OTP_ACCEPTED);
}

static void a_wrong_code_ends_a_resynchronisation(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);

	(void)state;
	assert_int_equal(check_factor(&hotp, 60, 0), OTP_RESYNC);
	assert_int_equal(check_factor(&hotp, 5000, 0), OTP_WRONG);
	assert_int_equal(check_factor(&hotp, 61, 0), OTP_RESYNC);
	assert_int_equal(hotp.otp.next_counter, 0);
}

static void resynchronisation_reaches_to_the_end_of_its_window(void **state)
{
	struct credential hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 8);

	(void)state;
	assert_int_equal(check_factor(&hotp, HOTP_RESYNC_LOOK_AHEAD - 1, 0), OTP_RESYNC);
	assert_int_equal(check_factor(&hotp, HOTP_RESYNC_LOOK_AHEAD, 0), OTP_ACCEPTED);
	assert_int_equal(hotp.otp.next_counter, HOTP_RESYNC_LOOK_AHEAD + 1);
}

static void a_revoked_credential_accepts_nothing(void **state)
{
	struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA1, 6);

	(void)state;
	totp.state = CREDENTIAL_REVOKED;
	assert_int_equal(check_factor(&totp, 1000, 30000), OTP_WRONG);
	assert_int_equal(totp.otp.last_step, -1);
}

static void a_record_that_makes_no_sense_is_an_error_not_an_answer(void **state)
{
	struct credential bad[] = {make(CREDENTIAL_TOTP, OTP_SHA1, 6), make(CREDENTIAL_TOTP, OTP_SHA1, 5),
		make(CREDENTIAL_TOTP, OTP_SHA1, 9), make(CREDENTIAL_TOTP, OTP_SHA1, 6),
		make(CREDENTIAL_HOTP, OTP_SHA1, 6), make(CREDENTIAL_HOTP, OTP_SHA1, 6)};
	enum otp_result result;

	(void)state;
	bad[0].otp.period_seconds = 0;
	bad[3].otp.size = OTP_SECRET_MIN - 1;
	bad[4].otp.next_counter = -1;
	bad[5].otp.next_counter = INT64_MAX;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		result = OTP_ACCEPTED;
		assert_int_equal(otp_check(&bad[i], "123456", 30000, 0, &result), STEPUP_INTERNAL);
		assert_int_equal(result, OTP_WRONG);
	}
}

static void typed_codes_lose_spaces_and_one_dash_and_nothing_else_is_a_code(void **state)
{
	static const struct {
		const char *typed, *code; /* NULL: refused */
	} cases[] = {
		{"123456", "123456"}, {" 123 456 ", "123456"}, {"1234-5678", "12345678"},
		{"1234567", "1234567"}, {"000000", "000000"}, {"12345", NULL}, {"123456789", NULL},
		{"12-34-56", NULL}, {"", NULL}, {"      ", NULL}, {"12345a", NULL}, {"123456\n", NULL},
		{"hunter2!", NULL}, {"+123456", NULL},
		{"\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6", NULL}, {"%n123456", NULL},
		{"                                123456", NULL},
		{"123456                          ", "123456"},
		{"123456                           ", NULL},
	};
	char code[9];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(code, 'x', sizeof(code));
		assert_int_equal(otp_normalise(cases[i].typed, code),
			cases[i].code != NULL ? STEPUP_OK : STEPUP_INVALID);
		if (cases[i].code != NULL)
			assert_string_equal(code, cases[i].code);
		else
			assert_int_equal(code[0], '\0'); /* nothing typed stays behind */
	}
}

static void secrets_read_and_write_base32_strictly(void **state)
{
	static const char *const good[] = {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
		"gezd gnbv gy3t qojq gezd gnbv gy3t qojq"};
	static const char *const bad[] = {"", "GEZDGNBVGY3TQOJQ" /* 80 bits */,
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQA",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ=", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO=J",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQAB", "GEZDGNBV\nGY3TQOJQGEZDGNBVGY3TQOJQ",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY=====", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ========"};
	struct otp_secret secret = {.algorithm = OTP_SHA1};
	char *text, longest[105 + 8] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(otp_secret_parse(good[i], &secret), STEPUP_OK);
		assert_int_equal(secret.size, 20);
		assert_memory_equal(secret.bytes, rfc_secret, 20);
	}
	text = otp_secret_format(&secret);
	assert_string_equal(text, good[0]);
	free(text);
	assert_int_equal(otp_secret_parse("GEZDGNBVGY3TQOJQGEZDGNBVGY======", &secret), STEPUP_OK);
	assert_int_equal(secret.size, 16);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(otp_secret_parse(bad[i], &secret), STEPUP_INVALID);
		assert_int_equal(secret.size, 0);
	}
	memset(longest, 'A', 104);
	assert_int_equal(otp_secret_parse(longest, &secret), STEPUP_TOO_LONG);
}

static void every_length_of_secret_survives_writing_and_reading(void **state)
{
	struct otp_secret secret = {.algorithm = OTP_SHA512}, again = {0};

	(void)state;
	assert_int_equal(otp_secret_generate(&secret), STEPUP_OK);
	for (secret.size = OTP_SECRET_MIN; secret.size <= OTP_SECRET_MAX; secret.size++) {
		char *text;

		secret.bytes[secret.size - 1] |= 1; /* zeros at the end are dropped */
		text = otp_secret_format(&secret);
		assert_int_equal(otp_secret_parse(text, &again), STEPUP_OK);
		assert_int_equal(again.size, secret.size);
		assert_memory_equal(again.bytes, secret.bytes, secret.size);
		free(text);
	}
}

static void zeros_at_the_end_of_a_secret_are_dropped(void **state)
{
	struct otp_secret secret = {.size = 40, .bytes = "12345678901234567890"}, again = {0};
	char *text = otp_secret_format(&secret);

	(void)state;
	assert_int_equal(otp_secret_parse(text, &again), STEPUP_OK);
	assert_int_equal(again.size, 20);
	free(text);
	memset(secret.bytes, 0, sizeof(secret.bytes));
	text = otp_secret_format(&secret);
	assert_int_equal(otp_secret_parse(text, &again), STEPUP_OK);
	assert_int_equal(again.size, OTP_SECRET_MIN);
	free(text);
}

static void fresh_secrets_are_as_long_as_the_hash_and_differ(void **state)
{
	static const size_t sizes[] = {20, 32, 64};
	struct otp_secret a = {0}, b = {0};

	(void)state;
	for (unsigned algorithm = 0; algorithm < 3; algorithm++) {
		a.algorithm = b.algorithm = (enum otp_algorithm)algorithm;
		assert_int_equal(otp_secret_generate(&a), STEPUP_OK);
		assert_int_equal(otp_secret_generate(&b), STEPUP_OK);
		assert_int_equal(a.size, sizes[algorithm]);
		assert_memory_not_equal(a.bytes, b.bytes, a.size);
	}
}

static void the_uri_says_all_that_an_app_needs_and_no_more_and_escapes_the_rest(void **state)
{
	struct credential totp = make(CREDENTIAL_TOTP, OTP_SHA256, 8),
		hotp = make(CREDENTIAL_HOTP, OTP_SHA1, 6);
	char *uri;

	(void)state;
	totp.otp.size = 20;
	uri = otp_uri(&totp, "Example Corp", "alice&secret=x@example.com");
	assert_string_equal(uri, "otpauth://totp/Example%20Corp:alice%26secret%3Dx%40example.com?secret=G"
		"EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20Corp&algorithm=SHA256&digits=8");
	free(uri);
	totp.otp.period_seconds = 60;
	uri = otp_uri(&totp, "x", "b");
	assert_non_null(strstr(uri, "&digits=8&period=60"));
	free(uri);
	hotp.otp.next_counter = 7;
	uri = otp_uri(&hotp, "x", "b");
	assert_string_equal(uri,
		"otpauth://hotp/x:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=x&counter=7");
	free(uri);
	/* What an app takes by itself is left out, so that the QR code stays small. */
	hotp.type = CREDENTIAL_TOTP;
	hotp.otp.period_seconds = 30;
	uri = otp_uri(&hotp, "x", "b");
	assert_string_equal(uri, "otpauth://totp/x:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=x");
	free(uri);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_codes_of_rfc_4226_appendix_d_are_accepted_in_turn),
	cmocka_unit_test(the_codes_of_rfc_6238_appendix_b_are_accepted_at_their_times),
	cmocka_unit_test(codes_of_6_and_7_digits_are_the_last_ones_of_8),
	cmocka_unit_test(an_accepted_code_is_spent_and_so_is_every_step_before_it),
	cmocka_unit_test(the_window_is_one_step_to_either_side),
	cmocka_unit_test(spent_stays_spent_when_the_clock_goes_back_forward_or_stands),
	cmocka_unit_test(steps_that_begin_at_or_before_the_floor_are_spent),
	cmocka_unit_test(codes_of_another_length_never_match),
	cmocka_unit_test(a_hotp_counter_beyond_the_look_ahead_stays_where_it_is),
	cmocka_unit_test(a_hotp_counter_never_goes_back),
	cmocka_unit_test(resynchronisation_needs_two_codes_in_a_row),
	cmocka_unit_test(a_counter_in_doubt_takes_two_codes_in_a_row_wherever_it_is),
	cmocka_unit_test(a_code_of_before_settles_no_doubt),
	cmocka_unit_test(a_wrong_code_ends_a_resynchronisation),
	cmocka_unit_test(resynchronisation_reaches_to_the_end_of_its_window),
	cmocka_unit_test(a_revoked_credential_accepts_nothing),
	cmocka_unit_test(a_record_that_makes_no_sense_is_an_error_not_an_answer),
	cmocka_unit_test(typed_codes_lose_spaces_and_one_dash_and_nothing_else_is_a_code),
	cmocka_unit_test(secrets_read_and_write_base32_strictly),
	cmocka_unit_test(every_length_of_secret_survives_writing_and_reading),
	cmocka_unit_test(zeros_at_the_end_of_a_secret_are_dropped),
	cmocka_unit_test(fresh_secrets_are_as_long_as_the_hash_and_differ),
	cmocka_unit_test(the_uri_says_all_that_an_app_needs_and_no_more_and_escapes_the_rest),
};

TAP_MAIN(tests)
