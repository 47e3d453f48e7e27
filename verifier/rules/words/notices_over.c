/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of a request that is over, what became of it. For its asker and its approvers alone, whose business it is:
 * nobody else is told that there was one.
 */
#include "verifier/rules/words/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

static void over(const char *what, char text[NOTICE_OVER_SIZE])
{
	snprintf(text, NOTICE_OVER_SIZE,
		"This request is not waiting any more: %s. Nothing was changed. See: stepup requests.", what);
}

/* "carol denied it"; without her, and for a name that is too long to show, `otherwise`. */
static void over_by(const char *who, const char *did, const char *otherwise, char text[NOTICE_OVER_SIZE])
{
	char *safe = display_value(who, strlen(who)), what[USER_NAME_SIZE + 64];

	if (safe != NULL && *safe != '\0' &&
	    snprintf(what, sizeof(what), "%s %s", safe, did) < (int)sizeof(what))
		over(what, text);
	else
		over(otherwise, text);
	free(safe);
}

void notice_request_void(const char *why, char text[NOTICE_OVER_SIZE])
{
	char what[REQUEST_WHY_SIZE + 32];

	snprintf(what, sizeof(what), "it is void: %s", *why == '\0' ? "what it rested on is gone" : why);
	over(what, text);
}

void notice_request_over(const struct approval_request *request, enum request_state standing,
	char text[NOTICE_OVER_SIZE])
{
	switch (standing) {
	case REQUEST_APPROVED:
		over_by(request->approver, "has agreed to it", "somebody has agreed to it", text);
		break;
	case REQUEST_CONSUMED:
		over("it was agreed to and used", text);
		break;
	case REQUEST_DENIED:
		over_by(request->ended_by, "denied it", "it was denied", text);
		break;
	case REQUEST_EXPIRED:
		over("it has expired", text);
		break;
	case REQUEST_CANCELLED:
		over_by(request->ended_by, "took it back", "it was taken back", text);
		break;
	case REQUEST_VOID:
		notice_request_void(request->ended_why, text);
		break;
	case REQUEST_REQUESTED:
		over("it is another one by now", text);
		break;
	}
}
