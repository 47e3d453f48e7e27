/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup/enrolling/agent_key: keys from .pub files and from an agent's list.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/stepup/enrolling/agent_key.h"

/* ssh-keygen -lf says: 256 SHA256:zZRfREUNsMUzSOFB5SbeIp9ej3rAmmnO94dMSqCRPD8 alice@laptop (ED25519-SK) */
#define PUB \
	"AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AAAABHNzaDo="
#define KEY \
	"AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAOhB7_zzhC-HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AAAABHNzaDo"
#define FINGERPRINT "SHA256:zZRfREUNsMUzSOFB5SbeIp9ej3rAmmnO94dMSqCRPD8"

/* What a file with these contents is taken for. */
static enum stepup_error read_text(const char *text, size_t size, char **key)
{
	char path[] = "/tmp/stepup-pub-XXXXXX";
	int fd = mkstemp(path);
	enum stepup_error error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	(void)close(fd);
	error = agent_key_read(path, key);
	(void)unlink(path);
	return error;
}

static void a_pub_file_gives_its_key(void **state)
{
	static const char *const lines[] = {"sk-ssh-ed25519@openssh.com " PUB " alice@laptop\n",
		"sk-ssh-ed25519@openssh.com " PUB "\r\n", "sk-ssh-ed25519@openssh.com " PUB};
	char *key = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(read_text(lines[i], strlen(lines[i]), &key), STEPUP_OK);
		assert_string_equal(key, KEY);
		free(key);
	}
}

static void other_files_give_none(void **state)
{
	static const char *const lines[] = {"", "\n", "hello\n", "sk-ssh-ed25519@openssh.com\n",
		"sk-ssh-ed25519@openssh.com AAAA x\n",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 x\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n"};
	static char endless[65536];
	char *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(read_text(lines[i], strlen(lines[i]), &key), STEPUP_INVALID);
		assert_null(key);
	}
	memset(endless, 'A', sizeof(endless));
	assert_int_equal(read_text(endless, sizeof(endless), &key), STEPUP_TOO_LONG);
	assert_int_equal(agent_key_read("/nonexistent/id.pub", &key), STEPUP_NOT_FOUND);
	assert_int_equal(agent_key_read("/tmp", &key), STEPUP_IO);
	assert_null(key);
}

static void a_key_is_found_in_a_list_or_its_length_is_given(void **state)
{
	json_t *keys = json_pack("[{s:s}, {}, {s:s}]", "key", "AAAA", "key", KEY);

	(void)state;
	assert_int_equal(agent_key_find(keys, KEY), 2);
	assert_int_equal(agent_key_find(keys, "AAAA"), 0);
	assert_int_equal(agent_key_find(keys, "BBBB"), 3);
	assert_int_equal(agent_key_find(NULL, KEY), 0);
	json_decref(keys);
}

static char *line_of(const char *key, const char *label)
{
	json_t *entry = json_pack("{s:s, s:s}", "key", key, "label", label);
	char *line = agent_key_line(entry);

	json_decref(entry);
	return line;
}

static void a_menu_line_has_comment_type_and_fingerprint(void **state)
{
	char *line = line_of(KEY, "alice@laptop");

	(void)state;
	assert_string_equal(line, "alice@laptop  ed25519-sk  " FINGERPRINT);
	free(line);
	line = line_of(KEY, "");
	assert_string_equal(line, "(no comment)  ed25519-sk  " FINGERPRINT);
	free(line);
	line = line_of(KEY, "\x1b[2Jevil\n2  other");
	assert_null(strchr(line, '\x1b'));
	assert_null(strchr(line, '\n'));
	free(line);
	assert_null(line_of("AAAA", "x"));
	assert_null(line_of("not base64", "x"));
}

static void only_a_plain_comment_becomes_a_label(void **state)
{
	static const struct {
		const char *comment;
		bool good;
	} comments[] = {{"alice@laptop", true}, {"Blue key", true}, {"", false}, {"two\nlines", false},
		{"\x1b[31mred", false},
		{"a comment of more than sixty-four bytes, which is the longest that a label has", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
		json_t *entry = json_pack("{s:s, s:s}", "key", KEY, "label", comments[i].comment);
		const char *label = agent_key_label(entry);

		assert_int_equal(label != NULL, comments[i].good);
		if (label != NULL)
			assert_string_equal(label, comments[i].comment);
		json_decref(entry);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_pub_file_gives_its_key),
	cmocka_unit_test(other_files_give_none),
	cmocka_unit_test(a_key_is_found_in_a_list_or_its_length_is_given),
	cmocka_unit_test(a_menu_line_has_comment_type_and_fingerprint),
	cmocka_unit_test(only_a_plain_comment_becomes_a_label),
};

TAP_MAIN(tests)
