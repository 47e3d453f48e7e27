// SPDX-License-Identifier: BSD-2-Clause
// What people do where a second person has to agree: arrive with a key, export past the limit, look at
// requests and answer them.
import { Authenticator } from './authenticator.mjs';
import { ACCOUNT, administrator, clickExport, dialog, dialogError, downloaded, open, password, signIn,
	url } from './harness.mjs';

export const PROMPT = `Export 340 contacts of ${ACCOUNT}`;

async function enrolKey(page, name) {
	await page.fill('#label', `Key of ${name}`);
	await page.fill('#invitation', JSON.parse(administrator('invite', '--json', name)).invitation);
	await page.click('#add-key button');
	await page.locator('#status:has-text("enrolled")').waitFor();
}

// A signed-in session with a key of its own, by a code; and the same for somebody who has no counter token.
export async function arrive(name) {
	const page = await open();
	await Authenticator.plugIn(page);
	await signIn(page, name);
	await page.goto(`${url}/keys`);
	await enrolKey(page, name);
	return page;
}

export async function arriveWithKey(name) {
	const page = await open();
	await Authenticator.plugIn(page);
	await password(page, name);
	await dialog(page).waitFor();
	await page.keyboard.press('Escape');
	await page.click('text=Add your first security key');
	await enrolKey(page, name);
	await page.click('#sign-in-code');
	await page.locator('#step-up-code:focus').waitFor();
	await page.keyboard.press('Enter');
	await page.waitForURL('**/customers');
	return page;
}

// Signs in with the key that is plugged in.
export async function signInWithKey(page, name) {
	await password(page, name);
	await page.locator('#step-up-code:focus').waitFor();
	await page.keyboard.press('Enter');
	await page.waitForURL('**/customers');
}

async function askExport(page) {
	await page.goto(`${url}/customers/${ACCOUNT}`);
	await clickExport(page);
	await page.locator('#step-up-key:focus').waitFor();
}

// The one export a day for which nobody else is asked.
export async function exportWithin(page) {
	await askExport(page);
	await downloaded(page, () => page.keyboard.press('Enter'));
	await dialog(page).waitFor({ state: 'detached' });
}

// Exports past the limit, up to the wait; the request that it made.
export async function askOver(page) {
	await askExport(page);
	await page.keyboard.press('Enter');
	await page.locator('#step-up-title:has-text("Waiting for a second person")').waitFor();
	const words = await page.locator('#step-up-second').textContent();
	return /R-[0-9A-Z]{12}/.exec(words)[0];
}

export const card = (page, request) => page.locator(`[data-request="${request}"]`);
export const press = (page, request, name) => card(page, request).getByRole('button',
	{ name, exact: true }).click();
export const told = (page, words) => page.locator('#happened li', { hasText: words }).first().waitFor();
export const title = (page, words) => page.locator(`#step-up-title:has-text("${words}")`).waitFor();

// The dialog with which to agree, up to the key.
export async function openAgreement(page, request) {
	await press(page, request, 'Approve');
	await page.locator('#step-up-key:focus').waitFor();
}

export async function refused(page) {
	await title(page, 'Nothing was approved');
	const words = await dialogError(page).textContent();
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	return words;
}

// What the page's own scripts could ask for as well.
export const post = (page, address, body) => page.evaluate(async ([to, what]) => {
	const { post: send } = await import('/static/stepup.js');
	return send(to, document.querySelector('meta[name=csrf]').content, what);
}, [address, body]);
