# SPDX-License-Identifier: Apache-2.0
"""Verifies the permits of Asepsis, with python3-jwcrypto. README.md says what a device does around it. Copy at will."""
import json, re, secrets, time
from jwcrypto import common, jwk, jws

def signed(keys, compact):
    """What was signed by one of the keys that are pinned, {kid: JWK}. Raises for anything else."""
    if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", compact, re.ASCII):  # the library passes over other characters
        raise ValueError("not a compact JWS")
    token = jws.JWS()
    token.allowed_algs = ["EdDSA"]
    token.deserialize(compact)
    token.verify(keys[token.jose_header["kid"]])
    return json.loads(token.payload)

class Verifier:
    def __init__(self, site, room, *pinned):
        self.where, self.asked, self.sent, self.seq = {"site": site, "room": room}, None, 0, 0
        self.keys = {key.thumbprint(): key for key in map(jwk.JWK.from_json, pinned)}
    def ask(self, session=None):  # a relay, which knows of no session, names none
        self.sent, nonce = time.clock_gettime(time.CLOCK_BOOTTIME), common.base64url_encode(secrets.token_bytes(16))
        self.asked = {**self.where, "nonce": nonce, **({"session": session} if session else {})}
        return nonce  # to be sent at once: the lease counts from here
    def accept(self, permit):  # until when by that clock the room may be released; whatever it raises: it may not
        p, now = signed(self.keys, permit), time.clock_gettime(time.CLOCK_BOOTTIME)
        until = self.sent + p["ttl_ms"] / 1000
        if not self.asked or any(p[k] != v for k, v in self.asked.items()) or p["seq"] <= self.seq or now >= until:
            raise ValueError("no permit for what was asked last, or too late")
        self.asked, self.seq = None, p["seq"]
        return until
