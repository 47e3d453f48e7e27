/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands: names, arguments, options, help and what each runs. */
#include "tools/stepup/shell/commands.h"

#define DETAIL_RULE \
	"A value of digits alone is a number where the action's rule wants one and a text where it " \
	"wants that;\n" \
	"name=\"123\" (with the quotes) is always a text, name:=123 always a number.\n"
#define ASKS_FIRST "Asks for your own key or code first. Run it as yourself, not as root.\n"

const struct command_row command_table[] = {
	{
		.heading = "Setting up",
		.name = "init", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_AGAIN) | OPTION(OPTION_CONFIG_DIR) | OPTION(OPTION_OWNER) |
			OPTION(OPTION_STATE_DIR),
		.help = "set this host up and invite the first administrator",
		.about = "Run it as root. It makes what is missing (folders, master key, a first "
			"configuration) and keeps what is there.\n"
			"While stepupd isn't running it stops there and says so; run it again then.\n",
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
		.about = "totp is an app (the default), hotp a counting token, key a security key plugged "
			"in here, agent one behind ssh-agent\n"
			"(made with `ssh-keygen -t ed25519-sk`), also where that is forwarded (`ssh -A`).\n"
			"The first one needs an invitation; further ones need one that you have, and a "
			"further key needs a key.\n"
			"One code, or the key itself, proves it before it is stored.\n",
		.run = command_enroll,
	},
	{
		.name = "list", .arguments = "[USER]", .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_USER),
		.help = "show your authenticators, or as administrator USER's",
		.about = "STRENGTH is what one counts as just now: a code, a key, or an attested "
			"hardware-key.\n",
		.run = command_list,
	},
	{
		.name = "test", .arguments = "",
		.options = OPTION(OPTION_USER),
		.help = "try a key or a code; nothing else happens",
		.run = command_test,
	},
	{
		.name = "remove", .arguments = "CREDENTIAL", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER),
		.help = "remove one of your authenticators",
		.about = "CREDENTIAL is the id or the label that `stepup list` shows.\n"
			"Asks first: for a key if you remove a key, else for a key or a code.\n",
		.run = command_remove,
	},
	{
		.heading = "Actions, and a second person",
		.name = "confirm", .arguments = "ACTION [NAME=VALUE…] [-- COMMAND…]", .least = 1,
		.most = ANY_NUMBER_OF_ARGUMENTS, .takes_command = true,
		.options = OPTION(OPTION_USER) | OPTION(OPTION_RECEIPT) | OPTION(OPTION_REASON) |
			OPTION(OPTION_NO_WAIT),
		.help = "confirm an action, then run COMMAND",
		.about = "COMMAND runs only if the step-up was granted; its exit status is then this "
			"command's.\n"
			"If a second person has to agree, it waits for that; interrupted, or with "
			"--no-wait, the request goes on waiting,\n"
			"and the same command goes through once somebody has agreed.\n"
			DETAIL_RULE,
		.run = command_confirm,
	},
	{
		.name = "requests", .arguments = "",
		.options = OPTION(OPTION_USER) | OPTION(OPTION_FOLLOW),
		.help = "show requests for a second person: your own, and those that you can agree to",
		.run = command_requests,
	},
	{
		.name = "approve", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER),
		.help = "agree to somebody else's request",
		.about = "Shows exactly what is asked for, and asks for your own key or code.\n",
		.run = command_approve,
	},
	{
		.name = "deny", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_USER) | OPTION(OPTION_LOCK),
		.help = "turn a request down, or one made in your name",
		.about = "Asks for nothing without --lock. With it, your own key or code is asked for, "
			"unless the request is in your own name.\n"
			"Only an administrator unlocks again.\n",
		.run = command_deny,
	},
	{
		.name = "wait", .arguments = "REQUEST", .least = 1, .most = 1,
		.options = OPTION(OPTION_NO_WAIT),
		.help = "wait until a request of yours is answered",
		.about = "Exit status 0: somebody agreed; do the same again, and it goes through.\n"
			"1: the request can no longer be granted. 4: it still waits.\n",
		.run = command_wait,
	},
	{
		.name = "withdraw", .arguments = "REQUEST", .least = 1, .most = 1,
		.help = "withdraw a request that you made",
		.run = command_withdraw,
	},
	{
		.heading = "The bad day",
		.name = "lock", .arguments = "USER… | --me", .most = ANY_NUMBER_OF_ARGUMENTS,
		.completion = COMPLETE_USER,
		.options = OPTION(OPTION_ME) | OPTION(OPTION_REASON),
		.help = "refuse everything of these users, from now on",
		.about = ASKS_FIRST
			"`stepup lock --me` is for \"something is wrong\": it asks for nothing,\n"
			"and only an administrator unlocks again.\n",
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
		.help = "make an invitation to enroll a first authenticator",
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
		.help = "take USER's authenticators away, or one of them",
		.about = ASKS_FIRST,
		.run = command_revoke,
	},
	{
		.heading = "The policy and the verifier",
		.name = "policy check", .arguments = "[FILE]", .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_STEPUPD) | OPTION(OPTION_PAM_DIR),
		.help = "look for mistakes in the configuration and in PAM files",
		.about = "Needs no privilege and no running verifier. Warnings leave the exit status 0, "
			"errors make it 1.\n",
		.run = command_policy_check,
	},
	{
		.name = "policy explain", .arguments = "USER ACTION [NAME=VALUE…]", .least = 2,
		.most = ANY_NUMBER_OF_ARGUMENTS, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_CALLER) | OPTION(OPTION_SERVICE) | OPTION(OPTION_RHOST),
		.help = "say what would be asked of USER, why, and what limits have left",
		.about = "What a second person agreed to counts where it was asked. Of yourself that is "
			"here, with `stepup confirm`; of somebody\n"
			"else say where: --service or --rhost, and --caller where no program of root's "
			"asks.\n"
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
		.help = "have the verifier hold every row of its database against what it wrote",
		.about = "Exit status 1: a row was changed, added, taken out or brought back.\n",
		.run = command_store_check,
	},
	{
		.heading = "What happened",
		.name = "log show", .arguments = "",
		.options = OPTION(OPTION_FROM) | OPTION(OPTION_COUNT_OF) | OPTION(OPTION_SSHSIG) |
			OPTION(OPTION_FILE),
		.help = "show the log's last entries",
		.about = "With --sshsig, what the SSH key of one entry signed; --file takes that from an "
			"export, and asks nobody.\n"
			ASKS_FIRST,
		.run = command_log_show,
	},
	{
		.name = "log verify", .arguments = "",
		.options = OPTION(OPTION_FILE) | OPTION(OPTION_KEY) | OPTION(OPTION_CHECKPOINT),
		.help = "check the log, or an export of it",
		.about = "With --file nobody needs to be asked: it works on any machine. Give the key "
			"that `stepup init` printed with --key;\n"
			"without it the log is only held against the key that came with it.\n",
		.run = command_log_verify,
	},
	{
		.name = "log export", .arguments = "",
		.options = OPTION(OPTION_FILE),
		.help = "write the whole log for keeping elsewhere",
		.about = "Writes to FILE, or to standard output.\n"
			ASKS_FIRST,
		.run = command_log_export,
	},
	{
		.name = "report", .arguments = "USER", .least = 1, .most = 1, .completion = COMPLETE_USER,
		.options = OPTION(OPTION_SINCE) | OPTION(OPTION_UNTIL) | OPTION(OPTION_CSV) |
			OPTION(OPTION_HTML) | OPTION(OPTION_FILE) | OPTION(OPTION_KEY),
		.help = "show what USER did, and whom it touched",
		.about = "--since is needed. With --file it reads an exported log, and checks it on the "
			"way; nobody needs to be asked then.\n"
			"Otherwise it reads the verifier's. "
			ASKS_FIRST,
		.run = command_report,
	},
	{
		.name = "backup", .arguments = "FILE", .least = 1, .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_MOVE) | OPTION(OPTION_STEPUPD) | OPTION(OPTION_CONFIG_DIR) |
			OPTION(OPTION_MARK),
		.help = "copy the verifier's store to FILE, or let it leave in FILE",
		.about = "Run it as root, also while the verifier runs. The master key is not in it: keep "
			"a copy of that elsewhere.\n"
			"With --move it stops the verifier, and none starts with this store here any more: "
			"it goes on where FILE is\nrestored, which needs the same master key.\n",
		.run = command_backup,
	},
	{
		.name = "restore", .arguments = "FILE", .least = 1, .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_AS_BACKUP) | OPTION(OPTION_STEPUPD) | OPTION(OPTION_CONFIG_DIR) |
			OPTION(OPTION_MARK),
		.help = "put such a copy in the store's place",
		.about = "Run it as root. It stops the verifier, and keeps the store of before beside it. "
			"Nothing is approved until\n`stepup epoch new`; but a store that left with --move "
			"goes on once the verifier is started.\n",
		.run = command_restore,
	},
	{
		.name = "epoch new", .arguments = "",
		.options = OPTION(OPTION_STEPUPD) | OPTION(OPTION_MARK),
		.help = "go on with a store that was put back",
		.about = "Run it as root. Receipts, invitations and requests of before are void then, the "
			"log gets a new key and says so.\n",
		.run = command_epoch_new,
	},
	{
		.heading = "For programs and shells",
		.name = "receipt verify", .arguments = "[FILE]", .most = 1, .completion = COMPLETE_FILE,
		.options = OPTION(OPTION_KEYS),
		.help = "check a receipt's signature and show what it says",
		.about = "Reads FILE, or standard input. This says nothing about whether it was redeemed "
			"already or its owner is locked:\n"
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
