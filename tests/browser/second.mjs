// SPDX-License-Identifier: BSD-2-Clause
// A second person at the support console, each in a browser session of their own: the over-limit dialog and
// its wait, the page of requests that fills by itself, the agreement with a key, everything that ends a
// request, and what each side is told.
import { spawnSync } from 'node:child_process';
import { ACCOUNT, complaints, dialog, dialogError, done, downloaded, equal, matches, nextCode, ok, open,
	picture, signIn, station, url } from './harness.mjs';
import { secondPersonPolicy } from './policy.mjs';
import { PROMPT, arrive, askOver, card, exportWithin, openAgreement, post, press, refused,
	told } from './requests.mjs';
import { overhear, verifierCall } from './varlink.mjs';

// --- what is to hold ---

async function agreed(bob, carol, dave) {
	await exportWithin(bob);
	matches(await bob.locator('#status:not(:empty)').textContent(), /Approved/,
		'within the limit nobody else is asked');
	await carol.goto(`${url}/requests`);
	await dave.goto(`${url}/requests`);
	await carol.locator('.none').waitFor();
	await picture(carol, 'second-1-none');
	const request = await askOver(bob);
	const words = await bob.locator('#step-up-second').textContent();
	matches(words, /carol or dave.*waits until \d\d:\d\d.*Nothing was approved yet/,
		'over it the dialog waits, and says who can agree and until when');
	equal(await bob.locator('#step-up-prompt').textContent(), PROMPT, 'for what was asked');
	matches(await bob.locator('#step-up-until').textContent(), /^Expires in (9:\d\d|10:00)\. /,
		'and when that ends');
	await picture(bob, 'second-2-waiting');
	await card(carol, request).waitFor();
	ok(true, 'the page of who can agree shows the request by itself');
	equal(await card(carol, request).locator('.text').textContent(), PROMPT,
		'in exactly the words that were asked');
	const facts = await card(carol, request).textContent();
	matches(facts, /^bob asks you to approve:Expires in (9:\d\d|10:00)/, 'with who asks');
	matches(facts, /From127\.0\.0\.1 by support-console on /, 'from where');
	matches(facts, /From[^,]*, through account \w/, 'through which account, by the kernel\'s word');
	matches(facts, /over the limit.*1 per 24h/i, 'why it takes a second person');
	matches(facts, /Expires at\d\d:\d\d/, 'and until when');
	matches(await carol.title(), /^\(1\) Requests/,
		'the title counts it, for whoever has another page in front');
	await picture(carol, 'second-3-asked');
	await openAgreement(carol, request);
	equal(await carol.locator('#step-up-prompt').textContent(), PROMPT,
		'the key agrees to the same words');
	equal(await carol.locator('#step-up-title').textContent(), 'Allow bob to:',
		'under a title that says what it is');
	equal(await carol.locator('#step-up-as').textContent(),
		'You approve as carol. Lost your key or your codes? '
		+ 'Call the security desk, +1 555 0100.',
			'which says as whom, and whom to call about a lost key');
	matches(await carol.locator('#step-up-time').textContent(), /^Expires in (1:\d\d|2:00)\.$/,
		'and when it ends');
	await picture(carol, 'second-4-agreeing');
	const { name, lines } = await downloaded(bob, () => carol.keyboard.press('Enter'));
	equal(`${name} ${lines.length}`, `contacts-${ACCOUNT}.csv 340`,
		'once the key has agreed the export goes on by itself, and the CSV arrives');
	await told(carol, `Approved for bob: ${PROMPT}`);
	await card(carol, request).waitFor({ state: 'detached' });
	ok(true, 'who agreed is told to what, and the request leaves the list');
	await told(dave, `Request ${request} of bob is not waiting any more`);
	ok(true, 'others who could have agreed are told that it is over');
	await picture(carol, 'second-5-agreed');
}

async function denied(bob, carol) {
	const request = await askOver(bob);
	await press(carol, request, 'Deny');
	await told(carol, 'Denied. Nothing was approved; bob is told so.');
	matches(await refused(bob), new RegExp(`carol denied request ${request}\\. Nothing was approved`),
		'who asked is told who denied it');
	ok(true, 'who denied is told that it is so');
}

