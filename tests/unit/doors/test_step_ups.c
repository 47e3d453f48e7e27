/* SPDX-License-Identifier: BSD-2-Clause */
/* Step-ups in memory: whose they are, how many, when they end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/host/clock.h"

#define ALICE 1000
#define BOB 1001
#define CONSOLE 2000

static struct step_up *begin(struct step_ups *all, uid_t uid, const char *user)
{
	struct step_up *step_up = NULL;

	assert_int_equal(step_up_new(all, &(struct step_up_seat){
				.kind = STEP_UP_FOR_ACTION, .uid = uid, .pool = POOL_SMALL,
				.user = user}, &step_up), STEPUP_OK);
	return step_up;
}

/* The same for a caller that begins for many, somewhere. */
static struct step_up *begin_at(struct step_ups *all, enum step_up_pool pool,
	const char *user, int place)
{
	struct step_up_seat seat = {
		.kind = STEP_UP_FOR_ACTION, .uid = CONSOLE, .pool = pool, .user = user};
	struct step_up *step_up = NULL;

	memcpy(seat.place, &place, sizeof(place));
	assert_int_equal(step_up_new(all, &seat, &step_up), STEPUP_OK);
	return step_up;
}

/* Whether there is room for one more of a person in a place. */
static bool has_room(struct step_ups *all, enum step_up_pool pool, const char *user, int place)
{
	struct step_up_seat seat = {
		.kind = STEP_UP_FOR_ACTION, .uid = CONSOLE, .pool = pool, .user = user};
	struct step_up *step_up = NULL;
	enum stepup_error error;

	memcpy(seat.place, &place, sizeof(place));
	error = step_up_new(all, &seat, &step_up);
	assert_true(error == STEPUP_OK || error == STEPUP_THROTTLED);
	return error == STEPUP_OK;
}

static void a_step_up_is_found_by_its_name_and_its_uid(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin(all, ALICE, "alice");

	(void)state;
	assert_int_equal(strlen(step_up->name), STEP_UP_NAME_SIZE - 1);
	assert_ptr_equal(step_up_find(all, step_up->name, ALICE), step_up);
	step_ups_free(&all);
}

static void another_uid_finds_nothing_not_even_root(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin(all, ALICE, "alice");

	(void)state;
	assert_null(step_up_find(all, step_up->name, BOB));
	assert_null(step_up_find(all, step_up->name, 0));
	step_ups_free(&all);
}

static void names_that_were_never_given_find_nothing(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin(all, ALICE, "alice");
	char name[STEP_UP_NAME_SIZE];

	(void)state;
	memcpy(name, step_up->name, sizeof(name));
	name[0] = name[0] == 'A' ? 'B' : 'A';
	assert_null(step_up_find(all, name, ALICE));
	name[STEP_UP_NAME_SIZE - 2] = '\0';
	assert_null(step_up_find(all, name, ALICE));
	assert_null(step_up_find(all, "", ALICE));
	assert_null(step_up_find(all, NULL, ALICE));
	step_ups_free(&all);
}

static void names_differ(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *one = begin(all, ALICE, "alice"), *other = begin(all, ALICE, "alice");

	(void)state;
	assert_string_not_equal(one->name, other->name);
	step_ups_free(&all);
}

static void one_that_has_expired_is_not_found_and_is_swept(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin(all, ALICE, "alice");
	char name[STEP_UP_NAME_SIZE];

	(void)state;
	memcpy(name, step_up->name, sizeof(name));
	step_ups_sweep(all, step_up->expires_boot_ms - 1);
	assert_int_equal(step_ups_count(all), 1);
	step_up->expires_boot_ms = clock_boot_ms();
	assert_null(step_up_find(all, name, ALICE));
	step_ups_sweep(all, clock_boot_ms());
	assert_int_equal(step_ups_count(all), 0);
	step_ups_free(&all);
}

static void note_user(void *context, const struct step_up *step_up)
{
	strcat(context, step_up->user);
}

static void one_that_has_expired_is_shown_before_it_goes(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *old = begin(all, ALICE, "alice"), *other = begin(all, ALICE, "bob");
	char seen[64] = "";

	(void)state;
	old->expires_boot_ms = 5;
	other->state = STEP_UP_ANSWERING; /* whose answer is still to come */
	other->expires_boot_ms = 5;
	step_ups_watch(all, note_user, seen);
	step_ups_sweep(all, 5);
	assert_string_equal(seen, "alice");
	other->state = STEP_UP_SPENT;
	step_ups_free(&all);
}

