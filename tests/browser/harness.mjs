// SPDX-License-Identifier: BSD-2-Clause
// What the browser tests share: TAP, people and their codes, the administrator's tool,
// a browser and what a person does in it.
// They run beside a started quickstart (see tests/browser/run.sh).
// With --pictures DIR each station leaves a screenshot there.
import { createRequire } from 'node:module';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.BROWSER_MODULES, 'package.json'));
const { chromium } = require('playwright-core');
export const url = process.env.QUICKSTART_URL;
export const folder = process.env.QUICKSTART_DIR;
// Nobody, if there is no quickstart.
export const people = folder ? JSON.parse(fs.readFileSync(`${folder}/people/people.json`)) : {};
const pictures = process.argv[2] === '--pictures' ? process.argv[3] : null;
export const ACCOUNT = 'harbour-wallets';
const PATIENCE = 120000;

// --- TAP ---

let count = 0;
let failures = 0;

export function ok(truth, fact, why = '') {
	count++;
	failures += truth ? 0 : 1;
	console.log(`${truth ? 'ok' : 'not ok'} ${count} - ${fact}`);
	if (!truth && why)
		console.log(`#   ${String(why).replaceAll('\n', '\n#   ')}`);
}

export const equal = (got, wanted, fact) => ok(got === wanted, fact,
	`got ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`);
export const matches = (got, pattern, fact) => ok(pattern.test(got), fact,
	`${JSON.stringify(got)} doesn't match ${pattern}`);

// --- codes (RFC 4226), counted in the files that the quickstart counts in ---

function base32(text) {
	const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2)
		.padStart(5, '0')).join('');
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

// Of several counters near the next one that share a code the verifier takes the last, and with it those
// between: such a code is passed over.
export function nextCode(name) {
	const code = (at) => hotp(people[name].secret, at);
	let at = counter(name);
	while (Array.from({ length: 10 }, (_, i) => code(at + 1 + i)).includes(code(at)))
		at++;
	fs.writeFileSync(`${folder}/people/${name}.counter`, `${at + 1}\n`);
	return code(at);
}

export function wrongCode(name) {
	const near = new Set(Array.from({ length: 200 },
		(_, i) => hotp(people[name].secret, Math.max(0, counter(name) - 50 + i))));
	for (let n = 0; ; n++) {
		const code = String(n).padStart(6, '0');
		if (!near.has(code))
			return code;
	}
}

export function administrator(...words) {
	return execFileSync('setpriv', ['--reuid', 'dave', '--regid', 'dave', '--init-groups', 'setsid', '-w',
		process.env.QUICKSTART_STEPUP, ...words],
			{ input: `${nextCode('dave')}\n`, encoding: 'utf8', stdio: 'pipe' });
}

// --- the browser ---

// Violations of the content security policy, script errors, dialogs that a script opened.
export const complaints = [];

// One for all: each context in it has cookies and keys of its own, as if it were another machine.
let browser = null;

// A page in a context of its own; `init` runs in every page of it before the page's own scripts.
export async function open({ init, ...options } = {}) {
	browser ??= await chromium.launch({
		executablePath: '/usr/bin/chromium', headless: true, chromiumSandbox: false,
		timeout: PATIENCE,
		args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync',
			'--host-resolver-rules=MAP console.example.test 127.0.0.1'],
	});
	const context = await browser.newContext({ acceptDownloads: true,
		viewport: { width: 1100, height: 820 }, reducedMotion: 'reduce', ...options });
	context.setDefaultTimeout(PATIENCE);
	if (init)
		await context.addInitScript(init);
	await context.exposeBinding('complain', (_, text) => { complaints.push(text); });
	await context.addInitScript(() => document.addEventListener('securitypolicyviolation',
		(event) => window.complain(
			`violation of ${event.violatedDirective} by ${event.blockedURI}`)));
	const page = await context.newPage();
	page.on('pageerror', (error) => complaints.push(`script error: ${error}`));
	page.on('dialog', (dialog) => {
		complaints.push(`a page opened a dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.done = () => context.close();
	return page;
}

export async function picture(page, name) {
	if (!pictures)
		return;
	await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

export const dialog = (page) => page.locator('dialog[open]');
export const dialogError = (page) => page.locator('#step-up-error:not([hidden])');

export async function password(page, name, secret = people[name].password, at = url) {
	await page.goto(`${at}/sign-in`);
	await page.fill('#user', name);
	await page.fill('#password', secret);
	await page.keyboard.press('Enter');
}

// The dialog has the focus in its field: a person just types.
export async function type(page, code) {
	await page.locator('#step-up-code:focus').waitFor();
	await page.keyboard.type(code);
	await page.keyboard.press('Enter');
}

export async function signIn(page, name) {
	await password(page, name);
	await dialog(page).waitFor();
	await type(page, nextCode(name));
	await page.waitForURL('**/customers');
}

export async function clickExport(page) {
	await page.click('#export button');
	await dialog(page).waitFor();
}

// The CSV that comes of it: its name, and its lines below the heading.
export async function downloaded(page, act) {
	const [download] = await Promise.all([page.waitForEvent('download'), act()]);
	return { name: download.suggestedFilename(),
		lines: fs.readFileSync(await download.path(), 'utf8').split('\r\n').slice(1, -1) };
}

// Runs some facts; where they break off, that is one that failed.
export async function station(run, ...values) {
	try {
		return await run(...values);
	} catch (error) {
		ok(false, `${run.name} goes to its end`, error.stack);
		return undefined;
	}
}

// The end of the plan, and the exit status.
export async function done() {
	await browser?.close();
	console.log(`1..${count}`);
	process.exit(failures ? 1 : 0);
}
