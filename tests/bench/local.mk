# The benchmark: `make bench`. Not part of the tests: nothing here passes or fails by time.
check_PROGRAMS += tests/bench/fill_store tests/bench/pam_rate
bench_key = tests/bench/bench_key.h tests/bench/bench_key.c
tests_bench_fill_store_SOURCES = tests/bench/fill_store.c tests/bench/employee.h $(bench_key)
tests_bench_fill_store_CFLAGS = $(UNIT_CFLAGS)
tests_bench_fill_store_LDADD = $(LIBVERIFIER)
check_PROGRAMS += tests/bench/fill_log
tests_bench_fill_log_SOURCES = tests/bench/fill_log.c tests/bench/employee.h
tests_bench_fill_log_CFLAGS = $(UNIT_CFLAGS)
tests_bench_fill_log_LDADD = $(LIBVERIFIER)
tests_bench_pam_rate_SOURCES = tests/bench/pam_rate.c tests/bench/employee.h $(bench_key)
tests_bench_pam_rate_CFLAGS = $(UNIT_CFLAGS) $(OATH_CFLAGS)
tests_bench_pam_rate_LDADD = $(LIBEVIDENCE) $(OATH_LIBS) $(PAM_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/bench/key_rate
tests_bench_key_rate_SOURCES = tests/bench/key_rate.c tests/unit/makers/webauthn_maker.h \
	tests/unit/makers/webauthn_maker.c $(ssh_maker)
tests_bench_key_rate_CFLAGS = $(UNIT_CFLAGS)
tests_bench_key_rate_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
endif

EXTRA_DIST += tests/bench/run.py tests/bench/code_cost.py
.PHONY: bench
bench: all test-programs
	STEPUP_BUILD=$(abs_top_builddir) /usr/bin/python3 $(srcdir)/tests/bench/run.py $(BENCH_FLAGS)
