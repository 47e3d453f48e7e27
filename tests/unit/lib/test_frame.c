/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/wire/frame.h: whole messages, however the bytes come, and none longer than the limit.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/frame.h"

static void assert_next(struct frame_reader *reader, const char *expected)
{
	char *message = NULL;
	size_t size = 0;

	assert_int_equal(frame_reader_next(reader, &message, &size), STEPUP_OK);
	assert_string_equal(message, expected);
	assert_int_equal(size, strlen(expected));
	wipe_free_string(&message);
	free(message);
}

static void assert_none(struct frame_reader *reader)
{
	char *message = NULL;
	size_t size;

	assert_int_equal(frame_reader_next(reader, &message, &size), STEPUP_NOT_FOUND);
	assert_null(message);
}

static void a_message_comes_out_whole_however_it_is_split(void **state)
{
	static const char bytes[] = "{\"a\":1}";
	struct frame_reader reader;

	(void)state;
	frame_reader_init(&reader, FRAME_SIZE_MAX);
	assert_none(&reader);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_none(&reader);
		assert_int_equal(frame_reader_feed(&reader, bytes + i, 1), STEPUP_OK);
	}
	assert_next(&reader, "{\"a\":1}");
	assert_none(&reader);
	frame_reader_clear(&reader);
}

static void many_messages_come_out_in_order(void **state)
{
	struct frame_reader reader;

	(void)state;
	frame_reader_init(&reader, FRAME_SIZE_MAX);
	assert_int_equal(frame_reader_feed(&reader, "one\0two\0\0thr", 12), STEPUP_OK);
	assert_next(&reader, "one");
	assert_int_equal(frame_reader_feed(&reader, "ee\0", 3), STEPUP_OK);
	assert_next(&reader, "two");
	assert_next(&reader, "");
	assert_next(&reader, "three");
	assert_none(&reader);
	frame_reader_clear(&reader);
}

static void sixty_thousand_empty_messages_are_taken_out(void **state)
{
	static const char zeros[60000];
	struct frame_reader reader;

	(void)state;
	frame_reader_init(&reader, FRAME_SIZE_MAX);
	assert_int_equal(frame_reader_feed(&reader, zeros, sizeof(zeros)), STEPUP_OK);
	for (size_t i = 0; i < sizeof(zeros); i++)
		assert_next(&reader, "");
	assert_none(&reader);
	frame_reader_clear(&reader);
}

static void the_longest_message_fits_and_one_more_byte_does_not(void **state)
{
	struct frame_reader reader;

	(void)state;
	frame_reader_init(&reader, 8);
	assert_int_equal(frame_reader_feed(&reader, "1234567\0", 8), STEPUP_OK);
	assert_next(&reader, "1234567");
	assert_int_equal(frame_reader_feed(&reader, "12345678\0", 9), STEPUP_TOO_LONG);
	frame_reader_clear(&reader);
	assert_int_equal(frame_reader_feed(&reader, "1234", 4), STEPUP_OK);
	assert_int_equal(frame_reader_feed(&reader, "567", 3), STEPUP_OK);
	assert_int_equal(frame_reader_feed(&reader, "8", 1), STEPUP_TOO_LONG);
	assert_int_equal(frame_reader_feed(&reader, "\0" "1234567\0", 9), STEPUP_OK);
	assert_next(&reader, "1234567");
	assert_next(&reader, "1234567");
	assert_int_equal(frame_reader_feed(&reader, "a\0" "12345678", 10), STEPUP_TOO_LONG);
	frame_reader_clear(&reader);
}

static void an_unfinished_message_never_takes_more_memory_than_the_limit_needs(void **state)
{
	struct frame_reader reader;
	enum stepup_error error = STEPUP_OK;
	char chunk[1000];

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	frame_reader_init(&reader, FRAME_SIZE_MAX);
	for (int i = 0; i < 1000 && error == STEPUP_OK; i++)
		error = frame_reader_feed(&reader, chunk, sizeof(chunk));
	assert_int_equal(error, STEPUP_TOO_LONG);
	assert_true(reader.length < FRAME_SIZE_MAX);
	assert_true(reader.capacity <= FRAME_SIZE_MAX);
	frame_reader_clear(&reader);
	assert_null(reader.bytes);
}

static void what_was_taken_out_is_wiped(void **state)
{
	struct frame_reader reader;

	(void)state;
	frame_reader_init(&reader, FRAME_SIZE_MAX);
	assert_int_equal(frame_reader_feed(&reader, "code 123456\0rest", 16), STEPUP_OK);
	assert_next(&reader, "code 123456");
	assert_null(memmem(reader.bytes, reader.capacity, "123456", 6));
	assert_int_equal(frame_reader_feed(&reader, "\0", 1), STEPUP_OK);
	assert_next(&reader, "rest");
	frame_reader_clear(&reader);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_message_comes_out_whole_however_it_is_split),
	cmocka_unit_test(many_messages_come_out_in_order),
	cmocka_unit_test(sixty_thousand_empty_messages_are_taken_out),
	cmocka_unit_test(the_longest_message_fits_and_one_more_byte_does_not),
	cmocka_unit_test(an_unfinished_message_never_takes_more_memory_than_the_limit_needs),
	cmocka_unit_test(what_was_taken_out_is_wiped),
};

TAP_MAIN(tests)
