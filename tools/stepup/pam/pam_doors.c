/* SPDX-License-Identifier: BSD-2-Clause */
/* Doors of a host that were forgotten; see pam_doors.h. */
#include "tools/stepup/pam/pam_doors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a service. */
enum trait {
	OPENS_NOTHING = 1 << 0,  /* changes an entry, unlocks a screen that its owner left */
	SKIPS_AUTH = 1 << 1,     /* its account lines run without its auth lines: ssh keys, NOPASSWD, jobs */
	USER_IS_TARGET = 1 << 2, /* PAM's user is whom one becomes: an account line looks at that one */
	HAS_CALLER_UID = 1 << 3, /* its real uid is the caller's, so pam_rootok.so succeeds for root alone */
	/* root's own jobs, and the way in while the verifier is away: a line that lets root
	 * past ours is meant */
	ROOT_MAY_PASS = 1 << 4,
};

struct pam_service {
	const char *name;
	unsigned traits;
	/* the service that people think this is: where that one asks and this one doesn't, it is an error */
	const char *sibling;
	const char *opens;   /* what comes of it without the module */
};

#define SIGNS_IN "anybody who knows a password signs in by it, even if they are locked"
#define GOES_ON "it goes on starting the jobs of a locked employee"

static const struct pam_service service_table[] = {
	{"sudo", SKIPS_AUTH, NULL, "anybody who may use sudo becomes root by their password, even if they "
		"are locked"},
	{"sudo-i", SKIPS_AUTH, "sudo", "`sudo -i` uses this service, not sudo's: "
		"anybody who may use it becomes root by their password, even if they are locked"},
	{"doas", SKIPS_AUTH, NULL, "anybody who may use doas becomes root by their password, even if they "
		"are locked"},
	{"su", USER_IS_TARGET | HAS_CALLER_UID, NULL,
		"anybody who knows an account's password becomes that account, root too, even if they are "
		"locked"},
	{"su-l", USER_IS_TARGET | HAS_CALLER_UID, "su", "`su -` uses this service: "
		"anybody who knows an account's password becomes that account, root too, even if they are "
		"locked"},
	{"runuser", USER_IS_TARGET | HAS_CALLER_UID, NULL, "anybody whom it lets in becomes another account"},
	{"runuser-l", USER_IS_TARGET | HAS_CALLER_UID, "runuser",
		"anybody whom it lets in becomes another account"},
	{"polkit-1", USER_IS_TARGET, NULL,
		"pkexec uses it: anybody who knows an administrator's password becomes root"},
	{"sshd", SKIPS_AUTH, NULL, "anybody who has a password or an ssh key signs in, even if they are "
		"locked"},
	{"login", ROOT_MAY_PASS, NULL, SIGNS_IN},
	{"remote", 0, NULL, SIGNS_IN},
	{"rlogin", 0, NULL, SIGNS_IN},
	{"gdm-password", 0, NULL, SIGNS_IN},
	{"gdm-fingerprint", 0, NULL, "anybody who has a finger on record signs in by it, even if they are "
		"locked"},
	{"gdm-autologin", SKIPS_AUTH, NULL, "it signs somebody in without asking them"},
	{"lightdm", 0, NULL, SIGNS_IN},
	{"lightdm-autologin", SKIPS_AUTH, NULL, "it signs somebody in without asking them"},
	{"sddm", 0, NULL, SIGNS_IN},
	{"sddm-autologin", SKIPS_AUTH, NULL, "it signs somebody in without asking them"},
	{"greetd", 0, NULL, SIGNS_IN},
	{"xdm", 0, NULL, SIGNS_IN},
	{"xrdp-sesman", 0, NULL, SIGNS_IN},
	{"cockpit", 0, NULL, SIGNS_IN},
	{"cron", SKIPS_AUTH | ROOT_MAY_PASS, NULL, GOES_ON},
	{"crond", SKIPS_AUTH | ROOT_MAY_PASS, NULL, GOES_ON},
	{"atd", SKIPS_AUTH | ROOT_MAY_PASS, NULL, GOES_ON},
	{"systemd-user", SKIPS_AUTH | ROOT_MAY_PASS, NULL, GOES_ON},
	{"other", 0, NULL, "every program without a file of its own uses it"},
	{"passwd", OPENS_NOTHING, NULL, NULL},
	{"chpasswd", OPENS_NOTHING, NULL, NULL},
	{"chgpasswd", OPENS_NOTHING, NULL, NULL},
	{"newusers", OPENS_NOTHING, NULL, NULL},
	{"chfn", OPENS_NOTHING, NULL, NULL},
	{"chsh", OPENS_NOTHING, NULL, NULL},
	{"chage", OPENS_NOTHING, NULL, NULL},
	{"groupadd", OPENS_NOTHING, NULL, NULL},
	{"groupdel", OPENS_NOTHING, NULL, NULL},
	{"groupmod", OPENS_NOTHING, NULL, NULL},
	{"groupmems", OPENS_NOTHING, NULL, NULL},
	{"useradd", OPENS_NOTHING, NULL, NULL},
	{"userdel", OPENS_NOTHING, NULL, NULL},
	{"usermod", OPENS_NOTHING, NULL, NULL},
	{"vlock", OPENS_NOTHING, NULL, NULL},
	{"xscreensaver", OPENS_NOTHING, NULL, NULL},
	{"i3lock", OPENS_NOTHING, NULL, NULL},
	{"swaylock", OPENS_NOTHING, NULL, NULL},
	{"lightdm-greeter", OPENS_NOTHING, NULL, NULL},
	{"sddm-greeter", OPENS_NOTHING, NULL, NULL},
	{"gdm-launch-environment", OPENS_NOTHING, NULL, NULL},
};

