/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of people who were locked by name: whom the name means, and whether anybody is known by it. */
#include "verifier/rules/words/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

static bool write_safely(FILE *out, const char *before, const char *text, const char *behind)
{
	char *safe = display_value(text, strlen(text));

	if (safe == NULL)
		return false;
	fprintf(out, "%s%s%s", before, safe, behind);
	free(safe);
	return true;
}

/* "asmith (L-83, given as CORP\asmith, already locked by dana)". */
static bool write_one(FILE *out, const struct locked_user *user)
{
	bool written = write_safely(out, "", user->user, "");

	fprintf(out, " (%s", user->reference);
	if (strcmp(user->asked, user->user) != 0)
		written = written && write_safely(out, ", given as ", user->asked, "");
	if (user->before[0] != '\0')
		written = written && write_safely(out, ", already locked by ", user->before, "");
	fputc(')', out);
	return written;
}

/* What is so of some of them, and what follows. */
static bool is_unknown(const struct locked_user *user)
{
	return !user->known && !user->silent;
}

static bool is_unsaid(const struct locked_user *user)
{
	return user->silent;
}

static bool is_unenrolled(const struct locked_user *user)
{
	return user->known && !user->silent && !user->enrolled;
}

static const struct remark {
	bool (*fits)(const struct locked_user *user);
	const char *before, *behind;
} remarks[] = {
	{is_unknown, " Nobody of that name is known: ",
		". The lock stands all the same. Is that the right name?"},
	{is_unsaid, " The directory did not answer, so nobody can say whose name this is: ",
		". It is locked exactly as it is spelt. Lock it once more when the directory answers."},
	{is_unenrolled, " Nobody has ever enrolled as ", ": is that the right name?"},
};

static bool write_remark(FILE *out, const struct remark *remark, const struct locked_user *users,
	size_t count)
{
	size_t said = 0;
	bool written = true;

	for (size_t i = 0; i < count; i++)
		if (remark->fits(&users[i]))
			written = write_safely(out, said++ == 0 ? remark->before : ", ", users[i].user, "") &&
				written;
	fputs(said > 0 ? remark->behind : "", out);
	return written;
}

char *notice_locked(const struct locked_user *users, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool written = true;

	if (out == NULL)
		return NULL;
	fputs("Locked: ", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		written = write_one(out, &users[i]) && written;
	}
	fputs(". Everything of theirs is refused from now on.", out);
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		written = write_remark(out, &remarks[i], users, count) && written;
	if (fclose(out) != 0 || !written) {
		free(text);
		text = NULL;
	}
	return text;
}
