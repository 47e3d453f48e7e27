/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said where the verifier said nothing: the module and the CLI have the same words for it.
 * Layer: lib/client/, libc.
 */
#ifndef STEPUP_LIB_OWN_SENTENCES_H
#define STEPUP_LIB_OWN_SENTENCES_H

#include "lib/base/error.h"

/* The sentence for a step-up that ended on this side; NULL for an error that has none of its own. */
const char *own_sentence(enum stepup_error error);

/* What was wrong with the verifier, for whoever looks after it: "verifier unreachable". */
const char *own_trouble(enum stepup_error error);

/* What is said where nobody could decide. */
#define OWN_LAST_WORDS \
	"Could not check, so nothing was approved. You did nothing wrong. Try again in a minute."

#endif
