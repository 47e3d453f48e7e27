/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * softkey-run: plugs software authenticators in, runs a command in front of them, and unplugs them. The keys
 * are hidraw devices of a umockdev testbed, so that libfido2, unmodified, finds them with udev, opens them
 * and speaks CTAPHID to them.
 *
 * Who talks to a key must run with umockdev's preload. The helper program stepup-authenticator is started
 * with an empty environment: as root, a mount namespace of the command's own gets a script in its place that
 * sets the environment and runs the real one.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <umockdev.h>
#include <unistd.h>

#include "tests/softkey/hid.h"

#define KEYS_MAX 4
#define KEEPALIVE_MS 100
#define TOUCH_TIMEOUT_MS 30000
#define LINGER_MS 3000 /* after the command has ended, for whoever still has a key open */
#define PRELOAD "libumockdev-preload.so.0"
#define HELPER STEPUP_LIBEXECDIR "/stepup-authenticator"

/* One key that is plugged in. */
struct plugged {
	struct softkey key;
	struct hid hid;
	UMockdevTestbed *testbed;
	char device[256]; /* below /sys */
	int fd;		  /* our end of its device */
	int stop;	  /* readable once the command has ended */
	long ended;	  /* when that was first seen, by now_ms(); 0 for not yet */
	pthread_t thread;
};

static pthread_mutex_t testbed_lock = PTHREAD_MUTEX_INITIALIZER;

static const char usage[] =
	"usage: softkey-run [--preload] [--helper=PROGRAM] WORD… [+ WORD…]… -- COMMAND [ARGUMENT…]\n"
	"Runs COMMAND with software security keys plugged in; a + begins another one. Words:\n"
	"%s"
	"  --preload               COMMAND itself talks to the keys, as fido2-token does\n"
	"  --helper=PROGRAM        runs where COMMAND starts " HELPER " (needs root)\n"
	"                          [the one that was built]\n"
	"  --no-key                nothing is plugged in\n";

/* --- a key behind its device
 * ---------------------------------------------------------------------------------------------------- */

static void send_packet(void *context, const uint8_t packet[HID_PACKET_SIZE])
{
	struct plugged *plugged = context;
	size_t sent = 0;

	while (sent < HID_PACKET_SIZE) {
		ssize_t r = write(plugged->fd, packet + sent, HID_PACKET_SIZE - sent);

		if (r < 0 && errno != EINTR)
			return;
		sent += r > 0 ? (size_t)r : 0;
	}
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether the key is done once the command has ended: what the command left behind may have it open still. */
static bool is_let_go(struct plugged *plugged, short events)
{
	if (plugged->ended == 0)
		plugged->ended = now_ms();
	return (events & POLLHUP) != 0 || now_ms() - plugged->ended > LINGER_MS;
}

/* One packet from the platform, waiting at most `ms` (-1: for ever). 0 where none came; -1 where the command
 * has ended, and who had the key open has let it go. */
static int take_packet(struct plugged *plugged, uint8_t packet[1 + HID_PACKET_SIZE], int ms)
{
	struct pollfd watched[] = {
		{.fd = plugged->fd, .events = POLLIN}, {.fd = plugged->stop, .events = POLLIN}};
	size_t got = 0;

	while (got < 1 + HID_PACKET_SIZE) {
		int ready = poll(watched, 2, got == 0 ? ms : -1);
		ssize_t r;

		if (ready == 0)
			return 0;
		if (ready < 0) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		if ((watched[0].revents & POLLIN) == 0) {
			if (watched[1].revents != 0 && is_let_go(plugged, watched[0].revents))
				return -1;
			/* Nobody has the device open, or it may be used for a moment
			 * still: come back then. */
			poll(NULL, 0, 1);
			return 0;
		}
		r = read(plugged->fd, packet + got, 1 + HID_PACKET_SIZE - got);
		if (r <= 0 && errno != EINTR && errno != EIO)
			return -1;
		got += r > 0 ? (size_t)r : 0;
	}
	return 1;
}

static enum ctap_status wait_touch(void *context, int ms)
{
	struct plugged *plugged = context;
	uint8_t packet[1 + HID_PACKET_SIZE];
	long began = now_ms();

	for (;;) {
		long passed = now_ms() - began;
		long wait = ms != TOUCH_NEVER && ms - passed < KEEPALIVE_MS ? ms - passed : KEEPALIVE_MS;
		int r;

		if (ms != TOUCH_NEVER && passed >= ms)
			return CTAP_OK;
		if (passed >= TOUCH_TIMEOUT_MS)
			return CTAP_USER_ACTION_TIMEOUT;
		hid_keepalive(&plugged->hid);
		r = take_packet(plugged, packet, (int)wait);
		if (r < 0)
			return CTAP_USER_ACTION_TIMEOUT; /* nobody is left who could say so */
		if (r > 0 && hid_ends_waiting(&plugged->hid, packet + 1))
			return CTAP_KEEPALIVE_CANCEL;
	}
}

/* Gone: the device hangs up, and udev knows it no more. */
static void unplug(struct plugged *plugged)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	softkey_log(&plugged->key, "unplugged");
	pthread_mutex_lock(&testbed_lock);
	umockdev_testbed_remove_device(plugged->testbed, plugged->device);
	pthread_mutex_unlock(&testbed_lock);
	dup3(nothing, plugged->fd, O_CLOEXEC);
	close(nothing);
}

