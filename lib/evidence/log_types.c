/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the log's types of entries. */
#include "lib/evidence/log_types.h"

#include <stddef.h>
#include <string.h>

#define NAME_ROW(constant, name) [LOG_TYPE_##constant] = name,
static const char *const names[LOG_TYPE_COUNT] = {LOG_TYPES(NAME_ROW)};

const char *log_type_name(enum log_type type)
{
	return names[type];
}

enum log_type log_type_of(const char *name)
{
	unsigned type = 0;

	while (type < LOG_TYPE_COUNT && (name == NULL || strcmp(names[type], name) != 0))
		type++;
	return (enum log_type)type;
}
