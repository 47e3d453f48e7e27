/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module as a guest: it works in hosts with closed standard input and output, with many descriptors, with
 * many threads, and leaves them as they were: no signal, child, descriptor or variable more than before.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/pam_fixture.h"

#define THREADS 200

static volatile sig_atomic_t signals_caught;

static void catch_signal(int signal_number)
{
	(void)signal_number;
	signals_caught++;
}

/* All ways through the module: a grant, a refusal, a verifier that breaks off, one that is away. */
static void go_everywhere(void)
{
	static const int manners[] = {FAKE_WHOLE, FAKE_HALF, FAKE_CLOSE};
	struct trial account = {.service = "both", .user = "alice", .phases = "acs", .answers = {"123456"}};

	fake_verifier_reset(&fake);
	for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
		fake.shared->manners[FAKE_ANSWER] = manners[i];
		assert_pam_code(authenticate("plain", "alice", "123456"),
			i == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR);
	}
	fake_verifier_reset(&fake);
	trial_run(&account);
	assert_pam_code(account.code, PAM_SUCCESS);
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_LOCKED);
	assert_pam_code(authenticate("plain", "alice", "123456"), PAM_AUTH_ERR);
	service_write("away", "auth required MODULE action=customer.export socket=/nonexistent/s\n");
	assert_pam_code(authenticate("away", "alice", "123456"), PAM_SYSTEM_ERR);
}

/* Runs `body` in a child, so that what it does to descriptors stays there; gives its exit status. */
static int in_a_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_hosts_signal_handlers_and_mask_stay(void **state)
{
	struct sigaction ours = {.sa_handler = catch_signal, .sa_flags = SA_RESTART}, found;
	sigset_t mask, before, after;
	static const int signals[] = {SIGCHLD, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1};

	(void)state;
	signals_caught = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_int_equal(sigaction(signals[i], &ours, NULL), 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	go_everywhere();
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int i = 1; i <= SIGRTMAX; i++)
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		assert_int_equal(sigaction(signals[i], NULL, &found), 0);
		assert_ptr_equal(found.sa_handler, catch_signal);
		signal(signals[i], SIG_DFL);
	}
	sigemptyset(&mask);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	/* Nobody sent a signal either: a verifier that breaks off is no SIGPIPE. */
	assert_int_equal(signals_caught, 0);
}

/* In a child, where the verifier is nobody's: there must be no process to wait for. */
static int no_child_is_left(void)
{
	go_everywhere();
	return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : 1;
}

static void no_child_is_left_for_the_host_to_wait_for(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(no_child_is_left), 0);
}

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static void no_descriptor_is_left_open(void **state)
{
	int before;

	(void)state;
	go_everywhere(); /* libpam and syslog(3) may keep one of their own */
	before = count_descriptors();
	go_everywhere();
	assert_int_equal(count_descriptors(), before);
}

/* While a person is asked, the connection is open: is it where it may be? */
static int descriptors_checked;

static int look_at_descriptors(int count, const struct pam_message **messages,
	struct pam_response **responses, void *context)
{
	struct pam_response *r = calloc((size_t)count, sizeof(*r));
	struct stat status;

	(void)context;
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &status) == 0)
			_exit(40 + fd); /* something of the module's landed on standard input or output */
	for (int fd = STDERR_FILENO + 1; fd < 4096; fd++) {
		int type;
		socklen_t size = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0) {
			descriptors_checked++;
			if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
				_exit(50);
		}
	}
	if (messages[0]->msg_style == PAM_PROMPT_ECHO_OFF)
		r->resp = strdup("123456");
	*responses = r;
	return PAM_SUCCESS;
}

static int closed_stdio(void)
{
	struct pam_conv conversation = {look_at_descriptors, NULL};
	pam_handle_t *handle = NULL;
	struct stat status;
	int code;

	for (int fd = 0; fd < 4096; fd++) /* also what the test's own process had open */
		close(fd);
	if (pam_start_confdir("plain", "alice", &conversation, service_folder(), &handle) != PAM_SUCCESS)
		return 10;
	code = pam_authenticate(handle, 0);
	if (code == PAM_SUCCESS)
		code = pam_acct_mgmt(handle, 0);
	pam_end(handle, code);
	if (code != PAM_SUCCESS || descriptors_checked != 1)
		return 11;
	/* Nor is the system log's socket there. */
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &status) == 0)
			return 60 + fd;
	return 0;
}

