/* SPDX-License-Identifier: BSD-2-Clause */
/* The mark's file; see mark.h. */
#include "verifier/state/vault/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/evidence/digest.h"
#include "verifier/state/vault/kept_mac.h"

#define PURPOSE "mark"
#define MAGIC "stepup-mark 1\n\0" /* with its end 16 bytes */
#define MAGIC_SIZE 16
#define SLOT_SIZE 512
#define SLOTS 2
#define TABLES_SLOT 2

/* A slot: magic 16, its number 8, then of a head: sequence 8, store 16, seen 8, head 62, zeros up to 128; of
 * tables: batch 8, store 16, number of tables 8, digest of them 32, zeros up to 96. Then the MAC over all
 * that, and the tables behind it. Numbers are big-endian. */
#define HEAD_PART 128
#define TABLES_PART 96
#define TABLE_SIZE (STORE_HEAD_TAG_SIZE + 8)

struct mark {
	int fd;
	struct kept_mac *mac; /* with the lock */
	uint8_t store_id[MARK_STORE_ID_SIZE];
	pthread_mutex_t lock; /* guards what follows, and the file's bytes */
	uint64_t sequence;    /* of the newest slot */
	struct store_head head;
	int64_t seen;
	bool owed; /* `head` could not be written */
	bool has_tables;
	struct mark_tables tables;
};