static void *serve(void *context)
{
	struct plugged *plugged = context;
	uint8_t packet[1 + HID_PACKET_SIZE];
	int r;

	while (!plugged->hid.unplugged && (r = take_packet(plugged, packet, -1)) >= 0)
		if (r > 0)
			hid_receive(&plugged->hid, packet + 1);
	if (plugged->hid.unplugged)
		unplug(plugged);
	return NULL;
}

/* --- the testbed
 * -----------------------------------------------------------------------------------------------------------
 */

/* As the kernel shows a key: a USB device, its interface, a HID device, a hidraw device. */
static bool add_device(struct plugged *plugged, int number)
{
	char text[2048], usb[128];
	GError *error = NULL;

	snprintf(usb, sizeof(usb), "/devices/pci0000:00/0000:00:14.0/usb1/1-%d", number + 1);
	snprintf(plugged->device, sizeof(plugged->device),
		"/sys%s/1-%d:1.0/0003:1209:5070.%04d/hidraw/hidraw%d", usb, number + 1, number + 1, number);
	snprintf(text, sizeof(text),
		"P: %s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nA: manufacturer=Softkey\nA: "
		"product=Software key %d\n"
		"A: idVendor=1209\nA: idProduct=5070\n\n"
		"P: %s/1-%d:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n\n"
		"P: %s/1-%d:1.0/0003:1209:5070.%04d\nE: SUBSYSTEM=hid\nE: HID_ID=0003:00001209:00005070\nE: "
		"HID_NAME=Softkey\n"
		"E: HID_PHYS=usb-1\nE: HID_UNIQ=\n\n"
		"P: %s\nN: hidraw%d\nE: SUBSYSTEM=hidraw\nE: DEVNAME=/dev/hidraw%d\nE: MAJOR=240\nE: "
		"MINOR=%d\n\n",
		usb, number, usb, number + 1, usb, number + 1, number + 1, plugged->device + strlen("/sys"),
		number, number, number);
	if (umockdev_testbed_add_from_string(plugged->testbed, text, &error))
		return true;
	fprintf(stderr, "softkey-run: %s\n", error->message);
	return false;
}

/* Everybody may ask the testbed what an ioctl gives. */
static bool open_ioctls(const struct plugged *plugged, int number)
{
	char *root = umockdev_testbed_get_root_dir(plugged->testbed);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/ioctl/dev/hidraw%d", root, number);
	g_free(root);
	return chmod(path, 0666) == 0;
}

