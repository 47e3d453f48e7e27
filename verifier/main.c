/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepupd: options, wiring, signals, the service manager. MUST: leave no core and no memory to other
 * processes' eyes, never be killed by a peer that hangs up, and mark a stop as clean only where everything
 * answered is on the disk.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <uv.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/program/options.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/hook_feed.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/evidence/receipt.h"
#include "verifier/host/account.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/housekeeping.h"
#include "verifier/life_log.h"
#include "verifier/patience.h"
#include "verifier/reload.h"
#include "verifier/server/server.h"
#include "verifier/server/sockets.h"
#include "verifier/startup.h"
#include "verifier/upkeep/upkeep.h"

#define TICK_MS 1000
#define STOP_SECONDS 5           /* for calls that are under way */
#define DESCRIPTORS_WANTED 65536
#define DESCRIPTORS_KEPT 64      /* for the database, NSS and the like */
#define CONNECTIONS_MAX 8192
#define WORKERS "8"              /* libuv's threads; account.c takes at most six of them */

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct daemon {
	struct verifier verifier;
	struct server *server;
	struct sockets sockets;
	struct housekeeping housekeeping;
	uv_loop_t loop;
	uv_signal_t hangup, terminate, interrupt;
	uv_timer_t tick;
	enum { JWKS_NEW, JWKS_OWED, JWKS_WRITTEN } jwks;
	int64_t stop_by_ms;
	bool stopping;
	bool asks_directory; /* at the stop: a lookup is under way still */
};

/* --- what the process owes itself before anything else --- */

static void stdio_guarantee(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

/* Whatever jansson held (typed codes, receipts) is wiped when it lets go. */
static void wiping_free(void *memory)
{
	if (memory != NULL)
		wipe_memory(memory, malloc_usable_size(memory));
	free(memory);
}

static void process_harden(void)
{
	const struct rlimit no_core = { 0, 0 };

	stdio_guarantee();
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	json_set_alloc_funcs(malloc, wiping_free);
	(void)setenv("UV_THREADPOOL_SIZE", WORKERS, 0);
}

/* As many descriptors as are allowed; returns how many connections that is good for. */
static size_t descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 256;
	if (limit.rlim_cur < DESCRIPTORS_WANTED) {
		limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur <= 2 * DESCRIPTORS_KEPT)
		return DESCRIPTORS_KEPT / 2;
	return limit.rlim_cur - DESCRIPTORS_KEPT < CONNECTIONS_MAX ? (size_t)limit.rlim_cur - DESCRIPTORS_KEPT
		: CONNECTIONS_MAX;
}

/* --- running --- */

static void stop_now(struct daemon *daemon)
{
	uv_stop(&daemon->loop);
}

static void on_stop_signal(uv_signal_t *handle, int signal_number)
{
	struct daemon *daemon = handle->data;

	if (daemon->stopping)
		return;
	daemon->stopping = true;
	daemon->stop_by_ms = clock_boot_ms() + STOP_SECONDS * 1000;
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Stopping: finishing what is under way.");
	journal_line(LOG_NOTICE, "stop", "signal=%s", strsignal(signal_number));
	sockets_remove(&daemon->sockets);
	hook_feed_stop(&daemon->verifier);
	step_ups_watch(daemon->verifier.step_ups, NULL, NULL); /* what ends now, we end */
	server_stop(daemon->server);
	waiters_end(daemon->verifier.waiters);
	if (server_busy(daemon->server) == 0)
		stop_now(daemon);
}

static void notify_ready(const struct daemon *daemon)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=Serving %s with %zu rules.", daemon->verifier.policy->issuer,
		daemon->verifier.policy->rule_count);
}

/* Where strangers have sudo and sshd hold all of root's connections, the place that holds most
 * of them gives way. */
static bool make_room(struct verifier *verifier, uid_t uid)
{
	return step_ups_make_room(verifier->step_ups, uid);
}

