# What all parts share. libstepup: libc and jansson, good for the PAM module. libevidence: digests, the log's
# tree and notes, receipts (libcrypto, libjose), never linked into the module.
noinst_LIBRARIES += lib/libstepup.a lib/libevidence.a
LIBSTEPUP = lib/libstepup.a $(JANSSON_LIBS)
lib_libstepup_a_CPPFLAGS = $(AM_CPPFLAGS)
lib_libstepup_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
lib_libstepup_a_SOURCES =
nodist_lib_libstepup_a_SOURCES = lib/wire/interfaces_text.h

# What needs nothing but libc.
lib_libstepup_a_SOURCES += lib/base/byte_cursor.h lib/base/byte_cursor.c lib/base/deadline.h \
	lib/base/deadline.c lib/base/display_text.h lib/base/display_text.c lib/base/display_text_ranges.h \
	lib/base/error.h lib/base/error.c lib/base/json_wipe.h lib/base/json_wipe.c lib/base/safe_file.h \
	lib/base/safe_file.c lib/base/sentence.h lib/base/sentence.c lib/base/suggest.h lib/base/suggest.c \
	lib/base/wipe.h lib/base/wipe.c

# A program's options.
lib_libstepup_a_SOURCES += lib/program/options.h lib/program/options.c

# What travels: JSON, messages, actions, interfaces.
lib_libstepup_a_SOURCES += lib/wire/action.h lib/wire/action.c lib/wire/base64url.h lib/wire/base64url.c \
	lib/wire/canonical_json.h lib/wire/canonical_json.c lib/wire/frame.h lib/wire/frame.c \
	lib/wire/interfaces.c lib/wire/limit_text.h lib/wire/limit_text.c lib/wire/message.h \
	lib/wire/message.c lib/wire/shared_limits.h lib/wire/stream.h lib/wire/stream.c \
	lib/wire/user_name.h lib/wire/user_name.c \
	lib/wire/verifier_client.h lib/wire/verifier_client.c

# The asking side of a step-up; the helper program for keys and agents: starting it, its wire, its words.
lib_libstepup_a_SOURCES += lib/client/authenticator.h lib/client/authenticator.c \
	lib/client/authenticator_account.c lib/client/authenticator_process.h \
	lib/client/authenticator_process.c lib/client/authenticator_supervisor.h \
	lib/client/authenticator_supervisor.c lib/client/authenticator_words.h \
	lib/client/authenticator_words.c lib/client/key_conversation.h lib/client/key_conversation.c \
	lib/client/own_sentences.h lib/client/own_sentences.c \
	lib/client/step_up_client.h lib/client/step_up_client.c lib/client/verify_calls.h \
	lib/client/verify_calls.c

LIBEVIDENCE = lib/libevidence.a $(LIBSTEPUP) $(CRYPTO_LIBS) $(JOSE_LIBS)
lib_libevidence_a_CPPFLAGS = $(AM_CPPFLAGS)
lib_libevidence_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS)
lib_libevidence_a_SOURCES =

# Digests, signatures, the tree, notes, receipts.
lib_libevidence_a_SOURCES += lib/evidence/checkpoint_note.h lib/evidence/checkpoint_note.c \
	lib/evidence/digest.h lib/evidence/digest.c lib/evidence/jws.h lib/evidence/jws.c \
	lib/evidence/key_bytes.h lib/evidence/key_signature.h \
	lib/evidence/key_signature.c lib/evidence/log_beside.h lib/evidence/log_beside.c \
	lib/evidence/log_types.h lib/evidence/log_types.c lib/evidence/merkle.h \
	lib/evidence/merkle.c lib/evidence/receipt_check.h \
	lib/evidence/receipt_check.c lib/evidence/sshsig.h lib/evidence/sshsig.c

# The log as an auditor reads it.
lib_libevidence_a_SOURCES += lib/replay/log_check.h lib/replay/log_check.c lib/replay/log_replay.h \
	lib/replay/log_replay.c lib/replay/log_replay_fresh.c lib/replay/log_replay_keys.h \
	lib/replay/log_replay_keys.c lib/replay/log_replay_limits.h lib/replay/log_replay_limits.c \
	lib/replay/log_replay_receipts.h lib/replay/log_replay_receipts.c lib/replay/log_replay_requests.c \
	lib/replay/log_replay_rules.h lib/replay/log_replay_rules.c lib/replay/log_uses.h \
	lib/replay/log_uses.c

EXTRA_DIST += lib/base/display_text_ranges.py

# The interface texts: served by the verifier, installed for readers, and the source of the
# manual pages' tables.
interfacesdir = $(datadir)/stepup/interfaces
dist_interfaces_DATA = lib/wire/interfaces/io.stepup.Verify1.varlink \
	lib/wire/interfaces/io.stepup.Admin1.varlink lib/wire/interfaces/io.stepup.Redeem1.varlink \
	lib/wire/interfaces/io.stepup.Hooks1.varlink

# The same texts as C strings, so that what is served is what is installed; and their methods as tables.
BUILT_SOURCES += lib/wire/interfaces_text.h
CLEANFILES += lib/wire/interfaces_text.h
EXTRA_DIST += lib/wire/interfaces/tables.awk
lib/wire/interfaces_text.h: $(dist_interfaces_DATA) lib/wire/interfaces/tables.awk
	$(AM_V_GEN)$(MKDIR_P) lib/wire && \
		for door in verify:Verify1 admin:Admin1 redeem:Redeem1 hooks:Hooks1; do \
		echo "static const char interface_text_$${door%%:*}[] ="; \
		$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' \
			$(srcdir)/lib/wire/interfaces/io.stepup.$${door##*:}.varlink; \
		echo ';'; \
		$(AWK) -v prefix=$${door%%:*} -f $(srcdir)/lib/wire/interfaces/tables.awk \
			$(srcdir)/lib/wire/interfaces/io.stepup.$${door##*:}.varlink || exit 1; \
	done >$@.new && mv $@.new $@
