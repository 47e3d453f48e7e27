/* SPDX-License-Identifier: BSD-2-Clause */
/* verifier/doors/verbs/verb.h: nothing that takes a step-up is done without one that holds. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/verifier.h"

/* What stands for the rest of a verifier: what it says, and what it was told. */
static struct {
	struct verifier verifier;
	struct call call;
	bool granted;
	enum stepup_error holds;
	unsigned asked_holds, worked, replied, released, refused, logged;
	enum stepup_error error;
	const char *sentence;
} world;

void refuse(struct call *call, enum stepup_error error, const struct words_facts *words)
{
	(void)words;
	assert_ptr_equal(call, &world.call);
	world.refused++;
	world.error = error;
}

void refuse_saying(struct call *call, enum stepup_error error, const char *sentence)
{
	refuse(call, error, NULL);
	world.sentence = sentence;
}

void call_invalid(struct call *call, const char *field)
{
	refuse(call, STEPUP_INVALID, NULL);
	world.sentence = field;
}

void call_reply(struct call *call, json_t *reply)
{
	assert_ptr_equal(call, &world.call);
	json_decref(reply);
}

void subject_find(struct call *call, const char *user, enum subject_wait wait, subject_found *found,
	void *context)
{
	const struct subject subject = {.name = "bob", .uid = 1001};

	(void)wait;
	assert_ptr_equal(call, &world.call);
	assert_string_equal(user, "BOB");
	found(context, STEPUP_OK, &subject);
}

bool authorization_spend(struct call *call, const char *user, const char *action, json_t *details,
	struct authorization *authorization)
{
	assert_null(user);
	json_decref(details);
	*authorization = (struct authorization){.action = action, .by = "alice"};
	if (!world.granted)
		refuse(call, STEPUP_NOT_ALLOWED, NULL);
	return world.granted;
}

enum stepup_error authorization_holds(struct store_session *session,
	const struct authorization *authorization, char reference[LOCK_REFERENCE_SIZE])
{
	(void)session;
	assert_string_equal(authorization->by, "alice");
	world.asked_holds++;
	memcpy(reference, "L-83", 5);
	return world.holds;
}

struct log_actor authorization_actor(const struct authorization *authorization)
{
	return (struct log_actor){.by = authorization->by};
}

void authorization_log_refused(const struct call *call, const struct authorization *authorization,
	enum stepup_error error, const char *why)
{
	(void)call;
	(void)authorization;
	(void)why;
	world.logged++;
	world.error = error;
}

void refusal_log(const struct call *call, const struct log_subject *subject, const char *action,
	enum stepup_error error, const char *why)
{
	(void)call;
	(void)subject;
	(void)action;
	(void)why;
	world.logged++;
	world.error = error;
}

bool refusal_is_for_log(enum stepup_error error)
{
	return error == STEPUP_LOCKED;
}

/* Works and reports at once. */
enum stepup_error commit_queue_submit(struct commit_queue *queue, commit_work *work, commit_done *done,
	void *job)
{
	(void)queue;
	done(job, work(NULL, job));
	return STEPUP_OK;
}

/* A verb of the test's own. */
struct tried_verb {
	struct verb verb;
	char *held;
};

static enum stepup_error tried_work(struct store_session *session, struct verb *verb)
{
	(void)session;
	world.worked++;
	assert_string_equal(verb->actor.by, verb->authorized ? "alice" : "root");
	return STEPUP_OK;
}

static void tried_reply(struct verb *verb)
{
	assert_int_equal(verb->uid, verb->user[0] == '\0' ? -1 : 1001);
	world.replied++;
}

static void tried_release(struct verb *verb)
{
	free(((struct tried_verb *)verb)->held);
	world.released++;
}

static const struct verb_kind with_step_up = {.action = "stepup.thaw", .size = sizeof(struct tried_verb),
	.work = tried_work, .reply = tried_reply, .release = tried_release};
static const struct verb_kind without = {.size = sizeof(struct tried_verb),
	.work = tried_work, .reply = tried_reply, .release = tried_release};
static const struct verb_kind written_down = {.action = "stepup.reload", .size = sizeof(struct tried_verb),
	.is_carried_out = true, .work = tried_work, .reply = tried_reply, .release = tried_release};

static struct verb *tried_new(const struct verb_kind *kind)
{
	struct tried_verb *tried = verb_new(&world.call, kind);

	assert_non_null(tried);
	tried->held = strdup("held");
	return &tried->verb;
}

