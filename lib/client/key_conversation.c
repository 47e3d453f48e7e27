/* SPDX-License-Identifier: BSD-2-Clause */
/* The conversation in text; see key_conversation.h. */
#include "lib/client/key_conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"

#define WAY_FAILURES_MAX 3	/* tries of one way that came to nothing */
#define WORTH_ASKING_MS 3000 /* nobody answers a question that is there for less */
#define QUESTION_MS 700	     /* a question that a code answers stands then, whoever is still looking */

/* The ways of reaching a key from a terminal, best first. */
static const struct way {
	const char *method;
	enum authenticator_operation look, sign;
	const char *found; /* member of the look's reply: what is there */
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
	for (size_t i = 0; i < KEY_WAYS; i++)
		if (conversation->ways[i].look != NULL)
			(void)authenticator_look_end(&conversation->ways[i].look, NULL);
	if (conversation->has_found)
		authenticator_account_clear(&conversation->found);
	free(conversation->why);
	free(conversation->left_out);
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
static enum stepup_error key_conversation_ask_pin(void *context,
	const struct authenticator_pin_question *question, char **pin)
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

/* What the helper is asked for one way. STEPUP_OK, or why it can't be. */
static enum stepup_error make_request(struct asking *asking, size_t way,
	enum authenticator_operation operation, struct authenticator_request *request)
{
	struct key_conversation *conversation = asking->conversation;
	enum stepup_error error = find_account(conversation);

	*request = (struct authenticator_request){
		.operation = operation,
		.asked = asked_of(asking, way),
		.agent_socket = conversation->agent_socket,
		.account = conversation->has_found ? &conversation->found : NULL,
	};
	return error;
}

/* Keeps the reason for the person, to whom looking for a key and using it are one thing. */
static void remember_why(struct key_conversation *conversation, size_t way,
	struct authenticator_request request, const struct authenticator_outcome *outcome)
{
	request.operation = ways[way].sign;
	free(conversation->why);
	conversation->why = authenticator_sentence(&request, outcome, conversation->account);
}

/* --- looking --- */

/* Keeps the sentence about somebody who did not answer, whatever else will do. */
static enum stepup_error leave_out(struct key_conversation *conversation, size_t way)
{
	const struct authenticator_outcome silent = {.code = AUTHENTICATOR_NO_ANSWER, .tries_left = -1};
	char *sentence =
		authenticator_sentence(&conversation->ways[way].request, &silent, conversation->account),
		*both = NULL;
	int r = -1;

	if (sentence != NULL)
		r = asprintf(&both, "%s%s\n",
			conversation->left_out != NULL ? conversation->left_out : "", sentence);
	free(sentence);
	if (r < 0)
		return STEPUP_NO_MEMORY;
	free(conversation->left_out);
	conversation->left_out = both;
	return STEPUP_OK;
}

/* What a look found: `gone` where there is nothing, and why. */
static enum stepup_error judge_look(struct key_conversation *conversation, size_t way,
	enum stepup_error error, struct authenticator_outcome *outcome)
{
	struct key_way *state = &conversation->ways[way];
	bool silent = json_integer_value(json_object_get(outcome->reply, "silent")) > 0;
	bool hiding = json_integer_value(json_object_get(outcome->reply, "hiding")) > 0;

	if (error == STEPUP_OK && !hiding &&
	    json_array_size(json_object_get(outcome->reply, ways[way].found)) == 0) {
		bool no_key = json_integer_value(json_object_get(outcome->reply, "keys")) == 0;

		outcome->code = way == 0 && no_key ? AUTHENTICATOR_NO_KEY : AUTHENTICATOR_WRONG_KEY;
		if (silent && no_key)
			outcome->code = AUTHENTICATOR_NO_ANSWER;
		error = STEPUP_BAD_ANSWER;
	}
	state->gone = error != STEPUP_OK;
	if (error == STEPUP_NO_MEMORY)
		return error;
	if (silent || outcome->code == AUTHENTICATOR_NO_ANSWER)
		return leave_out(conversation, way);
	if (state->gone)
		remember_why(conversation, way, state->request, outcome);
	return STEPUP_OK;
}

/* Begins to look, once, in each place that the verifier would take a key from. */
static enum stepup_error start_looking(struct asking *asking)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; i < KEY_WAYS && error == STEPUP_OK; i++) {
		struct key_way *way = &asking->conversation->ways[i];
		struct authenticator_outcome outcome = {.code = AUTHENTICATOR_BROKEN, .tries_left = -1};

