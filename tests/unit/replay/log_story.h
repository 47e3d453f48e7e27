/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the log's check: writes a log as the verifier does (verifier/evidence/log_entry.h), exports
 * it, checks it, and keeps what was found.
 */
#ifndef STEPUP_TESTS_UNIT_LOG_STORY_H
#define STEPUP_TESTS_UNIT_LOG_STORY_H

#include "lib/evidence/merkle.h"
#include "lib/replay/log_check.h"
#include "verifier/evidence/log_entry.h"

#define STORY_LINES 64
#define STORY_HOST "bastion1"
#define STORY_ISSUER "https://stepup.example.com"

struct story {
	char *lines[STORY_LINES]; /* each with its newline */
	size_t count;
	int64_t index; /* the next entry's */
	const char *host; /* of the next entry; STORY_HOST at first */
	const struct rule *rule; /* of the next grant; one with a limit at first */
	bool older;    /* entries are made as before there was "beside", and before a grant named its rule */
	bool erased;   /* what stood beside the next entry is no longer there */
	struct merkle_tree tree;
	uint8_t seed[NOTE_KEY_SIZE];
	struct note_key key;
	char *vkey;
};

/* What a check found. */
struct findings {
	struct log_check_summary summary;
	enum stepup_error result;
	int64_t index[STORY_LINES];
	char *sentence[STORY_LINES];
	size_t count;
};

struct story *story_new(void);
void story_free(struct story **story);

/* Appends what a constructor of log_entry.h made; takes over `entry` and `evidence`. Returns its index. */
int64_t story_add(struct story *story, json_t *entry, json_t *evidence, const uint8_t *salt);
void story_checkpoint(struct story *story);

/* A person of the story: user_id and credential follow from the name. */
struct person {
	const char *name;
	uint8_t user_id[USER_ID_SIZE];
	struct credential credential;
	struct log_subject subject;
};
void person_make(struct person *person, const char *name, enum credential_type type);

/* Enters `init` or an invitation that rests on `grant`, and the person's enrolment by it. */
void story_enrol(struct story *story, struct person *person, int64_t at, int64_t step);

/* A grant for a person by this step (or counter); details may be NULL; `jti` NULL for no receipt. */
int64_t story_grant(struct story *story, struct person *person, int64_t at, int64_t step, const char *action,
	json_t *details, const char *jti);

/* An action with whatever details there are, taken over: texts and numbers as they come. */
struct action *story_action(const char *name, json_t *details);

/* A redemption of that receipt by the service "exportd". */
int64_t story_redeem(struct story *story, struct person *person, int64_t at, const char *action,
	json_t *details, const char *jti);

/* That execution asks again about what it redeemed in entry `redemption`, under this name. */
int64_t story_resume(struct story *story, struct person *person, int64_t at, const char *jti,
	const char *exec_id, int64_t redemption);

/* Replaces the first `old` in line `at` by `new` of the same length. */
void story_edit_line(struct story *story, size_t at, const char *old, const char *new);

/* Checks the lines by this vkey (NULL: by the file's own). */
void story_check(const struct story *story, const char *vkey, struct findings *findings);
void findings_clear(struct findings *findings);

/* Exactly one thing is wrong, at this entry, and the sentence has this in it. */
void assert_one_finding(const struct story *story, int64_t index, const char *words);
void assert_no_finding(const struct story *story);

#endif
