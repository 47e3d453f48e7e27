/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounts: what the host's own root, daemon and missing ones look like, and that everybody who asks is
 * answered once. The functions of NSS are replaced by the linker (--wrap), so that a directory can be slow,
 * failing and counted.
 */
#include <errno.h>
#include <pwd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/host/account.h"

static pthread_mutex_t directory = PTHREAD_MUTEX_INITIALIZER; /* held: the directory is slow */
static int asked, failing;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static char started[64]; /* first letters of what was asked for, in the order of the lookups' beginning */
static size_t started_count;

int __real_getpwnam_r(const char *name, struct passwd *passwd, char *buffer, size_t size,
	struct passwd **found);
int __wrap_getpwnam_r(const char *name, struct passwd *passwd, char *buffer, size_t size,
	struct passwd **found);

int __wrap_getpwnam_r(const char *name, struct passwd *passwd, char *buffer, size_t size,
	struct passwd **found)
{
	int fails;

	(void)pthread_mutex_lock(&gate);
	if (started_count < sizeof(started) / sizeof(started[0]))
		started[started_count++] = name[0];
	(void)pthread_cond_broadcast(&begun);
	(void)pthread_mutex_unlock(&gate);
	(void)pthread_mutex_lock(&directory);
	asked++;
	fails = failing;
	(void)pthread_mutex_unlock(&directory);
	*found = NULL;
	return fails ? EIO : __real_getpwnam_r(name, passwd, buffer, size, found);
}

/* More workers than there are places, as main.c has; libuv looks once. */
__attribute__((constructor)) static void have_workers(void)
{
	(void)setenv("UV_THREADPOOL_SIZE", "8", 1);
}

struct answer {
	int count;
	enum stepup_error result;
	char name[64];
	int64_t uid;
	size_t groups;
};

static void on_found(void *context, enum stepup_error result, const struct account *account)
{
	struct answer *answer = context;

	answer->count++;
	answer->result = result;
	if (account == NULL)
		return;
	(void)snprintf(answer->name, sizeof(answer->name), "%s",
		account->name != NULL ? account->name : "(none)");
	answer->uid = account->uid;
	answer->groups = account->gid_count;
}

struct fixture {
	uv_loop_t loop;
	struct account_cache *cache;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	fixture->cache = account_cache_new(&fixture->loop);
	assert_non_null(fixture->cache);
	asked = failing = 0;
	started_count = 0;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	account_cache_free(&fixture->cache);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	free(fixture);
	return 0;
}

static void by_name(struct fixture *fixture, const char *name, struct answer *answer)
{
	*answer = (struct answer){ 0 };
	account_by_name(fixture->cache, 0, name, on_found, answer);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(answer->count, 1);
}

static void root_is_known_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { 0 };

	account_by_uid(fixture->cache, 0, on_found, &answer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.result, STEPUP_OK);
	assert_string_equal(answer.name, "root");
}

static void a_name_has_its_uid_and_groups_and_is_then_remembered(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer;

	by_name(fixture, "daemon", &answer);
	assert_int_equal(answer.result, STEPUP_OK);
	assert_int_equal(answer.uid, 1);
	assert_true(answer.groups >= 1);
	answer = (struct answer){ 0 };
	account_by_name(fixture->cache, 0, "daemon", on_found, &answer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(asked, 1);
}

static void a_uid_without_an_account_has_no_name(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { 0 };

	account_by_uid(fixture->cache, 61234567, on_found, &answer);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(answer.result, STEPUP_OK);
	assert_string_equal(answer.name, "(none)");
	assert_int_equal(answer.uid, 61234567);
}

static void a_name_without_an_account_has_no_uid_and_no_groups(void **state)
{
	struct answer answer;

	by_name(*state, "nobody-has-this-name", &answer);
	assert_int_equal(answer.result, STEPUP_OK);
	assert_string_equal(answer.name, "nobody-has-this-name");
	assert_int_equal(answer.uid, -1);
	assert_int_equal(answer.groups, 0);
}

static void names_that_mean_something_to_a_directory_are_not_asked_for(void **state)
{
	static const char *const names[] = { "", "root:x", "root\n", "../root", "*", "a\x7f" };
	struct answer answer;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		by_name(*state, names[i], &answer);
		assert_int_equal(answer.result, STEPUP_OK);
		assert_int_equal(answer.uid, -1);
	}
	assert_int_equal(asked, 0);
}

static void a_directory_that_fails_is_not_an_unknown_user(void **state)
{
	struct answer answer;

	failing = 1;
	by_name(*state, "daemon", &answer);
	assert_int_equal(answer.result, STEPUP_UNAVAILABLE);
	failing = 0;
	by_name(*state, "daemon", &answer);
	assert_int_equal(answer.result, STEPUP_OK);
}

static void those_who_ask_meanwhile_share_one_lookup(void **state)
{
	struct fixture *fixture = *state;
	struct answer answers[100] = { 0 };

	(void)pthread_mutex_lock(&directory);
	for (size_t i = 0; i < 100; i++)
		account_by_name(fixture->cache, 0, "daemon", on_found, &answers[i]);
	(void)pthread_mutex_unlock(&directory);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(answers[i].count, 1);
	assert_int_equal(asked, 1);
}