/* What the two ioctls that libfido2 makes give: the report descriptor of a FIDO device (CTAP 2.1
 * section 11.2.8.1). */
static bool add_ioctls(struct plugged *plugged, int number)
{
	static const uint8_t report[] = {0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15, 0x00,
		0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xff,
		0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02, 0xc0};
	char path[] = "/tmp/softkey-ioctl.XXXXXX", device[32];
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	GError *error = NULL;
	bool done;

	if (file == NULL)
		return false;
	snprintf(device, sizeof(device), "/dev/hidraw%d", number);
	fprintf(file, "@DEV %s\nHIDIOCGRDESCSIZE 0 %02X000000\nHIDIOCGRDESC 0 %02X000000", device,
		(unsigned)sizeof(report), (unsigned)sizeof(report));
	for (size_t i = 0; i < 4096; i++)
		fprintf(file, "%02X", i < sizeof(report) ? report[i] : 0U);
	fputc('\n', file);
	fclose(file);
	done = umockdev_testbed_load_ioctl(plugged->testbed, device, path, &error);
	unlink(path);
	if (!done)
		fprintf(stderr, "softkey-run: %s\n", error->message);
	return done && open_ioctls(plugged, number);
}

/* The device is a pty: no echo, no lines, and everybody may use it. One that somebody had open once tells
 * when nobody has. */
