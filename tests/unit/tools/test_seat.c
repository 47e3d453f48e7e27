/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup-authenticator's work with one key, on a key of software in this process, behind libfido2's own
 * I/O functions; what it signs is checked by libfido2.
 */
#include "tests/unit/cmocka_tap.h"

#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/softkey/io.h"
#include "tools/stepup-authenticator/seat_work.h"

#define CLIENT_DATA "{\"type\":\"webauthn.get\"}"
#define RP_ID "example.com"

struct bench {
	char folder[32];
	struct softkey key;
	struct seat_key seat;
};

static void plug_in(struct bench *bench, const char *const *words)
{
	struct softkey_options options;
	char state[64], ca[64];

	softkey_options_init(&options);
	snprintf(state, sizeof(state), "state=%s/key", bench->folder);
	snprintf(ca, sizeof(ca), "ca=%s/ca", bench->folder);
	assert_true(softkey_options_word(&options, state) && softkey_options_word(&options, ca));
	for (; *words != NULL; words++)
		assert_true(softkey_options_word(&options, *words));
	assert_true(softkey_init(&bench->key, &options));
	bench->seat = (struct seat_key){.device = softkey_open_device(&bench->key)};
	assert_non_null(bench->seat.device);
}

static void unplug(struct bench *bench)
{
	fido_dev_close(bench->seat.device);
	fido_dev_free(&bench->seat.device);
	softkey_clear(&bench->key);
}

