/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What anybody may know: stepup status, keys, receipt verify.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/evidence/receipt_check.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

/* --- status --- */

static void print_locks(const char *title, const json_t *locks)
{
	static const char *const headings[] = {"  NAME", "REFERENCE", "SINCE", "BY", "REASON"};
	struct table *table;
	const json_t *lock;
	size_t i;

	if (json_array_size(locks) == 0)
		return;
	printf("\n%s:\n", title);
	table = table_new(headings, 5);
	json_array_foreach(locks, i, lock) {
		char since[TIME_TEXT_SIZE], name[300];
		const char *cells[5] = {name, message_text(lock, "reference"),
			time_text(message_number(lock, "at", 0), since), message_text(lock, "by"),
			message_text(lock, "reason")};

		(void)snprintf(name, sizeof(name), "  %s",
			message_text(lock, "name") != NULL ? message_text(lock, "name") : "");
		table_add(table, cells);
	}
	table_print(table, stdout);
	table_free(&table);
}

/* Why the policy in force is not the configuration's, a line each. */
static void print_policy_why(const char *why)
{
	if (why == NULL)
		return;
	printf("            This is the last good one. The configuration had errors when the verifier "
		"started. Mend it, then run: stepup reload\n");
	while (*why != '\0') {
		size_t length = strcspn(why, "\n");
		char *line = strndup(why, length), *safe = safe_text(line);

		printf("            %s\n", safe);
		free(safe);
		free(line);
		why += length + (why[length] == '\n');
	}
}

/* Rows that somebody else wrote. */
static void print_wrong(const json_t *sentences)
{
	const json_t *sentence;
	size_t i;

	if (json_array_size(sentences) > 0)
		printf("\nSomebody else changed the database. "
			"Nothing that depends on these rows is approved until they are back:\n");
	json_array_foreach(sentences, i, sentence) {
		char *text = safe_text(json_string_value(sentence));

		printf("  %s.\n", text);
		free(text);
	}
}

/* What nobody can do who has enrolled. */
static void print_powerless(const json_t *sentences)
{
	const json_t *sentence;
	size_t i;

	if (json_array_size(sentences) > 0)
		putchar('\n');
	json_array_foreach(sentences, i, sentence) {
		char *text = safe_text(json_string_value(sentence));

		printf("%s\n", text);
		free(text);
	}
}

static void print_status(const json_t *reply)
{
	char started[TIME_TEXT_SIZE], *issuer = safe_text(message_text(reply, "issuer")),
		*host = safe_text(message_text(reply, "host"));
	int64_t size = message_number(reply, "log_size", 0),
		signed_size = message_number(reply, "checkpoint_size", 0);

	printf("Verifier    %s on %s, version %s\n", issuer, host, message_text(reply, "version"));
	printf("Running     since %s, %s\n", time_text(message_number(reply, "started", 0), started),
		message_bool(reply, "clean_start", false) ? "after a clean stop" : "after an unclean stop");
	printf("Policy      %.16s…\n", message_text(reply, "policy"));
	print_policy_why(message_text(reply, "policy_why"));
	if (message_bool(reply, "mark_beside_store", false))
		printf("Mark        in the database's folder. "
			"If an older copy of that folder is put back, nobody notices.\n"
			"            Give the mark its own folder: stepupd --mark FILE\n");
	if (message_number(reply, "first_day_until", 0) != 0)
		printf("First day   until %s. Keys that the first administrator invites count at once\n",
			time_text(message_number(reply, "first_day_until", 0), started));
	printf("Users       %lld\n", (long long)message_number(reply, "users", 0));
	printf("Log         %lld entries, a signed checkpoint covers %lld\n", (long long)size,
		(long long)signed_size);
	printf("Step-ups    %lld not answered yet\n", (long long)message_number(reply, "pending", 0));
	print_locks("Locked users", json_object_get(reply, "locked"));
	print_locks("Frozen actions", json_object_get(reply, "frozen"));
	print_powerless(json_object_get(reply, "powerless"));
	print_wrong(json_object_get(reply, "store_wrong"));
	free(issuer);
	free(host);
}

enum exit_status command_store_check(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;
	bool fits;

	status = doors_call(&doors, &interface_admin, "CheckStore", json_object(), &reply, NULL);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	fits = message_bool(reply, "fits", false) &&
		json_array_size(json_object_get(reply, "store_wrong")) == 0;
	if (option_given(invocation, OPTION_JSON)) {
		status = output_json(reply);
		return status == EXIT_DONE && !fits ? EXIT_REFUSED : status;
	}
	if (fits)
		printf("The store is as this verifier wrote it: %lld rows, batch %lld.\n",
			(long long)message_number(reply, "rows", 0),
			(long long)message_number(reply, "batch", 0));
	else
		printf("The store is not as this verifier wrote it.\n");
	print_wrong(json_object_get(reply, "store_wrong"));
	json_wipe_free(&reply);
	return fits ? EXIT_DONE : EXIT_REFUSED;
}

enum exit_status command_status(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;

	status = doors_call(&doors, &interface_admin, "Status", json_object(), &reply, NULL);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	print_status(reply);
	json_wipe_free(&reply);
	return EXIT_DONE;
}

/* --- keys --- */

