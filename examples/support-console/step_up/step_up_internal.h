/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bridge's files share: step_up_bridge.c keeps the table and serves the requests, step_up_thread.c
 * holds the conversation, step_up_pam.c and step_up_direct.c are the two ways to ask the verifier. One mutex
 * guards all of it.
 */
#ifndef CONSOLE_STEP_UP_INTERNAL_H
#define CONSOLE_STEP_UP_INTERNAL_H

#include <pthread.h>
#include <time.h>

#include "examples/support-console/step_up/step_up_bridge.h"

struct attempt {
	struct bridge *bridge;
	struct attempt *next;
	unsigned references; /* the list's, the thread's, a waiting request's */
	pthread_cond_t changed;
	char id[TOKEN_SIZE], owner[TOKEN_SIZE], step_up_session[TOKEN_SIZE];
	char user[USER_SIZE], rhost[64];
	enum attempt_state state;
	bool given_up, taken;
	bool stopped; /* a grant that comes now is nobody's */
	json_t *message;
	char *answer; /* waiting for the conversation; wiped when read */
	struct step_up_grant grant; /* its subject from the start; the rest once granted */
	unsigned watchers; /* browsers' requests that wait for what comes of it */
	int64_t watched;   /* when the last of them ended: seconds, CLOCK_MONOTONIC */
	int64_t ended;     /* seconds, CLOCK_MONOTONIC */
};

struct bridge {
	char *service, *confdir, *verifier_socket;
	pthread_mutex_t mutex;
	pthread_cond_t idle; /* `threads` fell to 0 */
	unsigned threads;
	bool closing;
	struct attempt *list;
};

/* CLOCK_MONOTONIC in so many seconds. */
struct timespec monotonic_in(int64_t seconds);

/* Gives up a reference; the last one frees. With the mutex held. */
void attempt_release(struct attempt *attempt);

/* Makes a grant that nobody waits for any more a refusal. With the mutex held. */
void attempt_late(struct attempt *attempt);

/* Runs one step-up from start to end; for pthread_create. `data` is the step-up, with a reference of
 * the thread's own. */
void *step_up_thread(void *data);

/* The action's details as a JSON object, NULL without memory. */
json_t *step_up_details(const struct step_up_subject *subject);

/* Puts one question, an object of the JSON conversation that it takes over, and waits for the answer: a fresh
 * text to be wiped, or NULL where nobody answered or the question is no object. */
char *attempt_ask(struct attempt *attempt, json_t *question);

/* Keeps what is said without a question, taking it over; the last word counts, and what is no
 * object is passed over. */
void attempt_hear(struct attempt *attempt, json_t *message);

/* Wipes, frees and sets NULL. */
void text_wipe(char **text);

/* The two ways to ask, in the step-up's thread: whether it was granted, and then what it gives. */
bool step_up_through_pam(struct attempt *attempt, struct step_up_grant *grant);
bool step_up_direct(struct attempt *attempt, struct step_up_grant *grant);

#endif
