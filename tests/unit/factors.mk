# Factors and what paces them: one-time codes, guesses, limits, clocks.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/factors/test_otp_drift
tests_unit_factors_test_otp_drift_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_otp_drift_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_key_counter
tests_unit_factors_test_key_counter_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_key_counter_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
FACTORS_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_otp tests/unit/rules/test_guessing tests/unit/server/test_clock
tests_unit_factors_test_otp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_otp_LDADD = $(FACTORS_UNIT_LIBS)
tests_unit_rules_test_guessing_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_guessing_LDADD = $(FACTORS_UNIT_LIBS)
tests_unit_server_test_clock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_clock_LDADD = $(FACTORS_UNIT_LIBS)
check_PROGRAMS += tests/unit/rules/test_limits
tests_unit_rules_test_limits_SOURCES = tests/unit/rules/test_limits.c tests/unit/store/store_fixture.c
tests_unit_rules_test_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_limits_LDADD = $(FACTORS_UNIT_LIBS)
endif
