/* SPDX-License-Identifier: BSD-2-Clause */
/* The conversation in text; see key_conversation.h. */
#include "lib/key_conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wipe.h"

#define WAY_FAILURES_MAX 3	/* tries of one way that came to nothing */
#define WORTH_ASKING_MS 3000 /* nobody answers a question that is there for less */

/* The ways of reaching a key from a terminal, best first. */
static const struct way {
	const char *method;
	enum authenticator_operation probe, sign;
	const char *found; /* member of the probe's reply: what is there */
} ways[KEY_WAYS] = {
	{"seat", AUTHENTICATOR_SEAT_PROBE, AUTHENTICATOR_SEAT_SIGN, "credentials"},
	{"agent", AUTHENTICATOR_AGENT_PROBE, AUTHENTICATOR_AGENT_SIGN, "keys"},
};

/* What one question is about. */
struct asking {
	struct key_conversation *conversation;
	const struct step_up_question *question;
	bool code; /* a code may be typed */
};

void key_conversation_clear(struct key_conversation *conversation)
{
	if (conversation->has_found)
		authenticator_account_clear(&conversation->found);
	free(conversation->why);
	*conversation = (struct key_conversation){0};
}

/* --- the helper --- */

static enum stepup_error tell_touch(void *context, const char *text)
{
	const struct key_conversation *conversation = context;

	conversation->channel->tell(conversation->channel->context, text);
	return STEPUP_OK;
}

/* Enter alone puts the key by. */
static enum stepup_error ask_pin(void *context, const struct authenticator_pin_question *question, char **pin)
{
	struct key_conversation *conversation = context;
	enum stepup_error error =
		conversation->channel->ask(conversation->channel->context, question->text, pin);

	if (error == STEPUP_OK && **pin == '\0') {
		wipe_free_string(pin);
		conversation->put_by = true;
		return STEPUP_CANCELLED;
	}
	conversation->broken = error != STEPUP_OK;
	return error;
}

static const json_t *asked_of(const struct asking *asking, size_t way)
{
	return way == 0 ? asking->question->seat : asking->question->agent;
}

/* Looks up whom the helper runs as, the first time. */
static enum stepup_error find_account(struct key_conversation *conversation)
{
	enum stepup_error error;

	if (conversation->account == NULL || conversation->has_found)
		return STEPUP_OK;
	error = authenticator_account_find(conversation->account, &conversation->found);
	conversation->has_found = error == STEPUP_OK;
	return error;
}

/* Keeps the reason for the person, to whom looking for a key and using it are one thing. */
static void remember_why(struct key_conversation *conversation, size_t way, struct authenticator_request request,
	const struct authenticator_outcome *outcome)
{
	request.operation = ways[way].sign;
	free(conversation->why);
	conversation->why = authenticator_sentence(&request, outcome, conversation->account);
}

/* Has the helper do one thing. Where that fails, the reason is kept. */
static enum stepup_error run_helper(struct asking *asking, size_t way, enum authenticator_operation operation,
	struct authenticator_outcome *outcome)
{
	struct key_conversation *conversation = asking->conversation;
	const struct authenticator_conversation talk = {tell_touch, ask_pin, conversation};
	struct authenticator_request request = {
		.operation = operation,
		.asked = asked_of(asking, way),
		.agent_socket = conversation->agent_socket,
	};
	enum stepup_error error = find_account(conversation);

	outcome->code = AUTHENTICATOR_BROKEN;
	outcome->tries_left = -1;
	conversation->put_by = conversation->broken = false;
	if (error == STEPUP_OK) {
		request.account = conversation->has_found ? &conversation->found : NULL;
		*outcome = (struct authenticator_outcome){.tries_left = -1};
		error = authenticator_run(&request, &talk, asking->question->expires, outcome);
	}
	if (error == STEPUP_OK && operation == ways[way].probe &&
		json_array_size(json_object_get(outcome->reply, ways[way].found)) == 0) {
		bool no_key = json_integer_value(json_object_get(outcome->reply, "keys")) == 0;

		outcome->code = way == 0 && no_key ? AUTHENTICATOR_NO_KEY : AUTHENTICATOR_WRONG_KEY;
		error = STEPUP_BAD_ANSWER;
	}
	if (error != STEPUP_OK && !conversation->put_by)
		remember_why(conversation, way, request, outcome);
	return error;
}

/* What an error of the helper ends the whole conversation with; STEPUP_OK where only this try is over. */
static enum stepup_error ending_of(const struct asking *asking, enum stepup_error error)
{
	if (asking->conversation->broken || error == STEPUP_NO_MEMORY)
		return error;
	return deadline_left(asking->question->expires) < WORTH_ASKING_MS ? STEPUP_EXPIRED : STEPUP_OK;
}

/* Whether another try of the same key can end better. */
static bool may_try_again(enum authenticator_code code)
{
	switch (code) {
	case AUTHENTICATOR_PIN_WRONG:
	case AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG:
	case AUTHENTICATOR_NO_KEY:
	case AUTHENTICATOR_WRONG_KEY:
	case AUTHENTICATOR_UNPLUGGED:
	case AUTHENTICATOR_TIMED_OUT:
	case AUTHENTICATOR_GIVEN_UP:
	case AUTHENTICATOR_AGENT_REFUSED:
		return true;
	default:
		return false;
	}
}

