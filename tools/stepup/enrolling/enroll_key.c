/* SPDX-License-Identifier: BSD-2-Clause */
/* Enrolling keys; see enroll_key.h. */
#include "tools/stepup/enrolling/enroll_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"
#include "tools/stepup/calls/keys.h"
#include "tools/stepup/enrolling/agent_key.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/terminal.h"

#define BLOB_MAX 8192 /* bytes of an attestation or a challenge */
#define ATTESTATION_START "\0\0\0\x11ssh-sk-attest-v0" /* as ssh-keygen writes it: a length, then this */

void key_choice_clear(struct key_choice *choice)
{
	json_decref(choice->key);
	json_decref(choice->attestation);
	*choice = (struct key_choice){0};
}

/* --- plugged in --- */

static enum exit_status choose_at_seat(const struct invocation *invocation)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_REACH, .enrolling = true};
	enum exit_status status;
	json_t *reply = NULL;

	if (keys_are_elsewhere())
		return output_error(invocation, STEPUP_NOT_ALLOWED,
			"You are here over SSH, so your key is plugged in somewhere else. Nothing was "
			"enrolled. Connect with `ssh -A` and run `stepup enroll agent`, or use your "
			"browser.");
	status = keys_run(invocation, &request, &reply);
	if (status == EXIT_DONE && message_number(reply, "seat", 0) == 0)
		status = keys_refuse(invocation, &request, AUTHENTICATOR_NO_KEY);
	json_decref(reply);
	return status;
}

/* --- behind an agent --- */

/* The number of the one that the person means; the list's length after a complaint. */
static size_t ask_which(const struct invocation *invocation, const json_t *keys)
{
	size_t count = json_array_size(keys), size = 0, number = 0;
	char *text = NULL, *line = NULL, *end = NULL;
	FILE *out = open_memstream(&text, &size);
	enum stepup_error error;

	if (out == NULL)
		out_of_memory();
	(void)fputs("Your agent holds several security keys:\n", out);
	for (size_t i = 0; i < count; i++) {
		char *shown = agent_key_line(json_array_get(keys, i));

		(void)fprintf(out, "  %zu  %s\n", i + 1,
			shown != NULL ? shown : "(a key that can't be shown)");
		free(shown);
	}
	(void)fprintf(out, "Which one? (1-%zu): ", count);
	if (fclose(out) != 0)
		out_of_memory();
	error = terminal_ask(text, false, &line);
	free(text);
	if (error == STEPUP_OK)
		number = strtoul(line, &end, 10);
	if (error != STEPUP_OK || line[0] < '1' || line[0] > '9' || *end != '\0' || number > count) {
		(void)output_error(invocation, STEPUP_CANCELLED, "That is none of these keys. "
			"Nothing was enrolled. Start again, or name a key with --key FILE.pub.");
		number = count + 1;
	}
	wipe_free_string(&line);
	return number - 1;
}

/* The number of the one in --key's file; the list's length after a complaint. */
static size_t find_file(const struct invocation *invocation, const json_t *keys, const char *path)
{
	char *key = NULL, *sentence = NULL;
	enum stepup_error error = agent_key_read(path, &key);
	size_t found = json_array_size(keys);
	int length = 0;

	if (error == STEPUP_OK)
		found = agent_key_find(keys, key);
	free(key);
	if (error == STEPUP_OK && found < json_array_size(keys))
		return found;
	if (error == STEPUP_OK)
		length = asprintf(&sentence, "Your agent does not hold the key of %s. Nothing was enrolled. "
			"Run `ssh-add` with that name without .pub, and then this again.", path);
	else if (error == STEPUP_INVALID || error == STEPUP_TOO_LONG)
		length = asprintf(&sentence, "%s has no public key of type ed25519-sk or ecdsa-sk. "
			"Nothing was enrolled. Make a key with `ssh-keygen -t ed25519-sk`.", path);
	else
		length = asprintf(&sentence, "%s: %s. Nothing was enrolled.", path, strerror(errno));
	if (length < 0)
		out_of_memory();
	(void)output_error(invocation, error == STEPUP_OK ? STEPUP_NOT_FOUND : error, sentence);
	free(sentence);
	return json_array_size(keys);
}

static enum exit_status choose_in_agent(const struct invocation *invocation, struct key_choice *choice)
{
	const char *path = option_text(invocation, OPTION_KEY, NULL);
	struct authenticator_request request = {
		.operation = AUTHENTICATOR_AGENT_LIST, .agent_socket = choice->agent_socket,
		.enrolling = true};
	enum exit_status status;
	const json_t *keys;
	json_t *reply = NULL;
	size_t number = 0;

	if (choice->agent_socket == NULL)
		return keys_refuse(invocation, &request, AUTHENTICATOR_NO_AGENT);
	status = keys_run(invocation, &request, &reply);
	if (status != EXIT_DONE)
		return status;
	keys = json_object_get(reply, "keys");
	if (json_array_size(keys) == 0) {
		status = output_error(invocation, STEPUP_NOT_FOUND,
			"Your agent holds no security key. Nothing was enrolled. Make one with "
			"`ssh-keygen -t ed25519-sk`, add it with `ssh-add`, and run this again.");
		goto out;
	}
	if (path != NULL)
		number = find_file(invocation, keys, path);
	else if (json_array_size(keys) > 1)
		number = ask_which(invocation, keys);
	if (number < json_array_size(keys))
		choice->key = json_incref(json_array_get(keys, number));
	else
		status = EXIT_REFUSED;
out:
	json_decref(reply);
	return status;
}

