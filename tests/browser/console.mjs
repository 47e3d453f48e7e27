// SPDX-License-Identifier: BSD-2-Clause
// What a person at the support console meets, in a real browser. Runs beside a started quickstart (see tests/browser/console);
// prints TAP. With --pictures DIR it leaves a screenshot of each station there.
import { createRequire } from 'node:module';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(path.join(process.env.BROWSER_MODULES, 'package.json'));
const { chromium } = require('playwright-core');
const url = process.env.QUICKSTART_URL;
const folder = process.env.QUICKSTART_DIR;
const people = JSON.parse(fs.readFileSync(`${folder}/people/people.json`));
const pictures = process.argv[2] === '--pictures' ? process.argv[3] : null;
const ACCOUNT = 'harbour-wallets';
const PATIENCE = 60000;

// --- TAP ---

let count = 0;
let failures = 0;

function ok(truth, fact, why = '') {
	count++;
	failures += truth ? 0 : 1;
	console.log(`${truth ? 'ok' : 'not ok'} ${count} - ${fact}`);
	if (!truth && why)
		console.log(`#   ${String(why).replaceAll('\n', '\n#   ')}`);
}

const equal = (got, wanted, fact) => ok(got === wanted, fact, `got ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`);
const matches = (got, pattern, fact) => ok(pattern.test(got), fact, `${JSON.stringify(got)} doesn't match ${pattern}`);

// --- codes (RFC 4226), counted in the files that the quickstart counts in ---

