/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events out of log entries; see event.h.
 */
#include "verifier/evidence/alerts/event.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verifier/rules/words/notices.h"

#define BIT(event) (1U << (event))

static const char *const names[STORE_EVENT_COUNT] = {
	[STORE_EVENT_LOCKED] = "locked",
	[STORE_EVENT_REQUESTED] = "requested",
	[STORE_EVENT_ENROLLED] = "enrolled",
	[STORE_EVENT_ALERT] = "alert",
};

/* The first row that fits an entry's type and, where the row has them, its error and a member (any value of
 * it where none is named). Without a kind of the row's own it is the entry's. Of wrong answers only a key's
 * are alerts: a code is mistyped every day, and too many are `Throttled`. */
static const struct row {
	const char *type, *error, *member, *value;
	unsigned events;
	const char *kind;
} rows[] = {
	{"lock", NULL, NULL, NULL, BIT(STORE_EVENT_LOCKED) | BIT(STORE_EVENT_ALERT), "lock"},
	{"freeze", NULL, NULL, NULL, BIT(STORE_EVENT_ALERT), "freeze"},
	{"request", NULL, "why", NULL, BIT(STORE_EVENT_REQUESTED) | BIT(STORE_EVENT_ALERT), "over-limit"},
	{"request", NULL, NULL, NULL, BIT(STORE_EVENT_REQUESTED), NULL},
	{"enrol", NULL, NULL, NULL, BIT(STORE_EVENT_ENROLLED) | BIT(STORE_EVENT_ALERT), "new-credential"},
	{"alert", NULL, NULL, NULL, BIT(STORE_EVENT_ALERT), NULL},
	{"refusal", "Throttled", NULL, NULL, BIT(STORE_EVENT_ALERT), "guessing"},
	{"refusal", "OverLimit", NULL, NULL, BIT(STORE_EVENT_ALERT), "over-limit"},
	{"refusal", "NeedsApproval", NULL, NULL, BIT(STORE_EVENT_ALERT), "over-limit"},
	{"refusal", "TooWeak", NULL, NULL, BIT(STORE_EVENT_ALERT), "too-weak"},
	{"refusal", "Locked", NULL, NULL, BIT(STORE_EVENT_ALERT), "locked-account"},
	/* somebody elsewhere, who isn't told */
	{"refusal", "BadAnswer", "why", "locked", BIT(STORE_EVENT_ALERT), "locked-account"},
	{"refusal", "BadAnswer", "why", EVENT_WHY_NOT_IN_RULE, BIT(STORE_EVENT_ALERT), "not-allowed"},
	{"refusal", "BadAnswer", "why", EVENT_WHY_NOT_FOR_USER, BIT(STORE_EVENT_ALERT), "not-allowed"},
	{"refusal", "BadAnswer", "method", "code", 0, NULL},
	{"refusal", "BadAnswer", "method", "fresh", 0, NULL},
	{"refusal", "BadAnswer", "why", "counter fell", 0, NULL}, /* has an alert of its own */
	{"refusal", "BadAnswer", "why", NOTICE_WHY_BACKUP, 0, NULL}, /* this as well */
	{"refusal", "BadAnswer", NULL, NULL, BIT(STORE_EVENT_ALERT), "wrong-key"},
	{"refusal", "NotAllowed", "action", "stepup.enroll", BIT(STORE_EVENT_ALERT), "enrolment-refused"},
	{"refusal", "NotAllowed", NULL, NULL, BIT(STORE_EVENT_ALERT), "not-allowed"},
	{"refusal", "Expired", "why", EVENT_WHY_UNANSWERED, BIT(STORE_EVENT_ALERT), "unanswered"},
	{"redeem-refusal", NULL, NULL, NULL, BIT(STORE_EVENT_ALERT), "redemption-refused"},
};

/* What an event takes over from its entry, where it is there. */
static const char *const members[] = {"host", "user", "action", "reference", "reason", "by", "credential",
	"method", "how", "error", "why", "caller", "audience", "count", "since", "request", "until", "table"};

