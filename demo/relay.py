# SPDX-License-Identifier: Apache-2.0
"""A relay that asks for its own permits, verified as etc/verifier shows it: what a maker of devices would write."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "etc/verifier"))
from jwcrypto import jwk  # noqa: E402
from permit import Verifier, signed  # noqa: E402

from device import Device  # noqa: E402


def opened(permit, key):
    """The payload of a permit that bears the signature of this JWK. Raises where it does not."""
    pinned = jwk.JWK.from_json(key)
    return signed({pinned.thumbprint(): pinned}, permit)


class Relay(Device):
    """Locked until a permit says otherwise. (The demo ends before any lease, so it has no timer; yours must.)"""

    def __init__(self, host, port, site, name, password, room, key, on_retry=None):
        super().__init__(host, port, site, "actuator", name, password, on_retry)
        self.verifier = Verifier(site, room, key)
        self.energised = False

    def renew(self):
        """Asks; what it does then follows from the answer alone, and it says so. The answer."""
        answer = self.ask_again("renew", {"nonce": self.verifier.ask()})
        try:
            self.verifier.accept(answer["permit"])
            self.switch(True)
        except Exception:   # whatever it is: no permit
            self.switch(False)
        return answer

    def switch(self, energised):
        if energised != self.energised:
            self.energised = energised
            self.send("state", energised=energised)
            self.settle()
