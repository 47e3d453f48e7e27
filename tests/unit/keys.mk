# Keys: signatures, SSH blobs, WebAuthn, attestation.
if HAVE_CMOCKA
KEYS_UNIT_LIBS = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_key_signature
tests_unit_test_key_signature_SOURCES = tests/unit/test_key_signature.c tests/unit/key_maker.h tests/unit/key_maker.c
tests_unit_test_key_signature_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_key_signature_LDADD = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
endif
