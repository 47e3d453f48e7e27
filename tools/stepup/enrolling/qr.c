/* SPDX-License-Identifier: BSD-2-Clause */
/* QR codes on a terminal; see qr.h. */
#include "tools/stepup/enrolling/qr.h"

#include <errno.h>
#include <qrencode.h>

#include "lib/base/wipe.h"

#define QUIET_ZONE 2 /* modules; the standard says 4, which the margin of a terminal makes up for */
#define NARROW_MARGIN 1 /* between two codes */
#define COLUMNS 79   /* of the narrowest terminal, without the last, behind which some begin a new line */

#define WHITE_ON_BLACK "\033[97;40m"
#define PLAIN "\033[0m"

/* What is inked: a terminal's ink is light on a dark one, and dark on a light one. */
enum ink { INK_LIGHT, INK_DARK };

/* Whether the module is dark; outside the code everything is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return (code->data[y * code->width + x] & 1) != 0;
}

/* One line of text shows two rows of modules, with a margin of so many behind. */
static void print_rows(FILE *out, const QRcode *code, int y, enum ink ink, int margin)
{
	static const char *const blocks[2][2] = {{" ", "▄"}, {"▀", "█"}}; /* [upper inked][lower inked] */

	for (int x = -QUIET_ZONE; x < code->width + margin; x++)
		fputs(blocks[is_dark(code, x, y) == (ink == INK_DARK)][is_dark(code, x,
					y + 1) == (ink == INK_DARK)], out);
}

/* By colours: right on any terminal. */
static void print_painted(FILE *out, const QRcode *code)
{
	for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2) {
		fputs(WHITE_ON_BLACK, out);
		print_rows(out, code, y, INK_LIGHT, QUIET_ZONE);
		fputs(PLAIN "\n", out);
	}
}

/* Without colours nobody knows which is light: twice, inked one way and the other, side by side where that
 * fits. A camera takes the one that is dark on light. */
static void print_twice(FILE *out, const QRcode *code)
{
	bool beside = 2 * code->width + 2 * QUIET_ZONE + NARROW_MARGIN <= COLUMNS;

	for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2) {
		print_rows(out, code, y, INK_LIGHT, beside ? NARROW_MARGIN : QUIET_ZONE);
		if (beside)
			print_rows(out, code, y, INK_DARK, 0);
		fputc('\n', out);
	}
	for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE && !beside; y += 2) {
		print_rows(out, code, y, INK_DARK, 0);
		fputc('\n', out);
	}
}

enum stepup_error qr_print(FILE *out, const char *text, bool colour)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

	if (code == NULL)
		return errno == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_TOO_LONG;
	if (colour)
		print_painted(out, code);
	else
		print_twice(out, code);
	wipe_memory(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	return fflush(out) == 0 ? STEPUP_OK : STEPUP_IO;
}
