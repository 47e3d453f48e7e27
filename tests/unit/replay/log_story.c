/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs for tests; see log_story.h. */
#include "tests/unit/replay/log_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/log_beside.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "tests/unit/cmocka_tap.h"
#include "verifier/evidence/context.h"

static char rule_prompt[] = "Export {records} contacts of {account}";
static struct limit rule_limits[] = {{.kind = LIMIT_COUNT, .maximum = 9,
	.window_seconds = 86400, .text = "9 per 24h"}};
static const struct rule rule = {.name = "customer.export", .require = FACTOR_CODE, .prompt = rule_prompt,
	.limits = rule_limits, .limit_count = 1};

static void take_line(struct story *story, char *line)
{
	assert_non_null(line);
	assert_true(story->count < STORY_LINES);
	story->lines[story->count++] = line;
}

struct story *story_new(void)
{
	struct story *story = calloc(1, sizeof(*story));

	assert_non_null(story);
	merkle_init(&story->tree);
	story->host = STORY_HOST;
	story->rule = &rule;
	memset(story->seed, 3, sizeof(story->seed));
	assert_int_equal(note_key_from_seed("stepup.example.com/" STORY_HOST, story->seed, &story->key),
		STEPUP_OK);
	story->vkey = note_key_format(&story->key);
	take_line(story, log_line_header(STORY_ISSUER, STORY_HOST, story->vkey));
	return story;
}

void story_free(struct story **story)
{
	for (size_t i = 0; i < (*story)->count; i++)
		free((*story)->lines[i]);
	free((*story)->vkey);
	free(*story);
	*story = NULL;
}

int64_t story_add(struct story *story, json_t *entry, json_t *evidence, const uint8_t *salt)
{
	static const char *const named[] = {"rule_name", "hard_limits", "over_limit"};
	char *text = NULL, *salt_text = salt == NULL ? NULL : base64url_encode_new(salt, DIGEST_SIZE),
		beside[LOG_BESIDE_SIZE];
	size_t size = 0;

	assert_non_null(entry);
	for (size_t i = 0; story->older && i < sizeof(named) / sizeof(named[0]); i++)
		(void)json_object_del(entry, named[i]);
	if (evidence != NULL && salt != NULL && !story->older) {
		assert_int_equal(json_canonical(evidence, &text, &size), STEPUP_OK);
		assert_int_equal(log_beside_commit(text, size, salt, beside), STEPUP_OK);
		assert_int_equal(json_object_set_new(entry, "beside", json_string(beside)), 0);
		free(text);
	}
	assert_int_equal(json_object_set_new(entry, "index", json_integer(story->index)), 0);
	assert_int_equal(json_object_set_new(entry, "host", json_string(story->host)), 0);
	assert_int_equal(json_canonical(entry, &text, &size), STEPUP_OK);
	assert_int_equal(merkle_append(&story->tree, text, size), STEPUP_OK);
	if (story->erased)
		take_line(story, log_line_entry(text, NULL, NULL));
	else
		take_line(story, log_line_entry(text, evidence, salt_text));
	free(text);
	free(salt_text);
	json_decref(entry);
	json_decref(evidence);
	return story->index++;
}

void story_checkpoint(struct story *story)
{
	struct checkpoint checkpoint = {.size = story->tree.size};
	char *note = NULL;

	memcpy(checkpoint.origin, story->key.name, sizeof(checkpoint.origin));
	assert_int_equal(merkle_root(&story->tree, checkpoint.root), STEPUP_OK);
	assert_int_equal(checkpoint_sign(&checkpoint, &story->key, story->seed, &note), STEPUP_OK);
	take_line(story, log_line_checkpoint(note));
	free(note);
}

void person_make(struct person *person, const char *name, enum credential_type type)
{
	memset(person, 0, sizeof(*person));
	person->name = name;
	memset(person->user_id, name[0], sizeof(person->user_id));
	person->credential.type = type;
	(void)snprintf(person->credential.id, sizeof(person->credential.id), "C-%s", name);
	person->subject = (struct log_subject){.user = name, .user_id = person->user_id};
}

static void spend(struct person *person, int64_t step)
{
	person->credential.otp.last_step = step;
	person->credential.otp.next_counter = step + 1;
}

void story_enrol(struct story *story, struct person *person, int64_t at, int64_t step)
{
	const struct log_actor root = {.by = "root", .grant = -1};

	(void)story_add(story, log_entry_init(at, person->name, at + 3600, false), NULL, NULL);
	spend(person, step);
	(void)story_add(story,
		log_entry_enrol(at + 1, &person->subject, &person->credential, "invitation", &root, NULL),
		NULL, NULL);
}

struct action *story_action(const char *name, json_t *details)
{
	struct detail_spec specs[DETAIL_COUNT_MAX] = {0};
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;
	size_t count = 0;
	const char *key;
	json_t *value;

	json_object_foreach (details, key, value) {
		(void)snprintf(specs[count].name, sizeof(specs[count].name), "%s", key);
		specs[count++].type = json_is_integer(value) ? DETAIL_NUMBER : DETAIL_TEXT;
	}
	assert_int_equal(action_parse(name, details, specs, count, &action, bad_detail), STEPUP_OK);
	json_decref(details);
	return action;
}

