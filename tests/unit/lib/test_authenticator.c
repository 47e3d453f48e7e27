/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/client/authenticator.h: the helper is started as it must be, leaves no trace in its host, ends with it,
 * and is not believed. In the helper's place stands tests/unit/peer, which does what the request says.
 */
#include "tests/unit/cmocka_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/client/authenticator.h"

#define PATIENCE_MS 60000
#define THREADS 32

/* What the person said and heard. */
struct talk {
	char touched[256], asked[2][256];
	int pins, touches;
	enum stepup_error answer;
};

static enum stepup_error touch(void *context, const char *text)
{
	struct talk *talk = context;

	talk->touches++;
	snprintf(talk->touched, sizeof(talk->touched), "%s", text);
	return talk->answer;
}

static enum stepup_error pin(void *context, const struct authenticator_pin_question *question, char **answer)
{
	struct talk *talk = context;

	snprintf(talk->asked[talk->pins++ % 2], sizeof(talk->asked[0]), "%s", question->text);
	*answer = strdup("12\"34");
	return talk->answer;
}

/* Asks the peer; `asked` is taken over. */
static enum stepup_error ask_peer(json_t *asked, const struct authenticator_account *account, int64_t ms,
	struct talk *talk, struct authenticator_outcome *outcome)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_SIGN,
		.asked = asked,
		.agent_socket = "/run/a",
		.account = account};
	struct authenticator_conversation conversation = {.touch = touch, .pin = pin, .context = talk};
	enum stepup_error error;

	assert_non_null(asked);
	error = authenticator_run(&request, &conversation, deadline_in(ms), outcome);
	json_decref(asked);
	return error;
}

static enum stepup_error peer_says(const char *text, struct talk *talk, struct authenticator_outcome *outcome)
{
	return ask_peer(
		json_pack("{s:s,s:s}", "peer", "say", "text", text), NULL, PATIENCE_MS, talk, outcome);
}

static int64_t number(const json_t *object, const char *name)
{
	assert_true(json_is_integer(json_object_get(object, name)));
	return json_integer_value(json_object_get(object, name));
}

static void assert_text(const json_t *object, const char *name, const char *expected)
{
	assert_string_equal(json_string_value(json_object_get(object, name)), expected);
}

/* --- what the helper is started as
 * -------------------------------------------------------------------------------------------- */

static void the_helper_has_nothing_of_its_host(void **state)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};
	const json_t *status;
	int kept = open("/dev/null", O_RDONLY); /* not close-on-exec */
	sigset_t blocked, before;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	setenv("STEPUP_TEST_SECRET", "1", 1);
	assert_int_equal(
		ask_peer(json_pack("{s:s}", "peer", "tell"), NULL, PATIENCE_MS, &talk, &outcome), STEPUP_OK);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(kept);
	assert_int_equal(number(outcome.reply, "variables"), 0);
	assert_int_equal(number(outcome.reply, "arguments"), 1);
	assert_int_equal(json_array_size(json_object_get(outcome.reply, "descriptors")), 3);
	assert_text(outcome.reply, "folder", "/");
	assert_int_equal(number(outcome.reply, "umask"), 077);
	assert_int_equal(number(outcome.reply, "death"), SIGKILL);
	status = json_object_get(outcome.reply, "status");
	assert_text(status, "NoNewPrivs", "1");
	assert_text(status, "SigBlk", "0000000000000000");
	assert_text(status, "CapAmb", "0000000000000000");
	authenticator_outcome_clear(&outcome);
}

