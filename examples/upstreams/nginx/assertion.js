// Lets nobody in but with an assertion of the gateway. njs 0.7.9, which Debian 12
// has, imports no JWK, so the key is written as SPKI: a fixed head before the point.
const issuer = 'https://orders.example.com';
const audience = 'https://orders.internal';

const es256 = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
const head = '3059301306072a8648ce3d020106082a8648ce3d03010703420004'; // of a P-256 key (RFC 5480)

// find looks for a key in the set that nginx keeps.
async function find(r, location, kid) {
	const answer = await r.subrequest(location, {method: 'GET'});
	if (answer.status !== 200) {
		throw new Error('the key set is answered ' + answer.status);
	}
	return JSON.parse(answer.responseText).keys.find((k) => k.kid === kid && k.alg === 'ES256' && k.kty === 'EC' && k.crv === 'P-256');
}

async function verify(r) {
	const parts = (r.headersIn['X-Aws-Token-Assertion'] || '').split('.');
	if (parts.length !== 3 || !parts.every((p) => /^[\w-]+$/.test(p))) {
		throw new Error('it is no JWT');
	}
	const header = JSON.parse(Buffer.from(parts[0], 'base64url').toString());
	if (header.alg !== 'ES256' || header.typ !== 'JWT' || header.crit !== undefined) {
		throw new Error('its header is another');
	}
	const jwk = await find(r, '/_keys', header.kid) || await find(r, '/_keys_again', header.kid);
	if (!jwk) {
		throw new Error('there is no such key');
	}
	const spki = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]);
	const key = await crypto.subtle.importKey('spki', spki, es256, false, ['verify']);
	if (!await crypto.subtle.verify(es256, key, Buffer.from(parts[2], 'base64url'), Buffer.from(parts[0] + '.' + parts[1]))) {
		throw new Error('the signature does not fit');
	}
	const claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString());
	if (claims.iss !== issuer || claims.aud !== audience || !Number.isInteger(claims.exp) || Date.now() / 1000 >= claims.exp) {
		throw new Error('it is for somebody else, or has ended');
	}
	if (typeof claims.sub !== 'string' || !claims.sub) {
		throw new Error('it has no subject');
	}
	return claims.sub;
}

async function check(r) {
	try {
		r.variables.asserted_subject = await verify(r);
	} catch (e) {
		r.error('refused: ' + e.message);
		r.return(401, 'unauthorized\n');
		return;
	}
	r.internalRedirect('@asserted');
}

export default {check};
