/* SPDX-License-Identifier: BSD-2-Clause */
/* A step-up's own thread: questions go out to the browser, answers come in with later requests; see
 * step_up_internal.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/step_up/step_up_internal.h"

#define ANSWER_SECONDS 120 /* the longest that a question stands */

char *step_up_ask(struct step_up *step_up, json_t *question)
{
	struct bridge *bridge = step_up->bridge;
	struct timespec until = monotonic_in(ANSWER_SECONDS);
	char *answer = NULL;

	if (!json_is_object(question)) {
		json_decref(question);
		return NULL;
	}
	pthread_mutex_lock(&bridge->mutex);
	json_decref(step_up->message);
	step_up->message = question;
	step_up->state = STEP_UP_QUESTION;
	pthread_cond_broadcast(&step_up->changed);
	while (!step_up->answer && !step_up->given_up) {
		if (pthread_cond_timedwait(&step_up->changed, &bridge->mutex, &until) == ETIMEDOUT)
			break;
	}
	answer = step_up->given_up ? NULL : step_up->answer;
	if (answer)
		step_up->answer = NULL;
	json_decref(step_up->message);
	step_up->message = NULL;
	step_up->state = STEP_UP_RUNNING;
	pthread_mutex_unlock(&bridge->mutex);
	return answer;
}

void step_up_hear(struct step_up *step_up, json_t *message)
{
	const char *type = json_string_value(json_object_get(message, "type"));

	if (!json_is_object(message)) {
		json_decref(message);
		return;
	}
	pthread_mutex_lock(&step_up->bridge->mutex);
	json_decref(step_up->message);
	step_up->message = message;
	if (type && !strcmp(type, "waiting")) {
		step_up->state = STEP_UP_WAITING;
		pthread_cond_broadcast(&step_up->changed);
	}
	pthread_mutex_unlock(&step_up->bridge->mutex);
}

json_t *step_up_details(const struct step_up_subject *subject)
{
	json_t *details = json_object();

	if (details &&
	    (!*subject->account || !json_object_set_new(details, "account", json_string(subject->account))) &&
	    (!subject->records || !json_object_set_new(details, "records", json_integer(subject->records))) &&
	    (!*subject->type || !json_object_set_new(details, "type", json_string(subject->type))) &&
	    (!*subject->credential ||
		    !json_object_set_new(details, "credential", json_string(subject->credential))))
		return details;
	json_decref(details);
	return NULL;
}

void *step_up_thread(void *data)
{
	struct step_up *step_up = data;
	struct bridge *bridge = step_up->bridge;
	struct step_up_grant grant = {.subject = step_up->grant.subject};
	bool granted = grant.subject.direct ? step_up_direct(step_up, &grant)
		: step_up_through_pam(step_up, &grant);

	pthread_mutex_lock(&bridge->mutex);
	step_up->state = granted ? STEP_UP_GRANTED : STEP_UP_REFUSED;
	if (granted && step_up->stopped)
		step_up_late(step_up);
	else if (granted)
		step_up->grant = grant;
	step_up->ended = monotonic_in(0).tv_sec;
	pthread_cond_broadcast(&step_up->changed);
	step_up_release(step_up);
	if (!--bridge->threads)
		pthread_cond_broadcast(&bridge->idle);
	pthread_mutex_unlock(&bridge->mutex);
	explicit_bzero(&grant, sizeof(grant));
	return NULL;
}
