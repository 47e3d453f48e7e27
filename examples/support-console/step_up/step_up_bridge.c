/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of step-ups, and what requests ask of it; see step_up_bridge.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/step_up/step_up_internal.h"

#define STEP_UPS_MAX 128     /* under way */
/* of these; and as many that have ended, of which a page may still ask what came of them */
#define STEP_UPS_PER_USER 4
#define GRANT_SECONDS 60
#define MODULE_SECONDS 20  /* the longest that a request waits for the module */
#define PAGE_SECONDS 60	   /* a page that has not asked for so long, in spite of MODULE_SECONDS, has gone */

struct timespec monotonic_in(int64_t seconds)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += seconds;
	return when;
}

void text_wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct bridge *bridge_new(const char *service, const char *confdir, const char *verifier_socket)
{
	struct bridge *bridge = calloc(1, sizeof(*bridge));

	if (!bridge)
		return NULL;
	pthread_mutex_init(&bridge->mutex, NULL);
	condition_init(&bridge->idle);
	bridge->service = strdup(service);
	bridge->confdir = confdir ? strdup(confdir) : NULL;
	bridge->verifier_socket = strdup(verifier_socket);
	if (!bridge->service || (confdir && !bridge->confdir) || !bridge->verifier_socket)
		bridge_free(&bridge);
	return bridge;
}

void attempt_release(struct attempt *attempt)
{
	if (--attempt->references)
		return;
	json_decref(attempt->message);
	text_wipe(&attempt->answer);
	pthread_cond_destroy(&attempt->changed);
	explicit_bzero(attempt, sizeof(*attempt));
	free(attempt);
}

/* --- taking back --- */

/* The request that a step-up waits for; "" where it doesn't wait. With the mutex held. */
static void request_of(const struct attempt *attempt, char request[REQUEST_SIZE])
{
	const char *name = json_string_value(json_object_get(attempt->message, "request"));

	*request = '\0';
	if (attempt->state == ATTEMPT_WAITING && name)
		snprintf(request, REQUEST_SIZE, "%s", name);
}

static void take_back(const struct bridge *bridge, const char *request, struct verifier_reply *reply)
{
	verifier_call(bridge->verifier_socket, "CancelRequest",
		json_pack("{s:s}", "request", request), reply);
}

/* Takes it off the list and wakes its thread, which then ends. With the mutex held. */
static void attempt_drop(struct attempt **link)
{
	struct attempt *attempt = *link;

	*link = attempt->next;
	attempt->given_up = true;
	pthread_cond_broadcast(&attempt->changed);
	attempt_release(attempt);
}

/* Drops one and takes back what it waits for; the mutex is held, but not meanwhile. */
static void attempt_abandon(struct bridge *bridge, struct attempt **link)
{
	struct verifier_reply reply;
	char request[REQUEST_SIZE];

	request_of(*link, request);
	attempt_drop(link);
	if (!*request)
		return;
	pthread_mutex_unlock(&bridge->mutex);
	take_back(bridge, request, &reply); /* where that fails, it expires by itself */
	reply_clear(&reply);
	pthread_mutex_lock(&bridge->mutex);
}

void bridge_free(struct bridge **bridge)
{
	struct bridge *b = *bridge;

	if (!b)
		return;
	pthread_mutex_lock(&b->mutex);
	b->closing = true;
	while (b->list)
		attempt_abandon(b, &b->list);
	while (b->threads)
		pthread_cond_wait(&b->idle, &b->mutex);
	pthread_mutex_unlock(&b->mutex);
	pthread_cond_destroy(&b->idle);
	pthread_mutex_destroy(&b->mutex);
	free(b->service);
	free(b->confdir);
	free(b->verifier_socket);
	free(b);
	*bridge = NULL;
}

/* Drops what ended more than GRANT_SECONDS ago, and of what this user's ended the oldest: who
 * begins and gives up takes room from nobody else. Counts what is under way, of the user and in
 * all. With the mutex held. */
static size_t bridge_tidy(struct bridge *bridge, const char *user, size_t *all)
{
	int64_t now = monotonic_in(0).tv_sec;
	struct attempt **link = &bridge->list; /* newest first */
	size_t own = 0, own_ended = 0;

	*all = 0;
	while (*link) {
		bool is_own = !strcmp((*link)->user, user), ended = (*link)->ended != 0;

		own_ended += is_own && ended;
		if (ended &&
		    (now - (*link)->ended > GRANT_SECONDS || (is_own && own_ended > STEP_UPS_PER_USER))) {
			attempt_drop(link);
			continue;
		}
		*all += !ended;
		own += is_own && !ended;
		link = &(*link)->next;
	}
	return own;
}

