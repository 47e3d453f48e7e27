/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in text that the module and the CLI share: offers what the person has and what works here,
 * best first. One prompt says what will be approved and how: Enter takes the key, a code is typed; a key that
 * fails says why, and the question comes again with the next way.
 * MUST: ask for no key that isn't there (the helper looks first, everywhere at once); have the question stand
 * within a second, and leave out within two whoever does not say what they hold; not start the helper where
 * the verifier lists no way that needs it; have at most one touch for one approval; put what must be seen in
 * time into a prompt, because sshd holds other messages back; end, however often a key fails.
 * Layer: lib/client/, jansson.
 */
#ifndef STEPUP_LIB_KEY_CONVERSATION_H
#define STEPUP_LIB_KEY_CONVERSATION_H

#include <stdbool.h>

#include "lib/client/authenticator.h"
#include "lib/client/step_up_client.h"

#define KEY_WAYS 2 /* seat, agent */

/* How lines go to the person and come back. */
struct text_channel {
	/* Puts a question and gets one line, which isn't shown while it is typed; the caller wipes and frees
	 * it. STEPUP_CANCELLED where the person gave up; any other error ends the conversation with it. */
	enum stepup_error (*ask)(void *context, const char *question, char **line);
	/* Shows a sentence. */
	void (*tell)(void *context, const char *sentence);
	void *context;
};

/* One step-up's conversation. Zero but for what is given; good for one step_up_run. */
struct key_conversation {
	/* given, borrowed */
	const struct text_channel *channel;
	const char *agent_socket; /* NULL where the person has none */
	const char *account;	  /* whom the helper runs as; NULL: this process's real user */
	const char *user;	  /* as whom the person approves; NULL: the question doesn't say it */

	/* kept between questions */
	struct authenticator_account found;
	bool has_found;
	struct key_way {
		bool looked, gone; /* gone: nothing can come of it any more */
		int failures;
		struct authenticator_look *look; /* while it is going on */
		struct authenticator_request request;
	} ways[KEY_WAYS];
	char *left_out; /* who did not answer, a sentence each; owned, NULL once it was said */
	bool tried;    /* a key was asked to sign */
	bool put_by;   /* Enter instead of a PIN: not this key */
	bool broken;   /* the channel ended it while a PIN was asked for */
	char *why;     /* what was wrong with a key, owned */
};

/* The `ask` of a step_up_conversation whose context is a struct key_conversation. STEPUP_TOO_WEAK where
 * nothing that the verifier takes works here, with the reason in answer->why. */
enum stepup_error key_conversation_ask(
	void *conversation, const struct step_up_question *question, struct step_up_answer *answer);

/* Wipes and frees what it keeps. */
void key_conversation_clear(struct key_conversation *conversation);

#endif
