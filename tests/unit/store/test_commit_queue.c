/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commit queue: what shares a sync, what is reported when, and what happens when the disk fails
 * or stands still.
 */
#include "tests/unit/store/store_fixture.h"

#include "tests/unit/store/disk_faults.h"
#include "verifier/state/store/commit_queue.h"

struct queue_fixture {
	struct fixture *fixture;
	uv_loop_t loop;
	struct commit_queue *queue;
	enum commit_side side;
};

/* One job: logs a line, and then says what it was told to say. */
struct job {
	struct queue_fixture *of;
	enum stepup_error says, reported, resubmitted;
	int64_t index;
	int reports, again;
	bool wrote;
};

static enum stepup_error work(struct store_session *session, void *context)
{
	struct job *job = context;
	enum stepup_error error =
		store_log_append(session, json_pack("{s:s}", "type", "test"), NULL, NULL, &job->index);

	job->wrote = true;
	return error == STEPUP_OK ? job->says : error;
}

static void done(void *context, enum stepup_error result)
{
	struct job *job = context;

	job->reported = result;
	job->reports++;
	if (job->again-- > 0)
		job->resubmitted = commit_queue_submit(job->of->queue, work, done, job);
}

static int setup_on(void **state, enum commit_side side)
{
	struct queue_fixture *made = calloc(1, sizeof(*made));

	made->fixture = fixture_new();
	made->side = side;
	assert_int_equal(uv_loop_init(&made->loop), 0);
	assert_ok(commit_queue_start(made->fixture->store, &made->loop, &made->queue));
	commit_queue_prefer(made->queue, side);
	disk_forget();
	*state = made;
	return 0;
}

static int setup_loop(void **state)
{
	return setup_on(state, COMMIT_LOOP);
}

static int setup_writer(void **state)
{
	return setup_on(state, COMMIT_WRITER);
}

static int setup_either(void **state)
{
	return setup_on(state, COMMIT_EITHER);
}

static int teardown(void **state)
{
	struct queue_fixture *all = *state;

	disk_forget();
	disk_stall(false);
	commit_queue_stop(&all->queue);
	assert_null(all->queue);
	uv_run(&all->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&all->loop), 0);
	fixture_free(all->fixture);
	free(all);
	return 0;
}

static void submit(struct queue_fixture *all, struct job *jobs, int count)
{
	for (int i = 0; i < count; i++) {
		jobs[i].of = all;
		jobs[i].index = -1;
		assert_ok(commit_queue_submit(all->queue, work, done, &jobs[i]));
	}
}

/* Runs the loop until all have been reported, sleeping in it as a server does. */
static void run_until_reported(struct queue_fixture *all, struct job *jobs, int count)
{
	int reported;

	do {
		reported = 0;
		for (int i = 0; i < count; i++)
			reported += jobs[i].reports > 0 && jobs[i].again <= 0;
		if (reported < count)
			uv_run(&all->loop, UV_RUN_ONCE);
	} while (reported < count);
}

static int64_t log_size(struct queue_fixture *all)
{
	int64_t size = -1;

	assert_ok(store_log_size(all->fixture->reader, &size));
	return size;
}

static void fifty_jobs_share_a_sync(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[50] = {0}, earlier[1] = {0};

	submit(all, earlier, 1); /* begins the write-ahead log, whose head and folder are synced too */
	run_until_reported(all, earlier, 1);
	disk_forget();
	submit(all, jobs, 50);
	assert_int_equal(disk_syncs(), 0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(jobs[i].reports, 0); /* nobody is answered before */
	run_until_reported(all, jobs, 50);
	for (int i = 0; i < 50; i++) {
		assert_ok(jobs[i].reported);
		assert_int_equal(jobs[i].reports, 1);
		assert_int_equal(jobs[i].index, i + 1);
	}
	assert_int_equal(log_size(all), 51);
	assert_int_equal(disk_syncs(), 1);
}

static void a_job_alone_costs_one_sync(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[1] = {{.again = 0}};

	submit(all, jobs, 1);
	run_until_reported(all, jobs, 1);
	disk_forget();
	jobs[0].reports = 0;
	submit(all, jobs, 1);
	run_until_reported(all, jobs, 1);
	assert_int_equal(disk_syncs(), 1);
}

static void a_job_that_fails_is_undone_alone(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[9] = {0};
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE];
	int64_t size = 0;

	for (int i = 0; i < 9; i += 2)
		jobs[i].says = STEPUP_BAD_ANSWER;
	submit(all, jobs, 9);
	run_until_reported(all, jobs, 9);
	for (int i = 0; i < 9; i++) {
		assert_true(jobs[i].wrote);
		assert_error(jobs[i].reported, jobs[i].says);
	}
	fixture_log_root(all->fixture, &size, expected);
	assert_int_equal(size, 4);
	assert_int_equal(log_size(all), 4);
	assert_ok(store_log_root_at(all->fixture->reader, 4, root));
	assert_memory_equal(root, expected, sizeof(root));
}

