/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A power cut after syncs that failed. The kernel takes pages whose writing failed for written: they are read
 * back, and no later sync writes them. This file is such a kernel: it keeps what is on the disk apart from
 * what is in memory.
 */
#include "tests/unit/store/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PAGE 512 /* what a disk writes whole */
#define PAGES_MAX 65536
#define FILES 2

#define INTERPOSED __attribute__((visibility("default")))

/* A file of the database: what the disk has of it, and which pages wait for a sync. */
static struct disk_file {
	const char *suffix;
	ino_t inode;
	uint8_t *bytes;
	size_t size;
	bool dirty[PAGES_MAX];
} files[FILES] = {{.suffix = ""}, {.suffix = "-wal"}};

static bool failing;

static struct disk_file *file_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return NULL;
	for (int i = 0; i < FILES; i++)
		if (files[i].inode != 0 && files[i].inode == st.st_ino)
			return &files[i];
	return NULL;
}

static ssize_t noted_write(int fd, const void *bytes, size_t size, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, bytes, size, at);
	struct disk_file *file = n > 0 ? file_of(fd) : NULL;

	for (off_t page = at / PAGE; file != NULL && page <= (at + n - 1) / PAGE && page < PAGES_MAX; page++)
		file->dirty[page] = true;
	return n;
}

/* What is dirty goes to the disk; or is lost, and no longer dirty. */
static int noted_sync(int fd)
{
	struct disk_file *file = file_of(fd);
	uint8_t page[PAGE];

	for (size_t i = 0; file != NULL && i < PAGES_MAX; i++) {
		ssize_t n;

		if (!file->dirty[i])
			continue;
		file->dirty[i] = false;
		n = failing ? 0 : pread(fd, page, PAGE, (off_t)(i * PAGE));
		if (n > 0)
			memcpy(file->bytes + i * PAGE, page, (size_t)n);
		if (n > 0 && file->size < i * PAGE + (size_t)n)
			file->size = i * PAGE + (size_t)n;
	}
	if (!failing)
		return 0;
	errno = EIO;
	return -1;
}

INTERPOSED ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at);
INTERPOSED ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at);
INTERPOSED int fdatasync(int fd);
INTERPOSED int fsync(int fd);

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return noted_write(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	return noted_write(fd, bytes, size, at);
}

int fdatasync(int fd)
{
	return noted_sync(fd);
}

int fsync(int fd)
{
	return noted_sync(fd);
}

/* From here on the disk is told apart from memory; what stands in the files now is on it. */
static void disk_watch(const struct fixture *fixture)
{
	for (int i = 0; i < FILES; i++) {
		char path[160];
		struct stat st;
		int fd;

		snprintf(path, sizeof(path), "%s%s", fixture->place, files[i].suffix);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(st.st_size <= (off_t)PAGES_MAX * PAGE);
		free(files[i].bytes);
		files[i].bytes = calloc(PAGES_MAX, PAGE);
		assert_non_null(files[i].bytes);
		assert_int_equal(pread(fd, files[i].bytes, (size_t)st.st_size, 0), st.st_size);
		files[i].size = (size_t)st.st_size;
		files[i].inode = st.st_ino;
		memset(files[i].dirty, 0, sizeof(files[i].dirty));
		close(fd);
	}
}

/* Memory is gone: the files are what the disk has. */
static void power_cut(const struct fixture *fixture)
{
	char path[160];

	for (int i = 0; i < FILES; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s%s", fixture->place, files[i].suffix);
		out = fopen(path, "r+");
		assert_non_null(out);
		assert_int_equal(ftruncate(fileno(out), (off_t)files[i].size), 0);
		assert_int_equal(fwrite(files[i].bytes, 1, files[i].size, out), files[i].size);
		assert_int_equal(fclose(out), 0);
	}
	snprintf(path, sizeof(path), "%s-shm", fixture->place);
	(void)unlink(path);
}

static int64_t log_size(const struct fixture *fixture)
{
	int64_t size = -1;

	assert_ok(store_log_size(fixture->reader, &size));
	return size;
}

static void end(struct fixture *fixture)
{
	failing = false;
	for (int i = 0; i < FILES; i++) {
		free(files[i].bytes);
		files[i].bytes = NULL;
		files[i].inode = 0;
	}
	fixture_free(fixture);
}

/* Commits on a failing disk, whatever comes of them; then the verifier ends, and starts anew on a
 * disk that works. */
static void start_after_failed_syncs(struct fixture *fixture, int commits)
{
	failing = true;
	for (int i = 0; i < commits; i++) {
		if (store_begin(fixture->writer) != STEPUP_OK)
			continue;
		if (fixture_log(fixture->writer, "lost") != STEPUP_OK ||
		    store_commit(fixture->writer) != STEPUP_OK)
			store_rollback(fixture->writer);
	}
	fixture_close(fixture);
	failing = false;
	fixture_open(fixture);
}

static void what_is_served_after_failed_syncs_is_there_after_a_power_cut(void **state)
{
	(void)state;
	for (int commits = 1; commits <= 3; commits++) {
		struct fixture *fixture = fixture_new();
		int64_t before, served;

		fixture_log_many(fixture, 20);
		disk_watch(fixture);
		before = log_size(fixture);
		start_after_failed_syncs(fixture, commits);
		served = log_size(fixture);
		/* it was recovered, though nobody was told that it was committed */
		assert_true(served > before);
		fixture_close(fixture);
		power_cut(fixture);
		fixture_open(fixture);
		assert_int_equal(log_size(fixture), served);
		end(fixture);
	}
}

static void and_so_is_what_comes_after_it(void **state)
{
	struct fixture *fixture = fixture_new();
	uint8_t root[DIGEST_SIZE], again[DIGEST_SIZE];
	int64_t size, size_again;

	(void)state;
	fixture_log_many(fixture, 20);
	disk_watch(fixture);
	start_after_failed_syncs(fixture, 2);
	assert_ok(store_checkpoint_wal(fixture->store));
	fixture_log_many(fixture, 5);
	fixture_log_root(fixture, &size, root);
	fixture_close(fixture);
	power_cut(fixture);
	fixture_open(fixture);
	fixture_log_root(fixture, &size_again, again);
	assert_int_equal(size, size_again);
	assert_memory_equal(root, again, DIGEST_SIZE);
	end(fixture);
}

static void a_disk_that_still_fails_is_not_served_from(void **state)
{
	struct fixture *fixture = fixture_new();
	char *why = NULL;

	(void)state;
	fixture_log_many(fixture, 20);
	disk_watch(fixture);
	fixture_close(fixture);
	failing = true;
	assert_error(store_open(fixture->url, fixture->key, &fixture->store, &why), STEPUP_IO);
	free(why);
	end(fixture);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_served_after_failed_syncs_is_there_after_a_power_cut),
	cmocka_unit_test(and_so_is_what_comes_after_it),
	cmocka_unit_test(a_disk_that_still_fails_is_not_served_from),
};

TAP_MAIN(tests)
