#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms as their makers would build them: a relay each that opens by itself, and the controller that speaks for it. A
process of its own, with its own clock, that verifies permits by what etc/verifier shows, on a JOSE library that has
nothing to do with Asepsis:

    rooms.py PLAN LOG

PLAN (JSON): {"host", "port", "site", "jwk", "lease_s", "resume"?, "rooms": [{"room", "password", "session", "items", "practitioner", "patient",
"procedure", "after_s", "relay"?, "relay_password"?}]}. Each room asks for its session `after_s` after the start, starts it,
and goes on asking. Where there is `relay`, that is a login of kind actuator, which asks for permits of its own and says what
it does; otherwise the controller asks for it, with the relay's nonce. `resume`: its session runs already. SIGTERM ends all.

LOG: a line of JSON for each event of each relay, with the time of CLOCK_BOOTTIME (s): `boot`, locked; `sent` a nonce, `permit` that was
believed, `refused` one that was not, `denied` by the daemon, `energised`, `locked`. tests/it/50-fail-locked judges by it."""
import collections, contextlib, json, os, secrets, select, signal, sys, time

import paho.mqtt.client as mqtt

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../etc/verifier"))
from permit import Verifier  # noqa: E402

RENEW = 0.3          # of the lease: the third question after a permit is answered while that one is still good
AGAIN_S = 1.5        # no answer to the first question, no receipt: again
DENIED_AGAIN_S = 1.0
RECONNECT_S = 0.5


def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Relay:
    """Locked, until a permit answers the nonce that it sent last; then for the rest of the lease, which counts from the
    sending. Opens by its own timer, whatever else happens."""

    def __init__(self, site, room, jwk, log):
        self.verifier, self.room, self.log = Verifier(site, room, jwk), room, log
        self.nonce, self.until = None, None
        log(room, "boot")

    def ask(self, session=None):
        self.nonce = self.verifier.ask(session)
        self.log(self.room, "sent", nonce=self.nonce, t=self.verifier.sent)
        return self.nonce

    def answer(self, jws):
        """Whether it is energised by it."""
        try:
            until = self.verifier.accept(jws)
        except Exception as e:   # whatever it is: no permit
            self.log(self.room, "refused", why=repr(e), jws=jws)
            return False
        self.log(self.room, "permit", nonce=self.nonce, seq=self.verifier.seq, jws=jws)
        if self.until is None:
            self.log(self.room, "energised")
        self.until = until
        return True

    def tick(self):
        if self.until is not None and now() >= self.until:
            self.until = None
            self.log(self.room, "locked")


class Link:
    """A client that reconnects by itself, driven from outside."""

    def __init__(self, plan, login, password, kind, on_message):
        self.plan, self.login, self.password = plan, login, password
        self.up = f"asepsis/v1/{plan['site']}/up/{kind}/{login}/"
        self.down = f"asepsis/v1/{plan['site']}/down/{kind}/{login}/"
        self.on_message, self.client, self.there, self.next = on_message, None, False, 0

    def drive(self, readable):
        c = self.client
        if c and c.socket():
            if c.socket() in readable:
                c.loop_read()
            if c.want_write():
                c.loop_write()
            c.loop_misc()
        elif now() >= self.next:
            self.next = now() + RECONNECT_S
            self._connect()

    def _connect(self):
        c = self.client = mqtt.Client(client_id=self.login, protocol=mqtt.MQTTv5)
        c.username_pw_set(self.login, self.password)
        c.max_inflight_messages_set(0)   # a question that got lost must not hold up the next
        c.on_connect = lambda *_: c.subscribe(self.down + "#", qos=1)
        c.on_subscribe = self._subscribed
        c.on_disconnect = self._lost
        c.on_message = lambda _, __, m: self.on_message(m.topic[len(self.down):], json.loads(m.payload))
        self.there = False
        with contextlib.suppress(OSError):
            c.connect(self.plan["host"], self.plan["port"], keepalive=120)

    def _subscribed(self, *_):
        self.there = True

    def _lost(self, *_):
        self.there = False

    def publish(self, message, **content):
        if self.there:
            self.client.publish(self.up + message, json.dumps(content), qos=1)
        return self.there

    def socket(self):
        return self.client and self.client.socket()


class Room:
    """The controller, and its relay."""

    def __init__(self, plan, mine, log):
        self.mine, self.log, self.boot, self.seq = mine, log, secrets.token_hex(8), 0
        self.renew_s = RENEW * plan["lease_s"]
        self.relay = Relay(plan["site"], mine["room"], plan["jwk"], log)
        self.link = Link(plan, mine["room"], mine["password"], "room", self._heard)
        self.kept = collections.deque()      # (seq, message, content): unreceipted
        self.sent_at, self.next = 0, now() + mine["after_s"]
        self.question, self.allowed = None, bool(plan.get("resume"))
        self.asks = self.relay               # whose nonces the controller sends
        self.own = None
        if "relay" in mine:
            self.asks = Relay(plan["site"], mine["room"], plan["jwk"], lambda *_, **__: None)
            self.own = Actuator(plan, mine, self.relay, self.renew_s)
        if not self.allowed:
            self._keep("disinfected", by=mine["practitioner"], contact_s=120)

    def links(self):
        return [self.link, *([self.own.link] if self.own else [])]

    def drive(self, readable):
        self.relay.tick()
        for link in self.links():
            link.drive(readable)
        if self.own:
            self.own.drive()
        if self.kept and now() >= self.sent_at + AGAIN_S and self.link.there:
            self.sent_at = now()
            for _, message, content in self.kept:
                self.link.publish(message, **content)
        if now() >= self.next and not (self.kept and not self.allowed):
            self._ask()

    def due(self):
        """When there is something to do without having heard anything."""
        times = [self.next, now() + 0.25, *([self.own.next] if self.own else [])]
        if self.relay.until is not None:
            times.append(self.relay.until)
        return min(times)

    def _keep(self, message, **content):
        self.seq += 1
        self.kept.append((self.seq, message, {"boot": self.boot, "seq": self.seq, **content}))
        self.sent_at = 0

    def _ask(self):
        if self.allowed:
            self.next = now() + self.renew_s
            self.link.publish("session-renew", session=self.mine["session"], nonce=self.asks.ask(self.mine["session"]))
            return
        self.next = now() + AGAIN_S
        if not self.question:
            self.question = {"nonce": self.asks.ask(self.mine["session"]), **{k: self.mine[k] for k in (
                "session", "practitioner", "patient", "procedure", "items")}}
        self.link.publish("session-request", **self.question)

    def _heard(self, message, content):
        if message == "receipt" and content["boot"] == self.boot:
            while self.kept and self.kept[0][0] <= content["seq"]:
                self.kept.popleft()
        elif message == "rejected":
            self.log(self.relay.room, "rejected", why=content["detail"])
        elif message in ("decision", "permit"):
            self._answered(content)

    def _answered(self, content):
        if "permit" not in content:
            denied(self.log, self.relay.room, content)
            if not self.allowed:
                self.question, self.next = None, now() + DENIED_AGAIN_S
            return
        if self.asks.answer(content["permit"]) and not self.allowed:
            self.allowed, self.question = True, None
            self.next = self.asks.verifier.sent + self.renew_s
            self._keep("session-start", session=self.mine["session"])


class Actuator:
    """A relay with a login of its own: it asks for itself, knows of no session, and says what it does."""

    def __init__(self, plan, mine, relay, renew_s):
        self.relay, self.renew_s, self.next = relay, renew_s, now() + mine["after_s"]
        self.link = Link(plan, mine["relay"], mine["relay_password"], "actuator", self._heard)
        self.boot, self.seq, self.told = secrets.token_hex(8), 0, None

    def drive(self):
        energised = self.relay.until is not None
        if energised != self.told and self.link.there:
            self.told = energised
            self.seq += 1
            self.link.publish("state", boot=self.boot, seq=self.seq, oldest=self.seq, energised=energised)
        if now() >= self.next:
            self.next = now() + self.renew_s
            self.link.publish("renew", nonce=self.relay.ask())

    def _heard(self, message, content):
        if message == "permit" and "permit" in content:
            self.relay.answer(content["permit"])
        elif message == "permit":
            denied(self.relay.log, self.relay.room, content)


def denied(log, room, content):
    log(room, "denied", nonce=content["nonce"], rules=[r["rule"] for r in content["reasons"]])


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")

    def __call__(self, relay, event, t=None, **more):
        self.file.write(json.dumps({"t": t or now(), "relay": relay, "event": event, **more}) + "\n")
        self.file.flush()


def main(plan_path, log_path):
    with open(plan_path, encoding="utf-8") as f:
        plan = json.load(f)
    log, over = Log(log_path), []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    with contextlib.suppress(OSError):
        os.nice(-5)      # a relay's timer waits for nobody's processor
    rooms = [Room(plan, mine, log) for mine in plan["rooms"]]
    readable = []
    while not over:
        for room in rooms:
            room.drive(readable)
        links = [link for room in rooms for link in room.links() if link.socket()]
        writing = [link.socket() for link in links if link.client.want_write()]
        wait = max(0.0, min(room.due() for room in rooms) - now())
        readable = select.select([link.socket() for link in links], writing, [], wait)[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
