/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which policy is in force: the one of the configuration's files, or the last good one, which the store
 * keeps. It keeps the last good list of models too.
 * MUST: take no policy from files that others can write; take none under which the keys that people have
 * would answer nothing any more, unless it says so itself; never take the last good one without saying so.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_POLICY_CHOICE_H
#define STEPUP_VERIFIER_POLICY_CHOICE_H

#include "verifier/rules/reading/policy_file.h"
#include "verifier/verifier.h"

/* What one reading of the configuration came to. */
struct policy_choice {
	struct policy_files *files; /* what was read; NULL where the policy is the last good one */
	struct policy *policy;
	char *store;                /* the store's URL, also of a configuration in error */
	enum stepup_error error;    /* why the configuration can't be taken */
	char *why;                  /* in a sentence; may be NULL */
};

/* Reads the configuration. An error is returned only where no store could help: files that others can write,
 * no memory, and a configuration in error with no store at its place; with the sentence in `*why` (the caller
 * frees). policy_choice_clear() in any case. */
enum stepup_error policy_choice_read(const char *config, struct policy_choice *choice, char **why);

/* Settles with what the store keeps: the last good list of models where the one at hand can't be taken, and
 * the last good policy where the configuration can't be: then `choice->error` stays set. An error with the
 * sentence in `*why` where there is none. */
enum stepup_error policy_choice_settle(struct policy_choice *choice, const char *config,
	struct store_session *session, char **why);
void policy_choice_clear(struct policy_choice *choice);

/* For a reload: reads the configuration, and takes the list of models that the store keeps where the one at
 * hand can't be taken. */
enum stepup_error policy_choice_reload(struct verifier *verifier, struct policy_choice *choice, char **why);

/* Has the store keep a policy that came from the configuration's files, and its list of models, where they
 * aren't what it keeps already. Nobody waits for it. */
void policy_choice_keep(struct verifier *verifier, const struct policy_choice *choice);

#endif