static int make_folder(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (bench == NULL)
		return -1;
	strcpy(bench->folder, "/tmp/stepup-seat.XXXXXX");
	*state = bench;
	return mkdtemp(bench->folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct bench *bench = *state;
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", bench->folder);
	free(*state);
	return system(command);
}

/* Makes a credential beside those that are excluded. */
static struct seat_job make_beside(struct bench *bench, int algorithm, const char *pin,
	const struct credential_list *excluded)
{
	struct seat_task task = {.is_registration = true,
		.rp_id = RP_ID,
		.client_data = CLIENT_DATA,
		.rp_name = "Example",
		.user_name = "alice",
		.user_display_name = "Alice",
		.user_id = {1},
		.user_id_size = 1,
		.algorithms = {algorithm},
		.algorithm_count = 1,
		.exclude = excluded,
		.listed = excluded};
	struct seat_job job = {.key = &bench->seat, .what = &task, .pin = pin};

	job.fido_error = seat_work(&job);
	job.what = NULL;
	return job;
}

/* Makes a credential; the list then holds its id. */
static struct seat_job make(struct bench *bench, int algorithm, const char *pin, struct credential_list *list)
{
	static const struct credential_list nothing = {.count = 0};
	struct seat_job job = make_beside(bench, algorithm, pin, &nothing);

	if (job.fido_error == FIDO_OK && list != NULL) {
		list->entries = calloc(1, sizeof(*list->entries));
		assert_non_null(list->entries);
		list->count = 1;
		list->entries[0].text = "id";
		list->entries[0].size = fido_cred_id_len(job.credential);
		memcpy(list->entries[0].bytes, fido_cred_id_ptr(job.credential), list->entries[0].size);
	}
	return job;
}

static struct seat_job sign(struct bench *bench, const struct credential_id *id, bool verify, const char *pin)
{
	struct seat_task task = {.rp_id = RP_ID, .client_data = CLIENT_DATA, .user_verification = verify};
	struct seat_job job = {.key = &bench->seat, .what = &task, .pin = pin};

	bench->seat.holds = id;
	job.fido_error = seat_work(&job);
	job.what = NULL;
	return job;
}

static void clear(struct seat_job *job, struct credential_list *list)
{
	fido_assert_free(&job->assertion);
	fido_cred_free(&job->credential);
	if (list != NULL)
		credential_list_clear(list);
}

static void *public_key(const fido_cred_t *credential)
{
	const unsigned char *bytes = fido_cred_pubkey_ptr(credential);
	size_t size = fido_cred_pubkey_len(credential);
	es256_pk_t *es256 = es256_pk_new();
	eddsa_pk_t *eddsa = eddsa_pk_new();
	rs256_pk_t *rs256 = rs256_pk_new();
	void *key = NULL;

	if (fido_cred_type(credential) == COSE_ES256 && es256_pk_from_ptr(es256, bytes, size) == FIDO_OK)
		key = es256;
	else if (fido_cred_type(credential) == COSE_EDDSA && eddsa_pk_from_ptr(eddsa, bytes, size) == FIDO_OK)
		key = eddsa;
	else if (fido_cred_type(credential) == COSE_RS256 && rs256_pk_from_ptr(rs256, bytes, size) == FIDO_OK)
		key = rs256;
	if (key != es256)
		es256_pk_free(&es256);
	if (key != eddsa)
		eddsa_pk_free(&eddsa);
	if (key != rs256)
		rs256_pk_free(&rs256);
	return key;
}

static void what_it_makes_and_signs_holds_with_every_algorithm(void **state)
{
	static const int algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		struct credential_list list = {.count = 0};
		struct seat_job made, signed_one;
		void *key;
		json_t *result = NULL;

		plug_in(bench, (const char *const[]){NULL});
		made = make(bench, algorithms[i], NULL, &list);
		assert_int_equal(made.fido_error, FIDO_OK);
		assert_int_equal(fido_cred_verify_self(made.credential), FIDO_OK);
		assert_int_equal(seat_credential_result(&made, &result), AUTHENTICATOR_DONE);
		json_decref(result);
		result = NULL;
		signed_one = sign(bench, &list.entries[0], false, NULL);
		assert_int_equal(signed_one.fido_error, FIDO_OK);
		key = public_key(made.credential);
		assert_non_null(key);
		assert_int_equal(fido_assert_verify(signed_one.assertion, 0, algorithms[i], key), FIDO_OK);
		assert_int_equal(seat_assertion_result(&signed_one, &result), AUTHENTICATOR_DONE);
		json_decref(result);
		if (algorithms[i] == COSE_ES256)
			es256_pk_free((es256_pk_t **)&key);
		else if (algorithms[i] == COSE_EDDSA)
			eddsa_pk_free((eddsa_pk_t **)&key);
		else
			rs256_pk_free((rs256_pk_t **)&key);
		clear(&signed_one, NULL);
		clear(&made, &list);
		unplug(bench);
	}
}

static void an_attested_key_hands_its_certificate_over(void **state)
{
	struct bench *bench = *state;
	struct seat_job made;

	plug_in(bench, (const char *const[]){"attestation=packed", NULL});
	made = make(bench, COSE_ES256, NULL, NULL);
	assert_int_equal(made.fido_error, FIDO_OK);
	assert_int_equal(fido_cred_verify(made.credential), FIDO_OK);
	assert_true(fido_cred_x5c_len(made.credential) > 0);
	clear(&made, NULL);
	unplug(bench);
}

static void a_credential_is_found_without_a_touch_wherever_it_stands_in_the_list(void **state)
{
	struct bench *bench = *state;
	struct credential_list own = {.count = 0}, list = {.count = 21};
	struct seat_job made;

	plug_in(bench, (const char *const[]){NULL});
	made = make(bench, COSE_ES256, NULL, &own);
	assert_int_equal(made.fido_error, FIDO_OK);
	list.entries = calloc(list.count, sizeof(*list.entries));
	assert_non_null(list.entries);
	unplug(bench);
	/* Nobody touches it from now on. */
	plug_in(bench, (const char *const[]){"touch=never", NULL});
	for (size_t at = 0; at <= list.count; at += 5) {
		struct seat_keys keys = {.keys = {bench->seat}, .count = 1};

		for (size_t i = 0; i < list.count; i++)
			list.entries[i] =
				i == at ? own.entries[0]
					: (struct credential_id){
						  .text = "other", .bytes = {(uint8_t)i}, .size = 32};
		seat_key_look(&keys.keys[0], RP_ID, &list);
		assert_ptr_equal(keys.keys[0].holds, at < list.count ? &list.entries[at] : NULL);
		seat_key_look(&keys.keys[0], "elsewhere.example", &list);
		assert_int_equal(seat_keys_none_holds(&keys), AUTHENTICATOR_WRONG_KEY);
	}
	credential_list_clear(&list);
	clear(&made, &own);
	unplug(bench);
}

