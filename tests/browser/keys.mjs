// SPDX-License-Identifier: BSD-2-Clause
// Security keys at the support console, in a real browser with a virtual key: enrolling, using,
// and every refusal in its words.
// The policy is the quickstart's with --keys: an export takes a key, a sign-in takes a key or a code.
import fs from 'node:fs';

import { Authenticator } from './authenticator.mjs';
import {
	ACCOUNT, administrator, clickExport, complaints, dialog, dialogError, done, downloaded, equal, folder,
	matches, nextCode, ok, open, password, picture,
	signIn, station, type, url,
} from './harness.mjs';
import { phish } from './phisher.mjs';

const AWKWARD = '<img src=x onerror=alert(1)> "Blue"';

// --- what people do here ---

const invite = (name) => JSON.parse(administrator('invite', '--json', name)).invitation;
const status = (page) => page.locator('#status:not(:empty)').textContent();
const refusal = (page) => dialogError(page).textContent();

// The form that adds a key; what it says then, on this page or the next.
async function addKey(page, label, invitation) {
	await page.fill('#label', label);
	await page.fill('#invitation', invitation);
	await page.click('#add-key button');
}

const addKeyError = (page) => page.locator('#add-key-error:not([hidden])').textContent();

// Signs in with a code, enrols the key that is plugged in, and stays signed in.
async function signInWithNewKey(page, name, label) {
	await signIn(page, name);
	await page.goto(`${url}/keys`);
	await addKey(page, label, invite(name));
	return status(page);
}

// One export up to the question, with the focus where Enter uses the key.
async function askExport(page) {
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await clickExport(page);
	await page.locator('#step-up-key:focus').waitFor();
}

async function exportWithKey(page) {
	await askExport(page);
	return downloaded(page, () => page.keyboard.press('Enter'));
}

// Export, key, refusal: its title and its words; then the dialog is closed.
async function refusedExport(page) {
	await askExport(page);
	await page.keyboard.press('Enter');
	const words = await refusal(page);
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	return words;
}

// What the verifier asks for an export, and an answer to it, as a program in the page's place would.
const ask = (page) => page.evaluate(async (account) => {
	const csrf = document.querySelector('meta[name=csrf]').content;
	const { post } = await import('/static/stepup.js');
	return post('/step-up/begin', csrf, { action: 'customer.export', account, records: 5 });
}, ACCOUNT);

const give = (page, id, answer) => page.evaluate(async (body) => {
	const csrf = document.querySelector('meta[name=csrf]').content;
	const { post } = await import('/static/stepup.js');
	return post('/step-up/answer', csrf, body);
}, { id, answer });

// "granted", or the words of the refusal; a question that still stands then is given up.
async function answer(page, id, credential) {
	const { state, message } = await give(page, id, { method: 'browser', credential });
	if (state === 'question')
		await give(page, id, { cancel: true });
	return state === 'granted' ? state : message.error ?? message.message;
}

const REFUSED = new RegExp('That key was not accepted.*Nothing was approved\\. ' +
	'Use a key that is enrolled for you|' +
	'That key is not enrolled for alice\\. Use ".*"\\. Nothing was approved');

// What a key says to these options, on whatever page or in whatever frame.
const sign = (frame, options) => frame.evaluate(async (json) => {
	const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json);
	return (await navigator.credentials.get({ publicKey })).toJSON();
}, options);

// The rule for exports, read again by the verifier.
function exportRequires(words) {
	const file = `${folder}/etc/stepup.conf.d/export.conf`;
	fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/require = \{.*\}/,
		`require = { ${words} }`));
	administrator('reload');
}

// --- what is to hold ---

async function firstKey(page) {
	await Authenticator.plugIn(page);
	await password(page, 'alice');
	await dialog(page).waitFor();
	await page.keyboard.press('Escape');
	await page.click('text=Add your first security key');
	await picture(page, 'key-1-first');
	await addKey(page, AWKWARD, 'AAAA-BBBB-CCCC-DDDD');
	matches(await addKeyError(page), /invitation is not good.*Nothing was added.*Ask an administrator/,
		'a wrong invitation is refused in words');
	await picture(page, 'key-2-wrong-invitation');
	await addKey(page, AWKWARD, invite('alice'));
	await page.waitForURL('**/sign-in/code');
	matches(await status(page), /<img src=x onerror=alert\(1\)> "Blue"" is enrolled/,
		'password and invitation enrol a first key, and the page says so, as text');
	await picture(page, 'key-3-enrolled');
	await page.click('#sign-in-code');
	await page.locator('#step-up-code:focus').waitFor();
	ok(await page.locator('#step-up-key').isVisible(), 'signing in offers the key beside the code');
	await picture(page, 'key-4-sign-in');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/customers');
	ok(true, 'Enter without a code uses the key, and opens the customers');
	await page.goto(`${url}/keys`);
	const item = page.locator('.keys li', { hasText: 'Security key' });
	equal(await item.locator('strong').textContent(), AWKWARD, 'the page of keys shows its name as text');
	matches(await item.textContent(), /counts as a key/, 'and what it counts as');
	await picture(page, 'key-5-list');
}

