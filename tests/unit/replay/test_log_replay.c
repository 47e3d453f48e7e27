/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/replay/log_replay.h: a log that says what could not have been: who was granted what, by which
 * credential and on what ground; what was redeemed.
 */
#include "tests/unit/replay/log_scene.h"

static void the_same_step_twice_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, NULL);
	scene_assert_fault(scene, scene_grant(scene, T + 61, 102, NULL), "accepted twice");
}

static void a_step_below_the_last_one_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 103, NULL);
	scene_assert_fault(scene, scene_grant(scene, T + 61, 102, NULL), "accepted twice");
}

static void the_enrolments_own_code_used_again_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, scene_grant(scene, T + 10, 100, NULL), "accepted twice");
}

static void a_grant_by_a_credential_never_enrolled_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, story_grant(scene->story, &scene->bob, T + 60, 5, "customer.export",
			json_incref(scene->details), NULL), "The credential C-bob was not enrolled before.");
}

static void a_grant_by_another_users_credential_is_found(void **state)
{
	struct scene *scene = *state;

	memset(scene->alice.user_id, 'm', USER_ID_SIZE); /* a reused name is another person */
	scene_assert_fault(scene, scene_grant(scene, T + 60, 102, NULL), "is another user's");
}

static void a_grant_by_a_removed_credential_is_found(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	alice.grant = story_grant(scene->story, &scene->alice, T + 30, 101, "stepup.remove",
		json_pack("{s:s}", "credential", "C-alice"), NULL);
	story_add(scene->story, log_entry_remove(T + 31, &scene->alice.subject, "C-alice", &alice),
		NULL, NULL);
	scene_assert_fault(scene, scene_grant(scene, T + 60, 102, NULL), "was removed before");
}

static void the_same_credential_enrolled_again_is_found(void **state)
{
	struct scene *scene = *state;

	story_enrol(scene->story, &scene->alice, T + 10, 101);
	scene_assert_fault(scene, 4, "can't come back");
}

static void a_grant_to_a_locked_user_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};

	story_add(scene->story, log_entry_lock(T + 20, &scene->alice.subject, "L-1", "me", &self, 0),
		NULL, NULL);
	scene_assert_fault(scene, scene_grant(scene, T + 60, 102, NULL), "locked");
}

static void a_grant_of_a_frozen_action_is_found(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	alice.grant = story_grant(scene->story, &scene->alice, T + 30, 101, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 31, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	scene_assert_fault(scene, scene_grant(scene, T + 60, 102, NULL), "frozen");
}

static void an_enrolment_without_an_open_invitation_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	scene->bob.credential.otp.next_counter = 1;
	story_add(scene->story, log_entry_enrol(T + 5, &scene->bob.subject, &scene->bob.credential,
			"invitation", &root, NULL), NULL, NULL);
	scene_assert_fault(scene, 3, "none was open");
}

static void one_invitation_used_twice_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	(void)snprintf(scene->alice.credential.id, sizeof(scene->alice.credential.id), "C-second");
	story_add(scene->story, log_entry_enrol(T + 5, &scene->alice.subject, &scene->alice.credential,
			"invitation", &root, NULL), NULL, NULL);
	scene_assert_fault(scene, 3, "none was open");
}

/* Alice invites bob, somebody is locked and unlocked again, and bob enrols by that invitation: its index. The
 * lock may be of before it voided any. */
static int64_t enrol_after_a_lock(struct scene *scene, const struct person *locked, int64_t invitations)
{
	const struct log_actor self = {.by = locked->name, .grant = -1};
	struct log_actor alice = {.by = "alice"}, carol = {.by = "carol"};
	struct person second;

	person_make(&second, "carol", CREDENTIAL_TOTP);
	story_enrol(scene->story, &second, T + 3, 50);
	alice.grant = story_grant(scene->story, &scene->alice, T + 5, 101, "stepup.invite",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(scene->story, log_entry_invite(T + 6, "bob", T + 4000, &alice), NULL, NULL);
	story_add(scene->story, log_entry_lock(T + 7, &locked->subject, "L-1", "", &self, invitations),
		NULL, NULL);
	carol.grant = story_grant(scene->story, &second, T + 8, 51, "stepup.unlock",
		json_pack("{s:s}", "user", locked->name), NULL);
	story_add(scene->story, log_entry_unlock(T + 9, &locked->subject, &carol), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	return story_add(scene->story, log_entry_enrol(T + 10, &scene->bob.subject, &scene->bob.credential,
			"invitation", &alice, NULL), NULL, NULL);
}

static void an_invitation_by_who_was_locked_since_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, enrol_after_a_lock(scene, &scene->alice, 1),
		"void: they or who invited were locked, or it was withdrawn");
}

