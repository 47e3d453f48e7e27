/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Begin's reply says of each way to a key: which of the person's keys, and what they are to sign, in the
 * form that the way speaks.
 * Layer: verifier/doors/begin/.
 */
#ifndef STEPUP_VERIFIER_KEY_OFFER_H
#define STEPUP_VERIFIER_KEY_OFFER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "verifier/doors/pending/question.h"
#include "verifier/state/records/user_record.h"

/* All borrowed. */
struct key_offer {
	const struct policy *policy;
	const struct question *question;
	const struct user_record *record; /* whose keys; NULL for somebody who can't succeed */
	/* DIGEST_SIZE bytes, the same for a name each time: the key that somebody without
	 * record is told to use */
	const uint8_t *decoy;
	bool nameless;                    /* keys are called by no name of their owner's */
	int64_t now;                      /* seconds since 1970 */
	int64_t timeout_seconds;
};

/* Adds a member for each way that the question offers: browser, seat, agent. */
enum stepup_error key_offer_add(const struct key_offer *offer, json_t *reply);

#endif
