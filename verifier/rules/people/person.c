/* SPDX-License-Identifier: BSD-2-Clause */
/* Two records, two persons? */
#include "verifier/rules/people/person.h"

#include <string.h>
#include <strings.h>

static bool same_secret(const struct credential *a, const struct credential *b)
{
	if (a->key != NULL && b->key != NULL)
		return a->key->public_key_size == b->key->public_key_size &&
			memcmp(a->key->public_key, b->key->public_key, a->key->public_key_size) == 0;
	return a->key == NULL && b->key == NULL && otp_secret_equal(&a->otp, &b->otp);
}

static bool share_a_credential(const struct user_record *a, const struct user_record *b)
{
	for (size_t i = 0; i < a->credential_count; i++)
		for (size_t j = 0; j < b->credential_count; j++)
			if (same_secret(&a->credentials[i], &b->credentials[j]))
				return true;
	return false;
}

enum person_relation person_relation(const struct user_record *a, const struct user_record *b)
{
	if (memcmp(a->user_id, b->user_id, USER_ID_SIZE) == 0 || strcasecmp(a->name, b->name) == 0)
		return PERSON_SAME;
	if (a->uid >= 0 && a->uid == b->uid)
		return PERSON_SAME_ACCOUNT;
	return share_a_credential(a, b) ? PERSON_SHARES_KEY : PERSON_ANOTHER;
}
