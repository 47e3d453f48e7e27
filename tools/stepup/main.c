/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup: the command line of pam-stepup, for employees, administrators and scripts. It decides nothing: it asks people and the verifier.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "lib/display_text.h"
#include "tools/stepup/options.h"
#include "tools/stepup/output.h"

/* What goes into messages must be text; programs to run may get any bytes. */
static bool arguments_are_text(const struct invocation *invocation)
{
	for (size_t i = 0; i < invocation->argument_count; i++) {
		if (!utf8_is_valid(invocation->arguments[i], strlen(invocation->arguments[i]))) {
			complain("argument %zu is not UTF-8.", i + 1);
			return false;
		}
	}
	for (int id = 0; id < OPTION_TOTAL; id++) {
		const char *value = invocation->values[id];

		if (value != NULL && !utf8_is_valid(value, strlen(value))) {
			complain("the value of --%s is not UTF-8.", option_table[id].name);
			return false;
		}
	}
	return true;
}

static enum exit_status run(const struct invocation *invocation)
{
	if (option_given(invocation, OPTION_VERSION) && invocation->command == NULL) {
		(void)puts("stepup " PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (invocation->command != NULL && option_given(invocation, OPTION_HELP)) {
		usage_command(stdout, invocation->command);
		return EXIT_DONE;
	}
	if (invocation->command != NULL)
		return arguments_are_text(invocation) ? invocation->command->run(invocation) : EXIT_USAGE;
	usage_all(option_given(invocation, OPTION_HELP) ? stdout : stderr);
	return option_given(invocation, OPTION_HELP) ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct invocation invocation;
	enum exit_status status;

	(void)setlocale(LC_ALL, "");
	status = invocation_parse(argc, argv, stderr, &invocation);
	if (status == EXIT_DONE)
		status = run(&invocation);
	status = output_end(status);
	invocation_clear(&invocation);
	return (int)status;
}
