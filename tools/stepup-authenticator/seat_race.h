/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several keys asked for one thing at once: the first that is touched does it, the others are told to stop. A
 * thread for each key, while this one watches the host and the clock.
 * Layer: tools/stepup-authenticator/, libfido2, threads.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_RACE_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_RACE_H

#include <pthread.h>

#include "tools/stepup-authenticator/host.h"
#include "tools/stepup-authenticator/seat_keys.h"

/* One key's part. */
struct seat_job {
	struct seat_key *key;
	const void *what;	  /* what to do it with; the same for all, and read only */
	const char *pin;	  /* NULL without one */
	fido_assert_t *assertion; /* what came of it, owned */
	fido_cred_t *credential;
	int fido_error;
	/* the race's own */
	int (*work)(struct seat_job *job);
	pthread_t thread;
	int event;
	bool over;
};

struct seat_race {
	struct seat_job jobs[SEAT_KEYS_MAX];
	size_t count;
	struct seat_job *winner; /* NULL where nobody won */
};

/* Prepares a race of all keys. */
void seat_race_init(struct seat_race *race, struct seat_keys *keys, const void *what);
void seat_race_clear(struct seat_race *race);

/* Runs `work` for every key (it gives libfido2's error) until one has done it: AUTHENTICATOR_DONE, with the
 * winner. Otherwise why not; of several reasons the first key's. `by_touch`: the person is told to touch.
 * Does not return where a key can't be stopped: says so to the host, and ends the program. */
enum authenticator_code seat_race_run(
	struct seat_race *race, struct host *host, int (*work)(struct seat_job *job), bool by_touch);

/* Has the person say which key is meant, by touching it; the others are closed. */
enum authenticator_code seat_race_choose(struct host *host, struct seat_keys *keys);

#endif