static void one_that_is_being_answered_is_marked_and_not_freed(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin(all, ALICE, "alice");

	(void)state;
	step_up->state = STEP_UP_ANSWERING;
	step_ups_end_user(all, "alice");
	assert_true(atomic_load(&step_up->ended));
	assert_int_equal(step_ups_count(all), 1);
	assert_null(step_up_find(all, step_up->name, ALICE));
	step_ups_sweep(all, INT64_MAX);
	assert_int_equal(step_ups_count(all), 1);
	step_up->state = STEP_UP_SPENT;
	step_up_end(all, step_up);
	assert_int_equal(step_ups_count(all), 0);
	step_ups_free(&all);
}

static void ending_a_users_leaves_others(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *bobs;

	(void)state;
	begin(all, CONSOLE, "alice");
	begin(all, ALICE, "alice");
	bobs = begin(all, CONSOLE, "bob");
	step_ups_end_user(all, "alice");
	assert_int_equal(step_ups_count(all), 1);
	assert_ptr_equal(step_up_find(all, bobs->name, CONSOLE), bobs);
	step_ups_end_user(all, NULL);
	assert_int_equal(step_ups_count(all), 0);
	step_ups_free(&all);
}

static void a_lock_says_nothing_to_a_quiet_question_that_waits(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *asked = begin(all, CONSOLE, "alice"), *granted = begin(all, CONSOLE, "alice");

	(void)state;
	step_up_asked(asked)->quiet = step_up_asked(granted)->quiet = true;
	granted->state = STEP_UP_GRANTED;
	step_ups_end_user(all, "alice");
	assert_int_equal(step_ups_count(all), 1);
	assert_ptr_equal(step_up_find(all, asked->name, CONSOLE), asked);
	step_ups_end_user(all, NULL);
	assert_int_equal(step_ups_count(all), 0);
	step_ups_free(&all);
}

static void of_ones_own_the_oldest_unanswered_one_gives_way(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *granted = begin(all, ALICE, "alice"), *bobs = begin(all, BOB, "bob"),
		*oldest, *next;
	char name[STEP_UP_NAME_SIZE];

	(void)state;
	granted->state = STEP_UP_GRANTED;
	oldest = begin(all, ALICE, "alice");
	memcpy(name, oldest->name, sizeof(name));
	next = begin(all, ALICE, "alice");
	for (int i = 3; i < STEP_UPS_SMALL + 1; i++)
		(void)begin(all, ALICE, "alice");
	assert_null(step_up_find(all, name, ALICE));
	assert_ptr_equal(step_up_find(all, next->name, ALICE), next);
	assert_ptr_equal(step_up_find(all, granted->name, ALICE), granted);
	assert_ptr_equal(step_up_find(all, bobs->name, BOB), bobs);
	assert_int_equal(step_ups_count(all), STEP_UPS_SMALL + 1);
	step_ups_free(&all);
}

static void one_person_in_one_place_pushes_out_their_own_and_nobody_elses(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *honest = begin_at(all, POOL_CALLER, "alice", 1),
		*first = begin_at(all, POOL_CALLER, "mallory", 2);
	char name[STEP_UP_NAME_SIZE];

	(void)state;
	memcpy(name, first->name, sizeof(name));
	for (int i = 0; i < 3 * STEP_UPS_LARGE; i++)
		(void)begin_at(all, POOL_CALLER, "mallory", 2);
	assert_null(step_up_find(all, name, CONSOLE));
	assert_ptr_equal(step_up_find(all, honest->name, CONSOLE), honest);
	assert_int_equal(step_ups_count(all), STEP_UPS_SHARE + 1);
	step_ups_free(&all);
}

static void invented_names_from_one_place_push_out_nobody_elses(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *honest = begin_at(all, POOL_BOUND, "alice", 1);
	char user[32];

	(void)state;
	for (int i = 0; i < STEP_UPS_LARGE + 100; i++) {
		(void)snprintf(user, sizeof(user), "stranger%d", i);
		(void)begin_at(all, POOL_BOUND, user, 2);
	}
	assert_ptr_equal(step_up_find(all, honest->name, CONSOLE), honest);
	assert_int_equal(step_ups_count(all), STEP_UPS_LARGE);
	step_ups_free(&all);
}

