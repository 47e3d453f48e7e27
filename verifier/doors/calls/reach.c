/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to a key that a call names.
 */
#include "verifier/doors/calls/reach.h"

#include "lib/wire/message.h"
#include "verifier/host/session.h"
#include "verifier/rules/policy/requirement.h"

static bool is_elsewhere(const struct call *call)
{
	const char *rhost = message_text(call->parameters, "rhost");

	return (rhost != NULL && *rhost != '\0') || session_is_remote(call->peer.pid);
}

bool reach_of(const struct call *call, unsigned *reach, bool *fresh)
{
	const json_t *names = json_object_get(call->parameters, "reach");

	*reach = 0;
	*fresh = false;
	for (size_t i = 0; i < json_array_size(names); i++) {
		unsigned method = method_of_name(json_string_value(json_array_get(names, i)));

		if ((method & (METHODS_OF_KEYS | METHOD_FRESH)) == 0)
			return false;
		*reach |= method & METHODS_OF_KEYS;
		*fresh = *fresh || method == METHOD_FRESH;
	}
	if ((*reach & VIA_SEAT) != 0 && is_elsewhere(call))
		*reach &= ~(unsigned)VIA_SEAT;
	return true;
}
