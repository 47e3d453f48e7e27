/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who can agree as the second person, for people to read.
 * Layer: verifier/rules/people/. Pure.
 */
#ifndef STEPUP_VERIFIER_APPROVERS_H
#define STEPUP_VERIFIER_APPROVERS_H

#include <jansson.h>
#include <stdio.h>

#include "verifier/rules/policy/policy.h"

/* "carol", "members of support-leads", without the requester: a new array; NULL where there is no memory. The
 * rule has approvers. */
json_t *approvers_words(const struct policy *policy, const struct rule *rule, const char *requester);

/* Whether one of these words is a person's name, not that of many. */
bool approvers_is_person(const char *words);

/* Writes them as a list: "carol, dave or members of support-leads". */
void approvers_say(FILE *out, const json_t *approvers);

/* The same as a text, "" for nobody; the caller frees. NULL if there is no memory. */
char *approvers_text(const json_t *approvers);

#endif
