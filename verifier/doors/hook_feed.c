/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The feed of events; see hook_feed.h.
 */
#include "verifier/doors/hook_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/evidence/alerts/alert_limit.h"
#include "verifier/evidence/alerts/event.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/verifier.h"

struct hook_feed {
	struct verifier *verifier;
	/* the loop's */
	uint64_t noted;          /* as the store had it when last looked; 0: look anyway */
	int64_t journaled;       /* alerts up to this entry are in the journal */
	struct call *waiting;    /* a Next without an event yet; NULL for none */
	int64_t waits_until_ms;
	struct event_row told;   /* the one handed out last, */
	int tells;               /* so often; 0 for none */
	int64_t next_chores_ms;
	bool chores, stopped;
	/* the writer's */
	struct alert_limit limit;
	size_t marks[STORE_EVENT_DEPTHS]; /* in it: where transaction and savepoints began */
	int64_t expired, dropped; /* by the chores under way, and before them */
};

/* --- noting --- */

/* On the writer's side. An alert that isn't committed is none: so whoever tries again is told of at once, and
 * what was held back is told the next time. */
static void note_begun(void *context, unsigned depth)
{
	struct hook_feed *feed = context;

	if (depth == 0)
		alert_limit_settle(&feed->limit);
	feed->marks[depth] = alert_limit_mark(&feed->limit);
}

static void note_undone(void *context, unsigned depth)
{
	struct hook_feed *feed = context;

	alert_limit_undo(&feed->limit, feed->marks[depth]);
}

/* On the writer's side, inside the entry's transaction. */
static unsigned note_entry(void *context, const json_t *entry)
{
	struct hook_feed *feed = context;
	const char *kind = NULL, *user = json_string_value(json_object_get(entry, "user"));
	unsigned events = event_of_entry(entry, &kind);

	if (kind == NULL || json_object_get(entry, "count") != NULL)
		return events;
	/* names that somebody makes up are one, so that none of them delays or drowns what
	 * is about a person */
	if (event_is_of_stranger(entry))
		user = NULL;
	if (!alert_limit_take(&feed->limit, user == NULL ? "" : user, kind,
		    json_integer_value(json_object_get(entry, "at"))))
		events &= ~(1U << STORE_EVENT_ALERT);
	return events;
}

/* --- reading an event's entry --- */

struct event_reading {
	enum store_event event;
	const char *issuer;
	json_t *object;
};

static bool hook_feed_entry_seen(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct event_reading *reading = context;
	json_t *parsed = json_loads(entry, JSON_REJECT_DUPLICATES, NULL);
	json_t *evidence = details == NULL ? NULL : json_loads(details, JSON_REJECT_DUPLICATES, NULL);

	(void)index;
	(void)salt;
	if (parsed != NULL)
		reading->object = event_to_json(reading->event, parsed, evidence, reading->issuer);
	json_decref(parsed);
	json_decref(evidence);
	return false;
}

/* The event as hooks are told of it, a new object; NULL if it can't be read, with the store's
 * error in `*error`. */
static json_t *event_read(struct verifier *verifier, const struct event_row *row, enum stepup_error *error)
{
	struct event_reading reading = {.event = row->event, .issuer = verifier->policy->issuer};

	*error = store_log_each(verifier->reader, row->index, 1, hook_feed_entry_seen, &reading);
	return reading.object;
}

/* What can't be read now may be read later: the event stays. Any other error stays too, so the event goes. */
static bool may_pass(enum stepup_error error)
{
	return error == STEPUP_IO || error == STEPUP_NO_MEMORY;
}

/* --- the journal --- */

static const struct {
	const char *field, *member;
} journal_fields[] = {
	{"STEPUP_EVENT", "event"}, {"STEPUP_KIND", "kind"}, {"STEPUP_USER", "user"},
	{"STEPUP_ACTION", "action"}, {"STEPUP_ERROR", "error"}, {"STEPUP_WHY", "why"},
	{"STEPUP_CALLER", "caller"}, {"STEPUP_AUDIENCE", "audience"}, {"STEPUP_CREDENTIAL", "credential"},
	{"STEPUP_METHOD", "method"}, {"STEPUP_REFERENCE", "reference"}, {"STEPUP_BY", "by"},
};
#define JOURNAL_TEXTS (sizeof(journal_fields) / sizeof(journal_fields[0]))