static void the_helper_is_the_person_and_their_groups(void **state)
{
	gid_t groups[] = {46, 1234567};
	struct authenticator_account account = {
		.uid = 61234, .gid = 61235, .groups = groups, .group_count = 2};
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};
	const json_t *status, *held;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(ask_peer(json_pack("{s:s}", "peer", "tell"), &account, PATIENCE_MS, &talk, &outcome),
		STEPUP_OK);
	status = json_object_get(outcome.reply, "status");
	held = json_object_get(outcome.reply, "groups");
	assert_text(status, "Uid", "61234\t61234\t61234\t61234");
	assert_text(status, "Gid", "61235\t61235\t61235\t61235");
	assert_int_equal(json_array_size(held), 2);
	assert_int_equal(json_integer_value(json_array_get(held, 1)), 1234567);
	assert_text(status, "CapEff", "0000000000000000");
	assert_text(status, "CapPrm", "0000000000000000");
	assert_int_equal(number(outcome.reply, "death"), SIGKILL);
	assert_text(status, "NoNewPrivs", "1");
	authenticator_outcome_clear(&outcome);
}

static int other_uids(void)
{
	struct authenticator_account other = {.uid = 61235, .gid = 61235}, own = {.uid = 61234, .gid = 61235};
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};

	if (setresgid(61234, 61234, 61234) != 0 || setresuid(61234, 61234, 61234) != 0)
		return 2;
	if (ask_peer(json_pack("{s:s}", "peer", "tell"), &other, PATIENCE_MS, &talk, &outcome) !=
		STEPUP_NOT_ALLOWED)
		return 3;
	if (ask_peer(json_pack("{s:s}", "peer", "tell"), &own, PATIENCE_MS, &talk, &outcome) != STEPUP_OK)
		return 4;
	/* Its group can't be had either, and isn't needed. */
	return number(outcome.reply, "uid") == 61234 && number(outcome.reply, "gid") == 61234 ? 0 : 5;
}

/* One that has two user numbers, neither of them root's effective one, may use neither. */
static int two_uids(void)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};

	if (setresuid(0, 61234, 0) != 0)
		return 2;
	return ask_peer(json_pack("{s:s}", "peer", "tell"), NULL, PATIENCE_MS, &talk, &outcome) ==
			       STEPUP_NOT_ALLOWED
		       ? 0
		       : 3;
}

/* As a program that is setuid root: the person is who started it. */
static int setuid_program(void)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};

	if (setresgid(61234, 0, 0) != 0 || setresuid(61234, 0, 0) != 0)
		return 2;
	if (ask_peer(json_pack("{s:s}", "peer", "tell"), NULL, PATIENCE_MS, &talk, &outcome) != STEPUP_OK)
		return 3;
	if (number(outcome.reply, "death") != SIGKILL)
		return 4;
	return number(outcome.reply, "euid") == 61234 && number(outcome.reply, "egid") == 61234 ? 0 : 5;
}

static int in_a_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void without_roots_rights_it_is_only_oneself(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_a_child(other_uids), 0);
	assert_int_equal(in_a_child(two_uids), 0);
	assert_int_equal(in_a_child(setuid_program), 0);
}

static void accounts_are_found_by_name(void **state)
{
	struct authenticator_account account = {0};

	(void)state;
	assert_int_equal(authenticator_account_find("daemon", &account), STEPUP_OK);
	assert_int_equal(account.uid, 1);
	assert_int_equal(account.gid, 1);
	assert_int_equal(account.group_count, 1);
	authenticator_account_clear(&account);
	assert_null(account.groups);
	assert_int_equal(authenticator_account_find("nobody-of-this-name", &account), STEPUP_NOT_FOUND);
	assert_null(account.groups);
}

/* --- what the host notices: nothing
 * --------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t children_signals;

static void catch_child(int signal_number)
{
	(void)signal_number;
	children_signals++;
}

/* Every way through the helper, of which each would leave a child. */
static int every_way(void)
{
	static const char *const peers[] = {"tell", "ask", "die", "nothing", "ask for ever", "stay"};
	static const enum stepup_error expected[] = {
		STEPUP_OK, STEPUP_OK, STEPUP_IO, STEPUP_IO, STEPUP_IO, STEPUP_TIMEOUT};

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		struct authenticator_outcome outcome = {0};
		struct talk talk = {0};
		json_t *asked = json_pack("{s:s,s:s}", "peer", peers[i], "pid_file", "/dev/null");

		if (ask_peer(asked, NULL, strcmp(peers[i], "stay") == 0 ? 300 : PATIENCE_MS, &talk,
			    &outcome) != expected[i])
			return 10 + (int)i;
		authenticator_outcome_clear(&outcome);
	}
	return 0;
}

