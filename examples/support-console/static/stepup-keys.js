// SPDX-License-Identifier: BSD-2-Clause
// Security keys in a web page: options in JSON, as the verifier makes them, become what the key says, in JSON, as the verifier takes it.
//
//	import { keysWork, useKey, makeKey } from './stepup-keys.js';
//	if (keysWork()) …                                            // this browser, at this address, can use keys at all
//	const credential = await useKey(question.publicKey, signal); // a step-up's question → {"method":"browser","credential":credential}
//	const credential = await makeKey(begun.publicKey, signal);   // an enrolment → EnrollFinish's `key`
//
// Both throw a KeyTrouble, whose message is a sentence for the person: what happened, what did not, what to do next. Where `copied` is true,
// the page is not where the keys belong: ask for nothing more there, above all no code. Abort `signal` when the person gives up or the question
// has run out. Needs nothing: no library, no inline script, no trusted types policy.

export class KeyTrouble extends Error {
	get copied() {
		return this.cause.name === 'SecurityError';
	}
}

export function keysWork() {
	return Boolean(window.isSecureContext && window.PublicKeyCredential && navigator.credentials?.get && navigator.credentials.create);
}

// --- base64url, for browsers without parse…FromJSON and toJSON ---

function bytesOf(text) {
	return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

function textOf(buffer) {
	const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
	return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const withBytes = (descriptors = []) => descriptors.map((one) => ({ ...one, id: bytesOf(one.id) }));

function requestOptions(json) {
	if (PublicKeyCredential.parseRequestOptionsFromJSON)
		return PublicKeyCredential.parseRequestOptionsFromJSON(json);
	return { ...json, challenge: bytesOf(json.challenge), allowCredentials: withBytes(json.allowCredentials) };
}

function creationOptions(json) {
	if (PublicKeyCredential.parseCreationOptionsFromJSON)
		return PublicKeyCredential.parseCreationOptionsFromJSON(json);
	return {
		...json,
		challenge: bytesOf(json.challenge),
		user: { ...json.user, id: bytesOf(json.user.id) },
		excludeCredentials: withBytes(json.excludeCredentials),
	};
}

function credentialJson(credential) {
	if (credential.toJSON)
		return credential.toJSON();
	const { response } = credential;
	const json = {
		id: credential.id, rawId: textOf(credential.rawId), type: credential.type,
		response: { clientDataJSON: textOf(response.clientDataJSON) },
	};
	for (const name of ['authenticatorData', 'signature', 'userHandle', 'attestationObject']) {
		if (response[name])
			json.response[name] = textOf(response[name]);
	}
	if (response.getTransports)
		json.response.transports = response.getTransports();
	return json;
}

// --- what went wrong, in words ---

// By the name of the DOMException. The browser says "NotAllowed" for a cancelled dialog, for time that ran out and for a key that isn't listed,
// so that no page learns which; the sentence can't tell them apart either.
const troubles = {
	NotAllowedError: (done) => `No key answered: it was cancelled, took too long, or that key is not one of yours here. ${done} ` +
		'Plug in a key that you enrolled and try again.',
	SecurityError: (done) => `Your keys do not belong to ${location.host}, the address of this page. ${done} ` +
		'Look at the address: if it is not the one that you always use, somebody may be copying the console. Close the page and tell your security desk.',
	OperationError: (done) => `The browser is busy with another question for a key. ${done} Close the other page that asks, then try again.`,
	NotSupportedError: (done) => `That key can't do what is needed here. ${done} Try another key.`,
	ConstraintError: (done) => `That key has no PIN or fingerprint, and one is needed here. ${done} Set one on the key, or try another key.`,
	NotReadableError: (done) => `The key could not be read. ${done} Take it out, plug it in again and try once more.`,
};

const troublesMaking = {
	NotAllowedError: (done) => `No key answered: it was cancelled or took too long. ${done} Plug in the key and try again.`,
	InvalidStateError: (done) => `That key is on your account already. ${done} Use another key, or leave it at that.`,
};

function trouble(error, table, done) {
	const words = table[error.name] ?? troubles[error.name];
	return new KeyTrouble(words ? words(done) : `The browser could not use the key (${error.name}). ${done} Take the key out, plug it in and try again.`,
		{ cause: error });
}

// An aborted call was aborted by the page, which knows why; it gets the AbortError itself.
async function said(table, done, ask) {
	try {
		return credentialJson(await ask());
	} catch (error) {
		throw error.name === 'AbortError' ? error : trouble(error, table, done);
	}
}

// Asks a key to sign; `json` is a PublicKeyCredentialRequestOptionsJSON.
export function useKey(json, signal) {
	return said(troubles, 'Nothing was approved.', () => navigator.credentials.get({ publicKey: requestOptions(json), signal }));
}

// Asks a key to make a credential; `json` is a PublicKeyCredentialCreationOptionsJSON.
export function makeKey(json, signal) {
	return said(troublesMaking, 'Nothing was added.', () => navigator.credentials.create({ publicKey: creationOptions(json), signal }));
}
