/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verifier that says what a test tells it to, in a process of its own: for what the real one never says.
 * One connection is one thread.
 */
#ifndef STEPUP_TESTS_PAM_FAKE_VERIFIER_H
#define STEPUP_TESTS_PAM_FAKE_VERIFIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define FAKE_TEXT_MAX 65536

enum fake_method { FAKE_BEGIN, FAKE_ANSWER, FAKE_ACCOUNT, FAKE_CANCEL, FAKE_METHODS };

/* How a reply is given. */
enum fake_manner {
	FAKE_WHOLE,
	FAKE_HANG,        /* never */
	FAKE_CLOSE,       /* the connection is closed instead */
	FAKE_HALF,        /* half of it, then closed */
	FAKE_HALF_HANG,   /* half of it, then nothing more */
	FAKE_SLOW,        /* a byte every 20 ms */
	FAKE_SPLIT,       /* a byte at a time, without waiting */
	FAKE_TWICE,       /* two replies to one call */
	FAKE_ENDLESS,     /* 'x' for ever, never a NUL */
	FAKE_LATER_CLOSE, /* whole, and then the connection is closed */
	FAKE_DIE,         /* the whole verifier is gone */
};

/* Shared between the test and the verifier. */
struct fake_shared {
	char replies[FAKE_METHODS][FAKE_TEXT_MAX]; /* JSON; what the verifier answers */
	/* to the second Answer of a connection and later ones; "": the same again */
	char second_answer[FAKE_TEXT_MAX];
	_Atomic int manners[FAKE_METHODS];
	_Atomic int calls[FAKE_METHODS];
	_Atomic int connections, closed;
	_Atomic bool speaks_first; /* sends the reply to Answer before anything was asked */
	char last[FAKE_METHODS][FAKE_TEXT_MAX];    /* the last call, as it came */
};

struct fake_verifier {
	pid_t pid;
	char folder[64];
	char socket[96];
	struct fake_shared *shared;
};

/* Starts one in a folder of its own, as `uid` where that isn't (uid_t)-1 (needs root).
 * false where it can't. */
bool fake_verifier_start(struct fake_verifier *fake, uid_t uid);

/* Sets everything to a friendly verifier that grants customer.export to alice. */
void fake_verifier_reset(struct fake_verifier *fake);

/* Waits until it has let in everybody who came before, and closed their connections. A call of Cancel. */
bool fake_verifier_settle(struct fake_verifier *fake);

void fake_verifier_stop(struct fake_verifier *fake);

#define FAKE_BEGIN_REPLY \
	"{\"parameters\":{\"transaction\":\"T-1\",\"prompt\":\"Export 102000 contacts of " \
	"trezor\",\"ask\":\"Code: \"," \
	"\"methods\":[\"code\"],\"expires_in\":120}}"
#define FAKE_BEGIN_BROWSER \
	"{\"parameters\":{\"transaction\":\"T-1\",\"prompt\":\"Export 102000 contacts of " \
	"trezor\",\"ask\":\"Code: \"," \
	"\"methods\":[\"browser\",\"code\"],\"expires_in\":120,\"browser\":{\"challenge\":\"AAAA\"," \
	"\"rpId\":\"example.com\"}}}"
#define FAKE_GRANT_MEMBERS \
	"\"user\":\"alice\",\"action\":\"customer.export\",\"acr\":\"otp\",\"amr\":[\"otp\"]," \
	"\"auth_time\":1700000000," \
	"\"log\":7,\"receipt\":\"eyJ.receipt.sig\",\"message\":\"Approved.\""
#define FAKE_GRANT "{\"parameters\":{" FAKE_GRANT_MEMBERS "}}"
#define FAKE_WRONG(left) \
	"{\"error\":\"io.stepup.Verify1.BadAnswer\",\"parameters\":{\"message\":\"That code " \
	"did not work.\"," \
	"\"tries_left\":" left "}}"
#define FAKE_LOCKED \
	"{\"error\":\"io.stepup.Verify1.Locked\",\"parameters\":{\"message\":\"Your access is locked. " \
	"Quote L-83.\"," \
	"\"reference\":\"L-83\"}}"

#endif
