/* SPDX-License-Identifier: BSD-2-Clause */
/* Results and complaints; see output.h. */
#include "tools/stepup/shell/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/display_text.h"
#include "lib/base/json_wipe.h"
#include "lib/client/own_sentences.h"
#include "tools/stepup/shell/page.h"

/* What a program hears of a failure (--json). */
static struct {
	bool wanted;             /* it hears anything at all */
	/* an object has been printed, and no failure was complained of since that has none */
	bool told;
	/* of the complaint that stands for one; STEPUP_OK: it was none that ends a command */
	enum stepup_error error;
	char sentence[1024];     /* of the last complaint */
} failure;

void output_for_programs(bool wanted)
{
	failure.wanted = wanted;
}

enum exit_status output_json(json_t *value)
{
	failure.told = true;
	if (value == NULL || (json_dumpf(value, stdout, JSON_COMPACT) != 0 && !ferror(stdout)))
		out_of_memory();
	(void)putchar('\n');
	(void)fflush(stdout);
	json_wipe_free(&value);
	return EXIT_DONE;
}

/* {"error":…,"message":…} */
static void tell_failure(const char *error, const char *sentence)
{
	json_t *text = json_string(sentence);
	char *safe;

	/* Bytes that are no text are among what can be wrong with a command line. */
	if (text == NULL) {
		safe = safe_text(sentence);
		text = json_string(safe);
		free(safe);
	}
	(void)output_json(json_pack("{s:s, s:o}", "error", error, "message", text));
}

void output_usage(const char *message)
{
	if (failure.wanted)
		tell_failure("Usage", *message != '\0' ? message : "Run `stepup help`.");
}

enum exit_status output_end(enum exit_status status)
{
	if (failure.wanted && !failure.told && status == EXIT_USAGE)
		output_usage(failure.sentence);
	else if (failure.wanted && !failure.told && status != EXIT_DONE)
		tell_failure(stepup_error_name(failure.error != STEPUP_OK ? failure.error : STEPUP_INTERNAL),
			failure.sentence);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("could not write to standard output.");
	return status == EXIT_DONE ? EXIT_REFUSED : status;
}

/* A line, folded where it goes to a terminal. */
static void put_folded(FILE *out, const char *before, const char *sentence)
{
	char *folded = page_fold(sentence, page_width(out), strlen(before));

	(void)fprintf(out, "%s%s\n", before, folded != NULL ? folded : sentence);
	free(folded);
}

enum exit_status output_result(const struct invocation *invocation, json_t *object, const char *sentence)
{
	if (option_given(invocation, OPTION_JSON))
		return output_json(object);
	json_wipe_free(&object);
	put_folded(stdout, "", sentence);
	(void)fflush(stdout);
	return EXIT_DONE;
}

static void put_complaint(const char *format, va_list arguments)
{
	char *sentence = NULL;
	int length = vasprintf(&sentence, format, arguments);

	(void)fflush(stdout);
	put_folded(stderr, "stepup: ", length >= 0 ? sentence : "out of memory.");
	/* what else is said of a failure doesn't take its place */
	if (failure.error == STEPUP_OK || failure.told)
		(void)snprintf(failure.sentence, sizeof(failure.sentence), "%s", length >= 0 ? sentence : "");
	if (length >= 0)
		free(sentence);
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_complaint(format, arguments);
	va_end(arguments);
}

enum exit_status complain_failure(enum stepup_error error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_complaint(format, arguments);
	va_end(arguments);
	failure.error = error;
	failure.told = false;
	return EXIT_REFUSED;
}

enum stepup_error error_of_errno(int number)
{
	return number == ENOENT ? STEPUP_NOT_FOUND : number == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_IO;
}

enum exit_status complain_file(const char *path)
{
	int number = errno;

	return complain_failure(error_of_errno(number), "%s: %s.", path, strerror(number));
}

void output_add_failure(json_t *object, enum stepup_error error)
{
	if (json_object_get(object, "error") == NULL &&
	    (json_object_set_new(object, "error", json_string(stepup_error_name(error))) != 0 ||
		    json_object_set_new(object, "message", json_string(failure.sentence)) != 0))
		out_of_memory();
}

bool number_given(const struct invocation *invocation, enum option_id option, int64_t maximum,
	int64_t otherwise, int64_t *number)
{
	if (option_number(invocation, option, maximum, otherwise, number))
		return true;
	complain("--%s takes a whole number of at most %lld.", option_table[option].name, (long long)maximum);
	return false;
}

void tell_waiting(const char *message, const char *request)
{
	char *words = safe_text(message), *id = safe_text(request);

	complain("%s", words);
	complain("Waiting. Ctrl-C stops the waiting, and the request stays. To take it back: stepup "
		"withdraw %s",
		id);
	free(words);
	free(id);
}

void out_of_memory(void)
{
	complain("out of memory. Nothing more was done.");
	if (failure.wanted) /* as a text of its own: an object takes memory */
		(void)puts("{\"error\":\"NoMemory\",\"message\":\"out of memory. Nothing more was done.\"}");
	exit(EXIT_REFUSED);
}

/* The exit status of an error. Whatever means "nobody could say" is 3: trying again later may help. */
static enum exit_status status_of(enum stepup_error error)
{
	switch (error) {
	case STEPUP_OK:
		return EXIT_DONE;
	case STEPUP_UNREACHABLE:
	case STEPUP_UNSAFE_FILE:
	case STEPUP_TIMEOUT:
	case STEPUP_IO:
	case STEPUP_UNAVAILABLE:
		return EXIT_OUT_OF_REACH;
	case STEPUP_NEEDS_APPROVAL:
		return EXIT_WAITING;
	default:
		return EXIT_REFUSED;
	}
}

