/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads FIDO metadata. Sources: FIDO Metadata Service 3.0, sections 3.1 and 3.2; FIDO Metadata Statement 3.0.
 */
#include "verifier/rules/trust/mds.h"

#include <jansson.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/display_text.h"
#include "lib/wire/canonical_json.h"
#include "verifier/rules/trust/certificate.h"
#include "verifier/rules/trust/mds_jws.h"

#define ENTRIES_MAX 65536

/* What of a model's history means that its keys can't be relied on (section 3.1.4). */
static const char *const bad_news[] = {"REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE",
	"USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"};

/* An authority's root signs for others too, so the signer's name counts as well. */
static enum stepup_error signer_check(STACK_OF(X509) *chain, STACK_OF(X509) *roots, int64_t at, char **why)
{
	const char *reason = NULL;
	enum stepup_error error = certificate_chain_verify(chain, roots, at, &reason);

	if (error == STEPUP_NOT_ALLOWED)
		return mds_refuse(why, "is signed by somebody whose certificate does not lead to "
			"\"mds-root\", or was not valid then.");
	if (error == STEPUP_OK &&
	    X509_check_host(sk_X509_value(chain, 0), MDS_SIGNER, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1)
		return mds_refuse(why, "is signed by somebody else than " MDS_SIGNER ".");
	return error;
}

/* --- entries --- */

static int mds_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads exactly `size` bytes in hexadecimal; hyphens between bytes are let pass. */
static bool hex_read(const char *text, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int high, low;

		while (*text == '-')
			text++;
		high = mds_hex_value(text[0]);
		low = high < 0 ? -1 : mds_hex_value(text[1]);
		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return *text == '\0';
}

/* The description made safe to show, cut between characters where it is too long. */
static enum stepup_error model_read(const json_t *statement, struct mds_entry *entry, bool *whole)
{
	const char *text = json_string_value(json_object_get(statement, "description"));
	char *safe;
	size_t length;

	if (text == NULL) {
		*whole = false;
		return STEPUP_OK;
	}
	safe = display_text(text, strlen(text));
	if (safe == NULL)
		return STEPUP_NO_MEMORY;
	length = strlen(safe);
	if (length >= MDS_MODEL_SIZE)
		for (length = MDS_MODEL_SIZE - 1; length > 0 && ((unsigned char)safe[length] & 0xc0) == 0x80;)
			length--;
	memcpy(entry->model, safe, length);
	entry->model[length] = '\0';
	free(safe);
	return STEPUP_OK;
}

static enum stepup_error key_ids_read(const json_t *ids, struct mds_entry *entry, bool *whole)
{
	const json_t *value;
	size_t index;

	if (ids == NULL)
		return STEPUP_OK;
	if (!json_is_array(ids) || json_array_size(ids) > ENTRIES_MAX) {
		*whole = false;
		return STEPUP_OK;
	}
	entry->key_ids = calloc(json_array_size(ids) + 1, sizeof(*entry->key_ids));
	if (entry->key_ids == NULL)
		return STEPUP_NO_MEMORY;
	json_array_foreach(ids, index, value) {
		if (json_is_string(value) &&
		    hex_read(json_string_value(value), entry->key_ids[entry->key_id_count], MDS_KEY_ID_SIZE))
			entry->key_id_count++;
		else
			*whole = false;
	}
	return STEPUP_OK;
}

/* Any bad news counts, whatever came after it: which of a model's keys an update reached can't be told. */
static bool is_revoked(const json_t *reports)
{
	const json_t *report;
	size_t index;

	json_array_foreach(reports, index, report) {
		const char *status = json_string_value(json_object_get(report, "status"));

		for (size_t i = 0; status != NULL && i < sizeof(bad_news) / sizeof(bad_news[0]); i++)
			if (strcmp(status, bad_news[i]) == 0)
				return true;
	}
	return false;
}

/* `*whole` becomes false where anything can't be read. Of an entry without a name to find it
 * by nothing counts. */
static enum stepup_error entry_read(const json_t *value, struct mds_entry *entry, bool *whole)
{
	const json_t *statement = json_object_get(value, "metadataStatement");
	const json_t *aaguid = json_object_get(value, "aaguid"),
		*roots = json_object_get(statement, "attestationRootCertificates");
	enum stepup_error error;

	entry->roots = sk_X509_new_null();
	if (entry->roots == NULL)
		return STEPUP_NO_MEMORY;
	entry->has_aaguid = aaguid != NULL && json_is_string(aaguid) &&
		hex_read(json_string_value(aaguid), entry->aaguid, sizeof(entry->aaguid));
	*whole = *whole && (aaguid == NULL || entry->has_aaguid);
	entry->revoked = is_revoked(json_object_get(value, "statusReports"));
	error = key_ids_read(json_object_get(value, "attestationCertificateKeyIdentifiers"), entry, whole);
	if (error == STEPUP_OK)
		error = model_read(statement, entry, whole);
	if (error == STEPUP_OK)
		error = mds_certificates(roots, entry->roots, whole);
	return error;
}

/* "number 3 (Red Key)" to the list of those that are damaged, as long as there is room. */
static void note_damaged(struct mds *mds, size_t number, const char *model)
{
	size_t used = strlen(mds->damaged_which), room = sizeof(mds->damaged_which) - used;
	char one[MDS_MODEL_SIZE + 64];
	int length = snprintf(one, sizeof(one), "%snumber %zu%s%s%s", used == 0 ? "" : ", ", number,
		*model == '\0' ? "" : " (", model, *model == '\0' ? "" : ")");

	mds->damaged++;
	if (length > 0 && (size_t)length + sizeof(" …") <= room)
		memcpy(mds->damaged_which + used, one, (size_t)length + 1);
	else if (used >= 4 && room >= sizeof(" …") && strcmp(mds->damaged_which + used - 4, " …") != 0)
		memcpy(mds->damaged_which + used, " …", sizeof(" …"));
}

/* "2026-03-01" as the beginning of that day, UTC. */
static bool date_read(const char *text, int64_t *seconds)
{
	struct tm date = {0};
	const char *end = text == NULL ? NULL : strptime(text, "%Y-%m-%d", &date);

	if (end == NULL || *end != '\0' || strlen(text) != strlen("2026-03-01"))
		return false;
	*seconds = (int64_t)timegm(&date);
	return true;
}

static void entry_clear(struct mds_entry *entry)
{
	free(entry->key_ids);
	sk_X509_pop_free(entry->roots, X509_free);
	*entry = (struct mds_entry){0};
}

static enum stepup_error entries_read(const json_t *payload, struct mds *mds, char **why)
{
	const json_t *entries = json_object_get(payload, "entries"), *value;
	enum stepup_error error = STEPUP_OK;
	size_t index;