async function exporting(page) {
	await askExport(page);
	equal(await page.locator('#step-up-prompt').textContent(), `Export 340 contacts of ${ACCOUNT}`,
		'the dialog shows what the key will approve');
	ok(!await page.locator('#step-up-code').isVisible(),
		'where only a key will do, no code is asked for');
	await picture(page, 'key-6-export');
	const { name, lines } = await downloaded(page, () => page.keyboard.press('Enter'));
	equal(name, `contacts-${ACCOUNT}.csv`, 'one touch downloads the CSV');
	equal(lines.length, 340, 'with every contact');
}

async function lies(page) {
	const key = page.plugged;
	for (const [lie, fact] of [[{ isBadUP: true }, 'nobody touched'],
		[{ isBogusSignature: true }, 'a signature that is none']]) {
		await key.lie(lie);
		matches(await refusedExport(page), REFUSED, `${fact}: refused in words`);
	}
	await picture(page, 'key-7-lied');
	await key.lie();
	equal((await exportWithKey(page)).lines.length, 340, 'the honest key goes on');
}

async function pin(page) {
	const key = page.plugged;
	exportRequires('key, pin');
	await key.lie({ isBadUV: true });
	matches(await refusedExport(page), REFUSED,
		'a rule with pin: a key that says nobody typed one is refused in words');
	await key.lie();
	await key.verified(false);
	matches(await refusedExport(page), /No key answered.*Nothing was approved/,
		'a wrong PIN is no answer');
	await key.verified(true);
	equal((await exportWithKey(page)).lines.length, 340, 'with its PIN the key approves');
	exportRequires('key');
}

async function clone(page) {
	const key = await Authenticator.plugIn(page);
	matches(await signInWithNewKey(page, 'bob', 'Key of bob'), /enrolled/,
		'another employee enrols a key, signed in, with an invitation');
	const [old] = await key.credentials();
	equal((await exportWithKey(page)).lines.length, 340, 'and exports with it');
	const twin = await Authenticator.plugIn(page);
	await twin.take([old]);
	matches(await refusedExport(page), REFUSED,
		'a copy of the key whose counter fell behind is refused in words');
	matches(administrator('log', 'show'), /counter-fell/, 'and the log has an alert');
}

async function others(alice, bob) {
	const question = await ask(alice);
	const [own] = question.message.publicKey.allowCredentials;
	const [bobs] = await bob.plugged.credentials();
	const id = bobs.credentialId.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
	const given = await sign(bob, { ...question.message.publicKey, allowCredentials: [{ ...own, id }] });
	matches(await answer(alice, question.id, given), REFUSED,
		'alice\'s question signed by bob\'s key is refused in words');
	await Authenticator.plugIn(alice);
	matches(await refusedExport(alice), /not one of yours here.*Nothing was approved/,
		'plugged in at alice\'s browser, a key that isn\'t hers doesn\'t answer');
}

async function anotherExport(page) {
	const first = await ask(page), second = await ask(page);
	const given = await sign(page, first.message.publicKey);
	matches(await answer(page, second.id, given), REFUSED,
		'what was signed for one export approves no other');
	equal(await answer(page, first.id, given), 'granted', 'it approves the one that it was signed for');
	const third = await ask(page);
	matches(await answer(page, third.id, given), REFUSED, 'and not once more');
}

