/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contexts of one step-up.
 */
#include "verifier/doors/pending/question.h"

#include <stdlib.h>
#include <sys/random.h>

static enum stepup_error make_contexts(struct context_facts *facts, struct question *question)
{
	unsigned left = question->methods;
	enum stepup_error error = STEPUP_OK;
	size_t size, count = 0;

	for (; error == STEPUP_OK && left != 0; left &= ~method_best(left)) {
		unsigned method = method_best(left);

		facts->via = method_name(method);
		if (method == METHOD_CODE)
			error = context_make(facts, &question->code_context, &size);
		else if (method == METHOD_FRESH)
			error = context_make(facts, &question->fresh_context, &size);
		else
			error = key_request_make(facts, (enum via)method, &question->requests[count++]);
	}
	return error;
}

enum stepup_error question_make(const struct context_facts *facts, const struct action *action,
	const struct requirement *requirement, unsigned methods, struct question **question)
{
	struct question *made = calloc(1, sizeof(*made));
	struct context_facts own = *facts;
	uint8_t nonce[CONTEXT_NONCE_SIZE];
	enum stepup_error error;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->requirement = *requirement;
	made->methods = methods;
	own.require = requirement->strength;
	own.pin = requirement->pin;
	own.nonce = nonce;
	own.commitment = made->commitment;
	error = context_commit(action, made->salt, made->commitment);
	if (error == STEPUP_OK && getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
		error = STEPUP_INTERNAL;
	if (error == STEPUP_OK)
		error = make_contexts(&own, made);
	if (error == STEPUP_OK)
		*question = made;
	else
		question_free(&made);
	return error;
}

void question_free(struct question **question)
{
	if (question == NULL || *question == NULL)
		return;
	free((*question)->code_context);
	free((*question)->fresh_context);
	for (size_t i = 0; i < METHODS_MAX - 1; i++)
		key_request_clear(&(*question)->requests[i]);
	free(*question);
	*question = NULL;
}

const struct key_request *question_request(const struct question *question, unsigned method)
{
	for (size_t i = 0; i < METHODS_MAX - 1; i++)
		if (question->requests[i].via != 0 && (unsigned)question->requests[i].via == method)
			return &question->requests[i];
	return NULL;
}

const char *question_context(const struct question *question, unsigned method)
{
	const struct key_request *request = question_request(question, method);

	if (method == METHOD_CODE)
		return question->code_context;
	if (method == METHOD_FRESH)
		return question->fresh_context;
	return request == NULL ? NULL : request->context;
}
