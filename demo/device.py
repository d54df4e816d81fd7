# SPDX-License-Identifier: Apache-2.0
"""A device at the broker, as an integrator would write one: the whole of what doc/protocol asks of it.

    d = Device("127.0.0.1", 1883, "clinic", "station", "station-1", "its password")
    d.send("clean", items=["HP-1"], method="manual", operator="ben")   # numbered, kept until there is a receipt
    d.settle()                                                         # waits for receipts; sends again what has none
    d.ask("session-request", session="s-1", ...)                       # with a fresh nonce; waits for its answer

Every power-up has a new `boot`, and every message of it the next `seq`. What has no receipt may not have reached the
ledger: it is sent again, byte for byte, and counts once however often it comes. Only a session's messages with a nonce
are not kept: an answer must be fresh or not at all. Needs paho-mqtt 1.6."""
import base64, datetime, json, secrets, threading, time

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes

RESEND_S = 2.0    # without a receipt for so long: again
SETTLE_S = 30.0   # and give up after so long
ANSWER_S = 3.0    # no answer within this: locked


class NoAnswer(Exception):
    pass


def fresh_nonce():
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


class Device:
    def __init__(self, host, port, site, kind, name, password, on_retry=None):
        self.kind, self.name = kind, name
        self.up = f"asepsis/v1/{site}/up/{kind}/{name}/"
        self.down = f"asepsis/v1/{site}/down/{kind}/{name}/"
        self.boot, self.seq = secrets.token_hex(8), 0
        self.kept = {}        # seq: [message, payload, when it was sent]
        self.inbox = []       # (message, content) that nobody has taken yet
        self.resent = 0
        self.on_retry = on_retry or (lambda device, message, why: None)
        self.changed = threading.Condition()
        self.client = mqtt.Client(client_id=name, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(name, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self.client.connect(host, port, keepalive=30, clean_start=False, properties=session)
        self.client.loop_start()
        if not self.subscribed.wait(10):
            self.close()
            raise NoAnswer(f"the broker does not let {name} in")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    # -------------------------------------------------------------------------------------------------------- sending

    def send(self, message, **members):
        """Numbers a message, keeps it and publishes it. Returns its seq."""
        with self.changed:
            self.seq += 1
            seq = self.seq
            now = datetime.datetime.now().astimezone().isoformat()
            content = {"boot": self.boot, "seq": seq, "at": now, **members}
            self.kept[seq] = [message, json.dumps(content), time.monotonic()]
        self._publish(message, self.kept[seq][1])
        return seq

    def wipe(self, by, contact_s=1, **members):
        """A room was wiped. The agent's time must lie after all that soiled the room, so it begins when that is in the
        ledger, and is told when it is over."""
        self.settle()
        time.sleep(contact_s)
        return self.send("disinfected", by=by, contact_s=contact_s, **members)

    def send_bare(self, message, **members):
        """Without boot and seq: may lock, and can never make anything permitted. Nor is it receipted."""
        self._publish(message, json.dumps(members))

    def send_again(self, message, payload):
        """The very bytes, as after a lost receipt."""
        self._publish(message, payload)

    def settle(self, seconds=SETTLE_S):
        """Waits until everything sent has a receipt. What lacks one is sent again."""
        end = time.monotonic() + seconds
        while True:
            with self.changed:
                if not self.kept:
                    return
                self.changed.wait(0.2)
                now = time.monotonic()
                late = [k for _, k in sorted(self.kept.items()) if now - k[2] > RESEND_S]
                for k in late:
                    k[2] = now
            if now > end:
                raise NoAnswer(f"{self.name}: no receipt for {len(self.kept)} messages in {seconds:.0f} s")
            for message, payload, _ in late:
                self._resend(message, payload, "no receipt")

    def ask(self, message, **members):
        """Asks with a fresh nonce. (the answer, the request). A second try has the same nonce: one question."""
        request = {"nonce": fresh_nonce(), **members}
        return self.ask_again(message, request), request

    def ask_again(self, message, request):
        answer = "permit" if message.endswith("renew") else "decision"
        for _ in range(3):
            self._publish(message, json.dumps(request))
            try:
                return self.take((answer,), lambda c: c["nonce"] == request["nonce"], ANSWER_S)
            except NoAnswer:
                self.on_retry(self, message, "no answer")
        raise NoAnswer(f"{self.name}: no answer to {message}; the room stays locked")

    def _publish(self, message, payload):
        self.client.publish(self.up + message, payload, qos=1)

    def _resend(self, message, payload, why):
        self.resent += 1
        self.on_retry(self, message, why)
        self._publish(message, payload)

    # ------------------------------------------------------------------------------------------------------ receiving

    def take(self, messages, test=lambda content: True, seconds=10.0):
        """The next message of these names that passes the test; the oldest first."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for i, (message, content) in enumerate(self.inbox):
                    if message in messages and test(content):
                        del self.inbox[i]
                        return content
                if not self.changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise NoAnswer(f"{self.name}: no {' or '.join(messages)} in {seconds:.0f} s")

    def _on_connect(self, client, userdata, flags, rc, properties=None):
        if rc == 0:
            client.subscribe(self.down + "#", qos=1)

    def _on_message(self, client, userdata, message):
        name, content = message.topic[len(self.down):], json.loads(message.payload)
        again = []
        with self.changed:
            if name == "receipt":
                again = self._receipt(content)
            else:
                self.inbox.append((name, content))
            self.changed.notify_all()
        for what, payload in again:
            self._resend(what, payload, "the daemon misses it")

    def _receipt(self, content):
        """Everything up to `seq` is in the ledger; `missing` names holes. Returns what to send again at once."""
        if content["boot"] != self.boot:
            return []
        for seq in [s for s in self.kept if s <= content["seq"]]:
            del self.kept[seq]
        return [self.kept[s][:2] for s in content.get("missing", []) if s in self.kept]


class Display:
    """Reads what stands on state/, as a screen in the corridor would."""

    def __init__(self, host, port, site, name, password, on_state=None):
        self.root = f"asepsis/v1/{site}/state/"
        self.state = {}       # topic below state/: content
        self.on_state = on_state or (lambda topic, content: None)
        self.changed = threading.Condition()
        self.client = mqtt.Client(client_id=name, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(name, password)
        self.client.on_connect = lambda c, *_: c.subscribe(self.root + "#", qos=1)
        self.client.on_message = self._on_message
        self.client.connect(host, port, keepalive=30)
        self.client.loop_start()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def wait(self, topic, test, seconds=10.0):
        with self.changed:
            if self.changed.wait_for(lambda: topic in self.state and test(self.state[topic]), seconds):
                return self.state[topic]
        raise NoAnswer(f"state/{topic} did not change in {seconds:.0f} s: {self.state.get(topic)}")

    def matching(self, prefix):
        with self.changed:
            return {t: c for t, c in self.state.items() if t.startswith(prefix)}

    def _on_message(self, client, userdata, message):
        topic, text = message.topic[len(self.root):], message.payload.decode()
        content = json.loads(text) if text.startswith("{") else text
        with self.changed:
            if content:
                self.state[topic] = content
            else:
                self.state.pop(topic, None)
            self.changed.notify_all()
        self.on_state(topic, content)
