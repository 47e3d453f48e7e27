# Fuzz targets, built with --enable-fuzz (clang). tests/fuzz/smoke runs one for some seconds on its
# seeds in corpus/NAME.
EXTRA_DIST += tests/fuzz/smoke tests/fuzz/corpus
if FUZZ
check_PROGRAMS += $(fuzz_targets)
LIBFUZZER_FLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
# Of libverifier what reads bytes from outside; the rest of it would take longer to build than
# all targets to run.
EXTRA_LIBRARIES = tests/fuzz/libfuzzed.a
tests_fuzz_libfuzzed_a_SOURCES = $(verifier_rules) $(verifier_factors) verifier/host/clock.c \
	verifier/state/records/pack.c verifier/state/records/user_record.c
tests_fuzz_libfuzzed_a_CPPFLAGS = $(verifier_libverifier_a_CPPFLAGS)
tests_fuzz_libfuzzed_a_CFLAGS = $(verifier_libverifier_a_CFLAGS)
LIBFUZZED = tests/fuzz/libfuzzed.a $(LIBEVIDENCE) $(OATH_LIBS) $(FIDO_LIBS)
fuzz_targets += tests/fuzz/fuzz_message
tests_fuzz_fuzz_message_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_message_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_message_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS)
fuzz_targets += tests/fuzz/fuzz_action
tests_fuzz_fuzz_action_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_action_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_action_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS)
fuzz_targets += tests/fuzz/fuzz_display_text
tests_fuzz_fuzz_display_text_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_display_text_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_display_text_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS)
fuzz_targets += tests/fuzz/fuzz_base64url
tests_fuzz_fuzz_base64url_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_base64url_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_base64url_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS)
fuzz_targets += tests/fuzz/fuzz_policy
tests_fuzz_fuzz_policy_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_policy_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_policy_LDADD = $(LIBFUZZED)
fuzz_targets += tests/fuzz/fuzz_receipt_check
tests_fuzz_fuzz_receipt_check_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS)
tests_fuzz_fuzz_receipt_check_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_receipt_check_LDADD = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(JOSE_LIBS)
fuzz_targets += tests/fuzz/fuzz_checkpoint_note
tests_fuzz_fuzz_checkpoint_note_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_checkpoint_note_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_checkpoint_note_LDADD = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS)
fuzz_targets += tests/fuzz/fuzz_log_check
tests_fuzz_fuzz_log_check_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_log_check_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_log_check_LDADD = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS)
fuzz_targets += tests/fuzz/fuzz_otp
tests_fuzz_fuzz_otp_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_otp_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_otp_LDADD = $(LIBFUZZED)
fuzz_targets += tests/fuzz/fuzz_attestation
tests_fuzz_fuzz_attestation_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_attestation_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_attestation_LDADD = $(LIBFUZZED)
fuzz_targets += tests/fuzz/fuzz_client_data
tests_fuzz_fuzz_client_data_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_client_data_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_client_data_LDADD = $(LIBFUZZED)
fuzz_targets += tests/fuzz/fuzz_assertion
tests_fuzz_fuzz_assertion_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_assertion_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_assertion_LDADD = $(LIBFUZZED)
fuzz_targets += tests/fuzz/fuzz_sshsig
tests_fuzz_fuzz_sshsig_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_sshsig_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_sshsig_LDADD = $(LIBFUZZED)
if HAVE_CMOCKA
fuzz_targets += tests/fuzz/fuzz_mds
tests_fuzz_fuzz_mds_SOURCES = tests/fuzz/fuzz_mds.c $(key_maker) $(certificate_maker)
tests_fuzz_fuzz_mds_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(CMOCKA_CFLAGS)
tests_fuzz_fuzz_mds_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_mds_LDADD = $(LIBFUZZED) $(CMOCKA_LIBS)
endif
fuzz_targets += tests/fuzz/fuzz_agent_reply
tests_fuzz_fuzz_agent_reply_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_agent_reply_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_agent_reply_LDADD = $(LIBAUTHENTICATOR) $(JANSSON_LIBS)
endif
