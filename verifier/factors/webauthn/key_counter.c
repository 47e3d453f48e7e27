/* SPDX-License-Identifier: BSD-2-Clause */
/* Signature counters; see key_counter.h. */
#include "verifier/factors/webauthn/key_counter.h"

#include <string.h>

enum webauthn_counter key_counter_judge(const struct key_credential *key, int64_t counter, int64_t version,
	int64_t *before)
{
	size_t i;

	*before = -1;
	if (counter == 0 && key->counter == 0)
		return COUNTER_ABSENT;
	if (counter > key->counter)
		return COUNTER_ROSE;
	for (i = 0; i < key->recent_count && key->recent[i].version >= version; i++) {
		if (key->recent[i].counter == counter)
			return COUNTER_FELL;
		*before = key->recent[i].before;
	}
	/* Where none that is kept is older than the question, others may have gone. */
	return *before >= 0 && i < KEY_RECENT_MAX && counter > *before ? COUNTER_LATE : COUNTER_FELL;
}

void key_counter_accept(struct key_credential *key, int64_t counter, int64_t version)
{
	size_t kept = key->recent_count < KEY_RECENT_MAX ? key->recent_count : KEY_RECENT_MAX - 1;

	if (counter == 0)
		return;
	memmove(key->recent + 1, key->recent, kept * sizeof(key->recent[0]));
	key->recent[0] = (struct key_recent){.counter = counter, .before = key->counter, .version = version};
	key->recent_count = kept + 1;
	if (counter > key->counter)
		key->counter = counter;
}
