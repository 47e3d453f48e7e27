/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenSSL's memory in a test program; see crypto_memory.h. Each block stands behind a header, in a list.
 */
#include "tests/unit/evidence/crypto_memory.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct block {
	size_t size;
	LIST_ENTRY(block) of_held;
	_Alignas(max_align_t) unsigned char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static LIST_HEAD(, block) held = LIST_HEAD_INITIALIZER(held);
static size_t blocks, leaked, secret_size;
static const void *secret;
static long countdown = -1;
static bool starved;

static bool has_secret(const struct block *block)
{
	return secret != NULL && memmem(block->bytes, block->size, secret, secret_size) != NULL;
}

static struct block *block_of(void *bytes)
{
	return (struct block *)(void *)((char *)bytes - offsetof(struct block, bytes));
}

static void *take(size_t size, const char *file, int line)
{
	struct block *block = NULL;

	(void)file;
	(void)line;
	(void)pthread_mutex_lock(&lock);
	if (countdown >= 0 && countdown-- == 0)
		starved = true;
	else
		block = malloc(sizeof(*block) + size);
	if (block != NULL) {
		block->size = size;
		LIST_INSERT_HEAD(&held, block, of_held);
		blocks++;
	}
	(void)pthread_mutex_unlock(&lock);
	return block == NULL ? NULL : block->bytes;
}

static void give(void *bytes, const char *file, int line)
{
	struct block *block = bytes == NULL ? NULL : block_of(bytes);

	(void)file;
	(void)line;
	if (block == NULL)
		return;
	(void)pthread_mutex_lock(&lock);
	leaked += has_secret(block);
	LIST_REMOVE(block, of_held);
	blocks--;
	(void)pthread_mutex_unlock(&lock);
	free(block);
}

static void *take_again(void *bytes, size_t size, const char *file, int line)
{
	void *larger;

	if (bytes == NULL || size == 0) {
		give(bytes, file, line);
		return size == 0 ? NULL : take(size, file, line);
	}
	larger = take(size, file, line);
	if (larger == NULL)
		return NULL;
	memcpy(larger, bytes, size < block_of(bytes)->size ? size : block_of(bytes)->size);
	give(bytes, file, line);
	return larger;
}

/* Before anything is allocated. */
__attribute__((constructor)) static void put_in_place(void)
{
	if (CRYPTO_set_mem_functions(take, take_again, give) != 1) {
		(void)fputs("crypto_memory: too late\n", stderr);
		abort();
	}
}

void crypto_memory_starve(long after)
{
	(void)pthread_mutex_lock(&lock);
	countdown = after;
	starved = false;
	(void)pthread_mutex_unlock(&lock);
}

bool crypto_memory_starved(void)
{
	bool it_is;

	(void)pthread_mutex_lock(&lock);
	it_is = starved;
	(void)pthread_mutex_unlock(&lock);
	return it_is;
}

void crypto_memory_watch(const void *bytes, size_t size)
{
	(void)pthread_mutex_lock(&lock);
	secret = bytes;
	secret_size = size;
	leaked = 0;
	(void)pthread_mutex_unlock(&lock);
}

size_t crypto_memory_leaked(void)
{
	size_t count;

	(void)pthread_mutex_lock(&lock);
	count = leaked;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

bool crypto_memory_holds(void)
{
	const struct block *block;

	(void)pthread_mutex_lock(&lock);
	LIST_FOREACH(block, &held, of_held)
		if (has_secret(block))
			break;
	(void)pthread_mutex_unlock(&lock);
	return block != NULL;
}

size_t crypto_memory_blocks(void)
{
	size_t count;

	(void)pthread_mutex_lock(&lock);
	count = blocks;
	(void)pthread_mutex_unlock(&lock);
	return count;
}