/* What stands for all that the table has not. A service that sudoers(5) names by pam_service is called
 * sudo-something, if pam_stepup(8) was followed. */
static const struct pam_service any_sudo = {"sudo-*", SKIPS_AUTH, NULL,
	"anybody whom sudo lets in by this service becomes root, even if they are locked"};
static const struct pam_service any_other = {"*", 0, NULL,
	"anybody whom it lets in gets what its program gives, which may be a shell, root or a session"};

static const struct pam_service *service_of(const struct pam_stack *stack)
{
	for (size_t i = 0; i < sizeof(service_table) / sizeof(service_table[0]); i++)
		if (strcmp(service_table[i].name, stack->name) == 0)
			return &service_table[i];
	return strncmp(stack->name, "sudo", strlen("sudo")) == 0 ? &any_sudo : &any_other;
}

/* --- what lines let through --- */

/* pam_succeed_if.so with one condition and no more: `uid = 0` or `user = root`. */
static bool asks_for_root(const struct pam_line *line)
{
	const char *words[3] = {0};
	size_t count = 0;

	for (size_t i = 0; i < line->argument_count; i++) {
		if (strcmp(line->arguments[i], "quiet") == 0 ||
		    strcmp(line->arguments[i], "quiet_success") == 0 ||
		    strcmp(line->arguments[i], "quiet_fail") == 0)
			continue;
		if (count == 3)
			return false;
		words[count++] = line->arguments[i];
	}
	return count == 3 &&
		((strcmp(words[0], "uid") == 0 &&
				(strcmp(words[1], "=") == 0 || strcmp(words[1], "eq") == 0) &&
				strcmp(words[2], "0") == 0) ||
			(strcmp(words[0], "user") == 0 && strcmp(words[1], "=") == 0 &&
				strcmp(words[2], "root") == 0));
}

bool pam_only_root_passes(const struct pam_stack *stack, const struct pam_line *line)
{
	unsigned traits = service_of(stack)->traits;

	if (pam_line_is(line, "pam_rootok.so"))
		return (traits & HAS_CALLER_UID) != 0;
	return (traits & ROOT_MAY_PASS) != 0 && pam_line_is(line, "pam_succeed_if.so") && asks_for_root(line);
}

static bool is_plain(const struct pam_line *line)
{
	return strcasecmp(line->control, "required") == 0 || strcasecmp(line->control, "requisite") == 0;
}

/* Whether the lines of one type let nobody in but root: they end in a refusal that nothing jumps over, or
 * have no line at all that another passes. */
