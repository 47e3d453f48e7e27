# Evidence: digests, the tree, checkpoints, receipts, the log's entries and its check.
EXTRA_DIST += tests/unit/verify_note
if HAVE_CMOCKA
EVIDENCE_UNIT_LIBS = $(LIBEVIDENCE) $(LIBSTEPUP) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(JOSE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_merkle
tests_unit_test_merkle_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_merkle_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_checkpoint_note
tests_unit_test_checkpoint_note_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_test_checkpoint_note_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_checkpoint_note_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_receipt_check
tests_unit_test_receipt_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_receipt_check_LDADD = $(EVIDENCE_UNIT_LIBS)
check_PROGRAMS += tests/unit/test_log_requests
tests_unit_test_log_requests_SOURCES = tests/unit/test_log_requests.c tests/unit/log_story.c tests/unit/log_story.h
tests_unit_test_log_requests_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_requests_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log_fresh
tests_unit_test_log_fresh_SOURCES = tests/unit/test_log_fresh.c tests/unit/log_story.c tests/unit/log_story.h
tests_unit_test_log_fresh_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_fresh_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
log_scene = tests/unit/log_scene.c tests/unit/log_scene.h tests/unit/log_story.c tests/unit/log_story.h
check_PROGRAMS += tests/unit/test_log_check
tests_unit_test_log_check_SOURCES = tests/unit/test_log_check.c $(log_scene)
tests_unit_test_log_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_check_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log_replay
tests_unit_test_log_replay_SOURCES = tests/unit/test_log_replay.c $(log_scene)
tests_unit_test_log_replay_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_replay_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log_details
tests_unit_test_log_details_SOURCES = tests/unit/test_log_details.c $(log_scene)
tests_unit_test_log_details_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_details_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log_check_keys
tests_unit_test_log_check_keys_SOURCES = tests/unit/test_log_check_keys.c tests/unit/log_story.c tests/unit/log_story.h \
	tests/unit/log_story_keys.c tests/unit/log_story_keys.h $(ssh_maker)
tests_unit_test_log_check_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_check_keys_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_key_request
tests_unit_test_key_request_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_key_request_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_receipt
tests_unit_test_receipt_SOURCES = tests/unit/test_receipt.c tests/unit/store_fixture.c
tests_unit_test_receipt_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_receipt_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_receipt_memory
tests_unit_test_receipt_memory_SOURCES = tests/unit/test_receipt_memory.c tests/unit/store_fixture.c tests/flows/starved_memory.c
tests_unit_test_receipt_memory_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_unit_test_receipt_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_receipt_memory_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log_signer
tests_unit_test_log_signer_SOURCES = tests/unit/test_log_signer.c tests/unit/store_fixture.c
tests_unit_test_log_signer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_signer_LDADD = $(LIBVERIFIER) $(CMOCKA_LIBS)
endif
