/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of an ssh-agent; see agent_key.h. */
#include "tools/stepup/enrolling/agent_key.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/evidence/digest.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "lib/wire/message.h"

#define LINE_MAX_SIZE (2 * SSH_BLOB_MAX) /* bytes of a .pub file that are worth reading */
#define AGENT_LABEL_MAX 64 /* bytes of a credential's label */

/* The first line of a file. */
static enum stepup_error read_line(const char *path, char line[LINE_MAX_SIZE])
{
	FILE *file = fopen(path, "re");
	enum stepup_error error = STEPUP_OK;

	if (file == NULL)
		return errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO;
	if (fgets(line, LINE_MAX_SIZE, file) == NULL)
		error = ferror(file) ? STEPUP_IO : STEPUP_INVALID;
	else if (strchr(line, '\n') == NULL && !feof(file))
		error = STEPUP_TOO_LONG;
	(void)fclose(file);
	if (error == STEPUP_OK)
		line[strcspn(line, "\r\n")] = '\0';
	return error;
}

enum stepup_error agent_key_read(const char *path, char **key)
{
	char line[LINE_MAX_SIZE], comment[SSH_COMMENT_SIZE];
	enum stepup_error error = read_line(path, line);
	struct ssh_key parsed;
	uint8_t *blob = NULL;
	size_t size = 0;

	*key = NULL;
	if (error == STEPUP_OK)
		error = ssh_key_parse_line(line, &parsed, comment);
	if (error == STEPUP_OK)
		error = ssh_key_blob(&parsed, &blob, &size);
	if (error == STEPUP_OK) {
		*key = base64url_encode_new(blob, size);
		error = *key == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	free(blob);
	return error;
}

size_t agent_key_find(const json_t *keys, const char *key)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(keys, i, entry) {
		const char *found = message_text(entry, "key");

		if (found != NULL && strcmp(found, key) == 0)
			break;
	}
	return i;
}

/* "SHA256:…", without padding, as OpenSSH writes it. */
static char *fingerprint_of(const uint8_t *blob, size_t size)
{
	uint8_t digest[DIGEST_SIZE];
	char *text = digest_sha256(blob, size, digest) == STEPUP_OK
		? base64_encode_new(digest, sizeof(digest)) : NULL;

	if (text != NULL)
		text[strcspn(text, "=")] = '\0';
	return text;
}

char *agent_key_line(const json_t *entry)
{
	const char *key = message_text(entry, "key"), *label = message_text(entry, "label");
	char *shown = NULL, *fingerprint = NULL, *line = NULL;
	uint8_t blob[SSH_BLOB_MAX];
	struct ssh_key parsed;
	size_t size = 0;

	if (key == NULL || base64url_decode(key, blob, sizeof(blob), &size) != STEPUP_OK ||
	    ssh_key_parse(blob, size, &parsed) != STEPUP_OK)
		return NULL;
	shown = label != NULL &&
		label[0] != '\0' ? display_text(label, strlen(label)) : strdup("(no comment)");
	fingerprint = fingerprint_of(blob, size);
	if (shown != NULL && fingerprint != NULL &&
	    asprintf(&line, "%s  %s  SHA256:%s", shown,
		    parsed.algorithm == KEY_EDDSA ? "ed25519-sk" : "ecdsa-sk", fingerprint) < 0)
		line = NULL;
	free(shown);
	free(fingerprint);
	return line;
}

const char *agent_key_label(const json_t *entry)
{
	const char *label = message_text(entry, "label");
	char *safe;
	bool good;

	if (label == NULL || label[0] == '\0' || strlen(label) > AGENT_LABEL_MAX)
		return NULL;
	safe = display_text(label, strlen(label));
	good = safe != NULL && strcmp(safe, label) == 0;
	free(safe);
	return good ? label : NULL;
}
