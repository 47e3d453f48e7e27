# The store: seals, rows, transactions, start-up, the commit queue.
EXTRA_DIST += tests/unit/store/store_fixture.h tests/unit/store/disk_faults.h tests/unit/store/schema_1.sql \
	tests/unit/store/schema_2.sql
# What one accepted code costs below the doors; run by hand.
check_PROGRAMS += tests/bench/commit_rate
tests_bench_commit_rate_CFLAGS = $(UNIT_CFLAGS)
tests_bench_commit_rate_LDADD = $(LIBVERIFIER) $(UV_LIBS) $(JANSSON_LIBS)

# What the vault adds to a code and to a start; run by hand.
check_PROGRAMS += tests/bench/vault_cost
tests_bench_vault_cost_CFLAGS = $(UNIT_CFLAGS)
tests_bench_vault_cost_LDADD = $(LIBVERIFIER) $(UV_LIBS) $(JANSSON_LIBS)

if HAVE_CMOCKA
STORE_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS) $(SQLITE_LIBS)
check_PROGRAMS += tests/unit/vault/test_seal
tests_unit_vault_test_seal_SOURCES = tests/unit/vault/test_seal.c tests/unit/store/store_fixture.c
tests_unit_vault_test_seal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_seal_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_head
tests_unit_vault_test_head_SOURCES = tests/unit/vault/test_head.c tests/unit/store/store_fixture.c
tests_unit_vault_test_head_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_head_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_move_check
tests_unit_vault_test_move_check_SOURCES = tests/unit/vault/test_move_check.c tests/unit/store/store_fixture.c
tests_unit_vault_test_move_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_move_check_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_mark tests/unit/vault/test_mark_check
tests_unit_vault_test_mark_SOURCES = tests/unit/vault/test_mark.c tests/unit/store/store_fixture.c \
	tests/unit/store/disk_faults.c
tests_unit_vault_test_mark_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_mark_LDADD = $(STORE_UNIT_LIBS)
tests_unit_vault_test_mark_check_SOURCES = tests/unit/vault/test_mark_check.c tests/unit/store/store_fixture.c
tests_unit_vault_test_mark_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_mark_check_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_row_memory
tests_unit_vault_test_row_memory_SOURCES = tests/unit/vault/test_row_memory.c tests/unit/store/store_fixture.c
tests_unit_vault_test_row_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_row_memory_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_vault
tests_unit_vault_test_vault_SOURCES = tests/unit/vault/test_vault.c tests/unit/store/store_fixture.c
tests_unit_vault_test_vault_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_vault_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/vault/test_user_record
tests_unit_vault_test_user_record_SOURCES = tests/unit/vault/test_user_record.c \
	tests/unit/store/store_fixture.c
tests_unit_vault_test_user_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_vault_test_user_record_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store
tests_unit_store_test_store_SOURCES = tests/unit/store/test_store.c tests/unit/store/store_fixture.c
tests_unit_store_test_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_voiding
tests_unit_store_test_store_voiding_SOURCES = tests/unit/store/test_store_voiding.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_voiding_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_voiding_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_log
tests_unit_store_test_store_log_SOURCES = tests/unit/store/test_store_log.c tests/unit/store/store_fixture.c
tests_unit_store_test_store_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_log_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_tampering
tests_unit_store_test_store_tampering_SOURCES = tests/unit/store/test_store_tampering.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_tampering_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_tampering_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_open
tests_unit_store_test_store_open_SOURCES = tests/unit/store/test_store_open.c tests/unit/store/store_fixture.c
tests_unit_store_test_store_open_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_open_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_upgrade
tests_unit_store_test_store_upgrade_SOURCES = tests/unit/store/test_store_upgrade.c \
	tests/unit/store/store_fixture.c tests/unit/store/disk_faults.c
tests_unit_store_test_store_upgrade_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_store_test_store_upgrade_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_upgrade_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_uses
tests_unit_store_test_store_uses_SOURCES = tests/unit/store/test_store_uses.c tests/unit/store/store_fixture.c
tests_unit_store_test_store_uses_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_uses_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_scale
tests_unit_store_test_store_scale_SOURCES = tests/unit/store/test_store_scale.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_scale_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_scale_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_checkpoints
tests_unit_store_test_store_checkpoints_SOURCES = tests/unit/store/test_store_checkpoints.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_checkpoints_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_checkpoints_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_requests
tests_unit_store_test_store_requests_SOURCES = tests/unit/store/test_store_requests.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_requests_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_requests_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_key_ids
tests_unit_store_test_store_key_ids_SOURCES = tests/unit/store/test_store_key_ids.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_key_ids_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_key_ids_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_events
tests_unit_store_test_store_events_SOURCES = tests/unit/store/test_store_events.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_events_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_events_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_commit_queue
tests_unit_store_test_commit_queue_SOURCES = tests/unit/store/test_commit_queue.c \
	tests/unit/store/store_fixture.c tests/unit/store/disk_faults.c
tests_unit_store_test_commit_queue_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_commit_queue_LDADD = $(STORE_UNIT_LIBS) $(UV_LIBS)
check_PROGRAMS += tests/unit/store/test_store_power
tests_unit_store_test_store_power_SOURCES = tests/unit/store/test_store_power.c \
	tests/unit/store/store_fixture.c
tests_unit_store_test_store_power_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_power_LDADD = $(STORE_UNIT_LIBS)
check_PROGRAMS += tests/unit/store/test_store_faults
tests_unit_store_test_store_faults_SOURCES = tests/unit/store/test_store_faults.c \
	tests/unit/store/store_fixture.c tests/unit/store/disk_faults.c
tests_unit_store_test_store_faults_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=strdup
tests_unit_store_test_store_faults_LDADD = $(STORE_UNIT_LIBS) $(CRYPTO_LIBS)
endif
