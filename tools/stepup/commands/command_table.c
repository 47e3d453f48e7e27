/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands: names, arguments, options, help and what each runs. */
#include "tools/stepup/shell/commands.h"

#define DETAIL_RULE \
	"A VALUE of digits is a number if the action's rule wants a number, and a text if it wants a " \
	"text.\n" \
	"NAME=\"123\" (with the quotes) is always a text. NAME:=123 is always a number.\n"
#define ASKS_FIRST "Asks for your own key or code first. Run it as yourself, not as root.\n"

const struct command_row command_table[] = {
	{
		.heading = "Setting up",
		.name = "init", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_AGAIN) | OPTION(OPTION_CONFIG_DIR) | OPTION(OPTION_OWNER) |
			OPTION(OPTION_STATE_DIR),
		.help = "set this host up and invite the first administrator",
		.about = "Run it as root. It makes the folders, the master key and a first configuration, "
			"and keeps those that exist.\n"
			"If stepupd isn't running, it stops there and says so. Start stepupd and run this "
			"again.\n",
		.run = command_init,
	},
	{
		.heading = "Your keys and codes",
		.name = "enroll", .alias = "enrol", .arguments = "[totp|hotp|key|agent]", .most = 1,
		.completion = COMPLETE_WORDS, .words = "totp hotp key agent",
		.options = OPTION(OPTION_USER) | OPTION(OPTION_INVITATION) | OPTION(OPTION_LABEL) |
			OPTION(OPTION_NO_QR) | OPTION(OPTION_SECRET_FILE) | OPTION(OPTION_ALGORITHM) |
			OPTION(OPTION_DIGITS) | OPTION(OPTION_PERIOD) | OPTION(OPTION_COUNTER) |
			OPTION(OPTION_KEY) | OPTION(OPTION_ATTESTATION) | OPTION(OPTION_CHALLENGE),
		.help = "add an authenticator app, a token or a security key",
		.about = "totp is an authenticator app (the default). hotp is a counting token. key is a "
			"security key plugged in here.\n"
			"agent is a security key behind your ssh-agent, also a forwarded one (`ssh -A`). "
			"`ssh-keygen -t ed25519-sk` makes one.\n"
			"Your first one needs an invitation. To add another, confirm with one that you "
			"have. To add another key,\n"
			"confirm with a key. You prove the new one with a code or a touch before it is "
			"stored.\n",
		.run = command_enroll,
	},
	{
		.name = "list", .arguments = "[USER]", .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_USER),
		.help = "list your authenticators, or as an administrator USER's",
		.about = "STRENGTH says how each one counts at this moment: as code, key or hardware-key "
			"(an attested key).\n",
		.run = command_list,
	},
	{
		.name = "test", .arguments = "",
		.options = OPTION(OPTION_USER),
		.help = "try your key or code; nothing else happens",
		.run = command_test,
	},
	{
		.name = "remove", .arguments = "CREDENTIAL", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER),
		.help = "remove one of your authenticators",
		.about = "CREDENTIAL is the id or the label that `stepup list` shows.\n"
			"To remove a key, confirm with a key. To remove anything else, confirm with a key "
			"or a code.\n",
		.run = command_remove,
	},
	{
		.heading = "Actions, and a second person",
		.name = "confirm", .arguments = "ACTION [NAME=VALUE…] [-- COMMAND…]", .least = 1,
		.most = ANY_NUMBER_OF_ARGUMENTS, .takes_command = true,
		.options = OPTION(OPTION_USER) | OPTION(OPTION_RECEIPT) | OPTION(OPTION_REASON) |
			OPTION(OPTION_NO_WAIT),
		.help = "confirm an action, then run COMMAND",
		.about = "COMMAND runs only if the step-up was granted. Its exit status is then this "
			"command's.\n"
			"If a second person must agree, this waits. The request stays if you interrupt "
			"this or give --no-wait.\n"
			"Once somebody has agreed, run the same command again.\n"
			DETAIL_RULE,
		.run = command_confirm,
	},
	{
		.name = "requests", .arguments = "",
		.options = OPTION(OPTION_USER) | OPTION(OPTION_FOLLOW),
		.help = "list requests: your own, and those that you can approve",
		.run = command_requests,
	},
	{
		.name = "approve", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER),
		.help = "approve somebody else's request",
		.about = "Shows what is asked for. Then asks for your own key or code.\n",
		.run = command_approve,
	},
	{
		.name = "deny", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER) | OPTION(OPTION_LOCK),
		.help = "deny a request, also one that was made in your name",
		.about = "Without --lock it asks for nothing. With --lock it asks for your own key or code,\n"
			"unless the request is in your own name. Only an administrator can unlock the "
			"person again.\n",
		.run = command_deny,
	},
	{
		.name = "wait", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_NO_WAIT),
		.help = "wait until somebody answers a request of yours",
		.about = "Exit status 0: somebody agreed. Do the same again, and it goes through.\n"
			"1: the request can't be granted any more. 4: it still waits.\n",
		.run = command_wait,
	},
	{
		.name = "withdraw", .arguments = "REQUEST", .least = 1, .most = 1,
		.help = "take back a request that you made",
		.run = command_withdraw,
	},
	{
		.heading = "The bad day",
		.name = "lock", .arguments = "USER… | --me", .most = ANY_NUMBER_OF_ARGUMENTS,
		.completion = COMPLETE_USER,
		.options = OPTION(OPTION_ME) | OPTION(OPTION_REASON),
		.help = "refuse everything that these users ask for, from now on",
		.about = ASKS_FIRST
			"If something is wrong with your own account, run `stepup lock --me`. It asks for "
			"nothing.\n"
			"Only an administrator can unlock you again.\n",
		.run = command_lock,
	},
	{
		.name = "unlock", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.help = "end a lock",
		.about = ASKS_FIRST,
		.run = command_unlock,
	},
	{
		.name = "freeze", .arguments = "ACTION", .least = 1, .most = 1,
		.options = OPTION(OPTION_REASON),
		.help = "refuse an action to everybody",
		.about = "ACTION may be a pattern that ends in `*`.\n"
			ASKS_FIRST,
		.run = command_freeze,
	},
	{
		.name = "thaw", .arguments = "ACTION", .least = 1, .most = 1,
		.help = "end a freeze",
		.about = ASKS_FIRST,
		.run = command_thaw,
	},
	{
		.heading = "People",
		.name = "invite", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.help = "invite somebody to enroll their first authenticator",
		.about = ASKS_FIRST,
		.run = command_invite,
	},
	{
		.name = "users", .arguments = "",
		.help = "list everybody who has enrolled or is locked",
		.about = ASKS_FIRST,
		.run = command_users,
	},
	{
		.name = "revoke", .arguments = "USER [CREDENTIAL]", .least = 1, .most = 2,
		.completion = COMPLETE_USER,
		.help = "take away USER's authenticators, or one of them",
		.about = ASKS_FIRST,
		.run = command_revoke,
	},
	{
		.heading = "The policy and the verifier",
		.name = "policy check", .arguments = "[FILE]", .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_STEPUPD) | OPTION(OPTION_PAM_DIR),
		.help = "look for mistakes in the configuration and in PAM files",
		.about = "Needs no privilege and no running verifier. With warnings alone the exit status "
			"is 0, with errors 1.\n",
		.run = command_policy_check,
	},
	{
		.name = "policy explain", .arguments = "USER ACTION [NAME=VALUE…]", .least = 2,
		.most = ANY_NUMBER_OF_ARGUMENTS, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_CALLER) | OPTION(OPTION_SERVICE) | OPTION(OPTION_RHOST),
		.help = "say what USER would be asked for, why, and what is left of the limits",
		.about = "What a second person approved counts only in the place where it was asked for. "
			"For yourself that is\n"
			"`stepup confirm` here. For somebody else, say where: give --service or --rhost. "
			"Give --caller if the program\n"
			"does not run as root.\n"
			DETAIL_RULE,
		.run = command_policy_explain,
	},
	{
		.name = "reload", .arguments = "",
		.help = "make the verifier read its configuration again",
		.about = ASKS_FIRST,
		.run = command_reload,
	},
	{
		.name = "status", .arguments = "",
		.help = "show how the verifier is",
		.run = command_status,
	},
	{
		.name = "store check", .arguments = "",
		.help = "check every row of the verifier's database against what it wrote",
		.about = "Exit status 1: a row was changed, added, removed or put back.\n",
		.run = command_store_check,
	},
	{
		.heading = "What happened",
		.name = "log show", .arguments = "",
		.options = OPTION(OPTION_FROM) | OPTION(OPTION_COUNT_OF) | OPTION(OPTION_SSHSIG) |
			OPTION(OPTION_FILE),
		.help = "show the log's last entries",
		.about = "With --sshsig it writes what the SSH key of one entry signed. --file takes that "
			"from an export and asks nobody.\n"
			ASKS_FIRST,
		.run = command_log_show,
	},
	{
		.name = "log verify", .arguments = "",
		.options = OPTION(OPTION_FILE) | OPTION(OPTION_KEY) | OPTION(OPTION_CHECKPOINT),
		.help = "check the log, or an export of it",
		.about = "With --file it works on any machine and asks nobody. Give --key the key that "
			"`stepup init` printed.\n"
			"Without --key the log is checked with the key that came with it.\n",
		.run = command_log_verify,
	},
	{
		.name = "log export", .arguments = "",
		.options = OPTION(OPTION_FILE),
		.help = "write the whole log, to keep it somewhere else",
		.about = "Writes to FILE, or to standard output.\n"
			ASKS_FIRST,
		.run = command_log_export,
	},
	{
		.name = "report", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_SINCE) | OPTION(OPTION_UNTIL) | OPTION(OPTION_CSV) |
			OPTION(OPTION_HTML) | OPTION(OPTION_FILE) | OPTION(OPTION_KEY),
		.help = "show what USER did, and what was touched",
		.about = "Give --since. With --file it checks an exported log, reports on it and asks "
			"nobody.\n"
			"Without --file it reads the verifier's log.\n"
			ASKS_FIRST,
		.run = command_report,
	},
	{
		.name = "backup", .arguments = "FILE", .least = 1, .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_MOVE) | OPTION(OPTION_STEPUPD) | OPTION(OPTION_CONFIG_DIR) |
			OPTION(OPTION_MARK),
		.help = "copy the verifier's store to FILE, or move it away in FILE",
		.about = "Run it as root, also while the verifier runs. The master key is not in FILE: "
			"keep a copy of it somewhere else.\nWith --move it stops the verifier, and this "
			"store can't be used here any more.\nRestore FILE on the machine where it goes "
			"on. That machine needs the same master key.\n",
		.run = command_backup,
	},
	{
		.name = "restore", .arguments = "FILE", .least = 1, .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_AS_BACKUP) | OPTION(OPTION_STEPUPD) | OPTION(OPTION_CONFIG_DIR) |
			OPTION(OPTION_MARK),
		.help = "put a backup of the store in its place",
		.about = "Run it as root. It stops the verifier, and keeps the old store beside the new "
			"one.\n"
			"Nothing is approved before you run `stepup epoch new`. A store that left with "
			"--move needs no new epoch:\n"
			"start the verifier, and it goes on.\n",
		.run = command_restore,
	},
	{
		.name = "epoch new", .arguments = "",
		.options = OPTION(OPTION_STEPUPD) | OPTION(OPTION_MARK),
		.help = "go on with a store that was restored",
		.about = "Run it as root. Older receipts, invitations and requests are void then. The log "
			"gets a new key and says so.\n",
		.run = command_epoch_new,
	},
	{
		.heading = "For programs and shells",
		.name = "receipt verify", .arguments = "[FILE]", .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_KEYS),
		.help = "check a receipt's signature and show what it says",
		.about = "Reads FILE, or standard input. It can't say if the receipt was redeemed or if "
			"its owner is locked:\n"
			"only redeeming it does.\n",
		.run = command_receipt_verify,
	},
	{
		.name = "keys", .arguments = "",
		.help = "show the verifier's public keys",
		.run = command_keys,
	},
	{
		.name = "completion", .arguments = "bash|zsh|fish", .least = 1, .most = 1,
		.completion = COMPLETE_WORDS, .words = "bash zsh fish",
		.help = "print a shell's completion script",
		.run = command_completion,
	},
	{
		.name = "help", .arguments = "[COMMAND]", .most = 2,
		.help = "say how to use a command",
		.run = command_help,
	},
	{0},
};
