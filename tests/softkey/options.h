/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a software authenticator is and what it gets wrong, from words such as "touch=never" or
 * "fault=up-clear".
 * Layer: tests/softkey/.
 */
#ifndef STEPUP_TESTS_SOFTKEY_OPTIONS_H
#define STEPUP_TESTS_SOFTKEY_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum softkey_fault {
	FAULT_RP_ID_HASH = 1 << 0,    /* signs for another relying party */
	FAULT_UP_CLEAR = 1 << 1,      /* "nobody touched me" */
	FAULT_UV_CLEAR = 1 << 2,      /* "nobody proved who they are", although they did */
	FAULT_STALE_COUNTER = 1 << 3, /* the counter stands still */
	FAULT_NO_COUNTER = 1 << 4,    /* always 0, as keys without one */
	FAULT_BAD_SIGNATURE = 1 << 5, /* one bit of it is wrong */
	FAULT_EXTRA_CBOR = 1 << 6,    /* bytes behind every reply */
	FAULT_GARBAGE = 1 << 7,	      /* replies that are no CBOR */
	FAULT_UNPLUG = 1 << 8,	      /* is gone when it should be touched */
	FAULT_PIN_BLOCKED = 1 << 9,   /* no tries left */
	FAULT_PIN_LOCKED = 1 << 10,   /* no tries left until it is plugged in again */
	FAULT_SYNCED = 1 << 11,	      /* flags BE and BS: a passkey that is copied to other devices */
	FAULT_BAD_POINT = 1 << 12,    /* its public keys lie off the curve */
	FAULT_MUTE = 1 << 13,	      /* takes everything, and never says a word */
};

enum softkey_attestation {
	SOFTKEY_SELF,
	SOFTKEY_NONE,
	SOFTKEY_PACKED /* a certificate of the test CA in `ca` */
};

#define TOUCH_NEVER (-1)

struct softkey_options {
	char state[PATH_MAX]; /* file */
	char ca[PATH_MAX];    /* folder with the attestation CA, made where it isn't there */
	char log[PATH_MAX];   /* a line for each thing it was asked, where not empty */
	char pin[64];	      /* set where the key has none yet */
	enum softkey_attestation attestation;
	uint8_t aaguid[16];
	int touch_ms;		/* when somebody touches it, after it asked; TOUCH_NEVER */
	unsigned pin_protocols; /* bits 1 << 1 and 1 << 2 */
	bool uv;		/* has a fingerprint reader */
	bool always_uv;		/* signs nothing by a touch alone */
	int protect;		/* credProtect of new credentials where nobody asked for one; 0: none */
	unsigned faults;
};

void softkey_options_init(struct softkey_options *options);

/* Takes one word. False, with a line on standard error, where it is none. */
bool softkey_options_word(struct softkey_options *options, const char *word);

/* For people: one line a word. */
extern const char softkey_options_help[];

#endif
