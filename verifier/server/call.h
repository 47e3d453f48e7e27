/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call on one door, as its handler sees it: who is calling (the kernel's word), the checked parameters,
 * and the ways to answer. A handler answers exactly once, at once or later from the loop's thread; the
 * connection may be gone by then, which is no concern of its.
 * Layer: verifier/server/. Implemented by server.c; handlers live in verify_door.c, admin_door.c,
 * redeem_door.c, hooks_door.c.
 */
#ifndef STEPUP_VERIFIER_CALL_H
#define STEPUP_VERIFIER_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "lib/base/error.h"
#include "lib/wire/message.h"
#include "verifier/host/account.h"

struct connection;
struct verifier;

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	int64_t connected_ms; /* clock_boot_ms(): whatever has this pid and began later is another process */
	const char *account; /* the uid's account name, NULL where it has none */
};

struct call {
	struct verifier *verifier;
	struct peer peer;              /* lives as long as the call */
	const json_t *parameters;      /* checked against the method's table */
	bool more;                     /* the caller takes several replies, where the method has them */
};

typedef void call_handler(struct call *call);

/* Whether a call is a brake, a lock or a freeze or a step on the way there: served in whatever debt its uid
 * is. `method` is one of the door's. */
typedef bool call_brake(struct verifier *verifier, uid_t uid, const char *method, const json_t *parameters);

/* Who answers a method of a door's interface. */
struct door_handler {
	const char *method; /* "Begin" */
	call_handler *handle;
};

/* What a door serves: each method of its interface has one row, in any order; door_check() in door.h
 * says whether it has. */
struct door {
	const struct interface *interface;
	const struct door_handler *handlers; /* ended by a row without method */
	call_brake *brake; /* NULL: none of its calls is one */
};

/* Answers; takes over `reply`, which is checked against the method's table. NULL answers Unavailable. */
void call_reply(struct call *call, json_t *reply);

/* To a caller that takes more: a reply that isn't the last one; takes over `reply`. False where it could not
 * go out now, because the last one hasn't gone yet or nobody is there any more: then try again with what is
 * true by then. Somebody who takes no reply for long is given up. */
bool call_reply_more(struct call *call, json_t *reply);

/* For a call that may take long: from now on call_is_gone() tells of a caller who went away. */
void call_watch(struct call *call);

/* Whether nobody waits for the answer any more; it still has to be given. */
bool call_is_gone(struct call *call);

/* What ends with a connection; zero-initialise. Whoever has it calls call_unbond() before it goes. */
struct call_bond {
	void (*cut)(struct call_bond *bond);
	void *context;                /* for `cut` */
	struct connection *connection; /* NULL: tied to none */
	LIST_ENTRY(call_bond) of_connection;
};

/* Ties it to the call's connection: `cut` runs once when that has gone, from the loop; where it has gone
 * already, out of the call's answer. A connection that something is tied to may be idle for as long as that
 * lasts. `context` is the caller's to set. */
void call_bond(struct call *call, struct call_bond *bond, void (*cut)(struct call_bond *bond));
void call_unbond(struct call_bond *bond);

/* Hangs up on the one that it is tied to; false where that is none, or has a call under way. */
bool call_bond_hang_up(struct call_bond *bond);

/* What a refusal carries beside its words; zero-initialise and set what applies. */
struct refusal_facts {
	const char *reference;      /* NULL for none */
	const char *detail;         /* NULL for none */
	/* for NeedsApproval: who can agree to which request until when; NULL for none */
	const char *request;
	const json_t *approvers;    /* borrowed, with `request` */
	int64_t expires;
	int64_t tries_left;         /* for BadAnswer */
	int64_t retry_after_seconds; /* 0 for none */
	int64_t log;                /* for Redeemed: the entry of the redemption */
};

/* Refuses in these words (copied). Errors that don't travel under their own name go out as Unavailable. */
void call_refuse(struct call *call, enum stepup_error error, const char *message,
	const struct refusal_facts *facts);

/* org.varlink.service.InvalidParameter, naming the field. */
void call_invalid(struct call *call, const char *field);

/* Whether somebody still waits for the answer; for handlers that answer much later. */
bool call_is_waited_for(struct call *call);

extern const struct door door_verify;
extern const struct door door_admin;
extern const struct door door_redeem;
extern const struct door door_hooks;

#endif
