// SPDX-License-Identifier: BSD-2-Clause
// Requests for a second person, as they come and go: those of others, to approve or deny, and one's own,
// to withdraw.
// All that is shown was written by the verifier, and goes into the page as text.
import { page } from './console.js';
import { element, minutes, post, stepUp } from './stepup.js';

const { csrf } = page;
const place = document.getElementById('requests');
const error = document.getElementById('requests-error');
const title = document.title;
const cards = new Map(); // by request id: {request, node, tick}
const answered = new Set(); // those whose end this page says itself
let skew = 0; // the console's clock less this one's, in seconds

const happened = element('ul', { id: 'happened', className: 'happened',
	attributes: { role: 'log', 'aria-label': 'What happened' } });
const others = element('section', { attributes: { 'aria-label': 'Requests of others' } });
const own = element('section', { attributes: { 'aria-label': 'Your requests' } });
const none = element('p', { className: 'card none',
	textContent: 'No requests need your approval. New ones appear here by themselves.' });
const ownTitle = element('h2', { className: 'part', textContent: 'Your own requests' });
place.append(happened, none, others, ownTitle, own);

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([],
	{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const now = () => Date.now() / 1000 + skew;

function tell(words, tone = '') {
	happened.prepend(element('li', { className: tone }, element('time', { textContent: clock(now()) }),
		element('span', { textContent: words })));
	while (happened.children.length > 3)
		happened.lastChild.remove();
}

function complain(words) {
	error.hidden = !words;
	error.textContent = words || '';
}

// --- one request ---

function fact(name, ...value) {
	return element('div', {}, element('dt', { textContent: name }),
		element('dd', {}, ...value.map((text) => element('bdi', { textContent: text }))));
}

// Who asks without a program that may speak for others can say anything of the place.
function placeOf(request) {
	const { user, caller, rhost, service, host } = request;
	if (caller !== user)
		return [rhost ?? 'this host', ...(service ? [` by ${service}`] : []), ` on ${host}`,
			`, through account ${caller}`];
	const claims = [...(rhost ? [`from ${rhost}`] : []), ...(service ? [`through ${service}`] : [])];
	return [host, ...claims.map((claim, at) => (at === 0 ? `; ${user} says: ${claim}` : `, ${claim}`))];
}

function facts(request) {
	const why = request.why.startsWith('always') ? `The rule ${request.why}`
		: request.why.charAt(0).toUpperCase() + request.why.slice(1);
	return element('dl', { className: 'facts' },
		fact('From', ...placeOf(request)), fact('Why a second person', why),
		...(request.reason ? [fact('Reason given', request.reason)] : []),
		fact('Asked at', clock(request.requested)), fact('Expires at', clock(request.expires)));
}

const button = (textContent, className, press) => {
	const node = element('button', { type: 'button', textContent, className });
	node.addEventListener('click', () => press(node));
	return node;
};

// Runs something for a card, whose buttons are out of use meanwhile, and says how it went.
async function act(request, run, tone) {
	const { node } = cards.get(request.id);
	const buttons = node.querySelectorAll('button');
	buttons.forEach((one) => { one.disabled = true; });
	answered.add(request.id);
	const { state, message } = await run();
	const done = state === 'granted' || state === 'done';
	if (state !== 'cancelled') // which is no news to who did it
		tell(message?.message ?? 'Nothing was approved.', done ? tone : 'bad');
	if (done)
		return; // the list drops it
	answered.delete(request.id);
	buttons.forEach((one) => { one.disabled = false; });
}

const approve = (request) => act(request, () => stepUp({ action: 'stepup.approve', request: request.id },
	{ ...page, heading: `Allow ${request.user} to:` }), 'good');
const deny = (request) => act(request, () => post('/requests/deny', csrf, { request: request.id }), 'bad');
const denyAndLock = (request) => act(request,
	() => stepUp({ action: 'stepup.approve', request: request.id, lock: true },
	page), 'bad');
const withdraw = (request) => act(request, () => post('/requests/cancel', csrf, { request: request.id }), '');

// Locking somebody, or oneself, is asked once more, and takes a key or a code of one's own.
function sure(request) {
	const whom = request.own ? 'You are' : `${request.user} is`;
	const words = `This denies the request and locks the account. ${whom} refused everywhere ` +
		'until an administrator ' +
		'unlocks it. You will be asked for your key or a code.';
	const box = element('div', { className: 'sure', attributes: { role: 'group' } },
		element('p', { textContent: words }),
		button('Deny and lock', 'bad', () => denyAndLock(request)), ' ',
		button('Back', 'quiet', () => box.remove()));
	return box;
}

function actions(request) {
	const alarm = button(request.own ? 'This wasn\'t me …' : `That wasn't ${request.user} …`, 'quiet far',
		(pressed) => {
		const card = pressed.closest('.request');
		card.querySelector('.sure')?.remove();
		card.append(sure(request));
		card.querySelector('.sure button').focus();
	});
	const answers = request.own ? [button('Withdraw', '', () => withdraw(request))]
		: [button('Approve', 'main', () => approve(request)),
			button('Deny', '', () => deny(request))];
	return element('div', { className: 'actions' }, ...answers,
		element('span', { className: 'hint', textContent: request.id }), alarm);
}

function standing(request) {
	if (request.state === 'approved')
		return `${request.by} approved this. ` +
			'Do the same again, with your key or a code: it will go through.';
	return `Waiting for ${request.approvers.join(' or ')}.`;
}

function card(request) {
	const who = element('span', {}, ...(request.own ? [element('bdi', { textContent: standing(request) })]
		: [element('strong', {}, element('bdi', { textContent: request.user })),
			' asks you to approve:']));
	const left = element('span', { className: 'left' });
	const node = element('article', { className: 'card request',
		attributes: { 'data-request': request.id } },
		element('p', { className: 'asks' }, who, left),
		element('h2', {}, element('bdi', { className: 'text', textContent: request.text })),
		facts(request), actions(request));
	const tick = () => {
		const seconds = Math.max(0, Math.round(request.expires - now()));
		left.textContent = `Expires in ${minutes(seconds)}`;
		left.classList.toggle('soon', seconds < 60);
	};
	tick();
	return { request, node, tick };
}

// --- all of them ---

async function tellEnd({ request }) {
	if (answered.delete(request.id))
		return;
	if (!request.own) {
		tell(`Request ${request.id} of ${request.user} is not waiting any more. ` +
			'Somebody answered it, it was withdrawn, or it expired.');
		return;
	}
	const { message } = await post('/requests/outcome', csrf, { request: request.id });
	tell(message.message);
}

function show(requests) {
	const ids = new Set(requests.map(({ id }) => id));
	for (const [id, one] of cards) {
		if (!ids.has(id)) {
			one.node.remove();
			cards.delete(id);
			tellEnd(one);
		}
	}
	for (const request of requests) {
		const before = cards.get(request.id);
		if (before && JSON.stringify(before.request) === JSON.stringify(request))
			continue;
		const one = card(request);
		if (before)
			before.node.replaceWith(one.node);
		else
			(request.own ? own : others).append(one.node);
		cards.set(request.id, one);
	}
	none.hidden = others.children.length > 0;
	own.hidden = ownTitle.hidden = own.children.length === 0;
	document.title = others.children.length > 0 ? `(${others.children.length}) ${title}` : title;
	place.setAttribute('aria-busy', 'false');
}

// Asks for news again and again; the console holds each question until there is some. Ends with the session.
async function follow() {
	for (let seen = ''; ;) {
		const reply = await post('/requests/list', csrf, { seen });
		if (reply.state === 'list') {
			({ seen } = reply);
			skew = reply.now - Date.now() / 1000;
			complain('');
			show(reply.requests);
			continue;
		}
		complain(reply.message.message);
		if (reply.status === 401 || reply.status === 403) {
			place.hidden = true;
			return;
		}
		await new Promise((resolve) => { setTimeout(resolve, 3000); });
	}
}

setInterval(() => cards.forEach(({ tick }) => tick()), 1000);
follow();
