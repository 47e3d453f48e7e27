/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four interfaces as tables: each method's fields with types and maximum sizes. The .varlink texts, and
 * the tables that lib/wire/interfaces/tables.awk makes of them, are compiled in.
 */
#include "lib/wire/action.h"
#include "lib/wire/message.h"

#include "lib/wire/interfaces_text.h"
