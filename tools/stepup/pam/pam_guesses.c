/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a wrong password through a stack; see pam_guesses.h. */
#include "tools/stepup/pam/pam_guesses.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const struct pam_line *line, const char *const modules[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pam_line_is(line, modules[i]))
			return true;
	return false;
}

static bool asks_password(const struct pam_line *line)
{
	static const char *const modules[] = {"pam_unix.so", "pam_unix2.so", "pam_sss.so", "pam_ldap.so",
		"pam_krb5.so", "pam_winbind.so", "pam_radius_auth.so", "pam_radius.so", "pam_pwdfile.so",
		"pam_userdb.so", "pam_mysql.so", "pam_pgsql.so", "pam_tcb.so", "pam_systemd_home.so"};

	return is_one_of(line, modules, sizeof(modules) / sizeof(modules[0]));
}

/* Whether a line fails for somebody elsewhere who knows no password: one that lets some people past what
 * follows isn't there for them. */
static bool fails(const struct pam_line *line)
{
	return asks_password(line) || pam_line_is(line, "pam_deny.so") || pam_success_skips(line) != 0;
}

/* "ignore", "bad", "die", "2": what the line does with that. */
static void action_of(const struct pam_line *line, bool failed, char action[32])
{
	static const struct {
		const char *control, *success, *failure;
	} words[] = {
		{"required", "ok", "bad"},
		{"requisite", "ok", "die"},
		{"sufficient", "done", "ignore"},
		{"optional", "ok", "ignore"},
	};

	(void)snprintf(action, 32, "bad");
	if (line->control[0] == '[' &&
		pam_bracket_action(line->control, failed ? "auth_err" : "success", action) == NULL)
		(void)pam_bracket_action(line->control, "default", action);
	if (line->control[0] == '[')
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(line->control, words[i].control) == 0)
			(void)snprintf(action, 32, "%s", failed ? words[i].failure : words[i].success);
}

/* The next auth line behind `from`, `skipped` ones further, or behind its substack where that ends; `own`
 * where that isn't in front of it. */
static size_t pam_guesses_next_line(const struct pam_stack *stack, size_t from, size_t own, long skipped)
{
	for (size_t i = from + 1; i < own; i++) {
		long distance;

		if (stack->lines[i].type != PAM_TYPE_AUTH || stack->lines[i].control == NULL)
			continue;
		distance = pam_stack_distance(stack, from, i);
		if (distance < 0 || (skipped >= 0 && distance >= skipped))
			return i;
	}
	return own;
}

const struct pam_line *pam_wrong_password_goes_on(const struct pam_stack *stack, size_t own)
{
	const struct pam_line *asked = NULL;
	size_t i = 0;

	while (i < own && (stack->lines[i].type != PAM_TYPE_AUTH || stack->lines[i].control == NULL))
		i++;
	while (i < own) {
		const struct pam_line *line = &stack->lines[i];
		long skipped = 0;
		char action[32];

		if (asked == NULL && asks_password(line))
			asked = line;
		action_of(line, fails(line), action);
		if (isdigit((unsigned char)action[0]))
			skipped = strtol(action, NULL, 10);
		else if (strcasecmp(action, "die") == 0 || strcasecmp(action, "done") == 0)
			skipped = -1; /* of a substack that ours isn't in, it ends that alone */
		if (skipped != 0 && pam_stack_distance(stack, i, own) >= 0 &&
		    (skipped < 0 || pam_stack_distance(stack, i, own) < skipped))
			return NULL;
		i = pam_guesses_next_line(stack, i, own, skipped);
	}
	return asked;
}
