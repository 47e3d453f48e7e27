/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Talking to the person through the host's PAM conversation, in one of two forms: plain text for terminals,
 * or one JSON object per message for programs that draw their own dialog (pam_stepup(8)).
 * MUST: put whatever has to be read before answering into the prompt itself (sshd holds other messages
 * back); believe nothing of a reply but what its form allows; wipe it.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_CONVERSATION_H
#define STEPUP_PAM_MODULE_CONVERSATION_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "lib/client/key_conversation.h"
#include "lib/client/step_up_client.h"

struct conversation;

/* How a step-up ended, in words; texts are borrowed. */
struct ending {
	enum stepup_error error; /* STEPUP_OK: granted */
	const char *message;
	const char *reference;	     /* NULL where there is none */
	int64_t retry_after_seconds; /* -1 where not said */
};

struct conversation_form {
	const char *name; /* the argument's value */
	/* Gets an answer as step_up_conversation's ask does; STEPUP_INVALID where a reply is
	 * none in this form. */
	enum stepup_error (*ask)(struct conversation *conversation, const struct step_up_question *question,
		struct step_up_answer *answer);
	/* Tells what waits for a second person, as step_up_conversation's wait does. */
	bool (*wait)(struct conversation *conversation, const struct step_up_waiting *waiting,
		struct deadline *until);
	/* Makes the text that tells the ending; the caller frees. NULL where there is nothing to tell. */
	enum stepup_error (*ending)(const struct ending *ending, char **text);
};

extern const struct conversation_form conversation_form_text;
extern const struct conversation_form conversation_form_json;

/* One conversation; `step_up` is handed to step_up_run. */
struct conversation {
	pam_handle_t *pamh;
	const struct conversation_form *form;
	bool silent; /* the host asked for silence */
	/* the host shows another prompt than ours: what ours says is told in a message as well */
	bool prompt_is_replaced;
	bool answered; /* somebody was there: a prompt came back */
	bool failed; /* the host's conversation did not work: it isn't the person who gave up */
	struct text_channel channel;
	struct key_conversation keys; /* the form in text: what it keeps between questions */
	struct step_up_conversation step_up;
};

void conversation_init(struct conversation *conversation, pam_handle_t *pamh,
	const struct conversation_form *form, int flags);

/* Says whose keys may be used, and through which agent (NULL: none); both borrowed. */
void conversation_set_keys(struct conversation *conversation, const char *user, const char *agent_socket);

void conversation_clear(struct conversation *conversation);

/* Puts one hidden prompt; the caller wipes and frees the reply. STEPUP_INVALID where the host's
 * conversation did not work. */
enum stepup_error conversation_prompt(const struct conversation *conversation, const char *text,
	char **reply);

/* Tells a sentence, or an object of the form in JSON; not where the host asked for silence. */
void conversation_inform(const struct conversation *conversation, const char *text);

/* Whether nobody is there to ask: the host's conversation in text gave no answer at all. */
bool conversation_has_nobody(const struct conversation *conversation);

/* Tells how it ended; a grant is held back where the host asked for silence, and in JSON a refusal where the
 * conversation broke. Whether anybody could be told makes no difference. */
void conversation_tell(const struct conversation *conversation, const struct ending *ending);

#endif
