/* SPDX-License-Identifier: BSD-2-Clause */
/* Which calls are brakes; see brakes.h. */
#include "verifier/doors/pending/brakes.h"

#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/verifier.h"

static bool brakes_is_one_of(const char *text, const char *const *texts)
{
	for (; text != NULL && *texts != NULL; texts++)
		if (strcmp(text, *texts) == 0)
			return true;
	return false;
}

bool brake_begins(const json_t *parameters)
{
	static const char *const actions[] = {"stepup.lock", "stepup.freeze", NULL};
	const char *decision = message_text(parameters, "decision");

	return brakes_is_one_of(message_text(parameters, "action"), actions) ||
		(decision != NULL && strcmp(decision, "lock") == 0);
}

/* Whether the call goes on with a step-up of this uid's that is for one. */
static bool brakes_goes_on(struct verifier *verifier, uid_t uid, const json_t *parameters, const char *name)
{
	const struct step_up *step_up =
		step_up_find(verifier->step_ups, message_text(parameters, name), uid);

	return step_up != NULL && step_up->brake;
}

bool brake_of_verify(struct verifier *verifier, uid_t uid, const char *method, const json_t *parameters)
{
	static const char *const beginning[] = {"Begin", "Approve", NULL},
		*const going_on[] = {"Answer", "Cancel", NULL};

	if (strcmp(method, "LockMe") == 0)
		return true;
	if (brakes_is_one_of(method, beginning))
		return brake_begins(parameters);
	return brakes_is_one_of(method, going_on) && brakes_goes_on(verifier, uid, parameters, "transaction");
}

bool brake_of_admin(struct verifier *verifier, uid_t uid, const char *method, const json_t *parameters)
{
	static const char *const verbs[] = {"Lock", "Freeze", NULL};

	return brakes_is_one_of(method, verbs) && brakes_goes_on(verifier, uid, parameters, "authorization");
}
