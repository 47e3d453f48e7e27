/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seed-customers: fills an SQLite file with invented customers of an invented mailing company, and their
 * contacts. The same file every time. No name, address or key belongs to anybody: addresses end in
 * example.com, .net and .org (RFC 2606).
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char *const firsts[] = {"Amber", "Birch", "Cobalt", "Dune", "Ember", "Fable", "Granite",
	"Harbour", "Indigo", "Juniper", "Kestrel", "Lantern", "Maple", "Nimbus", "Orchard", "Pepper",
	"Quarry", "Raven", "Saffron", "Thistle", "Umber", "Velvet", "Willow", "Zephyr"};
static const char *const seconds[] = {"Analytics", "Bakery", "Cycles", "Ledger", "Outdoor", "Pottery",
	"Records", "Robotics", "Studio", "Teas", "Travel", "Wallets", "Works", "Yarns", "& Daughters"};
static const char *const plans[] = {"Free", "Essentials", "Standard", "Premium"};
static const char *const regions[] = {"EU", "UK", "US", "APAC"};
static const char *const given[] = {"Ada", "Bela", "Carmen", "Dario", "Edda", "Farid", "Greta", "Hana", "Ivo",
	"Jana", "Kofi", "Lena", "Milo", "Nora", "Otto", "Priya", "Quentin", "Rosa", "Sami", "Tove", "Uma",
	"Viggo", "Wanda", "Yusuf", "Zoé"};
static const char *const families[] = {"Abara", "Bergmann", "Castell", "Dvořák", "Eklund", "Ferreira",
	"Grimaldi", "Haddad", "Ishikawa", "Jansen", "Kowal", "Lindqvist", "Moreau", "Novak", "O'Shea",
	"Petrov", "Quist", "Rahman", "Sørensen", "Tanaka", "Ueda", "Varga", "Weiss", "Yilmaz", "Zamora"};
static const char *const domains[] = {"example.com", "example.net", "example.org"};
static const char *const cities[] = {"Aarhus", "Bergen", "Bologna", "Cork", "Ghent", "Graz", "Leeds", "Lyon",
	"Porto", "Turku"};
static const char *const states[] = {"subscribed", "subscribed", "subscribed", "unsubscribed", "bounced"};

/* Customers that try to break out of a page, for tests. */
static const char *const awkward[] = {"<script>document.title='broken'</script>",
	"\"><img src=x onerror=alert(1)>", "' autofocus onfocus='alert(1)", "</title><svg onload=alert(1)>",
	"=HYPERLINK(\"http://example.org\")", "\xe2\x80\xaetxt.exe"};

/* xorshift64*: the same numbers everywhere. */
static uint64_t state = 0x5851f42d4c957f2d;

static uint64_t number_below(uint64_t bound)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return ((state * 0x2545f4914f6cdd1d) >> 32) % bound;
}

#define PICK(list) (list)[number_below(COUNT(list))]

static sqlite3 *db;

static void must(int result)
{
	if (result == SQLITE_OK || result == SQLITE_DONE)
		return;
	fprintf(stderr, "seed-customers: %s\n", sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

static void run(sqlite3_stmt *statement)
{
	must(sqlite3_step(statement));
	must(sqlite3_reset(statement));
}

static void bind(sqlite3_stmt *statement, int index, const char *text)
{
	must(sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT));
}

/* "Harbour & Daughters" → "harbour-daughters"; what isn't a letter or digit becomes one dash. */
static void make_account(const char *name, char account[64])
{
	size_t size = 0;

	for (; *name && size < 60; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			account[size++] = c;
		else if (size && account[size - 1] != '-')
			account[size++] = '-';
	}
	while (size && account[size - 1] == '-')
		size--;
	account[size] = '\0';
}

static void make_date(char date[16])
{
	snprintf(date, 16, "20%02u-%02u-%02u", (unsigned)(14 + number_below(9)),
		(unsigned)(1 + number_below(12)), (unsigned)(1 + number_below(28)));
}

static void add_contacts(sqlite3_stmt *statement, int64_t customer, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		char name[96], address[96], date[16], account[64];

		snprintf(name, sizeof(name), "%s %s", PICK(given), PICK(families));
		make_account(name, account);
		snprintf(address, sizeof(address), "%s.%llu@%s", account,
			(unsigned long long)(customer * 10000 + (int64_t)i), PICK(domains));
		make_date(date);
		must(sqlite3_bind_int64(statement, 1, customer));
		bind(statement, 2, name);
		bind(statement, 3, address);
		bind(statement, 4, PICK(cities));
		bind(statement, 5, PICK(states));
		bind(statement, 6, date);
		run(statement);
	}
}