/* Finds out, once, which of the ways that the verifier takes work here. */
static enum stepup_error probe_ways(struct asking *asking)
{
	for (size_t i = 0; i < KEY_WAYS; i++) {
		struct key_way *way = &asking->conversation->ways[i];
		struct authenticator_outcome outcome = {0};
		enum stepup_error error;

		if (way->probed || !step_up_offers(asking->question, ways[i].method))
			continue;
		error = run_helper(asking, i, ways[i].probe, &outcome);
		authenticator_outcome_clear(&outcome);
		if (error == STEPUP_NO_MEMORY)
			return error;
		way->probed = true;
		way->gone = error != STEPUP_OK;
	}
	return STEPUP_OK;
}

/* The way to offer: of those that are left the one that failed least, the better one first. KEY_WAYS where there is none. */
static size_t best_way(const struct asking *asking)
{
	const struct key_way *state = asking->conversation->ways;
	size_t best = KEY_WAYS;

	for (size_t i = 0; i < KEY_WAYS; i++) {
		if (!step_up_offers(asking->question, ways[i].method) || state[i].gone)
			continue;
		if (best == KEY_WAYS || state[i].failures < state[best].failures)
			best = i;
	}
	return best;
}

/* Has a key sign. STEPUP_BAD_ANSWER where that came to nothing and the question is to be put again. */
static enum stepup_error use_key(struct asking *asking, size_t way, struct step_up_answer *answer)
{
	struct key_way *state = &asking->conversation->ways[way];
	struct authenticator_outcome outcome = {0};
	enum stepup_error error = run_helper(asking, way, ways[way].sign, &outcome), ending;

	asking->conversation->tried = true;
	if (error == STEPUP_OK) {
		answer->method = ways[way].method;
		answer->key = outcome.reply;
		outcome.reply = NULL;
	} else {
		ending = ending_of(asking, error);
		state->failures++;
		state->gone = state->failures == WAY_FAILURES_MAX ||
			      !(asking->conversation->put_by || may_try_again(outcome.code));
		error = ending == STEPUP_OK ? STEPUP_BAD_ANSWER : ending;
	}
	authenticator_outcome_clear(&outcome);
	return error;
}

/* --- the question --- */

/* What was wrong, what is to be approved, how to answer. */
static enum stepup_error put_question(const struct asking *asking, size_t way, char **line)
{
	const struct text_channel *channel = asking->conversation->channel;
	const struct step_up_question *question = asking->question;
	const char *wrong = asking->conversation->why != NULL ? asking->conversation->why : question->error;
	const char *ask = way == KEY_WAYS ? question->ask
			  : asking->code  ? "Press Enter and touch your key, or type a code: "
					  : "Press Enter and touch your key: ";
	enum stepup_error error;
	char *text = NULL;

	if (asprintf(&text, "%s%s%s\n%s", wrong != NULL ? wrong : "", wrong != NULL ? "\n" : "", question->prompt,
		    ask) < 0)
		return STEPUP_NO_MEMORY;
	error = channel->ask(channel->context, text, line);
	free(text);
	return error;
}

static enum stepup_error set_why(struct key_conversation *conversation, const char *why)
{
	free(conversation->why);
	conversation->why = why == NULL ? NULL : strdup(why);
	return why == NULL || conversation->why != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
}

/* Nothing is left to ask for; says why. */
static enum stepup_error nothing_left(const struct asking *asking, struct step_up_answer *answer)
{
	const char *why = asking->conversation->why != NULL ? asking->conversation->why : asking->question->error;

	if (why != NULL && (answer->why = strdup(why)) == NULL)
		return STEPUP_NO_MEMORY;
	return asking->conversation->tried ? STEPUP_CANCELLED : STEPUP_TOO_WEAK;
}

/* Puts the question once. STEPUP_BAD_ANSWER: put it again. */
static enum stepup_error ask_once(struct asking *asking, struct step_up_answer *answer)
{
	size_t way = best_way(asking);
	enum stepup_error error;
	char *line = NULL;

	if (way == KEY_WAYS && !asking->code)
		return nothing_left(asking, answer);
	error = put_question(asking, way, &line);
	if (error == STEPUP_OK)
		error = set_why(asking->conversation, NULL);
	if (error == STEPUP_OK && way < KEY_WAYS && line[0] == '\0') {
		error = use_key(asking, way, answer);
	} else if (error == STEPUP_OK && !asking->code) {
		asking->conversation->ways[way].failures++;
		asking->conversation->ways[way].gone =
			asking->conversation->ways[way].failures == WAY_FAILURES_MAX;
		error = set_why(asking->conversation,
			"A code is not enough for this; it needs your key. Nothing was approved.");
		if (error == STEPUP_OK)
			error = STEPUP_BAD_ANSWER;
	} else if (error == STEPUP_OK) {
		answer->method = "code";
		answer->code = line;
		line = NULL;
	}
	wipe_free_string(&line);
	return error;
}

enum stepup_error key_conversation_ask(
	void *conversation, const struct step_up_question *question, struct step_up_answer *answer)
{
	struct asking asking = {conversation, question, step_up_offers(question, "code")};
	enum stepup_error error;

	error = probe_ways(&asking);
	/* Where a code does as well, it is nobody's business which key is missing. */
	if (error == STEPUP_OK && (asking.code || best_way(&asking) < KEY_WAYS))
		error = set_why(asking.conversation, NULL);
	if (error == STEPUP_OK)
		do {
			error = ask_once(&asking, answer);
		} while (error == STEPUP_BAD_ANSWER);
	return error;
}
