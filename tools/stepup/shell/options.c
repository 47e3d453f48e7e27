/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of options, and the one parser that reads command lines by it and by a table of commands.
 */
#include "tools/stepup/shell/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/suggest.h"

const struct option_row option_table[OPTION_TOTAL] = {
	[OPTION_HELP] = {"help", NULL, COMPLETE_NOTHING, NULL, "say how to use it"},
	[OPTION_JSON] = {"json", NULL, COMPLETE_NOTHING, NULL, "print JSON, for programs"},
	[OPTION_SOCKET_DIR] = {"socket-dir", "DIR", COMPLETE_FOLDER, NULL,
		"where the verifier's sockets are (" STEPUP_RUNDIR ")"},
	[OPTION_USER] = {"user", "NAME", COMPLETE_USER, NULL,
		"act for NAME; only root and the callers of the configuration may"},
	[OPTION_AGAIN] = {"again", NULL, COMPLETE_NOTHING, NULL,
		"invite once more, even if somebody has enrolled; this is logged"},
	[OPTION_ALGORITHM] = {"algorithm", "NAME", COMPLETE_WORDS, "SHA1 SHA256 SHA512",
		"hash of the codes: SHA1 (default), SHA256 or SHA512"},
	[OPTION_AS_BACKUP] = {"as-backup", NULL, COMPLETE_NOTHING, NULL,
		"restore a file of backup --move like any backup"},
	[OPTION_ATTESTATION] = {"attestation", "FILE", COMPLETE_FILE, NULL,
		"agent: the file that ssh-keygen -O write-attestation=FILE wrote"},
	[OPTION_CALLER] = {"caller", "ACCOUNT", COMPLETE_USER, NULL,
		"the account of the program that asks: a console's, or root for sshd and sudo"},
	[OPTION_CHALLENGE] = {"challenge", "FILE", COMPLETE_FILE, NULL,
		"agent: the file that ssh-keygen -O challenge=FILE was given"},
	[OPTION_CHECKPOINT] = {"checkpoint", "FILE", COMPLETE_FILE, NULL,
		"checkpoints that you kept, one after another; the log must contain them"},
	[OPTION_CONFIG_DIR] = {"config-dir", "DIR", COMPLETE_FOLDER, NULL,
		"the configuration's folder (" STEPUP_SYSCONFDIR ")"},
	[OPTION_COUNT_OF] = {"count", "N", COMPLETE_NOTHING, NULL, "show at most N entries"},
	[OPTION_COUNTER] = {"counter", "N", COMPLETE_NOTHING, NULL,
		"hotp: the counter of the token's next code (0)"},
	[OPTION_CSV] = {"csv", NULL, COMPLETE_NOTHING, NULL, "print a table for a spreadsheet"},
	[OPTION_DIGITS] = {"digits", "N", COMPLETE_WORDS, "6 7 8", "digits of a code: 6 (default), 7 or 8"},
	[OPTION_FILE] = {"file", "FILE", COMPLETE_FILE, NULL, "the exported log"},
	[OPTION_FOLLOW] = {"follow", NULL, COMPLETE_NOTHING, NULL,
		"show the list again whenever it changes"},
	[OPTION_FROM] = {"from", "N", COMPLETE_NOTHING, NULL, "begin with entry N"},
	[OPTION_HTML] = {"html", NULL, COMPLETE_NOTHING, NULL, "print one page for a browser or for paper"},
	[OPTION_INVITATION] = {"invitation", "CODE", COMPLETE_NOTHING, NULL,
		"the invitation that an administrator gave you; `-` asks for it"},
	[OPTION_KEY] = {"key", "KEY", COMPLETE_FILE, NULL, "the log's key, which `stepup init` "
		"printed; for enroll agent, the .pub file of your key"},
	[OPTION_KEYS] = {"keys", "FILE", COMPLETE_FILE, NULL,
		"the verifier's keys, a JWK set; without this the verifier is asked"},
	[OPTION_LABEL] = {"label", "TEXT", COMPLETE_NOTHING, NULL, "your name for it, for example \"Phone\""},
	[OPTION_LOCK] = {"lock", NULL, COMPLETE_NOTHING, NULL,
		"also lock the person who asks: \"that wasn't me\", or \"that isn't them\""},
	[OPTION_MARK] = {"mark", "FILE", COMPLETE_FILE, NULL,
		"the verifier's mark (" STEPUP_MARKDIR "/mark)"},
	[OPTION_ME] = {"me", NULL, COMPLETE_NOTHING, NULL, "lock yourself, at once and without a code"},
	[OPTION_MOVE] = {"move", NULL, COMPLETE_NOTHING, NULL,
		"move the store away in FILE, to go on where FILE is restored"},
	[OPTION_NO_QR] = {"no-qr", NULL, COMPLETE_NOTHING, NULL,
		"no QR code, only the secret in letters"},
	[OPTION_NO_WAIT] = {"no-wait", NULL, COMPLETE_NOTHING, NULL,
		"don't wait for a second person; exit status 4 if one must agree"},
	[OPTION_OWNER] = {"owner", "NAME", COMPLETE_USER, NULL,
		"the user that stepupd runs as (stepup if there is such a user, otherwise root)"},
	[OPTION_PAM_DIR] = {"pam-dir", "DIR", COMPLETE_FOLDER, NULL,
		"the folder of PAM service files (/etc/pam.d)"},
	[OPTION_PERIOD] = {"period", "SECONDS", COMPLETE_WORDS, "30 60", "totp: how long a code lasts (30)"},
	[OPTION_REASON] = {"reason", "TEXT", COMPLETE_NOTHING, NULL,
		"why; the log keeps it, and a second person sees it"},
	[OPTION_RECEIPT] = {"receipt", "env|FILE|-", COMPLETE_FILE, NULL,
		"where the receipt goes: STEPUP_RECEIPT of COMMAND, a file, or standard output"},
	[OPTION_RHOST] = {"rhost", "ADDRESS", COMPLETE_NOTHING, NULL,
		"the address that the question comes from, as in PAM's rhost"},
	[OPTION_SECRET_FILE] = {"secret-file", "FILE", COMPLETE_FILE, NULL,
		"a hardware token's own secret, base32 or hex"},
	[OPTION_SERVICE] = {"service", "NAME", COMPLETE_NOTHING, NULL,
		"the service that asks, such as sshd or sudo; for yourself it is stepup"},
	[OPTION_SINCE] = {"since", "TIME", COMPLETE_WORDS, "1h today yesterday 3d 2w",
		"the beginning: 2h, 3d, yesterday, 2026-11-23 or 2026-11-23T15:00:00Z"},
	[OPTION_SSHSIG] = {"sshsig", "PREFIX", COMPLETE_FILE, NULL,
		"write PREFIX.signed, .sig and .signers of entry --from, for ssh-keygen -Y verify"},
	[OPTION_STATE_DIR] = {"state-dir", "DIR", COMPLETE_FOLDER, NULL,
		"the verifier's state (" STEPUP_STATEDIR ")"},
	[OPTION_STEPUPD] = {"stepupd", "PATH", COMPLETE_FILE, NULL,
		"the verifier's program (" STEPUP_SBINDIR "/stepupd)"},
	[OPTION_UNTIL] = {"until", "TIME", COMPLETE_WORDS, "1h 24h 3d 2w", "the end (now)"},
	[OPTION_VERSION] = {"version", NULL, COMPLETE_NOTHING, NULL, "print the version"},
};

