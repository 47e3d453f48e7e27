/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/replay/log_check.h about keys: every signature of a log is checked, and what doesn't fit is told where
 * it stands. Faults are the forger's who writes the whole log anew around them: the tree can't tell.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "tests/unit/replay/log_story_keys.h"

#define T 1700000000

/* Alice with a key that comes by the scene's way. */
struct scene {
	struct story *story;
	struct keyholder alice;
};

static void scene_set(struct scene *scene, int algorithm, enum via via)
{
	scene->story = story_new();
	keyholder_make(&scene->alice, "alice", algorithm, via);
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
}

/* The same key, the log anew. */
static void scene_restart(struct scene *scene)
{
	story_free(&scene->story);
	scene->story = story_new();
	(void)story_add(scene->story, log_entry_epoch(T, "first start", -1, scene->story->vkey), NULL, NULL);
}

static void scene_strike(struct scene *scene)
{
	story_free(&scene->story);
	keyholder_clear(&scene->alice);
}

static int64_t enrol(struct scene *scene)
{
	struct key_use use = key_use_good(&scene->alice, true, 1);

	return story_enrol_key(scene->story, &scene->alice, T, -1, &use);
}

static json_t *details(void)
{
	return json_pack("{s:s, s:i}", "account", "trezor", "records", 102);
}

static int64_t grant(struct scene *scene, int64_t at, const struct key_use *use)
{
	return story_grant_key(scene->story, &scene->alice, at, "customer.export", details(), use);
}

static void assert_fault(struct scene *scene, int64_t index, const char *words)
{
	story_checkpoint(scene->story);
	assert_one_finding(scene->story, index, words);
}

static const struct {
	int algorithm;
	enum via via;
} kinds[] = {{KEY_ES256, VIA_BROWSER}, {KEY_EDDSA, VIA_BROWSER}, {KEY_RS256, VIA_BROWSER},
	{KEY_ES256, VIA_SEAT}, {KEY_EDDSA, VIA_SEAT}, {KEY_EDDSA, VIA_AGENT}, {KEY_ES256, VIA_AGENT}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void keys_of_every_algorithm_by_every_way_are_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct scene scene;
		struct key_use use;

		scene_set(&scene, kinds[i].algorithm, kinds[i].via);
		enrol(&scene);
		for (uint32_t counter = 2; counter < 5; counter++) {
			use = key_use_good(&scene.alice, false, counter);
			grant(&scene, T + counter, &use);
		}
		use = key_use_good(&scene.alice, false, 5);
		use.pin = true;
		grant(&scene, T + 9, &use);
		story_checkpoint(scene.story);
		assert_no_finding(scene.story);
		scene_strike(&scene);
	}
}

static void a_key_that_does_not_count_is_clean(void **state)
{
	struct scene scene;
	struct key_use use;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	use = key_use_good(&scene.alice, true, 0);
	story_enrol_key(scene.story, &scene.alice, T, -1, &use);
	use = key_use_good(&scene.alice, false, 0);
	grant(&scene, T + 5, &use);
	grant(&scene, T + 6, &use);
	story_checkpoint(scene.story);
	assert_no_finding(scene.story);
	scene_strike(&scene);
}

/* What was granted stays good: the key is removed, its owner renamed, the receipts' key another one. */
static void step_ups_stay_good_after_the_key_was_revoked_and_the_user_renamed(void **state)
{
	struct scene scene;
	struct key_use use;
	struct log_actor actor = {.by = "alice"};
	struct person other;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	person_make(&other, "alice", CREDENTIAL_TOTP);
	memcpy(other.user_id, scene.alice.person.user_id, USER_ID_SIZE);
	strcpy(other.credential.id, "C-codes");
	enrol(&scene);
	story_enrol(scene.story, &other, T + 2, 100);
	use = key_use_good(&scene.alice, false, 2);
	grant(&scene, T + 5, &use);
	use = key_use_good(&scene.alice, false, 3);
	actor.grant = story_grant_key(scene.story, &scene.alice, T + 9, "stepup.remove",
		json_pack("{s:s}", "credential", "C-alice"), &use);
	story_add(scene.story, log_entry_remove(T + 10, &scene.alice.person.subject, "C-alice", &actor),
		NULL, NULL);
	story_add(scene.story, log_entry_rename(T + 11, &scene.alice.person.subject, "alix", NULL),
		NULL, NULL);
	story_checkpoint(scene.story);
	assert_no_finding(scene.story);
	scene_strike(&scene);
}

