/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the module share. */
#include "tests/pam/pam_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fake_verifier fake;
static char folder[64];

const char *service_folder(void)
{
	return folder;
}

void service_write(const char *name, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	while (*text != '\0') {
		if (strncmp(text, "MODULE", 6) == 0) {
			fputs(PAM_STEPUP_SO, file);
			text += 6;
		} else if (strncmp(text, "SOCKET", 6) == 0) {
			fprintf(file, "socket=%s", fake.socket);
			text += 6;
		} else {
			fputc(*text++, file);
		}
	}
	assert_int_equal(fclose(file), 0);
}

int pam_group_setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/stepup-pam-XXXXXX");
	if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 || !fake_verifier_start(&fake, (uid_t)-1))
		return -1;
	service_write("plain", "auth required MODULE action=customer.export SOCKET\n"
			       "account required MODULE SOCKET\n");
	service_write("both", "auth required MODULE action=customer.export SOCKET\n"
			      "account required MODULE action=customer.export SOCKET\n");
	service_write("env", "auth required MODULE details=env receipt=env SOCKET\n"
			     "account required MODULE SOCKET\n");
	service_write("json", "auth required MODULE action=customer.export conversation=json SOCKET\n"
			      "account required MODULE conversation=json SOCKET\n");
	service_write("hurried", "auth required MODULE action=customer.export timeout=1 SOCKET\n"
				 "account required MODULE SOCKET\n");
	return 0;
}

int pam_group_teardown(void **state)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[400];

	(void)state;
	fake_verifier_stop(&fake);
	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (entries != NULL)
		closedir(entries);
	rmdir(folder);
	return 0;
}

int pam_test_setup(void **state)
{
	(void)state;
	fake_verifier_reset(&fake);
	return 0;
}

static void write_down(struct trial *trial, const struct pam_message *message)
{
	if (message->msg_style == PAM_PROMPT_ECHO_OFF || message->msg_style == PAM_PROMPT_ECHO_ON)
		trial->prompts++;
	else
		trial->told++;
	if (trial->said_count == SAID_MAX)
		return;
	trial->said[trial->said_count].style = message->msg_style;
	snprintf(trial->said[trial->said_count].text, sizeof(trial->said[0].text), "%s", message->msg);
	trial->said_count++;
}

