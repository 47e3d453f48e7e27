/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open hash table with linear probing; at most three quarters full.
 */
#include "verifier/state/version_memory.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

void version_memory_clear(struct version_memory *memory)
{
	free(memory->slots);
	*memory = (struct version_memory){0};
}

/* The row's slot, or the empty one where it would go. */
static size_t slot_of(const struct version_memory *memory, uint64_t row)
{
	size_t mask = memory->capacity - 1;
	size_t at = (size_t)row & mask;

	while (memory->slots[at].version != 0 && memory->slots[at].row != row)
		at = (at + 1) & mask;
	return at;
}

enum stepup_error version_memory_reserve(struct version_memory *memory, size_t more)
{
	struct version_memory larger = {.capacity = memory->capacity ? memory->capacity : FIRST_CAPACITY, .count = memory->count};

	while (larger.capacity / 4 * 3 < memory->count + more)
		larger.capacity *= 2;
	if (larger.capacity == memory->capacity)
		return STEPUP_OK;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return STEPUP_NO_MEMORY;
	for (size_t i = 0; i < memory->capacity; i++)
		if (memory->slots[i].version != 0)
			larger.slots[slot_of(&larger, memory->slots[i].row)] = memory->slots[i];
	free(memory->slots);
	*memory = larger;
	return STEPUP_OK;
}

int64_t version_memory_get(const struct version_memory *memory, uint64_t row)
{
	return memory->capacity == 0 ? 0 : memory->slots[slot_of(memory, row)].version;
}

void version_memory_raise(struct version_memory *memory, uint64_t row, int64_t version)
{
	struct version_slot *slot = &memory->slots[slot_of(memory, row)];

	if (slot->version == 0)
		memory->count++;
	slot->row = row;
	if (version > slot->version)
		slot->version = version;
}

/* Closes the gap, so that rows behind it are still found. */
void version_memory_forget(struct version_memory *memory, uint64_t row)
{
	size_t mask = memory->capacity - 1, gap, at;

	if (version_memory_get(memory, row) == 0)
		return;
	gap = slot_of(memory, row);
	for (at = (gap + 1) & mask; memory->slots[at].version != 0; at = (at + 1) & mask) {
		size_t home = (size_t)memory->slots[at].row & mask;

		if (((at - home) & mask) >= ((at - gap) & mask)) {
			memory->slots[gap] = memory->slots[at];
			gap = at;
		}
	}
	memory->slots[gap] = (struct version_slot){0};
	memory->count--;
}