static int verb_setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.call.verifier = &world.verifier;
	world.granted = true;
	return 0;
}

static int verb_teardown(void **state)
{
	(void)state;
	json_decref((json_t *)(uintptr_t)world.call.parameters);
	return 0;
}

static void one_that_takes_a_step_up_does_nothing_without_it(void **state)
{
	(void)state;
	verb_submit(tried_new(&with_step_up));
	assert_int_equal(world.worked, 0);
	assert_int_equal(world.refused, 1);
	assert_int_equal(world.error, STEPUP_INTERNAL);
	assert_int_equal(world.released, 1);
}

static void nor_with_one_that_is_refused(void **state)
{
	(void)state;
	world.granted = false;
	assert_false(verb_authorize(tried_new(&with_step_up), json_object()));
	assert_int_equal(world.refused, 1);
	assert_int_equal(world.released, 1);
}

static void nor_with_one_that_no_longer_holds(void **state)
{
	struct verb *verb = tried_new(&with_step_up);

	(void)state;
	world.holds = STEPUP_LOCKED;
	assert_true(verb_authorize(verb, json_object()));
	verb_submit(verb);
	assert_int_equal(world.worked, 0);
	assert_int_equal(world.logged, 1);
	assert_int_equal(world.refused, 1);
	assert_int_equal(world.error, STEPUP_LOCKED);
	assert_int_equal(world.released, 1);
}

static void one_that_holds_does(void **state)
{
	struct verb *verb = tried_new(&with_step_up);

	(void)state;
	assert_true(verb_authorize(verb, json_object()));
	verb_submit(verb);
	assert_int_equal(world.asked_holds, 1);
	assert_int_equal(world.worked, 1);
	assert_int_equal(world.replied, 1);
	assert_int_equal(world.refused, 0);
	assert_int_equal(world.released, 1);
}

static void what_is_carried_out_already_is_written_down_whoever_was_locked_since(void **state)
{
	struct verb *verb = tried_new(&written_down);

	(void)state;
	world.holds = STEPUP_LOCKED;
	assert_true(verb_authorize(verb, json_object()));
	verb_submit(verb);
	assert_int_equal(world.asked_holds, 0);
	assert_int_equal(world.replied, 1);
}

static void one_without_step_up_is_of_whom_it_names(void **state)
{
	struct verb *verb = tried_new(&without);

	(void)state;
	memcpy(verb->by, "root", 5);
	verb_submit(verb);
	assert_int_equal(world.asked_holds, 0);
	assert_int_equal(world.worked, 1);
	assert_int_equal(world.replied, 1);
}

static void one_about_somebody_is_about_their_canonical_name(void **state)
{
	struct verb *verb = tried_new(&with_step_up);

	(void)state;
	world.call.parameters = json_pack("{s:s}", "user", "BOB");
	verb_about(verb, SUBJECT_ANYWAY, json_object());
	assert_int_equal(world.replied, 1);
}

static void a_name_that_no_account_has_spends_nothing(void **state)
{
	struct verb *verb = tried_new(&with_step_up);

	(void)state;
	world.call.parameters = json_pack("{s:s}", "user", "a:b");
	verb_about(verb, SUBJECT_ANYWAY, json_object());
	assert_int_equal(world.worked, 0);
	assert_non_null(world.sentence);
	assert_int_equal(world.released, 1);
}

static void a_reason_that_cannot_be_shown_is_refused(void **state)
{
	struct verb *verb = tried_new(&without);
	const char *reason = NULL;

	(void)state;
	assert_true(verb_reason(verb, &reason));
	assert_string_equal(reason, "");
	world.call.parameters = json_pack("{s:s}", "reason", "\x1b[2J");
	assert_false(verb_reason(verb, &reason));
	assert_string_equal(world.sentence, "reason");
	assert_int_equal(world.released, 1);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, verb_setup, verb_teardown)

static const struct CMUnitTest facts[] = {
	FACT(one_that_takes_a_step_up_does_nothing_without_it),
	FACT(nor_with_one_that_is_refused),
	FACT(nor_with_one_that_no_longer_holds),
	FACT(one_that_holds_does),
	FACT(what_is_carried_out_already_is_written_down_whoever_was_locked_since),
	FACT(one_without_step_up_is_of_whom_it_names),
	FACT(one_about_somebody_is_about_their_canonical_name),
	FACT(a_name_that_no_account_has_spends_nothing),
	FACT(a_reason_that_cannot_be_shown_is_refused),
};

TAP_MAIN(facts)
