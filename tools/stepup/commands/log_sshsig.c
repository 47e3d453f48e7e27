/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry's signature for ssh-keygen; see log_sshsig.h. */
#include "tools/stepup/commands/log_sshsig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "tools/stepup/calls/log_pages.h"
#include "tools/stepup/shell/output.h"

/* Where entries come from, and what is found in them. */
struct evidence {
	const struct invocation *invocation;
	struct doors doors;
	char *authorization;      /* for the verifier's pages */
	json_t *item, *entry;     /* the one that was asked for */
	json_t *enrolment;        /* of its key */
	struct ssh_key key;
	uint8_t signature[SSH_BLOB_MAX];
	size_t signature_size;
	char namespace[SSH_NAMESPACE_SIZE];
	char *text;               /* what was signed */
	size_t text_size;
};

static enum exit_status complain_entry(const struct evidence *evidence, int64_t index, const char *what)
{
	char sentence[300];

	(void)snprintf(sentence, sizeof(sentence), "Entry %lld %s. Nothing was written.",
		(long long)index, what);
	return output_error(evidence->invocation, STEPUP_NOT_FOUND, sentence);
}

/* The line of an export that holds an entry; NULL where there is none. */
static json_t *line_of_entry(FILE *file, int64_t wanted)
{
	json_t *found = NULL;
	int64_t index = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t got;

	while (found == NULL && (got = getline(&line, &room, file)) >= 0) {
		json_t *object = json_loadb(line, (size_t)got, JSON_REJECT_DUPLICATES, NULL);

		if (message_text(object, "entry") != NULL && index++ == wanted)
			found = json_incref(object);
		json_decref(object);
	}
	free(line);
	return found;
}

static enum exit_status item_of_file(const struct evidence *evidence, const char *path, int64_t index,
	json_t **item)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return complain_file(path);
	*item = line_of_entry(file, index);
	(void)fclose(file);
	return *item != NULL ? EXIT_DONE : complain_entry(evidence, index, "is not in this export");
}

static enum exit_status item_of_verifier(struct evidence *evidence, int64_t index, json_t **item)
{
	enum exit_status status = evidence->authorization != NULL ? EXIT_DONE
		: log_authorize(&evidence->doors, &evidence->authorization);
	json_t *reply = NULL;

	if (status == EXIT_DONE)
		status = log_page(&evidence->doors, evidence->authorization, index, 1, &reply);
	*item = json_incref(json_array_get(json_object_get(reply, "entries"), 0));
	json_decref(reply);
	return status != EXIT_DONE ||
		*item != NULL ? status : complain_entry(evidence, index, "is not in the log");
}

/* An entry, and what stands beside it (details). */
static enum exit_status fetch(struct evidence *evidence, int64_t index, json_t **item, json_t **entry)
{
	const char *path = option_text(evidence->invocation, OPTION_FILE, NULL), *text;
	enum exit_status status = path != NULL ? item_of_file(evidence, path, index, item)
		: item_of_verifier(evidence, index, item);

	if (status != EXIT_DONE)
		return status;
	text = message_text(*item, "entry");
	if (text == NULL || json_parse_object(text, strlen(text), entry) != STEPUP_OK)
		return complain_entry(evidence, index, "can't be read");
	return EXIT_DONE;
}

static bool read_key(const json_t *enrolment, struct ssh_key *key)
{
	const char *bytes = message_text(enrolment, "key"),
		*application = message_text(enrolment, "application");

	*key = (struct ssh_key){.algorithm = (int)message_number(enrolment, "alg", 0)};
	return bytes != NULL && application != NULL && strlen(application) < sizeof(key->application) &&
		base64url_decode(bytes, key->public_key, sizeof(key->public_key),
			&key->public_key_size) == STEPUP_OK && strcpy(key->application, application) != NULL;
}

/* What the key signed: the context with the prompt, in its canonical form. */
static bool read_text(struct evidence *evidence, const char *prompt)
{
	json_t *context = json_copy(json_object_get(evidence->entry, "context"));
	bool read = context != NULL && json_object_set_new(context, "prompt", json_string(prompt)) == 0 &&
		json_canonical(context, &evidence->text, &evidence->text_size) == STEPUP_OK;

	json_decref(context);
	return read;
}

/* Takes the entry, and the one in which its key was enrolled, apart. */
static enum exit_status log_sshsig_gather(struct evidence *evidence, int64_t index)
{
	const char *prompt, *signature, *issuer;
	json_t *unused = NULL;
	int64_t enrolled;
	enum exit_status status = fetch(evidence, index, &evidence->item, &evidence->entry);

