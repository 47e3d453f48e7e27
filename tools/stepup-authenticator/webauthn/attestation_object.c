/* SPDX-License-Identifier: BSD-2-Clause */
/* The attestation object, put together from parts. */
#include "tools/stepup-authenticator/webauthn/attestation_object.h"

#include <string.h>

#include "lib/base/byte_cursor.h"

#define OBJECT_MAX 16384 /* bytes, as the verifier takes them */

/* CBOR's major types (RFC 8949 section 3.1), as they stand in the first byte. */
#define BYTE_STRING 0x40
#define TEXT_STRING 0x60
#define MAP 0xa0

/* Length markers of one and two bytes; none of our strings is longer. */
#define ONE_BYTE 24
#define TWO_BYTES 25

static void put_head(struct byte_writer *writer, uint8_t major, size_t value)
{
	if (value < ONE_BYTE) {
		writer_u8(writer, (uint8_t)(major | value));
	} else if (value <= UINT8_MAX) {
		writer_u8(writer, major | ONE_BYTE);
		writer_u8(writer, (uint8_t)value);
	} else {
		writer_u8(writer, major | TWO_BYTES);
		writer_u8(writer, (uint8_t)(value >> 8));
		writer_u8(writer, (uint8_t)value);
	}
}

static void put_text(struct byte_writer *writer, const char *text)
{
	put_head(writer, TEXT_STRING, strlen(text));
	writer_raw(writer, text, strlen(text));
}

enum stepup_error attestation_object_build(const char *format, const uint8_t *statement,
	size_t statement_size, const uint8_t *auth_data, size_t auth_data_size, uint8_t **object,
	size_t *size)
{
	struct byte_writer writer = {.bytes = NULL};

	if (strlen(format) > OBJECT_MAX || statement_size > OBJECT_MAX || auth_data_size > OBJECT_MAX)
		return STEPUP_TOO_LONG;
	put_head(&writer, MAP, 3);
	put_text(&writer, "fmt");
	put_text(&writer, format);
	put_text(&writer, "attStmt");
	if (statement_size > 0)
		writer_raw(&writer, statement, statement_size);
	else
		put_head(&writer, MAP, 0);
	put_text(&writer, "authData");
	put_head(&writer, BYTE_STRING, auth_data_size);
	writer_raw(&writer, auth_data, auth_data_size);
	return writer_finish(&writer, object, size);
}

const uint8_t *cbor_byte_string(const uint8_t *cbor, size_t size, size_t *content_size)
{
	struct byte_cursor cursor = {.at = cbor, .left = size};
	uint8_t first = cursor_u8(&cursor);
	size_t length = first & 0x1f;
	const uint8_t *content;

	if (length == ONE_BYTE)
		length = cursor_u8(&cursor);
	else if (length == TWO_BYTES)
		length = cursor_u16(&cursor);
	else if (length > ONE_BYTE)
		return NULL;
	content = cursor_raw(&cursor, length);
	if ((first & 0xe0) != BYTE_STRING || !cursor_is_done(&cursor))
		return NULL;
	*content_size = length;
	return content;
}
