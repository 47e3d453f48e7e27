/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/base/safe_file.h: only files that nobody else could have made or changed are read.
 */
#include "tests/unit/cmocka_tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safe_file.h"

static char folder[64];

/* The path of a name in this test's folder; good until the fourth call after. */
static const char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_safe_file.XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* Reads a file that must be refused, with a sentence that has `word` in it. */
static void assert_refused(const char *path, int rules, enum stepup_error expected, const char *word)
{
	char *bytes = NULL, *why = NULL;
	size_t size;

	assert_int_equal(safe_file_read(path, rules, 100, &bytes, &size, &why), expected);
	assert_null(bytes);
	assert_non_null(why);
	if (strstr(why, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, word);
	free(why);
}

static void assert_read(const char *path, int rules, const char *expected)
{
	char *bytes = NULL, *why = NULL;
	size_t size = 0;

	if (safe_file_read(path, rules, 100, &bytes, &size, &why) != STEPUP_OK)
		fail_msg("%s", why);
	assert_null(why);
	assert_string_equal(bytes, expected);
	assert_int_equal(size, strlen(expected));
	free(bytes);
}

static void a_file_of_ones_own_is_read_whole(void **state)
{
	(void)state;
	make_file(in_folder("file"), "content\n", 0644);
	make_file(in_folder("secret"), "", 0400);
	assert_read(in_folder("file"), SAFE_FILE_PUBLIC, "content\n");
	assert_read(in_folder("secret"), SAFE_FILE_SECRET, "");
}

static void a_relative_path_is_fine(void **state)
{
	char here[4096];

	(void)state;
	make_file(in_folder("file"), "content", 0644);
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(folder), 0);
	assert_read("file", SAFE_FILE_PUBLIC, "content");
	assert_read("./file", SAFE_FILE_PUBLIC, "content");
	assert_int_equal(chdir(here), 0);
}

static void a_missing_file_is_not_found(void **state)
{
	(void)state;
	assert_refused(in_folder("nothing"), SAFE_FILE_PUBLIC, STEPUP_NOT_FOUND, "does not exist");
	assert_refused(in_folder("no/thing"), SAFE_FILE_PUBLIC, STEPUP_NOT_FOUND, "does not exist");
	assert_refused("", SAFE_FILE_PUBLIC, STEPUP_INVALID, "empty");
}

