/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the directory says of a policy's names.
 * MUST: take no failure for an answer: what could not be said stays as it was known, or unknown.
 */
#include "verifier/rules/policy/policy_directory.h"

#include <stdlib.h>
#include <string.h>

/* A name that the directory spells otherwise, or doesn't know. Both owned; `canonical`
 * NULL for the latter. */
struct spelling {
	char *canonical, *written;
};

struct policy_directory {
	int64_t *gids; /* by the policy's groups */
	size_t group_count;
	struct spelling *spellings; /* those with a canonical name first, sorted by it, then by `written` */
	size_t count, known_count;
	bool complete;
};

void policy_directory_free(struct policy_directory **directory)
{
	struct policy_directory *gone = *directory;

	*directory = NULL;
	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->count; i++) {
		free(gone->spellings[i].canonical);
		free(gone->spellings[i].written);
	}
	free(gone->spellings);
	free(gone->gids);
	free(gone);
}

void policy_directory_set(struct policy *policy, struct policy_directory *directory)
{
	policy_directory_free(&policy->directory);
	policy->directory = directory;
}

bool policy_directory_is_complete(const struct policy_directory *directory)
{
	return directory != NULL && directory->complete;
}

int64_t policy_directory_gid(const struct policy_directory *directory, size_t index)
{
	return directory == NULL || index >= directory->group_count ? -2 : directory->gids[index];
}

void policy_directory_each(const struct policy_directory *directory,
	void (*each)(void *context, const char *written, const char *canonical), void *context)
{
	for (size_t i = 0; directory != NULL && i < directory->count; i++)
		each(context, directory->spellings[i].written, directory->spellings[i].canonical);
}

/* --- asking the result --- */

/* The first spelling of that name; known_count where there is none. */
static size_t directory_first_of(const struct policy_directory *directory, const char *canonical)
{
	size_t low = 0, high = directory == NULL ? 0 : directory->known_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(directory->spellings[middle].canonical, canonical) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *policy_directory_written(const struct policy_directory *directory, const char *canonical,
	size_t index)
{
	size_t at = directory_first_of(directory, canonical) + index;

	if (directory == NULL || at >= directory->known_count ||
	    strcmp(directory->spellings[at].canonical, canonical) != 0)
		return NULL;
	return directory->spellings[at].written;
}

bool policy_directory_means(const struct policy_directory *directory, const char *written,
	const char *canonical)
{
	const char *other;

	if (strcmp(written, canonical) == 0)
		return true;
	for (size_t i = 0; (other = policy_directory_written(directory, canonical, i)) != NULL; i++)
		if (strcmp(other, written) == 0)
			return true;
	return false;
}

/* --- asking the directory --- */

struct directory_names {
	const char **texts; /* borrowed from the policy */
	size_t count, room;
	bool failed;
};

/* Makes room for one more. */
static bool names_grow(struct directory_names *names)
{
	size_t room = names->room == 0 ? 64 : 2 * names->room;
	const char **larger;

	if (names->count < names->room)
		return true;
	larger = reallocarray(names->texts, room, sizeof(*larger));
	if (larger == NULL)
		return false;
	names->texts = larger;
	names->room = room;
	return true;
}

static void directory_note_name(struct directory_names *names, const char *name)
{
	if (name[0] == '@' || name[0] == '#' || strcmp(name, "*") == 0 || names->failed)
		return;
	names->failed = !names_grow(names);
	if (!names->failed)
		names->texts[names->count++] = name;
}

static void note_list(struct directory_names *names, char *const *list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		directory_note_name(names, list[i]);
}

static int directory_compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All users that the policy names, each once, in order; of large groups no more than are asked after. */
static void directory_collect(const struct policy *policy, struct directory_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->rule_count; i++) {
		note_list(names, policy->rules[i].users);
		note_list(names, policy->rules[i].approvers);
	}
	for (size_t i = 0; i < policy->caller_count; i++) {
		note_list(names, policy->callers[i].users);
		directory_note_name(names, policy->callers[i].unix_user);
	}
	for (size_t i = 0; i < policy->service_count; i++)
		directory_note_name(names, policy->services[i].unix_user);
	for (size_t i = 0; i < policy->group_count; i++)
		for (size_t j = 0;
			j < policy->groups[i].member_count && names->count < 2 * POLICY_NAMES_ASKED_MAX; j++)
			directory_note_name(names, policy->groups[i].members[j]);
	if (names->count > 0)
		qsort(names->texts, names->count, sizeof(*names->texts), directory_compare_names);
	for (size_t i = 0; i < names->count && kept < POLICY_NAMES_ASKED_MAX; i++)
		if (kept == 0 || strcmp(names->texts[kept - 1], names->texts[i]) != 0)
			names->texts[kept++] = names->texts[i];
	names->count = kept;
}

