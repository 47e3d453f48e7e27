# tests/softkey: a software authenticator, built for tests and never installed. libsoftkey.a is its core;
# softkey-provider.so is what ssh-keygen and ssh-agent load; softkey-run plugs keys in for a command.
check_LIBRARIES = tests/softkey/libsoftkey.a
tests_softkey_libsoftkey_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_softkey_libsoftkey_a_SOURCES = tests/softkey/cbor.h tests/softkey/cbor.c tests/softkey/key_pair.h \
	tests/softkey/key_pair.c tests/softkey/state.h tests/softkey/state.c tests/softkey/options.h \
	tests/softkey/options.c tests/softkey/attestation.h tests/softkey/attestation.c \
	tests/softkey/softkey.h tests/softkey/softkey.c tests/softkey/credential.h \
	tests/softkey/credential.c tests/softkey/pin.h tests/softkey/pin.c tests/softkey/commands.h \
	tests/softkey/commands.c tests/softkey/hid.h tests/softkey/hid.c
LIBSOFTKEY = tests/softkey/libsoftkey.a $(LIBSTEPUP) $(CRYPTO_LIBS)

test_helpers += tests/softkey/softkey-provider.so
tests_softkey_softkey_provider_so_SOURCES = tests/softkey/provider.c
tests_softkey_softkey_provider_so_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_softkey_softkey_provider_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_softkey_softkey_provider_so_LDADD = $(LIBSOFTKEY)

# Keys on a bus of umockdev's. STEPUP_TEST_HELPER is what runs where a command starts the helper program.
EXTRA_DIST += tests/softkey/run.c
if HAVE_UMOCKDEV
test_helpers += tests/softkey/softkey-run
tests_softkey_softkey_run_SOURCES = tests/softkey/run.c
tests_softkey_softkey_run_CPPFLAGS = $(AM_CPPFLAGS) \
	-DSTEPUP_TEST_HELPER='"$(abs_top_builddir)/tools/stepup-authenticator/stepup-authenticator"'
tests_softkey_softkey_run_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(UMOCKDEV_CFLAGS)
tests_softkey_softkey_run_LDADD = $(LIBSOFTKEY) $(UMOCKDEV_LIBS) -lpthread
endif
