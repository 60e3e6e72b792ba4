// An upstream in Node.js that lets nobody in but with an assertion of the
// gateway. It needs nothing but Node.js 20.
import crypto from 'node:crypto';
import http from 'node:http';

const patience = 5000; // ms

// verifier returns a function that returns the claims of a good assertion, and
// throws for every other text.
export function verifier(issuer, audience) {
	let keys = new Map(), until = 0, asked = -patience, asking;

	async function fetchKeys() {
		const began = performance.now();
		const answer = await fetch(issuer + '/.well-known/jwks.json', { redirect: 'error', signal: AbortSignal.timeout(patience) });
		if (!answer.ok) throw new Error(`the key set is answered ${answer.status}`);
		const age = /max-age=(\d+)/.exec(answer.headers.get('cache-control'))?.[1] ?? 0;
		const es256 = (await answer.json()).keys.filter((k) => k.alg === 'ES256' && k.kty === 'EC' && k.crv === 'P-256');
		keys = new Map(es256.map((k) => [k.kid, crypto.createPublicKey({ key: k, format: 'jwk' })]));
		until = began + Math.max(patience, age * 1000);
	}

	// keyOf keeps the keys for as long as they may be. One that is not there makes
	// it ask again, every five seconds at most.
	async function keyOf(kid) {
		const now = performance.now();
		if ((now >= until || !keys.has(kid)) && now - asked >= patience) {
			asked = now;
			asking = fetchKeys().catch((e) => console.error('fetching the gateway\'s keys:', e.message));
		}
		await asking;
		if (performance.now() >= until || !keys.has(kid)) throw new Error('there is no such key');
		return keys.get(kid);
	}

	return async function verify(text) {
		const parts = (text ?? '').split('.');
		if (parts.length !== 3 || !parts.every((p) => /^[\w-]+$/.test(p))) throw new Error('it is no JWT');
		const [header, claims] = parts.slice(0, 2).map((p) => JSON.parse(Buffer.from(p, 'base64url')));
		if (header.alg !== 'ES256' || header.typ !== 'JWT' || 'crit' in header) throw new Error('its header is another');
		const signature = { key: await keyOf(header.kid), dsaEncoding: 'ieee-p1363' };
		const good = crypto.verify('sha256', Buffer.from(`${parts[0]}.${parts[1]}`), signature, Buffer.from(parts[2], 'base64url'));
		if (!good) throw new Error('the signature does not fit');
		if (claims.iss !== issuer || claims.aud !== audience) throw new Error('it is for somebody else');
		if (!(Number.isInteger(claims.exp) && Date.now() / 1000 < claims.exp)) throw new Error('it has ended');
		if (typeof claims.sub !== 'string' || !claims.sub) throw new Error('it has no subject');
		return claims;
	};
}

const verify = verifier(process.env.ISSUER, process.env.AUDIENCE);
const [host, port] = process.env.LISTEN.split(':');

http.createServer(async (request, response) => {
	try {
		const claims = await verify(request.headers['x-aws-token-assertion']);
		response.end(`hello ${claims.sub}\n`);
	} catch (e) {
		console.error('refused:', e.message);
		response.writeHead(401).end('unauthorized\n');
	}
}).listen(Number(port), host);
