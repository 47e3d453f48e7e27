/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checkpoints in the background. One round at a time: read the tree on the writer's side, sign on a worker
 * thread, store the note on the writer's side, and only then, on a worker thread again, sync the mark and
 * tell the journal. Nobody who is being answered waits for any of it.
 */
#include "verifier/evidence/log_signer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "lib/base/wipe.h"
#include "lib/evidence/checkpoint_note.h"
#include "lib/wire/base64url.h"
#include "verifier/evidence/log_epoch.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/state/store/store_mark.h"

#define KEY_PURPOSE "log"
#define ROUND_MS 500 /* from an entry to its checkpoint: this, two commits and a signature at most */

struct log_signer {
	struct store *store;
	struct note_key note_key;
	uint8_t seed[NOTE_KEY_SIZE];
	int64_t seed_at; /* when it was made */
	bool has_seed;
	uint64_t signed_size;         /* of the newest checkpoint that stands in the store */

	struct commit_queue *queue;   /* NULL until started */
	uv_loop_t *loop;
	uv_timer_t timer;
	uv_work_t work;
	bool stopping, timer_open, busy; /* busy: a round is under way */

	/* The round's: touched by one thread at a time, handed on by the queue and the loop. */
	struct merkle_tree tree;
	int64_t marked_batch; /* what the round's mark knows */
	bool signs, marks;    /* the round has a new checkpoint; the mark something new to sync */
	char *note;
	int64_t at;
	enum stepup_error result;
	enum stepup_error told; /* the last failure said, so that a full disk doesn't fill the journal too */
};

/* --- opening --- */

static bool take_seed(void *context, const char *kid, const char *secret, int64_t at)
{
	struct log_signer *signer = context;
	size_t size = 0;

	(void)kid;
	signer->seed_at = at;
	signer->has_seed = base64url_decode(secret, signer->seed, sizeof(signer->seed), &size) == STEPUP_OK &&
		size == sizeof(signer->seed);
	return false; /* the newest is the one */
}

static enum stepup_error seed_load(struct log_signer *signer, struct store_session *session)
{
	enum stepup_error error = store_key_each(session, KEY_PURPOSE, take_seed, signer);

	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

/* Makes a signing key and keeps it; inside the caller's transaction. */
static enum stepup_error seed_make(struct log_signer *signer, struct store_session *session,
	const char *origin)
{
	char text[BASE64URL_LENGTH(NOTE_KEY_SIZE) + 1], kid[9];
	int64_t at = clock_wall_seconds();
	enum stepup_error error;

	if (at <= signer->seed_at) /* the newest by its time is the one that signs */
		at = signer->seed_at + 1;
	signer->has_seed = getrandom(signer->seed, sizeof(signer->seed), 0) == (ssize_t)sizeof(signer->seed);
	error = signer->has_seed ? note_key_from_seed(origin, signer->seed, &signer->note_key)
		: STEPUP_INTERNAL;
	if (error != STEPUP_OK)
		return error;
	base64url_encode(signer->seed, sizeof(signer->seed), text);
	(void)snprintf(kid, sizeof(kid), "%02x%02x%02x%02x", signer->note_key.key_id[0],
		signer->note_key.key_id[1], signer->note_key.key_id[2], signer->note_key.key_id[3]);
	error = store_key_add(session, KEY_PURPOSE, kid, text, at);
	WIPE_ARRAY(text);
	return error;
}

/* A new epoch has a new key: the old one may have signed entries that this store has lost, and a log must
 * never sign two different pasts (c2sp.org/tlog-checkpoint). */
static enum stepup_error epoch_work(struct log_signer *signer, struct store_session *session,
	const char *origin, const struct log_names *names, bool first, const struct epoch_seen *seen)
{
	char *log_key = NULL;
	bool changed;
	enum stepup_error error = seed_make(signer, session, origin);

	if (error == STEPUP_OK)
		error = log_identity_keep(session, origin, names, &changed);
	if (error != STEPUP_OK)
		return error;
	log_key = note_key_format(&signer->note_key);
	error = log_key == NULL ? STEPUP_NO_MEMORY : log_epoch_write(session, first, seen, log_key);
	free(log_key);
	return error;
}

static enum stepup_error epoch_begin(struct log_signer *signer, struct store_session *session,
	const char *origin, const struct log_names *names, bool first, const struct epoch_seen *seen)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = epoch_work(signer, session, origin, names, first, seen);
	if (error == STEPUP_OK)
		error = store_commit(session);
	if (error != STEPUP_OK)
		store_rollback(session);
	return error;
}

