/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and sentences of the project's errors: one list. Refusals come first, as in the type;
 * STEPUP_UNAVAILABLE is the last that travels on the wire.
 */
#include "lib/base/error.h"

#include <string.h>

/* Each error once: its constant, its name, a short sentence. */
#define ERRORS(ROW) \
	ROW(STEPUP_OK, "Ok", "done") \
	ROW(STEPUP_NOT_ENROLLED, "NotEnrolled", "nothing is enrolled that could answer this") \
	ROW(STEPUP_TOO_WEAK, "TooWeak", "this needs a stronger factor") \
	ROW(STEPUP_LOCKED, "Locked", "the account is locked") \
	ROW(STEPUP_FROZEN, "Frozen", "this action is frozen") \
	ROW(STEPUP_THROTTLED, "Throttled", "too many tries; wait before the next one") \
	ROW(STEPUP_OVER_LIMIT, "OverLimit", "the limit for this action is used up") \
	ROW(STEPUP_NEEDS_APPROVAL, "NeedsApproval", "a second person must agree") \
	ROW(STEPUP_BAD_ANSWER, "BadAnswer", "that answer did not work") \
	ROW(STEPUP_EXPIRED, "Expired", "too late; start again") \
	ROW(STEPUP_NOT_ALLOWED, "NotAllowed", "not allowed") \
	ROW(STEPUP_BAD_DETAILS, "BadDetails", "the details are not as the rule declares them") \
	ROW(STEPUP_UNKNOWN_ACTION, "UnknownAction", "no rule allows this action") \
	ROW(STEPUP_REDEEMED, "Redeemed", "this receipt was redeemed before; nothing was redeemed again") \
	ROW(STEPUP_UNAVAILABLE, "Unavailable", "could not check, so nothing was approved") \
	ROW(STEPUP_NO_MEMORY, "NoMemory", "out of memory") \
	ROW(STEPUP_IO, "Io", "reading or writing failed") \
	ROW(STEPUP_INVALID, "Invalid", "malformed") \
	ROW(STEPUP_TOO_LONG, "TooLong", "longer than allowed") \
	ROW(STEPUP_NOT_FOUND, "NotFound", "not found") \
	ROW(STEPUP_EXISTS, "Exists", "exists already") \
	ROW(STEPUP_CORRUPT, "Corrupt", "damaged or tampered with") \
	ROW(STEPUP_UNSAFE_FILE, "UnsafeFile", "not safe to trust") \
	ROW(STEPUP_UNREACHABLE, "Unreachable", "the verifier is out of reach") \
	ROW(STEPUP_TIMEOUT, "Timeout", "took too long") \
	ROW(STEPUP_CANCELLED, "Cancelled", "cancelled") \
	ROW(STEPUP_INTERNAL, "Internal", "internal error")

#define NAME_CASE(error, name, text) \
	case error: \
		return name;
#define TEXT_CASE(error, name, text) \
	case error: \
		return text;

/* No default: an error that is in no row does not compile. */
const char *stepup_error_name(enum stepup_error error)
{
	switch (error) {
		ERRORS(NAME_CASE)
	}
	return "Internal";
}

const char *stepup_error_text(enum stepup_error error)
{
	switch (error) {
		ERRORS(TEXT_CASE)
	}
	return "internal error";
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
		if (strcmp(stepup_error_name((enum stepup_error)error), name) == 0)
			return (enum stepup_error)error;
	}
	return STEPUP_UNAVAILABLE;
}