static bool open_device(struct plugged *plugged, int number)
{
	char device[32];
	struct termios raw;
	int once;

	snprintf(device, sizeof(device), "/dev/hidraw%d", number);
	plugged->fd = umockdev_testbed_get_dev_fd(plugged->testbed, device);
	if (plugged->fd < 0 || tcgetattr(plugged->fd, &raw) != 0)
		return false;
	cfmakeraw(&raw);
	once = open(ptsname(plugged->fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (once < 0 || close(once) != 0)
		return false;
	return fcntl(plugged->fd, F_SETFD, FD_CLOEXEC) == 0 && tcsetattr(plugged->fd, TCSANOW, &raw) == 0 &&
	       chmod(ptsname(plugged->fd), 0666) == 0;
}

static bool plug_in(struct plugged *plugged, const struct softkey_options *options, UMockdevTestbed *testbed,
	int number, int stop)
{
	plugged->testbed = testbed;
	plugged->stop = stop;
	if (!softkey_init(&plugged->key, options) || !add_device(plugged, number) ||
		!add_ioctls(plugged, number) || !open_device(plugged, number))
		return false;
	plugged->key.touch = wait_touch;
	plugged->key.context = plugged;
	plugged->hid = (struct hid){.key = &plugged->key, .send = send_packet, .context = plugged};
	return pthread_create(&plugged->thread, NULL, serve, plugged) == 0;
}

/* --- the command
 * -----------------------------------------------------------------------------------------------------------
 */

struct plan {
	struct softkey_options keys[KEYS_MAX];
	int count;
	bool preload;
	const char *helper;
	char **command;
};

/* The script that stands where the helper is started. */
static bool write_script(const char *path, const char *helper)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return false;
	fprintf(file, "#!/bin/sh\nLD_PRELOAD=%s UMOCKDEV_DIR=%s exec %s\n", PRELOAD, getenv("UMOCKDEV_DIR"),
		helper);
	return fclose(file) == 0 && chmod(path, 0755) == 0;
}

/* Makes a folder and those above it, in the namespace only: where one is missing, the folder above it is
 * overlaid. */
static bool make_folder(const char *folder, const char *work)
{
	char above[PATH_MAX], upper[PATH_MAX], inner[PATH_MAX], options[3 * PATH_MAX + 64];
	struct stat status;

	if (stat(folder, &status) == 0)
		return true;
	snprintf(above, sizeof(above), "%s", folder);
	while (stat(dirname(above), &status) != 0)
		;
	snprintf(upper, sizeof(upper), "%s/upper", work);
	snprintf(inner, sizeof(inner), "%s/inner", work);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", above, upper, inner);
	if (mkdir(upper, 0755) != 0 || mkdir(inner, 0755) != 0 ||
		mount("softkey", above, "overlay", 0, options) != 0)
		return false;
	for (size_t length = strlen(above) + 1; length <= strlen(folder); length++) {
		char part[PATH_MAX];

		if (folder[length] != '/' && folder[length] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)length, folder);
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

/* Puts the script where the helper is started, for this process and its children. */
static bool place_helper(const char *helper, const char *work)
{
	char script[PATH_MAX];
	int fd;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("softkey", work, "tmpfs", 0, "mode=0755") != 0)
		return false;
	snprintf(script, sizeof(script), "%s/stepup-authenticator", work);
	if (!write_script(script, helper) || !make_folder(STEPUP_LIBEXECDIR, work))
		return false;
	fd = open(HELPER, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd >= 0)
		close(fd);
	return mount(script, HELPER, NULL, MS_BIND, NULL) == 0;
}

static int run_command(const struct plan *plan)
{
	char work[] = "/tmp/softkey-run.XXXXXX";
	int status = 0;
	pid_t pid;

	if (mkdtemp(work) == NULL)
		return 125;
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && !place_helper(plan->helper, work)) {
			fprintf(stderr, "softkey-run: could not put the helper into place: %s\n",
				strerror(errno));
			_exit(125);
		}
		if (plan->preload)
			setenv("LD_PRELOAD", PRELOAD, 1);
		execvp(plan->command[0], plan->command);
		fprintf(stderr, "softkey-run: %s: %s\n", plan->command[0], strerror(errno));
		_exit(127);
	}
	/* Who interrupts us means the command; we still have to clean up. */
	signal(SIGINT, SIG_IGN);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	rmdir(work);
	if (pid < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool read_arguments(int argc, char **argv, struct plan *plan)
{
	struct softkey_options *key = &plan->keys[0];
	bool none = false;
	int i;

	softkey_options_init(key);
	plan->count = 1;
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--preload") == 0) {
			plan->preload = true;
		} else if (strncmp(argv[i], "--helper=", 9) == 0) {
			plan->helper = argv[i] + 9;
		} else if (strcmp(argv[i], "--no-key") == 0) {
			none = true;
		} else if (strcmp(argv[i], "+") == 0 && plan->count < KEYS_MAX) {
			key = &plan->keys[plan->count++];
			softkey_options_init(key);
		} else if (!softkey_options_word(key, argv[i])) {
			return false;
		}
	}
	if (none)
		plan->count = 0;
	plan->command = argv + i + 1;
	return i + 1 < argc;
}

int main(int argc, char **argv)
{
	static struct plan plan;
	static struct plugged plugged[KEYS_MAX];
	UMockdevTestbed *testbed;
	int stop[2], status = 125, started = 0;
	char *root;

	plan.helper = STEPUP_TEST_HELPER;
	if (!read_arguments(argc, argv, &plan)) {
		fprintf(stderr, usage, softkey_options_help);
		return 2;
	}
	testbed = umockdev_testbed_new();
	root = umockdev_testbed_get_root_dir(testbed);
	if (pipe2(stop, O_CLOEXEC) != 0 || chmod(root, 0755) != 0)
		goto out;
	while (started < plan.count &&
		plug_in(&plugged[started], &plan.keys[started], testbed, started, stop[0]))
		started++;
	if (started == plan.count)
		status = run_command(&plan);
	close(stop[1]);
	for (int i = 0; i < started; i++) {
		pthread_join(plugged[i].thread, NULL);
		softkey_clear(&plugged[i].key);
	}
out:
	g_free(root);
	g_object_unref(testbed);
	return status;
}
