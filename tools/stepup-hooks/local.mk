# stepup-hooks: runs the hooks, as a user of its own.
sbin_PROGRAMS += tools/stepup-hooks/stepup-hooks
tools_stepup_hooks_stepup_hooks_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tools_stepup_hooks_stepup_hooks_SOURCES = tools/stepup-hooks/main.c tools/stepup-hooks/hook_folder.h \
	tools/stepup-hooks/hook_folder.c tools/stepup-hooks/hook_run.h tools/stepup-hooks/hook_run.c
tools_stepup_hooks_stepup_hooks_LDADD = $(LIBSTEPUP)
