/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/client/authenticator's functions, for tests of what uses them. */
#include "tests/unit/makers/fake_authenticator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

struct fake_authenticator authenticator;

void fake_authenticator_reset(void)
{
	for (int i = 0; i < authenticator.runs; i++)
		json_decref(authenticator.asked[i]);
	authenticator = (struct fake_authenticator){.uid = (uid_t)-1};
}

int fake_authenticator_count(enum authenticator_operation operation)
{
	int count = 0;

	for (int i = 0; i < authenticator.runs; i++)
		count += authenticator.operations[i] == operation;
	return count;
}

enum stepup_error authenticator_account_find(const char *name, struct authenticator_account *account)
{
	(void)name;
	account->uid = 4711;
	authenticator.accounts_live += authenticator.account_error == STEPUP_OK;
	return authenticator.account_error;
}

void authenticator_account_clear(struct authenticator_account *account)
{
	*account = (struct authenticator_account){0};
	authenticator.accounts_live--;
}

static struct fake_step step_of(enum authenticator_operation operation, int before)
{
	static const struct fake_step none;
	int i = before < 3 ? before : 3;

	while (i > 0 && memcmp(&authenticator.steps[operation][i], &none, sizeof(none)) == 0)
		i--;
	return authenticator.steps[operation][i];
}

static enum stepup_error ask_pin(const char *text, const struct authenticator_conversation *conversation)
{
	const struct authenticator_pin_question question = {.text = text, .tries_left = -1};
	char *pin = NULL;
	enum stepup_error error = conversation->pin(conversation->context, &question, &pin);

	if (error == STEPUP_OK)
		snprintf(authenticator.pin, sizeof(authenticator.pin), "%s", pin);
	wipe_free_string(&pin);
	return error;
}

/* Writes down what was asked. The step that it is. */
static enum stepup_error note(const struct authenticator_request *request, struct fake_step *step)
{
	*step = step_of(request->operation, fake_authenticator_count(request->operation));
	if (authenticator.runs == FAKE_RUNS_MAX)
		return STEPUP_INTERNAL;
	authenticator.operations[authenticator.runs] = request->operation;
	authenticator.asked[authenticator.runs++] = json_deep_copy(request->asked);
	snprintf(authenticator.socket, sizeof(authenticator.socket), "%s",
		request->agent_socket == NULL ? "" : request->agent_socket);
	authenticator.uid = request->account == NULL ? (uid_t)-1 : request->account->uid;
	return STEPUP_OK;
}

/* One look; it lives for whoever looks through it. */
struct authenticator_look {
	struct fake_step step;
};

enum stepup_error authenticator_look_start(const struct authenticator_request *request,
	struct deadline deadline, struct authenticator_look **look)
{
	struct authenticator_look *made = calloc(1, sizeof(*made));
	enum stepup_error error = note(request, &made->step);

	(void)deadline;
	*look = NULL;
	if (error == STEPUP_OK && made->step.error == STEPUP_UNREACHABLE)
		error = STEPUP_UNREACHABLE; /* no helper: it doesn't even start */
	if (error == STEPUP_OK) {
		authenticator.looks_live++;
		*look = made;
		return STEPUP_OK;
	}
	free(made);
	return error;
}

bool authenticator_looks_are_over(struct authenticator_look *const looks[], size_t count,
	struct deadline until)
{
	authenticator.waited_ms += deadline_left(until);
	for (size_t i = 0; i < count; i++)
		if (looks[i] != NULL && looks[i]->step.slow)
			return false;
	return true;
}

enum stepup_error authenticator_look_end(struct authenticator_look **look,
	struct authenticator_outcome *outcome)
{
	const struct fake_step step = (*look)->step;

	authenticator.looks_live--;
	free(*look);
	*look = NULL;
	if (outcome == NULL)
		return STEPUP_CANCELLED;
	outcome->code = step.code;
	if (step.error == STEPUP_OK)
		outcome->reply = json_loads(step.reply == NULL ? "{}" : step.reply, 0, NULL);
	return step.error;
}

enum stepup_error authenticator_run(const struct authenticator_request *request,
	const struct authenticator_conversation *conversation, struct deadline deadline,
	struct authenticator_outcome *outcome)
{
	struct fake_step step;
	enum stepup_error error = note(request, &step);

	(void)deadline;
	if (error != STEPUP_OK)
		return error;
	if (step.pin != NULL)
		error = ask_pin(step.pin, conversation);
	if (error == STEPUP_OK && step.touch != NULL)
		error = conversation->touch(conversation->context, step.touch);
	outcome->code = error == STEPUP_OK ? step.code : AUTHENTICATOR_GIVEN_UP;
	if (error == STEPUP_OK)
		error = step.error;
	if (error == STEPUP_OK)
		outcome->reply = json_loads(step.reply == NULL ? "{}" : step.reply, 0, NULL);
	return error;
}

void authenticator_outcome_clear(struct authenticator_outcome *outcome)
{
	json_decref(outcome->reply);
	*outcome = (struct authenticator_outcome){0};
}

char *authenticator_sentence(const struct authenticator_request *request,
	const struct authenticator_outcome *outcome, const char *user)
{
	char *sentence = NULL;

	(void)request;
	return asprintf(&sentence, "%s of %s.", authenticator_code_name(outcome->code),
		user == NULL ? "nobody" : user) < 0 ? NULL : sentence;
}

const char *authenticator_code_name(enum authenticator_code code)
{
	static const char *const names[] = {[AUTHENTICATOR_DONE] = "done", [AUTHENTICATOR_NO_KEY] = "no-key",
		[AUTHENTICATOR_WRONG_KEY] = "wrong-key",
		[AUTHENTICATOR_PIN_BLOCKED] = "pin-blocked", [AUTHENTICATOR_UNPLUGGED] = "unplugged",
		[AUTHENTICATOR_TIMED_OUT] = "timeout",
		[AUTHENTICATOR_GIVEN_UP] = "cancelled", [AUTHENTICATOR_NO_AGENT] = "no-agent",
		[AUTHENTICATOR_NO_ANSWER] = "no-answer", [AUTHENTICATOR_AGENT_REFUSED] = "agent-refused",
		[AUTHENTICATOR_BROKEN] = "internal"};

	return (size_t)code < sizeof(names) / sizeof(names[0]) &&
		names[code] != NULL ? names[code] : "another";
}
