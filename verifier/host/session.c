/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What logind says about the session of a process.
 */
#include "verifier/host/session.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-login.h>

/* What sd_pid_get_session() says of a process in no session, or of a host without sessions. */
static bool is_no_session(int error)
{
	return error == -ENODATA || error == -ENOENT || error == -ENXIO || error == -ENOMEDIUM ||
		error == -EOPNOTSUPP;
}

bool session_is_remote(pid_t pid)
{
	char *session = NULL;
	int said;

	if (pid <= 0)
		return true;
	said = sd_pid_get_session(pid, &session);
	if (said < 0)
		return !is_no_session(said);
	said = sd_session_is_remote(session);
	free(session);
	return said != 0;
}

char *session_remote_host(pid_t pid)
{
	char *session = NULL, *host = NULL;

	if (pid <= 0 || sd_pid_get_session(pid, &session) < 0)
		return NULL;
	if (sd_session_is_remote(session) <= 0 || sd_session_get_remote_host(session, &host) < 0)
		host = NULL;
	free(session);
	return host;
}
