/* SPDX-License-Identifier: BSD-2-Clause */
/* PAM service files that would let somebody past the step-up; see pam_lint.h. */
#include "tools/stepup/pam_lint.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "pam_stepup.so"
#define LINES_MAX 512
#define WORDS_MAX 64

enum pam_type { TYPE_AUTH, TYPE_ACCOUNT, TYPE_SESSION, TYPE_PASSWORD, TYPE_UNKNOWN };

/* One line of a stack: type, control, module, arguments. Words point into `text`. */
struct pam_line {
	char *text;
	int number;
	enum pam_type type;
	bool may_be_missing; /* `-auth`: skipped without a word where the module's file isn't there */
	char *control;
	char *module; /* NULL for an include */
	char *arguments[WORDS_MAX];
	size_t argument_count;
};

struct lint {
	const char *path;
	struct pam_line lines[LINES_MAX];
	size_t count;
	const struct pam_listener *listener;
};

__attribute__((format(printf, 4, 5)))
static void tell(const struct lint *lint, int line, bool is_error, const char *format, ...)
{
	struct pam_finding finding = {.file = lint->path, .line = line, .is_error = is_error};
	char *sentence = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&sentence, format, arguments) < 0)
		sentence = NULL;
	va_end(arguments);
	finding.sentence = sentence != NULL ? sentence : "out of memory";
	lint->listener->told(lint->listener->context, &finding);
	free(sentence);
}

/* --- reading --- */

static enum pam_type type_of(const char *word)
{
	static const char *const names[] = {"auth", "account", "session", "password"};

	if (*word == '-')
		word++;
	for (int i = 0; i < TYPE_UNKNOWN; i++)
		if (strcasecmp(word, names[i]) == 0)
			return (enum pam_type)i;
	return TYPE_UNKNOWN;
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
	if (word == NULL || *word == '@')
		return false;
	line->type = type_of(word);
	line->may_be_missing = *word == '-';
	line->control = next_word(&at);
	if (line->control == NULL)
		return false;
	word = next_word(&at);
	line->module = strcasecmp(line->control, "include") == 0 || strcasecmp(line->control, "substack") == 0 ? NULL : word;
	while (line->argument_count < WORDS_MAX && (word = next_word(&at)) != NULL)
		line->arguments[line->argument_count++] = word;
	return true;
}

/* Joins what a backslash continues. The caller frees; NULL at the end. */
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
			line[--got] = ' ';
		longer = realloc(joined, length + (size_t)got + 2);
		if (longer == NULL)
			break;
		joined = longer;
		memcpy(joined + length, line, (size_t)got);
		length += (size_t)got;
		joined[length] = '\0';
		if (!more)
			break;
	}
	free(line);
	return joined;
}

static void read_lines(struct lint *lint, FILE *file)
{
	int number = 0;
	char *text;

	while (lint->count < LINES_MAX && (text = read_logical_line(file, &number)) != NULL) {
		struct pam_line *line = &lint->lines[lint->count];

		*line = (struct pam_line){.text = text, .number = number};
		if (parse_line(line))
			lint->count++;
		else
			free(text);
	}
}

static bool is_ours(const struct pam_line *line)
{
	const char *slash = line->module != NULL ? strrchr(line->module, '/') : NULL;

	return line->module != NULL && strcmp(slash != NULL ? slash + 1 : line->module, MODULE) == 0;
}

/* --- controls --- */

/* What a `[value=action …]` control does for one value; NULL where it doesn't say. `action` has room for 32 bytes. */
static const char *bracket_action(const char *control, const char *value, char action[32])
{
	size_t length = strlen(value);

	for (const char *at = control; (at = strstr(at, value)) != NULL; at += length) {
		if ((at == control || at[-1] == '[' || isspace((unsigned char)at[-1])) && at[length] == '=') {
			(void)snprintf(action, 32, "%.*s", (int)strcspn(at + length + 1, " \t]"), at + length + 1);
			return action;
		}
	}
	return NULL;
}

static bool lets_through(const char *action)
{
	return strcasecmp(action, "ignore") == 0 || strcasecmp(action, "ok") == 0 || strcasecmp(action, "done") == 0 ||
		isdigit((unsigned char)action[0]);
}

/* How many lines a success of this line skips; -1 for all the rest of the stack. */
static long success_skips(const struct pam_line *line)
{
	char action[32];

	if (strcasecmp(line->control, "sufficient") == 0)
		return -1;
	if (line->control[0] != '[' || bracket_action(line->control, "success", action) == NULL)
		return 0;
	return strcasecmp(action, "done") == 0 ? -1 : strtol(action, NULL, 10);
}

static void check_own_control(const struct lint *lint, const struct pam_line *line)
{
	/* What the module returns when it refuses (pam_stepup(8)), and the word for all the rest. */
	static const char *const refusals[] = {"auth_err", "perm_denied", "maxtries", "conv_err", "buf_err", "system_err", "service_err",
		"default"};
	char action[32];

	if (line->may_be_missing)
		tell(lint, line->number, true, "the `-` in front lets everybody past where the module's file is missing; take it away");
	if (strcasecmp(line->control, "optional") == 0) {
		tell(lint, line->number, true, "`optional` lets a refusal through; write `required` or `requisite`");
		return;
	}
	if (strcasecmp(line->control, "sufficient") == 0)
		tell(lint, line->number, line->type == TYPE_AUTH,
			"`sufficient` passes a refusal on to the lines behind it, and they decide alone; write `required` or `requisite`");
	if (line->control[0] != '[')
		return;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (bracket_action(line->control, refusals[i], action) != NULL && lets_through(action))
			tell(lint, line->number, true, "`%s=%s` lets a refusal through; write `default=die` or `default=bad`", refusals[i], action);
}

