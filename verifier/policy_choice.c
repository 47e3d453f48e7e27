/* SPDX-License-Identifier: BSD-2-Clause */
/* Which policy is in force; see policy_choice.h. */
#include "verifier/policy_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/state/records/pack.h"

#define CHOICE_FORMAT 1
#define RP_ID_SIZE 256

/* --- what is kept --- */

struct kept {
	char rp_id[RP_ID_SIZE]; /* "" where no policy is kept */
	struct policy_files *files;
	struct attestation_models models; /* no bytes where no list is kept */
	uint8_t *list;
};

static void kept_clear(struct kept *kept)
{
	policy_files_free(&kept->files);
	free(kept->list);
	*kept = (struct kept){0};
}

/* CHOICE_FORMAT, the rp-id, the files. */
static enum stepup_error pack_policy(const struct policy *policy, const struct policy_files *files,
	uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};
	uint8_t *packed = NULL;
	size_t packed_size = 0;
	enum stepup_error error = policy_files_pack(files, policy->mds.path, &packed, &packed_size);

	if (error != STEPUP_OK)
		return error;
	pack_u8(&writer, CHOICE_FORMAT);
	pack_text(&writer, policy->rp_id);
	pack_raw(&writer, packed, packed_size);
	free(packed);
	return pack_finish(&writer, bytes, size);
}

/* CHOICE_FORMAT, when the signature held, the list. */
static enum stepup_error pack_list(const struct policy_source *list, int64_t at, uint8_t **bytes,
	size_t *size)
{
	struct pack_writer writer = {0};

	pack_u8(&writer, CHOICE_FORMAT);
	pack_i64(&writer, at);
	pack_raw(&writer, list->bytes, list->size);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack_list(uint8_t *bytes, size_t size, struct attestation_models *models)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};

	if (unpack_u8(&reader) != CHOICE_FORMAT)
		return STEPUP_CORRUPT;
	models->at = unpack_i64(&reader);
	models->bytes = (const char *)reader.bytes;
	models->size = reader.left;
	return reader.broken ? STEPUP_CORRUPT : STEPUP_OK;
}

static enum stepup_error read_list(struct store_session *session, struct kept *kept)
{
	size_t size = 0;
	enum stepup_error error = store_kept_get(session, STORE_KEPT_MODELS, &kept->list, &size);

	if (error == STEPUP_OK)
		error = unpack_list(kept->list, size, &kept->models);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error read_policy(struct store_session *session, struct kept *kept)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error = store_kept_get(session, STORE_KEPT_POLICY, &bytes, &size);
	struct pack_reader reader = {.bytes = bytes, .left = size};

	if (error == STEPUP_OK && unpack_u8(&reader) != CHOICE_FORMAT)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK) {
		unpack_text(&reader, kept->rp_id, sizeof(kept->rp_id));
		error = reader.broken ? STEPUP_CORRUPT
			: policy_files_unpack(reader.bytes, reader.left, &kept->files);
	}
	free(bytes);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static const struct attestation_models *models_of(const struct kept *kept)
{
	return kept->list == NULL ? NULL : &kept->models;
}

/* --- the rp-id --- */

static bool has_key(void *context, const struct user_record *record)
{
	bool *found = context;

	for (size_t i = 0; i < record->credential_count; i++)
		if (record->credentials[i].type == CREDENTIAL_KEY &&
		    record->credentials[i].state == CREDENTIAL_LIVE)
			*found = true;
	return !*found;
}

/* Whether the keys of anybody would answer nothing any more under another rp-id than `current`, and `before`
 * doesn't say that this is known. */
