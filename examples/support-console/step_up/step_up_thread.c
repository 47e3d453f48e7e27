/* SPDX-License-Identifier: BSD-2-Clause */
/* A step-up's own thread: questions go out to the browser, answers come in with later requests; see
 * step_up_internal.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/step_up/step_up_internal.h"

#define ANSWER_SECONDS 120 /* the longest that a question stands */

char *attempt_ask(struct attempt *attempt, json_t *question)
{
	struct bridge *bridge = attempt->bridge;
	struct timespec until = monotonic_in(ANSWER_SECONDS);
	char *answer = NULL;

	if (!json_is_object(question)) {
		json_decref(question);
		return NULL;
	}
	pthread_mutex_lock(&bridge->mutex);
	json_decref(attempt->message);
	attempt->message = question;
	attempt->state = ATTEMPT_QUESTION;
	pthread_cond_broadcast(&attempt->changed);
	while (!attempt->answer && !attempt->given_up) {
		if (pthread_cond_timedwait(&attempt->changed, &bridge->mutex, &until) == ETIMEDOUT)
			break;
	}
	answer = attempt->given_up ? NULL : attempt->answer;
	if (answer)
		attempt->answer = NULL;
	json_decref(attempt->message);
	attempt->message = NULL;
	attempt->state = ATTEMPT_RUNNING;
	pthread_mutex_unlock(&bridge->mutex);
	return answer;
}

void attempt_hear(struct attempt *attempt, json_t *message)
{
	const char *type = json_string_value(json_object_get(message, "type"));

	if (!json_is_object(message)) {
		json_decref(message);
		return;
	}
	pthread_mutex_lock(&attempt->bridge->mutex);
	json_decref(attempt->message);
	attempt->message = message;
	if (type && !strcmp(type, "waiting")) {
		attempt->state = ATTEMPT_WAITING;
		pthread_cond_broadcast(&attempt->changed);
	}
	pthread_mutex_unlock(&attempt->bridge->mutex);
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
	struct attempt *attempt = data;
	struct bridge *bridge = attempt->bridge;
	struct step_up_grant grant = {.subject = attempt->grant.subject};
	bool granted = grant.subject.direct ? step_up_direct(attempt, &grant)
		: step_up_through_pam(attempt, &grant);

	pthread_mutex_lock(&bridge->mutex);
	attempt->state = granted ? ATTEMPT_GRANTED : ATTEMPT_REFUSED;
	if (granted && attempt->stopped)
		attempt_late(attempt);
	else if (granted)
		attempt->grant = grant;
	attempt->ended = monotonic_in(0).tv_sec;
	pthread_cond_broadcast(&attempt->changed);
	attempt_release(attempt);
	if (!--bridge->threads)
		pthread_cond_broadcast(&bridge->idle);
	pthread_mutex_unlock(&bridge->mutex);
	explicit_bzero(&grant, sizeof(grant));
	return NULL;
}
