/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup: times as reports take them, and what a report makes of lines.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/message.h"
#include "tools/stepup/report.h"
#include "tools/stepup/report_output.h"

#define NOW INT64_C(1795449016) /* 2026-11-23T15:50:16Z */

static int64_t parsed(const char *text)
{
	int64_t at = -1;

	return report_time_parse(text, NOW, &at) ? at : -1;
}

static void a_time_is_relative_or_a_day_or_a_moment(void **state)
{
	(void)state;
	assert_int_equal(parsed("2h"), NOW - 7200);
	assert_int_equal(parsed("90s"), NOW - 90);
	assert_int_equal(parsed("3d"), NOW - 3 * 86400);
	assert_int_equal(parsed("2w"), NOW - 14 * 86400);
	assert_int_equal(parsed("2026-11-23T15:50:16Z"), NOW);
	assert_int_equal(parsed("2026-11-23T16:50:16+01:00"), NOW);
	assert_int_equal(parsed("2026-11-23T08:20:16-0730"), NOW);
	assert_int_equal(parsed("2026-11-23T15:50Z"), NOW - 16);
}

static void a_time_without_a_zone_is_local(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0);
	tzset();
	assert_int_equal(parsed("2026-11-23T10:50:16"), NOW);
	assert_int_equal(parsed("2026-11-23"), NOW - (10 * 3600 + 50 * 60 + 16));
	assert_int_equal(parsed("today"), NOW - (10 * 3600 + 50 * 60 + 16));
	assert_int_equal(parsed("yesterday"), NOW - (34 * 3600 + 50 * 60 + 16));
	assert_int_equal(parsed("2026-07-01 08:00"), INT64_C(1782907200)); /* 12:00 UTC: summer time */
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {"", "5", "h", "2x", "-2h", "2 h", "99999999999999999999h", "999999999w", "2026", "2026-13-01", "2026-11-23T", "2026-11-23T15:50:16Zulu",
		"2026-11-23T15:50+15:00", "2026-11-23T15:50+1", "tomorrow"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parsed(wrong[i]) != -1)
			fail_msg("\"%s\" was taken", wrong[i]);
}

/* A report about alice from 1000 to 2000 of these lines. */
static json_t *report_of(const char *const *lines, size_t count)
{
	struct report *report = report_new("alice", 1000, 2000);
	json_t *whole;

	for (size_t i = 0; i < count; i++)
		assert_true(report_line(report, lines[i]));
	whole = report_finish(report);
	report_free(&report);
	return whole;
}

static int64_t total(const json_t *report, const char *kind)
{
	return message_number(json_object_get(report, "totals"), kind, 0);
}

static const char *const lines[] = {
	"{\"format\":\"stepup-log/1\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":999,\\\"user\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":0}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1000,\\\"user\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":1}\",\"details\":{\"details\":{\"account\":\"x\",\"n\":5}}}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1001,\\\"user\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"method\\\":\\\"fresh\\\",\\\"index\\\":2}\",\"details\":{\"details\":{\"account\":\"x\",\"n\":7}}}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1002,\\\"user\\\":\\\"bob\\\",\\\"action\\\":\\\"a.b\\\",\\\"approvers\\\":[\\\"alice\\\"],\\\"index\\\":3}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"approve\\\",\\\"at\\\":1003,\\\"user\\\":\\\"alice\\\",\\\"requester\\\":\\\"bob\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":4}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"approve\\\",\\\"at\\\":1004,\\\"user\\\":\\\"bob\\\",\\\"requester\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":5}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"lock\\\",\\\"at\\\":1005,\\\"user\\\":\\\"bob\\\",\\\"by\\\":\\\"alice\\\",\\\"index\\\":6}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"unknown\\\",\\\"at\\\":1006,\\\"user\\\":\\\"alice\\\",\\\"index\\\":7}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1007,\\\"user\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"commitment\\\":\\\"c\\\",\\\"index\\\":8}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":2000,\\\"user\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":9}\"}\n",
	"{\"checkpoint\":\"note\"}\n",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static void each_entry_is_of_its_kind_within_the_time(void **state)
{
	json_t *report = report_of(lines, LINES);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(report, "rows")), 6);
	assert_int_equal(total(report, "approved"), 2);
	assert_int_equal(total(report, "covered"), 1);
	assert_int_equal(total(report, "approved-for-others"), 1);
	assert_int_equal(total(report, "agreed"), 1);
	assert_int_equal(total(report, "administered"), 1);
	assert_int_equal(message_number(report, "erased", 0), 1);
	json_decref(report);
}

static void what_was_touched_stands_once_with_its_sums(void **state)
{
	json_t *report = report_of(lines, LINES), *thing = json_array_get(json_object_get(report, "touched"), 0);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(report, "touched")), 1);
	assert_string_equal(message_text(thing, "value"), "x");
	assert_int_equal(message_number(thing, "times", 0), 2);
	assert_int_equal(message_number(json_object_get(thing, "numbers"), "n", 0), 12);
	assert_int_equal(message_number(thing, "first", 0), 1000);
	assert_int_equal(message_number(thing, "last", 0), 1001);
	json_decref(report);
}

static void what_is_no_line_is_refused(void **state)
{
	struct report *report = report_new("alice", 0, 2000);

	(void)state;
	assert_false(report_line(report, "junk\n"));
	assert_false(report_line(report, "{}\n"));
	assert_false(report_line(report, "{\"entry\":\"junk\"}\n"));
	assert_false(report_line(report, "\n"));
	report_free(&report);
	report_free(&report);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_time_is_relative_or_a_day_or_a_moment),
	cmocka_unit_test(a_time_without_a_zone_is_local),
	cmocka_unit_test(what_is_no_time_is_refused),
	cmocka_unit_test(each_entry_is_of_its_kind_within_the_time),
	cmocka_unit_test(what_was_touched_stands_once_with_its_sums),
	cmocka_unit_test(what_is_no_line_is_refused),
};

TAP_MAIN(tests)