static void journal_alert(const json_t *event)
{
	struct journal_field fields[JOURNAL_TEXTS + 2];
	char log[24], count[24];
	int64_t held_back = message_number(event, "count", 0);

	for (size_t i = 0; i < JOURNAL_TEXTS; i++)
		fields[i] = (struct journal_field){journal_fields[i].field,
			message_text(event, journal_fields[i].member)};
	(void)snprintf(log, sizeof(log), "%" PRId64, message_number(event, "log", -1));
	(void)snprintf(count, sizeof(count), "%" PRId64, held_back > 0 ? held_back : 1);
	fields[JOURNAL_TEXTS] = (struct journal_field){"STEPUP_LOG", log};
	fields[JOURNAL_TEXTS + 1] = (struct journal_field){"STEPUP_COUNT", count};
	journal_event(LOG_WARNING, HOOK_MESSAGE_ID, message_text(event, "message"), fields,
		JOURNAL_TEXTS + 2);
}

/* An alert that can't be read now stays for the next look; so does all behind it. */
static enum stepup_error journal_new(struct hook_feed *feed)
{
	struct event_row row;
	enum stepup_error error;

	while ((error = store_event_after(feed->verifier->reader, STORE_EVENT_ALERT, feed->journaled,
			    &row)) == STEPUP_OK) {
		json_t *event = event_read(feed->verifier, &row, &error);

		if (may_pass(error))
			return error;
		if (event != NULL)
			journal_alert(event);
		json_decref(event);
		feed->journaled = row.index;
	}
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

/* --- Next --- */

static void reply_nothing(struct call *call)
{
	call_reply(call, json_object());
}

struct untold {
	struct hook_feed *feed;
	struct event_row row;
};

static enum stepup_error untold_work(struct store_session *session, void *job)
{
	const struct untold *untold = job;
	const struct log_hook hook = {
		.event = event_name(untold->row.event),
		.entry = untold->row.index,
		.result = "untold",
		.exit = -1,
	};
	enum stepup_error error = store_event_remove(session, &untold->row);
	json_t *entry = error == STEPUP_OK ? log_entry_hook(clock_wall_seconds(), &hook) : NULL;
	int64_t index;

