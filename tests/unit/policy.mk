# Policy, words, explain.
EXTRA_DIST += tests/unit/rules/policy_fixture.h
if HAVE_CMOCKA
POLICY_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/rules/test_policy
tests_unit_rules_test_policy_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_policy_LDADD = $(POLICY_UNIT_LIBS)
check_PROGRAMS += tests/unit/rules/test_policy_directory
tests_unit_rules_test_policy_directory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_policy_directory_LDADD = $(POLICY_UNIT_LIBS)

check_PROGRAMS += tests/unit/rules/test_policy_errors
tests_unit_rules_test_policy_errors_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_policy_errors_LDADD = $(POLICY_UNIT_LIBS)
check_PROGRAMS += tests/unit/rules/test_policy_files
tests_unit_rules_test_policy_files_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_rules_test_policy_files_SOURCES = tests/unit/rules/test_policy_files.c $(certificate_maker) \
	$(key_maker)
tests_unit_rules_test_policy_files_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_policy_files_LDADD = $(POLICY_UNIT_LIBS) $(CRYPTO_LIBS)
check_PROGRAMS += tests/unit/rules/test_requirement
tests_unit_rules_test_requirement_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_requirement_LDADD = $(POLICY_UNIT_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/unit/evidence/test_alert_limit
tests_unit_evidence_test_alert_limit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_alert_limit_LDADD = $(POLICY_UNIT_LIBS)
check_PROGRAMS += tests/unit/rules/test_words
tests_unit_rules_test_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_words_LDADD = $(POLICY_UNIT_LIBS)
check_PROGRAMS += tests/unit/rules/test_explain
tests_unit_rules_test_explain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_explain_LDADD = $(POLICY_UNIT_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/unit/rules/test_policy_memory
tests_unit_rules_test_policy_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_policy_memory_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup
tests_unit_rules_test_policy_memory_LDADD = $(POLICY_UNIT_LIBS) $(JANSSON_LIBS)
endif