static void a_symbolic_link_is_refused(void **state)
{
	(void)state;
	make_file(in_folder("file"), "content", 0600);
	assert_int_equal(symlink("file", in_folder("link")), 0);
	assert_int_equal(symlink("nowhere", in_folder("dangling")), 0);
	assert_refused(in_folder("link"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "symbolic link");
	assert_refused(in_folder("dangling"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "symbolic link");
}

static void a_link_among_the_folders_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("real"), 0755), 0);
	make_file(in_folder("real/file"), "content", 0600);
	assert_int_equal(symlink("real", in_folder("alias")), 0);
	assert_read(in_folder("real/file"), SAFE_FILE_PUBLIC, "content");
	assert_refused(in_folder("alias/file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "symbolic link");
}

static void a_hard_link_is_refused(void **state)
{
	(void)state;
	make_file(in_folder("file"), "content", 0600);
	assert_int_equal(link(in_folder("file"), in_folder("other")), 0);
	assert_refused(in_folder("file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "hard link");
}

static void a_fifo_is_refused_without_waiting(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_refused(in_folder("fifo"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "regular file");
}

static void a_folder_and_a_device_are_refused(void **state)
{
	(void)state;
	assert_refused(folder, SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "regular file");
	assert_refused("/dev/null", SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "regular file");
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	(void)state;
	make_file(in_folder("group"), "content", 0620);
	make_file(in_folder("world"), "content", 0602);
	assert_refused(in_folder("group"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "chmod go-w");
	assert_refused(in_folder("world"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "chmod go-w");
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
	(void)state;
	make_file(in_folder("group"), "content", 0440);
	make_file(in_folder("world"), "content", 0404);
	assert_refused(in_folder("group"), SAFE_FILE_SECRET, STEPUP_UNSAFE_FILE, "chmod go-rwx");
	assert_refused(in_folder("world"), SAFE_FILE_SECRET, STEPUP_UNSAFE_FILE, "chmod go-rwx");
	assert_read(in_folder("world"), SAFE_FILE_PUBLIC, "content");
}

static void a_folder_above_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("open"), 0755), 0);
	assert_int_equal(mkdir(in_folder("open/inner"), 0755), 0);
	make_file(in_folder("open/inner/file"), "content", 0600);
	assert_read(in_folder("open/inner/file"), SAFE_FILE_PUBLIC, "content");
	assert_int_equal(chmod(in_folder("open"), 0775), 0);
	assert_refused(in_folder("open/inner/file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE,
		"others can write in this folder");
	assert_int_equal(chmod(in_folder("open"), 0755), 0);
	assert_int_equal(chmod(in_folder("open/inner"), 0757), 0);
	assert_refused(in_folder("open/inner/file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE,
		"others can write in this folder");
}

static void a_file_or_folder_of_somebody_else_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	make_file(in_folder("file"), "content", 0600);
	assert_int_equal(chown(in_folder("file"), 65534, 65534), 0);
	assert_refused(in_folder("file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "belongs to");
	assert_int_equal(mkdir(in_folder("theirs"), 0755), 0);
	make_file(in_folder("theirs/file"), "content", 0600);
	assert_int_equal(chown(in_folder("theirs"), 65534, 65534), 0);
	assert_refused(in_folder("theirs/file"), SAFE_FILE_PUBLIC, STEPUP_UNSAFE_FILE, "belongs to");
}

static void a_file_longer_than_the_limit_is_refused(void **state)
{
	char content[102];

	(void)state;
	memset(content, 'x', sizeof(content));
	content[101] = '\0';
	make_file(in_folder("long"), content, 0600);
	assert_refused(in_folder("long"), SAFE_FILE_PUBLIC, STEPUP_TOO_LONG, "100");
	make_file(in_folder("just"), content + 1, 0600);
	assert_read(in_folder("just"), SAFE_FILE_PUBLIC, content + 1);
}

static void a_folder_is_checked_like_the_parents_of_a_file(void **state)
{
	char *why = NULL;

	(void)state;
	assert_int_equal(safe_folder_check(folder, &why), STEPUP_OK);
	assert_int_equal(safe_folder_check("/", &why), STEPUP_OK);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(safe_folder_check(folder, &why), STEPUP_UNSAFE_FILE);
	assert_non_null(strstr(why, folder));
	free(why);
	/* nothing of ours lives in a folder where all may put files */
	assert_int_equal(chmod(folder, 01777), 0);
	assert_int_equal(safe_folder_check(folder, &why), STEPUP_UNSAFE_FILE);
	free(why);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(safe_folder_check(in_folder("none"), &why), STEPUP_NOT_FOUND);
	free(why);
	make_file(in_folder("file"), "", 0600);
	assert_int_equal(safe_folder_check(in_folder("file"), &why), STEPUP_UNSAFE_FILE);
	free(why);
}

static void replacing_leaves_the_new_content_and_nothing_else(void **state)
{
	struct stat status;
	struct dirent *entry;
	DIR *listing;
	int names = 0;

	(void)state;
	assert_int_equal(safe_file_replace(in_folder("file"), "one", 3, 0640), STEPUP_OK);
	assert_read(in_folder("file"), SAFE_FILE_PUBLIC, "one");
	assert_int_equal(stat(in_folder("file"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(safe_file_replace(in_folder("file"), "second", 6, 0400), STEPUP_OK);
	assert_read(in_folder("file"), SAFE_FILE_SECRET, "second");
	listing = opendir(folder);
	while ((entry = readdir(listing)) != NULL)
		names++;
	(void)closedir(listing);
	assert_int_equal(names, 3); /* ".", ".." and the file */
}

static void replacing_a_link_replaces_the_link_and_not_its_target(void **state)
{
	(void)state;
	make_file(in_folder("target"), "theirs", 0600);
	assert_int_equal(symlink("target", in_folder("link")), 0);
	assert_int_equal(safe_file_replace(in_folder("link"), "ours", 4, 0600), STEPUP_OK);
	assert_read(in_folder("target"), SAFE_FILE_PUBLIC, "theirs");
	assert_read(in_folder("link"), SAFE_FILE_PUBLIC, "ours");
}

static void replacing_where_there_is_no_folder_fails(void **state)
{
	(void)state;
	assert_int_equal(safe_file_replace(in_folder("no/file"), "x", 1, 0600), STEPUP_NOT_FOUND);
	assert_int_equal(safe_file_replace(in_folder(""), "x", 1, 0600), STEPUP_INVALID);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	FACT(a_file_of_ones_own_is_read_whole),
	FACT(a_relative_path_is_fine),
	FACT(a_missing_file_is_not_found),
	FACT(a_symbolic_link_is_refused),
	FACT(a_link_among_the_folders_is_refused),
	FACT(a_hard_link_is_refused),
	FACT(a_fifo_is_refused_without_waiting),
	FACT(a_folder_and_a_device_are_refused),
	FACT(a_file_that_others_can_write_is_refused),
	FACT(a_secret_that_others_can_read_is_refused),
	FACT(a_folder_above_that_others_can_write_is_refused),
	FACT(a_file_or_folder_of_somebody_else_is_refused),
	FACT(a_file_longer_than_the_limit_is_refused),
	FACT(a_folder_is_checked_like_the_parents_of_a_file),
	FACT(replacing_leaves_the_new_content_and_nothing_else),
	FACT(replacing_a_link_replaces_the_link_and_not_its_target),
	FACT(replacing_where_there_is_no_folder_fails),
};

TAP_MAIN(tests)
