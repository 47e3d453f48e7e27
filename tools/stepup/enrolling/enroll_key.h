/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of `stepup enroll` that are about keys: which one is meant, and its proof.
 * Layer: tools/stepup/enrolling/.
 */
#ifndef STEPUP_TOOLS_ENROLL_KEY_H
#define STEPUP_TOOLS_ENROLL_KEY_H

#include "tools/stepup/calls/doors.h"

/* The key that is to be enrolled; zero it first. */
struct key_choice {
	const char *way;	 /* "seat" or "agent" */
	const char *agent_socket; /* borrowed */
	json_t *key;		 /* agent: {key, label} */
	json_t *attestation;	 /* agent: {blob, challenge}, where the person has one */
};

/* Finds it, before anybody is asked for anything: `type` is "key" or "agent". Says what is missing
 * and how to get it. */
enum exit_status key_choose(const struct invocation *invocation, const char *type, struct key_choice *choice);
void key_choice_clear(struct key_choice *choice);

/* Adds to EnrollBegin's parameters how the key is reached, and its comment as the label where the
 * person names none. */
void key_add_parameters(const struct key_choice *choice, json_t *parameters);

/* Has the key answer what EnrollBegin asked, and hands that over; `*finished` is EnrollFinish's reply. */
enum exit_status key_prove(struct doors *doors, const struct key_choice *choice, const json_t *begun,
	json_t **finished);

#endif
