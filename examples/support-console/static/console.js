// SPDX-License-Identifier: BSD-2-Clause
// What the console's buttons do: ask for a step-up, then do the thing.
import { post, stepUp } from './stepup.js';

const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? '';
const csrf = meta('csrf');

// What every dialog of this page is told: the token, who is signed in, whom to call about a lost key.
export const page = { csrf, user: meta('user'), help: meta('help') };

const status = document.getElementById('status');

function say(words) {
	status.textContent = words;
}

// What a page leaves for the next one to say; nothing where a browser or an extension keeps no such things.
function stored(use) {
	try {
		return use(window.sessionStorage);
	} catch {
		return null;
	}
}

export function leaveWords(words) {
	stored((storage) => storage.setItem('said', words));
}

const said = stored((storage) => storage.getItem('said'));
stored((storage) => storage.removeItem('said'));
say(said ?? '');

// Runs a step-up for a button, which is out of use meanwhile. The outcome where it was granted, else null.
async function approved(button, subject) {
	button.disabled = true;
	say('');
	const outcome = await stepUp(subject, page);
	button.disabled = false;
	button.focus();
	if (outcome.state === 'granted')
		return outcome;
	say(outcome.message?.message ?? 'Nothing was approved.');
	return null;
}

const signIn = document.getElementById('sign-in-code');
if (signIn) {
	const run = async () => {
		if (await approved(signIn, { action: 'console.login' }))
			location.assign('/customers');
	};
	signIn.addEventListener('click', run);
	if (!said)
		run();
}

const view = document.getElementById('view');
view?.addEventListener('click', async () => {
	if (await approved(view, { action: 'customer.view', account: view.dataset.account }))
		location.reload();
});

const reveal = document.getElementById('reveal');
reveal?.addEventListener('click', async () => {
	const account = reveal.dataset.account;
	const outcome = await approved(reveal, { action: 'customer.reveal_key', account });
	if (!outcome)
		return;
	const answer = await post(`/customers/${account}/key`, csrf, { step_up: outcome.id });
	if (answer.api_key) {
		document.getElementById('api-key').textContent = answer.api_key;
		say('The API key is shown. The log says that you looked at it.');
	} else {
		say(answer.message?.message ?? answer.message);
	}
});

const form = document.getElementById('export');
form?.addEventListener('submit', async (event) => {
	event.preventDefault();
	const records = Number(form.elements.records.value);
	const outcome = await approved(form.querySelector('button'), {
		action: 'customer.export', account: form.dataset.account, records,
	});
	if (!outcome)
		return;
	form.elements.step_up.value = outcome.id;
	say(`Approved: ${records} contacts of ${form.dataset.account}. The download starts now.`);
	form.submit(); // a download answers it, or a page that says why not
	form.elements.step_up.value = '';
});