/* A start under other names than the last one's. */
static enum stepup_error names_keep(struct store_session *session, const char *origin,
	const struct log_names *names)
{
	bool changed = false;
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = log_identity_keep(session, origin, names, &changed);
	if (error == STEPUP_OK && changed)
		return store_commit(session);
	store_rollback(session);
	return error;
}

/* The key's public half, or a sentence that says why there is none. */
static enum stepup_error key_ready(struct log_signer *signer, const char *origin, char **log_key, char **why)
{
	enum stepup_error error = signer->has_seed
		? note_key_from_seed(origin, signer->seed, &signer->note_key)
		: log_epoch_refuse(why, "The log's signing key is missing from the store.");

	if (error == STEPUP_OK) {
		*log_key = note_key_format(&signer->note_key);
		error = *log_key == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	return error;
}

static void newest_size(struct log_signer *signer, struct store_session *session)
{
	char *note = NULL;
	int64_t size = 0;

	if (store_log_checkpoint_newest(session, &size, &note) == STEPUP_OK && size > 0)
		signer->signed_size = (uint64_t)size;
	free(note);
}

static void signer_free(struct log_signer **signer)
{
	struct log_signer *it = *signer;

	if (it == NULL)
		return;
	WIPE_ARRAY(it->seed);
	free(it->note);
	free(it);
	*signer = NULL;
}

/* A new epoch has a mark of its own, once its first transaction stands: until then the old one
 * refuses the store. */
static enum stepup_error epoch_marked(struct log_signer *signer, struct store_session *session,
	const struct log_epoch_place *place, const char *origin, const struct log_names *names,
	const struct epoch_seen *seen, char **why)
{
	enum stepup_error error;

	store_mark_drop(place->store);
	store_begin_epoch(place->store, seen->has_head ? &seen->head : NULL);
	error = epoch_begin(signer, session, origin, names, false, seen);
	return error == STEPUP_OK ? store_mark_make(place->store, place->key, place->path, why) : error;
}

/* Everything that stands between the store and serving it. */
static enum stepup_error open_checked(struct log_signer *signer, struct store_session *session,
	const struct log_epoch_place *place, const struct log_names *names, bool new_epoch, bool *clean,
	char **log_key, char **why)
{
	char origin[NOTE_NAME_SIZE] = "";
	struct epoch_seen seen;
	int64_t size = 0;
	enum stepup_error error = log_epoch_check(session, place, &seen, why);
	bool first = error == STEPUP_NOT_FOUND;

	/* The first start leaves a mark before its first entry, so that a crash between the two doesn't look
	 * like a lost mark. */
	if (first)
		error = store_mark_make(place->store, place->key, place->path, why);
	if (error == STEPUP_CORRUPT && new_epoch) {
		free(*why);
		*why = NULL;
		seen.clean = false;
	} else if (error != STEPUP_OK) {
		return error;
	}
	if (store_log_size(session, &size) != STEPUP_OK)
		return STEPUP_IO;
	first = first || size == 0;
	*clean = first || seen.clean;
	error = seed_load(signer, session);
	if (error == STEPUP_OK)
		error = log_identity_origin(session, names, origin);
	if (error == STEPUP_OK && first)
		error = epoch_begin(signer, session, origin, names, true, &seen);
	else if (error == STEPUP_OK)
		error = new_epoch ? epoch_marked(signer, session, place, origin, names, &seen, why)
			: names_keep(session, origin, names);
	if (error == STEPUP_OK)
		error = key_ready(signer, origin, log_key, why);
	if (error == STEPUP_INVALID &&
	    asprintf(why, "The log can't be named \"%s\": printable ASCII without spaces and + only.",
		    origin) < 0)
		*why = NULL;
	return error;
}

enum stepup_error log_signer_open(struct store *store, struct store_session *session,
	const struct master_key *key, const char *mark_path, const struct log_names *names, bool new_epoch,
	struct log_signer **signer, bool *clean, char **log_key, char **why)
{
	const struct log_epoch_place place = {.store = store, .key = key, .path = mark_path};
	struct log_signer *opened = calloc(1, sizeof(*opened));
	enum stepup_error error;

