/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locked users and frozen actions. A user's lock stands in the user's record, a freeze in a row of its own;
 * both are looked at again inside every deciding transaction, so that they hold from the next request on,
 * also for what was begun or issued before.
 * MUST: take an unreadable freeze or record for a refusal.
 * Layer: verifier/doors/standing/, over the store.
 */
#ifndef STEPUP_VERIFIER_LOCKS_H
#define STEPUP_VERIFIER_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/state/store/store.h"

/* STEPUP_FROZEN with the freeze's reference in `reference` where a freeze covers the action, STEPUP_OK
 * where none does. */
enum stepup_error freeze_look(struct store_session *session, const char *action,
	char reference[LOCK_REFERENCE_SIZE]);

/* STEPUP_FROZEN with one that stands and covers all of an action, or of a pattern. */
enum stepup_error freeze_find(struct store_session *session, const char *action, struct freeze *freeze);

/* Whether what was approved for the action at `log`, a place in the log, was frozen since then,
 * and thawed again. */
enum stepup_error freeze_look_since(struct store_session *session, const char *action, int64_t log,
	bool *frozen_since);

/* Whether a pattern may be frozen: a valid name, or one followed by "*", or "*"; not one that would
 * cover the verbs that stop and start: nobody takes stepup.lock and stepup.freeze from a responder, nor
 * what opens again. */
bool freeze_is_valid(const char *pattern);

/* Locks a person inside the caller's transaction and logs it: the record of that name is made where there is
 * none (with this uid), and saved, and so is every other record of the account's uid: whoever has two names
 * is locked under both, and each has an entry, under one reference. Voids for good, also where the lock is
 * lifted: live receipts, open requests and agreements, invitations for this user or by them.
 * One that is locked already stays so under the reference it has; the log says that it was locked again, by
 * whom and why. `reference` names the log's entry about the first: "L-83". */
#define LOCK_BY_VERIFIER "stepupd" /* who locked, where a limit did */
struct lock_order {
	const char *user;
	int64_t uid;        /* the account's; -1 for none, or not known: then the record's */
	const char *reason; /* safe to show; "" for none */
	const struct log_actor *actor;
	int64_t at;
};
enum stepup_error lock_user(struct store_session *session, const struct lock_order *order,
	char reference[LOCK_REFERENCE_SIZE]);

/* The same for a record in hand, which is saved by the caller. */
enum stepup_error lock_user_record(struct store_session *session, struct user_record *record,
	const struct lock_order *order);

/* Whether any record of this uid is locked; its reference goes to `reference`.
 * STEPUP_LOCKED, or STEPUP_OK. */
enum stepup_error uid_lock_look(struct store_session *session, int64_t uid,
	char reference[LOCK_REFERENCE_SIZE]);

/* Unlocks and logs, with every other record of the account's uid (-1: the record's) that is locked under
 * the same reference. STEPUP_NOT_FOUND where nothing is locked. Also lifts the suspension of codes that
 * guessing brought. */
enum stepup_error user_unlock(struct store_session *session, const char *user, int64_t uid,
	const struct log_actor *actor, int64_t at, int64_t *log);

/* Freezes, logs and voids requests for it; STEPUP_EXISTS where it is frozen already, with the
 * reference of that. */
struct freeze_order {
	const char *action, *reason; /* reason "" for none */
	const struct log_actor *actor;
	int64_t at;
};
enum stepup_error action_freeze(struct store_session *session, const struct freeze_order *order,
	char reference[LOCK_REFERENCE_SIZE]);

/* Thaws and logs. STEPUP_NOT_FOUND where it isn't frozen under exactly that name. */
enum stepup_error action_thaw(struct store_session *session, const char *action,
	const struct log_actor *actor, int64_t at, int64_t *log);

#endif
