/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authenticates as many employees as it can through a PAM service for some seconds, from several processes,
 * and says how many outcomes were right and how long each took. A right code's outcome is PAM_SUCCESS, a
 * wrong code's anything else.
 *
 * usage: pam_rate --service NAME --confdir DIR --counters FILE --users N [--processes N] [--seconds S]
 * [--wrong] [--fresh] [--key FILE] [--socket PATH] [--details VARIABLE] FILE holds the codes each employee
 * has used (int64; the first counter is 1, as google-authenticator wants), shared by all processes and kept
 * between runs. Prints one JSON object. --fresh runs every authentication in a new process, as sudo does.
 * --key has employees answer with this private key, as their browsers would (conversation=json); with
 * --socket too, without PAM: Begin and Answer on a connection that stays. VARIABLE is put into PAM's
 * environment, "STEPUP_DETAILS={...}". Never installed.
 */
#include <getopt.h>
#include <fcntl.h>
#include <liboath/oath.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/client/step_up_client.h"
#include "tests/bench/bench_key.h"
#include "tests/bench/employee.h"

#define SAMPLES_MAX 400000

struct conversation {
	const char *code;
	const struct bench_key *key; /* NULL: the code */
	long number;
	uint32_t counter;
	long prompts;
};

struct options {
	const char *service, *confdir, *counters, *once_user, *once_code, *key_file, *socket, *details;
	struct bench_key *key;
	struct verifier_client *client; /* of this process */
	const char *self;
	long users;
	int processes;
	double seconds;
	bool wrong, fresh;
	struct conversation once; /* --once-user's answer */
};

struct result {
	long right, other, prompts;
	long count; /* of samples */
	uint32_t samples[SAMPLES_MAX]; /* microseconds */
};

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The answer to a question in JSON; NULL where nothing can be made of it. */
static char *key_reply(const struct conversation *conversation, const char *question)
{
	json_t *asked = json_loads(question, 0, NULL), *answer, *reply;
	char *text;

	answer = bench_key_answer(conversation->key, json_object_get(asked, "publicKey"),
		conversation->number, conversation->counter);
	reply = json_pack("{s:s, s:o}", "method", "browser", "credential", answer);
	text = reply == NULL ? NULL : json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	json_decref(asked);
	return text;
}

/* Answers every hidden prompt with the code, or by the key. */
static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct conversation *conversation = context;
	struct pam_response *r = calloc((size_t)count, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		r[i].resp = conversation->key != NULL ? key_reply(conversation, messages[i]->msg)
			: strdup(conversation->code);
		conversation->prompts++;
	}
	*responses = r;
	return PAM_SUCCESS;
}

static enum stepup_error ask_key(void *context, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	const struct conversation *conversation = context;

	answer->method = "browser";
	answer->key = bench_key_answer(conversation->key, question->browser, conversation->number,
		conversation->counter);
	return answer->key == NULL ? STEPUP_CANCELLED : STEPUP_OK;
}

/* Without PAM. */
static bool step_up(struct options *o, const char *user, struct conversation *conversation)
{
	static const char *const reach[] = {"browser", NULL};
	const struct step_up_request request = {.user = user, .action = "login.key", .reach = reach};
	const struct step_up_conversation talk = {.ask = ask_key, .context = conversation};
	struct step_up_outcome outcome = {0};
	enum stepup_error error = STEPUP_OK;

	if (o->client == NULL)
		error = verifier_client_open(o->socket, deadline_in(10000), &o->client);
	if (error == STEPUP_OK)
		error = step_up_run(o->client, &request, &talk, deadline_in(30000), &outcome);
	step_up_outcome_clear(&outcome);
	return error == STEPUP_OK;
}

static bool authenticate(const struct options *o, const char *user, struct conversation *answers,
	long *prompts)
{
	struct conversation conversation = *answers;
	struct pam_conv conv = {converse, &conversation};
	pam_handle_t *handle = NULL;
	int result = pam_start_confdir(o->service, user, &conv, o->confdir, &handle);

	if (result == PAM_SUCCESS && o->details != NULL)
		result = pam_putenv(handle, o->details);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(handle, 0);
	pam_end(handle, result);
	*prompts += conversation.prompts;
	return result == PAM_SUCCESS;
}

static bool authenticate_fresh(const struct options *o, const char *user, const struct conversation *answers,
	long *prompts)
{
	const char *key = o->key_file == NULL ? "" : o->key_file;
	char number[24], counter[24];
	int status = 0;
	pid_t child = vfork();

	if (child == 0) {
		snprintf(number, sizeof(number), "%ld", answers->number);
		snprintf(counter, sizeof(counter), "%u", answers->counter);
		execl(o->self, o->self, "--service", o->service, "--confdir", o->confdir, "--once-user", user,
			"--once-code", answers->code, "--key", key, "--once-number", number, "--once-counter",
			counter, (char *)NULL);
		_exit(127);
	}
	*prompts += 1;
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0;
}

static void make_code(const struct options *o, long number, int64_t *counters, char code[7])
{
	uint8_t secret[EMPLOYEE_SECRET_SIZE];

	if (employee_secret(number, secret) != STEPUP_OK ||
	    oath_hotp_generate((const char *)secret, sizeof(secret), (uint64_t)counters[number] + 1, 6, 0,
		    OATH_HOTP_DYNAMIC_TRUNCATION, code) != OATH_OK)
		exit(1);
	/* no counter within reach gives this one often enough to matter; such an outcome isn't counted */
	if (o->wrong)
		code[0] = (char)('0' + (code[0] - '0' + 5) % 10);
}

