# stepup, the CLI. libcli holds everything but main.c, so that tests link the objects the program has.
noinst_LIBRARIES += tools/stepup/libcli.a
LIBCLI = tools/stepup/libcli.a $(LIBEVIDENCE) $(QRENCODE_LIBS)
tools_stepup_libcli_a_CPPFLAGS = $(AM_CPPFLAGS)
tools_stepup_libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(QRENCODE_CFLAGS)
tools_stepup_libcli_a_SOURCES = tools/stepup/options.h tools/stepup/options.c tools/stepup/commands.h tools/stepup/command_table.c \
	tools/stepup/terminal.h tools/stepup/terminal.c tools/stepup/output.h tools/stepup/output.c tools/stepup/page.h tools/stepup/page.c \
	tools/stepup/qr.h tools/stepup/qr.c tools/stepup/before_touch.h tools/stepup/before_touch.c \
	tools/stepup/completion.h tools/stepup/completion.c tools/stepup/doors.h tools/stepup/doors.c \
	tools/stepup/details.h tools/stepup/details.c tools/stepup/token_secret.h tools/stepup/token_secret.c \
	tools/stepup/pam_lint.h tools/stepup/pam_lint.c tools/stepup/pam_doors.h tools/stepup/pam_doors.c tools/stepup/pam_guesses.h tools/stepup/pam_guesses.c \
	tools/stepup/pam_stack.h tools/stepup/pam_stack.c tools/stepup/log_pages.h tools/stepup/log_pages.c tools/stepup/log_sshsig.h tools/stepup/log_sshsig.c \
	tools/stepup/keys.h tools/stepup/keys.c tools/stepup/agent_key.h tools/stepup/agent_key.c \
	tools/stepup/enroll_key.h tools/stepup/enroll_key.c \
	tools/stepup/command_init.c tools/stepup/command_enroll.c tools/stepup/command_own.c tools/stepup/command_requests.c tools/stepup/command_confirm.c \
	tools/stepup/command_admin.c tools/stepup/command_policy.c tools/stepup/command_state.c tools/stepup/command_log.c \
	tools/stepup/command_help.c tools/stepup/command_upkeep.c tools/stepup/run_program.h tools/stepup/run_program.c \
	tools/stepup/command_report.c tools/stepup/report.h tools/stepup/report.c tools/stepup/report_time.c \
	tools/stepup/report_output.h tools/stepup/report_text.c tools/stepup/report_csv.c tools/stepup/report_html.c tools/stepup/report_timeline.c \
	tools/stepup/report_locks.c tools/stepup/report_touched.h tools/stepup/report_touched.c
nodist_tools_stepup_libcli_a_SOURCES = tools/stepup/starting_conf.h

bin_PROGRAMS += tools/stepup/stepup
tools_stepup_stepup_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tools_stepup_stepup_SOURCES = tools/stepup/main.c
tools_stepup_stepup_LDADD = $(LIBCLI)

# The configuration that `stepup init` starts with, as a C string.
EXTRA_DIST += tools/stepup/stepup.conf.in
BUILT_SOURCES += tools/stepup/starting_conf.h
CLEANFILES += tools/stepup/starting_conf.h
tools/stepup/starting_conf.h: tools/stepup/stepup.conf.in
	$(AM_V_GEN)$(MKDIR_P) tools/stepup && { echo 'static const char starting_conf_text[] ='; \
	$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $(srcdir)/tools/stepup/stepup.conf.in; echo ';'; } >$@.new && mv $@.new $@

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
