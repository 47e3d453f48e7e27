/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's doors as the commands see them: connect once, call, say what went wrong in words. An
 * administrator's verb does its own step-up first.
 * Layer: tools/stepup/calls/.
 */
#ifndef STEPUP_TOOLS_DOORS_H
#define STEPUP_TOOLS_DOORS_H

#include <jansson.h>

#include "lib/client/step_up_client.h"
#include "lib/wire/message.h"
#include "lib/wire/verifier_client.h"
#include "tools/stepup/shell/options.h"

/* A command's connections. Zero but for `invocation`. */
struct doors {
	const struct invocation *invocation;
	struct verifier_client *verify, *admin;
	json_t *names; /* that doors_resolve() gave out */
	bool names_nobody; /* the last one has neither a record nor an account */
};

void doors_close(struct doors *doors);

/* Calls METHOD of interface_verify or interface_admin; takes over `parameters`, checks the reply against the
 * method's table. Says what went wrong unless `quiet_refusal` is there, which then holds a refusal's words
 * (the caller clears). */
enum exit_status doors_call(struct doors *doors, const struct interface *interface, const char *method,
	json_t *parameters, json_t **reply, struct verifier_refusal *quiet_refusal);

/* The terminal's name without /dev/, NULL where there is none. */
const char *own_tty(void);

/* Calls a method with several replies, as doors_call() does; says what went wrong. */
enum exit_status doors_follow(struct doors *doors, const char *method, json_t *parameters,
	bool (*each)(void *context, const json_t *reply), void *context);

/* A step-up by which whoever runs this agrees to somebody else's request. As doors_step_up(). */
enum exit_status doors_approve(struct doors *doors, const char *id, const char *decision,
	struct step_up_outcome *outcome);

/* A step-up of whoever runs this; takes over `details` (NULL for none). `*outcome` is the caller's to clear
 * whatever comes back. Says what went wrong, but for a refusal of BadDetails where `quiet_bad_details`: then
 * the error is in outcome->refusal. */
enum exit_status doors_step_up(struct doors *doors, const char *action, json_t *details,
	bool quiet_bad_details, struct step_up_outcome *outcome);

/* The step-up of an administrator's verb, as doors_step_up(); before anybody types a code for nothing, the
 * administrators' door is tried. */
enum exit_status doors_verb_step_up(struct doors *doors, const char *action, json_t *details,
	struct step_up_outcome *outcome);

/* An administrator's verb: a step-up for `action` with `details`, then Admin1.METHOD with `parameters` and
 * the authorization. Takes over both. */
enum exit_status doors_verb(struct doors *doors, const char *action, json_t *details, const char *method,
	json_t *parameters, json_t **reply);

/* What everything of somebody's is kept under, however their name is spelt, in `*name`, which lives until
 * doors_close(). Says so where that is another spelling. Where the verifier can't say just now, the name
 * stays as it is. EXIT_USAGE, after a complaint, for a name that no account can have. */
enum exit_status doors_resolve(struct doors *doors, const char *spelt, const char **name);

/* Gives a transaction of the verify door up. Says nothing. */
void doors_cancel(struct doors *doors, const char *transaction);

/* Adds a text where there is one. */
void set_text(json_t *object, const char *field, const char *text);

/* The path of a socket: --socket-dir or the usual folder. */
const char *doors_path(const struct doors *doors, const struct interface *interface, char path[256]);

#endif