/* A file's bytes, which begin with those of `start`, as a base64url text in `object`. */
static enum exit_status add_file(const char *path, const char *start, size_t start_size, const char *field,
	json_t *object)
{
	FILE *file = fopen(path, "re");
	unsigned char bytes[BLOB_MAX + 1];
	char *text = NULL;
	size_t size;

	if (file == NULL)
		return complain_failure(error_of_errno(errno), "%s: %s. Nothing was enrolled.", path,
			strerror(errno));
	size = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file) || size == 0 || size > BLOB_MAX)
		(void)complain_failure(ferror(file) ? STEPUP_IO : STEPUP_INVALID,
			"%s can't be read, is empty or is longer than %d bytes. Nothing was enrolled.",
			path, BLOB_MAX);
	else if (size < start_size || memcmp(bytes, start, start_size) != 0)
		(void)complain_failure(STEPUP_INVALID,
			"%s is not an attestation from ssh-keygen. Nothing was enrolled.", path);
	else if ((text = base64url_encode_new(bytes, size)) == NULL ||
	    json_object_set_new(object, field, json_string(text)) != 0)
		out_of_memory();
	(void)fclose(file);
	free(text);
	return json_object_get(object, field) != NULL ? EXIT_DONE : EXIT_REFUSED;
}

static enum exit_status read_attestation(const struct invocation *invocation, struct key_choice *choice)
{
	const char *blob = option_text(invocation, OPTION_ATTESTATION, NULL),
		*challenge = option_text(invocation, OPTION_CHALLENGE, NULL);
	enum exit_status status;

	if (blob == NULL && challenge == NULL)
		return EXIT_DONE;
	if (blob == NULL || challenge == NULL) {
		complain("give --attestation and --challenge together: the file that ssh-keygen -O "
			"write-attestation= wrote, and the file that -O challenge= was given.");
		return EXIT_USAGE;
	}
	choice->attestation = json_object();
	if (choice->attestation == NULL)
		out_of_memory();
	status =
		add_file(blob, ATTESTATION_START, sizeof(ATTESTATION_START) - 1, "blob", choice->attestation);
	return status == EXIT_DONE ? add_file(challenge, "", 0, "challenge", choice->attestation) : status;
}

/* --- both --- */

enum exit_status key_choose(const struct invocation *invocation, const char *type, struct key_choice *choice)
{
	enum exit_status status;

	if (option_given(invocation, OPTION_USER)) {
		complain("--user is not for keys. The person who has the key enrolls it.");
		return EXIT_USAGE;
	}
	choice->way = strcmp(type, "key") == 0 ? "seat" : "agent";
	if (strcmp(type, "key") == 0)
		return choose_at_seat(invocation);
	choice->agent_socket = keys_agent_socket();
	status = read_attestation(invocation, choice);
	return status == EXIT_DONE ? choose_in_agent(invocation, choice) : status;
}

void key_add_parameters(const struct key_choice *choice, json_t *parameters)
{
	const char *label = choice->key != NULL ? agent_key_label(choice->key) : NULL;

	if (json_object_set_new(parameters, "reach", json_pack("[s]", choice->way)) != 0)
		out_of_memory();
	if (message_text(parameters, "label") == NULL)
		set_text(parameters, "label", label);
}

/* Has the key answer. */
static enum exit_status ask_key(const struct invocation *invocation, const struct key_choice *choice,
	const json_t *begun, json_t **answer)
{
	json_t *asked = json_deep_copy(json_object_get(begun, choice->way));
	struct authenticator_request request = {
		.operation = choice->key != NULL ? AUTHENTICATOR_AGENT_SIGN : AUTHENTICATOR_SEAT_REGISTER,
		.asked = asked,
		.agent_socket = choice->agent_socket,
	};
	enum exit_status status;

	if (choice->key != NULL && json_object_set_new(asked, "keys", json_pack("[O]", choice->key)) != 0)
		out_of_memory();
	status = keys_run(invocation, &request, answer);
	json_decref(asked);
	return status;
}

enum exit_status key_prove(struct doors *doors, const struct key_choice *choice, const json_t *begun,
	json_t **finished)
{
	const char *transaction = message_text(begun, "transaction");
	char *prompt = safe_text(message_text(begun, "prompt"));
	enum exit_status status;
	json_t *answer = NULL;

	if (!json_is_object(json_object_get(begun, choice->way))) {
		free(prompt);
		return output_error(doors->invocation, STEPUP_IO,
			"The verifier's answer can't be used. Nothing was enrolled. Try again.");
	}
	terminal_channel.tell(NULL, prompt);
	free(prompt);
	status = ask_key(doors->invocation, choice, begun, &answer);
	if (status != EXIT_DONE) {
		doors_cancel(doors, transaction);
		return status;
	}
	if (choice->attestation != NULL && json_object_set(answer, "attestation", choice->attestation) != 0)
		out_of_memory();
	return doors_call(doors, &interface_verify, "EnrollFinish", json_pack("{s:s, s:s, s:o}",
			"transaction", transaction, "method", choice->way, "key", answer), finished, NULL);
}
