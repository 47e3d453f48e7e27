/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mark's file: what it remembers, what it takes for one, and what a torn, changed or failing one does.
 */
#include "tests/unit/store/store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/store/disk_faults.h"
#include "verifier/state/vault/mark.h"

#define NOW 1700000000

struct scene {
	struct fixture *fixture;
	char path[128];
	struct mark *mark;
};

static const uint8_t store_id[MARK_STORE_ID_SIZE] = {7, 7, 7};

static struct store_head head_of(int64_t batch)
{
	struct store_head head = {
		.running = true, .epoch = 1, .batch = batch, .at = NOW + batch, .log_size = 10 * batch};

	memset(head.tag_rows, (int)batch, sizeof(head.tag_rows));
	memset(head.tag_log, (int)batch + 1, sizeof(head.tag_log));
	return head;
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct store_head head = head_of(0);
	char *why = NULL;

	scene->fixture = fixture_folder();
	snprintf(scene->path, sizeof(scene->path), "%s/mark", scene->fixture->folder);
	assert_ok(mark_make(scene->path, scene->fixture->key, store_id, &head, NOW, &scene->mark, &why));
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	disk_forget();
	mark_close(&scene->mark);
	fixture_free(scene->fixture);
	free(scene);
	return 0;
}

/* Opens it anew, as the next start does, and says what came of it. */
static enum stepup_error reopen(struct scene *scene)
{
	char *why = NULL;
	enum stepup_error error;

	mark_close(&scene->mark);
	error = mark_open(scene->path, scene->fixture->key, store_id, &scene->mark, &why);
	if (error == STEPUP_OK)
		assert_null(why);
	else
		assert_non_null(why);
	free(why);
	return error;
}

static void write_batch(struct scene *scene, int64_t batch)
{
	struct store_head head = head_of(batch);

	assert_ok(mark_write(scene->mark, &head));
}

static void assert_remembers(const struct scene *scene, int64_t batch)
{
	struct store_head head = head_of(batch);
	uint8_t expected[STORE_HEAD_SIZE], got[STORE_HEAD_SIZE];

	store_head_pack(&head, expected);
	store_head_pack(mark_head(scene->mark), got);
	assert_memory_equal(got, expected, STORE_HEAD_SIZE);
}

static void flip(const struct scene *scene, off_t place)
{
	int fd = open(scene->path, O_RDWR | O_CLOEXEC);
	uint8_t byte = 0;

	assert_int_equal(pread(fd, &byte, 1, place), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, place), 1);
	close(fd);
}

static void it_remembers_the_newest_head(void **state)
{
	struct scene *scene = *state;
	struct stat st;

	assert_remembers(scene, 0);
	for (int64_t batch = 1; batch < 5; batch++) {
		write_batch(scene, batch);
		assert_ok(reopen(scene));
		assert_remembers(scene, batch);
		assert_int_equal(mark_seen(scene->mark), NOW + batch);
	}
	assert_int_equal(stat(scene->path, &st), 0);
	assert_int_equal(st.st_size, MARK_FILE_SIZE);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void it_is_written_in_place_and_not_synced_for_a_commit(void **state)
{
	struct scene *scene = *state;
	struct stat before, after;

	assert_int_equal(stat(scene->path, &before), 0);
	disk_forget();
	write_batch(scene, 1);
	assert_int_equal(disk_syncs(), 0);
	assert_ok(mark_sync(scene->mark, NOW + 1));
	assert_int_equal(disk_syncs(), 1);
	assert_int_equal(stat(scene->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void a_torn_slot_leaves_the_other_one(void **state)
{
	struct scene *scene = *state;

	write_batch(scene, 1);
	write_batch(scene, 2);
	write_batch(scene, 3); /* sequences 1 … 4: the fourth is in the first slot */
	flip(scene, 60);
	assert_ok(reopen(scene));
	assert_remembers(scene, 2);
	write_batch(scene, 4); /* over the torn one */
	assert_ok(reopen(scene));
	assert_remembers(scene, 4);
}

static void every_changed_bit_of_the_only_slot_is_refused(void **state)
{
	struct scene *scene = *state;

	for (off_t place = 0; place < 144; place++) {
		flip(scene, 512 + place); /* the first sequence is in the second slot */
		assert_error(reopen(scene), STEPUP_CORRUPT);
		flip(scene, 512 + place);
	}
	assert_ok(reopen(scene));
}

static void a_slot_counts_in_its_own_place_only(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[512];
	int fd;

	write_batch(scene, 1);
	write_batch(scene, 2);
	fd = open(scene->path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 512), 512); /* batch 2 */
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), 512);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 512), 512);
	close(fd);
	assert_error(reopen(scene), STEPUP_CORRUPT);
}

