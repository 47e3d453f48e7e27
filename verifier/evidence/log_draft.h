/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry of the log in the making: the members that every entry has, and how texts and bytes go into one.
 * MUST: bound every text; give no entry of which a part is missing.
 * Layer: verifier/evidence/. Pure; for log_entry.c, which has the entries.
 */
#ifndef STEPUP_VERIFIER_LOG_DRAFT_H
#define STEPUP_VERIFIER_LOG_DRAFT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/log_types.h"
#include "verifier/evidence/log_entry.h"

/* The first thing that fails makes the whole of it fail. */
struct draft {
	json_t *object;
	bool failed;
};

/* One with "v", "type" and "at"; the second with whom it is about. */
struct draft draft_new(enum log_type type, int64_t at);
struct draft draft_about(enum log_type type, int64_t at, const struct log_subject *subject);

/* Takes the value over; NULL fails the draft. */
void draft_add(struct draft *draft, const char *name, json_t *value);
void draft_add_number(struct draft *draft, const char *name, int64_t number);

/* A bounded text, and bytes in base64url; NULL adds nothing. */
void draft_add_text(struct draft *draft, const char *name, const char *text);
void draft_add_bytes(struct draft *draft, const char *name, const uint8_t *bytes, size_t size);

/* At most LOG_TEXT_MAX bytes of UTF-8; what isn't UTF-8 is escaped, what is longer is cut between
 * characters and says so. */
json_t *draft_text(const char *text);

/* The entry, the caller's; NULL where anything failed. */
json_t *draft_finish(struct draft *draft);

#endif
