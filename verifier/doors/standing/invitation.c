/* SPDX-License-Identifier: BSD-2-Clause */
/* Invitations as people have them; see invitation.h. */
#include "verifier/doors/standing/invitation.h"

#include <ctype.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/wipe.h"
#include "verifier/factors/otp.h"
#include "verifier/host/clock.h"

bool invitation_is_live(const struct invitation *invitation, int64_t now)
{
	return invitation->expires > now &&
		invitation->expires <= now + INVITATION_TTL_SECONDS + TIMES_AHEAD_SECONDS;
}

enum stepup_error invitation_make(char text[INVITATION_TEXT_SIZE])
{
	struct otp_secret bytes = {.size = INVITATION_BYTES};
	char *plain = NULL;
	size_t length = 0;

	if (getrandom(bytes.bytes, bytes.size, 0) != (ssize_t)bytes.size)
		return STEPUP_INTERNAL;
	plain = otp_secret_format(&bytes);
	WIPE_OBJECT(&bytes);
	if (plain == NULL)
		return STEPUP_NO_MEMORY;
	if (strlen(plain) != INVITATION_BYTES * 8 / 5) {
		wipe_free_string(&plain);
		return STEPUP_INTERNAL;
	}
	for (size_t i = 0; i < INVITATION_BYTES * 8 / 5; i++) {
		if (i > 0 && i % 4 == 0)
			text[length++] = '-';
		text[length++] = plain[i];
	}
	text[length] = '\0';
	wipe_free_string(&plain);
	return STEPUP_OK;
}

enum stepup_error invitation_digest(const char *text, uint8_t digest[DIGEST_SIZE])
{
	struct otp_secret bytes = {0};
	char plain[64 + 1];
	size_t length = 0;
	enum stepup_error error = STEPUP_OK;

	for (; *text != '\0' && error == STEPUP_OK; text++) {
		if (*text == '-' || *text == ' ')
			continue;
		if (length + 1 == sizeof(plain))
			error = STEPUP_INVALID;
		else
			plain[length++] = *text;
	}
	plain[length] = '\0';
	if (error == STEPUP_OK)
		error = otp_secret_parse(plain, &bytes);
	/* As a seed it would lose the zeros at its end, which here are as random as the rest; behind its size
	 * the parser leaves zeros. */
	if (error == STEPUP_OK && length != INVITATION_BYTES * 8 / 5)
		error = STEPUP_INVALID;
	if (error == STEPUP_OK)
		error = digest_sha256(bytes.bytes, INVITATION_BYTES, digest);
	WIPE_ARRAY(plain);
	WIPE_OBJECT(&bytes);
	return error == STEPUP_TOO_LONG ? STEPUP_INVALID : error;
}
