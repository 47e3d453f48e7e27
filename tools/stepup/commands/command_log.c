/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup log show, verify, export.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/replay/log_check.h"
#include "lib/wire/canonical_json.h"
#include "tools/stepup/calls/log_pages.h"
#include "tools/stepup/commands/log_sshsig.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

#define SHOWN_ENTRIES 20
#define CHECKPOINTS_MAX (8 * 1024 * 1024) /* bytes */
#define SHOWN_ENTRIES_MAX 100000
#define PAGE_ENTRIES 100

/* --- show --- */

/* Members that have columns of their own, or that only programs read. */
static bool is_shown(const char *name)
{
	static const char *const hidden[] = {"v", "type", "at", "user", "index", "host", "user_id", "context",
		"challenge", "commitment", "rule", "policy", "source", "action", "digest", "seen_root"};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (strcmp(name, hidden[i]) == 0)
			return false;
	}
	return true;
}

/* "code=… method=totp …" of an entry's other members. The caller frees. */
static char *other_members(const json_t *entry)
{
	char *text = NULL, *longer;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)entry, name, value) {
		char *dumped;

		if (!is_shown(name) || json_is_object(value))
			continue;
		dumped = json_is_string(value) ? strdup(json_string_value(value))
			: json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (dumped == NULL ||
		    asprintf(&longer, "%s%s%s=%s", text != NULL ? text : "", text != NULL ? " " : "", name,
			    dumped) < 0)
			out_of_memory();
		free(dumped);
		free(text);
		text = longer;
	}
	return text;
}

static void add_entry(struct table *table, const json_t *item)
{
	const char *text = message_text(item, "entry"),
		*prompt = message_text(json_object_get(item, "details"), "prompt");
	char number[24], when[TIME_TEXT_SIZE], *others, *what = NULL;
	json_t *entry = NULL;

	if (text == NULL || json_parse_object(text, strlen(text), &entry) != STEPUP_OK)
		return;
	others = other_members(entry);
	if (asprintf(&what, "%s%s%s", prompt != NULL ? prompt : message_text(entry, "action") != NULL
		    ? message_text(entry, "action") : "", prompt != NULL ||
		    message_text(entry, "action") != NULL ? "  " : "", others != NULL ? others : "") < 0)
		out_of_memory();
	(void)snprintf(number, sizeof(number), "%lld", (long long)message_number(item, "index", -1));
	{
		const char *user = message_text(entry, "user");
		const char *cells[5] = {number, time_text(message_number(entry, "at", 0), when),
			message_text(entry, "type"), user != NULL ? user : "-", what};

		table_add(table, cells);
	}
	free(what);
	free(others);
	json_decref(entry);
}

/* Collects the wanted entries. */
static enum exit_status collect(struct doors *doors, json_t *entries)
{
	const struct invocation *invocation = doors->invocation;
	int64_t from = -1, count = 0;
	char *authorization = NULL;
	enum exit_status status;
	json_t *reply = NULL;

	if (!number_given(invocation, OPTION_FROM, INT64_MAX, -1, &from) ||
		!number_given(invocation, OPTION_COUNT_OF, SHOWN_ENTRIES_MAX, SHOWN_ENTRIES, &count))
		return EXIT_USAGE;
	status = log_authorize(doors, &authorization);
	if (status == EXIT_DONE && from < 0) {
		status = log_page(doors, authorization, 0, 1, &reply);
		from = status == EXIT_DONE && message_number(reply, "size", 0) > count
			? message_number(reply, "size", 0) - count : 0;
		json_decref(reply);
	}
	while (status == EXIT_DONE && count > 0) {
		size_t got;

		status = log_page(doors, authorization, from,
			count < PAGE_ENTRIES ? count : PAGE_ENTRIES, &reply);
		if (status == EXIT_DONE && json_array_size(entries) == 0 &&
		    message_number(reply, "size", 0) <= from)
			complain("The log has no entry %lld. It has %lld entries, and the first is number 0.",
				(long long)from, (long long)message_number(reply, "size", 0));
		got = json_array_size(json_object_get(reply, "entries"));
		if (status == EXIT_DONE && json_array_extend(entries, json_object_get(reply, "entries")) != 0)
			out_of_memory();
		json_decref(reply);
		reply = NULL;
		from += (int64_t)got;
		count = got == 0 ? 0 : count - (int64_t)got;
	}
	wipe_free_string(&authorization);
	return status;
}

enum exit_status command_log_show(const struct invocation *invocation)
{
	static const char *const headings[] = {"ENTRY", "WHEN", "WHAT", "WHO", "MORE"};
	struct doors doors = {.invocation = invocation};
	json_t *entries = json_array();
	enum exit_status status;
	struct table *table;
	const json_t *item;
	size_t i;