/* With the mutex held. */
static struct attempt **bridge_find(struct bridge *bridge, const struct session *session, const char *id)
{
	for (struct attempt **link = &bridge->list; *link; link = &(*link)->next) {
		if (token_equal((*link)->id, id) && token_equal((*link)->owner, session->token))
			return link;
	}
	return NULL;
}

/* Waits until it isn't in this state any more (running: for a question or the end), and copies what there is.
 * With the mutex held. */
static void attempt_wait(struct attempt *attempt, enum attempt_state state, struct step_up_view *view)
{
	struct timespec until = monotonic_in(MODULE_SECONDS);

	attempt->watchers++;
	while (attempt->state == state && !attempt->given_up) {
		if (pthread_cond_timedwait(&attempt->changed, &attempt->bridge->mutex, &until) == ETIMEDOUT)
			break;
	}
	attempt->watchers--;
	attempt->watched = monotonic_in(0).tv_sec;
	strcpy(view->id, attempt->id);
	view->state = attempt->given_up ? ATTEMPT_GONE : attempt->state;
	view->subject = attempt->grant.subject;
	view->message = json_deep_copy(attempt->message);
}

void attempt_late(struct attempt *attempt)
{
	attempt->state = ATTEMPT_REFUSED;
	explicit_bzero(attempt->grant.receipt, sizeof(attempt->grant.receipt));
	explicit_bzero(attempt->grant.authorization, sizeof(attempt->grant.authorization));
	json_decref(attempt->message);
	attempt->message = json_pack("{s:s, s:s}", "type", "refused", "message", "It was approved just "
		"before you cancelled. Nothing was done, and that approval can't be used any more.");
}

/* Starts the thread; the list and the thread hold a reference each. With the mutex held. */
static bool step_up_start(struct bridge *bridge, struct attempt *attempt)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	attempt->references = 2;
	started = !pthread_create(&thread, &attributes, step_up_thread, attempt);
	pthread_attr_destroy(&attributes);
	if (!started) {
		attempt->references = 1;
		attempt_release(attempt);
		return false;
	}
	bridge->threads++;
	attempt->next = bridge->list;
	bridge->list = attempt;
	return true;
}

static struct attempt *attempt_new(struct bridge *bridge, const struct session *session, const char *rhost,
	const struct step_up_subject *subject)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	if (!token_make(attempt->id)) {
		free(attempt);
		return NULL;
	}
	attempt->bridge = bridge;
	attempt->grant.subject = *subject;
	strcpy(attempt->owner, session->token);
	strcpy(attempt->step_up_session, session->step_up);
	strcpy(attempt->user, session->user);
	snprintf(attempt->rhost, sizeof(attempt->rhost), "%s", rhost);
	condition_init(&attempt->changed);
	return attempt;
}

void bridge_begin(struct bridge *bridge, const struct session *session, const char *rhost,
	const struct step_up_subject *subject, struct step_up_view *view)
{
	struct attempt *attempt = attempt_new(bridge, session, rhost, subject);
	size_t all;

	*view = (struct step_up_view){.state = ATTEMPT_GONE};
	if (!attempt)
		return;
	pthread_mutex_lock(&bridge->mutex);
	if (bridge->closing || bridge_tidy(bridge, session->user, &all) >= STEP_UPS_PER_USER ||
	    all >= STEP_UPS_MAX) {
		attempt->references = 1;
		attempt_release(attempt);
	} else if (step_up_start(bridge, attempt)) {
		attempt->references++;
		attempt_wait(attempt, ATTEMPT_RUNNING, view);
		attempt_release(attempt);
	}
	pthread_mutex_unlock(&bridge->mutex);
}

/* Hands the answer over and waits for what comes of it. With the mutex held; takes over the text. */
static void give_answer(struct attempt *attempt, char **text, struct step_up_view *view)
{
	attempt->answer = *text;
	*text = NULL;
	attempt->state = ATTEMPT_RUNNING;
	attempt->references++;
	pthread_cond_broadcast(&attempt->changed);
	attempt_wait(attempt, ATTEMPT_RUNNING, view);
	attempt_release(attempt);
}

