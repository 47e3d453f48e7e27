/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one error type of the project. Every fallible function returns one of these; 0 is success.
 * Boundaries translate once: a library's codes into these, these into PAM's (pam_module/) or varlink's
 * (lib/wire/message.c).
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_ERROR_H
#define STEPUP_LIB_ERROR_H

#include <stdbool.h>

enum stepup_error {
	STEPUP_OK = 0,
	/* Refusals that travel on the wire under these very names; the names are stable. */
	STEPUP_NOT_ENROLLED,
	STEPUP_TOO_WEAK,
	STEPUP_LOCKED,
	STEPUP_FROZEN,
	STEPUP_THROTTLED,
	STEPUP_OVER_LIMIT,
	STEPUP_NEEDS_APPROVAL,
	STEPUP_BAD_ANSWER,
	STEPUP_EXPIRED,
	STEPUP_NOT_ALLOWED,
	STEPUP_BAD_DETAILS,
	STEPUP_UNKNOWN_ACTION,
	STEPUP_REDEEMED,
	STEPUP_UNAVAILABLE,
	/* What can go wrong on this side. */
	STEPUP_NO_MEMORY,
	STEPUP_IO,
	STEPUP_INVALID,      /* bytes or arguments that break their format */
	STEPUP_TOO_LONG,     /* more than the declared maximum */
	STEPUP_NOT_FOUND,
	STEPUP_EXISTS,
	STEPUP_CORRUPT,      /* a seal, MAC, hash or version that doesn't hold */
	STEPUP_UNSAFE_FILE,  /* others can write it, a link, not a regular file … */
	STEPUP_UNREACHABLE,  /* no verifier behind the socket, or not the right one */
	STEPUP_TIMEOUT,
	STEPUP_CANCELLED,    /* the person gave up, or the conversation failed */
	STEPUP_INTERNAL,
};

/* The name of an error: "Locked" for STEPUP_LOCKED, "NoMemory" … Never NULL. */
const char *stepup_error_name(enum stepup_error error);

/* A short sentence for logs and for errors nobody worded better. Never NULL. */
const char *stepup_error_text(enum stepup_error error);

/* The error with this wire name, STEPUP_UNAVAILABLE where the name is none of ours (fail closed). */
enum stepup_error stepup_error_from_name(const char *name);

/* Whether an error may travel on the wire under its own name. */
bool stepup_error_is_refusal(enum stepup_error error);

#endif
