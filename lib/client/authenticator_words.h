/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words around keys: every sentence that a person reads about one, in one table, and the codes' names on
 * the helper's wire. Labels in them are the verifier's, from the request.
 * Layer: lib/client/, jansson.
 */
#ifndef STEPUP_LIB_AUTHENTICATOR_WORDS_H
#define STEPUP_LIB_AUTHENTICATOR_WORDS_H

#include <stdbool.h>

#include "lib/client/authenticator.h"

/* The code of that name; AUTHENTICATOR_BROKEN where there is none. */
enum authenticator_code authenticator_code_from_name(const char *name);

/* The operation's name on the helper's wire: "seat-sign". */
const char *authenticator_operation_name(enum authenticator_operation operation);

/* The request's label of that credential id or agent key, borrowed; NULL where it has none, and for NULL. */
const char *authenticator_label(const struct authenticator_request *request, const char *id);

/* "Touch your key "Blue" now." `id` may be NULL. The caller frees; NULL where there is no memory. */
char *authenticator_touch_text(const struct authenticator_request *request, const char *id, bool several);

/* "PIN of your key, then touch it: "; `question`'s text isn't looked at. The caller frees; NULL where
 * there is no memory. */
char *authenticator_pin_text(const struct authenticator_pin_question *question);

#endif
