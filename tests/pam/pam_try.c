/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs one PAM transaction from the command line, for tests of any language: sets PAM items and variables,
 * does the phases asked for, answers prompts from the command line in order, and prints what happened as one
 * JSON object. Never installed.
 *
 * usage: pam_try [options] SERVICE USER
 *   --confdir DIR       service files (default: the host's /etc/pam.d)
 *   --phases LIST       of auth, account, setcred, separated by commas (default: auth); stops at the
 *   first that fails
 *   --answer TEXT       for the next prompt; may be repeated. Where none is left the conversation fails
 *   --answer-from FILE  for the next prompt: what stands in the file, a FIFO perhaps, when the prompt comes
 *   --tell FILE         writes each message there as it comes, one JSON object a line; a FIFO perhaps
 *   --item NAME=TEXT    rhost, tty or ruser
 *   --env NAME=TEXT     pam_putenv; may be repeated
 *   --flags silent      PAM_SILENT
 *   --uid N --gid N     becomes that user first
 *   --wait              waits for a byte on standard input before the first phase (for many at once)
 *
 * prints {"phases":{"auth":"PAM_SUCCESS"},"result":"PAM_SUCCESS","messages":[{"style":"prompt","text":…}],
 * "receipt":…,"left":[…],"us":…} "left" are the STEPUP_ variables still set; "us" is the time of pam_start to
 * the last phase. Exit status 0: all phases succeeded, 1: one did not, 2: usage.
 */
#include <getopt.h>
#include <grp.h>
#include <jansson.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIST_MAX 32

struct options {
	const char *confdir, *phases, *service, *user, *tell;
	struct answer {
		const char *text;
		bool is_file;
	} answers[LIST_MAX];
	const char *items[LIST_MAX], *variables[LIST_MAX];
	int answer_count, item_count, variable_count;
	int flags;
	long uid, gid;
	bool wait;
};

struct talk {
	const struct options *options;
	int answered;
	json_t *messages;
	FILE *tell;
};

struct code_name {
	int code;
	const char *name;
};

static const struct code_name code_names[] = {
	{PAM_SUCCESS, "PAM_SUCCESS"}, {PAM_OPEN_ERR, "PAM_OPEN_ERR"}, {PAM_SYMBOL_ERR, "PAM_SYMBOL_ERR"},
	{PAM_SERVICE_ERR, "PAM_SERVICE_ERR"}, {PAM_SYSTEM_ERR, "PAM_SYSTEM_ERR"},
	{PAM_BUF_ERR, "PAM_BUF_ERR"}, {PAM_PERM_DENIED, "PAM_PERM_DENIED"}, {PAM_AUTH_ERR, "PAM_AUTH_ERR"},
	{PAM_CRED_INSUFFICIENT, "PAM_CRED_INSUFFICIENT"}, {PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL"},
	{PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN"}, {PAM_MAXTRIES, "PAM_MAXTRIES"},
	{PAM_ACCT_EXPIRED, "PAM_ACCT_EXPIRED"}, {PAM_CONV_ERR, "PAM_CONV_ERR"}, {PAM_IGNORE, "PAM_IGNORE"},
	{PAM_ABORT, "PAM_ABORT"}, {PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN"}, {PAM_BAD_ITEM, "PAM_BAD_ITEM"},
	{PAM_INCOMPLETE, "PAM_INCOMPLETE"},
};

static const char *code_name(int code)
{
	for (size_t i = 0; i < sizeof(code_names) / sizeof(code_names[0]); i++)
		if (code_names[i].code == code)
			return code_names[i].name;
	return "another";
}

static const char *style_name(int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_OFF:
		return "prompt";
	case PAM_PROMPT_ECHO_ON:
		return "prompt-echo";
	case PAM_ERROR_MSG:
		return "error";
	default:
		return "info";
	}
}

static char *next_answer(struct talk *talk)
{
	const struct answer *answer = &talk->options->answers[talk->answered++];
	static char text[65536];
	FILE *file;
	size_t size;

	if (!answer->is_file)
		return strdup(answer->text);
	file = fopen(answer->text, "r");
	if (file == NULL)
		return NULL;
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	return strndup(text, size);
}

static void note(struct talk *talk, json_t *message)
{
	if (talk->tell != NULL) {
		json_dumpf(message, talk->tell, JSON_COMPACT);
		fputc('\n', talk->tell);
		fflush(talk->tell);
	}
	json_array_append_new(talk->messages, message);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct talk *talk = context;
	struct pam_response *r = calloc((size_t)count, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		bool prompt = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
			messages[i]->msg_style == PAM_PROMPT_ECHO_ON;

		note(talk, json_pack("{s:s, s:s}", "style", style_name(messages[i]->msg_style),
				"text", messages[i]->msg));
		if (!prompt)
			continue;
		if (talk->answered == talk->options->answer_count) {
			for (int j = 0; j < i; j++)
				free(r[j].resp);
			free(r);
			return PAM_CONV_ERR;
		}
		r[i].resp = next_answer(talk);
	}
	*responses = r;
	return PAM_SUCCESS;
}

static int set_item(pam_handle_t *handle, const char *item)
{
	static const struct {
		const char *prefix;
		int type;
	} items[] = {{"rhost=", PAM_RHOST}, {"tty=", PAM_TTY}, {"ruser=", PAM_RUSER}};

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (strncmp(item, items[i].prefix, strlen(items[i].prefix)) == 0)
			return pam_set_item(handle, items[i].type, item + strlen(items[i].prefix));
	return PAM_BAD_ITEM;
}

static int run_phase(pam_handle_t *handle, const char *name, size_t length, int flags)
{
	if (length == 4 && strncmp(name, "auth", 4) == 0)
		return pam_authenticate(handle, flags);
	if (length == 7 && strncmp(name, "account", 7) == 0)
		return pam_acct_mgmt(handle, flags);
	if (length == 7 && strncmp(name, "setcred", 7) == 0)
		return pam_setcred(handle, (int)PAM_ESTABLISH_CRED | flags);
	return PAM_SYMBOL_ERR;
}

/* The phases one after the other. */
static int run_phases(pam_handle_t *handle, const struct options *options, json_t *results)
{
	const char *phase = options->phases;
	int code = PAM_SUCCESS;

	while (code == PAM_SUCCESS && *phase != '\0') {
		size_t length = strcspn(phase, ",");

		code = run_phase(handle, phase, length, options->flags);
		json_object_setn_new(results, phase, length, json_string(code_name(code)));
		phase += length + (phase[length] == ',');
	}
	return code;
}

static json_t *stepup_variables(pam_handle_t *handle)
{
	char **list = pam_getenvlist(handle);
	json_t *left = json_array();

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (strncmp(list[i], "STEPUP_", 7) == 0)
			json_array_append_new(left, json_stringn(list[i], strcspn(list[i], "=")));
		free(list[i]);
	}
	free(list);
	return left;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int try(const struct options *options)
{
	struct talk talk = {.options = options, .messages = json_array(),
		.tell = options->tell == NULL ? NULL : fopen(options->tell, "w")};
	struct pam_conv conversation = {converse, &talk};
	json_t *results = json_object(), *all;
	pam_handle_t *handle = NULL;
	int64_t started = now_us();
	int code =
		pam_start_confdir(options->service, options->user, &conversation, options->confdir, &handle);

	for (int i = 0; code == PAM_SUCCESS && i < options->item_count; i++)
		code = set_item(handle, options->items[i]);
	for (int i = 0; code == PAM_SUCCESS && i < options->variable_count; i++)
		code = pam_putenv(handle, options->variables[i]);
	if (code == PAM_SUCCESS)
		code = run_phases(handle, options, results);
	all = json_pack("{s:o, s:s, s:o, s:s?, s:o, s:I}", "phases", results, "result", code_name(code),
		"messages", talk.messages,
		"receipt", handle == NULL ? NULL : pam_getenv(handle, "STEPUP_RECEIPT"),
		"left", handle == NULL ? json_array() : stepup_variables(handle),
		"us", (json_int_t)(now_us() - started));
	if (handle != NULL)
		pam_end(handle, code);
	if (talk.tell != NULL)
		fclose(talk.tell);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
	return code == PAM_SUCCESS ? 0 : 1;
}

static int usage(void)
{
	fputs("usage: pam_try [--confdir DIR] [--phases LIST] [--answer TEXT]… [--answer-from FILE]… [--tell "
		"FILE] [--item NAME=TEXT]… [--env NAME=TEXT]… [--flags silent]\n"
		"               [--uid N] [--gid N] [--wait] SERVICE USER\n", stderr);
	return 2;
}

static bool add(const char **list, int *count, const char *text)
{
	if (*count == LIST_MAX)
		return false;
	list[(*count)++] = text;
	return true;
}

static bool add_answer(struct options *options, const char *text, bool is_file)
{
	if (options->answer_count == LIST_MAX)
		return false;
	options->answers[options->answer_count].text = text;
	options->answers[options->answer_count++].is_file = is_file;
	return true;
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {{"confdir", 1, NULL, 'c'}, {"phases", 1, NULL, 'p'},
		{"answer", 1, NULL, 'a'}, {"answer-from", 1, NULL, 'A'}, {"tell", 1, NULL, 't'},
		{"item", 1, NULL, 'i'}, {"env", 1, NULL, 'e'}, {"flags", 1, NULL, 'f'}, {"uid", 1, NULL, 'u'},
		{"gid", 1, NULL, 'g'}, {"wait", 0, NULL, 'w'}, {NULL, 0, NULL, 0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (option) {
		case 'c': options->confdir = optarg; break;
		case 'p': options->phases = optarg; break;
		case 'a':
		case 'A': good = add_answer(options, optarg, option == 'A'); break;
		case 't': options->tell = optarg; break;
		case 'i': good = add(options->items, &options->item_count, optarg); break;
		case 'e': good = add(options->variables, &options->variable_count, optarg); break;
		case 'f': options->flags = PAM_SILENT; good = strcmp(optarg, "silent") == 0; break;
		case 'u': options->uid = strtol(optarg, NULL, 10); break;
		case 'g': options->gid = strtol(optarg, NULL, 10); break;
		case 'w': options->wait = true; break;
		default: good = false;
		}
	}
	if (!good || argc - optind != 2)
		return false;
	options->service = argv[optind];
	options->user = argv[optind + 1];
	return true;
}

static bool become(const struct options *options)
{
	if (options->gid >= 0 && (setgroups(0, NULL) != 0 || setgid((gid_t)options->gid) != 0))
		return false;
	return options->uid < 0 || setuid((uid_t)options->uid) == 0;
}

int main(int argc, char **argv)
{
	struct options options = {.confdir = "/etc/pam.d", .phases = "auth", .uid = -1, .gid = -1};

	if (!read_options(argc, argv, &options))
		return usage();
	if (!become(&options)) {
		perror("pam_try: becoming that user");
		return 2;
	}
	if (options.wait)
		(void)!getchar();
	return try(&options);
}
