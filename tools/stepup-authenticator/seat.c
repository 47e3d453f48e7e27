/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Having a key sign or make a credential.
 * MUST: look at the client data before anything else; free a PIN wiped, on every way out.
 */
#include "tools/stepup-authenticator/seat.h"

#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "tools/stepup-authenticator/seat_look.h"
#include "tools/stepup-authenticator/seat_race.h"
#include "tools/stepup-authenticator/seat_work.h"
#include "tools/stepup-authenticator/webauthn/client_data.h"

#define PIN_ASKS_MAX 8 /* keys stop taking PINs before that */
#define QUIET_MS 400   /* in which a key says that a PIN is wrong, or that it wants one */

enum authenticator_code seat_count(size_t *count)
{
	fido_dev_info_t *found = fido_dev_info_new(SEAT_KEYS_MAX);

	*count = 0;
	if (found == NULL)
		return AUTHENTICATOR_BROKEN;
	if (fido_dev_info_manifest(found, SEAT_KEYS_MAX, count) != FIDO_OK)
		*count = 0;
	fido_dev_info_free(&found, SEAT_KEYS_MAX);
	return AUTHENTICATOR_DONE;
}

/* Opens the keys, and looks for the listed credentials on them. */
static enum authenticator_code open_and_look(const struct host *host, struct seat_keys *keys,
	const char *rp_id, const json_t *ids, struct credential_list *list)
{
	enum authenticator_code code = credential_list_read(ids, list);

	if (code == AUTHENTICATOR_DONE)
		code = seat_look(keys, rp_id, list, host_own_deadline(host, AUTHENTICATOR_LOOK_MS));
	return code;
}

static size_t count_holding(const struct seat_keys *keys)
{
	size_t count = 0;

	for (size_t i = 0; i < keys->count; i++)
		count += keys->keys[i].holds != NULL;
	return count;
}

/* How many may hold a credential that they show only with their PIN. */
static size_t count_hiding(const struct seat_keys *keys)
{
	size_t count = 0;

	for (size_t i = 0; i < keys->count; i++)
		count += seat_key_may_hide_one(&keys->keys[i]);
	return count;
}

enum authenticator_code seat_probe(struct host *host, struct seat_answer *answer)
{
	struct credential_list list = {.count = 0};
	struct seat_keys keys = {.count = 0};
	json_t *held = json_array();
	enum authenticator_code code = open_and_look(host, &keys, message_text(host->request, "rp_id"),
		json_object_get(host->request, "credentials"), &list);

	for (size_t i = 0; i < keys.count; i++)
		if (keys.keys[i].holds != NULL &&
			json_array_append_new(held, json_string(keys.keys[i].holds->text)) != 0)
			code = AUTHENTICATOR_BROKEN;
	/* That there is none is an answer here. */
	if (code == AUTHENTICATOR_DONE || code == AUTHENTICATOR_NO_KEY || code == AUTHENTICATOR_NO_ANSWER) {
		answer->result = json_pack("{s:I, s:I, s:I, s:O}", "keys", (json_int_t)keys.count,
			"silent", (json_int_t)keys.silent, "hiding", (json_int_t)count_hiding(&keys),
			"credentials", held);
		code = answer->result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
	}
	json_decref(held);
	seat_keys_close(&keys);
	credential_list_clear(&list);
	return code;
}

/* Has one key or the first of several do it, with the PIN where there is one. The race is the caller's to
 * clear. */
static enum authenticator_code have_it_done(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, const char *pin, struct seat_race *race)
{
	seat_race_clear(race);
	seat_race_init(race, keys, task);
	for (size_t i = 0; i < race->count; i++)
		race->jobs[i].pin = pin;
	return seat_race_run(race, host, seat_work, true);
}

static int tries_left(const struct seat_key *key)
{
	int tries = -1;

	return fido_dev_get_retry_count(key->device, &tries) == FIDO_OK ? tries : -1;
}

static int check_pin(struct seat_job *job)
{
	const struct seat_task *task = job->what;

	return seat_key_check_pin(job->key, task->rp_id, task->listed, job->pin);
}

