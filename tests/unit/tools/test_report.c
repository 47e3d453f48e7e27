/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup: times as reports take them, and what a report makes of lines.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/report/report_output.h"

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
	static const char *const wrong[] = {"", "5", "h", "2x", "-2h", "2 h", "99999999999999999999h",
		"999999999w", "2026", "2026-13-01", "2026-11-23T", "2026-11-23T15:50:16Zulu",
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
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":999,\\\"user\\\":\\\"alice\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"index\\\":0}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1000,\\\"user\\\":\\\"alice\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"index\\\":1}\","
	"\"details\":{\"details\":{\"account\":\"x\",\"n\":5}}}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1001,\\\"user\\\":\\\"alice\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"method\\\":\\\"fresh\\\",\\\"index\\\":2}\","
	"\"details\":{\"details\":{\"account\":\"x\",\"n\":7}}}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1002,\\\"user\\\":\\\"bob\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"approvers\\\":[\\\"alice\\\"],\\\"index\\\":3}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"approve\\\",\\\"at\\\":1003,\\\"user\\\":\\\"alice\\\","
	"\\\"requester\\\":\\\"bob\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":4}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"approve\\\",\\\"at\\\":1004,\\\"user\\\":\\\"bob\\\","
	"\\\"requester\\\":\\\"alice\\\",\\\"action\\\":\\\"a.b\\\",\\\"index\\\":5}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"lock\\\",\\\"at\\\":1005,\\\"user\\\":\\\"bob\\\","
	"\\\"by\\\":\\\"alice\\\",\\\"index\\\":6}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"unknown\\\",\\\"at\\\":1006,\\\"user\\\":\\\"alice\\\","
	"\\\"index\\\":7}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":1007,\\\"user\\\":\\\"alice\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"commitment\\\":\\\"c\\\",\\\"index\\\":8}\"}\n",
	"{\"entry\":\"{\\\"type\\\":\\\"grant\\\",\\\"at\\\":2000,\\\"user\\\":\\\"alice\\\","
	"\\\"action\\\":\\\"a.b\\\",\\\"index\\\":9}\"}\n",
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

static void an_invitation_that_was_taken_back_is_said_of_whom_it_was_for_and_of_who_did_it(void **state)
{
	static const char *const withdrawn[] = {
		"{\"entry\":\"{\\\"type\\\":\\\"withdraw\\\",\\\"at\\\":1000,\\\"user\\\":\\\"alice\\\","
		"\\\"by\\\":\\\"bob\\\",\\\"index\\\":1}\"}\n",
		"{\"entry\":\"{\\\"type\\\":\\\"withdraw\\\",\\\"at\\\":1001,\\\"user\\\":\\\"carol\\\","
		"\\\"by\\\":\\\"alice\\\",\\\"index\\\":2}\"}\n",
	};
	json_t *report = report_of(withdrawn, 2);

	(void)state;
	assert_int_equal(total(report, "uninvited"), 1);
	assert_int_equal(total(report, "administered"), 1);
	json_decref(report);
}

static void what_was_touched_stands_once_with_its_sums(void **state)
{
	json_t *report = report_of(lines, LINES),
		*thing = json_array_get(json_object_get(report, "touched"), 0);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(report, "touched")), 1);
	assert_string_equal(message_text(thing, "value"), "x");
	assert_int_equal(message_number(thing, "times", 0), 2);
	assert_int_equal(message_number(json_object_get(thing, "numbers"), "n", 0), 12);
	assert_int_equal(message_number(thing, "first", 0), 1000);
	assert_int_equal(message_number(thing, "last", 0), 1001);
	json_decref(report);
}

/* --- touched --- */

#define ENTRY(at, rest) "{\"entry\":\"{\\\"at\\\":" #at ",\\\"user\\\":\\\"alice\\\"," rest "}\"}\n"
#define MEMBER(name, value) "\\\"" name "\\\":\\\"" value "\\\""
#define LOCK(at, by) ENTRY(at, MEMBER("type", "lock") "," MEMBER("by", by))
#define UNLOCK(at, by) ENTRY(at, MEMBER("type", "unlock") "," MEMBER("by", by))
#define REFUSAL(at, error, why) ENTRY(at, \
	MEMBER("type", "refusal") "," MEMBER("error", error) "," MEMBER("why", why))
