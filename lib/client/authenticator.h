/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key plugged into this host, or the keys of an ssh-agent, reached through the helper program
 * stepup-authenticator: for the module and the CLI. The helper talks to devices and agents outside this
 * process, as the user; what it brings back is an answer for the verifier, who alone judges it.
 * MUST: leave the host as it was: no signal, no child that its wait functions see, no descriptor, no
 * variable; run the helper from a fixed path with an empty environment, no descriptor but its own, no new
 * privileges, and never with more rights than the person has; end it with the deadline and with the host;
 * believe nothing of it that isn't as declared; wipe PINs.
 * Layer: lib/client/, jansson.
 */
#ifndef STEPUP_LIB_AUTHENTICATOR_H
#define STEPUP_LIB_AUTHENTICATOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"

/* for a key or an agent to say what it holds, which takes nobody's touch */
#define AUTHENTICATOR_LOOK_MS 2000
/* for one to sign or refuse: CTAP 2.1 gives a touch 30 s (6.1.2, 6.2.2) */
#define AUTHENTICATOR_TOUCH_MS 35000

/* Whom the helper runs as: the person in front of the key. */
struct authenticator_account {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary groups, owned; a seat's devices may be a group's */
	size_t group_count;
};

/* Looks the account up by name, into a zeroed `account`. STEPUP_NOT_FOUND, STEPUP_NO_MEMORY, STEPUP_IO. */
enum stepup_error authenticator_account_find(const char *name, struct authenticator_account *account);
void authenticator_account_clear(struct authenticator_account *account);

enum authenticator_operation {
	AUTHENTICATOR_REACH, /* what is there: {"seat": number of keys, "agent": number of its sk- keys} */
	/* {"keys": number of keys, "silent": how many more don't answer, "hiding": how many of the keys may
	 * hold one that they show only with their PIN, "credentials": [ids of those that they show]} */
	AUTHENTICATOR_SEAT_PROBE,
	AUTHENTICATOR_SEAT_SIGN,     /* Answer's `key` */
	AUTHENTICATOR_SEAT_REGISTER, /* EnrollFinish's `key` */
	AUTHENTICATOR_AGENT_LIST,    /* {"keys": [{"key", "label"}]}: the sk- keys with their comments */
	AUTHENTICATOR_AGENT_PROBE,   /* {"keys": [those of the request's that the agent has]} */
	AUTHENTICATOR_AGENT_SIGN, /* Answer's `key`; EnrollFinish's `key` where `request` has the chosen one
				     in `keys` */
};

/* What is asked of the helper; everything borrowed. */
struct authenticator_request {
	enum authenticator_operation operation;
	/* What the verifier gave: the `seat` or `agent` member of Begin's or EnrollBegin's reply.
	 * AUTHENTICATOR_SEAT_PROBE and _AGENT_PROBE take those of Begin too. An `agent` member of EnrollBegin
	 * needs `keys` added: the one to enroll. NULL for AUTHENTICATOR_REACH and AUTHENTICATOR_AGENT_LIST.
	 */
	const json_t *asked;
	const char *agent_socket; /* absolute path of the agent's socket (the user's SSH_AUTH_SOCK); NULL
				     where there is none */
	/* Whom to run the helper as; NULL: as this process's real user. A process without root's rights can
	 * only have its own. */
	const struct authenticator_account *account;
	bool enrolling; /* for the words: "Nothing was enrolled."; a registration always is */
};

/* Why there is no answer. */
enum authenticator_code {
	AUTHENTICATOR_DONE,
	AUTHENTICATOR_NO_KEY,
	AUTHENTICATOR_WRONG_KEY,	/* no credential of the request is on it */
	AUTHENTICATOR_ENROLLED_ALREADY, /* registration: it holds an excluded credential */
	AUTHENTICATOR_PIN_WRONG,
	AUTHENTICATOR_PIN_BLOCKED,
	AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG,
	AUTHENTICATOR_NO_PIN_SET,
	AUTHENTICATOR_UNPLUGGED,
	AUTHENTICATOR_TIMED_OUT,
	AUTHENTICATOR_GIVEN_UP,
	AUTHENTICATOR_UNSUPPORTED,
	AUTHENTICATOR_NO_AGENT,
	AUTHENTICATOR_NO_ANSWER, /* the agent, or each key that is plugged in, says nothing at all */
	AUTHENTICATOR_AGENT_REFUSED,
	AUTHENTICATOR_NO_TOUCH, /* the agent's key signs without one */
	AUTHENTICATOR_BROKEN,	/* anything else: the helper can't be started, died, is garbled */
};