static void a_key_after_its_removal_is_found(void **state)
{
	struct scene scene;
	struct key_use use;
	struct log_actor actor = {.by = "alice"};

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	use = key_use_good(&scene.alice, false, 2);
	actor.grant = story_grant_key(scene.story, &scene.alice, T + 9, "stepup.remove",
		json_pack("{s:s}", "credential", "C-alice"), &use);
	story_add(scene.story, log_entry_remove(T + 10, &scene.alice.person.subject, "C-alice", &actor),
		NULL, NULL);
	use = key_use_good(&scene.alice, false, 3);
	assert_fault(&scene, grant(&scene, T + 20, &use), "was removed before");
	scene_strike(&scene);
}

static void a_step_up_before_its_enrolment_is_found(void **state)
{
	struct scene scene;
	struct key_use use;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	use = key_use_good(&scene.alice, false, 1);
	assert_fault(&scene, grant(&scene, T + 5, &use), "was not enrolled before");
	scene_strike(&scene);
}

/* --- every bit of what was signed --- */

/* Flips bit `flip_at` of the `flip_size` bytes in a member of the evidence. */
static const char *flip_member;
static size_t flip_at, flip_size;

static void flip_bit(json_t *entry)
{
	json_t *evidence = json_object_get(entry, "evidence");
	const char *text = json_string_value(json_object_get(evidence, flip_member));
	uint8_t bytes[8192];
	char *flipped;

	assert_non_null(text);
	assert_int_equal(base64url_decode(text, bytes, sizeof(bytes), &flip_size), STEPUP_OK);
	/* an ECDSA signature may be a byte shorter than the last one */
	bytes[flip_at / 8 % flip_size] ^= (uint8_t)(1 << flip_at % 8);
	flipped = base64url_encode_new(bytes, flip_size);
	json_object_set_new(evidence, flip_member, json_string(flipped));
	free(flipped);
}

/* Whether something with these words is found, and at that entry alone. */
static bool is_found(const struct scene *scene, int64_t index, const char *words)
{
	struct findings findings;
	bool found = false, elsewhere = false;

	story_check(scene->story, scene->story->vkey, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		found = found || strstr(findings.sentence[i], words) != NULL;
		elsewhere = elsewhere || findings.index[i] != index;
	}
	findings_clear(&findings);
	return found && !elsewhere;
}

static void every_changed_bit_of_what_was_signed_is_found(void **state)
{
	static const struct {
		size_t kind;
		const char *members[3];
	} all[] = {{0, {"authenticator_data", "client_data", "signature"}},
		{1, {"authenticator_data", "signature"}}, {2, {"authenticator_data"}}, {3, {"client_data"}},
		{5, {"signature"}}, {6, {"signature"}}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct scene scene;

		scene_set(&scene, kinds[all[i].kind].algorithm, kinds[all[i].kind].via);
		for (size_t m = 0; m < 3 && all[i].members[m] != NULL; m++) {
			flip_member = all[i].members[m];
			flip_size = 1;
			for (flip_at = 0; flip_at < 8 * flip_size; flip_at++) {
				struct key_use use;
				int64_t index;

				scene_restart(&scene);
				enrol(&scene);
				use = key_use_good(&scene.alice, false, 2);
				use.spoil = flip_bit;
				index = grant(&scene, T + 5, &use);
				story_checkpoint(scene.story);
				if (!is_found(&scene, index, ""))
					fail_msg("the change of bit %zu of %s by way %d is not found",
						flip_at, flip_member, kinds[all[i].kind].via);
			}
		}
		scene_strike(&scene);
	}
}

