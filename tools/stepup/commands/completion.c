/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion scripts from the table; see completion.h. */
#include "tools/stepup/commands/completion.h"

#include <string.h>

#include "tools/stepup/commands/completion_bash.h"
#include "tools/stepup/shell/commands.h"

/* Every option that a command takes. */
static bool takes(const struct command_row *command, int id)
{
	return ((command->options | COMMON_OPTIONS) & OPTION(id)) != 0;
}

/* The first words of commands, each once. */
static void print_first_words(FILE *out)
{
	const char *before = "";

	for (const struct command_row *row = command_table; row->name != NULL; row++) {
		size_t length = strcspn(row->name, " ");

		if (strlen(before) >= length && strncmp(before, row->name, length) == 0 &&
		    before[strcspn(before, " ")] == row->name[length])
			continue;
		(void)fprintf(out, "%.*s ", (int)length, row->name);
		before = row->name;
	}
}

/* The second words of the commands that begin with the same one as `group`. */
static void print_second_words(FILE *out, const char *group)
{
	size_t length = strcspn(group, " ");

	for (const struct command_row *row = command_table; row->name != NULL; row++) {
		if (strncmp(row->name, group, length + 1) == 0)
			(void)fprintf(out, "%s ", row->name + length + 1);
	}
}

static bool is_first_of_group(const struct command_row *command)
{
	size_t length = strcspn(command->name, " ");

	return command->name[length] == ' ' &&
		(command == command_table || strncmp(command[-1].name, command->name, length + 1) != 0);
}

/* --- bash; zsh uses the same by bashcompinit --- */

static void bash_value(FILE *out, const char *pattern, enum completion completion, const char *words)
{
	(void)fprintf(out, "\t%s) ", pattern);
	switch (completion) {
	case COMPLETE_FILE:
		(void)fputs("COMPREPLY=($(compgen -f -- \"$word\"))", out);
		break;
	case COMPLETE_FOLDER:
		(void)fputs("COMPREPLY=($(compgen -d -- \"$word\"))", out);
		break;
	case COMPLETE_USER:
		(void)fputs("COMPREPLY=($(compgen -u -- \"$word\"))", out);
		break;
	case COMPLETE_WORDS:
		(void)fprintf(out, "COMPREPLY=($(compgen -W '%s' -- \"$word\"))", words);
		break;
	case COMPLETE_NOTHING:
		(void)fputs("COMPREPLY=()", out);
		break;
	}
	(void)fputs("; return ;;\n", out);
}

static void bash_command(FILE *out, const struct command_row *command)
{
	(void)fprintf(out, "\t'%s'%s%s%s)\n\t\toptions='", command->name, command->alias != NULL ? "|'" : "",
		command->alias != NULL ? command->alias : "", command->alias != NULL ? "'" : "");
	for (int id = 0; id < OPTION_TOTAL; id++) {
		if (takes(command, id))
			(void)fprintf(out, "--%s ", option_table[id].name);
	}
	(void)fputs("'\n", out);
	if (command->completion == COMPLETE_WORDS)
		(void)fprintf(out, "\t\twords='%s'\n", command->words);
	else if (command->completion == COMPLETE_USER)
		(void)fputs("\t\tkind=-u\n", out);
	else if (command->completion == COMPLETE_FILE)
		(void)fputs("\t\tkind=-f\n", out);
	(void)fputs("\t\t;;\n", out);
}

/* What may follow an option. */
static void bash_values(FILE *out)
{
	for (int id = 0; id < OPTION_TOTAL; id++) {
		char pattern[64];

		if (option_table[id].argument == NULL)
			continue;
		(void)snprintf(pattern, sizeof(pattern), "--%s", option_table[id].name);
		bash_value(out, pattern, option_table[id].completion, option_table[id].words);
	}
}

/* The first words of commands, and the second words of those that have two. */
static void bash_words(FILE *out)
{
	(void)fputs("\t'') words='", out);
	print_first_words(out);
	(void)fputs("' ;;\n", out);
	for (const struct command_row *row = command_table; row->name != NULL; row++) {
		if (!is_first_of_group(row))
			continue;
		(void)fprintf(out, "\t%.*s) if [ -z \"$second\" ]; then words='",
			(int)strcspn(row->name, " "), row->name);
		print_second_words(out, row->name);
		(void)fputs("'; else first=\"$first $second\"; fi ;;\n", out);
	}
}

static void bash_commands(FILE *out)
{
	for (const struct command_row *row = command_table; row->name != NULL; row++)
		bash_command(out, row);
}

/* Lines of completion.bash that stand for something of the tables. */
static const struct bash_part {
	const char *line;
	void (*print)(FILE *out);
} bash_parts[] = {{"@values@", bash_values}, {"@words@", bash_words}, {"@commands@", bash_commands}};

