/* SPDX-License-Identifier: BSD-2-Clause */
/* A PAM service file as libpam reads it; see pam_stack.h. */
#include "tools/stepup/pam/pam_stack.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 4096
#define DEPTH_MAX 16 /* libpam's PAM_SUBSTACK_MAX_LEVEL: whoever includes themselves ends there */

/* One file on the way through those that include each other. */
struct stack_reading {
	struct pam_stack *stack;
	const char *folder, *dist_folder;
	const char *file;
	enum pam_type wanted; /* PAM_TYPE_UNKNOWN: all */
	size_t substack;
	unsigned depth;
};

static enum stepup_error pam_stack_read_file(const struct stack_reading *reading, FILE *file);

/* --- words and lines --- */

static enum pam_type type_of(const char *word)
{
	static const char *const names[] = {"auth", "account", "session", "password"};

	if (*word == '-')
		word++;
	for (int i = 0; i < PAM_TYPE_UNKNOWN; i++)
		if (strcasecmp(word, names[i]) == 0)
			return (enum pam_type)i;
	return PAM_TYPE_UNKNOWN;
}

/* The next word; `[…]` counts as one. Moves `*at` behind it; NULL at the end. */
static char *next_word(char **at)
{
	char *start = *at, *end;

	start += strspn(start, " \t");
	if (*start == '\0')
		return NULL;
	if (*start == '[') {
		end = strchr(start, ']');
		end = end != NULL ? end + 1 : start + strlen(start);
	} else {
		end = start + strcspn(start, " \t");
	}
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return start;
}

/* Splits a logical line. False where it is none of a stack's lines. */
static bool parse_line(struct pam_line *line)
{
	char *at = line->text, *word;

	line->text[strcspn(line->text, "#")] = '\0';
	word = next_word(&at);
	if (word == NULL)
		return false;
	line->type = type_of(word);
	line->may_be_missing = *word == '-';
	line->control = *word == '@' ? word : next_word(&at);
	if (line->control == NULL)
		return false;
	word = next_word(&at);
	if (strcasecmp(line->control, "@include") == 0 || strcasecmp(line->control, "include") == 0 ||
	    strcasecmp(line->control, "substack") == 0)
		line->included = word;
	else
		line->module = word;
	while (line->argument_count < PAM_WORDS_MAX && (word = next_word(&at)) != NULL)
		line->arguments[line->argument_count++] = word;
	return line->included != NULL || line->module != NULL;
}

/* Joins what a backslash continues. The caller frees; NULL at the end, or where there is no memory. */
static char *read_logical_line(FILE *file, int *number)
{
	char *line = NULL, *joined = NULL;
	size_t room = 0, length = 0;
	ssize_t got;

	while ((got = getline(&line, &room, file)) >= 0) {
		bool more;
		char *longer;

		++*number;
		while (got > 0 && (line[got - 1] == '\n' || line[got - 1] == '\r'))
			line[--got] = '\0';
		more = got > 0 && line[got - 1] == '\\';
		if (more)
			line[got - 1] = ' ';
		longer = realloc(joined, length + (size_t)got + 1);
		if (longer == NULL) {
			free(joined);
			joined = NULL;
			break;
		}
		joined = longer;
		memcpy(joined + length, line, (size_t)got + 1);
		length += (size_t)got;
		if (!more)
			break;
	}
	free(line);
	return joined;
}

/* Takes the line over, with its text. */
static enum stepup_error add_line(struct pam_stack *stack, const struct pam_line *line)
{
	struct pam_line *more;

	if (stack->count >= LINES_MAX)
		return STEPUP_TOO_LONG;
	more = realloc(stack->lines, (stack->count + 1) * sizeof(*more));
	if (more == NULL)
		return STEPUP_NO_MEMORY;
	stack->lines = more;
	more[stack->count++] = *line;
	return STEPUP_OK;
}

/* --- includes --- */

