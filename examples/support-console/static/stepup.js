// SPDX-License-Identifier: BSD-2-Clause
// The step-up dialog: shows what the verifier asks, lets the person use a key or type a code,
// sends what came of it. No framework.
//
// To take it into a console of your own, copy stepup.js, stepup-keys.js and stepup.css. Then
//
//	import { stepUp } from './stepup.js';
//	const outcome = await stepUp({ action: 'customer.export', account: 'acme', records: 12 }, { csrf });
//	// also { csrf, heading, user, help }: words above the prompt, instead of "Confirm this …";
//	// who is signed in here; whom to call about a lost key
//	if (outcome.state === 'granted') …   // outcome.id names the grant to your server, which takes it once
//	else show(outcome.message.message);  // 'refused' or 'cancelled': nothing was approved, and why
//
// Your server answers two addresses (`begin` and `answer`, if they are not the ones below) with POSTed JSON;
// the token `csrf` comes back in the header X-CSRF-Token:
//	begin   gets the first argument above, whatever your server makes of it
//	answer  gets {"id", "answer": A}, A for the conversation of pam_stepup(8):
//	        {"method":"browser","credential":{…}}, {"method":"code","code":…} or {"cancel":true};
//	        after "waiting" {"wait":true}, held until somebody answered, or a while, or {"cancel":true},
//	        which withdraws the request
// and both say {"id", "state": "question"|"waiting"|"granted"|"refused"|"gone", "message": {…}},
// `message` as the PAM module made it.
//
// It never decides anything: it shows texts that the verifier made (as text, never as HTML) and passes
// answers on. It runs under script-src 'self' and require-trusted-types-for 'script'.
import { keysWork, useKey } from './stepup-keys.js';

const UNREACHABLE = 'The console did not answer, so nothing was approved. ' +
	'You did nothing wrong. Try again in a minute.';
const NO_KEYS_HERE = 'This needs your key, and this browser can\'t use keys at this address. ' +
	'Nothing was approved. ' +
	'Open the console at its https address, in a browser that is up to date.';
const TIME_IS_UP = 'Time is up. Nothing was approved. Close this and start again.';

// POSTs JSON; whatever comes back, or doesn't, is {state, message}. `status` is there where a page came
// instead of JSON, `unreachable` where nothing came. With `keepalive` it is sent even where the page is left.
export async function post(address, csrf, body, keepalive = false) {
	try {
		const response = await fetch(address, {
			method: 'POST',
			keepalive,
			headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
			body: JSON.stringify(body),
		});
		if ((response.headers.get('Content-Type') || '').startsWith('application/json'))
			return objectOf(await response.json());
		// A page instead of JSON: the session ended, or the account was locked meanwhile. Its
		// sentence is worth showing.
		return { state: 'refused', status: response.status,
			message: { message: sentenceOf(await response.text()) || UNREACHABLE } };
	} catch {
		return { state: 'refused', unreachable: true, message: { message: UNREACHABLE } };
	}
}

// Whatever else came in its place said nothing.
function objectOf(reply) {
	if (reply === null || typeof reply !== 'object')
		throw new TypeError('not an object');
	return reply;
}

// The text of the page's one alert, without parsing HTML.
function sentenceOf(page) {
	const found = /role="alert">([^<]*)</.exec(page);
	const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
	return found && found[1].replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name]);
}

// "2:05", of seconds.
export const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export function element(name, properties = {}, ...children) {
	const { attributes = {}, ...rest } = properties;
	const node = Object.assign(document.createElement(name), rest);
	for (const [attribute, value] of Object.entries(attributes))
		node.setAttribute(attribute, value);
	node.append(...children);
	return node;
}

class Dialog {
	constructor({ csrf, begin = '/step-up/begin', answer = '/step-up/answer', heading, user, help }) {
		Object.assign(this, { csrf, addresses: { begin, answer }, heading, id: null, busy: false,
			attempt: null,
			used: '' });
		this.build();
		this.sayWho(user, help);
		this.form.addEventListener('submit', (event) => { event.preventDefault(); this.submit(); });
		this.key.addEventListener('click', () => this.touch());
		this.cancel.addEventListener('click', () => this.giveUp());
		this.dialog.addEventListener('cancel', (event) => { event.preventDefault(); this.giveUp(); });
		this.leave = () => { if (this.id && !this.outcome) this.send({ cancel: true }, true); };
		window.addEventListener('pagehide', this.leave);
	}