/* --- parsing --- */

static const struct option_set options = {"stepup", "stepup help", option_table, OPTION_TOTAL};

static bool name_matches(const char *name, const char *first, const char *second)
{
	size_t length = strlen(first);

	if (name == NULL)
		return false;
	if (second == NULL)
		return strcmp(name, first) == 0;
	return strncmp(name, first, length) == 0 && name[length] == ' ' &&
		strcmp(name + length + 1, second) == 0;
}

/* The command that the first word, or the first two, name; `*words` is how many. */
static const struct command_row *find_words(const struct command_row *table, const char *first,
	const char *second, size_t *words)
{
	for (const struct command_row *row = table; row->name != NULL; row++) {
		*words = 2;
		if (second != NULL &&
		    (name_matches(row->name, first, second) || name_matches(row->alias, first, second)))
			return row;
		*words = 1;
		if (name_matches(row->name, first, NULL) || name_matches(row->alias, first, NULL))
			return row;
	}
	return NULL;
}

const struct command_row *command_find(const struct command_row *table, const char *name)
{
	for (const struct command_row *row = table; row->name != NULL; row++) {
		if (strcmp(row->name, name) == 0 || (row->alias != NULL && strcmp(row->alias, name) == 0))
			return row;
	}
	return NULL;
}

/* Whether a word begins commands of two words: says which. */
static bool complain_group(const struct command_row *table, const char *first, FILE *complaints)
{
	size_t length = strlen(first), found = 0;

	for (const struct command_row *row = table; row->name != NULL; row++) {
		if (strncmp(row->name, first, length) == 0 && row->name[length] == ' ') {
			(void)fprintf(complaints, "%s %s",
				found++ == 0 ? "stepup: there are several:" : ",", row->name);
		}
	}
	if (found > 0)
		(void)fputs(".\n", complaints);
	return found > 0;
}

