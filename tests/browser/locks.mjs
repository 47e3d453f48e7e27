// SPDX-License-Identifier: BSD-2-Clause
// Sessions at the support console that end: what was fresh in them is asked again; a locked employee is out
// at once, whatever was under way, and so is an approver; and "that wasn't bob".
import { Authenticator } from './authenticator.mjs';
import {
	ACCOUNT, administrator, complaints, dialog, dialogError, done, equal, matches, nextCode, ok, open,
	picture, signIn, station, type, url,
} from './harness.mjs';
import { secondPersonPolicy } from './policy.mjs';
import { arrive, arriveWithKey, askOver, card, exportWithin, openAgreement, press, signInWithKey, title,
	told } from './requests.mjs';
import { overhear } from './varlink.mjs';

const LOCKED = /locked.*Don't retry.*L-\d+/;

async function look(page, account) {
	await page.goto(`${url}/customers/${account}`);
	await page.click('#view');
}

// Any click of an employee who is locked.
async function isOut(page, who) {
	await page.goto(`${url}/customers`);
	equal(await page.locator('h1').textContent(), 'You are signed out',
		`${who} is out at the next click`);
	matches(await page.locator('.error').textContent(), LOCKED, 'with the same words');
	await page.goto(`${url}/customers`);
	matches(page.url(), /\/sign-in$/, 'and the session is gone');
}

const contacts = (page) => page.locator('tbody tr').first().waitFor();

async function asked(page, name, account) {
	await look(page, account);
	await dialog(page).waitFor();
	await type(page, nextCode(name));
	await contacts(page);
}

// Counts what arrives as a download, or would.
function downloads(page) {
	const got = [];
	page.on('download', (download) => got.push(download.suggestedFilename()));
	return got;
}

async function signOut(page) {
	await page.click('text=Sign out');
	await page.waitForURL('**/sign-in');
}

// --- what is to hold ---

