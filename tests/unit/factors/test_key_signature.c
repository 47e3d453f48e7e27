/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/key_signature.h: signatures that hold, every bit of them, and keys that are none.
 */
#include "tests/unit/cmocka_tap.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_signature.h"
#include "tests/unit/makers/key_maker.h"

static const int algorithms[] = {KEY_ES256, KEY_ES384, KEY_EDDSA, KEY_RS256};
#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

static const uint8_t message[] = "Export 102000 contacts of trezor";

/* A signature over `message` by a fresh key. */
struct signed_message {
	struct made_key key;
	uint8_t signature[KEY_SIGNATURE_MAX];
	size_t size;
};

static void make(int algorithm, struct signed_message *made)
{
	key_make(algorithm, &made->key);
	key_sign(&made->key, message, sizeof(message), made->signature, &made->size);
}

static enum stepup_error check(const struct signed_message *made, const uint8_t *text, size_t size)
{
	return key_signature_check(made->key.algorithm, made->key.raw, made->key.raw_size, text, size,
		made->signature, made->size);
}

static void from_hex(const char *hex, uint8_t *bytes, size_t size)
{
	assert_int_equal(strlen(hex), 2 * size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
}

static void a_signature_over_the_message_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		struct signed_message made;

		make(algorithms[i], &made);
		assert_int_equal(key_public_check(algorithms[i], made.key.raw, made.key.raw_size), STEPUP_OK);
		assert_int_equal(check(&made, message, sizeof(message)), STEPUP_OK);
		assert_int_equal(check(&made, message, sizeof(message) - 1), STEPUP_BAD_ANSWER);
		assert_int_equal(check(&made, message, 0), STEPUP_BAD_ANSWER);
		key_release(&made.key);
	}
}

static void every_changed_bit_of_message_signature_and_key_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		struct signed_message made;
		uint8_t text[sizeof(message)];

		make(algorithms[i], &made);
		memcpy(text, message, sizeof(text));
		for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
			text[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(check(&made, text, sizeof(text)), STEPUP_BAD_ANSWER);
			text[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * made.size; bit++) {
			made.signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
			made.signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * made.key.raw_size; bit++) {
			made.key.raw[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_not_equal(check(&made, message, sizeof(message)), STEPUP_OK);
			made.key.raw[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_int_equal(check(&made, message, sizeof(message)), STEPUP_OK);
		key_release(&made.key);
	}
}

static void a_signature_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		struct signed_message made;
		size_t size;

		make(algorithms[i], &made);
		size = made.size;
		made.signature[size] = 0;
		for (made.size = 0; made.size <= size + 1; made.size++)
			assert_int_equal(check(&made, message, sizeof(message)),
				made.size == size ? STEPUP_OK : STEPUP_BAD_ANSWER);
		key_release(&made.key);
	}
}

static void a_key_serves_one_algorithm_and_one_length_only(void **state)
{
	uint8_t longer[KEY_PUBLIC_MAX + 1] = {0};

	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		struct signed_message made;

		make(algorithms[i], &made);
		for (size_t j = 0; j < ALGORITHM_COUNT; j++)
			if (i != j) {
				assert_int_equal(key_public_check(algorithms[j], made.key.raw,
						made.key.raw_size), STEPUP_INVALID);
				assert_int_equal(key_signature_check(algorithms[j], made.key.raw,
						made.key.raw_size, message, sizeof(message), made.signature,
						made.size), STEPUP_INVALID);
			}
		memcpy(longer, made.key.raw, made.key.raw_size);
		assert_int_equal(key_public_check(algorithms[i], longer, made.key.raw_size + 1),
			STEPUP_INVALID);
		assert_int_equal(key_public_check(algorithms[i], longer, made.key.raw_size - 1),
			STEPUP_INVALID);
		assert_int_equal(key_public_check(algorithms[i], longer, 0), STEPUP_INVALID);
		for (int unknown = -300; unknown < 10; unknown++)
			if (unknown != KEY_ES256 && unknown != KEY_ES384 && unknown != KEY_EDDSA &&
			    unknown != KEY_RS256)
				assert_int_equal(key_public_check(unknown, made.key.raw, made.key.raw_size),
					STEPUP_INVALID);
		key_release(&made.key);
	}
}

