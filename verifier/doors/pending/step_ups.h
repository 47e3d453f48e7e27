/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Step-ups between Begin and Answer, and granted ones until an administrator's verb spends them: in
 * memory only, named by 32 unguessable bytes, bound to the caller's uid, good for two minutes of boot
 * time and one success.
 * MUST: give a step-up to no other uid; let one answer at a time be under way; end all at a reload, a
 * clock jump, a restart; let what strangers begin end nothing that somebody else was asked.
 * Layer: verifier/doors/pending/.
 */
#ifndef STEPUP_VERIFIER_STEP_UPS_H
#define STEPUP_VERIFIER_STEP_UPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "verifier/doors/pending/freshness.h"
#include "verifier/doors/pending/step_up.h"
#include "verifier/server/call.h"

/* of a uid for itself, and of root, where nothing ends them but time */
#define STEP_UPS_SMALL 64
#define STEP_UPS_LARGE 4096        /* of a configured caller; of a uid's that end with their connection */
#define STEP_UPS_SHARE 64          /* of these, of one person from one place */

struct step_ups;
struct step_ups *step_ups_new(void);
void step_ups_free(struct step_ups **all);

/* What granted step-ups keep fresh: of the same life as these, and ended with them. */
struct freshness *step_ups_freshness(struct step_ups *all);

/* Who is told of each that ends unanswered: whose time is up, that gave way, or whose connection has gone. */
void step_ups_watch(struct step_ups *all,
	void (*unanswered)(void *context, const struct step_up *step_up), void *context);

/* A new one in state ASKED with a fresh name, for the seat's user. Where the person has a share of the pool
 * from that place already, their own oldest unanswered one ends; where the pool is full, one ends where it is
 * most crowded (crowd_weight), unanswered before answered. Where the newcomer is the crowd, one of its own
 * place ends, or it is STEPUP_THROTTLED: whoever begins many pushes out their own, not what others were
 * asked. STEPUP_TOO_LONG for no name of a user, STEPUP_INTERNAL for no kind. Owned by `all`. */
enum stepup_error step_up_new(struct step_ups *all, const struct step_up_seat *seat,
	struct step_up **step_up);

/* From now on it ends with the call's connection. */
void step_up_bind(struct step_ups *all, struct step_up *step_up, struct call *call);

/* Hangs up on one of a uid's connections, where it is most crowded, that only asks still. False
 * where there is none. */
bool step_ups_make_room(struct step_ups *all, uid_t uid);

/* The live one of that name and uid, NULL otherwise: unknown, another uid's and expired ones look alike. */
struct step_up *step_up_find(struct step_ups *all, const char *name, uid_t uid);

/* Ends one: wiped and freed. One that is being answered is marked `ended` and goes when its answer is in:
 * whoever answers calls this again after setting another state. */
void step_up_end(struct step_ups *all, struct step_up *step_up);

/* Ends those of one user, or all (NULL), and what is fresh for them. What is quiet and waits for an answer
 * is left to the answer, which looks at the same again: its end would tell a stranger that somebody of that
 * name was locked. */
void step_ups_end_user(struct step_ups *all, const char *user);

/* Ends what was granted of actions that a pattern covers, before a verb spends it; what was only asked
 * is refused at its answer. What is fresh ends for everybody: it is kept by rule, and one rule may
 * have many actions. */
void step_ups_end_granted(struct step_ups *all, const char *pattern);

/* Ends what is fresh for somebody, once a change that ends it is on the disk. What was handed in before that
 * looks at the change itself (decide_fresh.c). */
void step_ups_end_fresh(struct step_ups *all, const char *user);

/* Ends what is fresh in a caller's sitting, and that anything begun in it becomes fresh by an answer
 * that comes later. */
void step_ups_end_sitting(struct step_ups *all, uid_t uid, const uint8_t sitting[DIGEST_SIZE]);

/* Frees what has expired, what is fresh too; called by a timer. */
void step_ups_sweep(struct step_ups *all, int64_t now_boot_ms);

size_t step_ups_count(const struct step_ups *all);

#endif