		if (way->looked || !step_up_offers(asking->question, ways[i].method))
			continue;
		way->looked = true;
		error = make_request(asking, i, ways[i].look, &way->request);
		if (error == STEPUP_OK)
			error = authenticator_look_start(&way->request, asking->question->expires,
				&way->look);
		if (error != STEPUP_OK)
			error = judge_look(asking->conversation, i, error, &outcome);
	}
	return error;
}

/* Whether anybody is still looking, after at most so long. */
static bool is_looking(const struct key_conversation *conversation, int64_t milliseconds)
{
	struct authenticator_look *looks[KEY_WAYS];

	for (size_t i = 0; i < KEY_WAYS; i++)
		looks[i] = conversation->ways[i].look;
	return !authenticator_looks_are_over(looks, KEY_WAYS, deadline_in(milliseconds));
}

/* Takes what all looks found, which they say in time. */
static enum stepup_error finish_looking(struct key_conversation *conversation)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; i < KEY_WAYS && error == STEPUP_OK; i++) {
		struct authenticator_outcome outcome = {.tries_left = -1};

		if (conversation->ways[i].look == NULL)
			continue;
		error = authenticator_look_end(&conversation->ways[i].look, &outcome);
		error = judge_look(conversation, i, error, &outcome);
		authenticator_outcome_clear(&outcome);
	}
	return error;
}

/* --- signing --- */

/* Has a key sign. Where that fails, the reason is kept. */
static enum stepup_error run_helper(struct asking *asking, size_t way, struct authenticator_outcome *outcome)
{
	struct key_conversation *conversation = asking->conversation;
	const struct authenticator_conversation talk = {tell_touch, key_conversation_ask_pin, conversation};
	struct authenticator_request request;
	enum stepup_error error = make_request(asking, way, ways[way].sign, &request);

	outcome->code = AUTHENTICATOR_BROKEN;
	outcome->tries_left = -1;
	conversation->put_by = conversation->broken = false;
	if (error == STEPUP_OK) {
		*outcome = (struct authenticator_outcome){.tries_left = -1};
		error = authenticator_run(&request, &talk, asking->question->expires, outcome);
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
static bool key_conversation_may_try_again(enum authenticator_code code)
{
	switch (code) {
	case AUTHENTICATOR_PIN_WRONG:
	case AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG:
	case AUTHENTICATOR_NO_KEY:
	case AUTHENTICATOR_WRONG_KEY:
	case AUTHENTICATOR_UNPLUGGED:
	case AUTHENTICATOR_TIMED_OUT:
	case AUTHENTICATOR_GIVEN_UP:
	case AUTHENTICATOR_NO_ANSWER:
	case AUTHENTICATOR_AGENT_REFUSED:
		return true;
	default:
		return false;
	}
}

/* The way to offer: of those that are left the one that failed least, the better one first. KEY_WAYS
 * where there is none. */
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
	enum stepup_error error = run_helper(asking, way, &outcome), ending;

	asking->conversation->tried = true;
	if (error == STEPUP_OK) {
		answer->method = ways[way].method;
		answer->key = outcome.reply;
		outcome.reply = NULL;
	} else {
		ending = ending_of(asking, error);
		state->failures++;
		state->gone = state->failures == WAY_FAILURES_MAX ||
			      !(asking->conversation->put_by || key_conversation_may_try_again(outcome.code));
		error = ending == STEPUP_OK ? STEPUP_BAD_ANSWER : ending;
	}
	authenticator_outcome_clear(&outcome);
	return error;
}

/* --- the question --- */

/* The line that says as whom the person approves; an empty text where nobody is named. NULL where there is no
 * memory. */
static char *as_whom(const char *user)
{
	char *line = NULL, *name;
	int r;

	if (user == NULL)
		return strdup("");
	name = display_value(user, strlen(user));
	if (name == NULL)
		return NULL;
	r = asprintf(&line, "You approve as %s.\n", name);
	free(name);
	return r < 0 ? NULL : line;
}

/* What was wrong, what is to be approved, as whom, how to answer. */
static enum stepup_error put_question(const struct asking *asking, size_t way, char **line)
{
	const struct text_channel *channel = asking->conversation->channel;
	const struct step_up_question *question = asking->question;
	const char *wrong = asking->conversation->why != NULL ? asking->conversation->why : question->error;
	const char *left_out = asking->conversation->left_out != NULL ? asking->conversation->left_out : "";
	const char *ask = way == KEY_WAYS ? question->ask
			  : asking->code  ? "Press Enter and touch your key, or type a code: "
					  : "Press Enter and touch your key: ";
	enum stepup_error error;
	char *text = NULL, *as = as_whom(asking->conversation->user);
	int r = -1;

