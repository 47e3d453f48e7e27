# Step-ups in memory and the small rules behind the doors; what the doors decide is tested by tests/flows
# with a real stepupd.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/doors/test_requests tests/unit/doors/test_step_ups \
	tests/unit/doors/test_door_rules tests/unit/doors/test_freshness tests/unit/doors/test_verb \
	tests/unit/doors/test_waiters
check_PROGRAMS += tests/unit/doors/test_crowd
tests_unit_doors_test_crowd_SOURCES = tests/unit/doors/test_crowd.c $(crypto_memory)
tests_unit_doors_test_crowd_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_crowd_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/doors/test_steps
tests_unit_doors_test_steps_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_steps_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/rules/test_decoys
tests_unit_rules_test_decoys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rules_test_decoys_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_known_secrets
tests_unit_factors_test_known_secrets_SOURCES = tests/unit/factors/test_known_secrets.c \
	tests/unit/store/store_fixture.c
tests_unit_factors_test_known_secrets_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_known_secrets_LDADD = $(STORE_UNIT_LIBS)
tests_unit_doors_test_requests_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_requests_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
tests_unit_doors_test_step_ups_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_step_ups_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
tests_unit_doors_test_freshness_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_freshness_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
tests_unit_doors_test_door_rules_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_door_rules_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
tests_unit_doors_test_verb_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_verb_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
tests_unit_doors_test_waiters_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doors_test_waiters_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
endif
