/* SPDX-License-Identifier: BSD-2-Clause */
/* What one key is asked to do, and what it gave back. */
#include "tools/stepup-authenticator/seat_work.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "tools/stepup-authenticator/webauthn/attestation_object.h"

static const struct field rp_fields[] = {{"id", FIELD_TEXT, 253, true}, {"name", FIELD_TEXT, 256, true}, {0}};

static const struct field user_fields[] = {{"id", FIELD_TEXT, 86, true}, {"name", FIELD_TEXT, 256, true},
	{"displayName", FIELD_TEXT, 256, true}, {0}};

/* The transports that have a name in WebAuthn section 5.8.4; what else a key says is left out. */
static const char *const transport_names[] = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"};

enum authenticator_code seat_task_read_registration(const json_t *request, struct seat_task *task)
{
	const json_t *rp = json_object_get(request, "rp"), *user = json_object_get(request, "user");
	const json_t *algorithms = json_object_get(request, "algorithms");
	char bad_field[FIELD_NAME_SIZE];

	if (message_check(rp_fields, rp, bad_field) != STEPUP_OK ||
		message_check(user_fields, user, bad_field) != STEPUP_OK ||
		base64url_decode(message_text(user, "id"), task->user_id, sizeof(task->user_id),
			&task->user_id_size) != STEPUP_OK)
		return AUTHENTICATOR_BROKEN;
	task->rp_id = message_text(rp, "id");
	task->rp_name = message_text(rp, "name");
	task->user_name = message_text(user, "name");
	task->user_display_name = message_text(user, "displayName");
	for (size_t i = 0; i < json_array_size(algorithms) && i < ALGORITHMS_MAX; i++)
		task->algorithms[task->algorithm_count++] =
			(int)json_integer_value(json_array_get(algorithms, i));
	return task->algorithm_count > 0 ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}

/* --- signing
 * -----------------------------------------------------------------------------------------------------------
 */

static int sign(struct seat_job *job, const struct seat_task *task)
{
	fido_assert_t *assertion = fido_assert_new();
	const struct credential_id *id = job->key->holds;
	int r = FIDO_ERR_INTERNAL;

	job->assertion = assertion;
	if (assertion == NULL || id == NULL)
		return FIDO_ERR_INTERNAL;
	if ((r = fido_assert_set_clientdata(assertion, (const unsigned char *)task->client_data,
		     strlen(task->client_data))) != FIDO_OK ||
		(r = fido_assert_set_rp(assertion, task->rp_id)) != FIDO_OK ||
		(r = fido_assert_allow_cred(assertion, id->bytes, id->size)) != FIDO_OK ||
		(r = fido_assert_set_up(assertion, FIDO_OPT_TRUE)) != FIDO_OK)
		return r;
	/* With a PIN libfido2 asks for verification by itself. */
	if ((task->user_verification || job->key->always_uv) && job->pin == NULL &&
		(r = fido_assert_set_uv(assertion, FIDO_OPT_TRUE)) != FIDO_OK)
		return r;
	return fido_dev_get_assert(job->key->device, assertion, job->pin);
}

/* `bytes` as a text of JSON; NULL where there are none. */
static json_t *bytes_json(const uint8_t *bytes, size_t size)
{
	char *text = bytes != NULL && size > 0 ? base64url_encode_new(bytes, size) : NULL;
	json_t *value = text != NULL ? json_string(text) : NULL;

	free(text);
	return value;
}

enum authenticator_code seat_assertion_result(const struct seat_job *job, json_t **result)
{
	const fido_assert_t *assertion = job->assertion;
	const struct credential_id *id = job->key->holds;
	const uint8_t *auth_data = NULL;
	size_t size = 0;

	if (id != NULL && fido_assert_count(assertion) == 1)
		auth_data = cbor_byte_string(fido_assert_authdata_ptr(assertion, 0),
			fido_assert_authdata_len(assertion, 0), &size);
	/* jansson lets go of all of it where one part is missing. */
	if (auth_data != NULL)
		*result = json_pack("{s:s, s:{s:o, s:o}}", "id", id->text, "response", "authenticatorData",
			bytes_json(auth_data, size), "signature",
			bytes_json(fido_assert_sig_ptr(assertion, 0), fido_assert_sig_len(assertion, 0)));
	return *result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}

/* --- making a credential
 * ----------------------------------------------------------------------------------------------------------
 */