static void add_customer(sqlite3_stmt *customer, sqlite3_stmt *contact, int64_t id, const char *name,
	const char *account, uint64_t contacts)
{
	char key[48], date[16];

	snprintf(key, sizeof(key), "qp_live_%08x%08x%08x", (unsigned)number_below(1ull << 32),
		(unsigned)number_below(1ull << 32), (unsigned)number_below(1ull << 32));
	make_date(date);
	must(sqlite3_bind_int64(customer, 1, id));
	bind(customer, 2, account);
	bind(customer, 3, name);
	bind(customer, 4, PICK(plans));
	bind(customer, 5, PICK(regions));
	bind(customer, 6, date);
	bind(customer, 7, key);
	run(customer);
	add_contacts(contact, id, contacts);
}

static void fill(int with_awkward)
{
	sqlite3_stmt *customer, *contact;
	int64_t id = 0;

	must(sqlite3_prepare_v2(db, "INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", -1,
			&customer, NULL));
	must(sqlite3_prepare_v2(db, "INSERT INTO contacts (customer, name, email, city, state, added) "
			"VALUES (?1, ?2, ?3, ?4, ?5, ?6)", -1, &contact, NULL));
	for (size_t i = 0; i < COUNT(firsts); i++) {
		for (size_t j = 0; j < COUNT(seconds); j++) {
			char name[64], account[64];
			uint64_t size = number_below(10) ? 5 + number_below(60) : 150 + number_below(450);

			snprintf(name, sizeof(name), "%s %s", firsts[i], seconds[j]);
			make_account(name, account);
			/* The example that the manual and the tests speak of. */
			add_customer(customer, contact, ++id, name, account,
				strcmp(account, "harbour-wallets") ? size : 340);
		}
	}
	for (size_t i = 0; with_awkward && i < COUNT(awkward); i++) {
		char account[64];

		snprintf(account, sizeof(account), "awkward-%zu", i + 1);
		add_customer(customer, contact, ++id, awkward[i], account, 3);
	}
	must(sqlite3_finalize(customer));
	must(sqlite3_finalize(contact));
	if (with_awkward)
		must(sqlite3_exec(db, "UPDATE contacts SET name = '=2+5+cmd|'' /C calc''!A0' "
				"WHERE id = (SELECT max(id) FROM contacts);"
				"UPDATE contacts SET name = '<img src=x onerror=alert(2)>', "
				"city = 'a \"quoted\", place' WHERE id = (SELECT max(id) - 1 FROM contacts)",
				NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
	static const char schema[] = "PRAGMA journal_mode = DELETE; BEGIN;"
		"CREATE TABLE customers (id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE, "
		"name TEXT NOT NULL,"
		" plan TEXT NOT NULL, region TEXT NOT NULL, since TEXT NOT NULL, "
		"api_key TEXT NOT NULL) STRICT;"
		"CREATE TABLE contacts (id INTEGER PRIMARY KEY, "
		"customer INTEGER NOT NULL REFERENCES customers,"
		" name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL, state TEXT NOT NULL, "
		"added TEXT NOT NULL) STRICT;"
		"CREATE INDEX contacts_customer ON contacts (customer);";
	int with_awkward = argc == 3 && !strcmp(argv[1], "--awkward");

	if (argc != 2 + with_awkward || argv[argc - 1][0] == '-') {
		fputs("usage: seed-customers [--awkward] FILE\n\nMakes FILE, which must not be there yet. "
		      "--awkward adds customers whose names try to break out of pages.\n",
			stderr);
		return 2;
	}
	if (!access(argv[argc - 1], F_OK)) {
		fprintf(stderr, "seed-customers: %s is there already\n", argv[argc - 1]);
		return EXIT_FAILURE;
	}
	umask(0027);
	must(sqlite3_open(argv[argc - 1], &db));
	must(sqlite3_exec(db, schema, NULL, NULL, NULL));
	fill(with_awkward);
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	must(sqlite3_close(db));
	return EXIT_SUCCESS;
}