async function takenBack(bob, carol) {
	let request = await askOver(bob);
	await card(carol, request).waitFor();
	await dialog(bob).getByRole('button', { name: 'Withdraw the request' }).click();
	await bob.locator('#status', { hasText: new RegExp(
		`Request ${request} was (withdrawn|taken back)\\. Nothing was approved\\.`) }).waitFor();
	equal(await dialog(bob).count(), 0, 'who withdraws the request there is told so on the page');
	await card(carol, request).waitFor({ state: 'detached' });
	await told(carol, `Request ${request} of bob is not waiting any more`);
	ok(true, 'and who could have agreed sees it go');
	const other = await bob.context().newPage();
	await other.goto(`${url}/requests`);
	request = await askOver(bob);
	await card(other, request).waitFor();
	matches(await card(other, request).textContent(), /^Waiting for carol or dave/,
		'one\'s own request stands in one\'s own list');
	equal(await card(other, request).getByRole('button', { name: 'Approve' }).count(), 0,
		'without a way to agree to it oneself');
	await picture(other, 'second-6-own');
	await press(other, request, 'Withdraw');
	await told(other, /The request was (withdrawn|taken back)\. Nothing was approved\./);
	matches(await refused(bob), /was (withdrawn|taken back)/,
		'withdrawn there, the dialog that waits says so');
	await other.goto(`${url}/customers/${ACCOUNT}`);
	request = await askOver(bob);
	await card(carol, request).waitFor();
	await bob.goto(`${url}/customers`);
	await card(carol, request).waitFor({ state: 'detached' });
	ok(true, 'leaving the page withdraws the request');
	request = await askOver(bob);
	await card(carol, request).waitFor();
	await other.click('text=Sign out');
	await card(carol, request).waitFor({ state: 'detached' });
	ok(true, 'and so does signing out');
	await other.close();
	await signIn(bob, 'bob');
}

async function twoAtOnce(bob, carol, dave) {
	const request = await askOver(bob);
	await openAgreement(carol, request);
	await openAgreement(dave, request);
	await downloaded(bob, () => Promise.all([carol, dave].map((page) => page.keyboard.press('Enter'))));
	const ends = await Promise.all([carol, dave].map(async (page) => {
		await page.locator('#happened li',
			{ hasText: PROMPT }).or(dialogError(page)).first().waitFor();
		return await dialog(page).count() ? refused(page) : 'agreed';
	}));
	equal(ends.filter((end) => end === 'agreed').length, 1, 'of two who agree at once one does', ends);
	matches(ends.find((end) => end !== 'agreed') ?? '', /not waiting any more/,
		'and the other is told that it is over');
}

async function oneself(dave) {
	const second = await open();
	await signIn(second, 'dave');
	await exportWithin(dave);
	const request = await askOver(dave);
	await second.goto(`${url}/requests`);
	await card(second, request).waitFor();
	const { state, message } = await post(second, '/step-up/begin',
		{ action: 'stepup.approve', request });
	equal(state, 'refused', 'nobody agrees to a request of their own, from another session either');
	matches(message.message, /your own request.*second person.*Nothing was approved/, 'in words');
	await press(second, request, 'Withdraw');
	matches(await refused(dave), /was (withdrawn|taken back)/, 'but it can be withdrawn from there');
	await second.done();
}

