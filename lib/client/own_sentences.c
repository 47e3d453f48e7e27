/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said where the verifier said nothing; see own_sentences.h. */
#include "lib/client/own_sentences.h"

#include <stddef.h>

const char *own_sentence(enum stepup_error error)
{
	switch (error) {
	case STEPUP_CANCELLED:
		return "Cancelled. Nothing was approved.";
	case STEPUP_EXPIRED:
		return "That took too long. Nothing was approved. Start again.";
	case STEPUP_TOO_WEAK:
		return "This needs one of your security keys, and none can be reached from here. "
			"Nothing was approved. If you lost your key, tell your administrator.";
	default:
		return NULL;
	}
}

const char *own_trouble(enum stepup_error error)
{
	switch (error) {
	case STEPUP_UNREACHABLE:
		return "verifier unreachable";
	case STEPUP_TIMEOUT:
		return "verifier did not answer in time";
	case STEPUP_UNSAFE_FILE:
		return "another program holds the verifier's socket";
	case STEPUP_IO:
		return "verifier's reply can't be read";
	case STEPUP_INVALID:
		return "verifier does not understand this program";
	case STEPUP_NO_MEMORY:
		return "out of memory";
	default:
		return "verifier unavailable";
	}
}
