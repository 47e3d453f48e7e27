/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says: one constructor per type of entry. Each gives a new JSON object for store_log_append,
 * which adds "index" and "host" and takes it over; NULL where there is no memory (then nothing may be
 * granted: fail closed).
 *
 * Every entry has "v" (1), "type" and "at" (seconds since 1970); those about a person "user" and, where the
 * name has a record, "user_id" (base64url). Bytes are base64url. What could identify a customer (details, the
 * rendered prompt) never stands in an entry: an entry commits to it, and log_entry_evidence() makes the
 * object that goes to the erasable table beside it.
 * MUST: never hold what somebody typed, a secret, an invitation or a receipt's text; bound every text.
 * lib/replay/log_check.h replays these entries; a new member or type must be known there.
 * Layer: verifier/evidence/. Pure.
 */
#ifndef STEPUP_VERIFIER_LOG_ENTRY_H
#define STEPUP_VERIFIER_LOG_ENTRY_H

#include <jansson.h>

#include "lib/evidence/digest.h"
#include "lib/wire/action.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/store/store.h"

#define LOG_TEXT_MAX 512 /* bytes of any text in an entry; longer ones are cut and end in "…" */

/* Whom an entry is about. */
struct log_subject {
	const char *user;
	const uint8_t *user_id; /* USER_ID_SIZE bytes; NULL where the name has no record */
};

/* Who did it, for administrators' verbs. */
struct log_actor {
	const char *by;  /* a user, or "root" */
	/* index of the deny entry that came with it; 0 for none: the first entry is no denial */
	int64_t denial;
	/* index of the grant entry that authorised it; -1 where none was needed (root's init, LockMe, the
	 * verifier itself) */
	int64_t grant;
};

/* --- the verifier's own life --- */

/* The first start, or a store taken as it stands: `reason` says which. `seen_size` is what the mark
 * remembered, -1 where there was none. `log_key` is the vkey that signs from here on. Receipts and
 * invitations from before it are void. */
json_t *log_entry_epoch(int64_t at, const char *reason, int64_t seen_size, const char *log_key);
json_t *log_entry_start(int64_t at, const char *version, const char *issuer,
	const uint8_t policy[DIGEST_SIZE], bool clean);
/* A move: the store leaves, to go on where `file` is restored; and it has arrived, having left at `left`. */
json_t *log_entry_moved(int64_t at, const char *file);
json_t *log_entry_arrived(int64_t at, int64_t left);
/* The verifier is called otherwise from here on: `issuer` and, as of every entry, the host. What they were
 * before; `was_issuer` NULL where nobody knows. */
json_t *log_entry_names(int64_t at, const char *issuer, const char *was_issuer, const char *was_host);
json_t *log_entry_stop(int64_t at);
/* A policy came into force by a reload. */
json_t *log_entry_policy(int64_t at, const uint8_t policy[DIGEST_SIZE], const struct log_actor *actor);

/* --- step-ups --- */
/* What a key answered. */
struct log_key_proof {
	enum via via;
	bool user_verified;
	/* of questions that were open at once the one that was signed first and answered last: its counter,
	 * and the one that stood */
	bool late;
	int64_t counter, counter_before; /* when it was put */
	/* In base64url, borrowed and copied. A step-up in the browser or at the seat: authenticator_data,
	 * client_data, signature; an enrolment by them: client_data, attestation_object; by an agent both:
	 * signature, the blob, and where one was given to an enrolment attestation and
	 * attestation_challenge. */
	const json_t *evidence;
};

/* What somebody's factor was accepted for. */
enum log_step {
	LOG_GRANT,   /* "grant": what was asked for */
	LOG_REQUEST, /* "request": to ask a second person for it */
	LOG_APPROVE, /* "approve": to agree as the second person */
	LOG_DENY,    /* "deny": to deny a request and lock who made it; entries of both follow */
};

struct log_grant {
	enum log_step step;
	int64_t at;
	struct log_subject subject;
	const struct action *action;         /* its name goes in, its details don't */
	/* Its digest and the limits' texts; in a grant also its name, its hard limits and whether agreement
	 * passes the others: all that it takes to count again. */
	const struct rule *rule;
	/* "totp", "hotp", "key", "agent"; "fresh" where an earlier step-up covers this one */
	const char *method;
	int64_t covered_by;                  /* "fresh": its index; the credential is that one's */
	/* as it was left: id, and the step or counter that was accepted or signed */
	const struct credential *credential;
	const struct log_key_proof *proof;   /* keys; NULL for codes */
	/* canonical text of verifier/evidence/context.h; NULL where none was made */
	const char *context;
	const uint8_t *commitment;           /* DIGEST_SIZE bytes, context_commitment() */
	const char *acr;
	const char *const *amr;              /* NULL-terminated */
	const struct receipt_row *receipt;   /* NULL where none was issued: audience, jti, expiry */
	/* that is made, approved or, by a grant, consumed; NULL where no second person was asked */
	const struct approval_request *request;
	/* a grant that rests on what the request's entry has: no factor was used now, no context made */
	bool claimed;
};
/* An accepted step-up. The context goes in without its prompt, with the challenge that covers both. */
json_t *log_entry_grant(const struct log_grant *grant);

