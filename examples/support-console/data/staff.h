/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The employees' passwords: an SQLite file of the console's own, hashed with crypt(3) yescrypt. A password is
 * only the first half of signing in; the code that follows goes through PAM.
 */
#ifndef CONSOLE_STAFF_H
#define CONSOLE_STAFF_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_MIN 12
#define PASSWORD_MAX 256

struct staff;

/* Opens the file, making it where it is missing (mode 0600); NULL with a sentence in `why`. */
struct staff *staff_open(const char *path, char *why, size_t why_size);
void staff_close(struct staff **staff);

/* Sets an employee's password; false with a sentence in `why`. */
bool staff_set_password(struct staff *staff, const char *user, const char *password, char *why,
	size_t why_size);

enum staff_answer { STAFF_RIGHT, STAFF_WRONG, STAFF_WAIT };

/* Checks a password. Unknown names take as long as known ones. STAFF_WAIT, without looking, where the name
 * was tried too often; `*wait_seconds` says how long. */
enum staff_answer staff_check(struct staff *staff, const char *user, const char *password, int *wait_seconds);

#endif
