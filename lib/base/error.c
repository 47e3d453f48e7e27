/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and sentences of the project's errors: one table, in the order of the type.
 */
#include "lib/base/error.h"

#include <stddef.h>
#include <string.h>

struct error_words {
	const char *name;
	const char *text;
};

/* Refusals first, as in the type; STEPUP_UNAVAILABLE is the last that travels on the wire. */
static const struct error_words words[] = {
	[STEPUP_OK] = {"Ok", "done"},
	[STEPUP_NOT_ENROLLED] = {"NotEnrolled", "nothing is enrolled that could answer this"},
	[STEPUP_TOO_WEAK] = {"TooWeak", "this needs a stronger factor"},
	[STEPUP_LOCKED] = {"Locked", "the account is locked"},
	[STEPUP_FROZEN] = {"Frozen", "this action is frozen"},
	[STEPUP_THROTTLED] = {"Throttled", "too many tries; wait before the next one"},
	[STEPUP_OVER_LIMIT] = {"OverLimit", "the limit for this action is used up"},
	[STEPUP_NEEDS_APPROVAL] = {"NeedsApproval", "a second person must agree"},
	[STEPUP_BAD_ANSWER] = {"BadAnswer", "that answer did not work"},
	[STEPUP_EXPIRED] = {"Expired", "too late; start again"},
	[STEPUP_NOT_ALLOWED] = {"NotAllowed", "not allowed"},
	[STEPUP_BAD_DETAILS] = {"BadDetails", "the details are not as the rule declares them"},
	[STEPUP_UNKNOWN_ACTION] = {"UnknownAction", "no rule allows this action"},
	[STEPUP_REDEEMED] = {"Redeemed", "this receipt was redeemed before; nothing was redeemed again"},
	[STEPUP_UNAVAILABLE] = {"Unavailable", "could not check, so nothing was approved"},
	[STEPUP_NO_MEMORY] = {"NoMemory", "out of memory"},
	[STEPUP_IO] = {"Io", "reading or writing failed"},
	[STEPUP_INVALID] = {"Invalid", "malformed"},
	[STEPUP_TOO_LONG] = {"TooLong", "longer than allowed"},
	[STEPUP_NOT_FOUND] = {"NotFound", "not found"},
	[STEPUP_EXISTS] = {"Exists", "exists already"},
	[STEPUP_CORRUPT] = {"Corrupt", "damaged or tampered with"},
	[STEPUP_UNSAFE_FILE] = {"UnsafeFile", "not safe to trust"},
	[STEPUP_UNREACHABLE] = {"Unreachable", "the verifier is out of reach"},
	[STEPUP_TIMEOUT] = {"Timeout", "took too long"},
	[STEPUP_CANCELLED] = {"Cancelled", "given up"},
	[STEPUP_INTERNAL] = {"Internal", "internal error"},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static const struct error_words *words_of(enum stepup_error error)
{
	size_t index = (size_t)error;

	if (index >= WORD_COUNT)
		index = STEPUP_INTERNAL;
	return &words[index];
}

const char *stepup_error_name(enum stepup_error error)
{
	return words_of(error)->name;
}

const char *stepup_error_text(enum stepup_error error)
{
	return words_of(error)->text;
}

bool stepup_error_is_refusal(enum stepup_error error)
{
	return error >= STEPUP_NOT_ENROLLED && error <= STEPUP_UNAVAILABLE;
}

enum stepup_error stepup_error_from_name(const char *name)
{
	if (name == NULL)
		return STEPUP_UNAVAILABLE;
	for (int error = STEPUP_NOT_ENROLLED; error <= STEPUP_UNAVAILABLE; error++) {
		if (strcmp(words[error].name, name) == 0)
			return (enum stepup_error)error;
	}
	return STEPUP_UNAVAILABLE;
}
