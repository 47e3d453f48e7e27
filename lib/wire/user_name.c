/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that an account can have. */
#include "lib/wire/user_name.h"

#include <string.h>

#include "lib/base/display_text.h"

bool user_name_is_possible(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size > USER_NAME_MAX_BYTES || !utf8_is_valid(name, size) ||
	    strchr("@#+- ", name[0]) != NULL || name[size - 1] == ' ')
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || strchr(":/,*", name[i]) != NULL)
			return false;
	return true;
}
