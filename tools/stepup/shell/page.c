/* SPDX-License-Identifier: BSD-2-Clause */
/* Text as wide as the terminal; see page.h. */
#include "tools/stepup/shell/page.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define NARROWEST 20 /* a terminal of less is none to fold for */

size_t page_width_of(int fd)
{
	struct winsize size;

	if (isatty(fd) != 1 || ioctl(fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col < NARROWEST ? 0 : size.ws_col;
}

size_t page_width(FILE *out)
{
	return page_width_of(fileno(out));
}

size_t page_columns(const char *text)
{
	wchar_t wide[256];
	size_t length = mbstowcs(wide, text, 256);
	int width = length < 256 ? wcswidth(wide, length) : -1;

	return width >= 0 ? (size_t)width : strlen(text);
}

/* The columns of the next word, which ends at a blank, a line end or the text's end; `*size` is its bytes. */
static size_t word_columns(const char *text, size_t *size)
{
	char word[256];

	*size = strcspn(text, " \n");
	if (*size >= sizeof(word))
		return *size;
	memcpy(word, text, *size);
	word[*size] = '\0';
	return page_columns(word);
}

char *page_fold(const char *text, size_t width, size_t column)
{
	char *folded = strdup(text), *blank = NULL;
	size_t size = 0;

	if (folded == NULL || width == 0)
		return folded;
	for (char *at = folded; *at != '\0'; at += size) {
		if (*at == '\n' || *at == ' ') {
			blank = *at == ' ' ? at : NULL;
			column = *at == ' ' ? column + 1 : 0;
			size = 1;
			continue;
		}
		column += word_columns(at, &size);
		if (column > width && blank != NULL) {
			*blank = '\n';
			column = word_columns(at, &size);
		}
		blank = NULL;
	}
	return folded;
}
