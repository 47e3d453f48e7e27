/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the auth phase leaves for the account phase of the same PAM transaction: for whom and for what a
 * step-up was granted.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_GRANTED_MARK_H
#define STEPUP_PAM_MODULE_GRANTED_MARK_H

#include <security/pam_modules.h>
#include <stdbool.h>

/* Leaves the mark in place of an older one. PAM_SUCCESS or PAM_BUF_ERR. */
int granted_mark_set(pam_handle_t *pamh, const char *user, const char *action);

/* Takes it away; called before a step-up, so that a refused one leaves none. PAM_SUCCESS or PAM_BUF_ERR. */
int granted_mark_clear(pam_handle_t *pamh);

/* Whether this user's step-up for this very action was granted in this transaction. */
bool granted_mark_holds(pam_handle_t *pamh, const char *user, const char *action);

#endif
