/* SPDX-License-Identifier: BSD-2-Clause */
/* How a phase of the module ends: codes, words, the line in the system log. */
#include "pam_module/outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <security/pam_ext.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/display_text.h"
#include "lib/client/own_sentences.h"

int outcome_pam_code(enum stepup_error error, bool conversation_failed)
{
	if (error == STEPUP_OK)
		return PAM_SUCCESS;
	if (error == STEPUP_NO_MEMORY)
		return PAM_BUF_ERR;
	if (error == STEPUP_CANCELLED)
		return conversation_failed ? PAM_CONV_ERR : PAM_AUTH_ERR;
	if (error == STEPUP_BAD_ANSWER || error == STEPUP_THROTTLED)
		return PAM_MAXTRIES; /* step_up_run asks again until no try is left */
	if (stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE)
		return PAM_AUTH_ERR;
	return PAM_SYSTEM_ERR;
}

int outcome_account_code(enum stepup_error error)
{
	if (error == STEPUP_OK)
		return PAM_SUCCESS;
	if (error == STEPUP_NO_MEMORY)
		return PAM_BUF_ERR;
	if (stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE)
		return PAM_PERM_DENIED;
	return PAM_SYSTEM_ERR;
}

char *outcome_words(enum stepup_error error)
{
	const char *own = own_sentence(error);
	char host[HOST_NAME_MAX + 1] = "";
	char *words = NULL;
	int r;

	if (own != NULL)
		return strdup(own);
	if (stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE) {
		r = asprintf(&words, "Refused: %s. Nothing was approved.", stepup_error_text(error));
	} else {
		if (gethostname(host, sizeof(host)) != 0 || host[sizeof(host) - 1] != '\0' || host[0] == '\0')
			snprintf(host, sizeof(host), "this host");
		r = asprintf(&words, "%s [%s, %s]", OWN_LAST_WORDS, own_trouble(error), host);
	}
	return r < 0 ? NULL : words;
}

char *outcome_nobody_words(const char *action)
{
	char *words = NULL;

	if (asprintf(&words, "%s needs a step-up, and nobody could be asked: there is no terminal, or "
		    "nobody answered. Nothing was approved. Run it in a terminal and answer. For jobs and "
		    "machine accounts, see \"Where nobody answers\" in pam_stepup(8).", action) < 0)
		return NULL;
	return words;
}

/* Fills descriptors 0 to 2 where the host closed them; gives how many from 0 on are ours to close again, as
 * bits. */
static unsigned stdio_hold(void)
{
	unsigned held = 0;

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			break;
		if (fd > STDERR_FILENO) {
			close(fd);
			break;
		}
		held |= 1u << fd;
	}
	return held;
}

static void stdio_release(unsigned held)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if ((held & 1u << fd) != 0)
			close(fd);
}

void system_log(pam_handle_t *pamh, int priority, const char *format, ...)
{
	va_list arguments;
	char *line = NULL, *safe = NULL;
	unsigned held;
	int length;

	va_start(arguments, format);
	length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	safe = display_text(line, (size_t)length);
	if (safe != NULL) {
		held = stdio_hold();
		pam_syslog(pamh, priority, "%s", safe);
		stdio_release(held);
	}
	free(safe);
	free(line);
}

/* The line's level: what somebody should look at stands out. */
static int priority_of(enum stepup_error error)
{
	if (error == STEPUP_OK)
		return LOG_INFO;
	return stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE ? LOG_NOTICE : LOG_ERR;
}

void outcome_log(pam_handle_t *pamh, const char *user, const char *action, enum stepup_error error,
	const char *reference, int64_t log_entry)
{
	const char *who = user == NULL ? "?" : user;
	const char *what = action == NULL ? "account" : action;

	if (error == STEPUP_OK)
		system_log(pamh, priority_of(error), "granted %s to %s, log entry %lld", what, who,
			(long long)log_entry);
	else if (reference != NULL)
		system_log(pamh, priority_of(error), "refused %s to %s: %s, reference %s", what, who,
			stepup_error_name(error), reference);
	else
		system_log(pamh, priority_of(error), "refused %s to %s: %s", what, who,
			stepup_error_name(error));
}

void outcome_log_nobody(pam_handle_t *pamh, const char *user, const char *action)
{
	system_log(pamh, LOG_NOTICE, "refused %s to %s: nobody to ask", action == NULL ? "account" : action,
		user == NULL ? "?" : user);
}
