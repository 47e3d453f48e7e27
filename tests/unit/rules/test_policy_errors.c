/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kind of malformed configuration, with the line and the words that come of it.
 */
#include "tests/unit/rules/policy_fixture.h"

#include <stdio.h>
#include <unistd.h>

#define TOP "issuer = \"https://s.example\"\n"
#define RULE "action a.b { users = { alice } prompt = \"Do it\" require = { code } }\n"
/* A rule whose further keys stand on line 2. */
#define WITH(keys) TOP "action a.b { users = { alice } prompt = \"Do it\" require = { code } " keys " }\n"

struct bad {
	const char *text, *where, *words;
};

static const struct bad structure[] = {
	{TOP "nothing = 1\n", "f:2: ", "\"nothing\" is not a key or section"},
	{TOP "issuer = \"https://t.example\"\n", "f:2: ",
		"is here a second time; the first is on line 1"},
	{TOP RULE RULE, "f:3: ", "action a.b is here a second time; the first is on line 2"},
	{TOP "group g { members = { a } }\ngroup g { members = { b } }\n", "f:3: ",
		"group g is here a second time"},
	{WITH("require = { code }"), "f:2: ", "\"require\" is here a second time"},
	{WITH("colour = blue"), "f:2: ", "\"colour\" is not a key of action a.b"},
	{WITH("colour = blue"), "f:2: ", "not a key of action a.b; stepup.conf(5) lists them."},
	{WITH("fresh-fro = 1m"), "f:2: ",
		"\"fresh-fro\" is not a key of action a.b; did you mean fresh-for? stepup.conf(5) lists "
		"them."},
	{TOP "isuer = 1\n", "f:2: ", "\"isuer\" is not a key or section; did you mean issuer?"},
	{WITH("Users = { bob }"), "f:2: ", "\"Users\" is not a key of action a.b"},
	{TOP "action a.b {\n users = { alice }\n", "f:2: ", "action a.b is never closed"},
	{TOP "group g { members = { a }\n" RULE, "f:3: ",
		"group g, which begins on line 2, is not closed before this"},
	{TOP "action a.b { users = { alice\n prompt = \"Do it\" require = { code } }\n", "f:3: ",
		"the list \"users\" that begins on line 2 is not closed"},
	{TOP "group g { members = { a\n", "f:3: ",
		"the list \"members\" that begins on line 2 is not closed"},
	{TOP "}\n", "f:2: ", "this } closes nothing"},
	{TOP "group { members = { a } }\n", "f:2: ", "group needs a name before its {"},
	{TOP "group g members = { a }\n", "f:2: ", "after group g a { is missing"},
	{TOP "group g { members = { a b } }\n", "f:2: ", "a comma is missing"},
	{TOP "group g { members a }\n", "f:2: ", "after \"members\" a \"=\" and a value are missing"},
	{TOP "group g { members = }\n", "f:2: ", "\"members\" has no value"},
	{TOP "group g { unix = { a } }\n", "f:2: ", "takes one value, not a list"},
	{TOP "group g { members += { a } }\n", "f:2: ", "\"+=\" is not available"},
	{TOP "include(\"/etc/shadow\")\n", "f:2: ", "there are no functions here"},
	{TOP "include(/etc/shadow)\n", "f:2: ", "there are no functions here"},
	{TOP "help = ${HOME}\n", "f:2: ", "put double quotation marks around $"},
	{TOP "help = \"${HOME}\"\n", "f:2: ", "nothing is taken from the environment"},
	{TOP "help = \"call ${HOME:-me}\"\n", "f:2: ", "nothing is taken from the environment"},
	{TOP "help = \"open\nhost = a\n", "f:2: ", "the text that begins here is not closed"},
	{TOP "help = \"open\\\nmore\"\n", "f:2: ", "a backslash is allowed only before"},
	{TOP "help = \"a\\x41\"\n", "f:2: ", "a backslash is allowed only before"},
	{TOP "help = 'me'\n", "f:2: ", "put double quotation marks around 'me'"},
	{TOP "store = sqlite:/x.db\n", "f:2: ", "put double quotation marks around sqlite:/x.db"},
	{"issuer = https://s.example\n", "f:1: ", "put double quotation marks around https://s.example"},
	{TOP "action customer.* { users = { alice } prompt = \"x {action}\" require = { code } }\n", "f:2: ",
		"put double quotation marks around customer.*"},
	{TOP "/* never closed\n" RULE, "f:2: ", "the comment that begins here is never closed"},
	{TOP "= 5\n", "f:2: ", "a key or a section was expected here"},
	{TOP "group g { members = { a }, }\n", "f:2: ", "a key was expected here, not \",\""},
	{TOP "help = \"\x01\"\n", "f:2: ", "control character (byte 01)"},
	{TOP "help = \"\x1b[2J\"\n", "f:2: ", "control character (byte 1B)"},
	{TOP "# \xff\xfe\n", "f:2: ", "not UTF-8"},
	{"\xef\xbb\xbf" TOP, "f:1: ", "byte order mark"},
	{"issuer = \"https://s.example\"\r\n", "f:1: ", "CR LF"},
	{RULE, "f: ", "\"issuer\" is missing"},
	{"", "f: ", "\"issuer\" is missing"},
};