// Others' requests can be neither withdrawn nor looked at.
async function strangers(bob, carol, dave) {
	const request = await askOver(dave);
	for (const address of ['/requests/cancel', '/requests/outcome']) {
		const { state, message } = await post(carol, address, { request });
		ok(state === 'refused' && /no such request/.test(message.message),
			`${address}: somebody else's request is as if there were none`, message.message);
	}
	await bob.goto(`${url}/requests`);
	await bob.locator('.none').waitFor();
	equal(await card(bob, request).count(), 0, 'who can\'t agree doesn\'t see it');
	const { message } = await post(bob, '/requests/deny', { request });
	matches(message.message, /no (such )?request.*Nothing was (changed|approved)/, 'nor turns it down');
	const locking = await post(bob, '/step-up/begin', { action: 'stepup.approve', request, lock: true });
	matches(locking.message.message, /no (such )?request.*Nothing was (changed|approved)/,
		'nor locks who asked');
	const approving = await post(bob, '/step-up/begin', { action: 'stepup.approve', request });
	matches(approving.message.message, /no (such )?request.*Nothing was (changed|approved)/,
		'nor agrees to it');
	await dialog(dave).getByRole('button', { name: 'Withdraw the request' }).click();
	await dialog(dave).waitFor({ state: 'detached' });
}

// A browser that says nothing when it goes, as one that crashed.
// Others are asked for something else meanwhile.
async function vanishes(carol, dave) {
	await exportWithin(carol);
	const request = await askOver(carol);
	await dave.goto(`${url}/requests`);
	await card(dave, request).waitFor();
	await carol.context().setOffline(true);
	return request;
}

async function vanished(carol, dave, request) {
	await card(dave, request).waitFor({ state: 'detached', timeout: 120000 });
	ok(true, 'a page that went without a word is not waited for: its request is withdrawn');
	await carol.context().setOffline(false);
	matches(await refused(carol), /over|again/, 'and should it come back, it says that this is over');
}

// What bob asks for past the console.
async function askElsewhere(account, rhost) {
	const begun = await verifierCall('Begin',
		{ user: 'bob', action: 'customer.note', details: { account }, rhost, service: 'notes' });
	const { transaction, prompt } = begun.parameters;
	const asked = await verifierCall('Answer', { transaction, method: 'code', code: nextCode('bob') });
	return { request: asked.parameters.request, prompt };
}

// Bob on his own, without a program that may speak for others.
async function askedByHimself(dave) {
	const asked = spawnSync('setpriv', ['--reuid', 'bob', '--regid', 'bob', '--init-groups', 'setsid',
		'-w', process.env.QUICKSTART_STEPUP, 'confirm', '--no-wait',
		'customer.note', 'account=amber-teas'], { input: `${nextCode('bob')}\n`, encoding: 'utf8' });
	const [request] = /R-[0-9A-Z]{12}/.exec(asked.stderr);
	await card(dave, request).waitFor();
	matches(await card(dave, request).textContent(), /From[^;]+; bob says: through stepupWhy/,
		'of who asks by himself, the place is what he says');
	await verifierCall('CancelRequest', { request });
	await card(dave, request).waitFor({ state: 'detached' });
}

// Nobody waits for it here: it stands in the list until it is used.
async function agreedElsewhere(bob, dave) {
	const { request } = await askElsewhere('amber-teas', '203.0.113.99');
	await card(dave, request).waitFor();
	await openAgreementByAnything(dave, request);
	await dave.keyboard.press('Enter');
	await told(dave, 'Approved for bob: Write a note about amber-teas');
	await bob.goto(`${url}/requests`);
	await card(bob, request).waitFor();
	matches(await card(bob, request).textContent(),
		/^dave approved this\. Do the same again, with your key or a code: it will go through/,
		'what was agreed to and not used says what to do');
	await press(bob, request, 'Withdraw');
	await told(bob, /no (such )?request/);
	ok(true, 'what was asked for elsewhere is withdrawn there');
	await verifierCall('CancelRequest', { request });
	await card(bob, request).waitFor({ state: 'detached' });
}

async function onATelephone(page) {
	const { width, height } = page.viewportSize();
	await page.setViewportSize({ width: 390, height: 780 });
	await page.emulateMedia({ colorScheme: 'dark' });
	ok(await page.evaluate(() =>
		document.documentElement.scrollWidth <= document.documentElement.clientWidth),
		'a long text fits a telephone');
	await picture(page, 'second-7-dark-narrow');
	await page.emulateMedia({ colorScheme: null });
	await page.setViewportSize({ width, height });
}

