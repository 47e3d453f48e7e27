/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM service file as libpam reads it (pam.conf(5)): its lines in their order, with those of the files
 * that it includes at their places, by `@include` (Debian's: all lines), `include` and `substack` (the
 * lines of one type).
 * Reads only, and needs no privilege.
 * Layer: tools/stepup/pam/, libc only.
 */
#ifndef STEPUP_TOOLS_PAM_STACK_H
#define STEPUP_TOOLS_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

#define PAM_WORDS_MAX 64

enum pam_type { PAM_TYPE_AUTH, PAM_TYPE_ACCOUNT, PAM_TYPE_SESSION, PAM_TYPE_PASSWORD, PAM_TYPE_UNKNOWN };

/* One line: type, control, module, arguments. Words point into `text`. */
struct pam_line {
	char *text;
	/* path of the file that it stands in; the service's own has the address of the stack's `path` */
	const char *file;
	int number;       /* from 1 */
	/* PAM_TYPE_UNKNOWN: another word, or an `@include` that could not be followed */
	enum pam_type type;
	bool may_be_missing;   /* `-auth`: skipped without a word where the module's file isn't there */
	const char *control;
	const char *module;    /* NULL: an include that could not be followed, of `included` */
	const char *included;
	const char *arguments[PAM_WORDS_MAX];
	size_t argument_count;
	size_t substack; /* which one it belongs to; 0: none. A jump or an end inside one stays inside */
};

struct pam_stack {
	char *path;
	const char *name; /* the service: the end of `path` */
	struct pam_line *lines;
	size_t count;
	char **files; /* paths of what it includes */
	size_t file_count;
	size_t *substack_parents; /* [substack]: the one around it */
	size_t substack_count;    /* with 0, the service's own lines */
	/* no program's service: others include it. For whoever knows all of them to say */
	bool is_fragment;
};

/*
 * Reads FOLDER/NAME; included files are looked for in `folder`, then in `dist_folder` (NULL: nowhere else).
 * `*stack` is the caller's, NULL on an error: STEPUP_NOT_FOUND, STEPUP_IO, STEPUP_NO_MEMORY, STEPUP_TOO_LONG
 * (more than 4096 lines).
 */
enum stepup_error pam_stack_read(const char *folder, const char *dist_folder, const char *name,
	struct pam_stack **stack);

void pam_stack_free(struct pam_stack **stack);

/* Whether the line's module is the one of that name, in whatever folder. */
bool pam_line_is(const struct pam_line *line, const char *module);

/* What a `[value=action …]` control does for one value; NULL where it doesn't say. `action` has
 * room for 32 bytes. */
const char *pam_bracket_action(const char *control, const char *value, char action[32]);

/* How many lines a success of this line skips; -1: all that follow in its stack, or in its substack. */
long pam_success_skips(const struct pam_line *line);

/*
 * How many lines stand between two of one type, as a jump of the first counts them: a substack counts as one,
 * and the second line's own not at all. -1 where the first is in a substack that the second is not in:
 * nothing that it does reaches there. `to` may be `count`, the end.
 */
long pam_stack_distance(const struct pam_stack *stack, size_t from, size_t to);

#endif
