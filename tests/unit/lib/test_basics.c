/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/base/error.h, lib/base/wipe.h, lib/base/deadline.h: the small things everything else stands on.
 */
#include "tests/unit/cmocka_tap.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/wipe.h"

static void wire_names_are_these_and_stable(void **state)
{
	static const char *const names[] = {"NotEnrolled", "TooWeak", "Locked", "Frozen", "Throttled",
		"OverLimit", "NeedsApproval", "BadAnswer", "Expired", "NotAllowed", "BadDetails",
		"UnknownAction", "Redeemed", "Unavailable"};
	int count = 0;

	(void)state;
	for (int error = STEPUP_NOT_ENROLLED; error <= STEPUP_UNAVAILABLE; error++, count++) {
		assert_string_equal(stepup_error_name((enum stepup_error)error), names[count]);
		assert_int_equal(stepup_error_from_name(names[count]), error);
		assert_true(stepup_error_is_refusal((enum stepup_error)error));
	}
	assert_int_equal(count, 14);
}

static void an_unknown_wire_name_never_is_success(void **state)
{
	(void)state;
	assert_int_equal(stepup_error_from_name("Ok"), STEPUP_UNAVAILABLE);
	assert_int_equal(stepup_error_from_name(""), STEPUP_UNAVAILABLE);
	assert_int_equal(stepup_error_from_name("locked"), STEPUP_UNAVAILABLE);
	assert_int_equal(stepup_error_from_name("NoMemory"), STEPUP_UNAVAILABLE);
	assert_int_equal(stepup_error_from_name(NULL), STEPUP_UNAVAILABLE);
}

static void every_error_has_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (int error = STEPUP_OK; error <= STEPUP_INTERNAL; error++) {
		assert_true(strlen(stepup_error_name((enum stepup_error)error)) > 1);
		assert_true(strlen(stepup_error_text((enum stepup_error)error)) > 3);
	}
	assert_string_equal(stepup_error_name((enum stepup_error)9999), "Internal");
	assert_string_equal(stepup_error_text((enum stepup_error)-1), stepup_error_text(STEPUP_INTERNAL));
	assert_false(stepup_error_is_refusal(STEPUP_OK));
	assert_false(stepup_error_is_refusal(STEPUP_NO_MEMORY));
}

static void wiping_overwrites_every_byte(void **state)
{
	char secret[] = "123456", expected[sizeof(secret)] = "";
	struct {
		int a, b;
	} object = {1, 2};

	(void)state;
	WIPE_ARRAY(secret);
	assert_memory_equal(secret, expected, sizeof(secret));
	WIPE_OBJECT(&object);
	assert_int_equal(object.a | object.b, 0);
	wipe_memory(NULL, 0);
}

static void freeing_a_secret_takes_the_pointer_away(void **state)
{
	char *string = strdup("secret");
	void *bytes = malloc(8);

	(void)state;
	wipe_free_string(&string);
	assert_null(string);
	wipe_free_string(&string);
	wipe_free_string(NULL);
	wipe_free(&bytes, 8);
	assert_null(bytes);
	wipe_free(&bytes, 8);
}

static void comparing_sees_every_single_bit(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	assert_true(equal_constant_time(a, b, sizeof(a)));
	assert_true(equal_constant_time(a, b, 0));
	for (size_t bit = 0; bit < sizeof(b) * 8; bit++) {
		b[bit / 8] = (uint8_t)(1u << (bit % 8));
		assert_false(equal_constant_time(a, b, sizeof(a)));
		b[bit / 8] = 0;
	}
}

static void a_deadline_is_never_negative_and_never_wraps(void **state)
{
	(void)state;
	assert_int_equal(deadline_left(deadline_in(0)), 0);
	assert_int_equal(deadline_left(deadline_in(-5)), 0);
	assert_int_equal(deadline_left(deadline_in(INT64_MIN)), 0);
	assert_in_range(deadline_left(deadline_in(60000)), 30000, 60000);
	assert_true(deadline_left(deadline_in(INT64_MAX / 2)) == INT_MAX);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(wire_names_are_these_and_stable),
	cmocka_unit_test(an_unknown_wire_name_never_is_success),
	cmocka_unit_test(every_error_has_a_name_and_a_sentence),
	cmocka_unit_test(wiping_overwrites_every_byte),
	cmocka_unit_test(freeing_a_secret_takes_the_pointer_away),
	cmocka_unit_test(comparing_sees_every_single_bit),
	cmocka_unit_test(a_deadline_is_never_negative_and_never_wraps),
};

TAP_MAIN(tests)
