/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QR code on a terminal: two modules a character with half blocks, dark on light whatever the terminal's colours, with the quiet zone
 * that cameras need.
 * Layer: tools/stepup/; the only file with qrencode.h.
 */
#ifndef STEPUP_TOOLS_QR_H
#define STEPUP_TOOLS_QR_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/error.h"

/* Writes the code for `text` to `out`. With `colour` the light parts are painted white by ANSI colours, so that it reads on any background;
 * without, blocks stand for light (right for a dark terminal). Holds the secret only as long as it takes; wipes it. */
enum stepup_error qr_print(FILE *out, const char *text, bool colour);

#endif