static const struct bash_part *bash_part_of(const char *line, size_t size)
{
	for (size_t i = 0; i < sizeof(bash_parts) / sizeof(bash_parts[0]); i++)
		if (strlen(bash_parts[i].line) == size && memcmp(bash_parts[i].line, line, size) == 0)
			return &bash_parts[i];
	return NULL;
}

static void print_bash(FILE *out)
{
	size_t size;

	for (const char *line = completion_bash; *line != '\0'; line += size + 1) {
		const struct bash_part *part;

		size = strcspn(line, "\n");
		part = bash_part_of(line, size);
		if (part != NULL)
			part->print(out);
		else
			(void)fprintf(out, "%.*s\n", (int)size, line);
	}
}

static void print_zsh(FILE *out)
{
	(void)fputs("#compdef stepup\nautoload -U +X bashcompinit && bashcompinit\n", out);
	print_bash(out);
}

/* --- fish --- */

/* Prints a text inside single quotes. */
static void fish_quoted(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fprintf(out, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
}

/* The condition under which a command's options and arguments are offered. */
static void fish_condition(FILE *out, const struct command_row *command)
{
	size_t length = strcspn(command->name, " ");

	(void)fprintf(out, "complete -c stepup -n '__fish_seen_subcommand_from %.*s%s%s", (int)length,
		command->name, command->alias != NULL ? " " : "",
		command->alias != NULL ? command->alias : "");
	if (command->name[length] == ' ')
		(void)fprintf(out, "; and __fish_seen_subcommand_from %s", command->name + length + 1);
	(void)fputs("'", out);
}

static void fish_value(FILE *out, enum completion completion, const char *words)
{
	switch (completion) {
	case COMPLETE_FILE:
		(void)fputs(" -F", out);
		break;
	case COMPLETE_FOLDER:
		(void)fputs(" -a '(__fish_complete_directories)'", out);
		break;
	case COMPLETE_USER:
		(void)fputs(" -a '(__fish_complete_users)'", out);
		break;
	case COMPLETE_WORDS:
		(void)fprintf(out, " -a '%s'", words);
		break;
	case COMPLETE_NOTHING:
		break;
	}
}

/* How a command is written; one of a group also completes its group, once. */
static void fish_name(FILE *out, const struct command_row *command)
{
	size_t length = strcspn(command->name, " ");

	if (command->name[length] == '\0') {
		(void)fprintf(out, "complete -c stepup -n __fish_use_subcommand -a %s -d '", command->name);
		return;
	}
	if (is_first_of_group(command))
		(void)fprintf(out, "complete -c stepup -n __fish_use_subcommand -a %.*s\n", (int)length,
			command->name);
	(void)fprintf(out, "complete -c stepup -n '__fish_seen_subcommand_from %.*s' -a %s -d '",
		(int)length, command->name, command->name + length + 1);
}

static void fish_command(FILE *out, const struct command_row *command)
{
	fish_name(out, command);
	fish_quoted(out, command->help);
	(void)fputs("'\n", out);
	if (command->completion != COMPLETE_NOTHING) {
		fish_condition(out, command);
		fish_value(out, command->completion, command->words);
		(void)fputs("\n", out);
	}
	for (int id = 0; id < OPTION_TOTAL; id++) {
		if ((command->options & OPTION(id)) == 0)
			continue;
		fish_condition(out, command);
		(void)fprintf(out, " -l %s%s", option_table[id].name,
			option_table[id].argument != NULL ? " -r" : "");
		fish_value(out, option_table[id].completion, option_table[id].words);
		(void)fputs(" -d '", out);
		fish_quoted(out, option_table[id].help);
		(void)fputs("'\n", out);
	}
}

static void print_fish(FILE *out)
{
	(void)fputs("# Made from stepup's table of commands and options: stepup completion fish\n"
		"complete -c stepup -f\n", out);
	for (int id = 0; id < OPTION_TOTAL; id++) {
		if (((COMMON_OPTIONS | OPTION(OPTION_VERSION)) & OPTION(id)) == 0)
			continue;
		(void)fprintf(out, "complete -c stepup -l %s%s", option_table[id].name,
			option_table[id].argument != NULL ? " -r" : "");
		fish_value(out, option_table[id].completion, option_table[id].words);
		(void)fputs(" -d '", out);
		fish_quoted(out, option_table[id].help);
		(void)fputs("'\n", out);
	}
	for (const struct command_row *row = command_table; row->name != NULL; row++)
		fish_command(out, row);
}

bool completion_print(FILE *out, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		print_bash(out);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(out);
	else if (strcmp(shell, "fish") == 0)
		print_fish(out);
	else
		return false;
	return true;
}
