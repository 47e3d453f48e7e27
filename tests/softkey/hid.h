/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAPHID (CTAP 2.1 section 11.2): packets of 64 bytes in, commands to the authenticator, packets out.
 * Layer: tests/softkey/.
 */
#ifndef STEPUP_TESTS_SOFTKEY_HID_H
#define STEPUP_TESTS_SOFTKEY_HID_H

#include "tests/softkey/softkey.h"

#define HID_PACKET_SIZE 64
#define HID_MESSAGE_MAX 7609 /* bytes: 57 + 128 * 59 */

struct hid {
	struct softkey *key;
	/* Takes a packet towards the platform. */
	void (*send)(void *context, const uint8_t packet[HID_PACKET_SIZE]);
	void *context;
	uint32_t channel,
		last_channel; /* of the message that is being put together; the last one given out */
	uint8_t command, sequence;
	uint8_t message[HID_MESSAGE_MAX];
	size_t expected, got; /* expected 0: none is under way */
	bool busy;	      /* the authenticator works on it */
	bool unplugged;
};

/* One packet from the platform; what it completes is done at once. */
void hid_receive(struct hid *hid, const uint8_t packet[HID_PACKET_SIZE]);

/* While the authenticator waits to be touched: tells the platform so. */
void hid_keepalive(struct hid *hid);

/* Whether a packet that came while it waits ends the waiting: a cancel, or an init of the same channel, which
 * is answered. */
bool hid_ends_waiting(struct hid *hid, const uint8_t packet[HID_PACKET_SIZE]);

#endif
