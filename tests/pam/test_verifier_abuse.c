/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verifier that is absent, hung, another program, or talks nonsense: the module refuses by its deadline and
 * never succeeds. Design section 16, 1: no success on any internal error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/pam_fixture.h"

#define CODE {"123456"}
#define TIMEOUT_MS 1000
#define SLACK_MS 60000 /* for a busy machine: far below "for ever", which is what is being tested */

static struct trial try_with(const char *service, int method)
{
	struct trial trial = {.service = service, .user = "alice", .answers = CODE,
		.phases = method == FAKE_ACCOUNT ? "c" : "a"};

	trial_run(&trial);
	return trial;
}

static struct trial try(int method)
{
	return try_with("plain", method);
}

/* Replies that aren't replies, whatever was asked. */
static const char *const nonsense[] = {
	"",
	"x",
	"null",
	"true",
	"1",
	"\"granted\"",
	"[]",
	"[{\"parameters\":{}}]",
	"{\"parameters\":null,\"granted\":true}",
	"{\"parameters\":1}",
	"{\"parameters\":\"{}\"}",
	"{\"parameters\":[]}",
	"{\"parameters\":{},\"parameters\":{}}",
	"{\"parameters\":{}}x",
	"{\"parameters\":{}} {\"parameters\":{}}",
	"{\"parameters\":{}",
	"{\"error\":5,\"parameters\":{}}",
	"{\"error\":{},\"parameters\":{}}",
	"{\"error\":\"\",\"parameters\":{}}",
	"{\"error\":\"io.stepup.Verify1.Locked\",\"parameters\":{\"message\":5}}",
	"{\"error\":\"io.stepup.Verify1.Locked\",\"parameters\":{\"granted\":true}}",
	"{\"error\":\"io.stepup.Verify1.BadAnswer\",\"parameters\":{\"message\":\"x\",\"tries_left\":-1}}",
	"{\"error\":\"io.stepup.Verify1.BadAnswer\",\"parameters\":{\"message\":\"x\",\"tries_left\":\"3\"}}",
	"{\"continues\":true,\"parameters\":{}}",
	"{\"parameters\":{\"\xff\":1}}",
	"{\"parameters\":{\"a\":\"\\u0000\"}}",
	"{\"method\":\"io.stepup.Verify1.Begin\",\"parameters\":{}}",
};

static void nonsense_is_refused(void **state)
{
	(void)state;
	for (int method = FAKE_BEGIN; method <= FAKE_ACCOUNT; method++) {
		for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
			struct trial trial;

			fake_verifier_reset(&fake);
			strcpy(fake.shared->replies[method], nonsense[i]);
			trial = try(method);
			if (trial.code != PAM_SYSTEM_ERR)
				fail_msg("%s in reply to method %d: got %s", nonsense[i], method,
					pam_code_name(trial.code));
		}
	}
}

/* An empty reply is what Account has for "yes", and nothing else does. */
static void an_empty_reply_is_no_grant(void **state)
{
	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], "{}");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
	strcpy(fake.shared->replies[FAKE_ANSWER], "{\"parameters\":{}}");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
	fake_verifier_reset(&fake);
	strcpy(fake.shared->replies[FAKE_BEGIN], "{\"parameters\":{}}");
	assert_pam_code(try(FAKE_BEGIN).code, PAM_SYSTEM_ERR);
}

/* A reply with one member changed: removed where `with` is "". */
static void spoil(int method, const char *reply, const char *member, const char *with)
{
	const char *at = strstr(reply, member);

	assert_non_null(at);
	snprintf(fake.shared->replies[method], FAKE_TEXT_MAX, "%.*s%s%s", (int)(at - reply), reply, with,
		at + strlen(member));
}

static void a_grant_with_a_missing_or_mistyped_member_is_refused(void **state)
{
	static const char *const members[] = {"\"user\":\"alice\",", "\"action\":\"customer.export\",",
		"\"acr\":\"otp\",", "\"amr\":[\"otp\"],", "\"auth_time\":1700000000,", "\"log\":7,",
		",\"message\":\"Approved.\""};
	static const char *const mistyped[] = {"\"user\":5,", "\"action\":null,", "\"acr\":[],",
		"\"amr\":\"otp\",", "\"auth_time\":\"now\",", "\"log\":7.5,", ",\"message\":true"};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			fake_verifier_reset(&fake);
			spoil(FAKE_ANSWER, FAKE_GRANT, members[i], wrong ? mistyped[i] : "");
			if (try(FAKE_ANSWER).code != PAM_SYSTEM_ERR)
				fail_msg("%s was taken", fake.shared->replies[FAKE_ANSWER]);
		}
	}
}

