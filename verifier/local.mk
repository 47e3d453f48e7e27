# stepupd, the relying party. libverifier holds everything but main.c, so that tests link the objects the daemon has.
noinst_LIBRARIES += verifier/libverifier.a
LIBVERIFIER = verifier/libverifier.a $(LIBEVIDENCE) $(UV_LIBS) $(OATH_LIBS) $(FIDO_LIBS) $(SQLITE_LIBS) \
	$(SYSTEMD_LIBS)
verifier_libverifier_a_CPPFLAGS = $(AM_CPPFLAGS)
verifier_libverifier_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS) $(UV_CFLAGS) \
	$(OATH_CFLAGS) $(FIDO_CFLAGS) $(SQLITE_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_libverifier_a_SOURCES =

# The host: clock, journal, accounts, sessions, terminals.
verifier_libverifier_a_SOURCES += verifier/host/account.h verifier/host/account.c verifier/host/account_places.h verifier/host/account_places.c verifier/host/account_nss.h \
	verifier/host/account_nss.c verifier/host/clock.h verifier/host/clock.c verifier/host/journal.h \
	verifier/host/journal.c verifier/host/session.h verifier/host/session.c verifier/host/terminal.h \
	verifier/host/terminal.c

# State: users, limits, receipts, log, sealed in one database.
verifier_libverifier_a_SOURCES += verifier/state/approval_request.h verifier/state/approval_request.c \
	verifier/state/commit_queue.h verifier/state/commit_queue.c verifier/state/db.h \
	verifier/state/db_sqlite.c verifier/state/head.h verifier/state/head.c verifier/state/kept_mac.h verifier/state/kept_mac.c verifier/state/row_term.h verifier/state/sqlite_file.h verifier/state/sqlite_file.c verifier/state/sqlite_check.c \
	verifier/state/mark.h verifier/state/mark.c verifier/state/mark_check.h verifier/state/mark_check.c \
	verifier/state/master_key.h verifier/state/master_key.c \
	verifier/state/pack.h verifier/state/pack.c verifier/state/seal.h verifier/state/seal.c \
	verifier/state/store.h verifier/state/store.c verifier/state/store_events.c verifier/state/store_facts.c verifier/state/store_files.h verifier/state/store_files.c \
	verifier/state/store_internal.h verifier/state/store_invitations.c verifier/state/store_keys.c \
	verifier/state/store_key_ids.c verifier/state/store_log.c verifier/state/store_meta.c verifier/state/store_open.c verifier/state/store_receipts.c verifier/state/store_requests.c \
	verifier/state/store_rows.c verifier/state/store_sql.c verifier/state/store_users.c \
	verifier/state/store_vault.h verifier/state/store_vault.c verifier/state/store_terms.c verifier/state/store_head.c \
	verifier/state/store_scan.c verifier/state/store_mark.h verifier/state/store_mark.c verifier/state/store_wrong.c verifier/state/store_recheck.c verifier/state/store_uses.c verifier/state/store_use_values.c verifier/state/user_record.h verifier/state/user_record.c \
	verifier/state/user_record_ahead.c \
	verifier/state/user_record_pack.c \
	verifier/state/row_memory.h verifier/state/row_memory.c

# Rules: policy, limits, guessing, and every sentence a person reads.
verifier_rules = verifier/rules/clock_votes.h verifier/rules/clock_votes.c verifier/rules/alert_limit.h verifier/rules/alert_limit.c verifier/rules/approvers.h verifier/rules/approvers.c verifier/rules/person.h verifier/rules/person.c verifier/doors/request_list.h verifier/doors/request_list.c \
	verifier/rules/arena.h verifier/rules/arena.c verifier/rules/complaints.h \
	verifier/rules/complaints.c verifier/rules/explain.h verifier/rules/explain.c verifier/rules/explanation.h verifier/rules/explain_approvers.c \
	verifier/rules/explain_speech.h verifier/rules/explain_speech.c verifier/rules/explain_words.c \
	verifier/rules/request_standing.h verifier/rules/request_standing.c verifier/rules/guessing.h verifier/rules/guessing.c verifier/rules/limits.h verifier/rules/limits.c \
	verifier/rules/notices.h verifier/rules/notices.c verifier/rules/notices_alert.c verifier/rules/notices_invited.c verifier/rules/notices_locked.c verifier/rules/notices_over.c verifier/rules/notices_denied.c verifier/rules/policy.h verifier/rules/policy.c \
	verifier/rules/policy_directory.h verifier/rules/policy_directory.c verifier/rules/policy_accounts.h verifier/rules/policy_accounts.c verifier/rules/policy_build.h \
	verifier/rules/policy_build.c verifier/rules/policy_check.c verifier/rules/policy_file.h \
	verifier/rules/policy_files.h verifier/rules/policy_files.c \
	verifier/rules/policy_file.c verifier/rules/policy_prompt.h verifier/rules/policy_prompt.c \
	verifier/rules/policy_reading.c verifier/rules/policy_rule.c verifier/rules/policy_rule_digest.c \
	verifier/rules/policy_scanner.h verifier/rules/policy_scanner.c verifier/rules/policy_text.h \
	verifier/rules/policy_text.c verifier/rules/policy_top.c verifier/rules/policy_trust.c \
	verifier/rules/policy_values.h verifier/rules/policy_values.c verifier/rules/policy_verbs.c \
	verifier/rules/refusal_budget.h verifier/rules/refusal_budget.c verifier/rules/requirement.h verifier/rules/requirement.c \
	verifier/rules/words.h verifier/rules/words.c verifier/rules/attestation_trust.h \
	verifier/rules/attestation_trust.c verifier/rules/certificate.h verifier/rules/certificate.c \
	verifier/rules/mds.h verifier/rules/mds.c verifier/rules/mds_jws.h verifier/rules/mds_jws.c
verifier_libverifier_a_SOURCES += $(verifier_rules)

# Factors.
verifier_factors = verifier/factors/otp.h verifier/factors/otp.c verifier/factors/webauthn.h \
	verifier/factors/webauthn.c verifier/factors/webauthn_key.h verifier/factors/webauthn_key.c \
	verifier/factors/client_data.h verifier/factors/client_data.c verifier/factors/cbor_cursor.h \
	verifier/factors/cbor_cursor.c verifier/factors/authenticator_data.h verifier/factors/authenticator_data.c \
	verifier/factors/attestation.h verifier/factors/attestation.c verifier/factors/attestation_certificate.h \
	verifier/factors/attestation_certificate.c verifier/factors/attestation_ssh.h \
	verifier/factors/attestation_ssh.c verifier/factors/key_counter.h verifier/factors/key_counter.c verifier/factors/key_answer.h verifier/factors/key_answer.c
verifier_libverifier_a_SOURCES += $(verifier_factors)

# Evidence: contexts, receipts, the log's entries and checkpoints.
verifier_libverifier_a_SOURCES += verifier/evidence/context.h verifier/evidence/context.c verifier/evidence/highwater.h \
	verifier/evidence/key_request.h verifier/evidence/key_request.c \
	verifier/evidence/event.h verifier/evidence/event.c verifier/evidence/highwater.c \
	verifier/evidence/log_draft.h verifier/evidence/log_draft.c verifier/evidence/log_entry.h verifier/evidence/log_entry.c \
	verifier/evidence/code_floors.h verifier/evidence/code_floors.c verifier/evidence/log_identity.h verifier/evidence/log_identity.c verifier/evidence/log_epoch.h verifier/evidence/log_epoch.c verifier/evidence/log_signer.h \
	verifier/evidence/log_signer.c verifier/evidence/receipt.h verifier/evidence/receipt.c

# The server: sockets, connections, budgets, dispatch.
verifier_libverifier_a_SOURCES += verifier/server/budget.h verifier/server/budget.c verifier/server/call.h verifier/server/call.c \
	verifier/server/connection.h verifier/server/connection.c verifier/server/connection_brake.c verifier/server/door.h \
	verifier/server/door.c verifier/server/server.h verifier/server/server.c verifier/server/sockets.h \
	verifier/server/sockets.c verifier/server/unavailable.h verifier/server/unavailable.c

# Doors and what they serve.
verifier_libverifier_a_SOURCES += verifier/doors/admin_door.c verifier/doors/answer.c verifier/doors/answer_decision.c \
	verifier/doors/decision.h verifier/doors/decide_approval.c verifier/doors/decide_code.c verifier/doors/decide_key.c \
	verifier/doors/decide_fresh.c verifier/doors/decide_denial.c \
	verifier/doors/agreed.h verifier/doors/agreed.c verifier/doors/approving.h verifier/doors/approving.c verifier/doors/authorization.h verifier/doors/authorization.c \
	verifier/doors/begin_approval.c verifier/doors/begin.h verifier/doors/begin.c \
	verifier/doors/begin_check.h verifier/doors/begin_check.c \
	verifier/doors/credential_verbs.c verifier/doors/decoys.h verifier/doors/decoys.c verifier/doors/first_day.h verifier/doors/first_day.c verifier/doors/powerless.h verifier/doors/powerless.c verifier/doors/freshness.h verifier/doors/freshness.c \
	verifier/doors/sitting.h verifier/doors/sitting.c \
	verifier/doors/enrolment.h verifier/doors/enrolment.c verifier/doors/enrolment_code.c \
	verifier/doors/enrolment_finish.c verifier/doors/enrolment_key.c \
	verifier/doors/enrolment_key_finish.c \
	verifier/doors/enrolment_kinds.h verifier/doors/key_json.h verifier/doors/key_json.c \
	verifier/doors/explaining.h verifier/doors/explaining.c verifier/doors/hook_feed.h verifier/doors/hook_feed.c \
	verifier/doors/hooks_door.c verifier/doors/invitation.h verifier/doors/invitation.c verifier/doors/inviting.h \
	verifier/doors/inviting.c verifier/doors/locking.h verifier/doors/locking.c verifier/doors/locking_people.c verifier/doors/locks.h \
	verifier/doors/key_offer.h verifier/doors/key_offer.c verifier/doors/question.h verifier/doors/question.c \
	verifier/doors/reach.h verifier/doors/reach.c verifier/doors/locks.c verifier/doors/redeem_door.c verifier/doors/redemption.h \
	verifier/doors/redemption.c verifier/doors/redemption_claims.c verifier/doors/refusal_log.h \
	verifier/doors/refusal_log.c verifier/doors/reports.h verifier/doors/reports.c \
	verifier/doors/requests.h verifier/doors/requests.c verifier/doors/step_up.h verifier/doors/step_up_refusals.h verifier/doors/step_up_refusals.c verifier/doors/subject.h verifier/doors/subject.c verifier/doors/naming.c verifier/doors/policy_names.h verifier/doors/policy_names.c \
	verifier/doors/request_follow.h verifier/doors/request_follow.c verifier/doors/waiters.h verifier/doors/waiters.c \
	verifier/doors/brakes.h verifier/doors/brakes.c verifier/doors/crowd.h verifier/doors/crowd.c verifier/doors/transactions.h verifier/doors/transactions.c verifier/doors/verb_job.h \
	verifier/doors/store_watch.h verifier/doors/store_watch.c verifier/doors/verb_job.c verifier/doors/verify_door.c

# Putting it together.
verifier_libverifier_a_SOURCES += verifier/clock_settling.h verifier/clock_settling.c verifier/housekeeping.h verifier/housekeeping.c verifier/life_log.h verifier/life_log.c verifier/reload.h verifier/reload.c \
	verifier/epoch_brakes.h verifier/epoch_brakes.c verifier/patience.h verifier/patience.c verifier/policy_choice.h verifier/policy_choice.c verifier/startup.h verifier/startup.c verifier/upkeep.h verifier/upkeep.c verifier/verifier.h

sbin_PROGRAMS += verifier/stepupd
verifier_stepupd_SOURCES = verifier/main.c
verifier_stepupd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(UV_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_stepupd_LDFLAGS = $(AM_LDFLAGS) -pie
verifier_stepupd_LDADD = $(LIBVERIFIER)