/* A PIN to ask for. */
struct authenticator_pin_question {
	/* the whole question, e.g. "That PIN is wrong. 5 tries left before the key is blocked. PIN of …" */
	const char *text;
	const char *label; /* the key's, NULL where not known */
	int tries_left;	   /* -1 where not known */
	bool again;	   /* the last one was wrong */
};

/* How to talk to the person; texts are borrowed and safe to show. Both may be NULL where the operation asks
 * for nothing. */
struct authenticator_conversation {
	/* Tells the person to touch a key: `text` is the sentence, e.g. "Touch your key \"Blue\" to approve."
	 * Any error ends it. */
	enum stepup_error (*touch)(void *context, const char *text);
	/* Gets a PIN; wiped and freed by the caller. STEPUP_CANCELLED where the person gave up. */
	enum stepup_error (*pin)(
		void *context, const struct authenticator_pin_question *question, char **pin);
	void *context;
};

struct authenticator_outcome {
	enum authenticator_code code;
	int tries_left; /* AUTHENTICATOR_PIN_WRONG; -1 where not known */
	json_t *reply;	/* owned, NULL unless it worked; see enum authenticator_operation */
};

void authenticator_outcome_clear(struct authenticator_outcome *outcome);

/* Starts the helper, has it do one thing and sees it end, all by the deadline (a second more where it has to
 * be killed), into a zeroed `outcome`. STEPUP_OK: outcome->reply. STEPUP_BAD_ANSWER: outcome->code says what
 * the key or agent did. STEPUP_CANCELLED, STEPUP_TIMEOUT, STEPUP_NO_MEMORY; STEPUP_NOT_ALLOWED: an account
 * that this process can't be; STEPUP_INVALID: a request that can't be sent; STEPUP_UNREACHABLE: no helper;
 * STEPUP_IO: it died or said what it may not. What a callback returned is handed through. outcome->code is
 * set with every error. */
enum stepup_error authenticator_run(const struct authenticator_request *request,
	const struct authenticator_conversation *conversation, struct deadline deadline,
	struct authenticator_outcome *outcome);

/* How long an operation may take: AUTHENTICATOR_LOOK_MS, or what a person may have where one
 * has to touch a key. */
int64_t authenticator_patience_ms(enum authenticator_operation operation, int64_t person_ms);

/* A look for keys, which goes on while this process does something else: AUTHENTICATOR_SEAT_PROBE or
 * AUTHENTICATOR_AGENT_PROBE. */
struct authenticator_look;

/* Starts one; it ends by itself within AUTHENTICATOR_LOOK_MS, or with the deadline where that is sooner. The
 * request and what it borrows must live until authenticator_look_end. Errors as authenticator_run's. */
enum stepup_error authenticator_look_start(const struct authenticator_request *request,
	struct deadline deadline, struct authenticator_look **look);

/* Waits until each of them (NULL: none) is over, or the deadline has passed. Whether they are. */
bool authenticator_looks_are_over(struct authenticator_look *const looks[], size_t count,
	struct deadline until);

/* Takes what came of it into a zeroed `outcome`, as authenticator_run does; waits for that as long as
 * the look lasts. Who does not answer is AUTHENTICATOR_NO_ANSWER. `outcome` NULL: nobody wants to know
 * any more. Frees it. */
enum stepup_error authenticator_look_end(struct authenticator_look **look,
	struct authenticator_outcome *outcome);

/* The sentences for a person, DESIGN section 13: what happened, what did not, what to do next. `user` may be
 * NULL. `outcome` is one that did not work. The caller frees; NULL where there is no memory. */
char *authenticator_sentence(const struct authenticator_request *request,
	const struct authenticator_outcome *outcome, const char *user);

/* The code's stable word on the helper's wire: "wrong-key". Never NULL. */
const char *authenticator_code_name(enum authenticator_code code);

#endif
