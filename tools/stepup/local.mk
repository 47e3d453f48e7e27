# stepup, the CLI. libcli holds everything but main.c, so that tests link the objects the program has.
noinst_LIBRARIES += tools/stepup/libcli.a
LIBCLI = tools/stepup/libcli.a $(LIBEVIDENCE) $(QRENCODE_LIBS)
tools_stepup_libcli_a_CPPFLAGS = $(AM_CPPFLAGS)
tools_stepup_libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(QRENCODE_CFLAGS)
tools_stepup_libcli_a_SOURCES =
# Command lines, complaints, results, the terminal.
tools_stepup_libcli_a_SOURCES += tools/stepup/shell/commands.h tools/stepup/shell/options.h \
	tools/stepup/shell/options.c tools/stepup/shell/output.h tools/stepup/shell/output.c \
	tools/stepup/shell/page.h tools/stepup/shell/page.c tools/stepup/shell/run_program.h \
	tools/stepup/shell/run_program.c tools/stepup/shell/terminal.h tools/stepup/shell/terminal.c
# What a command asks the verifier.
tools_stepup_libcli_a_SOURCES += tools/stepup/calls/before_touch.h tools/stepup/calls/before_touch.c \
	tools/stepup/calls/details.h tools/stepup/calls/details.c tools/stepup/calls/doors.h \
	tools/stepup/calls/doors.c tools/stepup/calls/keys.h tools/stepup/calls/keys.c \
	tools/stepup/calls/log_pages.h tools/stepup/calls/log_pages.c
# The commands.
tools_stepup_libcli_a_SOURCES += tools/stepup/commands/command_admin.c \
	tools/stepup/commands/command_confirm.c tools/stepup/commands/command_help.c \
	tools/stepup/commands/command_init.c tools/stepup/commands/command_log.c \
	tools/stepup/commands/command_own.c tools/stepup/commands/command_policy.c \
	tools/stepup/commands/command_report.c tools/stepup/commands/command_requests.c \
	tools/stepup/commands/command_state.c tools/stepup/commands/command_table.c \
	tools/stepup/commands/command_upkeep.c tools/stepup/commands/completion.h \
	tools/stepup/commands/completion.c tools/stepup/commands/log_sshsig.h \
	tools/stepup/commands/log_sshsig.c
# PAM stacks, as `policy check` reads them.
tools_stepup_libcli_a_SOURCES += tools/stepup/pam/pam_doors.h tools/stepup/pam/pam_doors.c \
	tools/stepup/pam/pam_guesses.h tools/stepup/pam/pam_guesses.c tools/stepup/pam/pam_lint.h \
	tools/stepup/pam/pam_lint.c tools/stepup/pam/pam_stack.h tools/stepup/pam/pam_stack.c
# A new key or token.
tools_stepup_libcli_a_SOURCES += tools/stepup/enrolling/agent_key.h tools/stepup/enrolling/agent_key.c \
	tools/stepup/enrolling/command_enroll.c tools/stepup/enrolling/enroll_key.h \
	tools/stepup/enrolling/enroll_key.c tools/stepup/enrolling/qr.h tools/stepup/enrolling/qr.c \
	tools/stepup/enrolling/token_secret.h tools/stepup/enrolling/token_secret.c
# The report.
tools_stepup_libcli_a_SOURCES += tools/stepup/report/report.h tools/stepup/report/report.c \
	tools/stepup/report/report_csv.c tools/stepup/report/report_html.c \
	tools/stepup/report/report_locks.c tools/stepup/report/report_output.h \
	tools/stepup/report/report_text.c tools/stepup/report/report_time.c \
	tools/stepup/report/report_timeline.c tools/stepup/report/report_touched.h \
	tools/stepup/report/report_touched.c
tools_stepup_libcli_a_SOURCES +=
nodist_tools_stepup_libcli_a_SOURCES = tools/stepup/commands/starting_conf.h

bin_PROGRAMS += tools/stepup/stepup
tools_stepup_stepup_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tools_stepup_stepup_SOURCES = tools/stepup/main.c
tools_stepup_stepup_LDADD = $(LIBCLI)

# The configuration that `stepup init` starts with, as a C string.
EXTRA_DIST += tools/stepup/commands/stepup.conf.in
BUILT_SOURCES += tools/stepup/commands/starting_conf.h
CLEANFILES += tools/stepup/commands/starting_conf.h
tools/stepup/commands/starting_conf.h: tools/stepup/commands/stepup.conf.in
	$(AM_V_GEN)$(MKDIR_P) tools/stepup/commands && { echo 'static const char starting_conf_text[] ='; \
	$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' \
		$(srcdir)/tools/stepup/commands/stepup.conf.in; echo ';'; } >$@.new && mv $@.new $@

# The frame of bash's completion, and the style of reports as pages, likewise.
EXTRA_DIST += tools/stepup/commands/completion.bash tools/stepup/report/report.css
BUILT_SOURCES += tools/stepup/commands/completion_bash.h tools/stepup/report/report_style.h
CLEANFILES += tools/stepup/commands/completion_bash.h tools/stepup/report/report_style.h
tools/stepup/commands/completion_bash.h: tools/stepup/commands/completion.bash
	$(AM_V_GEN)$(MKDIR_P) tools/stepup/commands && { echo 'static const char completion_bash[] ='; \
	$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' \
		$(srcdir)/tools/stepup/commands/completion.bash; echo ';'; } >$@.new && mv $@.new $@
tools/stepup/report/report_style.h: tools/stepup/report/report.css
	$(AM_V_GEN)$(MKDIR_P) tools/stepup/report && { echo 'static const char report_style[] ='; \
	$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' \
		$(srcdir)/tools/stepup/report/report.css; echo ';'; } >$@.new && mv $@.new $@

# Completion comes from the program's own table.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = tools/stepup/completions/stepup
nodist_zshcompletion_DATA = tools/stepup/completions/_stepup
nodist_fishcompletion_DATA = tools/stepup/completions/stepup.fish
CLEANFILES += $(nodist_bashcompletion_DATA) $(nodist_zshcompletion_DATA) $(nodist_fishcompletion_DATA)
tools/stepup/completions/stepup: tools/stepup/stepup$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && tools/stepup/stepup completion bash >$@.new && mv $@.new $@
tools/stepup/completions/_stepup: tools/stepup/stepup$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && tools/stepup/stepup completion zsh >$@.new && mv $@.new $@
tools/stepup/completions/stepup.fish: tools/stepup/stepup$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && tools/stepup/stepup completion fish >$@.new && mv $@.new $@
