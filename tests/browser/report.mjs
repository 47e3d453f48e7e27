// SPDX-License-Identifier: BSD-2-Clause
// `stepup report --html` as a responder sees it: what a day came to in one sentence, the timeline, the lists;
// nothing overlaps or runs out of the page.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { complaints, done, equal, matches, ok, open, picture, station } from './harness.mjs';

const LANES = ['Approved', 'Covered', 'Redeemed', 'Requested', 'Agreed', 'Request ended', 'Refused',
	'Enrolled', 'Locked'];
const LONG = 'a-customer-whose-name-is-longer-than-any-column-should-have-to-be-'.repeat(5);

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'report-page.'));
const file = path.join(folder, 'report.html');

// --- in the page ---

// Each lane: its name, number, place on the page, and its marks' places.
const lanes = (page) => page.evaluate(() => [...document.querySelectorAll('.lane')].map((lane) => {
	const box = (node) => {
		const { left, right, top, bottom } = node.getBoundingClientRect();
		return { left, right, top, bottom };
	};
	const [name, number] = [lane.querySelector('span').firstChild.textContent.trim(),
		Number(lane.querySelector('b').textContent)];
	const marks = [...lane.querySelectorAll('rect:not(.late)')].map((mark) =>
		({ tone: mark.classList[0], title: mark.querySelector('title').textContent, ...box(mark) }));
	const lock = lane.querySelector('.lock'), late = lane.querySelector('.late');
	return { name, number, marks, ...box(lane), label: box(lane.querySelector('span')),
		drawing: box(lane.querySelector('svg')),
		lock: lock && box(lock), late: late && box(late) };
}));

// Whether anything that can be seen runs out of its place.
const runsOut = (page) => page.evaluate(() => {
	const width = document.documentElement.clientWidth, bad = [];
	if (document.documentElement.scrollWidth > width)
		bad.push(`the page is ${document.documentElement.scrollWidth} wide`);
	for (const node of document.querySelectorAll(
		`h1, h2, p, .tiles li, .lane span, .axis i, .card, td, th`)) {
		const { left, right } = node.getBoundingClientRect();
		if (left < 0 || right > width + 0.5 ||
			(node.scrollWidth > node.clientWidth + 1 &&
			getComputedStyle(node).display !== 'inline' && !node.matches('.axis i, .time')))
			bad.push(`${node.tagName} "${node.textContent.slice(0, 40)}" ${left}…${right}`);
	}
	return bad;
});

const overlapping = (boxes) => boxes.filter((one, at) => boxes.some((other, next) => next > at &&
	one.left < other.right - 0.5 && other.left < one.right - 0.5 &&
	one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5)).length;

const boxes = (page, selector) => page.locator(selector).evaluateAll((nodes) => nodes.map((node) => {
	const { left, right, top, bottom } = node.getBoundingClientRect();
	return { left, right, top, bottom };
}));