/* Begins a look of a peer of that kind; `request` and what it asks must live until its end. */
static enum stepup_error look_at(const char *peer, const char *pid_file, int64_t ms,
	struct authenticator_request *request, struct authenticator_look **look)
{
	*request = (struct authenticator_request){
		.operation = AUTHENTICATOR_SEAT_PROBE,
			.asked = json_pack("{s:s, s:s}", "peer", peer, "pid_file", pid_file)};
	return authenticator_look_start(request, deadline_in(ms), look);
}

/* Looks that are read, let be and given up, of which each would leave a child. */
static int every_look(void)
{
	static const char *const peers[] = {"tell", "die", "nothing", "stay", "stay"};
	static const enum stepup_error expected[] = {STEPUP_OK, STEPUP_IO, STEPUP_IO, STEPUP_TIMEOUT,
		STEPUP_CANCELLED};

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		struct authenticator_outcome outcome = {0};
		struct authenticator_request request;
		struct authenticator_look *look = NULL;
		bool wanted = expected[i] != STEPUP_CANCELLED;

		if (look_at(peers[i], "/dev/null", expected[i] == STEPUP_TIMEOUT ? 300 : PATIENCE_MS,
			    &request, &look) != STEPUP_OK)
			return 20 + (int)i;
		if (authenticator_look_end(&look, wanted ? &outcome : NULL) != expected[i] || look != NULL)
			return 30 + (int)i;
		authenticator_outcome_clear(&outcome);
		json_decref((json_t *)(uintptr_t)request.asked);
	}
	return 0;
}

static int count_descriptors(void)
{
	int open_ones = 0;

	for (int fd = 0; fd < 1024; fd++)
		open_ones += fcntl(fd, F_GETFD) >= 0;
	return open_ones;
}

static int no_trace(void)
{
	struct sigaction ours = {.sa_handler = catch_child}, found;
	int before = count_descriptors(), r;
	sigset_t mask;
	siginfo_t child = {0};

	children_signals = 0;
	sigaction(SIGCHLD, &ours, NULL);
	r = every_way();
	if (r == 0)
		r = every_look();
	if (r != 0)
		return r;
	if (children_signals != 0)
		return 2;
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		return 3;
	/* Also nothing that only asks for clones find. */
	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | __WALL) != -1 || errno != ECHILD)
		return 4;
	sigaction(SIGCHLD, NULL, &found);
	if (found.sa_handler != catch_child)
		return 5;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i <= SIGRTMAX; i++)
		if (sigismember(&mask, i) == 1)
			return 6;
	return count_descriptors() == before ? 0 : 7;
}

static int no_trace_where_children_are_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	return every_way();
}

static void no_signal_child_zombie_or_descriptor_is_left(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(no_trace), 0);
	assert_int_equal(in_a_child(no_trace_where_children_are_ignored), 0);
}

/* While the helper runs, the host waits for a child of its own, with the widest net that programs throw. */
static int waiting_touches;
static int wait_result;

static enum stepup_error touch_while_waiting(void *context, const char *text)
{
	pid_t own = fork();
	int status;

	(void)context;
	(void)text;
	if (own == 0)
		_exit(33);
	waiting_touches++;
	if (waitpid(-1, &status, 0) != own || WEXITSTATUS(status) != 33)
		wait_result = 1;
	if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD)
		wait_result = 2;
	return STEPUP_OK;
}

static int waits_meanwhile(void)
{
	json_t *asked = json_pack("{s:s}", "peer", "ask");
	struct talk talk = {0};
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_SIGN, .asked = asked};
	struct authenticator_conversation conversation = {
		.touch = touch_while_waiting, .pin = pin, .context = &talk};
	struct authenticator_outcome outcome = {0};

	if (authenticator_run(&request, &conversation, deadline_in(PATIENCE_MS), &outcome) != STEPUP_OK)
		return 4;
	return waiting_touches == 1 ? wait_result : 3;
}