static int answer(struct trial *trial, bool prompt, struct pam_response **responses)
{
	struct pam_response *r = calloc(trial->talk == TALK_MANY_RESPONSES ? 5 : 1, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	if (prompt && trial->talk != TALK_NO_TEXT) {
		const char *text = trial->prompts <= ANSWERS_MAX ? trial->answers[trial->prompts - 1] : NULL;

		if (text == NULL) {
			free(r);
			return PAM_CONV_ERR;
		}
		r->resp = strdup(text);
	} else if (trial->talk == TALK_CHATTY) {
		r->resp = strdup("nobody asked");
	}
	*responses = r;
	return PAM_SUCCESS;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct trial *trial = context;
	bool prompt = messages[0]->msg_style == PAM_PROMPT_ECHO_OFF ||
		messages[0]->msg_style == PAM_PROMPT_ECHO_ON;

	if (count != 1) /* the module never sends more */
		return PAM_CONV_ERR;
	write_down(trial, messages[0]);
	switch (trial->talk) {
	case TALK_ERROR:
		return PAM_CONV_ERR;
	case TALK_ABORT:
		return PAM_ABORT;
	case TALK_AGAIN:
		return PAM_CONV_AGAIN;
	case TALK_NO_MEMORY:
		return PAM_BUF_ERR;
	case TALK_NO_RESPONSES:
		*responses = NULL;
		return PAM_SUCCESS;
	case TALK_LEFT_ALONE:
		return PAM_SUCCESS;
	default:
		return answer(trial, prompt, responses);
	}
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int run_phases(struct trial *trial, pam_handle_t *handle)
{
	int code = PAM_SUCCESS;

	for (const char *phase = trial->phases; code == PAM_SUCCESS && *phase != '\0'; phase++) {
		if (*phase == 'a')
			code = pam_authenticate(handle, trial->flags);
		else if (*phase == 'c')
			code = pam_acct_mgmt(handle, trial->flags);
		else
			code = pam_setcred(handle, PAM_ESTABLISH_CRED);
	}
	return code;
}

/* What the transaction left in the PAM environment. */
static void look_around(struct trial *trial, pam_handle_t *handle)
{
	const char *receipt = pam_getenv(handle, "STEPUP_RECEIPT");
	char **list = pam_getenvlist(handle);
	const void *user = NULL;

	if (pam_get_item(handle, PAM_USER, &user) == PAM_SUCCESS && user != NULL)
		snprintf(trial->user_left, sizeof(trial->user_left), "%s", (const char *)user);
	if (receipt != NULL)
		snprintf(trial->receipt, sizeof(trial->receipt), "%s", receipt);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (strncmp(list[i], "STEPUP_", 7) == 0 && strncmp(list[i], "STEPUP_RECEIPT", 14) != 0)
			trial->variables_left++;
		free(list[i]);
	}
	free(list);
}

void trial_run(struct trial *trial)
{
	struct pam_conv conversation = {trial->no_conversation ? NULL : converse, trial};
	pam_handle_t *handle = NULL;
	int64_t started = now_ms();

	if (trial->phases == NULL)
		trial->phases = "a";
	trial->code = pam_start_confdir(trial->service, trial->user, &conversation, folder, &handle);
	if (trial->code == PAM_SUCCESS && trial->rhost != NULL)
		trial->code = pam_set_item(handle, PAM_RHOST, trial->rhost);
	if (trial->code == PAM_SUCCESS && trial->tty != NULL)
		trial->code = pam_set_item(handle, PAM_TTY, trial->tty);
	if (trial->code == PAM_SUCCESS && trial->ruser != NULL)
		trial->code = pam_set_item(handle, PAM_RUSER, trial->ruser);
	for (int i = 0; trial->code == PAM_SUCCESS && i < ANSWERS_MAX && trial->variables[i] != NULL; i++)
		trial->code = pam_putenv(handle, trial->variables[i]);
	if (trial->code == PAM_SUCCESS) {
		trial->code = run_phases(trial, handle);
		look_around(trial, handle);
	}
	trial->milliseconds = now_ms() - started;
	if (handle != NULL)
		pam_end(handle, trial->code);
}

int authenticate(const char *service, const char *user, const char *text)
{
	struct trial trial = {.service = service, .user = user, .answers = {text, text, text}};

	trial_run(&trial);
	return trial.code;
}

const char *pam_code_name(int code)
{
	static const char *const names[] = {[PAM_SUCCESS] = "PAM_SUCCESS", [PAM_OPEN_ERR] = "PAM_OPEN_ERR",
		[PAM_SERVICE_ERR] = "PAM_SERVICE_ERR",
		[PAM_SYSTEM_ERR] = "PAM_SYSTEM_ERR", [PAM_BUF_ERR] = "PAM_BUF_ERR",
		[PAM_PERM_DENIED] = "PAM_PERM_DENIED",
		[PAM_AUTH_ERR] = "PAM_AUTH_ERR", [PAM_AUTHINFO_UNAVAIL] = "PAM_AUTHINFO_UNAVAIL",
		[PAM_USER_UNKNOWN] = "PAM_USER_UNKNOWN",
		[PAM_MAXTRIES] = "PAM_MAXTRIES", [PAM_CONV_ERR] = "PAM_CONV_ERR", [PAM_IGNORE] = "PAM_IGNORE",
		[PAM_ABORT] = "PAM_ABORT",
		[PAM_MODULE_UNKNOWN] = "PAM_MODULE_UNKNOWN", [PAM_INCOMPLETE] = "PAM_INCOMPLETE"};

	if (code < 0 || (size_t)code >= sizeof(names) / sizeof(names[0]) || names[code] == NULL)
		return "another code";
	return names[code];
}

void wait_for_calls(enum fake_method method, int count)
{
	for (int i = 0; i < 60000 && fake.shared->calls[method] < count; i++)
		usleep(1000);
	assert_int_equal(fake.shared->calls[method], count);
}
