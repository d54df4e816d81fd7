# SPDX-License-Identifier: Apache-2.0
"""The key that comes next, for a device that pins the one of today:

    python3 next.py SITE PINNED.jwk <STATEMENT >NEXT.jwk

The statement is what `asepsisctl key statement` prints. It bears the signature of the key that is pinned; whatever
brings it to the device need not be trusted. Pin both keys then, and let the old one go when a permit of the new one has
come."""
import json, sys
from jwcrypto import jwk
from permit import signed


def next_key(site, pinned, statement):
    """Its JWK. Raises where the pinned key does not vouch for it."""
    key = jwk.JWK.from_json(pinned)
    said = signed({key.thumbprint(): key}, statement)
    new = jwk.JWK(kty="OKP", crv="Ed25519", x=said["jwk"]["x"])
    if said["site"] != site or new.thumbprint() != said["kid"]:
        raise ValueError("the statement is for another site, or names another key than it carries")
    return json.dumps(new.export_public(as_dict=True), sort_keys=True)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="ascii") as f:
        print(next_key(sys.argv[1], f.read(), sys.stdin.read().strip()))