/* As many of the excluded as the key takes: that it holds none of them was looked for before, in
 * all of the list. */
static int exclude(fido_cred_t *credential, const struct seat_key *key, const struct credential_list *list)
{
	size_t excluded = 0;
	int r = FIDO_OK;

	for (size_t i = 0; i < list->count && excluded < key->list_max && r == FIDO_OK; i++) {
		if (!seat_key_takes(key, &list->entries[i]))
			continue;
		r = fido_cred_exclude(credential, list->entries[i].bytes, list->entries[i].size);
		excluded++;
	}
	return r;
}

static int fill_credential(
	fido_cred_t *credential, const struct seat_job *job, const struct seat_task *task, int algorithm)
{
	int r;

	/* One that libfido2 doesn't know, no key of its does. */
	if (fido_cred_set_type(credential, algorithm) != FIDO_OK)
		return FIDO_ERR_UNSUPPORTED_ALGORITHM;
	if ((r = fido_cred_set_clientdata(credential, (const unsigned char *)task->client_data,
		     strlen(task->client_data))) != FIDO_OK ||
		(r = fido_cred_set_rp(credential, task->rp_id, task->rp_name)) != FIDO_OK ||
		(r = fido_cred_set_user(credential, task->user_id, task->user_id_size, task->user_name,
			 task->user_display_name, NULL)) != FIDO_OK)
		return r;
	if (task->user_verification && job->pin == NULL &&
		(r = fido_cred_set_uv(credential, FIDO_OPT_TRUE)) != FIDO_OK)
		return r;
	return exclude(credential, job->key, task->exclude);
}

/* The first of the algorithms that the key knows; it says so before anybody has to touch it. */
static int make(struct seat_job *job, const struct seat_task *task)
{
	int r = FIDO_ERR_UNSUPPORTED_ALGORITHM;

	for (size_t i = 0; i < task->algorithm_count && r == FIDO_ERR_UNSUPPORTED_ALGORITHM; i++) {
		fido_cred_free(&job->credential);
		job->credential = fido_cred_new();
		if (job->credential == NULL)
			return FIDO_ERR_INTERNAL;
		r = fill_credential(job->credential, job, task, task->algorithms[i]);
		if (r == FIDO_OK)
			r = fido_dev_make_cred(job->key->device, job->credential, job->pin);
	}
	return r;
}

int seat_work(struct seat_job *job)
{
	const struct seat_task *task = job->what;

	return task->is_registration ? make(job, task) : sign(job, task);
}

static bool is_transport(const char *name)
{
	for (size_t i = 0; i < sizeof(transport_names) / sizeof(transport_names[0]); i++)
		if (strcmp(transport_names[i], name) == 0)
			return true;
	return false;
}

/* How the key can be reached, as it says itself; over USB, as it was, where it doesn't. */
static json_t *transports_json(fido_dev_t *device)
{
	fido_cbor_info_t *info = fido_cbor_info_new();
	json_t *transports = json_array();

	if (info != NULL && fido_dev_is_fido2(device) && fido_dev_get_cbor_info(device, info) == FIDO_OK) {
		char **names = fido_cbor_info_transports_ptr(info);

		for (size_t i = 0; i < fido_cbor_info_transports_len(info); i++)
			if (is_transport(names[i]))
				(void)json_array_append_new(transports, json_string(names[i]));
	}
	if (json_array_size(transports) == 0)
		(void)json_array_append_new(transports, json_string("usb"));
	fido_cbor_info_free(&info);
	return transports;
}

enum authenticator_code seat_credential_result(const struct seat_job *job, json_t **result)
{
	const fido_cred_t *credential = job->credential;
	const uint8_t *auth_data = fido_cred_authdata_raw_ptr(credential);
	const char *format = fido_cred_fmt(credential);
	uint8_t *object = NULL;
	size_t size = 0;

	if (format != NULL && auth_data != NULL &&
		attestation_object_build(format, fido_cred_attstmt_ptr(credential),
			fido_cred_attstmt_len(credential), auth_data, fido_cred_authdata_raw_len(credential),
			&object, &size) == STEPUP_OK)
		*result = json_pack("{s:o, s:{s:o, s:o}}", "id",
			bytes_json(fido_cred_id_ptr(credential), fido_cred_id_len(credential)), "response",
			"attestationObject", bytes_json(object, size), "transports",
			transports_json(job->key->device));
	free(object);
	return *result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}