function base32(text) {
	const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

function hotp(secret, counter) {
	const message = Buffer.alloc(8);
	message.writeBigUInt64BE(BigInt(counter));
	const mac = createHmac('sha1', base32(secret)).update(message).digest();
	const start = mac[mac.length - 1] & 15;
	return String((mac.readUInt32BE(start) & 0x7fffffff) % 1000000).padStart(6, '0');
}

function counter(name) {
	return Number(fs.readFileSync(`${folder}/people/${name}.counter`, 'utf8'));
}

function nextCode(name) {
	const at = counter(name);
	fs.writeFileSync(`${folder}/people/${name}.counter`, `${at + 1}\n`);
	return hotp(people[name].secret, at);
}

function wrongCode(name) {
	const near = new Set(Array.from({ length: 200 }, (_, i) => hotp(people[name].secret, Math.max(0, counter(name) - 50 + i))));
	for (let n = 0; ; n++) {
		const code = String(n).padStart(6, '0');
		if (!near.has(code))
			return code;
	}
}

function administrator(...words) {
	return execFileSync('setpriv', ['--reuid', 'dave', '--regid', 'dave', '--init-groups', 'setsid', '-w',
		process.env.QUICKSTART_STEPUP, ...words], { input: `${nextCode('dave')}\n`, encoding: 'utf8', stdio: 'pipe' });
}

// --- the browser ---

const complaints = []; // violations of the content security policy, script errors, dialogs that a script opened

async function open(options = {}) {
	const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'console-browser.'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: '/usr/bin/chromium', headless: true, chromiumSandbox: false, acceptDownloads: true,
		viewport: { width: 1100, height: 820 }, ...options,
		args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
	context.setDefaultTimeout(PATIENCE);
	await context.exposeBinding('complain', (_, text) => { complaints.push(text); });
	await context.addInitScript(() => document.addEventListener('securitypolicyviolation',
		(event) => window.complain(`violation of ${event.violatedDirective} by ${event.blockedURI}`)));
	const page = context.pages()[0] ?? await context.newPage();
	page.on('pageerror', (error) => complaints.push(`script error: ${error}`));
	page.on('dialog', (dialog) => { complaints.push(`a page opened a dialog: ${dialog.message()}`); dialog.dismiss(); });
	page.done = async () => { await context.close(); fs.rmSync(profile, { recursive: true }); };
	return page;
}

async function picture(page, name) {
	if (!pictures)
		return;
	await page.waitForTimeout(200); // the dialog's short animation
	await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

const dialog = (page) => page.locator('dialog[open]');
const dialogError = (page) => page.locator('#step-up-error:not([hidden])');
const title = (page) => page.locator('#step-up-title').textContent();

async function password(page, name, secret = people[name].password) {
	await page.goto(`${url}/sign-in`);
	await page.fill('#user', name);
	await page.fill('#password', secret);
	await page.keyboard.press('Enter');
}

// The dialog has the focus in its field: a person just types.
async function type(page, code) {
	await page.locator('#step-up-code:focus').waitFor();
	await page.keyboard.type(code);
	await page.keyboard.press('Enter');
}

async function signIn(page, name) {
	await password(page, name);
	await dialog(page).waitFor();
	await type(page, nextCode(name));
	await page.waitForURL('**/customers');
}

async function clickExport(page) {
	await page.click('#export button');
	await dialog(page).waitFor();
}

// --- what is to hold ---

async function signingIn(page) {
	await password(page, 'carol', 'not her password');
	matches(await page.locator('.error').textContent(), /do not belong together/, 'a wrong password is told in a sentence');
	await picture(page, '1-wrong-password');
	await password(page, 'carol');
	await dialog(page).waitFor();
	equal(await page.locator('#step-up-prompt').textContent(), 'Sign in to the support console', 'the dialog shows what will be approved');
	await picture(page, '2-sign-in');
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	matches(await page.locator('#status').textContent(), /Nothing was approved/, 'Escape cancels, and the page says so');
	ok(await page.locator('#sign-in-code:focus').count() === 1, 'the focus goes back to the button that asked');
	await page.goto(`${url}/customers`);
	matches(page.url(), /\/sign-in\/code$/, 'a password alone opens nothing');
	await dialog(page).waitFor();
	await type(page, nextCode('carol'));
	await page.waitForURL('**/customers');
	ok(await page.locator('tbody tr').count() === 50, 'password and code open the customers');
	await picture(page, '3-customers');
	const cookie = (await page.context().cookies()).find((one) => one.name === 'session');
	ok(cookie.httpOnly && cookie.sameSite === 'Strict', 'the cookie is out of reach of scripts and of other sites');
}

async function exporting(page) {
	await page.goto(`${url}/customers`);
	await page.fill('#q', 'harbour w');
	await page.keyboard.press('Enter');
	await page.click('text=Harbour Wallets');
	await page.locator('#export').waitFor();
	await picture(page, '4-customer');
	await clickExport(page);
	equal(await page.locator('#step-up-prompt').textContent(), `Export 340 contacts of ${ACCOUNT}`, 'the dialog names the account and the number');
	equal(await page.evaluate(() => document.activeElement.id), 'step-up-code', 'the dialog has the focus in its field');
	await picture(page, '5-export');
	const code = nextCode('carol');
	const [download] = await Promise.all([page.waitForEvent('download'), type(page, code)]);
	const lines = fs.readFileSync(await download.path(), 'utf8').split('\r\n').slice(1, -1);
	equal(download.suggestedFilename(), `contacts-${ACCOUNT}.csv`, 'a typed code downloads the CSV');
	equal(lines.length, 340, 'the CSV has every contact');
	matches(lines[0], /^"[^"]+","[^"]+@example\.(com|net|org)",/, 'its lines are contacts');
	await clickExport(page);
	await type(page, code);
	await dialogError(page).waitFor();
	matches(await dialogError(page).textContent(), /did not work.*already used.*2 tries left/, 'a second export with the same code is refused, with the tries left');
	await picture(page, '6-same-code');
	await page.click('dialog button.quiet');
	await dialog(page).waitFor({ state: 'detached' });
}

async function looking(page) {
	await page.goto(`${url}/customers/${ACCOUNT}`);
	equal(await page.locator('tbody tr').count(), 0, 'a customer\'s page shows no contact at first');
	equal(await page.locator('#api-key').textContent(), '•'.repeat(24), 'and no API key');
	await page.click('#view');
	await dialog(page).waitFor();
	await type(page, nextCode('bob'));
	await page.locator('tbody tr').first().waitFor();
	equal(await page.locator('tbody tr').count(), 10, 'a code shows contacts');
	await page.click('#reveal');
	await dialog(page).waitFor();
	await type(page, nextCode('bob'));
	await page.locator('#api-key:has-text("qp_live_")').waitFor();
	ok(true, 'a code shows the API key');
	await page.goto(`${url}/customers/amber-teas`);
	equal(await page.locator('tbody tr').count(), 0, 'the approval of one customer shows no other');
	await picture(page, '7-other-customer');
}

async function escaping(page) {
	await page.goto(`${url}/customers?q=%22%3E%3Cscript%3Ealert(3)%3C/script%3E`);
	equal(await page.inputValue('#q'), '"><script>alert(3)</script>', 'a search for markup stays a search');
	await page.goto(`${url}/customers?q=awkward`);
	const names = await page.locator('tbody a').allTextContents();
	ok(names.includes('<script>document.title=\'broken\'</script>') && names.includes('"><img src=x onerror=alert(1)>'),
		'names full of markup are shown as text', names.join('\n'));
	await picture(page, '8-awkward');
	for (let i = 1; i <= 6; i++) {
		await page.goto(`${url}/customers/awkward-${i}`);
		await page.locator('#export').waitFor();
		equal(await page.locator('svg, img:not([alt=""]), main script, [onfocus]').count(), 0, `customer awkward-${i} adds nothing to its page`);
		equal(await page.locator('h1').count(), 1, `and the page of awkward-${i} is whole`);
	}
	await page.click('#view');
	await dialog(page).waitFor();
	await type(page, nextCode('bob'));
	await page.locator('tbody tr').first().waitFor();
	ok((await page.locator('tbody').textContent()).includes('<img src=x onerror=alert(2)>'), 'a contact full of markup is shown as text');
	matches(await page.title(), /Quillpost Support$/, 'no script of theirs ran');
}

async function policyOfThePages(page) {
	await page.goto(`${url}/customers`);
	const before = complaints.length;
	const ran = await page.evaluate(() => {
		const script = document.createElement('script');
		try {
			script.textContent = 'window.broken = true';
			document.body.append(script);
		} catch { /* trusted types refuse already the text */ }
		return window.broken === true;
	});
	ok(!ran, 'a script that got into a page would not run');
	const fetched = await page.evaluate(() => fetch('http://127.0.0.1:9/').then(() => true, () => false));
	ok(!fetched, 'and could not send anything elsewhere');
	await page.waitForFunction(() => true);
	ok(complaints.length > before, 'the test would see violations of the content security policy');
	complaints.length = before;
}

async function wrongThenLocked(page) {
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await clickExport(page);
	await type(page, wrongCode('bob'));
	await dialogError(page).waitFor();
	matches(await dialogError(page).textContent(), /2 tries left/, 'a wrong code says how many tries are left');
	equal(await page.locator('#step-up-code').getAttribute('aria-invalid'), 'true', 'and marks the field for screen readers');
	administrator('lock', 'bob');
	await type(page, nextCode('bob'));
	await page.locator('#step-up-title:has-text("Nothing was approved")').waitFor();
	matches(await dialogError(page).textContent(), /locked.*Don't retry.*L-\d+/, 'locked in the middle: the next answer is refused, with whom to call and a reference');
	await picture(page, '9-locked');
	await page.keyboard.press('Enter');
	await dialog(page).waitFor({ state: 'detached' });
	await page.goto(`${url}/customers`);
	equal(await page.locator('h1').textContent(), 'You are signed out', 'the next click of the locked employee signs out');
	matches(await page.locator('.error').textContent(), /locked/, 'and says why');
	await picture(page, '10-signed-out');
	await page.goto(`${url}/customers`);
	matches(page.url(), /\/sign-in$/, 'the session is gone');
}

async function darkAndNarrow() {
	const page = await open({ colorScheme: 'dark', viewport: { width: 390, height: 780 } });
	await signIn(page, 'carol');
	await page.goto(`${url}/customers/${ACCOUNT}`);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
	ok(!wide, 'a page fits a telephone');
	await clickExport(page);
	await picture(page, '11-dark-narrow');
	const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	equal(background, 'rgb(20, 23, 31)', 'dark where the person prefers dark');
	await page.done();
}

async function station(run, ...values) {
	try {
		await run(...values);
	} catch (error) {
		ok(false, `${run.name} goes to its end`, error.stack);
	}
}

// First: who has just typed a code that did not work has to wait before the next one.
await station(darkAndNarrow);
const carol = await open();
await station(signingIn, carol);
await station(exporting, carol);
await carol.done();
const bob = await open();
await station(signIn, bob, 'bob');
await station(looking, bob);
await station(escaping, bob);
equal(complaints.join('; '), '', 'no page violated its content security policy, no script failed');
await station(policyOfThePages, bob);
await station(wrongThenLocked, bob);
equal(complaints.join('; '), '', 'nor afterwards');
await bob.done();
console.log(`1..${count}`);
process.exit(failures ? 1 : 0);
