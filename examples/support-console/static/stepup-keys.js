// SPDX-License-Identifier: BSD-2-Clause
// Security keys in a web page: options in JSON, as the verifier makes them, become what the key says, in
// JSON, as the verifier takes it.
//
//	import { keysWork, useKey, makeKey } from './stepup-keys.js';
//	if (keysWork()) …  // this browser, at this address, can use keys at all
//	// a step-up's question → {"method":"browser","credential":credential}
//	const credential = await useKey(question.publicKey, signal);
//	const credential = await makeKey(begun.publicKey, signal);   // an enrolment → EnrollFinish's `key`
//
// Both throw a KeyTrouble, whose message is a sentence for the person: what happened, what did not, what to
// do next. Where `copied` is true, the page is not where the keys belong: ask for nothing more there, above
// all no code. Abort `signal` when the person gives up or the question has run out. Needs nothing: no
// library, no inline script, no trusted types policy.
//
// An extension that keeps passkeys puts itself in the place of navigator.credentials, and its credentials are
// objects of its own: they have the prototype of a PublicKeyCredential, whose methods and getters throw for
// them. So nothing here is called because a prototype has it: JSON is made by hand,
// and every member is read with care.

export class KeyTrouble extends Error {
	get copied() {
		return nameOf(this.cause) === 'SecurityError';
	}
}

// A member of an object that may be anybody's; undefined where it is not to be had.
function member(object, name) {
	try {
		return object[name] ?? undefined;
	} catch {
		return undefined;
	}
}

const nameOf = (error) => String(member(error, 'name') ?? typeof error);

export function keysWork() {
	const keys = member(navigator, 'credentials');
	return Boolean(window.isSecureContext && window.PublicKeyCredential && member(keys, 'get') &&
		member(keys, 'create'));
}

// --- base64url ---

function bytesOf(text) {
	return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

// Of an ArrayBuffer or a view of one, of whatever window; undefined for anything else.
function textOf(buffer) {
	let bytes;
	try {
		bytes = ArrayBuffer.isView(buffer)
			? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
			: new Uint8Array(buffer);
	} catch {
		return undefined;
	}
	if (typeof buffer !== 'object' || bytes.length === 0)
		return undefined;
	const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
	return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

// --- options and credentials ---

const withBytes = (descriptors = []) => descriptors.map((one) => ({ ...one, id: bytesOf(one.id) }));

function requestOptions(json) {
	return { ...json, challenge: bytesOf(json.challenge),
		allowCredentials: withBytes(json.allowCredentials) };
}

function creationOptions(json) {
	return {
		...json,
		challenge: bytesOf(json.challenge),
		user: { ...json.user, id: bytesOf(json.user.id) },
		excludeCredentials: withBytes(json.excludeCredentials),
	};
}

// Whoever made the credential: how it can be reached is a hint, and may be missing.
function transportsOf(response) {
	try {
		return Array.from(response.getTransports()).filter((one) => typeof one === 'string');
	} catch {
		return [];
	}
}

// Not the key's, but of what stands between it and the page.
class Unreadable extends Error {
	get name() {
		return 'UnreadableCredential';
	}
}

function credentialJson(credential, needed) {
	const response = member(credential, 'response');
	const id = textOf(member(credential, 'rawId'));
	const json = { id, rawId: id, type: 'public-key', response: {} };
	for (const name of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle',
		'attestationObject']) {
		const text = textOf(member(response, name));
		if (text)
			json.response[name] = text;
	}
	if (!id || needed.some((name) => !json.response[name]))
		throw new Unreadable();
	const transports = transportsOf(response);
	if (transports.length > 0)
		json.response.transports = transports;
	return json;
}

// Rejects when the question is over: an extension may never hear of it.
function over(signal) {
	return new Promise((_, reject) => {
		const end = () => reject(new DOMException('The question is over.', 'AbortError'));
		if (signal?.aborted)
			end();
		else
			signal?.addEventListener('abort', end, { once: true });
	});
}

// --- what went wrong, in words ---

// By the name of the DOMException. The browser says "NotAllowed" for a cancelled dialog, for time that ran
// out and for a key that isn't listed, so that no page learns which;
// the sentence can't tell them apart either.
const troubles = {
	NotAllowedError: (done) =>
		'No key answered. You cancelled, it took too long, or that key is not one of yours here. ' +
		`${done} Plug in a key that you enrolled and try again.`,
	SecurityError: (done) => `Your keys do not belong to ${location.host}, the address of this page. ` +
		`${done} ` +
		'If that is not the address that you always use, somebody may be copying the console. ' +
		'Close the page and tell your security desk.',
	AbortError: (done) => `The question to your key was cancelled. ${done} Try again.`,
	OperationError: (done) => `The browser is already asking for a key on another page. ${done} ` +
		'Close that page, then try again.',
	NotSupportedError: (done) => `That key can't do what this needs. ${done} Try another key.`,
	ConstraintError: (done) => 'That key has no PIN or fingerprint, and this needs one. ' +
		`${done} Set one on the key, or try another key.`,
	NotReadableError: (done) =>
		`The key could not be read. ${done} Unplug it, plug it in again and try again.`,
};

const troublesMaking = {
	NotAllowedError: (done) => `No key answered. You cancelled, or it took too long. ${done} ` +
		'Plug in the key and try again.',
	InvalidStateError: (done) =>
		`That key is on your account already. ${done} To add another one, use another key.`,
};

function trouble(error, table, done) {
	const name = nameOf(error);
	const words = table[name] ?? troubles[name];
	return new KeyTrouble(words ? words(done)
		: `Something between this page and your key failed (${name}). ` +
		`Most often it is an extension that keeps passkeys, such as a password manager. ${done} ` +
		'Choose a security key in its dialog, or turn the extension off for this page. ' +
		'Then try again.',
	{ cause: error });
}

// An aborted call was aborted by the page, which knows why; it gets the AbortError itself.
async function said(table, done, needed, signal, ask) {
	try {
		return credentialJson(await Promise.race([ask(), over(signal)]), needed);
	} catch (error) {
		if (signal?.aborted)
			throw new DOMException('The question is over.', 'AbortError');
		throw trouble(error, table, done);
	}
}

// Asks a key to sign; `json` is a PublicKeyCredentialRequestOptionsJSON.
export function useKey(json, signal) {
	return said(troubles, 'Nothing was approved.', ['clientDataJSON', 'authenticatorData', 'signature'],
		signal,
		async () => navigator.credentials.get({ publicKey: requestOptions(json), signal }));
}

// Asks a key to make a credential; `json` is a PublicKeyCredentialCreationOptionsJSON.
export function makeKey(json, signal) {
	return said(troublesMaking, 'Nothing was added.', ['clientDataJSON', 'attestationObject'], signal,
		async () => navigator.credentials.create({ publicKey: creationOptions(json), signal }));
}
