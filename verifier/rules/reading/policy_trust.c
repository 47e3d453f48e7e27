/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The top level's keys about keys: which attestations and models count as hardware, what counters have to
 * show, and how long a key that came by an invitation stays weak.
 * MUST: name no model twice or in both lists; take no metadata without the root that its signature is
 * checked against.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/clock.h"
#include "verifier/rules/reading/policy_build.h"
#include "verifier/rules/reading/policy_values.h"
#include "verifier/rules/trust/attestation_trust.h"

static struct policy_file trust_read_file(struct policy_reading *reading, const struct policy_entry *entry,
	const char *what)
{
	const char *text = entry->values->text;

	if (text[0] != '/' || text[1] == '\0')
		READING_SAYS(reading, entry->line,
			"\"%s\" can't be the place of \"%s\"; write the whole path of %s.", text,
			entry->key->name, what);
	return (struct policy_file){.path = reading_copy(reading, text),
		.place = {.file = reading->text->file, .line = entry->line}};
}

void policy_read_attestation_roots(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->attestation_roots = trust_read_file(reading, entry, "a folder of PEM files");
}

void policy_read_mds(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->mds = trust_read_file(reading, entry, "the metadata file");
}

void policy_read_mds_root(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->mds_root = trust_read_file(reading, entry, "a PEM file");
}

static bool is_model(const char *text)
{
	uint8_t aaguid[KEY_AAGUID_SIZE];

	return value_aaguid(text, aaguid);
}

static void read_models(struct policy_reading *reading, const struct policy_entry *entry,
	struct policy_models *models)
{
	if (reading_list(reading, entry, is_model, "a model: its AAGUID in lower case, "
		    "such as \"2fc0579f-8113-47ea-b116-bb5a8db9202a\"") == NULL)
		return;
	models->place = (struct policy_place){.file = reading->text->file, .line = entry->line};
	models->aaguids = arena_alloc(&reading->policy->memory, entry->value_count, sizeof(*models->aaguids));
	for (const struct policy_value *value = entry->values; models->aaguids != NULL && value != NULL;
		value = value->next)
		/* what is none was complained about */
		(void)value_aaguid(value->text, models->aaguids[models->count++]);
}

void policy_read_allow_models(struct policy_reading *reading, const struct policy_entry *entry)
{
	read_models(reading, entry, &reading->policy->allow_models);
}

void policy_read_deny_models(struct policy_reading *reading, const struct policy_entry *entry)
{
	read_models(reading, entry, &reading->policy->deny_models);
}

void policy_read_require_counter(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->require_counter = reading_yes(reading, entry);
}

void policy_read_cooling_off(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;
	int64_t *seconds = &reading->policy->cooling_off_seconds;

	reading->policy->cooling_off_place = (struct policy_place){
		.file = reading->text->file, .line = entry->line};
	if (strcmp(text, "0s") == 0)
		*seconds = 0;
	else if (!duration_parse(text, seconds) || *seconds > POLICY_COOLING_MAX_SECONDS)
		READING_SAYS(reading, entry->line,
			"\"cooling-off\" can't be \"%s\"; write 0s, 45m, 24h or 7d, at most 31d.", text);
}

void policy_trust_check(struct policy_reading *reading)
{
	const struct policy *policy = reading->policy;
	struct complaints *errors = reading->errors;

	if (policy->mds.path != NULL && policy->mds_root.path == NULL)
		complain(errors, policy->mds.place.file, policy->mds.place.line,
			"\"mds\" needs \"mds-root\", the certificate that the metadata's signature is "
			"checked against; add mds-root = \"/PATH.pem\".");
	if (policy->mds.path == NULL && policy->mds_root.path != NULL)
		complain(errors, policy->mds_root.place.file, policy->mds_root.place.line,
			"\"mds-root\" needs \"mds\": without that there is nothing to check.");
	for (size_t i = 0; i < policy->deny_models.count; i++)
		if (policy_models_name(&policy->allow_models, policy->deny_models.aaguids[i])) {
			complain(errors, policy->deny_models.place.file, policy->deny_models.place.line,
				"\"deny-models\" and \"allow-models\" name the same model; remove it "
				"from one of them.");
			return;
		}
}

/* --- what the files hold --- */

/* Which of the three a sentence is about: it begins with the file's name. */
static const struct policy_file *file_of(const struct policy *policy, const char *sentence)
{
	const struct policy_file *const files[] = {&policy->mds_root, &policy->mds,
		&policy->attestation_roots};

	for (size_t i = 0; sentence != NULL && i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i]->path != NULL && strncmp(sentence, files[i]->path, strlen(files[i]->path)) == 0)
			return files[i];
	return policy->attestation_roots.path != NULL ? &policy->attestation_roots : &policy->mds;
}

/* Puts the place in the configuration before a sentence about a file; takes the sentence over. NULL where
 * there is no memory. */
static char *at_its_place(const struct policy *policy, char *sentence)
{
	const struct policy_file *file = file_of(policy, sentence);
	char *placed = NULL;

	if (sentence != NULL &&
	    asprintf(&placed, "%s:%d: %s", file->place.file, file->place.line, sentence) < 0)
		placed = NULL;
	free(sentence);
	return placed;
}

static enum stepup_error add_warning(struct policy *policy, char *sentence)
{
	size_t count = 0;
	char **more, *text = at_its_place(policy, sentence);

	while (policy->warnings[count] != NULL)
		count++;
	more = arena_alloc(&policy->memory, count + 2, sizeof(*more));
	if (more != NULL && text != NULL) {
		memcpy(more, policy->warnings, count * sizeof(*more));
		more[count] = arena_copy(&policy->memory, text, strlen(text));
		policy->warnings = more;
	}
	free(text);
	return more == NULL || more[count] == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

enum stepup_error policy_trust_load(struct policy *policy, struct policy_files *files,
	const struct attestation_models *kept, char **why)
{
	const struct attestation_sources sources = {.roots = policy->attestation_roots.path,
		.mds = policy->mds.path, .mds_root = policy->mds_root.path, .files = files, .kept = kept};
	struct attestation_findings findings = {0};
	char *reason = NULL;
	enum stepup_error error;

	if (sources.roots == NULL && sources.mds == NULL)
		return STEPUP_OK;
	error = attestation_trust_load(&sources, clock_wall_seconds(), &policy->trust, &findings, &reason);
	policy->models_taken = findings.list_taken;
	if (error != STEPUP_OK && !policy_files_are_trusted(files) &&
	    (error == STEPUP_NOT_FOUND || error == STEPUP_IO))
		return add_warning(policy, reason);
	if (error != STEPUP_OK)
		*why = at_its_place(policy, reason);
	for (size_t i = 0; i < findings.count; i++)
		if (error == STEPUP_OK)
			error = add_warning(policy, findings.warnings[i]);
		else
			free(findings.warnings[i]);
	return error;
}