/* One process: goes round its share of the employees until time is up. */
static void run(struct options *o, int process, int64_t *counters, double until, struct result *result)
{
	long number = process % o->users;

	while (now_seconds() < until && result->count < SAMPLES_MAX) {
		char name[EMPLOYEE_NAME_SIZE], code[7];
		struct conversation answers;
		double begun;
		bool granted;
		long prompts = 0;

		employee_name(number, name);
		make_code(o, number, counters, code);
		begun = now_seconds();
		answers = (struct conversation){.code = code, .key = o->key, .number = number,
			.counter = (uint32_t)counters[number] + 1};
		if (o->socket != NULL)
			granted = step_up(o, name, &answers);
		else
			granted = o->fresh ? authenticate_fresh(o, name, &answers, &prompts)
				: authenticate(o, name, &answers, &prompts);
		result->samples[result->count++] =
			(uint32_t)((now_seconds() - begun) * 1e6 / (double)(prompts > 1 ? prompts : 1));
		result->prompts += prompts;
		if (granted != o->wrong)
			result->right += o->wrong ? prompts : 1;
		else
			result->other++;
		if (granted)
			counters[number]++;
		number += o->processes;
		if (number >= o->users)
			number = process % o->users;
	}
}

static int compare_samples(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(const struct options *o, struct result *results, double took)
{
	long count = 0, right = 0, other = 0;
	uint32_t *all;

	for (int i = 0; i < o->processes; i++)
		count += results[i].count;
	all = malloc(sizeof(*all) * (size_t)(count > 0 ? count : 1));
	if (all == NULL)
		exit(1);
	count = 0;
	for (int i = 0; i < o->processes; i++) {
		memcpy(all + count, results[i].samples, sizeof(*all) * (size_t)results[i].count);
		count += results[i].count;
		right += results[i].right;
		other += results[i].other;
	}
	qsort(all, (size_t)count, sizeof(*all), compare_samples);
	printf("{\"right\":%ld,\"other\":%ld,\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u}\n", right,
		other, (double)right / took, count ? all[count / 2] : 0, count ? all[count * 99 / 100] : 0);
	free(all);
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {{"service", 1, NULL, 's'}, {"confdir", 1, NULL, 'c'},
		{"counters", 1, NULL, 'C'}, {"users", 1, NULL, 'u'}, {"processes", 1, NULL, 'p'},
		{"seconds", 1, NULL, 't'}, {"wrong", 0, NULL, 'w'}, {"fresh", 0, NULL, 'f'},
		{"once-user", 1, NULL, 'U'}, {"once-code", 1, NULL, 'K'}, {"key", 1, NULL, 'k'},
		{"once-number", 1, NULL, 'n'}, {"once-counter", 1, NULL, 'm'}, {"socket", 1, NULL, 'S'},
		{"details", 1, NULL, 'd'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 's': o->service = optarg; break;
		case 'c': o->confdir = optarg; break;
		case 'C': o->counters = optarg; break;
		case 'u': o->users = strtol(optarg, NULL, 10); break;
		case 'p': o->processes = (int)strtol(optarg, NULL, 10); break;
		case 't': o->seconds = strtod(optarg, NULL); break;
		case 'w': o->wrong = true; break;
		case 'f': o->fresh = true; break;
		case 'U': o->once_user = optarg; break;
		case 'K': o->once_code = optarg; break;
		case 'k': o->key_file = optarg[0] == '\0' ? NULL : optarg; break;
		case 'n': o->once.number = strtol(optarg, NULL, 10); break;
		case 'm': o->once.counter = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'S': o->socket = optarg; break;
		case 'd': o->details = optarg; break;
		default: exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct options o = {.processes = 1, .seconds = 2, .self = "/proc/self/exe"};
	struct result *results;
	int64_t *counters;
	struct stat st;
	double begun;
	long prompts = 0;
	int fd;

	parse(argc, argv, &o);
	if (o.key_file != NULL) {
		o.key = bench_key_open(o.key_file);
		if (o.key == NULL)
			return 1;
	}
	if (o.once_user != NULL) {
		o.once.code = o.once_code;
		o.once.key = o.key;
		return authenticate(&o, o.once_user, &o.once, &prompts) ? 0 : 1;
	}
	fd = open(o.counters, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) != 0)
		return 1;
	if (st.st_size < (off_t)sizeof(*counters) * o.users &&
	    ftruncate(fd, (off_t)sizeof(*counters) * o.users) != 0)
		return 1;
	counters = mmap(NULL, sizeof(*counters) * (size_t)o.users, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	results = mmap(NULL, sizeof(*results) * (size_t)o.processes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counters == MAP_FAILED || results == MAP_FAILED || o.users < o.processes)
		return 1;
	begun = now_seconds();
	for (int i = 0; i < o.processes; i++) {
		if (fork() == 0) {
			run(&o, i, counters, begun + o.seconds, &results[i]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		continue;
	report(&o, results, now_seconds() - begun);
	return 0;
}
