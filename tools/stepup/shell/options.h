/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands and their options: one table, from which parsing, usage texts, completion and the check of the
 * manual page come.
 * Layer: tools/stepup/shell/, libc only.
 */
#ifndef STEPUP_TOOLS_OPTIONS_H
#define STEPUP_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/program/options.h"

/* What a command ends with; the numbers are stable. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_OUT_OF_REACH = 3,
	EXIT_WAITING = 4, /* for a second person's agreement */
	EXIT_UNKNOWN = 5, /* done, but nobody of that name is known */
};

enum option_id {
	OPTION_HELP,
	OPTION_JSON,
	OPTION_SOCKET_DIR,
	OPTION_USER,
	OPTION_AGAIN,
	OPTION_ALGORITHM,
	OPTION_AS_BACKUP,
	OPTION_ATTESTATION,
	OPTION_CALLER,
	OPTION_CHALLENGE,
	OPTION_CHECKPOINT,
	OPTION_CONFIG_DIR,
	OPTION_COUNT_OF,
	OPTION_COUNTER,
	OPTION_CSV,
	OPTION_DIGITS,
	OPTION_FILE,
	OPTION_FOLLOW,
	OPTION_FROM,
	OPTION_HTML,
	OPTION_INVITATION,
	OPTION_KEY,
	OPTION_KEYS,
	OPTION_LABEL,
	OPTION_LOCK,
	OPTION_MARK,
	OPTION_ME,
	OPTION_MOVE,
	OPTION_NO_QR,
	OPTION_NO_WAIT,
	OPTION_OWNER,
	OPTION_PAM_DIR,
	OPTION_PERIOD,
	OPTION_REASON,
	OPTION_RECEIPT,
	OPTION_RHOST,
	OPTION_SECRET_FILE,
	OPTION_SERVICE,
	OPTION_SINCE,
	OPTION_SSHSIG,
	OPTION_STATE_DIR,
	OPTION_STEPUPD,
	OPTION_UNTIL,
	OPTION_VERSION,
	OPTION_TOTAL,
};

/* By option_id. */
extern const struct option_row option_table[OPTION_TOTAL];

struct invocation;
typedef enum exit_status command_function(const struct invocation *invocation);

#define ANY_NUMBER_OF_ARGUMENTS SIZE_MAX

/* A table of them is ended by a row without name. */
struct command_row {
	/* above it in the list of commands; NULL where it belongs to the group of the one before */
	const char *heading;
	const char *name;      /* one word or two: "policy check" */
	const char *alias;     /* another spelling, NULL for none */
	const char *arguments; /* as usage texts show them; "" for none */
	size_t least, most;    /* arguments */
	bool takes_command;    /* something to run may follow `--` */
	enum completion completion; /* of the first argument */
	const char *words;
	uint64_t options;      /* OPTION(…) bits beside the common ones */
	const char *help;      /* one line */
	const char *about;     /* what isn't obvious, for its own usage text; NULL for nothing */
	command_function *run;
};

#define OPTION(id) (UINT64_C(1) << (id))
#define COMMON_OPTIONS (OPTION(OPTION_HELP) | OPTION(OPTION_JSON) | OPTION(OPTION_SOCKET_DIR))

/* One command line, taken apart; everything is borrowed from argv but the arrays. */
struct invocation {
	const struct command_row *command;      /* NULL: none was named */
	const char *values[OPTION_TOTAL];       /* NULL where not given, "" for a switch */
	const char **arguments;                 /* behind the command's name; NULL-terminated */
	size_t argument_count;
	char **child;                           /* behind `--`, NULL-terminated; NULL where there was none */
};

/* Takes a command line apart. EXIT_DONE, or EXIT_USAGE after a sentence to `complaints`; EXIT_REFUSED where
 * there is no memory. */
enum exit_status invocation_parse(const struct command_row *table, int argc, char **argv, FILE *complaints,
	struct invocation *invocation);
void invocation_clear(struct invocation *invocation);

bool option_given(const struct invocation *invocation, enum option_id option);

/* An option's value, or `otherwise` where it was not given. */
const char *option_text(const struct invocation *invocation, enum option_id option, const char *otherwise);

/* An option's value as a whole number of 0 … maximum; `otherwise` where it was not given. False where it is
 * none: see number_given(). */
bool option_number(const struct invocation *invocation, enum option_id option, int64_t maximum,
	int64_t otherwise, int64_t *number);

/* The command of that name or alias ("policy check" too), NULL where there is none. */
const struct command_row *command_find(const struct command_row *table, const char *name);

/* Usage texts: all commands, one command. */
void usage_all(const struct command_row *table, FILE *out);
void usage_command(FILE *out, const struct command_row *command);

#endif