#define GRANT(at) ENTRY(at, MEMBER("type", "grant") "," MEMBER("action", "a.b"))
#define LOCKED(at) REFUSAL(at, "Locked", "locked")

/* A form of the report about alice from 1000 to 2000 of these lines, NULL ends them. The caller frees. */
static char *printed(void (*print)(const json_t *, const char *, FILE *), const char *const *of)
{
	size_t size = 0, count = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	json_t *report;

	assert_non_null(out);
	while (of[count] != NULL)
		count++;
	report = report_of(of, count);
	print(report, "standing", out);
	json_decref(report);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_in(const char *words, const char *text)
{
	if (strstr(text, words) == NULL)
		fail_msg("not \"%s\" in %s", words, text);
}

/* `words` are in the form that `print` makes of these lines. */
static void assert_printed(void (*print)(const json_t *, const char *, FILE *), const char *words,
	const char *const *of)
{
	char *text = printed(print, of);

	assert_in(words, text);
	free(text);
}
#define TEXT(words, ...) assert_printed(report_print_text, words, (const char *const[]){__VA_ARGS__, NULL})
#define PAGE(words, ...) assert_printed(report_print_html, words, (const char *const[]){__VA_ARGS__, NULL})

#define ABOUT(at, entry, details) "{\"entry\":\"{\\\"at\\\":" #at ",\\\"user\\\":\\\"alice\\\"," entry \
	"}\",\"details\":{\"details\":" details "}}\n"
#define SEEN(at, account) ABOUT(at, MEMBER("type", "grant") "," MEMBER("action", "look"), \
	"{\"account\":\"" account "\"}")
#define ISSUED(at, account) ABOUT(at, MEMBER("type", "grant") "," MEMBER("action", "export") "," \
	MEMBER("jti", "j"), "{\"account\":\"" account "\"}")
#define REDEEMED(at, account) ABOUT(at, MEMBER("type", "redeem") "," MEMBER("action", "export"), \
	"{\"account\":\"" account "\"}")

static void what_two_actions_touched_is_notified_once(void **state)
{
	(void)state;
	TEXT("Touched: 2. Notify the people whom these are "
		"about.", SEEN(1010, "x"), SEEN(1020, "y"), ISSUED(1030, "x"),
		REDEEMED(1040, "x"));
	PAGE("<b>2</b>Touched", SEEN(1010, "x"), SEEN(1020, "y"), ISSUED(1030, "x"), REDEEMED(1040, "x"));
}

static void what_was_approved_and_not_redeemed_is_not_notified(void **state)
{
	(void)state;
	TEXT("Touched: 1. Notify the people whom these are about.", SEEN(1010, "x"), ISSUED(1030, "y"));
	PAGE("<b>1</b>Touched", SEEN(1010, "x"), ISSUED(1030, "y"));
}

static void what_was_approved_and_not_redeemed_stands_apart(void **state)
{
	(void)state;
	TEXT("Approved, but not redeemed in this time:\n"
		"These don't count as touched. If a service checks receipts itself",
		SEEN(1010, "x"), ISSUED(1030, "y"));
	PAGE("<table id=\"unredeemed\">", SEEN(1010, "x"), ISSUED(1030, "y"));
}

static void where_nothing_was_touched_nobody_is_to_be_notified(void **state)
{
	(void)state;
	TEXT("\nNothing was touched, as far as the log knows.\n", ISSUED(1030, "y"));
	TEXT("\nNothing was touched.\n", GRANT(1000));
	PAGE("<b>0</b>Touched", ISSUED(1030, "y"));
	PAGE("<p>Nothing was touched.</p>", GRANT(1000));
}

