/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads as bytes: each field at its place, and nothing taken that was never packed.
 */
#include "tests/unit/store/store_fixture.h"

#include "verifier/state/vault/head.h"

static const uint8_t sample[STORE_HEAD_SIZE] = {1, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0x58, 0x3b, 0, 0, 0, 0,
	0x65, 0x53, 0xf1, 0, 0, 0, 0, 0, 0, 0, 2, 1,
	[30] = 0xa1, [45] = 0xaf, [46] = 0xb1, [61] = 0xbf};

static struct store_head head_of_sample(void)
{
	struct store_head head = {
		.running = true, .epoch = 7, .batch = 88123, .at = 1700000000, .log_size = 513};

	head.tag_rows[0] = 0xa1;
	head.tag_rows[15] = 0xaf;
	head.tag_log[0] = 0xb1;
	head.tag_log[15] = 0xbf;
	return head;
}

static void each_field_has_its_place(void **state)
{
	struct store_head head = head_of_sample(), again;
	uint8_t bytes[STORE_HEAD_SIZE];

	(void)state;
	store_head_pack(&head, bytes);
	assert_memory_equal(bytes, sample, STORE_HEAD_SIZE);
	assert_ok(store_head_unpack(sample, STORE_HEAD_SIZE, &again));
	assert_true(again.running && !again.clean && !again.moved);
	assert_int_equal(again.epoch, 7);
	assert_int_equal(again.batch, 88123);
	assert_int_equal(again.at, 1700000000);
	assert_int_equal(again.log_size, 513);
	assert_memory_equal(again.tag_rows, head.tag_rows, STORE_HEAD_TAG_SIZE);
	assert_memory_equal(again.tag_log, head.tag_log, STORE_HEAD_TAG_SIZE);
}

/* Whatever byte is changed: either nothing is taken, or what was taken packs to the very same bytes. */
static void what_is_taken_packs_to_the_same_bytes(void **state)
{
	uint8_t bytes[STORE_HEAD_SIZE], again[STORE_HEAD_SIZE];
	struct store_head head;

	(void)state;
	for (size_t i = 0; i < STORE_HEAD_SIZE; i++)
		for (unsigned change = 1; change <= UINT8_MAX; change++) {
			memcpy(bytes, sample, sizeof(bytes));
			bytes[i] ^= (uint8_t)change;
			if (store_head_unpack(bytes, sizeof(bytes), &head) != STEPUP_OK)
				continue;
			store_head_pack(&head, again);
			assert_memory_equal(again, bytes, sizeof(bytes));
		}
}

static void assert_refused(size_t at, uint8_t value)
{
	uint8_t bytes[STORE_HEAD_SIZE];
	struct store_head head;

	memcpy(bytes, sample, sizeof(bytes));
	bytes[at] = value;
	assert_int_equal(store_head_unpack(bytes, sizeof(bytes), &head), STEPUP_CORRUPT);
}

static void what_is_never_packed_is_refused(void **state)
{
	uint8_t longer[STORE_HEAD_SIZE + 1] = {0};
	struct store_head head;

	(void)state;
	assert_refused(0, 0);    /* format */
	assert_refused(0, 2);
	assert_refused(1, 8);    /* a flag that is none */
	assert_refused(1, 3);    /* running, and stopped cleanly */
	assert_refused(1, 5);    /* running, and gone elsewhere */
	assert_refused(5, 0);    /* no epoch */
	assert_refused(6, 0x80); /* a negative batch */
	assert_refused(22, 0x80); /* a negative size */
	memcpy(longer, sample, sizeof(sample));
	assert_int_equal(store_head_unpack(longer, sizeof(longer), &head), STEPUP_CORRUPT);
	assert_int_equal(store_head_unpack(sample, STORE_HEAD_SIZE - 1, &head), STEPUP_CORRUPT);
	assert_int_equal(store_head_unpack(NULL, 0, &head), STEPUP_CORRUPT);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_field_has_its_place),
	cmocka_unit_test(what_is_taken_packs_to_the_same_bytes),
	cmocka_unit_test(what_is_never_packed_is_refused),
};

TAP_MAIN(tests)