/* Gets the key's PIN from the person: one that the key found right, which the caller wipes and frees. */
static enum authenticator_code get_pin(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, char **pin, struct seat_answer *answer)
{
	const struct seat_key *key = &keys->keys[0];
	enum authenticator_code code = AUTHENTICATOR_DONE;

	for (int asks = 0; asks < PIN_ASKS_MAX; asks++) {
		struct seat_race race;

		wipe_free_string(pin);
		answer->tries_left = tries_left(key);
		if (answer->tries_left == 0)
			return AUTHENTICATOR_PIN_BLOCKED;
		code = host_pin(host, key->holds != NULL ? key->holds->text : NULL, answer->tries_left,
			asks > 0, pin);
		if (code != AUTHENTICATOR_DONE)
			return code;
		seat_race_init(&race, keys, task);
		race.jobs[0].pin = *pin;
		code = seat_race_run(&race, host, check_pin, false);
		if (code != AUTHENTICATOR_PIN_WRONG)
			return code;
	}
	answer->tries_left = tries_left(key);
	return code;
}

/* Whether the key has to be given a PIN before it does what is asked, as far as can be told without asking
 * it. */
static enum authenticator_code needs_pin(
	const struct seat_key *key, const struct seat_task *task, bool *needed)
{
	bool has_pin = fido_dev_has_pin(key->device), verified = task->user_verification || key->always_uv;

	/* What it may hide shows itself only with the PIN. */
	*needed = !task->is_registration && seat_key_may_hide_one(key);
	if (*needed || (verified && fido_dev_has_uv(key->device)))
		return AUTHENTICATOR_DONE;
	if (!verified) {
		/* A key with a PIN makes no credential without it. */
		*needed = task->is_registration && has_pin;
		return AUTHENTICATOR_DONE;
	}
	if (!fido_dev_supports_pin(key->device))
		return AUTHENTICATOR_UNSUPPORTED;
	*needed = has_pin;
	return has_pin ? AUTHENTICATOR_DONE : AUTHENTICATOR_NO_PIN_SET;
}

/* Whether it failed for want of a PIN: some keys always want one, and a key's own sensor may give up. */
static bool asks_for_pin(const struct seat_race *race)
{
	int error = race->jobs[0].fido_error;

	return fido_dev_has_pin(race->jobs[0].key->device) &&
	       (error == FIDO_ERR_PIN_REQUIRED || error == FIDO_ERR_UV_BLOCKED ||
		       error == FIDO_ERR_UV_INVALID);
}

/* What the key turned out to hold once its PIN was known. */
static enum authenticator_code judge_held(const struct seat_key *key, const struct seat_task *task)
{
	if (task->is_registration)
		return key->holds != NULL ? AUTHENTICATOR_ENROLLED_ALREADY : AUTHENTICATOR_DONE;
	return key->holds != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_WRONG_KEY;
}

static enum authenticator_code do_with_pin(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, struct seat_race *race, struct seat_answer *answer)
{
	char *pin = NULL;
	enum authenticator_code code = get_pin(host, keys, task, &pin, answer);

	if (code == AUTHENTICATOR_DONE)
		code = judge_held(&keys->keys[0], task);
	if (code == AUTHENTICATOR_DONE)
		code = have_it_done(host, keys, task, pin, race);
	wipe_free_string(&pin);
	return code;
}

/* Has one key do it, and asks for its PIN if that is needed. */
static enum authenticator_code do_with_one(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, struct seat_race *race, struct seat_answer *answer)
{
	bool needed = false;
	enum authenticator_code code = needs_pin(&keys->keys[0], task, &needed);

	if (code != AUTHENTICATOR_DONE)
		return code;
	if (!needed) {
		code = have_it_done(host, keys, task, NULL, race);
		needed = code != AUTHENTICATOR_DONE && race->winner == NULL && asks_for_pin(race);
	}
	return needed ? do_with_pin(host, keys, task, race, answer) : code;
}

