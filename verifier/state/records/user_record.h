/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is kept about one user, as one value: credentials with their secrets and counters, failed guesses,
 * lock. The store keeps it as one sealed row whose version is the user's head: whatever touches the user
 * moves it on, and no part of it can be read, moved or brought back by itself.
 * Layer: verifier/state/records/. Pure data: knows no database.
 */
#ifndef STEPUP_VERIFIER_USER_RECORD_H
#define STEPUP_VERIFIER_USER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/key_signature.h"
#include "lib/wire/shared_limits.h"
#include "verifier/state/vault/row_term.h"

/* random bytes, permanent, never reused; to WebAuthn it is the user handle */
#define USER_ID_SIZE 16
#define USER_NAME_SIZE 257         /* bytes, with the NUL */
#define CREDENTIAL_ID_SIZE 27      /* "C-" and 24 characters, with the NUL */
#define CREDENTIAL_LABEL_SIZE 65
#define OTP_SECRET_MAX 64          /* bytes: one block of SHA-1 and SHA-256, the shorter ones */
#define OTP_DRIFT_MAX_STEPS 20     /* ten minutes of a token's usual period */
#define OTP_SECRET_MIN 16          /* bytes: 128 bits, RFC 4226 section 4 R6 */
#define LOCK_REFERENCE_SIZE 24     /* "L-83" */
#define LOCK_REASON_SIZE 257
#define GUESS_SOURCES_MAX 8        /* sources remembered per user */
#define GUESS_TIMES_MAX 16         /* failures remembered per bucket */
#define GUESS_SOURCE_SIZE 16       /* bytes of a source's keyed digest */
#define USE_TALLIES_MAX 250        /* limits that one user has uses under */
#define USE_LIMIT_SIZE 16          /* bytes that name one kind of use of one rule */
/* that one person makes in LOCKS_OF_OTHERS_SECONDS by denying their requests */
#define LOCKS_OF_OTHERS 3
#define KEY_ID_MAX 1023            /* bytes of a WebAuthn credential id (Level 3, section 4) */
#define KEY_APPLICATION_SIZE 257   /* bytes, with the NUL */
#define KEY_AAGUID_SIZE 16
#define KEY_RECENT_MAX 4           /* accepted signatures that are remembered one by one */
#define KEY_MODEL_SIZE 65          /* bytes, with the NUL */

enum credential_type {
	CREDENTIAL_TOTP,
	CREDENTIAL_HOTP,
	CREDENTIAL_KEY,   /* a WebAuthn credential: in the browser, or plugged into this host */
	CREDENTIAL_AGENT, /* an SSH security key (sk-…), reached through an agent */
};
enum credential_state { CREDENTIAL_LIVE, CREDENTIAL_REVOKED };
enum otp_algorithm { OTP_SHA1, OTP_SHA256, OTP_SHA512 };

/* Of a counting token whose counter nobody can be sure of, as after a new epoch: two codes in a row are
 * wanted, wherever it is. Below it, OTP_IN_DOUBT - 1 - n says that one was given and n would complete it. */
#define OTP_IN_DOUBT (-2)

struct otp_secret {
	enum otp_algorithm algorithm;
	unsigned digits;         /* 6 … 8 */
	unsigned period_seconds; /* TOTP: 15 … 300; RFC 6238 section 4 */
	uint8_t bytes[OTP_SECRET_MAX];
	size_t size;
	int64_t last_step;       /* TOTP: step of the last accepted code, -1 for none */
	int64_t next_counter;    /* HOTP: the lowest counter still good */
	/* counter or step that would complete a resynchronisation, -1 for none; of HOTP also
	 * OTP_IN_DOUBT and below */
	int64_t resync_counter;
	/* TOTP: the token's clock less this host's, when its last code was accepted; at most
	 * OTP_DRIFT_MAX_STEPS either way */
	int64_t drift_steps;
};

/* What an attestation proved when the key was enrolled. */
enum key_attestation {
	ATTESTATION_NONE,
	ATTESTATION_SELF,      /* signed by the key itself */
	ATTESTATION_UNTRUSTED, /* a chain that leads to no configured root */
	ATTESTATION_VERIFIED,  /* a chain to a configured root */
};

