/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals and master keys.
 */
#include "tests/unit/store/store_fixture.h"

#include <sys/stat.h>

#include "lib/base/wipe.h"
#include "verifier/state/records/pack.h"
#include "verifier/state/vault/seal.h"

#define assert_hex(bytes, size, hex) assert_hex_at(bytes, size, hex, __FILE__, __LINE__)

static void assert_hex_at(const uint8_t *bytes, size_t size, const char *hex, const char *file, int line)
{
	char text[256] = "";

	for (size_t i = 0; i < size && i < 127; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	_assert_string_equal(text, hex, file, line);
}

/* The two short vectors that C2SP's XAES-256-GCM publishes; format byte and nonce stand before
 * them in our form. */
static void seals_are_those_of_the_specification(void **state)
{
	struct seal_context *context = NULL;
	struct seal_key key;
	uint8_t bytes[SEAL_KEY_SIZE], sealed[12 + SEAL_OVERHEAD];
	static const char nonce[] = "ABCDEFGHIJKLMNOPQRSTUVWX", plain[] = "XAES-256-GCM",
		bound[] = "c2sp.org/XAES-256-GCM";

	(void)state;
	assert_ok(seal_context_new(&context));
	memset(bytes, 1, sizeof(bytes));
	assert_ok(seal_key_init(context, &key, bytes));
	assert_ok(seal_with_nonce(context, &key, (const uint8_t *)nonce, "", 0, plain, 12, sealed));
	assert_hex(sealed + 1 + SEAL_NONCE_SIZE, 28,
		"ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
	memset(bytes, 3, sizeof(bytes));
	assert_ok(seal_key_init(context, &key, bytes));
	assert_ok(seal_with_nonce(context, &key, (const uint8_t *)nonce, bound, sizeof(bound) - 1, plain,
			12, sealed));
	assert_hex(sealed + 1 + SEAL_NONCE_SIZE, 28,
		"986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
	seal_context_free(&context);
}

/* NIST SP 800-38B, examples for AES-256: of 16 and of 64 bytes. */
static void macs_are_those_of_the_standard(void **state)
{
	static const uint8_t bytes[SEAL_KEY_SIZE] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b,
		0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
		0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
	static const uint8_t message[64] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e,
		0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7,
		0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11, 0xe5,
		0xfb, 0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef, 0xf6, 0x9f, 0x24, 0x45, 0xdf, 0x4f, 0x9b, 0x17,
		0xad, 0x2b, 0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10};
	struct seal_context *context = NULL;
	struct seal_key key;
	uint8_t mac[SEAL_TAG_SIZE];

	(void)state;
	assert_ok(seal_context_new(&context));
	assert_ok(seal_key_init(context, &key, bytes));
	assert_ok(seal_mac(context, &key, message, 16, mac));
	assert_hex(mac, sizeof(mac), "28a7023f452e8f82bd4bf28d8c37c35c");
	assert_ok(seal_mac(context, &key, message, 64, mac));
	assert_hex(mac, sizeof(mac), "e1992190549f6ed5696a2c056c315410");
	assert_error(seal_mac(context, &key, message, 0, mac), STEPUP_INTERNAL);
	assert_error(seal_mac(context, &key, message, 17, mac), STEPUP_INTERNAL);
	seal_context_free(&context);
}

static void every_changed_bit_of_a_seal_is_refused(void **state)
{
	struct seal_context *context = NULL;
	struct seal_key key;
	uint8_t bytes[SEAL_KEY_SIZE] = {9}, *sealed = NULL, *plain = NULL;
	size_t size = 0, plain_size = 0;

	(void)state;
	assert_ok(seal_context_new(&context));
	assert_ok(seal_key_init(context, &key, bytes));
	assert_ok(seal(context, &key, "row", 3, "secret", 6, &sealed, &size));
	for (size_t bit = 0; bit < 8 * size; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_error(unseal(context, &key, "row", 3, sealed, size, &plain, &plain_size),
			STEPUP_CORRUPT);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t shorter = 0; shorter < size; shorter++)
		assert_error(unseal(context, &key, "row", 3, sealed, shorter, &plain, &plain_size),
			STEPUP_CORRUPT);
	assert_error(unseal(context, &key, "rov", 3, sealed, size, &plain, &plain_size), STEPUP_CORRUPT);
	assert_error(unseal(context, &key, "ro", 2, sealed, size, &plain, &plain_size), STEPUP_CORRUPT);
	assert_ok(unseal(context, &key, "row", 3, sealed, size, &plain, &plain_size));
	assert_int_equal(plain_size, 6);
	assert_memory_equal(plain, "secret", 6);
	free(plain);
	free(sealed);
	seal_context_free(&context);
}

static void no_two_seals_of_one_value_are_alike(void **state)
{
	struct seal_context *context = NULL;
	struct seal_key key;
	uint8_t bytes[SEAL_KEY_SIZE] = {9}, *first = NULL, *second = NULL;
	size_t size = 0;

	(void)state;
	assert_ok(seal_context_new(&context));
	assert_ok(seal_key_init(context, &key, bytes));
	assert_ok(seal(context, &key, "", 0, "secret", 6, &first, &size));
	assert_ok(seal(context, &key, "", 0, "secret", 6, &second, &size));
	assert_memory_not_equal(first + 1, second + 1, SEAL_NONCE_SIZE);
	assert_memory_not_equal(first + 1 + SEAL_NONCE_SIZE, second + 1 + SEAL_NONCE_SIZE, 6);
	free(first);
	free(second);
	seal_context_free(&context);
}

/* --- master keys --- */

static enum stepup_error read_key(const char *content, size_t size, mode_t mode, char **why)
{
	struct fixture *fixture = fixture_folder();
	struct master_key *key = NULL;
	FILE *file;
	enum stepup_error error;

	*why = NULL;
	file = fopen(fixture->place, "w");
	assert_int_equal(fwrite(content, 1, size, file), size);
	fclose(file);
	assert_int_equal(chmod(fixture->place, mode), 0);
	error = master_key_read(fixture->place, &key, why);
	if (error == STEPUP_OK)
		assert_int_equal(strlen(master_key_id(key)), 8);
	else
		assert_non_null(*why);
	master_key_free(&key);
	fixture_free(fixture);
	return error;
}

static void a_key_file_is_sixty_four_digits_that_only_its_owner_reads(void **state)
{
	char text[] = "00112233445566778899aAbBcCdDeEfF00112233445566778899aAbBcCdDeEfF\n\n", *why = NULL;

	(void)state;
	assert_ok(read_key(text, 65, 0600, &why));
	assert_ok(read_key(text, 64, 0400, &why));
	assert_error(read_key(text, 63, 0600, &why), STEPUP_INVALID);
	free(why);
	assert_error(read_key(text, 66, 0600, &why), STEPUP_INVALID);
	free(why);
	assert_error(read_key(text, 0, 0600, &why), STEPUP_INVALID);
	free(why);
	assert_error(read_key(text, 65, 0640, &why), STEPUP_UNSAFE_FILE);
	free(why);
	text[5] = 'g';
	assert_error(read_key(text, 65, 0600, &why), STEPUP_INVALID);
	free(why);
}

static void a_missing_key_is_said_to_be_missing(void **state)
{
	struct master_key *key = NULL;
	char *why = NULL;

	(void)state;
	assert_error(master_key_read("/nonexistent/master.key", &key, &why), STEPUP_NOT_FOUND);
	assert_non_null(strstr(why, "no such file"));
	free(why);
}

static void systemd_credentials_come_first(void **state)
{
	struct fixture *fixture = fixture_folder();
	struct master_key *key = NULL, *same = fixture_key(0xab);
	char path[128], *why = NULL;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/master.key", fixture->folder);
	file = fopen(path, "w");
	for (int i = 0; i < MASTER_KEY_SIZE; i++)
		fputs("ab", file);
	fputs("\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", fixture->folder, 1), 0);
	assert_ok(master_key_read("/nonexistent/master.key", &key, &why));
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_string_equal(master_key_id(key), master_key_id(same));
	master_key_free(&key);
	master_key_free(&same);
	fixture_free(fixture);
}

static void subkeys_differ_by_purpose_and_by_master_key(void **state)
{
	struct master_key *one = fixture_key(1), *two = fixture_key(2);
	uint8_t a[MASTER_KEY_SIZE], b[MASTER_KEY_SIZE], again[MASTER_KEY_SIZE];

	(void)state;
	assert_ok(master_key_derive(one, "users", a));
	assert_ok(master_key_derive(one, "users", again));
	assert_memory_equal(a, again, sizeof(a));
	assert_ok(master_key_derive(one, "receipts", b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(master_key_derive(two, "users", b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_string_not_equal(master_key_id(one), master_key_id(two));
	master_key_free(&one);
	master_key_free(&two);
}

/* RFC 5869 gives no vector for a 32-byte key without salt; this one was made with "openssl kdf -keylen 32
 * -kdfopt digest:SHA256 … HKDF". */
static void subkeys_are_hkdf_sha256(void **state)
{
	struct master_key *key = fixture_key(0x0b);
	uint8_t subkey[MASTER_KEY_SIZE];

	(void)state;
	assert_ok(master_key_derive(key, "users", subkey));
	assert_hex(subkey, sizeof(subkey),
		"9211bb31f08a2e614b3e439406ba5c45efd7ee6af889d85a54ec2ffba104e3d3");
	master_key_free(&key);
}

/* --- the memory of versions --- */

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(seals_are_those_of_the_specification),
	cmocka_unit_test(macs_are_those_of_the_standard),
	cmocka_unit_test(every_changed_bit_of_a_seal_is_refused),
	cmocka_unit_test(no_two_seals_of_one_value_are_alike),
	cmocka_unit_test(a_key_file_is_sixty_four_digits_that_only_its_owner_reads),
	cmocka_unit_test(a_missing_key_is_said_to_be_missing),
	cmocka_unit_test(systemd_credentials_come_first),
	cmocka_unit_test(subkeys_differ_by_purpose_and_by_master_key),
	cmocka_unit_test(subkeys_are_hkdf_sha256),
};

TAP_MAIN(tests)
