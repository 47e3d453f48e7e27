/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a pam_stepup.so line: one table, which the manual page is checked against. */
#include "pam_module/arguments.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>

#include "lib/wire/action.h"
#include "pam_module/outcome.h"

struct argument {
	const char *name; /* with its "=", where it takes a value */
	bool (*set)(struct arguments *arguments, const char *value);
};

static bool set_action(struct arguments *arguments, const char *value)
{
	arguments->action = value;
	return action_name_is_valid(value);
}

static bool set_details(struct arguments *arguments, const char *value)
{
	arguments->details_from_environment = true;
	return strcmp(value, "env") == 0;
}

static bool set_receipt(struct arguments *arguments, const char *value)
{
	arguments->receipt_to_environment = true;
	return strcmp(value, "env") == 0;
}

static bool set_conversation(struct arguments *arguments, const char *value)
{
	arguments->form = strcmp(value, "json") == 0 ? &conversation_form_json : &conversation_form_text;
	return strcmp(value, arguments->form->name) == 0;
}

static bool set_agent(struct arguments *arguments, const char *value)
{
	arguments->agent_from_environment = true;
	return strcmp(value, "env") == 0;
}

static bool set_timeout(struct arguments *arguments, const char *value)
{
	int seconds = 0;

	for (; *value >= '0' && *value <= '9' && seconds <= TIMEOUT_SECONDS_MAX; value++)
		seconds = seconds * 10 + (*value - '0');
	arguments->timeout_seconds = seconds;
	return *value == '\0' && seconds >= 1 && seconds <= TIMEOUT_SECONDS_MAX;
}

static bool set_socket(struct arguments *arguments, const char *value)
{
	arguments->socket = value;
	return value[0] == '/' && strlen(value) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

static bool set_debug(struct arguments *arguments, const char *value)
{
	arguments->debug = true;
	return value[0] == '\0';
}

static const struct argument table[] = {
	{"action=", set_action},
	{"details=", set_details},
	{"receipt=", set_receipt},
	{"conversation=", set_conversation},
	{"agent=", set_agent},
	{"timeout=", set_timeout},
	{"socket=", set_socket},
	{"debug", set_debug},
};

#define ARGUMENT_COUNT (sizeof(table) / sizeof(table[0]))

/* Takes one word; `seen` has a bit for each argument there was. */
static bool take(struct arguments *arguments, const char *word, unsigned *seen)
{
	for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
		size_t length = strlen(table[i].name);

		if (strncmp(word, table[i].name, length) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return false;
		*seen |= 1u << i;
		return table[i].set(arguments, word + length);
	}
	return false;
}

int arguments_read(pam_handle_t *pamh, int argc, const char **argv, struct arguments *arguments)
{
	unsigned seen = 0;

	*arguments = (struct arguments){
		.form = &conversation_form_text, .timeout_seconds = TIMEOUT_SECONDS_DEFAULT};
	for (int i = 0; i < argc; i++) {
		if (!take(arguments, argv[i], &seen)) {
			system_log(pamh, LOG_ERR,
				"refused: the argument \"%s\" in this module's PAM line is unknown, wrong "
				"or given "
				"twice",
				argv[i]);
			return PAM_SERVICE_ERR;
		}
	}
	return PAM_SUCCESS;
}
