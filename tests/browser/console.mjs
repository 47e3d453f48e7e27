// SPDX-License-Identifier: BSD-2-Clause
// What a person at the support console meets, in a real browser.
import {
	ACCOUNT, administrator, clickExport, complaints, dialog, dialogError, done, downloaded, equal,
		matches, nextCode, ok, open, password, picture, signIn,
	station, type, url, wrongCode,
} from './harness.mjs';

// --- what is to hold ---

async function signingIn(page) {
	await password(page, 'carol', 'not her password');
	matches(await page.locator('.error').textContent(), /name or the password is wrong/,
		'a wrong password is told in a sentence');
	await picture(page, '1-wrong-password');
	await password(page, 'carol');
	await dialog(page).waitFor();
	equal(await page.locator('#step-up-prompt').textContent(), 'Sign in to the support console',
		'the dialog shows what will be approved');
	await picture(page, '2-sign-in');
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	matches(await page.locator('#status').textContent(), /Nothing was approved/,
		'Escape cancels, and the page says so');
	ok(await page.locator('#sign-in-code:focus').count() === 1,
		'the focus goes back to the button that asked');
	await page.goto(`${url}/customers`);
	matches(page.url(), /\/sign-in\/code$/, 'a password alone opens nothing');
	await dialog(page).waitFor();
	await type(page, nextCode('carol'));
	await page.waitForURL('**/customers');
	ok(await page.locator('tbody tr').count() === 50, 'password and code open the customers');
	await picture(page, '3-customers');
	const cookie = (await page.context().cookies()).find((one) => one.name === 'session');
	ok(cookie.httpOnly && cookie.sameSite === 'Strict',
		'the cookie is out of reach of scripts and of other sites');
}

async function exporting(page) {
	await page.goto(`${url}/customers`);
	await page.fill('#q', 'harbour w');
	await page.keyboard.press('Enter');
	await page.click('text=Harbour Wallets');
	await page.locator('#export').waitFor();
	await picture(page, '4-customer');
	await clickExport(page);
	equal(await page.locator('#step-up-prompt').textContent(), `Export 340 contacts of ${ACCOUNT}`,
		'the dialog names the account and the number');
	equal(await page.evaluate(() => document.activeElement.id), 'step-up-code',
		'the dialog has the focus in its field');
	await picture(page, '5-export');
	const code = nextCode('carol');
	const { name, lines } = await downloaded(page, () => type(page, code));
	equal(name, `contacts-${ACCOUNT}.csv`, 'a typed code downloads the CSV');
	equal(lines.length, 340, 'the CSV has every contact');
	matches(lines[0], /^"[^"]+","[^"]+@example\.(com|net|org)",/, 'its lines are contacts');
	await clickExport(page);
	await type(page, code);
	await dialogError(page).waitFor();
	matches(await dialogError(page).textContent(), /did not work.*already used.*2 tries left/,
		'a second export with the same code is refused, with the tries left');
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
	equal(await page.inputValue('#q'), '"><script>alert(3)</script>',
		'a search for markup stays a search');
	await page.goto(`${url}/customers?q=awkward`);
	const names = await page.locator('tbody a').allTextContents();
	ok(names.includes('<script>document.title=\'broken\'</script>') &&
		names.includes('"><img src=x onerror=alert(1)>'),
		'names full of markup are shown as text', names.join('\n'));
	await picture(page, '8-awkward');
	for (let i = 1; i <= 6; i++) {
		await page.goto(`${url}/customers/awkward-${i}`);
		await page.locator('#export').waitFor();
		equal(await page.locator('svg, img:not([alt=""]), main script, [onfocus]').count(), 0,
			`customer awkward-${i} adds nothing to its page`);
		equal(await page.locator('h1').count(), 1, `and the page of awkward-${i} is whole`);
	}
	await page.click('#view');
	await dialog(page).waitFor();
	await type(page, nextCode('bob'));
	await page.locator('tbody tr').first().waitFor();
	ok((await page.locator('tbody').textContent()).includes('<img src=x onerror=alert(2)>'),
		'a contact full of markup is shown as text');
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
	matches(await dialogError(page).textContent(), /2 tries left/,
		'a wrong code says how many tries are left');
	equal(await page.locator('#step-up-code').getAttribute('aria-invalid'), 'true',
		'and marks the field for screen readers');
	administrator('lock', 'bob');
	await type(page, nextCode('bob'));
	await page.locator('#step-up-title:has-text("Nothing was approved")').waitFor();
	matches(await dialogError(page).textContent(), /locked.*Don't retry.*L-\d+/,
		'locked in the middle: the next answer is refused, with whom to call and a reference');
	await picture(page, '9-locked');
	await page.keyboard.press('Enter');
	await dialog(page).waitFor({ state: 'detached' });
	await page.goto(`${url}/customers`);
	equal(await page.locator('h1').textContent(), 'You are signed out',
		'the next click of the locked employee signs out');
	matches(await page.locator('.error').textContent(), /locked/, 'and says why');
	await picture(page, '10-signed-out');
	await page.goto(`${url}/customers`);
	matches(page.url(), /\/sign-in$/, 'the session is gone');
}

async function darkAndNarrow() {
	const page = await open({ colorScheme: 'dark', viewport: { width: 390, height: 780 } });
	await signIn(page, 'carol');
	await page.goto(`${url}/customers/${ACCOUNT}`);
	const wide = await page.evaluate(() =>
		document.documentElement.scrollWidth > document.documentElement.clientWidth);
	ok(!wide, 'a page fits a telephone');
	await clickExport(page);
	await picture(page, '11-dark-narrow');
	const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	equal(background, 'rgb(20, 23, 31)', 'dark where the person prefers dark');
	await page.done();
}

// Whoever has somebody's password gets as far as the question, again and again.
async function beginsAndCancels() {
	const stranger = await open();
	await password(stranger, 'alice');
	await dialog(stranger).waitFor();
	const begun = await stranger.evaluate(async () => {
		const post = async (to, what) => {
			const headers = { 'Content-Type': 'application/json',
				'X-CSRF-Token': document.querySelector('meta[name=csrf]').content };
			return (await fetch(to, { method: 'POST', headers,
				body: JSON.stringify(what) })).json();
		};
		let asked = 0;
		for (let i = 0; i < 140; i++) {
			const step = await post('/step-up/begin', { action: 'console.login' });
			asked += step.state === 'question' ? 1 : 0;
			await post('/step-up/answer', { id: step.id, answer: { cancel: true } });
		}
		return asked;
	});
	equal(begun, 140, 'a password alone begins step-ups and gives them up, 140 times');
	const other = await open();
	await signIn(other, 'carol');
	equal(await other.locator('h1').textContent(), 'Customers',
		'and everybody else signs in all the while');
	await other.done();
	await stranger.done();
}

// First: who has just typed a code that did not work has to wait before the next one.
await station(darkAndNarrow);
await station(beginsAndCancels);
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
await done();
