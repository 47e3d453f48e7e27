// SPDX-License-Identifier: BSD-2-Clause
// One call to the verifier as root, past the console: for what no page would ask.
import net from 'node:net';

export function verifierCall(method, parameters) {
	return new Promise((resolve, reject) => {
		const socket = net.connect('/run/stepup/verify.sock');
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
