/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys as JSON; see key_json.h. */
#include "verifier/doors/calls/key_json.h"

#include <stdlib.h>

#include "lib/wire/base64url.h"

json_t *bytes_to_json(const void *bytes, size_t size)
{
	char *text = base64url_encode_new(bytes, size);
	json_t *json = text == NULL ? NULL : json_string(text);

	free(text);
	return json;
}

json_t *key_descriptor(const struct key_credential *key)
{
	json_t *transports = json_array();
	bool failed = transports == NULL;

	for (unsigned bit = 1; !failed && bit <= TRANSPORTS_ALL; bit <<= 1)
		if ((key->transports & bit) != 0)
			failed = json_array_append_new(transports,
				json_string(key_transport_name((enum key_transport)bit))) != 0;
	if (failed || key->transports == 0) {
		json_decref(transports);
		transports = NULL;
	}
	if (failed)
		return NULL;
	return json_pack("{s:s, s:o, s:o*}", "type", "public-key", "id", bytes_to_json(key->id, key->id_size),
		"transports", transports);
}
