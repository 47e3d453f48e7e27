/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenSSL's memory in a test program: an allocation fails when it is told to, and what is held and let go can
 * be searched for a secret.
 */
#ifndef STEPUP_TESTS_UNIT_CRYPTO_MEMORY_H
#define STEPUP_TESTS_UNIT_CRYPTO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* After so many more the next allocation fails, once; below 0 none does. */
void crypto_memory_starve(long after);

/* Whether one has failed since. */
bool crypto_memory_starved(void);

/* From now on blocks that are let go are searched for these bytes, the caller's still. NULL: for nothing. */
void crypto_memory_watch(const void *secret, size_t size);

/* How many of those had them. */
size_t crypto_memory_leaked(void);

/* Whether a block that is still held has them. */
bool crypto_memory_holds(void);

/* How many blocks are held. */
size_t crypto_memory_blocks(void);

#endif
