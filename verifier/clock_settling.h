/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock that was ahead for minutes and is right again: what was noted in that time would hold until the
 * clock has caught up. Failed guesses, receipts, requests and invitations from further ahead than a day count
 * for nothing wherever they are looked at; what people used of their limits, how long their keys cool off and
 * which places are theirs is moved to now, once, here.
 * MUST: forget no use; make no key stronger sooner than its cooling-off after now; remember across a crash
 * that it has not come to the end.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_CLOCK_SETTLING_H
#define STEPUP_VERIFIER_CLOCK_SETTLING_H

#include "verifier/verifier.h"

/* At the start, before anything is logged: whether the log's newest entry lies more than a day ahead, or an
 * earlier time was not come to the end of; then settles. `*doubtful`: the log's newest entry is more than a
 * day old, so that it may be the clock that is ahead, now. */
enum stepup_error clock_settling_start(struct verifier *verifier, bool *doubtful);

/* The clock was set back by more than a day: settles, behind what is in the queue. */
void clock_settle(struct verifier *verifier);

#endif
