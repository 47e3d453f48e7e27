/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifies an exported log: its lines, its tree, its checkpoints. What the entries say is
 * lib/replay/log_replay.c's part.
 */
#include "lib/replay/log_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"
#include "lib/evidence/merkle.h"
#include "lib/replay/log_replay.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"

#define SUSPECTS_MAX 64 /* edited entries remembered until the next checkpoint speaks */

struct log_check {
	log_problem *problem;
	void *context;
	struct log_replay *replay;
	struct note_key key, header_key; /* the trusted one; the one that the first line names */
	bool has_header, last_was_checkpoint;
	/* as of the last entry that says so; empty before */
	char host[NOTE_NAME_SIZE], issuer[NOTE_NAME_SIZE];
	struct note_key signing; /* who signs from the newest "epoch" on, as that entry says */
	struct kept { int64_t size; char *note; } *kept; /* by size, before the first line sorted */
	size_t kept_count, kept_next;
	/* the last checkpoint that held is by `signing`, who is not `key` */
	bool has_signing, signed_by_other;
	int64_t signing_from;              /* that entry's index */
	bool by_other;                     /* so is the one that is being looked at */
	struct log_check_summary summary;

	struct merkle_tree tree;      /* of the entries as they stand in the file */
	struct merkle_tree claimed;   /* of the leaf hashes as they were when it was exported */
	bool all_claimed;             /* every entry so far came with one */
	int64_t suspects[SUSPECTS_MAX]; /* entries whose leaf hash isn't the claimed one */
	size_t suspect_count;
	bool tree_is_broken;          /* already said; later checkpoints can't hold either */
	int64_t next_index;           /* that the next entry should have */
};

__attribute__((format(printf, 3, 4))) static void tell(struct log_check *check, int64_t index,
	const char *format, ...)
{
	char *text = NULL, *safe = NULL;
	va_list arguments;

	check->summary.problems++;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text != NULL)
		safe = display_text(text, strlen(text));
	check->problem(check->context, index,
		safe != NULL ? safe : "Something is wrong here, and there is no memory to say what.");
	free(safe);
	free(text);
}

static void replay_told(void *context, int64_t index, const char *sentence)
{
	tell(context, index, "%s", sentence);
}

enum stepup_error log_check_new(const char *log_key, log_problem *problem, void *context,
	struct log_check **check)
{
	struct log_check *made = calloc(1, sizeof(*made));

	*check = NULL;
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->problem = problem;
	made->context = context;
	made->all_claimed = true;
	merkle_init(&made->tree);
	merkle_init(&made->claimed);
	if (log_key != NULL && note_key_parse(log_key, &made->key) != STEPUP_OK) {
		free(made);
		return STEPUP_INVALID;
	}
	made->summary.key_was_pinned = log_key != NULL;
	*check = made;
	return STEPUP_OK;
}

void log_check_free(struct log_check **check)
{
	if (*check == NULL)
		return;
	log_replay_free(&(*check)->replay);
	for (size_t i = 0; i < (*check)->kept_count; i++)
		free((*check)->kept[i].note);
	free((*check)->kept);
	free(*check);
	*check = NULL;
}

enum stepup_error log_check_keep(struct log_check *check, const char *note)
{
	struct checkpoint checkpoint;
	struct kept *grown;
	enum stepup_error error = checkpoint_parse(note, &checkpoint);
	size_t at;