/* `second` is the word behind it, NULL for none: commands of two words are known by both, and by
 * the first alone. */
static void complain_command(const struct command_row *table, FILE *complaints, const char *word,
	const char *second)
{
	char both[64], groups[64][16];
	const char *meant = NULL;
	size_t count = 0;

	(void)snprintf(both, sizeof(both), "%s %s", word, second != NULL ? second : "");
	for (const struct command_row *row = table; row->name != NULL; row++) {
		const char *space = strchr(row->name, ' ');

		meant = suggest_nearer(word, row->alias, suggest_nearer(word, row->name, meant));
		if (space == NULL || count == sizeof(groups) / sizeof(groups[0]))
			continue;
		if (second != NULL && suggest_nearer(both, row->name, NULL) != NULL) {
			meant = row->name;
			break;
		}
		(void)snprintf(groups[count], sizeof(groups[count]), "%.*s",
			(int)(space - row->name), row->name);
		meant = suggest_nearer(word, groups[count++], meant);
	}
	(void)fprintf(complaints, "stepup: there is no command %s.", word);
	options_end_complaint(&options, complaints, meant, "");
}

/* Finds the command among the words and checks that the options and the number of arguments suit it. */
static enum exit_status settle_command(const struct command_row *table, FILE *complaints,
	struct invocation *invocation)
{
	const char **words = invocation->arguments;
	const struct command_row *command;
	size_t used = 0;

