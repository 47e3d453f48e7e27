/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of prompts: text with {NAME}s in it, "{{" and "}}" for braces themselves. Filled in by
 * policy_prompt() of policy.h.
 * Layer: verifier/rules/policy/.
 */
#ifndef STEPUP_VERIFIER_POLICY_PROMPT_H
#define STEPUP_VERIFIER_POLICY_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/wire/action.h"

/* One piece of a prompt. */
struct prompt_piece {
	/* borrowed from the prompt: text as it stands, or a placeholder's name without braces */
	const char *text;
	size_t length;
	bool placeholder;
};

/* Takes the next piece off `*rest`; false at the end, and with `*broken` set where a brace has no partner. */
bool prompt_next(const char **rest, struct prompt_piece *piece, bool *broken);

/* Whether a name is one of the verifier's own placeholders, which no detail may be called: user, host,
 * service, rhost, action. */
bool prompt_is_own(const char *name);

/* Whether the piece is a placeholder of that name. */
bool prompt_names(const struct prompt_piece *piece, const char *name);

#endif
