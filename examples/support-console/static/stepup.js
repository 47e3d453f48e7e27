// SPDX-License-Identifier: BSD-2-Clause
// The step-up dialog: shows what the verifier asks, sends what the person answers. No framework; one file to copy.
//
//	import { stepUp } from './stepup.js';
//	const outcome = await stepUp({ action: 'customer.export', account: 'acme', records: 12 }, { csrf });
//	if (outcome.state === 'granted') … outcome.id names the grant to your server
//
// It never decides anything: it shows texts that the verifier made (as text, never as HTML) and passes answers on.

const BEGIN = '/step-up/begin';
const ANSWER = '/step-up/answer';
const UNREACHABLE = 'The console did not answer, so nothing was approved. You did nothing wrong. Try again in a minute.';

async function post(address, csrf, body) {
	try {
		const response = await fetch(address, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
			body: JSON.stringify(body),
		});
		if ((response.headers.get('Content-Type') || '').startsWith('application/json'))
			return await response.json();
		// A page instead of JSON: the session ended, or the account was locked meanwhile. Its sentence is worth showing.
		const page = new Response(await response.text());
		return { state: 'refused', message: { message: sentenceOf(await page.text()) || UNREACHABLE } };
	} catch {
		return { state: 'refused', message: { message: UNREACHABLE } };
	}
}

// The text of the page's one alert, without parsing HTML.
function sentenceOf(page) {
	const found = /role="alert">([^<]*)</.exec(page);
	const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
	return found && found[1].replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name]);
}

function element(name, properties = {}, ...children) {
	const node = Object.assign(document.createElement(name), properties);
	node.append(...children);
	return node;
}

class Dialog {
	constructor(csrf) {
		this.csrf = csrf;
		this.id = null;
		this.busy = false;
		this.title = element('h2', { id: 'step-up-title', textContent: 'Confirm this with a code' });
		this.prompt = element('p', { id: 'step-up-prompt', className: 'prompt' });
		this.error = element('p', { id: 'step-up-error', className: 'error', hidden: true });
		this.error.setAttribute('role', 'alert');
		this.label = element('label', { htmlFor: 'step-up-code' });
		this.code = element('input', {
			id: 'step-up-code', name: 'code', autocomplete: 'one-time-code', inputMode: 'numeric',
			maxLength: 12, spellcheck: false, required: true,
		});
		this.code.setAttribute('aria-describedby', 'step-up-prompt step-up-error step-up-time');
		this.time = element('p', { id: 'step-up-time', className: 'hint' });
		this.cancel = element('button', { type: 'button', className: 'quiet', textContent: 'Cancel' });
		this.confirm = element('button', { className: 'main', textContent: 'Approve' });
		this.question = element('div', {}, this.label, this.code, this.time);
		this.form = element('form', { noValidate: true }, this.title, this.prompt, this.error, this.question,
			element('div', { className: 'buttons' }, this.cancel, this.confirm));
		this.dialog = element('dialog', { className: 'step-up' }, this.form);
		this.dialog.setAttribute('aria-labelledby', 'step-up-title');
		this.dialog.setAttribute('aria-describedby', 'step-up-prompt');
		this.form.addEventListener('submit', (event) => { event.preventDefault(); this.answer(); });
		this.cancel.addEventListener('click', () => this.giveUp());
		this.dialog.addEventListener('cancel', (event) => { event.preventDefault(); this.giveUp(); });
	}

	// Resolves with {state: 'granted'|'refused'|'cancelled', id, message}.
	run(subject) {
		const before = document.activeElement;
		return new Promise((resolve) => {
			this.finish = (outcome) => {
				clearInterval(this.timer);
				this.dialog.close();
				this.dialog.remove();
				if (before && before.isConnected)
					before.focus();
				resolve(outcome);
			};
			this.wait(true);
			post(BEGIN, this.csrf, subject).then((reply) => this.show(reply));
		});
	}

	wait(busy) {
		this.busy = busy;
		this.confirm.disabled = busy;
		this.code.readOnly = busy;
		this.dialog.setAttribute('aria-busy', String(busy));
	}

	show(reply) {
		this.wait(false);
		this.code.value = '';
		if (reply.state === 'question')
			return this.ask(reply);
		if (reply.state === 'granted')
			return this.finish({ state: 'granted', id: reply.id, message: reply.message });
		return this.refuse(reply.message || {});
	}

	open() {
		if (this.dialog.open)
			return;
		document.body.append(this.dialog);
		this.dialog.showModal();
	}

	ask(reply) {
		const question = reply.message || {};
		this.id = reply.id;
		this.prompt.textContent = question.prompt || '';
		this.label.textContent = (question.ask || 'Code').replace(/:\s*$/, '');
		this.error.hidden = !question.error;
		this.error.textContent = question.error || '';
		this.code.setAttribute('aria-invalid', String(Boolean(question.error)));
		this.countDown(question.expires_in);
		this.open();
		this.code.focus();
	}

	// Says how long the question stands, in steps that a screen reader isn't troubled with.
	countDown(seconds) {
		clearInterval(this.timer);
		this.time.textContent = '';
		if (!Number.isFinite(seconds))
			return;
		const end = performance.now() + seconds * 1000;
		const tick = () => {
			const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
			this.time.textContent = left > 0
				? `A code works once. This question stands for ${left} more seconds.`
				: 'Time is up. Nothing was approved.';
			if (left === 0)
				clearInterval(this.timer);
		};
		this.timer = setInterval(tick, 1000);
		tick();
	}

	refuse(message) {
		clearInterval(this.timer);
		this.outcome = { state: 'refused', message };
		this.title.textContent = 'Nothing was approved';
		this.prompt.hidden = !this.prompt.textContent;
		this.error.hidden = false;
		this.error.textContent = message.message || UNREACHABLE;
		if (message.reference)
			this.error.append(` (reference ${message.reference})`);
		this.question.hidden = true;
		this.confirm.hidden = true;
		this.cancel.textContent = 'Close';
		this.open();
		this.cancel.focus();
	}

	async answer() {
		const code = this.code.value.replace(/\s/g, '');
		if (this.busy || this.outcome)
			return;
		if (!code) {
			this.code.focus();
			return;
		}
		this.wait(true);
		this.show(await post(ANSWER, this.csrf, { id: this.id, answer: { method: 'code', code } }));
	}

	giveUp() {
		if (this.outcome)
			return this.finish(this.outcome);
		if (this.id)
			post(ANSWER, this.csrf, { id: this.id, answer: { cancel: true } });
		return this.finish({ state: 'cancelled', message: { message: 'Cancelled. Nothing was approved.' } });
	}
}

export function stepUp(subject, { csrf }) {
	return new Dialog(csrf).run(subject);
}