	build() {
		this.title = element('h2', { id: 'step-up-title' });
		this.prompt = element('p', { id: 'step-up-prompt', className: 'prompt' });
		this.error = element('p', { id: 'step-up-error', className: 'error', hidden: true,
			attributes: { role: 'alert' } });
		this.key = element('button', { id: 'step-up-key', type: 'button', className: 'main key',
			textContent: 'Use your key' });
		this.live = element('p', { id: 'step-up-live', className: 'live',
			attributes: { role: 'status' } });
		this.or = element('p', { className: 'or', textContent: 'or',
			attributes: { 'aria-hidden': 'true' } });
		this.label = element('label', { htmlFor: 'step-up-code' });
		this.code = element('input', {
			id: 'step-up-code', name: 'code', autocomplete: 'one-time-code', inputMode: 'numeric',
				maxLength: 12, spellcheck: false,
			attributes: { 'aria-describedby': 'step-up-prompt step-up-error step-up-time' },
		});
		this.time = element('p', { id: 'step-up-time', className: 'hint' });
		this.as = element('p', { id: 'step-up-as', className: 'hint' });
		this.cancel = element('button',
			{ type: 'button', className: 'quiet', textContent: 'Cancel' });
		this.confirm = element('button', { textContent: 'Approve' });
		this.typed = element('div', { className: 'typed' }, this.or, this.label, this.code);
		this.who = element('p', { id: 'step-up-second', attributes: { role: 'status' } });
		this.left = element('progress', { max: 1, attributes: { 'aria-hidden': 'true' } });
		this.until = element('p', { id: 'step-up-until', className: 'hint' });
		this.second = element('div', { className: 'second', hidden: true }, this.who, this.left,
			this.until);
		this.question = element('div', {}, this.key, this.live, this.typed, this.time, this.as);
		this.form = element('form', { noValidate: true }, this.title, this.prompt, this.error,
			this.second, this.question,
			element('div', { className: 'buttons' }, this.cancel, this.confirm));
		this.dialog = element('dialog', { className: 'step-up',
			attributes: { 'aria-labelledby': 'step-up-title',
				'aria-describedby': 'step-up-prompt' } }, this.form);
	}

	// As whom one confirms, and where to go with a lost key.
	sayWho(user, help) {
		const who = user ? [element('span', { textContent: 'You approve as ' }),
			element('strong', {}, element('bdi', { textContent: user })), '. '] : [];
		this.as.append(...who, ...(help ? [`Lost your key or your codes? Call ${help}.`] : []));
	}

	// Resolves with {state: 'granted'|'refused'|'cancelled', id, message}.
	run(subject) {
		const before = document.activeElement;
		return new Promise((resolve) => {
			this.finish = (outcome) => {
				this.closed = true;
				this.stopWaiting();
				window.removeEventListener('pagehide', this.leave);
				this.dialog.close();
				this.dialog.remove();
				if (before && before.isConnected)
					before.focus();
				resolve(outcome);
			};
			this.wait(true);
			post(this.addresses.begin, this.csrf, subject).then((reply) => this.show(reply));
		});
	}

	wait(busy) {
		this.busy = busy;
		this.confirm.disabled = busy;
		this.code.readOnly = busy;
		this.dialog.setAttribute('aria-busy', String(busy));
	}

	show(reply) {
		const message = reply.message || {};
		this.wait(false);
		this.code.value = '';
		if (this.closed)
			return undefined;
		if (reply.state === 'question')
			return this.ask(reply.id, message);
		if (reply.state === 'waiting')
			return this.waitForSecond(reply.id, message);
		if (reply.state === 'granted')
			return this.finish({ state: 'granted', id: reply.id, message });
		return this.refuse(message);
	}

	// A second person has to agree: says who can, until when, and holds on. A console that is away for a
	// moment doesn't end that.
	async waitForSecond(id, message) {
		if (this.waiting !== message.request)
			this.startWaiting(id, message);
		let reply = await this.send({ wait: true });
		while (reply.unreachable && this.left.value > 0 && !this.closed) {
			await new Promise((resolve) => { setTimeout(resolve, 2000); });
			reply = await this.send({ wait: true });
		}
		if (!this.stopping)
			this.show(reply);
	}

	startWaiting(id, message) {
		this.stopWaiting();
		Object.assign(this, { id, waiting: message.request });
		this.title.textContent = 'Waiting for a second person';
		this.complain('');
		this.who.textContent = message.message || '';
		this.second.hidden = false;
		this.question.hidden = this.confirm.hidden = true;
		this.cancel.textContent = 'Withdraw the request';
		this.open();
		this.cancel.focus();
		const end = (message.expires || 0) * 1000, all = Math.max(1, end - Date.now());
		const tick = () => {
			const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
			this.left.value = seconds * 1000 / all;
			this.until.textContent = `Expires in ${minutes(seconds)}. ` +
				'Keep this page open: it goes on by itself. ' +
				'If you close it, your request is withdrawn.';
		};
		this.timer = setInterval(tick, 1000);
		tick();
	}

	// Withdraws the request. If somebody agreed in that moment, the reply says so.
	async withdraw() {
		if (this.stopping)
			return;
		this.stopping = true;
		this.cancel.disabled = true;
		this.cancel.textContent = 'Withdrawing …';
		const { message } = await this.send({ cancel: true });
		this.finish({ state: 'cancelled', message });
	}

	open() {
		if (this.dialog.open)
			return;
		document.body.append(this.dialog);
		this.dialog.showModal();
	}

