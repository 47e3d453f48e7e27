/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The replay's rules about keys: enrolments and step-ups by them. Inside of log_replay.c only.
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_REPLAY_KEYS_H
#define STEPUP_LIB_LOG_REPLAY_KEYS_H

#include "lib/replay/log_replay_rules.h"

/* "key" or "agent". */
bool method_is_key(const char *method);

/* An enrolment: puts what the entry says of the key into its `credential`, and tells where the key was there
 * before, is none, or did not make what the entry says. */
void step_enrol_key(struct replay_step *step, json_t *credential, const char *id);

/* A step-up: the credential's key signed what the entry says, as the entry says, and counted on. */
void step_check_key(struct replay_step *step, json_t *credential);

/* Any step-up: what was required, as what was signed says, is what the credential could give. */
void step_check_required(struct replay_step *step, const json_t *credential);

#endif
