/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of one configuration file as blocks, keys and values, each with its line. Nothing is passed over
 * without a word: no second value of one name, no section left open, no ${ENVIRONMENT}, no stray character.
 * Layer: verifier/rules/reading/. Knows keys by the tables that it is given.
 */
#ifndef STEPUP_VERIFIER_POLICY_TEXT_H
#define STEPUP_VERIFIER_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"
#include "verifier/rules/policy/arena.h"
#include "verifier/rules/policy/complaints.h"

#define POLICY_BLOCKS_MAX 4096

struct policy_reading;
struct policy_entry;

/* One key of a section: `read` takes its values into the policy being built. */
struct policy_key {
	const char *name;
	bool list; /* a list takes { "a", "b" } or one value; others take exactly one */
	void (*read)(struct policy_reading *reading, const struct policy_entry *entry);
};

/* A kind of section; the first in a table is the top level, which has no name. Tables end with an
 * element without keys. */
struct policy_section {
	const char *name;
	const struct policy_key *keys; /* ended by one without a name */
};

struct policy_value {
	struct policy_value *next;
	int line;
	const char *text; /* what is meant by it: without quotation marks, \" and \\ as " and \ */
};

struct policy_entry {
	struct policy_entry *next;
	const struct policy_key *key;
	int line;
	size_t value_count;
	struct policy_value *values;
};

struct policy_block {
	struct policy_block *next;
	const struct policy_section *section;
	const char *title; /* "" at the top level */
	int line;
	struct policy_entry *entries;
};

struct policy_text {
	const char *file;            /* borrowed */
	char *bytes;                 /* NUL-terminated; comments become spaces */
	size_t size;
	struct policy_block *blocks; /* the first is the top level */
};

/* Reads `text->bytes` into `text->blocks` by the tables; everything that is wrong goes to `complaints`.
 * STEPUP_OK also where there were complaints; STEPUP_NO_MEMORY where anything of the text is missing
 * for want of memory. */
enum stepup_error policy_text_scan(struct policy_text *text, const struct policy_section *sections,
	struct arena *arena, struct complaints *complaints);

/* The entry of that name, NULL where the block has none. */
const struct policy_entry *policy_block_entry(const struct policy_block *block, const char *name);

#endif
