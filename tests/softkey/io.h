/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software authenticator in this process, behind libfido2's own I/O functions: for unit tests and fuzzing.
 * Layer: tests/softkey/, libfido2.
 */
#ifndef STEPUP_TESTS_SOFTKEY_IO_H
#define STEPUP_TESTS_SOFTKEY_IO_H

#include <fido.h>

#include "tests/softkey/softkey.h"

/* A device of libfido2's that talks to `key`; opened, and the caller's to close and free. One at a time in a
 * process. NULL where that fails. */
fido_dev_t *softkey_open_device(struct softkey *key);

#endif
