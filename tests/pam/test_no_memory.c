/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory runs out at the Nth allocation, for every N on the path: never a success, never a crash, and the
 * next try works. The test's own malloc stands in front of the C library's, for everything in the process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pam/pam_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_OWN_MALLOC 0
#else
#define HAVE_OWN_MALLOC 1
#endif

#if HAVE_OWN_MALLOC
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

/* Seen by the libraries, which the project's own functions are not. */
#define IN_FRONT __attribute__((visibility("default")))

/* Allocations since counting began; the one that fails, and whether all behind it do too. */
static long allocations, failing;
static bool counting, for_good;

static bool fails(void)
{
	if (!counting)
		return false;
	allocations++;
	if (failing == 0 || (for_good ? allocations < failing : allocations != failing))
		return false;
	errno = ENOMEM;
	return true;
}

IN_FRONT void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

IN_FRONT void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

IN_FRONT void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

struct path {
	const char *name, *service, *phases;
	const char *answer;
	const char *begun; /* the reply to Begin; NULL for the usual one */
};

static const struct path paths[] = {
	{"text with receipt", "env", "a", "123456", NULL},
	{"json", "json", "a", "{\"method\":\"code\",\"code\":\"123456\"}", NULL},
	{"a key in a browser", "json", "a",
		"{\"method\":\"browser\",\"credential\":{\"id\":\"AQ\",\"response\":{\"signature\":\"Ag\"}}}",
		FAKE_BEGIN_BROWSER},
	{"account", "plain", "c", NULL, NULL},
	{"account that asks", "both", "c", "123456", NULL},
};

struct host {
	pam_handle_t *handle;
	const char *answer;
};

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	const struct host *host = context;
	struct pam_response *r;
	bool was = counting;

	(void)messages;
	/* The host's own memory is the host's affair. */
	counting = false;
	r = calloc((size_t)count, sizeof(*r));
	if (messages[0]->msg_style == PAM_PROMPT_ECHO_OFF)
		r->resp = strdup(host->answer);
	*responses = r;
	counting = was;
	return PAM_SUCCESS;
}

/* Runs one path with the allocation `fail` failing (0: none); only the module's phase counts.
 * Gives PAM's code. */
static int run(const struct path *path, long fail, bool behind_too)
{
	struct host host = {.answer = path->answer};
	struct pam_conv conversation = {converse, &host};
	int code;

	assert_pam_code(pam_start_confdir(path->service, "alice", &conversation, service_folder(),
			&host.handle), PAM_SUCCESS);
	/* Named, so that the account databases aren't asked: an entry that couldn't be read there
	 * is an unknown one. */
	pam_set_item(host.handle, PAM_RUSER, "alice");
	if (strcmp(path->service, "env") == 0) {
		pam_putenv(host.handle, "STEPUP_ACTION=customer.export");
		pam_putenv(host.handle, "STEPUP_DETAILS={\"account\":\"trezor\",\"records\":102000}");
		pam_putenv(host.handle, "STEPUP_SESSION=0123456789abcdef");
	}
	if (path->begun != NULL)
		strcpy(fake.shared->replies[FAKE_BEGIN], path->begun);
	allocations = 0;
	failing = fail;
	for_good = behind_too;
	counting = true;
	code = path->phases[0] == 'a' ? pam_authenticate(host.handle, 0) : pam_acct_mgmt(host.handle, 0);
	counting = false;
	/* libpam's own audit line comes behind a module that succeeded, and fails as PAM_SYSTEM_ERR. */
	if (code != PAM_SUCCESS && (code != PAM_SYSTEM_ERR || fake.shared->calls[FAKE_ANSWER] == 0))
		assert_null(pam_getenv(host.handle, "STEPUP_RECEIPT"));
	pam_end(host.handle, code);
	return code;
}

/* An allocation whose failure nobody can feel (a line for the system log) leaves a success a success: allowed
 * where the verifier granted. */
static void try_every_allocation(const struct path *path, bool behind_too)
{
	long count, refused = 0;

	fake_verifier_reset(&fake);
	assert_pam_code(run(path, 0, false), PAM_SUCCESS);
	count = allocations;
	assert_true(count > 20);
	for (long n = 1; n <= count; n++) {
		int code;

		fake_verifier_reset(&fake);
		code = run(path, n, behind_too);
		if (code == PAM_SUCCESS && (fake.shared->calls[FAKE_ANSWER] == 0 && path->answer != NULL))
			fail_msg("%s: success without an answer, allocation %ld of %ld",
				path->name, n, count);
		if (code == PAM_IGNORE || code == PAM_USER_UNKNOWN || code == PAM_AUTHINFO_UNAVAIL)
			fail_msg("%s: %s at allocation %ld", path->name, pam_code_name(code), n);
		refused += code != PAM_SUCCESS;
	}
	/* Far most are felt. */
	assert_true(refused * 4 > count * 3);
	assert_pam_code(run(path, 0, false), PAM_SUCCESS);
}

static void the_nth_allocation_fails_without_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_every_allocation(&paths[i], false);
}

static void all_from_the_nth_allocation_on_fail_without_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_every_allocation(&paths[i], true);
}

/* The verifier refuses: then nothing makes a success of it. */
static void a_refusal_stays_one_whatever_allocation_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (long n = 0, count = 1; n <= count; n++) {
			int code;

			fake_verifier_reset(&fake);
			strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
			if (paths[i].answer == NULL)
				strcpy(fake.shared->replies[FAKE_ACCOUNT], FAKE_LOCKED);
			code = run(&paths[i], n, false);
			if (n == 0)
				count = allocations;
			if (code == PAM_SUCCESS)
				fail_msg("%s: success at allocation %ld", paths[i].name, n);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(the_nth_allocation_fails_without_success),
		module_test(all_from_the_nth_allocation_on_fail_without_success),
		module_test(a_refusal_stays_one_whatever_allocation_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
#else
int main(void)
{
	puts("1..1\nok 1 - the_nth_allocation_fails_without_success # SKIP the sanitizer has a malloc of its "
		"own; the plain build runs this");
	return 0;
}
#endif
