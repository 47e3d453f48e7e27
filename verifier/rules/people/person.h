/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether two records are two persons, as far as records can tell: nobody is a second person for themselves
 * under another name.
 * Layer: verifier/rules/people/. Pure.
 */
#ifndef STEPUP_VERIFIER_PERSON_H
#define STEPUP_VERIFIER_PERSON_H

#include "verifier/state/records/user_record.h"

enum person_relation {
	PERSON_ANOTHER,
	PERSON_SAME,         /* one record, or one name but for the case of its letters */
	PERSON_SAME_ACCOUNT, /* one uid */
	PERSON_SHARES_KEY,   /* a key or a token that both have, or had: who held it once may hold it still */
};

/* What the two have in common; the first that fits. */
enum person_relation person_relation(const struct user_record *a, const struct user_record *b);

#endif
