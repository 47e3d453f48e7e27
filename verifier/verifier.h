/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of stepupd share: the one value that main.c makes and everything else is handed. No
 * other global state.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_VERIFIER_H
#define STEPUP_VERIFIER_VERIFIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "verifier/host/account.h"
#include "verifier/rules/limits/clock_votes.h"
#include "verifier/rules/limits/refusal_budget.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/state/store/store.h"

struct decoys;
struct hook_feed;
struct store_watch;
struct policy_names;
struct step_ups;
struct receipt_signer;
struct log_signer;
struct server;
struct waiters;

struct verifier {
	uv_loop_t *loop;
	const char *config_path;
	struct policy *policy;             /* the one in force; replaced whole by a reload */
	/* why that is the last good one, which the store keeps; NULL where it is the configuration's */
	char *policy_why;
	struct store *store;
	struct store_session *reader;      /* the loop thread's */
	struct commit_queue *queue;
	struct account_cache *accounts;
	struct policy_names *policy_names; /* what the directory says of the policy's */
	/* pending step-ups and what granted ones keep fresh, in memory only */
	struct step_ups *step_ups;
	struct store_watch *store_watch;   /* rows that aren't what they should be */
	struct hook_feed *hooks;           /* events on their way to stepup-hooks */
	struct receipt_signer *receipts;
	struct log_signer *log;
	char *log_key;                     /* vkey of the log, text */
	struct server *server;             /* NULL before it serves and after it stops */
	int64_t started;                   /* seconds since 1970 */
	bool mark_beside_store; /* the mark lies in the database's folder, and is put back with it */
	bool clean_start;
	bool serves;                       /* it came so far; only then is its stop a clean one */
	struct refusal_budget refusals;    /* how many refusals each uid may still put into the log */
	/* how many wrong ones may still go into the log, by caller and place */
	struct refusal_budget key_answers;
	/* how many wrong invitations may still be tried, by caller, user and place */
	struct refusal_budget invitation_tries;
	struct decoys *decoys;             /* the writer side's alone: guesses at users who have no record */
	/* the writer side's alone: whose codes were right for which time */
	struct clock_votes clocks;
	struct waiters *waiters;           /* calls that wait for requests to be answered */
	/* the open requests, while those who wait are told; NULL otherwise (request_list.c) */
	struct request_snapshot *requests_open;
	/* seconds since 1970: when the next open request expires; 0 before the first look */
	int64_t requests_due;
	/* at the start it was more than a day ahead of the log's newest entry */
	bool clock_doubtful;
	/* after an unclean stop: time up to which codes are taken as spent, else 0 */
	_Atomic int64_t code_floor;
	/* after a new epoch: the same, and one step more; else 0 (evidence/code_floors.h) */
	_Atomic int64_t epoch_floor;
};

/* Reads the policy again; keeps the old one where the new one is bad and says why (the caller frees). Ends
 * what began under the old one. */
enum stepup_error verifier_reload(struct verifier *verifier, char **why);

/* Whether a policy with this rp-id could be taken, as far as people's keys go: STEPUP_INVALID with the
 * sentence in `*why` (the caller frees) where it couldn't. `before` is what it says of the rp-id given up,
 * NULL for nothing. Reads all users until it finds a key. */
enum stepup_error verifier_check_rp_id(struct verifier *verifier, const char *rp_id, const char *before,
	char **why);

#endif
