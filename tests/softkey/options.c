/* SPDX-License-Identifier: BSD-2-Clause */
/* How a software authenticator is and what it gets wrong. */
#include "tests/softkey/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char softkey_options_help[] =
	"  state=FILE              where the key remembers; a new FILE is a new key\n"
	"  log=FILE                a line for each thing the key was asked, and each touch\n"
	"  touch=now|never|MS      when somebody touches it [now]\n"
	"  pin=TEXT                has this PIN, unless FILE holds one already\n"
	"  pin-protocol=1|2|both   [both]\n"
	"  uv                      has a fingerprint reader\n"
	"  always-uv               signs nothing by a touch alone\n"
	"  protect=2|3             new credentials have this credProtect\n"
	"  attestation=self|none|packed  [self]; packed: by the CA in ca=FOLDER (ca.pem, made where it isn't "
	"there)\n"
	"  aaguid=32 HEX DIGITS    the model\n"
	"  "
	"fault=rp-id-hash|up-clear|uv-clear|stale-counter|no-counter|bad-signature|extra-cbor|garbage|unplug|"
	"\n"
	"        pin-blocked|pin-locked|synced|bad-point|mute\n";

static const struct {
	const char *name;
	unsigned bit;
} faults[] = {
	{"rp-id-hash", FAULT_RP_ID_HASH},
	{"up-clear", FAULT_UP_CLEAR},
	{"uv-clear", FAULT_UV_CLEAR},
	{"stale-counter", FAULT_STALE_COUNTER},
	{"no-counter", FAULT_NO_COUNTER},
	{"bad-signature", FAULT_BAD_SIGNATURE},
	{"extra-cbor", FAULT_EXTRA_CBOR},
	{"garbage", FAULT_GARBAGE},
	{"unplug", FAULT_UNPLUG},
	{"pin-blocked", FAULT_PIN_BLOCKED},
	{"pin-locked", FAULT_PIN_LOCKED},
	{"synced", FAULT_SYNCED},
	{"bad-point", FAULT_BAD_POINT},
	{"mute", FAULT_MUTE},
};

void softkey_options_init(struct softkey_options *options)
{
	static const uint8_t aaguid[16] = {
		0x50, 0xf7, 0x4e, 0x57, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x01};

	*options = (struct softkey_options){.pin_protocols = 1 << 1 | 1 << 2};
	memcpy(options->aaguid, aaguid, sizeof(aaguid));
}

static bool copy(char *to, size_t capacity, const char *text)
{
	return text[0] != '\0' && (size_t)snprintf(to, capacity, "%s", text) < capacity;
}

static bool read_touch(struct softkey_options *options, const char *text)
{
	char *end;

	if (strcmp(text, "now") == 0)
		options->touch_ms = 0;
	else if (strcmp(text, "never") == 0)
		options->touch_ms = TOUCH_NEVER;
	else
		options->touch_ms = (int)strtol(text, &end, 10);
	return strcmp(text, "now") == 0 || strcmp(text, "never") == 0 ||
	       (*end == '\0' && options->touch_ms > 0);
}

static bool read_attestation(struct softkey_options *options, const char *text)
{
	static const char *const names[] = {"self", "none", "packed"};

	for (int i = SOFTKEY_SELF; i <= SOFTKEY_PACKED; i++) {
		if (strcmp(text, names[i]) == 0) {
			options->attestation = (enum softkey_attestation)i;
			return true;
		}
	}
	return false;
}

static bool read_aaguid(struct softkey_options *options, const char *text)
{
	if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

		options->aaguid[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

static bool read_protocol(struct softkey_options *options, const char *text)
{
	if (strcmp(text, "both") == 0)
		return true;
	options->pin_protocols = strcmp(text, "1") == 0 ? 1 << 1 : 1 << 2;
	return strcmp(text, "1") == 0 || strcmp(text, "2") == 0;
}

static bool read_protect(struct softkey_options *options, const char *text)
{
	options->protect = text[0] - '0';
	return strcmp(text, "2") == 0 || strcmp(text, "3") == 0;
}

static bool read_fault(struct softkey_options *options, const char *text)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (strcmp(text, faults[i].name) == 0) {
			options->faults |= faults[i].bit;
			return true;
		}
	}
	return false;
}

static bool read_word(struct softkey_options *options, const char *word, const char *value)
{
	size_t length = (size_t)(value - word);
	struct {
		const char *name;
		bool (*read)(struct softkey_options *, const char *);
	} readers[] = {{"touch=", read_touch}, {"attestation=", read_attestation}, {"aaguid=", read_aaguid},
		{"pin-protocol=", read_protocol}, {"protect=", read_protect}, {"fault=", read_fault}};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strlen(readers[i].name) == length && strncmp(word, readers[i].name, length) == 0)
			return readers[i].read(options, value);
	if (strncmp(word, "state=", length) == 0)
		return copy(options->state, sizeof(options->state), value);
	if (strncmp(word, "ca=", length) == 0)
		return copy(options->ca, sizeof(options->ca), value);
	if (strncmp(word, "log=", length) == 0)
		return copy(options->log, sizeof(options->log), value);
	return strncmp(word, "pin=", length) == 0 && copy(options->pin, sizeof(options->pin), value);
}

bool softkey_options_word(struct softkey_options *options, const char *word)
{
	const char *equals = strchr(word, '=');

	if (strcmp(word, "uv") == 0) {
		options->uv = true;
		return true;
	}
	if (strcmp(word, "always-uv") == 0) {
		options->always_uv = true;
		return true;
	}
	if (equals != NULL && read_word(options, word, equals + 1))
		return true;
	fprintf(stderr, "softkey: \"%s\" is no word of these:\n%s", word, softkey_options_help);
	return false;
}
