/* SPDX-License-Identifier: BSD-2-Clause */
/* Several keys asked for one thing at once. */
#include "tools/stepup-authenticator/seat_race.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define STOP_PATIENCE_MS 1000 /* for a key that was told to stop */
#define STOP_EVERY_MS 20

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void seat_race_init(struct seat_race *race, struct seat_keys *keys, const void *what)
{
	*race = (struct seat_race){.count = keys->count};
	for (size_t i = 0; i < keys->count; i++)
		race->jobs[i] = (struct seat_job){
			.key = &keys->keys[i], .what = what, .fido_error = FIDO_ERR_INTERNAL};
}

void seat_race_clear(struct seat_race *race)
{
	for (size_t i = 0; i < race->count; i++) {
		fido_assert_free(&race->jobs[i].assertion);
		fido_cred_free(&race->jobs[i].credential);
	}
}

static void *run_job(void *context)
{
	struct seat_job *job = context;
	const uint64_t one = 1;
	int r = job->work(job);

	pthread_mutex_lock(&lock);
	job->fido_error = r;
	job->over = true;
	pthread_mutex_unlock(&lock);
	/* An eventfd's counter takes this many times more than there are keys. */
	while (write(job->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* Whether anybody is left; the first that has done it becomes the winner. */
static bool look_at_jobs(struct seat_race *race, size_t started)
{
	bool running = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < started; i++) {
		struct seat_job *job = &race->jobs[i];

		running = running || !job->over;
		if (job->over && job->fido_error == FIDO_OK && race->winner == NULL)
			race->winner = job;
	}
	pthread_mutex_unlock(&lock);
	return running;
}

static bool is_over(struct seat_job *job)
{
	bool over;

	pthread_mutex_lock(&lock);
	over = job->over;
	pthread_mutex_unlock(&lock);
	return over;
}

/* Waits a moment for a thread's end. */
static bool join_soon(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += STOP_EVERY_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

/* Tells every key that still waits to stop, and waits for the threads. A key that has not been asked yet does
 * not know what to stop: it is told again. */
static void stop_jobs(struct seat_race *race, size_t started, struct host *host, enum authenticator_code code)
{
	struct deadline patience = deadline_in(STOP_PATIENCE_MS);

	for (size_t i = 0; i < started; i++) {
		struct seat_job *job = &race->jobs[i];

		do {
			if (!is_over(job))
				(void)fido_dev_cancel(job->key->device);
			if (deadline_left(patience) > 0)
				continue;
			/* It listens to nobody; the kernel closes it with us. A result that another key gave
			 * is not used either. */
			host_failure(host, code != AUTHENTICATOR_DONE ? code : AUTHENTICATOR_BROKEN, -1);
			_exit(EXIT_FAILURE);
		} while (!join_soon(job->thread));
	}
}

/* Watches until the race is decided: AUTHENTICATOR_DONE, whoever won. */
static enum authenticator_code watch(struct seat_race *race, struct host *host, int event, int ended)
{
	struct deadline until = host_own_deadline(host, AUTHENTICATOR_TOUCH_MS);
	struct pollfd watched[] = {{.fd = event, .events = POLLIN}, {.fd = host->fd, .events = POLLIN},
		{.fd = ended, .events = POLLIN}};

	while (look_at_jobs(race, race->count) && race->winner == NULL) {
		int left = deadline_left(until), r;
		uint64_t number;

		if (left == 0)
			return AUTHENTICATOR_TIMED_OUT;
		r = poll(watched, 3, left);
		if (r < 0 && errno != EINTR)
			return AUTHENTICATOR_BROKEN;
		if (r > 0 && (watched[1].revents != 0 || watched[2].revents != 0))
			return AUTHENTICATOR_GIVEN_UP; /* the host has gone, or says that it wants no more */
		if (r > 0 && read(event, &number, sizeof(number)) < 0 && errno != EINTR)
			return AUTHENTICATOR_BROKEN;
	}
	return AUTHENTICATOR_DONE;
}

/* Tells the person to touch the key, or one of them. */
static enum authenticator_code tell(const struct seat_race *race, struct host *host)
{
	const struct credential_id *held = race->count == 1 ? race->jobs[0].key->holds : NULL;

	return host_touch(host, held != NULL ? held->text : NULL, race->count > 1);
}

/* A signal that ends this program becomes readable instead, so that keys can be told. */
static int open_end_signal(void)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	return pthread_sigmask(SIG_BLOCK, &ending, NULL) == 0
		       ? signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK)
		       : -1;
}

enum authenticator_code seat_race_run(
	struct seat_race *race, struct host *host, int (*work)(struct seat_job *job), bool by_touch)
{
	enum authenticator_code code = by_touch ? tell(race, host) : AUTHENTICATOR_DONE;
	int event = eventfd(0, EFD_CLOEXEC), ended = open_end_signal();
	size_t started = 0;

	race->winner = NULL;
	if (code == AUTHENTICATOR_DONE && (event < 0 || ended < 0))
		code = AUTHENTICATOR_BROKEN;
	for (; code == AUTHENTICATOR_DONE && started < race->count; started++) {
		struct seat_job *job = &race->jobs[started];

		job->work = work;
		job->event = event;
		job->over = false;
		if (pthread_create(&job->thread, NULL, run_job, job) != 0)
			break;
	}
	if (code == AUTHENTICATOR_DONE)
		code = started == race->count ? watch(race, host, event, ended) : AUTHENTICATOR_BROKEN;
	stop_jobs(race, started, host, code);
	if (code == AUTHENTICATOR_DONE && race->winner == NULL)
		code = seat_code(race->jobs[0].fido_error);
	if (event >= 0)
		close(event);
	if (ended >= 0)
		close(ended);
	return code;
}

/* Waits for a touch that does nothing else. */
static int wait_for_touch(struct seat_job *job)
{
	int touched = 0, r = fido_dev_get_touch_begin(job->key->device);

	if (r == FIDO_OK)
		r = fido_dev_get_touch_status(job->key->device, &touched, -1);
	return r == FIDO_OK && touched == 0 ? FIDO_ERR_RX : r;
}

enum authenticator_code seat_race_choose(struct host *host, struct seat_keys *keys)
{
	struct seat_race race;
	enum authenticator_code code;
	struct seat_key chosen;

	seat_race_init(&race, keys, NULL);
	code = seat_race_run(&race, host, wait_for_touch, true);
	if (code != AUTHENTICATOR_DONE)
		return code;
	chosen = *race.winner->key;
	race.winner->key->device = NULL;
	seat_keys_close(keys);
	keys->keys[0] = chosen;
	keys->count = 1;
	return AUTHENTICATOR_DONE;
}