// The whole console through somebody in the middle: at another port, under another name, by address,
// and without TLS.
async function inTheMiddle(page) {
	const { port, close } = await phish(url);
	const credentials = await page.plugged.credentials();
	const victim = await open();
	const key = await Authenticator.plugIn(victim);
	await key.take(credentials, 1000);
	const at = (host, inner) => station(async function elsewhere() {
		await password(victim, 'alice', undefined, `http://${host}:${port}`);
		await dialog(victim).waitFor();
		await victim.locator('#step-up-code:focus').waitFor();
		await inner();
		await victim.keyboard.press('Escape');
		await dialog(victim).waitFor({ state: 'detached' });
		await victim.context().clearCookies();
	});
	await at('localhost', async () => {
		await victim.keyboard.press('Enter');
		matches(await refusal(victim), REFUSED,
			'another port: the password passes the phisher, the key does not');
		await picture(victim, 'key-8-phished');
	});
	await at('phish.localhost', async () => {
		await victim.keyboard.press('Enter');
		matches(await refusal(victim),
			/do not belong to phish\.localhost.*Nothing was approved.*copying the console/,
			'another name: the browser refuses, and the dialog says what that may mean');
		ok(!await victim.locator('#step-up-code').isVisible(), 'and asks for no code there either');
		await picture(victim, 'key-9-other-name');
	});
	await at('127.0.0.1', async () => {
		await victim.keyboard.press('Enter');
		matches(await refusal(victim), /do not belong to 127\.0\.0\.1/,
			'by address: the browser refuses');
	});
	await at('console.example.test', async () => {
		ok(!await victim.locator('#step-up-key').isVisible(),
			'http: elsewhere than at localhost: no key is offered');
	});
	equal((await key.credentials())[0].signCount > 1000, true,
		'the key did sign for the phisher\'s port: the verifier was the one to refuse');
	await victim.done();
	close();
}

// The same questions, signed where they were not asked: under https, and in a frame on somebody else's page.
async function elsewhere(page) {
	const { host } = new URL(url);
	const other = await page.context().newPage();
	const key = await Authenticator.plugIn(other);
	await key.take(await page.plugged.credentials(), 2000);
	await other.route(`https://${host}/**`,
		(route) => route.fulfill({ contentType: 'text/html', body: '<h1>Console</h1>' }));
	await other.goto(`https://${host}/`);
	let question = await ask(page);
	matches(await answer(page, question.id, await sign(other, question.message.publicKey)), REFUSED,
		'signed at the same name under https: refused, the scheme is part of the origin');

	const evil = 'http://evil.localhost:9/';
	await other.route(evil, (route) => route.fulfill({ contentType: 'text/html',
		body: `<iframe allow="publickey-credentials-get *" src="${url}/framed"></iframe>` }));
	await other.route(`${url}/framed`, (route) => route.fulfill({ contentType: 'text/html',
		body: '<h1>Console</h1>' }));
	await other.goto(evil);
	const frame = other.frame({ url: `${url}/framed` });
	question = await ask(page);
	const given = await sign(frame, question.message.publicKey);
	const clientData = JSON.parse(Buffer.from(given.response.clientDataJSON, 'base64url'));
	ok(clientData.origin === url && clientData.crossOrigin === true,
		'a frame on another site\'s page signs with the console\'s own origin');
	matches(await answer(page, question.id, given), REFUSED, 'and is refused all the same');
	await other.route(evil, (route) => route.fulfill({ contentType: 'text/html',
		body: `<iframe src="${url}/sign-in"></iframe>` }));
	await other.goto(evil);
	equal(other.frames()[1].url(), 'chrome-error://chromewebdata/',
		'the console itself lets nobody frame it');
	await other.close();
}

async function nobodyTouches(page) {
	const key = page.plugged;
	await key.touched(false);
	await askExport(page);
	await page.keyboard.press('Enter');
	await page.locator('#step-up-live:has-text("Touch your key")').waitFor();
	await picture(page, 'key-10-waiting');
	const cancelled = page.waitForRequest('**/step-up/answer');
	await page.keyboard.press('Escape');
	equal((await cancelled).postDataJSON().answer.cancel, true,
		'Escape while the key blinks gives the question up');
	await dialog(page).waitFor({ state: 'detached' });
	matches(await status(page), /Cancelled\. Nothing was approved/, 'and the page says so');
	const shorten = (route) => route.fetch().then(async (response) => {
		const json = await response.json();
		json.message.publicKey.timeout = 1;
		await route.fulfill({ response, json });
	});
	await page.route('**/step-up/begin', shorten);
	matches(await refusedExport(page), /took too long.*Nothing was approved/,
		'a key that nobody touches in time is no answer');
	await key.pullOut();
	matches(await refusedExport(page), /No key answered.*Plug in a key that you enrolled/,
		'nor is no key');
	await page.unroute('**/step-up/begin', shorten);
	await page.route('**/step-up/begin', (route) => route.fetch().then(async (response) => {
		const json = await response.json();
		json.message.expires_in = 0;
		await route.fulfill({ response, json });
	}));
	await page.click('#export button');
	await page.locator('#step-up-title:has-text("Nothing was approved")').waitFor();
	matches(await refusal(page), /Time is up\. Nothing was approved\. Close this and start again/,
		'a question that has run out says so');
	await page.keyboard.press('Escape');
	await page.unroute('**/step-up/begin');
}