	if (status != EXIT_DONE)
		return status;
	signature = message_text(json_object_get(evidence->entry, "evidence"), "signature");
	issuer = message_text(json_object_get(evidence->entry, "context"), "iss");
	prompt = message_text(json_object_get(evidence->item, "details"), "prompt");
	enrolled = message_number(evidence->entry, "enrolled", -1);
	if (message_text(evidence->entry, "method") == NULL ||
	    strcmp(message_text(evidence->entry, "method"), "agent") != 0 || signature == NULL ||
	    issuer == NULL || enrolled < 0)
		return complain_entry(evidence, index, "was not approved with an SSH key. "
			"ssh-keygen can't check it, and `stepup log verify` can");
	if (prompt == NULL)
		return complain_entry(evidence, index, "has had its details erased, so the signature can't "
			"be checked any more");
	status = fetch(evidence, enrolled, &unused, &evidence->enrolment);
	json_decref(unused);
	if (status != EXIT_DONE)
		return status;
	if (!read_key(evidence->enrolment, &evidence->key) || !read_text(evidence, prompt) ||
	    sshsig_namespace(issuer, evidence->namespace) != STEPUP_OK ||
	    base64url_decode(signature, evidence->signature, sizeof(evidence->signature),
		    &evidence->signature_size) != STEPUP_OK)
		return complain_entry(evidence, index, "is damaged. `stepup log verify` says how");
	return EXIT_DONE;
}

/* The name for ssh-keygen's -I: the user's, where that needs no quoting anywhere. */
static const char *principal(const struct evidence *evidence)
{
	const char *user = message_text(evidence->entry, "user");
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return user != NULL && *user != '\0' && *user != '-' &&
		user[strspn(user, plain)] == '\0' ? user : "signer";
}

/* A line of an allowed_signers file. The caller frees; NULL: no memory. */
static char *signers_line(const struct evidence *evidence)
{
	uint8_t *blob = NULL;
	size_t size = 0;
	char *base64, *line = NULL;

	if (ssh_key_blob(&evidence->key, &blob, &size) != STEPUP_OK)
		return NULL;
	base64 = base64_encode_new(blob, size);
	/* The blob begins with the type's name and its length. */
	if (base64 != NULL &&
	    asprintf(&line, "%s namespaces=\"%s\" %.*s %s\n", principal(evidence), evidence->namespace,
		    (int)((uint32_t)blob[2] << 8 | blob[3]), (const char *)blob + 4, base64) < 0)
		line = NULL;
	free(base64);
	free(blob);
	return line;
}

static bool write_part(const char *prefix, const char *ending, const char *text, size_t size)
{
	char *path = NULL;
	bool written;

	if (text == NULL || asprintf(&path, "%s.%s", prefix, ending) < 0)
		out_of_memory();
	written = safe_file_replace(path, text, size, 0644) == STEPUP_OK;
	if (!written)
		(void)complain_failure(STEPUP_IO, "%s could not be written: %s.", path, strerror(errno));
	free(path);
	return written;
}

static enum exit_status write_parts(const struct evidence *evidence, const char *prefix)
{
	char *armor = sshsig_armor(&evidence->key, evidence->namespace, evidence->signature,
		evidence->signature_size);
	char *signers = signers_line(evidence), *sentence = NULL, *command = NULL;
	enum exit_status status = EXIT_REFUSED;

	if (armor == NULL || signers == NULL)
		out_of_memory();
	if (!write_part(prefix, "signed", evidence->text, evidence->text_size) ||
	    !write_part(prefix, "sig", armor, strlen(armor)) ||
	    !write_part(prefix, "signers", signers, strlen(signers)))
		goto out;
	if (asprintf(&command, "ssh-keygen -Y verify -f %s.signers -I %s -n %s -s %s.sig <%s.signed", prefix,
		    principal(evidence), evidence->namespace, prefix, prefix) < 0 ||
	    asprintf(&sentence, "Written: %s.signed (the text that the key signed), %s.sig (its signature) "
		"and "
		    "%s.signers (the key). Check them on any machine:\n\n    %s\n"
		    "\nThen compare the key with the owner's .pub "
		"file.", prefix, prefix, prefix, command) < 0)
		out_of_memory();
	if (option_given(evidence->invocation, OPTION_JSON))
		status = output_json(json_pack("{s:s, s:s}", "prefix", prefix, "command", command));
	else
		status = puts(sentence) != EOF ? EXIT_DONE : EXIT_REFUSED;
out:
	free(sentence);
	free(command);
	free(signers);
	free(armor);
	return status;
}

enum exit_status log_sshsig(const struct invocation *invocation)
{
	struct evidence evidence = {.invocation = invocation, .doors = {.invocation = invocation}};
	enum exit_status status;
	int64_t index = -1;

	if (!number_given(invocation, OPTION_FROM, INT64_MAX, -1, &index))
		return EXIT_USAGE;
	if (index < 0) {
		complain("--sshsig is for one entry. Name it with --from N.");
		return EXIT_USAGE;
	}
	status = log_sshsig_gather(&evidence, index);
	if (status == EXIT_DONE)
		status = write_parts(&evidence, option_text(invocation, OPTION_SSHSIG, NULL));
	doors_close(&evidence.doors);
	wipe_free_string(&evidence.authorization);
	json_decref(evidence.item);
	json_decref(evidence.entry);
	json_decref(evidence.enrolment);
	free(evidence.text);
	return status;
}
