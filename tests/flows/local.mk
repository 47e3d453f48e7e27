# tests/flows
EXTRA_DIST += tests/flows/explain.py tests/flows/export_service.py
EXTRA_DIST += tests/flows/advice.py tests/flows/epoch_brakes.py tests/flows/upkeep.py tests/flows/authenticator.py tests/flows/unattended.py tests/flows/qr_codes.py
EXTRA_DIST += tests/flows/step_up.py tests/flows/receipts.py tests/flows/crash.py tests/flows/admin.py tests/flows/enrolment.py tests/flows/log_names.py tests/flows/logbook.py
EXTRA_DIST += tests/flows/cli.py tests/flows/cli_session.py tests/flows/harness.py tests/flows/callers.py tests/flows/codes.py tests/flows/vectors.py tests/flows/clock.py tests/flows/disk.py tests/flows/long_waits.py tests/flows/freshness.py tests/flows/systemd.py
EXTRA_DIST += tests/flows/sockets.py tests/flows/startup.py tests/flows/vault.py tests/flows/sanitized.py
EXTRA_DIST += tests/flows/softkey.py tests/flows/key_places.py tests/flows/keys_cli.py tests/flows/keys_pam.py tests/flows/keys_sudo.py tests/flows/keys_ssh.py tests/flows/keys.py
EXTRA_DIST += tests/flows/key_enrolment.py tests/flows/attacks_people.py tests/flows/sanitized_people.py
EXTRA_DIST += tests/flows/guides.py tests/flows/late_refusals.py tests/flows/slow_directory.py tests/flows/full_output.py tests/flows/json_failures.py tests/flows/second_person_words.py
EXTRA_DIST += tests/flows/approvals.py tests/flows/approvals_cli.py tests/flows/approval_rules.py tests/flows/limits.py tests/flows/passing_time.py
EXTRA_DIST += tests/flows/pam_flows.py tests/flows/scratch.py tests/flows/sshd.py tests/flows/sudo.py tests/flows/doors.py tests/flows/mute_peers.py
EXTRA_DIST += tests/flows/strangers.py tests/flows/crowds.py tests/flows/floods.py tests/flows/noise.py
EXTRA_DIST += tests/flows/names_alike.py tests/flows/sshd_names.py
EXTRA_DIST += tests/flows/denials.py tests/flows/drift.py tests/flows/log_limits.py
EXTRA_DIST += tests/flows/first_places.py
EXTRA_DIST += tests/flows/clock_ahead.py tests/flows/first_day.py
EXTRA_DIST += tests/flows/first_alert.py tests/flows/hooks.py tests/flows/hook_runner.py tests/flows/example_hooks.py tests/flows/report.py
EXTRA_DIST += tests/flows/interleavings.py tests/flows/interleaved_calls.py tests/flows/interleaved_judge.py tests/flows/interleaved_log.py
EXTRA_DIST += tests/flows/interleaved_moves.py tests/flows/interleaved_people.py tests/flows/interleaved_policy.py

# A directory as a module of NSS; for directory.py.
check_PROGRAMS += tests/flows/nss_directory.so
tests_flows_nss_directory_so_SOURCES = tests/flows/nss_directory.c
tests_flows_nss_directory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_nss_directory_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_nss_directory_so_LDADD =
EXTRA_DIST += tests/flows/directory.py tests/flows/names.py tests/flows/names_cli.py tests/flows/names_sshd.py tests/flows/names_places.py

# A directory that lets stepupd wait; for slow_directory.py.
check_PROGRAMS += tests/flows/held_directory.so
tests_flows_held_directory_so_SOURCES = tests/flows/held_directory.c
tests_flows_held_directory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_held_directory_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_held_directory_so_LDADD = -ldl

# A disk that keeps commits waiting; for slow_disk.py.
EXTRA_DIST += tests/flows/slow_disk.py
check_PROGRAMS += tests/flows/held_disk.so
tests_flows_held_disk_so_SOURCES = tests/flows/held_disk.c
tests_flows_held_disk_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_held_disk_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_flows_held_disk_so_LDADD = -ldl

# Allocations that fail; for starved_reload.py, and in tests/unit.
EXTRA_DIST += tests/flows/starved_reload.py tests/flows/last_good_policy.py
check_PROGRAMS += tests/flows/starved_memory.so
tests_flows_starved_memory_so_SOURCES = tests/flows/starved_memory.c tests/flows/starved_memory.h
tests_flows_starved_memory_so_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_flows_starved_memory_so_LDFLAGS = $(AM_LDFLAGS) -shared