	if (error == STEPUP_OK && checkpoint.size > INT64_MAX)
		error = STEPUP_INVALID;
	if (error == STEPUP_OK && check->kept_count == LOG_KEPT_MAX)
		error = STEPUP_TOO_LONG;
	if (error != STEPUP_OK)
		return error;
	grown = realloc(check->kept, (check->kept_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return STEPUP_NO_MEMORY;
	check->kept = grown;
	for (at = check->kept_count; at > 0 && check->kept[at - 1].size > (int64_t)checkpoint.size; at--)
		check->kept[at] = check->kept[at - 1];
	check->kept[at] = (struct kept){(int64_t)checkpoint.size, strdup(note)};
	check->kept_count++;
	return check->kept[at].note != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
}

/* --- the header --- */

static bool copy_name(const json_t *line, const char *name, char copy[NOTE_NAME_SIZE])
{
	const char *text = json_string_value(json_object_get(line, name));

	return text != NULL && text[0] != '\0' && snprintf(copy, NOTE_NAME_SIZE, "%s", text) < NOTE_NAME_SIZE;
}

/* Names change, keys don't: a log whose host is called otherwise now is the same one. */
static bool same_key(const struct note_key *one, const struct note_key *other)
{
	return memcmp(one->public_key, other->public_key, NOTE_KEY_SIZE) == 0;
}

static enum stepup_error take_header(struct log_check *check, const json_t *line)
{
	const char *format = json_string_value(json_object_get(line, "format"));
	const char *log_key = json_string_value(json_object_get(line, "log_key"));
	struct note_key key;

	check->has_header = true;
	if (json_object_size(line) != 4) /* those below, and none that somebody could read as an entry */
		tell(check, -1, "The first line has more in it than a log's first line has.");
	if (format == NULL || strcmp(format, LOG_FORMAT) != 0)
		tell(check, -1, "The first line does not say that this is a log of format " LOG_FORMAT ".");
	if (!copy_name(line, "issuer", check->summary.issuer) ||
	    !copy_name(line, "host", check->summary.host))
		tell(check, -1, "The first line does not name issuer and host.");
	if (log_key == NULL || note_key_parse(log_key, &key) != STEPUP_OK)
		tell(check, -1, "The first line has no log key.");
	else if (!check->summary.key_was_pinned)
		check->key = key;
	check->header_key = key;
	check->replay = log_replay_new(replay_told, check);
	return check->replay == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* --- entries --- */

/* The tree as it is, and beside it the tree of what the hashes were. */
static enum stepup_error grow_trees(struct log_check *check, const char *entry, const json_t *line)
{
	const char *leaf = json_string_value(json_object_get(line, "leaf"));
	uint8_t hash[DIGEST_SIZE], claimed[DIGEST_SIZE];
	size_t size = 0;
	enum stepup_error error = merkle_leaf_hash(entry, strlen(entry), hash);

	if (error == STEPUP_OK)
		error = merkle_append_hash(&check->tree, hash);
	if (error != STEPUP_OK)
		return error;
	if (leaf == NULL || base64url_decode(leaf, claimed, sizeof(claimed), &size) != STEPUP_OK ||
	    size != sizeof(claimed)) {
		check->all_claimed = false;
		return STEPUP_OK;
	}
	if (memcmp(hash, claimed, sizeof(hash)) != 0 && check->suspect_count < SUSPECTS_MAX)
		check->suspects[check->suspect_count++] = check->summary.entries;
	return merkle_append_hash(&check->claimed, claimed);
}

/* Places run from 0 without a gap. After a gap the count goes on from what was found, so that one
 * hole is told once. */
static void check_index(struct log_check *check, const json_t *entry)
{
	const json_t *member = json_object_get(entry, "index");
	int64_t index = json_is_integer(member) ? json_integer_value(member) : -1;

	if (index > DETAIL_NUMBER_MAX) /* no number of ours, and the next one must still fit */
		index = -1;
	if (index < 0)
		tell(check, check->next_index, "This entry does not say its place.");
	else if (index > check->next_index)
		tell(check, check->next_index, "Entries %" PRId64 " to %" PRId64 " are missing.",
			check->next_index, index - 1);
	else if (index < check->next_index)
		tell(check, index, "Entry %" PRId64 " stands where entry %" PRId64
			" should: it is repeated or out of order.", index, check->next_index);
	check->next_index = (index < 0 ? check->next_index : index) + 1;
}

/* A member's text, empty where it has none. */
static const char *log_check_text_of(const json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text != NULL ? text : "";
}

/* Which names an entry gives itself: the host stands in each. It changes with an entry that says so, and in
 * logs of before there were such entries with a start. */
static bool says_new_host(const struct log_check *check, const json_t *entry)
{
	const char *type = log_check_text_of(entry, "type");

	if (check->host[0] == '\0')
		return true;
	if (strcmp(type, "names") == 0)
		return strcmp(log_check_text_of(entry, "was_host"), check->host) == 0;
	return (strcmp(type, "start") == 0 || strcmp(type, "epoch") == 0) && check->issuer[0] == '\0' &&
		json_object_get(entry, "issuer") == NULL;
}

static void check_names(struct log_check *check, int64_t index, const json_t *entry)
{
	const char *host = log_check_text_of(entry, "host"), *issuer = log_check_text_of(entry, "issuer"),
		*was = log_check_text_of(entry, "was_issuer"), *type = log_check_text_of(entry, "type");
	bool renames = strcmp(type, "names") == 0, is_new = strcmp(host, check->host) != 0;

	if (host[0] == '\0' || strlen(host) >= sizeof(check->host) ||
	    (is_new && !says_new_host(check, entry)))
		tell(check, index, "This entry is of another host: %s",
			host[0] == '\0' ? "it names none" : host);
	else if (is_new)
		(void)snprintf(check->host, sizeof(check->host), "%s", host);
	if (issuer[0] == '\0' || strlen(issuer) >= sizeof(check->issuer) ||
	    (!renames && strcmp(type, "start") != 0) || strcmp(issuer, check->issuer) == 0)
		return;
	if (check->issuer[0] != '\0' && (!renames || strcmp(was, check->issuer) != 0))
		tell(check, index, "This entry is of another issuer: %s", issuer);
	else
		(void)snprintf(check->issuer, sizeof(check->issuer), "%s", issuer);
}

/* Who signs from here on. An entry is believed because a checkpoint by the trusted key stands over it,
 * sooner or later. */
static void take_signing_key(struct log_check *check, int64_t index, const json_t *entry)
{
	struct note_key key;

	if (strcmp(log_check_text_of(entry, "type"), "epoch") != 0)
		return;
	if (note_key_parse(log_check_text_of(entry, "log_key"), &key) != STEPUP_OK) {
		tell(check, index, "This entry does not say which key signs the log from here on.");
		return;
	}
	check->signing = key;
	check->has_signing = true;
	check->signing_from = index;
}

/* The entry's text must be the canonical form of itself: one value, one text. */
static enum stepup_error check_canonical(struct log_check *check, int64_t index, const json_t *entry,
	const char *text)
{
	char *canonical = NULL;
	size_t size = 0;
	enum stepup_error error = json_canonical(entry, &canonical, &size);

	if (error == STEPUP_INVALID || (error == STEPUP_OK && strcmp(canonical, text) != 0)) {
		tell(check, index, "This entry is not in canonical form.");
		error = STEPUP_OK;
	}
	free(canonical);
	return error;
}

/* The salt's bytes; NULL where there is none. */
static const uint8_t *salt_of(struct log_check *check, const json_t *line, uint8_t room[DIGEST_SIZE])
{
	const json_t *salt = json_object_get(line, "salt");
	size_t size = 0;

	if (salt == NULL || json_is_null(salt))
		return NULL;
	if (json_is_string(salt) &&
	    base64url_decode(json_string_value(salt), room, DIGEST_SIZE, &size) == STEPUP_OK &&
	    size == DIGEST_SIZE)
		return room;
	tell(check, check->summary.entries, "The salt of this entry is not a salt.");
	return NULL;
}

static enum stepup_error take_entry(struct log_check *check, const json_t *line)
{
	const json_t *text = json_object_get(line, "entry"), *details = json_object_get(line, "details");
	uint8_t room[DIGEST_SIZE];
	json_t *entry = NULL;
	int64_t index;
	enum stepup_error error;

	if (!json_is_string(text)) {
		tell(check, check->summary.entries, "This line's entry is not a text.");
		return STEPUP_OK;
	}
	error = grow_trees(check, json_string_value(text), line);
	if (error == STEPUP_OK)
		error = json_parse_object(json_string_value(text), json_string_length(text), &entry);
	if (error == STEPUP_INVALID) {
		tell(check, check->next_index++, "This entry is not a JSON object.");
		check->summary.entries++;
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	check_index(check, entry);
	index = check->next_index - 1;
	check_names(check, index, entry);
	take_signing_key(check, index, entry);
	error = check_canonical(check, index, entry, json_string_value(text));
	if (error == STEPUP_OK)
		error = log_replay_entry(check->replay, index, entry,
			json_is_object(details) ? details : NULL, salt_of(check, line, room),
			&check->summary);
	check->summary.entries++;
	json_decref(entry);
	return error;
}

/* --- checkpoints --- */

/* The tree isn't what was signed. Where the hashes of the export still are, the entries that differ from
 * theirs are the ones. */
static enum stepup_error locate(struct log_check *check, const struct checkpoint *checkpoint)
{
	uint8_t root[DIGEST_SIZE];
	enum stepup_error error = merkle_root(&check->claimed, root);

	if (error != STEPUP_OK)
		return error;
	check->tree_is_broken = true;
	if (check->all_claimed && check->suspect_count > 0 &&
	    equal_constant_time(root, checkpoint->root, sizeof(root))) {
		for (size_t i = 0; i < check->suspect_count; i++)
			tell(check, check->suspects[i], "This entry was changed after it was signed.");
		return STEPUP_OK;
	}
	tell(check, check->summary.proven,
		"Of entries %" PRId64 " to %" PRId64 " at least one was changed after it was signed.",
		check->summary.proven, check->summary.entries - 1);
	return STEPUP_OK;
}

static enum stepup_error compare(struct log_check *check, const struct checkpoint *checkpoint)
{
	uint8_t root[DIGEST_SIZE];
	enum stepup_error error;

	if (checkpoint->size > check->tree.size) {
		tell(check, check->summary.entries, "From entry %" PRId64 " on the log was cut: %" PRIu64
			" entries were signed here, %" PRIu64 " stand in the file.",
			check->summary.entries, checkpoint->size, check->tree.size);
		check->tree_is_broken = true;
		return STEPUP_OK;
	}
	if (checkpoint->size < check->tree.size) {
		tell(check, (int64_t)checkpoint->size, "%" PRIu64 " entries stand before a checkpoint over %"
			PRIu64 ": some were put in, or the checkpoint was moved.",
			check->tree.size, checkpoint->size);
		check->tree_is_broken = true;
		return STEPUP_OK;
	}
	error = merkle_root(&check->tree, root);
	if (error != STEPUP_OK)
		return error;
	if (!equal_constant_time(root, checkpoint->root, sizeof(root)))
		return check->tree_is_broken ? STEPUP_OK : locate(check, checkpoint);
	check->summary.checkpoints++;
	check->suspect_count = 0;
	check->signed_by_other = check->by_other;
	if (!check->by_other)
		check->summary.proven = check->summary.entries;
	return STEPUP_OK;
}

static enum stepup_error take_checkpoint(struct log_check *check, const json_t *line)
{
	const char *note = json_string_value(json_object_get(line, "checkpoint"));
	struct checkpoint checkpoint;
	enum stepup_error error;

	check->last_was_checkpoint = true;
	if (note == NULL) {
		tell(check, -1, "The checkpoint after %" PRId64 " entries is no text.",
			check->summary.entries);
		return STEPUP_OK;
	}
	error = checkpoint_verify(note, &check->key, &checkpoint);
	check->by_other = error == STEPUP_CORRUPT && check->has_signing &&
		!same_key(&check->signing, &check->key);
	if (check->by_other)
		error = checkpoint_verify(note, &check->signing, &checkpoint);
	if (error == STEPUP_INVALID || error == STEPUP_CORRUPT) {
		tell(check, -1, "The checkpoint after %" PRId64 " entries is not signed by the log's key.",
			check->summary.entries);
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	return compare(check, &checkpoint);
}

/* One that somebody kept, at its place. */
static enum stepup_error compare_kept(struct log_check *check, const char *note)
{
	struct checkpoint checkpoint;
	uint8_t root[DIGEST_SIZE];
	enum stepup_error error = checkpoint_verify(note, &check->key, &checkpoint);

	if (error == STEPUP_CORRUPT && check->has_signing)
		error = checkpoint_verify(note, &check->signing, &checkpoint);
	if (error == STEPUP_CORRUPT) {
		tell(check, -1, "The checkpoint over %" PRId64
			" entries that was kept is not signed by this log's key.", (int64_t)check->tree.size);
		return STEPUP_OK;
	}
	if (error == STEPUP_OK)
		error = merkle_root(&check->tree, root);
	if (error == STEPUP_OK && !equal_constant_time(root, checkpoint.root, sizeof(root)))
		tell(check, -1, "The checkpoint over %" PRId64
			" entries that was kept is of another log: one of the first %" PRId64
			" entries was changed since, and what signs this log signed that too.",
			(int64_t)check->tree.size, (int64_t)check->tree.size);
	else if (error == STEPUP_OK)
		check->summary.kept++;
	return error;
}

/* Those over exactly the entries so far. */
static enum stepup_error take_kept(struct log_check *check)
{
	enum stepup_error error = STEPUP_OK;

	for (; error == STEPUP_OK && check->kept_next < check->kept_count &&
		check->kept[check->kept_next].size <= (int64_t)check->tree.size; check->kept_next++)
		if (check->kept[check->kept_next].size == (int64_t)check->tree.size)
			error = compare_kept(check, check->kept[check->kept_next].note);
	return error;
}

/* --- lines --- */

enum stepup_error log_check_line(struct log_check *check, const char *line, size_t size)
{
	json_t *object = NULL;
	enum stepup_error error = size > LOG_LINE_MAX ? STEPUP_INVALID
		: json_parse_object(line, size, &object);

	if (error == STEPUP_NO_MEMORY)
		return error;
	if (!check->has_header && (error != STEPUP_OK || json_object_get(object, "format") == NULL)) {
		tell(check, -1, "The file does not begin with a log's first line.");
		json_decref(object);
		return STEPUP_INVALID;
	}
	check->last_was_checkpoint = false;
	if (error != STEPUP_OK) {
		tell(check, check->next_index, "The line here is not a JSON object, or is too long.");
		return STEPUP_OK;
	}
	if (!check->has_header)
		error = take_header(check, object);
	else if (json_object_get(object, "entry") != NULL)
		error = take_entry(check, object);
	else if (json_object_get(object, "checkpoint") != NULL)
		error = take_checkpoint(check, object);
	else
		tell(check, check->next_index, "The line here is neither an entry nor a checkpoint.");
	if (error == STEPUP_OK)
		error = take_kept(check);
	json_decref(object);
	return error;
}

/* The first line is in no tree: it must say what the entries say. */
static void check_header(struct log_check *check)
{
	if (check->host[0] != '\0' && strcmp(check->host, check->summary.host) != 0)
		tell(check, -1, "The first line was changed: it names the host %s, the log's own entries %s.",
			check->summary.host, check->host);
	if (check->issuer[0] != '\0' && strcmp(check->issuer, check->summary.issuer) != 0)
		tell(check, -1,
			"The first line was changed: it names the issuer %s, the log's own entries %s.",
			check->summary.issuer, check->issuer);
	if (check->has_signing && !same_key(&check->header_key, &check->signing))
		tell(check, -1,
			"The first line was changed: it names another key than the log's own entries.");
}

/* The trusted key is an earlier one of this log's, or another log's, or somebody made a new one up. */
static void tell_other_key(struct log_check *check)
{
	const struct note_key *other = check->has_signing ? &check->signing : &check->header_key;
	char *vkey = note_key_format(other);

	check->summary.names_other_key = true;
	if (check->summary.proven == 0)
		tell(check, -1, "The key given to check it by may be another verifier's: "
			"this log names another one, %s", vkey != NULL ? vkey : "");
	else
		tell(check, check->signing_from, "From here on another key signs this log: a new epoch "
			"began. If you know that somebody of yours began it, check with that key: %s",
			vkey != NULL ? vkey : "");
	free(vkey);
}

enum stepup_error log_check_finish(struct log_check *check, struct log_check_summary *summary)
{
	if (!check->has_header)
		tell(check, -1, "The file is empty.");
	else
		check_header(check);
	if (check->has_header &&
	    (check->signed_by_other ||
		    (check->summary.proven == 0 && !same_key(&check->header_key, &check->key))))
		tell_other_key(check);
	else if (check->has_header && !check->last_was_checkpoint)
		tell(check, check->summary.proven,
			"The file does not end with a checkpoint: nothing proves the entries from %" PRId64
			" on, nor that they are all.", check->summary.proven);
	for (; check->has_header && check->kept_next < check->kept_count; check->kept_next++)
		tell(check, check->summary.entries, "From entry %" PRId64
			" on the log was cut: a checkpoint over %" PRId64 " entries was kept.",
			check->summary.entries, check->kept[check->kept_next].size);
	*summary = check->summary;
	return summary->problems == 0 ? STEPUP_OK : STEPUP_CORRUPT;
}

/* --- writing --- */

/* One line of JSON; takes over `line`. */
static char *line_format(json_t *line)
{
	char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT), *whole = NULL;

	json_decref(line);
	if (text != NULL && asprintf(&whole, "%s\n", text) < 0)
		whole = NULL;
	free(text);
	return whole;
}

char *log_line_header(const char *issuer, const char *host, const char *log_key)
{
	return line_format(json_pack("{s:s, s:s, s:s, s:s}", "format", LOG_FORMAT, "issuer", issuer,
			"host", host, "log_key", log_key));
}

char *log_line_entry(const char *entry, const json_t *details, const char *salt)
{
	uint8_t hash[DIGEST_SIZE];
	char leaf[BASE64URL_LENGTH(DIGEST_SIZE) + 1];
	json_t *line;

	if (merkle_leaf_hash(entry, strlen(entry), hash) != STEPUP_OK)
		return NULL;
	base64url_encode(hash, sizeof(hash), leaf);
	line = json_pack("{s:s, s:s}", "entry", entry, "leaf", leaf);
	if (line == NULL)
		return NULL;
	if ((json_is_object(details) && json_object_set_new(line, "details", json_deep_copy(details)) != 0) ||
		(salt != NULL && json_object_set_new(line, "salt", json_string(salt)) != 0)) {
		json_decref(line);
		return NULL;
	}
	return line_format(line);
}

char *log_line_checkpoint(const char *note)
{
	return line_format(json_pack("{s:s}", "checkpoint", note));
}
