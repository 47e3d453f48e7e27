# tests/pam: the module in front of a scripted verifier, and what other tests run a PAM transaction with.
test_helpers += tests/pam/pam_try
tests_pam_pam_try_SOURCES = tests/pam/pam_try.c
tests_pam_pam_try_CFLAGS = $(UNIT_CFLAGS)
tests_pam_pam_try_LDADD = $(JANSSON_LIBS) $(PAM_LIBS)

if HAVE_CMOCKA
PAM_TEST_CPPFLAGS = $(AM_CPPFLAGS) -DPAM_STEPUP_SO='"$(abs_top_builddir)/pam_module/pam_stepup.so"'
PAM_TEST_LIBS = $(CMOCKA_LIBS) $(JANSSON_LIBS) $(PAM_LIBS) -lpthread
PAM_TEST_FIXTURE = tests/pam/pam_fixture.h tests/pam/pam_fixture.c tests/pam/fake_verifier.h \
	tests/pam/fake_verifier.c
check_PROGRAMS += tests/pam/test_return_codes tests/pam/test_conversation tests/pam/test_stacks \
	tests/pam/test_host tests/pam/test_no_memory tests/pam/test_secrets tests/pam/test_verifier_abuse \
	tests/pam/test_keys tests/pam/test_host_prompt

tests_pam_test_return_codes_SOURCES = tests/pam/test_return_codes.c $(PAM_TEST_FIXTURE)
tests_pam_test_return_codes_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_return_codes_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_return_codes_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_return_codes_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_conversation_SOURCES = tests/pam/test_conversation.c $(PAM_TEST_FIXTURE)
tests_pam_test_conversation_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_conversation_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_conversation_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_conversation_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_stacks_SOURCES = tests/pam/test_stacks.c $(PAM_TEST_FIXTURE)
tests_pam_test_stacks_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_stacks_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_stacks_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_stacks_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_verifier_abuse_SOURCES = tests/pam/test_verifier_abuse.c $(PAM_TEST_FIXTURE)
tests_pam_test_verifier_abuse_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_verifier_abuse_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_verifier_abuse_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_verifier_abuse_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_keys_SOURCES = tests/pam/test_keys.c $(PAM_TEST_FIXTURE)
tests_pam_test_keys_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_keys_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_keys_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_keys_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_host_SOURCES = tests/pam/test_host.c $(PAM_TEST_FIXTURE)
tests_pam_test_host_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_host_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_host_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_host_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_no_memory_SOURCES = tests/pam/test_no_memory.c $(PAM_TEST_FIXTURE)
tests_pam_test_no_memory_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_no_memory_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_no_memory_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_no_memory_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_secrets_SOURCES = tests/pam/test_secrets.c $(PAM_TEST_FIXTURE)
tests_pam_test_secrets_CPPFLAGS = $(PAM_TEST_CPPFLAGS)
tests_pam_test_secrets_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_secrets_LDADD = $(PAM_TEST_LIBS)
tests_pam_test_secrets_DEPENDENCIES = pam_module/pam_stepup.so

tests_pam_test_host_prompt_SOURCES = tests/pam/test_host_prompt.c pam_module/host_prompt.h \
	pam_module/host_prompt.c
tests_pam_test_host_prompt_CFLAGS = $(UNIT_CFLAGS)
tests_pam_test_host_prompt_LDADD = $(LIBSTEPUP) $(CMOCKA_LIBS)
endif