/* Whether one of them may want a PIN for this, or its own sensor. */
static bool any_wants_more(const struct seat_keys *keys, const struct seat_task *task)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct seat_key *key = &keys->keys[i];

		if (key->always_uv ||
		    (task->is_registration ? fido_dev_has_pin(key->device) : seat_key_may_hide_one(key)))
			return true;
	}
	return false;
}

/* Several keys that need nothing but a touch race for it. Where one may want a PIN, whose it is has to be
 * known first. */
static enum authenticator_code do_task(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, struct seat_race *race, struct seat_answer *answer)
{
	bool by_touch_alone = !task->user_verification && !any_wants_more(keys, task);
	enum authenticator_code code = AUTHENTICATOR_DONE;

	if (keys->count > 1 && by_touch_alone)
		return have_it_done(host, keys, task, NULL, race);
	if (keys->count > 1)
		code = seat_race_choose(host, keys);
	return code == AUTHENTICATOR_DONE ? do_with_one(host, keys, task, race, answer) : code;
}

/* Does it, and turns what came of it into the result. */
static enum authenticator_code finish(
	struct host *host, struct seat_keys *keys, const struct seat_task *task, struct seat_answer *answer)
{
	struct seat_race race = {.count = 0};
	enum authenticator_code code = do_task(host, keys, task, &race, answer);

	if (code == AUTHENTICATOR_DONE)
		code = task->is_registration ? seat_credential_result(race.winner, &answer->result)
					     : seat_assertion_result(race.winner, &answer->result);
	seat_race_clear(&race);
	return code;
}

/* Signs with the keys that hold a credential of the list, else with those that may hide one. */
static enum authenticator_code sign_with_kept(struct host *host, struct seat_keys *keys,
	const struct seat_task *task, struct seat_answer *answer)
{
	enum authenticator_code none = seat_keys_none_holds(keys);

	if (count_holding(keys) > 0)
		seat_keys_keep(keys, true);
	else
		seat_keys_keep_hiding(keys);
	return keys->count > 0 ? finish(host, keys, task, answer) : none;
}

enum authenticator_code seat_sign(struct host *host, struct seat_answer *answer)
{
	struct seat_task task = {
		.rp_id = message_text(host->request, "rp_id"),
		.client_data = message_text(host->request, "client_data"),
		.user_verification = message_bool(host->request, "user_verification", true),
	};
	struct credential_list list = {.count = 0};
	struct seat_keys keys = {.count = 0};
	enum authenticator_code code = AUTHENTICATOR_BROKEN;

	task.listed = &list;
	if (client_data_is_for_seat(task.client_data, "webauthn.get"))
		code = open_and_look(host, &keys, task.rp_id,
			json_object_get(host->request, "credentials"), &list);
	if (code == AUTHENTICATOR_DONE)
		code = sign_with_kept(host, &keys, &task, answer);
	seat_keys_close(&keys);
	credential_list_clear(&list);
	return code;
}

enum authenticator_code seat_register(struct host *host, struct seat_answer *answer)
{
	struct seat_task task = {
		.is_registration = true,
		.client_data = message_text(host->request, "client_data"),
		.user_verification = message_bool(host->request, "user_verification", true),
	};
	struct credential_list list = {.count = 0};
	struct seat_keys keys = {.count = 0};
	enum authenticator_code code = seat_task_read_registration(host->request, &task);

	task.exclude = task.listed = &list;
	if (code == AUTHENTICATOR_DONE && !client_data_is_for_seat(task.client_data, "webauthn.create"))
		code = AUTHENTICATOR_BROKEN;
	if (code == AUTHENTICATOR_DONE)
		code = open_and_look(host, &keys, task.rp_id,
			json_object_get(host->request, "exclude"), &list);
	if (code == AUTHENTICATOR_DONE) {
		seat_keys_keep(&keys, false);
		code = keys.count > 0 ? finish(host, &keys, &task, answer) : AUTHENTICATOR_ENROLLED_ALREADY;
	}
	seat_keys_close(&keys);
	credential_list_clear(&list);
	return code;
}