__attribute__((format(printf, 3, 4))) static enum stepup_error say(char **why, enum stepup_error error,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	free(*why);
	if (vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
}

/* --- slots as bytes --- */

static uint8_t *mark_put_number(uint8_t *at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
	return at + 8;
}

static uint64_t get_number(const uint8_t *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

/* The MAC of a slot's first part, behind which it stands. */
static enum stepup_error slot_mac(const struct mark *mark, const uint8_t *bytes, size_t size,
	uint8_t result[KEPT_MAC_SIZE])
{
	uint8_t blocks[HEAD_PART];

	if (size > sizeof(blocks))
		return STEPUP_INTERNAL;
	memcpy(blocks, bytes, size);
	return kept_mac_of(mark->mac, blocks, size, result);
}

static enum stepup_error head_slot_make(const struct mark *mark, unsigned slot, uint64_t sequence,
	int64_t seen, uint8_t bytes[SLOT_SIZE])
{
	uint8_t *at = bytes;

	memset(bytes, 0, SLOT_SIZE);
	at = put_bytes(at, MAGIC, MAGIC_SIZE);
	at = mark_put_number(at, slot);
	at = mark_put_number(at, sequence);
	at = put_bytes(at, mark->store_id, MARK_STORE_ID_SIZE);
	at = mark_put_number(at, (uint64_t)seen);
	store_head_pack(&mark->head, at);
	return slot_mac(mark, bytes, HEAD_PART, bytes + HEAD_PART);
}

static bool mac_holds(const struct mark *mark, const uint8_t *bytes, size_t size)
{
	uint8_t mac[KEPT_MAC_SIZE];

	return slot_mac(mark, bytes, size, mac) == STEPUP_OK &&
		equal_constant_time(mac, bytes + size, sizeof(mac));
}

/* Whether it is such a slot of this store's; what is in it is read where it is, and not before. */
static bool slot_holds(const struct mark *mark, unsigned slot, const uint8_t bytes[SLOT_SIZE], size_t part)
{
	return mac_holds(mark, bytes, part) && memcmp(bytes, MAGIC, MAGIC_SIZE) == 0 &&
		get_number(bytes + 16) == slot && memcmp(bytes + 32, mark->store_id, MARK_STORE_ID_SIZE) == 0;
}

static void head_slot_read(struct mark *mark, unsigned slot, const uint8_t bytes[SLOT_SIZE])
{
	uint64_t sequence = get_number(bytes + 24);
	struct store_head head;

	if (!slot_holds(mark, slot, bytes, HEAD_PART) || sequence <= mark->sequence ||
	    store_head_unpack(bytes + 56, STORE_HEAD_SIZE, &head) != STEPUP_OK)
		return;
	mark->sequence = sequence;
	mark->seen = (int64_t)get_number(bytes + 48);
	mark->head = head;
}

static enum stepup_error tables_slot_make(const struct mark *mark, const struct mark_tables *tables,
	uint8_t bytes[SLOT_SIZE])
{
	uint8_t *rows = bytes + TABLES_PART + KEPT_MAC_SIZE, *at = bytes;
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error;

	memset(bytes, 0, SLOT_SIZE);
	for (size_t i = 0; i < tables->count; i++) {
		memcpy(rows + i * TABLE_SIZE, tables->tables[i].tag, STORE_HEAD_TAG_SIZE);
		(void)mark_put_number(rows + i * TABLE_SIZE + STORE_HEAD_TAG_SIZE,
			(uint64_t)tables->tables[i].rows);
	}
	error = digest_sha256(rows, tables->count * TABLE_SIZE, digest);
	if (error != STEPUP_OK)
		return error;
	at = put_bytes(at, MAGIC, MAGIC_SIZE);
	at = mark_put_number(at, TABLES_SLOT);
	at = mark_put_number(at, (uint64_t)tables->batch);
	at = put_bytes(at, mark->store_id, MARK_STORE_ID_SIZE);
	at = mark_put_number(at, tables->count);
	(void)put_bytes(at, digest, sizeof(digest));
	return slot_mac(mark, bytes, TABLES_PART, bytes + TABLES_PART);
}

static void tables_slot_read(struct mark *mark, const uint8_t bytes[SLOT_SIZE])
{
	const uint8_t *rows = bytes + TABLES_PART + KEPT_MAC_SIZE;
	uint64_t count = get_number(bytes + 48);
	uint8_t digest[DIGEST_SIZE];

	if (!slot_holds(mark, TABLES_SLOT, bytes, TABLES_PART) || count > MARK_TABLES_MAX ||
	    digest_sha256(rows, count * TABLE_SIZE, digest) != STEPUP_OK ||
	    !equal_constant_time(digest, bytes + 56, DIGEST_SIZE))
		return;
	mark->tables = (struct mark_tables){.batch = (int64_t)get_number(bytes + 24), .count = count};
	for (size_t i = 0; i < count; i++) {
		memcpy(mark->tables.tables[i].tag, rows + i * TABLE_SIZE, STORE_HEAD_TAG_SIZE);
		mark->tables.tables[i].rows =
			(int64_t)get_number(rows + i * TABLE_SIZE + STORE_HEAD_TAG_SIZE);
	}
	mark->has_tables = true;
}

/* --- the file --- */

static enum stepup_error folder_check(const char *path, char **why)
{
	char *copy = strdup(path);
	enum stepup_error error = copy == NULL ? STEPUP_NO_MEMORY : safe_folder_check(dirname(copy), why);

	free(copy);
	return error;
}

static enum stepup_error file_open(const char *path, struct mark *mark, char **why)
{
	enum stepup_error error = folder_check(path, why);
	struct stat st;

	if (error != STEPUP_OK)
		return error;
	mark->fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (mark->fd < 0) {
		switch (errno) {
		case ENOENT: return say(why, STEPUP_NOT_FOUND, "The mark %s is missing", path);
		case ELOOP: return say(why, STEPUP_UNSAFE_FILE,
			"The mark %s is a symbolic link. Put the file itself there.", path);
		case ENXIO:
		case EISDIR: return say(why, STEPUP_UNSAFE_FILE,
			"The mark %s is not a regular file. Look what it is, and remove it.", path);
		default: return say(why, STEPUP_IO, "The mark %s can't be opened: %s.", path,
			strerror(errno));
		}
	}
	if (fstat(mark->fd, &st) != 0)
		return say(why, STEPUP_IO, "The mark %s can't be read: %s.", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return say(why, STEPUP_UNSAFE_FILE,
			"The mark %s is not a regular file with one name. Look what it is, and remove it.",
			path);
	if (st.st_uid != geteuid() || (st.st_mode & 07777) != 0600)
		return say(why, STEPUP_UNSAFE_FILE, "The mark %s must belong to the verifier's user and have "
			"mode 0600: run chown and chmod 0600 on it.", path);
	return STEPUP_OK;
}

static enum stepup_error mark_write_all(int fd, const uint8_t *bytes, size_t size, off_t place)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(fd, bytes + done, size - done, place + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return STEPUP_IO;
		done += (size_t)n;
	}
	return STEPUP_OK;
}

static void unlocked_free(struct mark **mark)
{
	if ((*mark)->fd >= 0)
		(void)close((*mark)->fd);
	kept_mac_free(&(*mark)->mac);
	(void)pthread_mutex_destroy(&(*mark)->lock);
	WIPE_OBJECT(*mark);
	free(*mark);
	*mark = NULL;
}

static enum stepup_error mark_new(const struct master_key *key, const uint8_t store_id[MARK_STORE_ID_SIZE],
	struct mark **mark)
{
	uint8_t bytes[MASTER_KEY_SIZE] = {0};
	struct mark *made = calloc(1, sizeof(*made));
	enum stepup_error error;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->fd = -1;
	memcpy(made->store_id, store_id, MARK_STORE_ID_SIZE);
	(void)pthread_mutex_init(&made->lock, NULL);
	error = master_key_derive(key, PURPOSE, bytes);
	if (error == STEPUP_OK)
		error = kept_mac_new(bytes, &made->mac);
	WIPE_ARRAY(bytes);
	if (error == STEPUP_OK)
		*mark = made;
	else
		unlocked_free(&made);
	return error;
}

void mark_close(struct mark **mark)
{
	if (*mark != NULL)
		unlocked_free(mark);
}

static enum stepup_error file_read(const char *path, struct mark *mark, char **why)
{
	uint8_t bytes[(TABLES_SLOT + 1) * SLOT_SIZE] = {0};
	ssize_t got = pread(mark->fd, bytes, sizeof(bytes), 0);

	if (got < 0)
		return say(why, STEPUP_IO, "The mark %s can't be read: %s.", path, strerror(errno));
	for (unsigned slot = 0; slot < SLOTS; slot++)
		head_slot_read(mark, slot, bytes + slot * SLOT_SIZE);
	tables_slot_read(mark, bytes + TABLES_SLOT * SLOT_SIZE);
	if (mark->sequence == 0)
		return say(why, STEPUP_CORRUPT,
			"The mark %s was not written for this store under this master key", path);
	return STEPUP_OK;
}

enum stepup_error mark_open(const char *path, const struct master_key *key,
	const uint8_t store_id[MARK_STORE_ID_SIZE], struct mark **mark, char **why)
{
	struct mark *opened = NULL;
	enum stepup_error error = mark_new(key, store_id, &opened);

	if (error != STEPUP_OK)
		return error;
	error = file_open(path, opened, why);
	if (error == STEPUP_OK)
		error = file_read(path, opened, why);
	if (error == STEPUP_OK)
		*mark = opened;
	else
		mark_close(&opened);
	return error;
}

/* Fills a new file under another name and moves it into place. */
static enum stepup_error file_make(const char *path, const char *fresh, struct mark *mark, int64_t now)
{
	uint8_t bytes[MARK_FILE_SIZE] = {0};
	char *copy = strdup(path);
	int folder = -1;
	enum stepup_error error = copy == NULL ? STEPUP_NO_MEMORY : STEPUP_IO;

	if (copy == NULL || (unlink(fresh) != 0 && errno != ENOENT))
		goto out;
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mark->fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (folder < 0 || mark->fd < 0)
		goto out;
	mark->sequence = 1;
	mark->seen = now;
	error = head_slot_make(mark, 1 % SLOTS, mark->sequence, now, bytes + (1 % SLOTS) * SLOT_SIZE);
	if (error == STEPUP_OK)
		error = mark_write_all(mark->fd, bytes, sizeof(bytes), 0);
	if (error == STEPUP_OK && (fsync(mark->fd) != 0 || rename(fresh, path) != 0 || fsync(folder) != 0))
		error = STEPUP_IO;
out:
	if (error != STEPUP_OK)
		(void)unlink(fresh);
	if (folder >= 0)
		(void)close(folder);
	free(copy);
	return error;
}

static enum stepup_error file_make_saying(const char *path, const char *fresh, struct mark *made, int64_t now,
	char **why)
{
	enum stepup_error error = file_make(path, fresh, made, now);

	return error == STEPUP_IO ? say(why, error, "The mark %s can't be made: %s.", path, strerror(errno))
		: error;
}

enum stepup_error mark_make(const char *path, const struct master_key *key,
	const uint8_t store_id[MARK_STORE_ID_SIZE], const struct store_head *head, int64_t now,
	struct mark **mark, char **why)
{
	struct mark *made = NULL;
	char *fresh = NULL;
	enum stepup_error error = folder_check(path, why);

	if (error == STEPUP_OK)
		error = mark_new(key, store_id, &made);
	if (error == STEPUP_OK && asprintf(&fresh, "%s.new", path) < 0) {
		fresh = NULL;
		error = STEPUP_NO_MEMORY;
	}
	if (error == STEPUP_OK) {
		made->head = *head;
		error = file_make_saying(path, fresh, made, now, why);
	}
	free(fresh);
	if (error == STEPUP_OK)
		*mark = made;
	else
		mark_close(&made);
	return error;
}

/* --- what it remembers --- */

const struct store_head *mark_head(const struct mark *mark)
{
	return &mark->head;
}

int64_t mark_seen(const struct mark *mark)
{
	return mark->seen;
}

bool mark_tables(const struct mark *mark, struct mark_tables *tables)
{
	*tables = mark->tables;
	return mark->has_tables;
}

/* --- writing --- */

/* The older slot is written over; the newer one stays whole whatever happens. With the lock held. */
static enum stepup_error write_head(struct mark *mark, int64_t now)
{
	uint8_t bytes[SLOT_SIZE];
	uint64_t sequence = mark->sequence + 1;
	enum stepup_error error = head_slot_make(mark, sequence % SLOTS, sequence, now, bytes);

	if (error == STEPUP_OK)
		error = mark_write_all(mark->fd, bytes, sizeof(bytes), (off_t)(sequence % SLOTS) * SLOT_SIZE);
	mark->owed = error != STEPUP_OK;
	if (error == STEPUP_OK) {
		mark->sequence = sequence;
		mark->seen = now;
	}
	return error;
}

static bool mark_is_late(const struct mark *mark, int64_t now)
{
	return now < mark->seen || now - mark->seen >= MARK_LATE_SECONDS;
}

/* A sync that failed may have thrown away what was written, and the next one wouldn't know. */
static enum stepup_error sync_file(struct mark *mark)
{
	if (fdatasync(mark->fd) == 0)
		return STEPUP_OK;
	(void)pthread_mutex_lock(&mark->lock);
	mark->owed = true;
	(void)pthread_mutex_unlock(&mark->lock);
	return STEPUP_IO;
}

enum stepup_error mark_prepare(struct mark *mark, int64_t now)
{
	enum stepup_error error = STEPUP_OK;
	bool late;

	(void)pthread_mutex_lock(&mark->lock);
	late = mark_is_late(mark, now);
	if (mark->owed || late)
		error = write_head(mark, now);
	(void)pthread_mutex_unlock(&mark->lock);
	return error == STEPUP_OK && late ? sync_file(mark) : error;
}

enum stepup_error mark_write(struct mark *mark, const struct store_head *head)
{
	enum stepup_error error;

	(void)pthread_mutex_lock(&mark->lock);
	mark->head = *head;
	error = write_head(mark, head->at);
	(void)pthread_mutex_unlock(&mark->lock);
	return error;
}

enum stepup_error mark_write_tables(struct mark *mark, const struct mark_tables *tables)
{
	uint8_t bytes[SLOT_SIZE];
	enum stepup_error error = STEPUP_INTERNAL;

	if (tables->count > MARK_TABLES_MAX)
		return error;
	(void)pthread_mutex_lock(&mark->lock);
	error = tables_slot_make(mark, tables, bytes);
	if (error == STEPUP_OK)
		error = mark_write_all(mark->fd, bytes, sizeof(bytes), (off_t)TABLES_SLOT * SLOT_SIZE);
	if (error == STEPUP_OK) {
		mark->tables = *tables;
		mark->has_tables = true;
	}
	(void)pthread_mutex_unlock(&mark->lock);
	return error;
}

enum stepup_error mark_sync(struct mark *mark, int64_t now)
{
	enum stepup_error error = STEPUP_OK;

	(void)pthread_mutex_lock(&mark->lock);
	if (mark->owed || mark_is_late(mark, now))
		error = write_head(mark, now);
	(void)pthread_mutex_unlock(&mark->lock);
	return error == STEPUP_OK ? sync_file(mark) : error;
}
