// SPDX-License-Identifier: BSD-2-Clause
// A second person in the console's dialog: over the limit it waits, goes on when somebody agreed, and says so when somebody denied.
import fs from 'node:fs';
import { ACCOUNT, administrator, complaints, dialog, dialogError, done, equal, folder, matches, nextCode, ok, open, picture, signIn, station, type, url }
	from './harness.mjs';

// One account an hour; past that an administrator has to agree, by a code, for there is no key here.
function tighten() {
	const file = `${folder}/etc/stepup.conf`;
	const text = fs.readFileSync(file, 'utf8');
	const rule = 'limit = { "1 different account per 1h" }  over-limit = approve  approvers = { "@administrators" }  code-is-enough = yes';
	const tight = text.replace('limit   = { "40 different account per 1h", "120 different account per 24h" }', rule);
	ok(tight !== text, 'the policy of the quickstart can be tightened');
	fs.writeFileSync(file, tight);
	administrator('reload');
}

async function look(page, account) {
	await page.goto(`${url}/customers/${account}`);
	await page.click('#view');
	await dialog(page).waitFor();
	await type(page, nextCode('bob'));
}

async function waitingFor(page, account) {
	await look(page, account);
	const words = await page.locator('#step-up-second:not([hidden])').textContent();
	const [request] = /R-[0-9A-Z]{12}/.exec(words) ?? [];
	ok(request !== undefined, 'the dialog names the request that waits', words);
	return { request, words };
}

async function waits(page, accounts) {
	await signIn(page, 'bob');
	await look(page, accounts[0]);
	await page.locator('tbody tr').first().waitFor();
	ok(true, 'within the limit nobody else is asked');
	let { request, words } = await waitingFor(page, accounts[1]);
	equal(await page.locator('#step-up-title').textContent(), 'Waiting for a second person', 'over it the dialog waits');
	matches(words, /members of stepup-admin.*waits until \d\d:\d\d.*Nothing was approved yet/, 'and says who can agree and until when');
	await picture(page, 'second-waiting');
	administrator('approve', request);
	await page.locator('tbody tr').first().waitFor();
	equal(await dialog(page).count(), 0, 'it goes on by itself when somebody agreed');
	await picture(page, 'second-approved');
	({ request } = await waitingFor(page, accounts[2]));
	administrator('deny', request);
	matches(await dialogError(page).textContent(), /dave denied request .* Nothing was approved/, 'and says who denied it');
	await picture(page, 'second-denied');
	equal(await page.locator('#step-up-title').textContent(), 'Nothing was approved', 'under a title that says what that means');
	await dialog(page).locator('button.quiet').click();
	await waitingFor(page, accounts[2]);
	await dialog(page).locator('button.quiet').click();
	equal(await dialog(page).count(), 0, 'who stops waiting is back on the page');
}

tighten();
const page = await open();
await station(waits, page, [ACCOUNT, 'amber-teas', 'awkward-1']);
equal(complaints.join('; '), '', 'no script error and nothing against the content security policy');
await page.done();
done();
