/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: commit_rate FOLDER loop|writer|either CLIENTS SECONDS USERS [CPU-MICROSECONDS]
 * What one accepted code costs below the doors: CLIENTS processes each ask over a socket and wait for the
 * answer, as PAM does; the server's job finds a user, saves it, appends to the log and charges a limit,
 * through the commit queue. Prints jobs per second, p50, p99. CPU-MICROSECONDS is what a client burns between
 * two questions (libpam's own work is about 190). Never installed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "verifier/state/store/commit_queue.h"

#define CLIENTS_MAX 256
#define SAMPLES_MAX 200000

struct shared {
	_Atomic int stop;
	_Atomic long counts[CLIENTS_MAX];
	float samples[]; /* milliseconds, SAMPLES_MAX / clients each */
};

struct client {
	uv_poll_t poll;
	int fd;
	char name[32];
	long user;
};

static struct shared *shared;
static struct commit_queue *queue;
static struct client clients[CLIENTS_MAX];
static int client_count;
static long user_count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, enum stepup_error error)
{
	fprintf(stderr, "commit_rate: %s: %s\n", what, stepup_error_text(error));
	exit(1);
}

static enum stepup_error accept_code(struct store_session *session, void *job)
{
	struct client *client = job;
	struct user_record *record = NULL;
	uint8_t salt[DIGEST_SIZE] = {1};
	int64_t index = 0;
	json_t *details = NULL;
	int64_t used = 0;
	enum stepup_error error = store_user_find(session, client->name, &record);

	if (error == STEPUP_OK) {
		record->credentials[0].otp.last_step++;
		record->last_success++;
		error = store_use_sum(session, record, "customer.export count",
			(int64_t)time(NULL) - 86400, &used);
	}
	if (error == STEPUP_OK)
		error = store_use_add(session, record, "customer.export count", (int64_t)time(NULL), 1);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	details = json_pack("{s:s, s:i}", "account", "trezor", "records", 102000);
	if (error == STEPUP_OK)
		error = store_log_append(session, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i}", "v", 1,
				"type", "grant", "user", client->name, "action", "customer.export",
				"commitment", "JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ",
				"credential", "C-abcdefghijklmnopqrstuvwx", "at", (int)time(NULL)),
			details, salt, &index);
	json_decref(details);
	user_record_free(&record);
	return error;
}

static void accepted(void *job, enum stepup_error result)
{
	struct client *client = job;

	if (result != STEPUP_OK)
		die("commit", result);
	if (write(client->fd, "y", 1) != 1)
		exit(1);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
	struct client *client = handle->data;
	char asked[64];
	ssize_t got = read(client->fd, asked, sizeof(asked));

	(void)status;
	(void)events;
	if (got <= 0) {
		uv_poll_stop(handle);
		if (--client_count == 0)
			uv_stop(handle->loop);
		return;
	}
	client->user = (client->user * 48271 + 11) % user_count;
	snprintf(client->name, sizeof(client->name), "u%07ld", client->user);
	if (commit_queue_submit(queue, accept_code, accepted, client) != STEPUP_OK)
		die("submit", STEPUP_UNAVAILABLE);
}

static void client_main(int number, int count, int fd, double cpu)
{
	long room = SAMPLES_MAX / count, done = 0;
	float *samples = shared->samples + number * room;
	char answer;

	while (!shared->stop && done < room) {
		double from = now(), began;

		while (now() - from < cpu)
			;
		began = now();
		if (write(fd, "0123456789012345", 16) != 16 || read(fd, &answer, 1) != 1)
			break;
		samples[done++] = (float)((now() - began) * 1e3);
		shared->counts[number] = done;
	}
	_exit(0);
}

