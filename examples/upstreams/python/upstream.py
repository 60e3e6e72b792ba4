"""An upstream in Python that lets nobody in but with an assertion of the gateway.

Asserted is WSGI middleware, for Flask, Django and the like. It needs PyJWT and
cryptography (Debian: python3-jwt, python3-cryptography).
"""
import json, os, re, sys, threading, time, urllib.request
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import jwt
from jwt.algorithms import ECAlgorithm

PATIENCE = 5  # seconds


class Asserted:
    def __init__(self, app, issuer, audience):
        self.app, self.issuer, self.audience = app, issuer, audience
        self.lock, self.keys, self.until, self.asked = threading.Lock(), {}, 0, -PATIENCE

    def __call__(self, environ, start_response):
        try:
            claims = self.verify(environ.get("HTTP_X_AWS_TOKEN_ASSERTION", ""))
        except Exception as e:  # whatever it is, it refuses
            print("refused:", e, file=sys.stderr)
            start_response("401 Unauthorized", [("Content-Type", "text/plain")])
            return [b"unauthorized\n"]
        environ["gateway.subject"] = claims["sub"]
        return self.app(environ, start_response)

    def verify(self, token):
        header = jwt.get_unverified_header(token)
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != "JWT":
            raise ValueError("its header is another")
        # ES256 alone, whatever the header says. The leeway is for clocks that differ.
        return jwt.decode(token, self.key(header["kid"]), algorithms=["ES256"], issuer=self.issuer,
                          audience=self.audience, leeway=5, options={"require": ["iss", "sub", "aud", "iat", "exp"]})

    def key(self, kid):
        """The keys are kept for as long as they may be. One that is not there makes
        it ask again, every five seconds at most."""
        with self.lock:
            now = time.monotonic()
            if (now >= self.until or kid not in self.keys) and now - self.asked >= PATIENCE:
                self.asked = now
                try:
                    self.fetch()
                except Exception as e:
                    print("fetching the gateway's keys:", e, file=sys.stderr)
            if time.monotonic() >= self.until or kid not in self.keys:
                raise ValueError("there is no such key")
            return self.keys[kid]

    def fetch(self):
        with urllib.request.urlopen(self.issuer + "/.well-known/jwks.json", timeout=PATIENCE) as answer:
            keys = json.loads(answer.read(1 << 20))["keys"]
            age = re.search(r"max-age=(\d+)", answer.headers.get("Cache-Control", ""))
        self.keys = {k["kid"]: ECAlgorithm.from_jwk(k) for k in keys if k.get("alg") == "ES256"}
        self.until = self.asked + max(PATIENCE, int(age[1]) if age else 0)


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"hello {environ['gateway.subject']}\n".encode()]


if __name__ == "__main__":
    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    host, port = os.environ["LISTEN"].rsplit(":", 1)
    app = Asserted(hello, os.environ["ISSUER"], os.environ["AUDIENCE"])
    make_server(host, int(port), app, Server).serve_forever()
