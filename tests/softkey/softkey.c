/* SPDX-License-Identifier: BSD-2-Clause */
/* A software authenticator for tests: its power, getInfo, reset, and which command goes where. */
#include "tests/softkey/softkey.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/softkey/commands.h"
#include "tests/softkey/pin.h"

enum ctap_command {
	MAKE_CREDENTIAL = 0x01,
	GET_ASSERTION = 0x02,
	GET_INFO = 0x04,
	CLIENT_PIN = 0x06,
	RESET = 0x07,
	GET_NEXT_ASSERTION = 0x08,
	SELECTION = 0x0b
};

/* Somebody who touches it at once, or never. */
static enum ctap_status touch_at_once(void *context, int ms)
{
	(void)context;
	return ms == TOUCH_NEVER ? CTAP_USER_ACTION_TIMEOUT : CTAP_OK;
}

bool softkey_init(struct softkey *key, const struct softkey_options *options)
{
	bool done;

	memset(key, 0, sizeof(*key));
	key->options = *options;
	key->touch = touch_at_once;
	key->state = (struct state){.path = key->options.state, .fd = -1};
	if (key->options.attestation == SOFTKEY_PACKED && key->options.ca[0] == '\0') {
		fprintf(stderr, "softkey: attestation=packed needs ca=FOLDER\n");
		return false;
	}
	done = key->options.state[0] != '\0' && state_open(&key->state);
	if (done && key->options.pin[0] != '\0' && !pin_is_set(key)) {
		pin_set(key, key->options.pin);
		done = state_save(&key->state);
	}
	state_close(&key->state);
	done = done && pin_session_start(key);
	if (!done)
		fprintf(stderr, "softkey: state=%s can't be used\n", key->options.state);
	return done;
}

void softkey_clear(struct softkey *key)
{
	state_close(&key->state);
	EVP_PKEY_free(key->pin.agreement);
	key->pin.agreement = NULL;
	json_decref(key->next);
	key->next = NULL;
}

void softkey_log(const struct softkey *key, const char *what)
{
	int fd = key->options.log[0] != '\0'
			 ? open(key->options.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
			 : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", what);
	close(fd);
}

enum ctap_status softkey_touch(struct softkey *key)
{
	enum ctap_status status;

	softkey_log(key, "blinks");
	if ((key->options.faults & FAULT_UNPLUG) != 0)
		return CTAP_UNPLUGGED;
	state_close(&key->state);
	status = key->touch(key->context, key->options.touch_ms);
	softkey_log(key, status == CTAP_OK		   ? "touched"
			 : status == CTAP_KEEPALIVE_CANCEL ? "cancelled"
							   : "left alone");
	return state_open(&key->state) ? status : CTAP_OTHER;
}

static void put_algorithms(struct cbor_out *reply)
{
	static const int algorithms[] = {ALGORITHM_ES256, ALGORITHM_EDDSA, ALGORITHM_RS256};

	cbor_array(reply, 3);
	for (size_t i = 0; i < 3; i++) {
		cbor_map(reply, 2);
		cbor_text(reply, "alg");
		cbor_int(reply, algorithms[i]);
		cbor_text(reply, "type");
		cbor_text(reply, "public-key");
	}
}

static void put_options(const struct softkey *key, struct cbor_out *reply)
{
	const struct {
		const char *name;
		bool value;
	} options[] = {{"rk", true}, {"up", true}, {"uv", true}, {"plat", false},
		{"alwaysUv", true}, {"clientPin", pin_is_set(key)}, {"pinUvAuthToken", true}};

	cbor_map(reply, sizeof(options) / sizeof(options[0]) - (key->options.uv ? 0
			: 1) - (key->options.always_uv ? 0 : 1));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if ((strcmp(options[i].name, "uv") == 0 && !key->options.uv) ||
			(strcmp(options[i].name, "alwaysUv") == 0 && !key->options.always_uv))
			continue;
		cbor_text(reply, options[i].name);
		cbor_bool(reply, options[i].value);
	}
}

static enum ctap_status get_info(const struct softkey *key, struct cbor_out *reply)
{
	unsigned protocols = key->options.pin_protocols;

