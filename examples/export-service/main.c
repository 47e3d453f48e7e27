/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export-service: an example of a service that carries an action out, and does so only for a receipt
 * it has redeemed.
 * It runs as a user of its own, believes no console, and asks the verifier about exactly what
 * it is about to do.
 *
 * A connection carries one request, a JSON object {receipt, account, records} and a newline. The answer is a
 * JSON line, {"granted": true, "user", "records"} or {"granted": false, "message"}; after the first come
 * blocks of a hexadecimal size, a newline and that many bytes, ended by a block of size 0.
 *
 * MUST: count the contacts itself; name each execution itself, and have the name on the disk before it
 * asks; redeem, and note that it begins, before the first byte goes out; begin nothing twice; write no more
 * than it redeemed.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examples/export-service/contacts.h"
#include "examples/export-service/orders.h"
#include "examples/export-service/redeem.h"

#define REQUEST_MAX 8192
#define CHILDREN_MAX 16
#define WAIT_SECONDS 30

struct service_options {
	const char *database, *orders, *socket_path, *redeem_socket;
	uid_t caller;
};

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

/* --- one connection, in a process of its own --- */

struct order {
	const char *receipt, *account;
	json_int_t records;
};

static bool order_read(const json_t *request, struct order *order)
{
	order->receipt = json_string_value(json_object_get(request, "receipt"));
	order->account = json_string_value(json_object_get(request, "account"));
	order->records = json_integer_value(json_object_get(request, "records"));
	return order->receipt && order->account && order->records > 0;
}

static bool send_line(FILE *peer, json_t *answer)
{
	bool sent = answer && json_dumpf(answer, peer, JSON_COMPACT) == 0 && fputc('\n', peer) != EOF &&
		fflush(peer) == 0;

	json_decref(answer);
	return sent;
}

static void refuse(FILE *peer, const char *words, const char *reference)
{
	json_t *answer = json_pack("{s:b, s:s}", "granted", 0, "message", words);

	if (answer && reference)
		json_object_set_new(answer, "reference", json_string(reference));
	fprintf(stderr, "export-service: refused: %s\n", words);
	send_line(peer, answer);
}

static bool send_block(void *context, const char *bytes, size_t size)
{
	return fprintf(context, "%zx\n", size) > 0 && fwrite(bytes, 1, size, context) == size;
}

static void hand_out(FILE *peer, const struct order *order, struct contacts *contacts, int64_t records,
	const json_t *said)
{
	bool whole = send_line(peer, json_pack("{s:b, s:O, s:I}", "granted", 1,
			"user", json_object_get(said, "user"), "records", (json_int_t)records)) &&
		contacts_write(contacts, order->account, records, send_block, peer) &&
		fputs("0\n", peer) != EOF && fflush(peer) == 0;

	fprintf(stderr, "export-service: %s: %lld contacts of %s for %s\n", whole ? "exported" : "broke off",
		(long long)records, order->account, json_string_value(json_object_get(said, "user")));
}

/* Records what it is about to do, redeems for that, then does it, once. A verifier that says "already" has
 * said yes before to this very order: whether anything came of that, the service's own record knows. */
static void export_run(FILE *peer, const struct service_options *options, const struct order *order,
	struct contacts *contacts, int64_t records)
{
	struct orders *orders = orders_open(options->orders);
	char exec_id[EXEC_ID_SIZE];
	json_t *said = NULL;
	bool again = false;
	int granted = 0;

	if (!orders || !orders_record(orders, order->receipt, order->account, records, exec_id, &again)) {
		refuse(peer, "The export service could not record the export. Nothing was exported. Try "
			"again in a minute.", NULL);
		goto out;
	}
	said = redeem_receipt(options->redeem_socket, order->receipt, order->account, records, exec_id,
		again, &granted);
	if (!said) {
		refuse(peer, "Could not ask the verifier, so nothing was exported. You did nothing wrong. "
			"Try again in a minute.", NULL);
	} else if (!granted) {
		const char *words = json_string_value(json_object_get(said, "message"));

		refuse(peer, words ? words : "The verifier refused this receipt. Nothing was exported.",
			json_string_value(json_object_get(said, "reference")));
	} else if (!orders_begin(orders, exec_id)) {
		refuse(peer, "This export was begun before. Nothing was exported again. If it broke "
			"off, approve the export again.", NULL);
	} else {
		hand_out(peer, order, contacts, records, said);
	}
out:
	json_decref(said);
	orders_close(&orders);
}

