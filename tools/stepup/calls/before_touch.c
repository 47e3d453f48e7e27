/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator should hear before they touch a key; see before_touch.h. */
#include "tools/stepup/calls/before_touch.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "tools/stepup/shell/output.h"

bool is_own_name(const char *name)
{
	const struct passwd *own = getpwuid(getuid());

	return own != NULL && strcmp(own->pw_name, name) == 0;
}

/* Puts the name, safe to show, into the sentence. */
static void warn(const char *before, const char *name, const char *behind)
{
	char *safe = safe_text(name);

	complain("%s%s%s", before, safe, behind);
	free(safe);
}

/* Whether the list of Status that the verb would take something off has it. */
static enum exit_status find_in_status(struct doors *doors, const char *list, const char *name, bool *found)
{
	enum exit_status status;
	const json_t *lock;
	json_t *reply = NULL;
	size_t i;

	*found = false;
	status = doors_call(doors, &interface_admin, "Status", json_object(), &reply, NULL);
	json_array_foreach(json_object_get(reply, list), i, lock)
		*found = *found || strcmp(message_text(lock, "name"), name) == 0;
	json_wipe_free(&reply);
	return status;
}

/* Whether a rule has the action, as far as can be told of whoever runs this; a pattern may have any. */
static enum exit_status find_rule(struct doors *doors, const char *action, bool *found)
{
	struct verifier_refusal refusal = {0};
	enum exit_status status;
	const char *outcome;
	json_t *reply = NULL;

	*found = true;
	if (strchr(action, '*') != NULL)
		return EXIT_DONE;
	status = doors_call(doors, &interface_verify, "Explain", json_pack("{s:s}", "action", action),
		&reply, &refusal);
	outcome = status == EXIT_DONE ? message_text(reply, "outcome") : NULL;
	*found = outcome == NULL || strcmp(outcome, stepup_error_name(STEPUP_UNKNOWN_ACTION)) != 0;
	verifier_refusal_clear(&refusal);
	json_wipe_free(&reply);
	return status == EXIT_REFUSED ? EXIT_DONE : status; /* what it can't explain, it can refuse */
}

enum exit_status warn_about(struct doors *doors, enum about about, const char *name)
{
	enum exit_status status = EXIT_DONE;
	bool found = true;

	switch (about) {
	case ABOUT_LOCK:
		if (is_own_name(name))
			warn("", name, " is your own account. "
				"You will be locked out, and only another administrator can unlock you.");
		else if (doors->names_nobody)
			warn("Nobody named ", name,
				" is known here. The lock will hold all the same. Is that the right name?");
		return EXIT_DONE;
	case ABOUT_UNLOCK:
		status = find_in_status(doors, "locked", name, &found);
		if (is_own_name(name))
			warn("", name, " is your own account. Only another administrator can unlock it.");
		else if (status == EXIT_DONE && !found)
			warn("", name, " is not locked. Is that the right name?");
		return status;
	case ABOUT_FREEZE:
		status = find_rule(doors, name, &found);
		if (status == EXIT_DONE && !found)
			warn("No rule is for ", name, ". Is that the right name?");
		return status;
	case ABOUT_THAW:
		status = find_in_status(doors, "frozen", name, &found);
		if (status == EXIT_DONE && !found)
			warn("", name, " is not frozen. Is that the right name?");
		return status;
	case ABOUT_OTHER:
		if (doors->names_nobody)
			warn("Nobody named ", name, " is known here. Is that the right name?");
		return EXIT_DONE;
	}
	return EXIT_USAGE;
}
