/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/rules/trust/attestation_trust.h: folders of roots, FIDO metadata, and what is refused of either.
 */
#include "tests/unit/cmocka_tap.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/wire/base64url.h"
#include "tests/unit/makers/certificate_maker.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/rules/trust/certificate.h"
#include "verifier/rules/trust/mds.h"
#include "verifier/rules/trust/policy_files.h"

static const uint8_t model_a[16] = {0xa}, model_b[16] = {0xb}, unknown[16] = {0xc}, none[16];

/* A folder with everything in it, and who made what. */
struct world {
	char folder[64], roots[80], mds[96], mds_root[80];
	struct made_certificate maker_a, maker_b, leaf_a, leaf_b; /* roots and authenticators' certificates */
	struct made_certificate service_root, service;            /* the metadata's */
	json_t *entries;
	const char *next_update;
	struct attestation_sources sources;
	struct attestation_trust *trust;
	struct attestation_findings findings;
	bool looking; /* somebody only looks */
	char *why;
};

static void forget(struct world *it)
{
	for (size_t i = 0; i < it->findings.count; i++)
		free(it->findings.warnings[i]);
	it->findings.count = 0;
	free(it->why);
	it->why = NULL;
	attestation_trust_free(&it->trust);
	policy_files_free(&it->sources.files);
}

static void load_as(struct world *it, enum stepup_error expected)
{
	forget(it);
	it->sources.files = policy_files_on_disk(!it->looking);
	assert_non_null(it->sources.files);
	assert_int_equal(attestation_trust_load(&it->sources, MADE_NOW, &it->trust, &it->findings, &it->why),
		expected);
	assert_int_equal(it->trust != NULL, expected == STEPUP_OK);
}

static void assert_loads(struct world *it)
{
	load_as(it, STEPUP_OK);
	assert_null(it->why);
}