static void an_invitation_for_who_was_locked_since_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, enrol_after_a_lock(scene, &scene->bob, 1),
		"void: they or who invited were locked, or it was withdrawn");
}

/* The invitation is for a second credential, of somebody whose first is revoked meanwhile: with all they
 * have, or by itself. */
static int64_t enrol_after_a_revocation(struct scene *scene, int64_t invitations)
{
	struct log_actor alice = {.by = "alice"};
	struct credential first = scene->bob.credential, *second = &scene->bob.credential;

	story_enrol(scene->story, &scene->bob, T + 3, 50);
	first = scene->bob.credential;
	alice.grant = story_grant(scene->story, &scene->alice, T + 5, 101, "stepup.invite",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(scene->story, log_entry_invite(T + 6, "bob", T + 4000, &alice), NULL, NULL);
	alice.grant = story_grant(scene->story, &scene->alice, T + 7, 102, "stepup.revoke",
		json_pack("{s:s, s:s}", "user", "bob", "credential", invitations >= 0 ? "all" : first.id),
		NULL);
	story_add(scene->story, log_entry_revoke(T + 8, &scene->bob.subject, first.id, &alice, invitations),
		NULL, NULL);
	(void)snprintf(second->id, sizeof(second->id), "C-second");
	second->otp.next_counter = 1;
	return story_add(scene->story,
		log_entry_enrol(T + 10, &scene->bob.subject, second, "invitation", &alice, NULL), NULL, NULL);
}

static void an_invitation_for_whose_all_was_revoked_since_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, enrol_after_a_revocation(scene, 1),
		"void: they or who invited were locked, or it was withdrawn");
}