static bool is_shut(const struct pam_stack *stack, enum pam_type type)
{
	bool any = false, any_passes = false;

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_line *line = &stack->lines[i];
		bool only_root = pam_only_root_passes(stack, line);

		if (line->type != type && line->type != PAM_TYPE_UNKNOWN)
			continue;
		any = true;
		if (line->module == NULL || line->type == PAM_TYPE_UNKNOWN)
			return false;
		if (pam_line_is(line, "pam_deny.so") && is_plain(line) && line->substack == 0)
			return true;
		if (!only_root && pam_success_skips(line) != 0)
			return false;
		if (!only_root && line->control[0] == '[')
			return false; /* a jump of a failure, an `ok` for one */
		any_passes = any_passes || !only_root;
	}
	return any && !any_passes;
}

static bool has_module(const struct pam_stack *stack, enum pam_type type)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->lines[i].type == type && pam_line_is(&stack->lines[i], PAM_MODULE))
			return true;
	return false;
}

static bool has_lines(const struct pam_stack *stack, enum pam_type type)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->lines[i].type == type || stack->lines[i].type == PAM_TYPE_UNKNOWN)
			return true;
	return false;
}

/* Whether somebody gets through it of whom the verifier was never asked. */
static bool is_open(const struct pam_stack *stack, const struct pam_service *service)
{
	bool skips_auth = (service->traits & SKIPS_AUTH) != 0;

	if ((service->traits & OPENS_NOTHING) != 0 ||
	    (!has_lines(stack, PAM_TYPE_AUTH) && !has_lines(stack, PAM_TYPE_ACCOUNT)))
		return false;
	if (has_module(stack, PAM_TYPE_AUTH) || is_shut(stack, PAM_TYPE_ACCOUNT))
		return false;
	if (has_module(stack, PAM_TYPE_ACCOUNT) && (service->traits & USER_IS_TARGET) == 0)
		return false;
	return skips_auth || !is_shut(stack, PAM_TYPE_AUTH);
}

/* --- a host's services --- */

/* What an editor or a package left beside a service is none. */
static bool is_leftover(const char *name)
{
	static const char *const marks[] = {"~", ".dpkg-", ".ucf-", ".rpmnew", ".rpmsave", ".rpmorig",
		".pam-old", ".orig", ".bak", ".swp"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(name, marks[i]) != NULL)
			return true;
	return false;
}

static bool includes(const struct pam_stack *stack, const char *name)
{
	for (size_t i = 0; i < stack->file_count; i++) {
		const char *slash = strrchr(stack->files[i], '/');

		if (strcmp(slash != NULL ? slash + 1 : stack->files[i], name) == 0)
			return true;
	}
	return false;
}

void pam_doors_mark_fragments(struct pam_stack *const stacks[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* pam-auth-update(8) writes them */
		stacks[i]->is_fragment = strncmp(stacks[i]->name, "common-", strlen("common-")) == 0;
		for (size_t j = 0;
			j < count && service_of(stacks[i]) == &any_other && !stacks[i]->is_fragment; j++)
			stacks[i]->is_fragment = j != i && includes(stacks[j], stacks[i]->name);
	}
}

/* Whether the service that this one is taken for asks the verifier. */
static bool sibling_asks(struct pam_stack *const stacks[], size_t count, const struct pam_service *service)
{
	for (size_t i = 0; i < count && service->sibling != NULL; i++)
		if (strcmp(stacks[i]->name, service->sibling) == 0)
			return !is_open(stacks[i], service_of(stacks[i]));
	return false;
}

void pam_doors_check(struct pam_stack *const stacks[], size_t count, const struct pam_listener *listener)
{
	for (size_t i = 0; i < count; i++) {
		const struct pam_service *service = service_of(stacks[i]);
		struct pam_finding finding = {.file = stacks[i]->path};
		char *sentence = NULL;

		if (stacks[i]->is_fragment || is_leftover(stacks[i]->name) || !is_open(stacks[i], service))
			continue;
		finding.is_error = sibling_asks(stacks, count, service);
		if (asprintf(&sentence, "is open without " PAM_MODULE
			    ": %s; see \"The doors of a host\" in pam_stepup(8)", service->opens) < 0)
			sentence = NULL;
		finding.sentence = sentence != NULL ? sentence : "out of memory";
		listener->told(listener->context, &finding);
		free(sentence);
	}
}