/* What was known of a name before; NULL for nothing, which is also what is known of one that is
 * spelt as written. */
static const struct spelling *known_before(const struct policy_directory *before, const char *written)
{
	for (size_t i = 0; before != NULL && i < before->count; i++)
		if (strcmp(before->spellings[i].written, written) == 0)
			return &before->spellings[i];
	return NULL;
}

/* `canonical` is taken over. */
static bool add_spelling(struct policy_directory *directory, const char *written, char *canonical)
{
	struct spelling *spelling = &directory->spellings[directory->count];

	spelling->canonical = canonical;
	spelling->written = strdup(written);
	directory->count++;
	return spelling->written != NULL;
}

/* `canonical` is taken over. */
static bool note_answer(struct policy_directory *directory, const char *name, char *canonical)
{
	if (canonical == NULL || strcmp(canonical, name) != 0)
		return add_spelling(directory, name, canonical);
	free(canonical);
	return true;
}

static bool ask_user(struct policy_directory *directory, const char *name,
	const struct directory_questions *questions, const struct policy_directory *before)
{
	const struct spelling *known;
	char *canonical = NULL;

	if (questions->user(name, &canonical) == STEPUP_OK)
		return note_answer(directory, name, canonical);
	directory->complete = false;
	known = known_before(before, name);
	if (known == NULL || known->canonical == NULL)
		return true;
	canonical = strdup(known->canonical);
	return canonical != NULL && add_spelling(directory, name, canonical);
}

static int compare_spellings(const void *a, const void *b)
{
	const struct spelling *one = a, *other = b;
	int order;

	if (one->canonical == NULL || other->canonical == NULL)
		return (one->canonical == NULL) - (other->canonical == NULL);
	order = strcmp(one->canonical, other->canonical);
	return order != 0 ? order : strcmp(one->written, other->written);
}

static bool ask_users(struct policy_directory *directory, const struct policy *policy,
	const struct directory_questions *questions, const struct policy_directory *before)
{
	struct directory_names names = {0};
	bool asked;

	directory_collect(policy, &names);
	directory->spellings = calloc(names.count + 1, sizeof(*directory->spellings));
	asked = !names.failed && directory->spellings != NULL;
	for (size_t i = 0; asked && i < names.count; i++)
		asked = ask_user(directory, names.texts[i], questions, before);
	free(names.texts);
	if (asked && directory->count > 0)
		qsort(directory->spellings, directory->count, sizeof(*directory->spellings),
			compare_spellings);
	while (asked && directory->known_count < directory->count &&
	    directory->spellings[directory->known_count].canonical != NULL)
		directory->known_count++;
	return asked;
}

static bool ask_groups(struct policy_directory *directory, const struct policy *policy,
	const struct directory_questions *questions, const struct policy_directory *before)
{
	directory->group_count = policy->group_count;
	directory->gids = calloc(policy->group_count + 1, sizeof(*directory->gids));
	for (size_t i = 0; directory->gids != NULL && i < policy->group_count; i++) {
		const char *name = policy->groups[i].unix_group;

		directory->gids[i] = -1;
		if (name == NULL || questions->group(name, &directory->gids[i]) == STEPUP_OK)
			continue;
		directory->gids[i] = policy_directory_gid(before, i);
		directory->complete = false;
	}
	return directory->gids != NULL;
}

struct policy_directory *policy_directory_ask(const struct policy *policy,
	const struct directory_questions *questions, const struct policy_directory *before)
{
	struct policy_directory *directory = calloc(1, sizeof(*directory));

	if (directory == NULL)
		return NULL;
	directory->complete = true;
	if (!ask_groups(directory, policy, questions, before) ||
	    !ask_users(directory, policy, questions, before))
		policy_directory_free(&directory);
	return directory;
}