static const char *event_text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool has_text(const json_t *entry, const char *name, const char *value)
{
	const char *text = event_text_of(entry, name);

	return text != NULL && (value == NULL || strcmp(text, value) == 0);
}

static bool fits(const struct row *row, const json_t *entry)
{
	return has_text(entry, "type", row->type) &&
		(row->error == NULL || has_text(entry, "error", row->error)) &&
		(row->member == NULL || has_text(entry, row->member, row->value));
}

static const struct row *row_of(const json_t *entry)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], entry))
			return &rows[i];
	return NULL;
}

unsigned event_of_entry(const json_t *entry, const char **kind)
{
	const struct row *row = row_of(entry);

	*kind = NULL;
	if (row == NULL)
		return 0;
	if ((row->events & BIT(STORE_EVENT_ALERT)) != 0)
		*kind = row->kind != NULL ? row->kind : event_text_of(entry, "kind");
	return row->events;
}

const char *event_kind_without_sentence(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].kind != NULL && !alert_has_sentence(rows[i].kind))
			return rows[i].kind;
	return NULL;
}

bool event_is_of_stranger(const json_t *entry)
{
	return has_text(entry, "type", "refusal") && event_text_of(entry, "user_id") == NULL;
}

const char *event_name(enum store_event event)
{
	return names[event];
}

enum stepup_error event_from_name(const char *name, enum store_event *event)
{
	for (unsigned i = 0; i < STORE_EVENT_COUNT; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*event = (enum store_event)i;
		return STEPUP_OK;
	}
	return STEPUP_INVALID;
}

static char *sentence(enum store_event event, const char *kind, const json_t *entry)
{
	const struct event_words words = {
		.user = event_is_of_stranger(entry) ? NULL : event_text_of(entry, "user"),
		.action = event_text_of(entry, "action"),
		.reference = event_text_of(entry, "reference"),
		.why = event_text_of(entry, "why"),
		.count = json_integer_value(json_object_get(entry, "count")),
	};

	switch (event) {
	case STORE_EVENT_LOCKED:
		return notice_alert("lock", &words);
	case STORE_EVENT_REQUESTED:
		return notice_alert("request", &words);
	case STORE_EVENT_ENROLLED:
		return notice_alert("new-credential", &words);
	case STORE_EVENT_ALERT:
	case STORE_EVENT_COUNT:
		break;
	}
	return notice_alert(event_is_of_stranger(entry) ? "stranger" : kind == NULL ? "" : kind, &words);
}

static bool event_put(json_t *object, const char *name, json_t *value)
{
	return value == NULL || json_object_set_new(object, name, value) == 0;
}

json_t *event_to_json(enum store_event event, const json_t *entry, const json_t *evidence, const char *issuer)
{
	time_t at = (time_t)json_integer_value(json_object_get(entry, "at"));
	char when[sizeof("2026-11-23T15:00:00Z") + 8] = "";
	const char *kind = NULL;
	char *message;
	struct tm utc;
	json_t *object;
	bool good;

	(void)event_of_entry(entry, &kind);
	if (gmtime_r(&at, &utc) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	message = sentence(event, kind, entry);
	object = json_pack("{s:i, s:s, s:O, s:I, s:s, s:s, s:s}", "v", 1, "event", event_name(event),
		"log", json_object_get(entry, "index"), "at", (json_int_t)at, "time", when, "issuer", issuer,
		"message", message == NULL ? "" : message);
	good = object != NULL && message != NULL &&
		(event != STORE_EVENT_ALERT ||
			event_put(object, "kind", json_string(kind == NULL ? "" : kind)));
	for (size_t i = 0; good && i < sizeof(members) / sizeof(members[0]); i++)
		good = (strcmp(members[i], "user") == 0 && event_is_of_stranger(entry)) ||
			event_put(object, members[i], json_incref(json_object_get(entry, members[i])));
	if (good && event == STORE_EVENT_REQUESTED)
		good = event_put(object, "prompt", json_incref(json_object_get(evidence, "prompt")));
	free(message);
	if (good)
		return object;
	json_decref(object);
	return NULL;
}
