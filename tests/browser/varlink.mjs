// SPDX-License-Identifier: BSD-2-Clause
// The verifier's socket past the console: one call as root, for what no page would ask;
// and what the console itself says there.
import fs from 'node:fs';
import net from 'node:net';

const SOCKET = '/run/stepup/verify.sock';

// Stands in for the verifier while `act` runs, says yes to everything, with what `replies` has for a method,
// and gives what was said to it.
export async function overhear(act, replies = {}) {
	let heard = '';
	const server = net.createServer((socket) => socket.on('data', (text) => {
		heard += text;
		const [, method] = /"io\.stepup\.Verify1\.(\w+)"/.exec(text) ?? [];
		socket.write(`${JSON.stringify({ parameters: replies[method] ?? {} })}\0`);
	}).on('error', () => {})); // who hangs up on a reply isn't answered
	fs.renameSync(SOCKET, `${SOCKET}.aside`);
	try {
		await new Promise((resolve) => { server.listen(SOCKET, resolve); });
		fs.chmodSync(SOCKET, 0o666);
		await act();
	} finally {
		server.close();
		fs.renameSync(`${SOCKET}.aside`, SOCKET);
	}
	return heard;
}

export function verifierCall(method, parameters) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(SOCKET);
		let text = '';
		socket.setEncoding('utf8');
		socket.on('error', reject);
		socket.on('close', () => reject(new Error(`no reply to ${method}`)));
		socket.on('data', (more) => {
			text += more;
			if (text.endsWith('\0')) {
				resolve(JSON.parse(text.slice(0, -1)));
				socket.end();
			}
		});
		socket.write(`${JSON.stringify({ method: `io.stepup.Verify1.${method}`, parameters })}\0`);
	});
}