	cbor_map(reply, 10);
	cbor_int(reply, 1);
	cbor_array(reply, 2);
	cbor_text(reply, "FIDO_2_0");
	cbor_text(reply, "FIDO_2_1");
	cbor_int(reply, 2);
	cbor_array(reply, 1);
	cbor_text(reply, "credProtect");
	cbor_int(reply, 3);
	cbor_bytes(reply, key->options.aaguid, 16);
	cbor_int(reply, 4);
	put_options(key, reply);
	cbor_int(reply, 5);
	cbor_int(reply, 7609);
	cbor_int(reply, 6);
	cbor_array(reply, (size_t)__builtin_popcount(protocols));
	if ((protocols & 1 << 2) != 0)
		cbor_int(reply, 2);
	if ((protocols & 1 << 1) != 0)
		cbor_int(reply, 1);
	cbor_int(reply, 7);
	cbor_int(reply, SOFTKEY_LIST_MAX);
	cbor_int(reply, 8);
	cbor_int(reply, SOFTKEY_ID_MAX);
	cbor_int(reply, 9);
	cbor_array(reply, 1);
	cbor_text(reply, "usb");
	cbor_int(reply, 10);
	put_algorithms(reply);
	return CTAP_OK;
}

static enum ctap_status reset(struct softkey *key)
{
	enum ctap_status status = softkey_touch(key);

	if (status != CTAP_OK)
		return status;
	json_object_del(key->state.root, "pin");
	json_object_set_new(key->state.root, "retries", json_integer(8));
	json_array_clear(state_credentials(&key->state));
	return pin_session_start(key) && state_save(&key->state) ? CTAP_OK : CTAP_OTHER;
}

static const char *name_of(uint8_t command)
{
	static const char *const names[] = {[MAKE_CREDENTIAL] = "makeCredential",
		[GET_ASSERTION] = "getAssertion",
		[GET_INFO] = "getInfo",
		[CLIENT_PIN] = "clientPIN",
		[RESET] = "reset",
		[GET_NEXT_ASSERTION] = "getNextAssertion",
		[SELECTION] = "selection"};

	return command < sizeof(names) / sizeof(names[0]) && names[command] != NULL ? names[command]
										    : "unknown command";
}

static enum ctap_status run(
	struct softkey *key, uint8_t command, struct cbor_in *parameters, struct cbor_out *reply)
{
	switch (command) {
	case MAKE_CREDENTIAL:
		return command_make_credential(key, parameters, reply);
	case GET_ASSERTION:
		return command_get_assertion(key, parameters, reply);
	case GET_NEXT_ASSERTION:
		return command_get_next_assertion(key, reply);
	case GET_INFO:
		return get_info(key, reply);
	case CLIENT_PIN:
		return pin_command(key, parameters, reply);
	case RESET:
		return reset(key);
	case SELECTION:
		return softkey_touch(key);
	default:
		return CTAP_INVALID_COMMAND;
	}
}

enum ctap_status softkey_command(
	struct softkey *key, const uint8_t *request, size_t size, struct cbor_out *reply)
{
	static const uint8_t extra[] = {0x01, 0x02, 0x03};
	struct cbor_in parameters = {.at = request + 1, .end = request + size};
	enum ctap_status status;

	reply->size = 0;
	reply->bad = false;
	if (size == 0)
		return CTAP_INVALID_LENGTH;
	if (!state_open(&key->state))
		return CTAP_OTHER;
	softkey_log(key, name_of(request[0]));
	status = run(key, request[0], &parameters, reply);
	state_close(&key->state);
	if (status == CTAP_OK && reply->bad)
		status = CTAP_OTHER;
	if (status != CTAP_OK)
		reply->size = 0;
	if (status == CTAP_OK && (key->options.faults & FAULT_EXTRA_CBOR) != 0 && request[0] != GET_INFO)
		cbor_raw(reply, extra, sizeof(extra));
	if (status == CTAP_OK && (key->options.faults & FAULT_GARBAGE) != 0 && request[0] != GET_INFO)
		memset(reply->bytes, 0xff, reply->size);
	return status;
}
