/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision on a typed code.
 * MUST: charge before comparing; look at every live credential; count for somebody who can't succeed as
 * for a wrong code.
 */
#include "verifier/doors/answer/decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verifier/evidence/code_floors.h"
#include "verifier/factors/otp.h"
#include "verifier/host/journal.h"
#include "verifier/rules/limits/decoys.h"
#include "verifier/rules/limits/guessing.h"

#define SECOND_CONNECTION_SECONDS 60 /* a tool opens two connections, and types the code into both */

/* The guesses at somebody who has no record. */
struct nobody {
	uint8_t name[DIGEST_SIZE]; /* keyed digest */
	struct guess_state guesses;
};

/* The record's guesses, or those at nobody. */
static enum stepup_error guesses_of(struct decision *decision, struct nobody *nobody,
	struct guess_state **guesses)
{
	struct verifier *verifier = decision->given->verifier;
	const char *user = decision->step_up->user;
	enum stepup_error error;

	*guesses = &nobody->guesses;
	if (decision->record != NULL) {
		*guesses = &decision->record->guesses;
		return STEPUP_OK;
	}
	error = store_keyed_digest(verifier->store, DIGEST_DECOY, user, strlen(user), nobody->name);
	if (error == STEPUP_OK)
		decoys_find(verifier->decoys, nobody->name, &nobody->guesses);
	return error;
}

/* Where a day's invented names fill the memory, the next one is slowed down by nothing but the places in
 * which people are asked. */
static void keep_guesses(const struct decision *decision, const struct nobody *nobody)
{
	if (decision->record == NULL &&
	    decoys_keep(decision->given->verifier->decoys, nobody->name, &nobody->guesses,
		    decision->decided->now) != STEPUP_OK)
		journal_line(LOG_WARNING, "guesses",
			"somebody guesses at more than %d names that don't exist", DECOYS_MAX);
}

/* Takes what one credential says of the code, if none said better. */
static void take_result(struct decision *decision, struct credential *credential, enum otp_result result,
	enum otp_result *best)
{
	int64_t far = result == OTP_RESYNC ? otp_far_seconds(credential, decision->decided->now) : 0;

	if (*best == OTP_ACCEPTED)
		return;
	if (result == OTP_ACCEPTED || result == OTP_SPENT) {
		*best = result;
		decision->off = 0;
		decision->credential = credential;
		return;
	}
	if (*best == OTP_SPENT || far == 0)
		return;
	decision->off = far;
	decision->credential = credential;
}

/* Holds the code against every live credential that has codes of this length; the best of what
 * they say counts. */
static enum stepup_error decide_code_compare(struct decision *decision, enum otp_result *best)
{
	const struct answer_given *given = decision->given;
	const struct code_floors floors = {.unclean = atomic_load(&given->verifier->code_floor),
		.epoch = atomic_load(&given->verifier->epoch_floor)};
	struct user_record *record = decision->record;
	size_t digits = strlen(given->code);

	for (size_t i = 0; i < record->credential_count; i++) {
		struct credential *credential = &record->credentials[i];
		enum otp_result result;
		enum stepup_error error;

		if (credential->state != CREDENTIAL_LIVE || !credential_is_code(credential) ||
		    credential->otp.digits != digits)
			continue;
		error = otp_check(credential, given->code, decision->decided->now,
			code_floor_of(&floors, credential->otp.period_seconds), &result);
		if (error != STEPUP_OK)
			return error;
		take_result(decision, credential, result, best);
	}
	return STEPUP_OK;
}

/* Whether the spent code was accepted at this very place a moment ago, as that of a second connection of the
 * same person's is. Says so, for who is alerted. */
static void look_at_place(struct decision *decision, const struct guess_state *guesses)
{
	const struct answer_decided *decided = decision->decided;
	const struct credential *credential = decision->credential;
	int64_t seconds = decided->now - credential->last_used;

	if (credential->last_used == 0 || seconds < 0 || seconds > SECOND_CONNECTION_SECONDS)
		return;
	for (size_t i = 0; i < guesses->source_count; i++)
		if (guesses->sources[i].last_success == credential->last_used &&
		    memcmp(guesses->sources[i].source, decision->asked->source, GUESS_SOURCE_SIZE) == 0)
			snprintf(decision->said, sizeof(decision->said),
				"at the same place, %" PRId64 " seconds later", seconds);
}

/* What a code further out says of clocks: to the log and to who is alerted, and nothing to who typed it. */
static void look_at_clock(struct decision *decision, enum otp_result result)
{
	struct clock_votes *watch = &decision->given->verifier->clocks;
	int64_t now = decision->decided->now;
	size_t people = 0;

	if (decision->off != 0) {
		notice_clock(decision->off, decision->said, sizeof(decision->said));
		decision->alert = "token-clock";
	}
	if ((decision->off != 0 ||
		    (result == OTP_ACCEPTED && decision->credential->type == CREDENTIAL_TOTP)) &&
	    clock_votes_note(watch, decision->record->user_id, decision->off, now, &people))
		decision->clocks = people;
}

/* Why the log says that it was wrong. */
static const char *wrong_because(const struct decision *decision, enum otp_result result)
{
	const char *withheld = withheld_because(decision);

	if (result == OTP_SPENT)
		return "spent code";
	if (decision->off != 0)
		return decision->said;
	return withheld == NULL ? "wrong code" : withheld;
}

/* Holds the code against the record of somebody who can succeed. */
static enum stepup_error look_at_code(struct decision *decision, enum otp_result *result)
{
	enum stepup_error error;

	decision->why = hopeless_because(decision);
	if (decision->why != NULL)
		return STEPUP_OK;
	error = decide_code_compare(decision, result);
	if (error != STEPUP_OK)
		return error;
	look_at_clock(decision, *result);
	decision->why = wrong_because(decision, *result);
	return STEPUP_OK;
}

/* Charges the guess, then compares; a right code is given its charge back. */
enum stepup_error decide_code(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;
	const uint8_t *source = decision->asked->source;
	struct nobody nobody;
	struct guess_state *guesses, before;
	struct guess_verdict verdict;
	enum otp_result result = OTP_WRONG;
	enum stepup_error error = guesses_of(decision, &nobody, &guesses);

	if (error != STEPUP_OK)
		return error;
	verdict = guess_allow(guesses, source, decided->now);
	if (!verdict.allowed) {
		decided->retry_after_seconds = verdict.retry_after_seconds;
		return STEPUP_THROTTLED;
	}
	decided->tries_left = verdict.tries_left;
	before = *guesses;
	decision->charged = true;
	decision->suspended = guess_failed(guesses, source, decided->now);
	keep_guesses(decision, &nobody);
	error = look_at_code(decision, &result);
	if (error != STEPUP_OK)
		return error;
	if (result == OTP_ACCEPTED) {
		*guesses = before;
		guess_succeeded(guesses, source, decided->now);
		decision->suspended = false;
		return STEPUP_OK;
	}
	if (result == OTP_SPENT) {
		decision->alert = "spent-code";
		look_at_place(decision, &before);
	}
	decided->retry_after_seconds = guess_allow(guesses, source, decided->now).retry_after_seconds;
	return STEPUP_BAD_ANSWER;
}