static enum stepup_error check_rp_id(struct store_session *session, const char *current, const char *rp_id,
	const char *before, const char *config, char **why)
{
	bool found = false;
	enum stepup_error error;

	if (strcmp(current, rp_id) == 0 || (before != NULL && strcmp(before, current) == 0))
		return STEPUP_OK;
	error = store_user_each(session, "", INT32_MAX, has_key, &found);
	if (error != STEPUP_OK || !found)
		return error;
	if (asprintf(why, "%s: rp-id is \"%s\", but the keys that people have here are for \"%s\" and "
		"answer for no other name. To go back, write rp-id = \"%s\". To go on, write "
		"rp-id-before = \"%s\" beside it and restart: then everybody has to enroll a new "
		"key.", config, rp_id, current, current, current) < 0)
		*why = NULL;
	return STEPUP_INVALID;
}

enum stepup_error verifier_check_rp_id(struct verifier *verifier, const char *rp_id,
	const char *before, char **why)
{
	return check_rp_id(verifier->reader, verifier->policy->rp_id, rp_id, before,
		verifier->config_path, why);
}

/* --- choosing --- */

/* Only a database that is there can keep a policy; none is made for one that can't be taken. */
static bool has_store(const char *url)
{
	const char *path = strchr(url, ':');

	return path != NULL && access(path + 1, F_OK) == 0;
}

enum stepup_error policy_choice_read(const char *config, struct policy_choice *choice, char **why)
{
	enum stepup_error error = STEPUP_NO_MEMORY, found;

	*choice = (struct policy_choice){.files = policy_files_on_disk(true)};
	if (choice->files == NULL)
		return error;
	choice->error = policy_load_files(config, choice->files, NULL, &choice->policy, &choice->why);
	error = found = choice->error;
	if (error == STEPUP_OK) {
		choice->store = strdup(choice->policy->store);
		return choice->store == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	if (error != STEPUP_UNSAFE_FILE && error != STEPUP_NO_MEMORY)
		found = policy_store_url(config, choice->files, &choice->store);
	if (found == STEPUP_OK && has_store(choice->store))
		return STEPUP_OK;
	if (found != STEPUP_OK)
		error = found;
	*why = choice->why;
	choice->why = NULL;
	return error;
}

/* Once more, with the list of models that was good last. */
static enum stepup_error load_again(struct policy_choice *choice, const char *config, const struct kept *kept)
{
	if (choice->policy->mds.path == NULL || choice->policy->models_taken || models_of(kept) == NULL)
		return STEPUP_OK;
	policy_release(&choice->policy);
	return policy_load_files(config, choice->files, models_of(kept), &choice->policy, &choice->why);
}

static enum stepup_error take_last_good(struct policy_choice *choice, struct kept *kept)
{
	const struct policy_source *first = kept->files == NULL ? NULL : policy_files_first(kept->files);
	char *unheard = NULL;
	enum stepup_error error;

	policy_release(&choice->policy);
	if (first == NULL)
		return STEPUP_NOT_FOUND;
	error = policy_load_files(first->file, kept->files, models_of(kept), &choice->policy, &unheard);
	free(unheard);
	policy_files_free(&choice->files);
	return error;
}

enum stepup_error policy_choice_settle(struct policy_choice *choice, const char *config,
	struct store_session *session, char **why)
{
	struct kept kept = {0};
	enum stepup_error error = read_policy(session, &kept);

	if (error == STEPUP_OK)
		error = read_list(session, &kept);
	if (error != STEPUP_OK)
		goto out;
	if (choice->error == STEPUP_OK && kept.rp_id[0] != '\0')
		choice->error = check_rp_id(session, kept.rp_id, choice->policy->rp_id,
			choice->policy->rp_id_before, config, &choice->why);
	if (choice->error == STEPUP_OK)
		choice->error = load_again(choice, config, &kept);
	if (choice->error == STEPUP_NO_MEMORY)
		error = choice->error;
	else if (choice->error != STEPUP_OK && take_last_good(choice, &kept) != STEPUP_OK)
		error = choice->error;
	if (error != STEPUP_OK) {
		*why = choice->why;
		choice->why = NULL;
	}
out:
	kept_clear(&kept);
	return error;
}

enum stepup_error policy_choice_reload(struct verifier *verifier, struct policy_choice *choice, char **why)
{
	struct kept kept = {0};
	enum stepup_error error = STEPUP_OK;