static void a_grant_with_an_unknown_member_or_another_type_of_receipt_is_refused(void **state)
{
	(void)state;
	spoil(FAKE_ANSWER, FAKE_GRANT, "\"log\":7", "\"log\":7,\"extra\":1");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
	spoil(FAKE_ANSWER, FAKE_GRANT, "\"eyJ.receipt.sig\"", "[]");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
}

static void a_grant_in_the_directorys_spelling_is_taken_and_the_hosts_user_stays_as_it_was(void **state)
{
	struct trial trial;

	(void)state;
	spoil(FAKE_ANSWER, FAKE_GRANT, "\"user\":\"alice\"", "\"user\":\"asmith\"");
	trial = try(FAKE_ANSWER);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_string_equal(trial.user_left, "alice");
}

static void a_grant_to_nobody_or_for_something_else_is_refused(void **state)
{
	(void)state;
	spoil(FAKE_ANSWER, FAKE_GRANT, "\"user\":\"alice\"", "\"user\":\"\"");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
	spoil(FAKE_ANSWER, FAKE_GRANT, "customer.export", "customer.view");
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
}

static void a_question_with_a_missing_or_mistyped_member_is_refused(void **state)
{
	static const char *const members[] = {"\"transaction\":\"T-1\",",
		"\"prompt\":\"Export 102000 contacts of trezor\",", "\"ask\":\"Code: \",",
		"\"methods\":[\"code\"],", ",\"expires_in\":120"};
	static const char *const mistyped[] = {"\"transaction\":1,", "\"prompt\":{},", "\"ask\":0,",
		"\"methods\":[1],", ",\"expires_in\":-1"};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			fake_verifier_reset(&fake);
			spoil(FAKE_BEGIN, FAKE_BEGIN_REPLY, members[i], wrong ? mistyped[i] : "");
			if (try(FAKE_BEGIN).code != PAM_SYSTEM_ERR)
				fail_msg("%s was taken", fake.shared->replies[FAKE_BEGIN]);
			assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
		}
	}
}

static void a_question_that_no_code_answers_is_refused_and_cancelled(void **state)
{
	static const char *const methods[] = {"\"methods\":[]", "\"methods\":[\"key\"]",
		"\"methods\":[\"Code\",\"codes\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		fake_verifier_reset(&fake);
		spoil(FAKE_BEGIN, FAKE_BEGIN_REPLY, "\"methods\":[\"code\"]", methods[i]);
		assert_pam_code(try(FAKE_BEGIN).code, PAM_AUTH_ERR);
		wait_for_calls(FAKE_CANCEL, 1);
		assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
	}
}

static void a_nested_reply_is_refused(void **state)
{
	(void)state;
	for (int method = FAKE_BEGIN; method <= FAKE_ACCOUNT; method++) {
		char *text = fake.shared->replies[method];

		strcpy(text, "{\"parameters\":");
		for (int i = 0; i < 10000; i++)
			strcpy(text + 14 + 5 * i, "{\"a\":");
		assert_pam_code(try(method).code, PAM_SYSTEM_ERR);
		fake_verifier_reset(&fake);
	}
}

/* Manners. */
static void refused_with_manner(enum fake_manner manner)
{
	for (int method = FAKE_BEGIN; method <= FAKE_ANSWER; method++) {
		struct trial trial;

		fake_verifier_reset(&fake);
		fake.shared->manners[method] = (int)manner;
		trial = try_with("hurried", method);
		if (trial.code != PAM_SYSTEM_ERR)
			fail_msg("method %d: got %s", method, pam_code_name(trial.code));
		assert_true(trial.milliseconds < TIMEOUT_MS + SLACK_MS);
	}
}

static void a_hung_verifier_is_refused_by_the_deadline(void **state)
{
	(void)state;
	refused_with_manner(FAKE_HANG);
}

static void half_a_reply_and_silence_is_refused_by_the_deadline(void **state)
{
	(void)state;
	refused_with_manner(FAKE_HALF_HANG);
}

static void a_byte_now_and_then_is_refused_by_the_deadline(void **state)
{
	(void)state;
	refused_with_manner(FAKE_SLOW);
}

static void half_a_reply_and_a_closed_connection_is_refused(void **state)
{
	(void)state;
	refused_with_manner(FAKE_HALF);
	fake_verifier_reset(&fake);
	fake.shared->manners[FAKE_ACCOUNT] = FAKE_HALF;
	assert_pam_code(try(FAKE_ACCOUNT).code, PAM_SYSTEM_ERR);
}

static void a_closed_connection_is_refused(void **state)
{
	(void)state;
	refused_with_manner(FAKE_CLOSE);
	fake_verifier_reset(&fake);
	fake.shared->manners[FAKE_ACCOUNT] = FAKE_CLOSE;
	assert_pam_code(try(FAKE_ACCOUNT).code, PAM_SYSTEM_ERR);
}