static void what_was_erased_may_have_been_touched(void **state)
{
	(void)state;
	TEXT("\nNothing was touched, as far as the log still knows.\n", ENTRY(1010,
			MEMBER("type", "grant") "," MEMBER("action", "look") "," MEMBER("commitment", "c")));
}

static void touched_is_from_when_it_was_carried_out(void **state)
{
	const char *const of[] = {ISSUED(1010, "x"), REDEEMED(1020, "x"), ISSUED(1030, "x")};
	json_t *report = report_of(of, 3), *thing = json_array_get(json_object_get(report, "touched"), 0);

	(void)state;
	assert_int_equal(message_number(thing, "first", 0), 1020);
	assert_int_equal(message_number(thing, "last", 0), 1020);
	assert_int_equal(message_number(thing, "unredeemed", 0), 1);
	json_decref(report);
}

/* --- locks --- */

/* What stands over all, on the page and in text, has these words. */
static void assert_headline(const char *words, const char *const *of)
{
	char *page = printed(report_print_html, of), *text = printed(report_print_text, of), *end,
		*essence = strstr(page, "<p class=\"essence");

	assert_non_null(essence);
	end = strstr(essence, "</p>");
	assert_non_null(end);
	*end = '\0';
	assert_in(words, essence);
	assert_in(words, text);
	free(page);
	free(text);
}
#define HEADLINE(words, ...) assert_headline(words, (const char *const[]){__VA_ARGS__, NULL})

static void a_lock_is_told_with_what_it_refused(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:16:50 UTC by root. "
		"While the account was locked, 1 try was refused and nothing went through.",
		GRANT(1000), LOCK(1010, "root"), LOCKED(1020));
}

static void a_second_lock_goes_on_with_the_first(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:16:50 UTC by root. "
		"While the account was locked, 3 tries were refused and nothing went through.",
		LOCK(1010, "root"), LOCKED(1020), LOCKED(1030), LOCKED(1040), LOCK(1050, "root"));
}

static void a_second_lock_by_somebody_else_is_told_too(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:16:50 UTC by root. "
		"Locked again on 1970-01-01 00:17:30 UTC by mail. While the account was locked, 2 tries",
		LOCK(1010, "root"), LOCKED(1020), LOCK(1050, "mail"), LOCK(1060, "root"), LOCKED(1070));
}

static void an_unlock_ends_the_count(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:16:50 UTC by root, and unlocked on 1970-01-01 00:17:30 UTC by "
		"mail. While the account was locked, 2 tries were refused and nothing",
		LOCK(1010, "root"), LOCKED(1020), LOCK(1025, "root"), LOCKED(1030), UNLOCK(1050, "mail"),
		GRANT(1060), LOCKED(1070));
}

static void a_lock_after_an_unlock_is_a_new_one(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:17:40 UTC by mail. While the account was locked, 1 "
		"try", LOCK(1010, "root"),
		LOCKED(1020), UNLOCK(1050, "root"), LOCK(1060, "mail"), LOCKED(1070));
}

static void what_went_through_a_lock_is_counted(void **state)
{
	(void)state;
	HEADLINE("1 try was refused and 2 went through.", LOCK(1010, "root"), GRANT(1020), LOCKED(1030),
		LOCK(1040, "root"), GRANT(1050));
}

static void refusals_for_a_lock_before_the_time_tell_of_it(void **state)
{
	(void)state;
	HEADLINE("Locked before this time began, and not unlocked in it. "
		"While the account was locked, 2 tries were refused and nothing", LOCKED(1010), LOCKED(1020));
}

static void a_lock_on_top_of_one_from_before_is_no_first(void **state)
{
	(void)state;
	HEADLINE("Locked before this time began, and not unlocked in it. "
		"Locked again on 1970-01-01 00:17:10 UTC by root. While the account was locked, 2 tries",
		LOCKED(1010), LOCK(1030, "root"), LOCKED(1040));
}

