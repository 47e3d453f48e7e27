// SPDX-License-Identifier: BSD-2-Clause
// Somebody in the middle: the whole console, served from another port. What people do there is passed on, as
// if it were done at the console.
import http from 'node:http';

// Passes everything on to the console at `url`. {port, close}.
export async function phish(url) {
	const server = http.createServer((request, response) => {
		const headers = { ...request.headers, host: new URL(url).host };
		if (headers.origin)
			headers.origin = url;
		const onward = http.request(new URL(request.url, url), { method: request.method, headers },
			(answer) => {
			response.writeHead(answer.statusCode, answer.rawHeaders);
			answer.pipe(response);
		});
		onward.on('error', () => response.destroy());
		request.pipe(onward);
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	return { port: server.address().port,
		close: () => { server.closeAllConnections(); server.close(); } };
}
