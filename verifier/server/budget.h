/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one uid may take of the server: connections, bytes and calls per second, step-ups begun per minute, room for unfinished messages.
 * Kept in a bounded table; whoever is over a budget waits or is refused, and everybody else is served meanwhile.
 * MUST: let no ordinary uid hold more than its share; keep room for root and configured callers when ordinary uids fill the rest.
 * Layer: verifier/server/. Pure: time comes from the caller, in milliseconds that never run backwards.
 */
#ifndef STEPUP_VERIFIER_BUDGET_H
#define STEPUP_VERIFIER_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BUDGET_CONNECTIONS_ORDINARY 64
#define BUDGET_CONNECTIONS_CALLER 1024
#define BUDGET_CONNECTIONS_SCARCE 4     /* for an ordinary uid while the last quarter of all connections is being used up */
#define BUDGET_CALL_COST 1024           /* a call costs as much as so many bytes, beside its own */
#define BUDGET_BYTES_ORDINARY (256 * 1024)           /* per second; four seconds' worth at once */
#define BUDGET_BYTES_CALLER (64 * 1024 * 1024)
#define BUDGET_BEGINS_ORDINARY 120                   /* per minute; a minute's worth at once */
#define BUDGET_BEGINS_CALLER 600000
#define BUDGET_HELD_ORDINARY (1024 * 1024)           /* bytes of unfinished messages */
#define BUDGET_HELD_CALLER (16 * 1024 * 1024)

/* A configured caller or service has more than an ordinary uid; root isn't slowed down. */
enum budget_rank { BUDGET_ORDINARY, BUDGET_CALLER, BUDGET_ROOT };

struct budgets;
struct budget; /* one uid's */

/* For at most `connections` connections in all. NULL where there is no memory. */
struct budgets *budgets_new(size_t connections);
void budgets_free(struct budgets **all);

/* Opens a connection for a uid; NULL where it or everybody has as many as there may be. */
struct budget *budget_connect(struct budgets *all, uid_t uid, int64_t now_ms);
/* Where root or a configured caller has as many as it may: whether one of its connections may be ended for another, and the other one once it was; what
 * was ended is still counted until it has gone. */
bool budget_may_replace(const struct budgets *all, uid_t uid);
struct budget *budget_replace(struct budgets *all, uid_t uid);

void budget_disconnect(struct budgets *all, struct budget *budget);

void budget_set_rank(struct budget *budget, enum budget_rank rank);

/* Charges bytes, or a call with cost BUDGET_CALL_COST. What is over is owed: nothing more is read until it is paid. */
void budget_charge(struct budget *budget, size_t bytes, int64_t now_ms);
bool budget_in_debt(struct budget *budget, int64_t now_ms);

/* Charges one step-up begun: 0, or in how many seconds to try again, and then nothing is charged. */
int64_t budget_begin(struct budget *budget, int64_t now_ms);

/* Changes what the uid's unfinished messages hold; false where that would be too much, and then nothing changes. */
bool budget_hold(struct budget *budget, size_t before, size_t after);

/* Forgets uids that have no connection and owe nothing; called by a timer. */
void budgets_sweep(struct budgets *all, int64_t now_ms);

/* For status and tests. */
size_t budgets_connections(const struct budgets *all);
size_t budgets_uids(const struct budgets *all);

#endif
