/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup report: what one user did, and whom it touched; from the verifier's log, or from an exported one,
 * which is checked on the way.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/replay/log_check.h"
#include "tools/stepup/calls/log_pages.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/report/report_output.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

struct report_reading {
	struct report *report;
	struct log_check *check; /* an exported log's; NULL for the verifier's own */
	bool broken;
};

static bool take_line(void *context, const char *line)
{
	struct report_reading *reading = context;

	reading->broken = !report_line(reading->report, line);
	return !reading->broken;
}

/* What is wrong with the log is counted; `stepup log verify` says what. */
static void hear_problem(void *context, int64_t index, const char *sentence)
{
	(void)context;
	(void)index;
	(void)sentence;
}

static enum exit_status report_read_file(struct report_reading *reading, const char *path,
	const struct invocation *invocation)
{
	enum exit_status status = EXIT_DONE;
	FILE *file = fopen(path, "re");
	size_t size = 0;
	char *line = NULL;
	ssize_t length;

	if (file == NULL)
		return complain_file(path);
	if (log_check_new(option_text(invocation, OPTION_KEY, NULL), hear_problem, NULL,
		    &reading->check) != STEPUP_OK) {
		complain("--key takes the key that `stepup init` and `stepup keys` print: NAME+HASH+BASE64.");
		(void)fclose(file);
		return EXIT_USAGE;
	}
	while (status == EXIT_DONE && (length = getline(&line, &size, file)) > 0) {
		size_t bytes = (size_t)length - (line[length - 1] == '\n');

		if (log_check_line(reading->check, line, bytes) != STEPUP_OK)
			status = EXIT_REFUSED;
		else
			(void)take_line(reading, line);
	}
	if (status != EXIT_DONE || ferror(file)) {
		status = complain_failure(ferror(file) ? STEPUP_IO : STEPUP_INVALID,
			"%s is not an exported log, or it could not be read.", path);
	}
	free(line);
	(void)fclose(file);
	return status;
}

/* How far what was read can be believed; the caller frees. */
static char *standing_of(struct report_reading *reading, bool *sound)
{
	struct log_check_summary summary = {0};
	char *text = NULL;
	int length;

	*sound = reading->check == NULL ||
		(log_check_finish(reading->check, &summary) == STEPUP_OK && !reading->broken);
	if (reading->check == NULL)
		length = asprintf(&text,
			"This is what the verifier says. The log was not checked: `stepup log verify` does "
			"that.");
	else if (*sound)
		length = asprintf(&text, "The log was checked: %" PRId64 " entries, %" PRId64
			" of them under a signed checkpoint%s. Nothing is wrong.",
			summary.entries, summary.proven, summary.key_was_pinned ? ""
			: " (with the key that came with the log; give yours with --key)");
	else
		length = asprintf(&text, "Don't rely on this report. Something is wrong with the log "
			"(%" PRId64
			" findings). `stepup log verify --file` says what.", summary.problems);
	if (length < 0)
		out_of_memory();
	return text;
}

/* The time that an option gives, `otherwise` where it was not given. */
static bool time_option(const struct invocation *invocation, enum option_id option, int64_t now,
	int64_t otherwise, int64_t *at)
{
	const char *text = option_text(invocation, option, NULL);

	*at = otherwise;
	if (text == NULL || report_time_parse(text, now, at))
		return true;
	complain(
		"--%s takes a time: 2h, 3d, yesterday, 2026-11-23, 2026-11-23T15:00 or 2026-11-23T15:00:00Z.",
		option_table[option].name);
	return false;
}

static void print_report(const struct invocation *invocation, json_t *report, const char *standing)
{
	if (option_given(invocation, OPTION_JSON))
		(void)output_json(json_incref(report));
	else if (option_given(invocation, OPTION_CSV))
		report_print_csv(report, stdout);
	else if (option_given(invocation, OPTION_HTML))
		report_print_html(report, standing, stdout);
	else
		report_print_text(report, standing, stdout);
}

static bool one_form(const struct invocation *invocation)
{
	if (option_given(invocation, OPTION_CSV) + option_given(invocation,
		    OPTION_HTML) + option_given(invocation, OPTION_JSON) <= 1)
		return true;
	complain("Give one of --csv, --html and --json.");
	return false;
}

/* Prints what was read, with how far it can be trusted. */
static enum exit_status finish_report(const struct invocation *invocation, struct report_reading *reading)
{
	bool sound;
	char *standing = standing_of(reading, &sound);
	json_t *report;

	/* whoever takes the lines for a letter to customers has to hear of it, whatever form they have */
	if (!sound)
		complain("%s", standing);
	report = report_finish(reading->report);
	if (json_object_set_new(report, "standing", json_string(standing)) != 0 ||
		json_object_set_new(report, "sound", json_boolean(sound)) != 0)
		out_of_memory();
	print_report(invocation, report, standing);
	json_decref(report);
	free(standing);
	return sound ? EXIT_DONE : EXIT_REFUSED;
}

enum exit_status command_report(const struct invocation *invocation)
{
	const char *path = option_text(invocation, OPTION_FILE, NULL), *user = invocation->arguments[0];
	struct doors doors = {.invocation = invocation};
	struct report_reading reading = {0};
	int64_t now = (int64_t)time(NULL), since, until;
	enum exit_status status;
	bool ended = false;

	if (!one_form(invocation) || !time_option(invocation, OPTION_SINCE, now, 0, &since) ||
		!time_option(invocation, OPTION_UNTIL, now, now + 1, &until))
		return EXIT_USAGE;
	if (option_text(invocation, OPTION_SINCE, NULL) == NULL || since >= until) {
		complain("Give --since a time before %s, for example `--since 3d`.",
			option_given(invocation, OPTION_UNTIL) ? "--until" : "now");
		return EXIT_USAGE;
	}
	status = path == NULL ? doors_resolve(&doors, user, &user) : EXIT_DONE;
	if (status != EXIT_DONE) {
		doors_close(&doors);
		return status;
	}
	reading.report = report_new(user, since, until);
	status = path != NULL ? report_read_file(&reading, path, invocation)
		: log_lines_since(&doors, since, take_line, &reading, &ended);
	doors_close(&doors);
	if (status == EXIT_DONE && ended)
		status = output_error(invocation, STEPUP_CORRUPT,
			"The verifier sent an entry that can't be read. `stepup log verify` says more.");
	if (status == EXIT_DONE)
		status = finish_report(invocation, &reading);
	log_check_free(&reading.check);
	report_free(&reading.report);
	return status;
}
