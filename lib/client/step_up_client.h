/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client side of one step-up, shared by the PAM module and the CLI: Begin, ask the person, Answer, ask
 * again while tries are left. It decides nothing: only a well-formed reply of the verifier to Answer is a
 * success. What a key signs, and whether that is good, is the verifier's affair; this side only carries it.
 * Layer: lib/client/, jansson.
 */
#ifndef STEPUP_LIB_STEP_UP_CLIENT_H
#define STEPUP_LIB_STEP_UP_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/wire/verifier_client.h"

/* What to do a step-up for; texts are borrowed, NULL where not known. */
struct step_up_request {
	const char *user;
	const char *action;	/* NULL with `approves` */
	const char *approves;	/* the request to answer; NULL for an ordinary step-up */
	const char *decision;	/* with `approves`: "lock" denies it and locks who made it; NULL agrees */
	const json_t *details;
	const char *session;
	const char *service;
	const char *rhost;
	const char *tty;
	const char *reason; /* for a second person, where one has to agree */
	const char *const *reach; /* "browser", "seat", "agent": how a key can be reached here; ended by NULL.
				     NULL: not at all */
};

/* One question to the person. Texts are borrowed and safe to show. */
struct step_up_question {
	const char *prompt; /* "Export 102000 contacts of trezor" */
	const char *ask;    /* "Code: " */
	const char *error;  /* what was wrong with the last answer, NULL the first time */
	int64_t tries_left; /* -1 where not known */
	int64_t retry_after_seconds; /* until an answer counts again; -1 where not known */
	struct deadline expires;
	const json_t *methods; /* array of texts, best first: what may be answered, "code" and of `reach` */
	const json_t *browser, *seat, *agent; /* what a key is to sign, for each of them in `methods` */
};

/* Whether this method is one of the question's. */
bool step_up_offers(const struct step_up_question *question, const char *method);

/* One answer: a code, or what a key made (Verify1.Answer says which members that has). Owned
 * by whoever asked. */
struct step_up_answer {
	const char *method; /* lives as long as the program */
	char *code;	    /* for "code", as it was typed */
	json_t *key;	    /* for the others */
	char *why;	    /* where there is no answer: a sentence for the person, or NULL */
};

/* Wipes, frees and zeroes. */
void step_up_answer_clear(struct step_up_answer *answer);

/* A step-up whose answer was right and that a second person has to agree to. Texts are borrowed
 * and safe to show. */
struct step_up_waiting {
	const char *request;	 /* "R-…" */
	const char *message;	 /* who can agree, and until when */
	const json_t *approvers; /* array of texts; NULL where not said */
	int64_t expires;	 /* seconds since 1970; -1 where not said */
	bool again;		 /* it was looked once, and nobody had agreed */
};

/* How to talk to the person. */
struct step_up_conversation {
	/* Gets one answer into a zeroed `answer`. STEPUP_CANCELLED where the person gave up; any other error,
	 * such as STEPUP_NO_MEMORY, is handed through. With an error, answer->why may say what happened. */
	enum stepup_error (*ask)(
		void *context, const struct step_up_question *question, struct step_up_answer *answer);
	/* Tells what a step-up waits for. True: wait until `*until` (on entry the step-up's own deadline; one
	 * that has passed: see once whether somebody agreed, and be called again while there is time). False,
	 * or NULL: it is refused as NeedsApproval at once. */
	bool (*wait)(void *context, const struct step_up_waiting *waiting, struct deadline *until);
	void *context;
};

struct step_up_outcome {
	json_t *reply;	   /* the verifier's reply to Answer, owned; NULL unless granted */
	char *transaction; /* what an administrator's verb names as its authorization, owned; NULL unless
			      granted */
	struct verifier_refusal refusal; /* why not */
};

void step_up_outcome_clear(struct step_up_outcome *outcome);

/* Runs a step-up on an open connection, into a zeroed `outcome`; it ends with that connection, also where it
 * was granted. STEPUP_OK only where the verifier granted it. At most three answers are asked for; one that
 * came too soon, Throttled, is asked for again where that can still be in time. At the seat and behind an
 * agent a key that was refused is not asked for again; at a browser the person chooses the key, and may
 * choose another. No call waits longer than ten seconds.
 * Where a second person has to agree, `wait` says whether to wait for that; STEPUP_NEEDS_APPROVAL with
 * outcome->refusal.request where nobody agreed in that time.
 * Otherwise the refusal's error, with the verifier's words in outcome->refusal; or what
 * verifier_client_call or `ask` returned, with outcome->refusal.error 0 and in its message the conversation's
 * words, if any; STEPUP_EXPIRED where the person took longer than the deadline, STEPUP_TOO_WEAK where none of
 * the methods that the verifier accepts can be used here, STEPUP_INVALID where a text of the request isn't
 * UTF-8, STEPUP_INTERNAL where `ask` gave an answer that wasn't asked for. */
enum stepup_error step_up_run(struct verifier_client *client, const struct step_up_request *request,
	const struct step_up_conversation *conversation, struct deadline deadline,
	struct step_up_outcome *outcome);

/* Asks Account for this user; STEPUP_OK where nothing stands against them. Errors as
 * above; verify_calls.c. */
enum stepup_error step_up_account(struct verifier_client *client, const char *user, const char *service,
	const char *rhost, struct deadline deadline, struct verifier_refusal *refusal);

#endif
