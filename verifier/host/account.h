/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is behind a uid or a user name on this host: name, uid, numbers of unix groups, asked of NSS on libuv's
 * worker threads, because a directory may be slow, and remembered for ACCOUNT_TTL_SECONDS (ended by reload).
 * Layer: verifier/host/.
 */
#ifndef STEPUP_VERIFIER_ACCOUNT_H
#define STEPUP_VERIFIER_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "lib/base/error.h"

/* looked up again in the background after two thirds of it, where still asked for */
#define ACCOUNT_TTL_SECONDS 30
#define ACCOUNT_CACHE_MAX 1024
#define ACCOUNT_WAIT_SECONDS 10     /* a directory that is slower than this could not say */

struct account {
	char *name;          /* NULL where the uid has no account */
	int64_t uid;         /* -1 where the name has no account */
	gid_t *gids;         /* of its unix groups; NULL for none */
	size_t gid_count;
};

struct account_cache;

struct account_cache *account_cache_new(uv_loop_t *loop);
void account_cache_free(struct account_cache **cache);

/* Whether a directory is being asked, on a worker thread that nobody can call back. NULL: no. */
bool account_cache_asks(const struct account_cache *cache);
void account_cache_forget(struct account_cache *cache);

/* Answers those who have waited ACCOUNT_WAIT_SECONDS; called by a timer. */
void account_cache_sweep(struct account_cache *cache);

/* Looks up; `found` runs on the loop's thread, at once where remembered and for uid 0, which is "root"
 * without groups. The account lives until `found` returns. STEPUP_OK also for a uid or name without an
 * account; STEPUP_UNAVAILABLE where NSS could not say (fail closed). Lookups at once are few, and shared by
 * the uids that cause them: `asker` (account_by_uid: the uid itself). By name, account->name is the
 * directory's spelling where there is an account, else the name asked for. */
typedef void account_found(void *context, enum stepup_error result, const struct account *account);
void account_by_uid(struct account_cache *cache, uid_t uid, account_found *found, void *context);
void account_by_name(struct account_cache *cache, uid_t asker, const char *name, account_found *found,
	void *context);

/* By name, with a shorter patience than ACCOUNT_WAIT_SECONDS. */
void account_by_name_within(struct account_cache *cache, uid_t asker, const char *name, unsigned seconds,
	account_found *found, void *context);

/* A longer question to the directory: `work` on a worker thread, then `done` on the loop's, both with this
 * context, also where the cache is freed meanwhile. False where it can't be asked: then neither runs. */
bool account_cache_work(struct account_cache *cache, void (*work)(void *context), void (*done)(void *context),
	void *context);

/* Keeps an account beyond `found`, and lets it go (sets NULL). On the loop's thread only. */
const struct account *account_keep(const struct account *account);
void account_drop(const struct account **account);

#endif
