/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wiping of secrets and comparing without telling where two texts differ.
 */
#include "lib/base/wipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void wipe_memory(void *memory, size_t size)
{
	if (memory != NULL && size != 0)
		explicit_bzero(memory, size);
}

void wipe_free(void **memory, size_t size)
{
	if (memory == NULL || *memory == NULL)
		return;
	wipe_memory(*memory, size);
	free(*memory);
	*memory = NULL;
}

void wipe_free_string(char **string)
{
	if (string == NULL || *string == NULL)
		return;
	wipe_memory(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

bool equal_constant_time(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *left = a, *right = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++)
		difference = (uint8_t)(difference | (left[i] ^ right[i]));
	return difference == 0;
}
