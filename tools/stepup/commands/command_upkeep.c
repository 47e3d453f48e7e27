/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup backup, restore, epoch new: what root does to the verifier's store. The verifier's own program does
 * it; here it is stopped and started around it, where systemd runs it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/run_program.h"

#define UNIT "stepupd.service"

static char said[RUN_OUTPUT_MAX]; /* by the last program */

/* Root's alone: nobody else can do it, and half of it is worse than nothing. */
static bool is_root(const struct invocation *invocation, const char *command, enum exit_status *status)
{
	char *sentence = NULL;

	if (geteuid() == 0)
		return true;
	if (asprintf(&sentence, "Only root can do this. Nothing was done. Run: sudo stepup %s", command) < 0)
		out_of_memory();
	*status = output_error(invocation, STEPUP_NOT_ALLOWED, sentence);
	free(sentence);
	return false;
}

/* What a program said, on one line and safe to show; the caller frees. */
static char *its_words(void)
{
	char *begin = said;

	for (char *c = said; *c != '\0'; c++)
		if (*c == '\n')
			*c = c[1] == '\0' ? '\0' : ' ';
	if (strncmp(begin, "stepupd: ", strlen("stepupd: ")) == 0)
		begin += strlen("stepupd: ");
	return safe_text(begin);
}

/* stepupd with options for it, which end with NULL. What it says on success is for the caller. */
static enum exit_status run_stepupd(const char *const *argv)
{
	enum exit_status status = EXIT_DONE;
	int ended = run_program((char *const *)(uintptr_t)argv, said), reason = errno;
	char *words;

	if (ended < 0) {
		complain("%s could not be run: %s. If it is somewhere else, give --stepupd "
			"PATH.", argv[0], strerror(reason));
		return complain_failure(error_of_errno(reason), "Nothing was done.");
	}
	if (ended == 0)
		return status;
	words = its_words();
	status = complain_failure(STEPUP_IO, "%s", words);
	free(words);
	return status;
}

static const char *program_path(const struct invocation *invocation)
{
	return option_text(invocation, OPTION_STEPUPD, STEPUP_SBINDIR "/stepupd");
}

static const char *mark_path(const struct invocation *invocation)
{
	return option_text(invocation, OPTION_MARK, STEPUP_MARKDIR "/mark");
}

static bool has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* systemctl VERB stepupd.service; 0 where it went well. */
static int systemctl(const char *verb)
{
	const char *argv[] = {"systemctl", verb, UNIT, NULL};

	return run_program((char *const *)(uintptr_t)argv, said);
}

/* A file in the configuration's folder; the caller frees. */
static char *config_file(const struct invocation *invocation, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", option_text(invocation, OPTION_CONFIG_DIR, STEPUP_SYSCONFDIR), name) < 0)
		out_of_memory();
	return path;
}

/* The command's file, by its whole path; the caller frees. */
static char *whole_path(const char *file)
{
	char *here = file[0] != '/' ? getcwd(NULL, 0) : NULL, *path = NULL;

	if ((file[0] != '/' && here == NULL) ||
		asprintf(&path, "%s%s%s", here != NULL ? here : "", here != NULL ? "/" : "", file) < 0)
		out_of_memory();
	free(here);
	return path;
}

/* What stepupd did to the file: its last line is JSON, and what stands before that are warnings. */
static enum exit_status tell_done(const struct invocation *invocation, const char *file)
{
	size_t length = strlen(said);
	char *line, *words = NULL;
	json_t *object;
	enum exit_status status;

	if (length > 0 && said[length - 1] == '\n')
		said[length - 1] = '\0';
	line = strrchr(said, '\n');
	object = json_loads(line != NULL ? line + 1 : said, JSON_REJECT_DUPLICATES, NULL);
	if (line != NULL) {
		*line = '\0';
		words = its_words();
		complain("%s", words);
		free(words);
	}
	if (object == NULL)
		return complain_failure(
			STEPUP_INTERNAL, "%s ended without saying what it did. Look at its store before "
				"you go on.", program_path(invocation));
	words = safe_text(message_text(object, "message"));
	(void)json_object_set_new(object, "file", json_string(file));
	status = output_result(invocation, object, words);
	free(words);
	return status;
}

