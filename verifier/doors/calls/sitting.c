/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a person sits. */
#include "verifier/doors/calls/sitting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/host/session.h"
#include "verifier/host/terminal.h"
#include "verifier/verifier.h"

/* NULL where the call names none. */
static const char *session_text(const struct call *call)
{
	const char *session = message_text(call->parameters, "session");

	return session == NULL || *session == '\0' ? NULL : session;
}

enum stepup_error sitting_session(const struct call *call, uint8_t digest[DIGEST_SIZE])
{
	const char *session = session_text(call);

	memset(digest, 0, DIGEST_SIZE);
	return session == NULL ? STEPUP_OK : digest_sha256(session, strlen(session), digest);
}

/* A console that acts for many people has none of their terminals, whatever it was started from; root's
 * programs (sudo, login) have. */
static bool has_terminal(const struct call *call, bool own)
{
	return own || call->peer.uid == 0;
}

bool sitting_of(const struct call *call, bool own, uint8_t sitting[DIGEST_SIZE])
{
	const char *session = session_text(call);

	if (session != NULL)
		return strlen(session) >= SITTING_SESSION_MIN && sitting_session(call, sitting) == STEPUP_OK;
	return has_terminal(call, own) &&
		terminal_of(call->peer.pid, call->peer.uid, call->peer.connected_ms, sitting) == STEPUP_OK;
}

/* Whoever asks for themselves comes from their login, whatever session they name: two names
 * are no two places. */
enum stepup_error sitting_from(const struct call *call, bool own, uint8_t from[DIGEST_SIZE])
{
	if ((own || session_text(call) == NULL) && has_terminal(call, own) &&
	    terminal_login(call->peer.pid, call->peer.connected_ms, from) == STEPUP_OK)
		return STEPUP_OK;
	return sitting_session(call, from);
}

static enum stepup_error sitting_place_of(const char *kind, const char *name, uint8_t place[DIGEST_SIZE])
{
	char text[600];
	int length = snprintf(text, sizeof(text), "%s %s", kind, name);

	return length < 0 ||
		(size_t)length >= sizeof(text) ? STEPUP_INTERNAL : digest_sha256(text, (size_t)length, place);
}

enum stepup_error sitting_place(const struct call *call, bool own, uint8_t place[DIGEST_SIZE])
{
	const char *session = session_text(call), *rhost = message_text(call->parameters, "rhost"),
		*tty = message_text(call->parameters, "tty");

	memset(place, 0, DIGEST_SIZE);
	/* root's programs ask for root from wherever strangers are: sshd does */
	if (own && call->peer.uid != 0)
		return STEPUP_OK;
	if (session != NULL)
		return sitting_place_of("session", session, place);
	if (rhost != NULL && *rhost != '\0')
		return sitting_place_of("host", rhost, place);
	if (call->peer.uid == 0 &&
	    terminal_login(call->peer.pid, call->peer.connected_ms, place) == STEPUP_OK)
		return STEPUP_OK;
	return tty == NULL || *tty == '\0' ? STEPUP_OK : sitting_place_of("tty", tty, place);
}

/* The programs of one uid, asked from a host (NULL: from nowhere else). */
static enum stepup_error source_of(const struct call *call, uid_t uid, const char *host,
	uint8_t source[GUESS_SOURCE_SIZE])
{
	uint8_t digest[DIGEST_SIZE];
	char text[600];
	enum stepup_error error;
	int length;

	if (host == NULL || *host == '\0')
		length = snprintf(text, sizeof(text), "uid %" PRIuMAX, (uintmax_t)uid);
	else
		length = snprintf(text, sizeof(text), "uid %" PRIuMAX " host %s", (uintmax_t)uid, host);
	if (length < 0 || (size_t)length >= sizeof(text))
		return STEPUP_INTERNAL;
	error = store_keyed_digest(call->verifier->store, DIGEST_GUESS_SOURCE, text, (size_t)length, digest);
	if (error == STEPUP_OK)
		memcpy(source, digest, GUESS_SOURCE_SIZE);
	return error;
}

enum stepup_error sitting_source(const struct call *call, bool own, uint8_t source[GUESS_SOURCE_SIZE])
{
	/* root's programs with a remote host are sshd's like, for root too */
	bool here = own && call->peer.uid != 0;

	return source_of(call, call->peer.uid, here ? NULL : message_text(call->parameters, "rhost"), source);
}

enum stepup_error sitting_sources(const struct call *call, bool own,
	uint8_t sources[SITTING_SOURCES_MAX][GUESS_SOURCE_SIZE], size_t *count)
{
	char *host = NULL;
	enum stepup_error error;

	*count = 0;
	if (call->peer.uid == 0)
		return STEPUP_OK;
	error = sitting_source(call, own, sources[(*count)++]);
	if (!own)
		return error;
	if (error == STEPUP_OK)
		error = source_of(call, 0, NULL, sources[(*count)++]);
	host = session_remote_host(call->peer.pid);
	if (error == STEPUP_OK && host != NULL && *host != '\0')
		error = source_of(call, 0, host, sources[(*count)++]);
	free(host);
	return error;
}