	*signer = NULL;
	*clean = false;
	*log_key = *why = NULL;
	if (opened == NULL)
		return STEPUP_NO_MEMORY;
	opened->store = store;
	error = open_checked(opened, session, &place, names, new_epoch, clean, log_key, why);
	if (error == STEPUP_OK) {
		newest_size(opened, session);
		*signer = opened;
		return error;
	}
	free(*log_key);
	*log_key = NULL;
	signer_free(&opened);
	return error;
}

/* --- background --- */

/* The checkpoint of the round's tree, as text. */
static enum stepup_error note_make(struct log_signer *signer)
{
	struct checkpoint checkpoint = {.size = signer->tree.size};
	enum stepup_error error = merkle_root(&signer->tree, checkpoint.root);

	memcpy(checkpoint.origin, signer->note_key.name, sizeof(checkpoint.origin));
	free(signer->note);
	signer->note = NULL;
	signer->at = clock_wall_seconds();
	return error == STEPUP_OK
		? checkpoint_sign(&checkpoint, &signer->note_key, signer->seed, &signer->note) : error;
}

/* The note goes to the journal too, out of reach of whoever can write the database. */
static void note_tell(const struct log_signer *signer)
{
	char *line;

	if (getenv("JOURNAL_STREAM") != NULL) {
		(void)sd_journal_send("MESSAGE=Signed the log of %s at %" PRIu64 " entries",
			signer->note_key.name, signer->tree.size, "PRIORITY=%d", LOG_INFO,
			"STEPUP_LOG_ORIGIN=%s", signer->note_key.name, "STEPUP_LOG_SIZE=%" PRIu64,
			signer->tree.size, "STEPUP_LOG_CHECKPOINT=%s", signer->note, NULL);
		return;
	}
	line = strdup(signer->note);
	if (line == NULL)
		return;
	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	journal_line(LOG_INFO, "checkpoint", "%s", line);
	free(line);
}

/* Ends a round. The same failure is said once, until a round goes well. */
static void round_end(struct log_signer *signer, enum stepup_error result)
{
	signer->busy = false;
	if (result != STEPUP_OK && result != signer->told)
		journal_line(LOG_ERR, "log", "Could not sign a checkpoint of the log: %s Trying again.",
			stepup_error_text(result));
	signer->told = result;
}

static void publish_work(uv_work_t *work)
{
	struct log_signer *signer = work->data;

	signer->result = store_mark_sync(signer->store);
	if (signer->signs)
		note_tell(signer);
}

static void publish_done(uv_work_t *work, int status)
{
	struct log_signer *signer = work->data;

	round_end(signer, status == 0 ? signer->result : STEPUP_CANCELLED);
}

static enum stepup_error store_note(struct store_session *session, void *job)
{
	struct log_signer *signer = job;

	return store_log_checkpoint_add(session, &signer->tree, signer->at, signer->note);
}

static void store_note_done(void *job, enum stepup_error result)
{
	struct log_signer *signer = job;

	if (result == STEPUP_OK)
		signer->signed_size = signer->tree.size;
	if (result == STEPUP_OK &&
	    uv_queue_work(signer->loop, &signer->work, publish_work, publish_done) == 0)
		return;
	round_end(signer, result == STEPUP_OK ? STEPUP_NO_MEMORY : result);
}

static void sign_work(uv_work_t *work)
{
	struct log_signer *signer = work->data;

	signer->result = note_make(signer);
}

static void sign_done(uv_work_t *work, int status)
{
	struct log_signer *signer = work->data;
	enum stepup_error error = status == 0 ? signer->result : STEPUP_CANCELLED;

	if (error == STEPUP_OK && signer->stopping) {
		round_end(signer, STEPUP_OK); /* the last checkpoint is log_signer_close's */
		return;
	}
	if (error == STEPUP_OK)
		error = commit_queue_submit(signer->queue, store_note, store_note_done, signer);
	if (error != STEPUP_OK)
		round_end(signer, error);
}

static enum stepup_error read_tree(struct store_session *session, void *job)
{
	struct log_signer *signer = job;
	struct store_head head;
	enum stepup_error error = store_mark_tables(session);

