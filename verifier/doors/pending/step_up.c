/* SPDX-License-Identifier: BSD-2-Clause */
/* What a step-up of each kind has, and nobody else's; see step_up.h. */
#include "verifier/doors/pending/step_up.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"
#include "verifier/doors/pending/question.h"
#include "verifier/host/clock.h"

#define NAME_BYTES 32

struct asked *step_up_asked(const struct step_up *step_up)
{
	switch (step_up->kind) {
	case STEP_UP_FOR_ACTION:
	case STEP_UP_TO_AGREE:
	case STEP_UP_TO_DENY:
		return step_up->of.asked;
	case STEP_UP_TO_ENROL:
		break;
	}
	return NULL;
}

struct second_person *step_up_second_person(const struct step_up *step_up)
{
	return step_up->kind == STEP_UP_FOR_ACTION ? &step_up->of.asked->of.second : NULL;
}

struct request_shown *step_up_request(const struct step_up *step_up)
{
	return step_up->kind == STEP_UP_TO_AGREE || step_up->kind == STEP_UP_TO_DENY
		? &step_up->of.asked->of.shown : NULL;
}

struct enrolment *step_up_enrolment(const struct step_up *step_up)
{
	return step_up->kind == STEP_UP_TO_ENROL ? step_up->of.enrols.enrolment : NULL;
}

struct grant *step_up_grant(const struct step_up *step_up)
{
	struct asked *asked = step_up_asked(step_up);

	return step_up->state == STEP_UP_GRANTED && asked != NULL ? &asked->grant : NULL;
}

enum stepup_error step_up_enrols(struct step_up *step_up, struct enrolment *enrolment,
	void (*free)(struct enrolment **enrolment))
{
	if (step_up->kind != STEP_UP_TO_ENROL || step_up->of.enrols.enrolment != NULL)
		return STEPUP_INTERNAL;
	step_up->of.enrols = (struct step_up_enrols){enrolment, free};
	return STEPUP_OK;
}

enum stepup_error step_up_keep_grant(struct step_up *step_up, const struct grant *grant)
{
	if (step_up->kind != STEP_UP_FOR_ACTION)
		return STEPUP_INTERNAL;
	step_up->state = STEP_UP_GRANTED;
	step_up->of.asked->grant = *grant;
	step_up->expires_boot_ms = clock_boot_ms() + STEP_UP_GRANT_TTL_SECONDS * INT64_C(1000);
	return STEPUP_OK;
}

struct fresh_place step_up_place(const struct step_up *step_up)
{
	const struct asked *asked = step_up_asked(step_up);

	return (struct fresh_place){.rule = asked->rule, .user_id = step_up->user_id,
		.caller = step_up->uid, .sitting = asked->sitting};
}

struct log_subject step_up_log_subject(const struct step_up *step_up)
{
	static const uint8_t nobody[USER_ID_SIZE];
	bool known = memcmp(step_up->user_id, nobody, USER_ID_SIZE) != 0;

	return (struct log_subject){
		.user = step_up->user, .user_id = known ? step_up->user_id : NULL};
}

bool step_up_is_over(const struct step_up *step_up)
{
	return step_up->cut || atomic_load(&step_up->ended);
}

static void asked_free(struct asked *asked, enum step_up_kind kind)
{
	action_free(&asked->action);
	question_free(&asked->question);
	free(asked->service);
	free(asked->rhost);
	free(asked->prompt);
	if (kind == STEP_UP_FOR_ACTION)
		free(asked->of.second.reason);
	WIPE_OBJECT(asked);
	free(asked);
}

/* Frees what only its kind has. */
static void step_up_free_part(struct step_up *step_up)
{
	struct asked *asked = step_up_asked(step_up);

	if (asked != NULL)
		asked_free(asked, step_up->kind);
	if (step_up_enrolment(step_up) != NULL)
		step_up->of.enrols.free(&step_up->of.enrols.enrolment);
}

/* Makes room for what its kind has. */
static enum stepup_error step_up_make_part(struct step_up *new, enum step_up_kind kind)
{
	switch (kind) {
	case STEP_UP_FOR_ACTION:
	case STEP_UP_TO_AGREE:
	case STEP_UP_TO_DENY:
		new->of.asked = calloc(1, sizeof(*new->of.asked));
		if (new->of.asked == NULL)
			return STEPUP_NO_MEMORY;
		new->kind = kind;
		return STEPUP_OK;
	case STEP_UP_TO_ENROL:
		new->kind = kind;
		return STEPUP_OK;
	}
	return STEPUP_INTERNAL;
}

/* With a name of its own, for the seat's user. */
static enum stepup_error step_up_fill(struct step_up *new, const struct step_up_seat *seat)
{
	uint8_t bytes[NAME_BYTES] = {0};

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return STEPUP_INTERNAL;
	base64url_encode(bytes, sizeof(bytes), new->name);
	WIPE_ARRAY(bytes);
	if (snprintf(new->user, sizeof(new->user), "%s", seat->user) >= (int)sizeof(new->user))
		return STEPUP_TOO_LONG;
	new->state = STEP_UP_ASKED;
	atomic_init(&new->ended, false);
	new->uid = seat->uid;
	memcpy(new->place, seat->place, DIGEST_SIZE);
	new->user_uid = -1;
	new->expires_boot_ms = clock_boot_ms() + STEP_UP_TTL_SECONDS * INT64_C(1000);
	return step_up_make_part(new, seat->kind);
}

enum stepup_error step_up_make(const struct step_up_seat *seat, struct step_up **step_up)
{
	struct step_up *new = calloc(1, sizeof(*new));
	enum stepup_error error = new == NULL ? STEPUP_NO_MEMORY : step_up_fill(new, seat);

	if (error != STEPUP_OK)
		step_up_unmake(&new);
	*step_up = new;
	return error;
}

void step_up_unmake(struct step_up **step_up)
{
	if (*step_up == NULL)
		return;
	call_unbond(&(*step_up)->bond);
	policy_release(&(*step_up)->policy);
	step_up_free_part(*step_up);
	free((*step_up)->caller);
	WIPE_OBJECT(*step_up);
	free(*step_up);
	*step_up = NULL;
}
