/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invitations as people have them: the text that an administrator hands over, and how long it may be used.
 * MUST: be random; be known again however a person spaces or spells it.
 * Layer: verifier/doors/standing/.
 */
#ifndef STEPUP_VERIFIER_INVITATION_H
#define STEPUP_VERIFIER_INVITATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "verifier/state/store/store.h"

#define INVITATION_BYTES 20     /* random; 32 characters of base32 */
#define INVITATION_TEXT_SIZE 40 /* in groups of four, with the NUL */
#define INVITATION_TTL_SECONDS (72 * 60 * 60)

/* Whether it may be used at that time: not expired, nor made by a clock that was more than a day ahead. */
bool invitation_is_live(const struct invitation *invitation, int64_t now);

/* Makes a fresh invitation's text. STEPUP_INTERNAL where there is no randomness. */
enum stepup_error invitation_make(char text[INVITATION_TEXT_SIZE]);

/* The digest by which the store knows an invitation; case, dashes and spaces don't matter. STEPUP_INVALID for
 * what can't be one. */
enum stepup_error invitation_digest(const char *text, uint8_t digest[DIGEST_SIZE]);

#endif
