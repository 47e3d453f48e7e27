/* SPDX-License-Identifier: BSD-2-Clause */
/* Many clocks against one; see clock_votes.h. */
#include "verifier/rules/limits/clock_votes.h"

#include <string.h>

/* Puts the newest first, in the place of what the same person had, or of the oldest. */
static void remember(struct clock_votes *watch, const uint8_t user_id[USER_ID_SIZE], int64_t off, int64_t now)
{
	size_t at = 0;

	while (at < watch->count && memcmp(watch->seen[at].user_id, user_id, USER_ID_SIZE) != 0)
		at++;
	if (at == watch->count && watch->count < CLOCK_VOTES_SEEN)
		watch->count++;
	if (at == CLOCK_VOTES_SEEN)
		at--;
	memmove(watch->seen + 1, watch->seen, at * sizeof(watch->seen[0]));
	watch->seen[0].at = now;
	watch->seen[0].off = off;
	memcpy(watch->seen[0].user_id, user_id, USER_ID_SIZE);
}

bool clock_votes_note(struct clock_votes *watch, const uint8_t user_id[USER_ID_SIZE], int64_t off,
	int64_t now, size_t *people)
{
	size_t same = 0, others = 0;

	remember(watch, user_id, off, now);
	for (size_t i = 0; i < watch->count; i++) {
		const struct clock_seen *seen = &watch->seen[i];

		if (seen->at > now || now - seen->at > CLOCK_VOTES_SECONDS)
			continue;
		if (off != 0 && seen->off != 0 && (seen->off > 0) == (off > 0))
			same++;
		else
			others++;
	}
	*people = same;
	if (same < CLOCK_VOTES_PEOPLE || 2 * others > same ||
	    (watch->told != 0 && now >= watch->told && now - watch->told < CLOCK_VOTES_AGAIN_SECONDS))
		return false;
	watch->told = now;
	return true;
}
