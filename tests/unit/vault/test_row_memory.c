/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the vault is made of: the MAC whose key is kept, sums of terms, the memory of every row.
 */
#include "tests/unit/store/store_fixture.h"

#include "verifier/state/vault/kept_mac.h"
#include "verifier/state/vault/row_memory.h"
#include "verifier/state/vault/row_term.h"
#include "verifier/state/vault/seal.h"

/* NIST SP 800-38B, AES-256, 16 and 64 bytes; the same bytes again give the same MAC, for nothing of the
 * last one is left. */
static void kept_macs_are_those_of_the_standard(void **state)
{
	static const uint8_t key[KEPT_MAC_KEY_SIZE] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b,
		0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
		0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
	static const uint8_t message[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e,
		0x11, 0x73, 0x93, 0x17, 0x2a};
	static const uint8_t expected[KEPT_MAC_SIZE] = {0x28, 0xa7, 0x02, 0x3f, 0x45, 0x2e, 0x8f, 0x82, 0xbd,
		0x4b, 0xf2, 0x8d, 0x8c, 0x37, 0xc3, 0x5c};
	uint8_t blocks[16], result[KEPT_MAC_SIZE];
	struct kept_mac *mac = NULL;

	(void)state;
	assert_ok(kept_mac_new(key, &mac));
	for (unsigned i = 0; i < 3; i++) {
		memcpy(blocks, message, sizeof(blocks));
		assert_ok(kept_mac_of(mac, blocks, sizeof(blocks), result));
		assert_memory_equal(result, expected, sizeof(expected));
	}
	assert_error(kept_mac_of(mac, blocks, 15, result), STEPUP_INTERNAL);
	assert_error(kept_mac_of(mac, blocks, 0, result), STEPUP_INTERNAL);
	kept_mac_free(&mac);
}

static void a_kept_mac_is_the_one_that_seals_make(void **state)
{
	uint8_t key[KEPT_MAC_KEY_SIZE], message[256], blocks[256], kept[KEPT_MAC_SIZE], made[SEAL_TAG_SIZE];
	struct seal_context *context = NULL;
	struct seal_key seal_key;
	struct kept_mac *mac = NULL;

	(void)state;
	memset(key, 9, sizeof(key));
	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(7 * i);
	assert_ok(kept_mac_new(key, &mac));
	assert_ok(seal_context_new(&context));
	assert_ok(seal_key_init(context, &seal_key, key));
	for (size_t size = 16; size <= sizeof(message); size += 16) {
		memcpy(blocks, message, sizeof(blocks));
		assert_ok(kept_mac_of(mac, blocks, size, kept));
		assert_ok(seal_mac(context, &seal_key, message, size, made));
		assert_memory_equal(kept, made, sizeof(made));
	}
	seal_context_free(&context);
	kept_mac_free(&mac);
}

static void a_sum_comes_back_to_where_it_was_in_any_order(void **state)
{
	const struct row_term a = {.high = UINT64_MAX, .low = UINT64_MAX},
		b = {.high = 5, .low = UINT64_MAX - 2}, c = {.high = 1, .low = 7};
	struct row_term sum = {0};

	(void)state;
	row_term_add(&sum, &a);
	row_term_add(&sum, &b);
	row_term_add(&sum, &c);
	row_term_subtract(&sum, &a);
	row_term_subtract(&sum, &c);
	assert_true(sum.high == b.high && sum.low == b.low);
	row_term_add(&sum, &b); /* twice is not nothing */
	assert_false(sum.high == 0 && sum.low == 0);
	row_term_subtract(&sum, &b);
	row_term_subtract(&sum, &b);
	assert_true(sum.high == 0 && sum.low == 0);
}

static struct row_print print_of(uint64_t row)
{
	return (struct row_print){.row = (row + 1) * UINT64_C(0x9e3779b97f4a7c15),
		.version = row_print_version((int64_t)row + 1), .term = (uint32_t)row ^ 77};
}

static void check(const struct row_memory *memory, uint64_t row, bool there)
{
	struct row_print print = print_of(row), known = row_memory_get(memory, print.row);

	assert_int_equal(known.version, there ? print.version : 0);
	if (there)
		assert_int_equal(known.term, print.term);
}

static void four_hundred_thousand_rows_take_at_most_twenty_four_bytes_each(void **state)
{
	struct row_memory memory = {0};
	enum { ROWS = 400000 };

	(void)state;
	for (uint64_t row = 0; row < ROWS; row++) {
		struct row_print print = print_of(row);

		assert_ok(row_memory_reserve(&memory, 1));
		row_memory_set(&memory, &print);
	}
	row_memory_fit(&memory);
	assert_int_equal(memory.count, ROWS);
	assert_true(memory.capacity * sizeof(struct row_print) <= 24 * ROWS);
	for (uint64_t row = 0; row < ROWS; row++)
		check(&memory, row, true);
	for (uint64_t row = 0; row < ROWS; row += 2)
		row_memory_set(&memory, &(struct row_print){.row = print_of(row).row});
	assert_int_equal(memory.count, ROWS / 2);
	for (uint64_t row = 0; row < ROWS; row++)
		check(&memory, row, row % 2 != 0);
	row_memory_clear(&memory);
}

static void rows_that_fall_on_one_slot_are_all_found_when_some_go(void **state)
{
	struct row_memory memory = {0};

	(void)state;
	assert_ok(row_memory_reserve(&memory, 600));
	for (uint64_t row = 0; row < 600; row++) /* at the table's end, so that they go on at its beginning */
		row_memory_set(&memory, &(struct row_print){.row = UINT64_C(0xffffffff00000000) | row,
				.version = 7, .term = (uint32_t)row});
	for (uint64_t row = 0; row < 600; row += 2)
		row_memory_set(&memory, &(struct row_print){.row = UINT64_C(0xffffffff00000000) | row});
	for (uint64_t row = 0; row < 600; row++)
		assert_int_equal(row_memory_get(&memory, UINT64_C(0xffffffff00000000) | row).version,
			row % 2 ? 7 : 0);
	assert_int_equal(memory.count, 300);
	row_memory_clear(&memory);
}

static void no_version_is_taken_for_none(void **state)
{
	(void)state;
	assert_int_equal(row_print_version(1), 1);
	assert_int_equal(row_print_version(INT64_C(1) << 32), 1);
	assert_int_not_equal(row_print_version(-1), 0);
	assert_int_not_equal(row_print_version(0), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(kept_macs_are_those_of_the_standard),
	cmocka_unit_test(a_kept_mac_is_the_one_that_seals_make),
	cmocka_unit_test(a_sum_comes_back_to_where_it_was_in_any_order),
	cmocka_unit_test(four_hundred_thousand_rows_take_at_most_twenty_four_bytes_each),
	cmocka_unit_test(rows_that_fall_on_one_slot_are_all_found_when_some_go),
	cmocka_unit_test(no_version_is_taken_for_none),
};

TAP_MAIN(tests)
