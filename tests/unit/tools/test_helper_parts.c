/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup-authenticator: what it takes from an agent, what it lets a key sign, how it puts an
 * attestation object together.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/byte_cursor.h"
#include "tools/stepup-authenticator/agent_reply.h"
#include "tools/stepup-authenticator/webauthn/attestation_object.h"
#include "tools/stepup-authenticator/webauthn/client_data.h"

#define ED25519 "sk-ssh-ed25519@openssh.com"
#define IDENTITIES 12
#define SIGNATURE 14

/* The blob of an sk-ssh-ed25519 key. */
static void put_key(struct byte_writer *writer, const char *type)
{
	/* The curve's base point: a key has to be on the curve. */
	static const uint8_t point[32] = {0x58, [1 ... 31] = 0x66};
	struct byte_writer blob = {.bytes = NULL};

	writer_text(&blob, type);
	writer_string(&blob, point, sizeof(point));
	if (strcmp(type, ED25519) == 0)
		writer_text(&blob, "ssh:");
	writer_string(writer, blob.bytes, blob.size);
	free(blob.bytes);
}

static void put_signature(struct byte_writer *writer, const char *type, uint8_t flags)
{
	static const uint8_t raw[64] = {1};
	struct byte_writer blob = {.bytes = NULL};

	writer_text(&blob, type);
	writer_string(&blob, raw, sizeof(raw));
	writer_u8(&blob, flags);
	writer_u32(&blob, 5);
	writer_string(writer, blob.bytes, blob.size);
	free(blob.bytes);
}

static struct byte_writer identities(uint32_t said)
{
	struct byte_writer reply = {.bytes = NULL};

	writer_u8(&reply, IDENTITIES);
	writer_u32(&reply, said);
	put_key(&reply, "ssh-ed25519");
	writer_text(&reply, "laptop");
	put_key(&reply, ED25519);
	writer_text(&reply, "blue\033[1m");
	return reply;
}

static void only_sk_keys_are_listed_with_labels_that_are_safe_to_show(void **state)
{
	struct byte_writer reply = identities(2);
	json_t *keys = NULL;

	(void)state;
	assert_int_equal(agent_read_identities(reply.bytes, reply.size, &keys), AUTHENTICATOR_DONE);
	assert_int_equal(json_array_size(keys), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(keys, 0), "label")), "blue\\u{001B}[1m");
	json_decref(keys);
	free(reply.bytes);
}

static void identities_that_are_cut_or_go_on_are_refused(void **state)
{
	json_t *keys = NULL;

	(void)state;
	for (uint32_t said = 0; said < 5; said++) {
		struct byte_writer reply = identities(said);

		if (said != 2)
			assert_int_equal(
				agent_read_identities(reply.bytes, reply.size, &keys), AUTHENTICATOR_BROKEN);
		for (size_t size = 0; said == 2 && size < reply.size; size++)
			assert_int_equal(
				agent_read_identities(reply.bytes, size, &keys), AUTHENTICATOR_BROKEN);
		free(reply.bytes);
	}
	assert_null(keys);
}

static void an_agent_that_fails_has_refused(void **state)
{
	static const uint8_t failures[] = {5, 30, 102};
	const uint8_t *signature = NULL;
	size_t size = 0;
	json_t *keys = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(failures); i++) {
		assert_int_equal(agent_read_identities(&failures[i], 1, &keys), AUTHENTICATOR_AGENT_REFUSED);
		assert_int_equal(agent_read_signature(&failures[i], 1, NULL, 0, false, &signature, &size),
			AUTHENTICATOR_AGENT_REFUSED);
	}
	assert_int_equal(agent_read_identities((const uint8_t *)"\x0e", 1, &keys), AUTHENTICATOR_BROKEN);
	assert_int_equal(agent_read_identities(NULL, 0, &keys), AUTHENTICATOR_BROKEN);
}

/* Reads a signature reply of that kind for a key of that kind. */
static enum authenticator_code read_one(
	const char *key_type, const char *type, uint8_t flags, bool verified, size_t cut, size_t more)
{
	struct byte_writer reply = {.bytes = NULL}, key = {.bytes = NULL};
	const uint8_t *signature = NULL;
	size_t size = 0;
	enum authenticator_code code;

	put_key(&key, key_type);
	writer_u8(&reply, SIGNATURE);
	put_signature(&reply, type, flags);
	for (size_t i = 0; i < more; i++)
		writer_u8(&reply, 0);
	code = agent_read_signature(reply.bytes, cut < reply.size ? reply.size - cut : 0, key.bytes + 4,
		key.size - 4, verified, &signature, &size);
	assert_true((code == AUTHENTICATOR_DONE) == (signature != NULL));
	free(reply.bytes);
	free(key.bytes);
	return code;
}

static void a_signature_needs_a_touch_and_verification_where_asked(void **state)
{
	(void)state;
	assert_int_equal(read_one(ED25519, ED25519, 0x01, false, 0, 0), AUTHENTICATOR_DONE);
	assert_int_equal(read_one(ED25519, ED25519, 0x05, true, 0, 0), AUTHENTICATOR_DONE);
	assert_int_equal(read_one(ED25519, ED25519, 0x00, false, 0, 0), AUTHENTICATOR_NO_TOUCH);
	assert_int_equal(read_one(ED25519, ED25519, 0x04, true, 0, 0), AUTHENTICATOR_NO_TOUCH);
	assert_int_equal(read_one(ED25519, ED25519, 0x01, true, 0, 0), AUTHENTICATOR_UNSUPPORTED);
}