enum key_transport {
	TRANSPORT_USB = 1 << 0,
	TRANSPORT_NFC = 1 << 1,
	TRANSPORT_BLE = 1 << 2,
	TRANSPORT_SMART_CARD = 1 << 3,
	TRANSPORT_HYBRID = 1 << 4,
	TRANSPORT_INTERNAL = 1 << 5,
};
#define TRANSPORTS_ALL 0x3fu

/* One accepted signature. */
struct key_recent {
	int64_t counter; /* that it said */
	int64_t before;  /* the key's counter as it stood then */
	int64_t version; /* of the record when it was accepted */
};

/* A key: nothing in it is secret. */
struct key_credential {
	int algorithm;                 /* enum key_algorithm */
	uint8_t public_key[KEY_PUBLIC_MAX]; /* raw, as lib/evidence/key_signature.h has it */
	size_t public_key_size;
	uint8_t id[KEY_ID_MAX];        /* WebAuthn credential id; an agent's key has none */
	size_t id_size;
	/* an agent's key: "ssh:" or what stands in it; empty for WebAuthn */
	char application[KEY_APPLICATION_SIZE];
	int64_t counter;               /* the highest of the signatures accepted */
	struct key_recent recent[KEY_RECENT_MAX]; /* the newest of them, newest first */
	size_t recent_count;
	uint8_t aaguid[KEY_AAGUID_SIZE];
	char model[KEY_MODEL_SIZE];    /* as the metadata names it; empty where not known */
	enum key_attestation attestation;
	bool backup_eligible, backed_up;
	bool user_verified;            /* at registration */
	unsigned transports;           /* TRANSPORT_… that the authenticator named */
	int64_t enrolled_log;          /* index of the log's entry that enrolled it */
};

struct credential {
	char id[CREDENTIAL_ID_SIZE];
	enum credential_type type;
	enum credential_state state;
	char label[CREDENTIAL_LABEL_SIZE];
	int64_t created;    /* seconds since 1970 */
	int64_t last_used;  /* 0 for never */
	int64_t revoked;    /* 0 for not */
	int64_t strong_from; /* cooling-off: earns no more than `code` before that time */
	struct otp_secret otp;      /* codes; zero for keys */
	struct key_credential *key; /* keys; owned; NULL for codes */
};

/* Failures of one bucket, newest last; only those of the last 24 hours are kept. */
struct guess_bucket {
	int64_t times[GUESS_TIMES_MAX];
	size_t count;
};

struct guess_source {
	uint8_t source[GUESS_SOURCE_SIZE];
	int64_t last_success;
	struct guess_bucket failures;
};

struct guess_state {
	struct guess_source sources[GUESS_SOURCES_MAX]; /* those that succeeded in the last 30 days */
	size_t source_count;
	struct guess_bucket unknown;  /* shared by all other sources */
	int64_t failures_in_a_row;
	int64_t last_failure;
	bool suspended;               /* codes are out until the owner's key or an administrator lifts it */
};

struct user_lock {
	bool locked;
	char reference[LOCK_REFERENCE_SIZE];
	char reason[LOCK_REASON_SIZE];
	char by[USER_NAME_SIZE];
	int64_t at;
};

/* The newest state of what one user has used of one kind: it stands here, under the record's seal, and
 * vouches for the rows it goes on from (store_uses.c). */
struct use_tally {
	uint8_t limit[USE_LIMIT_SIZE];
	int64_t first; /* when counting began; 0 where values are told apart */
	int64_t at;    /* of the newest use */
	int64_t total; /* all that was used since `first`; or the number of the newest value's row */
};

struct user_record {
	uint8_t user_id[USER_ID_SIZE];
	char name[USER_NAME_SIZE];
	int64_t version;   /* as read; 0 for a record that was never stored */
	struct row_seen seen; /* the store's: what the row was when it was read */
	int64_t uid;       /* the account's uid when it enrolled, -1 where it had none */
	int64_t last_success;
	struct user_lock lock;
	/* when this person last locked somebody by denying a request, newest first; 0 for never */
	int64_t locked_others[LOCKS_OF_OTHERS];
	/* a version of this record: receipts from below it are void, for the user was locked
	 * since, unlocked or not */
	int64_t receipts_from;
	/* One too: what was granted below it is not fresh, for the user was locked since, or a credential
	 * came or went. */
	int64_t fresh_from;
	struct guess_state guesses;
	struct credential *credentials; /* owned */
	size_t credential_count;
	struct use_tally *tallies; /* owned */
	size_t tally_count;
};

