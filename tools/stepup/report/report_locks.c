/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The times in which the user was locked, out of a report's rows; see report.h and report_output.h. Who is
 * locked can be locked again, by somebody else or for another reason: that goes on with the same time, which
 * only an unlock ends.
 */
#include "tools/stepup/report/report_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/shell/output.h"

static bool is_kind(const json_t *row, const char *name)
{
	return strcmp(report_kind_of(row)->name, name) == 0;
}

static bool is_refusal(const json_t *row)
{
	return is_kind(row, "refused") || is_kind(row, "redemption-refused");
}

static bool went_through(const json_t *row)
{
	return is_kind(row, "approved") || is_kind(row, "covered") || is_kind(row, "redeemed") ||
		is_kind(row, "approved-for-others");
}

static void report_locks_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		out_of_memory();
}

static void report_locks_put_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL)
		report_locks_put(object, name, json_string(text));
}

static void put_time(json_t *lock, const char *name, const json_t *row)
{
	report_locks_put(lock, name, json_integer(message_number(row, "at", 0)));
}

/* Whether the user was locked when the time of the report began: something was refused for it, or it was
 * undone, before any lock. Where something went through before, it wasn't: what was undone then is the
 * suspension of codes that guessing brought. */
static bool began_locked(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		if (is_kind(row, "locked") || went_through(row))
			return false;
		if (is_kind(row, "unlocked") || message_bool(row, "locked", false))
			return true;
	}
	return false;
}

/* A time of a lock that begins with that row; with none, before all of them. */
static json_t *report_locks_begin(json_t *locks, const json_t *row)
{
	json_t *lock = json_pack("{s:i, s:i}", "refused", 0, "passed", 0);

	if (lock == NULL || json_array_append_new(locks, lock) != 0)
		out_of_memory();
	if (row != NULL) {
		put_time(lock, "at", row);
		report_locks_put_text(lock, "who", message_text(row, "who"));
	}
	return lock;
}

/* That it was locked again is worth a word where somebody else did it. */
static void lock_again(json_t *lock, const json_t *row)
{
	const char *first = message_text(lock, "who"), *who = message_text(row, "who");
	bool same = first == NULL || who == NULL ? first == who : strcmp(first, who) == 0;

	if ((same && json_object_get(lock, "at") != NULL) || json_object_get(lock, "again") != NULL)
		return;
	put_time(lock, "again", row);
	report_locks_put_text(lock, "again_who", who);
}

static void unlock(json_t *lock, const json_t *row)
{
	put_time(lock, "until", row);
	report_locks_put_text(lock, "until_who", message_text(row, "who"));
}

static void report_locks_count(json_t *lock, const char *name)
{
	report_locks_put(lock, name, json_integer(message_number(lock, name, 0) + 1));
}

json_t *report_locks(const json_t *rows)
{
	json_t *locks = json_array(), *lock = began_locked(rows) ? report_locks_begin(locks, NULL) : NULL;
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		if (is_kind(row, "locked") && lock == NULL) {
			lock = report_locks_begin(locks, row);
		} else if (lock == NULL) {
			continue;
		} else if (is_kind(row, "locked")) {
			lock_again(lock, row);
		} else if (is_kind(row, "unlocked")) {
			unlock(lock, row);
			lock = NULL;
		} else if (is_refusal(row)) {
			report_locks_count(lock, "refused");
		} else if (went_through(row)) {
			report_locks_count(lock, "passed");
		}
	}
	return locks;
}

/* --- in words --- */

/* "on 2026-11-23 15:00:07 UTC by root". */
static void print_when(const json_t *lock, const char *time, const char *who, FILE *out)
{
	(void)fputs("on ", out);
	report_print_time(message_number(lock, time, 0), 0, out);
	(void)fputs(" UTC", out);
	if (message_text(lock, who) != NULL)
		(void)fprintf(out, " by %s", message_text(lock, who));
}

static void print_lock(const json_t *lock, FILE *out)
{
	int64_t refused = message_number(lock, "refused", 0), passed = message_number(lock, "passed", 0);
	bool open = json_object_get(lock, "until") != NULL;

	(void)fputs("Locked ", out);
	if (json_object_get(lock, "at") != NULL)
		print_when(lock, "at", "who", out);
	else
		(void)fprintf(out, "before this time began, and %s", open ? "" : "not unlocked in it");
	if (open) {
		(void)fprintf(out, "%sunlocked ", json_object_get(lock, "at") != NULL ? ", and " : "");
		print_when(lock, "until", "until_who", out);
	}
	(void)fputs(". ", out);
	if (json_object_get(lock, "again") != NULL) {
		(void)fputs("Locked again ", out);
		print_when(lock, "again", "again_who", out);
		(void)fputs(". ", out);
	}
	(void)fprintf(out, "While the account was locked, %lld %s refused and ", (long long)refused,
		refused == 1 ? "try was" : "tries were");
	if (passed > 0)
		(void)fprintf(out, "%lld went through.", (long long)passed);
	else
		(void)fputs("nothing went through.", out);
}

char *report_locks_text(const json_t *report, char *tone)
{
	const json_t *locks = json_object_get(report, "locks"),
		*lock = json_array_get(locks, json_array_size(locks) - 1);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		out_of_memory();
	*tone = message_number(lock, "passed", 0) > 0 ? 'b' : lock == NULL ||
		json_object_get(lock, "until") != NULL ? 'w' : 'g';
	if (lock != NULL)
		print_lock(lock, out);
	else
		(void)fputs("The account was not locked in this time, or nothing was tried while it was "
			"locked. "
			"`stepup status` shows who is locked now.", out);
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}
