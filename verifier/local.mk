# stepupd, the relying party. libverifier holds everything but main.c, so that tests link the
# objects the daemon has.
noinst_LIBRARIES += verifier/libverifier.a
LIBVERIFIER = verifier/libverifier.a $(LIBEVIDENCE) $(UV_LIBS) $(OATH_LIBS) $(FIDO_LIBS) $(SQLITE_LIBS) \
	$(SYSTEMD_LIBS)
verifier_libverifier_a_CPPFLAGS = $(AM_CPPFLAGS)
verifier_libverifier_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS) $(UV_CFLAGS) \
	$(OATH_CFLAGS) $(FIDO_CFLAGS) $(SQLITE_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_libverifier_a_SOURCES =

# The host: clock, journal, accounts, sessions, terminals.
verifier_libverifier_a_SOURCES += verifier/host/account.h verifier/host/account.c \
	verifier/host/account_nss.h verifier/host/account_nss.c verifier/host/account_places.h \
	verifier/host/account_places.c verifier/host/clock.h verifier/host/clock.c verifier/host/journal.h \
	verifier/host/journal.c verifier/host/session.h verifier/host/session.c verifier/host/terminal.h \
	verifier/host/terminal.c

# State: one database, its rows sealed and remembered.
verifier_libverifier_a_SOURCES += verifier/state/db/db.h verifier/state/db/db_sqlite.c \
	verifier/state/db/sqlite_check.c verifier/state/db/sqlite_file.h verifier/state/db/sqlite_file.c
verifier_libverifier_a_SOURCES += verifier/state/vault/head.h verifier/state/vault/head.c \
	verifier/state/vault/kept_mac.h verifier/state/vault/kept_mac.c verifier/state/vault/mark.h \
	verifier/state/vault/mark.c verifier/state/vault/mark_check.h verifier/state/vault/mark_check.c \
	verifier/state/vault/move_check.h verifier/state/vault/move_check.c \
	verifier/state/vault/master_key.h verifier/state/vault/master_key.c \
	verifier/state/vault/row_memory.h verifier/state/vault/row_memory.c \
	verifier/state/vault/row_term.h verifier/state/vault/seal.h verifier/state/vault/seal.c
verifier_libverifier_a_SOURCES += verifier/state/records/approval_request.h \
	verifier/state/records/approval_request.c verifier/state/records/pack.h \
	verifier/state/records/pack.c verifier/state/records/user_record.h \
	verifier/state/records/user_record.c verifier/state/records/user_record_ahead.c \
	verifier/state/records/user_record_pack.c
verifier_libverifier_a_SOURCES += verifier/state/store/commit_queue.h verifier/state/store/commit_queue.c \
	verifier/state/store/store.h verifier/state/store/store.c verifier/state/store/store_events.c \
	verifier/state/store/store_head.c verifier/state/store/store_internal.h \
	verifier/state/store/store_log.c verifier/state/store/store_mark.h \
	verifier/state/store/store_mark.c verifier/state/store/store_move.h \
	verifier/state/store/store_move.c verifier/state/store/store_rows.c \
	verifier/state/store/store_sql.c verifier/state/store/store_terms.c \
	verifier/state/store/store_vault.h verifier/state/store/store_vault.c \
	verifier/state/store/store_wrong.c
verifier_libverifier_a_SOURCES += verifier/state/tables/store_facts.c \
	verifier/state/tables/store_invitations.c verifier/state/tables/store_key_ids.c \
	verifier/state/tables/store_keys.c verifier/state/tables/store_receipts.c \
	verifier/state/tables/store_requests.c verifier/state/tables/store_use_values.c \
	verifier/state/tables/store_users.c verifier/state/tables/store_uses.c
verifier_libverifier_a_SOURCES += verifier/state/opening/store_files.h \
	verifier/state/opening/store_files.c verifier/state/opening/store_meta.c \
	verifier/state/opening/store_open.c verifier/state/opening/store_recheck.c \
	verifier/state/opening/store_scan.c

# Rules: policy and its reading, limits, people, and every sentence a person reads.
verifier_rules =
verifier_rules += verifier/rules/trust/attestation_trust.h verifier/rules/trust/attestation_trust.c \
	verifier/rules/trust/certificate.h verifier/rules/trust/certificate.c verifier/rules/trust/mds.h \
	verifier/rules/trust/mds.c verifier/rules/trust/mds_jws.h verifier/rules/trust/mds_jws.c \
	verifier/rules/trust/policy_files.h verifier/rules/trust/policy_files.c
verifier_rules += verifier/rules/policy/arena.h verifier/rules/policy/arena.c \
	verifier/rules/policy/complaints.h verifier/rules/policy/complaints.c \
	verifier/rules/policy/policy.h verifier/rules/policy/policy.c \
	verifier/rules/policy/policy_directory.h verifier/rules/policy/policy_directory.c \
	verifier/rules/policy/policy_prompt.h verifier/rules/policy/policy_prompt.c \
	verifier/rules/policy/own_actions.c verifier/rules/policy/requirement.h \
	verifier/rules/policy/requirement.c
verifier_rules += verifier/rules/reading/policy_accounts.h verifier/rules/reading/policy_accounts.c \
	verifier/rules/reading/policy_build.h verifier/rules/reading/policy_build.c \
	verifier/rules/reading/policy_check.c verifier/rules/reading/policy_file.h \
	verifier/rules/reading/policy_file.c verifier/rules/reading/policy_reading.c \
	verifier/rules/reading/policy_limits.c verifier/rules/reading/policy_rule.c \
	verifier/rules/reading/policy_rule_digest.c \
	verifier/rules/reading/policy_scanner.h verifier/rules/reading/policy_scanner.c \
	verifier/rules/reading/policy_text.h verifier/rules/reading/policy_text.c \
	verifier/rules/reading/policy_top.c verifier/rules/reading/policy_trust.c \
	verifier/rules/reading/policy_values.h verifier/rules/reading/policy_values.c
verifier_rules += verifier/rules/limits/clock_votes.h verifier/rules/limits/clock_votes.c \
	verifier/rules/limits/decoys.h verifier/rules/limits/decoys.c verifier/rules/limits/guessing.h \
	verifier/rules/limits/guessing.c verifier/rules/limits/limits.h verifier/rules/limits/limits.c \
	verifier/rules/limits/refusal_budget.h verifier/rules/limits/refusal_budget.c
verifier_rules += verifier/rules/people/approvers.h verifier/rules/people/approvers.c \
	verifier/rules/people/person.h verifier/rules/people/person.c \
	verifier/rules/people/request_standing.h verifier/rules/people/request_standing.c
verifier_rules += verifier/rules/words/notices.h verifier/rules/words/notices.c \
	verifier/rules/words/alerts.c verifier/rules/words/notices_about.c \
	verifier/rules/words/notices_fixed.c verifier/rules/words/redemption.h \
	verifier/rules/words/redemption.c verifier/rules/words/refusals.h verifier/rules/words/refusals.c
verifier_rules += verifier/rules/explain/explain.h verifier/rules/explain/explain.c \
	verifier/rules/explain/explain_approvers.c verifier/rules/explain/explain_sentences.c \
	verifier/rules/explain/explain_values.h verifier/rules/explain/explain_values.c \
	verifier/rules/explain/explanation.h
verifier_libverifier_a_SOURCES += $(verifier_rules)

# Factors.
verifier_factors =
verifier_factors += verifier/factors/otp.h verifier/factors/otp.c
verifier_factors += verifier/factors/webauthn/client_data.h verifier/factors/webauthn/client_data.c \
	verifier/factors/webauthn/key_answer.h verifier/factors/webauthn/key_answer.c \
	verifier/factors/webauthn/key_counter.h verifier/factors/webauthn/key_counter.c \
	verifier/factors/webauthn/webauthn.h verifier/factors/webauthn/webauthn.c \
	verifier/factors/webauthn/webauthn_key.h verifier/factors/webauthn/webauthn_key.c
verifier_factors += verifier/factors/attestation/attestation.h verifier/factors/attestation/attestation.c \
	verifier/factors/attestation/attestation_certificate.h \
	verifier/factors/attestation/attestation_certificate.c \
	verifier/factors/attestation/attestation_ssh.h verifier/factors/attestation/attestation_ssh.c \
	verifier/factors/attestation/authenticator_data.h \
	verifier/factors/attestation/authenticator_data.c verifier/factors/attestation/cbor_cursor.h \
	verifier/factors/attestation/cbor_cursor.c
verifier_libverifier_a_SOURCES += $(verifier_factors)

# Evidence: contexts, receipts, the log's entries and checkpoints, alerts.
verifier_libverifier_a_SOURCES += verifier/evidence/code_floors.h verifier/evidence/code_floors.c \
	verifier/evidence/context.h verifier/evidence/context.c verifier/evidence/highwater.h \
	verifier/evidence/highwater.c verifier/evidence/key_request.h verifier/evidence/key_request.c \
	verifier/evidence/log_draft.h verifier/evidence/log_draft.c verifier/evidence/log_entry.h \
	verifier/evidence/log_entry.c verifier/evidence/log_epoch.h verifier/evidence/log_epoch.c \
	verifier/evidence/log_identity.h verifier/evidence/log_identity.c verifier/evidence/log_signer.h \
	verifier/evidence/log_signer.c verifier/evidence/receipt.h verifier/evidence/receipt.c
verifier_libverifier_a_SOURCES += verifier/evidence/alerts/alert_limit.h \
	verifier/evidence/alerts/alert_limit.c verifier/evidence/alerts/event.h \
	verifier/evidence/alerts/event.c

# The server: sockets, connections, budgets, dispatch.
verifier_libverifier_a_SOURCES += verifier/server/budget.h verifier/server/budget.c verifier/server/call.h \
	verifier/server/call.c verifier/server/connection.h verifier/server/connection.c \
	verifier/server/connection_brake.c verifier/server/door.h verifier/server/door.c \
	verifier/server/server.h verifier/server/server.c verifier/server/sockets.h \
	verifier/server/sockets.c verifier/server/unavailable.h verifier/server/unavailable.c

# Doors and what they serve.
verifier_libverifier_a_SOURCES += verifier/doors/admin_door.c verifier/doors/hook_feed.h \
	verifier/doors/hook_feed.c verifier/doors/hooks_door.c verifier/doors/redeem_door.c \
	verifier/doors/verify_door.c
verifier_libverifier_a_SOURCES += verifier/doors/calls/key_json.h verifier/doors/calls/key_json.c \
	verifier/doors/calls/naming.c verifier/doors/calls/policy_names.h \
	verifier/doors/calls/policy_names.c verifier/doors/calls/reach.h verifier/doors/calls/reach.c \
	verifier/doors/calls/refusal_log.h verifier/doors/calls/refusal_log.c \
	verifier/doors/calls/sitting.h verifier/doors/calls/sitting.c verifier/doors/calls/subject.h \
	verifier/doors/calls/subject.c
verifier_libverifier_a_SOURCES += verifier/doors/standing/first_day.h verifier/doors/standing/first_day.c \
	verifier/doors/standing/invitation.h verifier/doors/standing/invitation.c \
	verifier/doors/standing/locks.h verifier/doors/standing/locks.c \
	verifier/doors/standing/powerless.h verifier/doors/standing/powerless.c \
	verifier/doors/standing/requests.h verifier/doors/standing/requests.c
verifier_libverifier_a_SOURCES += verifier/doors/pending/brakes.h verifier/doors/pending/brakes.c \
	verifier/doors/pending/crowd.h verifier/doors/pending/crowd.c verifier/doors/pending/freshness.h \
	verifier/doors/pending/freshness.c verifier/doors/pending/question.h \
	verifier/doors/pending/question.c verifier/doors/pending/step_up.h \
	verifier/doors/pending/step_up.c verifier/doors/pending/step_up_refusals.h \
	verifier/doors/pending/step_up_refusals.c verifier/doors/pending/step_ups.h \
	verifier/doors/pending/step_ups.c
verifier_libverifier_a_SOURCES += verifier/doors/verbs/authorization.h \
	verifier/doors/verbs/authorization.c verifier/doors/verbs/verb.h \
	verifier/doors/verbs/verb.c
verifier_libverifier_a_SOURCES += verifier/doors/approvals/request_changes.h \
	verifier/doors/approvals/request_changes.c verifier/doors/approvals/request_verbs.h \
	verifier/doors/approvals/request_verbs.c verifier/doors/approvals/request_follow.h \
	verifier/doors/approvals/request_follow.c verifier/doors/approvals/request_list.h \
	verifier/doors/approvals/request_list.c verifier/doors/approvals/waiters.h \
	verifier/doors/approvals/waiters.c
verifier_libverifier_a_SOURCES += verifier/doors/begin/begin.h verifier/doors/begin/begin.c \
	verifier/doors/begin/begin_approval.c verifier/doors/begin/begin_check.h \
	verifier/doors/begin/begin_check.c verifier/doors/begin/key_offer.h \
	verifier/doors/begin/key_offer.c
verifier_libverifier_a_SOURCES += verifier/doors/answer/answer.h verifier/doors/answer/answer.c \
	verifier/doors/answer/answer_reply.h verifier/doors/answer/answer_reply.c \
	verifier/doors/answer/approvers_now.h verifier/doors/answer/approvers_now.c \
	verifier/doors/answer/decide.h verifier/doors/answer/decide.c \
	verifier/doors/answer/decide_agreement.c verifier/doors/answer/decide_code.c \
	verifier/doors/answer/decide_denial.c verifier/doors/answer/decide_fresh.c \
	verifier/doors/answer/decide_key.c verifier/doors/answer/decide_limits.c \
	verifier/doors/answer/decision.h verifier/doors/answer/decision.c \
	verifier/doors/answer/decide_steps.h verifier/doors/answer/decide_steps.c
verifier_libverifier_a_SOURCES += verifier/doors/enrolment/credentials.c \
	verifier/doors/enrolment/enrolment.h verifier/doors/enrolment/enrolment.c \
	verifier/doors/enrolment/enrolment_code.c verifier/doors/enrolment/enrolment_finish.c \
	verifier/doors/enrolment/enrolment_key.c verifier/doors/enrolment/enrolment_key_finish.c \
	verifier/doors/enrolment/enrolment_kinds.h
verifier_libverifier_a_SOURCES += verifier/doors/redemption/redeem.h \
	verifier/doors/redemption/redeem.c verifier/doors/redemption/redeem_claims.c \
	verifier/doors/redemption/redeem_decide.h verifier/doors/redemption/redeem_decide.c
verifier_libverifier_a_SOURCES += verifier/doors/explain/explain_verbs.h \
	verifier/doors/explain/explain_verbs.c
verifier_libverifier_a_SOURCES += verifier/doors/admin/invite_verbs.h \
	verifier/doors/admin/invite_verbs.c \
	verifier/doors/admin/lock_verbs.h verifier/doors/admin/lock_verbs.c \
	verifier/doors/admin/people_verbs.h verifier/doors/admin/people_verbs.c \
	verifier/doors/admin/read_verbs.h verifier/doors/admin/read_verbs.c \
	verifier/doors/admin/reload_verb.h verifier/doors/admin/reload_verb.c \
	verifier/doors/admin/store_watch.h verifier/doors/admin/store_watch.c

# Putting it together.
verifier_libverifier_a_SOURCES += verifier/clock_settling.h verifier/clock_settling.c \
	verifier/epoch_brakes.h verifier/epoch_brakes.c verifier/housekeeping.h verifier/housekeeping.c \
	verifier/life_log.h verifier/life_log.c verifier/patience.h verifier/patience.c \
	verifier/policy_choice.h verifier/policy_choice.c verifier/reload.h verifier/reload.c \
	verifier/startup.h verifier/startup.c verifier/verifier.h

# What root does to a store from outside.
verifier_libverifier_a_SOURCES += verifier/upkeep/moving.h verifier/upkeep/moving.c \
	verifier/upkeep/upkeep.h verifier/upkeep/upkeep.c verifier/upkeep/upkeep_parts.h \
	verifier/upkeep/upkeep_backup.c verifier/upkeep/upkeep_restore.c

sbin_PROGRAMS += verifier/stepupd
verifier_stepupd_SOURCES = verifier/main.c
verifier_stepupd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(UV_CFLAGS) $(SYSTEMD_CFLAGS)
verifier_stepupd_LDFLAGS = $(AM_LDFLAGS) -pie
verifier_stepupd_LDADD = $(LIBVERIFIER)
