/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory that behaves as directories do, as a module of NSS: mounted over a libnss_* that nsswitch.conf
 * names (directory.py). What it holds, and how it behaves, stands in a file that is read anew for each
 * question; fields are separated by tabs:
 *   account NAME UID GID           group NAME GID MEMBER,MEMBER
 *   alias SPELLING NAME            fold (case doesn't matter)      unavailable (says so of everything)
 *   hold PIPE (answers nothing while somebody has that pipe open for writing)      heard FILE (each question
 *   is a line there)
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#define PLACE "/run/test-directory"
#define FIELDS_MAX 5
#define PUBLIC __attribute__((visibility("default")))

/* What libc looks for in a module of this name. */
PUBLIC enum nss_status _nss_hesiod_getpwnam_r(const char *name, struct passwd *passwd, char *buffer,
	size_t room, int *error);
PUBLIC enum nss_status _nss_hesiod_getpwuid_r(uid_t uid, struct passwd *passwd, char *buffer, size_t room,
	int *error);
PUBLIC enum nss_status _nss_hesiod_getgrnam_r(const char *name, struct group *group, char *buffer,
	size_t room, int *error);
PUBLIC enum nss_status _nss_hesiod_getgrgid_r(gid_t gid, struct group *group, char *buffer, size_t room,
	int *error);
PUBLIC enum nss_status _nss_hesiod_initgroups_dyn(const char *name, gid_t first, long *start, long *size,
	gid_t **gids, long limit, int *error);

struct line {
	char text[4096];
	const char *fields[FIELDS_MAX];
};

struct directory {
	bool there, fold, unavailable;
	char hold[256], heard[256];
};

static bool line_next(FILE *file, struct line *line)
{
	char *rest = line->text;

	if (fgets(line->text, sizeof(line->text), file) == NULL)
		return false;
	line->text[strcspn(line->text, "\n")] = '\0';
	for (int i = 0; i < FIELDS_MAX; i++) {
		char *field = strsep(&rest, "\t");

		line->fields[i] = field != NULL ? field : "";
	}
	return true;
}

static bool line_is(const struct line *line, const char *kind)
{
	return strcmp(line->fields[0], kind) == 0;
}

/* Opens it, waits where it is to be waited for, and says what was asked. */
static FILE *directory_open(const char *question, const char *about, struct directory *directory)
{
	FILE *file = fopen(PLACE, "re");
	struct line line;
	char byte;
	int fd;

	*directory = (struct directory){.there = file != NULL};
	while (file != NULL && line_next(file, &line)) {
		directory->fold |= line_is(&line, "fold");
		directory->unavailable |= line_is(&line, "unavailable");
		if (line_is(&line, "hold"))
			(void)snprintf(directory->hold, sizeof(directory->hold), "%s", line.fields[1]);
		if (line_is(&line, "heard"))
			(void)snprintf(directory->heard, sizeof(directory->heard), "%s", line.fields[1]);
	}
	fd = directory->heard[0] != '\0' ? open(directory->heard, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	if (fd >= 0) {
		char said[512];
		int length = snprintf(said, sizeof(said), "%s\t%s\n", question, about);

		(void)!write(fd, said, (size_t)length);
		close(fd);
	}
	fd = directory->hold[0] != '\0' ? open(directory->hold, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		while (read(fd, &byte, 1) > 0)
			;
		close(fd);
	}
	if (file != NULL)
		rewind(file);
	return file;
}

static bool same_name(const struct directory *directory, const char *a, const char *b)
{
	return (directory->fold ? strcasecmp(a, b) : strcmp(a, b)) == 0;
}

static bool put(char **at, size_t *room, const char *text, char **to)
{
	size_t size = strlen(text) + 1;

	if (size > *room)
		return false;
	memcpy(*at, text, size);
	*to = *at;
	*at += size;
	*room -= size;
	return true;
}

static enum nss_status give_account(const struct line *line, struct passwd *passwd, char *buffer,
	size_t room, int *error)
{
	char home[512];

	(void)snprintf(home, sizeof(home), "/run/home/%s", line->fields[1]);
	passwd->pw_uid = (uid_t)atol(line->fields[2]);
	passwd->pw_gid = (gid_t)atol(line->fields[3]);
	if (put(&buffer, &room, line->fields[1], &passwd->pw_name) &&
	    put(&buffer, &room, "*", &passwd->pw_passwd) && put(&buffer, &room, "", &passwd->pw_gecos) &&
	    put(&buffer, &room, home, &passwd->pw_dir) && put(&buffer, &room, "/bin/sh", &passwd->pw_shell))
		return NSS_STATUS_SUCCESS;
	*error = ERANGE;
	return NSS_STATUS_TRYAGAIN;
}

/* What an alias stands for; the name itself where it is none. */
static void resolve(FILE *file, const struct directory *directory, const char *name, char found[256])
{
	struct line line;

	(void)snprintf(found, 256, "%s", name);
	while (line_next(file, &line))
		if (line_is(&line, "alias") && same_name(directory, line.fields[1], name))
			(void)snprintf(found, 256, "%s", line.fields[2]);
	rewind(file);
}

/* By name, or by id where that is NULL; `kind` is account or group. */
static enum nss_status find(const char *question, const char *kind, const char *name, unsigned long id,
	struct line *line, int *error)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct directory directory;
	char wanted[256] = "", about[300];
	FILE *file;

	(void)snprintf(about, sizeof(about), name != NULL ? "%s" : "%s%lu", name != NULL ? name : "", id);
	file = directory_open(question, about, &directory);
	*error = ENOENT;
	if (file == NULL || directory.unavailable) {
		if (file != NULL)
			(void)fclose(file);
		*error = EIO;
		return NSS_STATUS_UNAVAIL;
	}
	if (name != NULL)
		resolve(file, &directory, name, wanted);
	while (status != NSS_STATUS_SUCCESS && line_next(file, line))
		if (line_is(line, kind) &&
		    (name != NULL ? same_name(&directory, line->fields[1], wanted)
			    : strtoul(line->fields[2], NULL, 10) == id))
			status = NSS_STATUS_SUCCESS;
	(void)fclose(file);
	return status;
}

PUBLIC enum nss_status _nss_hesiod_getpwnam_r(const char *name, struct passwd *passwd, char *buffer,
	size_t room, int *error)
{
	struct line line;
	enum nss_status status = find("getpwnam", "account", name, 0, &line, error);

	return status == NSS_STATUS_SUCCESS ? give_account(&line, passwd, buffer, room, error) : status;
}

PUBLIC enum nss_status _nss_hesiod_getpwuid_r(uid_t uid, struct passwd *passwd, char *buffer,
	size_t room, int *error)
{
	struct line line;
	enum nss_status status = find("getpwuid", "account", NULL, uid, &line, error);

	return status == NSS_STATUS_SUCCESS ? give_account(&line, passwd, buffer, room, error) : status;
}

static enum nss_status give_group(const struct line *line, struct group *group, char *buffer,
	size_t room, int *error)
{
	static char *nobody[] = {NULL}; /* who is in it is asked by initgroups */

	group->gr_gid = (gid_t)atol(line->fields[2]);
	group->gr_mem = nobody;
	if (put(&buffer, &room, line->fields[1], &group->gr_name) &&
	    put(&buffer, &room, "x", &group->gr_passwd))
		return NSS_STATUS_SUCCESS;
	*error = ERANGE;
	return NSS_STATUS_TRYAGAIN;
}

PUBLIC enum nss_status _nss_hesiod_getgrnam_r(const char *name, struct group *group, char *buffer,
	size_t room, int *error)
{
	struct line line;
	enum nss_status status = find("getgrnam", "group", name, 0, &line, error);

	return status == NSS_STATUS_SUCCESS ? give_group(&line, group, buffer, room, error) : status;
}

PUBLIC enum nss_status _nss_hesiod_getgrgid_r(gid_t gid, struct group *group, char *buffer,
	size_t room, int *error)
{
	struct line line;
	enum nss_status status = find("getgrgid", "group", NULL, gid, &line, error);

	return status == NSS_STATUS_SUCCESS ? give_group(&line, group, buffer, room, error) : status;
}

static bool is_member(const char *members, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = members; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == size && memcmp(at, name, size) == 0)
			return true;
	return false;
}

PUBLIC enum nss_status _nss_hesiod_initgroups_dyn(const char *name, gid_t first, long *start, long *size,
	gid_t **gids, long limit, int *error)
{
	struct directory directory;
	struct line line;
	FILE *file = directory_open("initgroups", name, &directory);

	*error = EIO;
	if (file == NULL || directory.unavailable) {
		if (file != NULL)
			(void)fclose(file);
		return NSS_STATUS_UNAVAIL;
	}
	while (line_next(file, &line)) {
		gid_t gid = (gid_t)atol(line.fields[2]);

		if (!line_is(&line, "group") || gid == first || !is_member(line.fields[3], name))
			continue;
		if (*start == *size) {
			long room = 2 * *size;
			gid_t *larger;

			if (limit > 0 && room > limit)
				room = limit;
			larger = room > *size ? realloc(*gids, (size_t)room * sizeof(*larger)) : NULL;
			if (larger == NULL)
				break;
			*gids = larger;
			*size = room;
		}
		(*gids)[(*start)++] = gid;
	}
	(void)fclose(file);
	return NSS_STATUS_SUCCESS;
}