static void a_point_off_the_curve_is_no_key(void **state)
{
	struct made_key key;
	uint8_t prime[32], raw[64] = {0};

	(void)state;
	assert_int_equal(key_public_check(KEY_ES256, raw, sizeof(raw)), STEPUP_INVALID); /* (0, 0) */
	key_make(KEY_ES256, &key);
	key.raw[63] ^= 1;
	assert_int_equal(key_public_check(KEY_ES256, key.raw, 64), STEPUP_INVALID);
	key_release(&key);
	/* x = 0 is on the curve, x = p, the same number written otherwise, is no coordinate */
	from_hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4", raw + 32, 32);
	assert_int_equal(key_public_check(KEY_ES256, raw, sizeof(raw)), STEPUP_OK);
	from_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", prime, 32);
	memcpy(raw, prime, 32);
	assert_int_equal(key_public_check(KEY_ES256, raw, sizeof(raw)), STEPUP_INVALID);
}

static void ed25519_takes_points_only_and_none_of_small_order(void **state)
{
	static const char *const none[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		/* p and above: 0, 1 … written otherwise */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 3 */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		/* no x goes with this y */
		"0200000000000000000000000000000000000000000000000000000000000000",
	};
	uint8_t raw[32];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		from_hex(none[i], raw, sizeof(raw));
		assert_int_equal(key_public_check(KEY_EDDSA, raw, sizeof(raw)), STEPUP_INVALID);
	}
	from_hex("0300000000000000000000000000000000000000000000000000000000000000", raw, sizeof(raw));
	assert_int_equal(key_public_check(KEY_EDDSA, raw, sizeof(raw)), STEPUP_OK);
	/* the base point */
	from_hex("5866666666666666666666666666666666666666666666666666666666666666", raw, sizeof(raw));
	assert_int_equal(key_public_check(KEY_EDDSA, raw, sizeof(raw)), STEPUP_OK);
}

/* With a key of small order, R = S·B is a signature over one message in eight, whoever asks: the reason
 * for refusing them. */
static void a_key_of_small_order_signs_nothing(void **state)
{
	uint8_t key[32] = {0x01}, signature[64] = {0x01};

	(void)state;
	for (uint8_t text = 0; text < 64; text++)
		assert_int_equal(key_signature_check(KEY_EDDSA, key, sizeof(key), &text, 1, signature,
				sizeof(signature)), STEPUP_INVALID);
}

static void an_rsa_key_has_2048_bits_and_an_exponent_that_counts(void **state)
{
	static const uint8_t exponents[][3] = {{0, 0, 0}, {0, 0, 1}, {0, 0, 3}, {0, 1, 1},
		{1, 0, 0}, {1, 0, 2}};
	struct made_key key;

	(void)state;
	key_make(KEY_RS256, &key);
	for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
		memcpy(key.raw + 256, exponents[i], 3);
		assert_int_equal(key_public_check(KEY_RS256, key.raw, key.raw_size), STEPUP_INVALID);
	}
	memcpy(key.raw + 256, "\x01\x00\x01", 3);
	assert_int_equal(key_public_check(KEY_RS256, key.raw, key.raw_size), STEPUP_OK);
	key.raw[0] &= 0x7f; /* 2047 bits */
	assert_int_equal(key_public_check(KEY_RS256, key.raw, key.raw_size), STEPUP_INVALID);
	key.raw[0] |= 0x80;
	key.raw[255] &= 0xfe; /* even */
	assert_int_equal(key_public_check(KEY_RS256, key.raw, key.raw_size), STEPUP_INVALID);
	key_release(&key);
}

/* Puts r and s, each as given, into DER. */
static size_t der(const BIGNUM *r, const BIGNUM *s, uint8_t *bytes)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int size;

	assert_int_equal(ECDSA_SIG_set0(signature, BN_dup(r), BN_dup(s)), 1);
	size = i2d_ECDSA_SIG(signature, &bytes);
	ECDSA_SIG_free(signature);
	assert_true(size > 0);
	return (size_t)size;
}

