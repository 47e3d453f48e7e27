/* SPDX-License-Identifier: BSD-2-Clause */
/* QR codes on a terminal; see qr.h. */
#include "tools/stepup/qr.h"

#include <errno.h>
#include <qrencode.h>

#include "lib/wipe.h"

#define QUIET_ZONE 2 /* modules; the standard says 4, which the margin of a terminal makes up for */

#define WHITE_ON_BLACK "\033[97;40m"
#define PLAIN "\033[0m"

/* Whether the module is dark; outside the code everything is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return (code->data[y * code->width + x] & 1) != 0;
}

/* One line of text shows two rows of modules: light ones are inked. */
static void print_rows(FILE *out, const QRcode *code, int y, bool colour)
{
	static const char *const blocks[2][2] = {{"█", "▀"}, {"▄", " "}}; /* [upper dark][lower dark] */

	fputs(colour ? WHITE_ON_BLACK : "", out);
	for (int x = -QUIET_ZONE; x < code->width + QUIET_ZONE; x++)
		fputs(blocks[is_dark(code, x, y)][is_dark(code, x, y + 1)], out);
	fputs(colour ? PLAIN "\n" : "\n", out);
}

enum stepup_error qr_print(FILE *out, const char *text, bool colour)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

	if (code == NULL)
		return errno == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_TOO_LONG;
	for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2)
		print_rows(out, code, y, colour);
	wipe_memory(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	return fflush(out) == 0 ? STEPUP_OK : STEPUP_IO;
}
