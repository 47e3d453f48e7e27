/* SPDX-License-Identifier: BSD-2-Clause */
/* What was touched; see report_touched.h. `things` is action → detail → value → {"times", "unredeemed",
 * "numbers", "first", "last"}. */
#include "tools/stepup/report/report_touched.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/wire/message.h"
#include "tools/stepup/shell/output.h"

static void report_touched_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		out_of_memory();
}

static void report_touched_count(json_t *object, const char *name, int64_t more)
{
	report_touched_put(object, name, json_integer(message_number(object, name, 0) + more));
}

static json_t *object_in(json_t *map, const char *name)
{
	json_t *object = json_object_get(map, name);

	if (object == NULL) {
		object = json_object();
		report_touched_put(map, name, object);
	}
	return object;
}

/* From when to when: of what was carried out, once something was. */
static void note_time(json_t *thing, int64_t at, bool carried_out)
{
	int64_t times = message_number(thing, "times", 0);

	if (!carried_out && times > 0)
		return;
	if (json_object_get(thing, "first") == NULL || (carried_out && times == 1))
		report_touched_put(thing, "first", json_integer(at));
	report_touched_put(thing, "last", json_integer(at));
}

/* One thing that an action was about. `carried_out`: it happened; else a receipt was issued for it, which may
 * or may not be redeemed. */
static void touch(json_t *thing, const json_t *details, int64_t at, bool carried_out)
{
	json_t *numbers = object_in(thing, "numbers"), *number;
	const char *other;

	report_touched_count(thing, carried_out ? "times" : "unredeemed", 1);
	note_time(thing, at, carried_out);
	if (!carried_out)
		return;
	json_object_foreach((json_t *)(uintptr_t)details, other, number)
		if (json_is_integer(number))
			report_touched_count(numbers, other, json_integer_value(number));
}

static void touch_all(json_t *things, const json_t *details, const char *action, int64_t at, bool carried_out)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)details, name, value)
		if (json_is_string(value))
			touch(object_in(object_in(object_in(things, action), name), json_string_value(value)),
				details, at, carried_out);
}

/* A redemption uses up what was issued. */
static void redeem(const json_t *things, const json_t *details, const char *action)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)details, name, value) {
		json_t *thing = json_is_string(value)
			? json_object_get(json_object_get(json_object_get(things, action), name),
				json_string_value(value))
			: NULL;

		if (thing != NULL && message_number(thing, "unredeemed", 0) > 0)
			report_touched_count(thing, "unredeemed", -1);
	}
}

/* The verifier's own verbs are about no customer. */
void touched_note(json_t *things, const json_t *entry, const json_t *evidence, const char *kind)
{
	const char *action = message_text(entry, "action");
	const json_t *details = json_object_get(evidence, "details");
	int64_t at = message_number(entry, "at", 0);

	if (action == NULL || strncmp(action, "stepup.", strlen("stepup.")) == 0)
		return;
	if (strcmp(kind, "approved") == 0 || strcmp(kind, "covered") == 0) {
		touch_all(things, details, action, at, message_text(entry, "jti") == NULL);
	} else if (strcmp(kind, "redeemed") == 0) {
		redeem(things, details, action);
		touch_all(things, details, action, at, true);
	}
}

/* --- the whole --- */

/* A thing goes to what was touched, or to what was only approved. */
static void add_thing(json_t *report, const char *action, const char *detail, const char *value,
	const json_t *thing)
{
	bool touched = message_number(thing, "times", 0) > 0,
		unredeemed = message_number(thing, "unredeemed", 0) > 0;
	json_t *copy = json_copy((json_t *)(uintptr_t)thing);

	if (copy == NULL ||
	    json_array_append_new(json_object_get(report, touched ? "touched" : "unredeemed"), copy) != 0)
		out_of_memory();
	report_touched_put(copy, "action", json_string(action));
	report_touched_put(copy, "detail", json_string(detail));
	report_touched_put(copy, "value", json_string(value));
	report_touched_put(copy, "times", json_integer(message_number(thing, "times", 0)));
	if (!unredeemed)
		(void)json_object_del(copy, "unredeemed");
}

/* However many actions touched it, whoever is behind it is notified once. */
static int64_t count_distinct(const json_t *touched)
{
	json_t *seen = json_object();
	const json_t *thing;
	int64_t number = 0;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)touched, i, thing) {
		json_t *values = object_in(seen, message_text(thing, "detail"));

		number += json_object_get(values, message_text(thing, "value")) == NULL;
		report_touched_put(values, message_text(thing, "value"), json_true());
	}
	json_decref(seen);
	return number;
}

void touched_finish(const json_t *things, json_t *report)
{
	const char *action, *detail, *value;
	json_t *details, *values, *thing;

	report_touched_put(report, "touched", json_array());
	report_touched_put(report, "unredeemed", json_array());
	json_object_foreach((json_t *)(uintptr_t)things, action, details)
		json_object_foreach(details, detail, values)
			json_object_foreach(values, value, thing)
				add_thing(report, action, detail, value, thing);
	report_touched_put(report, "notify",
		json_integer(count_distinct(json_object_get(report, "touched"))));
}