/* --- what was signed is something else --- */

static json_t *kept;

static void keep_evidence(json_t *entry)
{
	kept = json_deep_copy(json_object_get(entry, "evidence"));
}

static void put_kept_evidence(json_t *entry)
{
	json_object_set_new(entry, "evidence", kept);
}

/* The same key signed both, with the same counter: only what it was asked differs. */
static void evidence_of_another_step_up_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct scene scene;
		struct key_use use;
		struct story *first;

		scene_set(&scene, kinds[i].algorithm, kinds[i].via);
		enrol(&scene);
		use = key_use_good(&scene.alice, false, 2);
		use.spoil = keep_evidence;
		grant(&scene, T + 5, &use);
		first = scene.story;
		scene.story = story_new();
		(void)story_add(scene.story, log_entry_epoch(T, "first start", -1, scene.story->vkey), NULL,
			NULL);
		enrol(&scene);
		use.spoil = put_kept_evidence;
		assert_fault(&scene, grant(&scene, T + 5, &use),
			kinds[i].via == VIA_AGENT ? "does not hold" : "another challenge");
		story_free(&first);
		scene_strike(&scene);
	}
}

static void swapped_evidence_of_two_step_ups_is_found(void **state)
{
	struct scene scene;
	struct key_use use;
	struct findings findings;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	use = key_use_good(&scene.alice, false, 2);
	use.spoil = keep_evidence;
	grant(&scene, T + 5, &use);
	use = key_use_good(&scene.alice, false, 3);
	use.spoil = put_kept_evidence;
	grant(&scene, T + 6, &use);
	story_checkpoint(scene.story);
	story_check(scene.story, scene.story->vkey, &findings);
	assert_int_equal(findings.count, 2);
	assert_non_null(strstr(findings.sentence[0], "counter is not what the key signed"));
	assert_non_null(strstr(findings.sentence[1], "another challenge"));
	findings_clear(&findings);
	scene_strike(&scene);
}

static int64_t says_before, set_back;

static void says_what_stood_before(json_t *entry)
{
	json_int_t at = json_integer_value(json_object_get(entry, "at"));

	assert_int_equal(json_object_set_new(entry, "counter_before", json_integer(says_before)), 0);
	assert_int_equal(json_object_set_new(entry, "at", json_integer(at - set_back)), 0);
}

/* Two questions of one second, of which the one that was signed first is answered last: by this counter, said
 * to be put at `before`, 20 seconds ago. */
static int64_t grant_late(struct scene *scene, uint32_t counter, int64_t before, int64_t at)
{
	struct key_use use;

	scene_set(scene, KEY_ES256, VIA_BROWSER);
	enrol(scene);
	use = key_use_good(&scene->alice, false, 2);
	grant(scene, T + 5, &use);
	use = key_use_good(&scene->alice, false, 4);
	grant(scene, T + 6, &use);
	use = key_use_good(&scene->alice, false, counter);
	use.spoil = says_what_stood_before;
	says_before = before;
	return grant(scene, at, &use);
}

static void questions_that_were_open_at_once_are_answered_in_either_order(void **state)
{
	struct scene scene;
	struct key_use use;

	(void)state;
	(void)grant_late(&scene, 3, 2, T + 26);
	use = key_use_good(&scene.alice, false, 5);
	grant(&scene, T + 28, &use);
	story_checkpoint(scene.story);
	assert_no_finding(scene.story);
	scene_strike(&scene);
}

