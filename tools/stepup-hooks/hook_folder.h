/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder with hooks: which programs there are, and whether each may be run.
 * MUST: name no program that anybody but root could have put there or changed, that is a link, or that
 * has an odd name.
 * Layer: tools/stepup-hooks/, lib/.
 */
#ifndef STEPUP_TOOLS_HOOK_FOLDER_H
#define STEPUP_TOOLS_HOOK_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

#define HOOKS_MAX 64          /* programs */
#define HOOK_NAME_SIZE 65

struct hook {
	char name[HOOK_NAME_SIZE];
	char *path;
	char *objection; /* the sentence, where it is not to be run; NULL where it is */
};

struct hook_folder {
	struct hook hooks[HOOKS_MAX]; /* in the order of their names */
	size_t count;
};

/* Looks again each time: what was put there counts from the next event on. Files whose names aren't letters,
 * digits, `-`, `_` and `.`, begin with a dot or end in `~` are no hooks; neither are files that nobody may
 * execute. STEPUP_OK also where the folder isn't there: no hooks then. Otherwise a sentence goes to `*why`
 * (the caller frees). */
enum stepup_error hook_folder_read(const char *path, struct hook_folder *folder, char **why);
void hook_folder_clear(struct hook_folder *folder);

#endif