static void another_store_or_another_master_key_is_refused(void **state)
{
	struct scene *scene = *state;
	const uint8_t other[MARK_STORE_ID_SIZE] = {8};
	struct master_key *key = fixture_key(99);
	char *why = NULL;

	mark_close(&scene->mark);
	assert_error(mark_open(scene->path, scene->fixture->key, other, &scene->mark, &why), STEPUP_CORRUPT);
	free(why);
	why = NULL;
	assert_error(mark_open(scene->path, key, store_id, &scene->mark, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, "not written for this store under this master key"));
	master_key_free(&key);
	free(why);
}

static void what_is_no_file_of_its_own_is_refused(void **state)
{
	struct scene *scene = *state;
	char other[160];

	snprintf(other, sizeof(other), "%s.other", scene->path);
	assert_int_equal(link(scene->path, other), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(rename(other, scene->path), 0); /* does nothing: they are one file */
	assert_int_equal(unlink(other), 0);
	assert_int_equal(chmod(scene->path, 0640), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(chmod(scene->path, 0600), 0);
	assert_ok(reopen(scene));
	assert_int_equal(rename(scene->path, other), 0);
	assert_error(reopen(scene), STEPUP_NOT_FOUND);
	assert_int_equal(symlink(other, scene->path), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkfifo(scene->path, 0600), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkdir(scene->path, 0700), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(rmdir(scene->path), 0);
	assert_int_equal(chmod(scene->fixture->folder, 0777), 0);
	assert_error(reopen(scene), STEPUP_UNSAFE_FILE);
	assert_int_equal(chmod(scene->fixture->folder, 0700), 0);
}

static void a_short_or_an_empty_file_is_no_mark(void **state)
{
	struct scene *scene = *state;

	for (off_t size = 0; size <= 600; size += 100) {
		assert_int_equal(truncate(scene->path, size), 0);
		assert_error(reopen(scene), STEPUP_CORRUPT);
	}
}

static void what_could_not_be_written_keeps_the_next_commit_from_being_made(void **state)
{
	static const enum disk_fault faults[] = {DISK_NO_SPACE, DISK_IO_ERROR, DISK_READ_ONLY,
		DISK_SHORT_WRITE};
	struct scene *scene = *state;
	struct store_head head;
	int64_t batch = 1;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++, batch++) {
		head = head_of(batch);
		disk_fail(faults[i], 1, 0);
		assert_error(mark_write(scene->mark, &head), STEPUP_IO);
		assert_error(mark_prepare(scene->mark, NOW + batch), STEPUP_IO);
		disk_forget();
		assert_ok(mark_prepare(scene->mark, NOW + batch)); /* writes what was owed */
		assert_ok(reopen(scene));
		assert_remembers(scene, batch);
	}
}

static void a_sync_that_failed_is_not_taken_for_done_by_the_next(void **state)
{
	struct scene *scene = *state;
	struct stat before, after;

	write_batch(scene, 1);
	disk_fail(DISK_SYNC_FAILS, 1, 1);
	assert_error(mark_sync(scene->mark, NOW + 1), STEPUP_IO);
	disk_forget();
	assert_int_equal(utimensat(AT_FDCWD, scene->path,
			(const struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0), 0);
	assert_int_equal(stat(scene->path, &before), 0);
	assert_ok(mark_sync(scene->mark, NOW + 1));
	assert_int_equal(stat(scene->path, &after), 0);
	assert_int_not_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec); /* written anew, then synced */
	assert_ok(reopen(scene));
	assert_remembers(scene, 1);
}

static void a_quiet_mark_says_its_time_anew(void **state)
{
	struct scene *scene = *state;

	write_batch(scene, 1);
	assert_ok(mark_sync(scene->mark, NOW + 1 + MARK_LATE_SECONDS - 1));
	assert_int_equal(mark_seen(scene->mark), NOW + 1);
	assert_ok(mark_sync(scene->mark, NOW + 1 + MARK_LATE_SECONDS));
	assert_int_equal(mark_seen(scene->mark), NOW + 1 + MARK_LATE_SECONDS);
	disk_forget();
	assert_ok(mark_prepare(scene->mark, NOW + 2 + MARK_LATE_SECONDS));
	assert_int_equal(disk_syncs(), 0);
	/* the machine slept: before the commit, and durably */
	assert_ok(mark_prepare(scene->mark, NOW + 10000));
	assert_int_equal(disk_syncs(), 1);
	assert_ok(reopen(scene));
	assert_int_equal(mark_seen(scene->mark), NOW + 10000);
	assert_remembers(scene, 1);
}

static void it_keeps_a_tag_and_a_number_a_table(void **state)
{
	struct scene *scene = *state;
	struct mark_tables tables = {.batch = 3, .count = MARK_TABLES_MAX}, got;

	assert_false(mark_tables(scene->mark, &got));
	for (size_t i = 0; i < tables.count; i++) {
		memset(tables.tables[i].tag, (int)i, STORE_HEAD_TAG_SIZE);
		tables.tables[i].rows = (int64_t)i * 1000;
	}
	assert_ok(mark_write_tables(scene->mark, &tables));
	write_batch(scene, 4);
	assert_ok(reopen(scene));
	assert_true(mark_tables(scene->mark, &got));
	assert_int_equal(got.batch, 3);
	assert_int_equal(got.count, MARK_TABLES_MAX);
	assert_memory_equal(got.tables, tables.tables, sizeof(got.tables));
	flip(scene, 1024 + 200); /* a tag: the heads count all the same */
	assert_ok(reopen(scene));
	assert_false(mark_tables(scene->mark, &got));
	assert_remembers(scene, 4);
}

static void a_new_one_takes_the_place_of_whatever_is_there(void **state)
{
	struct scene *scene = *state;
	struct store_head head = head_of(9);
	char *why = NULL;

	mark_close(&scene->mark);
	assert_int_equal(truncate(scene->path, 5), 0);
	assert_ok(mark_make(scene->path, scene->fixture->key, store_id, &head, NOW, &scene->mark, &why));
	assert_ok(reopen(scene));
	assert_remembers(scene, 9);
	disk_fail(DISK_NO_SPACE, 1, 0);
	mark_close(&scene->mark);
	head = head_of(10);
	assert_error(mark_make(scene->path, scene->fixture->key, store_id, &head, NOW, &scene->mark, &why),
		STEPUP_IO);
	assert_non_null(strstr(why, "can't be made"));
	free(why);
	disk_forget();
	assert_ok(reopen(scene));
	assert_remembers(scene, 9);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(it_remembers_the_newest_head),
	CASE(it_is_written_in_place_and_not_synced_for_a_commit),
	CASE(a_torn_slot_leaves_the_other_one),
	CASE(every_changed_bit_of_the_only_slot_is_refused),
	CASE(a_slot_counts_in_its_own_place_only),
	CASE(another_store_or_another_master_key_is_refused),
	CASE(what_is_no_file_of_its_own_is_refused),
	CASE(a_short_or_an_empty_file_is_no_mark),
	CASE(what_could_not_be_written_keeps_the_next_commit_from_being_made),
	CASE(a_sync_that_failed_is_not_taken_for_done_by_the_next),
	CASE(a_quiet_mark_says_its_time_anew),
	CASE(it_keeps_a_tag_and_a_number_a_table),
	CASE(a_new_one_takes_the_place_of_whatever_is_there),
};

TAP_MAIN(tests)