static void revoking_one_credential_voids_no_invitation(void **state)
{
	struct scene *scene = *state;

	(void)enrol_after_a_revocation(scene, -1);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void an_invitation_that_was_withdrawn_is_found(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	alice.grant = story_grant(scene->story, &scene->alice, T + 5, 101, "stepup.invite",
		json_pack("{s:s}", "user", "bob"), NULL);
	story_add(scene->story, log_entry_invite(T + 6, "bob", T + 4000, &alice), NULL, NULL);
	alice.grant = story_grant(scene->story, &scene->alice, T + 7, 102, "stepup.revoke",
		json_pack("{s:s, s:s}", "user", "bob", "credential", "all"), NULL);
	story_add(scene->story, log_entry_withdraw(T + 8, "bob", 1, &alice), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	scene_assert_fault(scene, story_add(scene->story, log_entry_enrol(T + 10, &scene->bob.subject,
				&scene->bob.credential, "invitation", &alice, NULL), NULL, NULL),
		"void: they or who invited were locked, or it was withdrawn");
}

static void a_withdrawal_without_its_own_step_up_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor nobody = {.by = "alice", .grant = -1};

	scene_assert_fault(scene,
		story_add(scene->story, log_entry_withdraw(T + 8, "bob", 1, &nobody), NULL, NULL), "step-up");
}

static void a_lock_of_somebody_else_voids_no_invitation(void **state)
{
	struct scene *scene = *state;
	struct person other;

	person_make(&other, "dave", CREDENTIAL_TOTP);
	(void)enrol_after_a_lock(scene, &other, 0);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void a_lock_from_before_locks_voided_invitations_voids_none(void **state)
{
	struct scene *scene = *state;

	(void)enrol_after_a_lock(scene, &scene->alice, -1);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

/* `stepup init` is root's of this host, not of the administrator who has the name. */
static void a_lock_of_an_administrator_named_root_leaves_what_init_made(void **state)
{
	const struct log_actor self = {.by = "root", .grant = -1};
	struct scene *scene = *state;
	struct person root;

	person_make(&root, "root", CREDENTIAL_TOTP);
	story_add(scene->story, log_entry_init(T + 5, "bob", T + 3600, true), NULL, NULL);
	story_add(scene->story, log_entry_lock(T + 6, &root.subject, "L-1", "", &self, 0), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	story_add(scene->story, log_entry_enrol(T + 7, &scene->bob.subject, &scene->bob.credential,
			"invitation", &self, NULL), NULL, NULL);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void a_newer_invitation_takes_the_place_of_an_older_one(void **state)
{
	const struct log_actor root = {.by = "root", .grant = -1};
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++)
		story_add(scene->story, log_entry_init(T + 5 + i, "bob", T + 3600, true), NULL, NULL);
	for (int i = 0; i < 2; i++) {
		scene->bob.credential.otp.next_counter = 1;
		(void)snprintf(scene->bob.credential.id, sizeof(scene->bob.credential.id), "C-%d", i);
		story_add(scene->story, log_entry_enrol(T + 10 + i, &scene->bob.subject,
				&scene->bob.credential, "invitation", &root, NULL), NULL, NULL);
	}
	scene_assert_fault(scene, scene->story->index - 1, "none was open");
}

static void an_invitation_by_another_than_invited_last_is_found(void **state)
{
	const struct log_actor carol = {.by = "carol", .grant = -1};
	struct scene *scene = *state;

	story_add(scene->story, log_entry_init(T + 5, "bob", T + 3600, true), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	scene_assert_fault(scene, story_add(scene->story, log_entry_enrol(T + 7, &scene->bob.subject,
				&scene->bob.credential, "invitation", &carol, NULL), NULL, NULL),
		"another person's invitation");
}

static void verbs_without_their_own_step_up_are_found(void **state)
{
	const struct log_actor nobody = {.by = "alice", .grant = -1},
		not_a_grant = {.by = "alice", .grant = 0};
	struct scene *scene = *state;
	struct log_actor actor;

	story_add(scene->story, log_entry_unlock(T + 20, &scene->bob.subject, &nobody), NULL, NULL);
	scene_assert_fault(scene, 3, "rests on no step-up");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	story_add(scene->story, log_entry_thaw(T + 20, "customer.*", &not_a_grant), NULL, NULL);
	scene_assert_fault(scene, 3, "is not a step-up of the last minutes");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	actor = (struct log_actor){.by = "alice", .grant = scene_grant(scene, T + 30, 102, NULL)};
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	scene_assert_fault(scene, 4, "is not a step-up of the last minutes");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	scene_assert_fault(scene, 4, "is a step-up for stepup.freeze, not for stepup.thaw");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	actor.by = "mallory";
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	scene_assert_fault(scene, 4, "another person's step-up");
	actor.by = "alice";
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	actor.grant = story_grant(scene->story, &scene->alice, T + 30, 102, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 31, "customer.*", &actor), NULL, NULL);
	story_add(scene->story, log_entry_thaw(T + 32, "customer.*", &actor), NULL, NULL);
	scene_assert_fault(scene, 5, "was spent before");
	*state = scene;
}

static void a_receipt_redeemed_twice_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, "r1");
	scene_redeem(scene, T + 70, "r1");
	scene_assert_fault(scene, scene_redeem(scene, T + 71, "r1"), "was redeemed before");
}

static void a_receipt_never_issued_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(scene, scene_redeem(scene, T + 71, "r9"), "was never issued");
}

static void a_receipt_redeemed_late_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, "r1");
	scene_assert_fault(scene, scene_redeem(scene, T + 120, "r1"), "after it had expired");
}

static void a_receipt_redeemed_for_more_or_for_something_else_is_found(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, "r1");
	scene_assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.export",
			json_pack("{s:s, s:i}", "account", "trezor", "records", 103), "r1"),
		"another or a larger \"records\"");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	scene_grant(scene, T + 60, 102, "r1");
	scene_assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.export",
			json_pack("{s:s, s:i}", "account", "ledger", "records", 1), "r1"),
		"another or a larger \"account\"");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	scene_grant(scene, T + 60, 102, "r1");
	scene_assert_fault(scene, story_redeem(scene->story, &scene->alice, T + 70, "customer.reveal",
			json_incref(scene->details), "r1"), "for another action");
	*state = scene;
}