static enum exit_status output_refuse(const struct invocation *invocation, enum stepup_error error,
	const char *sentence, const struct verifier_refusal *refusal)
{
	json_t *object;

	complain("%s", sentence);
	if (!option_given(invocation, OPTION_JSON))
		return status_of(error);
	object = json_pack("{s:s, s:s, s:s*, s:s*, s:O*}", "error", stepup_error_name(error),
		"message", sentence, "reference", refusal == NULL ? NULL : refusal->reference,
		"request", refusal == NULL ? NULL : refusal->request,
		"approvers", refusal == NULL ? NULL : refusal->approvers);
	if (object != NULL && refusal != NULL && refusal->request != NULL && refusal->expires >= 0)
		(void)json_object_set_new(object, "expires", json_integer(refusal->expires));
	(void)output_json(object);
	return status_of(error);
}

enum exit_status output_error(const struct invocation *invocation, enum stepup_error error,
	const char *sentence)
{
	return output_refuse(invocation, error, sentence, NULL);
}

/* What to say where the verifier said nothing; the caller frees. */
static char *output_words_of(enum stepup_error error)
{
	const char *own = own_sentence(error);
	bool decided = stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE;
	char *words = NULL;
	int r;

	if (own != NULL)
		r = asprintf(&words, "%s", own);
	else if (decided)
		r = asprintf(&words, "Refused: %s. Nothing was approved.", stepup_error_text(error));
	else
		r = asprintf(&words, "%s [%s; `systemctl status stepupd` says more]", OWN_LAST_WORDS,
			own_trouble(error));
	if (r < 0)
		out_of_memory();
	return words;
}

enum exit_status output_refusal(
	const struct invocation *invocation, enum stepup_error error, const struct verifier_refusal *refusal)
{
	enum exit_status status;
	char *sentence;

	sentence = refusal == NULL || refusal->message == NULL ? output_words_of(error)
		: safe_lines(refusal->message);
	status = output_refuse(invocation, error, sentence, refusal);
	free(sentence);
	return status;
}

char *safe_text(const char *text)
{
	char *safe = text != NULL ? display_sentence(text, strlen(text)) : strdup("");

	if (safe == NULL)
		out_of_memory();
	return safe;
}

char *safe_lines(const char *text)
{
	char *safe = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&safe, &size);

	if (out == NULL)
		out_of_memory();
	for (;;) {
		size_t length = strcspn(text, "\n");
		char *line = display_sentence(text, length);

		if (line == NULL)
			out_of_memory();
		(void)fputs(line, out);
		free(line);
		if (text[length] == '\0')
			break;
		(void)fputc('\n', out);
		text += length + 1;
	}
	if (fclose(out) != 0)
		out_of_memory();
	return safe;
}

const char *time_text(int64_t at, char text[TIME_TEXT_SIZE])
{
	time_t seconds = (time_t)at;
	struct tm local;

	if (at <= 0 || localtime_r(&seconds, &local) == NULL ||
	    strftime(text, TIME_TEXT_SIZE, "%Y-%m-%d %H:%M", &local) == 0)
		(void)strcpy(text, "never");
	return text;
}

void print_invitation(const char *invitation)
{
	printf("    stepup enroll key --invitation %s\n\nPlug a security key in first. For an authenticator "
		"app, run `stepup enroll totp` with the same invitation instead. A code is not enough for "
		"actions that need a key. The example policy wants a key from administrators.\n", invitation);
}

/* --- tables --- */

struct table {
	size_t columns, cell_count;
	char **cells; /* row by row, headings first */
};

struct table *table_new(const char *const *headings, size_t columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		out_of_memory();
	table->columns = columns;
	table_add(table, headings);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	char **grown = reallocarray(table->cells, table->cell_count + table->columns, sizeof(*grown));

	if (grown == NULL)
		out_of_memory();
	table->cells = grown;
	for (size_t i = 0; i < table->columns; i++)
		table->cells[table->cell_count++] = safe_text(cells[i]);
}

/* Each row for itself, a cell a line: for a terminal that the table is too wide for. */
static void output_print_rows(const struct table *table, FILE *out)
{
	size_t widest = 0;

	for (size_t i = 1; i < table->columns; i++)
		if (page_columns(table->cells[i]) > widest)
			widest = page_columns(table->cells[i]);
	for (size_t i = table->columns; i < table->cell_count; i++) {
		const char *heading = table->cells[i % table->columns], *cell = table->cells[i];

		if (i % table->columns == 0)
			(void)fprintf(out, "%s\n", cell);
		else if (*cell != '\0')
			(void)fprintf(out, "  %s%*s%s\n", heading,
				(int)(widest - page_columns(heading) + 2), "", cell);
	}
}

void table_print(const struct table *table, FILE *out)
{
	size_t widths[16] = {0}, all = 0, page = page_width(out);

	for (size_t i = 0; i < table->cell_count; i++) {
		size_t width = page_columns(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i < table->columns; i++)
		all += widths[i] + (i + 1 < table->columns ? 2 : 0);
	if (page > 0 && all > page) {
		output_print_rows(table, out);
		return;
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		bool last = (i + 1) % table->columns == 0;
		int gap = last ? 0 : (int)(widths[i % table->columns] - page_columns(table->cells[i]) + 2);

		(void)fprintf(out, "%s%*s%s", table->cells[i], gap, "", last ? "\n" : "");
	}
}

void table_free(struct table **table)
{
	for (size_t i = 0; *table != NULL && i < (*table)->cell_count; i++)
		free((*table)->cells[i]);
	if (*table != NULL)
		free((*table)->cells);
	free(*table);
	*table = NULL;
}
