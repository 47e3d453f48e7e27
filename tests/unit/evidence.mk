# Evidence: digests, the tree, checkpoints, receipts, the log's entries and its check.
EXTRA_DIST += tests/unit/verify_note
if HAVE_CMOCKA
EVIDENCE_UNIT_LIBS = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(JOSE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/evidence/test_digest
crypto_memory = tests/unit/evidence/crypto_memory.h tests/unit/evidence/crypto_memory.c
tests_unit_evidence_test_digest_SOURCES = tests/unit/evidence/test_digest.c $(crypto_memory)
tests_unit_evidence_test_digest_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_digest_LDADD = $(EVIDENCE_UNIT_LIBS) -lpthread
check_PROGRAMS += tests/unit/evidence/test_merkle
tests_unit_evidence_test_merkle_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_merkle_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/evidence/test_checkpoint_note
tests_unit_evidence_test_checkpoint_note_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_evidence_test_checkpoint_note_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_checkpoint_note_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/evidence/test_receipt_check
tests_unit_evidence_test_receipt_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_receipt_check_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_requests
tests_unit_replay_test_log_requests_SOURCES = tests/unit/replay/test_log_requests.c \
	tests/unit/replay/log_story.c tests/unit/replay/log_story.h
tests_unit_replay_test_log_requests_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_requests_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_fresh
tests_unit_replay_test_log_fresh_SOURCES = tests/unit/replay/test_log_fresh.c tests/unit/replay/log_story.c \
	tests/unit/replay/log_story.h
tests_unit_replay_test_log_fresh_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_fresh_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
log_scene = tests/unit/replay/log_scene.c tests/unit/replay/log_scene.h tests/unit/replay/log_story.c \
	tests/unit/replay/log_story.h
check_PROGRAMS += tests/unit/replay/test_log_kept
tests_unit_replay_test_log_kept_SOURCES = tests/unit/replay/test_log_kept.c $(log_scene)
tests_unit_replay_test_log_kept_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_kept_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_names
tests_unit_replay_test_log_names_SOURCES = tests/unit/replay/test_log_names.c $(log_scene)
tests_unit_replay_test_log_names_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_names_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_check
tests_unit_replay_test_log_check_SOURCES = tests/unit/replay/test_log_check.c $(log_scene)
tests_unit_replay_test_log_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_check_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_replay
tests_unit_replay_test_log_replay_SOURCES = tests/unit/replay/test_log_replay.c $(log_scene)
tests_unit_replay_test_log_replay_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_replay_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_limits
tests_unit_replay_test_log_limits_SOURCES = tests/unit/replay/test_log_limits.c \
	tests/unit/replay/log_story.c tests/unit/replay/log_story.h
tests_unit_replay_test_log_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_limits_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_uses
tests_unit_replay_test_log_uses_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_uses_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_details
tests_unit_replay_test_log_details_SOURCES = tests/unit/replay/test_log_details.c $(log_scene)
tests_unit_replay_test_log_details_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_details_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/replay/test_log_check_keys
tests_unit_replay_test_log_check_keys_SOURCES = tests/unit/replay/test_log_check_keys.c \
	tests/unit/replay/log_story.c tests/unit/replay/log_story.h tests/unit/replay/log_story_keys.c \
	tests/unit/replay/log_story_keys.h $(ssh_maker)
tests_unit_replay_test_log_check_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_replay_test_log_check_keys_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/evidence/test_key_request
tests_unit_evidence_test_key_request_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_key_request_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/evidence/test_receipt
tests_unit_evidence_test_receipt_SOURCES = tests/unit/evidence/test_receipt.c tests/unit/store/store_fixture.c
tests_unit_evidence_test_receipt_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_receipt_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/evidence/test_receipt_memory
tests_unit_evidence_test_receipt_memory_SOURCES = tests/unit/evidence/test_receipt_memory.c \
	tests/unit/store/store_fixture.c tests/flows/starved_memory.c
tests_unit_evidence_test_receipt_memory_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_unit_evidence_test_receipt_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_receipt_memory_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/evidence/test_log_signer
tests_unit_evidence_test_log_signer_SOURCES = tests/unit/evidence/test_log_signer.c \
	tests/unit/store/store_fixture.c
tests_unit_evidence_test_log_signer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_evidence_test_log_signer_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
endif
