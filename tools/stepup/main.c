/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup: the command line of pam-stepup, for employees, administrators and scripts. It decides nothing: it
 * asks people and the verifier.
 */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/display_text.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

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

static enum exit_status stepup_run(const struct invocation *invocation)
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
	usage_all(command_table, option_given(invocation, OPTION_HELP) ? stdout : stderr);
	return option_given(invocation, OPTION_HELP) ? EXIT_DONE : EXIT_USAGE;
}

/* Whether the words ask for JSON, also where they can't be taken apart; what stands behind `--` is
 * a command's own. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* As invocation_parse(), with what is wrong in `*wrong`, without the program's name; the caller frees. */
static enum exit_status parse(int argc, char **argv, struct invocation *invocation, char **wrong)
{
	size_t size = 0, length;
	FILE *complaints = open_memstream(wrong, &size);
	enum exit_status status;

	if (complaints == NULL)
		out_of_memory();
	status = invocation_parse(command_table, argc, argv, complaints, invocation);
	if (fclose(complaints) != 0 || status == EXIT_REFUSED)
		out_of_memory();
	(void)fputs(*wrong, stderr);
	length = strlen(*wrong);
	if (length > 0)
		(*wrong)[length - 1] = '\0'; /* the end of the last line */
	if (strncmp(*wrong, "stepup: ", strlen("stepup: ")) == 0)
		memmove(*wrong, *wrong + strlen("stepup: "), length - strlen("stepup: ") + 1);
	return status;
}

/* A descriptor that came closed would be the next file's or socket's, and what is printed would go there.
 * What takes its place can't be used either. */
static void hold_closed(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_REFUSED);
}

int main(int argc, char **argv)
{
	struct invocation invocation;
	enum exit_status status;
	char *wrong = NULL;

	hold_closed();
	(void)setlocale(LC_ALL, "");
	output_for_programs(asks_for_json(argc, argv));
	status = parse(argc, argv, &invocation, &wrong);
	if (status == EXIT_DONE) {
		output_for_programs(option_given(&invocation, OPTION_JSON));
		status = stepup_run(&invocation);
	} else {
		output_usage(wrong);
	}
	free(wrong);
	status = output_end(status);
	invocation_clear(&invocation);
	return (int)status;
}
