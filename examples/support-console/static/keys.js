// SPDX-License-Identifier: BSD-2-Clause
// Adds a security key, on the strength of an invitation or of a key that is enrolled already.
import { keysWork, makeKey } from './stepup-keys.js';
import { post, stepUp } from './stepup.js';

const csrf = document.querySelector('meta[name=csrf]').content;
const form = document.getElementById('add-key');
const error = document.getElementById('add-key-error');
const live = document.getElementById('add-key-live');
const button = form.querySelector('button');

class Refused extends Error {}

async function ask(address, body, wanted) {
	const { state, message } = await post(address, csrf, body);
	if (state !== wanted)
		throw new Refused(message.message);
	return message;
}

function say(words, waiting = '') {
	error.hidden = !words;
	error.textContent = words;
	live.textContent = waiting;
}

// Who brings no invitation shows a key that is enrolled.
async function permission() {
	const invitation = form.elements.invitation.value.trim();
	if (invitation)
		return { invitation };
	const outcome = await stepUp({ action: 'stepup.enroll' }, { csrf });
	if (outcome.state !== 'granted')
		throw new Refused(outcome.message.message);
	return { step_up: outcome.id };
}

async function enrol() {
	const question = await ask('/keys/begin', { label: form.elements.label.value.trim(), ...await permission() }, 'question');
	const timeUp = new AbortController();
	const timer = setTimeout(() => timeUp.abort(), question.expires_in * 1000);
	try {
		say('', `${question.prompt} Touch the key when it blinks; where it has a PIN, the browser asks for it.`);
		const key = await makeKey(question.publicKey, timeUp.signal);
		say('', 'The key answered …');
		return await ask('/keys/finish', { key }, 'granted');
	} catch (cause) {
		throw cause.name === 'AbortError' ? new Refused('Time is up. Nothing was added. Start again.') : cause;
	} finally {
		clearTimeout(timer);
	}
}

form.addEventListener('submit', async (event) => {
	event.preventDefault();
	button.disabled = true;
	say('');
	try {
		const enrolled = await enrol();
		sessionStorage.setItem('said', enrolled.message); // console.js shows it on the next page
		location.assign(form.dataset.next);
	} catch (cause) {
		say(cause.message);
		button.disabled = false;
		button.focus();
	}
});

if (!keysWork()) {
	say('This browser can\'t use security keys at this address. Open the console at its https address, in a browser that is up to date.');
	button.disabled = true;
}
