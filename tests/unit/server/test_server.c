/* SPDX-License-Identifier: BSD-2-Clause */
/* The server with a door made for the test: connections, framing, dispatch, backpressure, on real unix
 * sockets in one process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/server/connection.h"
#include "verifier/verifier.h"

#define GIVE_UP_MS 20000 /* a test that waits longer has failed */

/* --- the door --- */

static struct call *held; /* by Hold, until the test answers */

static void handle_echo(struct call *call)
{
	call_reply(call, json_pack("{s:s, s:I}", "text", message_text(call->parameters, "text"),
			"uid", (json_int_t)call->peer.uid));
}

static void handle_hold(struct call *call)
{
	held = call;
}

static void handle_refuse(struct call *call)
{
	call_refuse(call, STEPUP_BAD_ANSWER, "That code did not work.",
		&(struct refusal_facts){ .tries_left = 2 });
}

static void handle_wrong(struct call *call)
{
	call_reply(call, json_pack("{s:i}", "text", 1));
}

static void handle_twice(struct call *call)
{
	call_reply(call, json_pack("{s:s, s:i}", "text", "first", "uid", 0));
	call_reply(call, json_pack("{s:s, s:i}", "text", "second", "uid", 0));
}

static void handle_invalid(struct call *call)
{
	call_invalid(call, "text");
}

static void handle_large(struct call *call)
{
	char *text = malloc(900001);

	assert_non_null(text);
	memset(text, 'x', 900000);
	text[900000] = '\0';
	call_reply(call, json_pack("{s:s, s:i}", "text", text, "uid", 0));
	free(text);
}

static void handle_begin(struct call *call)
{
	call_reply(call, json_object());
}

static const struct field in_fields[] = { { "text", FIELD_TEXT, 32, true },
	{ "number", FIELD_NUMBER, 100, false }, { 0 } };
static const struct field no_fields[] = { { 0 } };
static const struct field out_fields[] = { { "text", FIELD_TEXT, 1000000, true },
	{ "uid", FIELD_NUMBER, UINT32_MAX, true }, { 0 } };
static const struct method methods[] = {
	{ "Echo", in_fields, out_fields }, { "Hold", no_fields, out_fields },
	{ "Refuse", no_fields, out_fields }, { "Wrong", no_fields, out_fields },
	{ "Twice", no_fields, out_fields }, { "Invalid", no_fields, out_fields },
	{ "Large", no_fields, out_fields }, { "Begin", no_fields, no_fields }, { 0 },
};
static const struct interface interface = { "io.stepup.Test1", "interface io.stepup.Test1\n", methods };
static const struct door_handler handlers[] = {
	{ "Echo", handle_echo }, { "Hold", handle_hold }, { "Refuse", handle_refuse },
	{ "Wrong", handle_wrong }, { "Twice", handle_twice }, { "Invalid", handle_invalid },
	{ "Large", handle_large }, { "Begin", handle_begin }, { 0 },
};
static const struct door door = { &interface, handlers, NULL };

/* --- a server for each test --- */

struct fixture {
	uv_loop_t loop;
	uv_timer_t patience;
	struct verifier verifier;
	struct server *server;
	struct sockaddr_un address;
	bool impatient;
};

static void on_patience(uv_timer_t *timer)
{
	((struct fixture *)timer->data)->impatient = true;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	assert_non_null(fixture);
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	assert_int_equal(uv_timer_init(&fixture->loop, &fixture->patience), 0);
	fixture->patience.data = fixture;
	assert_int_equal(uv_timer_start(&fixture->patience, on_patience, GIVE_UP_MS, 0), 0);
	fixture->verifier.loop = &fixture->loop;
	fixture->verifier.accounts = account_cache_new(&fixture->loop);
	assert_int_equal(server_new(&fixture->verifier, 200, &fixture->server), STEPUP_OK);
	fixture->address.sun_family = AF_UNIX;
	(void)snprintf(fixture->address.sun_path, sizeof(fixture->address.sun_path), "/tmp/test_server.%d",
		(int)getpid());
	(void)unlink(fixture->address.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&fixture->address, sizeof(fixture->address)), 0);
	assert_int_equal(listen(fd, 512), 0);
	assert_int_equal(server_listen(fixture->server, fd, &door), STEPUP_OK);
	held = NULL;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	server_stop(fixture->server);
	account_cache_free(&fixture->verifier.accounts);
	server_close(fixture->server);
	uv_close((uv_handle_t *)&fixture->patience, NULL);
	while (uv_loop_alive(&fixture->loop))
		(void)uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	assert_int_equal(budgets_connections(fixture->server->budgets), 0);
	server_free(&fixture->server);
	(void)unlink(fixture->address.sun_path);
	free(fixture);
	return 0;
}

