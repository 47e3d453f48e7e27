/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/merkle.h and lib/evidence/digest.h: the tree of RFC 6962, against published roots and against
 * the definition worked out the slow way.
 */
#include "tests/unit/cmocka_tap.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/merkle.h"

#define TREE_MAX 300

static void to_hex(const uint8_t *bytes, size_t size, char *hex)
{
	for (size_t i = 0; i < size; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static void assert_root(const struct merkle_tree *tree, const char *expected)
{
	uint8_t root[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];

	assert_int_equal(merkle_root(tree, root), STEPUP_OK);
	to_hex(root, sizeof(root), hex);
	assert_string_equal(hex, expected);
}

/* The eight leaves that Certificate Transparency's own tests use, and their roots. */
static void the_published_roots_of_certificate_transparency_come_out(void **state)
{
	static const struct {
		const char *leaf;
		size_t size;
		const char *root;
	} vectors[] = {
		{"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
			"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
			"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct merkle_tree tree;

	(void)state;
	merkle_init(&tree);
	assert_root(&tree, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(merkle_append(&tree, vectors[i].leaf, vectors[i].size), STEPUP_OK);
		assert_int_equal(tree.size, i + 1);
		assert_root(&tree, vectors[i].root);
	}
}

static size_t leaf_bytes(size_t index, uint8_t leaf[64])
{
	size_t size = index % 61;

	for (size_t i = 0; i < size; i++)
		leaf[i] = (uint8_t)(index * 7 + i);
	return size;
}

/* MTH of RFC 6962 section 2.1, word for word: k is the largest power of two below n. */
static void slow_root(size_t begin, size_t n, uint8_t root[DIGEST_SIZE])
{
	uint8_t bytes[1 + 2 * DIGEST_SIZE + 64] = {0};
	size_t k = 1;

	if (n == 0) {
		SHA256(NULL, 0, root);
		return;
	}
	if (n == 1) {
		bytes[0] = 0x00;
		SHA256(bytes, 1 + leaf_bytes(begin, bytes + 1), root);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	bytes[0] = 0x01;
	slow_root(begin, k, bytes + 1);
	slow_root(begin + k, n - k, bytes + 1 + DIGEST_SIZE);
	SHA256(bytes, 1 + 2 * DIGEST_SIZE, root);
}

static void roots_of_all_sizes_to_300_are_those_of_the_definition(void **state)
{
	struct merkle_tree tree;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE], leaf[64];

	(void)state;
	merkle_init(&tree);
	for (size_t size = 0; size <= TREE_MAX; size++) {
		assert_int_equal(merkle_range_count(&tree), __builtin_popcountll(size));
		assert_int_equal(merkle_root(&tree, root), STEPUP_OK);
		slow_root(0, size, expected);
		assert_memory_equal(root, expected, DIGEST_SIZE);
		assert_int_equal(merkle_append(&tree, leaf, leaf_bytes(size, leaf)), STEPUP_OK);
	}
}

static void appending_by_leaf_hash_is_appending_the_leaf(void **state)
{
	struct merkle_tree by_leaf, by_hash;
	uint8_t hash[DIGEST_SIZE];
	char *large = calloc(1, 100000);

	(void)state;
	assert_non_null(large);
	merkle_init(&by_leaf);
	merkle_init(&by_hash);
	for (size_t size = 1; size <= 100000; size *= 10) {
		assert_int_equal(merkle_append(&by_leaf, large, size), STEPUP_OK);
		assert_int_equal(merkle_leaf_hash(large, size, hash), STEPUP_OK);
		assert_int_equal(merkle_append_hash(&by_hash, hash), STEPUP_OK);
	}
	assert_memory_equal(&by_leaf, &by_hash, sizeof(by_leaf));
	free(large);
}

static void a_full_tree_takes_no_more_leaves(void **state)
{
	struct merkle_tree tree = {.size = UINT64_MAX};

	(void)state;
	assert_int_equal(merkle_append(&tree, "x", 1), STEPUP_TOO_LONG);
	assert_true(tree.size == UINT64_MAX);
}

/* RFC 4231 cases 1 and 2. */
static void hmac_gives_the_vectors_of_rfc_4231(void **state)
{
	uint8_t key[20], mac[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	assert_int_equal(digest_hmac_sha256(key, sizeof(key), "Hi There", 8, mac), STEPUP_OK);
	to_hex(mac, sizeof(mac), hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_int_equal(digest_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac), STEPUP_OK);
	to_hex(mac, sizeof(mac), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void an_actions_digest_is_that_of_its_canonical_form(void **state)
{
	static const struct detail_spec specs[] = {{"account", DETAIL_TEXT}, {"records", DETAIL_NUMBER}};
	static const char canonical[] =
		"{\"action\":\"customer.export\",\"details\":{\"account\":\"trezor\",\"records\":102000}}";
	json_t *details = json_pack("{s:i, s:s}", "records", 102000, "account", "trezor");
	uint8_t digest[DIGEST_SIZE], expected[DIGEST_SIZE];
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;

	(void)state;
	assert_int_equal(action_parse("customer.export", details, specs, 2, &action, bad_detail), STEPUP_OK);
	assert_int_equal(action_digest(action, digest), STEPUP_OK);
	SHA256((const unsigned char *)canonical, strlen(canonical), expected);
	assert_memory_equal(digest, expected, DIGEST_SIZE);
	action_free(&action);
	json_decref(details);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_published_roots_of_certificate_transparency_come_out),
	cmocka_unit_test(roots_of_all_sizes_to_300_are_those_of_the_definition),
	cmocka_unit_test(appending_by_leaf_hash_is_appending_the_leaf),
	cmocka_unit_test(a_full_tree_takes_no_more_leaves),
	cmocka_unit_test(hmac_gives_the_vectors_of_rfc_4231),
	cmocka_unit_test(an_actions_digest_is_that_of_its_canonical_form),
};

TAP_MAIN(tests)
