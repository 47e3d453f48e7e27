/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the log's entries are events that hooks are told of, and what they are told: `locked`,
 * `requested`, `enrolled`, `alert`. One table. An alert is something that a person should look at; what it is
 * about its kind says.
 * MUST: put nothing into an event but what the log says, and a sentence; no name into it that a
 * stranger made up.
 * Layer: verifier/evidence/alerts/. Pure.
 */
#ifndef STEPUP_VERIFIER_EVENT_H
#define STEPUP_VERIFIER_EVENT_H

#include <jansson.h>
#include <stdbool.h>

#include "verifier/state/store/store.h"

/* Why an entry of type `refusal` says Expired: a question that takes a key, given up or left until
 * its time ran out. */
#define EVENT_WHY_UNANSWERED "nobody answered"

/* Why a refusal says NotAllowed or, where nobody may hear that, BadAnswer. */
#define EVENT_WHY_NOT_IN_RULE "user is not in the rule"
#define EVENT_WHY_NOT_FOR_USER "caller may not act for this user"

/* The events that an entry is, as bits 1 << enum store_event; an alert's kind, a literal or the entry's own
 * text, goes to `*kind` (NULL where it is none). */
unsigned event_of_entry(const json_t *entry, const char **kind);

/* The first kind of alert in the table that nobody has a sentence for; NULL if each has one. */
const char *event_kind_without_sentence(void);

/* Whether an entry is a refusal under a name that nobody is enrolled under: whoever tried it may have
 * invented it. Such entries alert as one person's, and in nobody's words but ours; the log has the name. */
bool event_is_of_stranger(const json_t *entry);

const char *event_name(enum store_event event);
/* STEPUP_INVALID where there is none of that name. */
enum stepup_error event_from_name(const char *name, enum store_event *event);

/* What hooks read on standard input, a new object: event, log, at, time, host, issuer, message, `kind` of an
 * alert, and what the entry says of user, action and the like; of a request its prompt as well, from
 * `evidence` (may be NULL). NULL where there is no memory. */
json_t *event_to_json(enum store_event event, const json_t *entry, const json_t *evidence,
	const char *issuer);

#endif