static const struct bad values[] = {
	{"issuer = \"ftp://s.example\"\n", "f:1: ", "is not an issuer"},
	{"issuer = \"https://s.example/\"\n", "f:1: ", "is not an issuer"},
	{"issuer = \"https://user@s.example\"\n", "f:1: ", "is not an issuer"},
	{"issuer = \"https://S.example\"\n", "f:1: ", "is not an issuer"},
	{TOP "rp-id = \"https://example\"\n", "f:2: ", "is not an rp-id"},
	{TOP "rp-id = \"-a.example\"\n", "f:2: ", "is not an rp-id"},
	{TOP "origins = { \"https://s.example/\" }\n", "f:2: ", "not an origin"},
	{TOP "origins = { \"http://s.example\" }\n", "f:2: ", "not an origin"},
	{TOP "origins = { \"https://a.s.example:99999\" }\n", "f:2: ", "not an origin"},
	{TOP "origins = { \"https://evils.example\" }\n", "f:2: ", "is not within the rp-id s.example"},
	{TOP "origins = { \"https://s.example.evil\" }\n", "f:2: ", "is not within the rp-id s.example"},
	{TOP "store = \"postgresql:///stepup\"\n", "f:2: ", "is not a store that this version knows"},
	{TOP "store = \"sqlite:stepup.db\"\n", "f:2: ", "is not a store that this version knows"},
	{TOP "help = \"\"\n", "f:2: ", "\"help\" says whom to call"},
	{TOP "help = \"call\xe2\x80\xae" "me\"\n", "f:2: ", "without backslashes or invisible characters"},
	{TOP "host = \"../x\"\n", "f:2: ", "is not a host"},
	{TOP "cooling-off = 24\n", "f:2: ", "\"cooling-off\" can't be \"24\""},
	{TOP "cooling-off = 0h\n", "f:2: ", "\"cooling-off\" can't be \"0h\""},
	{TOP "cooling-off = 32d\n", "f:2: ", "\"cooling-off\" can't be \"32d\""},
	{TOP "attestation-roots = roots\n", "f:2: ", "\"roots\" can't be the place of "
		"\"attestation-roots\""},
	{TOP "attestation-roots = \"/\"\n", "f:2: ", "\"/\" can't be the place of \"attestation-roots\""},
	{TOP "mds = \"\" mds-root = \"/r.pem\"\n", "f:2: ", "\"\" can't be the place of \"mds\""},
	{TOP "host = x\nmds = \"/m.jwt\"\n", "f:3: ", "\"mds\" needs \"mds-root\""},
	{TOP "host = x\nmds-root = \"/r.pem\"\n", "f:3: ", "\"mds-root\" needs \"mds\""},
	{TOP "allow-models = { }\n", "f:2: ", "\"allow-models\" is empty"},
	{TOP "allow-models = { \"YubiKey 5\" }\n", "f:2: ",
		"\"YubiKey 5\" in \"allow-models\" is not a model"},
	{TOP "allow-models = { \"2FC0579F-8113-47EA-B116-BB5A8DB9202A\" }\n", "f:2: ", "is not a model"},
	{TOP "allow-models = { \"2fc0579f-8113-47ea-b116-bb5a8db9202\" }\n", "f:2: ", "is not a model"},
	{TOP "allow-models = { \"2fc0579f-8113-47ea-b116-bb5a8db9202a0\" }\n", "f:2: ", "is not a model"},
	{TOP "allow-models = { \"2fc0579f8113-47ea-b116-bb5a8db9202a00\" }\n", "f:2: ", "is not a model"},
	{TOP "deny-models = { \"00000000-0000-0000-0000-000000000000\" }\n", "f:2: ", "is not a model"},
	{TOP "deny-models = { \"2fc0579f-8113-47ea-b116-bb5a8db9202a\", "
		"\"2fc0579f-8113-47ea-b116-bb5a8db9202a\" }\n", "f:2: ", "is twice in \"deny-models\""},
	{TOP "allow-models = \"2fc0579f-8113-47ea-b116-bb5a8db9202a\"\n"
		"deny-models = { \"2fc0579f-8113-47ea-b116-bb5a8db9202a\" }\n",
		"f:3: ", "name the same model"},
	{TOP "require-counter = always\n", "f:2: ", "takes yes or no, not \"always\""},
	{TOP "group \"G!\" { members = { a } }\n", "f:2: ", "can't be the name of a group"},
	{TOP "group g { }\n", "f:2: ", "needs members = { … } or unix"},
	{TOP "group g { members = { a } unix = b }\n", "f:2: ", "needs members = { … } or unix"},
	{TOP "group g { members = { a, a } }\n", "f:2: ", "\"a\" is in \"members\" twice"},
	{TOP "group g { members = { \"@h\" } }\n", "f:2: ", "groups hold users, not groups"},
	{TOP "group g { members = { \"*\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { members = { \" ab\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { members = { \"../a\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { members = { \"a,b\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { members = { \"-a\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { members = { \"\" } }\n", "f:2: ", "is not a user's name"},
	{TOP "group g { unix = \"a/b\" }\n", "f:2: ", "is not the name of a unix group"},
	{TOP "service s { }\n", "f:2: ", "service s has no \"unix-user\""},
	{TOP "service s { unix-user = \"#x\" }\n", "f:2: ", "is not an account"},
	{TOP "service s { unix-user = \"#4294967295\" }\n", "f:2: ", "is not an account"},
	{TOP "service s { unix-user = \"#01\" }\n", "f:2: ", "is not an account"},
	{TOP "service s { unix-user = x }\nservice t { unix-user = x }\n", "f:3: ",
		"runs as the same account as service s"},
	{TOP "caller c { unix-user = x }\n", "f:2: ", "caller c has no \"users\""},
	{TOP "caller c { unix-user = x users = { \"*\" } }\n", "f:2: ", "caller c has no \"actions\""},
	{TOP "caller c { unix-user = x users = { \"@g\" } actions = { a.b } }\n", "f:2: ",
		"there is no group \"g\""},
	{TOP "caller c { unix-user = x users = { a } actions = { \"a*\" } }\n", "f:2: ", "is not an action"},
	{TOP "caller c { unix-user = x users = { a } actions = { } }\n", "f:2: ", "\"actions\" is empty"},
	{TOP "caller c { unix-user = x users = { a, a } actions = { a.b } }\n", "f:2: ",
		"is twice in \"users\""},
};

