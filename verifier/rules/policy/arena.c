/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of chunks, the newest first; pieces are cut from the newest.
 */
#include "verifier/rules/policy/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_SIZE 16384 /* bytes; a larger piece gets a chunk of its own */

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct arena_chunk *chunk_new(struct arena *arena, size_t need)
{
	size_t size = need > ARENA_CHUNK_SIZE ? need : ARENA_CHUNK_SIZE;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (chunk == NULL) {
		arena->failed = true;
		return NULL;
	}
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t need;
	void *piece;

	if (size != 0 && count > (SIZE_MAX / 2) / size) {
		arena->failed = true;
		return NULL;
	}
	need = (count * size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (need == 0)
		need = alignof(max_align_t);
	if (chunk == NULL || chunk->size - chunk->used < need)
		chunk = chunk_new(arena, need);
	if (chunk == NULL)
		return NULL;
	piece = chunk->bytes + chunk->used;
	chunk->used += need;
	return piece;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_alloc(arena, size + 1, 1);

	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void arena_clear(struct arena *arena)
{
	while (arena->chunks != NULL) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
	arena->failed = false;
}