	if (error != STEPUP_OK)
		return error;
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

static void untold_done(void *job, enum stepup_error result)
{
	struct untold *untold = job;

	untold->feed->noted = 0; /* whoever waits is served what stands behind it */
	if (result == STEPUP_OK)
		journal_line(LOG_WARNING, "hooks", "the event %s of log entry %" PRId64
			" was fetched %d times and nobody said what came of it: given up",
			event_name(untold->row.event), untold->row.index, HOOK_TELLS_MAX);
	free(job);
}

static void give_up(struct hook_feed *feed, const struct event_row *row)
{
	struct untold *untold = malloc(sizeof(*untold));

	if (untold == NULL)
		return;
	*untold = (struct untold){.feed = feed, .row = *row};
	if (commit_queue_submit(feed->verifier->queue, untold_work, untold_done, untold) != STEPUP_OK)
		free(untold);
}

/* Answers with the most urgent event; false where there is none. */
static bool hook_feed_serve(struct hook_feed *feed, struct call *call)
{
	struct event_row row;
	enum stepup_error error = store_event_first(feed->verifier->reader, &row);
	json_t *event;

	if (error == STEPUP_NOT_FOUND)
		return false;
	if (error != STEPUP_OK) {
		refuse(call, error, NULL);
		return true;
	}
	feed->tells = feed->tells > 0 && row.event == feed->told.event &&
		row.index == feed->told.index ? feed->tells + 1 : 1;
	feed->told = row;
	event = feed->tells > HOOK_TELLS_MAX ? NULL : event_read(feed->verifier, &row, &error);
	if (may_pass(error)) {
		feed->tells--;
		refuse(call, error, NULL);
		return true;
	}
	if (event == NULL) {
		give_up(feed, &row);
		return false;
	}
	call_reply(call, json_pack("{s:o}", "event", event));
	return true;
}

void hook_feed_next(struct call *call)
{
	struct hook_feed *feed = call->verifier->hooks;
	struct call *before = feed->waiting;

	feed->waiting = NULL;
	if (feed->stopped) {
		reply_nothing(call);
	} else if (!hook_feed_serve(feed, call)) {
		feed->waiting = call;
		feed->waits_until_ms = clock_boot_ms() + HOOK_WAIT_SECONDS * INT64_C(1000);
	}
	if (before != NULL)
		/* last: its connection may have the next Next at hand, which comes back here */
		reply_nothing(before);
}

/* After each commit, on the loop's thread. */
static void hook_feed_look(void *context)
{
	struct hook_feed *feed = context;
	uint64_t noted = store_events_noted(feed->verifier->store);
	struct call *call = feed->waiting;

	if (noted == feed->noted || feed->stopped)
		return;
	if (journal_new(feed) == STEPUP_OK)
		feed->noted = noted;
	if (call == NULL)
		return;
	feed->waiting = NULL;
	if (!call_is_waited_for(call))
		reply_nothing(call);
	else if (!hook_feed_serve(feed, call))
		feed->waiting = call;
}

/* --- Done --- */

/* As io.stepup.Hooks1.varlink has them. */
static const struct field outcome_fields[] = {
	{"program", FIELD_TEXT, 64, true}, {"result", FIELD_TEXT, 16, true},
	{"exit", FIELD_NUMBER, 255, false}, {"ms", FIELD_NUMBER, DETAIL_NUMBER_MAX, true},
	{NULL, FIELD_TEXT, 0, false},
};
static const char *const results[] = {"done", "failed", "killed", "timeout", "refused"};

struct done_job {
	struct call *call;
	struct event_row row;
	const json_t *outcomes;
};

static bool is_outcome(const json_t *outcome)
{
	char bad_field[FIELD_NAME_SIZE];

	if (message_check(outcome_fields, outcome, bad_field) != STEPUP_OK)
		return false;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(results[i], message_text(outcome, "result")) == 0)
			return true;
	return false;
}

static enum stepup_error done_work(struct store_session *session, void *context)
{
	const struct done_job *job = context;
	int64_t now = clock_wall_seconds(), index;
	const json_t *outcome;
	size_t i;
	enum stepup_error error = store_event_remove(session, &job->row);

	json_array_foreach ((json_t *)(uintptr_t)job->outcomes, i, outcome) {
		const struct log_hook hook = {
			.event = event_name(job->row.event),
			.entry = job->row.index,
			.program = message_text(outcome, "program"),
			.result = message_text(outcome, "result"),
			.exit = message_number(outcome, "exit", -1),
			.ms = message_number(outcome, "ms", 0),
		};
		json_t *entry = error == STEPUP_OK ? log_entry_hook(now, &hook) : NULL;

		if (error == STEPUP_OK)
			error = entry == NULL ? STEPUP_NO_MEMORY
				: store_log_append(session, entry, NULL, NULL, &index);
	}
	return error;
}

/* Said a second time, it was told already. */
static void done_done(void *context, enum stepup_error result)
{
	struct done_job *job = context;

	if (result == STEPUP_OK || result == STEPUP_NOT_FOUND)
		reply_nothing(job->call);
	else
		refuse(job->call, result, NULL);
	free(job);
}

void hook_feed_done(struct call *call)
{
	const json_t *outcomes = json_object_get(call->parameters, "outcomes"), *outcome;
	struct done_job *job;
	enum store_event event;
	size_t i;

	if (event_from_name(message_text(call->parameters, "event"), &event) != STEPUP_OK) {
		call_invalid(call, "event");
		return;
	}
	json_array_foreach ((json_t *)(uintptr_t)outcomes, i, outcome) {
		if (!is_outcome(outcome)) {
			call_invalid(call, "outcomes");
			return;
		}
	}
	job = malloc(sizeof(*job));
	if (job != NULL)
		*job = (struct done_job){.call = call,
			.row = {event, message_number(call->parameters, "log", -1)}, .outcomes = outcomes};
	if (job == NULL ||
	    commit_queue_submit(call->verifier->queue, done_work, done_done, job) != STEPUP_OK) {
		free(job);
		refuse(call, STEPUP_UNAVAILABLE, NULL);
	}
}

/* --- chores --- */

static enum stepup_error hook_feed_append(struct store_session *session, json_t *entry)
{
	int64_t index;

	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

/* What was held back is told, what nobody fetched is dropped and said: by the first chores whose
 * commit succeeds. */
static enum stepup_error chores_work(struct store_session *session, void *context)
{
	struct hook_feed *feed = context;
	int64_t now = clock_wall_seconds();
	struct alert_slot *due;
	enum stepup_error error;