static void a_job_that_fails_alone_writes_nothing(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[1] = {{.says = STEPUP_LOCKED}};

	submit(all, jobs, 1);
	run_until_reported(all, jobs, 1);
	assert_error(jobs[0].reported, STEPUP_LOCKED);
	assert_int_equal(log_size(all), 0);
	assert_int_equal(disk_syncs(), 0);
}

static void a_done_may_submit_again(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[3] = {{.again = 20}, {.again = 10}, {.again = 0}};

	submit(all, jobs, 3);
	uv_run(&all->loop, UV_RUN_DEFAULT); /* ends when nothing is left to report */
	assert_int_equal(jobs[0].reports, 21);
	assert_int_equal(log_size(all), 33);
}

static void a_full_queue_says_so_and_keeps_what_it_has(void **state)
{
	struct queue_fixture *all = *state;
	struct job *jobs = calloc(5000, sizeof(*jobs));
	int taken = 0;

	for (; taken < 5000; taken++) {
		jobs[taken].of = all;
		if (commit_queue_submit(all->queue, work, done, &jobs[taken]) != STEPUP_OK)
			break;
	}
	if (all->side == COMMIT_LOOP)
		assert_int_equal(taken, 4096);
	assert_true(taken >= 4096);
	run_until_reported(all, jobs, taken);
	for (int i = 0; i < taken; i++)
		assert_ok(jobs[i].reported);
	assert_int_equal(log_size(all), taken);
	if (taken < 5000)
		assert_int_equal(jobs[taken].reports, 0);
	free(jobs);
}

static void stopping_finishes_and_reports_what_waits(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[20] = {{.again = 1}};

	submit(all, jobs, 20);
	commit_queue_stop(&all->queue);
	for (int i = 0; i < 20; i++)
		assert_int_equal(jobs[i].reports, 1);
	assert_error(jobs[0].resubmitted, STEPUP_UNAVAILABLE);
	assert_int_equal(log_size(all), 20);
}

static void a_failed_commit_fails_its_whole_batch_and_the_next_one_goes_through(void **state)
{
	struct queue_fixture *all = *state;

	for (int kind = DISK_NO_SPACE; kind < DISK_FAULT_COUNT; kind++) {
		struct job jobs[12] = {0};
		int64_t before = log_size(all), size = 0;
		uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE];

		disk_fail((enum disk_fault)kind, 1, 0);
		submit(all, jobs, 12);
		run_until_reported(all, jobs, 12);
		for (int i = 0; i < 12; i++)
			assert_error(jobs[i].reported, STEPUP_IO);
		assert_int_equal(log_size(all), before);
		memset(jobs, 0, sizeof(jobs));
		submit(all, jobs, 12); /* still failing */
		run_until_reported(all, jobs, 12);
		for (int i = 0; i < 12; i++)
			assert_error(jobs[i].reported, STEPUP_IO);
		disk_forget();
		memset(jobs, 0, sizeof(jobs));
		submit(all, jobs, 12);
		run_until_reported(all, jobs, 12);
		for (int i = 0; i < 12; i++)
			assert_ok(jobs[i].reported);
		fixture_log_root(all->fixture, &size, expected);
		assert_int_equal(size, before + 12);
		assert_ok(store_log_root_at(all->fixture->reader, size, root));
		assert_memory_equal(root, expected, sizeof(root));
	}
}

static enum stepup_error only_read(struct store_session *session, void *context)
{
	struct job *job = context;

	return store_log_size(session, &job->index);
}

/* One job, alone in its transaction. */
static void run_one(struct queue_fixture *all, commit_work *what, enum stepup_error expected)
{
	struct job job = {.of = all};

	assert_ok(commit_queue_submit(all->queue, what, done, &job));
	run_until_reported(all, &job, 1);
	assert_error(job.reported, expected);
}

static unsigned said(FILE *out, const char *what)
{
	char line[1024];
	unsigned count = 0;

	rewind(out);
	while (fgets(line, sizeof(line), out) != NULL)
		count += strstr(line, what) != NULL;
	return count;
}

