/* SPDX-License-Identifier: BSD-2-Clause */
/* From PAM to HTTP and back; see step_up_bridge.h. One mutex guards everything that the threads share. */
#include <errno.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/support-console/pam_environment.h"
#include "examples/support-console/step_up_bridge.h"

#define STEP_UPS_MAX 128
#define STEP_UPS_PER_USER 4
#define ANSWER_SECONDS 120 /* the longest that a question stands */
#define GRANT_SECONDS 60
#define MODULE_SECONDS 20  /* the longest that a request waits for the module */

struct step_up {
	struct bridge *bridge;
	struct step_up *next;
	unsigned references; /* the list's, the thread's, a waiting request's */
	pthread_cond_t changed;
	char id[TOKEN_SIZE], owner[TOKEN_SIZE], step_up_session[TOKEN_SIZE];
	char user[USER_SIZE], rhost[64];
	struct step_up_subject subject;
	enum step_up_state state;
	bool given_up, taken;
	json_t *message;
	char *answer; /* waiting for the conversation; wiped when read */
	char receipt[RECEIPT_SIZE];
	int64_t ended; /* seconds, CLOCK_MONOTONIC */
};

struct bridge {
	char *service, *confdir;
	pthread_mutex_t mutex;
	pthread_cond_t idle; /* `threads` fell to 0 */
	unsigned threads;
	bool closing;
	struct step_up *list;
};

static struct timespec monotonic_in(int64_t seconds)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += seconds;
	return when;
}

static void wipe_free(char **text)
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

struct bridge *bridge_new(const char *service, const char *confdir)
{
	struct bridge *bridge = calloc(1, sizeof(*bridge));

	if (!bridge)
		return NULL;
	pthread_mutex_init(&bridge->mutex, NULL);
	condition_init(&bridge->idle);
	bridge->service = strdup(service);
	bridge->confdir = confdir ? strdup(confdir) : NULL;
	if (!bridge->service || (confdir && !bridge->confdir))
		bridge_free(&bridge);
	return bridge;
}

/* With the mutex held. */
static void step_up_release(struct step_up *step_up)
{
	if (--step_up->references)
		return;
	json_decref(step_up->message);
	wipe_free(&step_up->answer);
	pthread_cond_destroy(&step_up->changed);
	explicit_bzero(step_up, sizeof(*step_up));
	free(step_up);
}

/* Takes it off the list and wakes its thread, which then ends. With the mutex held. */
static void step_up_drop(struct step_up **link)
{
	struct step_up *step_up = *link;

	*link = step_up->next;
	step_up->given_up = true;
	pthread_cond_broadcast(&step_up->changed);
	step_up_release(step_up);
}

void bridge_free(struct bridge **bridge)
{
	struct bridge *b = *bridge;

	if (!b)
		return;
	pthread_mutex_lock(&b->mutex);
	b->closing = true;
	while (b->list)
		step_up_drop(&b->list);
	while (b->threads)
		pthread_cond_wait(&b->idle, &b->mutex);
	pthread_mutex_unlock(&b->mutex);
	pthread_cond_destroy(&b->idle);
	pthread_mutex_destroy(&b->mutex);
	free(b->service);
	free(b->confdir);
	free(b);
	*bridge = NULL;
}

/* Drops what ended more than GRANT_SECONDS ago, and counts what the user has. With the mutex held. */
static size_t bridge_tidy(struct bridge *bridge, const char *user, size_t *all)
{
	int64_t now = monotonic_in(0).tv_sec;
	struct step_up **link = &bridge->list;
	size_t own = 0;

	*all = 0;
	while (*link) {
		if ((*link)->ended && now - (*link)->ended > GRANT_SECONDS) {
			step_up_drop(link);
			continue;
		}
		++*all;
		own += !strcmp((*link)->user, user) && !(*link)->ended;
		link = &(*link)->next;
	}
	return own;
}

/* With the mutex held. */
static struct step_up **bridge_find(struct bridge *bridge, const struct session *session, const char *id)
{
	for (struct step_up **link = &bridge->list; *link; link = &(*link)->next) {
		if (token_equal((*link)->id, id) && token_equal((*link)->owner, session->token))
			return link;
	}
	return NULL;
}

/* --- the module's side, in the step-up's own thread --- */

