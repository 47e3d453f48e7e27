/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the directory says of the names that a policy lists: the numbers of its unix groups, and the users
 * whose names it spells otherwise. Found out once for a policy, and again from time to time, so that a
 * decision compares numbers and asks nobody.
 * Layer: verifier/rules/policy/. Asks through functions that it is given.
 */
#ifndef STEPUP_VERIFIER_POLICY_DIRECTORY_H
#define STEPUP_VERIFIER_POLICY_DIRECTORY_H

#include "verifier/rules/policy/policy.h"

/* users that are asked after; names beyond are compared as they are written */
#define POLICY_NAMES_ASKED_MAX 4096

/* Each says STEPUP_OK, with -1 or NULL for what there isn't, or STEPUP_UNAVAILABLE where the
 * directory could not say. */
struct directory_questions {
	enum stepup_error (*group)(const char *name, int64_t *gid);
	enum stepup_error (*user)(const char *name, char **canonical); /* the caller frees */
};

/* What was found: immutable. */
struct policy_directory;

/* Asks for all of it; may take as long as the directory likes, and touches nothing of the policy but its
 * texts, which never change. What the directory could not say stays as `before` (NULL for none) has it. NULL
 * where there is no memory. */
struct policy_directory *policy_directory_ask(const struct policy *policy,
	const struct directory_questions *questions, const struct policy_directory *before);
void policy_directory_free(struct policy_directory **directory);

/* Takes it over, in place of an earlier one, which is freed. On the one thread that asks the
 * policy for names. */
void policy_directory_set(struct policy *policy, struct policy_directory *directory);

/* Whether the directory said all that was asked. */
bool policy_directory_is_complete(const struct policy_directory *directory);

/* A group's number; -1 where there is no such unix group, -2 where the directory could not say so far.
 * `index` is its place in policy->groups. */
int64_t policy_directory_gid(const struct policy_directory *directory, size_t index);

/* Calls back for each name, as written, that the directory calls otherwise (`canonical`), or
 * doesn't know (NULL). */
void policy_directory_each(const struct policy_directory *directory,
	void (*each)(void *context, const char *written, const char *canonical), void *context);

/* Whether a name as written means this account, whose name is canonical: the same text, or one that the
 * directory takes for it. */
bool policy_directory_means(const struct policy_directory *directory, const char *written,
	const char *canonical);

/* The `index`th other way in which the policy writes this account's name; NULL behind the last. */
const char *policy_directory_written(const struct policy_directory *directory, const char *canonical,
	size_t index);

#endif
