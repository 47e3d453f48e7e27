/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer and Cancel: what is handed to the decision, and what is said once it is on the disk.
 * MUST: let one answer of a transaction be under way; tell of no success but what the commit reported as done; wipe the code.
 */
#include "verifier/doors/step_up.h"

#include <stdlib.h>
#include <string.h>

#include "lib/message.h"
#include "lib/wipe.h"
#include "verifier/rules/notices.h"
#include "verifier/factors/otp.h"
#include "verifier/evidence/receipt.h"
#include "verifier/doors/subject.h"

static void answer_free(struct answer *answer)
{
	WIPE_ARRAY(answer->code);
	free(answer);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The receipt's text, where the rule has a service. */
static enum stepup_error make_receipt(const struct answer *answer, char **receipt)
{
	const struct transaction *transaction = answer->transaction;
	const struct receipt_facts facts = {
		.row = &answer->receipt,
		.issuer = transaction->policy->issuer,
		.azp = transaction->caller,
		.acr = "otp",
		.amr = {"otp", NULL},
		.auth_time = answer->now,
		.action = transaction->action,
	};

	*receipt = NULL;
	return transaction->rule->service == NULL ? STEPUP_OK : receipt_sign(answer->verifier->receipts, &facts, receipt);
}

/* Keeps a granted step-up for the verb that it allows; any other is over. */
static void keep_or_end(struct answer *answer)
{
	struct transaction *transaction = answer->transaction;

	transaction->state = TRANSACTION_SPENT;
	if (!atomic_load(&transaction->ended) && transaction->rule->service == NULL && policy_verb(transaction->action->name) != NULL) {
		transaction->state = TRANSACTION_GRANTED;
		transaction->log_index = answer->log_index;
		transaction->strength = FACTOR_CODE;
		transaction->expires_boot_ms = clock_boot_ms() + TRANSACTION_GRANT_TTL_SECONDS * INT64_C(1000);
		return;
	}
	transaction_end(answer->verifier->transactions, transaction);
}

static void answer_grant(struct answer *answer)
{
	const struct transaction *transaction = answer->transaction;
	char *receipt = NULL, *message = notice_granted(transaction->prompt);
	json_t *reply = NULL;
	enum stepup_error error = message == NULL ? STEPUP_NO_MEMORY : make_receipt(answer, &receipt);

	if (error == STEPUP_OK)
		reply = json_pack("{s:s, s:s, s:s, s:[s], s:I, s:I, s:s*, s:s}", "user", transaction->user, "action",
			transaction->action->name, "acr", "otp", "amr", "otp", "auth_time", (json_int_t)answer->now, "log",
			(json_int_t)answer->log_index, "receipt", receipt, "message", message);
	keep_or_end(answer);
	if (reply != NULL)
		call_reply(answer->call, reply);
	else
		refuse(answer->call, error == STEPUP_OK ? STEPUP_NO_MEMORY : error, NULL);
	wipe_free_string(&receipt);
	free(message);
}

/* Whether the same transaction may be answered again after this refusal. */
static bool goes_on(const struct answer *answer, int64_t tries_left)
{
	return !atomic_load(&answer->transaction->ended) &&
		((answer->outcome == STEPUP_BAD_ANSWER && tries_left > 0) || answer->outcome == STEPUP_THROTTLED);
}

static void answer_refuse(struct answer *answer)
{
	struct transaction *transaction = answer->transaction;
	int64_t tries_left = smaller(STEP_UP_ANSWERS_MAX - transaction->answers, answer->tries_left);
	const struct log_subject about = {.user = transaction->user};
	const struct words_facts words = {
		.user = transaction->user,
		.action = transaction->action->name,
		.reference = answer->reference[0] == '\0' ? NULL : answer->reference,
		.limit = answer->over == NULL ? NULL : answer->over->text,
		.maximum = answer->over == NULL ? 0 : answer->over->maximum,
		.tries_left = tries_left,
		.retry_after_seconds = answer->retry_after_seconds,
	};

	/* What was charged is in the log already; of the rest, within the budget. */
	if ((answer->outcome == STEPUP_LOCKED && answer->log_index < 0) || answer->outcome == STEPUP_FROZEN ||
	    answer->outcome == STEPUP_THROTTLED)
		refusal_log(answer->call, &about, transaction->action->name, answer->outcome, "at the answer");
	refuse(answer->call, answer->outcome, &words);
	if (answer->outcome == STEPUP_THROTTLED)
		transaction->answers--;
	transaction->state = goes_on(answer, tries_left) ? TRANSACTION_ASKED : TRANSACTION_SPENT;
	if (transaction->state == TRANSACTION_SPENT)
		transaction_end(answer->verifier->transactions, transaction);
}

static void answer_done(void *job, enum stepup_error result)
{
	struct answer *answer = job;

	if (result != STEPUP_OK)
		answer->outcome = result;
	if (answer->outcome == STEPUP_OK)
		answer_grant(answer);
	else
		answer_refuse(answer);
	answer_free(answer);
}

/* What was typed can't be a code: nothing is charged, nothing is logged, but the transaction takes only so many answers. */
static void answer_malformed(struct call *call, struct transaction *transaction)
{
	const struct words_facts words = {.user = transaction->user, .tries_left = STEP_UP_ANSWERS_MAX - transaction->answers};

	refuse(call, STEPUP_BAD_ANSWER, &words);
	if (words.tries_left <= 0)
		transaction_end(call->verifier->transactions, transaction);
}

static enum stepup_error answer_submit(struct call *call, struct transaction *transaction, const char code[9])
{
	struct answer *answer = calloc(1, sizeof(*answer));
	enum stepup_error error;

	if (answer == NULL)
		return STEPUP_NO_MEMORY;
	answer->call = call;
	answer->verifier = call->verifier;
	answer->transaction = transaction;
	answer->outcome = STEPUP_UNAVAILABLE;
	answer->log_index = -1;
	memcpy(answer->code, code, sizeof(answer->code));
	transaction->state = TRANSACTION_ANSWERING;
	error = commit_queue_submit(call->verifier->queue, answer_decide, answer_done, answer);
	if (error != STEPUP_OK) {
		transaction->state = TRANSACTION_ASKED;
		answer_free(answer);
	}
	return error;
}

void step_up_answer(struct call *call)
{
	const char *method = message_text(call->parameters, "method");
	struct transaction *transaction = transaction_find(call->verifier->transactions,
		message_text(call->parameters, "transaction"), call->peer.uid);
	enum stepup_error error;
	char code[9] = "";

	if (strcmp(method, STEP_UP_METHOD) != 0) {
		call_invalid(call, "method");
		return;
	}
	if (message_text(call->parameters, "code") == NULL) {
		call_invalid(call, "code");
		return;
	}
	if (transaction == NULL || transaction->action == NULL || transaction->state == TRANSACTION_GRANTED ||
	    transaction->state == TRANSACTION_SPENT) {
		refuse(call, STEPUP_EXPIRED, NULL);
		return;
	}
	if (transaction->state == TRANSACTION_ANSWERING) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_answering());
		return;
	}
	transaction->answers++;
	if (otp_normalise(message_text(call->parameters, "code"), code) != STEPUP_OK) {
		answer_malformed(call, transaction);
		return;
	}
	error = answer_submit(call, transaction, code);
	if (error != STEPUP_OK)
		refuse(call, error, NULL);
	WIPE_ARRAY(code);
}

void step_up_cancel(struct call *call)
{
	struct transaction *transaction = transaction_find(call->verifier->transactions,
		message_text(call->parameters, "transaction"), call->peer.uid);

	if (transaction != NULL)
		transaction_end(call->verifier->transactions, transaction);
	call_reply(call, json_object());
}
