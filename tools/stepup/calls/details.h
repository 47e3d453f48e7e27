/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Details of an action from a command line: NAME=VALUE. A value of digits alone (no leading zero, at most
 * 2^53-1) is taken for a number, and for a text once the verifier says that the rule wants a text there.
 * NAME="VALUE", a JSON string, is always a text; NAME:=NUMBER always a number.
 * Layer: tools/stepup/calls/, jansson.
 */
#ifndef STEPUP_TOOLS_DETAILS_H
#define STEPUP_TOOLS_DETAILS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/stepup/shell/options.h"

/* A new object in `*details`. EXIT_USAGE after a complaint. */
enum exit_status details_parse(const char *const *arguments, size_t count, json_t **details);

/* Whether the detail of that name was taken for a number by guess, and is one still: makes it the
 * text that was typed. */
bool details_make_text(json_t *details, const char *const *arguments, size_t count, const char *name);

#endif