static void the_hosts_own_wait_finds_its_own_children_only(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(waits_meanwhile), 0);
}

static int closed_stdio(void)
{
	int r;

	close_range(0, ~0U, 0);
	r = every_way();
	if (r == 0)
		r = every_look();
	if (r != 0)
		return r;
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 40 + fd;
	return 0;
}

static void closed_standard_input_and_output_stay_closed(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(closed_stdio), 0);
}

static void *tell_in_a_thread(void *context)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};
	enum stepup_error *error = context;

	*error = ask_peer(json_pack("{s:s}", "peer", "tell"), NULL, PATIENCE_MS, &talk, &outcome);
	authenticator_outcome_clear(&outcome);
	return NULL;
}

static void many_threads_may_each_have_a_helper(void **state)
{
	pthread_t threads[THREADS];
	enum stepup_error errors[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, tell_in_a_thread, &errors[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(errors[i], STEPUP_OK);
}

/* --- how it ends
 * -----------------------------------------------------------------------------------------------------------
 */

/* Starts a host that asks a peer of that kind, and waits until the peer runs; the peer's pidfd. */
static int host_with_peer(const char *peer, int64_t ms, pid_t *host)
{
	char path[] = "/tmp/stepup-pid.XXXXXX", text[32] = "";
	int fd = mkstemp(path), pidfd;

	assert_true(fd >= 0);
	*host = fork();
	if (*host == 0) {
		struct authenticator_outcome outcome = {0};
		struct talk talk = {0};
		enum stepup_error error = ask_peer(
			json_pack("{s:s,s:s}", "peer", peer, "pid_file", path), NULL, ms, &talk, &outcome);

		_exit(error == STEPUP_TIMEOUT && outcome.code == AUTHENTICATOR_TIMED_OUT ? 0 : 1);
	}
	while (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		poll(NULL, 0, 1);
	close(fd);
	unlink(path);
	pidfd = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	assert_true(pidfd >= 0 || errno == ESRCH);
	return pidfd;
}

static void assert_gone(int pidfd)
{
	struct pollfd watched = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0)
		return; /* it had ended before we looked */
	assert_int_equal(poll(&watched, 1, PATIENCE_MS), 1);
	close(pidfd);
}

static void the_helper_ends_with_its_host(void **state)
{
	static const char *const peers[] = {"stay", "cling"};
	pid_t host;

	(void)state;
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		int pidfd = host_with_peer(peers[i], PATIENCE_MS, &host);

		assert_true(pidfd >= 0);
		kill(host, SIGKILL);
		assert_int_equal(waitpid(host, NULL, 0), host);
		assert_gone(pidfd);
	}
}

static void the_helper_ends_with_the_deadline(void **state)
{
	static const char *const peers[] = {"stay", "cling"};
	pid_t host;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		int pidfd = host_with_peer(peers[i], 500, &host);

		assert_int_equal(waitpid(host, &status, 0), host);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_gone(pidfd);
	}
}

static void a_look_goes_on_until_somebody_asks_for_its_end(void **state)
{
	struct authenticator_request requests[2];
	struct authenticator_look *looks[3] = {NULL};
	struct authenticator_outcome outcome = {0};

	(void)state;
	assert_int_equal(look_at("tell", "", PATIENCE_MS, &requests[0], &looks[0]), STEPUP_OK);
	assert_true(authenticator_looks_are_over(looks, 1, deadline_in(PATIENCE_MS)));
	assert_int_equal(look_at("stay", "/dev/null", PATIENCE_MS, &requests[1], &looks[2]), STEPUP_OK);
	assert_false(authenticator_looks_are_over(looks, 3, deadline_in(1)));
	assert_int_equal(authenticator_look_end(&looks[0], &outcome), STEPUP_OK);
	assert_text(json_object_get(outcome.reply, "request"), "op", "seat-probe");
	/* Whatever the deadline of the whole, nobody is looked at for longer than this. */
	assert_true(number(json_object_get(outcome.reply, "request"), "timeout_ms") <= AUTHENTICATOR_LOOK_MS);
	authenticator_outcome_clear(&outcome);
	assert_int_equal(authenticator_look_end(&looks[2], &outcome), STEPUP_TIMEOUT);
	assert_int_equal(outcome.code, AUTHENTICATOR_NO_ANSWER);
	assert_true(authenticator_looks_are_over(looks, 3, deadline_in(0)));
	authenticator_outcome_clear(&outcome);
	for (size_t i = 0; i < 2; i++)
		json_decref((json_t *)(uintptr_t)requests[i].asked);
}

