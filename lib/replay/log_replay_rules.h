/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules that several types of entries share, and the state they are judged against. Inside of
 * log_replay.c only.
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_REPLAY_RULES_H
#define STEPUP_LIB_LOG_REPLAY_RULES_H

#include "lib/replay/log_replay.h"
#include "lib/replay/log_uses.h"

/* What is known so far, in JSON objects used as maps. */
struct log_replay {
	log_problem *problem;
	void *context;
	int64_t lowest_at;   /* of the entries since the last sweep; INT64_MAX before the first */
	struct log_uses *uses;
	bool rules_named;    /* by a grant with limits */
	int64_t unnamed_at;  /* time of the newest grant with limits from before; INT64_MIN */
	bool left;           /* for another place, and it has not arrived yet */
	json_t *users;       /* user_id → true, those who are locked */
	/* id → {user_id, method, spent, gone?}; of keys also {alg, key, attestation, rp_id or
	 * application, enrolled} */
	json_t *credentials;
	json_t *keys;        /* "key …" or "id …" → the id of the credential that it is, or was */
	/* user → {by, expires, init, void?} of the newest, until it is taken; `init` says that root made it
	 * without a step-up */
	json_t *invitations;
	json_t *frozen;      /* name or pattern → true */
	/* jti → {user_id, approver_id?, credential, audience, action, expires, details?, void?}, of
	 * which `void` says why */
	json_t *receipts;
	/* index of a deny entry → {user, user_id of who is to be locked, at}, for as long as a grant */
	json_t *denials;
	json_t *redeemed;    /* jti → {user_id, audience, action, exec_id, at, redemption}, for a day */
	json_t *grants;      /* index → {action, user, at, by_key, used?}, of the verifier's own verbs */
	/* index → {action, user_id, rule, credential, acr, session, until}: what may cover later step-ups */
	json_t *fresh;
	/* id → {user, user_id, credential, action, rule, digest, until, log, evidence?, void?} of those that
	 * are open; once approved also {approver, approver_id, approver_credential, approved_at}; `void` says
	 * why nothing may come of it */
	json_t *requests;
};

/* One entry on its way through the rules. */
struct replay_step {
	struct log_replay *replay;
	int64_t index, at;
	const json_t *entry, *evidence;
	const uint8_t *salt;
	struct log_check_summary *summary;
	enum stepup_error error; /* no memory: the replay ends */
};

/* Tells what is wrong with this entry. */
__attribute__((format(printf, 2, 3))) void step_tell(struct replay_step *step, const char *format, ...);

/* Members of an object; NULL or `otherwise` where there is none of that name and type. */
const char *member_text(const json_t *object, const char *name);
int64_t member_number(const json_t *object, const char *name, int64_t otherwise);
bool member_is(const json_t *object, const char *name, const char *text);
bool members_equal(const json_t *a, const char *name_a, const json_t *b, const char *name_b);

/* A text of the entry; told and "" where there is none. */
const char *step_text(struct replay_step *step, const char *name);

/* Sets a member and takes over `value`; what fails ends the replay. */
void step_put(struct replay_step *step, json_t *map, const char *key, json_t *value);

/* The rules. Each tells what it finds and goes on. `what` begins a sentence: "A step-up was granted". */
void step_check_not_locked(struct replay_step *step, const char *user_id, const char *what);
void step_check_not_frozen(struct replay_step *step, const char *action);
/* As the verifier reads patterns: none reaches its own verbs that doesn't begin like them. */
bool step_pattern_matches(const char *pattern, const char *action);
/* Receipts that this user was issued or agreed to (`pattern` NULL), or those for actions of a name or
 * pattern, are void. */
void step_void_receipts(struct replay_step *step, const char *user_id, const char *pattern);
/* Open requests that this user made or agreed to (with that credential, where it isn't NULL), or those for
 * actions of a name or pattern, are void: whatever does that ends them in its own transaction
 * (log_replay_requests.c). */
void step_void_requests(struct replay_step *step, const char *user_id, const char *credential,
	const char *pattern);
/* The credential, where it was enrolled for this user and not removed; NULL otherwise. */
json_t *step_check_credential(struct replay_step *step, const char *id, const char *user_id);

/* The TOTP step or HOTP counter that the entry uses up, -1 where it has none; and that it
 * lies above the last. */
int64_t step_spent(struct replay_step *step, const char *method);
void step_check_spent(struct replay_step *step, json_t *credential);

/* What stands beside the entry is all that it commits to, or nothing: that was erased, and is counted. */
void step_check_beside(struct replay_step *step);

/* HMAC-SHA-256(salt, JCS({"action","details"})) is what the entry commits to. */
void step_check_commitment(struct replay_step *step);

/* The context with the prompt that was shown, as it was signed, which the caller frees. False where the
 * prompt was erased, or nothing can be made of them, which step_check_context() tells. */
bool step_context_text(struct replay_step *step, char **text, size_t *size);

/* What was signed is about what the entry is about, and its challenge covers the prompt that was shown. */
void step_check_context(struct replay_step *step);

/* All that a factor's use has to stand up to: its credential, what it used up or signed, commitment and
 * context. `what` as above (log_replay.c). */
void step_check_proof(struct replay_step *step, const char *what);

/* The entries about requests for a second person's agreement (log_replay_requests.c), and a grant
 * that rests on one. */
void on_request(struct replay_step *step);
void on_approve(struct replay_step *step);
void on_deny(struct replay_step *step);
void on_request_end(struct replay_step *step);

/* Whether a lock names the denial that it came with; tells where it names a wrong one. */
bool step_check_denial(struct replay_step *step);
#define REPLAY_USER_ID_SIZE 64 /* of a user_id as text, with the NUL; what is longer belongs to nobody */
/* `approver_id`: who agreed; left as it is where nobody did. */
void step_check_consumed(struct replay_step *step, char approver_id[REPLAY_USER_ID_SIZE]);

/* A step-up that may cover later ones is kept in mind; one that is covered by an earlier one is held against
 * that (log_replay_fresh.c). */
bool step_is_fresh(const struct replay_step *step);
void step_keep_fresh(struct replay_step *step);
/* one user's, or what a name or pattern of actions covers */
void step_forget_fresh(struct replay_step *step, const char *user_id, const char *pattern);
void step_check_covered(struct replay_step *step);

/* The step-up that the entry rests on stands before it, for that verb, by the person in member `by_member`,
 * and nothing else rests on it but what was done at the same moment (one verb may lock several users). */
enum grant_need {
	GRANT_MAYBE,  /* an entry may name none */
	GRANT_NEEDED,
	GRANT_BY_KEY, /* one by a key */
};
void step_check_grant(struct replay_step *step, const char *verb, const char *by_member,
	enum grant_need need);

#endif