/* Lines before ours in the same stack whose success skips it. */
static void check_skipped(const struct lint *lint, size_t own)
{
	long distance = 0;

	for (size_t i = own; i-- > 0;) {
		const struct pam_line *line = &lint->lines[i];
		long skips;

		if (line->type != lint->lines[own].type)
			continue;
		skips = success_skips(line);
		if (skips < 0 || skips > distance)
			tell(lint, lint->lines[own].number, true,
				"is skipped when %s on line %d succeeds; put this line before it, or change that control (`required`)",
				line->module != NULL ? line->module : line->control, line->number);
		distance++;
	}
}

/* A jump of our own that lands behind the end of the stack leaves it without anybody's word. */
static void check_jump(const struct lint *lint, size_t own)
{
	long skips = success_skips(&lint->lines[own]), behind = 0;

	for (size_t i = own + 1; i < lint->count; i++)
		behind += lint->lines[i].type == lint->lines[own].type;
	if (skips > behind)
		tell(lint, lint->lines[own].number, true, "jumps over %ld lines where only %ld follow", skips, behind);
}

/* --- arguments --- */

static bool argument_is_known(const char *argument)
{
	static const char *const whole[] = {"details=env", "receipt=env", "conversation=text", "conversation=json", "agent=env", "debug"};
	static const char *const prefixes[] = {"action=", "timeout=", "socket=/"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcmp(argument, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(argument, prefixes[i], strlen(prefixes[i])) == 0 && argument[strlen(prefixes[i])] != '\0')
			return true;
	return false;
}

static bool has_argument(const struct pam_line *line, const char *prefix)
{
	for (size_t i = 0; i < line->argument_count; i++)
		if (strncmp(line->arguments[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void check_arguments(const struct lint *lint, const struct pam_line *line)
{
	for (size_t i = 0; i < line->argument_count; i++)
		if (!argument_is_known(line->arguments[i]))
			tell(lint, line->number, true, "the module does not know `%s` and will refuse everybody; see pam_stepup(8)",
				line->arguments[i]);
	if (line->type == TYPE_AUTH && !has_argument(line, "action=") && !has_argument(line, "details=env"))
		tell(lint, line->number, true, "names no action; add `action=NAME`, or `details=env` where the program names it");
}

/* An action that the policy doesn't know: everybody is refused, which nobody meant. */
static void check_rules(const struct lint *lint, const struct pam_line *line)
{
	for (size_t i = 0; i < line->argument_count; i++) {
		const char *action = line->arguments[i] + strlen("action=");

		if (strncmp(line->arguments[i], "action=", strlen("action=")) == 0 && *action != '\0' &&
			!lint->listener->has_rule(lint->listener->context, action))
			tell(lint, line->number, true, "the policy has no rule for `%s`, so everybody is refused here; add one, or mend the name", action);
	}
}

/* --- the whole file --- */

static void check_account(const struct lint *lint, bool has_auth, const struct pam_line *account)
{
	char *copy = strdup(lint->path);
	bool is_sshd = copy != NULL && strcmp(basename(copy), "sshd") == 0;

	free(copy);
	if (has_auth && account == NULL)
		tell(lint, 0, false,
			"has no `account required " MODULE "`: a locked employee still gets in where `auth` is skipped (ssh keys, sudo's ticket)");
	if (is_sshd && account != NULL && has_argument(account, "action="))
		tell(lint, account->number, true,
			"sshd can't ask anything in its account phase, so `action=` refuses everybody there; leave it out on this line");
}

static bool lint_lines(const struct lint *lint)
{
	const struct pam_line *account = NULL;
	bool has_auth = false, uses = false;

	for (size_t i = 0; i < lint->count; i++) {
		const struct pam_line *line = &lint->lines[i];

		if (!is_ours(line))
			continue;
		uses = true;
		has_auth = has_auth || line->type == TYPE_AUTH;
		account = line->type == TYPE_ACCOUNT ? line : account;
		if (line->type == TYPE_SESSION || line->type == TYPE_PASSWORD)
			tell(lint, line->number, true, "the module has no session or password part; use `auth` and `account`");
		check_arguments(lint, line);
		check_rules(lint, line);
		check_own_control(lint, line);
		check_skipped(lint, i);
		check_jump(lint, i);
	}
	if (uses)
		check_account(lint, has_auth, account);
	return uses;
}

enum stepup_error pam_lint_file(const char *path, const struct pam_listener *listener, bool *uses)
{
	struct lint *lint = calloc(1, sizeof(*lint));
	FILE *file = fopen(path, "re");
	enum stepup_error error = STEPUP_OK;

	*uses = false;
	if (lint == NULL || file == NULL) {
		error = lint == NULL ? STEPUP_NO_MEMORY : errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO;
		goto out;
	}
	lint->path = path;
	lint->listener = listener;
	read_lines(lint, file);
	if (ferror(file))
		error = STEPUP_IO;
	else
		*uses = lint_lines(lint);
	for (size_t i = 0; i < lint->count; i++)
		free(lint->lines[i].text);
out:
	if (file != NULL)
		fclose(file);
	free(lint);
	return error;
}

enum stepup_error pam_lint_folder(const char *folder, const struct pam_listener *listener, size_t *used)
{
	DIR *entries = opendir(folder);
	enum stepup_error error = STEPUP_OK;
	const struct dirent *entry;

	*used = 0;
	if (entries == NULL)
		return errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO;
	while (error == STEPUP_OK && (entry = readdir(entries)) != NULL) {
		char *path = NULL;
		bool uses = false;

		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
			error = STEPUP_NO_MEMORY;
			break;
		}
		error = pam_lint_file(path, listener, &uses);
		*used += uses;
		free(path);
	}
	closedir(entries);
	return error;
}
