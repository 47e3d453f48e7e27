/* SPDX-License-Identifier: BSD-2-Clause */
/* The words around keys: what happened, what did not happen, what to do next. */
#include "lib/client/authenticator_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct code_words {
	const char *name;     /* on the helper's wire */
	const char *sentence; /* NULL: made from what was asked */
};

static const struct code_words words[] = {
	[AUTHENTICATOR_DONE] = {"done", "The key answered, but its answer was not used."},
	[AUTHENTICATOR_NO_KEY] = {"no-key", "No key is plugged in here. Plug yours in and try again."},
	[AUTHENTICATOR_WRONG_KEY] = {"wrong-key", NULL},
	[AUTHENTICATOR_ENROLLED_ALREADY] = {"enrolled-already",
		"That key is enrolled already. Plug in the one you want to add."},
	[AUTHENTICATOR_PIN_WRONG] = {"pin-wrong", NULL},
	[AUTHENTICATOR_PIN_BLOCKED] = {"pin-blocked",
		"That key's PIN is blocked: it was wrong too often. Use another key. This one works again "
		"only "
		"after you have reset it and enrolled it again."},
	[AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG] = {"pin-locked-until-replug",
		"The PIN was wrong too often in a row. Unplug the key, plug it in again and try again."},
	[AUTHENTICATOR_NO_PIN_SET] = {"no-pin-set",
		"That key has no PIN, and this needs one. Set one in your browser's settings, or with "
		"\"fido2-token -S DEVICE\"; \"fido2-token -L\" shows the DEVICE. Then try again."},
	[AUTHENTICATOR_UNPLUGGED] = {"unplugged",
		"The key was unplugged before it answered. Plug it in and try again."},
	[AUTHENTICATOR_TIMED_OUT] = {"timeout", "Nobody touched the key in time. Try again."},
	[AUTHENTICATOR_GIVEN_UP] = {"cancelled", "Cancelled."},
	[AUTHENTICATOR_UNSUPPORTED] = {"unsupported",
		"That key can't do what this needs. Use another one."},
	[AUTHENTICATOR_NO_AGENT] = {"no-agent",
		"No ssh-agent with your keys can be reached. If you are here over SSH, connect with "
		"\"ssh -A\". \"ssh-add -L\" shows the keys that your agent holds."},
	[AUTHENTICATOR_NO_ANSWER] = {"no-answer", NULL},
	[AUTHENTICATOR_AGENT_REFUSED] = {"agent-refused",
		"Your agent did not sign. Plug your key in and touch it. If your agent asks you first, say "
		"yes."},
	[AUTHENTICATOR_NO_TOUCH] = {"no-touch", "That key signs without a touch, so it proves nothing. "
						"Enroll one that was made without \"no-touch-required\"."},
	[AUTHENTICATOR_BROKEN] = {"internal",
		"The key could not be asked. You did nothing wrong. [stepup-authenticator]"},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

const char *authenticator_code_name(enum authenticator_code code)
{
	return words[(size_t)code < WORD_COUNT ? code : AUTHENTICATOR_BROKEN].name;
}

enum authenticator_code authenticator_code_from_name(const char *name)
{
	for (size_t code = AUTHENTICATOR_DONE + 1; code < WORD_COUNT; code++)
		if (strcmp(words[code].name, name) == 0)
			return (enum authenticator_code)code;
	return AUTHENTICATOR_BROKEN;
}

/* The request's list of what may answer: `credentials` with their `id`, or an agent's `keys` with their
 * `key`. */
static const json_t *listed(const struct authenticator_request *request, const char **name)
{
	const json_t *credentials = json_object_get(request->asked, "credentials");

	*name = credentials != NULL ? "id" : "key";
	return credentials != NULL ? credentials : json_object_get(request->asked, "keys");
}

static bool is_enrolment(const struct authenticator_request *request)
{
	return request->enrolling || request->operation == AUTHENTICATOR_SEAT_REGISTER;
}

/* A label is shown between quotes. */
static const char *label_of(const json_t *entry)
{
	const char *label = json_string_value(json_object_get(entry, "label"));

	return label != NULL && label[0] != '\0' ? label : NULL;
}

const char *authenticator_label(const struct authenticator_request *request, const char *id)
{
	const char *name;
	const json_t *list = listed(request, &name);

	for (size_t i = 0; id != NULL && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *found = json_string_value(json_object_get(entry, name));

		if (found != NULL && strcmp(found, id) == 0)
			return label_of(entry);
	}
	return NULL;
}

/* A text of its own, as asprintf(3) makes it; NULL where there is no memory. */
__attribute__((format(printf, 1, 2))) static char *text_new(const char *format, ...)
{
	char *text = NULL;
	va_list values;
	int r;

	va_start(values, format);
	r = vasprintf(&text, format, values);
	va_end(values);
	return r < 0 ? NULL : text;
}

char *authenticator_touch_text(const struct authenticator_request *request, const char *id, bool several)
{
	const char *label = authenticator_label(request, id);

	if (several)
		return text_new("Several keys are plugged in. Touch the one that you want to use.");
	if (is_enrolment(request))
		return text_new("Touch the key to enroll it.");
	if (label == NULL)
		return text_new("Touch your key now.");
	return text_new("Touch your key \"%s\" now.", label);
}

static char *wrong_pin_text(int tries_left)
{
	if (tries_left <= 0)
		return text_new("That PIN is wrong.");
	return text_new("That PIN is wrong. %d %s left before the key is blocked.", tries_left,
		tries_left == 1 ? "try" : "tries");
}

char *authenticator_pin_text(const struct authenticator_pin_question *question)
{
	const char *quote = question->label != NULL ? "\"" : "";
	const char *space = question->label != NULL ? " " : "";
	const char *label = question->label != NULL ? question->label : "";
	char *wrong = question->again ? wrong_pin_text(question->tries_left) : strdup(""), *text = NULL;

	if (wrong != NULL)
		text = text_new("%s%sPIN of your key%s%s%s%s, then touch it: ", wrong, *wrong != '\0' ? " "
			"" : "",
			space, quote, label, quote);
	free(wrong);
	return text;
}

/* "Use "Blue YubiKey" or "Spare"." from the request's labels; an empty text where it has none. */
static char *use_text(const struct authenticator_request *request)
{
	const char *name;
	const json_t *list = listed(request, &name);
	size_t count = 0, written = 0, size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < json_array_size(list); i++)
		count += label_of(json_array_get(list, i)) != NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *label = label_of(json_array_get(list, i));

		if (label == NULL)
			continue;
		written++;
		fputs(written == 1 ? " Use \"" : written == count ? " or \"" : ", \"", out);
		fputs(label, out);
		fputc('"', out);
	}
	if (count > 0)
		fputc('.', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static char *wrong_key_text(const struct authenticator_request *request, const char *user)
{
	const char *what = request->operation == AUTHENTICATOR_AGENT_SIGN ? "Your agent holds no key that is"
									  : "That key is not";
	char *use = use_text(request), *text = NULL;

	if (use != NULL)
		text = text_new("%s enrolled%s%s.%s", what, user != NULL ? " for " : "",
			user != NULL ? user : "", use);
	free(use);
	return text;
}

/* Who said nothing. */
static const char *no_answer_text(const struct authenticator_request *request)
{
	switch (request->operation) {
	case AUTHENTICATOR_AGENT_LIST:
	case AUTHENTICATOR_AGENT_PROBE:
	case AUTHENTICATOR_AGENT_SIGN:
	case AUTHENTICATOR_REACH:
		return "Your ssh-agent did not answer in time, so its keys were left out.";
	case AUTHENTICATOR_SEAT_PROBE:
	case AUTHENTICATOR_SEAT_SIGN:
	case AUTHENTICATOR_SEAT_REGISTER:
		return "A key that is plugged in did not answer in time, so it was left out. "
			"To use it, unplug it and plug it in again.";
	}
	return "";
}

/* What to do for whoever can't find their key. */
static const char *lost_key_text(enum authenticator_code code)
{
	bool lacks_it = code == AUTHENTICATOR_NO_KEY || code == AUTHENTICATOR_WRONG_KEY;

	return lacks_it ? " If you lost your key, tell your administrator." : "";
}

char *authenticator_sentence(const struct authenticator_request *request,
	const struct authenticator_outcome *outcome, const char *user)
{
	size_t code = (size_t)outcome->code < WORD_COUNT ? outcome->code : AUTHENTICATOR_BROKEN;
	char *said, *text;

	if (code == AUTHENTICATOR_WRONG_KEY)
		said = wrong_key_text(request, user);
	else if (code == AUTHENTICATOR_NO_ANSWER)
		said = strdup(no_answer_text(request));
	else if (code == AUTHENTICATOR_PIN_WRONG)
		said = wrong_pin_text(outcome->tries_left);
	else
		said = strdup(words[code].sentence);
	if (said == NULL)
		return NULL;
	text = text_new("%s Nothing was %s.%s", said, is_enrolment(request) ? "enrolled" : "approved",
		is_enrolment(request) ? "" : lost_key_text((enum authenticator_code)code));
	free(said);
	return text;
}
