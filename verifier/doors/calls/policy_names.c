/* SPDX-License-Identifier: BSD-2-Clause */
/* What the directory says of the policy's names, kept. */
#include "verifier/doors/calls/policy_names.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "verifier/host/account_nss.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/rules/policy/policy_directory.h"
#include "verifier/verifier.h"

#define TOLD_MAX 5 /* names of each kind, in the journal */

static const struct directory_questions questions = {.group = group_nss, .user = account_nss_name};

/* On its way to the directory and back; outlives the names where they go meanwhile. */
struct names_asking {
	struct policy_names *names; /* NULL once they are gone */
	struct policy *policy;      /* referenced */
	struct policy_directory *found;
};

struct waiting {
	STAILQ_ENTRY(waiting) next;
	void (*go)(void *context);
	void *context;
	int64_t until_ms;
};

struct policy_names {
	struct verifier *verifier;
	struct names_asking *asking; /* one at a time */
	bool settled;          /* the policy in force was asked for once */
	bool told;             /* and the journal says what came of it */
	int64_t next_ms;
	STAILQ_HEAD(, waiting) waiting; /* in the order of their times */
};

struct policy_names *policy_names_new(struct verifier *verifier)
{
	struct policy_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	names->verifier = verifier;
	STAILQ_INIT(&names->waiting);
	return names;
}

/* Lets go those whose time is up, or all. */
static void let_go(struct policy_names *names, int64_t until_ms)
{
	struct waiting *waiting;

	while ((waiting = STAILQ_FIRST(&names->waiting)) != NULL && waiting->until_ms <= until_ms) {
		STAILQ_REMOVE_HEAD(&names->waiting, next);
		waiting->go(waiting->context);
		free(waiting);
	}
}

void policy_names_free(struct policy_names **names)
{
	struct policy_names *gone = *names;

	if (gone == NULL)
		return;
	let_go(gone, INT64_MAX);
	*names = NULL;
	if (gone->asking != NULL)
		gone->asking->names = NULL;
	free(gone);
}

struct telling {
	int unknown, otherwise;
};

/* A name that is nobody's may be mistyped; one that is spelt otherwise works, and may surprise whoever looks
 * for it in the log. */
static void tell_name(void *context, const char *written, const char *canonical)
{
	struct telling *telling = context;

	if (canonical == NULL && telling->unknown++ < TOLD_MAX)
		journal_line(LOG_WARNING, "policy",
			"this host knows no account \"%s\", which the policy names", written);
	else if (canonical != NULL && telling->otherwise++ < TOLD_MAX)
		journal_line(LOG_NOTICE, "policy", "the account that the policy calls \"%s\" is \"%s\" here",
			written, canonical);
}

static void names_tell(const struct policy *policy)
{
	struct telling telling = {0};

	policy_directory_each(policy->directory, tell_name, &telling);
	if (telling.unknown > TOLD_MAX)
		journal_line(LOG_WARNING, "policy", "nor %d other ones; `stepup policy check` names them",
			telling.unknown - TOLD_MAX);
	if (telling.otherwise > TOLD_MAX)
		journal_line(LOG_NOTICE, "policy",
			"and it calls %d other ones otherwise; `stepup policy check` names them",
			telling.otherwise - TOLD_MAX);
	for (size_t i = 0; i < policy->group_count; i++)
		if (policy->groups[i].unix_group != NULL && policy_directory_gid(policy->directory, i) == -1)
			journal_line(LOG_WARNING, "policy",
				"this host knows no unix group \"%s\", so group %s has nobody in it",
				policy->groups[i].unix_group, policy->groups[i].name);
}

/* On a worker thread. */
static void names_ask(void *context)
{
	struct names_asking *asking = context;

	asking->found = policy_directory_ask(asking->policy, &questions, asking->policy->directory);
}

static void names_start(struct policy_names *names);

/* Back on the loop's thread. */
static void answered(void *context)
{
	struct names_asking *asking = context;
	struct policy_names *names = asking->names;
	bool current = names != NULL && names->verifier->policy == asking->policy;
	bool complete = policy_directory_is_complete(asking->found);

	if (names != NULL && asking->found != NULL) {
		policy_directory_set(asking->policy, asking->found);
		asking->found = NULL;
	}
	if (current && !names->told && complete) {
		names_tell(asking->policy);
		names->told = true;
	}
	policy_directory_free(&asking->found);
	policy_release(&asking->policy);
	free(asking);
	if (names == NULL)
		return;
	names->asking = NULL;
	if (!current) {
		names_start(names);
		return;
	}
	names->settled = true;
	names->next_ms = clock_boot_ms() +
		(complete ? POLICY_NAMES_EVERY_SECONDS : POLICY_NAMES_AGAIN_SECONDS) * INT64_C(1000);
	let_go(names, INT64_MAX);
}

static void names_start(struct policy_names *names)
{
	struct names_asking *asking;

	if (names->asking != NULL)
		return;
	names->next_ms = clock_boot_ms() + POLICY_NAMES_AGAIN_SECONDS * INT64_C(1000);
	asking = calloc(1, sizeof(*asking));
	if (asking == NULL)
		return;
	*asking = (struct names_asking){.names = names, .policy = policy_reference(names->verifier->policy)};
	names->asking = asking;
	if (account_cache_work(names->verifier->accounts, names_ask, answered, asking))
		return;
	names->asking = NULL;
	policy_release(&asking->policy);
	free(asking);
}

void policy_names_changed(struct policy_names *names)
{
	names->settled = names->told = false;
	names_start(names);
}

void policy_names_tick(struct policy_names *names)
{
	int64_t now = clock_boot_ms();

	let_go(names, now);
	if (now >= names->next_ms)
		names_start(names);
}

void policy_names_wait(struct policy_names *names, void (*go)(void *context), void *context)
{
	struct waiting *waiting = names->settled ? NULL : malloc(sizeof(*waiting));

	if (waiting == NULL) {
		go(context);
		return;
	}
	*waiting = (struct waiting){.go = go, .context = context,
		.until_ms = clock_boot_ms() + POLICY_NAMES_WAIT_SECONDS * INT64_C(1000)};
	STAILQ_INSERT_TAIL(&names->waiting, waiting, next);
}
