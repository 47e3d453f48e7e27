# The CLI's parts that need no verifier.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/tools/test_pam_lint tests/unit/tools/test_options \
	tests/unit/tools/test_agent_key tests/unit/tools/test_report tests/unit/tools/test_output
endif
tests_unit_tools_test_pam_lint_SOURCES = tests/unit/tools/test_pam_lint.c tools/stepup/pam/pam_lint.c \
	tools/stepup/pam/pam_lint.h tools/stepup/pam/pam_doors.c tools/stepup/pam/pam_doors.h \
	tools/stepup/pam/pam_guesses.c tools/stepup/pam/pam_guesses.h tools/stepup/pam/pam_stack.c \
	tools/stepup/pam/pam_stack.h
tests_unit_tools_test_pam_lint_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_pam_lint_LDADD = $(CMOCKA_LIBS)
tests_unit_tools_test_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_options_LDADD = $(LIBCLI) $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_tools_test_agent_key_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_agent_key_LDADD = $(LIBCLI) $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_tools_test_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_report_LDADD = $(LIBCLI) $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_tools_test_output_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_output_LDADD = $(LIBCLI) $(JANSSON_LIBS) $(CMOCKA_LIBS)
