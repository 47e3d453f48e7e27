/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials and the form for a new key; see key_pages.h. */
#include <string.h>
#include <time.h>

#include "examples/support-console/web/key_pages.h"
#include "examples/support-console/web/pages.h"

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

/* "" for what isn't there. */
static void date_text(const json_t *seconds, bool with_time, char text[DATE_SIZE])
{
	time_t when = (time_t)json_integer_value(seconds);
	struct tm parts;

	if (!json_is_integer(seconds) || !gmtime_r(&when, &parts) ||
	    !(with_time ? strftime(text, DATE_SIZE, "%d %b %Y, %H:%M UTC", &parts)
		    : strftime(text, DATE_SIZE, "%d %b %Y", &parts)))
		*text = '\0';
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void credential_item(struct html *html, const json_t *credential)
{
	const char *state = text_of(credential, "state"), *model = text_of(credential, "model");
	const json_t *strong_from = json_object_get(credential, "strong_from");
	char created[DATE_SIZE], used[DATE_SIZE], from[DATE_SIZE];
	bool is_new = json_integer_value(strong_from) > time(NULL);

	date_text(json_object_get(credential, "created"), false, created);
	date_text(json_object_get(credential, "last_used"), false, used);
	date_text(strong_from, true, from);
	html_add(html, "<li class=\"card\"><div><strong><bdi>%s</bdi></strong>\n<p class=\"hint\">%s%s%s, ",
		text_of(credential, "label"), WORD_FOR(words, text_of(credential, "type")),
		*model ? " · " : "", model);
	if (strcmp(state, "live"))
		html_add(html, "%s", state);
	else
		html_add(html, "counts %sas %s", is_new ? "only " : "",
			WORD_FOR(strengths, text_of(credential, "strength")));
	if (is_new)
		html_add(html, " until %s", from);
	html_add(html, ".<br>Added %s%s%s.</p></div>\n<button class=\"remove\" data-credential=\"%s\" "
		"aria-label=\"Remove %s\">Remove</button></li>\n", created, *used ? ", last used " : "", used,
		text_of(credential, "id"), text_of(credential, "label"));
}

/* `has_key`: a step-up with it takes the invitation's place. `next` is where it goes on once there
 * is one more key. */
static void key_form(struct html *html, bool has_key, const char *next)
{
	html_add(html,
		"<form id=\"add-key\" class=\"card narrow\" data-next=\"%s\">\n<h2>Add a security key</h2>\n"
		"<label for=\"label\">A name for it</label>\n"
		"<input id=\"label\" name=\"label\" maxlength=\"%lld\" placeholder=\"Blue key on my key "
		"ring\" autocomplete=\"off\" required>\n"
		"<label for=\"invitation\">Invitation</label>\n"
		"<input id=\"invitation\" name=\"invitation\" maxlength=\"64\" placeholder=\"%s\" "
		"autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" "
		"aria-describedby=\"invitation-hint\"%s>\n"
		"<p class=\"hint\" id=\"invitation-hint\">%s</p>\n"
		"<p class=\"error\" id=\"add-key-error\" role=\"alert\" hidden></p>\n"
		"<button class=\"main\">Add this key</button>\n"
		"<p class=\"hint\" id=\"add-key-live\" role=\"status\"></p>\n"
		"<noscript><p class=\"error\">This page needs JavaScript to talk to the key.</p>"
		"</noscript>\n</form>\n", next, (long long)LABEL_MAX, "XXXX-XXXX-XXXX-…",
		has_key ? "" : " required", has_key
		? "Leave this empty to confirm with a key that you have."
		: "An administrator gives you one. It works once.");
}

void page_keys(struct html *html, struct http_request *request, const json_t *credentials)
{
	bool has_key = false;
	const json_t *each;
	size_t i;

	page_begin(html, request, "Security keys", "keys.js");
	html_add(html, "<p class=\"error\" id=\"remove-key-error\" role=\"alert\" hidden></p>\n"
		"<ul class=\"keys\">\n");
	json_array_foreach(credentials, i, each) {
		has_key |= !strcmp(text_of(each, "type"), "key");
		credential_item(html, each);
	}
	html_add(html, "</ul>\n");
	key_form(html, has_key, "/keys");
	page_end(html);
}

void page_first_key(struct html *html, struct http_request *request)
{
	page_begin(html, request, "Your first key", "keys.js");
	key_form(html, false, "/sign-in/code");
	html_add(html, "<p><a href=\"/sign-in/code\">Back to the sign-in</a></p>\n");
	page_end(html);
}
