# What all parts share. libstepup: libc and jansson, good for the PAM module. libevidence: digests, the log's tree and notes,
# receipts (libcrypto, libjose), never linked into the module.
noinst_LIBRARIES += lib/libstepup.a lib/libevidence.a
LIBSTEPUP = lib/libstepup.a $(JANSSON_LIBS)
lib_libstepup_a_CPPFLAGS = $(AM_CPPFLAGS)
lib_libstepup_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
lib_libstepup_a_SOURCES = lib/error.h lib/wipe.h lib/base64url.h lib/display_text.h lib/suggest.h lib/suggest.c lib/user_name.h lib/user_name.c lib/canonical_json.h lib/action.h \
	lib/limit_text.h lib/limit_text.c \
	lib/byte_cursor.h lib/byte_cursor.c lib/frame.h lib/message.h lib/safe_file.h lib/deadline.h \
	lib/error.c lib/wipe.c lib/deadline.c lib/base64url.c lib/display_text.c lib/display_text_ranges.h \
	lib/canonical_json.c lib/action.c lib/frame.c lib/message.c lib/interfaces.c lib/safe_file.c
nodist_lib_libstepup_a_SOURCES = lib/interfaces_text.h

# The client side of a step-up.
lib_libstepup_a_SOURCES += lib/verifier_client.h lib/verifier_client.c lib/step_up_client.h lib/step_up_client.c \
	lib/verify_calls.h lib/verify_calls.c \
	lib/json_wipe.h lib/json_wipe.c lib/stream.h lib/stream.c lib/key_conversation.h lib/key_conversation.c

# The helper program for keys and agents: starting it, its wire, its words.
lib_libstepup_a_SOURCES += lib/authenticator.h lib/authenticator.c lib/authenticator_account.c \
	lib/authenticator_process.h lib/authenticator_process.c lib/authenticator_supervisor.h lib/authenticator_supervisor.c \
	lib/authenticator_words.h lib/authenticator_words.c

LIBEVIDENCE = lib/libevidence.a $(LIBSTEPUP) $(CRYPTO_LIBS) $(JOSE_LIBS)
lib_libevidence_a_CPPFLAGS = $(AM_CPPFLAGS)
lib_libevidence_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS)
lib_libevidence_a_SOURCES = lib/digest.h lib/digest.c lib/merkle.h lib/merkle.c lib/checkpoint_note.h lib/checkpoint_note.c \
	lib/log_beside.h lib/log_beside.c lib/log_check.h lib/log_check.c lib/log_replay.h lib/log_replay.c \
	lib/log_replay_keys.h lib/log_replay_keys.c lib/log_replay_fresh.c lib/log_replay_requests.c lib/log_replay_rules.h lib/log_replay_rules.c \
	lib/log_replay_receipts.h lib/log_replay_receipts.c \
	lib/log_replay_limits.h lib/log_replay_limits.c lib/log_uses.h lib/log_uses.c \
	lib/receipt_check.h lib/receipt_check.c \
	lib/key_signature.h lib/key_signature.c lib/sshsig.h lib/sshsig.c

EXTRA_DIST += lib/display_text_ranges.py

# The interface texts: served by the verifier, installed for readers, and the source of the manual pages' tables.
interfacesdir = $(datadir)/stepup/interfaces
dist_interfaces_DATA = lib/interfaces/io.stepup.Verify1.varlink lib/interfaces/io.stepup.Admin1.varlink \
	lib/interfaces/io.stepup.Redeem1.varlink lib/interfaces/io.stepup.Hooks1.varlink

# The same texts as C strings, so that what is served is what is installed.
BUILT_SOURCES += lib/interfaces_text.h
CLEANFILES += lib/interfaces_text.h
lib/interfaces_text.h: $(dist_interfaces_DATA)
	$(AM_V_GEN)$(MKDIR_P) lib && for door in verify:Verify1 admin:Admin1 redeem:Redeem1 hooks:Hooks1; do \
		echo "static const char interface_text_$${door%%:*}[] ="; \
		$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $(srcdir)/lib/interfaces/io.stepup.$${door##*:}.varlink; \
		echo ';'; \
	done >$@.new && mv $@.new $@