static void a_full_disk_is_said_once_however_much_is_read_meanwhile(void **state)
{
	struct queue_fixture *all = *state;
	FILE *out = tmpfile();
	int standard_error = dup(STDERR_FILENO);

	assert_non_null(out);
	assert_true(standard_error >= 0 && dup2(fileno(out), STDERR_FILENO) == STDERR_FILENO);
	disk_fail(DISK_NO_SPACE, 1, 0);
	for (int i = 0; i < 3; i++) {
		run_one(all, work, STEPUP_IO);
		run_one(all, only_read, STEPUP_OK);
	}
	disk_forget();
	run_one(all, only_read, STEPUP_OK);
	assert_int_equal(said(out, "can be written again"), 0);
	run_one(all, work, STEPUP_OK);
	assert_int_equal(dup2(standard_error, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(said(out, "can't be written"), 1);
	assert_int_equal(said(out, "can be written again"), 1);
	(void)close(standard_error);
	(void)fclose(out);
}

/* --- a disk that stands still --- */

static void end_stall(uv_timer_t *timer)
{
	(void)timer;
	disk_stall(false);
}

static void while_the_writer_waits_for_the_disk_the_loop_goes_on(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[1] = {0};
	struct user_record *record = NULL;

	fixture_add_user(all->fixture, "alice", "0123456789abcdef0123");
	disk_stall(true);
	submit(all, jobs, 1);
	for (int turn = 0; turn < 50; turn++) { /* with the writer stuck, reading works and the loop turns */
		uv_run(&all->loop, UV_RUN_NOWAIT);
		assert_ok(store_user_find(all->fixture->reader, "alice", &record));
		user_record_free(&record);
	}
	assert_int_equal(jobs[0].reports, 0);
	disk_stall(false);
	run_until_reported(all, jobs, 1);
	assert_ok(jobs[0].reported);
}

/* A commit that took long by itself moves the next ones to the writer thread. */
static void *unstall_later(void *unused)
{
	/* longer than what counts as slow: there is no event to wait for */
	struct timespec while_slow = {.tv_nsec = 60000000};

	(void)unused;
	nanosleep(&while_slow, NULL);
	disk_stall(false);
	return NULL;
}

static void after_a_slow_commit_the_loop_does_not_wait_for_the_disk(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[2] = {0};
	pthread_t thread;
	uv_timer_t timer;

	disk_stall(true);
	pthread_create(&thread, NULL, unstall_later, NULL);
	submit(all, jobs, 1);
	run_until_reported(all, jobs, 1);
	pthread_join(thread, NULL);
	disk_stall(true);
	submit(all, &jobs[1], 1);
	for (int turn = 0; turn < 50; turn++)
		uv_run(&all->loop, UV_RUN_NOWAIT);
	assert_int_equal(jobs[1].reports, 0);
	uv_timer_init(&all->loop, &timer);
	uv_timer_start(&timer, end_stall, 1, 0); /* the loop's own timer ends the stall */
	run_until_reported(all, jobs, 2);
	assert_ok(jobs[1].reported);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&all->loop, UV_RUN_NOWAIT);
}

/* --- the log's mover --- */

static enum stepup_error big_work(struct store_session *session, void *context)
{
	struct job *job = context;
	char text[64 * 1024];
	json_t *entry = json_object();

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	json_object_set_new(entry, "text", json_string(text));
	return store_log_append(session, entry, NULL, NULL, &job->index);
}

static void the_write_ahead_log_does_not_grow_under_load(void **state)
{
	struct queue_fixture *all = *state;
	struct job jobs[1] = {0};
	char path[200];
	FILE *file;
	long size;

	for (int i = 0; i < 600; i++) { /* 40 MB in all */
		jobs[0].of = all;
		jobs[0].reports = 0;
		assert_ok(commit_queue_submit(all->queue, big_work, done, jobs));
		run_until_reported(all, jobs, 1);
		assert_ok(jobs[0].reported);
	}
	snprintf(path, sizeof(path), "%s-wal", all->fixture->place);
	file = fopen(path, "r");
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	assert_true(size <= 32 * 1024 * 1024);
}

#define ON(side, name) {#name " (" #side ")", name, setup_##side, teardown, NULL}
#define BOTH(name) ON(loop, name), ON(writer, name)

static const struct CMUnitTest tests[] = {
	BOTH(fifty_jobs_share_a_sync),
	BOTH(a_job_alone_costs_one_sync),
	BOTH(a_job_that_fails_is_undone_alone),
	BOTH(a_job_that_fails_alone_writes_nothing),
	BOTH(a_done_may_submit_again),
	BOTH(a_full_queue_says_so_and_keeps_what_it_has),
	BOTH(stopping_finishes_and_reports_what_waits),
	BOTH(a_failed_commit_fails_its_whole_batch_and_the_next_one_goes_through),
	BOTH(a_full_disk_is_said_once_however_much_is_read_meanwhile),
	ON(writer, while_the_writer_waits_for_the_disk_the_loop_goes_on),
	ON(either, after_a_slow_commit_the_loop_does_not_wait_for_the_disk),
	ON(loop, the_write_ahead_log_does_not_grow_under_load),
};

TAP_MAIN(tests)