// Whether on the screen everything before a text is left of it, or above,
// and everything behind it right of it, or below.
const standsInOrder = (page, place, text) => page.locator(place).evaluate((node, part) => {
	const whole = node.firstChild, start = whole.data.indexOf(part);
	const box = (from, to) => {
		const range = document.createRange();
		range.setStart(whole, from);
		range.setEnd(whole, to);
		return range.getBoundingClientRect();
	};
	const value = box(start, start + part.length);
	const far = (one, other) => one.bottom <= other.top + 1 || (one.right <= other.left + 1);
	for (let i = 0; i < whole.length; i++) {
		const one = box(i, i + 1);
		if (one.width > 0 && ((i < start && !far(one, value)) ||
			(i >= start + part.length && !far(value, one))))
			return false;
	}
	return start > 0;
}, text);

// Texts that want to be something else, asked for past the console.
async function awkward(bob, dave) {
	const texts = ['<script>alert(1)</script><img src=x onerror=alert(1)>',
		'moc.tseh\u202egro.kcatta\u202c \u2066x', `${'long '.repeat(79)}ends`,
		'&amp; "\'> \u0430\u0440\u0440le',
		'\u05d0\u05dc\u05e3 7'];
	await dave.goto(`${url}/requests`);
	for (const [at, account] of texts.entries()) {
		const { request, prompt } = await askElsewhere(account, `203.0.113.${at + 1}`);
		await card(dave, request).waitFor();
		equal(await card(dave, request).locator('.text').textContent(), prompt,
			`shown letter by letter, awkward text ${at + 1}`);
		if (at === 2)
			await onATelephone(dave);
		await openAgreementByAnything(dave, request);
		equal(await dialog(dave).locator('#step-up-prompt').textContent(), prompt,
			'in the dialog that agrees, too');
		if (at === 1)
			ok(!/[\u202a-\u202e\u2066-\u2069]/.test(prompt),
				'the verifier lets nothing through that turns the direction of writing');
		if (at === 4) {
			matches(prompt, /"\u2068\u05d0\u05dc\u05e3 7\u2069"/,
				'a text from right to left is isolated');
			ok(await standsInOrder(dave, '#step-up-prompt', account),
				'and exchanges nothing that stands before and behind it');
		}
		await dave.keyboard.press('Escape');
		await dialog(dave).waitFor({ state: 'detached' });
		await verifierCall('CancelRequest', { request });
	}
	await askedByHimself(dave);
	await agreedElsewhere(bob, dave);
}

// As many as the verifier tells of in one reply (REQUESTS_SHOWN_BYTES). They are no whole requests, so no
// page may follow the list meanwhile.
async function longList(carol, ...others) {
	for (const page of [carol, ...others])
		await page.goto(`${url}/customers`);
	const requests = Array.from({ length: 256 },
		(_, at) => ({ id: `R-${at}`, text: 'x'.repeat(3 * 1024 - 40) }));
	let shown = [];
	await overhear(async () => { shown = (await post(carol, '/requests/list',
		{ seen: '' })).requests ?? []; }, { Requests: { requests } });
	equal(shown.length, 256, 'the longest list that the verifier sends is shown whole');
}

// A rule for codes lets codes agree, and then the field has the focus.
async function openAgreementByAnything(page, request) {
	await press(page, request, 'Approve');
	await page.locator('#step-up-code:focus, #step-up-key:focus').waitFor();
}

secondPersonPolicy();
const bob = await arrive('bob');
const carol = await arrive('carol');
const dave = await arrive('dave');
await station(agreed, bob, carol, dave);
await station(denied, bob, carol);
await station(takenBack, bob, carol);
await station(twoAtOnce, bob, carol, dave);
await station(oneself, dave);
await station(strangers, bob, carol, dave);
const left = await station(vanishes, carol, dave);
await station(awkward, bob, dave);
await station(vanished, carol, dave, left);
await station(longList, carol, bob, dave);
equal(complaints.join('; '), '', 'no script error and nothing against the content security policy');
for (const page of [bob, carol, dave])
	await page.done();
await done();
