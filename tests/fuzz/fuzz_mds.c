/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIDO metadata. Where the first byte is 0, the rest is a payload that is signed here before it is read,
 * so that what lies behind the signature is reached; otherwise it is a whole blob, and none that wasn't
 * signed here is taken.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/base64url.h"
#include "tests/unit/cmocka_tap.h"
#include "tests/unit/makers/certificate_maker.h"
#include "verifier/rules/trust/mds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct made_certificate root, service;
static STACK_OF(X509) *roots;
static char *header;

/* The service's certificates, once. RSA signatures go into a JWS as they are. */
static void prepare(void)
{
	struct certificate_shape shape = certificate_shape_authority("Root");
	char *der, *text = NULL;

	certificate_make(KEY_ES256, &shape, NULL, &root);
	shape = certificate_shape_leaf(NULL);
	shape.host = MDS_SIGNER;
	certificate_make(KEY_RS256, &shape, &root, &service);
	roots = sk_X509_new_null();
	der = base64_encode_new(service.der, service.size);
	if (roots == NULL || sk_X509_push(roots, root.x509) <= 0 || der == NULL ||
	    asprintf(&text, "{\"alg\":\"RS256\",\"x5c\":[\"%s\"]}", der) < 0)
		abort();
	header = base64url_encode_new(text, strlen(text));
	free(der);
	free(text);
}

static char *sign(const uint8_t *payload, size_t size)
{
	char *middle = base64url_encode_new(payload, size), *text = NULL, *last, *blob = NULL;
	uint8_t signature[KEY_SIGNATURE_MAX];
	size_t length = 0;

	if (middle == NULL || asprintf(&text, "%s.%s", header, middle) < 0)
		abort();
	key_sign(&service.key, text, strlen(text), signature, &length);
	last = base64url_encode_new(signature, length);
	if (last == NULL || asprintf(&blob, "%s.%s", text, last) < 0)
		abort();
	free(middle);
	free(text);
	free(last);
	return blob;
}

static void check(const struct mds *mds)
{
	for (size_t i = 0; i < mds->count; i++) {
		const char *model = mds->entries[i].model;

		if (strlen(model) >= MDS_MODEL_SIZE || !utf8_is_valid(model, strlen(model)))
			abort();
		if (mds->entries[i].has_aaguid)
			(void)mds_find(mds, mds->entries[i].aaguid, NULL);
	}
	(void)mds_find(mds, (const uint8_t[16]){0}, service.x509);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mds *mds = NULL;
	char *blob = NULL, *why = NULL;

	if (header == NULL)
		prepare();
	if (size == 0)
		return 0;
	if (data[0] == 0) {
		blob = sign(data + 1, size - 1);
		if (mds_parse(blob, strlen(blob), roots, MADE_NOW, &mds, &why) == STEPUP_OK)
			check(mds);
	} else if (mds_parse((const char *)data + 1, size - 1, roots, MADE_NOW, &mds, &why) == STEPUP_OK) {
		abort();
	}
	if ((mds == NULL) != (why != NULL))
		abort();
	mds_free(&mds);
	free(blob);
	free(why);
	return 0;
}
