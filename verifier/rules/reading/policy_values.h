/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values of the configuration: names, addresses. Each function says whether a text is one; none
 * allocates. Durations and limits: lib/wire/limit_text.h.
 * Layer: verifier/rules/reading/.
 */
#ifndef STEPUP_VERIFIER_POLICY_VALUES_H
#define STEPUP_VERIFIER_POLICY_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/rules/policy/policy.h"

/* bytes of a group's, service's or caller's name, with the NUL */
#define POLICY_NAME_SIZE 64

/* A user's or group's account name (lib/wire/user_name.h), which may have blanks inside. */
bool value_account(const char *text);

/* An account name or "#UID". */
bool value_unix_user(const char *text);

/* A name for a group, service or caller: [a-z][a-z0-9_-]*. */
bool value_name(const char *text);

/* A model of keys: 8-4-4-4-12 hexadecimal digits in lower case, not all of them 0. */
bool value_aaguid(const char *text, uint8_t aaguid[KEY_AAGUID_SIZE]);

/* "*" or an action's name whose last part is "*". */
bool value_pattern(const char *text);

/* "scheme://host" with an optional port and, where `path` is allowed, a path; no user, query or fragment. The
 * host, in lower case, goes to `host` (256 bytes). */
bool value_url(const char *text, const char *scheme, bool path, char host[256]);

/* A domain name in lower case. */
bool value_domain(const char *text);

#endif
