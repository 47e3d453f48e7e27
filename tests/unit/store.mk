# The store: seals, rows, transactions, start-up, the commit queue.
EXTRA_DIST += tests/unit/store_fixture.h tests/unit/disk_faults.h tests/unit/schema_1.sql tests/unit/schema_2.sql
# What one accepted code costs below the doors; run by hand.
check_PROGRAMS += tests/bench/commit_rate
tests_bench_commit_rate_CFLAGS = $(UNIT_CFLAGS)
tests_bench_commit_rate_LDADD = $(LIBVERIFIER) $(UV_LIBS) $(JANSSON_LIBS)

if HAVE_CMOCKA
STORE_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS) $(SQLITE_LIBS)
check_PROGRAMS += tests/unit/test_seal
tests_unit_test_seal_SOURCES = tests/unit/test_seal.c tests/unit/store_fixture.c
tests_unit_test_seal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_seal_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_user_record
tests_unit_test_user_record_SOURCES = tests/unit/test_user_record.c tests/unit/store_fixture.c
tests_unit_test_user_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_user_record_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/store_fixture.c
tests_unit_test_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_voiding
tests_unit_test_store_voiding_SOURCES = tests/unit/test_store_voiding.c tests/unit/store_fixture.c
tests_unit_test_store_voiding_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_voiding_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_log
tests_unit_test_store_log_SOURCES = tests/unit/test_store_log.c tests/unit/store_fixture.c
tests_unit_test_store_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_log_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_tampering
tests_unit_test_store_tampering_SOURCES = tests/unit/test_store_tampering.c tests/unit/store_fixture.c
tests_unit_test_store_tampering_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_tampering_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_open
tests_unit_test_store_open_SOURCES = tests/unit/test_store_open.c tests/unit/store_fixture.c
tests_unit_test_store_open_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_open_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_upgrade
tests_unit_test_store_upgrade_SOURCES = tests/unit/test_store_upgrade.c tests/unit/store_fixture.c tests/unit/disk_faults.c
tests_unit_test_store_upgrade_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_test_store_upgrade_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_upgrade_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_uses
tests_unit_test_store_uses_SOURCES = tests/unit/test_store_uses.c tests/unit/store_fixture.c
tests_unit_test_store_uses_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_uses_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_scale
tests_unit_test_store_scale_SOURCES = tests/unit/test_store_scale.c tests/unit/store_fixture.c
tests_unit_test_store_scale_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_scale_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_checkpoints
tests_unit_test_store_checkpoints_SOURCES = tests/unit/test_store_checkpoints.c tests/unit/store_fixture.c
tests_unit_test_store_checkpoints_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_checkpoints_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_requests
tests_unit_test_store_requests_SOURCES = tests/unit/test_store_requests.c tests/unit/store_fixture.c
tests_unit_test_store_requests_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_requests_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_key_ids
tests_unit_test_store_key_ids_SOURCES = tests/unit/test_store_key_ids.c tests/unit/store_fixture.c
tests_unit_test_store_key_ids_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_key_ids_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_store_events
tests_unit_test_store_events_SOURCES = tests/unit/test_store_events.c tests/unit/store_fixture.c
tests_unit_test_store_events_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_events_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_commit_queue
tests_unit_test_commit_queue_SOURCES = tests/unit/test_commit_queue.c tests/unit/store_fixture.c tests/unit/disk_faults.c
tests_unit_test_commit_queue_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_commit_queue_LDADD = $(STORE_UNIT_LIBS) $(UV_LIBS)
check_PROGRAMS += tests/unit/test_store_faults
tests_unit_test_store_faults_SOURCES = tests/unit/test_store_faults.c tests/unit/store_fixture.c tests/unit/disk_faults.c
tests_unit_test_store_faults_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup
tests_unit_test_store_faults_LDADD = $(STORE_UNIT_LIBS) $(CRYPTO_LIBS)
endif