static void a_look_that_nobody_wants_any_more_ends_the_helper(void **state)
{
	char path[] = "/tmp/stepup-pid.XXXXXX", text[32] = "";
	struct authenticator_request request;
	struct authenticator_look *look = NULL;
	int fd = mkstemp(path), pidfd;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(look_at("stay", path, PATIENCE_MS, &request, &look), STEPUP_OK);
	while (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		poll(NULL, 0, 1);
	close(fd);
	unlink(path);
	pidfd = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	assert_int_equal(authenticator_look_end(&look, NULL), STEPUP_CANCELLED);
	assert_gone(pidfd);
	json_decref((json_t *)(uintptr_t)request.asked);
}

static int no_program(void)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};

	/* Where there is neither the program nor /dev/null. */
	if (chroot("/proc") != 0)
		return 2;
	if (ask_peer(json_pack("{s:s}", "peer", "tell"), NULL, PATIENCE_MS, &talk,
		    &outcome) != STEPUP_UNREACHABLE)
		return 3;
	return outcome.code == AUTHENTICATOR_BROKEN &&
		waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | __WALL) == -1 ? 0 : 4;
}

static void a_helper_that_is_not_there_is_told_from_one_that_broke_off(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_a_child(no_program), 0);
}

/* --- what it says
 * -----------------------------------------------------------------------------------------------------------
 */

static void questions_reach_the_person_in_the_requests_words(void **state)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};
	json_t *asked = json_pack("{s:s,s:[{s:s,s:s},{s:s,s:s}]}", "peer", "ask", "credentials", "id", "YWFh",
		"label", "Spare", "id", "YmJi", "label", "Blue YubiKey");
	const json_t *request;

	(void)state;
	assert_int_equal(ask_peer(asked, NULL, PATIENCE_MS, &talk, &outcome), STEPUP_OK);
	assert_int_equal(outcome.code, AUTHENTICATOR_DONE);
	assert_string_equal(talk.touched, "Touch your key \"Blue YubiKey\" now.");
	assert_string_equal(talk.asked[0], "PIN of your key \"Blue YubiKey\", then touch it: ");
	assert_string_equal(talk.asked[1],
		"That PIN is wrong. 7 tries left before the key is blocked. PIN of your key, then touch "
		"it: ");
	assert_text(json_object_get(outcome.reply, "answer"), "pin", "12\"34");
	request = json_object_get(outcome.reply, "request");
	assert_text(request, "op", "seat-sign");
	assert_text(request, "agent_socket", "/run/a");
	assert_in_range(number(request, "timeout_ms"), 1, PATIENCE_MS);
	authenticator_outcome_clear(&outcome);
}

static void a_person_who_gives_up_ends_it(void **state)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {.answer = STEPUP_CANCELLED};

	(void)state;
	assert_int_equal(ask_peer(json_pack("{s:s}", "peer", "ask"), NULL, PATIENCE_MS, &talk, &outcome),
		STEPUP_CANCELLED);
	assert_int_equal(outcome.code, AUTHENTICATOR_GIVEN_UP);
	talk.answer = STEPUP_NO_MEMORY;
	assert_int_equal(ask_peer(json_pack("{s:s}", "peer", "ask"), NULL, PATIENCE_MS, &talk, &outcome),
		STEPUP_NO_MEMORY);
	assert_int_equal(outcome.code, AUTHENTICATOR_BROKEN);
}

