/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of the module. */
#include "pam_module/request.h"

#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/action.h"
#include "lib/wire/canonical_json.h"

#define ITEM_SIZE_MAX 256 /* bytes of a user, service, host or terminal name */
#define SESSION_SIZE_MAX 512
#define RECEIPT_VARIABLE "STEPUP_RECEIPT"
#define DETAILS_SIZE_MAX                                                                                     \
	32768 /* bytes of JSON; the verifier takes 16 texts of 512 bytes, escaped as far as can be */

/* Whether a text may be a name: not empty, not long, UTF-8 without control characters. */
static bool is_name(const char *text)
{
	size_t size = strnlen(text, ITEM_SIZE_MAX + 1);

	if (size == 0 || size > ITEM_SIZE_MAX || !utf8_is_valid(text, size))
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* One of PAM's items, NULL where it is missing or empty. */
static int read_item(pam_handle_t *pamh, int type, const char **text)
{
	const void *item = NULL;

	if (pam_get_item(pamh, type, &item) != PAM_SUCCESS)
		return PAM_SYSTEM_ERR;
	*text = item;
	if (*text != NULL && (*text)[0] == '\0')
		*text = NULL;
	return *text == NULL || is_name(*text) ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int request_read_person(pam_handle_t *pamh, struct request *request)
{
	struct step_up_request *step_up = &request->step_up;
	const char *user = NULL;
	int r = pam_get_user(pamh, &user, NULL);

	if (r != PAM_SUCCESS)
		return r == PAM_CONV_ERR || r == PAM_BUF_ERR ? r : PAM_SYSTEM_ERR;
	if (user == NULL || !is_name(user))
		return PAM_AUTH_ERR;
	step_up->user = user;
	r = read_item(pamh, PAM_SERVICE, &step_up->service);
	if (r == PAM_SUCCESS)
		r = read_item(pamh, PAM_RHOST, &step_up->rhost);
	if (r == PAM_SUCCESS)
		r = read_item(pamh, PAM_TTY, &step_up->tty);
	return r;
}

/* Takes a variable out of the PAM environment. STEPUP_NOT_FOUND where it isn't there. */
static enum stepup_error take_variable(pam_handle_t *pamh, const char *name, char **value)
{
	const char *text = pam_getenv(pamh, name);

	if (text == NULL)
		return STEPUP_NOT_FOUND;
	*value = strdup(text);
	/* A name alone takes the variable away. */
	if (*value == NULL || pam_putenv(pamh, name) != PAM_SUCCESS)
		return STEPUP_NO_MEMORY;
	return STEPUP_OK;
}

static enum stepup_error parse_details(const char *text, json_t **details)
{
	size_t size = strnlen(text, DETAILS_SIZE_MAX + 1);
	enum stepup_error error;

	if (size > DETAILS_SIZE_MAX)
		return STEPUP_BAD_DETAILS;
	error = json_parse_object(text, size, details);
	return error == STEPUP_INVALID ? STEPUP_BAD_DETAILS : error;
}

/* Settles the action: the line's, or the environment's, never two. */
static enum stepup_error settle_action(const struct arguments *arguments, struct request *request)
{
	if (request->action != NULL && arguments->action != NULL &&
		strcmp(arguments->action, request->action) != 0)
		return STEPUP_INVALID;
	request->step_up.action = request->action != NULL ? request->action : arguments->action;
	return request->step_up.action != NULL && action_name_is_valid(request->step_up.action)
		       ? STEPUP_OK
		       : STEPUP_INVALID;
}

enum stepup_error request_read_action(
	pam_handle_t *pamh, const struct arguments *arguments, struct request *request)
{
	char *details = NULL;
	enum stepup_error taken[] = {
		take_variable(pamh, "STEPUP_ACTION", &request->action),
		take_variable(pamh, "STEPUP_DETAILS", &details),
		take_variable(pamh, "STEPUP_SESSION", &request->session),
	};
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (taken[i] != STEPUP_OK && taken[i] != STEPUP_NOT_FOUND)
			error = taken[i];
	if (!arguments->details_from_environment) {
		wipe_free_string(&request->action);
		wipe_free_string(&request->session);
		wipe_free_string(&details);
	}
	request->from_environment = request->action != NULL || details != NULL;
	if (error == STEPUP_OK)
		error = settle_action(arguments, request);
	if (error == STEPUP_OK && details != NULL)
		error = parse_details(details, &request->details);
	if (error == STEPUP_OK && request->session != NULL &&
		(strlen(request->session) > SESSION_SIZE_MAX ||
			!utf8_is_valid(request->session, strlen(request->session))))
		error = STEPUP_BAD_DETAILS;
	request->step_up.details = request->details;
	request->step_up.session = request->session;
	wipe_free_string(&details);
	return error;
}

enum stepup_error request_forget_receipt(pam_handle_t *pamh)
{
	if (pam_getenv(pamh, RECEIPT_VARIABLE) == NULL)
		return STEPUP_OK;
	return pam_putenv(pamh, RECEIPT_VARIABLE) == PAM_SUCCESS ? STEPUP_OK : STEPUP_NO_MEMORY;
}

void request_clear(struct request *request)
{
	wipe_free_string(&request->action);
	wipe_free_string(&request->session);
	json_wipe_free(&request->details);
	*request = (struct request){0};
}
