/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Talking to the person at the terminal: questions go to /dev/tty where there is one, so that standard output
 * stays for results; without a terminal they go to standard error and the answer comes from standard input.
 * MUST: give the terminal back as it was, also after SIGINT, SIGTERM, SIGHUP, SIGTSTP; wipe what was typed.
 * Layer: tools/stepup/shell/, libc only.
 */
#ifndef STEPUP_TOOLS_TERMINAL_H
#define STEPUP_TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/error.h"
#include "lib/client/key_conversation.h"

#define TERMINAL_ANSWER_MAX 512 /* bytes */

/* Asks and reads one line without its newline; not shown while typed where `hidden`. The caller wipes and
 * frees `*answer`. STEPUP_CANCELLED at end of input or an interrupting signal (which is raised again
 * afterwards by the caller's exit). */
enum stepup_error terminal_ask(const char *question, bool hidden, char **answer);

/* Yes or no; anything but y or yes is no. */
bool terminal_confirm(const char *question);

/* Whether colours suit this stream: a terminal, NO_COLOR not set, TERM not dumb. */
bool terminal_has_colour(FILE *stream);

/* The same for lib/client/key_conversation: questions hidden, sentences on a line of their own. */
extern const struct text_channel terminal_channel;

#endif