	if (!json_is_array(entries) || json_array_size(entries) > ENTRIES_MAX)
		return mds_refuse(why, "has no list of models in it.");
	mds->entries = calloc(json_array_size(entries) + 1, sizeof(*mds->entries));
	if (mds->entries == NULL)
		return STEPUP_NO_MEMORY;
	json_array_foreach(entries, index, value) {
		struct mds_entry *entry = &mds->entries[mds->count];
		/* Models for UAF have neither kind of name, and aren't ours. */
		bool ours = json_object_get(value, "aaguid") != NULL ||
			json_object_get(value, "attestationCertificateKeyIdentifiers") != NULL;
		bool whole = json_is_object(value);

		if (ours) {
			mds->count++;
			error = entry_read(value, entry, &whole);
		}
		if (error != STEPUP_OK)
			return error;
		if (!whole)
			note_damaged(mds, index + 1, entry->model);
		if (ours && !entry->has_aaguid && entry->key_id_count == 0) {
			entry_clear(entry);
			mds->count--;
		}
	}
	return STEPUP_OK;
}

/* What is signed, and until when it is good. */
static enum stepup_error payload_read(const struct jws *jws, json_t **payload,
	int64_t *next_update, char **why)
{
	enum stepup_error error = jws_part_object(jws->payload, payload);

	if (error == STEPUP_OK &&
	    !date_read(json_string_value(json_object_get(*payload, "nextUpdate")), next_update))
		error = STEPUP_INVALID;
	return error == STEPUP_INVALID
		? mds_refuse(why, "is signed, but is not FIDO metadata: there is no JSON with "
			"\"nextUpdate\".") : error;
}

enum stepup_error mds_parse(const char *blob, size_t size, STACK_OF(X509) *roots, int64_t now,
	struct mds **mds, char **why)
{
	struct mds *made = calloc(1, sizeof(*made));
	STACK_OF(X509) *chain = sk_X509_new_null();
	json_t *payload = NULL;
	struct jws jws = {0};
	enum stepup_error error = made == NULL ||
		chain == NULL ? STEPUP_NO_MEMORY : mds_jws_split(blob, size, &jws);

	*mds = NULL;
	*why = NULL;
	if (error == STEPUP_INVALID || error == STEPUP_TOO_LONG)
		error = mds_refuse(why,
			"is not FIDO metadata: it does not have three parts in base64url with dots "
			"between.");
	if (error == STEPUP_OK)
		error = mds_jws_verify(&jws, chain, why);
	if (error == STEPUP_OK)
		error = payload_read(&jws, &payload, &made->next_update, why);
	if (error == STEPUP_OK)
		error = signer_check(chain, roots, now < made->next_update ? now : made->next_update, why);
	if (error == STEPUP_OK)
		error = entries_read(payload, made, why);
	if (error == STEPUP_OK) {
		*mds = made;
		made = NULL;
	}
	json_decref(payload);
	sk_X509_pop_free(chain, X509_free);
	jws_clear(&jws);
	mds_free(&made);
	return error;
}

void mds_free(struct mds **mds)
{
	if (mds == NULL || *mds == NULL)
		return;
	for (size_t i = 0; i < (*mds)->count; i++)
		entry_clear(&(*mds)->entries[i]);
	free((*mds)->entries);
	free(*mds);
	*mds = NULL;
}

static bool names_key(const struct mds_entry *entry, const uint8_t id[MDS_KEY_ID_SIZE])
{
	for (size_t i = 0; i < entry->key_id_count; i++)
		if (memcmp(entry->key_ids[i], id, MDS_KEY_ID_SIZE) == 0)
			return true;
	return false;
}

const struct mds_entry *mds_find(const struct mds *mds, const uint8_t aaguid[16], X509 *certificate)
{
	static const uint8_t none[16];
	uint8_t id[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	bool by_key = memcmp(aaguid, none, sizeof(none)) == 0;

	if (by_key &&
	    (certificate == NULL || X509_pubkey_digest(certificate, EVP_sha1(), id, &size) != 1 ||
		    size != MDS_KEY_ID_SIZE))
		return NULL;
	for (size_t i = 0; i < mds->count; i++) {
		const struct mds_entry *entry = &mds->entries[i];

		if (by_key ? names_key(entry, id) : entry->has_aaguid &&
		    memcmp(entry->aaguid, aaguid, sizeof(entry->aaguid)) == 0)
			return entry;
	}
	return NULL;
}
