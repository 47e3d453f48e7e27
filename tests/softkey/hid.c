/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAPHID: packets in, commands to the authenticator, packets out. */
#include "tests/softkey/hid.h"

#include <string.h>

#define BROADCAST 0xffffffffU
#define FIRST_FLAG 0x80
#define FIRST_HEAD 7
#define NEXT_HEAD 5
#define NONCE_SIZE 8
#define CAPABILITIES 0x0d /* wink, CBOR, no U2F messages */
#define STATUS_TOUCH_NEEDED 2

enum hid_command {
	HID_PING = 0x01,
	HID_INIT = 0x06,
	HID_WINK = 0x08,
	HID_CBOR = 0x10,
	HID_CANCEL = 0x11,
	HID_KEEPALIVE = 0x3b,
	HID_ERROR = 0x3f
};

enum hid_error {
	HID_ERROR_INVALID_COMMAND = 0x01,
	HID_ERROR_INVALID_LENGTH = 0x03,
	HID_ERROR_INVALID_SEQUENCE = 0x04,
	HID_ERROR_BUSY = 0x06
};

static uint32_t channel_of(const uint8_t *packet)
{
	return (uint32_t)packet[0] << 24 | (uint32_t)packet[1] << 16 | (uint32_t)packet[2] << 8 | packet[3];
}

static void put_channel(uint8_t *packet, uint32_t channel)
{
	for (int i = 0; i < 4; i++)
		packet[i] = (uint8_t)(channel >> (24 - 8 * i));
}

static void send_message(
	struct hid *hid, uint32_t channel, uint8_t command, const uint8_t *bytes, size_t size)
{
	uint8_t packet[HID_PACKET_SIZE] = {0}, sequence = 0;
	size_t head = FIRST_HEAD, sent = 0;

	put_channel(packet, channel);
	packet[4] = command | FIRST_FLAG;
	packet[5] = (uint8_t)(size >> 8);
	packet[6] = (uint8_t)size;
	do {
		size_t part = size - sent < sizeof(packet) - head ? size - sent : sizeof(packet) - head;

		memset(packet + head, 0, sizeof(packet) - head);
		if (part > 0)
			memcpy(packet + head, bytes + sent, part);
		hid->send(hid->context, packet);
		sent += part;
		packet[4] = sequence++;
		head = NEXT_HEAD;
	} while (sent < size);
}

static void send_error(struct hid *hid, uint32_t channel, enum hid_error error)
{
	uint8_t code = (uint8_t)error;

	send_message(hid, channel, HID_ERROR, &code, 1);
}

static void answer_init(struct hid *hid, uint32_t channel, const uint8_t *nonce)
{
	uint8_t reply[NONCE_SIZE + 9] = {0};

	memcpy(reply, nonce, NONCE_SIZE);
	put_channel(reply + NONCE_SIZE, channel == BROADCAST ? ++hid->last_channel : channel);
	reply[12] = 2; /* of the protocol */
	reply[13] = 1;
	reply[16] = CAPABILITIES;
	send_message(hid, channel, HID_INIT, reply, sizeof(reply));
}

static void run_cbor(struct hid *hid)
{
	struct cbor_out reply;
	uint8_t message[1 + CBOR_OUT_SIZE];
	uint32_t channel = hid->channel;
	enum ctap_status status;

	hid->busy = true;
	status = softkey_command(hid->key, hid->message, hid->expected, &reply);
	hid->busy = false;
	if (status == CTAP_UNPLUGGED) {
		hid->unplugged = true;
		return;
	}
	message[0] = (uint8_t)status;
	memcpy(message + 1, reply.bytes, reply.size);
	send_message(hid, channel, HID_CBOR, message, 1 + reply.size);
}

static void run_message(struct hid *hid)
{
	switch (hid->command) {
	case HID_INIT:
		if (hid->expected == NONCE_SIZE)
			answer_init(hid, hid->channel, hid->message);
		else
			send_error(hid, hid->channel, HID_ERROR_INVALID_LENGTH);
		break;
	case HID_PING:
		send_message(hid, hid->channel, HID_PING, hid->message, hid->expected);
		break;
	case HID_WINK:
		softkey_log(hid->key, "wink");
		send_message(hid, hid->channel, HID_WINK, NULL, 0);
		break;
	case HID_CBOR:
		run_cbor(hid);
		break;
	default:
		send_error(hid, hid->channel, HID_ERROR_INVALID_COMMAND);
	}
	hid->expected = hid->got = 0;
}

static void take(struct hid *hid, const uint8_t *bytes, size_t size)
{
	size_t part = hid->expected - hid->got < size ? hid->expected - hid->got : size;

	memcpy(hid->message + hid->got, bytes, part);
	hid->got += part;
	if (hid->got == hid->expected)
		run_message(hid);
}

void hid_receive(struct hid *hid, const uint8_t packet[HID_PACKET_SIZE])
{
	uint32_t channel = channel_of(packet);

	/* Nothing waits here that it could stop, and it comes between the packets of a request as well: it is
	 * no message of its own (CTAP 2.1 section 11.2.9.1.5). */
	if (packet[4] == (HID_CANCEL | FIRST_FLAG) || (hid->key->options.faults & FAULT_MUTE) != 0)
		return;
	if ((packet[4] & FIRST_FLAG) != 0) {
		hid->channel = channel;
		hid->command = packet[4] & (uint8_t)~FIRST_FLAG;
		hid->expected = (size_t)packet[5] << 8 | packet[6];
		hid->got = 0;
		hid->sequence = 0;
		if (hid->expected > sizeof(hid->message)) {
			hid->expected = 0;
			send_error(hid, channel, HID_ERROR_INVALID_LENGTH);
			return;
		}
		take(hid, packet + FIRST_HEAD, HID_PACKET_SIZE - FIRST_HEAD);
	} else if (hid->expected > 0 && channel == hid->channel) {
		if (packet[4] != hid->sequence++) {
			hid->expected = 0;
			send_error(hid, channel, HID_ERROR_INVALID_SEQUENCE);
			return;
		}
		take(hid, packet + NEXT_HEAD, HID_PACKET_SIZE - NEXT_HEAD);
	}
}

void hid_keepalive(struct hid *hid)
{
	uint8_t status = STATUS_TOUCH_NEEDED;

	if (hid->busy)
		send_message(hid, hid->channel, HID_KEEPALIVE, &status, 1);
}

bool hid_ends_waiting(struct hid *hid, const uint8_t packet[HID_PACKET_SIZE])
{
	uint32_t channel = channel_of(packet);
	uint8_t command = packet[4] & (uint8_t)~FIRST_FLAG;

	if (command == HID_CANCEL)
		return channel == hid->channel;
	if (command == HID_INIT) {
		answer_init(hid, channel, packet + FIRST_HEAD);
		return channel == hid->channel;
	}
	send_error(hid, channel, HID_ERROR_BUSY);
	return false;
}
