/* SPDX-License-Identifier: BSD-2-Clause */
/* A door's table of handlers: each method of the interface has one row, or the door is not served. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/server/door.h"
#include "verifier/server/sockets.h"

static void handle_first(struct call *call)
{
	(void)call;
}

static void handle_second(struct call *call)
{
	(void)call;
}

static const struct field no_fields[] = {{0}};
static const struct method methods[] = {{"First", no_fields, no_fields},
	{"Second", no_fields, no_fields}, {0}};
static const struct interface interface = {"io.stepup.Test1", "interface io.stepup.Test1\n", methods};

/* Refused, with that fault in the sentence. */
static void assert_refused(const struct door_handler *handlers, const char *fault)
{
	const struct door door = {&interface, handlers, NULL};
	char *why = NULL;

	assert_int_equal(door_check(&door, &why), STEPUP_INTERNAL);
	assert_non_null(why);
	assert_non_null(strstr(why, fault));
	assert_non_null(strstr(why, interface.name));
	free(why);
}

/* The handler that a call of that method gets. */
static call_handler *handler_of(const struct door *door, const char *message, enum door_verdict expected)
{
	struct door_request request;
	call_handler *handler;

	assert_int_equal(door_read(door, message, strlen(message), &request), expected);
	handler = request.handler;
	door_request_clear(&request);
	return handler;
}

static void a_method_without_a_row_is_refused(void **state)
{
	const struct door_handler handlers[] = {{"First", handle_first}, {0}};

	(void)state;
	assert_refused(handlers, "Second of io.stepup.Test1 has no row");
}

static void a_row_without_a_handler_is_refused(void **state)
{
	const struct door_handler handlers[] = {{"First", handle_first}, {"Second", NULL}, {0}};

	(void)state;
	assert_refused(handlers, "Second of io.stepup.Test1 has a row without a handler");
}

static void a_method_with_two_rows_is_refused(void **state)
{
	const struct door_handler handlers[] = {
		{"First", handle_first}, {"Second", handle_second}, {"First", handle_second}, {0}};

	(void)state;
	assert_refused(handlers, "First of io.stepup.Test1 has two rows");
}

static void a_row_of_no_method_is_refused(void **state)
{
	const struct door_handler handlers[] = {
		{"First", handle_first}, {"Second", handle_second}, {"Third", handle_second}, {0}};

	(void)state;
	assert_refused(handlers, "Third of io.stepup.Test1 is not of that interface");
}

static void in_whatever_order_rows_stand_each_method_has_its_own_handler(void **state)
{
	const struct door_handler handlers[] = {{"Second", handle_second}, {"First", handle_first}, {0}};
	const struct door door = {&interface, handlers, NULL};
	char *why = NULL;

	(void)state;
	assert_int_equal(door_check(&door, &why), STEPUP_OK);
	assert_null(why);
	assert_ptr_equal(handler_of(&door, "{\"method\":\"io.stepup.Test1.First\"}", DOOR_CALL),
		handle_first);
	assert_ptr_equal(handler_of(&door, "{\"method\":\"io.stepup.Test1.Second\"}", DOOR_CALL),
		handle_second);
}

static void a_door_that_nobody_checked_calls_no_neighbour(void **state)
{
	const struct door_handler handlers[] = {{"Second", handle_second}, {0}};
	const struct door door = {&interface, handlers, NULL};

	(void)state;
	assert_null(handler_of(&door, "{\"method\":\"io.stepup.Test1.First\"}", DOOR_ANSWER));
}

static void the_verifiers_doors_are_whole(void **state)
{
	char *why = NULL;

	(void)state;
	for (int i = 0; i < SOCKET_COUNT; i++) {
		assert_int_equal(door_check(sockets_door(i), &why), STEPUP_OK);
		assert_null(why);
	}
}

static const struct CMUnitTest facts[] = {
	cmocka_unit_test(a_method_without_a_row_is_refused),
	cmocka_unit_test(a_row_without_a_handler_is_refused),
	cmocka_unit_test(a_method_with_two_rows_is_refused),
	cmocka_unit_test(a_row_of_no_method_is_refused),
	cmocka_unit_test(in_whatever_order_rows_stand_each_method_has_its_own_handler),
	cmocka_unit_test(a_door_that_nobody_checked_calls_no_neighbour),
	cmocka_unit_test(the_verifiers_doors_are_whole),
};

TAP_MAIN(facts)
