/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One step-up between Begin and Answer: what each has, and what only those of its kind have.
 * MUST: let no part of one kind be taken for another's: what a kind has is reached through the accessors
 * below alone; wipe what it frees.
 * Layer: verifier/doors/pending/.
 */
#ifndef STEPUP_VERIFIER_STEP_UP_H
#define STEPUP_VERIFIER_STEP_UP_H

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
#define STEP_UP_NAME_SIZE 44       /* base64url of 32 bytes, with the NUL */

enum step_up_state { STEP_UP_ASKED, STEP_UP_ANSWERING, STEP_UP_GRANTED, STEP_UP_SPENT,
	STEP_UP_WAITING /* its answer was right, and a second person has to agree */ };

/* What shares room, for each uid. */
enum step_up_pool {
	POOL_SMALL,  /* root's, and a uid's for itself */
	POOL_CALLER, /* a configured caller's, which begins for many */
	POOL_BOUND,  /* that end with their connection: as many as that allows */
};

/* What a step-up is for. Fixed when it is made: what only one kind has is reached by its kind, below. */
enum step_up_kind {
	STEP_UP_FOR_ACTION = 1, /* what somebody wants to do */
	STEP_UP_TO_AGREE,       /* to a request that somebody else made */
	STEP_UP_TO_DENY,        /* a request, one's own as well, and to lock who made it */
	STEP_UP_TO_ENROL,       /* a credential that waits for its proof */
};

/* Whose a new one is. */
struct step_up_seat {
	enum step_up_kind kind;
	uid_t uid;
	enum step_up_pool pool;
	const char *user;              /* whom it is for */
	uint8_t place[DIGEST_SIZE];    /* where that one is, as far as it is known: sitting_place() */
};

struct question;  /* what a step-up puts to the person; question.c */
struct enrolment; /* a credential waiting for its proof; enrolment.c */

struct step_up_owner; /* what one uid has in a pool; step_ups.c */

/* What is known of a step-up once it is granted. */
struct grant {
	int64_t log_index;
	int64_t version;               /* of the record, as it was saved with it */
	char credential[CREDENTIAL_ID_SIZE]; /* that earned it */
	enum factor_strength strength; /* and as what */
	bool reading;                  /* pages are being read under it */
};

/* STEP_UP_FOR_ACTION: what a second person has to do with it. */
struct second_person {
	char *reason;                  /* the person's own words for them; NULL for none */
	char request[REQUEST_ID_SIZE]; /* WAITING: that it waits for; "" before */
};

/* STEP_UP_TO_AGREE, STEP_UP_TO_DENY: the request, as it was shown. */
struct request_shown {
	char id[REQUEST_ID_SIZE];
	char requester[USER_NAME_SIZE]; /* who made it, which may be oneself if it is denied */
	uint8_t digest[DIGEST_SIZE];
};

/* An action that somebody is asked to prove themselves for: every kind but STEP_UP_TO_ENROL. */
struct asked {
	const struct rule *rule;       /* of the step-up's policy */
	struct action *action;
	char *service, *rhost, *prompt;
	struct question *question;
	int64_t user_version;          /* of the record at Begin; 0 for none */
	uint8_t sitting[DIGEST_SIZE];  /* console session or terminal that a grant stays fresh for */
	bool sits;                     /* there is one */
	uint8_t source[GUESS_SOURCE_SIZE];
	/* nobody who asks is known to be the user: nothing but a right answer is told
	 * anything (begin_check.h) */
	bool quiet;
	bool hopeless;                 /* begun for somebody who can't succeed; asked all the same */
	bool apart;                    /* and whose record it leaves alone: the caller may not act for them */
	/* what a right answer hears, quiet: STEPUP_OK, or why Begin would have refused */
	enum stepup_error withheld;
	const char *withheld_why;      /* for the log; NULL for nothing */
	/* sitting or session, if a second person comes into it: must not be that one's; zero for none */
	uint8_t from[DIGEST_SIZE];
	struct grant grant;            /* through step_up_grant() */
	union {
		struct second_person second; /* through step_up_second_person() */
		struct request_shown shown;  /* through step_up_request() */
	} of;
};

/* An enrolment, and what frees it. */
struct step_up_enrols {
	struct enrolment *enrolment;
	void (*free)(struct enrolment **enrolment);
};

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
	char user[USER_NAME_SIZE];
	int64_t user_uid;          /* the account's uid at Begin, -1 where it has none */
	uint8_t user_id[USER_ID_SIZE]; /* of the record at Begin; zero where there was none */
	bool own;                  /* the caller's own account */
	/* for a lock or a freeze: served whatever the caller owes, and one of few is the last to give way */
	bool brake;
	char *caller;
	int answers;               /* so far */
	struct step_up_owner *owner;
	struct crowd_member crowd;
	uint8_t place[DIGEST_SIZE]; /* of the seat */
	TAILQ_ENTRY(step_up) of_owner; /* oldest first */
	LIST_ENTRY(step_up) of_name;
	enum step_up_kind kind;
	union {
		struct asked *asked;          /* through step_up_asked() */
		struct step_up_enrols enrols; /* through step_up_enrolment() */
	} of;
};

/* What only some kinds have. Each is NULL for any other kind, so that no part of one is ever read as
 * another's. */
struct asked *step_up_asked(const struct step_up *step_up);
struct second_person *step_up_second_person(const struct step_up *step_up);
struct request_shown *step_up_request(const struct step_up *step_up);
struct enrolment *step_up_enrolment(const struct step_up *step_up);

/* NULL unless it is GRANTED. */
struct grant *step_up_grant(const struct step_up *step_up);

/* Gives the enrolment to a STEP_UP_TO_ENROL that has none yet, which frees it with `free`. STEPUP_INTERNAL,
 * and nothing is given, for any other. */
enum stepup_error step_up_enrols(struct step_up *step_up, struct enrolment *enrolment,
	void (*free)(struct enrolment **enrolment));

/* Makes it GRANTED: for an administrator's verb, which spends it within STEP_UP_GRANT_TTL_SECONDS.
 * STEPUP_INTERNAL, and nothing is granted, for any kind but STEP_UP_FOR_ACTION. */
enum stepup_error step_up_keep_grant(struct step_up *step_up, const struct grant *grant);

/* Whom the log names for it; points into the step-up. */
struct log_subject step_up_log_subject(const struct step_up *step_up);

/* Where a grant of this step-up stays fresh; of one that is asked and `sits`. */
struct fresh_place step_up_place(const struct step_up *step_up);

/* Whether nothing can come of it any more, once what is under way is done: for who answered. */
bool step_up_is_over(const struct step_up *step_up);

/* A new one of the seat's kind in state ASKED with a fresh name, for the seat's user, in nobody's list:
 * step_ups.c has it from then on. Wiped, freed and set to NULL by step_up_unmake(). */
enum stepup_error step_up_make(const struct step_up_seat *seat, struct step_up **step_up);
void step_up_unmake(struct step_up **step_up);

#endif
