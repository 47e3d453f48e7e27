/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup-authenticator: talks to a key at the seat or to an ssh-agent, as the user, for the PAM module and
 * the CLI, which start it (lib/client/authenticator.h). One request in, questions, one result out.
 * MUST: never be worth more than the user it runs as; keep a PIN out of core files and other processes'
 * sight; do nothing where it wasn't started by one of ours.
 */
#include <fido.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/stepup-authenticator/agent.h"
#include "tools/stepup-authenticator/seat.h"

#define EXIT_USAGE 2

/* What the host's process left behind is undone: ignored signals come with a program. */
static bool authenticator_settle(void)
{
	const struct rlimit no_core = {0, 0};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			(void)signal(number, SIG_DFL); /* the C library keeps two of them to itself */
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* {"seat", "agent"}: how many keys there are. */
static enum authenticator_code reach(struct host *host, json_t **result)
{
	json_t *keys = NULL;
	size_t seat = 0;

	if (seat_count(&seat) != AUTHENTICATOR_DONE)
		return AUTHENTICATOR_BROKEN;
	/* No agent, or one that makes no sense, has no keys. */
	(void)agent_list(host, &keys);
	*result =
		json_pack("{s:I, s:I}", "seat", (json_int_t)seat, "agent", (json_int_t)json_array_size(keys));
	json_decref(keys);
	return *result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}

static enum authenticator_code list(struct host *host, json_t **result)
{
	json_t *keys = NULL;
	enum authenticator_code code = agent_list(host, &keys);

	if (code == AUTHENTICATOR_DONE)
		*result = json_pack("{s:o}", "keys", keys);
	return code == AUTHENTICATOR_DONE && *result == NULL ? AUTHENTICATOR_BROKEN : code;
}

static enum authenticator_code run(struct host *host, struct seat_answer *answer)
{
	switch (host->operation) {
	case AUTHENTICATOR_REACH:
		return reach(host, &answer->result);
	case AUTHENTICATOR_SEAT_PROBE:
		return seat_probe(host, answer);
	case AUTHENTICATOR_SEAT_SIGN:
		return seat_sign(host, answer);
	case AUTHENTICATOR_SEAT_REGISTER:
		return seat_register(host, answer);
	case AUTHENTICATOR_AGENT_LIST:
		return list(host, &answer->result);
	case AUTHENTICATOR_AGENT_PROBE:
		return agent_probe(host, &answer->result);
	case AUTHENTICATOR_AGENT_SIGN:
		return agent_sign(host, &answer->result);
	}
	return AUTHENTICATOR_BROKEN;
}

int main(void)
{
	struct host host = {.fd = -1};
	struct seat_answer answer = {.tries_left = -1};
	enum authenticator_code code;
	int type;
	socklen_t size = sizeof(type);

	if (!authenticator_settle())
		return EXIT_FAILURE;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
		(void)fputs("pam_stepup and stepup start this program. Don't run it by hand. See "
			"stepup(1).\n",
			stderr);
		return EXIT_USAGE;
	}
	fido_init(0);
	code = host_open(&host, STDIN_FILENO);
	if (code == AUTHENTICATOR_DONE)
		code = run(&host, &answer);
	if (code == AUTHENTICATOR_DONE)
		host_result(&host, answer.result);
	else
		host_failure(&host, code, code == AUTHENTICATOR_PIN_WRONG ? answer.tries_left : -1);
	host_close(&host);
	return EXIT_SUCCESS;
}
