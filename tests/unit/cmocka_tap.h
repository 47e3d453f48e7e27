/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every unit test includes first: cmocka with the headers it needs, and a main that prints TAP.
 */
#ifndef STEPUP_TESTS_UNIT_CMOCKA_TAP_H
#define STEPUP_TESTS_UNIT_CMOCKA_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The main of a test program whose facts stand in `tests`. */
#define TAP_MAIN(tests) \
	int main(void) \
	{ \
		cmocka_set_message_output(CM_OUTPUT_TAP); \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

#endif
