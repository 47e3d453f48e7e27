/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QR code on a terminal: two modules a character with half blocks, with the quiet zone that cameras need,
 * at the lowest level of error correction: a screen has no scratches. An otpauth:// address of up to 106
 * bytes takes 21 rows.
 * Layer: tools/stepup/enrolling/; the only file with qrencode.h.
 */
#ifndef STEPUP_TOOLS_QR_H
#define STEPUP_TOOLS_QR_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/error.h"

/* Writes the code for `text` to `out`. With `colour` the light parts are painted white by ANSI colours, so
 * that it reads on any background; without, it stands there twice, for a dark terminal and for a light one:
 * side by side in 79 columns, one below the other where it is wider. Holds the secret only as long as it
 * takes; wipes it. */
enum stepup_error qr_print(FILE *out, const char *text, bool colour);

#endif