static void assert_fails(struct world *it, enum stepup_error error, const char *sentence)
{
	load_as(it, error);
	assert_non_null(it->why);
	if (strstr(it->why, sentence) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", sentence, it->why);
}

static void assert_warns(const struct world *it, size_t which, const char *sentence)
{
	assert_true(it->findings.count > which);
	if (strstr(it->findings.warnings[which], sentence) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", sentence, it->findings.warnings[which]);
}

/* The list at hand isn't taken for that reason, nothing else is lost, and no other list is there. */
static void assert_no_list(struct world *it, const char *sentence)
{
	assert_loads(it);
	assert_false(it->findings.list_taken);
	assert_int_equal(it->findings.count, 1);
	assert_warns(it, 0, "blob.jwt: ");
	assert_warns(it, 0, sentence);
	assert_warns(it, 0, " No list of models is in force: ");
	assert_null(attestation_trust_model(it->trust, model_a, NULL).name);
}

static json_t *base64_of(const struct made_certificate *made)
{
	char *text = base64_encode_new(made->der, made->size);
	json_t *value = json_string(text);

	free(text);
	return value;
}

static void make(struct world *it)
{
	struct certificate_shape shape = certificate_shape_authority("A");

	memset(it, 0, sizeof(*it));
	folder_make(it->folder);
	(void)snprintf(it->roots, sizeof(it->roots), "%s/roots", it->folder);
	(void)snprintf(it->mds, sizeof(it->mds), "%s/blob.jwt", it->folder);
	(void)snprintf(it->mds_root, sizeof(it->mds_root), "%s/service.pem", it->folder);
	assert_int_equal(mkdir(it->roots, 0755), 0);
	certificate_make(KEY_ES256, &shape, NULL, &it->maker_a);
	shape.name = "B";
	certificate_make(KEY_ES256, &shape, NULL, &it->maker_b);
	shape.name = "Service root";
	certificate_make(KEY_ES256, &shape, NULL, &it->service_root);
	shape = certificate_shape_leaf(NULL);
	certificate_make(KEY_ES256, &shape, &it->maker_a, &it->leaf_a);
	certificate_make(KEY_ES256, &shape, &it->maker_b, &it->leaf_b);
	shape.host = MDS_SIGNER;
	certificate_make(KEY_ES256, &shape, &it->service_root, &it->service);
	folder_put_certificate(it->folder, "service.pem", &it->service_root);
	it->entries = json_array();
	it->next_update = "2027-02-01";
}

static void clear(struct world *it)
{
	forget(it);
	json_decref(it->entries);
	certificate_release(&it->maker_a);
	certificate_release(&it->maker_b);
	certificate_release(&it->leaf_a);
	certificate_release(&it->leaf_b);
	certificate_release(&it->service_root);
	certificate_release(&it->service);
	folder_remove(it->folder);
}

static enum stepup_error chain_of(struct world *it, const uint8_t aaguid[16],
	const struct made_certificate *leaf, const char **why)
{
	const struct attestation_certificate chain = {leaf->der, leaf->size};

	return attestation_trust_chain(it->trust, aaguid, &chain, 1, MADE_NOW, why);
}

static void assert_leads(struct world *it, const uint8_t aaguid[16],
	const struct made_certificate *leaf, bool leads)
{
	const char *why = NULL;

	assert_int_equal(chain_of(it, aaguid, leaf, &why), leads ? STEPUP_OK : STEPUP_NOT_ALLOWED);
	assert_int_equal(why == NULL, leads);
}

/* --- metadata as the service signs it --- */

static void add_entry(struct world *it, const char *aaguid, const char *description,
	const struct made_certificate *root, const char *status)
{
	json_t *entry = json_pack("{s:{s:s, s:[o], s:f}, s:[{s:s, s:s}]}", "metadataStatement", "description",
		description, "attestationRootCertificates", base64_of(root), "aFraction", 0.03,
		"statusReports", "status", status, "effectiveDate", "2024-01-01");

	assert_non_null(entry);
	if (aaguid != NULL)
		assert_int_equal(json_object_set_new(entry, "aaguid", json_string(aaguid)), 0);
	assert_int_equal(json_array_append_new(it->entries, entry), 0);
}

static char *part_of(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT), *part = base64url_encode_new(text, strlen(text));

	json_decref(value);
	free(text);
	return part;
}

/* Signs a text as a JWS does. */
static char *signature_of(const struct made_key *key, const char *text)
{
	uint8_t der[KEY_SIGNATURE_MAX], raw[64] = {0};
	size_t size = 0, r, s;
	const uint8_t *at;

	key_sign(key, text, strlen(text), der, &size);
	if (key->algorithm != KEY_ES256)
		return base64url_encode_new(der, size);
	r = der[3];
	s = der[5 + r];
	at = der + 4;
	memcpy(raw + 32 - (r > 32 ? 32 : r), at + (r > 32 ? r - 32 : 0), r > 32 ? 32 : r);
	at = der + 6 + r;
	memcpy(raw + 64 - (s > 32 ? 32 : s), at + (s > 32 ? s - 32 : 0), s > 32 ? 32 : s);
	return base64url_encode_new(raw, sizeof(raw));
}

/* Writes the metadata with a header of the test's own. */
static void put_mds_with(struct world *it, json_t *header)
{
	char *first = part_of(header), *second, *signature, *text = NULL, *whole = NULL;

	second = part_of(json_pack("{s:s, s:i, s:s, s:O}", "legalHeader", "yes", "no", 7,
			"nextUpdate", it->next_update, "entries", it->entries));
	assert_true(asprintf(&text, "%s.%s", first, second) > 0);
	signature = signature_of(&it->service.key, text);
	assert_true(asprintf(&whole, "%s.%s\n", text, signature) > 0);
	folder_put(it->folder, "blob.jwt", whole, strlen(whole));
	free(first);
	free(second);
	free(signature);
	free(text);
	free(whole);
	it->sources.mds = it->mds;
	it->sources.mds_root = it->mds_root;
}

static void put_mds(struct world *it)
{
	put_mds_with(it, json_pack("{s:s, s:s, s:[o]}",
			"alg", it->service.key.algorithm == KEY_ES256 ? "ES256" : "RS256", "typ", "JWT",
			"x5c", base64_of(&it->service)));
}

static void make_with_metadata(struct world *it)
{
	make(it);
	add_entry(it, "0a000000-0000-0000-0000-000000000000", "Model A, blue", &it->maker_a,
		"FIDO_CERTIFIED");
	add_entry(it, "0b000000-0000-0000-0000-000000000000", "Model B", &it->maker_b, "FIDO_CERTIFIED_L1");
}

/* --- facts --- */

static void a_folder_s_roots_are_trusted_for_every_model(void **state)
{
	struct world it;

	(void)state;
	make(&it);
	folder_put_certificate(it.roots, "a.pem", &it.maker_a);
	it.sources.roots = it.roots;
	assert_loads(&it);
	assert_leads(&it, model_a, &it.leaf_a, true);
	assert_leads(&it, unknown, &it.leaf_a, true);
	assert_leads(&it, model_a, &it.leaf_b, false);
	assert_null(attestation_trust_model(it.trust, model_a, NULL).name);
	folder_put_certificate(it.roots, "b.pem", &it.maker_b);
	folder_put(it.roots, "README", "nothing", 7);
	folder_put(it.roots, ".hidden.pem", "nothing", 7);
	assert_loads(&it);
	assert_leads(&it, model_a, &it.leaf_b, true);
	clear(&it);
}

static void nothing_configured_is_trust_in_nothing(void **state)
{
	struct world it;
	const char *why = NULL;

	(void)state;
	make(&it);
	assert_loads(&it);
	assert_int_equal(chain_of(&it, model_a, &it.leaf_a, &why), STEPUP_NOT_ALLOWED);
	assert_string_equal(why, "no attestation roots are configured");
	assert_null(attestation_trust_model(NULL, model_a, NULL).name);
	assert_int_equal(attestation_trust_chain(NULL, model_a, NULL, 0, MADE_NOW, &why), STEPUP_NOT_ALLOWED);
	clear(&it);
}

static void a_folder_that_is_not_as_it_should_be_is_refused(void **state)
{
	struct world it;

	(void)state;
	make(&it);
	it.sources.roots = it.roots;
	assert_fails(&it, STEPUP_NOT_FOUND,
		"roots: there is no file NAME.pem in it; put the makers' root certificates there.");
	folder_put(it.roots, "a.pem", "no certificate", 14);
	assert_fails(&it, STEPUP_INVALID, "a.pem: has no certificate in PEM form, or a damaged one.");
	folder_put(it.roots, "a.pem", "", 0);
	assert_fails(&it, STEPUP_INVALID, "a.pem: has no certificate");
	folder_put(it.roots, "a.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 60);
	assert_fails(&it, STEPUP_INVALID, "a.pem: has no certificate");
	folder_put_certificate(it.roots, "a.pem", &it.maker_a);
	assert_loads(&it);
	assert_int_equal(chmod(it.roots, 0777), 0);
	assert_fails(&it, STEPUP_UNSAFE_FILE, "others can write in this folder");
	it.looking = true;
	assert_loads(&it);
	it.looking = false;
	assert_int_equal(chmod(it.roots, 0755), 0);
	folder_put_certificate(it.roots, "b.pem", &it.maker_b);
	(void)snprintf(it.mds, sizeof(it.mds), "%s/b.pem", it.roots);
	assert_int_equal(chmod(it.mds, 0666), 0);
	assert_fails(&it, STEPUP_UNSAFE_FILE, "b.pem: others can write it");
	it.sources.roots = "/nonexistent";
	assert_fails(&it, STEPUP_NOT_FOUND, "/nonexistent: does not exist.");
	clear(&it);
}

static void metadata_names_models_and_their_own_roots(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	put_mds(&it);
	assert_loads(&it);
	assert_int_equal(it.findings.count, 0);
	assert_true(it.findings.list_taken);
	assert_string_equal(attestation_trust_model(it.trust, model_a, NULL).name, "Model A, blue");
	assert_string_equal(attestation_trust_model(it.trust, model_b, NULL).name, "Model B");
	assert_null(attestation_trust_model(it.trust, unknown, NULL).name);
	assert_null(attestation_trust_model(it.trust, none, NULL).name);
	assert_leads(&it, model_a, &it.leaf_a, true);
	assert_leads(&it, model_b, &it.leaf_b, true);
	assert_leads(&it, model_a, &it.leaf_b, false); /* one maker's key in the name of another's model */
	assert_leads(&it, unknown, &it.leaf_a, false);
	clear(&it);
}

static void a_folder_s_roots_serve_models_that_the_metadata_does_not_know(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	put_mds(&it);
	folder_put_certificate(it.roots, "b.pem", &it.maker_b);
	it.sources.roots = it.roots;
	assert_loads(&it);
	assert_leads(&it, unknown, &it.leaf_b, true);
	assert_leads(&it, model_a, &it.leaf_b, false); /* it knows this one */
	assert_leads(&it, model_a, &it.leaf_a, true);
	clear(&it);
}

static void a_u2f_key_is_known_by_its_certificate(void **state)
{
	struct world it;
	uint8_t id[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char hex[41];
	struct attestation_certificate certificate;

	(void)state;
	make_with_metadata(&it);
	assert_int_equal(X509_pubkey_digest(it.leaf_a.x509, EVP_sha1(), id, &size), 1);
	for (unsigned i = 0; i < 20; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", id[i]);
	/* whose root is its own certificate */
	add_entry(&it, NULL, "An old key", &it.leaf_a, "FIDO_CERTIFIED");
	assert_int_equal(json_object_set_new(json_array_get(it.entries, 2),
			"attestationCertificateKeyIdentifiers", json_pack("[s]", hex)), 0);
	put_mds(&it);
	assert_loads(&it);
	certificate = (struct attestation_certificate){it.leaf_a.der, it.leaf_a.size};
	assert_string_equal(attestation_trust_model(it.trust, none, &certificate).name, "An old key");
	assert_null(attestation_trust_model(it.trust, unknown, &certificate).name);
	assert_leads(&it, none, &it.leaf_a, true);
	assert_leads(&it, none, &it.leaf_b, false);
	clear(&it);
}

static void models_with_bad_news_are_revoked(void **state)
{
	static const char *const bad[] = {"REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE",
		"USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"};
	struct world it;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make(&it);
		add_entry(&it, "0a000000-0000-0000-0000-000000000000", "A", &it.maker_a, bad[i]);
		assert_int_equal(json_array_append_new(json_object_get(json_array_get(it.entries, 0),
					"statusReports"), json_pack("{s:s}", "status", "UPDATE_AVAILABLE")),
			0);
		add_entry(&it, "0b000000-0000-0000-0000-000000000000", "B", &it.maker_b,
			"NOT_FIDO_CERTIFIED");
		put_mds(&it);
		assert_loads(&it);
		assert_true(attestation_trust_model(it.trust, model_a, NULL).revoked);
		assert_false(attestation_trust_model(it.trust, model_b, NULL).revoked);
		assert_false(attestation_trust_model(it.trust, unknown, NULL).revoked);
		/* Keys of theirs that were enrolled before earn hardware-key no more. */
		assert_false(policy_model_allowed(&(struct policy){.trust = it.trust}, model_a));
		assert_true(policy_model_allowed(&(struct policy){.trust = it.trust}, model_b));
		clear(&it);
	}
}

static void metadata_past_its_date_is_used_with_a_warning(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	it.next_update = "2027-01-15"; /* MADE_NOW is that day */
	put_mds(&it);
	assert_loads(&it);
	assert_int_equal(it.findings.count, 1);
	assert_warns(&it, 0, "blob.jwt: a newer list of models has been due since 2027-01-15;");
	assert_leads(&it, model_a, &it.leaf_a, true);
	clear(&it);
}

static void a_signer_is_judged_by_the_list_s_date_where_that_has_passed(void **state)
{
	struct certificate_shape shape = certificate_shape_leaf(NULL);
	struct world it;

	(void)state;
	make_with_metadata(&it);
	shape.host = MDS_SIGNER;
	shape.from = MADE_NOW - 8 * MADE_DAY;
	shape.to = MADE_NOW - 2 * MADE_DAY; /* has expired */
	certificate_release(&it.service);
	certificate_make(KEY_ES256, &shape, &it.service_root, &it.service);
	put_mds(&it);
	assert_no_list(&it, "certificate does not lead to \"mds-root\", or was not valid then.");
	it.next_update = "2027-01-10"; /* while it was good */
	put_mds(&it);
	assert_loads(&it);
	assert_warns(&it, 0, "a newer list of models has been due since 2027-01-10;");
	clear(&it);
}

static void metadata_may_be_signed_with_rsa(void **state)
{
	struct certificate_shape shape = certificate_shape_leaf(NULL);
	struct world it;

	(void)state;
	make_with_metadata(&it);
	shape.host = MDS_SIGNER;
	certificate_release(&it.service);
	certificate_make(KEY_RS256, &shape, &it.service_root, &it.service);
	put_mds(&it);
	assert_loads(&it);
	assert_leads(&it, model_a, &it.leaf_a, true);
	clear(&it);
}

static void metadata_of_another_signer_is_refused(void **state)
{
	struct certificate_shape shape = certificate_shape_leaf(NULL);
	struct world it;

	(void)state;
	make_with_metadata(&it);
	certificate_release(&it.service);
	shape.host = "mds.fidoalliance.org.evil.example";
	/* another customer of the same authority */
	certificate_make(KEY_ES256, &shape, &it.service_root, &it.service);
	put_mds(&it);
	assert_no_list(&it, "is signed by somebody else than mds.fidoalliance.org.");
	certificate_release(&it.service);
	shape.host = MDS_SIGNER;
	certificate_make(KEY_ES256, &shape, &it.maker_a, &it.service); /* another authority */
	put_mds(&it);
	assert_no_list(&it, "certificate does not lead to \"mds-root\"");
	clear(&it);
}

static void headers_that_choose_their_own_rules_are_refused(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	put_mds_with(&it, json_pack("{s:s, s:[o]}", "alg", "none", "x5c", base64_of(&it.service)));
	assert_no_list(&it, "is signed by an algorithm other than RS256 and ES256.");
	put_mds_with(&it, json_pack("{s:s, s:[o]}", "alg", "HS256", "x5c", base64_of(&it.service)));
	assert_no_list(&it, "is signed by an algorithm other than RS256 and ES256.");
	put_mds_with(&it, json_pack("{s:s, s:[o]}", "alg", "RS256", "x5c", base64_of(&it.service)));
	assert_no_list(&it, "has a wrong signature");
	put_mds_with(&it, json_pack("{s:s, s:[o], s:[s]}", "alg", "ES256", "x5c", base64_of(&it.service),
			"crit", "b64"));
	assert_no_list(&it, "has a header that is malformed or without the signer's certificates.");
	put_mds_with(&it, json_pack("{s:s}", "alg", "ES256"));
	assert_no_list(&it, "has a header that is malformed or without the signer's certificates.");
	put_mds_with(&it, json_pack("{s:s, s:[]}", "alg", "ES256", "x5c"));
	assert_no_list(&it, "has a header that is malformed or without the signer's certificates.");
	put_mds_with(&it, json_pack("{s:s, s:[s]}", "alg", "ES256", "x5c", "AAAA"));
	assert_no_list(&it, "has a header that is malformed or without the signer's certificates.");
	put_mds_with(&it, json_pack("{s:s, s:[o, o]}", "alg", "ES256", "x5c", base64_of(&it.service),
			base64_of(&it.maker_a)));
	assert_no_list(&it, "certificate does not lead to \"mds-root\"");
	clear(&it);
}

static void every_changed_character_of_metadata_is_refused(void **state)
{
	struct world it;
	STACK_OF(X509) *roots;
	struct mds *mds;
	FILE *file;
	char *text, *why;
	long size;

	(void)state;
	make(&it);
	add_entry(&it, "0a000000-0000-0000-0000-000000000000", "A", &it.maker_a, "FIDO_CERTIFIED");
	put_mds(&it);
	file = fopen(it.mds, "r");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	(void)fclose(file);
	roots = sk_X509_new_null();
	assert_true(sk_X509_push(roots, it.service_root.x509) > 0);
	for (long i = 0; i < size - 1; i++) { /* all but the newline */
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(mds_parse(text, (size_t)size, roots, MADE_NOW, &mds, &why), STEPUP_INVALID);
		assert_null(mds);
		free(why);
		text[i] = was;
	}
	sk_X509_free(roots);
	folder_put(it.folder, "blob.jwt", text, (size_t)size);
	assert_loads(&it);
	free(text);
	clear(&it);
}

static void files_that_are_no_metadata_are_refused(void **state)
{
	static const char *const texts[] = {"", "\n", "a.b", "a.b.c.d", "{}", "!.!.!", "e30.e30.", "..",
		"e30.e30.AA\0"};
	struct world it;

	(void)state;
	make_with_metadata(&it);
	put_mds(&it);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		folder_put(it.folder, "blob.jwt", texts[i], strlen(texts[i]) + (i == 8));
		assert_no_list(&it, "");
	}
	it.next_update = "soon";
	put_mds(&it);
	assert_no_list(&it, "is signed, but is not FIDO metadata: there is no JSON with \"nextUpdate\".");
	it.next_update = "2027-02-30x";
	put_mds(&it);
	assert_no_list(&it, "is signed, but is not FIDO metadata");
	assert_int_equal(unlink(it.mds), 0);
	assert_no_list(&it, "blob.jwt: does not exist.");
	put_mds(&it);
	assert_int_equal(chmod(it.mds, 0666), 0);
	assert_no_list(&it, "blob.jwt: others can write it");
	assert_int_equal(chmod(it.mds, 0644), 0);
	it.sources.mds_root = NULL;
	load_as(&it, STEPUP_INVALID);
	clear(&it);
}

static json_t *roots_of(struct world *it, size_t entry)
{
	return json_object_get(json_object_get(json_array_get(it->entries, entry), "metadataStatement"),
		"attestationRootCertificates");
}

static void damaged_entries_are_left_out_counted_and_told(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	add_entry(&it, "not hexadecimal", "C\xe2\x80\xae", &it.maker_b, "FIDO_CERTIFIED");
	assert_int_equal(json_array_append_new(it.entries, json_integer(5)), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_true(it.findings.list_taken);
	assert_int_equal(it.findings.count, 1);
	assert_warns(&it, 0,
		"blob.jwt: 2 entries of the list of models can't be read whole, so what can't be read of "
		"them does not count: number 3 (C\\u{202E}), number 4. Nothing else of the list is lost.");
	assert_leads(&it, model_a, &it.leaf_a, true);
	assert_leads(&it, model_b, &it.leaf_b, true);
	assert_int_equal(json_array_remove(it.entries, 3), 0);
	/* a UAF model */
	assert_int_equal(json_array_set_new(it.entries, 2, json_pack("{s:s}", "aaid", "1234#5678")), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_int_equal(it.findings.count, 0);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(json_array_append_new(it.entries, json_pack("{s:i}", "aaguid", 7)), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_warns(&it, 0, "100 entries of the list of models can't be read whole");
	assert_warns(&it, 0, "number 4, number 5, ");
	assert_warns(&it, 0, " …. Nothing else");
	clear(&it);
}

static void what_can_be_read_of_a_damaged_entry_counts(void **state)
{
	struct world it;

	(void)state;
	make(&it);
	add_entry(&it, "0a000000-0000-0000-0000-000000000000", "A", &it.maker_a, "REVOKED");
	assert_int_equal(json_object_del(json_object_get(json_array_get(it.entries, 0), "metadataStatement"),
			"description"), 0);
	assert_int_equal(json_object_set_new(json_array_get(it.entries, 0),
			"attestationCertificateKeyIdentifiers", json_pack("[s, i]", "zz", 4)), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_warns(&it, 0, "1 entry of the list of models can't be read whole, "
		"so what can't be read of it does not count: number 1. ");
	assert_true(attestation_trust_model(it.trust, model_a, NULL).revoked);
	assert_null(attestation_trust_model(it.trust, model_a, NULL).name);
	clear(&it);
}

static void white_space_around_a_root_is_no_reason_to_lose_it(void **state)
{
	char text[3 * CERTIFICATE_SIZE_MAX], *plain;
	struct world it;

	(void)state;
	make_with_metadata(&it);
	plain = base64_encode_new(it.maker_a.der, it.maker_a.size);
	(void)snprintf(text, sizeof(text), " \t%.20s\r\n %s\n\n", plain, plain + 20);
	free(plain);
	assert_int_equal(json_array_set_new(roots_of(&it, 0), 0, json_string(text)), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_int_equal(it.findings.count, 0);
	assert_leads(&it, model_a, &it.leaf_a, true);
	assert_leads(&it, model_a, &it.leaf_b, false);
	clear(&it);
}

static void a_model_without_a_usable_root_is_held_against_the_folder(void **state)
{
	struct world it;

	(void)state;
	make_with_metadata(&it);
	assert_int_equal(json_array_set_new(roots_of(&it, 0), 0, json_string("MIIB")), 0);
	put_mds(&it);
	assert_loads(&it);
	assert_warns(&it, 0, "number 1 (Model A, blue)");
	assert_leads(&it, model_a, &it.leaf_a, false);
	assert_leads(&it, model_b, &it.leaf_b, true);
	folder_put_certificate(it.roots, "a.pem", &it.maker_a);
	it.sources.roots = it.roots;
	assert_loads(&it);
	assert_leads(&it, model_a, &it.leaf_a, true);
	assert_leads(&it, model_b, &it.leaf_a, false); /* this one has a root of its own */
	clear(&it);
}

static char *read_list(const struct world *it, size_t *size)
{
	FILE *file = fopen(it->mds, "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	*size = fread(text, 1, 65536, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void the_last_good_list_stays_where_the_one_at_hand_cannot_be_taken(void **state)
{
	struct certificate_shape shape = certificate_shape_leaf(NULL);
	struct attestation_models kept = {.at = MADE_NOW - 5 * MADE_DAY};
	struct world it;
	char *text;

	(void)state;
	make_with_metadata(&it);
	shape.host = MDS_SIGNER;
	shape.from = MADE_NOW - 8 * MADE_DAY;
	shape.to = MADE_NOW - 2 * MADE_DAY; /* the signer's certificate is over while nextUpdate is ahead */
	certificate_release(&it.service);
	certificate_make(KEY_ES256, &shape, &it.service_root, &it.service);
	put_mds(&it);
	assert_no_list(&it, "or was not valid then.");
	text = read_list(&it, &kept.size);
	kept.bytes = text;
	it.sources.kept = &kept;
	assert_loads(&it);
	assert_false(it.findings.list_taken);
	assert_warns(&it, 0, "or was not valid then. The last good list, of 2027-01-10, stays in force. "
		"Download the list again.");
	assert_leads(&it, model_a, &it.leaf_a, true);
	folder_put(it.folder, "blob.jwt", "rubbish", 7);
	assert_loads(&it);
	assert_string_equal(attestation_trust_model(it.trust, model_a, NULL).name, "Model A, blue");
	assert_int_equal(unlink(it.mds), 0);
	assert_loads(&it);
	assert_warns(&it, 0, "blob.jwt: does not exist. The last good list, of 2027-01-10, stays in force.");
	folder_put_certificate(it.folder, "service.pem", &it.maker_a); /* another root was put there */
	assert_no_list(&it, "does not exist.");
	free(text);
	clear(&it);
}

static void a_model_s_name_is_safe_to_show_and_cut_between_characters(void **state)
{
	char description[256] = "";
	struct world it;
	const char *name;

	(void)state;
	make(&it);
	for (size_t i = 0; i < 40; i++)
		strcat(description, "\xc3\xa9");
	add_entry(&it, "0a000000-0000-0000-0000-000000000000", description, &it.maker_a, "FIDO_CERTIFIED");
	add_entry(&it, "0b000000-0000-0000-0000-000000000000", "B\x1b[2J\xe2\x80\xae", &it.maker_b,
		"FIDO_CERTIFIED");
	put_mds(&it);
	assert_loads(&it);
	name = attestation_trust_model(it.trust, model_a, NULL).name;
	assert_int_equal(strlen(name), 64);
	assert_memory_equal(name, description, 64);
	assert_string_equal(attestation_trust_model(it.trust, model_b, NULL).name, "B\\u{001B}[2J\\u{202E}");
	clear(&it);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_folder_s_roots_are_trusted_for_every_model),
	cmocka_unit_test(nothing_configured_is_trust_in_nothing),
	cmocka_unit_test(a_folder_that_is_not_as_it_should_be_is_refused),
	cmocka_unit_test(metadata_names_models_and_their_own_roots),
	cmocka_unit_test(a_folder_s_roots_serve_models_that_the_metadata_does_not_know),
	cmocka_unit_test(a_u2f_key_is_known_by_its_certificate),
	cmocka_unit_test(models_with_bad_news_are_revoked),
	cmocka_unit_test(metadata_past_its_date_is_used_with_a_warning),
	cmocka_unit_test(a_signer_is_judged_by_the_list_s_date_where_that_has_passed),
	cmocka_unit_test(metadata_may_be_signed_with_rsa),
	cmocka_unit_test(metadata_of_another_signer_is_refused),
	cmocka_unit_test(headers_that_choose_their_own_rules_are_refused),
	cmocka_unit_test(every_changed_character_of_metadata_is_refused),
	cmocka_unit_test(files_that_are_no_metadata_are_refused),
	cmocka_unit_test(damaged_entries_are_left_out_counted_and_told),
	cmocka_unit_test(what_can_be_read_of_a_damaged_entry_counts),
	cmocka_unit_test(white_space_around_a_root_is_no_reason_to_lose_it),
	cmocka_unit_test(a_model_without_a_usable_root_is_held_against_the_folder),
	cmocka_unit_test(the_last_good_list_stays_where_the_one_at_hand_cannot_be_taken),
	cmocka_unit_test(a_model_s_name_is_safe_to_show_and_cut_between_characters),
};
TAP_MAIN(tests)
