# tests/pam: the module in front of a scripted verifier, and what other tests run a PAM transaction with.
check_PROGRAMS += tests/pam/pam_try
tests_pam_pam_try_SOURCES = tests/pam/pam_try.c
tests_pam_pam_try_CFLAGS = $(UNIT_CFLAGS)
tests_pam_pam_try_LDADD = $(JANSSON_LIBS) $(PAM_LIBS)
