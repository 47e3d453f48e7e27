/* SPDX-License-Identifier: BSD-2-Clause */
/* The person at the terminal; see terminal.h. */
#include "tools/stepup/shell/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/wipe.h"
#include "tools/stepup/shell/page.h"

/* Where questions go and answers come from. */
struct terminal {
	int in, out;
	bool opened;   /* /dev/tty, to be closed */
	bool hiding;   /* echo is off; `before` is how it was */
	struct termios before;
};

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
	caught = number;
}

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

#define WATCHED_COUNT (sizeof(watched) / sizeof(watched[0]))

/* How signals stood before. While a question is open they are blocked everywhere but in the waiting itself,
 * so that none slips in between a look at `caught` and the wait. */
struct signals {
	struct sigaction actions[WATCHED_COUNT];
	sigset_t mask, waiting;
};

static void watch_signals(struct signals *before)
{
	struct sigaction action = {.sa_handler = note_signal};
	sigset_t blocked;

	caught = 0;
	(void)sigemptyset(&action.sa_mask);
	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < WATCHED_COUNT; i++)
		(void)sigaddset(&blocked, watched[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before->mask);
	before->waiting = before->mask;
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		(void)sigdelset(&before->waiting, watched[i]);
		(void)sigaction(watched[i], &action, &before->actions[i]);
	}
}

static void unwatch_signals(const struct signals *before)
{
	for (size_t i = 0; i < WATCHED_COUNT; i++)
		(void)sigaction(watched[i], &before->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static void terminal_open(struct terminal *terminal)
{
	*terminal = (struct terminal){.in = STDIN_FILENO, .out = STDERR_FILENO};
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		*terminal = (struct terminal){.in = fd, .out = fd, .opened = true};
}

static void terminal_hide(struct terminal *terminal)
{
	struct termios quiet;

	if (tcgetattr(terminal->in, &terminal->before) != 0)
		return;
	quiet = terminal->before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	terminal->hiding = tcsetattr(terminal->in, TCSAFLUSH, &quiet) == 0;
}

static void terminal_say(const struct terminal *terminal, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t put = write(terminal->out, text, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return; /* nobody reads; the answer will tell */
		text += put;
		size -= (size_t)put;
	}
}

/* Folded; no memory is no reason to say nothing. */
static void say_folded(const struct terminal *terminal, const char *text)
{
	char *folded = page_fold(text, page_width_of(terminal->out), 0);

	terminal_say(terminal, folded != NULL ? folded : text);
	free(folded);
}

static void terminal_close(struct terminal *terminal)
{
	if (terminal->hiding) {
		(void)tcsetattr(terminal->in, TCSAFLUSH, &terminal->before);
		terminal_say(terminal, "\n");
	}
	if (terminal->opened)
		(void)close(terminal->in);
}

/* Waits for something to read, or for a signal. */
static enum stepup_error wait_for_input(const struct terminal *terminal, const struct signals *signals)
{
	struct pollfd input = {.fd = terminal->in, .events = POLLIN};

	while (caught == 0) {
		if (ppoll(&input, 1, NULL, &signals->waiting) > 0)
			return STEPUP_OK;
		if (errno != EINTR)
			return STEPUP_IO;
	}
	return STEPUP_CANCELLED;
}

/* One byte at a time: what follows the line on a pipe belongs to somebody else. */
static enum stepup_error terminal_read_line(const struct terminal *terminal, const struct signals *signals,
	char *line, size_t room)
{
	size_t length = 0;

	for (;;) {
		enum stepup_error error = wait_for_input(terminal, signals);
		char byte;
		ssize_t got;

		if (error != STEPUP_OK)
			return error;
		got = read(terminal->in, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return STEPUP_IO;
		if (got == 0 && length == 0)
			return STEPUP_CANCELLED;
		if (got == 0 || byte == '\n')
			break;
		if (byte == '\0' || length + 1 >= room)
			return STEPUP_TOO_LONG;
		line[length++] = byte;
	}
	if (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return STEPUP_OK;
}

/* Asks once; a signal that came meanwhile is raised again when everything stands as it did. */
static enum stepup_error terminal_ask_once(const char *question, bool hidden, char *line, size_t room)
{
	struct terminal terminal;
	struct signals before;
	enum stepup_error error;
	int signal_number;

	terminal_open(&terminal);
	watch_signals(&before);
	if (hidden)
		terminal_hide(&terminal);
	say_folded(&terminal, question);
	error = terminal_read_line(&terminal, &before, line, room);
	terminal_close(&terminal);
	signal_number = caught;
	unwatch_signals(&before);
	if (signal_number != 0)
		(void)raise(signal_number);
	return error;
}

enum stepup_error terminal_ask(const char *question, bool hidden, char **answer)
{
	char line[TERMINAL_ANSWER_MAX + 1] = "";
	enum stepup_error error;

	do { /* again where somebody stopped it with Ctrl-Z and came back */
		error = terminal_ask_once(question, hidden, line, sizeof(line));
	} while (error == STEPUP_CANCELLED && caught == SIGTSTP);
	if (error == STEPUP_OK) {
		*answer = strdup(line);
		error = *answer != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
	}
	WIPE_ARRAY(line);
	return error;
}

bool terminal_confirm(const char *question)
{
	char *answer = NULL;
	bool yes = terminal_ask(question, false, &answer) == STEPUP_OK &&
		(strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);

	wipe_free_string(&answer);
	return yes;
}

bool terminal_has_colour(FILE *stream)
{
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) == 1 && getenv("NO_COLOR") == NULL && term != NULL &&
		strcmp(term, "dumb") != 0;
}

static enum stepup_error channel_ask(void *context, const char *question, char **line)
{
	(void)context;
	return terminal_ask(question, true, line);
}

static void channel_tell(void *context, const char *sentence)
{
	struct terminal terminal;

	(void)context;
	terminal_open(&terminal);
	say_folded(&terminal, sentence);
	terminal_say(&terminal, "\n");
	terminal_close(&terminal);
}

const struct text_channel terminal_channel = {channel_ask, channel_tell, NULL};
