/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is handed out piece by piece and goes all at once: what a policy and the text it was read from
 * are made of. Not for secrets: nothing is wiped.
 * Layer: verifier/rules/policy/, libc only.
 */
#ifndef STEPUP_VERIFIER_ARENA_H
#define STEPUP_VERIFIER_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

/* Zero-initialise. `failed` stays set once there was no memory, so that a caller may look
 * once, at the end. */
struct arena {
	struct arena_chunk *chunks;
	bool failed;
};

/* `count` zeroed elements of `size` bytes, aligned for anything; NULL where there is no memory. Never
 * freed by itself. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `size` bytes; NULL where there is no memory. */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/* Frees everything that came from it. */
void arena_clear(struct arena *arena);

#endif