async function freshness(bob) {
	await asked(bob, 'bob', ACCOUNT);
	await look(bob, 'amber-teas');
	await contacts(bob);
	equal(await dialog(bob).count(), 0, 'a second look within the quarter of an hour is not asked for');
	const other = await open();
	await signIn(other, 'bob');
	await asked(other, 'bob', 'awkward-1');
	ok(true, 'in another session of the same person it is');
	await look(bob, 'awkward-2');
	await contacts(bob);
	ok(true, 'and that asking changed nothing in the first one');
	matches(await overhear(() => signOut(bob)),
		/"io\.stepup\.Verify1\.EndSession",\s*"parameters":\s*\{\s*"session":\s*"[0-9a-f]{64}"/,
		'signing out tells the verifier that the session is over');
	const before = await bob.context().cookies();
	equal(before.filter(({ name }) => name === 'session').length, 0, 'signing out takes the cookie away');
	await signIn(bob, 'bob');
	await asked(bob, 'bob', 'amber-teas');
	ok(true, 'after signing out it is asked for again');
	const { entries } = JSON.parse(administrator('log', 'show', '--from', '0', '--count', '1000',
		'--json'));
	const looks = entries.map(({ entry }) => (typeof entry === 'string' ? JSON.parse(entry) : entry))
		.filter((entry) => entry.type === 'grant' && entry.action === 'customer.view');
	equal(looks.length, 5, 'each look stands in the log, asked for or not');
	await other.done();
}

async function approverLocked(alice, carol) {
	const got = downloads(alice);
	await exportWithin(alice);
	await carol.goto(`${url}/requests`);
	const request = await askOver(alice);
	await card(carol, request).waitFor();
	await openAgreement(carol, request);
	administrator('lock', 'carol');
	await carol.keyboard.press('Enter');
	await title(carol, 'Nothing was approved');
	matches(await dialogError(carol).textContent(), /locked.*L-\d+|Sign in again/,
		'an approver who is locked with the key in hand approves nothing');
	await picture(carol, 'lock-1-approver');
	await carol.keyboard.press('Escape');
	matches(await carol.locator('#requests-error:not([hidden])').textContent(), LOCKED,
		'the page of requests says so by itself');
	await carol.locator('#requests').waitFor({ state: 'hidden' });
	ok(true, 'and shows no request any more');
	await picture(carol, 'lock-2-approver-page');
	await carol.goto(`${url}/requests`);
	matches(carol.url(), /\/sign-in$/, 'the session is gone');
	equal(await alice.locator('#step-up-title').textContent(), 'Waiting for a second person',
		'who asked goes on waiting for somebody else');
	equal(got.length, 1, 'and has exported nothing but the one within the limit');
}

// Alice waits from the station before.
async function requesterLocked(alice, dave) {
	const got = downloads(alice);
	const other = await open();
	await Authenticator.plugIn(other);
	await other.plugged.take(await alice.plugged.credentials(), 1000);
	await signInWithKey(other, 'alice');
	await dave.goto(`${url}/requests`);
	await dave.locator('[data-request]').waitFor();
	administrator('lock', 'alice');
	await title(alice, 'Nothing was approved');
	matches(await dialogError(alice).textContent(), LOCKED,
		'locked in the middle of the wait: the dialog says so, with whom to call and a reference');
	await picture(alice, 'lock-3-requester');
	await dave.locator('[data-request]').waitFor({ state: 'detached' });
	ok(true, 'the request leaves the list of those who could have agreed');
	await alice.keyboard.press('Escape');
	equal(got.length, 0, 'nothing was exported');
	await isOut(alice, 'who asked');
	await isOut(other, 'her other session, too,');
	await other.done();
}

async function notThem(bob, dave) {
	const got = downloads(bob);
	await exportWithin(bob);
	const request = await askOver(bob);
	await press(dave, request, 'That wasn\'t bob …');
	matches(await card(dave, request).locator('.sure').textContent(),
		/locks the account\. bob is refused everywhere until an administrator unlocks it/,
		'to lock somebody is asked once more');
	await picture(dave, 'lock-4-sure');
	await press(dave, request, 'Deny and lock');
	await dave.locator('#step-up-key:focus').waitFor();
	matches(await dialog(dave).textContent(),
		/Deny this, and lock bob out of everything: Export 340 contacts/,
		'and takes the key of who locks, for exactly that');
	await picture(dave, 'lock-4-key');
	await dave.keyboard.press('Enter');
	await told(dave, 'Denied, and bob is locked');
	await picture(dave, 'lock-5-denied');
	await title(bob, 'Nothing was approved');
	matches(await dialogError(bob).textContent(), LOCKED,
		'who asked is told of the lock in the dialog that waits');
	await bob.keyboard.press('Escape');
	await isOut(bob, 'who was locked so');
	equal(got.length, 1, 'with nothing exported but the one within the limit');
}

// Somebody else asks in her name: she sees it in her own list. Here both are dave.
async function notMe(dave) {
	await exportWithin(dave);
	const request = await askOver(dave);
	const other = await open();
	await Authenticator.plugIn(other);
	await other.plugged.take(await dave.plugged.credentials(), 2000);
	await signInWithKey(other, 'dave');
	await other.goto(`${url}/requests`);
	await press(other, request, 'This wasn\'t me …');
	matches(await card(other, request).locator('.sure').textContent(),
		/locks the account\. You are refused everywhere/,
		'who finds a request that is not theirs can lock themselves');
	await press(other, request, 'Deny and lock');
	await other.locator('#step-up-key:focus').waitFor();
	await other.keyboard.press('Enter');
	await title(dave, 'Nothing was approved');
	matches(await dialogError(dave).textContent(), LOCKED,
		'whoever asked in their name is told of the lock');
	await isOut(other, 'and both are out: who locked');
	await dave.keyboard.press('Escape');
	await isOut(dave, 'and who asked');
	await other.done();
}

secondPersonPolicy();
const bob = await arrive('bob');
await station(freshness, bob);
const alice = await arriveWithKey('alice');
const carol = await arrive('carol');
await station(approverLocked, alice, carol);
await carol.done();
const dave = await arrive('dave');
await station(requesterLocked, alice, dave);
await alice.done();
await station(notThem, bob, dave);
await station(notMe, dave);
equal(complaints.join('; '), '', 'no script error and nothing against the content security policy');
await bob.done();
await dave.done();
await done();
