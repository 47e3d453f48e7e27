# tests/flows
EXTRA_DIST += tests/flows/rooms.py tests/flows/rounds.py
EXTRA_DIST += tests/flows/commands/explain.py tests/flows/commands/export_service.py
EXTRA_DIST += tests/flows/commands/advice.py tests/flows/store/epoch_brakes.py tests/flows/store/upkeep.py \
	tests/flows/keys/authenticator.py tests/flows/strangers/unattended.py \
	tests/flows/enrolment/qr_codes.py
EXTRA_DIST += tests/flows/step_up/step_up.py tests/flows/step_up/receipts.py tests/flows/store/crash.py \
	tests/flows/commands/admin.py tests/flows/enrolment/enrolment.py tests/flows/step_up/log_names.py \
	tests/flows/logbook.py
EXTRA_DIST += tests/flows/commands/cli.py tests/flows/cli_session.py tests/flows/harness.py \
	tests/flows/callers.py tests/flows/codes.py tests/flows/step_up/vectors.py \
	tests/flows/step_up/clock.py tests/flows/store/disk.py tests/flows/step_up/long_waits.py \
	tests/flows/step_up/freshness.py tests/flows/running/systemd.py
EXTRA_DIST += tests/flows/running/sockets.py tests/flows/running/startup.py tests/flows/store/vault.py \
	tests/flows/store/sanitized.py
EXTRA_DIST += tests/flows/softkey.py tests/flows/keys/key_places.py tests/flows/keys/keys_cli.py \
	tests/flows/keys/keys_pam.py tests/flows/keys/keys_sudo.py tests/flows/keys/keys_ssh.py \
	tests/flows/keys/keys.py
EXTRA_DIST += tests/flows/enrolment/key_enrolment.py tests/flows/people/attacks_people.py \
	tests/flows/people/sanitized_people.py
EXTRA_DIST += tests/flows/commands/guides.py tests/flows/step_up/late_refusals.py \
	tests/flows/strangers/slow_directory.py tests/flows/commands/full_output.py \
	tests/flows/commands/json_failures.py tests/flows/people/second_person_words.py
EXTRA_DIST += tests/flows/people/approvals.py tests/flows/people/approvals_cli.py \
	tests/flows/people/approval_rules.py tests/flows/step_up/limits.py tests/flows/passing_time.py
EXTRA_DIST += tests/flows/host/pam_flows.py tests/flows/scratch.py tests/flows/host/sshd.py \
	tests/flows/host/sudo.py tests/flows/host/doors.py tests/flows/strangers/mute_peers.py
EXTRA_DIST += tests/flows/strangers/strangers.py tests/flows/strangers/crowds.py \
	tests/flows/strangers/floods.py tests/flows/strangers/noise.py
EXTRA_DIST += tests/flows/names/names_alike.py tests/flows/names/sshd_names.py
EXTRA_DIST += tests/flows/people/denials.py tests/flows/step_up/drift.py tests/flows/step_up/log_limits.py
EXTRA_DIST += tests/flows/strangers/first_places.py
EXTRA_DIST += tests/flows/step_up/clock_ahead.py tests/flows/enrolment/first_day.py
EXTRA_DIST += tests/flows/strangers/first_alert.py tests/flows/running/hooks.py \
	tests/flows/running/hook_runner.py tests/flows/running/example_hooks.py \
	tests/flows/commands/report.py
EXTRA_DIST += tests/flows/interleaving/interleavings.py tests/flows/interleaving/interleaved_calls.py \
	tests/flows/interleaving/interleaved_judge.py tests/flows/interleaving/interleaved_log.py
EXTRA_DIST += tests/flows/interleaving/interleaved_moves.py tests/flows/interleaving/interleaved_people.py \
	tests/flows/interleaving/interleaved_policy.py
EXTRA_DIST += tests/flows/log_words.py tests/flows/step_up/log_day.py tests/flows/step_up/log_page.py
EXTRA_DIST += tests/flows/step_up/second_checker.py

# A directory as a module of NSS; for directory.py.
test_helpers += tests/flows/nss_directory.so
tests_flows_nss_directory_so_SOURCES = tests/flows/nss_directory.c
tests_flows_nss_directory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_nss_directory_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_nss_directory_so_LDADD =
EXTRA_DIST += tests/flows/directory.py tests/flows/names/names.py tests/flows/names/names_cli.py \
	tests/flows/names/names_sshd.py tests/flows/names/names_places.py

# A directory that lets stepupd wait; for slow_directory.py.
test_helpers += tests/flows/held_directory.so
tests_flows_held_directory_so_SOURCES = tests/flows/held_directory.c
tests_flows_held_directory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_held_directory_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_held_directory_so_LDADD = -ldl

# A disk that keeps commits waiting; for slow_disk.py.
EXTRA_DIST += tests/flows/step_up/slow_disk.py
test_helpers += tests/flows/held_disk.so
tests_flows_held_disk_so_SOURCES = tests/flows/held_disk.c
tests_flows_held_disk_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_held_disk_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_held_disk_so_LDADD = -ldl

# Killed at each of its steps; for moving.py.
test_helpers += tests/flows/store/killed_at.so
tests_flows_store_killed_at_so_SOURCES = tests/flows/store/killed_at.c
tests_flows_store_killed_at_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_store_killed_at_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_store_killed_at_so_LDADD = -ldl
EXTRA_DIST += tests/flows/store/moving.py

# Allocations that fail; for starved_reload.py, and in tests/unit.
EXTRA_DIST += tests/flows/running/starved_reload.py tests/flows/running/last_good_policy.py
test_helpers += tests/flows/starved_memory.so
tests_flows_starved_memory_so_SOURCES = tests/flows/starved_memory.c tests/flows/starved_memory.h
tests_flows_starved_memory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_starved_memory_so_LDFLAGS = $(AM_LDFLAGS) -shared
