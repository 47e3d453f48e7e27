/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with a configuration, gathered so that one look tells all of it: "FILE:LINE: sentence", in
 * the order of the files' lines.
 * Layer: verifier/rules/policy/.
 */
#ifndef STEPUP_VERIFIER_COMPLAINTS_H
#define STEPUP_VERIFIER_COMPLAINTS_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLAINTS_SHOWN_MAX 40  /* more are only counted */
#define COMPLAINTS_KEPT_MAX 1000 /* and no more than that */

struct complaint {
	const char *file; /* borrowed */
	int line;         /* 0 for the file as a whole */
	char *sentence;   /* owned, safe to show */
};

/* Zero-initialise. */
struct complaints {
	struct complaint *all;
	size_t count;
	bool no_memory;
};

/* Adds one; the sentence may quote whatever came from outside: it is made safe to show. */
void complain(struct complaints *complaints, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* All of them, one a line, no newline at the end; the caller frees. NULL where there is no memory. */
char *complaints_text(struct complaints *complaints);

/* As an array of lines, NULL-terminated; each and the array are the caller's to free. NULL where
 * there is no memory. */
char **complaints_lines(struct complaints *complaints);

void complaints_clear(struct complaints *complaints);

#endif
