/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of requests that somebody turns down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/words/notices.h"

/* Texts in a row, the second of them a user's name; a text that is safe already may end it.
 * NULL without memory. */
static char *notices_denied_about(const char *before, const char *user, const char *after, const char *text)
{
	char *safe = display_value(user, strlen(user)), *result = NULL;

	if (safe != NULL && asprintf(&result, "%s%s%s%s", before, safe, after, text) < 0)
		result = NULL;
	free(safe);
	return result;
}

char *notice_lock_prompt(const char *user, const char *prompt)
{
	return notices_denied_about("Deny this, and lock ", user, " out of everything: ", prompt);
}

char *notice_denied(const char *user)
{
	return notices_denied_about("Denied. Nothing was approved; ", user, " is told so.", "");
}

char *notice_denied_and_locked(const char *user, const char *reference)
{
	char *result = notices_denied_about("Denied, and ", user,
		" is locked: everything of theirs is refused from now on. Reference ", reference);
	char *whole = NULL;

	if (result != NULL && asprintf(&whole, "%s.", result) < 0)
		whole = NULL;
	free(result);
	return whole;
}

char *notice_denied_only(const char *user)
{
	return notices_denied_about("Denied. Nothing was approved. ", user,
		" was not locked: you have locked three people within the hour, "
		"and may lock no more just now. An alert went out. Ask an administrator to lock them.", "");
}