static void an_endless_reply_is_refused(void **state)
{
	(void)state;
	refused_with_manner(FAKE_ENDLESS);
	fake_verifier_reset(&fake);
	fake.shared->manners[FAKE_ACCOUNT] = FAKE_ENDLESS;
	assert_pam_code(try(FAKE_ACCOUNT).code, PAM_SYSTEM_ERR);
}

static void two_replies_to_one_answer_are_refused(void **state)
{
	struct trial trial;

	(void)state;
	fake.shared->manners[FAKE_ANSWER] = FAKE_TWICE;
	trial = try(FAKE_ANSWER);
	/* Both may not have arrived at once: then the first is whole and well-formed. */
	assert_pam_code(trial.code, PAM_SYSTEM_ERR);
}

static void a_grant_sent_before_it_was_asked_for_is_refused(void **state)
{
	(void)state;
	fake.shared->speaks_first = true;
	assert_pam_code(try(FAKE_BEGIN).code, PAM_SYSTEM_ERR);
}

static void a_split_reply_is_taken_whole(void **state)
{
	(void)state;
	for (int method = 0; method < FAKE_METHODS; method++)
		fake.shared->manners[method] = FAKE_SPLIT;
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SUCCESS);
	assert_pam_code(try(FAKE_ACCOUNT).code, PAM_SUCCESS);
}

/* Answers when the verifier has closed another connection. */
static int answer_when_closed(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct pam_response *r = calloc((size_t)count, sizeof(*r));
	int before = *(const int *)context;

	(void)messages;
	while (fake.shared->closed == before)
		usleep(1000);
	r->resp = strdup("123456");
	*responses = r;
	return PAM_SUCCESS;
}

/* Transactions outlive connections: a verifier that hung up while the person was typing is called again. */
static void a_connection_closed_between_calls_is_made_anew(void **state)
{
	int closed, connections;
	struct pam_conv conversation = {answer_when_closed, &closed};
	pam_handle_t *handle = NULL;

	(void)state;
	assert_pam_code(pam_start_confdir("plain", "alice", &conversation, service_folder(), &handle),
		PAM_SUCCESS);
	assert_true(fake_verifier_settle(&fake)); /* connections of earlier tests */
	connections = fake.shared->connections;
	closed = fake.shared->closed;
	fake.shared->manners[FAKE_BEGIN] = FAKE_LATER_CLOSE;
	assert_pam_code(pam_authenticate(handle, 0), PAM_SUCCESS);
	pam_end(handle, 0);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 1);
	assert_int_equal(fake.shared->connections, connections + 2);
}

static void a_verifier_that_dies_half_way_is_refused(void **state)
{
	(void)state;
	fake.shared->manners[FAKE_ANSWER] = FAKE_DIE;
	assert_pam_code(try(FAKE_ANSWER).code, PAM_SYSTEM_ERR);
	waitpid(fake.pid, NULL, 0);
	fake.pid = -1;
	assert_pam_code(try(FAKE_BEGIN).code, PAM_SYSTEM_ERR);
	assert_pam_code(try(FAKE_ACCOUNT).code, PAM_SYSTEM_ERR);
	fake_verifier_stop(&fake);
	assert_int_equal(pam_group_teardown(NULL), 0);
	assert_int_equal(pam_group_setup(NULL), 0);
}

/* Sockets. */
static void service_at(const char *path)
{
	char text[512];

	snprintf(text, sizeof(text), "auth required MODULE action=customer.export timeout=1 socket=%s\n"
		"account required MODULE socket=%s\n", path, path);
	service_write("elsewhere", text);
}

static void refused_at(const char *path, int code)
{
	struct trial account = {.service = "elsewhere", .user = "alice", .phases = "c"};
	struct trial auth = {.service = "elsewhere", .user = "alice", .answers = CODE};

	service_at(path);
	trial_run(&auth);
	assert_pam_code(auth.code, code);
	assert_int_equal(auth.prompts, 0);
	trial_run(&account);
	assert_pam_code(account.code, code);
}

static void an_absent_socket_is_refused(void **state)
{
	(void)state;
	refused_at("/nonexistent/verify.sock", PAM_SYSTEM_ERR);
}

static void a_socket_path_that_is_no_socket_is_refused(void **state)
{
	(void)state;
	refused_at("/etc/passwd", PAM_SYSTEM_ERR);
	refused_at("/tmp", PAM_SYSTEM_ERR);
}

