/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the log to hooks and to the journal. Which entries are events is noted with each entry, in its own
 * transaction (store_event_*); alerts go to the journal once they are committed; stepup-hooks fetches events
 * one after the other and says what came of them.
 * MUST: start no process; never wait for stepup-hooks; lose no event in a crash; tell people of what
 * could not be told.
 * Layer: verifier/doors/.
 */
#ifndef STEPUP_VERIFIER_HOOK_FEED_H
#define STEPUP_VERIFIER_HOOK_FEED_H

#include "lib/base/error.h"
#include "verifier/server/call.h"

#define HOOK_WAIT_SECONDS 20           /* how long Next waits for an event */
#define HOOK_TELLS_MAX 3               /* how often one event is handed out */
#define HOOK_KEPT_SECONDS (24 * 60 * 60) /* an event that nobody fetched is dropped then */
#define HOOK_CHORES_SECONDS 10         /* between two looks at what was held back, or is too old */
/* of alerts in the journal; documented in stepupd(8) */
#define HOOK_MESSAGE_ID "5d1c2c7f9a5f4cf0b1f0a7f4b9d3e612"

struct hook_feed;
struct verifier;

/* Begins to note events; before the commit queue has a job. */
enum stepup_error hook_feed_start(struct verifier *verifier);

/* Once a second. */
void hook_feed_tick(struct verifier *verifier);

/* Answers whoever waits; nobody waits any more after that. */
void hook_feed_stop(struct verifier *verifier);

/* After the store is closed. */
void hook_feed_free(struct hook_feed **feed);

/* Handlers of Hooks1. */
void hook_feed_next(struct call *call);
void hook_feed_done(struct call *call);

#endif
