/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notes against a key that nobody has signed with, and verifier keys as text: what is read must be
 * written the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/checkpoint_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct note_key key;
	char *text = strndup((const char *)data, size), *again;
	struct checkpoint checkpoint;
	struct note_key read;

	if (text == NULL ||
	    (key.name[0] == '\0' &&
		    note_key_parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
			    &key) != STEPUP_OK))
		abort();
	if (checkpoint_verify(text, &key, &checkpoint) == STEPUP_OK)
		abort();
	if (note_key_parse(text, &read) == STEPUP_OK) {
		again = note_key_format(&read);
		if (again == NULL || strcmp(again, text) != 0)
			abort();
		free(again);
	}
	free(text);
	return 0;
}