static enum stepup_error add_path(struct pam_stack *stack, char *path)
{
	char **more = realloc(stack->files, (stack->file_count + 1) * sizeof(*more));

	if (more == NULL)
		return STEPUP_NO_MEMORY;
	stack->files = more;
	more[stack->file_count++] = path;
	return STEPUP_OK;
}

static enum stepup_error add_substack(struct pam_stack *stack, size_t parent, size_t *added)
{
	size_t *more = realloc(stack->substack_parents, (stack->substack_count + 1) * sizeof(*more));

	if (more == NULL)
		return STEPUP_NO_MEMORY;
	stack->substack_parents = more;
	*added = stack->substack_count;
	more[stack->substack_count++] = parent;
	return STEPUP_OK;
}

/* Opens what is included: a path, or a name in one of the folders. `*path` is the caller's.
 * NULL with errno. */
static FILE *open_included(const struct stack_reading *reading, const char *name, char **path)
{
	const char *const folders[] = {reading->folder, reading->dist_folder};
	FILE *file = NULL;

	*path = NULL;
	if (*name == '/') {
		*path = strdup(name);
		return *path == NULL ? NULL : fopen(*path, "re");
	}
	for (size_t i = 0; i < 2 && folders[i] != NULL && file == NULL; i++) {
		free(*path);
		if (asprintf(path, "%s/%s", folders[i], name) < 0) {
			*path = NULL;
			return NULL;
		}
		file = fopen(*path, "re");
	}
	return file;
}

/* Follows an include. STEPUP_NOT_FOUND where it can't be: the line itself has to stand for it. */
static enum stepup_error follow(const struct stack_reading *reading, const struct pam_line *line)
{
	struct stack_reading inner = *reading;
	char *path = NULL;
	FILE *file;
	enum stepup_error error = STEPUP_OK;

	if (reading->depth >= DEPTH_MAX)
		return STEPUP_NOT_FOUND;
	file = open_included(reading, line->included, &path);
	if (file == NULL) {
		free(path);
		return path == NULL ? STEPUP_NO_MEMORY : STEPUP_NOT_FOUND;
	}
	error = add_path(reading->stack, path);
	if (error != STEPUP_OK)
		free(path);
	if (error == STEPUP_OK && strcasecmp(line->control, "substack") == 0)
		error = add_substack(reading->stack, reading->substack, &inner.substack);
	inner.file = path;
	inner.depth++;
	if (line->type != PAM_TYPE_UNKNOWN)
		inner.wanted = line->type;
	if (error == STEPUP_OK)
		error = pam_stack_read_file(&inner, file);
	fclose(file);
	return error;
}

/* Takes one line over, or what it includes. */
static enum stepup_error pam_stack_take_line(const struct stack_reading *reading, struct pam_line *line)
{
	enum stepup_error error = STEPUP_NOT_FOUND;

	if (!parse_line(line) ||
	    (reading->wanted != PAM_TYPE_UNKNOWN && line->type != reading->wanted && *line->control != '@')) {
		free(line->text);
		return STEPUP_OK;
	}
	if (line->included != NULL)
		error = follow(reading, line);
	if (error != STEPUP_NOT_FOUND) {
		free(line->text);
		return error;
	}
	line->substack = reading->substack;
	error = add_line(reading->stack, line);
	if (error != STEPUP_OK)
		free(line->text);
	return error;
}

static enum stepup_error pam_stack_read_file(const struct stack_reading *reading, FILE *file)
{
	enum stepup_error error = STEPUP_OK;
	int number = 0;
	char *text;

	while (error == STEPUP_OK && (text = read_logical_line(file, &number)) != NULL) {
		struct pam_line line = {.text = text, .file = reading->file, .number = number};

		error = pam_stack_take_line(reading, &line);
	}
	if (error == STEPUP_OK && !feof(file))
		error = ferror(file) ? STEPUP_IO : STEPUP_NO_MEMORY;
	return error;
}

