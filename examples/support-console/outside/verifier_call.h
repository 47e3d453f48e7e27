/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's socket, for what PAM has no words for: enrolling and listing keys, others' requests. Varlink
 * is one JSON object each way, ended by a NUL; this is all that it takes. The console may call for the people
 * and actions that stepup.conf(5) gives it as a caller.
 * MUST: talk only to a verifier that root or the owner of the socket's folder runs; bound what it reads; wipe
 * what carried an answer.
 */
#ifndef CONSOLE_VERIFIER_CALL_H
#define CONSOLE_VERIFIER_CALL_H

#include <jansson.h>
#include <stdbool.h>

#define VERIFIER_SOCKET "/run/stepup/verify.sock"

/* What came of a call; reply_clear frees it. */
struct verifier_reply {
	json_t *whole;
	const json_t *parameters; /* an object; NULL where there was no answer */
	/* "Locked", "BadAnswer" …; NULL where it was carried out, "Unreachable" where there was no answer */
	const char *error;
	/* the sentence for the person: the verifier's, or one of ours; never NULL */
	const char *message;
};

/* Calls io.stepup.Verify1.METHOD and waits for the reply. Takes over `parameters`; NULL there (no memory) is
 * a call without an answer. */
void verifier_call(const char *socket, const char *method, json_t *parameters, struct verifier_reply *reply);

/* Calls with varlink's "more" and hears replies until one is news, for at most so many seconds: that one is
 * `reply`; where none was, the last that came, or no answer. `is_news` gets a good reply's parameters; an
 * error is news always. Takes over `parameters`. */
typedef bool reply_is_news(const json_t *parameters, void *context);
void verifier_watch(const char *socket, const char *method, json_t *parameters, int seconds,
	reply_is_news *is_news, void *context, struct verifier_reply *reply);

bool reply_is_good(const struct verifier_reply *reply);
void reply_clear(struct verifier_reply *reply);

#endif