static void an_execution_that_asks_again_is_told_so(void **state)
{
	struct scene *scene = *state;
	int64_t redemption;

	scene_grant(scene, T + 60, 102, "r1");
	redemption = scene_redeem(scene, T + 70, "r1");
	story_resume(scene->story, &scene->alice, T + 71, "r1", "exec-1", redemption);
	story_resume(scene->story, &scene->alice, T + 70 + 86399, "r1", "exec-1", redemption);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void an_execution_told_that_it_had_redeemed_what_it_had_not_is_found(void **state)
{
	struct scene *scene = *state;
	int64_t redemption;

	scene_grant(scene, T + 60, 102, "r1");
	redemption = scene_redeem(scene, T + 70, "r1");
	scene_assert_fault(scene,
		story_resume(scene->story, &scene->alice, T + 71, "r1", "exec-2", redemption),
		"and it had not");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	scene_grant(scene, T + 60, 102, "r1");
	scene_assert_fault(scene, story_resume(scene->story, &scene->alice, T + 71, "r1", "exec-1", 1),
		"and it had not");
	(void)scene_teardown((void **)&scene);
	(void)scene_setup((void **)&scene);
	scene_grant(scene, T + 60, 102, "r1");
	redemption = scene_redeem(scene, T + 70, "r1");
	scene_assert_fault(scene,
		story_resume(scene->story, &scene->alice, T + 70 + 86400, "r1", "exec-1", redemption),
		"more than a day before");
	*state = scene;
}

static void a_receipt_redeemed_by_a_locked_user_is_found(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};

	scene_grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_lock(T + 65, &scene->alice.subject, "L-1", "me", &self, 0),
		NULL, NULL);
	scene_assert_fault(scene, scene_redeem(scene, T + 70, "r1"), "locked");
}

static void a_receipt_from_before_a_lock_is_void_when_it_is_lifted(void **state)
{
	struct scene *scene = *state;
	const struct log_actor self = {.by = "alice", .grant = -1};
	struct log_actor bob = {.by = "bob"};

	story_enrol(scene->story, &scene->bob, T + 5, 5);
	scene_grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_lock(T + 65, &scene->alice.subject, "L-1", "me", &self, 0),
		NULL, NULL);
	bob.grant = story_grant(scene->story, &scene->bob, T + 66, 6, "stepup.unlock",
		json_pack("{s:s}", "user", "alice"), NULL);
	story_add(scene->story, log_entry_unlock(T + 67, &scene->alice.subject, &bob), NULL, NULL);
	scene_assert_fault(scene, scene_redeem(scene, T + 70, "r1"),
		"void: who was issued it, or agreed to it, was locked");
}

static void a_receipt_from_before_a_freeze_is_void_when_it_is_lifted(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	scene_grant(scene, T + 60, 102, "r1");
	alice.grant = story_grant(scene->story, &scene->alice, T + 61, 103, "stepup.freeze",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 62, "customer.*", "F-1", NULL, &alice), NULL, NULL);
	alice.grant = story_grant(scene->story, &scene->alice, T + 63, 104, "stepup.thaw",
		json_pack("{s:s}", "action", "customer.*"), NULL);
	story_add(scene->story, log_entry_thaw(T + 64, "customer.*", &alice), NULL, NULL);
	scene_assert_fault(scene, scene_redeem(scene, T + 70, "r1"), "void: the action was frozen");
}

static void a_freeze_of_something_else_leaves_receipts(void **state)
{
	struct scene *scene = *state;
	struct log_actor alice = {.by = "alice"};

	scene_grant(scene, T + 60, 102, "r1");
	alice.grant = story_grant(scene->story, &scene->alice, T + 61, 103, "stepup.freeze",
		json_pack("{s:s}", "action", "login.*"), NULL);
	story_add(scene->story, log_entry_freeze(T + 62, "login.*", "F-1", NULL, &alice), NULL, NULL);
	scene_redeem(scene, T + 70, "r1");
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void a_receipt_from_before_a_new_epoch_is_void(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_epoch(T + 65, "store taken as it stands by --new-epoch", 9,
		scene->story->vkey), NULL, NULL);
	scene_assert_fault(scene, scene_redeem(scene, T + 70, "r1"), "is void");
}

static json_t *started(int64_t at)
{
	return log_entry_start(at, "0.1.0", STORY_ISSUER, scene_policy_digest, true);
}

