/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the software authenticator remembers over a power cycle: one JSON file with its counter, its PIN and
 * its credentials, so that what one process enrolled another can sign with. Private keys stand in it in the
 * clear: it is for tests.
 * Layer: tests/softkey/, jansson.
 */
#ifndef STEPUP_TESTS_SOFTKEY_STATE_H
#define STEPUP_TESTS_SOFTKEY_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct state {
	const char *path;
	int fd; /* locked while open, -1 otherwise */
	json_t *root;
};

/* Locks and reads the file, which is made where it isn't there. What can't be read is an error. */
bool state_open(struct state *state);
/* Writes it. */
bool state_save(struct state *state);
/* Lets go of lock and memory. */
void state_close(struct state *state);

/* Bytes in a member, as base64url. False where it is missing, malformed or too long. */
bool state_bytes(const json_t *object, const char *name, void *bytes, size_t capacity, size_t *size);
void state_set_bytes(json_t *object, const char *name, const void *bytes, size_t size);

/* The array of credentials. */
json_t *state_credentials(const struct state *state);

/* The credential of that id and relying party; NULL where there is none. */
json_t *state_find(const struct state *state, const void *id, size_t size, const char *rp);

/* The next value of the signature counter. */
unsigned state_count(struct state *state);

#endif
