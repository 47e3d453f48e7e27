# stepupd, the relying party. libverifier holds everything but main.c, so that tests link the objects the daemon has.
noinst_LIBRARIES += verifier/libverifier.a
LIBVERIFIER = verifier/libverifier.a $(LIBEVIDENCE) $(UV_LIBS) $(CONFUSE_LIBS) $(OATH_LIBS) $(SQLITE_LIBS) $(SYSTEMD_LIBS)
verifier_libverifier_a_CPPFLAGS = $(AM_CPPFLAGS)
verifier_libverifier_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS) $(UV_CFLAGS) $(CONFUSE_CFLAGS) \
	$(OATH_CFLAGS) $(SQLITE_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_libverifier_a_SOURCES =

# State: users, limits, receipts, log, sealed in one database.
verifier_libverifier_a_SOURCES += verifier/master_key.h verifier/master_key.c verifier/user_record.h verifier/user_record.c \
	verifier/pack.h verifier/pack.c verifier/seal.h verifier/seal.c verifier/version_memory.h verifier/version_memory.c \
	verifier/db.h verifier/db_sqlite.c verifier/store.h verifier/store_internal.h verifier/store.c verifier/store_open.c \
	verifier/store_sql.c verifier/store_rows.c verifier/store_users.c verifier/store_facts.c verifier/store_invitations.c \
	verifier/store_uses.c verifier/store_receipts.c verifier/store_log.c verifier/store_keys.c \
	verifier/commit_queue.h verifier/commit_queue.c

# Rules: policy, limits, guessing.
verifier_libverifier_a_SOURCES += verifier/policy.h verifier/policy.c verifier/policy_verbs.c verifier/policy_prompt.h verifier/policy_prompt.c \
	verifier/arena.h verifier/arena.c verifier/complaints.h verifier/complaints.c verifier/policy_text.h verifier/policy_text.c \
	verifier/policy_values.h verifier/policy_values.c verifier/policy_build.h verifier/policy_build.c verifier/policy_rule.c \
	verifier/policy_check.c verifier/policy_accounts.h verifier/policy_accounts.c verifier/policy_file.h verifier/policy_file.c verifier/words.h verifier/words.c verifier/explain.h verifier/explain.c

verifier_libverifier_a_SOURCES += verifier/limits.h verifier/limits.c verifier/guessing.h verifier/guessing.c

# Factors.
verifier_libverifier_a_SOURCES += verifier/otp.h verifier/otp.c

# Evidence: receipts and the log's checkpoints.
verifier_libverifier_a_SOURCES += verifier/receipt.h verifier/receipt.c verifier/log_signer.h verifier/log_signer.c verifier/log_epoch.h verifier/log_epoch.c \
	verifier/highwater.h verifier/highwater.c verifier/log_entry.h verifier/log_entry.c \
	verifier/context.h verifier/context.c

# Doors and what they serve.
verifier_libverifier_a_SOURCES += verifier/transactions.h verifier/transactions.c verifier/subject.h verifier/subject.c \
	verifier/step_up.h verifier/begin.c verifier/answer.c verifier/answer_decision.c verifier/decoys.h verifier/decoys.c \
	verifier/locks.h verifier/locks.c verifier/refusal_log.h verifier/refusal_log.c verifier/notices.h verifier/notices.c \
	verifier/authorization.h verifier/authorization.c verifier/enrolment.h verifier/enrolment.c verifier/enrolment_finish.c \
	verifier/credential_verbs.c verifier/redemption.h verifier/redemption.c verifier/redemption_claims.c verifier/verb_job.h \
	verifier/verb_job.c verifier/locking.h verifier/locking.c verifier/inviting.h verifier/inviting.c verifier/reports.h \
	verifier/reports.c verifier/life_log.h verifier/life_log.c verifier/explaining.h verifier/explaining.c verifier/verify_door.c verifier/admin_door.c verifier/redeem_door.c

# The server under them.
verifier_libverifier_a_SOURCES += verifier/call.h verifier/account.h verifier/verifier.h verifier/clock.h verifier/clock.c

verifier_libverifier_a_SOURCES += verifier/account.c verifier/account_nss.c verifier/account_nss.h verifier/budget.c verifier/budget.h \
	verifier/call.c verifier/connection.c verifier/connection.h verifier/door.c verifier/door.h verifier/journal.c verifier/journal.h \
	verifier/server.c verifier/server.h verifier/housekeeping.c verifier/housekeeping.h verifier/sockets.c verifier/sockets.h \
	verifier/startup.c verifier/startup.h

sbin_PROGRAMS += verifier/stepupd
verifier_stepupd_SOURCES = verifier/main.c
verifier_stepupd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(UV_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_stepupd_LDFLAGS = $(AM_LDFLAGS) -pie
verifier_stepupd_LDADD = $(LIBVERIFIER)