/* Runs stepupd on the store with the command's file. */
static enum exit_status on_store(const struct invocation *invocation, const char *option, const char *how)
{
	char *file = whole_path(invocation->arguments[0]);
	char *config = config_file(invocation, "stepup.conf"), *key = config_file(invocation, "master.key");
	const char *const argv[] = {program_path(invocation), option, file, "--json", "--config", config,
		"--master-key", key, "--mark", mark_path(invocation), how, NULL};
	enum exit_status status = run_stepupd(argv);

	if (status == EXIT_DONE)
		status = tell_done(invocation, file);
	free(file);
	free(config);
	free(key);
	return status;
}

static bool stop_verifier(enum exit_status *status)
{
	if (!has_systemd() || systemctl("stop") == 0)
		return true;
	*status = complain_failure(STEPUP_IO,
		"The verifier could not be stopped, so nothing was done. Stop it: systemctl stop " UNIT);
	return false;
}

enum exit_status command_backup(const struct invocation *invocation)
{
	bool move = option_given(invocation, OPTION_MOVE);
	enum exit_status status;

	if (!is_root(invocation, move ? "backup --move FILE" : "backup FILE", &status) ||
		(move && !stop_verifier(&status)))
		return status;
	return on_store(invocation, "--backup", move ? "--move" : NULL);
}

enum exit_status command_restore(const struct invocation *invocation)
{
	enum exit_status status;

	if (!is_root(invocation, "restore FILE", &status) || !stop_verifier(&status))
		return status;
	return on_store(
		invocation, "--restore", option_given(invocation, OPTION_AS_BACKUP) ? "--as-backup" : NULL);
}

/* The log's new key, from the verifier that has begun with it. */
static enum exit_status tell_epoch(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	json_t *reply = NULL;
	char *sentence = NULL;
	enum exit_status status = doors_call(&doors, &interface_verify, "Keys", json_object(), &reply, NULL);

	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	if (asprintf(&sentence, "A new epoch has begun. Older receipts, invitations and requests are "
		    "void. Codes of apps count again in a minute. A counting token needs two codes in a row, "
		    "once.\nThe log has a new key. Keep it where you keep the old one:\n\n    %s",
		    message_text(reply, "log_key")) < 0)
		out_of_memory();
	status = output_result(invocation,
		json_pack("{s:s}", "log_key", message_text(reply, "log_key")), sentence);
	free(sentence);
	json_wipe_free(&reply);
	return status;
}

/* Why systemd's unit does not start, in the verifier's own words. */
static enum exit_status tell_not_started(void)
{
	static const char *const argv[] = {"systemctl", "show", "--value", "-p", "StatusText", UNIT, NULL};
	enum exit_status status;
	char *words;

	(void)run_program((char *const *)(uintptr_t)argv, said);
	words = its_words();
	status = complain_failure(STEPUP_UNREACHABLE,
		"A new epoch begins when the verifier starts, but it did not start: %s", words);
	free(words);
	return status;
}

enum exit_status command_epoch_new(const struct invocation *invocation)
{
	enum exit_status status;

	if (!is_root(invocation, "epoch new", &status))
		return status;
	status = run_stepupd((const char *const[]){
		program_path(invocation), "--ask-epoch", "--mark", mark_path(invocation), NULL});
	if (status != EXIT_DONE)
		return status;
	if (!has_systemd())
		return output_result(invocation, json_pack("{s:b}", "asked", 1),
			"A new epoch begins when the verifier starts. Start it again now.");
	return systemctl("restart") == 0 ? tell_epoch(invocation) : tell_not_started();
}
