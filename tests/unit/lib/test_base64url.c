/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/wire/base64url.h: the vectors of RFC 4648 section 10, and that decoding takes nothing but
 * what encoding gives.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"

static const struct {
	const char *bytes, *url, *plain;
} vectors[] = {
	{"", "", ""},
	{"f", "Zg", "Zg=="},
	{"fo", "Zm8", "Zm8="},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg", "Zm9vYg=="},
	{"fooba", "Zm9vYmE", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xfb\xff\xfe", "-__-", "+//+"},
};

static void vectors_of_rfc_4648_hold_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t length = strlen(vectors[i].bytes), size = 99;
		char *url = base64url_encode_new(vectors[i].bytes, length);
		char *plain = base64_encode_new(vectors[i].bytes, length);
		char bytes[16];

		assert_string_equal(url, vectors[i].url);
		assert_int_equal(strlen(url), BASE64URL_LENGTH(length));
		assert_string_equal(plain, vectors[i].plain);
		assert_int_equal(base64url_decode(url, bytes, sizeof(bytes), &size), STEPUP_OK);
		assert_int_equal(size, length);
		assert_memory_equal(bytes, vectors[i].bytes, length);
		assert_int_equal(base64_decode(plain, bytes, sizeof(bytes), &size), STEPUP_OK);
		assert_int_equal(size, length);
		assert_memory_equal(bytes, vectors[i].bytes, length);
		free(url);
		free(plain);
	}
}

static void every_byte_goes_there_and_back(void **state)
{
	uint8_t bytes[256], back[256];
	size_t size = 0;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		text = base64url_encode_new(bytes, length);
		assert_int_equal(base64url_decode(text, back, sizeof(back), &size), STEPUP_OK);
		assert_int_equal(size, length);
		assert_memory_equal(back, bytes, length);
		free(text);
	}
}

static void only_canonical_base64url_is_decoded(void **state)
{
	static const char *const bad[] = {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v\n", " Zm9v", "Zm 9v",
		"Zm9v+", "Zm9/", "Zm9vA", "Z\xc3\xa9", "=", "===="};
	char bytes[16];
	size_t size = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64url_decode(bad[i], bytes, sizeof(bytes), &size), STEPUP_INVALID);
	assert_int_equal(size, 7);
}

static void only_canonical_base64_is_decoded(void **state)
{
	static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v====", "Zg==Zg==", "Z===", "====",
		"Zm9v\n", "-__-", "Zg=A", "Zm9v "};
	char bytes[16];
	size_t size = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_decode(bad[i], bytes, sizeof(bytes), &size), STEPUP_INVALID);
	assert_int_equal(size, 7);
}

static void a_buffer_too_small_is_said_and_not_passed(void **state)
{
	char bytes[4] = {'x', 'x', 'x', 'x'};
	size_t size;

	(void)state;
	assert_int_equal(base64url_decode("Zm9v", bytes, 2, &size), STEPUP_TOO_LONG);
	assert_int_equal(bytes[2], 'x');
	assert_int_equal(base64_decode("Zm9v", bytes, 0, &size), STEPUP_TOO_LONG);
	assert_int_equal(base64url_decode("Zm9v", bytes, 3, &size), STEPUP_OK);
	assert_int_equal(bytes[3], 'x');
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(vectors_of_rfc_4648_hold_both_ways),
	cmocka_unit_test(every_byte_goes_there_and_back),
	cmocka_unit_test(only_canonical_base64url_is_decoded),
	cmocka_unit_test(only_canonical_base64_is_decoded),
	cmocka_unit_test(a_buffer_too_small_is_said_and_not_passed),
};

TAP_MAIN(tests)
