/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * support-console: an example of a web console that asks for a step-up before what matters.
 * It runs as an unprivileged user of its own, serves loopback only, and stands behind a TLS
 * proxy in earnest use.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/web/http.h"

#define TEND_SECONDS 5 /* between two looks at what nobody waits for any more */

struct console_options {
	const char *customers, *staff, *files, *export_socket, *verifier_socket, *origin, *service, *confdir,
		*set_password, *help_desk;
	uint16_t port;
	bool demo;
};

enum { OPTION_CUSTOMERS = 256, OPTION_STAFF, OPTION_STATIC, OPTION_EXPORT, OPTION_VERIFIER, OPTION_ORIGIN,
	OPTION_SERVICE, OPTION_CONFDIR, OPTION_PASSWORD, OPTION_HELP_DESK };

static const struct option long_options[] = {
	{"customers", required_argument, NULL, OPTION_CUSTOMERS},
	{"staff", required_argument, NULL, OPTION_STAFF},
	{"static", required_argument, NULL, OPTION_STATIC},
	{"export-socket", required_argument, NULL, OPTION_EXPORT},
	{"verifier-socket", required_argument, NULL, OPTION_VERIFIER},
	{"origin", required_argument, NULL, OPTION_ORIGIN},
	{"pam-service", required_argument, NULL, OPTION_SERVICE},
	{"pam-confdir", required_argument, NULL, OPTION_CONFDIR},
	{"set-password", required_argument, NULL, OPTION_PASSWORD},
	{"port", required_argument, NULL, 'p'},
	{"help-desk", required_argument, NULL, OPTION_HELP_DESK},
	{"demo", no_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void support_console_usage(FILE *out)
{
	fputs("usage: support-console --customers FILE --staff FILE --static DIR --export-socket "
		"PATH [OPTION…]\n"
		"       support-console --staff FILE --set-password NAME   "
		"(the password is read from standard input)\n\n"
		"  --port N            loopback port (8080); 0 takes a free one\n"
		"  --origin URL        as browsers see it (http://localhost:PORT); "
		"https makes the cookies Secure\n"
		"  --pam-service NAME  PAM service (support-console)\n"
		"  --pam-confdir DIR   the folder of PAM services (/etc/pam.d)\n"
		"  --verifier-socket PATH  the verifier's (" VERIFIER_SOCKET ")\n"
		"  --help-desk WORDS   whom to call about a lost key (your administrator)\n"
		"  --demo              show receipts, and let people try to misuse them; not for real use\n",
		out);
}

/* False after a wrong option; `*done` where the help was shown. */
static bool options_read(int argc, char **argv, struct console_options *options, bool *done)
{
	long port;
	int option;

	*options = (struct console_options){
		.service = "support-console", .verifier_socket = VERIFIER_SOCKET, .port = 8080,
		.help_desk = "your administrator"};
	while ((option = getopt_long(argc, argv, "p:dh", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_CUSTOMERS: options->customers = optarg; break;
		case OPTION_STAFF: options->staff = optarg; break;
		case OPTION_STATIC: options->files = optarg; break;
		case OPTION_EXPORT: options->export_socket = optarg; break;
		case OPTION_VERIFIER: options->verifier_socket = optarg; break;
		case OPTION_ORIGIN: options->origin = optarg; break;
		case OPTION_SERVICE: options->service = optarg; break;
		case OPTION_CONFDIR: options->confdir = optarg; break;
		case OPTION_PASSWORD: options->set_password = optarg; break;
		case OPTION_HELP_DESK: options->help_desk = optarg; break;
		case 'd': options->demo = true; break;
		case 'h': *done = true; break;
		case 'p':
			port = strtol(optarg, NULL, 10);
			if (port < 0 || port > 65535)
				return false;
			options->port = (uint16_t)port;
			break;
		default: return false;
		}
	}
	if (options->origin && strncmp(options->origin, "https://", 8) &&
	    strncmp(options->origin, "http://", 7))
		return false;
	if (*done || optind != argc)
		return *done;
	return options->staff &&
		(options->set_password || (options->customers && options->files && options->export_socket));
}

static bool set_password(const struct console_options *options)
{
	char password[PASSWORD_MAX + 2], why[256] = "no password was given";
	struct staff *staff = staff_open(options->staff, why, sizeof(why));
	bool done = false;

	if (staff && fgets(password, sizeof(password), stdin)) {
		password[strcspn(password, "\n")] = '\0';
		done = staff_set_password(staff, options->set_password, password, why, sizeof(why));
	}
	explicit_bzero(password, sizeof(password));
	staff_close(&staff);
	if (!done)
		fprintf(stderr, "support-console: the password was not set: %s\n", why);
	return done;
}

static bool console_open(const struct console_options *options, struct console *console, char *why,
	size_t why_size)
{
	console->export_socket = options->export_socket;
	console->verifier_socket = options->verifier_socket;
	console->demo = options->demo;
	console->help_desk = options->help_desk;
	console->customers = customers_open(options->customers, why, why_size);
	if (!console->customers)
		return false;
	console->staff = staff_open(options->staff, why, why_size);
	if (!console->staff)
		return false;
	console->files = static_files_load(options->files, why, why_size);
	if (!console->files)
		return false;
	console->sessions = sessions_new();
	console->bridge = bridge_new(options->service, options->confdir, options->verifier_socket);
	snprintf(why, why_size, "no memory");
	return console->sessions && console->bridge;
}

static void console_close(struct console *console)
{
	bridge_free(&console->bridge);
	sessions_free(&console->sessions);
	static_files_free(&console->files);
	staff_close(&console->staff);
	customers_close(&console->customers);
}

/* Returns with SIGINT or SIGTERM, whether that went well. */
static bool tend_until_told(const struct console *console, const sigset_t *signals)
{
	const struct timespec every = {.tv_sec = TEND_SECONDS};
	int got;

	while ((got = sigtimedwait(signals, NULL, &every)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return false;
		bridge_tend(console->bridge);
	}
	return true;
}

/* Serves until SIGINT or SIGTERM. */
static int support_console_serve(const struct console_options *options)
{
	struct console console = {0};
	struct MHD_Daemon *daemon = NULL;
	char why[512] = "", origin[ORIGIN_SIZE] = "";
	int result = EXIT_FAILURE;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	console.origin = options->origin ? options->origin : origin;
	if (!console_open(options, &console, why, sizeof(why))) {
		fprintf(stderr, "support-console: %s\n", why);
		goto out;
	}
	daemon = http_start(&console, options->port, origin);
	if (!daemon) {
		fprintf(stderr, "support-console: could not listen on 127.0.0.1 port %u\n", options->port);
		goto out;
	}
	printf("support-console: ready at %s\n", console.origin);
	fflush(stdout);
	result = tend_until_told(&console, &signals) ? EXIT_SUCCESS : EXIT_FAILURE;
	MHD_stop_daemon(daemon);
out:
	console_close(&console);
	return result;
}

int main(int argc, char **argv)
{
	struct console_options options;
	bool help = false;

	if (!options_read(argc, argv, &options, &help)) {
		support_console_usage(stderr);
		return 2;
	}
	if (help) {
		support_console_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!geteuid()) {
		fprintf(stderr,
			"support-console: does not run as root. Start it as a user of its own.\n");
		return EXIT_FAILURE;
	}
	if (options.set_password)
		return set_password(&options) ? EXIT_SUCCESS : EXIT_FAILURE;
	return support_console_serve(&options);
}
