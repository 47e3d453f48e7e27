/* SPDX-License-Identifier: BSD-2-Clause */
/* A software authenticator in this process, behind libfido2's own I/O functions. */
#include "tests/softkey/io.h"

#include <string.h>

#include "tests/softkey/hid.h"

#define PACKETS_MAX 256

/* libfido2 hands its open function a path only. */
static struct in_process {
	struct hid hid;
	uint8_t packets[PACKETS_MAX][HID_PACKET_SIZE];
	size_t first, count;
} device;

static void queue_packet(void *context, const uint8_t packet[HID_PACKET_SIZE])
{
	struct in_process *to = context;

	if (to->count < PACKETS_MAX)
		memcpy(to->packets[(to->first + to->count++) % PACKETS_MAX], packet, HID_PACKET_SIZE);
}

static void *device_open(const char *path)
{
	(void)path;
	return &device;
}

static void device_close(void *handle)
{
	(void)handle;
}

/* A number of the report first, then the packet. */
static int device_write(void *handle, const unsigned char *bytes, size_t size)
{
	struct in_process *to = handle;

	if (size != 1 + HID_PACKET_SIZE || to->hid.unplugged)
		return -1;
	hid_receive(&to->hid, bytes + 1);
	return (int)size;
}

static int device_read(void *handle, unsigned char *bytes, size_t size, int ms)
{
	struct in_process *from = handle;

	(void)ms;
	if (size != HID_PACKET_SIZE || from->count == 0)
		return -1;
	memcpy(bytes, from->packets[from->first], HID_PACKET_SIZE);
	from->first = (from->first + 1) % PACKETS_MAX;
	from->count--;
	return HID_PACKET_SIZE;
}

fido_dev_t *softkey_open_device(struct softkey *key)
{
	static const fido_dev_io_t functions = {device_open, device_close, device_read, device_write};
	fido_dev_t *opened = fido_dev_new();

	memset(&device, 0, sizeof(device));
	device.hid = (struct hid){.key = key, .send = queue_packet, .context = &device};
	if (opened != NULL && (fido_dev_set_io_functions(opened, &functions) != FIDO_OK ||
				      fido_dev_open(opened, "softkey") != FIDO_OK))
		fido_dev_free(&opened);
	return opened;
}