static int listen_at(const char *path, int type, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void a_datagram_socket_is_refused(void **state)
{
	char path[108];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/datagram", fake.folder);
	fd = listen_at(path, SOCK_DGRAM, 0);
	refused_at(path, PAM_SYSTEM_ERR);
	close(fd);
	unlink(path);
}

static void a_verifier_that_never_accepts_is_refused_by_the_deadline(void **state)
{
	struct trial trial = {.service = "elsewhere", .user = "alice", .answers = CODE};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, others[4];
	char path[108];

	(void)state;
	snprintf(path, sizeof(path), "%s/deaf", fake.folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	service_at(path);
	fd = listen_at(path, SOCK_STREAM, 1);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SYSTEM_ERR);
	assert_true(trial.milliseconds < TIMEOUT_MS + SLACK_MS);
	/* And one whose backlog is full, so that even connecting waits. */
	for (int i = 0; i < 4; i++) {
		others[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(others[i], (struct sockaddr *)&address, sizeof(address));
	}
	trial = (struct trial){.service = "elsewhere", .user = "alice", .answers = CODE};
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SYSTEM_ERR);
	assert_true(trial.milliseconds >= TIMEOUT_MS - 100 && trial.milliseconds < TIMEOUT_MS + SLACK_MS);
	for (int i = 0; i < 4; i++)
		close(others[i]);
	close(fd);
	unlink(path);
}

static void a_server_of_another_user_is_refused(void **state)
{
	struct fake_verifier other;
	struct trial trial = {.service = "elsewhere", .user = "alice", .answers = CODE};

	(void)state;
	assert_true(fake_verifier_start(&other, 65534));
	service_at(other.socket);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SYSTEM_ERR);
	assert_int_equal(other.shared->calls[FAKE_BEGIN], 0); /* it is not even asked */
	/* The folder's owner may serve. */
	assert_int_equal(chown(other.folder, 65534, 65534), 0);
	trial = (struct trial){.service = "elsewhere", .user = "alice", .answers = CODE};
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	fake_verifier_stop(&other);
}

/* The person's time counts against the deadline as well. */
static int answer_late(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct pam_response *r = calloc((size_t)count, sizeof(*r));

	(void)context;
	if (messages[0]->msg_style == PAM_PROMPT_ECHO_OFF) {
		usleep((3000 + 100) * 1000);
		r->resp = strdup("123456");
	}
	*responses = r;
	return PAM_SUCCESS;
}

static void an_answer_after_the_deadline_is_not_sent(void **state)
{
	struct pam_conv conversation = {answer_late, NULL};
	pam_handle_t *handle = NULL;

	(void)state;
	service_write("three", "auth required MODULE action=customer.export timeout=3 SOCKET\n");
	assert_pam_code(pam_start_confdir("three", "alice", &conversation, service_folder(), &handle),
		PAM_SUCCESS);
	assert_pam_code(pam_authenticate(handle, 0), PAM_AUTH_ERR);
	pam_end(handle, 0);
	assert_int_equal(fake.shared->calls[FAKE_ANSWER], 0);
	wait_for_calls(FAKE_CANCEL, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(nonsense_is_refused),
		module_test(an_empty_reply_is_no_grant),
		module_test(a_grant_with_a_missing_or_mistyped_member_is_refused),
		module_test(a_grant_with_an_unknown_member_or_another_type_of_receipt_is_refused),
		module_test(a_grant_in_the_directorys_spelling_is_taken_and_the_hosts_user_stays_as_it_was),
		module_test(a_grant_to_nobody_or_for_something_else_is_refused),
		module_test(a_question_with_a_missing_or_mistyped_member_is_refused),
		module_test(a_question_that_no_code_answers_is_refused_and_cancelled),
		module_test(a_nested_reply_is_refused),
		module_test(a_hung_verifier_is_refused_by_the_deadline),
		module_test(half_a_reply_and_silence_is_refused_by_the_deadline),
		module_test(a_byte_now_and_then_is_refused_by_the_deadline),
		module_test(half_a_reply_and_a_closed_connection_is_refused),
		module_test(a_closed_connection_is_refused),
		module_test(an_endless_reply_is_refused),
		module_test(two_replies_to_one_answer_are_refused),
		module_test(a_grant_sent_before_it_was_asked_for_is_refused),
		module_test(a_split_reply_is_taken_whole),
		module_test(a_connection_closed_between_calls_is_made_anew),
		module_test(a_verifier_that_dies_half_way_is_refused),
		module_test(an_absent_socket_is_refused),
		module_test(a_socket_path_that_is_no_socket_is_refused),
		module_test(a_datagram_socket_is_refused),
		module_test(a_verifier_that_never_accepts_is_refused_by_the_deadline),
		module_test(an_answer_after_the_deadline_is_not_sent),
		module_test(a_server_of_another_user_is_refused), /* needs root, to be another user */
	};
	size_t count = sizeof(tests) / sizeof(tests[0]) - (geteuid() == 0 ? 0 : 1);

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("tests", tests, count, pam_group_setup, pam_group_teardown);
}