static int client(struct fixture *fixture)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&fixture->address, sizeof(fixture->address)), 0);
	return fd;
}

static void client_send(int fd, const char *text, size_t size)
{
	assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* With its NUL. */
static void client_call(int fd, const char *text)
{
	client_send(fd, text, strlen(text) + 1);
}

/* Turns the loop until one answer or the end is there; the answer, or NULL at the end. Byte by byte: it takes
 * no more than one. */
static char *client_answer(struct fixture *fixture, int fd)
{
	static char answer[FRAME_REPLY_SIZE_MAX];
	size_t length = 0;

	while (length < sizeof(answer)) {
		ssize_t n = recv(fd, answer + length, 1, MSG_DONTWAIT);

		if (n == 1 && answer[length++] == '\0')
			return answer;
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_false(fixture->impatient);
			(void)uv_run(&fixture->loop, UV_RUN_ONCE);
		}
	}
	fail();
	return NULL;
}

/* Nothing comes, whatever the loop has to do. */
static void client_hears_nothing(struct fixture *fixture, int fd)
{
	char byte;

	for (int i = 0; i < 20; i++)
		(void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void assert_answer(struct fixture *fixture, int fd, const char *expected)
{
	const char *answer = client_answer(fixture, fd);

	assert_non_null(answer);
	assert_string_equal(answer, expected);
}

static void assert_refused_and_closed(struct fixture *fixture, const char *text, size_t size,
	const char *expected)
{
	int fd = client(fixture);

	client_send(fd, text, size);
	assert_answer(fixture, fd, expected);
	assert_null(client_answer(fixture, fd));
	(void)close(fd);
}

#define INVALID( \
	field) "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"" \
	field "\"}}"

/* --- facts --- */

static void a_call_is_answered_with_the_kernels_word_for_its_uid(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);
	char expected[128];

	(void)snprintf(expected, sizeof(expected), "{\"parameters\":{\"text\":\"hello\",\"uid\":%u}}",
		(unsigned)getuid());
	client_call(fd, "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"hello\"}}");
	assert_answer(fixture, fd, expected);
	client_call(fd,
		"{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"hello\"},\"more\":true}");
	assert_answer(fixture, fd, expected);
	(void)close(fd);
}

static void the_service_interface_answers(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"org.varlink.service.GetInfo\"}");
	assert_non_null(strstr(client_answer(fixture, fd),
			"\"interfaces\":[\"org.varlink.service\",\"io.stepup.Test1\"]"));
	client_call(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"io.stepup.Test1\"}}");
	assert_answer(fixture, fd, "{\"parameters\":{\"description\":\"interface io.stepup.Test1\\n\"}}");
	client_call(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"org.varlink.service\"}}");
	assert_non_null(strstr(client_answer(fixture, fd), "method GetInfo()"));
	client_call(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"io.other\"}}");
	assert_answer(fixture, fd, "{\"error\":\"org.varlink.service.InterfaceNotFound\","
		"\"parameters\":{\"interface\":\"io.other\"}}");
	(void)close(fd);
}

static void an_unknown_method_or_interface_is_told_and_the_connection_goes_on(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.None\"}");
	assert_answer(fixture, fd,
		"{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"None\"}}");
	client_call(fd, "{\"method\":\"org.varlink.service.None\"}");
	assert_answer(fixture, fd,
		"{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"None\"}}");
	client_call(fd, "{\"method\":\"io.stepup.Admin1.Lock\"}");
	assert_answer(fixture, fd, "{\"error\":\"org.varlink.service.InterfaceNotFound\","
		"\"parameters\":{\"interface\":\"io.stepup.Admin1\"}}");
	client_call(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"io.stepup.Test1\"}}");
	assert_answer(fixture, fd, "{\"parameters\":{\"description\":\"interface io.stepup.Test1\\n\"}}");
	(void)close(fd);
}

