/* SPDX-License-Identifier: BSD-2-Clause */
/* verifier/doors/approvals/waiters.h: who waits is looked at, told, let go, and left over by no stop. */
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/calls/subject.h"

/* What stands for the connection: how often the call was refused, and whether its caller has gone. */
static struct {
	struct call call;
	unsigned refused;
	enum stepup_error error;
	bool gone;
} connection;

void refuse(struct call *call, enum stepup_error error, const struct words_facts *words)
{
	(void)words;
	assert_ptr_equal(call, &connection.call);
	connection.refused++;
	connection.error = error;
}

void call_watch(struct call *call)
{
	assert_ptr_equal(call, &connection.call);
}

bool call_is_gone(struct call *call)
{
	assert_ptr_equal(call, &connection.call);
	return connection.gone;
}

/* Who waits; some wait until the end of their test. */
static struct {
	unsigned count;
	bool freed;
	enum waiter_word word;
} looks;

static enum waiter_word look(struct call *call, void *context)
{
	assert_ptr_equal(call, &connection.call);
	assert_ptr_equal(context, &looks);
	assert_false(looks.freed);
	looks.count++;
	return looks.word;
}

static void forget(void *context)
{
	assert_ptr_equal(context, &looks);
	assert_false(looks.freed);
	looks.freed = true;
}

static const struct waiter_kind kind = {.look = look, .free = forget};

static int set_up(void **state)
{
	memset(&connection, 0, sizeof(connection));
	memset(&looks, 0, sizeof(looks));
	looks.word = WAITER_GOES_ON;
	*state = waiters_new();
	return *state == NULL;
}

static int tear_down(void **state)
{
	struct waiters *waiters = *state;

	waiters_free(&waiters);
	return 0;
}

static void who_could_not_be_told_is_looked_at_again(void **state)
{
	looks.word = WAITER_AGAIN;
	waiters_add(*state, &connection.call, &kind, &looks);
	waiters_tick(*state);
	assert_int_equal(looks.count, 2);
	looks.word = WAITER_GOES_ON;
	waiters_tick(*state);
	waiters_tick(*state);
	assert_int_equal(looks.count, 3);
	assert_false(looks.freed);
}

static void who_went_away_is_let_go(void **state)
{
	waiters_add(*state, &connection.call, &kind, &looks);
	connection.gone = true;
	waiters_tick(*state);
	assert_true(looks.freed);
	assert_int_equal(connection.refused, 1);
}

static void a_stop_refuses_who_waits(void **state)
{
	waiters_add(*state, &connection.call, &kind, &looks);
	waiters_end(*state);
	assert_true(looks.freed);
	assert_int_equal(connection.refused, 1);
	assert_int_equal(connection.error, STEPUP_UNAVAILABLE);
}

/* Whose account was still being looked up when the verifier was told to stop. */
static void and_who_comes_after_it(void **state)
{
	waiters_end(*state);
	waiters_add(*state, &connection.call, &kind, &looks);
	assert_true(looks.freed);
	assert_int_equal(looks.count, 0);
	assert_int_equal(connection.refused, 1);
	assert_int_equal(connection.error, STEPUP_UNAVAILABLE);
}

static const struct CMUnitTest facts[] = {
	cmocka_unit_test_setup_teardown(who_could_not_be_told_is_looked_at_again, set_up, tear_down),
	cmocka_unit_test_setup_teardown(who_went_away_is_let_go, set_up, tear_down),
	cmocka_unit_test_setup_teardown(a_stop_refuses_who_waits, set_up, tear_down),
	cmocka_unit_test_setup_teardown(and_who_comes_after_it, set_up, tear_down),
};

TAP_MAIN(facts)
