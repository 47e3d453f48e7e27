/* SPDX-License-Identifier: BSD-2-Clause */
/* The doors while the verifier can't serve; see unavailable.h. A message is read to its end, as a socket that
 * is closed with bytes unread loses its answer. */
#include "verifier/server/unavailable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/wipe.h"
#include "lib/wire/frame.h"
#include "verifier/server/door.h"

#define SENTENCE "The verifier can't use its store yet, so nothing was approved. You did nothing wrong. " \
	"Try again in a minute. " \
	"On its host, \"systemctl status stepupd\" says what it waits for."
#define CALLER_SECONDS 10
#define SWEEP_MS 1000

struct listening {
	uv_poll_t poll;
	struct unavailable *of;
	int fd;
	char *answer; /* a whole frame; never of a secret */
	size_t answer_size;
};

struct turned_away {
	uv_poll_t poll;
	const struct listening *at;
	struct turned_away *next, *previous;
	int fd;
	size_t taken; /* bytes of its message */
	uint64_t since_ms;
};

struct unavailable {
	uv_loop_t *loop;
	uv_timer_t sweep;
	struct listening doors[SOCKET_COUNT];
	struct turned_away *callers;
	size_t caller_count;
	size_t handles; /* of all of it, in the loop */
	char buffer[16384]; /* wiped after each read */
};

/* --- callers --- */

static void caller_closed(uv_handle_t *handle)
{
	struct turned_away *caller = handle->data;

	caller->at->of->handles--;
	free(caller);
}

static void caller_end(struct turned_away *caller)
{
	struct unavailable *of = caller->at->of;

	if (caller->next != NULL)
		caller->next->previous = caller->previous;
	*(caller->previous != NULL ? &caller->previous->next : &of->callers) = caller->next;
	of->caller_count--;
	uv_close((uv_handle_t *)&caller->poll, caller_closed);
	(void)close(caller->fd);
}

/* Answers where the message is whole. One answer is all there is, and fits any socket's buffer. */
static void caller_read(uv_poll_t *poll, int status, int events)
{
	struct turned_away *caller = poll->data;
	const struct listening *at = caller->at;
	char *buffer = at->of->buffer;
	ssize_t n = status < 0 ? 0 : recv(caller->fd, buffer, sizeof(at->of->buffer), MSG_DONTWAIT);
	bool whole = n > 0 && memchr(buffer, '\0', (size_t)n) != NULL;

	(void)events;
	if (n <= 0) {
		caller_end(caller);
		return;
	}
	wipe_memory(buffer, (size_t)n);
	caller->taken += (size_t)n;
	if (!whole && caller->taken < FRAME_SIZE_MAX)
		return;
	(void)send(caller->fd, at->answer, at->answer_size, MSG_NOSIGNAL | MSG_DONTWAIT);
	caller_end(caller);
}

static void unavailable_welcome(struct listening *at, int fd)
{
	struct unavailable *of = at->of;
	struct turned_away *caller =
		of->caller_count < UNAVAILABLE_CALLERS_MAX ? calloc(1, sizeof(*caller)) : NULL;

	if (caller == NULL || uv_poll_init(of->loop, &caller->poll, fd) != 0) {
		free(caller);
		(void)close(fd);
		return;
	}
	*caller = (struct turned_away){
		.poll = caller->poll, .at = at, .next = of->callers, .fd = fd, .since_ms = uv_now(of->loop)};
	caller->poll.data = caller;
	if (caller->next != NULL)
		caller->next->previous = caller;
	of->callers = caller;
	of->caller_count++;
	of->handles++;
	if (uv_poll_start(&caller->poll, UV_READABLE, caller_read) != 0)
		caller_end(caller);
}

static void unavailable_on_connect(uv_poll_t *poll, int status, int events)
{
	struct listening *at = poll->data;
	int fd = status < 0 ? -1 : accept4(at->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0)
		unavailable_welcome(at, fd);
}

static void on_sweep(uv_timer_t *timer)
{
	struct unavailable *of = timer->data;
	struct turned_away *caller = of->callers;

	while (caller != NULL) {
		struct turned_away *next = caller->next;

		if (uv_now(of->loop) - caller->since_ms >= CALLER_SECONDS * 1000)
			caller_end(caller);
		caller = next;
	}
}

/* --- all of it --- */

static enum stepup_error answer_make(struct listening *at, const struct door *door)
{
	json_t *parameters = json_pack("{s:s}", "message", SENTENCE);
	char *error = NULL;

	if (parameters != NULL &&
	    asprintf(&error, "%s.%s", door->interface->name, stepup_error_name(STEPUP_UNAVAILABLE)) >= 0)
		at->answer = door_frame(error, parameters, false, &at->answer_size);
	free(error);
	json_decref(parameters);
	return at->answer != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static enum stepup_error listen_at(struct unavailable *of, int which, int fd)
{
	struct listening *at = &of->doors[which];
	enum stepup_error error = answer_make(at, sockets_door(which));

	at->of = of;
	at->fd = fd;
	if (error != STEPUP_OK || uv_poll_init(of->loop, &at->poll, fd) != 0)
		return STEPUP_NO_MEMORY;
	at->poll.data = at;
	of->handles++;
	return uv_poll_start(&at->poll, UV_READABLE, unavailable_on_connect) == 0 ? STEPUP_OK
		: STEPUP_NO_MEMORY;
}

static void listening_closed(uv_handle_t *handle)
{
	struct listening *at = handle->data;

	at->of->handles--;
}

static void sweep_closed(uv_handle_t *handle)
{
	struct unavailable *of = handle->data;

	of->handles--;
}

enum stepup_error unavailable_open(uv_loop_t *loop, const struct sockets *sockets,
	struct unavailable **unavailable)
{
	struct unavailable *made = calloc(1, sizeof(*made));
	enum stepup_error error = STEPUP_OK;

	if (made == NULL || uv_timer_init(loop, &made->sweep) != 0) {
		free(made);
		return STEPUP_NO_MEMORY;
	}
	made->loop = loop;
	made->sweep.data = made;
	made->handles = 1;
	*unavailable = made;
	if (uv_timer_start(&made->sweep, on_sweep, SWEEP_MS, SWEEP_MS) != 0)
		error = STEPUP_NO_MEMORY;
	for (int i = 0; error == STEPUP_OK && i < SOCKET_COUNT; i++)
		if (sockets->fds[i] >= 0)
			error = listen_at(made, i, sockets->fds[i]);
	if (error != STEPUP_OK)
		unavailable_close(unavailable);
	return error;
}

void unavailable_close(struct unavailable **unavailable)
{
	struct unavailable *closed = *unavailable;

	if (closed == NULL)
		return;
	*unavailable = NULL;
	while (closed->callers != NULL)
		caller_end(closed->callers);
	for (int i = 0; i < SOCKET_COUNT; i++)
		if (closed->doors[i].poll.data != NULL)
			uv_close((uv_handle_t *)&closed->doors[i].poll, listening_closed);
	uv_close((uv_handle_t *)&closed->sweep, sweep_closed);
	while (closed->handles > 0)
		(void)uv_run(closed->loop, UV_RUN_NOWAIT);
	for (int i = 0; i < SOCKET_COUNT; i++)
		free(closed->doors[i].answer);
	free(closed);
}