static void a_signature_that_is_cut_goes_on_or_is_of_another_kind_is_refused(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 130; cut++)
		assert_int_equal(read_one(ED25519, ED25519, 0x01, false, cut, 0), AUTHENTICATOR_BROKEN);
	assert_int_equal(read_one(ED25519, ED25519, 0x01, false, 0, 1), AUTHENTICATOR_BROKEN);
	assert_int_equal(read_one(ED25519, "ssh-ed25519", 0x01, false, 0, 0), AUTHENTICATOR_BROKEN);
	assert_int_equal(read_one(ED25519, "sk-ecdsa-sha2-nistp256@openssh.com", 0x01, false, 0, 0),
		AUTHENTICATOR_BROKEN);
	assert_int_equal(read_one("ssh-ed25519", ED25519, 0x01, false, 0, 0), AUTHENTICATOR_BROKEN);
}

#define CLIENT_DATA(type, origin, rest)                                                                      \
	"{\"type\":\"" type "\",\"challenge\":\"abc\",\"origin\":\"" origin "\"" rest "}"

static void only_a_seats_client_data_is_signed(void **state)
{
	static const char *const refused[] = {"", "{}", "[]",
		CLIENT_DATA("webauthn.get", "https://example.com", ",\"crossOrigin\":false"),
		CLIENT_DATA("webauthn.create", "stepup://h", ",\"crossOrigin\":false"),
		CLIENT_DATA("webauthn.get", "stepup:/h", ",\"crossOrigin\":false"),
		CLIENT_DATA("webauthn.get", "stepup://h", ""),
		CLIENT_DATA("webauthn.get", "stepup://h", ",\"crossOrigin\":true"),
		CLIENT_DATA("webauthn.get", "stepup://h", ",\"crossOrigin\":false,\"topOrigin\":\"x\""),
		CLIENT_DATA("webauthn.get", "stepup://h",
			",\"crossOrigin\":false,\"origin\":\"https://example.com\""),
		CLIENT_DATA("webauthn.get", "stepup://h", ",\"crossOrigin\":false") "x"};

	(void)state;
	assert_true(client_data_is_for_seat(
		CLIENT_DATA("webauthn.get", "stepup://h", ",\"crossOrigin\":false"), "webauthn.get"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(client_data_is_for_seat(refused[i], "webauthn.get"));
}

static void an_attestation_object_is_canonical_cbor(void **state)
{
	static const uint8_t expected[] = "\xa3"
					  "cfmtdnonegattStmt\xa0"
					  "hauthDataCabc";
	static const uint8_t statement[] = {0xa1, 0x61, 'a', 0x01};
	uint8_t data[300] = {0}, *object = NULL;
	size_t size = 0;

	(void)state;
	assert_int_equal(attestation_object_build("none", NULL, 0, (const uint8_t *)"abc", 3, &object, &size),
		STEPUP_OK);
	assert_int_equal(size, sizeof(expected) - 1);
	assert_memory_equal(object, expected, size);
	free(object);
	assert_int_equal(attestation_object_build(
				 "packed", statement, sizeof(statement), data, sizeof(data), &object, &size),
		STEPUP_OK);
	assert_memory_equal(object + size - 303, "\x59\x01\x2c", 3); /* a head of two bytes of length */
	free(object);
	assert_int_equal(
		attestation_object_build("packed", statement, sizeof(statement), data, 200, &object, &size),
		STEPUP_OK);
	assert_memory_equal(object + size - 202, "\x58\xc8", 2);
	free(object);
	assert_int_equal(attestation_object_build("packed", statement, 20000, data, 200, &object, &size),
		STEPUP_TOO_LONG);
}

static void a_byte_string_is_all_there_is(void **state)
{
	static const uint8_t shortest[] = {0x43, 'a', 'b', 'c'}, one[] = {0x58, 3, 'a', 'b', 'c'},
			     two[] = {0x59, 0, 3, 'a', 'b', 'c'};
	static const uint8_t text[] = {0x63, 'a', 'b', 'c'}, more[] = {0x42, 'a', 'b', 'c'},
			     cut[] = {0x44, 'a', 'b', 'c'}, endless[] = {0x5f, 0xff},
			     four[] = {0x5a, 0, 0, 0, 1, 'a'};
	size_t size = 0;

	(void)state;
	assert_memory_equal(cbor_byte_string(shortest, sizeof(shortest), &size), "abc", 3);
	assert_memory_equal(cbor_byte_string(one, sizeof(one), &size), "abc", 3);
	assert_memory_equal(cbor_byte_string(two, sizeof(two), &size), "abc", 3);
	assert_int_equal(size, 3);
	assert_null(cbor_byte_string(text, sizeof(text), &size));
	assert_null(cbor_byte_string(more, sizeof(more), &size));
	assert_null(cbor_byte_string(cut, sizeof(cut), &size));
	assert_null(cbor_byte_string(endless, sizeof(endless), &size));
	assert_null(cbor_byte_string(four, sizeof(four), &size));
	assert_null(cbor_byte_string(NULL, 0, &size));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(only_sk_keys_are_listed_with_labels_that_are_safe_to_show),
	cmocka_unit_test(identities_that_are_cut_or_go_on_are_refused),
	cmocka_unit_test(an_agent_that_fails_has_refused),
	cmocka_unit_test(a_signature_needs_a_touch_and_verification_where_asked),
	cmocka_unit_test(a_signature_that_is_cut_goes_on_or_is_of_another_kind_is_refused),
	cmocka_unit_test(only_a_seats_client_data_is_signed),
	cmocka_unit_test(an_attestation_object_is_canonical_cbor),
	cmocka_unit_test(a_byte_string_is_all_there_is),
};

TAP_MAIN(tests)
