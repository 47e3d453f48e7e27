/* SPDX-License-Identifier: BSD-2-Clause */
/* What this program has a key sign at the seat. */
#include "tools/stepup-authenticator/webauthn/client_data.h"

#include <string.h>

#include "lib/wire/message.h"

#define SEAT_ORIGIN "stepup://"

/* The verifier writes nothing else. */
static const struct field client_data_fields[] = {
	{"type", FIELD_TEXT, 32, true},
	{"challenge", FIELD_TEXT, 128, true},
	{"origin", FIELD_TEXT, 512, true},
	{"crossOrigin", FIELD_BOOL, 0, true},
	{0},
};

bool client_data_is_for_seat(const char *client_data, const char *type)
{
	char bad_field[FIELD_NAME_SIZE];
	json_t *parsed = json_loads(client_data, JSON_REJECT_DUPLICATES, NULL);
	bool is = parsed != NULL && message_check(client_data_fields, parsed, bad_field) == STEPUP_OK &&
		  strcmp(message_text(parsed, "type"), type) == 0 &&
		  strncmp(message_text(parsed, "origin"), SEAT_ORIGIN, strlen(SEAT_ORIGIN)) == 0 &&
		  !message_bool(parsed, "crossOrigin", true);

	json_decref(parsed);
	return is;
}