static void a_pin_is_checked_without_a_touch(void **state)
{
	struct bench *bench = *state;
	const struct credential_list nothing = {.count = 0};
	struct credential_list list = {.count = 0};
	struct seat_job made, tried;

	plug_in(bench, (const char *const[]){"pin=4321", NULL});
	made = make(bench, COSE_ES256, NULL, NULL);
	assert_int_equal(seat_code(made.fido_error), AUTHENTICATOR_NO_PIN_SET); /* it wants one */
	clear(&made, NULL);
	made = make(bench, COSE_ES256, "4321", &list);
	assert_int_equal(made.fido_error, FIDO_OK);
	unplug(bench);
	plug_in(bench, (const char *const[]){"touch=never", NULL});
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &nothing, "4321"), FIDO_OK);
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &nothing, "1111"), FIDO_ERR_PIN_INVALID);
	bench->seat.holds = &list.entries[0];
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &nothing, "1111"), FIDO_ERR_PIN_INVALID);
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &nothing, "4321"), FIDO_OK);
	unplug(bench);
	plug_in(bench, (const char *const[]){NULL});
	tried = sign(bench, &list.entries[0], true, "4321");
	assert_int_equal(tried.fido_error, FIDO_OK);
	assert_int_equal(fido_assert_flags(tried.assertion, 0) & 0x05, 0x05);
	clear(&tried, NULL);
	clear(&made, &list);
	unplug(bench);
}

/* A list of `count` ids that nobody has, each of that size. */
static void fill_list(struct credential_list *list, size_t count, size_t size)
{
	*list = (struct credential_list){.entries = calloc(count, sizeof(*list->entries)), .count = count};
	assert_non_null(list->entries);
	for (size_t i = 0; i < count; i++)
		list->entries[i] = (struct credential_id){
			.text = "other", .bytes = {(uint8_t)i, 1}, .size = size};
}

static int pin_tries(struct bench *bench)
{
	int tries = -1;

	assert_int_equal(fido_dev_get_retry_count(bench->seat.device, &tries), FIDO_OK);
	return tries;
}

static void what_is_protected_shows_itself_with_the_pin_alone(void **state)
{
	struct bench *bench = *state;
	struct credential_list own = {.count = 0}, list;
	struct seat_job made;
	int before;

	plug_in(bench, (const char *const[]){"pin=4321", "protect=3", NULL});
	made = make(bench, COSE_ES256, "4321", &own);
	assert_int_equal(made.fido_error, FIDO_OK);
	unplug(bench);
	plug_in(bench, (const char *const[]){"touch=never", NULL});
	fill_list(&list, 21, 32);
	list.entries[17] = own.entries[0];
	seat_key_look(&bench->seat, RP_ID, &list);
	assert_null(bench->seat.holds);
	assert_true(seat_key_may_hide_one(&bench->seat));
	/* However long the list: a wrong PIN costs one try. */
	before = pin_tries(bench);
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &list, "1111"), FIDO_ERR_PIN_INVALID);
	assert_int_equal(pin_tries(bench), before - 1);
	assert_null(bench->seat.holds);
	assert_int_equal(seat_key_check_pin(&bench->seat, RP_ID, &list, "4321"), FIDO_OK);
	assert_ptr_equal(bench->seat.holds, &list.entries[17]);
	assert_false(seat_key_may_hide_one(&bench->seat));
	credential_list_clear(&list);
	clear(&made, &own);
	unplug(bench);
}