static void on_hangup(uv_signal_t *handle, int signal_number)
{
	struct daemon *daemon = handle->data;
	struct timespec now;
	char *why = NULL;

	enum stepup_error result;
	int64_t heard_ms = reload_now_ms();

	(void)signal_number;
	if (daemon->stopping || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	result = verifier_reload(&daemon->verifier, &why);
	if (result == STEPUP_OK)
		life_log_reload(&daemon->verifier);
	reload_tell(daemon->sockets.run_dir, heard_ms, result, why);
	free(why);
	notify_ready(daemon);
}

/* /run/stepup/jwks.json, for services that check receipts offline. Not being able to is no reason not to
 * serve; it is tried on, and said once. */
static void jwks_write(struct daemon *daemon)
{
	const char *run_dir = daemon->sockets.run_dir;
	char *text =
		json_dumps(receipt_signer_jwks(daemon->verifier.receipts), JSON_COMPACT | JSON_SORT_KEYS),
		*path = NULL;
	enum stepup_error result = STEPUP_NO_MEMORY;

	if (text != NULL && asprintf(&path, "%s/jwks.json", run_dir) >= 0)
		result = safe_file_replace(path, text, strlen(text), 0644);
	if (result != STEPUP_OK && daemon->jwks == JWKS_NEW)
		journal_line(LOG_WARNING, "warning",
			"could not write %s/jwks.json: %s. Trying again each second.", run_dir,
			stepup_error_text(result));
	daemon->jwks = result == STEPUP_OK ? JWKS_WRITTEN : JWKS_OWED;
	free(path);
	free(text);
}

static void on_tick(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	server_tick(daemon->server);
	housekeeping_tick(&daemon->housekeeping);
	if (daemon->jwks == JWKS_OWED && !daemon->stopping)
		jwks_write(daemon);
	if (daemon->stopping && (server_busy(daemon->server) == 0 || clock_boot_ms() >= daemon->stop_by_ms))
		stop_now(daemon);
}

static enum stepup_error handles_start(struct daemon *daemon)
{
	uv_loop_t *loop = &daemon->loop;

	daemon->hangup.data = daemon->terminate.data = daemon->interrupt.data = daemon->tick.data = daemon;
	if (uv_signal_init(loop, &daemon->hangup) != 0 ||
	    uv_signal_start(&daemon->hangup, on_hangup, SIGHUP) != 0 ||
	    uv_signal_init(loop, &daemon->terminate) != 0 ||
	    uv_signal_start(&daemon->terminate, on_stop_signal, SIGTERM) != 0 ||
	    uv_signal_init(loop, &daemon->interrupt) != 0 ||
	    uv_signal_start(&daemon->interrupt, on_stop_signal, SIGINT) != 0 ||
	    uv_timer_init(loop, &daemon->tick) != 0 ||
	    uv_timer_start(&daemon->tick, on_tick, TICK_MS, TICK_MS) != 0)
		return STEPUP_NO_MEMORY;
	return STEPUP_OK;
}

static enum stepup_error verifier_serve(struct daemon *daemon)
{
	enum stepup_error result;

	result = server_new(&daemon->verifier, descriptors_raise(), &daemon->server);
	if (result == STEPUP_OK)
		result = handles_start(daemon);
	for (int i = 0; i < SOCKET_COUNT && result == STEPUP_OK; i++) {
		if (daemon->sockets.fds[i] >= 0)
			result = server_listen(daemon->server, daemon->sockets.fds[i], sockets_door(i));
	}
	if (result != STEPUP_OK)
		return result;
	daemon->verifier.server = daemon->server;
	daemon->verifier.serves = true;
	server_set_room(daemon->server, make_room);
	jwks_write(daemon);
	housekeeping_start(&daemon->housekeeping, &daemon->verifier);
	journal_line(LOG_NOTICE, "start", "version=%s host=%s issuer=%s rules=%zu clean=%s", PACKAGE_VERSION,
		daemon->verifier.policy->host, daemon->verifier.policy->issuer,
		daemon->verifier.policy->rule_count, daemon->verifier.clean_start ? "yes" : "no");
	notify_ready(daemon);
	(void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
	return STEPUP_OK;
}

/* Whether somebody starts it who would only start it again: then it tries on by itself. Whoever typed the
 * command wants to hear why it failed. */
static bool is_managed(const struct startup_options *options)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	return notify != NULL && *notify != '\0' && !options->new_epoch;
}

/* One try, from nothing. */
static enum stepup_error try_open(const struct startup_options *options, struct daemon *daemon, char **why)
{
	enum stepup_error result;

	free(*why);
	*why = NULL;
	daemon->verifier = (struct verifier){ .loop = &daemon->loop };
	result = startup_open(options, &daemon->verifier, why);
	if (result != STEPUP_OK)
		(void)startup_close(&daemon->verifier);
	if (result != STEPUP_OK && *why == NULL)
		*why = strdup(stepup_error_text(result));
	return result;
}

/* Opens the sockets, and behind them everything else, however often it takes. STEPUP_CANCELLED: somebody
 * ended it meanwhile. */
static enum stepup_error verifier_start(const struct startup_options *options,
	struct daemon *daemon, char **why)
{
	struct patience *patience = NULL;
	enum stepup_error result = sockets_open(options->run_dir, &daemon->sockets, why);

	if (result != STEPUP_OK)
		return result;
	result = try_open(options, daemon, why);
	if (result == STEPUP_OK || !is_managed(options) ||
	    patience_begin(&daemon->loop, &daemon->sockets, &patience) != STEPUP_OK)
		return result;
	while (result != STEPUP_OK && patience_has(result))
		result = patience_wait(patience, *why != NULL ? *why : stepup_error_text(result))
			? try_open(options, daemon, why) : STEPUP_CANCELLED;
	if (result != STEPUP_OK && result != STEPUP_CANCELLED && !daemon->sockets.own)
		patience_refuse(patience);
	return patience_end(&patience) ? result : STEPUP_CANCELLED;
}

/* Undoes, in the order that lets everybody who was promised an answer have it. */
static enum stepup_error unwind(struct daemon *daemon)
{
	enum stepup_error result;

	/* Closing runs the loop: no chore may come upon what is closed already. */
	if (uv_is_active((const uv_handle_t *)&daemon->tick))
		(void)uv_timer_stop(&daemon->tick);
	sockets_remove(&daemon->sockets);
	daemon->asks_directory = account_cache_asks(daemon->verifier.accounts);
	result = startup_close(&daemon->verifier);
	daemon->verifier.server = NULL;
	if (daemon->server != NULL) {
		server_close(daemon->server);
		(void)uv_run(&daemon->loop, UV_RUN_NOWAIT); /* ends at once where somebody asked it to stop */
		(void)uv_run(&daemon->loop, UV_RUN_NOWAIT);
	}
	sockets_close(&daemon->sockets);
	return result;
}

/* The end of the process, which waits for no directory: exit() would, as libuv joins its threads there. */
static int leave(const struct daemon *daemon, int status)
{
	if (daemon->asks_directory) {
		(void)fflush(NULL);
		_exit(status);
	}
	return status;
}

/* The process ends after this. */
static int verifier_run(const struct startup_options *options)
{
	static struct daemon daemon;
	enum stepup_error result;
	char *why = NULL;

	daemon.sockets.lock_fd = -1;
	if (uv_loop_init(&daemon.loop) != 0) {
		journal_line(LOG_ERR, "refused to start",
			"no memory or no descriptors for the event loop: %s", strerror(errno));
		return EXIT_REFUSED;
	}
	daemon.verifier.loop = &daemon.loop;
	result = verifier_start(options, &daemon, &why);
	if (result == STEPUP_OK)
		result = verifier_serve(&daemon);
	if (result == STEPUP_CANCELLED) {
		(void)unwind(&daemon);
		journal_line(LOG_NOTICE, "stopped", "Nobody had been served yet.");
		result = STEPUP_OK;
	} else if (result != STEPUP_OK) {
		journal_lines(LOG_ERR, "refused to start",
			why != NULL && *why != '\0' ? why : stepup_error_text(result));
		(void)sd_notifyf(0, "STATUS=Refused to start: %s",
			why != NULL ? why : stepup_error_text(result));
		(void)unwind(&daemon);
	} else {
		result = unwind(&daemon);
		journal_line(result == STEPUP_OK ? LOG_NOTICE : LOG_ERR, "stopped", "clean=%s",
			result == STEPUP_OK ? "yes" : stepup_error_text(result));
	}
	free(why);
	return leave(&daemon, result == STEPUP_OK ? EXIT_OK : EXIT_REFUSED);
}

/* --- options --- */

/* By row of option_rows. */
enum verifier_option {
	OPTION_CONFIG,
	OPTION_RUN_DIR,
	OPTION_MASTER_KEY,
	OPTION_MARK,
	OPTION_HIGHWATER,
	OPTION_CHECK,
	OPTION_RULE_FOR,
	OPTION_RELOAD,
	OPTION_NEW_EPOCH,
	OPTION_ASK_EPOCH,
	OPTION_BACKUP,
	OPTION_RESTORE,
	OPTION_MOVE,
	OPTION_AS_BACKUP,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_COUNT
};

static const struct option_row option_rows[OPTION_COUNT] = {
	[OPTION_CONFIG] = {"config", "FILE", COMPLETE_FILE, NULL,
		"the policy; default " STEPUP_SYSCONFDIR "/stepup.conf"},
	[OPTION_RUN_DIR] = {"run-dir", "DIR", COMPLETE_FOLDER, NULL,
		"where the sockets are made; default " STEPUP_RUNDIR},
	[OPTION_MASTER_KEY] = {"master-key", "FILE", COMPLETE_FILE, NULL,
		"the master key; default " STEPUP_SYSCONFDIR "/master.key"},
	[OPTION_MARK] = {"mark", "FILE", COMPLETE_FILE, NULL,
		"what tells an older store from the newest; default " STEPUP_MARKDIR "/mark"},
	[OPTION_HIGHWATER] = {"highwater", "FILE", COMPLETE_FILE, NULL, NULL},
	[OPTION_CHECK] = {"check", NULL, COMPLETE_NOTHING, NULL,
		"check the policy and exit: 0 if it would be taken, 1 if not"},
	[OPTION_RULE_FOR] = {"rule-for", "ACTION", COMPLETE_NOTHING, NULL,
		"say which rule of the policy an action has and exit: 0 if it has one, 1 if not"},
	[OPTION_RELOAD] = {"reload", "PID", COMPLETE_NOTHING, NULL,
		"make a running verifier read its policy again and exit: "
		"0 if it is in force, 1 if it was refused"},
	[OPTION_NEW_EPOCH] = {"new-epoch", NULL, COMPLETE_NOTHING, NULL,
		"go on with a restored database as it is; this voids receipts and invitations"},
	[OPTION_ASK_EPOCH] = {"ask-epoch", NULL, COMPLETE_NOTHING, NULL,
		"make the next start do that, and exit"},
	[OPTION_BACKUP] = {"backup", "FILE", COMPLETE_FILE, NULL,
		"copy the store to FILE, also while it is in use, and exit"},
	[OPTION_RESTORE] = {"restore", "FILE", COMPLETE_FILE, NULL,
		"put such a copy in the store's place and exit"},
	[OPTION_MOVE] = {"move", NULL, COMPLETE_NOTHING, NULL,
		"with --backup: move the store away in FILE; no verifier starts here then"},
	[OPTION_AS_BACKUP] = {"as-backup", NULL, COMPLETE_NOTHING, NULL,
		"with --restore: restore a file of --move like any copy"},
	[OPTION_JSON] = {"json", NULL, COMPLETE_NOTHING, NULL,
		"with --backup and --restore: say what came of it as JSON"},
	[OPTION_VERSION] = {"version", NULL, COMPLETE_NOTHING, NULL, "print the version and exit"},
	[OPTION_HELP] = {"help", NULL, COMPLETE_NOTHING, NULL, "print this and exit"},
};

static const struct option_set option_set = {"stepupd", "stepupd --help", option_rows, OPTION_COUNT};

/* What to do instead of serving. */
struct instead {
	bool check, ask_epoch;
	const char *rule_for, *reload, *backup, *restore;
	struct upkeep_how how;
};

/* What an option was given as, or `otherwise`. */
static const char *given(const char *const *values, enum verifier_option option, const char *otherwise)
{
	return values[option] != NULL ? values[option] : otherwise;
}

static void options_settle(const char *const *values, struct startup_options *options,
	struct instead *instead)
{
	options->config = given(values, OPTION_CONFIG, options->config);
	options->run_dir = given(values, OPTION_RUN_DIR, options->run_dir);
	options->master_key = given(values, OPTION_MASTER_KEY, options->master_key);
	options->mark = given(values, OPTION_MARK, given(values, OPTION_HIGHWATER, options->mark));
	options->new_epoch = values[OPTION_NEW_EPOCH] != NULL;
	*instead = (struct instead){
		.check = values[OPTION_CHECK] != NULL,
		.ask_epoch = values[OPTION_ASK_EPOCH] != NULL,
		.rule_for = values[OPTION_RULE_FOR],
		.reload = values[OPTION_RELOAD],
		.backup = values[OPTION_BACKUP],
		.restore = values[OPTION_RESTORE],
		.how = {.move = values[OPTION_MOVE] != NULL, .as_backup = values[OPTION_AS_BACKUP] != NULL,
			.json = values[OPTION_JSON] != NULL},
	};
}

/* -1 to go on, else the exit status. */
static int verifier_options_read(int argc, char **argv, struct startup_options *options,
	struct instead *instead)
{
	const char *values[OPTION_COUNT] = {NULL};

	if (!options_take_all(&option_set, argc, argv, values, stderr))
		return EXIT_USAGE;
	if (values[OPTION_VERSION] != NULL) {
		printf("stepupd %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (values[OPTION_HELP] != NULL) {
		(void)fputs("usage: stepupd [OPTION…]\n\n"
			"The verifier of pam-stepup. Runs in the foreground.\n\n", stdout);
		options_print(&option_set, 22, stdout);
		return EXIT_OK;
	}
	options_settle(values, options, instead);
	if ((instead->how.move && instead->backup == NULL) ||
		(instead->how.as_backup && instead->restore == NULL)) {
		(void)fputs("stepupd: --move goes with --backup, --as-backup with --restore."
			    " Run `stepupd --help`.\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static int ask_to_reload(const char *run_dir, const char *process)
{
	char *end;
	long number = strtol(process, &end, 10);

	if (*end != '\0' || number < 2 || number > INT_MAX) {
		(void)fprintf(stderr, "stepupd: --reload takes the process number of the verifier, "
			"as systemd has it in $MAINPID.\n");
		return EXIT_USAGE;
	}
	return reload_ask(run_dir, (pid_t)number) ? EXIT_OK : EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	struct startup_options options = {
		.config = STEPUP_SYSCONFDIR "/stepup.conf",
		.run_dir = STEPUP_RUNDIR,
		.master_key = STEPUP_SYSCONFDIR "/master.key",
		.mark = STEPUP_MARKDIR "/mark",
	};
	struct instead instead = { .check = false };
	struct upkeep_place here;
	int status;

	process_harden();
	status = verifier_options_read(argc, argv, &options, &instead);
	if (status >= 0)
		return status;
	if (instead.check)
		return startup_check(options.config, options.run_dir) ? EXIT_OK : EXIT_REFUSED;
	if (instead.rule_for != NULL)
		return startup_rule_for(options.config, instead.rule_for) ? EXIT_OK : EXIT_REFUSED;
	if (instead.reload != NULL)
		return ask_to_reload(options.run_dir, instead.reload);
	here = (struct upkeep_place){options.config, options.master_key, options.mark};
	if (instead.ask_epoch)
		return upkeep_ask_epoch(&here) ? EXIT_OK : EXIT_REFUSED;
	if (instead.backup != NULL)
		return upkeep_backup(&here, instead.backup, &instead.how) ? EXIT_OK : EXIT_REFUSED;
	if (instead.restore != NULL)
		return upkeep_restore(&here, instead.restore, &instead.how) ? EXIT_OK : EXIT_REFUSED;
	return verifier_run(&options);
}
