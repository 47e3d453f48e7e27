/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open hash table with linear probing, which grows by half.
 */
#include "verifier/state/vault/row_memory.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

uint32_t row_print_version(int64_t version)
{
	uint32_t low = (uint32_t)(uint64_t)version;

	return low != 0 ? low : 1;
}

void row_memory_clear(struct row_memory *memory)
{
	free(memory->slots);
	*memory = (struct row_memory){0};
}

/* Where a row belongs: the upper half of its hash, as a share of the table. */
static size_t home_of(const struct row_memory *memory, uint64_t row)
{
	return (size_t)((row >> 32) * memory->capacity >> 32);
}

static size_t after(const struct row_memory *memory, size_t at)
{
	return at + 1 == memory->capacity ? 0 : at + 1;
}

/* The row's slot, or the empty one where it would go. */
static size_t row_memory_slot_of(const struct row_memory *memory, uint64_t row)
{
	size_t at = home_of(memory, row);

	while (memory->slots[at].version != 0 && memory->slots[at].row != row)
		at = after(memory, at);
	return at;
}

static enum stepup_error resize(struct row_memory *memory, size_t capacity)
{
	struct row_memory other = {.capacity = capacity, .count = memory->count};

	if (capacity > UINT32_MAX)
		return STEPUP_NO_MEMORY;
	other.slots = calloc(capacity, sizeof(*other.slots));
	if (other.slots == NULL)
		return STEPUP_NO_MEMORY;
	for (size_t i = 0; i < memory->capacity; i++)
		if (memory->slots[i].version != 0)
			other.slots[row_memory_slot_of(&other, memory->slots[i].row)] = memory->slots[i];
	free(memory->slots);
	*memory = other;
	return STEPUP_OK;
}

enum stepup_error row_memory_reserve(struct row_memory *memory, size_t more)
{
	size_t capacity = memory->capacity ? memory->capacity : FIRST_CAPACITY;

	while (capacity / 8 * 7 < memory->count + more)
		capacity += capacity / 2;
	return capacity == memory->capacity ? STEPUP_OK : resize(memory, capacity);
}

void row_memory_fit(struct row_memory *memory)
{
	size_t capacity = memory->count / 7 * 8 + memory->count / 32 + FIRST_CAPACITY;

	if (capacity < memory->capacity)
		(void)resize(memory, capacity);
}

struct row_print row_memory_get(const struct row_memory *memory, uint64_t row)
{
	if (memory->capacity == 0)
		return (struct row_print){.row = row};
	return memory->slots[row_memory_slot_of(memory, row)];
}

/* How far it is from one slot to another, going on round the end. */
static size_t row_memory_distance(const struct row_memory *memory, size_t from, size_t to)
{
	return to >= from ? to - from : to + memory->capacity - from;
}

/* Closes the gap, so that rows behind it are still found. */
static void row_memory_forget(struct row_memory *memory, size_t gap)
{
	for (size_t at = after(memory, gap); memory->slots[at].version != 0; at = after(memory, at)) {
		size_t home = home_of(memory, memory->slots[at].row);

		if (row_memory_distance(memory, home, at) >= row_memory_distance(memory, gap, at)) {
			memory->slots[gap] = memory->slots[at];
			gap = at;
		}
	}
	memory->slots[gap] = (struct row_print){0};
	memory->count--;
}

void row_memory_set(struct row_memory *memory, const struct row_print *print)
{
	size_t at;

	if (memory->capacity == 0)
		return;
	at = row_memory_slot_of(memory, print->row);
	if (print->version != 0) {
		memory->count += memory->slots[at].version == 0;
		memory->slots[at] = *print;
	} else if (memory->slots[at].version != 0) {
		row_memory_forget(memory, at);
	}
}