static void an_id_that_is_too_long_for_the_key_hides_none_of_the_others(void **state)
{
	static const size_t sizes[] = {129, 255, 1023};
	struct bench *bench = *state;
	struct credential_list own = {.count = 0}, list;
	struct seat_job made;

	plug_in(bench, (const char *const[]){NULL});
	made = make(bench, COSE_ES256, NULL, &own);
	assert_int_equal(made.fido_error, FIDO_OK);
	unplug(bench);
	plug_in(bench, (const char *const[]){"touch=never", NULL});
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill_list(&list, 12, sizes[i]);
		list.entries[11] = own.entries[0];
		seat_key_look(&bench->seat, RP_ID, &list);
		assert_ptr_equal(bench->seat.holds, &list.entries[11]);
		/* Nothing but such ones: nobody is asked for any. */
		list.count = 11;
		seat_key_look(&bench->seat, RP_ID, &list);
		assert_null(bench->seat.holds);
		assert_int_equal(bench->seat.look_error, FIDO_ERR_NO_CREDENTIALS);
		credential_list_clear(&list);
	}
	clear(&made, &own);
	unplug(bench);
}

static void more_excluded_ones_than_the_key_takes_do_not_keep_it_from_enrolling(void **state)
{
	static const size_t counts[] = {8, 9, 40};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct credential_list list;
		struct seat_job made;

		plug_in(bench, (const char *const[]){NULL});
		fill_list(&list, counts[i], 32);
		list.entries[0].size = 1023;
		seat_key_look(&bench->seat, RP_ID, &list);
		made = make_beside(bench, COSE_ES256, NULL, &list);
		assert_int_equal(made.fido_error, FIDO_OK);
		clear(&made, NULL);
		credential_list_clear(&list);
		unplug(bench);
	}
}

static void what_a_key_says_has_a_meaning(void **state)
{
	static const struct {
		const char *fault;
		enum authenticator_code code;
	} faults[] = {{"fault=unplug", AUTHENTICATOR_UNPLUGGED}, {"fault=garbage", AUTHENTICATOR_BROKEN},
		{"touch=never", AUTHENTICATOR_TIMED_OUT},
		{"fault=pin-locked", AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG},
		{"fault=pin-blocked", AUTHENTICATOR_PIN_BLOCKED}};
	struct bench *bench = *state;
	struct credential_list list = {.count = 0};
	struct seat_job made;

	plug_in(bench, (const char *const[]){NULL});
	made = make(bench, COSE_ES256, NULL, &list);
	unplug(bench);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *pin = strstr(faults[i].fault, "pin") != NULL ? "4321" : NULL;
		struct seat_job job;

		plug_in(bench, (const char *const[]){faults[i].fault, pin != NULL ? "pin=4321" : NULL, NULL});
		job = sign(bench, &list.entries[0], false, pin);
		assert_int_equal(seat_code(job.fido_error), faults[i].code);
		clear(&job, NULL);
		unplug(bench);
	}
	clear(&made, &list);
}

#define seat_test(fact) cmocka_unit_test_setup_teardown(fact, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	seat_test(what_it_makes_and_signs_holds_with_every_algorithm),
	seat_test(an_attested_key_hands_its_certificate_over),
	seat_test(a_credential_is_found_without_a_touch_wherever_it_stands_in_the_list),
	seat_test(a_pin_is_checked_without_a_touch),
	seat_test(what_is_protected_shows_itself_with_the_pin_alone),
	seat_test(an_id_that_is_too_long_for_the_key_hides_none_of_the_others),
	seat_test(more_excluded_ones_than_the_key_takes_do_not_keep_it_from_enrolling),
	seat_test(what_a_key_says_has_a_meaning),
};

TAP_MAIN(tests)
