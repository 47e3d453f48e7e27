/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Step-ups between Begin and Answer, and granted ones until an administrator's verb spends them: in
 * memory only, named by 32 unguessable bytes, bound to the caller's uid, good for two minutes of boot
 * time and one success.
 * MUST: give a transaction to no other uid; let one answer at a time be under way; end all at a reload, a
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

#define TRANSACTION_TTL_SECONDS 120
#define TRANSACTION_GRANT_TTL_SECONDS 60
/* of a uid for itself, and of root, where nothing ends them but time */
#define TRANSACTIONS_SMALL 64
#define TRANSACTIONS_LARGE 4096        /* of a configured caller; of a uid's that end with their connection */
#define TRANSACTIONS_SHARE 64          /* of these, of one person from one place */
#define TRANSACTION_NAME_SIZE 44       /* base64url of 32 bytes, with the NUL */

enum transaction_state { TRANSACTION_ASKED, TRANSACTION_ANSWERING, TRANSACTION_GRANTED, TRANSACTION_SPENT,
	TRANSACTION_WAITING /* its answer was right, and a second person has to agree */ };

/* What shares room, for each uid. */
enum transaction_pool {
	POOL_SMALL,  /* root's, and a uid's for itself */
	POOL_CALLER, /* a configured caller's, which begins for many */
	POOL_BOUND,  /* that end with their connection: as many as that allows */
};

/* Whose a new one is. */
struct transaction_seat {
	uid_t uid;
	enum transaction_pool pool;
	const char *user;              /* whom it is for */
	uint8_t place[DIGEST_SIZE];    /* where that one is, as far as it is known: sitting_place() */
};

struct question;  /* what a step-up puts to the person; question.c */
struct enrolment; /* a credential waiting for its proof; enrolment.c */

struct transaction_owner; /* what one uid has in a pool; step_ups.c */

struct transaction {
	char name[TRANSACTION_NAME_SIZE];
	enum transaction_state state;
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
	struct transaction_owner *owner;
	struct crowd_member crowd;
	uint8_t place[DIGEST_SIZE]; /* of the seat */
	TAILQ_ENTRY(transaction) of_owner; /* oldest first */
	LIST_ENTRY(transaction) of_name;
};

/* Whom the log names for it; points into the transaction. */
struct log_subject transaction_subject(const struct transaction *transaction);

/* Where a grant of this transaction stays fresh; of one that `sits`. */
struct fresh_place transaction_place(const struct transaction *transaction);

struct transactions;
struct transactions *transactions_new(void);
void transactions_free(struct transactions **all);

/* What granted step-ups keep fresh: of the same life as these, and ended with them. */
struct freshness *transactions_freshness(struct transactions *all);

/* Who is told of each that ends unanswered: whose time is up, that gave way, or whose connection has gone. */
void transactions_watch(struct transactions *all,
	void (*unanswered)(void *context, const struct transaction *transaction), void *context);

/* A new one in state ASKED with a fresh name, for the seat's user. Where the person has a share of the pool
 * from that place already, their own oldest unanswered one ends; where the pool is full, one ends where it is
 * most crowded (crowd_weight), unanswered before answered. Where the newcomer is the crowd, one of its own
 * place ends, or it is STEPUP_THROTTLED: whoever begins many pushes out their own, not what others were
 * asked. STEPUP_TOO_LONG for no name of a user. Owned by `all`. */
enum stepup_error transaction_new(struct transactions *all, const struct transaction_seat *seat,
	struct transaction **transaction);

/* From now on it ends with the call's connection. */
void transaction_bind(struct transactions *all, struct transaction *transaction, struct call *call);

/* Hangs up on one of a uid's connections, where it is most crowded, that only asks still. False
 * where there is none. */
bool transactions_make_room(struct transactions *all, uid_t uid);

/* Whether nothing can come of it any more, once what is under way is done: for who answered. */
bool transaction_is_over(const struct transaction *transaction);

/* The live one of that name and uid, NULL otherwise: unknown, another uid's and expired ones look alike. */
struct transaction *transaction_find(struct transactions *all, const char *name, uid_t uid);

/* Ends one: wiped and freed. One that is being answered is marked `ended` and goes when its answer is in:
 * whoever answers calls this again after setting another state. */
void transaction_end(struct transactions *all, struct transaction *transaction);

/* Ends those of one user, or all (NULL), and what is fresh for them. What is quiet and waits for an answer
 * is left to the answer, which looks at the same again: its end would tell a stranger that somebody of that
 * name was locked. */
void transactions_end_user(struct transactions *all, const char *user);

/* Ends what was granted of actions that a pattern covers, before a verb spends it; what was only asked
 * is refused at its answer. What is fresh ends for everybody: it is kept by rule, and one rule may
 * have many actions. */
void transactions_end_granted(struct transactions *all, const char *pattern);

/* Ends what is fresh for somebody, once a change that ends it is on the disk. What was handed in before that
 * looks at the change itself (decide_fresh.c). */
void transactions_end_fresh(struct transactions *all, const char *user);

/* Ends what is fresh in a caller's sitting, and that anything begun in it becomes fresh by an answer
 * that comes later. */
void transactions_end_sitting(struct transactions *all, uid_t uid, const uint8_t sitting[DIGEST_SIZE]);

/* Frees what has expired, what is fresh too; called by a timer. */
void transactions_sweep(struct transactions *all, int64_t now_boot_ms);

size_t transactions_count(const struct transactions *all);

#endif
