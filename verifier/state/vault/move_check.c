/* SPDX-License-Identifier: BSD-2-Clause */
/* A store that arrives; see move_check.h. */
#include "verifier/state/vault/move_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/wipe.h"

#define WAY_ON                                                                                               \
	" Nothing was changed. To restore it all the same, like any backup:"                                 \
	" stepup restore --as-backup FILE, and then stepup epoch new."

static enum stepup_error move_check_refuse(char **why, const struct move_question *question, const char *what)
{
	if (asprintf(why,
		    "The store left in that file at batch %" PRId64
		    ", and %s has the same store at batch %" PRId64 ": %s." WAY_ON,
		    question->left->batch, question->witness, question->known->batch, what) < 0)
		*why = NULL;
	return STEPUP_CORRUPT;
}

static bool is_older(const struct store_head *head, const struct store_head *other)
{
	return head->epoch < other->epoch || (head->epoch == other->epoch && head->batch < other->batch);
}

/* The very head with which it left: this is the place that it left. */
static bool is_same(const struct store_head *left, const struct store_head *known)
{
	return known->epoch == left->epoch && known->batch == left->batch && known->moved &&
	       equal_constant_time(known->tag_rows, left->tag_rows, STORE_HEAD_TAG_SIZE) &&
	       equal_constant_time(known->tag_log, left->tag_log, STORE_HEAD_TAG_SIZE);
}

/* What store_arrive() leaves, and nothing since: whatever a verifier answers it commits before, under another
 * head. */
static bool has_just_arrived(const struct store_head *left, const struct store_head *known)
{
	return known->epoch == left->epoch && known->batch == left->batch + 1 &&
	       known->log_size == left->log_size + 1 && !known->moved && !known->running;
}

enum stepup_error move_check(const struct move_question *question, char **why)
{
	const struct store_head *left = question->left, *known = question->known;

	if (is_same(left, known) || has_just_arrived(left, known))
		return STEPUP_OK;
	if (!is_older(known, left))
		return move_check_refuse(why, question,
			known->epoch > left->epoch
				? "a later epoch was begun there"
				: "the file was restored before, or the store went on there, or left again");
	if (known->log_size > left->log_size || !question->known_fits)
		return move_check_refuse(why, question,
			"the two went apart before, so each knows of codes and locks that the other does"
			" not");
	return STEPUP_OK;
}
