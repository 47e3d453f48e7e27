/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/client/authenticator's functions, for tests of what uses them: they do what a test says, and write down
 * what they were asked. A program that has fake_authenticator.c does not take the real ones out of libstepup.
 */
#ifndef STEPUP_TESTS_UNIT_FAKE_AUTHENTICATOR_H
#define STEPUP_TESTS_UNIT_FAKE_AUTHENTICATOR_H

#include "lib/client/authenticator.h"

#define FAKE_RUNS_MAX 16

/* What happens at one operation. */
struct fake_step {
	enum stepup_error error;
	enum authenticator_code code;
	const char *reply;     /* JSON, with STEPUP_OK */
	const char *pin;       /* asks for a PIN under this question */
	const char *touch;     /* then says this */
	bool slow;             /* a look: isn't over until somebody waits for its end */
};

extern struct fake_authenticator {
	/* By operation: what happens the first time, the second …; the last one that isn't
	 * all zero goes on. */
	struct fake_step steps[AUTHENTICATOR_AGENT_SIGN + 1][4];
	enum stepup_error account_error;

	int runs;
	enum authenticator_operation operations[FAKE_RUNS_MAX];
	json_t *asked[FAKE_RUNS_MAX]; /* copies */
	char socket[64];	      /* the last agent_socket; "" where it was NULL */
	uid_t uid;		      /* of the last account; (uid_t)-1 where it was NULL */
	char pin[64];		      /* the last one */
	int accounts_live;	      /* found and not cleared */
	int looks_live;		      /* started and not ended */
	int64_t waited_ms;	      /* how long somebody was ready to wait for looks, in all */
} authenticator;

void fake_authenticator_reset(void);

/* How often an operation was run. */
int fake_authenticator_count(enum authenticator_operation operation);

#endif