async function oneMoreKey(page) {
	const first = page.plugged;
	await page.goto(`${url}/keys`);
	await addKey(page, 'Same again', invite('alice'));
	matches(await addKeyError(page), /on your account already.*Nothing was added/,
		'a key that is enrolled already is not enrolled twice');
	await picture(page, 'key-11-twice');
	const credentials = await first.credentials();
	// The key that confirmed is taken out, and the new one put in its place.
	await page.route('**/keys/begin', async (route) => {
		await Authenticator.plugIn(page);
		await route.continue();
	});
	await addKey(page, 'Spare', '');
	await page.locator('#step-up-key:focus').waitFor();
	matches(await page.locator('#step-up-prompt').textContent(), /Add another authenticator/,
		'without an invitation, a key that is enrolled has to confirm');
	await picture(page, 'key-12-confirm');
	await page.keyboard.press('Enter');
	await page.locator('.keys strong:has-text("Spare")').waitFor();
	ok(true, 'and the new one is enrolled');
	await page.unroute('**/keys/begin');
	equal((await exportWithKey(page)).lines.length, 340, 'the new key exports');
	await (await Authenticator.plugIn(page)).take(credentials);
	equal((await exportWithKey(page)).lines.length, 340, 'and so does the old one');
	await page.goto(`${url}/keys`);
	await picture(page, 'key-13-two');
	await page.click('[aria-label="Remove Spare"]');
	await page.locator('#step-up-key:focus').waitFor();
	matches(await page.locator('#step-up-prompt').textContent(), /^Remove .* from your account$/,
		'removing the spare one takes a key as well');
	await page.keyboard.press('Enter');
	await page.locator('#status:has-text("Removed")').waitFor();
	equal(await page.locator('.keys strong:has-text("Spare")').count(), 0, 'and then it is gone');
}

// Carol has codes only.
async function codesEnrolNoKey(page) {
	await Authenticator.plugIn(page);
	await signIn(page, 'carol');
	const outcome = await page.evaluate(async () => {
		const { post } = await import('/static/stepup.js');
		const csrf = document.querySelector('meta[name=csrf]').content;
		return post('/step-up/begin', csrf, { action: 'stepup.enroll' });
	});
	equal(outcome.state, 'refused', 'a code does not enrol a key');
	matches(outcome.message.message, /Nothing was (approved|added)/, 'in words');
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await page.click('#export button');
	await dialog(page).waitFor();
	await picture(page, 'key-14-no-key');
}

async function pagesOfOthers(page, other) {
	await page.goto(`${url}/keys`);
	await other.goto(`${url}/keys`);
	const post = (at, address, body, headers) => at.evaluate(async ([to, what, extra]) => {
		const csrf = document.querySelector('meta[name=csrf]').content;
		const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, ...extra };
		const response = await fetch(to, { method: 'POST', headers,
			body: typeof what === 'string' ? what : JSON.stringify(what) });
		return { status: response.status, json: await response.json().catch(() => null) };
	}, [address, body, headers]);
	equal((await post(page, '/keys/begin', { label: 'x', invitation: 'y' },
		{ 'X-CSRF-Token': '0'.repeat(64) })).status, 403,
		'a request without the session\'s token enrols nothing');
	equal((await post(page, '/keys/finish', `{"key":"${'x'.repeat(60000)}"}`)).status, 413,
		'a request of 60 KB is not read');
	equal((await post(page, '/keys/begin', { label: 'x', invitation: 'y', step_up: 'z' })).status, 400,
		'nor one with two permissions');
	const invitation = invite('alice');
	const stolen = await post(other, '/keys/begin', { label: 'x', invitation });
	matches(stolen.json.message.message, /not good.*Nothing was added/,
		'an invitation for alice is no good in bob\'s session');
	const begun = await post(page, '/keys/begin', { label: 'x', invitation });
	equal(begun.json.state, 'question', 'it is in hers');
	ok(!JSON.stringify(begun.json).includes('transaction'),
		'and the page never sees what the verifier calls it');
	matches((await post(other, '/keys/finish', { key: {} })).json.message.message,
		/not open any more.*Nothing was added/, 'another session finds nothing to finish');
}

