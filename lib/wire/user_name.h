/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be the name of an account at all, whichever directory holds it. Which account a name means is the
 * verifier's to ask.
 * Layer: lib/wire/. Pure.
 */
#ifndef STEPUP_LIB_USER_NAME_H
#define STEPUP_LIB_USER_NAME_H

#include <stdbool.h>

#define USER_NAME_MAX_BYTES 256

/* Whether some account could have this name: 1 to 256 bytes of UTF-8 without control characters, and without
 * what means something else where names are written: ":" (passwd(5)), "/", "," between names, "*" for
 * everybody, "@" "#" "+" "-" at the beginning, a blank at either end. Blanks inside, "DOMAIN\name" and
 * "name@domain" are names. */
bool user_name_is_possible(const char *name);

#endif