static const struct bad rules[] = {
	{TOP "action \"A.b\" { users = { a } prompt = \"x\" require = { code } }\n", "f:2: ",
		"can't be the name of an action"},
	{TOP "action \"a.*.b\" { users = { a } prompt = \"x\" require = { code } }\n", "f:2: ",
		"can't be the name of an action"},
	{TOP "action \"../a\" { users = { a } prompt = \"x\" require = { code } }\n", "f:2: ",
		"can't be the name of an action"},
	{TOP "action a.b { prompt = \"x\" require = { code } }\n", "f:2: ", "names nobody who may do it"},
	{TOP "action a.b { users = { } prompt = \"x\" require = { code } }\n", "f:2: ", "\"users\" is empty"},
	{TOP "action a.b { users = { a } require = { code } }\n", "f:2: ", "has no prompt"},
	{TOP "action a.b { users = { a } prompt = \"x\" }\n", "f:2: ", "does not say what is required"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { } }\n", "f:2: ", "say what is required"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { none } }\n", "f:2: ",
		"\"none\" can't be required"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { code, key } }\n", "f:2: ",
		"only one of code, key and hardware-key"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { pin } }\n", "f:2: ",
		"say what is required"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { code, pin } }\n", "f:2: ",
		"\"pin\" goes with a key"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { key } code-is-enough = yes }\n", "f:2: ",
		"contradicts \"require\""},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { hardware-key } via = { agent } }\n",
		"f:2: ", "an agent can't show that a key is hardware"},
	{TOP "action a.b { users = { a } prompt = \"x\" require = { key } via = { door } }\n", "f:2: ",
		"\"door\" is not a way to a key"},
	{TOP "action a.b { users = { \"@g\" } prompt = \"x\" require = { code } }\n", "f:2: ",
		"there is no group \"g\""},
	{TOP "action a.b { users = { a } prompt = \"x {b}\" require = { code } }\n", "f:2: ",
		"{b}, which is not a detail of this action"},
	{TOP "action a.b { users = { a } prompt = \"x {b\" require = { code } }\n", "f:2: ",
		"a brace in the prompt has no partner"},
	{TOP "action a.b { users = { a } prompt = \"x }\" require = { code } }\n", "f:2: ",
		"a brace in the prompt has no partner"},
	{TOP "action a.b { users = { a } prompt = \"\" require = { code } }\n", "f:2: ",
		"a prompt is a text of 1 to 512 bytes"},
	{TOP "action \"a.*\" { users = { a } prompt = \"x\" require = { code } }\n", "f:2: ",
		"does not say which action it is for"},
	{WITH("via = { browser }"), "f:2: ", "a code has no such way"},
	{WITH("code-is-enough = maybe"), "f:2: ", "takes yes or no, not \"maybe\""},
	{WITH("code-is-enough = true"), "f:2: ", "takes yes or no"},
	{WITH("fresh-for = 15"), "f:2: ", "\"fresh-for\" can't be \"15\""},
	{WITH("fresh-for = 0s"), "f:2: ", "\"fresh-for\" can't be"},
	{WITH("fresh-for = -5m"), "f:2: ", "\"fresh-for\" can't be"},
	{WITH("fresh-for = 25h"), "f:2: ", "\"fresh-for\" can't be"},
	{WITH("details = { account }"), "f:2: ", "\"account\" is not a detail"},
	{WITH("details = { account:string }"), "f:2: ", "is not a detail"},
	{WITH("details = { Account:text }"), "f:2: ", "is not a detail"},
	{WITH("details = { user:text }"), "f:2: ", "can't be called \"user\""},
	{WITH("details = { a:text, a:number }"), "f:2: ", "the detail \"a\" is here a second time"},
	{WITH("details = { a:text, b:text, c:text, d:text, e:text, f:text, g:text, h:text, i:text, j:text, "
			"k:text, l:text, m:text, n:text, o:text, p:text, q:text }"),
		"f:2: ", "at most 16 details"},
	{WITH("limit = { \"0 per 1h\" }"), "f:2: ", "\"0 per 1h\" is not a limit"},
	{WITH("hard-limit = { \"0 different account per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5\" }"), "f:2: ", "\"5\" is not a limit"},
	{WITH("limit = { \"5 per\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 per day\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"05 per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"-5 per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5  per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 per 1h \" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 per 32d\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 per 99999999999999999999d\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"9007199254740992 per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 similar account per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 different a b per 1h\" }"), "f:2: ", "is not a limit"},
	{WITH("limit = { \"5 records per 1h\" }"), "f:2: ", "counts \"records\", which is not a detail"},
	{WITH("details = { a:text } limit = { \"5 a per 1h\" }"), "f:2: ",
		"adds up \"a\", which is a text; write \"5 different a per"},
	{WITH("details = { a:number } limit = { \"5 different a per 1h\" }"), "f:2: ",
		"which is a number, and numbers are amounts"},
	{WITH("limit = { \"5 per 1h\", \"6 per 60m\" }"), "f:2: ", "counts the same over the same window"},
	{WITH("limit = { }"), "f:2: ", "\"limit\" takes 1 to 16 limits"},
	{WITH("hard-limit = { \"often\" }"), "f:2: ", "is not a limit"},
	{WITH("hard-limit = { }"), "f:2: ", "\"hard-limit\" takes 1 to 16 limits"},
	{WITH("limit = { \"5 per 1h\" } hard-limit = { \"4 per 1h\" }"), "f:2: ",
		"is below the limit \"5 per 1h\", which then never counts"},
	{WITH("over-limit = allow"), "f:2: ", "\"over-limit\" can't be \"allow\""},
	{WITH("over-limit = approve"), "f:2: ", "needs a second person; add approvers"},
	{WITH("always-approve = yes"), "f:2: ", "needs a second person; add approvers"},
	{WITH("approvers = { \"@g\" }"), "f:2: ", "there is no group \"g\""},
	{WITH("service = s"), "f:2: ", "there is no service \"s\""},
	{WITH("receipt-lifetime = 60s"), "f:2: ", "needs \"service\""},
	{TOP "action a.b { users = { alice } prompt = \"x\" require = { code }\n"
		"service = s receipt-lifetime = 6m }\nservice s { unix-user = x }\n",
		"f:3: ", "\"receipt-lifetime\" can't be"},
	{TOP "action a.b { users = { alice } prompt = \"x\" require = { code }\nservice = s\n"
		"fresh-for = 5m }\nservice s { unix-user = x }\n", "f:4: ", "can't be used together"},
	{TOP "action stepup.nothing { users = { a } require = { code } }\n", "f:2: ",
		"there is no action stepup.nothing"},
	{TOP "action stepup.lock { users = { a } require = { code }\nprompt = \"x\" }\n", "f:3: ",
		"\"prompt\" can't be set for stepup.* actions"},
	{TOP "action stepup.lock { users = { a } require = { code }\ndetails = { a:text } }\n", "f:3: ",
		"\"details\" can't be set for stepup.*"},
	{TOP "action \"stepup.*\" { users = { a } require = { code }\nfresh-for = 5m }\n", "f:3: ",
		"\"fresh-for\" can't be set for stepup.*"},
	{TOP "action stepup.lock { users = { a } require = { code }\nservice = s }\n"
		"service s { unix-user = x }\n", "f:3: ", "\"service\" can't be set"},
};

