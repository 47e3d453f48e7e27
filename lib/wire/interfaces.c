/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of the four interfaces: each method's fields with types and maximum sizes, in the order of the
 * .varlink texts, which are compiled in from lib/wire/interfaces/. A test compares table and text.
 */
#include "lib/wire/action.h"
#include "lib/wire/interfaces_text.h"
#include "lib/wire/message.h"

#define TEXT(name, maximum) {(name), FIELD_TEXT, (maximum), true}
#define MAYBE_TEXT(name, maximum) {(name), FIELD_TEXT, (maximum), false}
#define NUMBER(name) {(name), FIELD_NUMBER, DETAIL_NUMBER_MAX, true}
#define MAYBE_NUMBER(name) {(name), FIELD_NUMBER, DETAIL_NUMBER_MAX, false}
#define BOOL(name) {(name), FIELD_BOOL, 0, true}
#define MAYBE_BOOL(name) {(name), FIELD_BOOL, 0, false}
#define OBJECT(name, members) {(name), FIELD_OBJECT, (members), true}
#define MAYBE_OBJECT(name, members) {(name), FIELD_OBJECT, (members), false}
#define TEXTS(name, maximum) {(name), FIELD_TEXTS, (maximum), true}
#define MAYBE_TEXTS(name, maximum) {(name), FIELD_TEXTS, (maximum), false}
#define OBJECTS(name, maximum) {(name), FIELD_OBJECTS, (maximum), true}
#define FIELDS(...) (const struct field[]){__VA_ARGS__ __VA_OPT__(,) {NULL, FIELD_TEXT, 0, false}}

/* Maximum sizes in bytes. */
enum {
	USER_MAX = 256,
	ACTION_MAX = ACTION_NAME_SIZE - 1,
	SESSION_MAX = 512,
	PLACE_MAX = 256,      /* service, rhost, tty */
	HANDLE_MAX = 64,      /* transaction, authorization, invitation */
	CODE_MAX = 512,       /* what was typed; sshd may hand over a password, refused with kind words */
	WORD_MAX = 32,        /* method, type, algorithm */
	LABEL_MAX = 64,
	SECRET_MAX = 256,     /* base32 */
	CREDENTIAL_MAX = 26,
	REASON_MAX = 256,
	REFERENCE_MAX = 32,
	SHOWN_MAX = 65536,    /* prompts and sentences */
	NOTE_MAX = 4096,
	RECEIPT_MAX = 16384,
	EXEC_ID_MAX = 64,
	KEY_MEMBERS_MAX = 32, /* of what an authenticator made; browsers add members of their own */
	ENTRIES_MAX = 1024,
	EVENT_MEMBERS_MAX = 64,
	OUTCOMES_MAX = 64,
};