	store_head_now(signer->store, &head);
	signer->marks = head.batch != signer->marked_batch;
	signer->marked_batch = head.batch;
	return error == STEPUP_OK ? store_log_tree(session, &signer->tree) : error;
}

/* The commit stands: what the tree holds is what the store holds. */
static void read_tree_done(void *job, enum stepup_error result)
{
	struct log_signer *signer = job;
	bool sign = result == STEPUP_OK && signer->tree.size > signer->signed_size && !signer->stopping;
	bool sync = result == STEPUP_OK && !sign && signer->marks && !signer->stopping;

	signer->signs = sign;
	if (sign && uv_queue_work(signer->loop, &signer->work, sign_work, sign_done) == 0)
		return;
	if (sync && uv_queue_work(signer->loop, &signer->work, publish_work, publish_done) == 0)
		return;
	round_end(signer, sign || sync ? STEPUP_NO_MEMORY : result);
}

static void round_begin(uv_timer_t *timer)
{
	struct log_signer *signer = timer->data;

	if (signer->busy || signer->stopping)
		return;
	/* A full queue is no failure: the next round is half a second away. */
	signer->busy = commit_queue_submit(signer->queue, read_tree, read_tree_done, signer) == STEPUP_OK;
}

enum stepup_error log_signer_start(struct log_signer *signer, struct commit_queue *queue, uv_loop_t *loop)
{
	signer->queue = queue;
	signer->loop = loop;
	signer->timer.data = signer->work.data = signer;
	if (uv_timer_init(loop, &signer->timer) != 0)
		return STEPUP_INTERNAL;
	signer->timer_open = true;
	return uv_timer_start(&signer->timer, round_begin, ROUND_MS, ROUND_MS) == 0 ? STEPUP_OK
		: STEPUP_INTERNAL;
}

static void timer_closed(uv_handle_t *handle)
{
	struct log_signer *signer = handle->data;

	signer->timer_open = false;
}

void log_signer_stop(struct log_signer *signer)
{
	if (signer->stopping)
		return;
	signer->stopping = true;
	if (signer->timer_open)
		uv_close((uv_handle_t *)&signer->timer, timer_closed);
}

/* --- closing --- */

static enum stepup_error last_checkpoint(struct log_signer *signer, struct store_session *session)
{
	enum stepup_error error = note_make(signer);

	if (error == STEPUP_OK)
		error = store_begin(session);
	if (error != STEPUP_OK)
		return error;
	error = store_note(session, signer);
	if (error == STEPUP_OK)
		error = store_commit(session);
	if (error != STEPUP_OK)
		store_rollback(session);
	else
		note_tell(signer);
	return error;
}

static void log_signer_settle(struct log_signer *signer)
{
	log_signer_stop(signer);
	while (signer->timer_open || signer->busy)
		(void)uv_run(signer->loop, UV_RUN_ONCE);
}

void log_signer_abandon(struct log_signer **signer)
{
	if (*signer == NULL)
		return;
	log_signer_settle(*signer);
	signer_free(signer);
}

enum stepup_error log_signer_close(struct log_signer **signer, struct store_session *session)
{
	struct log_signer *it = *signer;
	enum stepup_error error;

	if (it == NULL)
		return STEPUP_OK;
	log_signer_settle(it);
	error = store_log_tree(session, &it->tree);
	if (error == STEPUP_OK && it->tree.size > it->signed_size)
		error = last_checkpoint(it, session);
	if (error == STEPUP_OK)
		error = store_stop_clean(session);
	if (error == STEPUP_OK)
		error = store_mark_tables(session);
	if (error == STEPUP_OK)
		error = store_mark_sync(it->store);
	if (error != STEPUP_OK)
		journal_line(LOG_ERR, "log",
			"Could not sign the log's end: %s The next start will take this stop for unclean.",
			stepup_error_text(error));
	signer_free(signer);
	return error;
}