static void errors_are_told_by_their_names(void **state)
{
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};
	char text[128];

	(void)state;
	for (int code = AUTHENTICATOR_NO_KEY; code <= AUTHENTICATOR_BROKEN; code++) {
		enum stepup_error expected = STEPUP_BAD_ANSWER;

		if (code == AUTHENTICATOR_TIMED_OUT)
			expected = STEPUP_TIMEOUT;
		else if (code == AUTHENTICATOR_GIVEN_UP)
			expected = STEPUP_CANCELLED;
		else if (code == AUTHENTICATOR_BROKEN)
			expected = STEPUP_IO;
		snprintf(text, sizeof(text), "{\"error\":\"%s\",\"tries\":3}",
			authenticator_code_name((enum authenticator_code)code));
		assert_int_equal(peer_says(text, &talk, &outcome), expected);
		assert_int_equal(outcome.code, code);
		assert_int_equal(outcome.tries_left, 3);
		assert_null(outcome.reply);
	}
}

static void nothing_else_is_believed(void **state)
{
	static const char *const said[] = {"", "{", "[]", "{}", "{\"result\":1}",
		"{\"result\":{},\"error\":\"timeout\"}", "{\"event\":\"wink\"}",
		"{\"event\":\"touch\",\"event\":\"touch\"}", "{\"result\":{},\"more\":1}",
		"{\"error\":\"granted\"}", "{\"error\":\"done\"}", "{\"event\":\"pin\",\"tries\":-1}",
		"{\"event\":\"touch\",\"id\":1}"};
	struct authenticator_outcome outcome = {0};
	struct talk talk = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(peer_says(said[i], &talk, &outcome), STEPUP_IO);
		assert_int_equal(outcome.code, AUTHENTICATOR_BROKEN);
		assert_null(outcome.reply);
	}
	assert_int_equal(talk.touches + talk.pins, 0);
}

static void a_message_longer_than_a_frame_is_refused(void **state)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_SIGN};
	struct authenticator_outcome outcome = {0};
	json_t *asked = json_object();
	char *endless = calloc(1, 70000);

	(void)state;
	assert_non_null(endless);
	memset(endless, 'a', 69999);
	json_object_set_new(asked, "peer", json_string(endless));
	free(endless);
	request.asked = asked;
	assert_int_equal(
		authenticator_run(&request, NULL, deadline_in(PATIENCE_MS), &outcome), STEPUP_INVALID);
	json_decref(asked);
}

static void a_request_that_says_nothing_is_not_sent(void **state)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_SIGN};
	struct authenticator_outcome outcome = {0};
	json_t *asked = json_pack("{s:s}", "peer", "tell");

	(void)state;
	assert_int_equal(
		authenticator_run(&request, NULL, deadline_in(PATIENCE_MS), &outcome), STEPUP_INVALID);
	request.asked = asked;
	request.agent_socket = "relative";
	assert_int_equal(
		authenticator_run(&request, NULL, deadline_in(PATIENCE_MS), &outcome), STEPUP_INVALID);
	request.agent_socket = "/not/utf\xff";
	assert_int_equal(
		authenticator_run(&request, NULL, deadline_in(PATIENCE_MS), &outcome), STEPUP_INVALID);
	assert_int_equal(outcome.code, AUTHENTICATOR_BROKEN);
	json_decref(asked);
}

static void a_helper_that_asks_nobody_is_stopped(void **state)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_REACH};
	json_t *asked = json_pack("{s:s}", "peer", "ask");
	struct authenticator_outcome outcome = {0};

	(void)state;
	request.asked = asked;
	assert_int_equal(authenticator_run(&request, NULL, deadline_in(PATIENCE_MS), &outcome), STEPUP_IO);
	json_decref(asked);
}

/* --- words
 * -----------------------------------------------------------------------------------------------------------
 */

