/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether sudo puts a prompt of its own in the place of ours. */
#include "pam_module/host_prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/wire/stream.h"

#define ARGUMENTS_MAX 8192 /* bytes of the command line that are worth reading: options stand first */

/* sudo(8) 1.9: options whose value may be the next word. */
static const char short_with_value[] = "aCcDghpRrTtUu";
static const char *const long_with_value[] = {"--auth-type", "--close-from", "--login-class", "--chdir",
	"--group", "--host", "--chroot", "--role", "--command-timeout", "--type", "--other-user", "--user"};

/* An option of one letter, or several in one word. */
static bool short_has_prompt(const char *word, bool *takes_next)
{
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		if (*letter == 'p')
			return true;
		if (strchr(short_with_value, *letter) != NULL) {
			/* -h takes a value only where it stands in the same word */
			*takes_next = letter[1] == '\0' && *letter != 'h';
			return false;
		}
	}
	return false;
}

/* A long option; its name may be cut short where no other begins so. */
static bool long_has_prompt(const char *word, bool *takes_next)
{
	if (strncmp(word, "--pro", strlen("--pro")) == 0)
		return true;
	for (size_t i = 0; i < sizeof(long_with_value) / sizeof(long_with_value[0]); i++)
		if (strncmp(long_with_value[i], word, strlen(word)) == 0)
			*takes_next = true;
	return false;
}

bool host_prompt_in_arguments(const char *arguments, size_t size)
{
	const char *end = arguments + size, *word = arguments;
	bool is_first = true, takes_next = false;

	for (; word < end; word += strnlen(word, (size_t)(end - word)) + 1) {
		bool is_value = takes_next;

		takes_next = false;
		if (memchr(word, '\0', (size_t)(end - word)) == NULL)
			return true; /* cut off: nobody knows */
		if (is_first || is_value) {
			is_first = false;
			continue;
		}
		if (word[0] != '-' && strchr(word, '=') != NULL)
			continue; /* a variable for the command */
		if (word[0] != '-' || strcmp(word, "-") == 0 || strcmp(word, "--") == 0)
			return false;
		if (word[1] == '-' ? long_has_prompt(word, &takes_next) : short_has_prompt(word, &takes_next))
			return true;
	}
	return false;
}

/* The process's own arguments. False where they can't be read. */
static bool read_arguments(char *arguments, size_t *size)
{
	int fd = stream_above_stdio(open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
	ssize_t got = 0;

	*size = 0;
	if (fd < 0)
		return false;
	while (*size < ARGUMENTS_MAX &&
	    ((got = read(fd, arguments + *size, ARGUMENTS_MAX - *size)) > 0 || (got < 0 && errno == EINTR)))
		*size += got > 0 ? (size_t)got : 0;
	close(fd);
	return got >= 0;
}

bool host_prompt_is_replaced(const char *service)
{
	char arguments[ARGUMENTS_MAX];
	const char *program;
	size_t size;

	if (service == NULL || strncmp(service, "sudo", strlen("sudo")) != 0)
		return false;
	if (!read_arguments(arguments, &size) || size == 0 || memchr(arguments, '\0', size) == NULL)
		return true;
	program = strrchr(arguments, '/') != NULL ? strrchr(arguments, '/') + 1 : arguments;
	/* Another program may call its service so. */
	return strncmp(program, "sudo", strlen("sudo")) == 0 && host_prompt_in_arguments(arguments, size);
}