static const struct method verify_methods[] = {
	{"Begin", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("action", ACTION_MAX),
			MAYBE_OBJECT("details", DETAIL_COUNT_MAX), MAYBE_TEXT("session", SESSION_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("rhost", PLACE_MAX),
			MAYBE_TEXT("tty", PLACE_MAX), MAYBE_TEXTS("reach", WORD_MAX),
			MAYBE_TEXT("reason", REASON_MAX), MAYBE_BOOL("bound")),
		FIELDS(TEXT("transaction", HANDLE_MAX), TEXT("prompt", SHOWN_MAX), TEXT("ask", SHOWN_MAX),
			TEXTS("methods", WORD_MAX), NUMBER("expires_in"),
			MAYBE_OBJECT("browser", KEY_MEMBERS_MAX), MAYBE_OBJECT("seat", KEY_MEMBERS_MAX),
			MAYBE_OBJECT("agent", KEY_MEMBERS_MAX))},
	{"Answer", FIELDS(TEXT("transaction", HANDLE_MAX), TEXT("method", WORD_MAX),
			MAYBE_TEXT("code", CODE_MAX), MAYBE_OBJECT("key", KEY_MEMBERS_MAX)),
		FIELDS(TEXT("user", USER_MAX), TEXT("action", ACTION_MAX), TEXT("acr", WORD_MAX),
			TEXTS("amr", WORD_MAX), NUMBER("auth_time"), NUMBER("log"),
			MAYBE_TEXT("receipt", RECEIPT_MAX), MAYBE_TEXT("reference", REFERENCE_MAX),
			TEXT("message", SHOWN_MAX))},
	{"Cancel", FIELDS(TEXT("transaction", HANDLE_MAX)), FIELDS()},
	{"Account", FIELDS(MAYBE_TEXT("user", USER_MAX), MAYBE_TEXT("service", PLACE_MAX),
			MAYBE_TEXT("rhost", PLACE_MAX)), FIELDS()},
	{"EnrollBegin", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("type", WORD_MAX),
			MAYBE_TEXT("label", LABEL_MAX), MAYBE_TEXT("invitation", HANDLE_MAX),
			MAYBE_TEXT("authorization", HANDLE_MAX), MAYBE_TEXT("secret", SECRET_MAX),
			MAYBE_TEXT("algorithm", WORD_MAX), MAYBE_NUMBER("digits"), MAYBE_NUMBER("period"),
			MAYBE_NUMBER("counter"), MAYBE_TEXTS("reach", WORD_MAX),
			MAYBE_TEXT("session", SESSION_MAX), MAYBE_TEXT("rhost", PLACE_MAX)),
		FIELDS(TEXT("transaction", HANDLE_MAX), MAYBE_TEXT("uri", NOTE_MAX),
			MAYBE_TEXT("secret", SECRET_MAX), TEXT("prompt", SHOWN_MAX), TEXT("ask", SHOWN_MAX),
			NUMBER("expires_in"), MAYBE_OBJECT("browser", KEY_MEMBERS_MAX),
			MAYBE_OBJECT("seat", KEY_MEMBERS_MAX), MAYBE_OBJECT("agent", KEY_MEMBERS_MAX))},
	{"EnrollFinish", FIELDS(TEXT("transaction", HANDLE_MAX), MAYBE_TEXT("code", CODE_MAX),
			MAYBE_TEXT("method", WORD_MAX), MAYBE_OBJECT("key", KEY_MEMBERS_MAX)),
		FIELDS(TEXT("credential", CREDENTIAL_MAX), NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"List", FIELDS(MAYBE_TEXT("user", USER_MAX)), FIELDS(OBJECTS("credentials", ENTRIES_MAX))},
	{"Remove", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("credential", CREDENTIAL_MAX),
			TEXT("authorization", HANDLE_MAX)),
		FIELDS(NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"EndSession", FIELDS(TEXT("session", SESSION_MAX)), FIELDS()},
	{"LockMe", FIELDS(MAYBE_TEXT("reason", REASON_MAX)),
		FIELDS(TEXT("reference", REFERENCE_MAX), TEXT("message", SHOWN_MAX))},
	{"Explain", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("action", ACTION_MAX),
			MAYBE_OBJECT("details", DETAIL_COUNT_MAX), MAYBE_TEXT("session", SESSION_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("rhost", PLACE_MAX)),
		FIELDS(BOOL("allowed"), TEXT("outcome", WORD_MAX), TEXT("why", SHOWN_MAX),
			MAYBE_TEXT("rule", NOTE_MAX), MAYBE_TEXT("prompt", SHOWN_MAX),
			TEXTS("require", WORD_MAX), TEXTS("limits", NOTE_MAX),
			MAYBE_TEXT("over_limit", WORD_MAX), MAYBE_TEXTS("approvers", NOTE_MAX),
			MAYBE_NUMBER("fresh_for"), MAYBE_NUMBER("fresh_until"),
			MAYBE_NUMBER("fresh_sessions"), MAYBE_TEXT("request", REFERENCE_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("detail", DETAIL_NAME_SIZE))},
	{"Keys", FIELDS(), FIELDS(OBJECT("jwks", DETAIL_COUNT_MAX), TEXT("log_key", NOTE_MAX),
			TEXT("issuer", NOTE_MAX))},
	{"Requests", FIELDS(MAYBE_TEXT("user", USER_MAX)), FIELDS(OBJECTS("requests", ENTRIES_MAX))},
	{"Approve", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("request", REFERENCE_MAX),
			MAYBE_TEXT("decision", WORD_MAX), MAYBE_TEXT("session", SESSION_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("rhost", PLACE_MAX),
			MAYBE_TEXT("tty", PLACE_MAX), MAYBE_TEXTS("reach", WORD_MAX), MAYBE_BOOL("bound")),
		FIELDS(TEXT("transaction", HANDLE_MAX), TEXT("prompt", SHOWN_MAX), TEXT("ask", SHOWN_MAX),
			TEXTS("methods", WORD_MAX), NUMBER("expires_in"),
			MAYBE_OBJECT("browser", KEY_MEMBERS_MAX), MAYBE_OBJECT("seat", KEY_MEMBERS_MAX),
			MAYBE_OBJECT("agent", KEY_MEMBERS_MAX))},
	{"Deny", FIELDS(MAYBE_TEXT("user", USER_MAX), TEXT("request", REFERENCE_MAX)),
		FIELDS(NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"CancelRequest", FIELDS(TEXT("request", REFERENCE_MAX)),
		FIELDS(NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"AwaitApproval", FIELDS(TEXT("request", REFERENCE_MAX)),
		FIELDS(OBJECT("request", KEY_MEMBERS_MAX), TEXT("message", SHOWN_MAX))},
	{"Claim", FIELDS(TEXT("transaction", HANDLE_MAX)),
		FIELDS(TEXT("user", USER_MAX), TEXT("action", ACTION_MAX), TEXT("acr", WORD_MAX),
			TEXTS("amr", WORD_MAX), NUMBER("auth_time"), NUMBER("log"),
			MAYBE_TEXT("receipt", RECEIPT_MAX), TEXT("message", SHOWN_MAX))},
	{NULL, NULL, NULL},
};

static const struct method admin_methods[] = {
	{"Init", FIELDS(TEXT("user", USER_MAX), MAYBE_BOOL("again")), FIELDS(TEXT("invitation", HANDLE_MAX),
			NUMBER("expires"), TEXT("log_key", NOTE_MAX), TEXT("message", SHOWN_MAX))},
	{"Invite", FIELDS(TEXT("user", USER_MAX), TEXT("authorization", HANDLE_MAX)),
		FIELDS(TEXT("invitation", HANDLE_MAX), NUMBER("expires"), TEXT("message", SHOWN_MAX))},
	{"Users", FIELDS(MAYBE_TEXT("after", USER_MAX), MAYBE_NUMBER("limit"),
			TEXT("authorization", HANDLE_MAX)),
		FIELDS(OBJECTS("users", ENTRIES_MAX), BOOL("more"))},
	{"Credentials", FIELDS(TEXT("user", USER_MAX), TEXT("authorization", HANDLE_MAX)),
		FIELDS(OBJECTS("credentials", ENTRIES_MAX))},
	{"Revoke", FIELDS(TEXT("user", USER_MAX), MAYBE_TEXT("credential", CREDENTIAL_MAX),
			TEXT("authorization", HANDLE_MAX)),
		FIELDS(NUMBER("revoked"), NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"Lock", FIELDS(TEXTS("users", USER_MAX), MAYBE_TEXT("reason", REASON_MAX),
			TEXT("authorization", HANDLE_MAX)),
		FIELDS(TEXT("reference", REFERENCE_MAX), TEXTS("users", USER_MAX), TEXTS("unknown", USER_MAX),
			TEXT("message", SHOWN_MAX))},
	{"Unlock", FIELDS(TEXT("user", USER_MAX), TEXT("authorization", HANDLE_MAX)),
		FIELDS(NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"Freeze", FIELDS(TEXT("action", ACTION_MAX), MAYBE_TEXT("reason", REASON_MAX),
			TEXT("authorization", HANDLE_MAX)),
		FIELDS(TEXT("reference", REFERENCE_MAX), TEXT("message", SHOWN_MAX))},
	{"Thaw", FIELDS(TEXT("action", ACTION_MAX), TEXT("authorization", HANDLE_MAX)),
		FIELDS(NUMBER("log"), TEXT("message", SHOWN_MAX))},
	{"Log", FIELDS(NUMBER("from"), MAYBE_NUMBER("count"), TEXT("authorization", HANDLE_MAX)),
		FIELDS(OBJECTS("entries", ENTRIES_MAX), NUMBER("size"), MAYBE_TEXT("checkpoint", NOTE_MAX),
			TEXT("log_key", NOTE_MAX), MAYBE_TEXTS("checkpoints", NOTE_MAX))},
	{"Status", FIELDS(MAYBE_TEXT("rp_id", PLACE_MAX), MAYBE_TEXT("rp_id_before", PLACE_MAX),
			MAYBE_TEXT("policy", HANDLE_MAX)),
		FIELDS(TEXT("version", WORD_MAX), TEXT("issuer", NOTE_MAX), TEXT("host", PLACE_MAX),
			TEXT("policy", HANDLE_MAX), NUMBER("users"), NUMBER("log_size"),
			NUMBER("checkpoint_size"), NUMBER("pending"), OBJECTS("locked", ENTRIES_MAX),
			OBJECTS("frozen", ENTRIES_MAX), NUMBER("started"), BOOL("clean_start"),
			BOOL("mark_beside_store"), TEXT("rp_id", PLACE_MAX),
			MAYBE_TEXT("rp_id_why", NOTE_MAX), MAYBE_TEXT("policy_why", SHOWN_MAX),
			NUMBER("batch"), TEXTS("store_wrong", SHOWN_MAX), MAYBE_NUMBER("first_day_until"),
			TEXTS("powerless", SHOWN_MAX))},
	{"Reload", FIELDS(TEXT("authorization", HANDLE_MAX)),
		FIELDS(TEXT("policy", HANDLE_MAX), TEXTS("warnings", NOTE_MAX))},
	{"Explain", FIELDS(TEXT("user", USER_MAX), TEXT("action", ACTION_MAX),
			MAYBE_OBJECT("details", DETAIL_COUNT_MAX), MAYBE_TEXT("caller", USER_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("rhost", PLACE_MAX)),
		FIELDS(BOOL("allowed"), TEXT("outcome", WORD_MAX), TEXT("why", SHOWN_MAX),
			MAYBE_TEXT("rule", NOTE_MAX), MAYBE_TEXT("prompt", SHOWN_MAX),
			TEXTS("require", WORD_MAX), TEXTS("limits", NOTE_MAX),
			MAYBE_TEXT("over_limit", WORD_MAX), MAYBE_TEXTS("approvers", NOTE_MAX),
			MAYBE_NUMBER("fresh_for"), MAYBE_NUMBER("fresh_until"),
			MAYBE_NUMBER("fresh_sessions"), MAYBE_TEXT("request", REFERENCE_MAX),
			MAYBE_TEXT("service", PLACE_MAX), MAYBE_TEXT("detail", DETAIL_NAME_SIZE))},
	{"Resolve", FIELDS(TEXT("user", USER_MAX)), FIELDS(TEXT("user", USER_MAX), BOOL("known"))},
	{"CheckStore", FIELDS(),
		FIELDS(BOOL("fits"), NUMBER("batch"), NUMBER("rows"), TEXTS("store_wrong", SHOWN_MAX))},
	{NULL, NULL, NULL},
};

static const struct method redeem_methods[] = {
	{"Redeem", FIELDS(TEXT("receipt", RECEIPT_MAX), TEXT("action", ACTION_MAX), OBJECT("details",
				DETAIL_COUNT_MAX), MAYBE_TEXT("exec_id", EXEC_ID_MAX), MAYBE_BOOL("resume")),
		FIELDS(TEXT("user", USER_MAX), TEXT("action", ACTION_MAX),
			OBJECT("details", DETAIL_COUNT_MAX), NUMBER("auth_time"), TEXT("acr", WORD_MAX),
			TEXTS("amr", WORD_MAX), BOOL("already"), NUMBER("log"))},
	{NULL, NULL, NULL},
};

static const struct method hooks_methods[] = {
	{"Next", FIELDS(), FIELDS(MAYBE_OBJECT("event", EVENT_MEMBERS_MAX))},
	{"Done", FIELDS(TEXT("event", WORD_MAX), NUMBER("log"), OBJECTS("outcomes", OUTCOMES_MAX)), FIELDS()},
	{NULL, NULL, NULL},
};

const struct interface interface_verify = {"io.stepup.Verify1", interface_text_verify, verify_methods};
const struct interface interface_admin = {"io.stepup.Admin1", interface_text_admin, admin_methods};
const struct interface interface_redeem = {"io.stepup.Redeem1", interface_text_redeem, redeem_methods};
const struct interface interface_hooks = {"io.stepup.Hooks1", interface_text_hooks, hooks_methods};