// The lowest contrast (WCAG 2.2, 1.4.3) of a text on what is behind it, and which one that is.
const faintest = (page) => page.evaluate(() => {
	const rgb = (text) => text.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map((c) => (c / 255 <= 0.03928
		? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (node) => {
		for (let at = node; at; at = at.parentElement) {
			const colour = rgb(getComputedStyle(at).backgroundColor);
			if (colour.length === 3 || colour[3] > 0)
				return colour;
		}
		return [255, 255, 255];
	};
	const found = [...document.querySelectorAll(
		'h1, h2, p, li, b, span, i, th, td, code, strong')].filter((node) => node.textContent.trim());
	const labels = found.filter((node) => getComputedStyle(node, '::before').content !== 'none');
	return [...found.map((node) => [node, null]),
		...labels.map((node) => [node, '::before'])].map(([node, part]) => {
		const [a, b] = [light(rgb(getComputedStyle(node, part).color)),
			light(behind(node))].sort((x, y) => y - x);
		return { ratio: (a + 0.05) / (b + 0.05),
			what: [node.tagName, part, node.className, node.textContent.slice(0, 30)].join(' ') };
	}).sort((a, b) => a.ratio - b.ratio)[0];
});

// The colours that a screenshot of the whole page has at these places.
async function colours(page, places) {
	const reader = await open();
	const found = await reader.evaluate(async ([shot, wanted]) => {
		const image = new Image();
		image.src = `data:image/png;base64,${shot}`;
		await image.decode();
		const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
		context.drawImage(image, 0, 0);
		return wanted.map(([x, y]) =>
			[...context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)]);
	}, [(await page.screenshot({ fullPage: true })).toString('base64'), places]);
	await reader.done();
	return found;
}

// What a colour looks like, as the classes of the page name it: green, red, amber, blue;
// "" where it is next to grey.
function toneOf([r, g, b]) {
	if (Math.max(r, g, b) - Math.min(r, g, b) < 12)
		return '';
	if (r > g && r > b)
		return g - b > (r - g) / 3 ? 'w' : 'b';
	return g > b ? 'g' : 'n';
}

// --- what is to hold ---

async function selfContained(page) {
	const asked = [];
	page.on('request', (request) => asked.push(request.url()));
	await page.goto(pathToFileURL(file).href);
	await page.waitForLoadState('networkidle');
	equal(asked.join(' '), pathToFileURL(file).href, 'the page asks for nothing but itself');
	equal(await page.locator('script, link, img, iframe, object, form, a').count(), 0,
		'has no script, no form and no address');
	const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute(
		'content');
	equal(policy, "default-src 'none'; style-src 'unsafe-inline'",
		'and a policy that would let nothing in');
	equal(complaints.join('; '), '', 'which it keeps itself');
}

async function atAGlance(page) {
	await picture(page, 'report-wide');
	equal(await page.locator('h1').textContent(), 'What backup did', 'it says whom it is about');
	matches(await page.locator('.essence').textContent(),
		new RegExp('^Locked on 2030-06-02 07:40:00 UTC by root\\. While the account was locked, ' +
			'9 tries were refused and nothing went through\\.$'),
		'and, first of all, when the account was locked and that nothing went through after it');
	const tiles = await page.locator('.tiles li').evaluateAll((nodes) =>
		nodes.map((node) => node.textContent.match(/^(\d+)(.*)$/).slice(1)));
	const kinds = await page.locator('#rows td.kind').allTextContents();
	const wrong = tiles.filter(([number, kind]) => kind !== 'Touched' &&
		Number(number) !== kinds.filter((one) => one === kind).length);
	ok(tiles.length > LANES.length && wrong.length === 0, 'each number on top is that of the rows below',
		JSON.stringify(wrong));
	const touched = await page.locator('#touched tbody tr').evaluateAll((rows) =>
		rows.map(({ cells }) => `${cells[1].textContent} ${cells[2].textContent}`));
	ok(new Set(touched).size < touched.length, 'some were touched by more than one action',
		touched.length);
	equal(tiles.find(([, kind]) => kind === 'Touched')?.[0], String(new Set(touched).size),
		'and the number of those to notify counts each once');
	matches(await page.locator('#unredeemed tbody').textContent(),
		/customer-7-0.*1 approved and not redeemed/,
		'what was approved and not carried out stands apart');
	equal(await page.locator('#touched strong', { hasText: LONG }).textContent(), LONG,
		'a name of 330 letters is there whole');
}

async function timeline(page) {
	const drawn = await lanes(page);
	const names = drawn.map(({ name }) => name);
	ok(LANES.every((name) => names.includes(name)), 'the timeline has a lane for each kind of thing',
		names);
	ok(drawn.every(({ marks, number, name }) => marks.length > 0 &&
		marks.reduce((sum, { title }) => sum + Number(/^\d+/.exec(title)), 0) === number && name),
		'whose marks come to the number beside it');
	ok(drawn.every(({ marks, drawing }) => marks.every((mark) => mark.left >= drawing.left - 0.5 &&
		mark.right <= drawing.right + 0.5 && mark.bottom - mark.top > 5 &&
		mark.right - mark.left > 1)),
		'each mark can be seen, and stays in its lane');
	ok(drawn.every(({ label, drawing }) => label.right <= drawing.left + 0.5 ||
		label.bottom <= drawing.top + 0.5), 'no name lies over a drawing');
	equal(overlapping(drawn), 0, 'nor one lane over another');
	const { lock, late, drawing } = drawn[0];
	ok(lock && late && Math.abs(late.left - lock.left) < 2 && Math.abs(late.right - drawing.right) < 2,
		'from the lock on the ground is red, to the end');
	const after = drawn.flatMap(({ name, marks }) => marks.filter(({ left }) => left > lock.right +
		3).map(() => name));
	ok(after.length > 0 && after.every((name) => ['Refused', 'Alerts', 'Locked'].includes(name)),
		'and right of it there is nothing but refusals, alerts and another lock', after);
	const night = drawn.find(({ name }) => name === 'Covered').marks.at(-1);
	matches(night.title, /^\d+ × Covered, from 2030-06-02 0[67]:/,
		'a mark says how many, of what, and when');
	equal(overlapping(await boxes(page, '.axis i')), 0, 'the hours under it don\'t run into one another');
	matches((await page.locator('.axis i').allTextContents()).join(' '),
		/^12:00 15:00 18:00 21:00 06-02 03:00 06:00 09:00$/, 'are round, and midnight has the date');
}

// At a glance means on the screen, not in the page's source.
async function inThePicture(page, scheme, width) {
	const drawn = await lanes(page), { lock, drawing } = drawn[0];
	const marks = drawn.flatMap((lane) => lane.marks.map((mark) => ({ name: lane.name, ...mark })));
	const seen = await colours(page, marks.map(({ left, right, top, bottom }) => [(left + right - 1) / 2,
		(top + bottom) / 2]));
	const wrong = marks.map((mark, at) => ({ ...mark, seen: seen[at] })).filter((mark) =>
		toneOf(mark.seen) !== mark.tone);
	ok(marks.length > LANES.length && wrong.length === 0,
		`${width} wide, ${scheme}: in the screenshot every mark has the colour of its kind`,
		wrong.slice(0, 3).map((mark) => `${mark.name} ${mark.tone}: ${mark.seen}`).join('\n'));
	const between = drawn.map(({ drawing: { top } }) => top + 3);
		// above the marks, which stand on the lane's floor
	const before = await colours(page, between.map((y) => [lock.left - (lock.left - drawing.left) / 50,
		y]));
	const after = await colours(page, between.map((y) => [(lock.right + drawing.right) / 2, y]));
	const red = ([r, , b]) => r - b;
	ok(before.every((colour, at) => red(after[at]) > red(colour) + 8),
		'and the ground is redder after the lock than before',
		`${before.join(' ')} | ${after.join(' ')}`);
}

async function fits(page, scheme, width) {
	await page.emulateMedia({ colorScheme: scheme });
	await page.setViewportSize({ width, height: 900 });
	const out = await runsOut(page);
	ok(out.length === 0, `${width} wide, ${scheme}: nothing runs out of the page`,
		out.slice(0, 5).join('\n'));
	equal(overlapping(await boxes(page, 'h1, h2, .essence, .tiles li, .card')), 0,
		'nothing lies over anything else');
	equal(overlapping(await boxes(page, '.axis i')), 0, 'nor do the hours');
	const { ratio, what } = await faintest(page);
	ok(ratio >= 4.5, 'and every text stands out from its ground', `${ratio.toFixed(2)}: ${what}`);
	await picture(page, `report-${width}-${scheme}`);
	await page.locator('#unredeemed').evaluate((table) => table.scrollIntoView({ block: 'center' }));
	await picture(page, `report-${width}-${scheme}-tables`);
	await page.evaluate(() => scrollTo(0, 0));
}

// Cells that stand below one another each say what they are;
// nobody has to scroll sideways for what else there is to a thing.
async function stacked(page) {
	await page.setViewportSize({ width: 400, height: 900 });
	for (const id of ['touched', 'unredeemed', 'rows']) {
		const cells = await page.locator(`#${id} td`).evaluateAll((nodes) =>
			nodes.filter((node) => node.textContent).map((node) => ({
			label: getComputedStyle(node, '::before').content.replaceAll('"', ''),
				text: node.textContent, left: node.getBoundingClientRect().left,
			heading: document.querySelectorAll(
				`#${node.closest('table').id} thead th`)[node.cellIndex].textContent })));
		ok(cells.length > 5 && cells.every(({ label, heading }) => label === heading),
			`400 wide: each cell of ${id} says its heading`,
			JSON.stringify(cells.slice(0, 3)));
		ok(cells.every(({ left }) => Math.abs(left - cells[0].left) < 1),
			'and they stand below one another', new Set(cells.map(({ left }) => left)).size);
		equal(overlapping(await boxes(page, `#${id} td`)), 0, 'none over another');
		ok(await page.locator(`#${id} thead`).isHidden(), 'the line of headings is gone');
	}
	ok(await page.getByText('approved and not redeemed').first().isVisible(),
		'so that how often, and that it was not redeemed, can be seen');
	await page.setViewportSize({ width: 1280, height: 900 });
	equal(await page.locator('#touched td').first().evaluate((node) => getComputedStyle(node,
		'::before').content), 'none', '1280 wide: the headings stand on top once');
}

try {
	execFileSync('python3', [path.join(here, 'report_day.py'), file],
		{ stdio: ['ignore', 'inherit', 'inherit'] });
	const page = await open({ viewport: { width: 1280, height: 900 } });
	await station(selfContained, page);
	await station(atAGlance, page);
	await station(timeline, page);
	for (const scheme of ['light', 'dark'])
		for (const width of [1280, 400])
			for (const holds of [fits, inThePicture])
				await station(holds, page, scheme, width);
	await station(stacked, page);
	await page.done();
} finally {
	fs.rmSync(folder, { recursive: true });
}
await done();
