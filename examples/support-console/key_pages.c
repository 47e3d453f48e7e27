/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials and the form for a new key; see key_pages.h. */
#include <string.h>
#include <time.h>

#include "examples/support-console/key_pages.h"
#include "examples/support-console/pages.h"

#define DATE_SIZE 40

/* What people call a type or a strength; an unknown one by its own name. */
static const char *const words[][2] = {
	{"totp", "Authenticator app"},
	{"hotp", "Code token"},
	{"key", "Security key"},
	{"agent", "SSH key"},
};

static const char *const strengths[][2] = {
	{"code", "a code"},
	{"key", "a key"},
	{"hardware-key", "a hardware key"},
};

static const char *word_for(const char *const table[][2], size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++) {
		if (!strcmp(table[i][0], name))
			return table[i][1];
	}
	return name ? name : "";
}

#define WORD_FOR(table, name) word_for(table, sizeof(table) / sizeof(*(table)), name)

/* "–" for what isn't there. */
static void date_text(const json_t *seconds, bool with_time, char text[DATE_SIZE])
{
	time_t when = (time_t)json_integer_value(seconds);
	struct tm parts;

	if (!json_is_integer(seconds) || !gmtime_r(&when, &parts) ||
		!(with_time ? strftime(text, DATE_SIZE, "%d %b %Y, %H:%M UTC", &parts) : strftime(text, DATE_SIZE, "%d %b %Y", &parts)))
		strcpy(text, "–");
}

static void credential_row(struct html *html, const json_t *credential)
{
	const char *id = json_string_value(json_object_get(credential, "id"));
	const char *label = json_string_value(json_object_get(credential, "label"));
	const char *type = json_string_value(json_object_get(credential, "type"));
	const char *model = json_string_value(json_object_get(credential, "model"));
	const char *state = json_string_value(json_object_get(credential, "state"));
	const char *strength = json_string_value(json_object_get(credential, "strength"));
	const json_t *strong_from = json_object_get(credential, "strong_from");
	bool live = state && !strcmp(state, "live");
	char created[DATE_SIZE], used[DATE_SIZE], from[DATE_SIZE];

	date_text(json_object_get(credential, "created"), false, created);
	date_text(json_object_get(credential, "last_used"), false, used);
	date_text(strong_from, true, from);
	html_add(html, "<tr><td><bdi>%s</bdi></td><td>%s%s%s</td><td>%s</td><td>%s</td><td>", label ? label : "", WORD_FOR(words, type),
		model ? " · " : "", model ? model : "", created, used);
	if (!live)
		html_add(html, "%s", state ? state : "");
	else if (json_is_integer(strong_from) && json_integer_value(strong_from) > time(NULL))
		html_add(html, "%s until %s", WORD_FOR(strengths, strength), from);
	else
		html_add(html, "%s", WORD_FOR(strengths, strength));
	html_add(html, "</td><td><button class=\"quiet remove\" data-credential=\"%s\" aria-label=\"Remove %s\">Remove</button></td></tr>\n", id ? id : "",
		label ? label : "");
}

/* `has_key`: a step-up with it takes the invitation's place. `next` is where it goes on once there is one more key. */
static void key_form(struct html *html, bool has_key, const char *next)
{
	html_add(html,
		"<form id=\"add-key\" class=\"card narrow\" data-next=\"%s\">\n<h2>Add a security key</h2>\n"
		"<label for=\"label\">A name for it</label>\n"
		"<input id=\"label\" name=\"label\" maxlength=\"%lld\" placeholder=\"Blue key on my key ring\" autocomplete=\"off\" required>\n"
		"<label for=\"invitation\">Invitation</label>\n"
		"<input id=\"invitation\" name=\"invitation\" maxlength=\"64\" placeholder=\"%s\" autocomplete=\"off\" autocapitalize=\"characters\" "
		"spellcheck=\"false\" aria-describedby=\"invitation-hint\"%s>\n"
		"<p class=\"hint\" id=\"invitation-hint\">%s</p>\n"
		"<p class=\"error\" id=\"add-key-error\" role=\"alert\" hidden></p>\n<button class=\"main\">Add this key</button>\n"
		"<p class=\"hint\" id=\"add-key-live\" role=\"status\"></p>\n"
		"<noscript><p class=\"error\">This page needs JavaScript to talk to the key.</p></noscript>\n</form>\n",
		next, (long long)LABEL_MAX, "XXXX-XXXX-XXXX-XXXX", has_key ? "" : " required",
		has_key ? "Leave it empty to confirm with a key that you have." : "An administrator gives you one. It works once.");
}

void page_keys(struct html *html, struct request *request, const json_t *credentials)
{
	bool has_key = false;
	const json_t *each;
	size_t i;

	page_begin(html, request, "Security keys", "keys.js");
	html_add(html,
		"<p class=\"error\" id=\"remove-key-error\" role=\"alert\" hidden></p>\n<table class=\"keys\">\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Kind</th><th scope=\"col\">Added</th>"
		"<th scope=\"col\">Last used</th><th scope=\"col\">Counts as</th><td></td></tr></thead>\n<tbody>\n");
	json_array_foreach(credentials, i, each) {
		const char *type = json_string_value(json_object_get(each, "type"));

		has_key |= type && !strcmp(type, "key");
		credential_row(html, each);
	}
	html_add(html, "</tbody>\n</table>\n");
	key_form(html, has_key, "/keys");
	page_end(html);
}

void page_first_key(struct html *html, struct request *request)
{
	page_begin(html, request, "Your first key", "keys.js");
	key_form(html, false, "/sign-in/code");
	html_add(html, "<p><a href=\"/sign-in/code\">Back to the sign-in</a></p>\n");
	page_end(html);
}
