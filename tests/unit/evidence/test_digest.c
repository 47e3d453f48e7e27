/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/digest.h: with a context that each thread keeps, digests and MACs are those of OpenSSL's own
 * functions. Nothing of what was digested stays.
 */
#include "tests/unit/cmocka_tap.h"

#include <endian.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <string.h>

#include "lib/evidence/digest.h"
#include "tests/unit/evidence/crypto_memory.h"

#define SIZE_MAX_TRIED 200 /* over three blocks */
#define THREADS 4
#define THREAD_TURNS 20000

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(seed * 131 + i * 29 + (i >> 3));
}

static void digests_of_all_sizes_are_those_of_openssl(void **state)
{
	uint8_t bytes[SIZE_MAX_TRIED] = {0}, digest[DIGEST_SIZE], expected[DIGEST_SIZE];

	(void)state;
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		fill(bytes, size, (unsigned)size);
		SHA256(bytes, size, expected);
		assert_int_equal(digest_sha256(size == 0 ? NULL : bytes, size, digest), STEPUP_OK);
		assert_memory_equal(digest, expected, DIGEST_SIZE);
	}
}

static void macs_with_keys_of_all_sizes_are_those_of_openssl(void **state)
{
	uint8_t key[SIZE_MAX_TRIED], bytes[SIZE_MAX_TRIED], mac[DIGEST_SIZE], expected[DIGEST_SIZE];
	unsigned length;

	(void)state;
	for (size_t size = 0; size <= sizeof(key); size++) {
		size_t bytes_size = size * 7 % sizeof(bytes);

		fill(key, size, (unsigned)size);
		fill(bytes, bytes_size, (unsigned)size + 1);
		assert_non_null(HMAC(EVP_sha256(), key, (int)size, bytes, bytes_size, expected, &length));
		assert_int_equal(digest_hmac_sha256(key, size, bytes, bytes_size, mac), STEPUP_OK);
		assert_memory_equal(mac, expected, DIGEST_SIZE);
	}
}

/* RFC 4231 case 6: a key longer than a block. */
static void a_long_key_gives_the_vector_of_rfc_4231(void **state)
{
	static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const uint8_t expected[DIGEST_SIZE] = {
		0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f, 0x0d, 0x8a, 0x26,
		0xaa, 0xcb, 0xf5, 0xb7, 0x7f, 0x8e, 0x0b, 0xc6, 0x21, 0x37, 0x28,
		0xc5, 0x14, 0x05, 0x46, 0x04, 0x0f, 0x0e, 0xe3, 0x7f, 0x54,
	};
	uint8_t key[131], mac[DIGEST_SIZE];

	(void)state;
	memset(key, 0xaa, sizeof(key));
	assert_int_equal(digest_hmac_sha256(key, sizeof(key), text, strlen(text), mac), STEPUP_OK);
	assert_memory_equal(mac, expected, DIGEST_SIZE);
}

/* What a MAC's key, and then a text, leaves in OpenSSL's memory: nothing, while the context is kept. */
static void a_kept_context_holds_nothing_of_what_it_digested(void **state)
{
	uint8_t key[DIGEST_SIZE], padded[DIGEST_SIZE], digest[DIGEST_SIZE];
	static const uint8_t pads[] = {0x00, 0x36, 0x5c};

	(void)state;
	fill(key, sizeof(key), 77);
	for (size_t i = 0; i < sizeof(pads); i++) {
		for (size_t at = 0; at < sizeof(key); at++)
			padded[at] = key[at] ^ pads[i];
		crypto_memory_watch(padded, sizeof(padded));
		assert_int_equal(digest_hmac_sha256(key, sizeof(key), "text", 4, digest), STEPUP_OK);
		assert_false(crypto_memory_holds());
		assert_int_equal(digest_sha256(key, sizeof(key), digest), STEPUP_OK);
		assert_false(crypto_memory_holds());
		assert_int_equal(crypto_memory_leaked(), 0);
	}
	crypto_memory_watch(NULL, 0);
}

