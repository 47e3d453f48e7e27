# The server under the doors: connections, budgets, accounts.
if HAVE_CMOCKA
SERVER_UNIT_LIBS = verifier/libverifier.la $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_server
tests_unit_test_server_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_server_LDADD = $(SERVER_UNIT_LIBS)
endif