static void more_names_than_are_remembered_are_all_answered(void **state)
{
	static struct answer answers[3 * ACCOUNT_CACHE_MAX];
	struct fixture *fixture = *state;
	char name[32];

	for (int i = 0; i < 3 * ACCOUNT_CACHE_MAX; i++) {
		(void)snprintf(name, sizeof(name), "nobody%d", i);
		account_by_name(fixture->cache, 0, name, on_found, &answers[i]);
	}
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < 3 * ACCOUNT_CACHE_MAX; i++)
		assert_int_equal(answers[i].count, 1);
}

static void after_forgetting_the_directory_is_asked_again(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer;

	by_name(fixture, "daemon", &answer);
	account_cache_forget(fixture->cache);
	by_name(fixture, "daemon", &answer);
	assert_int_equal(asked, 2);
}

static void freeing_answers_those_who_wait_and_outlives_a_slow_lookup(void **state)
{
	struct fixture *fixture = *state;
	struct answer answers[20] = { 0 };
	char name[32];

	(void)pthread_mutex_lock(&directory);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "nobody%d", i);
		account_by_name(fixture->cache, 0, name, on_found, &answers[i]);
	}
	account_cache_free(&fixture->cache);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(answers[i].count, 1);
		assert_int_equal(answers[i].result, STEPUP_UNAVAILABLE);
	}
	(void)pthread_mutex_unlock(&directory);
}

static const struct account *kept;

static void on_found_keep(void *context, enum stepup_error result, const struct account *account)
{
	(void)context;
	(void)result;
	kept = account_keep(account);
}

static void a_kept_account_outlives_the_cache(void **state)
{
	struct fixture *fixture = *state;

	account_by_name(fixture->cache, 0, "daemon", on_found_keep, NULL);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	account_cache_forget(fixture->cache);
	assert_string_equal(kept->name, "daemon");
	account_drop(&kept);
	assert_null(kept);
}

/* --- who waits for whom --- */

/* While the directory is slow: how many lookups of names that begin so have begun. */
static size_t begun_of(char letter)
{
	size_t count = 0;

	for (size_t i = 0; i < started_count; i++)
		count += started[i] == letter;
	return count;
}

/* One uid's questions, each for another name, none of which there is. */
static void ask_many(struct fixture *fixture, uid_t asker, char letter, struct answer *answers, int count)
{
	char name[32];

	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%c-nobody%d", letter, i);
		account_by_name(fixture->cache, asker, name, on_found, &answers[i]);
	}
}

/* Until a number of lookups have begun; they wait for the directory. */
static void wait_begun(size_t count)
{
	(void)pthread_mutex_lock(&gate);
	while (started_count < count)
		(void)pthread_cond_wait(&begun, &gate);
	(void)pthread_mutex_unlock(&gate);
}

static void one_uids_questions_leave_places_for_others_and_for_root(void **state)
{
	static struct answer greedy[60], other[4], root[4];
	struct fixture *fixture = *state;

	(void)pthread_mutex_lock(&directory);
	ask_many(fixture, 1001, 'g', greedy, 60);
	wait_begun(2);
	assert_int_equal(begun_of('g'), 2);
	ask_many(fixture, 1002, 'o', other, 4);
	wait_begun(4);
	assert_int_equal(begun_of('o'), 2);
	ask_many(fixture, 0, 'r', root, 4);
	wait_begun(6);
	assert_int_equal(begun_of('r'), 2);
	(void)pthread_mutex_unlock(&directory);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(greedy[i].count, 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(other[i].count + root[i].count, 2);
}

static void who_asks_for_what_another_uid_waits_for_does_not_wait_with_it(void **state)
{
	static struct answer greedy[60];
	struct fixture *fixture = *state;
	struct answer root = { 0 };

	(void)pthread_mutex_lock(&directory);
	ask_many(fixture, 1001, 'g', greedy, 60);
	wait_begun(2);
	account_by_name(fixture->cache, 0, "g-nobody59", on_found, &root);
	wait_begun(3);
	(void)pthread_mutex_unlock(&directory);
	(void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(root.count, 1);
	assert_int_equal(greedy[59].count, 1);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest facts[] = {
	FACT(root_is_known_at_once),
	FACT(a_name_has_its_uid_and_groups_and_is_then_remembered),
	FACT(a_uid_without_an_account_has_no_name),
	FACT(a_name_without_an_account_has_no_uid_and_no_groups),
	FACT(names_that_mean_something_to_a_directory_are_not_asked_for),
	FACT(a_directory_that_fails_is_not_an_unknown_user),
	FACT(those_who_ask_meanwhile_share_one_lookup),
	FACT(more_names_than_are_remembered_are_all_answered),
	FACT(after_forgetting_the_directory_is_asked_again),
	FACT(freeing_answers_those_who_wait_and_outlives_a_slow_lookup),
	FACT(a_kept_account_outlives_the_cache),
	FACT(one_uids_questions_leave_places_for_others_and_for_root),
	FACT(who_asks_for_what_another_uid_waits_for_does_not_wait_with_it),
};

TAP_MAIN(facts)