/* Puts one question and waits for its answer: a fresh text, or NULL where nobody answered. */
static char *conversation_ask(struct step_up *step_up, const char *text)
{
	struct bridge *bridge = step_up->bridge;
	json_t *question = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	struct timespec until = monotonic_in(ANSWER_SECONDS);
	char *answer = NULL;

	if (!json_is_object(question)) { /* a stack that asks for something else is not ours to answer */
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

/* Keeps what the module says; the last word counts. */
static void conversation_hear(struct step_up *step_up, const char *text)
{
	json_t *message = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(message)) {
		json_decref(message);
		return;
	}
	pthread_mutex_lock(&step_up->bridge->mutex);
	json_decref(step_up->message);
	step_up->message = message;
	pthread_mutex_unlock(&step_up->bridge->mutex);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	struct step_up *step_up = data;
	struct pam_response *replies;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	replies = calloc((size_t)count, sizeof(*replies));
	if (!replies)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		switch (messages[i]->msg_style) {
		case PAM_PROMPT_ECHO_OFF:
		case PAM_PROMPT_ECHO_ON:
			replies[i].resp = conversation_ask(step_up, messages[i]->msg);
			if (!replies[i].resp)
				goto fail;
			break;
		default:
			conversation_hear(step_up, messages[i]->msg);
		}
	}
	*responses = replies;
	return PAM_SUCCESS;
fail:
	for (int i = 0; i < count; i++)
		wipe_free(&replies[i].resp);
	free(replies);
	return PAM_CONV_ERR;
}

static int pam_open(const struct bridge *bridge, const char *user, const char *rhost, const struct pam_conv *conversation,
	pam_handle_t **handle)
{
	int result = pam_start_confdir(bridge->service, user, conversation, bridge->confdir, handle);

	if (result == PAM_SUCCESS)
		result = pam_set_item(*handle, PAM_RHOST, rhost);
	return result;
}

/* The PAM transaction from start to end. */
static int step_up_authenticate(struct step_up *step_up, char receipt[RECEIPT_SIZE])
{
	const struct pam_conv conversation = {converse, step_up};
	pam_handle_t *handle = NULL;
	const char *made;
	int result = pam_open(step_up->bridge, step_up->user, step_up->rhost, &conversation, &handle);

	if (result == PAM_SUCCESS)
		result = pam_environment_put(handle, &step_up->subject, step_up->step_up_session);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(handle, 0);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(handle, 0);
	if (result == PAM_SUCCESS) {
		made = pam_getenv(handle, "STEPUP_RECEIPT");
		if (made && strlen(made) >= RECEIPT_SIZE)
			result = PAM_SYSTEM_ERR;
		else if (made)
			strcpy(receipt, made);
	}
	if (handle)
		pam_end(handle, result);
	return result;
}

static void *step_up_thread(void *data)
{
	struct step_up *step_up = data;
	struct bridge *bridge = step_up->bridge;
	char receipt[RECEIPT_SIZE] = "";
	int result = step_up_authenticate(step_up, receipt);

	pthread_mutex_lock(&bridge->mutex);
	step_up->state = result == PAM_SUCCESS ? STEP_UP_GRANTED : STEP_UP_REFUSED;
	if (result == PAM_SUCCESS)
		strcpy(step_up->receipt, receipt);
	step_up->ended = monotonic_in(0).tv_sec;
	pthread_cond_broadcast(&step_up->changed);
	step_up_release(step_up);
	if (!--bridge->threads)
		pthread_cond_broadcast(&bridge->idle);
	pthread_mutex_unlock(&bridge->mutex);
	explicit_bzero(receipt, sizeof(receipt));
	return NULL;
}

/* --- the requests' side --- */

/* Waits for a question or the end, and copies what there is. With the mutex held. */
static void step_up_wait(struct step_up *step_up, struct step_up_view *view)
{
	struct timespec until = monotonic_in(MODULE_SECONDS);

	while (step_up->state == STEP_UP_RUNNING && !step_up->given_up) {
		if (pthread_cond_timedwait(&step_up->changed, &step_up->bridge->mutex, &until) == ETIMEDOUT)
			break;
	}
	strcpy(view->id, step_up->id);
	view->state = step_up->given_up ? STEP_UP_GONE : step_up->state;
	view->subject = step_up->subject;
	view->message = json_deep_copy(step_up->message);
}

/* Starts the thread; the list and the thread hold a reference each. With the mutex held. */
static bool step_up_start(struct bridge *bridge, struct step_up *step_up)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	step_up->references = 2;
	started = !pthread_create(&thread, &attributes, step_up_thread, step_up);
	pthread_attr_destroy(&attributes);
	if (!started) {
		step_up->references = 1;
		step_up_release(step_up);
		return false;
	}
	bridge->threads++;
	step_up->next = bridge->list;
	bridge->list = step_up;
	return true;
}

