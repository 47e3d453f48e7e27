/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of an application/x-www-form-urlencoded text (WHATWG URL, section 5). */
#ifndef CONSOLE_FORM_H
#define CONSOLE_FORM_H

#include <stddef.h>

/* The decoded value of the one field of that name; the caller frees. NULL where the field is missing or there
 * twice, a percent sequence is broken, or the value holds a NUL or is longer than `size_max` bytes. */
char *form_field(const char *form, const char *name, size_t size_max);

#endif
