/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The high-water mark's file, as an earlier version left it: five lines of text and a MAC over them under a
 * subkey of the master key.
 */
#include "verifier/evidence/highwater.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"

#define PURPOSE "highwater"
#define FIRST_LINE "stepup-highwater/1"
#define MAC_LINE "mac "
#define FILE_SIZE_MAX 1024

enum stepup_error highwater_key(const struct master_key *master, uint8_t key[HIGHWATER_KEY_SIZE])
{
	return master_key_derive(master, PURPOSE, key);
}

static enum stepup_error body_mac(const uint8_t key[HIGHWATER_KEY_SIZE], const char *body, size_t size,
	char mac[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	uint8_t bytes[DIGEST_SIZE];
	enum stepup_error error = digest_hmac_sha256(key, HIGHWATER_KEY_SIZE, body, size, bytes);

	if (error == STEPUP_OK)
		base64url_encode(bytes, sizeof(bytes), mac);
	return error;
}

/* The lines under the MAC. */
static char *body_format(const struct highwater *mark)
{
	char root[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *body = NULL;

	base64url_encode(mark->root, DIGEST_SIZE, root);
	if (asprintf(&body, FIRST_LINE "\nsize %" PRId64 "\nroot %s\nat %" PRId64 "\nclean %d\n", mark->size,
		    root, mark->at, mark->clean ? 1 : 0) < 0)
		return NULL;
	return body;
}

/* Reads the fields, and accepts only the very text that body_format() makes of them. */
static enum stepup_error body_parse(const char *body, struct highwater *mark)
{
	char root[BASE64URL_LENGTH(DIGEST_SIZE) + 1] = "", *again;
	size_t root_size = 0;
	int clean = 0;
	bool same;

	if (sscanf(body, FIRST_LINE "\nsize %" SCNd64 "\nroot %43s\nat %" SCNd64 "\nclean %d\n", &mark->size,
		    root, &mark->at, &clean) != 4 ||
	    base64url_decode(root, mark->root, DIGEST_SIZE, &root_size) != STEPUP_OK ||
	    root_size != DIGEST_SIZE || mark->size < 0)
		return STEPUP_CORRUPT;
	mark->clean = clean == 1;
	again = body_format(mark);
	if (again == NULL)
		return STEPUP_NO_MEMORY;
	same = strcmp(again, body) == 0;
	free(again);
	return same ? STEPUP_OK : STEPUP_CORRUPT;
}

/* Checks the last line against what stands before it, and cuts it off. */
static enum stepup_error mac_check(char *text, size_t size, const uint8_t key[HIGHWATER_KEY_SIZE])
{
	char mac[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *line = strstr(text, "\n" MAC_LINE);
	size_t expected = strlen(MAC_LINE) + sizeof(mac); /* the NUL's place is the newline's */
	enum stepup_error error;

	if (line == NULL)
		return STEPUP_CORRUPT;
	line++;
	if (size != (size_t)(line - text) + expected || text[size - 1] != '\n')
		return STEPUP_CORRUPT;
	error = body_mac(key, text, (size_t)(line - text), mac);
	if (error == STEPUP_OK && !equal_constant_time(mac, line + strlen(MAC_LINE), sizeof(mac) - 1))
		error = STEPUP_CORRUPT;
	*line = '\0';
	return error;
}

enum stepup_error highwater_read(const char *path, const uint8_t key[HIGHWATER_KEY_SIZE],
	struct highwater *mark, char **why)
{
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error;

	memset(mark, 0, sizeof(*mark));
	*why = NULL;
	error = safe_file_read(path, SAFE_FILE_PUBLIC, FILE_SIZE_MAX, &text, &size, why);
	if (error != STEPUP_OK) {
		/* A mark that is too long is no mark of ours. */
		return error == STEPUP_TOO_LONG ? STEPUP_CORRUPT : error;
	}
	error = mac_check(text, size, key);
	if (error == STEPUP_OK)
		error = body_parse(text, mark);
	free(text);
	if (error == STEPUP_CORRUPT &&
	    asprintf(why, "%s is not a high-water mark written under this master key.", path) < 0)
		*why = NULL;
	return error;
}

enum stepup_error highwater_carry_over(const char *former, const char *path)
{
	char *text = NULL, *why = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (access(path, F_OK) == 0 || access(former, F_OK) != 0)
		return STEPUP_OK;
	error = safe_file_read(former, SAFE_FILE_PUBLIC, FILE_SIZE_MAX, &text, &size, &why);
	if (error == STEPUP_OK)
		error = safe_file_replace(path, text, size, 0600);
	if (error == STEPUP_OK && unlink(former) != 0)
		error = STEPUP_IO;
	free(text);
	free(why);
	return error;
}
