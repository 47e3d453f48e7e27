/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of the log's entries, for who writes them and for who replays them: neither can have one that the
 * other doesn't know.
 * Layer: lib/evidence/ (part "evidence"), libc only.
 */
#ifndef STEPUP_LIB_LOG_TYPES_H
#define STEPUP_LIB_LOG_TYPES_H

/* ROW(LOG_TYPE_…, its name) for each; stepup-log(5) says what each is. */
#define LOG_TYPES(ROW) \
	ROW(EPOCH, "epoch") \
	ROW(START, "start") \
	ROW(NAMES, "names") \
	ROW(STOP, "stop") \
	ROW(POLICY, "policy") \
	ROW(GRANT, "grant") \
	ROW(REFUSAL, "refusal") \
	ROW(ALERT, "alert") \
	ROW(ENROL, "enrol") \
	ROW(REMOVE, "remove") \
	ROW(REVOKE, "revoke") \
	ROW(RENAME, "rename") \
	ROW(INIT, "init") \
	ROW(INVITE, "invite") \
	ROW(WITHDRAW, "withdraw") \
	ROW(LOCK, "lock") \
	ROW(UNLOCK, "unlock") \
	ROW(FREEZE, "freeze") \
	ROW(THAW, "thaw") \
	ROW(REDEEM, "redeem") \
	ROW(RESUME, "resume") \
	ROW(REDEEM_REFUSAL, "redeem-refusal") \
	ROW(REQUEST, "request") \
	ROW(APPROVE, "approve") \
	ROW(DENY, "deny") \
	ROW(REQUEST_END, "request-end") \
	ROW(HOOK, "hook") \
	ROW(HOOKS_DROPPED, "hooks-dropped") \
	ROW(VAULT_BEGUN, "vault-begun") \
	ROW(MOVED, "moved") \
	ROW(ARRIVED, "arrived")

#define LOG_TYPE_ROW(constant, name) LOG_TYPE_##constant,
enum log_type { LOG_TYPES(LOG_TYPE_ROW) LOG_TYPE_COUNT };
#undef LOG_TYPE_ROW

/* Its name in an entry. */
const char *log_type_name(enum log_type type);

/* The type of that name; LOG_TYPE_COUNT for none, and for NULL. */
enum log_type log_type_of(const char *name);

#endif