enum stepup_error pam_stack_read(const char *folder, const char *dist_folder, const char *name,
	struct pam_stack **stack)
{
	struct pam_stack *made = calloc(1, sizeof(*made));
	struct stack_reading reading = {
		.stack = made, .folder = folder, .dist_folder = dist_folder, .wanted = PAM_TYPE_UNKNOWN};
	enum stepup_error error = STEPUP_NO_MEMORY;
	size_t own;
	FILE *file = NULL;

	*stack = NULL;
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	if (asprintf(&made->path, "%s/%s", folder, name) < 0) {
		made->path = NULL;
		goto out;
	}
	made->name = strrchr(made->path, '/') + 1;
	reading.file = made->path;
	error = add_substack(made, 0, &own);
	if (error != STEPUP_OK)
		goto out;
	file = fopen(made->path, "re");
	if (file == NULL)
		error = errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO;
	else
		error = pam_stack_read_file(&reading, file);
out:
	if (file != NULL)
		fclose(file);
	if (error == STEPUP_OK)
		*stack = made;
	else
		pam_stack_free(&made);
	return error;
}

void pam_stack_free(struct pam_stack **stack)
{
	if (*stack == NULL)
		return;
	for (size_t i = 0; i < (*stack)->count; i++)
		free((*stack)->lines[i].text);
	for (size_t i = 0; i < (*stack)->file_count; i++)
		free((*stack)->files[i]);
	free((*stack)->lines);
	free((*stack)->files);
	free((*stack)->substack_parents);
	free((*stack)->path);
	free(*stack);
	*stack = NULL;
}

/* --- what a line does --- */

bool pam_line_is(const struct pam_line *line, const char *module)
{
	const char *slash = line->module != NULL ? strrchr(line->module, '/') : NULL;

	return line->module != NULL && strcmp(slash != NULL ? slash + 1 : line->module, module) == 0;
}

const char *pam_bracket_action(const char *control, const char *value, char action[32])
{
	size_t length = strlen(value);

	for (const char *at = control; (at = strstr(at, value)) != NULL; at += length) {
		if ((at == control || at[-1] == '[' || isspace((unsigned char)at[-1])) && at[length] == '=') {
			(void)snprintf(action, 32, "%.*s", (int)strcspn(at + length + 1, " \t]"),
				at + length + 1);
			return action;
		}
	}
	return NULL;
}

long pam_success_skips(const struct pam_line *line)
{
	char action[32];

	if (strcasecmp(line->control, "sufficient") == 0)
		return -1;
	if (line->control[0] != '[')
		return 0;
	if (pam_bracket_action(line->control, "success", action) == NULL &&
	    pam_bracket_action(line->control, "default", action) == NULL)
		return 0;
	return strcasecmp(action, "done") == 0 ? -1 : strtol(action, NULL, 10);
}

/* The substack directly inside `level` that `substack` is or is inside of; `level` where it is that one
 * itself; SIZE_MAX where it isn't inside. */
static size_t child_of(const struct pam_stack *stack, size_t level, size_t substack)
{
	size_t child = substack;

	while (substack != level) {
		if (substack == 0)
			return (size_t)-1;
		child = substack;
		substack = stack->substack_parents[substack];
	}
	return child;
}

long pam_stack_distance(const struct pam_stack *stack, size_t from, size_t to)
{
	size_t level = stack->lines[from].substack, last = level, own = level;
	long distance = 0;

	if (to < stack->count)
		own = child_of(stack, level, stack->lines[to].substack);
	if (own == (size_t)-1)
		return -1;
	for (size_t i = from + 1; i < to; i++) {
		size_t unit;

		if (stack->lines[i].type != stack->lines[from].type)
			continue;
		unit = child_of(stack, level, stack->lines[i].substack);
		if (unit == (size_t)-1)
			break; /* behind the end of its own substack */
		if (unit == level || (unit != last && unit != own))
			distance++;
		last = unit;
	}
	return distance;
}
