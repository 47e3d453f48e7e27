/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a process is in a remote session, with logind's answers scripted.
 */
#include "tests/unit/cmocka_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

#include "verifier/host/session.h"

static int found, remote;

/* In the place of libsystemd's. */
int sd_pid_get_session(pid_t pid, char **session)
{
	assert_int_equal(pid, 4711);
	if (found >= 0)
		*session = strdup("c7");
	return found;
}

int sd_session_is_remote(const char *session)
{
	assert_string_equal(session, "c7");
	return remote;
}

int sd_session_get_remote_host(const char *session, char **host)
{
	assert_string_equal(session, "c7");
	*host = strdup("192.0.2.7");
	return 0;
}

static void a_remote_session_says_where_from(void **state)
{
	char *host;

	(void)state;
	found = 0;
	remote = 1;
	host = session_remote_host(4711);
	assert_string_equal(host, "192.0.2.7");
	free(host);
	remote = 0;
	assert_null(session_remote_host(4711));
	found = -ENODATA;
	assert_null(session_remote_host(4711));
	assert_null(session_remote_host(0));
}

static void a_session_is_as_remote_as_logind_says(void **state)
{
	(void)state;
	found = 0;
	remote = 1;
	assert_true(session_is_remote(4711));
	remote = 0;
	assert_false(session_is_remote(4711));
}

static void no_session_is_not_remote(void **state)
{
	static const int nothing[] = {-ENODATA, -ENOENT, -ENXIO, -ENOMEDIUM};

	(void)state;
	remote = 1;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		found = nothing[i];
		assert_false(session_is_remote(4711));
	}
}

static void a_question_that_fails_counts_as_remote(void **state)
{
	(void)state;
	found = -ESRCH; /* the process is gone */
	assert_true(session_is_remote(4711));
	found = -ENOMEM;
	assert_true(session_is_remote(4711));
	found = 0;
	remote = -ENXIO; /* the session is gone */
	assert_true(session_is_remote(4711));
	assert_true(session_is_remote(0));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_session_is_as_remote_as_logind_says),
	cmocka_unit_test(a_remote_session_says_where_from),
	cmocka_unit_test(no_session_is_not_remote),
	cmocka_unit_test(a_question_that_fails_counts_as_remote),
};
TAP_MAIN(tests)
