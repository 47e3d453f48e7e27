# The server under the doors: connections, budgets, accounts.
if HAVE_CMOCKA
SERVER_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/server/test_server
tests_unit_server_test_server_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_server_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/server/test_door
tests_unit_server_test_door_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_door_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/server/test_budget
tests_unit_server_test_budget_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_budget_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/server/test_account
tests_unit_server_test_account_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_account_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getpwnam_r
tests_unit_server_test_account_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/server/test_terminal
tests_unit_server_test_terminal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_server_test_terminal_LDADD = $(SERVER_UNIT_LIBS)
# Its own answers stand in the place of libsystemd's.
check_PROGRAMS += tests/unit/server/test_session
tests_unit_server_test_session_CFLAGS = $(UNIT_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_server_test_session_LDADD = $(SERVER_UNIT_LIBS)
endif
