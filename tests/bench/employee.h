/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark's employees: name and secret of number N, the same in every program of the
 * benchmark and in run.py.
 */
#ifndef STEPUP_TESTS_BENCH_EMPLOYEE_H
#define STEPUP_TESTS_BENCH_EMPLOYEE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/evidence/digest.h"

#define EMPLOYEE_NAME_SIZE 16
#define EMPLOYEE_SECRET_SIZE 20 /* bytes */

static inline void employee_name(long number, char name[EMPLOYEE_NAME_SIZE])
{
	snprintf(name, EMPLOYEE_NAME_SIZE, "u%07ld", number % 10000000);
}

static inline enum stepup_error employee_secret(long number, uint8_t *secret)
{
	char text[32];
	uint8_t digest[DIGEST_SIZE];
	int length = snprintf(text, sizeof(text), "bench %ld", number);
	enum stepup_error error = digest_sha256(text, (size_t)length, digest);

	if (error == STEPUP_OK)
		memcpy(secret, digest, EMPLOYEE_SECRET_SIZE);
	return error;
}

#endif