static void many_places_of_one_name_push_out_nobody_elses(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *honest = begin_at(all, POOL_CALLER, "alice", 0), *late;

	(void)state;
	for (int i = 1; i < STEP_UPS_LARGE; i++)
		(void)begin_at(all, POOL_CALLER, "mallory", i);
	assert_false(has_room(all, POOL_CALLER, "mallory", STEP_UPS_LARGE));
	late = begin_at(all, POOL_CALLER, "bob", STEP_UPS_LARGE + 1);
	assert_ptr_equal(step_up_find(all, honest->name, CONSOLE), honest);
	assert_ptr_equal(step_up_find(all, late->name, CONSOLE), late);
	step_ups_free(&all);
}

static void a_name_that_strangers_begin_for_keeps_what_its_owner_was_asked(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *honest = begin_at(all, POOL_BOUND, "alice", 0);
	char user[32];

	(void)state;
	for (int i = 1; i < STEP_UPS_LARGE; i++) {
		(void)snprintf(user, sizeof(user), "user%d", i);
		(void)begin_at(all, POOL_BOUND, user, i);
	}
	for (int i = 0; i < 2 * STEP_UPS_SHARE; i++)
		(void)has_room(all, POOL_BOUND, "alice", STEP_UPS_LARGE);
	assert_ptr_equal(step_up_find(all, honest->name, CONSOLE), honest);
	step_ups_free(&all);
}

static void what_was_proved_stays_where_others_only_begin(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *waiting = begin_at(all, POOL_CALLER, "alice", 1),
		*answering = begin_at(all, POOL_CALLER, "alice", 1);

	(void)state;
	waiting->state = STEP_UP_WAITING;
	answering->state = STEP_UP_ANSWERING;
	for (int i = 0; i < 2 * STEP_UPS_SHARE; i++)
		(void)begin_at(all, POOL_CALLER, "alice", 1);
	assert_ptr_equal(step_up_find(all, waiting->name, CONSOLE), waiting);
	assert_ptr_equal(step_up_find(all, answering->name, CONSOLE), answering);
	answering->state = STEP_UP_SPENT;
	step_ups_free(&all);
}

static void brakes_by_the_thousand_push_out_nobody_elses_questions(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *honest, *brake;

	(void)state;
	for (int i = 0; i < STEP_UPS_LARGE - 2; i++)
		begin_at(all, POOL_CALLER, "mallory", i / STEP_UPS_SHARE)->brake = true;
	brake = begin_at(all, POOL_CALLER, "carol", STEP_UPS_LARGE);
	brake->brake = true;
	honest = begin_at(all, POOL_CALLER, "alice", STEP_UPS_LARGE + 1);
	(void)begin_at(all, POOL_CALLER, "bob", STEP_UPS_LARGE + 2);
	assert_ptr_equal(step_up_find(all, honest->name, CONSOLE), honest);
	assert_ptr_equal(step_up_find(all, brake->name, CONSOLE), brake);
	step_ups_free(&all);
}

static void ones_own_brake_stays_where_one_begins_much_else(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *brake = begin_at(all, POOL_BOUND, "alice", 1);

	(void)state;
	brake->brake = brake->own = true;
	for (int i = 0; i < 2 * STEP_UPS_SHARE; i++)
		(void)begin_at(all, POOL_BOUND, "alice", 1);
	assert_ptr_equal(step_up_find(all, brake->name, CONSOLE), brake);
	step_ups_free(&all);
}

static void where_all_have_been_answered_the_oldest_gives_way(void **state)
{
	struct step_ups *all = step_ups_new();
	char name[STEP_UP_NAME_SIZE] = "";

	(void)state;
	for (int i = 0; i < STEP_UPS_SHARE; i++) {
		struct step_up *waiting = begin_at(all, POOL_CALLER, "alice", 1);

		waiting->state = STEP_UP_WAITING;
		if (i == 0)
			memcpy(name, waiting->name, sizeof(name));
	}
	(void)begin_at(all, POOL_CALLER, "alice", 1);
	assert_null(step_up_find(all, name, CONSOLE));
	assert_int_equal(step_ups_count(all), STEP_UPS_SHARE);
	step_ups_free(&all);
}