static void check_one(const struct bad *bad, size_t size)
{
	char *why = NULL;
	struct policy *policy = load_sized(bad->text, size, &why);
	const char *line = why;
	bool found = false;

	if (policy != NULL)
		fail_msg("loads, and should not: %s", bad->text);
	while (line != NULL && !found) {
		const char *end = strchrnul(line, '\n');
		const char *words = strstr(line, bad->words);

		found = strncmp(line, bad->where, strlen(bad->where)) == 0 && words != NULL && words < end;
		line = *end == '\0' ? NULL : end + 1;
	}
	if (!found)
		fail_msg("of\n%s\nexpected %s…%s, got\n%s", bad->text, bad->where, bad->words, why);
	free(why);
}

#define CHECK_ALL(table) \
	do { \
		for (size_t i = 0; i < sizeof(table) / sizeof((table)[0]); i++) \
			check_one(&(table)[i], strlen((table)[i].text)); \
	} while (0)

static void broken_structure_is_refused_with_line_and_words(void **state)
{
	(void)state;
	CHECK_ALL(structure);
}

static void bad_values_are_refused_with_line_and_words(void **state)
{
	(void)state;
	CHECK_ALL(values);
}

static void bad_rules_are_refused_with_line_and_words(void **state)
{
	(void)state;
	CHECK_ALL(rules);
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = TOP "help = \"a\0b\"\n";
	const struct bad bad = {text, "f:2: ", "NUL byte"};

	(void)state;
	check_one(&bad, sizeof(text) - 1);
}

