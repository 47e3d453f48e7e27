/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolling what makes one-time codes: the secret that the person takes along, and the code that proves it.
 */
#include "verifier/doors/enrolment/enrolment_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/factors/otp.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* Each reads one parameter into the credential and says whether it could. */
static bool read_algorithm(const json_t *parameters, struct credential *credential)
{
	const char *algorithm = message_text(parameters, "algorithm");

	if (algorithm == NULL)
		return true;
	for (int each = OTP_SHA1; each <= OTP_SHA512; each++) {
		credential->otp.algorithm = (enum otp_algorithm)each;
		if (strcasecmp(algorithm, otp_algorithm_name(credential->otp.algorithm)) == 0)
			return true;
	}
	return false;
}

static bool read_digits(const json_t *parameters, struct credential *credential)
{
	int64_t digits = message_number(parameters, "digits", OTP_DIGITS_DEFAULT);

	credential->otp.digits = (unsigned)digits;
	return digits >= 6 && digits <= 8;
}

static bool read_period(const json_t *parameters, struct credential *credential)
{
	int64_t period = message_number(parameters, "period", -1);

	if (credential->type == CREDENTIAL_HOTP)
		return period < 0;
	credential->otp.period_seconds = period < 0 ? OTP_PERIOD_SECONDS_DEFAULT : (unsigned)period;
	return period < 0 || (period >= 15 && period <= 300);
}

static bool read_counter(const json_t *parameters, struct credential *credential)
{
	int64_t counter = message_number(parameters, "counter", -1);

	if (credential->type == CREDENTIAL_TOTP)
		return counter < 0;
	credential->otp.next_counter = counter < 0 ? 0 : counter;
	return true;
}

static bool read_secret(const json_t *parameters, struct credential *credential)
{
	const char *secret = message_text(parameters, "secret");

	if (secret != NULL)
		return otp_secret_parse(secret, &credential->otp) == STEPUP_OK;
	return otp_secret_generate(&credential->otp) == STEPUP_OK;
}

/* The credential as described, with a secret. */
static const char *code_read(const json_t *parameters, struct enrolment *enrolment)
{
	static const struct {
		const char *field;
		bool (*read)(const json_t *parameters, struct credential *credential);
	} readers[] = {
		{"algorithm", read_algorithm},
		{"digits", read_digits},
		{"period", read_period},
		{"counter", read_counter},
		{"secret", read_secret},
	};
	struct credential *credential = &enrolment->credential;

	if (credential->label[0] == '\0')
		strcpy(credential->label,
			credential->type == CREDENTIAL_HOTP ? "Code token" : "Authenticator app");
	credential->otp.last_step = -1;
	credential->otp.resync_counter = -1;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (!readers[i].read(parameters, credential))
			return readers[i].field;
	return NULL;
}

static bool code_check(struct call *call, const struct subject *subject, struct enrolment *enrolment)
{
	bool known;
	enum stepup_error error = credential_is_known(call->verifier->store, subject->record,
		&enrolment->credential.otp, &known);

	if (error != STEPUP_OK) {
		refuse(call, error, NULL);
	} else if (known) {
		refusal_log(call,
			&(struct log_subject){.user = subject->name, .user_id = subject->record->user_id},
			"stepup.enroll", STEPUP_NOT_ALLOWED, WHY_KNOWN);
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_SECRET_KNOWN));
	}
	return error == STEPUP_OK && !known;
}

static json_t *code_reply(const struct subject *subject, struct step_up *step_up)
{
	const struct credential *credential = &step_up_enrolment(step_up)->credential;
	char issuer[256], *uri, *secret, *prompt;
	json_t *reply = NULL;

	(void)subject;
	policy_issuer_name(step_up->policy, issuer, sizeof(issuer)); /* what an authenticator app shows */
	uri = otp_uri(credential, issuer, step_up->user);
	secret = otp_secret_format(&credential->otp);
	prompt = notice_enrol_prompt(step_up->user, credential->label, NOTICE_PROOF_CODE);
	if (uri != NULL && secret != NULL && prompt != NULL)
		reply = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "transaction", step_up->name,
			"uri", uri, "secret", secret, "prompt", prompt, "ask", notice_text(NOTICE_ASK),
			"expires_in", ENROLMENT_TTL_SECONDS);
	wipe_free_string(&uri);
	wipe_free_string(&secret);
	free(prompt);
	return reply;
}

static enum stepup_error code_take(struct finish *finish, const char **field)
{
	const char *method = message_text(finish->call->parameters, "method"),
		*code = message_text(finish->call->parameters, "code");
	enum stepup_error error;

	*field = method != NULL && strcmp(method, "code") != 0 ? "method" : code == NULL ? "code" : NULL;
	if (*field != NULL)
		return STEPUP_INVALID;
	error = otp_normalise(code, finish->code);
	return error == STEPUP_INVALID ? STEPUP_BAD_ANSWER : error;
}

/* Holds the code against the credential, which remembers the first half of a resynchronisation
 * for the next try. */
static enum stepup_error check_code(struct finish *finish)
{
	struct credential *credential = &step_up_enrolment(finish->step_up)->credential;
	enum otp_result result = OTP_WRONG;
	enum stepup_error error;

	if (strlen(finish->code) != credential->otp.digits)
		return STEPUP_BAD_ANSWER;
	error = otp_check(credential, finish->code, finish->now, 0, &result);
	if (error != STEPUP_OK)
		return error;
	if (result == OTP_RESYNC && otp_far_seconds(credential, finish->now) != 0) {
		notice_clock_enrols(otp_far_seconds(credential, finish->now), finish->told,
			sizeof(finish->told));
		finish->objection = finish->told;
	}
	return result == OTP_ACCEPTED ? STEPUP_OK : STEPUP_BAD_ANSWER;
}

static enum stepup_error code_prove(struct store_session *session, struct finish *finish,
	const struct user_record *record)
{
	bool known;
	enum stepup_error error = credential_is_known(finish->verifier->store, record,
		&step_up_enrolment(finish->step_up)->credential.otp, &known);

	(void)session;
	if (error == STEPUP_OK && known) {
		finish->objection = notice_text(NOTICE_SECRET_KNOWN);
		finish->why = WHY_KNOWN;
		error = STEPUP_NOT_ALLOWED;
	}
	return error == STEPUP_OK ? check_code(finish) : error;
}

static char *code_message(const struct enrolment *enrolment, int64_t cooling_seconds)
{
	return notice_enrolled(enrolment->credential.label, NOTICE_PROOF_CODE, cooling_seconds);
}

const struct enrolment_kind enrolment_codes = {
	FACTOR_CODE, code_read, code_check, code_reply, code_take, code_prove, NULL, code_message, NULL
};
