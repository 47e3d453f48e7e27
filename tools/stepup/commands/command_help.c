/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup help, stepup completion: what the table says about itself.
 */
#include <stdio.h>

#include "tools/stepup/commands/completion.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

enum exit_status command_help(const struct invocation *invocation)
{
	const char *first = invocation->argument_count > 0 ? invocation->arguments[0] : NULL;
	const char *second = invocation->argument_count > 1 ? invocation->arguments[1] : NULL;
	const struct command_row *command;
	char name[64];

	if (first == NULL) {
		usage_all(command_table, stdout);
		return EXIT_DONE;
	}
	(void)snprintf(name, sizeof(name), "%s%s%s", first, second != NULL ? " " : "",
		second != NULL ? second : "");
	command = command_find(command_table, name);
	if (command == NULL) {
		complain("there is no command %s. Run `stepup help`.", name);
		return EXIT_USAGE;
	}
	usage_command(stdout, command);
	return EXIT_DONE;
}

enum exit_status command_completion(const struct invocation *invocation)
{
	if (!completion_print(stdout, invocation->arguments[0])) {
		complain("completion takes bash, zsh or fish.");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}
