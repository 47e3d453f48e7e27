/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions in memory; see session.h. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "examples/support-console/data/session.h"

#define SESSIONS_MAX 512
#define SESSIONS_PER_USER 8
#define IDLE_SECONDS (30 * 60)
#define WHOLE_SECONDS (8 * 60 * 60)
#define PASSWORD_SECONDS (5 * 60) /* between the password and the code */

struct sessions {
	pthread_mutex_t mutex;
	struct session slots[SESSIONS_MAX]; /* free where the token is empty */
};

static int64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

bool token_make(char token[TOKEN_SIZE])
{
	unsigned char bytes[32];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
	return true;
}

bool token_equal(const char *a, const char *b)
{
	unsigned char different = 0;

	if (!a || !b || strlen(a) != TOKEN_SIZE - 1 || strlen(b) != TOKEN_SIZE - 1)
		return false;
	for (size_t i = 0; i < TOKEN_SIZE - 1; i++)
		different = (unsigned char)(different | (a[i] ^ b[i]));
	return !different;
}

struct sessions *sessions_new(void)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions)
		pthread_mutex_init(&sessions->mutex, NULL);
	return sessions;
}

void sessions_free(struct sessions **sessions)
{
	if (!*sessions)
		return;
	pthread_mutex_destroy(&(*sessions)->mutex);
	explicit_bzero(*sessions, sizeof(**sessions));
	free(*sessions);
	*sessions = NULL;
}

static bool session_over(const struct session *session, int64_t now)
{
	int64_t idle = session->stage == SESSION_PASSWORD ? PASSWORD_SECONDS : IDLE_SECONDS;

	return now - session->seen > idle || now - session->started > WHOLE_SECONDS;
}

/* The live session of that token, NULL where there is none. With the mutex held. */
static struct session *session_slot(struct sessions *sessions, const char *token)
{
	int64_t now = now_seconds();

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = &sessions->slots[i];

		if (session->token[0] && session_over(session, now))
			explicit_bzero(session, sizeof(*session));
		if (session->token[0] && token_equal(session->token, token))
			return session;
	}
	return NULL;
}

/* Whether one makes room rather than another of the same user: whoever has only the password ends no session
 * that took more than that. */
static bool goes_before(const struct session *session, const struct session *other)
{
	if (!other || session->stage != other->stage)
		return !other || session->stage == SESSION_PASSWORD;
	return session->seen < other->seen;
}

/* A slot for one more session of this user: one of the user's own makes room where the user has too many. */
static struct session *session_room(struct sessions *sessions, const char *user)
{
	struct session *room = NULL, *oldest = NULL;
	int64_t now = now_seconds();
	size_t own = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = &sessions->slots[i];

		if (!session->token[0] || session_over(session, now)) {
			room = session;
		} else if (!strcmp(session->user, user)) {
			own++;
			if (goes_before(session, oldest))
				oldest = session;
		}
	}
	return own >= SESSIONS_PER_USER ? oldest : room;
}

static bool session_ids(struct session *session)
{
	return token_make(session->token) && token_make(session->csrf) && token_make(session->step_up);
}

bool session_start(struct sessions *sessions, const char *user, struct session *copy)
{
	struct session fresh = {.stage = SESSION_PASSWORD};
	struct session *slot;
	bool done = false;

	fresh.started = fresh.seen = now_seconds();
	if (strlen(user) >= sizeof(fresh.user) || !session_ids(&fresh))
		return false;
	strcpy(fresh.user, user);
	pthread_mutex_lock(&sessions->mutex);
	slot = session_room(sessions, user);
	if (slot) {
		*slot = *copy = fresh;
		done = true;
	}
	pthread_mutex_unlock(&sessions->mutex);
	explicit_bzero(&fresh, sizeof(fresh));
	return done;
}

bool session_find(struct sessions *sessions, const char *token, struct session *copy)
{
	struct session *session;

	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session)
		*copy = *session;
	pthread_mutex_unlock(&sessions->mutex);
	return session;
}

void session_seen(struct sessions *sessions, const char *token)
{
	struct session *session;

	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session)
		session->seen = now_seconds();
	pthread_mutex_unlock(&sessions->mutex);
}

bool session_sign_in(struct sessions *sessions, const char *token, struct session *copy)
{
	struct session *session;
	bool done = false;

	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session && session_ids(session)) {
		session->stage = SESSION_SIGNED_IN;
		session->started = session->seen = now_seconds();
		*copy = *session;
		done = true;
	}
	pthread_mutex_unlock(&sessions->mutex);
	return done;
}

void session_end(struct sessions *sessions, const char *token)
{
	struct session *session;

	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session)
		explicit_bzero(session, sizeof(*session));
	pthread_mutex_unlock(&sessions->mutex);
}

void session_allow_view(struct sessions *sessions, const char *token, const char *account)
{
	struct session *session;
	size_t slot = 0;

	if (strlen(account) >= ACCOUNT_SIZE)
		return;
	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	while (session && slot < VIEWS_MAX && strcmp(session->views[slot].account, account))
		slot++;
	if (session && slot == VIEWS_MAX) {
		slot = session->next_view;
		session->next_view = (slot + 1) % VIEWS_MAX;
	}
	if (session) {
		strcpy(session->views[slot].account, account);
		session->views[slot].until = now_seconds() + VIEW_SECONDS;
	}
	pthread_mutex_unlock(&sessions->mutex);
}

bool session_may_view(const struct session *session, const char *account)
{
	for (size_t i = 0; i < VIEWS_MAX; i++) {
		if (!strcmp(session->views[i].account, account))
			return session->views[i].until > now_seconds();
	}
	return false;
}

void session_keep_receipt(struct sessions *sessions, const char *token, const char *receipt)
{
	struct session *session;

	if (strlen(receipt) >= RECEIPT_SIZE)
		return;
	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session)
		strcpy(session->receipt, receipt);
	pthread_mutex_unlock(&sessions->mutex);
}

bool session_keep_enrolment(struct sessions *sessions, const char *token, const char *enrolment)
{
	struct session *session;

	if (strlen(enrolment) >= sizeof(session->enrolment))
		return false;
	pthread_mutex_lock(&sessions->mutex);
	session = session_slot(sessions, token);
	if (session)
		strcpy(session->enrolment, enrolment);
	pthread_mutex_unlock(&sessions->mutex);
	return session;
}