struct log_refusal {
	int64_t at;
	struct log_subject subject;
	enum stepup_error error;
	const char *action;        /* name; NULL where not known */
	const char *method;        /* NULL where none was tried */
	const char *caller;        /* account name or "#UID" of who asked; NULL where not known */
	const uint8_t *source;     /* GUESS_SOURCE_SIZE bytes, the keyed digest; NULL where none */
	/* a few words of the verifier's own ("wrong code", "spent code"); NULL for none */
	const char *why;
	const char *limit;         /* the text of the one that it would go over; NULL for none */
	const uint8_t *commitment; /* to the details asked for; NULL for none */
	/* index of the step-up that was spent on it, and says for what; 0 for none: the first
	 * entry is no step-up */
	int64_t grant;
};
json_t *log_entry_refusal(const struct log_refusal *refusal);

/* How a request ended but by a grant: "denied" (`by` says by whom), "expired", "cancelled", "void"; `why` in
 * a few words, "" for none. */
json_t *log_entry_request_end(int64_t at, const struct approval_request *request, const char *by);

/* What a grant, refusal or redemption commits to, for the erasable table: {"details":{…},"prompt":"…"};
 * `prompt` may be NULL. */
json_t *log_entry_evidence(const struct action *action, const char *prompt);

/* Something a person should look at: `kind` is "spent-code" (a duplicate of an accepted code: somebody may
 * relay), "codes-suspended", "counter-fell", "clock-jump" … */
json_t *log_entry_alert(int64_t at, const struct log_subject *subject, const char *kind,
	const char *credential);

/* Alerts of a kind that were held back since people were told, so many of them. */
/* What was noted by a clock that was ahead was moved to now, that of so many people. */
json_t *log_entry_clock_settled(int64_t at, int64_t count);

/* The same of kind "store-changed": a row of `table` is not what this verifier wrote; `why` says in what.
 * `user` NULL where it is no user's own; `found` and `known` are versions, -1 where there is none to tell. */
json_t *log_entry_store_changed(int64_t at, const char *table, const char *user, const char *why,
	int64_t found, int64_t known);

json_t *log_entry_alert_repeated(int64_t at, const char *user, const char *kind, int64_t count,
	int64_t since);

/* --- hooks --- */
struct log_hook {
	const char *event;   /* its name */
	int64_t entry;       /* the index of the entry that it is */
	const char *program; /* NULL where none was run: nobody took the event, three times */
	const char *result;  /* "done", "failed", "killed", "timeout", "refused", "untold" */
	int64_t exit;        /* its exit status; -1 where it has none */
	int64_t ms;
};
/* What came of one program for one event. */
json_t *log_entry_hook(int64_t at, const struct log_hook *hook);
/* So many events were told to nobody: nobody asked for them in time, or there was no room. */
json_t *log_entry_hooks_dropped(int64_t at, int64_t count);

/* --- credentials --- */
/* What it takes to check a key's signatures ever after. */
struct log_key_enrolment {
	const char *rp_id;
	const struct rule *rule;   /* stepup.enroll's; its digest goes in */
	const char *context;       /* that it signed, canonical text */
	const uint8_t *commitment; /* DIGEST_SIZE bytes */
	struct log_key_proof proof;
};
/* `how` is "invitation" or "authorization"; the proving code's step or counter goes in: it is spent. `key`
 * is NULL for codes. */
json_t *log_entry_enrol(int64_t at, const struct log_subject *subject, const struct credential *credential,
	const char *how, const struct log_actor *actor, const struct log_key_enrolment *key);
/* By the owner. */
json_t *log_entry_remove(int64_t at, const struct log_subject *subject, const char *credential,
	const struct log_actor *actor);
/* By an administrator; one entry per credential. `invitations`: how many of the user are void from here on,
 * where all they have is revoked; -1 for one only. */
json_t *log_entry_revoke(int64_t at, const struct log_subject *subject, const char *credential,
	const struct log_actor *actor, int64_t invitations);
json_t *log_entry_rename(int64_t at, const struct log_subject *subject, const char *old_name,
	const struct log_actor *actor);

/* --- administration --- */
json_t *log_entry_init(int64_t at, const char *user, int64_t expires, bool again);
json_t *log_entry_invite(int64_t at, const char *user, int64_t expires, const struct log_actor *actor);
/* So many invitations of somebody who has nothing else that could be revoked; by `stepup.revoke`. */
json_t *log_entry_withdraw(int64_t at, const char *user, int64_t invitations, const struct log_actor *actor);
/* `invitations`: how many of the locked user, or made by them, are void from here on, expired ones too; -1 as
 * entries were before locks did that. */
json_t *log_entry_lock(int64_t at, const struct log_subject *subject, const char *reference,
	const char *reason, const struct log_actor *actor, int64_t invitations);
json_t *log_entry_unlock(int64_t at, const struct log_subject *subject, const struct log_actor *actor);
json_t *log_entry_freeze(int64_t at, const char *action, const char *reference, const char *reason,
	const struct log_actor *actor);
json_t *log_entry_thaw(int64_t at, const char *action, const struct log_actor *actor);

/* --- receipts --- */
/* `action` is what is about to be carried out (numbers may be lower than approved); `commitment` is to it,
 * under a salt of its own. */
json_t *log_entry_redeem(int64_t at, const struct receipt_row *receipt, const char *exec_id,
	const struct action *action, const uint8_t commitment[DIGEST_SIZE]);
/* The same execution asked once more and was told so; nothing was redeemed. */
json_t *log_entry_resume(int64_t at, const struct receipt_row *receipt, const char *exec_id,
	const char *action);
/* `receipt` NULL where it could not be told which; `action` a name, NULL where not known. */
json_t *log_entry_redeem_refusal(int64_t at, const struct receipt_row *receipt, const char *audience,
	const char *action, enum stepup_error error, const char *why);

#endif
