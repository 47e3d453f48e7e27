/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What backup and restore share (upkeep.h). As root, a child gives up root's rights before it touches the
 * store, and the parent alone touches the administrator's file.
 * Layer: verifier/upkeep/.
 */
#ifndef STEPUP_VERIFIER_UPKEEP_PARTS_H
#define STEPUP_VERIFIER_UPKEEP_PARTS_H

#include <sys/stat.h>
#include <sys/types.h>

#include "verifier/state/vault/head.h"
#include "verifier/state/vault/master_key.h"
#include "verifier/upkeep/upkeep.h"

/* A complaint on standard error; false, for the caller to return. */
__attribute__((format(printf, 1, 2))) bool upkeep_say(const char *format, ...);
bool upkeep_say_error(enum stepup_error error, const char *why);

/* Prints what came of it; `left` is the head with which a store left, NULL where none did. */
__attribute__((format(printf, 3, 4))) void upkeep_tell(
	const struct upkeep_how *how, const struct store_head *left, const char *format, ...);

/* The store's path, which the caller frees, and whom its folder belongs to; NULL, told. */
char *upkeep_find_store(const struct upkeep_place *host, struct stat *folder);

/* The master key: root's own where systemd hands it to the verifier, else the verifier's. */
struct upkeep_key {
	struct master_key *key;
	enum stepup_error error; /* why there is none */
	char *why;
};

/* In a child: from here on it is whom the folder belongs to, and has the key, if there is one. With `found`
 * NULL nobody looks for it. False, told. */
bool upkeep_become_owner(
	const struct upkeep_place *host, const struct stat *folder, struct upkeep_key *found);
void upkeep_forget_key(struct upkeep_key *found);

/* Everything from one descriptor to another; false with errno. */
bool upkeep_copy_bytes(int from, int to);

/* Makes a name durable in its folder; false with errno. */
bool upkeep_sync_folder(const char *path);

/* Waits for a child's end: whether it was status 0. */
bool upkeep_child_is_content(pid_t child);

#endif