/* The clock is set back while both questions are open: then an entry is from before its question. */
static void times_of_a_clock_that_was_set_back_say_nothing_of_the_order(void **state)
{
	struct scene scene;

	(void)state;
	set_back = 300;
	(void)grant_late(&scene, 3, 2, T + 27);
	story_checkpoint(scene.story);
	assert_no_finding(scene.story);
	scene_strike(&scene);
	assert_fault(&scene, grant_late(&scene, 4, 2, T + 27), "there are two of it");
	scene_strike(&scene);
	set_back = 0;
}

static void a_late_counter_that_was_accepted_or_stood_or_is_of_a_later_question_is_found(void **state)
{
	static const struct {
		uint32_t counter;
		int64_t before, at;
	} wrong[] = {{4, 2, T + 26}, {2, 2, T + 26}, {3, 3, T + 26}, {3, 1, T + 26}, {3, 2, T + 27},
		{3, 0, T + 26}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct scene scene;

		assert_fault(&scene, grant_late(&scene, wrong[i].counter, wrong[i].before, wrong[i].at),
			"there are two of it");
		scene_strike(&scene);
	}
}

/* One change to a good use, and what is told of it. */
struct change {
	enum via via;
	void (*change)(struct key_use *use);
	const char *words;
};

static void signs_for_another_domain(struct key_use *use) { use->rp_id = "example.org"; }
static void signs_untouched(struct key_use *use) { use->flags = 0x04; }
static void signs_without_pin(struct key_use *use) { use->flags = 0x01; }
static void says_it_was_without_pin(struct key_use *use) { use->says_verified = false; }
static void needed_the_pin(struct key_use *use)
{
	use->flags = 0x01;
	use->says_verified = false;
	use->pin = true;
}
static void answers_another_challenge(struct key_use *use) { use->wrong_challenge = true; }
static void registers_instead(struct key_use *use) { use->client_type = "webauthn.create"; }
static void is_within_another_page(struct key_use *use) { use->cross_origin = true; }
static void sits_elsewhere(struct key_use *use) { use->origin = "stepup://bastion2"; }
static void sits_here_instead(struct key_use *use) { use->origin = "stepup://" STORY_HOST; }
static void is_in_a_page_instead(struct key_use *use) { use->origin = "https://support.example.com"; }
static void counts_on(struct key_use *use) { use->says_counter = 9; }
static void counts_the_same(struct key_use *use) { use->says_counter = use->counter = 1; }
static void counts_back_to_zero(struct key_use *use) { use->says_counter = use->counter = 0; }
static void signed_for_an_enrolment(struct key_use *use) { use->purpose = "enrol"; }
static void signed_to_agree(struct key_use *use) { use->purpose = "approve"; }
static void signed_for_another_verifier(struct key_use *use) { use->namespace = "stepup@other.example"; }
static void signed_for_git(struct key_use *use) { use->namespace = "git"; }

static const struct change changes[] = {
	{VIA_BROWSER, signs_for_another_domain, "another domain than example.com"},
	{VIA_BROWSER, signs_untouched, "without being touched"},
	{VIA_BROWSER, signs_without_pin, "of the key's PIN is not what the key signed"},
	{VIA_BROWSER, says_it_was_without_pin, "of the key's PIN is not what the key signed"},
	{VIA_BROWSER, needed_the_pin, "PIN was required"},
	{VIA_BROWSER, answers_another_challenge, "another challenge"},
	{VIA_BROWSER, registers_instead, "not of type webauthn.get"},
	{VIA_BROWSER, is_within_another_page, "another site's page"},
	{VIA_BROWSER, sits_here_instead, "used at stepup://bastion1"},
	{VIA_SEAT, sits_elsewhere, "used at stepup://bastion2"},
	{VIA_SEAT, is_in_a_page_instead, "used at https://support.example.com"},
	{VIA_BROWSER, counts_on, "counter is not what the key signed"},
	{VIA_BROWSER, counts_the_same, "counted 1 after 1"},
	{VIA_BROWSER, counts_back_to_zero, "counted 0 after 1"},
	{VIA_BROWSER, signed_for_an_enrolment, "was for something else: enrol"},
	{VIA_BROWSER, signed_to_agree, "was for something else: approve"},
	{VIA_AGENT, signs_untouched, "does not hold"},
	{VIA_AGENT, signs_without_pin, "of the key's PIN is not what the key signed"},
	{VIA_AGENT, needed_the_pin, "PIN was required"},
	{VIA_AGENT, counts_on, "counter is not what the key signed"},
	{VIA_AGENT, counts_the_same, "counted 1 after 1"},
	{VIA_AGENT, signed_for_another_verifier, "does not hold"},
	{VIA_AGENT, signed_for_git, "does not hold"},
	{VIA_AGENT, signed_for_an_enrolment, "was for something else: enrol"},
};

