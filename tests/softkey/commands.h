/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authenticatorMakeCredential, GetAssertion and GetNextAssertion (CTAP 2.1 sections 6.1 to 6.3). The state is
 * open.
 * Layer: tests/softkey/.
 */
#ifndef STEPUP_TESTS_SOFTKEY_COMMANDS_H
#define STEPUP_TESTS_SOFTKEY_COMMANDS_H

#include "tests/softkey/softkey.h"

enum ctap_status command_make_credential(
	struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply);
enum ctap_status command_get_assertion(
	struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply);
enum ctap_status command_get_next_assertion(struct softkey *key, struct cbor_out *reply);

#endif
