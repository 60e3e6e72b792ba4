"""Calls a service behind the gateway with the caller's AWS role.

    python3 gateway_client.py https://orders.example.com/orders https://orders.example.com

Needs boto3 1.41.0 or newer. Credentials and region are those that boto3 finds,
so this is the same on Lambda, ECS, EC2 and a laptop. docs/clients.md says more.
"""

import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.exceptions import BotoCoreError, ClientError


class GatewayToken:
    """A token for one audience, kept until it is about to end."""

    def __init__(self, audience, seconds=300, margin=60, sts=None):
        self._sts = sts or boto3.client("sts")
        self._audience, self._seconds, self._margin = audience, seconds, margin
        self._lock = threading.Lock()
        self._token, self._expires = None, 0.0

    def get(self, refused=None):
        """Returns a token; another one than that which the gateway refused."""
        with self._lock:  # one thread renews, the others wait for it
            left = self._expires - time.time()
            if self._token is None or self._token == refused or left < self._margin:
                self._renew(may_keep=self._token != refused and left > 0)
            return self._token

    def _renew(self, may_keep):
        try:
            answer = self._sts.get_web_identity_token(
                Audience=[self._audience], SigningAlgorithm="ES384", DurationSeconds=self._seconds
            )
        except (BotoCoreError, ClientError):
            if may_keep:
                return  # STS may be back before the old one ends
            raise
        self._token = answer["WebIdentityToken"]
        self._expires = answer["Expiration"].timestamp()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: urllib would hand the token on to another host."""

    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def get(url, token):
    """GETs the URL and returns the status and the body.

    A 401 is tried again once, with a new token; a 503 once, when the gateway says.
    """
    retried = set()
    bearer = token.get()
    while True:
        request = urllib.request.Request(url, headers={"Authorization": "Bearer " + bearer})
        try:
            with _opener.open(request, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code not in (401, 503) or refusal.code in retried:
                    return refusal.code, refusal.read()
                wait = refusal.headers.get("Retry-After", "1")
            retried.add(refusal.code)
            if refusal.code == 401:
                bearer = token.get(refused=bearer)
            else:
                time.sleep(min(int(wait) if wait.isdigit() else 1, 30))


def main(url, audience, rounds=1, at_once=1):
    token = GatewayToken(audience)
    with ThreadPoolExecutor(int(at_once)) as threads:
        for _ in range(int(rounds)):
            for status, _body in threads.map(lambda _: get(url, token), range(int(at_once))):
                print("HTTP", status, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
