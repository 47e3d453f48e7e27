/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One account from NSS: may block as long as the directory likes, so only worker threads call it.
 * Layer: verifier/host/, libc only.
 */
#ifndef STEPUP_VERIFIER_ACCOUNT_NSS_H
#define STEPUP_VERIFIER_ACCOUNT_NSS_H

#include "verifier/host/account.h"

/* By name, or by uid where `name` is NULL; fills a zeroed account. STEPUP_OK also where there is none;
 * STEPUP_UNAVAILABLE where NSS could not say, or where there is no memory. Clear it either way. */
enum stepup_error account_nss(const char *name, uid_t uid, struct account *account);

/* The number of a unix group, -1 where there is none of that name; and what the directory calls a user (the
 * caller frees), NULL likewise. Errors as above. */
enum stepup_error group_nss(const char *name, int64_t *gid);
enum stepup_error account_nss_name(const char *name, char **canonical);

void account_clear(struct account *account);

#endif