	ask(id, question) {
		const methods = question.methods || [];
		this.id = id;
		this.options = methods.includes('browser') && keysWork() ? question.publicKey : null;
		this.takesCode = methods.includes('code');
		this.prompt.textContent = question.prompt || '';
		if (!this.options && !this.takesCode)
			return this.close(NO_KEYS_HERE);
		this.key.hidden = !this.options;
		this.typed.hidden = this.confirm.hidden = !this.takesCode;
		this.or.hidden = !this.options;
		this.confirm.classList.toggle('main', !this.options);
		this.confirm.textContent = this.options ? 'Use the code' : 'Approve';
		this.title.textContent = this.heading ?? (this.options ? 'Confirm this with your key'
			: 'Confirm this with a code');
		this.label.textContent = this.options ? 'Code'
			: (question.ask || 'Code').replace(/:\s*$/, '');
		this.complain(question.error);
		this.open();
		this.focus();
		this.countDown(question.expires_in);
	}

	// A code can be typed at once, and Enter uses the key; who tried the key stays there.
	focus() {
		(this.takesCode && !(this.options && this.used === 'browser') ? this.code : this.key).focus();
	}

	complain(words) {
		this.error.hidden = !words;
		this.error.textContent = words || '';
		this.code.setAttribute('aria-invalid', String(Boolean(words) && this.used === 'code'));
	}

	// Says when the question expires; not in a live region, or a screen reader would read every second.
	countDown(seconds) {
		clearInterval(this.timer);
		this.time.textContent = '';
		if (!Number.isFinite(seconds))
			return;
		const advice = !this.takesCode ? '' : this.options ? 'With no code, Enter uses your key. '
			: 'A code works once. ';
		const end = performance.now() + seconds * 1000;
		const tick = () => {
			const left = Math.ceil((end - performance.now()) / 1000);
			this.time.textContent = `${advice}Expires in ${minutes(left)}.`;
			if (left <= 0)
				this.close(TIME_IS_UP);
		};
		this.timer = setInterval(tick, 1000);
		tick();
	}

	// Ends the wait for a key and the counting down.
	stopWaiting() {
		clearInterval(this.timer);
		this.attempt?.abort();
		this.attempt = null;
		this.key.setAttribute('aria-disabled', 'false');
		this.key.textContent = 'Use your key';
		this.live.textContent = '';
	}

	// The page ends the question by itself, and tells the server.
	close(words) {
		this.send({ cancel: true });
		this.refuse({ message: words });
	}

	refuse(message) {
		this.stopWaiting();
		this.waiting = null;
		this.second.hidden = true;
		this.outcome = { state: 'refused', message };
		this.title.textContent = 'Nothing was approved';
		this.prompt.hidden = !this.prompt.textContent;
		this.complain(message.message || UNREACHABLE);
		if (message.reference && !this.error.textContent.includes(message.reference))
			this.error.append(` (reference ${message.reference})`);
		this.question.hidden = true;
		this.confirm.hidden = true;
		this.cancel.textContent = 'Close';
		this.open();
		this.cancel.focus();
	}

	send(answer, keepalive) {
		return post(this.addresses.answer, this.csrf, { id: this.id, answer }, keepalive);
	}

	async reply(answer) {
		this.used = answer.method;
		this.wait(true);
		this.show(await this.send(answer));
	}

	// Enter, or "Approve": the typed code; without one the key.
	submit() {
		const code = this.code.value.replace(/\s/g, '');
		if (this.busy || this.outcome)
			return;
		if (!code)
			return this.options ? this.touch() : this.code.focus();
		this.stopWaiting();
		this.reply({ method: 'code', code });
	}

	async touch() {
		if (this.busy || this.outcome || this.attempt)
			return;
		const attempt = new AbortController();
		this.attempt = attempt;
		this.used = 'browser';
		this.complain('');
		this.key.setAttribute('aria-disabled', 'true');
		this.key.textContent = 'Waiting for your key …';
		this.live.textContent = 'Touch your key when it blinks. ' +
			'If it has a PIN, the browser asks for it.';
		try {
			const credential = await useKey(this.options, attempt.signal);
			if (this.attempt === attempt) {
				this.stopWaiting();
				this.reply({ method: 'browser', credential });
			}
		} catch (error) {
			if (this.attempt === attempt)
				this.keyFailed(error);
		}
	}

	// No answer was given, so the question still stands, for as long as before;
	// but not on a page that may be somebody's copy.
	keyFailed(error) {
		this.attempt = null;
		if (error.copied)
			return this.close(error.message);
		this.key.setAttribute('aria-disabled', 'false');
		this.key.textContent = 'Try your key again';
		this.live.textContent = '';
		this.complain(this.takesCode ? `${error.message} You can also type a code.` : error.message);
		this.key.focus();
	}

	giveUp() {
		if (this.outcome)
			return this.finish(this.outcome);
		if (this.waiting)
			return this.withdraw();
		if (this.id)
			this.send({ cancel: true });
		return this.finish({ state: 'cancelled',
			message: { message: 'Cancelled. Nothing was approved.' } });
	}
}

export function stepUp(subject, options) {
	return new Dialog(options).run(subject);
}
