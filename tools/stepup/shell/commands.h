/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands; what each does stands in command_table.c and stepup(1). One file command_*.c per group.
 * Layer: tools/stepup/shell/.
 */
#ifndef STEPUP_TOOLS_COMMANDS_H
#define STEPUP_TOOLS_COMMANDS_H

#include "tools/stepup/shell/options.h"

extern const struct command_row command_table[];

command_function command_init;
command_function command_enroll, command_list, command_test, command_remove;
command_function command_confirm;
command_function command_requests, command_approve, command_deny, command_wait, command_withdraw;
command_function command_lock, command_unlock, command_freeze, command_thaw;
command_function command_invite, command_users, command_revoke, command_reload;
command_function command_policy_check, command_policy_explain;
command_function command_status, command_store_check, command_keys, command_receipt_verify;
command_function command_log_show, command_log_verify, command_log_export;
command_function command_report;
command_function command_backup, command_restore, command_epoch_new;
command_function command_completion, command_help;

#endif
