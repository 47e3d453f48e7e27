/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An export, line by line, checked by the key that it names: whatever stands in it, sentences are safe to show and are counted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/display_text.h"
#include "lib/log_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *context, int64_t index, const char *sentence)
{
	char *safe = display_text(sentence, strlen(sentence));

	(void)index;
	if (safe == NULL || strcmp(safe, sentence) != 0)
		abort();
	free(safe);
	(*(int64_t *)context)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_check_summary summary = {0};
	struct log_check *check = NULL;
	enum stepup_error error = STEPUP_OK, result;
	int64_t problems = 0;

	if (log_check_new(NULL, count, &problems, &check) != STEPUP_OK)
		abort();
	while (error == STEPUP_OK && size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end == NULL ? size : (size_t)(end - data);

		error = log_check_line(check, (const char *)data, length);
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	result = log_check_finish(check, &summary);
	if (summary.problems != problems || (result == STEPUP_OK) != (problems == 0) || summary.proven > summary.entries)
		abort();
	log_check_free(&check);
	return 0;
}