/* A new record with a random user_id; NULL where there is no memory or no randomness. */
struct user_record *user_record_new(const char *name, int64_t uid);

/* Wipes, frees and sets NULL. */
void user_record_free(struct user_record **record);

/* Whether it makes codes, rather than signatures. */
bool credential_is_code(const struct credential *credential);

/* So many of the secret's bytes make its codes, at least OTP_SECRET_MIN: HMAC pads a key with zeros to a
 * block (RFC 2104 section 2), so a seed and the seed with zeros behind it are one token. No secret is longer
 * than a block, which HMAC would hash first. */
size_t otp_secret_length(const struct otp_secret *secret);

/* Whether two secrets make the same codes, as far as their bytes say; in constant time for secrets of one
 * length. What a buried one has left is equal to its like only. */
bool otp_secret_equal(const struct otp_secret *a, const struct otp_secret *b);

/* Makes `to` what `from` is, except for its id, with a key of its own. STEPUP_NO_MEMORY leaves `to` as it
 * was. Never assign a credential with `=`: two would own one key. */
enum stepup_error credential_copy(struct credential *to, const struct credential *from);

/* Wipes one, and frees what it owns. */
void credential_wipe(struct credential *credential);

/* Ends what is fresh: nothing is that was granted before, from the version on that is saved next. To be saved
 * with the cause. */
void user_record_end_fresh(struct user_record *record);

/* Adds an empty credential with a fresh id, which ends what is fresh; NULL where there is no memory or the
 * user has CREDENTIALS_MAX. Moves the array. */
struct credential *user_record_add_credential(struct user_record *record);

/* The credential of that id, NULL where there is none. */
struct credential *user_record_credential(struct user_record *record, const char *id);

/* Times further ahead than this were noted by a clock that was wrong. */
#define TIMES_AHEAD_SECONDS (24 * 60 * 60)

/* Whether the record has such times: when a credential was made or used, when a place was last the owner's,
 * when something was used of a limit. */
bool user_record_is_ahead(const struct user_record *record, int64_t now);

/* Moves them to `now`, but for what was used of limits, whose rows go with it (store_use_settle); a key cools
 * off as long from now on as it had to. */
void user_record_settle(struct user_record *record, int64_t now);

/* What `strong_from` says of one that needn't cool off, nor be old to agree to others' requests: enrolled
 * on the first day. */
#define CREDENTIAL_EXCUSED(credential) ((credential)->created - 1)

/* Live credentials. */
size_t user_record_live_count(const struct user_record *record);

/* The tally of that limit, NULL where there is none. */
struct use_tally *user_record_tally(const struct user_record *record, const uint8_t limit[USE_LIMIT_SIZE]);

/* Adds an empty one; only where there are USE_TALLIES_MAX it lets those go whose newest use is older
 * than `before`, for the clock may be wrong for a moment. NULL where there is no memory, or no room.
 * Moves the array. */
struct use_tally *user_record_add_tally(struct user_record *record, const uint8_t limit[USE_LIMIT_SIZE],
	int64_t before);

const char *credential_type_name(enum credential_type type); /* "totp" */
const char *key_attestation_name(enum key_attestation attestation); /* "verified" */
/* "smart-card": an AuthenticatorTransport of WebAuthn */
const char *key_transport_name(enum key_transport transport);
const char *otp_algorithm_name(enum otp_algorithm algorithm); /* "SHA256" */

/* The bytes that the store seals, and back. Wipe and free them. STEPUP_CORRUPT where bytes make no record. */
enum stepup_error user_record_pack(const struct user_record *record, uint8_t **bytes, size_t *size);
enum stepup_error user_record_unpack(const uint8_t *bytes, size_t size, struct user_record **record);

#endif
