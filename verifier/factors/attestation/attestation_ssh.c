/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestations of SSH security keys. The blob leaves out which format the authenticator used and with which
 * algorithm: the first is told by the AAGUID, which U2F keys don't have, the second by the certificate.
 */
#include "verifier/factors/attestation/attestation_ssh.h"

#include <string.h>

#include "verifier/factors/attestation/attestation.h"
#include "verifier/factors/attestation/attestation_certificate.h"
#include "verifier/factors/attestation/authenticator_data.h"
#include "verifier/factors/attestation/cbor_cursor.h"

static enum stepup_error attestation_ssh_refuse(const char **why, const char *reason)
{
	*why = reason;
	return STEPUP_BAD_ANSWER;
}

/* Takes the blob apart: certificate, signature and authenticator data, which stands in a CBOR byte string. */
static enum stepup_error blob_read(struct byte_cursor blob, struct attestation_object *object)
{
	struct byte_cursor type = cursor_string(&blob), certificate = cursor_string(&blob), data;

	object->signature = cursor_string(&blob);
	data = cursor_string(&blob);
	(void)cursor_u32(&blob); /* reserved flags */
	(void)cursor_string(&blob);
	object->authenticator_data = cbor_bytes(&data);
	if (!cursor_is(&type, "ssh-sk-attest-v01") || !cursor_is_done(&blob) || !cursor_is_done(&data))
		return STEPUP_INVALID;
	if (certificate.left > 0)
		object->chain[object->chain_count++] =
			(struct attestation_certificate){.bytes = certificate.at, .size = certificate.left};
	return STEPUP_OK;
}

static bool is_the_key(const struct authenticator_data *data, const struct ssh_key *key)
{
	return data->algorithm == key->algorithm && data->public_key_size == key->public_key_size &&
		memcmp(data->public_key, key->public_key, key->public_key_size) == 0;
}

static void format_guess(const struct authenticator_data *data, struct attestation_object *object)
{
	static const uint8_t none[KEY_AAGUID_SIZE];
	bool u2f = object->chain_count > 0 && memcmp(data->aaguid, none, sizeof(none)) == 0;

	object->format = u2f ? &attestation_fido_u2f : &attestation_packed;
	object->algorithm = object->chain_count > 0 ? attestation_certificate_algorithm(&object->chain[0])
		: data->algorithm;
}

enum stepup_error attestation_ssh_check(struct byte_cursor blob, struct byte_cursor challenge,
	const struct ssh_key *key, const struct attestation_trust *trust, int64_t now,
	struct key_credential *made, const char **why)
{
	struct attestation_object object = {0};
	struct authenticator_data data;
	uint8_t application[DIGEST_SIZE], hash[DIGEST_SIZE];
	enum stepup_error error = blob_read(blob, &object);

	*why = NULL;
	if (error != STEPUP_OK) {
		*why = "attestation is malformed";
		return error;
	}
	error = authenticator_data_parse(object.authenticator_data, true, &data, why);
	if (error == STEPUP_OK)
		error = digest_sha256(key->application, strlen(key->application), application);
	if (error == STEPUP_OK)
		error = digest_sha256(challenge.at, challenge.left, hash);
	if (error != STEPUP_OK)
		return error;
	if (!is_the_key(&data, key))
		return attestation_ssh_refuse(why, "attestation is another key's");
	if (memcmp(data.rp_id_hash, application, DIGEST_SIZE) != 0)
		return attestation_ssh_refuse(why, "attestation is for another application");
	if ((data.flags & FLAG_USER_PRESENT) == 0)
		return attestation_ssh_refuse(why, "user presence is missing");
	if ((data.flags & FLAG_BACKED_UP) != 0 && (data.flags & FLAG_BACKUP_ELIGIBLE) == 0)
		return attestation_ssh_refuse(why, "backed up but not eligible for backup");
	format_guess(&data, &object);
	error = attestation_verify(&object, &data, hash, why);
	if (error != STEPUP_OK)
		return error;
	made->backup_eligible = (data.flags & FLAG_BACKUP_ELIGIBLE) != 0;
	made->backed_up = (data.flags & FLAG_BACKED_UP) != 0;
	return attestation_assess(&object, &data, trust, now, made, why);
}
