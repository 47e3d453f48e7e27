/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wiping of secrets: memory that is overwritten for certain before it is let go.
 * The macros take objects and arrays and refuse to compile for a pointer, whose size would be the wrong one.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_WIPE_H
#define STEPUP_LIB_WIPE_H

#include <stddef.h>
#include <stdbool.h>

/* Overwrites `size` bytes at `memory`; the compiler can't leave it out. NULL with size 0 is fine. */
void wipe_memory(void *memory, size_t size);

/* Wipes and frees a string and sets the pointer to NULL. NULL and pointer to NULL are fine. */
void wipe_free_string(char **string);

/* Wipes and frees `size` bytes and sets the pointer to NULL. */
void wipe_free(void **memory, size_t size);

/* Whether two byte strings of one length are equal, in a time that doesn't depend on where they differ. */
bool equal_constant_time(const void *a, const void *b, size_t size);

#define WIPE_IS_ARRAY(x) (!__builtin_types_compatible_p(__typeof__(x), __typeof__(&(x)[0])))
#define WIPE_ASSERT(condition) ((void)sizeof(struct { int assertion : (condition) ? 1 : -1; }))

/* Wipes an array; a pointer doesn't compile. */
#define WIPE_ARRAY(array) \
	do { \
		WIPE_ASSERT(WIPE_IS_ARRAY(array)); \
		wipe_memory((array), sizeof(array)); \
	} while (0)

/* Wipes the object behind a pointer to a complete type that isn't char. */
#define WIPE_OBJECT(pointer) \
	do { \
		WIPE_ASSERT(sizeof(*(pointer)) > 1); \
		wipe_memory((pointer), sizeof(*(pointer))); \
	} while (0)

#endif
