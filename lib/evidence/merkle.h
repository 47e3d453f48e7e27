/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The append-only Merkle tree of RFC 6962 section 2.1 as a compact range: the roots of its perfect subtrees,
 * largest first. Appending costs a few hashes whatever the size; the root of any size is computed from the
 * range at that size.
 * Layer: lib/evidence/ (part "evidence").
 */
#ifndef STEPUP_LIB_MERKLE_H
#define STEPUP_LIB_MERKLE_H

#include <stdint.h>

#include "lib/evidence/digest.h"

#define MERKLE_RANGE_MAX 64

struct merkle_tree {
	uint64_t size; /* leaves */
	uint8_t range[MERKLE_RANGE_MAX][DIGEST_SIZE]; /* one per set bit of size, from the highest bit down */
};

/* The empty tree. */
void merkle_init(struct merkle_tree *tree);

/* Number of hashes in the range: the set bits of size. */
unsigned merkle_range_count(const struct merkle_tree *tree);

/* Appends one leaf: SHA-256(0x00 ‖ leaf). */
enum stepup_error merkle_append(struct merkle_tree *tree, const void *leaf, size_t leaf_size);

/* The hash of one leaf, and appending by it: for who keeps hashes rather than leaves. */
enum stepup_error merkle_leaf_hash(const void *leaf, size_t leaf_size, uint8_t hash[DIGEST_SIZE]);
enum stepup_error merkle_append_hash(struct merkle_tree *tree, const uint8_t leaf_hash[DIGEST_SIZE]);

/* The tree's root; of the empty tree SHA-256(""). */
enum stepup_error merkle_root(const struct merkle_tree *tree, uint8_t root[DIGEST_SIZE]);

#endif
