/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times in a record that never were: noted while the clock was wrong, and more than a day ahead of it now
 * that it is right.
 */
#include "verifier/state/records/user_record.h"

static bool is_ahead(int64_t at, int64_t now)
{
	return at > now + TIMES_AHEAD_SECONDS;
}

/* What is said of one credential: when it was made, and how long it still cools off, which was as
 * long as it is now. */
static bool credential_settle(struct credential *credential, int64_t now, bool look_only)
{
	bool ahead = is_ahead(credential->created, now) || is_ahead(credential->last_used, now);

	if (!ahead || look_only)
		return ahead;
	if (is_ahead(credential->created, now)) {
		if (credential->strong_from > credential->created)
			credential->strong_from = now + (credential->strong_from - credential->created);
		else
			credential->strong_from = now;
		credential->created = now;
	}
	if (is_ahead(credential->last_used, now))
		credential->last_used = now;
	return true;
}

static bool source_settle(struct guess_source *source, int64_t now, bool look_only)
{
	if (!is_ahead(source->last_success, now))
		return false;
	if (!look_only)
		source->last_success = now;
	return true;
}

static bool user_record_ahead_settle(struct user_record *record, int64_t now, bool look_only)
{
	bool ahead = is_ahead(record->last_success, now);

	if (ahead && !look_only)
		record->last_success = now;
	for (size_t i = 0; i < record->credential_count; i++)
		ahead |= credential_settle(&record->credentials[i], now, look_only);
	for (size_t i = 0; i < record->guesses.source_count; i++)
		ahead |= source_settle(&record->guesses.sources[i], now, look_only);
	for (size_t i = 0; i < record->tally_count; i++)
		ahead |= is_ahead(record->tallies[i].at, now);
	return ahead;
}

bool user_record_is_ahead(const struct user_record *record, int64_t now)
{
	return user_record_ahead_settle((struct user_record *)(uintptr_t)record, now, true);
}

void user_record_settle(struct user_record *record, int64_t now)
{
	(void)user_record_ahead_settle(record, now, false);
}
