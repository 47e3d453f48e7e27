// SPDX-License-Identifier: BSD-2-Clause
// A policy for the tests of a second person: one export a day, past that carol or dave have to agree; looking
// is asked for once a quarter of an hour.
import fs from 'node:fs';
import { administrator, folder } from './harness.mjs';

const RULES = `
group support        { unix = "support" }
group administrators { unix = "stepup-admin" }
group leads          { members = { carol, dave } }
caller console { unix-user = "console"  users = { "@support" }  actions = { "console.*", "customer.*",
	"stepup.enroll", "stepup.remove", "stepup.list" } }
service export { unix-user = "exportd" }
action console.login { users = { "@support" }  prompt = "Sign in to the support console"  require = { code } }
action customer.view {
	users = { "@support" }  details = { "account:text" }  prompt = "Look at the contacts of {account}"
	require = { code }  fresh-for = 15m
}
action customer.note {
	users = { "@support" }  details = { "account:text" }  prompt = "Write a note about {account}"
	require = { code }
	always-approve = yes  approvers = { "@leads" }  code-is-enough = yes
}
action "stepup.*" { users = { "@administrators" }  require = { code }  code-is-enough = yes }
`;

const EXPORT = `
action customer.export {
	users   = { "@support" }
	details = { "account:text", "records:number" }
	prompt  = "Export {records} contacts of {account}"
	require = { key }
	limit   = { "1 per 24h" }  over-limit = approve  approvers = { "@leads" }
	hard-limit = { "20 per 24h" }
	service = export
}
`;

// In the place of the quickstart's rules, of which only what belongs to the place stays: store and origins.
export function secondPersonPolicy() {
	const file = `${folder}/etc/stepup.conf`;
	const kept = fs.readFileSync(file, 'utf8').match(/^(issuer|rp-id|origins|store|help) .*$/gm);
	fs.writeFileSync(file, `${kept.join('\n')}\ncooling-off = 0s\n${RULES}`);
	for (const name of fs.readdirSync(`${folder}/etc/stepup.conf.d`))
		fs.rmSync(`${folder}/etc/stepup.conf.d/${name}`);
	fs.writeFileSync(`${folder}/etc/stepup.conf.d/export.conf`, EXPORT);
	administrator('reload');
}
