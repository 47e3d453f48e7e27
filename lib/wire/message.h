/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed messages: tables that say, per method, which fields it takes and gives, their types and
 * maximum sizes. Parsed once, at the door; a message that isn't exactly as its table says is refused
 * and the field named.
 * Layer: lib/wire/, jansson.
 */
#ifndef STEPUP_LIB_MESSAGE_H
#define STEPUP_LIB_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define FIELD_NAME_SIZE 64

enum field_type {
	FIELD_TEXT,    /* UTF-8 without NUL, at most `maximum` bytes */
	FIELD_NUMBER,  /* 0 … `maximum` */
	FIELD_BOOL,
	FIELD_OBJECT,  /* at most `maximum` members; checked further by whoever reads it */
	FIELD_TEXTS,   /* array of at most 64 texts of at most `maximum` bytes each */
	FIELD_OBJECTS, /* array of objects; checked further by whoever reads it */
	FIELD_ARRAY,   /* array of at most `maximum` elements; checked further by whoever reads it */
};

struct field {
	const char *name;
	enum field_type type;
	int64_t maximum;
	bool required;
};

struct method {
	const char *name;         /* "Begin" */
	const struct field *in;   /* ended by a field without name */
	const struct field *out;
};

struct interface {
	const char *name;           /* "io.stepup.Verify1" */
	const char *description;    /* the .varlink text, served by org.varlink.service */
	const struct method *methods; /* ended by a method without name */
};

/* The four interfaces; see lib/wire/interfaces/. */
extern const struct interface interface_verify;
extern const struct interface interface_admin;
extern const struct interface interface_redeem;
extern const struct interface interface_hooks;

/* The method of that unqualified name, NULL where there is none. */
const struct method *interface_method(const struct interface *interface, const char *name);

/* Whether `object` has exactly the fields of the table: STEPUP_OK, or STEPUP_INVALID with the offending
 * field's name (cut to size, made printable) in `bad_field`. An explicit null counts as left out. */
enum stepup_error message_check(const struct field *fields, const json_t *object,
	char bad_field[FIELD_NAME_SIZE]);

/* Fields of a checked message. Texts live as long as the object; NULL where left out. */
const char *message_text(const json_t *object, const char *field);
int64_t message_number(const json_t *object, const char *field, int64_t otherwise);
bool message_bool(const json_t *object, const char *field, bool otherwise);

#endif
