/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command says: results to standard output as text or JSON, complaints to standard error.
 * Texts from elsewhere are made safe to show; JSON holds them as they are.
 * Layer: tools/stepup/shell/.
 */
#ifndef STEPUP_TOOLS_OUTPUT_H
#define STEPUP_TOOLS_OUTPUT_H

#include <jansson.h>
#include <stdint.h>

#include "lib/wire/verifier_client.h"
#include "tools/stepup/shell/options.h"

#define TIME_TEXT_SIZE 32

/* Whether --json was given: then each command that fails has told a program why, in an object on standard
 * output. Main says it first of all. */
void output_for_programs(bool wanted);

/* One JSON value on a line of standard output; takes it over. EXIT_DONE: whether it got there
 * is for output_end. */
enum exit_status output_json(json_t *value);

/* The result of a command: `object` where --json was given (taken over either way), else the sentence (safe
 * to show already). */
enum exit_status output_result(const struct invocation *invocation, json_t *object, const char *sentence);

/* The end of every command, whichever it was and however it ended. With --json, what was complained of
 * becomes an object {"error":…,"message":…} where the command failed and has printed none. Then what it wrote
 * to standard output has to have got there, or it was not done: says so where it did not. Only main calls
 * this, so that no command can forget it. */
enum exit_status output_end(enum exit_status status);

/* A complaint: "stepup: …". One that ends a command with EXIT_USAGE, or is said beside something else. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* A complaint that ends the command: `error` is its name for output_end(). Gives EXIT_REFUSED, for what
 * failed on this side; what the verifier is the reason of is output_error()'s. */
__attribute__((format(printf, 2, 3))) enum exit_status complain_failure(enum stepup_error error,
	const char *format, ...);

/* The same of a file or folder, in the words of errno: "PATH: No such file or directory." */
enum exit_status complain_file(const char *path);

/* STEPUP_NOT_FOUND, STEPUP_NO_MEMORY, or for all the rest STEPUP_IO. */
enum stepup_error error_of_errno(int number);

/* Adds "error" and "message", of the last complaint, to an object that is the command's result all the same;
 * the first one stays. */
void output_add_failure(json_t *object, enum stepup_error error);

/* What is wrong with a command line that can't be taken apart, as an object {"error":"Usage","message":…};
 * with --json only. */
void output_usage(const char *message);

/* option_number(), with a complaint where it is no such number. */
bool number_given(const struct invocation *invocation, enum option_id option, int64_t maximum,
	int64_t otherwise, int64_t *number);

/* Tells, like a complaint, that a request is waited for: the verifier's words (made safe here), and what
 * becomes of it when the waiting is stopped. */
void tell_waiting(const char *message, const char *request);

/* Ends the program: nothing sensible can be said any more. */
__attribute__((noreturn)) void out_of_memory(void);

/* What could not be done: its words to standard error, with --json an object {"error":…,"message":…} to
 * standard output too. Gives the exit status that the error stands for. */
enum exit_status output_refusal(
	const struct invocation *invocation, enum stepup_error error, const struct verifier_refusal *refusal);
enum exit_status output_error(const struct invocation *invocation, enum stepup_error error,
	const char *sentence);

/* A text from elsewhere, safe to show; the caller frees. Never NULL: without memory a text of its own. */
char *safe_text(const char *text);

/* The same of what the verifier says in several lines: they stay lines. */
char *safe_lines(const char *text);

/* "2026-11-23 12:41", in local time; "never" for 0 and less. */
const char *time_text(int64_t at, char text[TIME_TEXT_SIZE]);

/* How to use an invitation, on standard output. */
void print_invitation(const char *invitation);

/* A table whose columns are as wide as what stands in them; on a terminal that is too narrow for it, each row
 * as lines below one another. Cells are made safe to show. */
struct table;
struct table *table_new(const char *const *headings, size_t columns);
void table_add(struct table *table, const char *const *cells);
void table_print(const struct table *table, FILE *out);
void table_free(struct table **table);

#endif