/* Takes the request back, which ends the wait, or says why not. With the mutex held, but not meanwhile. */
static void stop_waiting(struct bridge *bridge, struct attempt *attempt, struct step_up_view *view)
{
	struct verifier_reply reply;
	char request[REQUEST_SIZE];
	bool answered;

	request_of(attempt, request);
	attempt->stopped = true;
	attempt->references++;
	pthread_mutex_unlock(&bridge->mutex);
	take_back(bridge, request, &reply);
	answered = reply_is_good(&reply) || strcmp(reply.error, "Unreachable") != 0;
	pthread_mutex_lock(&bridge->mutex);
	attempt_wait(attempt, answered ? ATTEMPT_WAITING : ATTEMPT_GONE, view);
	if (view->state == ATTEMPT_WAITING) { /* it goes on without this page, until it expires */
		json_decref(view->message);
		view->state = ATTEMPT_REFUSED;
		view->message = json_pack("{s:s, s:s}", "type", "refused", "message", reply.message);
	}
	reply_clear(&reply);
	attempt_release(attempt);
}

void bridge_answer(struct bridge *bridge, const struct session *session, const char *id, const json_t *answer,
	struct step_up_view *view)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	struct attempt **link;

	*view = (struct step_up_view){.state = ATTEMPT_GONE};
	pthread_mutex_lock(&bridge->mutex);
	link = bridge_find(bridge, session, id);
	if (link && text && (*link)->state == ATTEMPT_QUESTION && !(*link)->answer) {
		give_answer(*link, &text, view);
	} else if (link && json_is_true(json_object_get(answer, "wait"))) {
		struct attempt *attempt = *link;

		attempt->references++;
		attempt_wait(attempt, ATTEMPT_WAITING, view);
		attempt_release(attempt);
	} else if (link && (*link)->state == ATTEMPT_WAITING) {
		stop_waiting(bridge, *link, view);
	} else if (link && (*link)->state == ATTEMPT_GRANTED) {
		attempt_late(*link);
		attempt_wait(*link, ATTEMPT_GONE, view);
	}
	pthread_mutex_unlock(&bridge->mutex);
	text_wipe(&text);
}

bool bridge_take(struct bridge *bridge, const struct session *session, const char *id, const char *action,
	struct step_up_grant *grant)
{
	struct attempt **link;
	bool granted = false;
	size_t all;

	pthread_mutex_lock(&bridge->mutex);
	bridge_tidy(bridge, session->user, &all);
	link = bridge_find(bridge, session, id);
	if (link && (*link)->state == ATTEMPT_GRANTED && !(*link)->taken &&
	    !strcmp((*link)->grant.subject.action, action)) {
		(*link)->taken = true;
		*grant = (*link)->grant;
		granted = true;
		attempt_drop(link);
	}
	pthread_mutex_unlock(&bridge->mutex);
	return granted;
}

void bridge_receipt(struct bridge *bridge, const struct session *session, const char *id, char *receipt)
{
	struct attempt **link;

	*receipt = '\0';
	pthread_mutex_lock(&bridge->mutex);
	link = bridge_find(bridge, session, id);
	if (link && (*link)->state == ATTEMPT_GRANTED)
		strcpy(receipt, (*link)->grant.receipt);
	pthread_mutex_unlock(&bridge->mutex);
}

/* Abandons those that `matches` says, with its `what`. */
static void abandon_where(struct bridge *bridge,
	bool (*matches)(const struct attempt *attempt, const void *what), const void *what)
{
	struct attempt **link;

	pthread_mutex_lock(&bridge->mutex);
	link = &bridge->list;
	while (*link) {
		if (matches(*link, what)) {
			attempt_abandon(bridge, link);
			link = &bridge->list; /* others may have come and gone meanwhile */
		} else {
			link = &(*link)->next;
		}
	}
	pthread_mutex_unlock(&bridge->mutex);
}

static bool is_of(const struct attempt *attempt, const void *session)
{
	return token_equal(attempt->owner, ((const struct session *)session)->token);
}

void bridge_drop_session(struct bridge *bridge, const struct session *session)
{
	abandon_where(bridge, is_of, session);
}

static bool is_left_alone(const struct attempt *attempt, const void *now)
{
	return attempt->state == ATTEMPT_WAITING && !attempt->watchers &&
		((const struct timespec *)now)->tv_sec - attempt->watched > PAGE_SECONDS;
}

void bridge_tend(struct bridge *bridge)
{
	struct timespec now = monotonic_in(0);

	abandon_where(bridge, is_left_alone, &now);
}
