/* SPDX-License-Identifier: BSD-2-Clause */
/* A verifier that says what a test tells it to. */
#include "tests/pam/fake_verifier.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const method_names[FAKE_METHODS] = {
	"io.stepup.Verify1.Begin", "io.stepup.Verify1.Answer", "io.stepup.Verify1.Account",
	"io.stepup.Verify1.Cancel"};

/* Of the verifier's process, set before its first thread. */
static struct fake_shared *shared;
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;

static bool send_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

static void send_slowly(int fd, const char *bytes, size_t size, useconds_t pause)
{
	for (size_t i = 0; i < size && send_all(fd, bytes + i, 1); i++)
		if (pause > 0)
			usleep(pause);
}

/* false where the connection ends with this. */
static bool reply_to(int fd, const char *text, enum fake_manner manner)
{
	static const char flood[4096] = {[0 ... 4095] = 'x'};
	size_t size = strlen(text) + 1;

	switch (manner) {
	case FAKE_WHOLE:
		return send_all(fd, text, size);
	case FAKE_HANG:
		return true;
	case FAKE_CLOSE:
		return false;
	case FAKE_HALF:
		(void)send_all(fd, text, size / 2);
		return false;
	case FAKE_HALF_HANG:
		return send_all(fd, text, size / 2);
	case FAKE_SLOW:
		send_slowly(fd, text, size, 20000);
		return true;
	case FAKE_SPLIT:
		send_slowly(fd, text, size, 0);
		return true;
	case FAKE_TWICE: {
		char *both = malloc(2 * size);
		bool sent;

		memcpy(both, text, size);
		memcpy(both + size, text, size);
		sent = send_all(fd, both, 2 * size);
		free(both);
		return sent;
	}
	case FAKE_ENDLESS:
		while (send_all(fd, flood, sizeof(flood)))
			;
		return false;
	case FAKE_LATER_CLOSE:
		(void)send_all(fd, text, size);
		return false;
	case FAKE_DIE:
		_exit(0);
	}
	return false;
}

static enum fake_method method_of(const char *message)
{
	for (int method = 0; method < FAKE_METHODS; method++)
		if (strstr(message, method_names[method]) != NULL)
			return (enum fake_method)method;
	return FAKE_METHODS;
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument, answers = 0;
	char *message = malloc(FAKE_TEXT_MAX);
	size_t length = 0;

	if (shared->speaks_first)
		(void)send_all(fd, shared->replies[FAKE_ANSWER], strlen(shared->replies[FAKE_ANSWER]) + 1);
	while (length < FAKE_TEXT_MAX && recv(fd, message + length, 1, 0) == 1) {
		enum fake_method method;
		const char *text;

		if (message[length++] != '\0')
			continue;
		length = 0;
		method = method_of(message);
		if (method == FAKE_METHODS)
			break;
		shared->calls[method]++;
		pthread_mutex_lock(&last_lock);
		memcpy(shared->last[method], message, strlen(message) + 1);
		pthread_mutex_unlock(&last_lock);
		text = shared->replies[method];
		if (method == FAKE_ANSWER && ++answers > 1 && shared->second_answer[0] != '\0')
			text = shared->second_answer;
		if (!reply_to(fd, text, shared->manners[method]))
			break;
	}
	free(message);
	close(fd);
	shared->closed++;
	return NULL;
}

static _Noreturn void run(int listener, uid_t uid)
{
	pthread_attr_t detached;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (uid != (uid_t)-1 && setuid(uid) != 0)
		_exit(1);
	/* SO_PEERCRED tells who listened. */
	if (listen(listener, 4096) != 0)
		_exit(1);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 256 * 1024);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			continue;
		shared->connections++;
		if (pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
			close(fd);
	}
}

static int bind_socket(struct fake_verifier *fake)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->socket);
	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(fake->socket, 0666) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A connection to it; negative where nobody listens. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Waits until somebody listens. */
static bool wait_for_listener(const char *path)
{
	for (int i = 0; i < 5000; i++) {
		int fd = connect_to(path);

		if (fd >= 0) {
			close(fd);
			return true;
		}
		usleep(1000);
	}
	return false;
}

bool fake_verifier_start(struct fake_verifier *fake, uid_t uid)
{
	int listener;

	*fake = (struct fake_verifier){.pid = -1};
	snprintf(fake->folder, sizeof(fake->folder), "/tmp/stepup-fake-XXXXXX");
	if (mkdtemp(fake->folder) == NULL || chmod(fake->folder, 0755) != 0)
		return false;
	snprintf(fake->socket, sizeof(fake->socket), "%s/verify.sock", fake->folder);
	fake->shared =
		mmap(NULL, sizeof(*fake->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake->shared == MAP_FAILED)
		return false;
	fake_verifier_reset(fake);
	listener = bind_socket(fake);
	if (listener < 0)
		return false;
	fake->pid = fork();
	if (fake->pid == 0) {
		shared = fake->shared;
		run(listener, uid);
	}
	close(listener);
	return fake->pid > 0 && wait_for_listener(fake->socket);
}

void fake_verifier_reset(struct fake_verifier *fake)
{
	static const char *const friendly[FAKE_METHODS] = {FAKE_BEGIN_REPLY, FAKE_GRANT,
		"{\"parameters\":{}}", "{\"parameters\":{}}"};

	for (int method = 0; method < FAKE_METHODS; method++) {
		memcpy(fake->shared->replies[method], friendly[method], strlen(friendly[method]) + 1);
		fake->shared->manners[method] = FAKE_WHOLE;
		fake->shared->calls[method] = 0;
		fake->shared->last[method][0] = '\0';
	}
	fake->shared->second_answer[0] = '\0';
	fake->shared->speaks_first = false;
}

bool fake_verifier_settle(struct fake_verifier *fake)
{
	int fd = connect_to(fake->socket);
	char byte = 1;
	bool answered = fd >= 0 &&
		send_all(fd, method_names[FAKE_CANCEL], strlen(method_names[FAKE_CANCEL]) + 1);

	while (answered && byte != '\0')
		answered = recv(fd, &byte, 1, 0) == 1;
	if (fd >= 0)
		close(fd);
	while (answered && fake->shared->closed < fake->shared->connections)
		usleep(1000);
	return answered;
}

void fake_verifier_stop(struct fake_verifier *fake)
{
	if (fake->pid > 0) {
		kill(fake->pid, SIGKILL);
		waitpid(fake->pid, NULL, 0);
	}
	unlink(fake->socket);
	rmdir(fake->folder);
	if (fake->shared != NULL && fake->shared != MAP_FAILED)
		munmap(fake->shared, sizeof(*fake->shared));
	*fake = (struct fake_verifier){.pid = -1};
}
