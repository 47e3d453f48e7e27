/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The high-water mark of earlier versions: a small MACed file that remembers how far the log had come. It is
 * read once, where there is no mark (mark.h) yet, and replaced by one.
 * MUST: take no mark whose MAC doesn't hold.
 * Layer: verifier/evidence/.
 */
#ifndef STEPUP_VERIFIER_HIGHWATER_H
#define STEPUP_VERIFIER_HIGHWATER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/evidence/digest.h"
#include "verifier/state/vault/master_key.h"

struct highwater {
	int64_t size;              /* entries in the log */
	uint8_t root[DIGEST_SIZE]; /* of the tree of that size */
	int64_t at;                /* seconds since 1970 */
	bool clean;                /* written by a stop that finished everything */
};

#define HIGHWATER_KEY_SIZE MASTER_KEY_SIZE

/* The key that marks are MACed under; wipe it. */
enum stepup_error highwater_key(const struct master_key *master, uint8_t key[HIGHWATER_KEY_SIZE]);

/* STEPUP_NOT_FOUND, STEPUP_CORRUPT (not ours, or changed), STEPUP_UNSAFE_FILE, STEPUP_IO; `*why` (the caller
 * frees) then says what is wrong with the file. */
enum stepup_error highwater_read(const char *path, const uint8_t key[HIGHWATER_KEY_SIZE],
	struct highwater *mark, char **why);

/* Takes the file of an earlier version, which lay beside the database, to where there is none yet, and
 * removes it there. STEPUP_OK also where there is nothing to take. */
enum stepup_error highwater_carry_over(const char *former, const char *path);

#endif
