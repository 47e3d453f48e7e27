/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations that fail, of the program and of every library in it: linked into a unit test, or for
 * LD_PRELOAD, where the file STARVED_MEMORY is the page that a test and the program share. No sanitizer has
 * its own allocator beside it.
 * Layer: tests.
 */
#ifndef STEPUP_TESTS_FLOWS_STARVED_MEMORY_H
#define STEPUP_TESTS_FLOWS_STARVED_MEMORY_H

#include <stdint.h>

/* Set where a sanitizer has the allocator: then nothing is replaced. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STARVED_MEMORY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STARVED_MEMORY_SANITIZED 1
#endif
#endif

struct starved_memory {
	int64_t countdown; /* allocations that succeed before the one that fails; below 0: none fails */
	int64_t failed;    /* how many have failed */
};

/* Never NULL. */
extern struct starved_memory *starved_memory;

#endif