/* It ended the suspension of codes that guessing brought. */
static void an_unlock_after_something_went_through_tells_of_no_lock(void **state)
{
	(void)state;
	HEADLINE("The account was not locked in this time", GRANT(1010), UNLOCK(1020, "root"), GRANT(1030));
}

static void an_unlock_without_a_lock_tells_of_one_from_before(void **state)
{
	(void)state;
	HEADLINE("Locked before this time began, and unlocked on 1970-01-01 00:17:00 UTC by root. "
		"While the account was locked, 0 tries", UNLOCK(1020, "root"), GRANT(1030));
}

static void the_refusal_that_locks_is_not_from_before(void **state)
{
	(void)state;
	HEADLINE("Locked on 1970-01-01 00:17:00 UTC by stepupd. While the account was locked, 1 try",
		REFUSAL(1020, "Locked", "over the limit"), LOCK(1020, "stepupd"), LOCKED(1030));
}

static void without_a_lock_none_is_claimed(void **state)
{
	(void)state;
	HEADLINE("The account was not locked in this time, or nothing was tried while it was", GRANT(1000),
		REFUSAL(1010, "BadAnswer", "code"));
}

/* Where the timeline's ground is red, in lanes of 160 columns. */
static void assert_shaded(const char *place, const char *const *of)
{
	char *page = printed(report_print_html, of);

	if (strstr(page, place) == NULL)
		fail_msg("not %s", place);
	free(page);
}
#define SHADED(place, ...) assert_shaded("<rect class=\"late\" " place " height", \
	(const char *const[]){__VA_ARGS__, NULL})

static void the_ground_is_red_from_the_first_of_two_locks_on(void **state)
{
	(void)state;
	SHADED("x=\"0.50\" y=\"0\" width=\"159.50\"", LOCK(1010, "root"), LOCKED(1020), LOCK(1040, "root"),
		LOCKED(1050));
}

static void the_ground_is_red_from_the_beginning_where_it_was_locked_before(void **state)
{
	(void)state;
	SHADED("x=\"0.00\" y=\"0\" width=\"159.50\"", LOCKED(1010), LOCK(1020, "root"), UNLOCK(1050, "root"));
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
	cmocka_unit_test(an_invitation_that_was_taken_back_is_said_of_whom_it_was_for_and_of_who_did_it),
	cmocka_unit_test(what_was_touched_stands_once_with_its_sums),
	cmocka_unit_test(what_two_actions_touched_is_notified_once),
	cmocka_unit_test(what_was_approved_and_not_redeemed_is_not_notified),
	cmocka_unit_test(what_was_approved_and_not_redeemed_stands_apart),
	cmocka_unit_test(where_nothing_was_touched_nobody_is_to_be_notified),
	cmocka_unit_test(what_was_erased_may_have_been_touched),
	cmocka_unit_test(touched_is_from_when_it_was_carried_out),
	cmocka_unit_test(a_lock_is_told_with_what_it_refused),
	cmocka_unit_test(a_second_lock_goes_on_with_the_first),
	cmocka_unit_test(a_second_lock_by_somebody_else_is_told_too),
	cmocka_unit_test(an_unlock_ends_the_count),
	cmocka_unit_test(a_lock_after_an_unlock_is_a_new_one),
	cmocka_unit_test(what_went_through_a_lock_is_counted),
	cmocka_unit_test(refusals_for_a_lock_before_the_time_tell_of_it),
	cmocka_unit_test(a_lock_on_top_of_one_from_before_is_no_first),
	cmocka_unit_test(an_unlock_without_a_lock_tells_of_one_from_before),
	cmocka_unit_test(an_unlock_after_something_went_through_tells_of_no_lock),
	cmocka_unit_test(the_refusal_that_locks_is_not_from_before),
	cmocka_unit_test(without_a_lock_none_is_claimed),
	cmocka_unit_test(the_ground_is_red_from_the_first_of_two_locks_on),
	cmocka_unit_test(the_ground_is_red_from_the_beginning_where_it_was_locked_before),
	cmocka_unit_test(what_is_no_line_is_refused),
};

TAP_MAIN(tests)
