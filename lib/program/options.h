/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of a program: one table, from which its command line is read and its usage text is made. The
 * CLI, stepupd and stepup-hooks have the same parser, and so the same complaints.
 * Layer: lib/program/, libc only.
 */
#ifndef STEPUP_LIB_OPTIONS_H
#define STEPUP_LIB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a shell completes a value. */
enum completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_FOLDER, COMPLETE_USER, COMPLETE_WORDS };

struct option_row {
	const char *name;     /* without its dashes */
	const char *argument; /* what stands for its value in usage texts; NULL for a switch */
	enum completion completion;
	const char *words;    /* COMPLETE_WORDS: with spaces between */
	const char *help;     /* NULL: an old name, not shown */
};

struct option_set {
	const char *program; /* its name, before each complaint */
	const char *advice;  /* what to run for more: "stepup help" */
	const struct option_row *rows;
	size_t count;
};

/* Takes the option at argv[*at], and its value if that stands behind it, into values[row]: borrowed from
 * argv, "" for a switch. "-h" is "--help". False after one sentence to `complaints`. */
bool option_take(const struct option_set *set, int argc, char **argv, int *at, const char **values,
	FILE *complaints);

/* Takes a whole command line that has options alone. False after a sentence. */
bool options_take_all(const struct option_set *set, int argc, char **argv, const char **values,
	FILE *complaints);

/* A line an option, its help from `column` on. */
void options_print(const struct option_set *set, int column, FILE *out);

/* Ends a complaint: "Did you mean …?", if `meant` isn't NULL, and what to run for more. */
void options_end_complaint(const struct option_set *set, FILE *complaints, const char *meant,
	const char *dashes);

#endif