static char *context_of(const struct story *story, const struct person *person, const uint8_t *commitment,
	int64_t at)
{
	static char issuer[] = "https://stepup.example.com", rp_id[] = "example.com", host[] = STORY_HOST;
	const struct policy policy = {.issuer = issuer, .rp_id = rp_id, .host = host};
	const uint8_t nonce[CONTEXT_NONCE_SIZE] = {9};
	const struct context_facts facts = {.purpose = "auth", .policy = &policy, .caller = "console",
		.via = "code", .user = person->name, .user_id = person->user_id, .rule = story->rule,
		.require = FACTOR_CODE, .prompt = "Export 102 contacts of trezor", .commitment = commitment,
		.nonce = nonce, .iat = at - 20, .exp = at + 100};
	char *text = NULL;
	size_t size = 0;

	assert_int_equal(context_make(&facts, &text, &size), STEPUP_OK);
	assert_int_equal(size, strlen(text));
	return text;
}

int64_t story_grant(struct story *story, struct person *person, int64_t at, int64_t step, const char *name,
	json_t *details, const char *jti)
{
	static const char *const amr[] = {"otp", NULL};
	struct action *action = story_action(name, details);
	struct receipt_row receipt = {.audience = "exportd", .issued = at, .expires = at + 60};
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_grant grant = {.at = at, .subject = person->subject, .action = action, .rule = story->rule,
		.credential = &person->credential, .method = credential_type_name(person->credential.type),
		.commitment = commitment, .acr = "otp", .amr = amr};
	char *context;
	int64_t index;

	if (jti != NULL) {
		(void)snprintf(receipt.jti, sizeof(receipt.jti), "%s", jti);
		grant.receipt = &receipt;
	}
	spend(person, step);
	assert_int_equal(context_commit(action, salt, commitment), STEPUP_OK);
	grant.context = context = context_of(story, person, commitment, at);
	index = story_add(story, log_entry_grant(&grant),
		log_entry_evidence(action, "Export 102 contacts of trezor"), salt);
	free(context);
	action_free(&action);
	return index;
}

int64_t story_redeem(struct story *story, struct person *person, int64_t at, const char *name,
	json_t *details, const char *jti)
{
	struct action *action = story_action(name, details);
	struct receipt_row receipt = {.audience = "exportd"};
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	int64_t index;

	(void)snprintf(receipt.jti, sizeof(receipt.jti), "%s", jti);
	(void)snprintf(receipt.user, sizeof(receipt.user), "%s", person->name);
	memcpy(receipt.user_id, person->user_id, USER_ID_SIZE);
	assert_int_equal(context_commit(action, salt, commitment), STEPUP_OK);
	index = story_add(story, log_entry_redeem(at, &receipt, "exec-1", action, commitment),
		log_entry_evidence(action, NULL), salt);
	action_free(&action);
	return index;
}

int64_t story_resume(struct story *story, struct person *person, int64_t at, const char *jti,
	const char *exec_id, int64_t redemption)
{
	struct receipt_row receipt = {.audience = "exportd", .redeemed_log = redemption};

	(void)snprintf(receipt.jti, sizeof(receipt.jti), "%s", jti);
	(void)snprintf(receipt.user, sizeof(receipt.user), "%s", person->name);
	memcpy(receipt.user_id, person->user_id, USER_ID_SIZE);
	return story_add(story, log_entry_resume(at, &receipt, exec_id, "customer.export"), NULL, NULL);
}

static void found(void *context, int64_t index, const char *sentence)
{
	struct findings *findings = context;

	assert_true(findings->count < STORY_LINES);
	findings->index[findings->count] = index;
	findings->sentence[findings->count++] = strdup(sentence);
}

void story_check(const struct story *story, const char *vkey, struct findings *findings)
{
	struct log_check *check = NULL;
	enum stepup_error error = STEPUP_OK;

	memset(findings, 0, sizeof(*findings));
	assert_int_equal(log_check_new(vkey, found, findings, &check), STEPUP_OK);
	for (size_t i = 0; error == STEPUP_OK && i < story->count; i++)
		error = log_check_line(check, story->lines[i], strcspn(story->lines[i], "\n"));
	findings->result = log_check_finish(check, &findings->summary);
	assert_int_equal(findings->summary.problems, findings->count);
	log_check_free(&check);
}

void findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->sentence[i]);
	memset(findings, 0, sizeof(*findings));
}

static void print(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		print_message("# found at %ld: %s\n", (long)findings->index[i], findings->sentence[i]);
}

void assert_one_finding(const struct story *story, int64_t index, const char *words)
{
	struct findings findings;

	story_check(story, story->vkey, &findings);
	if (findings.count != 1 || findings.index[0] != index ||
	    strstr(findings.sentence[0], words) == NULL) {
		print(&findings);
		fail_msg("one finding was expected at %ld with \"%s\"", (long)index, words);
	}
	assert_int_equal(findings.result, STEPUP_CORRUPT);
	findings_clear(&findings);
}

void assert_no_finding(const struct story *story)
{
	struct findings findings;

	story_check(story, story->vkey, &findings);
	print(&findings);
	assert_int_equal(findings.count, 0);
	assert_int_equal(findings.result, STEPUP_OK);
	assert_int_equal(findings.summary.proven, story->index);
	findings_clear(&findings);
}

void story_edit_line(struct story *story, size_t at, const char *old, const char *new)
{
	char *place = strstr(story->lines[at], old);

	assert_non_null(place);
	memcpy(place, new, strlen(new));
}
