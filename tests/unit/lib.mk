# What lib/ holds: each program links the objects the product has.
EXTRA_DIST += tests/unit/cmocka_tap.h
if HAVE_CMOCKA
LIB_UNIT_LIBS = $(LIBSTEPUP) $(JANSSON_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/lib/test_basics
tests_unit_lib_test_basics_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_basics_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_base64url
tests_unit_lib_test_base64url_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_base64url_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_display_text
tests_unit_lib_test_display_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_display_text_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_sentence
tests_unit_lib_test_sentence_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_sentence_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_canonical_json
tests_unit_lib_test_canonical_json_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_canonical_json_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_action
tests_unit_lib_test_action_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_action_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_frame
tests_unit_lib_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_frame_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_message
tests_unit_lib_test_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_message_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_safe_file
tests_unit_lib_test_safe_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_safe_file_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_key_conversation
tests_unit_lib_test_key_conversation_SOURCES = tests/unit/lib/test_key_conversation.c \
	tests/unit/makers/fake_authenticator.h tests/unit/makers/fake_authenticator.c
tests_unit_lib_test_key_conversation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_key_conversation_LDADD = $(LIB_UNIT_LIBS)
check_PROGRAMS += tests/unit/lib/test_step_up_client
tests_unit_lib_test_step_up_client_SOURCES = tests/unit/lib/test_step_up_client.c tests/pam/fake_verifier.h \
	tests/pam/fake_verifier.c
tests_unit_lib_test_step_up_client_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lib_test_step_up_client_LDADD = $(LIB_UNIT_LIBS) -lpthread
tests_unit_lib_test_message_CPPFLAGS = $(AM_CPPFLAGS) -DSTEPUP_TEST_SOURCE='"$(abs_top_srcdir)"'
endif
