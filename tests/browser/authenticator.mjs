// SPDX-License-Identifier: BSD-2-Clause
// Chromium's virtual security key, over the DevTools protocol: plugged in, taken out, left untouched,
// lying, cloned.

export class Authenticator {
	// A key at this page's USB port, in the place of what is there; `options` are
	// WebAuthn.VirtualAuthenticatorOptions.
	static async plugIn(page, options = {}) {
		const one = new Authenticator();
		if (!page.devtools) {
			page.devtools = await page.context().newCDPSession(page);
			await page.devtools.send('WebAuthn.enable', { enableUI: false });
		}
		await page.plugged?.pullOut();
		one.devtools = page.devtools;
		one.page = page;
		page.plugged = one;
		({ authenticatorId: one.id } = await page.devtools.send('WebAuthn.addVirtualAuthenticator',
			{ options: {
			protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'usb', hasResidentKey: false,
				hasUserVerification: true,
			isUserVerified: true, automaticPresenceSimulation: true, ...options,
		} }));
		return one;
	}

	send(method, parameters = {}) {
		return this.devtools.send(`WebAuthn.${method}`, { authenticatorId: this.id, ...parameters });
	}

	async pullOut() {
		await this.send('removeVirtualAuthenticator');
		this.page.plugged = null;
	}

	credentials() {
		return this.send('getCredentials').then(({ credentials }) => credentials);
	}

	// Moves another key's credentials in here; `signCount` makes them a clone that was left behind.
	async take(credentials, signCount) {
		for (const credential of credentials)
			await this.send('addCredential',
				{ credential: { ...credential,
				signCount: signCount ?? credential.signCount } });
	}

	// Takes `lies` such as {isBadUP: true}; without any it is honest again.
	lie(lies = {}) {
		return this.send('setResponseOverrideBits',
			{ isBogusSignature: false, isBadUV: false, isBadUP: false, ...lies });
	}

	// Whether somebody touches it.
	touched(enabled) {
		return this.send('setAutomaticPresenceSimulation', { enabled });
	}

	// Whether its PIN is typed right.
	verified(isUserVerified) {
		return this.send('setUserVerified', { isUserVerified });
	}
}
