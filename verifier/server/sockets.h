/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors' sockets: those that systemd hands over, or our own in the run folder, made under another name
 * and moved into place when they serve with the right owner and mode.
 * MUST: leave what isn't a dead socket where it is and refuse; open no door wider than DESIGN section 3 says.
 * Layer: verifier/server/.
 */
#ifndef STEPUP_VERIFIER_SOCKETS_H
#define STEPUP_VERIFIER_SOCKETS_H

#include <stdbool.h>

#include "verifier/server/call.h"

#define SOCKETS_ADMIN_GROUP "stepup-admin"
#define SOCKETS_REDEEM_GROUP "stepup-redeem"
#define SOCKETS_HOOKS_GROUP "stepup-hooks"

/* Who connects waits behind at most so many others: room for a burst, and not for one flooder's thousands. A
 * blocking connect(2) then waits its turn. */
#define SOCKETS_BACKLOG 256

enum { SOCKET_VERIFY, SOCKET_ADMIN, SOCKET_REDEEM, SOCKET_HOOKS, SOCKET_COUNT };

struct sockets {
	int fds[SOCKET_COUNT]; /* listening, non-blocking; -1 for a door that isn't served */
	int lock_fd;           /* -1 unless these are our own */
	char *run_dir;
	bool own;
};

/* Opens all, unless a door is not whole (door_check() in door.h). `run_dir` is made if it is
 * missing. An error's sentence goes to `*why` (the caller frees); what is odd but no reason to
 * refuse goes to the journal. */
enum stepup_error sockets_open(const char *run_dir, struct sockets *sockets, char **why);

/* Removes our own sockets' names, first thing at a stop: who comes now finds no verifier rather
 * than a deaf one. */
void sockets_remove(struct sockets *sockets);

/* Lets go of the run folder. The listening descriptors are the server's. */
void sockets_close(struct sockets *sockets);

/* The door that a socket serves. */
const struct door *sockets_door(int which);

#endif
