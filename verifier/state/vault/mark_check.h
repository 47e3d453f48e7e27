/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a store is the one that its mark remembers, at the start: pure, so that every case
 * can be put to it.
 * MUST: take no store that is older than its mark, or another one; take one that is ahead only where a power
 * cut explains it.
 * Layer: verifier/state/vault/. libc only.
 */
#ifndef STEPUP_VERIFIER_MARK_CHECK_H
#define STEPUP_VERIFIER_MARK_CHECK_H

#include <stdbool.h>

#include "verifier/state/vault/head.h"

/* a power cut leaves the mark one second behind; more says that one of the two was put back */
#define MARK_APART_SECONDS 60
#define MARK_REST_SECONDS 86400  /* a verifier that was stopped for longer than that is asked about */

struct mark_question {
	const char *path;               /* of the mark */
	const struct store_head *store; /* what the store says of itself */
	const struct store_head *mark;  /* what the mark remembers; NULL: there is none to believe */
	/* without a mark: what is wrong with it, a sentence's beginning: "The mark … is missing" */
	const char *trouble;
	int64_t seen;                   /* when the mark was last written, seconds since 1970 */
	/* the store's log had the mark's tag when it was as long as the mark says */
	bool log_fits;
	bool leaves;                    /* asked by a move: that the store has left already is no refusal */
	const char *file;               /* with which it left, where it did and the log says so; else NULL */
};

/* STEPUP_OK, or STEPUP_CORRUPT with a sentence that says what was found, what did not happen, and what to do
 * next (the caller frees). `*clean`: both were left by a stop that had finished everything. */
enum stepup_error mark_check(const struct mark_question *question, bool *clean, char **why);

/* The sentence for a verifier that was stopped cleanly at `seen`, where that is longer ago than
 * MARK_REST_SECONDS: nothing is wrong, and only a person can know whether the machine was brought back. NULL
 * where there is nothing to say; the caller frees. */
char *mark_rest_sentence(int64_t seen, int64_t now);

#endif