/* TOP, then `head`, `count` times the letter a, `tail`. */
static char *long_text(const char *head, size_t count, const char *tail)
{
	char *text = calloc(1, strlen(TOP) + strlen(head) + count + strlen(tail) + 1), *at;

	assert_non_null(text);
	at = stpcpy(stpcpy(text, TOP), head);
	memset(at, 'a', count);
	strcpy(at + count, tail);
	return text;
}

static void over_long_things_are_refused(void **state)
{
	static const struct {
		const char *head;
		size_t count;
		const char *tail, *words;
	} all[] = {
		{"help = \"", 65536, "\"\n", "this line is longer than 4096 bytes"},
		{"", 65536, "\n", "this line is longer than 4096 bytes"},
		{"help = \"", 1025, "\"\n", "this text is longer than 1024 bytes"},
		{"help = ", 1025, "\n", "this word is longer than 1024 bytes"},
		{"help = \"", 201, "\"\n", "in 1 to 200 bytes"},
		{"group g { members = { ", 257, " } }\n", "is not a user's name"},
		{"group ", 64, " { members = { b } }\n", "can't be the name of a group"},
		{"action ", 128, " { users = { b } prompt = \"x\" require = { code } }\n",
			"can't be the name of an action"},
		{"action a.b { users = { b } prompt = \"", 513, "\" require = { code } }\n",
			"a prompt is a text of 1 to 512 bytes"},
		{"action a.b { users = { b } prompt = \"x\" require = { code } details = { ", 64,
			":text } }\n", "is not a detail"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *text = long_text(all[i].head, all[i].count, all[i].tail);
		const struct bad bad = {text, "f:2: ", all[i].words};

		check_one(&bad, strlen(text));
		free(text);
	}
}

static void a_list_of_more_than_64_users_asks_for_a_group(void **state)
{
	char text[2048] = TOP "action a.b { prompt = \"x\" require = { code } users = {\n",
		*at = text + strlen(text);
	const struct bad bad = {text, "f:2: ", "put users into a group"};

	(void)state;
	for (int i = 0; i < 65; i++)
		at += sprintf(at, "u%d%s", i, i == 64 ? " } }\n" : i % 20 == 19 ? ",\n" : ", ");
	check_one(&bad, strlen(text));
}

static void several_errors_are_told_at_once_in_the_order_of_lines(void **state)
{
	static const char text[] = TOP
		"colour = blue\nhost = \"UPPER\"\ngroup g { shape = round }\nstore = 5\nhelp = 'x'\n";
	char *why = NULL;
	const char *at;

	(void)state;
	assert_null(load_sized(text, strlen(text), &why));
	at = strstr(why, "f:2: ");
	assert_non_null(at);
	at = strstr(at, "\nf:4: ");
	assert_non_null(at);
	assert_non_null(strstr(at, "\nf:6: "));
	free(why);
	assert_null(load_sized(TOP "host = \"UPPER\"\nstore = 5\ngroup g { }\n",
			strlen(TOP "host = \"UPPER\"\nstore = 5\ngroup g { }\n"), &why));
	assert_string_equal(strchr(why, ':'), strstr(why, ":2: "));
	assert_non_null(strstr(why, "\nf:3: "));
	assert_non_null(strstr(why, "\nf:4: "));
	free(why);
}

static void a_flood_of_errors_is_counted_not_shown(void **state)
{
	size_t size = 200000;
	char *text = malloc(size + 1), *why = NULL;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 == 0 ? '}' : '\n';
	text[size] = '\0';
	assert_null(load_sized(text, size, &why));
	assert_non_null(strstr(why, "\nand 960 more"));
	assert_true(strlen(why) < 8192);
	free(why);
	free(text);
}

static void what_an_error_quotes_is_safe_to_show(void **state)
{
	static const char text[] = TOP "\"\xe2\x80\xaex\" %n%s%n = { 1 }\nhost = \"\xd0\xb0pple%n\"\n";
	char *why = NULL;

	(void)state;
	assert_null(load_sized(text, strlen(text), &why));
	assert_null(strstr(why, "\xe2\x80\xae"));
	assert_non_null(strstr(why, "%n%s%n"));
	free(why);
}

static void the_environment_is_never_read(void **state)
{
	static const char *const texts[] = {"issuer = \"https://${STEPUP_TEST_ISSUER}\"\n",
		"issuer = ${STEPUP_TEST_ISSUER}\n", "issuer = \"${STEPUP_TEST_UNSET:-https://s.example}\"\n",
		"${STEPUP_TEST_LINE}\n"};

	(void)state;
	assert_int_equal(setenv("STEPUP_TEST_ISSUER", "s.example", 1), 0);
	assert_int_equal(setenv("STEPUP_TEST_LINE", "issuer", 1), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *why = NULL;

		assert_null(load_sized(texts[i], strlen(texts[i]), &why));
		free(why);
	}
}

static void a_bad_text_leaves_nothing_behind_for_the_next(void **state)
{
	char *why = NULL;
	struct policy *policy;

	(void)state;
	assert_null(load_sized(TOP "help = \"never closed", strlen(TOP "help = \"never closed"), &why));
	free(why);
	assert_null(load_sized("/* never closed", strlen("/* never closed"), &why));
	free(why);
	policy = load_good(TOP RULE);
	assert_non_null(policy_rule(policy, "a.b"));
	policy_release(&policy);
}

static void every_cut_of_the_example_is_refused_or_whole(void **state)
{
	size_t whole = strlen(DESIGN_EXAMPLE);

	(void)state;
	for (size_t size = 0; size < whole; size++) {
		char *why = NULL;
		struct policy *policy = load_sized(DESIGN_EXAMPLE, size, &why);
		const char *rest = DESIGN_EXAMPLE + size;
		size_t blocks = 0, cut = 0;

		/* What loads holds every action that has been closed so far, and no other. */
		for (const char *at = DESIGN_EXAMPLE; (at = strstr(at, "\naction ")) != NULL; at++)
			blocks++;
		for (const char *at = rest; (at = strstr(at, "\naction ")) != NULL; at++)
			cut++;
		if (policy != NULL)
			assert_in_range(policy->rule_count, blocks - cut, blocks - cut + 3);
		free(why);
		policy_release(&policy);
	}
}

static void comments_and_spellings_that_mean_the_same_load_alike(void **state)
{
	struct policy *policy =
		load_good("# one\n// two\n/* three\n four */ issuer = \"https://s.example\" // https\n"
			"group g { members = { a, # first\n b, /* second */ c, } }\n"
			"action a.b { users = \"@g\" prompt = \"say \\\"yes\\\" # not a comment // nor "
			"this\" require = code }\n");
	const struct rule *rule = policy_rule(policy, "a.b");
	const struct policy_user c = {.name = "c"};

	(void)state;
	assert_string_equal(rule->prompt, "say \"yes\" # not a comment // nor this");
	assert_true(policy_list_names(policy, rule->users, &c));
	assert_int_equal(rule->place.line, 7);
	policy_release(&policy);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(broken_structure_is_refused_with_line_and_words),
	cmocka_unit_test(bad_values_are_refused_with_line_and_words),
	cmocka_unit_test(bad_rules_are_refused_with_line_and_words),
	cmocka_unit_test(a_nul_byte_is_refused),
	cmocka_unit_test(over_long_things_are_refused),
	cmocka_unit_test(a_list_of_more_than_64_users_asks_for_a_group),
	cmocka_unit_test(several_errors_are_told_at_once_in_the_order_of_lines),
	cmocka_unit_test(a_flood_of_errors_is_counted_not_shown),
	cmocka_unit_test(what_an_error_quotes_is_safe_to_show),
	cmocka_unit_test(the_environment_is_never_read),
	cmocka_unit_test(a_bad_text_leaves_nothing_behind_for_the_next),
	cmocka_unit_test(every_cut_of_the_example_is_refused_or_whole),
	cmocka_unit_test(comments_and_spellings_that_mean_the_same_load_alike),
};
TAP_MAIN(tests)
