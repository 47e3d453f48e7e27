/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose log it is: the name under which its checkpoints are signed, made of issuer and host when the log
 * began and never again, so that the key that somebody noted stays the key. What the host and the issuer are
 * called since then is known beside it, and a change is an entry.
 * MUST: never change the origin of a log that has entries.
 * Layer: verifier/evidence/.
 */
#ifndef STEPUP_VERIFIER_LOG_IDENTITY_H
#define STEPUP_VERIFIER_LOG_IDENTITY_H

#include "lib/evidence/checkpoint_note.h"
#include "verifier/state/store/store.h"

/* What the policy calls this verifier now. */
struct log_names {
	const char *issuer, *host;
};

/* The log's origin: the store's own where the log has one, else of its newest checkpoint (a log of an earlier
 * version), else made of the names: "stepup.example.com/ bastion1". STEPUP_TOO_LONG; whether it can be a
 * key's name is the key's to say. */
enum stepup_error log_identity_origin(struct store_session *session, const struct log_names *names,
	char origin[NOTE_NAME_SIZE]);

/* Inside the caller's transaction: keeps the origin and the names, and logs an entry "names" where the names
 * of before were others. `*changed`: there was something to write. */
enum stepup_error log_identity_keep(struct store_session *session, const char *origin,
	const struct log_names *names, bool *changed);

#endif
