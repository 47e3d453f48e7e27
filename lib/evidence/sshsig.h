/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH security keys (sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com) and what they sign here:
 * an SSHSIG over a message, hash sha512 (OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f). Blobs are read by
 * cursors that check every length; nothing may be left over, and a number has one way to be written.
 * Layer: lib/evidence/ (part "evidence"), OpenSSL's libcrypto. Not linked into the PAM module.
 */
#ifndef STEPUP_LIB_SSHSIG_H
#define STEPUP_LIB_SSHSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/key_signature.h"

#define SSH_BLOB_MAX 8192        /* bytes of a key or a signature */
#define SSH_APPLICATION_SIZE 257 /* with the NUL; "ssh:" unless chosen otherwise */
#define SSH_NAMESPACE_SIZE 257   /* with the NUL */
#define SSH_COMMENT_SIZE 257     /* with the NUL */
#define SSH_RAW_MAX 72           /* bytes: an ECDSA signature in DER; Ed25519 takes 64 */

/* Bits of a signature's flags byte; WebAuthn section 6.1 has the same. */

struct ssh_key {
	int algorithm; /* KEY_ES256 or KEY_EDDSA */
	uint8_t public_key[64];
	size_t public_key_size;
	char application[SSH_APPLICATION_SIZE];
};

struct ssh_signature {
	int algorithm;
	uint8_t flags;
	uint32_t counter;
	uint8_t raw[SSH_RAW_MAX]; /* as key_signature_check() takes it */
	size_t raw_size;
};

/* Reads a public key blob. STEPUP_INVALID for any other type of key, anything left over, a
 * point that is none. */
enum stepup_error ssh_key_parse(const uint8_t *blob, size_t size, struct ssh_key *key);

/* The blob of a key: exactly what ssh_key_parse() read. The caller frees it. */
enum stepup_error ssh_key_blob(const struct ssh_key *key, uint8_t **blob, size_t *size);

/* Reads a line of a .pub or authorized_keys file: options (skipped), type, blob, comment. STEPUP_INVALID
 * where it is none or its key is of another type. The comment is as it stands there: not safe to show. */
enum stepup_error ssh_key_parse_line(const char *line, struct ssh_key *key, char comment[SSH_COMMENT_SIZE]);

/* Reads a signature blob as an agent gives it: algorithm, raw signature, flags, counter. */
enum stepup_error ssh_signature_parse(const uint8_t *blob, size_t size, struct ssh_signature *signature);

/* The namespace of a verifier's signatures: "stepup@" and the host of its issuer's URL. STEPUP_TOO_LONG. */
enum stepup_error sshsig_namespace(const char *issuer, char namespace[SSH_NAMESPACE_SIZE]);

/* What an agent is asked to sign: "SSHSIG", namespace, reserved, "sha512", SHA-512(message). The caller frees
 * it. STEPUP_INVALID for an empty namespace or one that is too long. */
enum stepup_error sshsig_preamble(const char *namespace, const void *message, size_t message_size,
	uint8_t **preamble, size_t *size);

/* Whether `blob` is the key's signature over that message in that namespace, made by touch, and with user
 * verification where `user_verification` asks for it. Nothing is believed of the flags and the counter in
 * `signature` before the signature over them holds. STEPUP_OK; STEPUP_BAD_ANSWER with what is wrong in `*why`
 * (static); STEPUP_INVALID where a blob breaks its format. */
enum stepup_error sshsig_check(const struct ssh_key *key, const char *namespace, const void *message,
	size_t message_size, bool user_verification, const uint8_t *blob, size_t size,
	struct ssh_signature *signature, const char **why);

/* The signature in the armored form that `ssh-keygen -Y verify` takes; the caller frees it. NULL where
 * there is no memory. */
char *sshsig_armor(const struct ssh_key *key, const char *namespace, const uint8_t *blob, size_t size);

#endif