static void what_a_key_would_not_have_done_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct scene scene;
		struct key_use use;

		scene_set(&scene, KEY_ES256, changes[i].via);
		enrol(&scene);
		use = key_use_good(&scene.alice, false, 2);
		changes[i].change(&use);
		assert_fault(&scene, grant(&scene, T + 5, &use), changes[i].words);
		scene_strike(&scene);
	}
}

/* --- what the entry says --- */

static void set_text(json_t *entry, const char *member, const char *text)
{
	json_object_set_new(entry, member, json_string(text));
}

static void without_evidence(json_t *entry) { json_object_del(entry, "evidence"); }
static void without_signature(json_t *entry) {
	json_object_del(json_object_get(entry, "evidence"), "signature"); }
static void by_another_way(json_t *entry) { set_text(entry, "via", "seat"); }
static void as_an_agents(json_t *entry) { set_text(entry, "method", "agent"); }
static void as_codes(json_t *entry) { set_text(entry, "method", "totp"); }
static void of_another_enrolment(json_t *entry) { json_object_set_new(entry, "enrolled", json_integer(1)); }
static void as_hardware(json_t *entry) { set_text(entry, "acr", "phrh"); }
static void with_hardware_in_amr(json_t *entry)
{
	json_array_append_new(json_object_get(entry, "amr"), json_string("hwk"));
}
static void as_an_origins(json_t *entry) { set_text(entry, "acr", "phr"); }