static struct step_up *step_up_new(struct bridge *bridge, const struct session *session, const char *rhost,
	const struct step_up_subject *subject)
{
	struct step_up *step_up = calloc(1, sizeof(*step_up));

	if (!step_up)
		return NULL;
	if (!token_make(step_up->id)) {
		free(step_up);
		return NULL;
	}
	step_up->bridge = bridge;
	step_up->subject = *subject;
	strcpy(step_up->owner, session->token);
	strcpy(step_up->step_up_session, session->step_up);
	strcpy(step_up->user, session->user);
	snprintf(step_up->rhost, sizeof(step_up->rhost), "%s", rhost);
	condition_init(&step_up->changed);
	return step_up;
}

void bridge_begin(struct bridge *bridge, const struct session *session, const char *rhost,
	const struct step_up_subject *subject, struct step_up_view *view)
{
	struct step_up *step_up = step_up_new(bridge, session, rhost, subject);
	size_t all;

	*view = (struct step_up_view){.state = STEP_UP_GONE};
	if (!step_up)
		return;
	pthread_mutex_lock(&bridge->mutex);
	if (bridge->closing || bridge_tidy(bridge, session->user, &all) >= STEP_UPS_PER_USER || all >= STEP_UPS_MAX) {
		step_up->references = 1;
		step_up_release(step_up);
	} else if (step_up_start(bridge, step_up)) {
		step_up->references++;
		step_up_wait(step_up, view);
		step_up_release(step_up);
	}
	pthread_mutex_unlock(&bridge->mutex);
}

void bridge_answer(struct bridge *bridge, const struct session *session, const char *id, const json_t *answer,
	struct step_up_view *view)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	struct step_up **link;

	*view = (struct step_up_view){.state = STEP_UP_GONE};
	pthread_mutex_lock(&bridge->mutex);
	link = bridge_find(bridge, session, id);
	if (link && text && (*link)->state == STEP_UP_QUESTION && !(*link)->answer) {
		struct step_up *step_up = *link;

		step_up->answer = text;
		text = NULL;
		step_up->state = STEP_UP_RUNNING;
		step_up->references++;
		pthread_cond_broadcast(&step_up->changed);
		step_up_wait(step_up, view);
		step_up_release(step_up);
	}
	pthread_mutex_unlock(&bridge->mutex);
	wipe_free(&text);
}

bool bridge_take(struct bridge *bridge, const struct session *session, const char *id, const char *action,
	struct step_up_subject *subject, char *receipt)
{
	struct step_up **link;
	bool granted = false;
	size_t all;

	pthread_mutex_lock(&bridge->mutex);
	bridge_tidy(bridge, session->user, &all);
	link = bridge_find(bridge, session, id);
	if (link && (*link)->state == STEP_UP_GRANTED && !(*link)->taken && !strcmp((*link)->subject.action, action)) {
		(*link)->taken = true;
		*subject = (*link)->subject;
		strcpy(receipt, (*link)->receipt);
		granted = true;
		step_up_drop(link);
	}
	pthread_mutex_unlock(&bridge->mutex);
	return granted;
}

void bridge_receipt(struct bridge *bridge, const struct session *session, const char *id, char *receipt)
{
	struct step_up **link;

	*receipt = '\0';
	pthread_mutex_lock(&bridge->mutex);
	link = bridge_find(bridge, session, id);
	if (link && (*link)->state == STEP_UP_GRANTED)
		strcpy(receipt, (*link)->receipt);
	pthread_mutex_unlock(&bridge->mutex);
}

void bridge_drop_session(struct bridge *bridge, const struct session *session)
{
	struct step_up **link;

	pthread_mutex_lock(&bridge->mutex);
	link = &bridge->list;
	while (*link) {
		if (token_equal((*link)->owner, session->token))
			step_up_drop(link);
		else
			link = &(*link)->next;
	}
	pthread_mutex_unlock(&bridge->mutex);
}

/* The account phase asks nothing; what it says is kept. */
static int converse_account(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	json_t **message = data;

	for (int i = 0; i < count; i++) {
		json_t *said = NULL;

		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			return PAM_CONV_ERR;
		said = json_loads(messages[i]->msg, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(said)) {
			json_decref(*message);
			*message = said;
		} else {
			json_decref(said);
		}
	}
	*responses = calloc((size_t)(count > 0 ? count : 1), sizeof(**responses));
	return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

bool bridge_account(struct bridge *bridge, const char *user, const char *rhost, json_t **message)
{
	const struct pam_conv conversation = {converse_account, message};
	pam_handle_t *handle = NULL;
	int result;

	*message = NULL;
	result = pam_open(bridge, user, rhost, &conversation, &handle);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(handle, 0);
	if (handle)
		pam_end(handle, result);
	return result == PAM_SUCCESS;
}