static void a_store_that_moved_goes_on_where_it_arrived(void **state)
{
	struct scene *scene = *state;

	scene_grant(scene, T + 60, 102, "r1");
	story_add(scene->story, log_entry_moved(T + 61, "/root/stepup.move"), NULL, NULL);
	story_add(scene->story, log_entry_moved(T + 62, "/root/stepup.again"), NULL, NULL);
	story_add(scene->story, log_entry_arrived(T + 65, T + 62), NULL, NULL);
	story_add(scene->story, started(T + 66), NULL, NULL);
	scene_redeem(scene, T + 70, "r1"); /* no epoch: a receipt of before is worth what it was */
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void a_start_at_a_place_that_the_store_had_left_is_found(void **state)
{
	struct scene *scene = *state;

	story_add(scene->story, log_entry_moved(T + 5, "/root/stepup.move"), NULL, NULL);
	scene_assert_fault(scene, story_add(scene->story, started(T + 6), NULL, NULL),
		"a place that the store had left");
}

static void a_new_epoch_takes_a_store_back_that_had_left(void **state)
{
	struct scene *scene = *state;

	story_add(scene->story, log_entry_moved(T + 5, "/root/stepup.move"), NULL, NULL);
	story_add(scene->story,
		log_entry_epoch(T + 6, "store taken as it stands by --new-epoch", 9, scene->story->vkey),
		NULL, NULL);
	story_add(scene->story, started(T + 7), NULL, NULL);
	story_checkpoint(scene->story);
	assert_no_finding(scene->story);
}

static void an_arrival_without_leaving_is_found(void **state)
{
	struct scene *scene = *state;

	scene_assert_fault(
		scene, story_add(scene->story, log_entry_arrived(T + 5, T + 4), NULL, NULL), "had left none");
}

static void an_invitation_from_before_a_new_epoch_is_void(void **state)
{
	struct scene *scene = *state;
	const struct log_actor root = {.by = "root", .grant = -1};

	story_add(scene->story, log_entry_init(T + 5, "bob", T + 3600, false), NULL, NULL);
	story_add(scene->story, log_entry_epoch(T + 6, "store taken as it stands by --new-epoch", 9,
		scene->story->vkey), NULL, NULL);
	scene->bob.credential.otp.next_counter = 1;
	story_add(scene->story, log_entry_enrol(T + 7, &scene->bob.subject, &scene->bob.credential,
			"invitation", &root, NULL), NULL, NULL);
	scene_assert_fault(scene, 5, "none was open");
}

static const struct CMUnitTest tests[] = {
	FACT(the_same_step_twice_is_found),
	FACT(a_step_below_the_last_one_is_found),
	FACT(the_enrolments_own_code_used_again_is_found),
	FACT(a_grant_by_a_credential_never_enrolled_is_found),
	FACT(a_grant_by_another_users_credential_is_found),
	FACT(a_grant_by_a_removed_credential_is_found),
	FACT(the_same_credential_enrolled_again_is_found),
	FACT(a_grant_to_a_locked_user_is_found),
	FACT(a_grant_of_a_frozen_action_is_found),
	FACT(an_enrolment_without_an_open_invitation_is_found),
	FACT(one_invitation_used_twice_is_found),
	FACT(an_invitation_by_who_was_locked_since_is_found),
	FACT(an_invitation_for_who_was_locked_since_is_found),
	FACT(an_invitation_for_whose_all_was_revoked_since_is_found),
	FACT(revoking_one_credential_voids_no_invitation),
	FACT(an_invitation_that_was_withdrawn_is_found),
	FACT(a_withdrawal_without_its_own_step_up_is_found),
	FACT(a_lock_of_somebody_else_voids_no_invitation),
	FACT(a_lock_from_before_locks_voided_invitations_voids_none),
	FACT(a_lock_of_an_administrator_named_root_leaves_what_init_made),
	FACT(a_newer_invitation_takes_the_place_of_an_older_one),
	FACT(an_invitation_by_another_than_invited_last_is_found),
	FACT(verbs_without_their_own_step_up_are_found),
	FACT(a_receipt_redeemed_twice_is_found),
	FACT(a_receipt_never_issued_is_found),
	FACT(a_receipt_redeemed_late_is_found),
	FACT(a_receipt_redeemed_for_more_or_for_something_else_is_found),
	FACT(an_execution_that_asks_again_is_told_so),
	FACT(an_execution_told_that_it_had_redeemed_what_it_had_not_is_found),
	FACT(a_receipt_redeemed_by_a_locked_user_is_found),
	FACT(a_receipt_from_before_a_lock_is_void_when_it_is_lifted),
	FACT(a_receipt_from_before_a_freeze_is_void_when_it_is_lifted),
	FACT(a_freeze_of_something_else_leaves_receipts),
	FACT(a_receipt_from_before_a_new_epoch_is_void),
	FACT(an_invitation_from_before_a_new_epoch_is_void),
	FACT(a_store_that_moved_goes_on_where_it_arrived),
	FACT(a_start_at_a_place_that_the_store_had_left_is_found),
	FACT(a_new_epoch_takes_a_store_back_that_had_left),
	FACT(an_arrival_without_leaving_is_found),
};

TAP_MAIN(tests)
