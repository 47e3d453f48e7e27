/* SPDX-License-Identifier: BSD-2-Clause */
/* PAM service files that would let somebody past the step-up; see pam_lint.h. */
#include "tools/stepup/pam/pam_lint.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/stepup/pam/pam_doors.h"
#include "tools/stepup/pam/pam_guesses.h"

struct lint {
	const struct pam_stack *stack;
	const struct pam_listener *listener;
};

__attribute__((format(printf, 4, 5))) static void pam_lint_tell(const struct lint *lint,
	const struct pam_line *line, bool is_error, const char *format, ...)
{
	struct pam_finding finding = {.file = line != NULL ? line->file : lint->stack->path,
		.line = line != NULL ? line->number : 0, .is_error = is_error};
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

/* What stands in the service's own file; the rest is looked at in the file that it stands in. */
static bool is_own_text(const struct lint *lint, const struct pam_line *line)
{
	return line->file == lint->stack->path;
}

/* --- controls --- */

static bool lets_through(const char *action)
{
	return strcasecmp(action, "ignore") == 0 || strcasecmp(action, "ok") == 0 ||
		strcasecmp(action, "done") == 0 || isdigit((unsigned char)action[0]);
}

static void check_own_control(const struct lint *lint, const struct pam_line *line)
{
	/* What the module returns when it refuses (pam_stepup(8)), and the word for all the rest. */
	static const char *const refusals[] = {"auth_err", "perm_denied", "maxtries", "conv_err", "buf_err",
		"system_err", "service_err", "default"};
	char action[32];

	if (line->may_be_missing)
		pam_lint_tell(lint, line, true, "the `-` in front lets everybody past if the module's "
			"file is missing; remove it");
	if (strcasecmp(line->control, "optional") == 0) {
		pam_lint_tell(lint, line, true,
			"`optional` lets a refusal through; write `required` or `requisite`");
		return;
	}
	if (strcasecmp(line->control, "sufficient") == 0)
		pam_lint_tell(lint, line, line->type == PAM_TYPE_AUTH, "`sufficient` leaves a refusal "
			"to the lines behind it, and they decide alone; write `required` or `requisite`");
	if (line->control[0] != '[')
		return;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (pam_bracket_action(line->control, refusals[i], action) != NULL && lets_through(action))
			pam_lint_tell(lint, line, true,
				"`%s=%s` lets a refusal through; write `default=die` or `default=bad`",
				refusals[i], action);
}

/* Lines before ours in the same stack whose success skips it. Where both stand in one included file, that
 * file's own look says so. */
static void check_skipped(const struct lint *lint, size_t own)
{
	const struct pam_stack *stack = lint->stack;

	for (size_t i = own; i-- > 0;) {
		const struct pam_line *line = &stack->lines[i];
		long skips = pam_success_skips(line), distance = pam_stack_distance(stack, i, own);

		if (line->type != stack->lines[own].type || distance < 0 || (skips >= 0 && skips <= distance))
			continue;
		if (pam_only_root_passes(stack, line) ||
		    (!is_own_text(lint, line) && line->file == stack->lines[own].file))
			continue;
		pam_lint_tell(lint, &stack->lines[own], true, "is skipped when %s on line %d%s%s succeeds; "
			"put this line before it, or change that control (`required`)",
			line->module != NULL ? line->module : line->control, line->number,
			is_own_text(lint, line) ? "" : " of ", is_own_text(lint, line) ? "" : line->file);
	}
}

/* Whoever has no password guesses at codes: not for them to spend the owner's tries. */
static void check_guesses(const struct lint *lint, size_t own)
{
	const struct pam_line *line = &lint->stack->lines[own];
	const struct pam_line *asked =
		line->type == PAM_TYPE_AUTH ? pam_wrong_password_goes_on(lint->stack, own) : NULL;

	if (asked == NULL || (!is_own_text(lint, line) && asked->file == line->file))
		return;
	if (asked->substack != line->substack)
		pam_lint_tell(lint, line, false, "is asked even after a wrong password, because a "
			"`substack` (%s, line %d of %s) ends only itself: somebody without the password "
			"can use up the owner's tries at codes; write `include` instead of `substack`, "
			"and `requisite` there",
			asked->module, asked->number, asked->file);
	else
		pam_lint_tell(lint, line, false,
			"is asked even after a wrong password (%s on line %d%s%s): somebody without the "
			"password can use up the owner's tries at codes; write `requisite` there",
			asked->module, asked->number, is_own_text(lint, asked) ? "" : " of ",
			is_own_text(lint, asked) ? "" : asked->file);
}

/* A jump of our own that lands behind the end of the stack leaves it without anybody's word. */
static void check_jump(const struct lint *lint, size_t own)
{
	const struct pam_line *line = &lint->stack->lines[own];
	long skips = pam_success_skips(line),
		behind = pam_stack_distance(lint->stack, own, lint->stack->count);

	if (skips > behind)
		pam_lint_tell(lint, line, true, "jumps over %ld lines, but only %ld follow", skips, behind);
}

/* --- arguments --- */

static bool argument_is_known(const char *argument)
{
	static const char *const whole[] = {"details=env", "receipt=env", "conversation=text",
		"conversation=json", "agent=env", "debug"};
	static const char *const prefixes[] = {"action=", "timeout=", "socket=/"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcmp(argument, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(argument, prefixes[i], strlen(prefixes[i])) == 0 &&
		    argument[strlen(prefixes[i])] != '\0')
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
			pam_lint_tell(lint, line, true,
				"the module does not know `%s` and will refuse everybody; see pam_stepup(8)",
				line->arguments[i]);
	if (line->type == PAM_TYPE_AUTH && !has_argument(line, "action=") &&
	    !has_argument(line, "details=env"))
		pam_lint_tell(lint, line, true,
			"names no action; add `action=NAME`, or `details=env` if the program names it");
}

/* An account line that says how it asks and not for what asks for nothing; the module refuses
 * everybody there. */
static void check_asks_for_nothing(const struct lint *lint, const struct pam_line *line)
{
	static const char *const asking[] = {"details=env", "receipt=env"};

	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		if (line->type == PAM_TYPE_ACCOUNT && has_argument(line, asking[i]) &&
		    !has_argument(line, "action="))
			pam_lint_tell(lint, line, true, "has `%s` but names no action, so everybody is "
				"refused here; add `action=NAME`, or remove it", asking[i]);
}

/* An action that the policy doesn't know: everybody is refused, which nobody meant. */
static void check_rules(const struct lint *lint, const struct pam_line *line)
{
	for (size_t i = 0; i < line->argument_count; i++) {
		const char *action = line->arguments[i] + strlen("action=");

		if (strncmp(line->arguments[i], "action=", strlen("action=")) == 0 && *action != '\0' &&
			!lint->listener->has_rule(lint->listener->context, action))
			pam_lint_tell(lint, line, true, "the policy has no rule for `%s`, so everybody "
				"is refused here; add a rule, or correct the name", action);
	}
}

/* --- the whole file --- */

static void check_account(const struct lint *lint, bool has_auth, const struct pam_line *account)
{
	if (has_auth && account == NULL)
		pam_lint_tell(lint, NULL, false, "has no `account required " PAM_MODULE
			"`: a locked employee still gets in if `auth` is skipped (ssh keys, sudo's "
			"ticket)");
	if (strcmp(lint->stack->name, "sshd") == 0 && account != NULL && has_argument(account, "action="))
		pam_lint_tell(lint, account, true, "sshd can't ask anything in its account phase, "
			"so `action=` refuses everybody there; leave it out on this line");
}

/* What can be said of our line wherever the file is used. */
static void pam_lint_check_line(const struct lint *lint, const struct pam_line *line)
{
	if (line->type == PAM_TYPE_SESSION || line->type == PAM_TYPE_PASSWORD)
		pam_lint_tell(lint, line, true,
			"the module has no session or password part; use `auth` and `account`");
	check_arguments(lint, line);
	check_asks_for_nothing(lint, line);
	check_rules(lint, line);
	check_own_control(lint, line);
}

/* Looks through a stack. Whether it uses the module. */
static bool lint_stack(const struct pam_stack *stack, const struct pam_listener *listener)
{
	const struct lint lint = {stack, listener};
	const struct pam_line *account = NULL;
	bool has_auth = false, uses = false;

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_line *line = &stack->lines[i];

		if (!pam_line_is(line, PAM_MODULE))
			continue;
		uses = true;
		has_auth = has_auth || line->type == PAM_TYPE_AUTH;
		account = line->type == PAM_TYPE_ACCOUNT ? line : account;
		if (is_own_text(&lint, line))
			pam_lint_check_line(&lint, line);
		check_skipped(&lint, i);
		check_guesses(&lint, i);
		check_jump(&lint, i);
	}
	for (size_t i = 0; uses && i < stack->count; i++)
		if (stack->lines[i].included != NULL && is_own_text(&lint, &stack->lines[i]))
			pam_lint_tell(&lint, &stack->lines[i], false, "includes %s, which could not be "
				"read, so nobody has checked what it lets through", stack->lines[i].included);
	if (uses && !stack->is_fragment)
		check_account(&lint, has_auth, account);
	return uses;
}

/* --- the folder --- */

/* A folder's services, in the order of their names. */
struct services {
	struct pam_stack **stacks;
	size_t count;
};

static enum stepup_error add_service(struct services *services, const char *folder, const char *dist_folder,
	const char *name)
{
	struct pam_stack **more =
		realloc(services->stacks, (services->count + 1) * sizeof(struct pam_stack *));
	enum stepup_error error;

	if (more == NULL)
		return STEPUP_NO_MEMORY;
	services->stacks = more;
	error = pam_stack_read(folder, dist_folder, name, &more[services->count]);
	if (error == STEPUP_OK)
		services->count++;
	/* a link that leads nowhere is no service, and hides no other */
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static bool has_service(const struct services *services, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(services->stacks[i]->name, name) == 0)
			return true;
	return false;
}

/* Reads what a folder has and those before it have not. */
static enum stepup_error read_folder(struct services *services, const char *folder, const char *dist_folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, NULL, alphasort);
	size_t known = services->count;
	enum stepup_error error = STEPUP_OK;

	if (count < 0)
		return errno == ENOENT ? STEPUP_NOT_FOUND : errno == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_IO;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (error == STEPUP_OK && name[0] != '.' && entries[i]->d_type != DT_DIR &&
		    !has_service(services, known, name))
			error = add_service(services, folder, dist_folder, name);
		free(entries[i]);
	}
	free(entries);
	return error;
}

enum stepup_error pam_lint_folder(const char *folder, const char *dist_folder,
	const struct pam_listener *listener, size_t *used)
{
	struct services services = {NULL, 0};
	enum stepup_error error = read_folder(&services, folder, dist_folder);

	*used = 0;
	if (error == STEPUP_OK && dist_folder != NULL) {
		error = read_folder(&services, dist_folder, NULL);
		error = error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
	}
	if (error == STEPUP_OK) {
		pam_doors_mark_fragments(services.stacks, services.count);
		for (size_t i = 0; i < services.count; i++)
			*used += lint_stack(services.stacks[i], listener);
		pam_doors_check(services.stacks, services.count, listener);
	}
	for (size_t i = 0; i < services.count; i++)
		pam_stack_free(&services.stacks[i]);
	free(services.stacks);
	return error;
}
