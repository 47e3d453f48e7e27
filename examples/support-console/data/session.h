/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of signed-in employees, in memory. Callers get copies; the table changes only through
 * these functions.
 * MUST: ids are 256 random bits; a new id at every change of stage; a session ends when idle, when old, and
 * when the verifier says that the account is locked.
 */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_SIZE 65     /* 64 hexadecimal digits and the NUL */
#define USER_SIZE 65
#define ACCOUNT_SIZE 65
#define VIEWS_MAX 16      /* customers whose contacts a session may look at just now */
#define VIEW_SECONDS 600
#define RECEIPT_SIZE 4096

enum session_stage {
	SESSION_PASSWORD,  /* the password was right; the code is still to come */
	SESSION_SIGNED_IN,
};

struct session {
	char token[TOKEN_SIZE];   /* the cookie */
	char csrf[TOKEN_SIZE];    /* what forms and scripts must send back */
	/* STEPUP_SESSION: names the session to the verifier, gives no access to it */
	char step_up[TOKEN_SIZE];
	char user[USER_SIZE];
	enum session_stage stage;
	int64_t started, seen;    /* seconds, CLOCK_BOOTTIME */
	struct {
		char account[ACCOUNT_SIZE];
		int64_t until;
	} views[VIEWS_MAX];
	size_t next_view; /* which of them makes room for the next customer: they come in turn */
	char receipt[RECEIPT_SIZE]; /* the last one; kept in demonstration mode only */
	char enrolment[TOKEN_SIZE]; /* the verifier's name for a key that is being added; "" for none */
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions **sessions);

/* Starts a session in the stage SESSION_PASSWORD. False where there is no room or no randomness. */
bool session_start(struct sessions *sessions, const char *user, struct session *copy);

/* Finds a live session. */
bool session_find(struct sessions *sessions, const char *token, struct session *copy);

/* Somebody does something in it: it isn't idle. */
void session_seen(struct sessions *sessions, const char *token);

/* Moves a session on to SESSION_SIGNED_IN, under new ids. */
bool session_sign_in(struct sessions *sessions, const char *token, struct session *copy);

void session_end(struct sessions *sessions, const char *token);

/* Lets the session look at a customer for VIEW_SECONDS; the oldest permission makes room. */
void session_allow_view(struct sessions *sessions, const char *token, const char *account);
bool session_may_view(const struct session *session, const char *account);

/* Keeps a receipt for the demonstration's page. */
void session_keep_receipt(struct sessions *sessions, const char *token, const char *receipt);

/* Keeps the verifier's name for a key that is being added, in the place of an older one. False where it is
 * too long or the session is over. */
bool session_keep_enrolment(struct sessions *sessions, const char *token, const char *enrolment);

/* Fills `token` with 256 random bits in hexadecimal. False where the kernel gives none. */
bool token_make(char token[TOKEN_SIZE]);

/* Compares in constant time; false for anything that isn't 64 characters. */
bool token_equal(const char *a, const char *b);

#endif
