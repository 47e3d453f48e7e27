/* SPDX-License-Identifier: BSD-2-Clause */
/* Dispatch by method table, and org.varlink.service; see door.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/server/door.h"
#include "lib/base/wipe.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/frame.h"

#define SERVICE "org.varlink.service"
#define METHOD_NAME_MAX 128 /* bytes of "interface.Method" */

static const char service_description[] =
	"# The Varlink Service Interface is provided by every varlink service. It describes the service\n"
	"# and the interfaces it implements.\n"
	"interface org.varlink.service\n"
	"\n"
	"# Who serves here, and which interfaces.\n"
	"method GetInfo() -> (vendor: string, product: string, version: string, url: "
	"string, interfaces: []string)\n"
	"\n"
	"# The text of an interface.\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n"
	"\n"
	"error InterfaceNotFound (interface: string)\n"
	"error MethodNotFound (method: string)\n"
	"error MethodNotImplemented (method: string)\n"
	"error InvalidParameter (parameter: string)\n";

/* --- frames --- */

struct text {
	char *bytes;
	size_t length, capacity;
};

static void text_clear(struct text *text)
{
	wipe_memory(text->bytes, text->length);
	free(text->bytes);
	text->bytes = NULL;
}

/* Makes room for a text of `size` bytes; wipes what is left behind. */
static bool text_grow(struct text *text, size_t size)
{
	size_t capacity = text->capacity == 0 ? 512 : text->capacity;
	char *grown;

	if (size <= text->capacity)
		return true;
	while (capacity < size)
		capacity *= 2;
	grown = malloc(capacity);
	if (grown == NULL)
		return false;
	if (text->length > 0)
		memcpy(grown, text->bytes, text->length);
	text_clear(text);
	text->bytes = grown;
	text->capacity = capacity;
	return true;
}

static int text_add(const char *bytes, size_t size, void *context)
{
	struct text *text = context;

	if (size > FRAME_REPLY_SIZE_MAX - text->length || !text_grow(text, text->length + size))
		return -1;
	memcpy(text->bytes + text->length, bytes, size);
	text->length += size;
	return 0;
}

static int text_add_words(struct text *text, const char *words)
{
	return text_add(words, strlen(words), text);
}

char *door_frame(const char *error, const json_t *parameters, bool continues, size_t *size)
{
	struct text text = { 0 };

	/* Error names are ours: letters and dots, nothing to escape. */
	if (error != NULL &&
	    (text_add_words(&text, "{\"error\":\"") != 0 || text_add_words(&text, error) != 0 ||
		    text_add_words(&text, "\",\"parameters\":") != 0))
		goto fail;
	if (error == NULL && text_add_words(&text, "{\"parameters\":") != 0)
		goto fail;
	if (json_dump_callback(parameters, text_add, &text, JSON_COMPACT) != 0 ||
	    (continues && text_add_words(&text, ",\"continues\":true") != 0) ||
	    text_add("}", sizeof("}"), &text) != 0)
		goto fail;
	*size = text.length;
	return text.bytes;
fail:
	text_clear(&text);
	return NULL;
}

/* An error of org.varlink.service, which names what it is about. */
static char *service_error(const char *error, const char *member, const char *value, size_t *size)
{
	json_t *parameters = json_pack("{s:s}", member, value);
	char *frame = parameters != NULL ? door_frame(error, parameters, false, size) : NULL;

	json_decref(parameters);
	return frame;
}

char *door_bad_message(size_t *size)
{
	return service_error(SERVICE ".InvalidParameter", "parameter", "message", size);
}

static enum door_verdict door_refuse(struct door_request *request, const char *error, const char *member,
	const char *value)
{
	request->answer = service_error(error, member, value, &request->answer_size);
	return request->answer != NULL ? DOOR_REFUSE : DOOR_CLOSE;
}

/* What isn't served here. */
static enum door_verdict not_found(struct door_request *request, const char *error, const char *member,
	const char *value)
{
	enum door_verdict verdict = door_refuse(request, error, member, value);

	return verdict == DOOR_REFUSE ? DOOR_ANSWER : verdict;
}

static enum door_verdict refuse_field(struct door_request *request, const char *field)
{
	return door_refuse(request, SERVICE ".InvalidParameter", "parameter", field);
}

/* Answers; takes over `reply`. */
static enum door_verdict door_answer(struct door_request *request, json_t *reply)
{
	request->answer = reply != NULL ? door_frame(NULL, reply, false, &request->answer_size) : NULL;
	json_decref(reply);
	return request->answer != NULL ? DOOR_ANSWER : DOOR_CLOSE;
}

/* --- org.varlink.service --- */

static const struct field no_fields[] = { { 0 } };
static const struct field description_fields[] = {
	{ "interface", FIELD_TEXT, METHOD_NAME_MAX, true }, { 0 } };

static enum door_verdict service_info(const struct door *door, struct door_request *request)
{
	return door_answer(request, json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "vendor", "pam-stepup",
			"product", "stepupd", "version", PACKAGE_VERSION, "url", PACKAGE_URL,
			"interfaces", SERVICE, door->interface->name));
}

static enum door_verdict service_describe(const struct door *door, struct door_request *request)
{
	const char *name = message_text(request->parameters, "interface");

	if (strcmp(name, SERVICE) == 0)
		return door_answer(request, json_pack("{s:s}", "description", service_description));
	if (strcmp(name, door->interface->name) == 0)
		return door_answer(request, json_pack("{s:s}", "description", door->interface->description));
	return not_found(request, SERVICE ".InterfaceNotFound", "interface", name);
}