	if (invocation->argument_count == 0)
		return EXIT_DONE;
	command = find_words(table, words[0], invocation->argument_count > 1 ? words[1] : NULL, &used);
	if (command == NULL && !complain_group(table, words[0], complaints))
		complain_command(table, complaints, words[0],
			invocation->argument_count > 1 ? words[1] : NULL);
	if (command == NULL)
		return EXIT_USAGE;
	invocation->command = command;
	memmove(words, words + used, (invocation->argument_count - used + 1) * sizeof(*words));
	invocation->argument_count -= used;
	if (option_given(invocation, OPTION_HELP))
		return EXIT_DONE;
	for (int id = 0; id < OPTION_TOTAL; id++) {
		if (invocation->values[id] != NULL &&
		    ((command->options | COMMON_OPTIONS) & OPTION(id)) == 0) {
			(void)fprintf(complaints, "stepup: %s does not take --%s. Run `stepup help %s`.\n",
				command->name, option_table[id].name, command->name);
			return EXIT_USAGE;
		}
	}
	if (invocation->child != NULL && !command->takes_command) {
		(void)fprintf(complaints, "stepup: %s runs no command. Leave out the `--` and all behind "
			"it.\n",
			command->name);
		return EXIT_USAGE;
	}
	if (invocation->argument_count < command->least || invocation->argument_count > command->most) {
		(void)fprintf(complaints, "usage: stepup %s [OPTION…] %s\nRun `stepup help %s` for more.\n",
			command->name, command->arguments, command->name);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

enum exit_status invocation_parse(const struct command_row *table, int argc, char **argv, FILE *complaints,
	struct invocation *invocation)
{
	enum exit_status status = EXIT_DONE;

	*invocation = (struct invocation){0};
	invocation->arguments = calloc((size_t)argc + 1, sizeof(*invocation->arguments));
	if (invocation->arguments == NULL)
		return EXIT_REFUSED;
	for (int at = 1; at < argc && status == EXIT_DONE; at++) {
		if (strcmp(argv[at], "--") == 0) {
			invocation->child = argv + at + 1;
			break;
		}
		if (argv[at][0] == '-' && argv[at][1] != '\0')
			status = option_take(&options, argc, argv, &at, invocation->values, complaints)
				? EXIT_DONE : EXIT_USAGE;
		else
			invocation->arguments[invocation->argument_count++] = argv[at];
	}
	if (status == EXIT_DONE && invocation->child != NULL && invocation->child[0] == NULL) {
		(void)fputs("stepup: no command follows `--`.\n", complaints);
		status = EXIT_USAGE;
	}
	return status == EXIT_DONE ? settle_command(table, complaints, invocation) : status;
}

void invocation_clear(struct invocation *invocation)
{
	free(invocation->arguments);
	*invocation = (struct invocation){0};
}

bool option_given(const struct invocation *invocation, enum option_id option)
{
	return invocation->values[option] != NULL;
}

const char *option_text(const struct invocation *invocation, enum option_id option, const char *otherwise)
{
	return invocation->values[option] != NULL ? invocation->values[option] : otherwise;
}

bool option_number(const struct invocation *invocation, enum option_id option, int64_t maximum,
	int64_t otherwise, int64_t *number)
{
	const char *text = invocation->values[option];
	char *end = NULL;
	long long value;

	*number = otherwise;
	if (text == NULL)
		return true;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > maximum)
		return false;
	*number = value;
	return true;
}

/* --- usage texts --- */

#define USAGE_COLUMN 26

static void usage_line(FILE *out, const char *left, const char *right)
{
	size_t width = 0;

	for (const char *c = left; *c != '\0'; c++)
		width += ((unsigned char)*c & 0xc0) != 0x80;
	(void)fprintf(out, "  %s%*s%s\n", left,
		width < USAGE_COLUMN ? (int)(USAGE_COLUMN - width) : 1, "", right);
}

void usage_all(const struct command_row *table, FILE *out)
{
	(void)fputs("usage: stepup COMMAND [OPTION…] [ARGUMENT…]\n", out);
	for (const struct command_row *row = table; row->name != NULL; row++) {
		if (row->heading != NULL)
			(void)fprintf(out, "\n%s:\n", row->heading);
		usage_line(out, row->name, row->help);
	}
	(void)fputs("\n`stepup help COMMAND` says more about one of them. See also stepup(1).\n", out);
}

void usage_command(FILE *out, const struct command_row *command)
{
	(void)fprintf(out, "usage: stepup %s [OPTION…]%s%s\n\n%c%s.\n", command->name,
		command->arguments[0] != '\0' ? " " : "", command->arguments, command->help[0] - 'a' + 'A',
		command->help + 1);
	if (command->about != NULL)
		(void)fputs(command->about, out);
	if (command->alias != NULL)
		(void)fprintf(out, "Also: stepup %s.\n", command->alias);
	(void)fputs("\n", out);
	for (int id = 0; id < OPTION_TOTAL; id++) {
		const struct option_row *row = &option_table[id];
		char left[64];

		if (((command->options | COMMON_OPTIONS) & OPTION(id)) == 0)
			continue;
		(void)snprintf(left, sizeof(left), "--%s%s%s", row->name, row->argument != NULL ? " " : "",
			row->argument != NULL ? row->argument : "");
		usage_line(out, left, row->help);
	}
	(void)fputs("\nExit status: 0 done, 1 refused, 2 wrong usage, 3 no verifier answers, "
		"4 waits for a second person, 5 done, but nobody has that name.\n", out);
}
