/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports out of log lines; see report.h. One table says what each type of entry is in a report.
 */
#include "tools/stepup/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/wire/canonical_json.h"
#include "lib/wire/message.h"
#include "tools/stepup/report/report_touched.h"
#include "tools/stepup/shell/output.h"

const struct report_kind report_kinds[] = {
	{"approved", "Approved", "The user confirmed this action.", 'g'},
	{"covered", "Covered", "The user was not asked again: an earlier step-up still covered this.", 'g'},
	{"redeemed", "Redeemed", "A service carried the action out.", 'g'},
	{"asked-again", "Asked again",
		"The service asked once more about a receipt that it had redeemed. Nothing was redeemed "
		"again.",
		'n'},
	{"requested", "Requested", "The user asked a second person.", 'n'},
	{"agreed", "Agreed", "A second person agreed to the user's request.", 'g'},
	{"request-ended", "Request ended", "A request ended without being used.", 'b'},
	{"approved-for-others", "Approved for others", "The user agreed to somebody else's request.", 'w'},
	{"denied-for-others", "Denied and locked others",
		"The user denied somebody's request and locked that person.", 'w'},
	{"denied", "Denied and locked", "A second person denied the user's request and locked the "
		"user.", 'b'},
	{"refused", "Refused", "Nothing was approved.", 'b'},
	{"redemption-refused", "Redemption refused", "A receipt was refused.", 'b'},
	{"alert", "Alerts", "A person should look at this.", 'w'},
	{"factor-added", "Enrolled", "The user can approve with something new.", 'w'},
	{"factor-removed", "Unenrolled", "An authenticator of the user was removed.", 'n'},
	{"locked", "Locked", "From here on, everything that the user asks for is refused.", 'b'},
	{"unlocked", "Unlocked", "A lock of the user ended.", 'n'},
	{"invited", "Invited", "Somebody let the user enrol.", 'w'},
	{"uninvited", "Invitation withdrawn", "Somebody took an invitation back.", 'n'},
	{"administered", "Administered", "The user did this to somebody else, or to the verifier.", 'w'},
	{"renamed", "Renamed", "The account has another name.", 'n'},
	{0},
};

const struct report_kind *report_kind_find(const char *name)
{
	const struct report_kind *kind = report_kinds;

	while (kind->name != NULL && strcmp(kind->name, name) != 0)
		kind++;
	return kind->name != NULL ? kind : NULL;
}

const struct report_kind *report_kind_of(const json_t *row)
{
	const char *name = message_text(row, "kind");
	const struct report_kind *kind = name != NULL ? report_kind_find(name) : NULL;

	return kind != NULL ? kind : report_kinds;
}

/* What an entry is: about the user; done by the user to others; or naming the user in a member of its own. */
static const struct type_row {
	const char *type, *about, *by;
	const char *member, *named; /* the member that may name the user, and what the entry is then */
	bool is_action;             /* has action and details */
	const char *thing, *deed;   /* what it is about if it names no action: of the user; by the user */
} types[] = {
	{"grant", "approved", NULL, NULL, NULL, true, "a step-up", NULL},
	{"request", "requested", NULL, NULL, NULL, true, "a request", NULL},
	{"approve", "approved-for-others", NULL, "requester", "agreed", true, "a request", NULL},
	{"deny", "denied-for-others", NULL, "requester", "denied", true, "a request", NULL},
	{"request-end", "request-ended", "administered", NULL, NULL, false, "a request", "end of a request"},
	{"refusal", "refused", NULL, NULL, NULL, true, "use of the account", NULL},
	{"redeem", "redeemed", NULL, NULL, NULL, true, "a receipt", NULL},
	{"resume", "asked-again", NULL, NULL, NULL, false, "a receipt", NULL},
	{"redeem-refusal", "redemption-refused", NULL, NULL, NULL, false, "a receipt", NULL},
	{"alert", "alert", NULL, NULL, NULL, false, NULL, NULL},
	{"enrol", "factor-added", "administered", NULL, NULL, false, "authenticator", "enrolment"},
	{"remove", "factor-removed", "administered", NULL, NULL, false, "authenticator", "removal"},
	{"revoke", "factor-removed", "administered", NULL, NULL, false, "authenticator", "revocation"},
	{"lock", "locked", "administered", NULL, NULL, false, "the account", "lock"},
	{"unlock", "unlocked", "administered", NULL, NULL, false, "the account", "unlock"},
	{"invite", "invited", "administered", NULL, NULL, false, "to enrol", "invitation"},
	{"init", "invited", "administered", NULL, NULL, false, "to enrol first", "first invitation"},
	{"withdraw", "uninvited", "administered", NULL, NULL, false, "an invitation", "withdrawal"},
	{"freeze", NULL, "administered", NULL, NULL, false, NULL, "freeze"},
	{"thaw", NULL, "administered", NULL, NULL, false, NULL, "thaw"},
	{"policy", NULL, "administered", NULL, NULL, false, NULL, "policy"},
	{"rename", "renamed", "administered", "old_user", "renamed", false, "the account", "new name"},
};

