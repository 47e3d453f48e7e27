/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From PAM to HTTP: one step-up is one PAM transaction in a thread of its own, whose questions are answered
 * by later requests. This is the part to copy into a console of your own.
 *
 * MUST:
 * - a step-up belongs to the session that began it; no other session learns of it or answers it;
 * - only PAM_SUCCESS of pam_authenticate and then of pam_acct_mgmt is a grant (and of a direct one the
 *   verifier's own word);
 * - a grant is for the action and the details that were begun, is taken once, and is gone after a minute;
 * - the number of step-ups is bounded, and each ends by itself when nobody answers;
 * - what nobody waits for any more is asked of nobody: its request is taken back, and an agreement that came
 *   first is not used.
 */
#ifndef CONSOLE_STEP_UP_BRIDGE_H
#define CONSOLE_STEP_UP_BRIDGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "examples/support-console/data/session.h"

#define STEP_UP_ACTION_SIZE 65
#define CREDENTIAL_SIZE 65
#define REQUEST_SIZE 32

struct bridge;

enum attempt_state {
	ATTEMPT_RUNNING,  /* the verifier has not answered in time; ask again or give up */
	ATTEMPT_QUESTION, /* `message` is the question */
	/* a second person has to agree: `message` says who can; ask again with {"wait":true}, or stop
	 * with {"cancel":true} */
	ATTEMPT_WAITING,
	ATTEMPT_GRANTED,  /* `message` is what the module said, or NULL */
	ATTEMPT_REFUSED,  /* likewise */
	ATTEMPT_GONE,     /* unknown, of another session, taken, or too many at once */
};

/* What is to be done once it is granted. */
struct step_up_subject {
	char action[STEP_UP_ACTION_SIZE];
	char account[ACCOUNT_SIZE]; /* "" for none */
	int64_t records;            /* 0 for none */
	char type[8];               /* of the credential that is added; "" for none */
	char credential[CREDENTIAL_SIZE]; /* the one that is removed; "" for none */
	char request[REQUEST_SIZE]; /* the request that is answered; "" for none */
	bool denies;                /* by denying it and locking who made it; else it is agreed to */
	/* asked of the verifier past PAM, because the console has to name the grant to it */
	bool direct;
};

/* What a grant gives; each "" where there is none. The caller wipes it. */
struct step_up_grant {
	struct step_up_subject subject;
	char receipt[RECEIPT_SIZE];
	char authorization[TOKEN_SIZE]; /* of a direct one */
};

struct step_up_view {
	char id[TOKEN_SIZE];
	enum attempt_state state;
	struct step_up_subject subject;
	json_t *message; /* a JSON object of the conversation, or NULL; the caller's to free */
};

/* `service` is the PAM service; `confdir` NULL for /etc/pam.d. The verifier's socket is for direct step-ups.
 * Texts are copied. */
struct bridge *bridge_new(const char *service, const char *confdir, const char *verifier_socket);

/* Gives up what is still open, waits for its threads, frees, sets NULL. */
void bridge_free(struct bridge **bridge);

/* Begins a step-up of the session's employee and waits for the first question or the end. */
void bridge_begin(struct bridge *bridge, const struct session *session, const char *rhost,
	const struct step_up_subject *subject, struct step_up_view *view);

/* Hands over one answer (a JSON object of the conversation) and waits for the next question or the end. To
 * stop waiting for a second person takes the request back. */
void bridge_answer(struct bridge *bridge, const struct session *session, const char *id, const json_t *answer,
	struct step_up_view *view);

/* Takes a grant for the action, with the details it was begun for: once. */
bool bridge_take(struct bridge *bridge, const struct session *session, const char *id, const char *action,
	struct step_up_grant *grant);

/* The receipt of a grant, without taking it: for the demonstration only. "" where there is none. */
void bridge_receipt(struct bridge *bridge, const struct session *session, const char *id, char *receipt);

/* Gives up every step-up of the session, and takes back what it asked others for. */
void bridge_drop_session(struct bridge *bridge, const struct session *session);

/* The same of those whose page has gone without a word, as with a browser that crashed. To be called
 * every now and then. */
void bridge_tend(struct bridge *bridge);

/* PAM's account phase: may this employee still use the console? Where not, `*message` is the
 * module's object or NULL. */
bool bridge_account(struct bridge *bridge, const char *user, const char *rhost, json_t **message);

#endif
