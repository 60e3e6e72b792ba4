// Verifies the bearer token of a request and answers with its subject. njs
// gives each request a machine of its own, so a key cannot be kept from one
// request to the next: it is imported for each.
const keys = {{.SPKI}};

const algorithms = {
	ES384: {name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384'},
	RS256: {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'},
};

async function subject(authorization) {
	if (!authorization || !authorization.startsWith('Bearer ')) {
		return '';
	}
	const parts = authorization.slice(7).split('.');
	if (parts.length !== 3) {
		return '';
	}
	const header = JSON.parse(Buffer.from(parts[0], 'base64url').toString());
	const claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString());
	const algorithm = algorithms[header.alg];
	const spki = keys[header.kid];
	if (!algorithm || !spki || claims.iss !== '{{.Issuer}}' || claims.aud !== '{{.Audience}}' ||
		typeof claims.exp !== 'number' || claims.exp <= Date.now() / 1000 || typeof claims.sub !== 'string') {
		return '';
	}
	const key = await crypto.subtle.importKey('spki', Buffer.from(spki, 'base64'), algorithm, false, ['verify']);
	const signature = Buffer.from(parts[2], 'base64url');
	const good = await crypto.subtle.verify(algorithm, key, signature, Buffer.from(parts[0] + '.' + parts[1]));
	return good ? claims.sub : '';
}

async function verify(r) {
	let who = '';
	try {
		who = await subject(r.headersIn.Authorization);
	} catch (e) {
		r.error('refused: ' + e);
	}
	if (who) {
		r.headersOut['X-Identity'] = who;
	}
	r.return(who ? 204 : 401);
}

export default {verify};