static void one_that_gives_way_is_told_of(void **state)
{
	struct step_ups *all = step_ups_new();
	char seen[64] = "";

	(void)state;
	step_ups_watch(all, note_user, seen);
	for (int i = 0; i < STEP_UPS_SHARE + 1; i++)
		(void)begin_at(all, POOL_CALLER, "alice", 1);
	assert_string_equal(seen, "alice");
	step_ups_watch(all, NULL, NULL);
	step_ups_free(&all);
}

static void pools_of_one_uid_take_no_room_from_each_other(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *bound = begin_at(all, POOL_BOUND, "alice", 1);

	(void)state;
	for (int i = 0; i < 2 * STEP_UPS_SMALL; i++)
		(void)begin_at(all, POOL_SMALL, "alice", 1);
	assert_ptr_equal(step_up_find(all, bound->name, CONSOLE), bound);
	assert_int_equal(step_ups_count(all), STEP_UPS_SMALL + 1);
	step_ups_free(&all);
}

static void no_name_of_a_user_begins_nothing(void **state)
{
	struct step_ups *all = step_ups_new();
	char user[USER_NAME_SIZE + 1] = {0};
	struct step_up *step_up;

	(void)state;
	memset(user, 'a', USER_NAME_SIZE);
	assert_int_equal(step_up_new(all, &(struct step_up_seat){
				.kind = STEP_UP_FOR_ACTION, .uid = CONSOLE, .pool = POOL_SMALL,
				.user = user}, &step_up), STEPUP_TOO_LONG);
	assert_null(step_up);
	assert_int_equal(step_ups_count(all), 0);
	step_ups_free(&all);
}

static struct step_up *begin_kind(struct step_ups *all, enum step_up_kind kind)
{
	struct step_up *step_up = NULL;

	assert_int_equal(step_up_new(all, &(struct step_up_seat){
				.kind = kind, .uid = ALICE, .pool = POOL_SMALL, .user = "alice"},
			&step_up), STEPUP_OK);
	return step_up;
}

static void a_step_up_of_no_kind_is_not_made(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up;

	(void)state;
	for (int kind = -1; kind <= STEP_UP_TO_ENROL + 1; kind++) {
		enum stepup_error expected =
			kind < STEP_UP_FOR_ACTION || kind > STEP_UP_TO_ENROL ? STEPUP_INTERNAL : STEPUP_OK;

		assert_int_equal(step_up_new(all, &(struct step_up_seat){
					.kind = (enum step_up_kind)kind, .uid = ALICE,
					.pool = POOL_SMALL, .user = "alice"}, &step_up), expected);
		assert_true((step_up != NULL) == (expected == STEPUP_OK));
	}
	assert_int_equal(step_ups_count(all), 4);
	step_ups_free(&all);
}

static void what_one_kind_has_no_other_kind_has(void **state)
{
	static const struct {
		enum step_up_kind kind;
		bool asked, second_person, request;
	} kinds[] = {
		{STEP_UP_FOR_ACTION, true, true, false},
		{STEP_UP_TO_AGREE, true, false, true},
		{STEP_UP_TO_DENY, true, false, true},
		{STEP_UP_TO_ENROL, false, false, false},
	};
	struct step_ups *all = step_ups_new();

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct step_up *step_up = begin_kind(all, kinds[i].kind);

		assert_true((step_up_asked(step_up) != NULL) == kinds[i].asked);
		assert_true((step_up_second_person(step_up) != NULL) == kinds[i].second_person);
		assert_true((step_up_request(step_up) != NULL) == kinds[i].request);
		assert_null(step_up_enrolment(step_up));
		assert_null(step_up_grant(step_up));
	}
	step_ups_free(&all);
}

static int freed;

static void note_freed(struct enrolment **enrolment)
{
	*enrolment = NULL;
	freed++;
}

static void an_enrolment_is_given_once_and_to_its_kind_alone(void **state)
{
	static char memory[1];
	struct enrolment *enrolment = (struct enrolment *)(void *)memory;
	struct step_ups *all = step_ups_new();
	struct step_up *enrols = begin_kind(all, STEP_UP_TO_ENROL);

	(void)state;
	for (int kind = STEP_UP_FOR_ACTION; kind < STEP_UP_TO_ENROL; kind++) {
		struct step_up *other = begin_kind(all, (enum step_up_kind)kind);

		assert_int_equal(step_up_enrols(other, enrolment, note_freed), STEPUP_INTERNAL);
		assert_null(step_up_enrolment(other));
	}
	assert_int_equal(step_up_enrols(enrols, enrolment, note_freed), STEPUP_OK);
	assert_ptr_equal(step_up_enrolment(enrols), enrolment);
	assert_int_equal(step_up_enrols(enrols, enrolment, note_freed), STEPUP_INTERNAL);
	step_ups_free(&all);
	assert_int_equal(freed, 1);
}

