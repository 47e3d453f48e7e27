/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark's security key: one P-256 key for every employee, each with a credential id of their own.
 * What it signs is what a browser's key would have signed.
 */
#ifndef STEPUP_TESTS_BENCH_BENCH_KEY_H
#define STEPUP_TESTS_BENCH_BENCH_KEY_H

#include <jansson.h>
#include <stdint.h>

#include "lib/evidence/digest.h"

#define BENCH_RP_ID "example.com"
#define BENCH_ORIGIN "https://bench.example.com"
#define BENCH_PUBLIC_SIZE 64

struct bench_key;

/* Reads a private key in PEM; NULL where that fails. Free with bench_key_close. */
struct bench_key *bench_key_open(const char *path);
void bench_key_close(struct bench_key *key);

/* x ‖ y. */
int bench_key_public(const struct bench_key *key, uint8_t point[BENCH_PUBLIC_SIZE]);

/* The credential id of employee N. */
enum stepup_error bench_key_id(long number, uint8_t id[DIGEST_SIZE]);

/* What PublicKeyCredential.toJSON() gives for these request options: touched and verified, with this counter.
 * NULL where anything fails. */
json_t *bench_key_answer(const struct bench_key *key, const json_t *options, long number, uint32_t counter);

#endif