	*choice = (struct policy_choice){.files = policy_files_on_disk(true)};
	if (choice->files == NULL)
		return STEPUP_NO_MEMORY;
	error = policy_load_files(verifier->config_path, choice->files, NULL, &choice->policy, &choice->why);
	if (error == STEPUP_OK && choice->policy->mds.path != NULL && !choice->policy->models_taken)
		error = read_list(verifier->reader, &kept);
	if (error == STEPUP_OK)
		error = load_again(choice, verifier->config_path, &kept);
	if (error == STEPUP_OK)
		error = verifier_check_rp_id(verifier, choice->policy->rp_id, choice->policy->rp_id_before,
			&choice->why);
	kept_clear(&kept);
	*why = choice->why;
	choice->why = NULL;
	return error;
}

void policy_choice_clear(struct policy_choice *choice)
{
	policy_files_free(&choice->files);
	policy_release(&choice->policy);
	free(choice->store);
	free(choice->why);
	*choice = (struct policy_choice){0};
}

/* --- keeping --- */

struct keep_job {
	uint8_t *policy, *list; /* packed; no list where the one in force is kept already */
	size_t policy_size, list_size;
};

static void job_free(struct keep_job *job)
{
	free(job->policy);
	free(job->list);
	free(job);
}

/* Whether the store keeps these bytes, `skip` at their beginning apart. */
static enum stepup_error is_kept(struct store_session *session, enum store_kept which, const uint8_t *bytes,
	size_t size, size_t skip, bool *same)
{
	uint8_t *kept = NULL;
	size_t kept_size = 0;
	enum stepup_error error = store_kept_get(session, which, &kept, &kept_size);

	*same = error == STEPUP_OK && kept_size == size && size >= skip &&
		memcmp(kept + skip, bytes + skip, size - skip) == 0;
	free(kept);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error choice_keep(struct store_session *session, enum store_kept which,
	const uint8_t *bytes, size_t size, size_t skip)
{
	bool same = bytes == NULL;
	enum stepup_error error = same ? STEPUP_OK : is_kept(session, which, bytes, size, skip, &same);

	return error == STEPUP_OK && !same ? store_kept_set(session, which, bytes, size) : error;
}

static enum stepup_error keep_work(struct store_session *session, void *data)
{
	const struct keep_job *job = data;
	enum stepup_error error = choice_keep(session, STORE_KEPT_POLICY, job->policy, job->policy_size, 0);

	return error == STEPUP_OK
		? choice_keep(session, STORE_KEPT_MODELS, job->list, job->list_size, 1 + sizeof(int64_t))
		: error;
}

static void keep_done(void *data, enum stepup_error result)
{
	if (result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning",
			"the store does not keep this policy, so a start could not fall back on it: %s",
			stepup_error_text(result));
	job_free(data);
}

void policy_choice_keep(struct verifier *verifier, const struct policy_choice *choice)
{
	struct keep_job *job = choice->files == NULL ? NULL : calloc(1, sizeof(*job));
	const struct policy_source *list = NULL;
	enum stepup_error error = job == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	char *unheard = NULL;

	if (choice->files == NULL)
		return;
	if (error == STEPUP_OK)
		error = pack_policy(verifier->policy, choice->files, &job->policy, &job->policy_size);
	if (error == STEPUP_OK && verifier->policy->models_taken)
		error = policy_files_read(choice->files, verifier->policy->mds.path, SIZE_MAX,
			&list, &unheard);
	if (error == STEPUP_OK && list != NULL)
		error = pack_list(list, clock_wall_seconds(), &job->list, &job->list_size);
	if (error == STEPUP_OK)
		error = commit_queue_submit(verifier->queue, keep_work, keep_done, job);
	free(unheard);
	if (error == STEPUP_OK)
		return;
	journal_line(LOG_WARNING, "warning",
		"the store does not keep this policy, so a start could not fall back on it: %s",
		stepup_error_text(error));
	if (job != NULL)
		job_free(job);
}
