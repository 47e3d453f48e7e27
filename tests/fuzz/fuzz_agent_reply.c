/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ssh-agent answers: the first byte says whether it is read as identities or as a signature of either
 * kind of key. What is taken lies within the reply.
 */
#include <stdint.h>
#include <stdlib.h>

#include "tools/stepup-authenticator/agent_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The blobs of two keys. */
static const uint8_t ed25519[] = "\0\0\0\x1ask-ssh-ed25519@openssh.com\0\0\0\x20"
				 "Xfffffffffffffffffffffffffffffff\0\0\0\4ssh:";
static const uint8_t ecdsa[] = "\0\0\0\"sk-ecdsa-sha2-nistp256@openssh.com\0\0\0\x08nistp256\0\0\0\x41\x04"
			       "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d"
			       "\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98"
			       "\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b"
			       "\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68"
			       "\x37\xbf\x51\xf5\0\0\0\4ssh:";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *signature = NULL;
	size_t signature_size = 0;
	json_t *keys = NULL;

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0) {
		if (agent_read_identities(data + 1, size - 1, &keys) == AUTHENTICATOR_DONE &&
			json_array_size(keys) > AGENT_KEYS_MAX)
			abort();
		json_decref(keys);
		return 0;
	}
	if (agent_read_signature(data + 1, size - 1, data[0] % 3 == 1 ? ed25519 : ecdsa,
		    data[0] % 3 == 1 ? sizeof(ed25519) - 1 : sizeof(ecdsa) - 1, (data[0] & 0x40) != 0,
		    &signature, &signature_size) == AUTHENTICATOR_DONE) {
		if (signature < data || signature_size > size || signature + signature_size != data + size)
			abort();
	}
	return 0;
}