static void closed_standard_input_and_output_stay_closed(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(closed_stdio), 0);
}

/* Descriptors 0 to 2000 are taken: select(2) and FD_SET would write out of bounds. */
static int many_descriptors(void)
{
	struct rlimit limit;
	struct trial trial = {.service = "both", .user = "alice", .phases = "ac", .answers = {"123456"}};
	int fd = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 2;
	limit.rlim_cur = 4096 < limit.rlim_max ? 4096 : limit.rlim_max;
	if (limit.rlim_cur < 2100 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 3;
	while (fd >= 0 && fd < 2000)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	trial_run(&trial);
	return fd == 2000 && trial.code == PAM_SUCCESS ? 0 : 1;
}

static void descriptors_above_1024_work(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(many_descriptors), 0);
}

/* No descriptor left for a socket: refused, not let through. */
static int no_descriptors(void)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"123456"}};
	struct pam_conv conversation = {NULL, NULL};
	pam_handle_t *handle = NULL;
	int code;

	trial_run(&trial); /* the module is loaded */
	if (trial.code != PAM_SUCCESS ||
	    pam_start_confdir("plain", "alice", &conversation, service_folder(), &handle) != PAM_SUCCESS)
		return 1;
	while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
		;
	code = pam_authenticate(handle, 0);
	pam_end(handle, code);
	return code == PAM_SUCCESS ? 2 : 0;
}

static void a_host_without_free_descriptors_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(no_descriptors), 0);
}

static void the_process_environment_stays(void **state)
{
	extern char **environ;
	int before = 0, after = 0;

	(void)state;
	while (environ[before] != NULL)
		before++;
	go_everywhere();
	while (environ[after] != NULL)
		after++;
	assert_int_equal(before, after);
	assert_null(getenv("STEPUP_RECEIPT"));
}

/* Threads: each with a handle of its own, all at once. */
static pthread_barrier_t all_ready;

static void *one_of_many(void *context)
{
	struct trial *trial = context;

	pthread_barrier_wait(&all_ready);
	trial_run(trial);
	return NULL;
}

static void two_hundred_handles_in_threads_each_get_their_own_answer(void **state)
{
	static struct trial trials[THREADS];
	pthread_t threads[THREADS];
	pthread_attr_t attributes;

	(void)state;
	pthread_barrier_init(&all_ready, NULL, THREADS);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 512 * 1024);
	for (int i = 0; i < THREADS; i++) {
		trials[i] = (struct trial){
			.service = i % 2 ? "json" : "env",
			.user = i % 5 ? "alice" : "bob",
			.phases = "ac",
			.answers = {i % 2 ? "{\"method\":\"code\",\"code\":\"123456\"}" : "123456"},
			.variables = {"STEPUP_ACTION=customer.export"},
		};
		assert_int_equal(pthread_create(&threads[i], &attributes, one_of_many, &trials[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_ready);
	for (int i = 0; i < THREADS; i++) {
		/* The scripted verifier says "alice" of everybody; whose a handle is stays the host's. */
		assert_pam_code(trials[i].code, PAM_SUCCESS);
		assert_string_equal(trials[i].receipt, i % 2 == 0 ? "eyJ.receipt.sig" : "");
		assert_string_equal(trials[i].user_left, i % 5 ? "alice" : "bob");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(the_hosts_signal_handlers_and_mask_stay),
		module_test(no_child_is_left_for_the_host_to_wait_for),
		module_test(no_descriptor_is_left_open),
		module_test(closed_standard_input_and_output_stay_closed),
		module_test(descriptors_above_1024_work),
		module_test(a_host_without_free_descriptors_is_refused),
		module_test(the_process_environment_stays),
		module_test(two_hundred_handles_in_threads_each_get_their_own_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