// As browsers were before parse…FromJSON and toJSON.
async function olderBrowser() {
	const page = await open({ init: () => {
		delete PublicKeyCredential.parseRequestOptionsFromJSON;
		delete PublicKeyCredential.parseCreationOptionsFromJSON;
		delete PublicKeyCredential.prototype.toJSON;
	} });
	await Authenticator.plugIn(page);
	matches(await signInWithNewKey(page, 'carol', 'Key in an older browser'), /enrolled/,
		'a browser without WebAuthn\'s JSON enrols a key');
	equal((await exportWithKey(page)).lines.length, 340, 'and exports with it');
	await page.done();
}

// What an extension that keeps passkeys puts in the place of the browser's: objects of its own with a
// credential's prototype, all of whose methods and getters throw for them. It hears of no abort, and while
// `window.provider` says how, it fails in a way of its own.
function passkeyProvider() {
	const { credentials } = navigator;
	const real = { get: credentials.get.bind(credentials), create: credentials.create.bind(credentials) };
	const dressed = (prototype, members) =>
		Object.setPrototypeOf(Object.create(null, Object.fromEntries(Object.entries(members)
		.map(([name, value]) => [name, { value, enumerable: true }]))), prototype);
	// A view, not at its buffer's beginning.
	const copy = (buffer) => (buffer ? new Uint8Array([0, ...new Uint8Array(buffer)]).subarray(1) : null);
	const ways = {
		silent: () => new Promise(() => {}),
		text: () => Promise.reject('no vault'), // eslint-disable-line prefer-promise-reject-errors
		nothing: () => Promise.resolve(null),
		empty: () => Promise.resolve(dressed(PublicKeyCredential.prototype, { type: 'public-key' })),
		thrown: () => { throw new TypeError('Illegal invocation'); },
	};
	const provide = (kind, prototype, names) => async ({ publicKey }) => {
		const how = sessionStorage.getItem('provider');
		if (how)
			return ways[how]();
		const made = await real[kind]({ publicKey });
		const response = dressed(prototype,
			Object.fromEntries(names.map((name) => [name, copy(made.response[name])])));
		return dressed(PublicKeyCredential.prototype,
			{ id: made.id, rawId: copy(made.rawId), type: made.type, response });
	};
	const get = provide('get', AuthenticatorAssertionResponse.prototype,
		['clientDataJSON', 'authenticatorData', 'signature']);
	const create = provide('create', AuthenticatorAttestationResponse.prototype,
		['clientDataJSON', 'attestationObject']);
	Object.defineProperty(navigator, 'credentials', { value: { get, create } });
	PublicKeyCredential.parseRequestOptionsFromJSON = () => { throw new TypeError('not here'); };
	PublicKeyCredential.parseCreationOptionsFromJSON = () => { throw new TypeError('not here'); };
	window.objects = async (publicKey) => create({ publicKey });
}

async function passkeyExtension() {
	const page = await open({ init: passkeyProvider });
	await Authenticator.plugIn(page);
	matches(await signInWithNewKey(page, 'carol', 'Key of an extension'), /enrolled/,
		'a passkey provider\'s credential, whose toJSON() throws, is enrolled');
	equal((await exportWithKey(page)).lines.length, 340, 'and exports');
	const broken = await page.evaluate(async () => {
		const credential = await window.objects({ rp: { name: 'x' },
			user: { id: new Uint8Array(16), name: 'x', displayName: 'x' },
			challenge: new Uint8Array(32),
			pubKeyCredParams: [{ type: 'public-key', alg: -7 }] });
		const throws = (work) => { try { work(); return false; } catch { return true; } };
		return [credential instanceof PublicKeyCredential, throws(() => credential.toJSON()),
			throws(() => credential.authenticatorAttachment),
			throws(() => credential.response.getTransports())];
	});
	equal(broken.join(), 'true,true,true,true', 'it is one indeed whose methods and getters throw');
	for (const [how, words] of [
		['text', /failed \(string\)\. Most often it is an extension.*Nothing was approved/],
		['nothing', /UnreadableCredential.*Nothing was approved/],
		['empty', /UnreadableCredential.*Nothing was approved/],
		['thrown', new RegExp('failed \\(TypeError\\)\\. Most often it is an extension' +
			'.*Nothing was approved.*try again')]]) {
		await page.evaluate((name) => sessionStorage.setItem('provider', name), how);
		await askExport(page);
		await page.click('#step-up-key');
		await dialogError(page).waitFor();
		matches(await refusal(page), words,
			`a provider that fails in a way of its own (${how}) is told of in words, ` +
				'and the question stands');
		equal(await page.locator('#step-up-key').getAttribute('aria-disabled'), 'false',
			'and can be answered still');
		await page.keyboard.press('Escape');
	}
	await page.evaluate(() => sessionStorage.setItem('provider', 'silent'));
	await page.goto(`${url}/keys`);
	const ended = await page.evaluate(async () => {
		const { makeKey } = await import('/static/stepup-keys.js');
		const timeUp = new AbortController();
		const made = makeKey({ challenge: 'AAAA', user: { id: 'AAAA' } },
			timeUp.signal).catch((error) => error.name);
		timeUp.abort();
		return made;
	});
	equal(ended, 'AbortError', 'one that never answers, nor hears that time is up, holds nobody up');
	await page.done();
}

