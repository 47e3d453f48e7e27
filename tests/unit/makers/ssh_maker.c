/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes blobs of SSH security keys.
 */
#include "tests/unit/makers/ssh_maker.h"
#include "tests/unit/cmocka_tap.h"

#include <openssl/sha.h>
#include <string.h>

static void blob_type(struct made_blob *blob, const struct made_key *key)
{
	blob_text(blob, key->algorithm == KEY_EDDSA ? "sk-ssh-ed25519@openssh.com"
		: "sk-ecdsa-sha2-nistp256@openssh.com");
}

void ssh_make_key_blob(const struct made_key *key, const char *application, struct made_blob *blob)
{
	blob->size = 0;
	blob_type(blob, key);
	if (key->algorithm == KEY_EDDSA) {
		blob_string(blob, key->raw, key->raw_size);
	} else {
		blob_text(blob, "nistp256");
		blob_u32(blob, 65);
		blob_raw(blob, "\x04", 1);
		blob_raw(blob, key->raw, key->raw_size);
	}
	blob_text(blob, application);
}

/* DER's SEQUENCE of two INTEGERs holds the same numbers as two mpints. */
static void blob_ecdsa(struct made_blob *blob, const uint8_t *der)
{
	struct made_blob numbers = {.size = 0};
	size_t r = der[3], s = der[5 + r];

	blob_string(&numbers, der + 4, r);
	blob_string(&numbers, der + 6 + r, s);
	blob_string(blob, numbers.bytes, numbers.size);
}

void ssh_make_signature(const struct made_key *key, const char *application, uint8_t flags, uint32_t counter,
	const void *bytes, size_t size, struct made_blob *blob)
{
	uint8_t signature[KEY_SIGNATURE_MAX], digest[32];
	struct made_blob what = {.size = 0};
	size_t length = 0;

	SHA256((const uint8_t *)application, strlen(application), digest);
	blob_raw(&what, digest, sizeof(digest));
	blob_raw(&what, &flags, 1);
	blob_u32(&what, counter);
	SHA256(bytes, size, digest);
	blob_raw(&what, digest, sizeof(digest));
	key_sign(key, what.bytes, what.size, signature, &length);
	blob->size = 0;
	blob_type(blob, key);
	if (key->algorithm == KEY_EDDSA)
		blob_string(blob, signature, length);
	else
		blob_ecdsa(blob, signature);
	blob_raw(blob, &flags, 1);
	blob_u32(blob, counter);
}

void ssh_make_sshsig(const struct made_key *key, const char *application, uint8_t flags, uint32_t counter,
	const char *namespace, const void *message, size_t size, struct made_blob *blob)
{
	struct made_blob preamble = {.size = 0};
	uint8_t digest[64];

	SHA512(message, size, digest);
	blob_raw(&preamble, "SSHSIG", 6);
	blob_text(&preamble, namespace);
	blob_text(&preamble, "");
	blob_text(&preamble, "sha512");
	blob_string(&preamble, digest, sizeof(digest));
	ssh_make_signature(key, application, flags, counter, preamble.bytes, preamble.size, blob);
}
