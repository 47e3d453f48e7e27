/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An action: a name and a flat map of details, as a rule declares them (DESIGN: "One step-up, as data").
 * Parsed once, at the door, against the rule's declaration; inside, only this type is used.
 * Layer: lib/wire/, jansson. Its digest is in lib/evidence/digest.h, which needs OpenSSL.
 */
#ifndef STEPUP_LIB_ACTION_H
#define STEPUP_LIB_ACTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define ACTION_NAME_SIZE 128            /* bytes, with the NUL; `part.part…`, part: [a-z][a-z0-9_-]* */
#define DETAIL_NAME_SIZE 64             /* bytes, with the NUL; [a-z][a-z0-9_]* */
#define DETAIL_TEXT_MAX 512             /* bytes of UTF-8 */
#define DETAIL_COUNT_MAX 16
#define DETAIL_NUMBER_MAX INT64_C(9007199254740991) /* 2^53-1, RFC 8259 section 6 */

enum detail_type { DETAIL_TEXT, DETAIL_NUMBER, DETAIL_TYPE_COUNT };

/* What a rule declares of one detail. */
struct detail_spec {
	char name[DETAIL_NAME_SIZE];
	enum detail_type type;
};

struct detail {
	char name[DETAIL_NAME_SIZE];
	enum detail_type type;
	char *text;     /* DETAIL_TEXT: UTF-8, owned */
	int64_t number; /* DETAIL_NUMBER: 0 … DETAIL_NUMBER_MAX */
};

/* What is wrong with a detail. */
enum detail_fault {
	DETAIL_FAULT_NOT_KNOWN,
	DETAIL_MISSING,
	DETAIL_UNKNOWN,
	DETAIL_NO_TEXT,
	DETAIL_TOO_LONG,
	DETAIL_NO_NUMBER,
	DETAIL_OUT_OF_RANGE, /* a whole number, below 0 or past DETAIL_NUMBER_MAX */
};

#define DETAIL_SHOWN_SIZE 24 /* bytes, with the NUL, of a value that is not kept as text */

/* A type of detail: all that depends on the type is asked here. */
struct detail_kind {
	const char *name; /* as the configuration has it behind the colon: "number" */
	/* Reads a value: STEPUP_BAD_DETAILS where it is none of this type (NULL never is),
	 * STEPUP_NO_MEMORY. */
	enum stepup_error (*parse)(const json_t *value, struct detail *detail);
	/* Why parse() does not take this value, which is there. */
	enum detail_fault (*fault)(const json_t *value);
	/* A new jansson value, NULL where there is no memory. parse() of it is the same detail. */
	json_t *(*to_json)(const struct detail *detail);
	/* Whether an approval of `had` is one of `wants`, of the same type. */
	bool (*covers)(const struct detail *had, const struct detail *wants);
	/* The value as people read it, in `room` or borrowed from the detail. Not made safe for display. */
	const char *(*show)(const struct detail *detail, char room[DETAIL_SHOWN_SIZE]);
	bool may_sum;    /* `number` is an amount: limits add it up, prompts repeat it at their end */
	bool may_differ; /* limits count how many different values there were */
};

/* The row of a type; there is one for each. */
const struct detail_kind *detail_kind(enum detail_type type);

/* The type of that name; false where there is none. */
bool detail_type_named(const char *name, enum detail_type *type);

/* The one type that takes this value, of where only the value is left: STEPUP_BAD_DETAILS where none does, or
 * several. STEPUP_NO_MEMORY. */
enum stepup_error detail_type_of(const json_t *value, enum detail_type *type);

struct action {
	char name[ACTION_NAME_SIZE];
	struct detail details[DETAIL_COUNT_MAX];
	size_t detail_count; /* details stand in the order of their names */
};

bool action_name_is_valid(const char *name);
bool detail_name_is_valid(const char *name);

/* Parses an action with exactly the declared details (`details` may be NULL where none are declared).
 * STEPUP_BAD_DETAILS where one is missing, unknown or mistyped: its name (at most DETAIL_NAME_SIZE-1 bytes
 * of it, NUL-terminated) then stands in `bad_detail`. STEPUP_INVALID for a bad name. The result is the
 * caller's to free. */
enum stepup_error action_parse(const char *name, const json_t *details, const struct detail_spec *specs,
	size_t spec_count, struct action **action, char bad_detail[DETAIL_NAME_SIZE]);

/* What is wrong with the detail that action_parse() named, of the same details and declaration. */
enum detail_fault action_detail_fault(
	const json_t *details, const struct detail_spec *specs, size_t spec_count, const char *bad_detail);

/* Wipes nothing secret; frees and sets NULL. */
void action_free(struct action **action);

/* The detail of that name, NULL where there is none. */
const struct detail *action_detail(const struct action *action, const char *name);

/* {"action":NAME,"details":{…}} as a new jansson object, NULL where there is no memory. */
json_t *action_to_json(const struct action *action);

/* The details alone, as a new jansson object, NULL where there is no memory. */
json_t *action_details_to_json(const struct action *action);

/* JCS of action_to_json(); the caller frees. */
enum stepup_error action_canonical(const struct action *action, char **text, size_t *size);

#endif
