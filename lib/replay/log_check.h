/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifies an exported log offline, line by line as it is read: recomputes the Merkle tree and holds it
 * against signed checkpoints, and replays what the entries say (lib/replay/log_replay.h): that nothing was
 * granted, issued or redeemed that could not have been.
 * Says where (the entry's index) and what is wrong, and goes on.
 *
 * The file: JSON texts, one a line, each ended by a newline, at most LOG_LINE_MAX bytes:
 *   {"format":"stepup-log/1","issuer":"…","host":"…","log_key":"…"}        first; log_key is the log's vkey
 *   {"entry":"…","leaf":"…","details":{…},"salt":"…"}                       per entry from index 0 on, as Log
 *   of io.stepup.Admin1 gives them;
 *                                                                           details and salt only
 *                                                                           where not erased
 *   {"checkpoint":"…"}                                                      a signed note over exactly the
 *   entries before it
 * The host stands in each entry, issuer and host in those that say that they changed; the first line's are
 * held against the last of them, and so is its key against the last "epoch". Keys are compared, not their
 * names. The last line is a checkpoint; there may be others between entries. An edited entry is told to lie
 * between two checkpoints; where the optional "leaf" (base64url of the entry's leaf hash when it was
 * exported) still holds together with the checkpoint, it is told exactly.
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_CHECK_H
#define STEPUP_LIB_LOG_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/checkpoint_note.h"

#define LOG_FORMAT "stepup-log/1"
#define LOG_LINE_MAX (256 * 1024) /* bytes, without the newline */

/* Called for everything that is wrong; `index` is the entry's place, -1 where it is about the file. The
 * sentence is safe to show. */
typedef void log_problem(void *context, int64_t index, const char *sentence);

struct log_check_summary {
	char issuer[NOTE_NAME_SIZE], host[NOTE_NAME_SIZE];
	bool key_was_pinned;  /* false: checked by the key that the file itself names */
	bool names_other_key; /* than the one that was pinned */
	int64_t entries, grants, refusals, redemptions;
	int64_t erased;       /* entries that commit to details which are no longer there */
	int64_t checkpoints;  /* signed ones that held */
	int64_t kept;         /* of those that somebody kept, how many held */
	int64_t proven;       /* entries under the newest checkpoint that held */
	int64_t first_at, last_at; /* seconds since 1970; 0 where there is no entry */
	int64_t problems;
};

struct log_check;

/* `log_key` is the vkey that is trusted (from `stepup init`, say); NULL takes the file's own word for it,
 * which proves only that the file agrees with itself. STEPUP_INVALID for a bad vkey. */
enum stepup_error log_check_new(const char *log_key, log_problem *problem, void *context,
	struct log_check **check);

/* Before the first line: a checkpoint that somebody kept elsewhere (the journal, an earlier export). The log
 * must hold it, however many other checkpoints it brings: who can write the database and has the log's key
 * can't make one that was kept say something else. Copied. STEPUP_INVALID where it is no checkpoint,
 * STEPUP_TOO_LONG beyond LOG_KEPT_MAX. */
#define LOG_KEPT_MAX 10000
enum stepup_error log_check_keep(struct log_check *check, const char *note);

/* Takes one line without its newline. STEPUP_OK also where something is wrong with it: that was told to
 * `problem`. Anything else ends the check. */
enum stepup_error log_check_line(struct log_check *check, const char *line, size_t size);

/* After the last line. STEPUP_OK where nothing was wrong, STEPUP_CORRUPT otherwise. `summary` is
 * filled in either way. */
enum stepup_error log_check_finish(struct log_check *check, struct log_check_summary *summary);

void log_check_free(struct log_check **check);

/* The three lines, for whoever exports; each with its newline, the caller frees; NULL where
 * there is no memory. */
char *log_line_header(const char *issuer, const char *host, const char *log_key);
char *log_line_entry(const char *entry, const json_t *details, const char *salt);
char *log_line_checkpoint(const char *note);

#endif
