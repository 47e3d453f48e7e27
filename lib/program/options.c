/* SPDX-License-Identifier: BSD-2-Clause */
/* The one parser of options. */
#include "lib/program/options.h"

#include <string.h>

#include "lib/base/suggest.h"

/* The row that a word "--name" or "--name=…" names; the number of rows if there is none. */
static size_t row_find(const struct option_set *set, const char *word)
{
	const char *name = strcmp(word, "-h") == 0 ? "--help" : word;
	size_t length = strcspn(name, "="), row = 0;

	if (strncmp(name, "--", 2) != 0)
		return set->count;
	while (row < set->count && (strlen(set->rows[row].name) != length - 2 ||
		       strncmp(set->rows[row].name, name + 2, length - 2) != 0))
		row++;
	return row;
}

void options_end_complaint(const struct option_set *set, FILE *complaints, const char *meant,
	const char *dashes)
{
	if (meant != NULL)
		(void)fprintf(complaints, " Did you mean %s%s?", dashes, meant);
	(void)fprintf(complaints, " Run `%s`.\n", set->advice);
}

static void complain_unknown(const struct option_set *set, FILE *complaints, const char *word)
{
	char name[64];
	const char *meant = NULL;

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	for (size_t row = 0; row < set->count; row++)
		if (set->rows[row].help != NULL)
			meant = suggest_nearer(name + strspn(name, "-"), set->rows[row].name, meant);
	(void)fprintf(complaints, "%s: unknown option %s.", set->program, name);
	options_end_complaint(set, complaints, meant, "--");
}

bool option_take(const struct option_set *set, int argc, char **argv, int *at, const char **values,
	FILE *complaints)
{
	const char *word = argv[*at], *equals = strchr(word, '=');
	size_t found = row_find(set, word);
	const struct option_row *row = &set->rows[found < set->count ? found : 0];

	if (found == set->count) {
		complain_unknown(set, complaints, word);
		return false;
	}
	if (values[found] != NULL) {
		(void)fprintf(complaints, "%s: --%s is given twice.\n", set->program, row->name);
		return false;
	}
	if (row->argument == NULL && equals != NULL) {
		(void)fprintf(complaints, "%s: --%s takes no value.\n", set->program, row->name);
		return false;
	}
	if (row->argument != NULL && equals == NULL && *at + 1 >= argc) {
		(void)fprintf(complaints, "%s: --%s needs a value: --%s %s.\n", set->program, row->name,
			row->name, row->argument);
		return false;
	}
	if (row->argument == NULL)
		values[found] = "";
	else
		values[found] = equals != NULL ? equals + 1 : argv[++*at];
	return true;
}

bool options_take_all(const struct option_set *set, int argc, char **argv, const char **values,
	FILE *complaints)
{
	for (int at = 1; at < argc; at++) {
		if (argv[at][0] != '-' || argv[at][1] == '\0') {
			(void)fprintf(complaints, "%s: unexpected argument \"%s\".", set->program, argv[at]);
			options_end_complaint(set, complaints, NULL, "");
			return false;
		}
		if (!option_take(set, argc, argv, &at, values, complaints))
			return false;
	}
	return true;
}

void options_print(const struct option_set *set, int column, FILE *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct option_row *row = &set->rows[i];
		int width;

		if (row->help == NULL)
			continue;
		width = fprintf(out, "  --%s%s%s", row->name, row->argument != NULL ? " " : "",
			row->argument != NULL ? row->argument : "");
		(void)fprintf(out, "%*s%s\n", width < column ? column - width : 1, "", row->help);
	}
}
