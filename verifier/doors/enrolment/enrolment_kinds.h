/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the enrolments of codes and of keys have in common, and where they differ. The frame (enrolment.c,
 * enrolment_finish.c) knows who may, takes the invitation, stores and logs; a kind (enrolment_code.c,
 * enrolment_key.c, enrolment_key_finish.c) knows what is proved and how.
 * Layer: verifier/doors/enrolment/; included by enrolment*.c only.
 */
#ifndef STEPUP_VERIFIER_ENROLMENT_KINDS_H
#define STEPUP_VERIFIER_ENROLMENT_KINDS_H

#include "verifier/doors/calls/subject.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/evidence/log_entry.h"

/* The last call of an enrolment, and what comes of it. */
struct finish {
	struct call *call;
	struct verifier *verifier;
	struct step_up *step_up;   /* ANSWERING */
	char code[9];                      /* codes */
	const struct key_request *request; /* keys: the one that was answered */
	json_t *evidence;                  /* keys: what the log keeps of the answer; owned */
	int64_t now;
	/* decided */
	const char *objection;             /* the sentence, where it is refused for a reason of its own … */
	const char *why;                   /* … and that reason in a few words for the log, a literal */
	char told[256];                    /* room for an objection that isn't a literal */
	char reference[LOCK_REFERENCE_SIZE];
	bool has_record;                   /* the name had one, whose id is … */
	uint8_t user_id[USER_ID_SIZE];
	char credential[CREDENTIAL_ID_SIZE];
	bool excused;           /* by the first day: the key needn't cool off */
	int64_t cooling_seconds, log;
};

#define WHY_TOO_MANY "too many credentials" /* for the log, at either end */
#define WHY_KNOWN "enrolled before"

/* A row has all of these in this order: one that lacks any does not compile. */
struct enrolment_kind {
	/* The least that an authorization must have been granted with. */
	enum factor_strength strength;

	/* Begin: reads the parameters into the credential. NULL, or the name of the one that is wrong. */
	const char *(*read)(const json_t *parameters, struct enrolment *enrolment);
	/* Whether anything of its own stands against it; answers the call where it does. */
	bool (*check)(struct call *call, const struct subject *subject, struct enrolment *enrolment);
	/* The reply, within a step-up that is filled in; NULL where there is no memory. */
	json_t *(*reply)(const struct subject *subject, struct step_up *step_up);

	/* Finish, on the loop's thread: takes the answer out of the call. STEPUP_BAD_ANSWER where it is
	 * wrong, STEPUP_INVALID with a parameter's name in `*field` where it can't be one. */
	enum stepup_error (*take)(struct finish *finish, const char **field);
	/* In the transaction that stores: whether the credential is new, permitted and proved. May set
	 * `objection` and `why`. */
	enum stepup_error (*prove)(struct store_session *session, struct finish *finish,
		const struct user_record *record);
	/* The same transaction, when the record has the credential: stores what belongs beside it.
	 * NULL for nothing. */
	enum stepup_error (*keep)(struct store_session *session, const struct user_record *record,
		const struct credential *credential);
	/* Afterwards: the sentence; the caller frees. */
	char *(*message)(const struct enrolment *enrolment, int64_t cooling_seconds);
	/* What a wrong answer is told; NULL for the words of a wrong code. */
	const char *(*bad_answer)(void);
};

extern const struct enrolment_kind enrolment_codes; /* totp, hotp */
extern const struct enrolment_kind enrolment_keys;  /* key, agent */

/* Keys: takes what the key answered, and holds it against what it was asked; enrolment_key_finish.c. */
enum stepup_error enrolment_key_take(struct finish *finish, const char **field);
enum stepup_error enrolment_key_prove(struct store_session *session, struct finish *finish,
	const struct user_record *record);
enum stepup_error enrolment_key_keep(struct store_session *session, const struct user_record *record,
	const struct credential *credential);

extern const int enrolment_algorithms[]; /* what a new key may be, ended by 0 */

#endif