	feed->expired = 0;
	feed->dropped = store_events_dropped(feed->verifier->store);
	error = store_event_expire(session, now - HOOK_KEPT_SECONDS, &feed->expired);

	while (error == STEPUP_OK && (due = alert_limit_due(&feed->limit, now)) != NULL) {
		error = hook_feed_append(session,
			log_entry_alert_repeated(now, due->user, due->kind, due->held_back, due->since));
		if (error == STEPUP_OK) /* only now: what is counted before its entry isn't undone with it */
			alert_limit_told(&feed->limit, due, now);
	}
	if (error == STEPUP_OK && feed->expired + feed->dropped > 0)
		error = hook_feed_append(session,
			log_entry_hooks_dropped(now, feed->expired + feed->dropped));
	return error;
}

static void chores_done(void *context, enum stepup_error result)
{
	struct hook_feed *feed = context;

	feed->chores = false;
	if (result != STEPUP_OK) {
		journal_line(LOG_WARNING, "warning", "could not look after events for hooks: %s",
			stepup_error_text(result));
		return;
	}
	store_events_dropped_logged(feed->verifier->store, feed->dropped);
	if (feed->expired + feed->dropped > 0)
		journal_line(LOG_WARNING, "hooks",
			"%" PRId64 " events were dropped: stepup-hooks did not fetch them. Is it running?",
			feed->expired + feed->dropped);
}

void hook_feed_tick(struct verifier *verifier)
{
	struct hook_feed *feed = verifier->hooks;
	int64_t now = clock_boot_ms();
	struct call *call = feed->waiting;

	if (call != NULL && now >= feed->waits_until_ms) {
		feed->waiting = NULL;
		reply_nothing(call);
	}
	if (now < feed->next_chores_ms || feed->chores || feed->stopped)
		return;
	feed->next_chores_ms = now + HOOK_CHORES_SECONDS * INT64_C(1000);
	feed->chores = commit_queue_submit(verifier->queue, chores_work, chores_done, feed) == STEPUP_OK;
}

/* --- start and stop --- */

enum stepup_error hook_feed_start(struct verifier *verifier)
{
	struct hook_feed *feed = calloc(1, sizeof(*feed));
	enum stepup_error error = feed == NULL ? STEPUP_NO_MEMORY
		: store_log_size(verifier->reader, &feed->journaled);

	if (error != STEPUP_OK) {
		free(feed);
		return error;
	}
	feed->journaled--;
	feed->verifier = verifier;
	verifier->hooks = feed;
	store_events_watch(verifier->store, &(struct store_event_watch){
			.filter = note_entry, .begun = note_begun, .undone = note_undone, .context = feed});
	commit_queue_watch(verifier->queue, hook_feed_look, feed);
	return STEPUP_OK;
}

void hook_feed_stop(struct verifier *verifier)
{
	struct hook_feed *feed = verifier->hooks;
	struct call *call = feed == NULL ? NULL : feed->waiting;

	if (feed == NULL)
		return;
	feed->stopped = true;
	feed->waiting = NULL;
	if (call != NULL)
		reply_nothing(call);
}

void hook_feed_free(struct hook_feed **feed)
{
	free(*feed);
	*feed = NULL;
}
