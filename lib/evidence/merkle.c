/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Merkle tree of RFC 6962 section 2.1, held as a compact range. Leaves and nodes are hashed under
 * different first bytes, so that neither can be passed off as the other.
 */
#include "lib/evidence/merkle.h"

#include <stdlib.h>
#include <string.h>

#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01
#define LEAF_ON_STACK 4096 /* bytes; longer leaves take memory of their own */

enum stepup_error merkle_leaf_hash(const void *leaf, size_t leaf_size, uint8_t hash[DIGEST_SIZE])
{
	uint8_t room[1 + LEAF_ON_STACK], *bytes = room;
	enum stepup_error error;

	if (leaf_size == SIZE_MAX)
		return STEPUP_TOO_LONG;
	if (leaf_size > LEAF_ON_STACK)
		bytes = malloc(1 + leaf_size);
	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	bytes[0] = LEAF_PREFIX;
	if (leaf_size > 0)
		memcpy(bytes + 1, leaf, leaf_size);
	error = digest_sha256(bytes, 1 + leaf_size, hash);
	if (bytes != room)
		free(bytes);
	return error;
}

/* SHA-256(0x01 ‖ left ‖ right); `hash` may be either of them. */
static enum stepup_error hash_node(const uint8_t left[DIGEST_SIZE], const uint8_t right[DIGEST_SIZE],
	uint8_t hash[DIGEST_SIZE])
{
	uint8_t bytes[1 + 2 * DIGEST_SIZE];

	bytes[0] = NODE_PREFIX;
	memcpy(bytes + 1, left, DIGEST_SIZE);
	memcpy(bytes + 1 + DIGEST_SIZE, right, DIGEST_SIZE);
	return digest_sha256(bytes, sizeof(bytes), hash);
}

void merkle_init(struct merkle_tree *tree)
{
	memset(tree, 0, sizeof(*tree));
}

unsigned merkle_range_count(const struct merkle_tree *tree)
{
	return (unsigned)__builtin_popcountll(tree->size);
}

enum stepup_error merkle_append_hash(struct merkle_tree *tree, const uint8_t leaf_hash[DIGEST_SIZE])
{
	unsigned count = merkle_range_count(tree);
	uint8_t hash[DIGEST_SIZE];
	enum stepup_error error = STEPUP_OK;

	if (tree->size == UINT64_MAX)
		return STEPUP_TOO_LONG;
	memcpy(hash, leaf_hash, DIGEST_SIZE);
	/* Each set low bit is a full subtree as large as what is being added: they become one. */
	for (uint64_t bits = tree->size; error == STEPUP_OK && (bits & 1) != 0; bits >>= 1)
		error = hash_node(tree->range[--count], hash, hash);
	if (error != STEPUP_OK)
		return error;
	memcpy(tree->range[count], hash, DIGEST_SIZE);
	tree->size++;
	return STEPUP_OK;
}

enum stepup_error merkle_append(struct merkle_tree *tree, const void *leaf, size_t leaf_size)
{
	uint8_t hash[DIGEST_SIZE];
	enum stepup_error error = merkle_leaf_hash(leaf, leaf_size, hash);

	return error == STEPUP_OK ? merkle_append_hash(tree, hash) : error;
}

enum stepup_error merkle_root(const struct merkle_tree *tree, uint8_t root[DIGEST_SIZE])
{
	unsigned count = merkle_range_count(tree);
	enum stepup_error error = STEPUP_OK;

	if (count == 0)
		return digest_sha256("", 0, root);
	memcpy(root, tree->range[--count], DIGEST_SIZE);
	while (error == STEPUP_OK && count > 0)
		error = hash_node(tree->range[--count], root, root);
	return error;
}
