/* SPDX-License-Identifier: BSD-2-Clause */
/* Trying on; see patience.h. */
#include "verifier/patience.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "verifier/host/journal.h"
#include "verifier/server/unavailable.h"

#define TRY_SECONDS 120 /* what a try may take, for the service manager's patience */

enum { HANDLE_TIMER, HANDLE_TERMINATE, HANDLE_INTERRUPT, HANDLE_HANGUP, HANDLE_COUNT };

struct patience {
	uv_loop_t *loop;
	struct unavailable *unavailable;
	uv_timer_t timer;
	uv_signal_t signals[HANDLE_COUNT]; /* HANDLE_TIMER's place is empty */
	size_t handles;
	uint64_t pause_ms;
	bool over, ended; /* the pause is over; somebody wants an end */
	char *told;       /* what was said last */
};

bool patience_has(enum stepup_error error)
{
	switch (error) {
	case STEPUP_NO_MEMORY:
	case STEPUP_IO:      /* full, read-only, failing, not mounted yet */
	case STEPUP_TIMEOUT: /* another program writes */
	case STEPUP_EXISTS:  /* another verifier has it */
		return true;
	case STEPUP_OK:
	case STEPUP_NOT_ENROLLED:
	case STEPUP_TOO_WEAK:
	case STEPUP_LOCKED:
	case STEPUP_FROZEN:
	case STEPUP_THROTTLED:
	case STEPUP_OVER_LIMIT:
	case STEPUP_NEEDS_APPROVAL:
	case STEPUP_BAD_ANSWER:
	case STEPUP_EXPIRED:
	case STEPUP_NOT_ALLOWED:
	case STEPUP_BAD_DETAILS:
	case STEPUP_UNKNOWN_ACTION:
	case STEPUP_REDEEMED:
	case STEPUP_UNAVAILABLE:
	case STEPUP_INVALID:
	case STEPUP_TOO_LONG:
	case STEPUP_NOT_FOUND:
	case STEPUP_CORRUPT:
	case STEPUP_UNSAFE_FILE:
	case STEPUP_UNREACHABLE:
	case STEPUP_CANCELLED:
	case STEPUP_INTERNAL:
		return false;
	}
	return false;
}

uint64_t patience_pause_after(uint64_t pause_ms)
{
	if (pause_ms == 0)
		return PATIENCE_FIRST_MS;
	return pause_ms < PATIENCE_LONGEST_MS / 2 ? 2 * pause_ms : PATIENCE_LONGEST_MS;
}

static void on_timer(uv_timer_t *timer)
{
	struct patience *patience = timer->data;

	patience->over = true;
	uv_stop(patience->loop);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
	struct patience *patience = handle->data;

	patience->over = true;
	patience->ended = patience->ended || signal_number != SIGHUP;
	uv_stop(patience->loop);
}

static void on_closed(uv_handle_t *handle)
{
	struct patience *patience = handle->data;

	patience->handles--;
}

static enum stepup_error signal_take(struct patience *patience, int which, int signal_number)
{
	uv_signal_t *handle = &patience->signals[which];

	if (uv_signal_init(patience->loop, handle) != 0)
		return STEPUP_NO_MEMORY;
	handle->data = patience;
	patience->handles++;
	return uv_signal_start(handle, on_signal, signal_number) == 0 ? STEPUP_OK : STEPUP_NO_MEMORY;
}

enum stepup_error patience_begin(uv_loop_t *loop, const struct sockets *sockets, struct patience **patience)
{
	static const int taken[HANDLE_COUNT] = {0, SIGTERM, SIGINT, SIGHUP};
	struct patience *made = calloc(1, sizeof(*made));
	enum stepup_error error = STEPUP_OK;

	if (made == NULL || uv_timer_init(loop, &made->timer) != 0) {
		free(made);
		return STEPUP_NO_MEMORY;
	}
	made->loop = loop;
	made->timer.data = made;
	made->handles = 1;
	*patience = made;
	for (int i = HANDLE_TIMER + 1; error == STEPUP_OK && i < HANDLE_COUNT; i++)
		error = signal_take(made, i, taken[i]);
	if (error == STEPUP_OK)
		error = unavailable_open(loop, sockets, &made->unavailable);
	if (error != STEPUP_OK)
		(void)patience_end(patience);
	return error;
}

static void pause_for(struct patience *patience, uint64_t ms)
{
	patience->over = patience->ended || uv_timer_start(&patience->timer, on_timer, ms, 0) != 0;
	while (!patience->over)
		(void)uv_run(patience->loop, UV_RUN_DEFAULT);
	(void)uv_timer_stop(&patience->timer);
}

/* The service manager is told each time, the journal where the cause is a new one. */
static void patience_tell(struct patience *patience, const char *why)
{
	uint64_t seconds = patience->pause_ms / 1000;

	(void)sd_notifyf(0, "STATUS=Not serving yet, trying again in %" PRIu64 " s: %s\nEXTEND_TIMEOUT_USEC=%"
		PRIu64, seconds, why, (seconds + TRY_SECONDS) * UINT64_C(1000000));
	if (patience->told != NULL && strcmp(patience->told, why) == 0)
		return;
	journal_lines(LOG_ERR, "waiting", why);
	journal_line(LOG_ERR, "waiting",
		"Nothing is approved until this is over. Trying again after pauses of 1 to %d s.",
		PATIENCE_LONGEST_MS / 1000);
	free(patience->told);
	patience->told = strdup(why);
}

bool patience_wait(struct patience *patience, const char *why)
{
	patience->pause_ms = patience_pause_after(patience->pause_ms);
	patience_tell(patience, why);
	pause_for(patience, patience->pause_ms);
	return !patience->ended;
}

void patience_refuse(struct patience *patience)
{
	pause_for(patience, PATIENCE_REFUSED_MS);
}

bool patience_end(struct patience **patience)
{
	struct patience *ended = *patience;
	bool go_on = true;

	if (ended == NULL)
		return true;
	*patience = NULL;
	(void)uv_run(ended->loop, UV_RUN_NOWAIT); /* a signal of the last moment */
	unavailable_close(&ended->unavailable);
	uv_close((uv_handle_t *)&ended->timer, on_closed);
	for (int i = HANDLE_TIMER + 1; i < HANDLE_COUNT; i++)
		if (ended->signals[i].data != NULL)
			uv_close((uv_handle_t *)&ended->signals[i], on_closed);
	while (ended->handles > 0)
		(void)uv_run(ended->loop, UV_RUN_NOWAIT);
	go_on = !ended->ended;
	free(ended->told);
	free(ended);
	return go_on;
}