static void a_oneway_call_is_carried_out_and_answered_by_nothing(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd,
		"{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"one\"},\"oneway\":true}");
	client_call(fd, "{\"method\":\"io.stepup.Test1.None\",\"oneway\":true}");
	client_call(fd, "{\"method\":\"io.stepup.Test1.Refuse\",\"oneway\":true,\"more\":true}");
	client_call(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"io.stepup.Test1\"}}");
	assert_answer(fixture, fd, "{\"parameters\":{\"description\":\"interface io.stepup.Test1\\n\"}}");
	(void)close(fd);
}

static void whatever_no_table_knows_is_named_and_the_connection_closes(void **state)
{
	static const struct {
		const char *text, *answer;
	} cases[] = {
		{ "{\"method\":\"Echo\"}", INVALID("method") },
		{ "{\"method\":\".Echo\"}", INVALID("method") },
		{ "{\"method\":\"io.stepup.Test1.\"}", INVALID("method") },
		{ "{\"method\":7}", INVALID("method") },
		{ "{}", INVALID("method") },
		{ "{\"method\":\"io.stepup.Test1.Echo\"}", INVALID("text") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":[]}", INVALID("parameters") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":5}}", INVALID("text") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"a\",\"number\":101}}",
			INVALID("number") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"a\",\"other\":1}}",
			INVALID("other") },
		{ "{\"method\":\"io.stepup.Test1.Echo\","
			"\"parameters\":{\"text\":\"123456789012345678901234567890123\"}}", INVALID("text") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"a\"},\"upgrade\":true}",
			INVALID("upgrade") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"a\"},\"extra\":1}",
			INVALID("extra") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"a\",\"text\":\"b\"}}",
			INVALID("message") },
		{ "[]", INVALID("message") }, { "", INVALID("message") },
		{ "GET / HTTP/1.1\r\n\r\n", INVALID("message") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"\\u0000\"}}",
			INVALID("message") },
		{ "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"\xff\"}}",
			INVALID("message") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused_and_closed(*state, cases[i].text, strlen(cases[i].text) + 1, cases[i].answer);
}

static void a_message_over_the_limit_is_refused_before_its_end(void **state)
{
	char *text = malloc(FRAME_SIZE_MAX);

	assert_non_null(text);
	memset(text, ' ', FRAME_SIZE_MAX);
	assert_refused_and_closed(*state, text, FRAME_SIZE_MAX, INVALID("message"));
	free(text);
}

static void a_message_in_single_bytes_is_one_message(void **state)
{
	static const char text[] = "{\"method\":\"io.stepup.Test1.Refuse\"}";
	struct fixture *fixture = *state;
	int fd = client(fixture);

	for (size_t i = 0; i < sizeof(text); i++) {
		client_send(fd, text + i, 1);
		(void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
	}
	assert_answer(fixture, fd,
		"{\"error\":\"io.stepup.Test1.BadAnswer\",\"parameters\":{\"message\":\"That code did not "
		"work.\",\"tries_left\":2}}");
	(void)close(fd);
}

static void calls_sent_ahead_are_answered_one_after_the_other(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Hold\"}");
	client_call(fd, "{\"method\":\"io.stepup.Test1.Refuse\"}");
	client_call(fd, "{\"method\":\"io.stepup.Test1.Begin\"}");
	client_hears_nothing(fixture, fd);
	assert_non_null(held);
	call_reply(held, json_pack("{s:s, s:i}", "text", "held", "uid", 1));
	assert_answer(fixture, fd, "{\"parameters\":{\"text\":\"held\",\"uid\":1}}");
	assert_non_null(strstr(client_answer(fixture, fd), "BadAnswer"));
	assert_answer(fixture, fd, "{\"parameters\":{}}");
	(void)close(fd);
}

static void nothing_is_read_while_a_call_is_under_way(void **state)
{
	struct fixture *fixture = *state;
	char block[4096];
	int fd = client(fixture), rounds = 0;
	size_t sent = 0;

	memset(block, ' ', sizeof(block));
	client_call(fd, "{\"method\":\"io.stepup.Test1.Hold\"}");
	while (held == NULL)
		(void)uv_run(&fixture->loop, UV_RUN_ONCE);
	/* The socket's own buffer fills, and then it is the peer who waits. */
	while (sent < 64 * 1024 * 1024 && rounds < 10) {
		ssize_t n = send(fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		rounds += n > 0 ? 0 : 1;
		(void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(rounds, 10);
	assert_int_equal(fixture->server->connections->frames.length, 0);
	call_refuse(held, STEPUP_LOCKED, "Locked.", NULL);
	(void)close(fd);
}

static void a_caller_that_hangs_up_does_not_disturb_its_handler(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Hold\"}");
	while (held == NULL)
		(void)uv_run(&fixture->loop, UV_RUN_ONCE);
	(void)close(fd);
	server_close(fixture->server);
	(void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
	assert_int_equal(server_busy(fixture->server), 1);
	assert_int_equal(budgets_connections(fixture->server->budgets), 1);
	call_reply(held, json_pack("{s:s, s:i}", "text", "late", "uid", 1));
	assert_int_equal(server_busy(fixture->server), 0);
	assert_int_equal(budgets_connections(fixture->server->budgets), 0);
}

static void a_reply_that_breaks_its_table_goes_out_as_unavailable(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Wrong\"}");
	assert_non_null(strstr(client_answer(fixture, fd), "io.stepup.Test1.Unavailable"));
	(void)close(fd);
}

static void a_second_answer_reaches_nobody(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Twice\"}");
	assert_answer(fixture, fd, "{\"parameters\":{\"text\":\"first\",\"uid\":0}}");
	client_hears_nothing(fixture, fd);
	(void)close(fd);
}

static void a_field_that_the_handler_refuses_closes_too(void **state)
{
	static const char text[] = "{\"method\":\"io.stepup.Test1.Invalid\"}";

	assert_refused_and_closed(*state, text, sizeof(text), INVALID("text"));
}

static void a_reply_larger_than_the_socket_arrives_whole(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Large\"}");
	assert_int_equal(strlen(client_answer(fixture, fd)),
		900000 + strlen("{\"parameters\":{\"text\":\"\",\"uid\":0}}"));
	client_call(fd, "{\"method\":\"io.stepup.Test1.Begin\"}");
	assert_answer(fixture, fd, "{\"parameters\":{}}");
	(void)close(fd);
}

static void a_peer_that_half_closes_still_gets_its_answer(void **state)
{
	struct fixture *fixture = *state;
	int fd = client(fixture);

	client_call(fd, "{\"method\":\"io.stepup.Test1.Begin\"}");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_answer(fixture, fd, "{\"parameters\":{}}");
	assert_null(client_answer(fixture, fd));
	(void)close(fd);
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
	return count;
}

static void a_passed_descriptor_is_never_received(void **state)
{
	static char text[] = "{\"method\":\"io.stepup.Test1.Begin\"}";
	struct fixture *fixture = *state;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = client(fixture), pipes[2], before;
	char byte;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	assert_int_equal(pipe(pipes), 0);
	memcpy(CMSG_DATA(header), &pipes[1], sizeof(int));
	client_call(fd, "{\"method\":\"io.stepup.Test1.Begin\"}");
	assert_answer(fixture, fd, "{\"parameters\":{}}");
	before = open_descriptors();
	assert_int_equal(sendmsg(fd, &message, 0), (ssize_t)sizeof(text));
	assert_answer(fixture, fd, "{\"parameters\":{}}");
	assert_int_equal(open_descriptors(), before);
	/* Nobody else holds the pipe's other end open. */
	(void)close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	(void)close(pipes[0]);
	(void)close(fd);
}

static void a_message_that_is_not_completed_in_time_ends_the_connection(void **state)
{
	struct fixture *fixture = *state;
	int slow = client(fixture), idle = client(fixture);
	int64_t now;

	client_send(slow, "{", 1);
	client_hears_nothing(fixture, slow);
	now = (int64_t)uv_now(&fixture->loop);
	for (struct connection *connection = fixture->server->connections, *next; connection != NULL;
		connection = next) {
		next = connection->next;
		connection_tick(connection, now + SERVER_MESSAGE_SECONDS * 1000);
	}
	assert_null(client_answer(fixture, slow));
	client_hears_nothing(fixture, idle);
	connection_tick(fixture->server->connections, now + SERVER_IDLE_SECONDS * 1000 + 1000);
	assert_null(client_answer(fixture, idle));
	(void)close(slow);
	(void)close(idle);
}

/* The clock of a loop that stood still jumps: nobody is hung up on whose call or bytes are here, or who has
 * taken an answer. */
static void what_came_while_the_loop_stood_still_counts(void **state)
{
	struct fixture *fixture = *state;
	int idle = client(fixture), begun = client(fixture);
	int64_t later;

	client_call(idle, "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"one\"}}");
	assert_non_null(strstr(client_answer(fixture, idle), "one"));
	client_send(begun, "{\"method\":\"io.stepup", 20);
	client_hears_nothing(fixture, begun);
	later = (int64_t)uv_now(&fixture->loop) + SERVER_IDLE_SECONDS * 1000 + 1000;
	client_call(idle, "{\"method\":\"io.stepup.Test1.Echo\",\"parameters\":{\"text\":\"two\"}}");
	client_call(begun, ".Test1.Echo\",\"parameters\":{\"text\":\"three\"}}");
	for (struct connection *connection = fixture->server->connections, *next; connection != NULL;
		connection = next) {
		next = connection->next;
		connection_tick(connection, later);
	}
	assert_non_null(strstr(client_answer(fixture, idle), "two"));
	assert_non_null(strstr(client_answer(fixture, begun), "three"));
	(void)close(idle);
	(void)close(begun);
}

static void one_more_byte_is_no_more_time_for_a_message(void **state)
{
	struct fixture *fixture = *state;
	int slow = client(fixture);

	client_send(slow, "{\"method\":", 10);
	client_hears_nothing(fixture, slow);
	client_send(slow, "\"", 1);
	connection_tick(fixture->server->connections,
		(int64_t)uv_now(&fixture->loop) + SERVER_MESSAGE_SECONDS * 1000);
	assert_null(client_answer(fixture, slow));
	(void)close(slow);
}

static void more_connections_than_there_may_be_are_closed_and_others_stay(void **state)
{
	struct fixture *fixture = *state;
	int fds[201];

	for (size_t i = 0; i < 201; i++)
		fds[i] = client(fixture);
	client_call(fds[0], "{\"method\":\"io.stepup.Test1.Begin\"}");
	assert_answer(fixture, fds[0], "{\"parameters\":{}}");
	assert_null(client_answer(fixture, fds[200]));
	assert_int_equal(budgets_connections(fixture->server->budgets), 200);
	for (size_t i = 0; i < 201; i++)
		(void)close(fds[i]);
}

static void a_stop_lets_the_call_under_way_be_answered(void **state)
{
	struct fixture *fixture = *state;
	int busy = client(fixture), idle = client(fixture);

	client_call(busy, "{\"method\":\"io.stepup.Test1.Hold\"}");
	while (held == NULL)
		(void)uv_run(&fixture->loop, UV_RUN_ONCE);
	server_stop(fixture->server);
	assert_null(client_answer(fixture, idle));
	call_reply(held, json_pack("{s:s, s:i}", "text", "held", "uid", 1));
	assert_answer(fixture, busy, "{\"parameters\":{\"text\":\"held\",\"uid\":1}}");
	assert_null(client_answer(fixture, busy));
	(void)close(busy);
	(void)close(idle);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest facts[] = {
	FACT(a_call_is_answered_with_the_kernels_word_for_its_uid),
	FACT(the_service_interface_answers),
	FACT(an_unknown_method_or_interface_is_told_and_the_connection_goes_on),
	FACT(a_oneway_call_is_carried_out_and_answered_by_nothing),
	FACT(whatever_no_table_knows_is_named_and_the_connection_closes),
	FACT(a_message_over_the_limit_is_refused_before_its_end),
	FACT(a_message_in_single_bytes_is_one_message),
	FACT(calls_sent_ahead_are_answered_one_after_the_other),
	FACT(nothing_is_read_while_a_call_is_under_way),
	FACT(a_caller_that_hangs_up_does_not_disturb_its_handler),
	FACT(a_reply_that_breaks_its_table_goes_out_as_unavailable),
	FACT(a_second_answer_reaches_nobody),
	FACT(a_field_that_the_handler_refuses_closes_too),
	FACT(a_reply_larger_than_the_socket_arrives_whole),
	FACT(a_peer_that_half_closes_still_gets_its_answer),
	FACT(a_passed_descriptor_is_never_received),
	FACT(a_message_that_is_not_completed_in_time_ends_the_connection),
	FACT(what_came_while_the_loop_stood_still_counts),
	FACT(one_more_byte_is_no_more_time_for_a_message),
	FACT(more_connections_than_there_may_be_are_closed_and_others_stay),
	FACT(a_stop_lets_the_call_under_way_be_answered),
};

TAP_MAIN(facts)
