# Keys and agents: what starts the helper program, with a peer in the helper's place.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/peer/stepup-authenticator
tests_unit_peer_stepup_authenticator_SOURCES = tests/unit/peer/stepup-authenticator.c
tests_unit_peer_stepup_authenticator_CFLAGS = $(UNIT_CFLAGS)
tests_unit_peer_stepup_authenticator_LDADD = $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/lib/test_authenticator
tests_unit_lib_test_authenticator_SOURCES = tests/unit/lib/test_authenticator.c \
	lib/client/authenticator_process.c
tests_unit_lib_test_authenticator_CPPFLAGS = $(AM_CPPFLAGS) -USTEPUP_LIBEXECDIR \
	-DSTEPUP_LIBEXECDIR='"$(abs_top_builddir)/tests/unit/peer"'
tests_unit_lib_test_authenticator_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_authenticator_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_lib_test_authenticator_DEPENDENCIES = lib/libstepup.a tests/unit/peer/stepup-authenticator

check_PROGRAMS += tests/unit/tools/test_helper_parts
tests_unit_tools_test_helper_parts_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tools_test_helper_parts_LDADD = $(LIBAUTHENTICATOR) $(JANSSON_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/tools/test_seat
tests_unit_tools_test_seat_SOURCES = tests/unit/tools/test_seat.c tests/softkey/io.h tests/softkey/io.c
tests_unit_tools_test_seat_CFLAGS = $(UNIT_CFLAGS) $(FIDO_CFLAGS)
tests_unit_tools_test_seat_LDADD = $(LIBAUTHENTICATOR) $(LIBSOFTKEY) $(CMOCKA_LIBS)
endif
