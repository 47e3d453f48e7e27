/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of the top level, and what holds where they say nothing.
 */
#include "verifier/rules/reading/policy_build.h"
#include "verifier/rules/reading/policy_file.h"

#include <string.h>
#include <unistd.h>

#include "verifier/rules/reading/policy_values.h"

static void read_issuer(struct policy_reading *reading, const struct policy_entry *entry)
{
	char host[256];
	const char *text = entry->values->text;

	reading->policy->issuer = reading_copy(reading, text);
	if (!value_url(text, "https", true, host) && !value_url(text, "http", true, host))
		READING_SAYS(reading, entry->line, "\"%s\" is not an issuer; write \"https://NAME\" in "
			"lower case, without a slash at the end.", text);
}

static void read_rp_id(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->rp_id = reading_copy(reading, entry->values->text);
	if (!value_domain(entry->values->text))
		READING_SAYS(reading, entry->line,
			"\"%s\" is not an rp-id; write a domain name in lower case, such as "
			"\"example.com\".",
			entry->values->text);
}

static void read_rp_id_before(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->rp_id_before = reading_copy(reading, entry->values->text);
	if (!value_domain(entry->values->text))
		READING_SAYS(reading, entry->line,
			"\"%s\" is not an rp-id; write the one that was used before, such as "
			"\"example.com\".",
			entry->values->text);
}

static bool is_origin(const char *text)
{
	char host[256];

	return value_url(text, "https", false, host) ||
		(value_url(text, "http", false, host) && strcmp(host, "localhost") == 0);
}

static void read_origins(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->origins_place = (struct policy_place){
		.file = reading->text->file, .line = entry->line};
	reading->policy->origins = reading_list(reading, entry, is_origin,
		"an origin: \"https://HOST\" or \"https://HOST:PORT\" in lower case, nothing behind it");
}

static void read_store(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	reading->policy->store = reading_copy(reading, text);
	if (strncmp(text, "sqlite:/", 8) != 0 || text[8] == '\0' || text[strlen(text) - 1] == '/')
		READING_SAYS(reading, entry->line, "\"%s\" is not a store that this version knows; "
			"write \"sqlite:/PATH/stepup.db\", with the whole path.", text);
}

static void read_help(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	reading->policy->help = reading_copy(reading, text);
	if (*text == '\0' || strlen(text) > 200 || !reading_is_showable(reading, text))
		READING_SAYS(reading, entry->line, "\"help\" says whom to call in 1 to 200 bytes without "
			"backslashes or invisible characters.");
}

static void read_host(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->policy->host = reading_copy(reading, entry->values->text);
	if (!value_domain(entry->values->text))
		READING_SAYS(reading, entry->line,
			"\"%s\" is not a host; write this machine's name in lower "
			"case.", entry->values->text);
}

const struct policy_key policy_top_keys[] = {
	{"issuer", false, read_issuer},
	{"rp-id", false, read_rp_id},
	{"rp-id-before", false, read_rp_id_before},
	{"origins", true, read_origins},
	{"store", false, read_store},
	{"help", false, read_help},
	{"host", false, read_host},
	{"cooling-off", false, policy_read_cooling_off},
	{"attestation-roots", false, policy_read_attestation_roots},
	{"mds", false, policy_read_mds},
	{"mds-root", false, policy_read_mds_root},
	{"allow-models", true, policy_read_allow_models},
	{"deny-models", true, policy_read_deny_models},
	{"require-counter", false, policy_read_require_counter},
	{0},
};

/* The values that are there where the configuration says nothing. */
static char *host_name(struct policy_reading *reading)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		memcpy(host, "unknown", sizeof("unknown"));
	return reading_copy(reading, host);
}

static void fill_in(struct policy_reading *reading)
{
	struct policy *policy = reading->policy;
	char host[256] = "";

	if (policy->issuer == NULL) {
		complain(reading->errors, reading->text->file, 0,
			"\"issuer\" is missing; add issuer = \"https://NAME\".");
		return;
	}
	if (policy->rp_id == NULL &&
	    (value_url(policy->issuer, "https", true, host) || value_url(policy->issuer, "http", true, host)))
		policy->rp_id = reading_copy(reading, host);
	if (policy->store == NULL)
		policy->store = reading_copy(reading, POLICY_STORE_DEFAULT);
	if (policy->origins == NULL)
		policy->origins = arena_alloc(&policy->memory, 1, sizeof(*policy->origins));
	if (policy->host == NULL)
		policy->host = host_name(reading);
}

/* A browser gives a key only to pages of the rp-id's domain. */
static void check_origins(struct policy_reading *reading, const struct policy_text *texts, size_t count)
{
	const struct policy *policy = reading->policy;

	for (size_t i = 0; i < count && policy->rp_id != NULL; i++) {
		const struct policy_entry *entry = policy_block_entry(texts[i].blocks, "origins");

		for (const struct policy_value *value = entry == NULL ? NULL : entry->values; value != NULL;
			value = value->next) {
			char host[256] = "";
			size_t length, id = strlen(policy->rp_id);

			if (!value_url(value->text, "https", false, host) &&
			    !value_url(value->text, "http", false, host))
				continue;
			length = strlen(host);
			if (length < id || strcmp(host + length - id, policy->rp_id) != 0 ||
			    (length > id && host[length - id - 1] != '.'))
				complain(reading->errors, texts[i].file, value->line,
					"the origin %s is not within the rp-id %s, "
					"so browsers would refuse every key there; change one of them.",
					value->text, policy->rp_id);
		}
	}
}

void policy_top_finish(struct policy_reading *reading, const struct policy_text *texts, size_t count)
{
	if (!reading->policy->memory.failed)
		fill_in(reading);
	check_origins(reading, texts, count);
	if (!reading->policy->memory.failed)
		policy_trust_check(reading);
}