// Extensions and browsers that keep nothing for a page, and answer in the place of the network.
async function bareBrowser() {
	const page = await open({ init: () => {
		Object.defineProperty(window, 'sessionStorage',
			{ get() { throw new DOMException('no storage', 'SecurityError'); } });
		const { fetch } = window;
		const headers = { 'Content-Type': 'application/json' };
		window.fetch = (...what) => (window.answersNull
			? Promise.resolve(new Response('null', { headers })) : fetch(...what));
	} });
	await signIn(page, 'carol');
	ok(true, 'a browser that keeps nothing for a page signs in');
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await page.evaluate(() => { window.answersNull = true; });
	await clickExport(page);
	matches(await refusal(page), /did not answer, so nothing was approved/,
		'an answer that is none ends a question in words');
	await page.done();
}

async function browserWithoutKeys() {
	const page = await open({ init: () => { delete window.PublicKeyCredential; } });
	await signIn(page, 'carol');
	ok(true, 'a browser without WebAuthn signs in with a code');
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await clickExport(page);
	matches(await refusal(page), /can't use keys.*Nothing was approved.*https address/,
		'where only a key will do, it says that this browser can\'t');
	await picture(page, 'key-15-no-webauthn');
	await page.keyboard.press('Escape');
	await page.goto(`${url}/keys`);
	matches(await addKeyError(page), /can't use security keys/, 'and enrols none');
	await page.done();
}

async function darkAndNarrow(credentials) {
	const page = await open({ colorScheme: 'dark', viewport: { width: 390, height: 780 } });
	await (await Authenticator.plugIn(page)).take(credentials, 3000);
	await password(page, 'alice');
	await page.locator('#step-up-code:focus').waitFor();
	await picture(page, 'key-16-dark-sign-in');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/customers');
	await page.goto(`${url}/keys`);
	ok(await page.evaluate(() =>
		document.documentElement.scrollWidth <= document.documentElement.clientWidth),
		'the page of keys fits a telephone');
	await picture(page, 'key-17-dark-keys');
	await askExport(page);
	await picture(page, 'key-18-dark-export');
	await page.done();
}

async function lockedInTheMiddle(page) {
	await askExport(page);
	administrator('lock', 'bob');
	await page.keyboard.press('Enter');
	await page.locator('#step-up-title:has-text("Nothing was approved")').waitFor();
	matches(await refusal(page), /locked.*Don't retry.*L-\d+/,
		'locked while the question stood: the key approves nothing, and it says whom to call');
	await picture(page, 'key-19-locked');
}

const alice = await open();
await station(firstKey, alice);
await station(exporting, alice);
await station(lies, alice);
await station(pin, alice);
const bob = await open();
await station(clone, bob);
await station(anotherExport, alice);
await station(inTheMiddle, alice);
await station(elsewhere, alice);
await station(oneMoreKey, alice);
await station(darkAndNarrow, await alice.plugged.credentials());
await station(nobodyTouches, alice);
await station(others, alice, bob);
await station(pagesOfOthers, alice, bob);
await alice.done();
await station(lockedInTheMiddle, bob);
await bob.done();
const carol = await open();
await station(codesEnrolNoKey, carol);
await carol.done();
await station(olderBrowser);
await station(passkeyExtension);
await station(bareBrowser);
await station(browserWithoutKeys);
equal(complaints.join('; '), '', 'no page violated its content security policy, no script failed');
await done();