	if (as != NULL)
		r = asprintf(&text, "%s%s%s%s\n%s%s", left_out, wrong != NULL ? wrong : "",
			wrong != NULL ? "\n" : "", question->prompt, as, ask);
	free(as);
	if (r < 0)
		return STEPUP_NO_MEMORY;
	error = channel->ask(channel->context, text, line);
	free(text);
	free(asking->conversation->left_out);
	asking->conversation->left_out = NULL;
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
	const char *why = asking->conversation->why != NULL ? asking->conversation->why
		: asking->question->error;
	const char *left_out = asking->conversation->left_out;

	if (left_out != NULL && why == NULL)
		answer->why = strndup(left_out, strlen(left_out) - 1); /* without the end of its line */
	else if (why != NULL && asprintf(&answer->why, "%s%s", left_out != NULL ? left_out : "", why) < 0)
		answer->why = NULL;
	if ((why != NULL || left_out != NULL) && answer->why == NULL)
		return STEPUP_NO_MEMORY;
	return asking->conversation->tried ? STEPUP_CANCELLED : STEPUP_TOO_WEAK;
}

/* Enter: the best key that there is by now signs. STEPUP_BAD_ANSWER where none does, and the question is
 * to be put again. */
static enum stepup_error take_key(struct asking *asking, struct step_up_answer *answer)
{
	enum stepup_error error = finish_looking(asking->conversation);
	size_t way = best_way(asking);

	if (error == STEPUP_OK && way < KEY_WAYS)
		error = set_why(asking->conversation, NULL); /* of a place where there is none */
	if (error != STEPUP_OK)
		return error;
	return way < KEY_WAYS ? use_key(asking, way, answer) : STEPUP_BAD_ANSWER;
}

/* A code where none does. */
static enum stepup_error refuse_code(struct asking *asking, size_t way)
{
	struct key_way *state = &asking->conversation->ways[way];
	enum stepup_error error = set_why(asking->conversation,
		"A code is not enough for this. It needs your key. Nothing was approved.");

	state->failures++;
	state->gone = state->failures == WAY_FAILURES_MAX;
	return error == STEPUP_OK ? STEPUP_BAD_ANSWER : error;
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
		error = take_key(asking, answer);
	} else if (error == STEPUP_OK && !asking->code) {
		error = refuse_code(asking, way);
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
	enum stepup_error error = start_looking(&asking);

	if (error == STEPUP_OK && !(asking.code && is_looking(conversation, QUESTION_MS)))
		error = finish_looking(conversation);
	/* Where a code does as well, it is nobody's business which key is missing. */
	if (error == STEPUP_OK && (asking.code || best_way(&asking) < KEY_WAYS))
		error = set_why(asking.conversation, NULL);
	if (error == STEPUP_OK)
		do {
			error = ask_once(&asking, answer);
		} while (error == STEPUP_BAD_ANSWER);
	return error;
}
