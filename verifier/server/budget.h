/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one uid may take of the server: connections, bytes, calls and connects per second, step-ups begun per
 * minute, room for unfinished messages. Kept in a bounded table; whoever is over a budget waits or is
 * refused, and everybody else is served meanwhile. Uids of which nobody has found an account yet, or that
 * have none, share one small budget: one person may have thousands of those.
 * MUST: let no ordinary uid hold more than its share; keep room for root and configured callers when ordinary
 * uids fill the rest; leave nobody more than BUDGET_DEBT_SECONDS in debt; keep places and calls for brakes (a
 * lock, a freeze) in which nothing else is served.
 * Layer: verifier/server/. Pure: time comes from the caller, in milliseconds that never run backwards.
 */
#ifndef STEPUP_VERIFIER_BUDGET_H
#define STEPUP_VERIFIER_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#define BUDGET_CONNECTIONS_ORDINARY 64
#define BUDGET_CONNECTIONS_CALLER 1024
#define BUDGET_CONNECTIONS_UNNAMED 256  /* of all uids without a known account together */
/* for an ordinary uid while the last quarter of all connections is being used up */
#define BUDGET_CONNECTIONS_SCARCE 4
#define BUDGET_CONNECTIONS_NARROW 32    /* more, for brakes alone */
#define BUDGET_CALL_COST 1024           /* a call costs as much as so many bytes, beside its own */
#define BUDGET_CONNECTION_COST 1024     /* and a connection */
#define BUDGET_BYTES_ORDINARY (256 * 1024)           /* per second; four seconds' worth at once */
#define BUDGET_BYTES_CALLER (64 * 1024 * 1024)
#define BUDGET_DEBT_SECONDS 2                        /* the longest debt, whatever was sent */
#define BUDGET_BEGINS_ORDINARY 120                   /* per minute; a minute's worth at once */
#define BUDGET_BEGINS_CALLER 600000
/* calls per second that are brakes; two seconds' worth at once */
#define BUDGET_BRAKES 20
#define BUDGET_HELD_ORDINARY (1024 * 1024)           /* bytes of unfinished messages */
#define BUDGET_HELD_CALLER (16 * 1024 * 1024)
#define BUDGET_ASK_MS (30 * 1000)
/* a uid is remembered to have an account for so long after it was last here */
#define BUDGET_KNOWN_MS (3600 * 1000)

/* A configured caller or service has more than an ordinary uid; root isn't slowed down. */
enum budget_rank { BUDGET_ORDINARY, BUDGET_CALLER, BUDGET_ROOT };

struct budgets;
struct budget; /* one uid's */

/* A connection's part in it; zero-initialise. */
struct budget_member {
	struct budget *budget; /* NULL: not connected */
	bool narrow;           /* in one of the places that are for brakes alone */
	TAILQ_ENTRY(budget_member) of_payer;
};

/* For at most `connections` connections in all. NULL where there is no memory. */
struct budgets *budgets_new(size_t connections);
void budgets_free(struct budgets **all);

/* Whether a uid may open one more connection, or one for brakes, and whether it owes something. */
bool budget_has_room(struct budgets *all, uid_t uid);
bool budget_has_narrow_room(struct budgets *all, uid_t uid);
bool budget_owes(struct budgets *all, uid_t uid, int64_t now_ms);

/* Opens a connection for a uid, and charges it; false where it or everybody has as many as there may be,
 * or without memory. */
bool budget_connect(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member);
/* The same in a place that is for brakes alone. */
bool budget_connect_narrow(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member);
void budget_disconnect(struct budgets *all, struct budget_member *member);

/* Charges a connection that was not opened. */
void budget_turned_away(struct budgets *all, uid_t uid, int64_t now_ms);

/* Whether root or a configured caller has as many as it may, so that one of its connections may be
 * ended for another. */
bool budget_may_replace(struct budgets *all, uid_t uid);

/* Opens one more in place of one that was ended just now, which is still counted until it has gone; the
 * second in a place for brakes. */
bool budget_replace(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member);
bool budget_replace_narrow(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member);

/* The oldest connection that is `wanted`, of the uid or, of one that shares, of all that
 * share; NULL for none. */
struct budget_member *budget_first(struct budgets *all, uid_t uid,
	bool (*wanted)(const struct budget_member *member));

/* Whether it is one of those that share, and all of their places are taken. */
bool budget_unnamed_full(struct budgets *all, uid_t uid);

void budget_set_rank(struct budgets *all, struct budget *budget, enum budget_rank rank);

/* What the directory says: a uid with an account pays for itself, others share. */
void budget_set_named(struct budgets *all, struct budget *budget, bool named, int64_t now_ms);

/* Whether it is worth asking the directory about a uid, which nobody has done for BUDGET_ASK_MS; counts as
 * asked from then on. */
bool budget_wants_name(struct budget *budget, int64_t now_ms);

/* A uid's, NULL where there is none. */
struct budget *budget_of(struct budgets *all, uid_t uid);

/* Charges bytes, or a call with cost BUDGET_CALL_COST. What is over is owed, up to BUDGET_DEBT_SECONDS:
 * nothing more is read until it is paid. */
void budget_charge(struct budget *budget, size_t bytes, int64_t now_ms);
bool budget_in_debt(struct budget *budget, int64_t now_ms);

/* Charges one step-up begun: 0, or in how many seconds to try again, and then nothing is charged. */
int64_t budget_begin(struct budget *budget, int64_t now_ms);

/* Charges a brake, which costs nothing else; false where there were too many of them, and then it is a
 * call like any other. */
bool budget_brake(struct budget *budget, int64_t now_ms);

/* Changes what the uid's unfinished messages hold; false where that would be too much, and then
 * nothing changes. */
bool budget_hold(struct budget *budget, size_t before, size_t after);

/* Forgets uids that have no connection, owe nothing and aren't remembered; called by a timer. */
void budgets_sweep(struct budgets *all, int64_t now_ms);

/* For status and tests. */
size_t budgets_connections(const struct budgets *all);
size_t budgets_uids(const struct budgets *all);

#endif