	if (option_given(invocation, OPTION_SSHSIG)) {
		json_decref(entries);
		return log_sshsig(invocation);
	}
	if (option_given(invocation, OPTION_FILE)) {
		json_decref(entries);
		complain("log show reads the verifier's log, and takes --file only with --sshsig. An "
			"export is text: "
			"read it as it is, or with `stepup report --file`.");
		return EXIT_USAGE;
	}
	status = collect(&doors, entries);
	doors_close(&doors);
	if (status == EXIT_DONE && option_given(invocation, OPTION_JSON))
		return output_json(json_pack("{s:o}", "entries", entries));
	if (status == EXIT_DONE) {
		table = table_new(headings, 5);
		json_array_foreach(entries, i, item)
			add_entry(table, item);
		table_print(table, stdout);
		table_free(&table);
	}
	json_decref(entries);
	return status;
}

/* --- verify --- */

/* Where problems go. */
struct verification {
	const struct invocation *invocation;
	struct log_check *check;
	enum stepup_error error; /* what ended it before its time */
	json_t *problems;        /* for --json */
};

static void keep_problem(struct verification *verification, int64_t index, const char *sentence)
{
	if (json_array_append_new(verification->problems,
		    json_pack("{s:I, s:s}", "entry", (json_int_t)index, "sentence", sentence)) != 0)
		out_of_memory();
}

static void tell_problem(void *context, int64_t index, const char *sentence)
{
	struct verification *verification = context;

	if (option_given(verification->invocation, OPTION_JSON))
		keep_problem(verification, index, sentence);
	else if (index >= 0)
		printf("entry %lld: %s\n", (long long)index, sentence);
	else
		printf("%s\n", sentence);
}

static bool check_line(void *context, const char *line)
{
	struct verification *verification = context;
	size_t size = strlen(line);

	verification->error = log_check_line(verification->check, line,
		size > 0 && line[size - 1] == '\n' ? size - 1 : size);
	return verification->error == STEPUP_OK;
}

/* Feeds a file line by line. */
static enum exit_status log_check_file(struct verification *verification, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	enum exit_status status = EXIT_DONE;
	char *line = NULL;
	size_t room = 0;
	ssize_t got;

	if (file == NULL)
		return complain_file(path);
	while (verification->error == STEPUP_OK && (got = getline(&line, &room, file)) >= 0)
		verification->error = log_check_line(verification->check, line,
			got > 0 && line[got - 1] == '\n' ? (size_t)got - 1 : (size_t)got);
	if (ferror(file))
		status = complain_file(path);
	free(line);
	if (file != stdin)
		(void)fclose(file);
	return status;
}

/* Hands the notes of a file over: each ends with its signatures, lines that begin with a dash. False
 * after a complaint. */
static bool keep_notes(struct log_check *check, char *text)
{
	static const char dash[] = "\xe2\x80\x94 ";
	char *begin = text;

	while (*begin != '\0') {
		char *end = begin, saved;
		bool is_signed = false;

		while (*end != '\0' && (!is_signed || strncmp(end, dash, strlen(dash)) == 0)) {
			is_signed = is_signed || strncmp(end, dash, strlen(dash)) == 0;
			end += strcspn(end, "\n");
			end += *end == '\n' ? 1 : 0;
		}
		saved = *end;
		*end = '\0';
		if (log_check_keep(check, begin) != STEPUP_OK)
			return false;
		*end = saved;
		begin = end + strspn(end, "\n");
	}
	return true;
}

/* --checkpoint FILE. */
static enum exit_status keep_checkpoints(const struct invocation *invocation, struct log_check *check)
{
	const char *path = option_text(invocation, OPTION_CHECKPOINT, NULL);
	char *text = NULL, *why = NULL;
	enum exit_status status = EXIT_DONE;
	size_t size = 0;

	if (path == NULL)
		return status;
	if (unsafe_file_read(path, CHECKPOINTS_MAX, &text, &size, &why) != STEPUP_OK)
		status = complain_failure(STEPUP_NOT_FOUND, "%s",
			why != NULL ? why : "The checkpoints could not be read.");
	else if (size == 0 || !keep_notes(check, text))
		status = complain_failure(STEPUP_INVALID, "%s has no checkpoints in it. "
			"A checkpoint is a name, a number, a hash, an empty line and a signature.", path);
	free(text);
	free(why);
	return status;
}

