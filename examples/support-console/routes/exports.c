/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exports: the console holds a receipt and passes it to the export service, which alone can redeem it and
 * read out the contacts. What arrives is streamed on to the browser; a stream that breaks off breaks the
 * download off too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/outside/export_client.h"
#include "examples/support-console/routes/handlers.h"
#include "examples/support-console/web/form.h"
#include "examples/support-console/web/pages.h"

#define BLOCK_SIZE 32768

static ssize_t stream_read(void *data, uint64_t position, char *buffer, size_t size)
{
	ssize_t got = export_read(data, buffer, size);

	(void)position;
	if (got > 0)
		return got;
	return got ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
}

static void stream_free(void *data)
{
	struct export_stream *stream = data;

	export_close(&stream);
}

static enum MHD_Result reply_stream(struct http_request *request, struct export_stream *stream,
	const char *account)
{
	struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
		stream_read, stream, stream_free);
	char disposition[ACCOUNT_SIZE + 64];

	if (!response) {
		export_close(&stream);
		return MHD_NO;
	}
	snprintf(disposition, sizeof(disposition), "attachment; filename=\"contacts-%s.csv\"", account);
	if (MHD_add_response_header(response, "Content-Type",
		    "text/csv; charset=utf-8; header=present") != MHD_YES ||
	    MHD_add_response_header(response, "Content-Disposition", disposition) != MHD_YES) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return reply_queue(request, MHD_HTTP_OK, response);
}

static enum MHD_Result exports_refuse(struct http_request *request, const char *words, const char *reference)
{
	struct html html = {0};

	page_message(&html, request, "Nothing was exported", words, reference);
	return reply_html(request, MHD_HTTP_FORBIDDEN, &html);
}

/* Only names that are safe in a file name and in a header. */
static bool account_is_plain(const char *account)
{
	return *account && strlen(account) < ACCOUNT_SIZE &&
		account[strspn(account, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static enum MHD_Result run_export(struct http_request *request, const char *receipt, const char *account,
	int64_t records)
{
	json_t *order = json_pack("{s:s, s:s, s:I}", "receipt", receipt, "account", account,
		"records", (json_int_t)records);
	struct export_stream *stream = NULL;
	enum MHD_Result result;
	json_t *answer = NULL;

	if (order && account_is_plain(account))
		stream = export_open(request->console->export_socket, order, &answer);
	if (!stream) {
		result = exports_refuse(request,
			"The export service did not answer, so nothing was exported. Try again in a minute.",
			NULL);
	} else if (!json_is_true(json_object_get(answer, "granted"))) {
		const char *words = json_string_value(json_object_get(answer, "message"));

		result = exports_refuse(request,
			words ? words : "The export service refused and did not say why. "
			"Nothing was exported. Try again in a minute.",
			json_string_value(json_object_get(answer, "reference")));
	} else {
		result = reply_stream(request, stream, account);
		stream = NULL;
	}
	export_close(&stream);
	json_decref(answer);
	json_decref(order);
	return result;
}

enum MHD_Result handle_export(struct http_request *request)
{
	char *id = form_field(request->body, "step_up", TOKEN_SIZE);
	struct step_up_grant grant;
	enum MHD_Result result;

	if (!id || !bridge_take(request->console->bridge, &request->session, id, "customer.export", &grant)) {
		free(id);
		return exports_refuse(request, "This export was not approved, or its "
			"approval was used already. Nothing was exported. Go back and click Export again.",
			NULL);
	}
	free(id);
	result = run_export(request, grant.receipt, grant.subject.account, grant.subject.records);
	explicit_bzero(&grant, sizeof(grant));
	return result;
}

enum MHD_Result handle_demo_page(struct http_request *request)
{
	struct html html = {0};

	page_demo(&html, request);
	return reply_html(request, MHD_HTTP_OK, &html);
}

enum MHD_Result handle_demo_export(struct http_request *request)
{
	char *receipt = form_field(request->body, "receipt", RECEIPT_SIZE - 1);
	char *account = form_field(request->body, "account", ACCOUNT_SIZE - 1);
	char *records = form_field(request->body, "records", 16);
	enum MHD_Result result;

	if (receipt && account && records)
		result = run_export(request, receipt, account, strtoll(records, NULL, 10));
	else
		result = exports_refuse(request, "Fill in all three fields.", NULL);
	free(receipt);
	free(account);
	free(records);
	return result;
}
