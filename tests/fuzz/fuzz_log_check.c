/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An export, line by line, checked by the key that it names: whatever stands in it, sentences are safe to
 * show and are counted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/replay/log_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Controls, C1 controls and bidirectional controls, by their bytes. A sentence holds parts made safe one by
 * one, so making the whole safe once more may change it: that it has none of these is what counts. */
static void count(void *context, int64_t index, const char *sentence)
{
	static const char *const controls[] = {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
		"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9",
		"\xe2\x80\x8e", "\xe2\x80\x8f"};

	(void)index;
	if (!utf8_is_valid(sentence, strlen(sentence)))
		abort();
	for (const unsigned char *at = (const unsigned char *)sentence; *at != '\0'; at++)
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0))
			abort();
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (strstr(sentence, controls[i]) != NULL)
			abort();
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
	if (summary.problems != problems || (result == STEPUP_OK) != (problems == 0) ||
	    summary.proven > summary.entries)
		abort();
	log_check_free(&check);
	return 0;
}