struct report {
	char *user;
	int64_t since, until, erased;
	json_t *hosts, *totals, *rows;
	json_t *touched; /* report_touched.h's */
};

struct report *report_new(const char *user, int64_t since, int64_t until)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL || (report->user = strdup(user)) == NULL)
		out_of_memory();
	report->since = since;
	report->until = until;
	report->hosts = json_object();
	report->totals = json_object();
	report->rows = json_array();
	report->touched = json_object();
	if (report->hosts == NULL || report->totals == NULL || report->rows == NULL ||
	    report->touched == NULL)
		out_of_memory();
	return report;
}

void report_free(struct report **report)
{
	struct report *freed = *report;

	*report = NULL;
	if (freed == NULL)
		return;
	json_decref(freed->hosts);
	json_decref(freed->totals);
	json_decref(freed->rows);
	json_decref(freed->touched);
	free(freed->user);
	free(freed);
}

static void report_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		out_of_memory();
}

static void report_put_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		report_put(object, name, json_string(text));
}

static void report_count(json_t *object, const char *name, int64_t more)
{
	report_put(object, name, json_integer(message_number(object, name, 0) + more));
}

/* --- rows --- */

/* "a · b · c" of those that are there; the caller frees. */
static char *joined(const char *const *texts, size_t texts_count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		out_of_memory();
	for (size_t i = 0; i < texts_count; i++)
		if (texts[i] != NULL && *texts[i] != '\0')
			(void)fprintf(out, "%s%s", ftell(out) > 0 ? " \u00b7 " : "", texts[i]);
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

static void put_joined(json_t *row, const char *name, const char *const *texts, size_t texts_count)
{
	char *text = joined(texts, texts_count);

	report_put_text(row, name, text);
	free(text);
}

/* Who had a hand in it besides the user. */
static void put_who(json_t *row, const json_t *entry, const char *kind, const char *user)
{
	const json_t *approvers = json_object_get(entry, "approvers");
	const char *by = message_text(entry, "by"), *requester = message_text(entry, "requester");

	if (json_array_size(approvers) > 0)
		report_put_text(row, "who", json_string_value(json_array_get(approvers, 0)));
	else if (strcmp(kind, "agreed") == 0)
		report_put_text(row, "who", message_text(entry, "user"));
	else if (strcmp(kind, "approved-for-others") == 0)
		report_put_text(row, "who", requester);
	else if (strcmp(kind, "administered") == 0)
		report_put_text(row, "who", message_text(entry, "user"));
	else if (by != NULL && strcmp(by, user) != 0)
		report_put_text(row, "who", by);
}

/* What it was about: the words that were shown, else the action with its details, else what the entry has. */
static void put_what(json_t *row, const json_t *entry, const json_t *evidence, const char *thing)
{
	const char *prompt = message_text(evidence, "prompt"), *action = message_text(entry, "action"), *name;
	const json_t *details = json_object_get(evidence, "details");
	const char *shown[] = {thing, message_text(entry, "kind"), action, message_text(evidence, "label"),
		message_text(entry, "credential")};
	char *text = NULL;
	size_t size = 0;
	json_t *value;
	FILE *out;

	if (prompt != NULL) {
		report_put_text(row, "what", prompt);
		return;
	}
	if (action == NULL) {
		put_joined(row, "what", shown, 5);
		return;
	}
	out = open_memstream(&text, &size);
	if (out == NULL)
		out_of_memory();
	(void)fputs(action, out);
	json_object_foreach((json_t *)(uintptr_t)details, name, value) {
		if (json_is_string(value))
			(void)fprintf(out, " %s=%s", name, json_string_value(value));
		else
			(void)fprintf(out, " %s=%lld", name, (long long)json_integer_value(value));
	}
	if (fclose(out) != 0)
		out_of_memory();
	report_put_text(row, "what", text);
	free(text);
}

static void put_rest(json_t *row, const json_t *entry, const json_t *evidence)
{
	const json_t *context = json_object_get(entry, "context");
	const char *caller = message_text(entry, "caller") != NULL ? message_text(entry, "caller")
		: message_text(context, "caller");
	const char *factor[] = {message_text(entry, "method"), message_text(entry, "via"),
		message_text(evidence, "label"), message_text(entry, "credential")};
	const char *from[] = {message_text(evidence, "rhost"), message_text(context, "service"), caller,
		message_text(entry, "audience")};
	const char *error = message_text(entry, "error"), *why = message_text(entry, "why");
	bool same = error != NULL && why != NULL && strcasecmp(error, why) == 0; /* "Locked", "locked" */
	const char *note[] = {error, same ? NULL : why,
		message_text(entry, "limit"), message_text(entry, "how"), message_text(entry, "reference"),
		message_text(entry, "reason"), message_text(entry, "request")};

	put_joined(row, "factor", factor, 4);
	put_joined(row, "from", from, 4);
	put_joined(row, "note", note, 7);
	report_put_text(row, "credential", message_text(entry, "credential"));
}

/* Refused because the user was locked already. What went over a limit that locks is refused as "Locked" too,
 * just before the lock. */
static bool was_locked(const json_t *entry, const char *kind)
{
	const char *error = message_text(entry, "error"), *why = message_text(entry, "why");

	if (error == NULL || strcmp(error, "Locked") != 0 ||
	    (why != NULL && strcmp(why, "over the limit") == 0))
		return false;
	return strcmp(kind, "refused") == 0 || strcmp(kind, "redemption-refused") == 0;
}

static void add_row(struct report *report, const json_t *entry, const json_t *evidence,
	const struct type_row *type, const char *kind)
{
	bool erased = type->is_action && message_text(entry, "commitment") != NULL &&
		json_object_get(evidence, "details") == NULL;
	int64_t at = message_number(entry, "at", 0);
	char when[REPORT_TIME_SIZE];
	json_t *row =
		json_pack("{s:I, s:I, s:s, s:s}", "entry", (json_int_t)message_number(entry, "index", -1),
			"at", (json_int_t)at, "time", report_time(at, when), "kind", kind);

	if (row == NULL || json_array_append_new(report->rows, row) != 0)
		out_of_memory();
	report_put_text(row, "action", message_text(entry, "action"));
	put_what(row, entry, evidence, strcmp(kind, "administered") == 0 ? type->deed : type->thing);
	put_who(row, entry, kind, report->user);
	put_rest(row, entry, evidence);
	if (was_locked(entry, kind))
		report_put(row, "locked", json_true());
	if (erased)
		report_put(row, "erased", json_true());
	report->erased += erased;
	report_count(report->totals, kind, 1);
	if (message_text(entry, "host") != NULL)
		report_put(report->hosts, message_text(entry, "host"), json_true());
	touched_note(report->touched, entry, evidence, kind);
}

static bool report_names(const json_t *entry, const char *member, const char *user)
{
	const char *text = member == NULL ? NULL : message_text(entry, member);

	return text != NULL && strcmp(text, user) == 0;
}

/* What the entry is to this user; NULL for nothing. */
static const char *kind_of(const struct report *report, const json_t *entry, const struct type_row *type)
{
	if (type->about != NULL && report_names(entry, "user", report->user))
		return strcmp(type->type, "grant") == 0 && report_names(entry, "method", "fresh")
			? "covered" : type->about;
	if (report_names(entry, type->member, report->user))
		return type->named;
	return type->by != NULL && report_names(entry, "by", report->user) ? type->by : NULL;
}

bool report_line(struct report *report, const char *line)
{
	json_t *object = NULL, *entry = NULL;
	const char *text, *name;
	int64_t at;
	bool good = json_parse_object(line, strcspn(line, "\n"), &object) == STEPUP_OK;

	text = message_text(object, "format") != NULL ? NULL : message_text(object, "entry");
	if (!good || text == NULL) {
		good = good &&
			(message_text(object, "format") != NULL ||
				message_text(object, "checkpoint") != NULL);
		goto out;
	}
	good = json_parse_object(text, strlen(text), &entry) == STEPUP_OK;
	name = message_text(entry, "type");
	at = message_number(entry, "at", -1);
	if (!good || name == NULL || at < report->since || at >= report->until)
		goto out;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *kind =
			strcmp(types[i].type, name) == 0 ? kind_of(report, entry, &types[i]) : NULL;

		if (kind != NULL)
			add_row(report, entry, json_object_get(object, "details"), &types[i], kind);
	}
out:
	json_decref(object);
	json_decref(entry);
	return good;
}

/* --- the whole --- */

json_t *report_finish(struct report *report)
{
	json_t *hosts = json_array(), *whole, *unused;
	const char *host;

	json_object_foreach(report->hosts, host, unused)
		if (json_array_append_new(hosts, json_string(host)) != 0)
			out_of_memory();
	whole = json_pack("{s:s, s:I, s:I, s:o, s:O, s:I, s:O, s:o}", "user", report->user,
		"since", (json_int_t)report->since, "until", (json_int_t)report->until, "hosts", hosts,
		"totals", report->totals, "erased", (json_int_t)report->erased, "rows", report->rows,
		"locks", report_locks(report->rows));
	if (whole == NULL)
		out_of_memory();
	touched_finish(report->touched, whole);
	return whole;
}