/* The chaining value stands in OpenSSL's context as words of the machine's order. */
static void a_kept_context_holds_no_digest_either(void **state)
{
	uint8_t digest[DIGEST_SIZE], words[DIGEST_SIZE];

	(void)state;
	assert_int_equal(digest_sha256("secret", 6, digest), STEPUP_OK);
	for (size_t i = 0; i < DIGEST_SIZE; i += 4) {
		uint32_t word;

		memcpy(&word, digest + i, sizeof(word));
		word = be32toh(word);
		memcpy(words + i, &word, sizeof(word));
	}
	crypto_memory_watch(words, sizeof(words));
	assert_int_equal(digest_sha256("secret", 6, digest), STEPUP_OK);
	assert_false(crypto_memory_holds());
	crypto_memory_watch(NULL, 0);
}

/* NULL, or its context where something was wrong. */
static void *digest_again_and_again(void *context)
{
	unsigned seed = *(const unsigned *)context, length;
	uint8_t key[DIGEST_SIZE], bytes[SIZE_MAX_TRIED], mac[DIGEST_SIZE], expected[DIGEST_SIZE];

	fill(key, sizeof(key), seed);
	fill(bytes, sizeof(bytes), seed + 1);
	if (HMAC(EVP_sha256(), key, sizeof(key), bytes, sizeof(bytes), expected, &length) == NULL)
		return context;
	for (unsigned turn = 0; turn < THREAD_TURNS; turn++)
		if (digest_hmac_sha256(key, sizeof(key), bytes, sizeof(bytes), mac) != STEPUP_OK ||
			memcmp(mac, expected, DIGEST_SIZE) != 0)
			return context;
	return NULL;
}

static void threads_have_contexts_of_their_own(void **state)
{
	pthread_t threads[THREADS];
	unsigned seeds[THREADS];
	void *wrong = NULL;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = i * 3;
		assert_int_equal(pthread_create(&threads[i], NULL, digest_again_and_again, &seeds[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

static void *digest_once(void *context)
{
	return digest_sha256("x", 1, context) == STEPUP_OK ? NULL : context;
}

static void a_threads_context_goes_with_it(void **state)
{
	uint8_t digest[DIGEST_SIZE];
	size_t before = 0;
	pthread_t thread;
	void *wrong;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(pthread_create(&thread, NULL, digest_once, digest), 0);
		assert_int_equal(pthread_join(thread, &wrong), 0);
		assert_null(wrong);
		if (i == 0)
			before = crypto_memory_blocks();
	}
	assert_int_equal(crypto_memory_blocks(), before);
}

/* Each thread begins with no context, and has each allocation fail that making one takes. */
static void *digest_starved(void *context)
{
	uint8_t digest[DIGEST_SIZE], expected[DIGEST_SIZE];
	unsigned *failures = context;

	SHA256((const unsigned char *)"abc", 3, expected);
	for (long n = 0; n < 100; n++) {
		enum stepup_error error;

		crypto_memory_starve(n);
		error = digest_sha256("abc", 3, digest);
		crypto_memory_starve(-1);
		if (error != STEPUP_OK) {
			(*failures)++;
			continue;
		}
		return memcmp(digest, expected, DIGEST_SIZE) == 0 ? NULL : context;
	}
	return context;
}

static void without_memory_there_is_no_digest_and_then_the_right_one(void **state)
{
	unsigned failures = 0;
	pthread_t thread;
	void *wrong;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, digest_starved, &failures), 0);
	assert_int_equal(pthread_join(thread, &wrong), 0);
	assert_null(wrong);
	assert_true(failures >= 2); /* the context, and the algorithm's part of it */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(digests_of_all_sizes_are_those_of_openssl),
	cmocka_unit_test(macs_with_keys_of_all_sizes_are_those_of_openssl),
	cmocka_unit_test(a_long_key_gives_the_vector_of_rfc_4231),
	cmocka_unit_test(a_kept_context_holds_nothing_of_what_it_digested),
	cmocka_unit_test(a_kept_context_holds_no_digest_either),
	cmocka_unit_test(threads_have_contexts_of_their_own),
	cmocka_unit_test(a_threads_context_goes_with_it),
	cmocka_unit_test(without_memory_there_is_no_digest_and_then_the_right_one),
};

TAP_MAIN(tests)
