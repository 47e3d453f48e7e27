/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts against a set whose private key nobody has: nothing may ever check. With a first byte of 1 the
 * rest is a key set, which must not crash the check either.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/receipt_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] =
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"alg\":\"ES256\",\"use\":\"sig\","
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
static const char receipt[] = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoic3RlcHVwLXJlY2VpcHQrand0In0"
	".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void check(const char *text, const json_t *jwks)
{
	json_t *claims = NULL;

	if (receipt_check_signature(text, jwks, &claims) == STEPUP_OK || claims != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_set = size > 0 && data[0] == 1;
	json_t *jwks;
	char *text;

	if (size == 0)
		return 0;
	jwks = is_set ? json_loadb((const char *)data + 1, size - 1, 0, NULL) : json_loads(keys, 0, NULL);
	text = is_set ? strdup(receipt) : strndup((const char *)data + 1, size - 1);
	if (text != NULL && jwks != NULL)
		check(text, jwks);
	free(text);
	json_decref(jwks);
	return 0;
}