static enum exit_status print_summary(const struct verification *verification,
	const struct log_check_summary *summary)
{
	char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE], *host = safe_text(summary->host),
		*issuer = safe_text(summary->issuer);
	enum exit_status status = summary->problems == 0 ? EXIT_DONE : EXIT_REFUSED;

	if (option_given(verification->invocation, OPTION_JSON)) {
		json_t *object = json_pack("{s:b, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}",
			"valid", summary->problems == 0, "issuer", issuer, "host", host,
			"key_was_pinned", (int)summary->key_was_pinned,
			"entries", (json_int_t)summary->entries, "grants", (json_int_t)summary->grants,
			"refusals", (json_int_t)summary->refusals,
			"redemptions", (json_int_t)summary->redemptions,
			"erased", (json_int_t)summary->erased,
			"checkpoints", (json_int_t)summary->checkpoints,
			"proven", (json_int_t)summary->proven, "problems", verification->problems);

		(void)output_json(object);
		goto out;
	}
	printf("%lld entries of %s (%s), %s to %s: %lld granted, %lld refused, %lld redeemed.\n",
		(long long)summary->entries, host, issuer, time_text(summary->first_at, first),
		time_text(summary->last_at, last), (long long)summary->grants, (long long)summary->refusals,
		(long long)summary->redemptions);
	if (summary->erased > 0)
		printf("%lld entries have had their details erased. All else was checked.\n",
			(long long)summary->erased);
	printf("A signed checkpoint covers %lld entries.\n", (long long)summary->proven);
	if (summary->kept > 0)
		printf("%lld of the checkpoints that you kept are of this log.\n", (long long)summary->kept);
	if (!summary->key_was_pinned)
		(void)puts("The log was checked with the key that came with it. To be sure that it is your "
			"verifier's, give --key the key that `stepup init` printed.");
	if (summary->problems == 0)
		(void)puts("Nothing is wrong.");
	else if (summary->names_other_key)
		printf("Wrong: %lld. First make sure that --key is the key that `stepup init` printed. "
			"If it is, somebody put another log in this one's "
			"place.\n", (long long)summary->problems);
	else
		printf("Wrong: %lld. Somebody changed this log, or the verifier made a mistake. "
			"Keep the log, and find out who could change it.\n", (long long)summary->problems);
out:
	free(host);
	free(issuer);
	return status;
}

enum exit_status command_log_verify(const struct invocation *invocation)
{
	struct verification verification = {.invocation = invocation, .problems = json_array()};
	const char *path = option_text(invocation, OPTION_FILE, NULL);
	struct doors doors = {.invocation = invocation};
	struct log_check_summary summary = {0};
	enum exit_status status;
	bool ended = false;

	if (log_check_new(option_text(invocation, OPTION_KEY, NULL), tell_problem, &verification,
		    &verification.check) != STEPUP_OK) {
		complain("--key takes the key that `stepup init` and `stepup keys` print: NAME+HASH+BASE64.");
		json_decref(verification.problems);
		return EXIT_USAGE;
	}
	status = keep_checkpoints(invocation, verification.check);
	if (status == EXIT_DONE)
		status = path != NULL ? log_check_file(&verification, path)
			: log_lines(&doors, check_line, &verification, &ended);
	doors_close(&doors);
	if (status == EXIT_DONE && verification.error != STEPUP_OK)
		status = output_error(invocation, verification.error, "The check could not go on. Nothing "
			"is known of the rest of the log.");
	if (status == EXIT_DONE) {
		(void)log_check_finish(verification.check, &summary);
		status = print_summary(&verification, &summary);
	}
	log_check_free(&verification.check);
	json_decref(verification.problems);
	return status;
}

/* --- export --- */

static bool write_line(void *context, const char *line)
{
	return fputs(line, context) != EOF;
}

/* Beside the file, so that a broken export never stands under its name. */
static FILE *open_part(const char *path, char **part)
{
	FILE *file = NULL;
	int fd;

	if (asprintf(part, "%s.part", path) < 0)
		out_of_memory();
	(void)unlink(*part);
	fd = open(*part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (file != NULL)
		return file;
	(void)complain_file(*part);
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static bool close_durably(FILE *file)
{
	bool written = fflush(file) == 0 && fsync(fileno(file)) == 0;

	return (fclose(file) == 0) && written;
}

enum exit_status command_log_export(const struct invocation *invocation)
{
	const char *path = option_text(invocation, OPTION_FILE, "-");
	struct doors doors = {.invocation = invocation};
	bool to_stdout = strcmp(path, "-") == 0, ended = false;
	char *part = NULL;
	FILE *out = to_stdout ? stdout : open_part(path, &part);
	enum exit_status status = out != NULL ? EXIT_DONE : EXIT_REFUSED;
	bool written = true;

	if (status == EXIT_DONE)
		status = log_lines(&doors, write_line, out, &ended);
	doors_close(&doors);
	if (out != NULL)
		written = to_stdout || close_durably(out);
	if (status == EXIT_DONE && !to_stdout && (ended || !written || rename(part, path) != 0))
		status = complain_failure(STEPUP_IO, "%s could not be written: %s.", path, strerror(errno));
	if (status != EXIT_DONE && part != NULL)
		(void)unlink(part);
	if (status == EXIT_DONE && !to_stdout)
		status = output_result(invocation, json_pack("{s:s}", "file", path),
			"Written. Check it with `stepup log verify --file`. That works on any machine.");
	free(part);
	return status;
}
