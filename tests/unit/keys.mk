# Keys: signatures, SSH blobs, WebAuthn, attestation.
EXTRA_DIST += tests/vectors/README.md tests/vectors/webauthn_w3c.json tests/vectors/webauthn_chromium.json \
	tests/vectors/ssh_keygen.json
if HAVE_CMOCKA
KEYS_UNIT_LIBS = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
key_maker = tests/unit/makers/key_maker.h tests/unit/makers/key_maker.c tests/unit/makers/blob.h \
	tests/unit/makers/blob.c
ssh_maker = tests/unit/makers/ssh_maker.h tests/unit/makers/ssh_maker.c $(key_maker)
webauthn_maker = tests/unit/makers/webauthn_maker.h tests/unit/makers/webauthn_maker.c $(key_maker)
certificate_maker = tests/unit/makers/certificate_maker.h tests/unit/makers/certificate_maker.c
check_PROGRAMS += tests/unit/factors/test_key_signature
tests_unit_factors_test_key_signature_SOURCES = tests/unit/factors/test_key_signature.c $(key_maker)
tests_unit_factors_test_key_signature_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_key_signature_LDADD = $(KEYS_UNIT_LIBS)
check_PROGRAMS += tests/unit/factors/test_sshsig
tests_unit_factors_test_sshsig_SOURCES = tests/unit/factors/test_sshsig.c $(ssh_maker)
tests_unit_factors_test_sshsig_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_sshsig_LDADD = $(KEYS_UNIT_LIBS)
check_PROGRAMS += tests/unit/factors/test_webauthn_assertion
tests_unit_factors_test_webauthn_assertion_SOURCES = tests/unit/factors/test_webauthn_assertion.c \
	$(webauthn_maker)
tests_unit_factors_test_webauthn_assertion_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_webauthn_assertion_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_webauthn_registration
tests_unit_factors_test_webauthn_registration_SOURCES = tests/unit/factors/test_webauthn_registration.c \
	$(webauthn_maker)
tests_unit_factors_test_webauthn_registration_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_webauthn_registration_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_attestation
tests_unit_factors_test_attestation_SOURCES = tests/unit/factors/test_attestation.c $(webauthn_maker) \
	$(certificate_maker)
tests_unit_factors_test_attestation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_attestation_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_attestation_trust
tests_unit_factors_test_attestation_trust_SOURCES = tests/unit/factors/test_attestation_trust.c $(key_maker) \
	$(certificate_maker)
tests_unit_factors_test_attestation_trust_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_attestation_trust_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_attestation_ssh
tests_unit_factors_test_attestation_ssh_SOURCES = tests/unit/factors/test_attestation_ssh.c \
	$(webauthn_maker) $(certificate_maker)
tests_unit_factors_test_attestation_ssh_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_attestation_ssh_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_key_vectors
tests_unit_factors_test_key_vectors_SOURCES = tests/unit/factors/test_key_vectors.c $(key_maker) \
	$(certificate_maker)
tests_unit_factors_test_key_vectors_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_factors_test_key_vectors_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_key_vectors_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/factors/test_key_answer
tests_unit_factors_test_key_answer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_factors_test_key_answer_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
endif
