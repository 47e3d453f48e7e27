/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the module share: service files in a folder of their own, a scripted verifier, a host's
 * conversation, good or bad, and one PAM transaction in a call.
 */
#ifndef STEPUP_TESTS_PAM_PAM_FIXTURE_H
#define STEPUP_TESTS_PAM_PAM_FIXTURE_H

#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/pam/fake_verifier.h"

#define SAID_MAX 16
#define ANSWERS_MAX 8

/* How the host's conversation behaves. */
enum talk {
	TALK_ANSWERS,        /* gives the answers in order; PAM_CONV_ERR where none is left */
	TALK_ERROR,          /* PAM_CONV_ERR */
	TALK_ABORT,
	TALK_AGAIN,
	TALK_NO_MEMORY,
	TALK_NO_RESPONSES,   /* PAM_SUCCESS and a NULL array */
	TALK_NO_TEXT,        /* PAM_SUCCESS and a response without text */
	TALK_MANY_RESPONSES, /* more responses than messages */
	TALK_CHATTY,         /* gives a text even where none was asked for */
	TALK_LEFT_ALONE,     /* PAM_SUCCESS, the array untouched */
};

struct said {
	int style;
	char text[2048];
};

/* One transaction: what goes in, and below what came out. */
struct trial {
	const char *service;
	const char *user;
	const char *phases; /* letters: a auth, c account, s setcred; in order, until one fails */
	const char *answers[ANSWERS_MAX];
	const char *variables[ANSWERS_MAX]; /* pam_putenv, "NAME=text" */
	const char *rhost, *tty, *ruser;
	enum talk talk;
	bool no_conversation;
	int flags;

	int code;
	int prompts, told;
	struct said said[SAID_MAX];
	int said_count;
	char receipt[256];      /* "" where none */
	char user_left[64];     /* PAM_USER at the end */
	int variables_left;     /* STEPUP_ variables still set, the receipt not counted */
	int64_t milliseconds;
};

extern struct fake_verifier fake;

/* Group setup and teardown: a verifier, the folder, the services "plain" (auth and account with
 * action=customer.export), "env" (details=env receipt=env), "json", "hurried" (timeout=1). */
int pam_group_setup(void **state);
int pam_group_teardown(void **state);
/* Before each test: a friendly verifier. */
int pam_test_setup(void **state);

/* Writes a service file. "MODULE" in `text` becomes the module's path, "SOCKET" the verifier's. */
void service_write(const char *name, const char *text);
const char *service_folder(void);

void trial_run(struct trial *trial);

/* Runs an auth phase with one answer and gives PAM's code. */
int authenticate(const char *service, const char *user, const char *answer);

const char *pam_code_name(int code);

/* Waits until the verifier has had that many calls of a method; fails where it never does. */
void wait_for_calls(enum fake_method method, int count);

/* Asserts a code, naming both. */
#define assert_pam_code(got, wanted) \
	do { \
		int got_ = (got); \
		if (got_ != (wanted)) \
			fail_msg("got %s, wanted %s", pam_code_name(got_), pam_code_name(wanted)); \
	} while (0)

#define module_test(f) cmocka_unit_test_setup(f, pam_test_setup)

#endif
