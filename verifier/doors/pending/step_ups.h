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

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "lib/wire/action.h"
#include "verifier/doors/pending/crowd.h"
#include "verifier/doors/pending/freshness.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/server/call.h"
#include "verifier/state/records/approval_request.h"
#include "verifier/state/records/user_record.h"

#define STEP_UP_TTL_SECONDS 120
#define STEP_UP_GRANT_TTL_SECONDS 60
/* of a uid for itself, and of root, where nothing ends them but time */
#define STEP_UPS_SMALL 64
#define STEP_UPS_LARGE 4096        /* of a configured caller; of a uid's that end with their connection */
#define STEP_UPS_SHARE 64          /* of these, of one person from one place */
#define STEP_UP_NAME_SIZE 44       /* base64url of 32 bytes, with the NUL */

enum step_up_state { STEP_UP_ASKED, STEP_UP_ANSWERING, STEP_UP_GRANTED, STEP_UP_SPENT,
	STEP_UP_WAITING /* its answer was right, and a second person has to agree */ };

/* What shares room, for each uid. */
enum step_up_pool {
	POOL_SMALL,  /* root's, and a uid's for itself */
	POOL_CALLER, /* a configured caller's, which begins for many */
	POOL_BOUND,  /* that end with their connection: as many as that allows */
};

/* Whose a new one is. */
struct step_up_seat {
	uid_t uid;
	enum step_up_pool pool;
	const char *user;              /* whom it is for */
	uint8_t place[DIGEST_SIZE];    /* where that one is, as far as it is known: sitting_place() */
};

struct question;  /* what a step-up puts to the person; question.c */
struct enrolment; /* a credential waiting for its proof; enrolment.c */

struct step_up_owner; /* what one uid has in a pool; step_ups.c */

struct step_up {
	char name[STEP_UP_NAME_SIZE];
	enum step_up_state state;
	/* while ANSWERING: a lock, a reload or a clock jump ended it; the writer's side looks */
	atomic_bool ended;
	/* while ANSWERING: nobody is there for what comes next; what was answered counts all the same */
	bool cut;
	struct call_bond bond;     /* to the connection that it ends with; tied to none otherwise */
	uid_t uid;                 /* who may answer */
	int64_t expires_boot_ms;
	struct policy *policy;     /* referenced */
	/* of that policy; NULL for an enrolment and for users who can't be granted anything */
	const struct rule *rule;
	struct action *action;     /* NULL for an enrolment */
	char user[USER_NAME_SIZE];
	int64_t user_uid;          /* the account's uid at Begin, -1 where it has none */
	uint8_t user_id[USER_ID_SIZE]; /* of the record at Begin; zero where there was none */
	int64_t user_version;      /* of that record then; 0 where there was none */
	int64_t log_index;         /* of the grant, once granted */
	int64_t version;           /* of the record, as it was saved with the grant */
	char credential[CREDENTIAL_ID_SIZE]; /* that earned it */
	enum factor_strength strength; /* that it was granted with */
	bool reading;              /* granted, and pages are being read under it */
	bool own;                  /* the caller's own account */
	/* for a lock or a freeze: served whatever the caller owes, and one of few is the last to give way */
	bool brake;
	char *caller, *service, *rhost, *tty, *prompt;
	uint8_t session[DIGEST_SIZE]; /* of STEPUP_SESSION; zero where none */
	uint8_t sitting[DIGEST_SIZE]; /* console session or terminal that a grant stays fresh for */
	bool sits;                    /* there is one */
	uint8_t source[GUESS_SOURCE_SIZE];
	/* nobody who asks is known to be the user: nothing but a right answer is told
	 * anything (begin_check.h) */
	bool quiet;
	bool hopeless;             /* begun for somebody who can't succeed; asked all the same */
	bool apart;                /* and whose record it leaves alone: the caller may not act for them */
	/* what a right answer hears, quiet: STEPUP_OK, or why Begin would have refused */
	enum stepup_error withheld;
	const char *withheld_why;  /* for the log; NULL for nothing */
	int answers;               /* so far */
	/* sitting or session, where a second person comes into it: must not be that one's; zero for none */
	uint8_t from[DIGEST_SIZE];
	bool approves;             /* begun to answer `request`, which somebody else made … */
	/* … and the answer denies it and locks who made it, which may be oneself; else it agrees */
	bool denies;
	char requester[USER_NAME_SIZE]; /* who made it */
	char request[REQUEST_ID_SIZE]; /* that it agrees to or, WAITING, waits for; "" for none */
	uint8_t request_digest[DIGEST_SIZE]; /* of the one that it agrees to, as it was shown */
	char *reason;              /* the person's own words for a second one; NULL for none */
	struct question *question; /* NULL for an enrolment */
	struct enrolment *enrolment;
	void (*enrolment_free)(struct enrolment **enrolment); /* set with it */
	struct step_up_owner *owner;
	struct crowd_member crowd;
	uint8_t place[DIGEST_SIZE]; /* of the seat */
	TAILQ_ENTRY(step_up) of_owner; /* oldest first */
	LIST_ENTRY(step_up) of_name;
};

/* Whom the log names for it; points into the step-up. */
struct log_subject step_up_log_subject(const struct step_up *step_up);

/* Where a grant of this step-up stays fresh; of one that `sits`. */
struct fresh_place step_up_place(const struct step_up *step_up);

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
 * asked. STEPUP_TOO_LONG for no name of a user. Owned by `all`. */
enum stepup_error step_up_new(struct step_ups *all, const struct step_up_seat *seat,
	struct step_up **step_up);

/* From now on it ends with the call's connection. */
void step_up_bind(struct step_ups *all, struct step_up *step_up, struct call *call);

/* Hangs up on one of a uid's connections, where it is most crowded, that only asks still. False
 * where there is none. */
bool step_ups_make_room(struct step_ups *all, uid_t uid);

/* Whether nothing can come of it any more, once what is under way is done: for who answered. */
bool step_up_is_over(const struct step_up *step_up);

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