enum exit_status command_keys(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;
	char *jwks;

	status = doors_call(&doors, &interface_verify, "Keys", json_object(), &reply, NULL);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	jwks = json_dumps(json_object_get(reply, "jwks"), JSON_COMPACT);
	printf("Issuer    %s\nLog key   %s\nReceipts  %s\n", message_text(reply, "issuer"),
		message_text(reply, "log_key"), jwks != NULL ? jwks : "");
	free(jwks);
	json_wipe_free(&reply);
	return EXIT_DONE;
}

/* --- receipt verify --- */

/* The receipt from a file or standard input, without white space around it. The caller wipes and frees; NULL
 * after a complaint. */
static char *read_receipt(const struct invocation *invocation)
{
	const char *path = invocation->argument_count > 0 ? invocation->arguments[0] : "-";
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = calloc(1, RECEIPT_SIZE_MAX + 3);
	size_t length;

	if (text == NULL)
		out_of_memory();
	if (in == NULL) {
		(void)complain_file(path);
		free(text);
		return NULL;
	}
	length = fread(text, 1, RECEIPT_SIZE_MAX + 2, in);
	if (in != stdin)
		(void)fclose(in);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		text[--length] = '\0';
	if (length == 0 || length > RECEIPT_SIZE_MAX || strlen(text) != length) {
		(void)complain_failure(STEPUP_INVALID, "%s has no receipt in it.", path);
		wipe_free((void **)&text, RECEIPT_SIZE_MAX + 3);
	}
	return text;
}

static enum exit_status read_key_set(const char *path, json_t **jwks)
{
	json_error_t error;

	*jwks = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (*jwks != NULL)
		return EXIT_DONE;
	if (json_error_code(&error) == json_error_cannot_open_file)
		return complain_file(path);
	return complain_failure(STEPUP_INVALID, "%s: %s.", path, error.text);
}

/* The JWK set from --keys, or the verifier's. */
static enum exit_status get_keys(const struct invocation *invocation, json_t **jwks)
{
	const char *path = option_text(invocation, OPTION_KEYS, NULL);
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;

	if (path != NULL)
		return read_key_set(path, jwks);
	status = doors_call(&doors, &interface_verify, "Keys", json_object(), &reply, NULL);
	doors_close(&doors);
	*jwks = json_incref(json_object_get(reply, "jwks"));
	json_decref(reply);
	return status;
}

static void state_print_claims(const json_t *claims)
{
	const json_t *authorization = json_array_get(json_object_get(claims, "authorization_details"), 0);
	char *details = json_dumps(json_object_get(authorization, "details"), JSON_COMPACT),
		when[TIME_TEXT_SIZE];
	static const char *const rows[][2] = {{"Issuer", "iss"}, {"User", "sub"}, {"Service", "aud"},
		{"Asked by", "azp"}, {"Strength", "acr"},
		{"Id", "jti"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *value = safe_text(message_text(claims, rows[i][1]));

		if (*value != '\0')
			printf("%-9s %s\n", rows[i][0], value);
		free(value);
	}
	if (message_text(authorization, "action") != NULL)
		printf("%-9s %s\n", "Action", message_text(authorization, "action"));
	if (details != NULL) {
		char *safe = safe_text(details);

		printf("%-9s %s\n", "Details", safe);
		free(safe);
	}
	printf("%-9s %s\n", "Until", time_text(message_number(claims, "exp", 0), when));
	free(details);
}

/* What the signature can't say: whether it is time. */
static const char *what_time_says(const json_t *claims)
{
	int64_t now = (int64_t)time(NULL);

	if (message_number(claims, "exp", 0) <= now)
		return "Expired. It can no longer be redeemed.";
	if (message_number(claims, "nbf", 0) > now || message_number(claims, "iat", 0) > now)
		return "Not valid yet. Is this machine's clock right?";
	return NULL;
}

enum exit_status command_receipt_verify(const struct invocation *invocation)
{
	enum exit_status status;
	enum stepup_error error;
	json_t *jwks = NULL, *claims = NULL;
	char *receipt = read_receipt(invocation);
	const char *wrong;

	if (receipt == NULL)
		return EXIT_REFUSED;
	status = get_keys(invocation, &jwks);
	if (status != EXIT_DONE)
		goto out;
	error = receipt_check_signature(receipt, jwks, &claims);
	if (error != STEPUP_OK) {
		status = output_error(invocation, error,
			error == STEPUP_CORRUPT ? "This is not a receipt that this verifier signed."
			: "This is not a receipt. It is malformed.");
		goto out;
	}
	wrong = what_time_says(claims);
	if (option_given(invocation, OPTION_JSON)) {
		status = output_json(json_pack("{s:b, s:s*, s:O}", "valid", wrong == NULL, "why", wrong,
				"claims", claims));
	} else {
		state_print_claims(claims);
		(void)puts(wrong != NULL ? wrong : "The signature is good. "
			"Only redeeming the receipt shows if it was redeemed before, or if its owner is "
			"locked.");
	}
	if (status == EXIT_DONE && wrong != NULL)
		status = EXIT_REFUSED;
out:
	wipe_free((void **)&receipt, RECEIPT_SIZE_MAX + 3);
	json_decref(jwks);
	json_decref(claims);
	return status;
}