static const struct service_method {
	const char *name;
	const struct field *in;
	enum door_verdict (*answer)(const struct door *door, struct door_request *request);
} service_methods[] = {
	{ "GetInfo", no_fields, service_info },
	{ "GetInterfaceDescription", description_fields, service_describe },
};

static enum door_verdict service_call(const struct door *door, const char *method,
	struct door_request *request)
{
	char bad_field[FIELD_NAME_SIZE];

	for (size_t i = 0; i < sizeof(service_methods) / sizeof(service_methods[0]); i++) {
		if (strcmp(service_methods[i].name, method) != 0)
			continue;
		if (message_check(service_methods[i].in, request->parameters, bad_field) != STEPUP_OK)
			return refuse_field(request, bad_field);
		return service_methods[i].answer(door, request);
	}
	return not_found(request, SERVICE ".MethodNotFound", "method", method);
}

/* --- handlers --- */

/* The first row of that method from `row` on; NULL where there is none. */
static const struct door_handler *handler_from(const struct door_handler *row, const char *method)
{
	for (; row->method != NULL; row++) {
		if (strcmp(row->method, method) == 0)
			return row;
	}
	return NULL;
}

/* What is wrong with a method's rows: NULL where it has one, with a handler. */
static const char *fault_of(const struct door *door, const char *method)
{
	const struct door_handler *row = handler_from(door->handlers, method);

	if (row == NULL)
		return "has no row";
	if (row->handle == NULL)
		return "has a row without a handler";
	return handler_from(row + 1, method) != NULL ? "has two rows" : NULL;
}

static enum stepup_error not_whole(const struct door *door, const char *method, const char *fault, char **why)
{
	if (asprintf(why, "This stepupd was built wrong: method %s of %s %s in its door's table of handlers.",
		    method, door->interface->name, fault) < 0)
		*why = NULL;
	return STEPUP_INTERNAL;
}

enum stepup_error door_check(const struct door *door, char **why)
{
	for (const struct method *method = door->interface->methods; method->name != NULL; method++) {
		const char *fault = fault_of(door, method->name);

		if (fault != NULL)
			return not_whole(door, method->name, fault, why);
	}
	for (const struct door_handler *row = door->handlers; row->method != NULL; row++) {
		if (interface_method(door->interface, row->method) == NULL)
			return not_whole(door, row->method, "is not of that interface, but has a row", why);
	}
	return STEPUP_OK;
}

/* --- calls --- */

/* Most methods answer "more" with one reply; "upgrade" is nothing that is served here. */
static const struct field envelope_fields[] = {
	{ "method", FIELD_TEXT, METHOD_NAME_MAX, true },
	{ "parameters", FIELD_OBJECT, 64, false },
	{ "more", FIELD_BOOL, 0, false },
	{ "oneway", FIELD_BOOL, 0, false },
	{ "upgrade", FIELD_BOOL, 0, false },
	{ 0 },
};

/* Finds the parameters, or puts an empty object in their place. */
static enum stepup_error parameters_take(struct door_request *request)
{
	request->parameters = json_object_get(request->message, "parameters");
	if (json_is_object(request->parameters))
		return STEPUP_OK;
	if (json_object_set_new(request->message, "parameters", json_object()) != 0)
		return STEPUP_NO_MEMORY;
	request->parameters = json_object_get(request->message, "parameters");
	return STEPUP_OK;
}

static enum door_verdict interface_call(const struct door *door, const char *name,
	struct door_request *request)
{
	const struct door_handler *handler = handler_from(door->handlers, name);
	char bad_field[FIELD_NAME_SIZE];

	request->method = interface_method(door->interface, name);
	if (request->method == NULL)
		return not_found(request, SERVICE ".MethodNotFound", "method", name);
	if (message_check(request->method->in, request->parameters, bad_field) != STEPUP_OK)
		return refuse_field(request, bad_field);
	if (handler == NULL)
		return not_found(request, SERVICE ".MethodNotImplemented", "method", name);
	request->handler = handler->handle;
	return DOOR_CALL;
}

enum door_verdict door_read(const struct door *door, const char *text, size_t size,
	struct door_request *request)
{
	char bad_field[FIELD_NAME_SIZE], name[METHOD_NAME_MAX + 1];
	const char *full_name;
	char *dot;

	*request = (struct door_request){ 0 };
	if (json_parse_object(text, size, &request->message) != STEPUP_OK)
		return refuse_field(request, "message");
	if (message_check(envelope_fields, request->message, bad_field) != STEPUP_OK)
		return refuse_field(request, bad_field);
	request->oneway = message_bool(request->message, "oneway", false);
	if (message_bool(request->message, "upgrade", false))
		return refuse_field(request, "upgrade");
	if (parameters_take(request) != STEPUP_OK)
		return DOOR_CLOSE;
	request->more = !request->oneway && message_bool(request->message, "more", false);

	full_name = message_text(request->message, "method");
	memcpy(name, full_name, strlen(full_name) + 1);
	dot = strrchr(name, '.');
	if (dot == NULL || dot == name || dot[1] == '\0')
		return refuse_field(request, "method");
	*dot = '\0';
	if (strcmp(name, SERVICE) == 0)
		return service_call(door, dot + 1, request);
	if (strcmp(name, door->interface->name) == 0)
		return interface_call(door, dot + 1, request);
	return not_found(request, SERVICE ".InterfaceNotFound", "interface", name);
}

void door_request_clear(struct door_request *request)
{
	wipe_free_string(&request->answer);
	json_decref(request->message);
	*request = (struct door_request){ 0 };
}