static void serve_order(FILE *peer, const struct service_options *options, const json_t *request)
{
	struct contacts *contacts = NULL;
	struct order order;
	int64_t count;

	if (!order_read(request, &order)) {
		refuse(peer,
			"The export service did not understand the request. Nothing was exported.", NULL);
		return;
	}
	contacts = contacts_open(options->database);
	count = contacts ? contacts_count(contacts, order.account) : -1;
	if (count <= 0)
		refuse(peer,
			"This account has no contacts. Nothing was exported.", NULL);
	else
		export_run(peer, options, &order, contacts, order.records < count ? order.records : count);
	contacts_close(&contacts);
}

static void serve_connection(int fd, const struct service_options *options)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	char line[REQUEST_MAX];
	json_t *request;
	FILE *in = NULL, *peer = NULL;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
		return;
	in = fdopen(fd, "r");
	peer = fdopen(dup(fd), "w");
	if (!in || !peer)
		return;
	if (credentials.uid != options->caller) {
		refuse(peer, "Only the support console may ask for exports. Nothing was exported.", NULL);
	} else if (fgets(line, sizeof(line), in)) {
		request = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		serve_order(peer, options, request);
		json_decref(request);
		explicit_bzero(line, sizeof(line));
	}
	fclose(peer);
	fclose(in);
}

/* --- the parent: accepts and forks --- */

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "export-service: %s: too long for a socket's path\n", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Anybody may connect: who is served is decided by the kernel's word about the peer. */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || chmod(path, 0666) ||
	    listen(fd, 64)) {
		fprintf(stderr, "export-service: %s: %s\n", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* Signals to stop are let in only while waiting here, so that none is missed. */
static void block_signals(sigset_t *waiting)
{
	const struct sigaction stop = {.sa_handler = on_stop};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, waiting);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int serve(const struct service_options *options)
{
	int listener = listen_on(options->socket_path), children = 0;
	sigset_t waiting;

	if (listener < 0)
		return EXIT_FAILURE;
	block_signals(&waiting);
	printf("export-service: ready at %s\n", options->socket_path);
	fflush(stdout);
	while (!stopping) {
		struct pollfd poll_listener = {.fd = listener, .events = POLLIN};
		int fd;
		pid_t child;

		if (ppoll(&poll_listener, 1, NULL, &waiting) < 0)
			continue;
		while (children && waitpid(-1, NULL, children >= CHILDREN_MAX ? 0 : WNOHANG) > 0)
			children--;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		child = fork();
		if (!child) {
			close(listener);
			serve_connection(fd, options);
			_exit(0);
		}
		children += child > 0;
		close(fd);
	}
	unlink(options->socket_path);
	return EXIT_SUCCESS;
}

static int usage(FILE *out, int status)
{
	fputs("usage: export-service --database FILE --orders FILE --socket PATH --redeem-socket PATH "
		"--caller USER\n\nExports contacts as CSV to processes of USER, each export against a "
		"receipt that the verifier redeems.\nOnly the service writes the FILE of --orders: it "
		"has each export, and whether it began.\n", out);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {{"database", required_argument, NULL, 'd'},
		{"orders", required_argument, NULL, 'o'}, {"socket", required_argument, NULL, 's'},
		{"redeem-socket", required_argument, NULL, 'r'}, {"caller", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct service_options options = {0};
	const struct passwd *caller = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case 'd': options.database = optarg; break;
		case 'o': options.orders = optarg; break;
		case 's': options.socket_path = optarg; break;
		case 'r': options.redeem_socket = optarg; break;
		case 'c': caller = getpwnam(optarg); break;
		case 'h': return usage(stdout, EXIT_SUCCESS);
		default: return usage(stderr, 2);
		}
	}
	if (!options.database || !options.orders || !options.socket_path || !options.redeem_socket ||
	    !caller || optind != argc)
		return usage(stderr, 2);
	options.caller = caller->pw_uid;
	return serve(&options);
}