static void what_an_entry_can_not_say_is_found(void **state)
{
	static const struct {
		void (*spoil)(json_t *entry);
		const char *words;
		bool attested;
		enum via via;
	} all[] = {
		{by_another_way, "came by another way", true, VIA_BROWSER},
		{without_evidence, "no \"authenticator_data\"", true, VIA_BROWSER},
		{without_signature, "no \"signature\"", true, VIA_BROWSER},
		{as_an_agents, "enrolled for another method than \"agent\"", true, VIA_BROWSER},
		{as_codes, "enrolled for another method than \"totp\"", true, VIA_BROWSER},
		{of_another_enrolment, "another enrolment", true, VIA_BROWSER},
		{as_hardware, "a key hardware, but nobody vouched for it", false, VIA_BROWSER},
		{with_hardware_in_amr, "a key hardware, but nobody vouched for it", false, VIA_BROWSER},
		{with_hardware_in_amr, "a key hardware, but nobody vouched for it", false, VIA_AGENT},
		{as_an_origins, "neither an origin nor a host", true, VIA_AGENT},
		{as_hardware, "neither an origin nor a host", true, VIA_AGENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct scene scene;
		struct key_use use;
		int64_t index;

		scene_set(&scene, KEY_ES256, all[i].via);
		scene.alice.credential.attestation = all[i].attested ? ATTESTATION_VERIFIED
			: ATTESTATION_SELF;
		enrol(&scene);
		use = key_use_good(&scene.alice, false, 2);
		use.spoil = all[i].spoil;
		index = grant(&scene, T + 5, &use);
		story_checkpoint(scene.story);
		if (!is_found(&scene, index, all[i].words))
			fail_msg("not found: %s", all[i].words);
		scene_strike(&scene);
	}
}

static void a_key_that_can_not_be_hardware_where_that_was_required_is_found(void **state)
{
	static const struct {
		enum via via;
		enum key_attestation attestation;
		bool found;
	} all[] = {{VIA_BROWSER, ATTESTATION_VERIFIED, false}, {VIA_SEAT, ATTESTATION_VERIFIED, false},
		{VIA_AGENT, ATTESTATION_VERIFIED, true}, {VIA_BROWSER, ATTESTATION_UNTRUSTED, true},
		{VIA_BROWSER, ATTESTATION_SELF, true}, {VIA_SEAT, ATTESTATION_NONE, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct scene scene;
		struct key_use use;
		int64_t index;

		scene_set(&scene, KEY_ES256, all[i].via);
		scene.alice.credential.attestation = all[i].attestation;
		enrol(&scene);
		use = key_use_good(&scene.alice, false, 2);
		use.strength = FACTOR_HARDWARE_KEY;
		use.pin = true;
		index = grant(&scene, T + 5, &use);
		story_checkpoint(scene.story);
		if (all[i].found)
			assert_one_finding(scene.story, index, "A hardware-key was required, and a key was "
				"taken");
		else
			assert_no_finding(scene.story);
		scene_strike(&scene);
	}
}

/* The context of a code's step-up, said to have required a key. */
static void a_code_where_a_key_was_required_is_found(void **state)
{
	struct scene scene;
	struct key_use use;
	struct person codes;
	int64_t index;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	person_make(&codes, "alice", CREDENTIAL_TOTP);
	story_enrol(scene.story, &codes, T, 100);
	/* A key's entry with a code's credential, as if the code had done. */
	use = key_use_good(&scene.alice, false, 101);
	use.acr = "otp";
	scene.alice.person.credential.type = CREDENTIAL_TOTP;
	scene.alice.person.credential.otp.last_step = 101;
	index = grant(&scene, T + 60, &use);
	assert_fault(&scene, index, "A key was required, and a code was taken");
	scene_strike(&scene);
}

/* --- enrolment --- */

static void a_key_enrolled_twice_is_found(void **state)
{
	struct scene scene;
	struct keyholder bob;
	struct key_use use;
	struct findings findings;
	int64_t index;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	keyholder_make(&bob, "bob", KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	bob.credential = scene.alice.credential; /* under another name: by its public key and by its id */
	use = key_use_good(&bob, true, 1);
	index = story_enrol_key(scene.story, &bob, T + 5, -1, &use);
	story_checkpoint(scene.story);
	story_check(scene.story, scene.story->vkey, &findings);
	assert_int_equal(findings.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(findings.index[i], index);
		assert_non_null(strstr(findings.sentence[i], "was enrolled before, as C-alice"));
	}
	findings_clear(&findings);
	keyholder_clear(&bob);
	scene_strike(&scene);
}

static void an_ssh_key_enrolled_as_another_key_is_found(void **state)
{
	struct scene scene;
	struct keyholder bob;
	struct key_use use;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	keyholder_make(&bob, "bob", KEY_ES256, VIA_AGENT);
	enrol(&scene);
	key_release(&bob.key);
	bob.key = scene.alice.key;
	memcpy(bob.credential.public_key, scene.alice.credential.public_key, bob.credential.public_key_size);
	use = key_use_good(&bob, true, 1);
	assert_fault(&scene, story_enrol_key(scene.story, &bob, T + 5, -1, &use),
		"was enrolled before, as C-alice");
	scene_strike(&scene);
}

static void another_key(json_t *entry) { set_text(entry, "key", "AAAA"); }
static void no_key(json_t *entry) { json_object_del(entry, "key"); }
static void no_domain(json_t *entry) { json_object_del(entry, "rp_id"); }
static void no_application(json_t *entry) { json_object_del(entry, "application"); }
static void another_application(json_t *entry) { set_text(entry, "application", "ssh:other"); }
static void no_client_data(json_t *entry) {
	json_object_del(json_object_get(entry, "evidence"), "client_data"); }
static void signed_for_a_step_up(struct key_use *use) { use->purpose = "auth"; }
static void signs_instead(struct key_use *use) { use->client_type = "webauthn.get"; }

static void an_enrolment_that_could_not_have_been_is_found(void **state)
{
	static const struct {
		enum via via;
		void (*change)(struct key_use *use);
		void (*spoil)(json_t *entry);
		const char *words;
	} all[] = {
		{VIA_BROWSER, NULL, another_key, "is no public key"},
		{VIA_BROWSER, NULL, no_key, "does not say enough of the key"},
		{VIA_SEAT, NULL, no_domain, "does not say enough of the key"},
		{VIA_AGENT, NULL, no_application, "does not say enough of the key"},
		{VIA_AGENT, NULL, another_application, "does not hold"},
		{VIA_BROWSER, NULL, no_client_data, "no \"client_data\""},
		{VIA_BROWSER, signed_for_a_step_up, NULL, "was for something else: auth"},
		{VIA_BROWSER, signs_instead, NULL, "not of type webauthn.create"},
		{VIA_SEAT, answers_another_challenge, NULL, "another challenge"},
		{VIA_SEAT, sits_elsewhere, NULL, "used at stepup://bastion2"},
		{VIA_AGENT, signs_untouched, NULL, "does not hold"},
		{VIA_AGENT, signed_for_git, NULL, "does not hold"},
		{VIA_AGENT, counts_on, NULL, "counter is not what the key signed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct scene scene;
		struct key_use use;

		scene_set(&scene, KEY_EDDSA, all[i].via);
		use = key_use_good(&scene.alice, true, 1);
		if (all[i].change != NULL)
			all[i].change(&use);
		use.spoil = all[i].spoil;
		assert_fault(&scene, story_enrol_key(scene.story, &scene.alice, T, -1, &use), all[i].words);
		scene_strike(&scene);
	}
}

static void a_key_added_or_removed_on_the_strength_of_a_code_is_found(void **state)
{
	struct scene scene;
	struct person codes;
	struct key_use use;
	struct log_actor actor = {.by = "alice"};
	int64_t index;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	person_make(&codes, "alice", CREDENTIAL_TOTP);
	strcpy(codes.credential.id, "C-codes");
	story_enrol(scene.story, &codes, T, 100);
	index = story_grant(scene.story, &codes, T + 60, 102, "stepup.enroll",
		json_pack("{s:s}", "type", "key"), NULL);
	use = key_use_good(&scene.alice, true, 1);
	index = story_enrol_key(scene.story, &scene.alice, T + 61, index, &use);
	assert_fault(&scene, index, "is a step-up by a code, but adding a key needs a step-up by a key");
	scene_strike(&scene);

	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	story_enrol(scene.story, &codes, T + 5, 100);
	actor.grant = story_grant(scene.story, &codes, T + 60, 102, "stepup.remove",
		json_pack("{s:s}", "credential", "C-alice"), NULL);
	index = story_add(scene.story,
		log_entry_remove(T + 61, &scene.alice.person.subject, "C-alice", &actor), NULL, NULL);
	assert_fault(&scene, index, "is a step-up by a code, but adding a key needs a step-up by a key");
	scene_strike(&scene);
}

static void a_key_added_on_the_strength_of_a_key_is_clean(void **state)
{
	struct scene scene;
	struct keyholder second;
	struct key_use use;
	int64_t index;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	keyholder_make(&second, "alice", KEY_EDDSA, VIA_AGENT);
	strcpy(second.person.credential.id, "C-second");
	enrol(&scene);
	use = key_use_good(&scene.alice, false, 2);
	index = story_grant_key(scene.story, &scene.alice, T + 5, "stepup.enroll",
		json_pack("{s:s}", "type", "agent"), &use);
	use = key_use_good(&second, true, 1);
	story_enrol_key(scene.story, &second, T + 6, index, &use);
	use = key_use_good(&second, false, 2);
	story_grant_key(scene.story, &second, T + 9, "customer.export", details(), &use);
	story_checkpoint(scene.story);
	assert_no_finding(scene.story);
	keyholder_clear(&second);
	scene_strike(&scene);
}

/* --- erased prompts --- */

static void erase(struct story *story)
{
	for (size_t line = 0; line < story->count; line++) {
		json_t *object = json_loads(story->lines[line], 0, NULL);

		json_object_del(object, "details");
		json_object_del(object, "salt");
		free(story->lines[line]);
		story->lines[line] = json_dumps(object, JSON_COMPACT);
		json_decref(object);
	}
}

static void a_signature_is_checked_though_the_prompt_was_erased(void **state)
{
	struct scene scene;
	struct key_use use;
	int64_t index;

	(void)state;
	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	use = key_use_good(&scene.alice, false, 2);
	grant(&scene, T + 5, &use);
	story_checkpoint(scene.story);
	erase(scene.story);
	assert_no_finding(scene.story);
	scene_strike(&scene);

	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	flip_member = "signature";
	flip_at = 100;
	use.spoil = flip_bit;
	index = grant(&scene, T + 5, &use);
	story_checkpoint(scene.story);
	erase(scene.story);
	assert_one_finding(scene.story, index, "does not hold");
	scene_strike(&scene);

	scene_set(&scene, KEY_ES256, VIA_BROWSER);
	enrol(&scene);
	use = key_use_good(&scene.alice, false, 2);
	use.wrong_challenge = true;
	index = grant(&scene, T + 5, &use);
	story_checkpoint(scene.story);
	erase(scene.story);
	assert_one_finding(scene.story, index, "another challenge");
	scene_strike(&scene);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(keys_of_every_algorithm_by_every_way_are_clean),
	cmocka_unit_test(a_key_that_does_not_count_is_clean),
	cmocka_unit_test(step_ups_stay_good_after_the_key_was_revoked_and_the_user_renamed),
	cmocka_unit_test(a_key_after_its_removal_is_found),
	cmocka_unit_test(a_step_up_before_its_enrolment_is_found),
	cmocka_unit_test(every_changed_bit_of_what_was_signed_is_found),
	cmocka_unit_test(evidence_of_another_step_up_is_found),
	cmocka_unit_test(swapped_evidence_of_two_step_ups_is_found),
	cmocka_unit_test(questions_that_were_open_at_once_are_answered_in_either_order),
	cmocka_unit_test(times_of_a_clock_that_was_set_back_say_nothing_of_the_order),
	cmocka_unit_test(a_late_counter_that_was_accepted_or_stood_or_is_of_a_later_question_is_found),
	cmocka_unit_test(what_a_key_would_not_have_done_is_found),
	cmocka_unit_test(what_an_entry_can_not_say_is_found),
	cmocka_unit_test(a_key_that_can_not_be_hardware_where_that_was_required_is_found),
	cmocka_unit_test(a_code_where_a_key_was_required_is_found),
	cmocka_unit_test(a_key_enrolled_twice_is_found),
	cmocka_unit_test(an_ssh_key_enrolled_as_another_key_is_found),
	cmocka_unit_test(an_enrolment_that_could_not_have_been_is_found),
	cmocka_unit_test(a_key_added_or_removed_on_the_strength_of_a_code_is_found),
	cmocka_unit_test(a_key_added_on_the_strength_of_a_key_is_clean),
	cmocka_unit_test(a_signature_is_checked_though_the_prompt_was_erased),
};

TAP_MAIN(tests)
