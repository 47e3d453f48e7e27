/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a row is in the vault: its term, and its name in the memory.
 * MUST: bind the table and every column that stands in clear, each behind its kind and length, with nonce and
 * tag of the seal, which stand for the rest.
 */
#include "verifier/state/store/store_internal.h"

#include <string.h>

#include "lib/base/wipe.h"

#define NO (-1)
#define MESSAGE_MAX 1024 /* bytes; no row of ours has more in clear */

/* By the numbers of their tables, which are bound into every term: never change one. Name, scan, find,
 * columns, of these keys, version, flag, group, plain, counts. */
const struct vault_columns vault_tables[VAULT_COUNT] = {
	[VAULT_META] = {"meta", SQL_META_SCAN, SQL_META_GET, 3, 1, -1, -1, -1, false, {SQL_META_COUNT, NO}},
	[VAULT_USERS] = {"users", SQL_USER_SCAN, SQL_USER_FIND, 7, 1, 2, 3, 4, false,
		{SQL_USER_COUNT, SQL_USER_COUNT_LOCKED}},
	[VAULT_KEY_IDS] = {"key_ids", SQL_KEY_ID_SCAN, SQL_KEY_ID_FIND, 3, 1, -1, -1, -1, false,
		{SQL_KEY_ID_COUNT, NO}},
	[VAULT_RECEIPTS] = {"receipts", SQL_RECEIPT_SCAN, SQL_RECEIPT_FIND, 5, 1, 2, -1, -1, false,
		{SQL_RECEIPT_COUNT, NO}},
	[VAULT_REQUESTS] = {"requests", SQL_REQUEST_SCAN, SQL_REQUEST_FIND, 7, 1, 4, 2, -1, false,
		{SQL_REQUEST_COUNT, SQL_REQUEST_COUNT_OPEN}},
	[VAULT_INVITATIONS] = {"invitations", SQL_INVITATION_SCAN, SQL_INVITATION_FIND, 3, 1, -1, -1, -1,
		false, {SQL_INVITATION_COUNT, NO}},
	[VAULT_FACTS] = {"facts", SQL_FACT_SCAN, SQL_FACT_GET, 4, 1, 1, -1, -1, false, {SQL_FACT_COUNT, NO}},
	[VAULT_KEYS] = {"keys", SQL_KEY_SCAN, SQL_KEY_FIND, 5, 2, -1, -1, -1, false, {SQL_KEY_COUNT, NO}},
	[VAULT_EVENTS] = {"events", SQL_EVENT_SCAN, SQL_EVENT_FIND, 3, 2, -1, -1, -1, true,
		{SQL_EVENT_COUNT, NO}},
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t size;
	bool broken;
};

static void terms_put(struct message *message, const void *bytes, size_t size)
{
	if (message->broken || size > sizeof(message->bytes) - message->size) {
		message->broken = true;
		return;
	}
	memcpy(message->bytes + message->size, bytes, size);
	message->size += size;
}

static void put_number(struct message *message, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	terms_put(message, bytes, size);
}

static void put_value(struct message *message, const struct db_value *value)
{
	put_number(message, (uint64_t)value->kind + 1, 1);
	if (value->kind == DB_KIND_INT) {
		put_number(message, (uint64_t)value->number, 8);
		return;
	}
	put_number(message, value->size, 4);
	if (value->size > 0)
		terms_put(message, value->bytes, value->size);
}

/* Format byte, nonce and tag; what lies between can't be changed under them without being noticed
 * where it is opened. */
static void put_sealed(struct message *message, const struct db_value *sealed)
{
	const uint8_t *bytes = sealed->bytes;

	if (sealed->kind != DB_KIND_BLOB || sealed->size < SEAL_OVERHEAD) {
		message->broken = true;
		return;
	}
	put_number(message, sealed->size, 4);
	terms_put(message, bytes, 1 + SEAL_NONCE_SIZE);
	terms_put(message, bytes + sealed->size - SEAL_TAG_SIZE, SEAL_TAG_SIZE);
}

