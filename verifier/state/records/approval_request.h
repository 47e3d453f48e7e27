/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request for a second person's agreement (DESIGN section 7), as one value: who asks for what, in
 * which words, and who said what to it. The store keeps each as one sealed row, whose version moves
 * on with its state:
 *
 *     REQUESTED → APPROVED → CONSUMED
 *     REQUESTED or APPROVED → DENIED, EXPIRED, CANCELLED, VOID
 *
 * Layer: verifier/state/records/. Pure data: knows no database.
 */
#ifndef STEPUP_VERIFIER_APPROVAL_REQUEST_H
#define STEPUP_VERIFIER_APPROVAL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/digest.h"
#include "lib/wire/action.h"
#include "verifier/state/records/user_record.h"

#define REQUEST_ID_SIZE 15       /* "R-" and 12 characters, with the NUL */
#define REQUEST_TEXT_SIZE 257    /* bytes of a place or a name, with the NUL */
#define REQUEST_WHY_SIZE 129     /* bytes of what made it necessary, with the NUL */
#define REQUEST_WORDS_SIZE 33    /* acr; amr joined by spaces */
#define REQUESTS_OPEN_MAX 4      /* of one person */
#define REQUESTS_OPEN_PER_SOURCE 3 /* of one person from one place: a fourth is left for another place */

enum request_state {
	REQUEST_REQUESTED,
	REQUEST_APPROVED,
	REQUEST_CONSUMED,
	REQUEST_DENIED,
	REQUEST_EXPIRED,
	REQUEST_CANCELLED,
	REQUEST_VOID,
};

/* How somebody proved to be who they are. */
struct request_proof {
	char credential[CREDENTIAL_ID_SIZE];
	char method[REQUEST_WORDS_SIZE]; /* "totp", "hotp", "key", "agent" */
	char acr[REQUEST_WORDS_SIZE], amr[REQUEST_WORDS_SIZE];
	int64_t at;                      /* seconds since 1970 */
	int64_t log;                     /* index of the entry that has it */
};

struct approval_request {
	char id[REQUEST_ID_SIZE];
	int64_t version;             /* as read; 0 for one that was never stored */
	struct row_seen seen;        /* the store's: what the row was when it was read */
	enum request_state state;
	/* Who asks, and from where. */
	char user[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	int64_t uid;                 /* the account's, when it enrolled */
	uint8_t session[DIGEST_SIZE]; /* zero where none was told */
	uint8_t source[GUESS_SOURCE_SIZE];
	char caller[REQUEST_TEXT_SIZE];
	int64_t caller_uid;
	/* "" where not known */
	char host[REQUEST_TEXT_SIZE], service[REQUEST_TEXT_SIZE], rhost[REQUEST_TEXT_SIZE];
	struct request_proof requester;
	/* What for. */
	char action[ACTION_NAME_SIZE];
	char *details;               /* canonical JSON; owned */
	char *prompt;                /* as rendered: what is approved; owned */
	uint8_t action_digest[DIGEST_SIZE], rule[DIGEST_SIZE], salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	char reason[LOCK_REASON_SIZE]; /* the requester's own words, safe to show; "" for none */
	/* the limit that it goes over; "" where the rule always asks a second person */
	char why[REQUEST_WHY_SIZE];
	int64_t requested, expires;  /* seconds since 1970; approving moves `expires` on */
	uint8_t digest[DIGEST_SIZE]; /* request_digest(): what the approver's context names */
	/* Who said what to it. */
	char approver[USER_NAME_SIZE]; /* who approved; "" for nobody */
	uint8_t approver_id[USER_ID_SIZE];
	int64_t approver_uid;
	struct request_proof approval;
	int64_t ended;               /* when it was consumed, denied …; 0 for not yet */
	char ended_by[USER_NAME_SIZE]; /* who denied it; "" where that says nothing */
	char ended_why[REQUEST_WHY_SIZE];
};

/* "requested", "approved" … */
const char *request_state_name(enum request_state state);

/* Whether anything can still come of it: REQUESTED or APPROVED. */
bool request_is_open(const struct approval_request *request);

/* Whether a person may go from one state to the other. */
bool request_may_become(enum request_state from, enum request_state to);

/* A fresh id. STEPUP_INTERNAL where there is no randomness. */
enum stepup_error request_id_make(char id[REQUEST_ID_SIZE]);
bool request_id_is_valid(const char *id);

/* SHA-256("stepup/1/request\0" ‖ JCS of all that an approver is shown, and what it stands for): id, user,
 * user_id, action, commitment, rule, prompt, reason, why, caller, host, service, rhost, requested. */
enum stepup_error request_digest(const struct approval_request *request, uint8_t digest[DIGEST_SIZE]);

/* Frees what it owns and zeroes it; frees it, too, and sets NULL. */
void approval_request_clear(struct approval_request *request);
void request_free(struct approval_request **request);

/* The bytes that the store seals, and back. STEPUP_CORRUPT where bytes make no request. */
enum stepup_error approval_request_pack(const struct approval_request *request, uint8_t **bytes,
	size_t *size);
enum stepup_error approval_request_unpack(const uint8_t *bytes, size_t size,
	struct approval_request *request);

#endif
