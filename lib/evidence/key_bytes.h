/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes and flags of what keys make, for whoever checks it: the verifier, once, and a replay of the log, ever
 * after.
 * Layer: lib/evidence/ (part "evidence"), nothing.
 */
#ifndef STEPUP_LIB_KEY_BYTES_H
#define STEPUP_LIB_KEY_BYTES_H

#define AUTHENTICATOR_DATA_MAX 4096 /* bytes that are accepted; WebAuthn section 6.1 names no maximum */
#define CLIENT_DATA_MAX 4096        /* bytes that are accepted of clientDataJSON */
#define AAGUID_SIZE 16              /* bytes, WebAuthn section 6.5.1 */

/* Flags of authenticator data, WebAuthn section 6.1, and of SSH keys, PROTOCOL.u2f of OpenSSH. */
#define FLAG_USER_PRESENT 0x01
#define FLAG_USER_VERIFIED 0x04

#define ED25519_SIGNATURE_SIZE 64 /* bytes, RFC 8032 section 5.1.6 */
#define P256_COORDINATE_SIZE 32   /* bytes of x, y, r and s; RFC 7518 section 6.2.1.2 */

#endif