static enum stepup_error terms_finish(struct store_session *session, enum vault_mac which,
	struct message *message, uint8_t mac[KEPT_MAC_SIZE])
{
	static const uint8_t filling[KEPT_MAC_BLOCK];
	struct kept_mac *kept = NULL;
	enum stepup_error error = session_mac(session, which, &kept);

	terms_put(message, filling, (KEPT_MAC_BLOCK - message->size % KEPT_MAC_BLOCK) % KEPT_MAC_BLOCK);
	if (error == STEPUP_OK)
		error = message->broken ? STEPUP_CORRUPT
			: kept_mac_of(kept, message->bytes, message->size, mac);
	wipe_memory(message->bytes, message->size);
	return error;
}

static uint64_t number_at(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

enum stepup_error vault_term(struct store_session *session, enum vault_table table,
	const struct db_value *row, struct row_term *term)
{
	const struct vault_columns *columns = &vault_tables[table];
	unsigned clear = columns->plain ? columns->count : columns->count - 1;
	struct message message;
	uint8_t mac[KEPT_MAC_SIZE];
	enum stepup_error error;

	message.size = 0;
	message.broken = false;
	put_number(&message, (uint64_t)table, 1);
	for (unsigned i = 0; i < clear; i++)
		put_value(&message, &row[i]);
	if (!columns->plain)
		put_sealed(&message, &row[clear]);
	error = terms_finish(session, VAULT_MAC_TERMS, &message, mac);
	if (error == STEPUP_OK)
		*term = (struct row_term){.high = number_at(mac), .low = number_at(mac + 8)};
	WIPE_ARRAY(mac);
	return error;
}

enum stepup_error vault_name(struct store_session *session, enum vault_table table,
	const struct db_value *key, uint64_t *name)
{
	struct message message;
	uint8_t mac[KEPT_MAC_SIZE];
	enum stepup_error error;

	message.size = 0;
	message.broken = false;
	put_number(&message, (uint64_t)table, 1);
	for (unsigned i = 0; i < vault_tables[table].keys; i++)
		put_value(&message, &key[i]);
	error = terms_finish(session, VAULT_MAC_NAMES, &message, mac);
	if (error == STEPUP_OK)
		*name = number_at(mac);
	return error;
}

enum stepup_error vault_row_of(enum vault_table table, struct db_statement *statement, struct db_value *row)
{
	for (unsigned i = 0; i < vault_tables[table].count; i++)
		if (!db_column(statement, (int)i, &row[i]))
			return STEPUP_CORRUPT;
	return STEPUP_OK;
}

int64_t vault_version(enum vault_table table, const struct db_value *row)
{
	int column = vault_tables[table].version;

	return column < 0 ? 1 : row[column].kind == DB_KIND_INT ? row[column].number : 0;
}

bool vault_flag(enum vault_table table, const struct db_value *row)
{
	int column = vault_tables[table].flag;

	return column >= 0 && row[column].kind == DB_KIND_INT && row[column].number == 1;
}

int64_t vault_group_of(enum vault_table table, const struct db_value *row)
{
	int column = vault_tables[table].group;

	return column >= 0 && row[column].kind == DB_KIND_INT &&
		row[column].number >= 0 ? row[column].number : -1;
}

#define GROUP 0x80 /* beside the numbers of tables */

enum stepup_error vault_group_name(struct store_session *session, enum vault_table table, int64_t group,
	uint64_t *name)
{
	struct message message;
	uint8_t mac[KEPT_MAC_SIZE];
	enum stepup_error error;

	message.size = 0;
	message.broken = false;
	put_number(&message, (uint64_t)table | GROUP, 1);
	put_value(&message, &DB_INT(group));
	error = terms_finish(session, VAULT_MAC_NAMES, &message, mac);
	if (error == STEPUP_OK)
		*name = number_at(mac);
	return error;
}