static void r_and_s_lie_between_zero_and_the_order(void **state)
{
	static const char p256_order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	const unsigned char *at;
	struct signed_message made;
	BIGNUM *zero = BN_new(), *order = NULL, *r, *s;
	ECDSA_SIG *signature;

	(void)state;
	make(KEY_ES256, &made);
	at = made.signature;
	signature = d2i_ECDSA_SIG(NULL, &at, (long)made.size);
	r = BN_dup(ECDSA_SIG_get0_r(signature));
	s = BN_dup(ECDSA_SIG_get0_s(signature));
	ECDSA_SIG_free(signature);
	assert_int_not_equal(BN_hex2bn(&order, p256_order), 0);
	made.size = der(r, s, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_OK);
	made.size = der(zero, zero, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	made.size = der(r, zero, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	made.size = der(zero, s, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	assert_int_equal(BN_add(s, s, order), 1);
	made.size = der(r, s, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	assert_int_equal(BN_sub(s, s, order), 1);
	assert_int_equal(BN_add(r, r, order), 1);
	made.size = der(r, s, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	made.size = der(order, order, made.signature);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	BN_free(zero);
	BN_free(order);
	BN_free(r);
	BN_free(s);
	key_release(&made.key);
}

static void an_ed25519_signature_has_one_form(void **state)
{
	static const char order_hex[] = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
	struct signed_message made;
	BIGNUM *order = NULL, *s;

	(void)state;
	make(KEY_EDDSA, &made);
	assert_int_not_equal(BN_hex2bn(&order, order_hex), 0);
	s = BN_lebin2bn(made.signature + 32, 32, NULL);
	assert_int_equal(BN_add(s, s, order), 1);
	assert_int_equal(BN_bn2lebinpad(s, made.signature + 32, 32), 32);
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	BN_free(order);
	BN_free(s);
	key_release(&made.key);
}

static void an_ecdsa_signature_in_ber_is_refused(void **state)
{
	struct signed_message made;
	uint8_t *bytes = made.signature;

	(void)state;
	make(KEY_ES256, &made);
	/* a length in the long form where the short one would do */
	memmove(bytes + 3, bytes + 2, made.size - 2);
	bytes[2] = bytes[1];
	bytes[1] = 0x81;
	made.size++;
	assert_int_equal(check(&made, message, sizeof(message)), STEPUP_BAD_ANSWER);
	key_release(&made.key);
}

/* RFC 8032 section 7.1, test 3. */
static void a_published_signature_holds(void **state)
{
	uint8_t key[32], signature[64];
	static const uint8_t text[] = {0xaf, 0x82};

	(void)state;
	from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", key, sizeof(key));
	from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b5"
		"38d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a", signature, sizeof(signature));
	assert_int_equal(key_signature_check(KEY_EDDSA, key, sizeof(key), text, sizeof(text), signature,
			sizeof(signature)), STEPUP_OK);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_signature_over_the_message_holds),
	cmocka_unit_test(every_changed_bit_of_message_signature_and_key_is_refused),
	cmocka_unit_test(a_signature_of_another_length_is_refused),
	cmocka_unit_test(a_key_serves_one_algorithm_and_one_length_only),
	cmocka_unit_test(a_point_off_the_curve_is_no_key),
	cmocka_unit_test(ed25519_takes_points_only_and_none_of_small_order),
	cmocka_unit_test(a_key_of_small_order_signs_nothing),
	cmocka_unit_test(an_rsa_key_has_2048_bits_and_an_exponent_that_counts),
	cmocka_unit_test(r_and_s_lie_between_zero_and_the_order),
	cmocka_unit_test(an_ed25519_signature_has_one_form),
	cmocka_unit_test(an_ecdsa_signature_in_ber_is_refused),
	cmocka_unit_test(a_published_signature_holds),
};
TAP_MAIN(tests)
