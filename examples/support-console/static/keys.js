// SPDX-License-Identifier: BSD-2-Clause
// Adds a security key, by an invitation or by a key that is enrolled already;
// removes what is no longer wanted.
import { leaveWords, page } from './console.js';
import { keysWork, makeKey } from './stepup-keys.js';
import { post, stepUp } from './stepup.js';

const { csrf } = page;
const form = document.getElementById('add-key');
const addError = document.getElementById('add-key-error');
const removeError = document.getElementById('remove-key-error'); // not where there is nothing to remove
const live = document.getElementById('add-key-live');
const button = form.querySelector('button');

class Refused extends Error {}

async function ask(address, body, wanted) {
	const { state, message } = await post(address, csrf, body);
	if (state !== wanted)
		throw new Refused(message.message);
	return message;
}

function complain(place, words) {
	if (place) {
		place.hidden = !words;
		place.textContent = words;
	}
}

async function approval(subject) {
	const outcome = await stepUp(subject, page);
	if (outcome.state !== 'granted')
		throw new Refused(outcome.message.message);
	return { step_up: outcome.id };
}

// Without an invitation, a key that is enrolled has to confirm.
function permission() {
	const invitation = form.elements.invitation.value.trim();
	return invitation ? { invitation } : approval({ action: 'stepup.enroll' });
}

async function enrol() {
	const question = await ask('/keys/begin',
		{ label: form.elements.label.value.trim(), ...await permission() }, 'question');
	const timeUp = new AbortController();
	const timer = setTimeout(() => timeUp.abort(), question.expires_in * 1000);
	try {
		live.textContent = `${question.prompt} Touch the key when it blinks. ` +
			'If it has a PIN, the browser asks for it.';
		const key = await makeKey(question.publicKey, timeUp.signal);
		live.textContent = 'The key answered …';
		return await ask('/keys/finish', { key }, 'granted');
	} catch (cause) {
		throw cause.name === 'AbortError' ? new Refused('Time is up. Nothing was added. Start again.')
			: cause;
	} finally {
		clearTimeout(timer);
		live.textContent = '';
	}
}

// Runs one of the two for its button, and goes on to a page that shows how it went; where it went wrong,
// says so beside the button.
async function run(pressed, place, work) {
	pressed.disabled = true;
	complain(addError, '');
	complain(removeError, '');
	try {
		const { message } = await work();
		leaveWords(message);
		location.assign(form.dataset.next);
	} catch (cause) {
		complain(place, cause.message);
		pressed.disabled = false;
		pressed.focus();
	}
}

form.addEventListener('submit', (event) => {
	event.preventDefault();
	run(button, addError, enrol);
});

for (const remove of document.querySelectorAll('button.remove')) {
	remove.addEventListener('click', () => run(remove, removeError, async () =>
		ask('/keys/remove', await approval({ action: 'stepup.remove',
			credential: remove.dataset.credential }), 'granted')));
}

if (!keysWork()) {
	complain(addError, 'This browser can\'t use security keys at this address. ' +
		'Open the console at its https address, in a browser that is up to date.');
	button.disabled = true;
}