static void only_an_action_of_ones_own_is_granted_for_a_verb(void **state)
{
	const struct grant grant = {.log_index = 7, .credential = "abc"};
	struct step_ups *all = step_ups_new();

	(void)state;
	for (int kind = STEP_UP_FOR_ACTION; kind <= STEP_UP_TO_ENROL; kind++) {
		struct step_up *step_up = begin_kind(all, (enum step_up_kind)kind);
		bool may = kind == STEP_UP_FOR_ACTION;

		assert_int_equal(step_up_keep_grant(step_up, &grant), may ? STEPUP_OK : STEPUP_INTERNAL);
		assert_true((step_up->state == STEP_UP_GRANTED) == may);
		assert_true((step_up_grant(step_up) != NULL) == may);
		if (may)
			assert_int_equal(step_up_grant(step_up)->log_index, 7);
	}
	step_ups_free(&all);
}

static void a_grant_is_known_while_it_is_one_and_no_longer(void **state)
{
	struct step_ups *all = step_ups_new();
	struct step_up *step_up = begin_kind(all, STEP_UP_FOR_ACTION);

	(void)state;
	assert_int_equal(step_up_keep_grant(step_up, &(struct grant){.log_index = 7}), STEPUP_OK);
	assert_true(step_up->expires_boot_ms <= clock_boot_ms() + STEP_UP_GRANT_TTL_SECONDS * 1000);
	for (int each = STEP_UP_ASKED; each <= STEP_UP_WAITING; each++) {
		step_up->state = (enum step_up_state)each;
		assert_true((step_up_grant(step_up) != NULL) == (each == STEP_UP_GRANTED));
	}
	step_up->state = STEP_UP_SPENT;
	step_ups_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_up_is_found_by_its_name_and_its_uid),
		cmocka_unit_test(another_uid_finds_nothing_not_even_root),
		cmocka_unit_test(names_that_were_never_given_find_nothing),
		cmocka_unit_test(names_differ),
		cmocka_unit_test(one_that_has_expired_is_not_found_and_is_swept),
		cmocka_unit_test(one_that_has_expired_is_shown_before_it_goes),
		cmocka_unit_test(one_that_is_being_answered_is_marked_and_not_freed),
		cmocka_unit_test(ending_a_users_leaves_others),
		cmocka_unit_test(of_ones_own_the_oldest_unanswered_one_gives_way),
		cmocka_unit_test(one_person_in_one_place_pushes_out_their_own_and_nobody_elses),
		cmocka_unit_test(invented_names_from_one_place_push_out_nobody_elses),
		cmocka_unit_test(many_places_of_one_name_push_out_nobody_elses),
		cmocka_unit_test(a_name_that_strangers_begin_for_keeps_what_its_owner_was_asked),
		cmocka_unit_test(what_was_proved_stays_where_others_only_begin),
		cmocka_unit_test(brakes_by_the_thousand_push_out_nobody_elses_questions),
		cmocka_unit_test(ones_own_brake_stays_where_one_begins_much_else),
		cmocka_unit_test(where_all_have_been_answered_the_oldest_gives_way),
		cmocka_unit_test(one_that_gives_way_is_told_of),
		cmocka_unit_test(pools_of_one_uid_take_no_room_from_each_other),
		cmocka_unit_test(no_name_of_a_user_begins_nothing),
		cmocka_unit_test(a_step_up_of_no_kind_is_not_made),
		cmocka_unit_test(what_one_kind_has_no_other_kind_has),
		cmocka_unit_test(an_enrolment_is_given_once_and_to_its_kind_alone),
		cmocka_unit_test(only_an_action_of_ones_own_is_granted_for_a_verb),
		cmocka_unit_test(a_grant_is_known_while_it_is_one_and_no_longer),
		cmocka_unit_test(a_lock_says_nothing_to_a_quiet_question_that_waits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