static void assert_sentence(
	const struct authenticator_request *request, enum authenticator_code code, const char *expected)
{
	struct authenticator_outcome outcome = {.code = code, .tries_left = 2};
	char *text = authenticator_sentence(request, &outcome, "alice");

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void sentences_say_what_to_do_next(void **state)
{
	json_t *asked = json_pack("{s:[{s:s,s:s},{s:s},{s:s,s:s}]}", "credentials", "id", "a", "label",
		"Blue YubiKey", "id", "b", "id", "c", "label", "Spare");
	json_t *keys = json_pack("{s:[{s:s,s:s}]}", "keys", "key", "a", "label", "Laptop");
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_SIGN, .asked = asked};

	(void)state;
	assert_sentence(&request, AUTHENTICATOR_WRONG_KEY,
		"That key is not enrolled for alice. Use \"Blue YubiKey\" or \"Spare\". Nothing was "
		"approved. If you lost your key, tell your administrator.");
	assert_sentence(&request, AUTHENTICATOR_PIN_WRONG,
		"That PIN is wrong. 2 tries left before the key is blocked. Nothing was approved.");
	assert_sentence(&request, AUTHENTICATOR_UNPLUGGED,
		"The key was unplugged before it answered. Plug it in and try again. Nothing was "
		"approved.");
	request.enrolling = true;
	assert_sentence(&request, AUTHENTICATOR_GIVEN_UP, "Cancelled. Nothing was enrolled.");
	request = (struct authenticator_request){.operation = AUTHENTICATOR_AGENT_SIGN, .asked = keys};
	assert_sentence(&request, AUTHENTICATOR_WRONG_KEY,
		"Your agent holds no key that is enrolled for alice. Use \"Laptop\". Nothing was approved. "
		"If you lost your key, tell your administrator.");
	json_decref(asked);
	json_decref(keys);
}

static void every_code_has_a_name_and_a_sentence(void **state)
{
	struct authenticator_request request = {.operation = AUTHENTICATOR_SEAT_REGISTER};

	(void)state;
	for (int code = AUTHENTICATOR_DONE; code <= AUTHENTICATOR_BROKEN + 1; code++) {
		struct authenticator_outcome outcome = {
			.code = (enum authenticator_code)code, .tries_left = -1};
		char *text = authenticator_sentence(&request, &outcome, NULL);

		assert_non_null(text);
		assert_non_null(strstr(text, " Nothing was enrolled."));
		assert_null(strstr(text, "  "));
		free(text);
		assert_true(authenticator_code_name(outcome.code)[0] != '\0');
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_helper_has_nothing_of_its_host),
	cmocka_unit_test(the_helper_is_the_person_and_their_groups),
	cmocka_unit_test(without_roots_rights_it_is_only_oneself),
	cmocka_unit_test(accounts_are_found_by_name),
	cmocka_unit_test(no_signal_child_zombie_or_descriptor_is_left),
	cmocka_unit_test(the_hosts_own_wait_finds_its_own_children_only),
	cmocka_unit_test(closed_standard_input_and_output_stay_closed),
	cmocka_unit_test(a_look_goes_on_until_somebody_asks_for_its_end),
	cmocka_unit_test(a_look_that_nobody_wants_any_more_ends_the_helper),
	cmocka_unit_test(many_threads_may_each_have_a_helper),
	cmocka_unit_test(the_helper_ends_with_its_host),
	cmocka_unit_test(the_helper_ends_with_the_deadline),
	cmocka_unit_test(a_helper_that_is_not_there_is_told_from_one_that_broke_off),
	cmocka_unit_test(questions_reach_the_person_in_the_requests_words),
	cmocka_unit_test(a_person_who_gives_up_ends_it),
	cmocka_unit_test(errors_are_told_by_their_names),
	cmocka_unit_test(nothing_else_is_believed),
	cmocka_unit_test(a_message_longer_than_a_frame_is_refused),
	cmocka_unit_test(a_request_that_says_nothing_is_not_sent),
	cmocka_unit_test(a_helper_that_asks_nobody_is_stopped),
	cmocka_unit_test(sentences_say_what_to_do_next),
	cmocka_unit_test(every_code_has_a_name_and_a_sentence),
};

TAP_MAIN(tests)
