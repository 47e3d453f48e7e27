/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blobs and lines of SSH security keys; the first byte says which. What is read of a key is
 * written the same again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/sshsig.h"
#include "lib/evidence/key_bytes.h"
#include "verifier/factors/attestation/attestation_ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_key(const uint8_t *data, size_t size)
{
	struct ssh_key key;
	uint8_t *blob = NULL;
	size_t again = 0;

	if (ssh_key_parse(data, size, &key) != STEPUP_OK)
		return;
	if (ssh_key_blob(&key, &blob, &again) != STEPUP_OK || again != size || memcmp(blob, data, size) != 0)
		abort();
	free(blob);
}

static void try_line(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size), comment[SSH_COMMENT_SIZE];
	struct ssh_key key;

	if (line == NULL)
		abort();
	if (ssh_key_parse_line(line, &key, comment) == STEPUP_OK &&
	    (key_public_check(key.algorithm, key.public_key, key.public_key_size) != STEPUP_OK ||
		    strpbrk(comment, "\r\n") != NULL))
		abort();
	free(line);
}

/* The key of tests/vectors/ssh_keygen.json. */
static void key_of_the_seeds(struct ssh_key *key)
{
	char comment[SSH_COMMENT_SIZE];

	if (ssh_key_parse_line("sk-ssh-ed25519@openssh.com "
		    "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIL7AFAYzIG3vjmkest7XoIUipJO"
		    "yTSpemIdqnE48BQebAAAABHNzaDo=", key, comment) != STEPUP_OK)
		abort();
}

static void try_signature(const uint8_t *data, size_t size)
{
	static const char message[] = "{\"v\":1,\"purpose\":\"auth\"}",
		namespace[] = "stepup@stepup.example.com";
	struct ssh_signature signature;
	struct ssh_key key;
	const char *why = NULL;
	char *armor;

	key_of_the_seeds(&key);
	if (sshsig_check(&key, namespace, message, strlen(message), false, data, size, &signature,
		    &why) == STEPUP_OK) {
		if ((signature.flags & FLAG_USER_PRESENT) == 0 || signature.algorithm != KEY_EDDSA)
			abort();
	} else if (why == NULL) {
		abort();
	}
	armor = sshsig_armor(&key, namespace, data, size);
	if (armor == NULL || strlen(armor) < size)
		abort();
	free(armor);
}

static void try_attestation(const uint8_t *data, size_t size)
{
	const struct byte_cursor blob = {.at = data, .left = size},
		challenge = {.at = (const uint8_t *)"x", .left = 1};
	struct key_credential made = {0};
	struct ssh_key key;
	const char *why = NULL;

	key_of_the_seeds(&key);
	if (attestation_ssh_check(blob, challenge, &key, NULL, 1800000000, &made, &why) == STEPUP_OK &&
	    made.attestation == ATTESTATION_VERIFIED)
		abort();
	if (why == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *data, size_t size) = {try_key, try_line, try_signature,
		try_attestation};

	if (size > 0)
		tries[data[0] % 4](data + 1, size - 1);
	return 0;
}