static void fill(struct store *store, long users)
{
	struct store_session *session = NULL;
	enum stepup_error error = store_session_open(store, true, &session);

	for (long from = 0; error == STEPUP_OK && from < users; from += 1000) {
		error = store_begin(session);
		for (long n = from; error == STEPUP_OK && n < users && n < from + 1000; n++) {
			char name[32];
			struct user_record *record;

			snprintf(name, sizeof(name), "u%07ld", n);
			record = user_record_new(name, -1);
			user_record_add_credential(record)->otp.size = 20;
			error = store_user_save(session, record);
			user_record_free(&record);
		}
		if (error == STEPUP_OK)
			error = store_commit(session);
		if (error == STEPUP_OK && store_checkpoint_wal_due(session))
			error = store_checkpoint_wal(store);
	}
	store_session_close(&session);
	if (error != STEPUP_OK)
		die("fill", error);
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static void on_time(uv_timer_t *timer)
{
	(void)timer;
	shared->stop = 1;
}

int main(int argc, char **argv)
{
	struct master_key *key = NULL;
	struct store *store = NULL;
	char url[256], *why = NULL;
	uint8_t bytes[MASTER_KEY_SIZE] = {1};
	int count = argc > 3 ? atoi(argv[3]) : 0;
	double seconds = argc > 4 ? atof(argv[4]) : 0, cpu = argc > 6 ? atof(argv[6]) / 1e6 : 190e-6, began;
	uv_timer_t timer;
	uv_loop_t loop;
	long total = 0, room;
	float *all;
	struct rusage usage;

	if (argc < 6 || count < 1 || count > CLIENTS_MAX)
		return 2;
	user_count = atol(argv[5]);
	snprintf(url, sizeof(url), "sqlite:%s/bench.db", argv[1]);
	if (master_key_from_bytes(bytes, &key) != STEPUP_OK ||
	    store_open(url, key, &store, &why) != STEPUP_OK)
		die(why ? why : "store", STEPUP_IO);
	{
		struct store_session *session = NULL;
		int64_t have = 0;

		if (store_session_open(store, false, &session) != STEPUP_OK ||
		    store_user_count(session, &have) != STEPUP_OK)
			die("count", STEPUP_IO);
		store_session_close(&session);
		if (have == 0)
			fill(store, user_count);
	}
	shared = mmap(NULL, sizeof(*shared) + SAMPLES_MAX * sizeof(float), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	uv_loop_init(&loop);
	for (int i = 0; i < count; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			return 1;
		if (fork() == 0) {
			for (int j = 0; j < i; j++)
				close(clients[j].fd);
			close(pair[0]);
			client_main(i, count, pair[1], cpu);
		}
		close(pair[1]);
		clients[i].fd = pair[0];
		clients[i].user = i * 7919 % user_count;
		clients[i].poll.data = &clients[i];
		uv_poll_init(&loop, &clients[i].poll, pair[0]);
		uv_poll_start(&clients[i].poll, UV_READABLE, on_readable);
	}
	client_count = count;
	if (commit_queue_start(store, &loop, &queue) != STEPUP_OK)
		die("queue", STEPUP_IO);
	commit_queue_prefer(queue, strcmp(argv[2], "loop") == 0 ? COMMIT_LOOP
		: strcmp(argv[2], "writer") == 0 ? COMMIT_WRITER : COMMIT_EITHER);
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_time, (uint64_t)(seconds * 1000), 0);
	began = now();
	uv_run(&loop, UV_RUN_DEFAULT);
	seconds = now() - began;
	commit_queue_stop(&queue);
	while (wait(NULL) > 0)
		;
	room = SAMPLES_MAX / count;
	all = malloc(SAMPLES_MAX * sizeof(float));
	for (int i = 0; i < count; i++) {
		memcpy(all + total, shared->samples + i * room, (size_t)shared->counts[i] * sizeof(float));
		total += shared->counts[i];
	}
	qsort(all, (size_t)total, sizeof(float), by_size);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-6s %3d clients %6ld users: "
		"%6.0f/s  p50 %.2f ms  p99 %.2f ms  max %.1f ms  cpu %.0f us each  rss %ld KB\n",
		argv[2], count, user_count, (double)total / seconds, (double)all[total / 2],
		(double)all[total * 99 / 100], (double)all[total - 1],
		((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)) / (double)total,
		usage.ru_maxrss);
	free(all);
	uv_run(&loop, UV_RUN_NOWAIT);
	store_close(&store);
	master_key_free(&key);
	return 0;
}
