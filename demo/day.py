# SPDX-License-Identifier: Apache-2.0
"""A day in a needling clinic. The times are the story's; each step says what must come of it, or the day has failed."""
import collections, datetime, json, time

import tell
from device import Device, Display
from relay import Relay, opened

# Login: what it speaks as. All of them stand in etc/asepsisd.conf.
DEVICES = {"station-1": "station", "ac-1": "autoclave", "room-1": "room", "room-2": "room", "pen-1": "handpiece",
           "pen-2": "handpiece", "sharps-1": "sharps"}
RELAYS = {"relay-1": "room-1", "relay-2": "room-2"}
DISPLAY = "corridor"
LOGINS = (*DEVICES, *RELAYS, DISPLAY)

BATCH = 30       # samples in a message
CONTACT_S = 1    # that agents stay on: as the configuration in clinic.py wants it


class Surprise(Exception):
    """The daemon decided otherwise than it must."""


def must(condition, what):
    if not condition:
        raise Surprise(what)


def code(gtin, serial):
    return f"(01){gtin}(21){serial}"


CARTRIDGE, ROLLER, SLEEVE = "00844588003288", "00844588004001", "00844588006029"


def shell_word(text):
    return text if all(c.isalnum() or c in "-=.,/" for c in text) else f"'{text}'"


def short(item):
    """As people call it: what the product is, and its serial number."""
    for gtin, name in ((CARTRIDGE, "cartridge"), (ROLLER, "roller"), (SLEEVE, "sleeve")):
        if gtin in item:
            return f"{name} {item.partition('(21)')[2]}"
    return item


def listed(items):
    names = [short(i) for i in items]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


class Day:
    def __init__(self, clinic):
        self.clinic = clinic
        self.key = None                         # its JWK, pinned when a room is paired: never taken from the broker
        self.released = []                      # (cycle, verdict)
        self.decided = []                       # (session, room, verdict, rules)
        self.alerts = {}                        # id: what stood there last
        self.devices = {}
        self.display = None
        self.months, self.past = [], {}         # what was before today
        self.cycle = 0                          # the number of the autoclave's last cycle

    def live_the_past(self):
        rows = self.clinic.live_the_past()
        self.months = [(r[1], int(r[2]), int(r[3])) for r in rows if r[0] == "month"]
        self.past = {r[0]: int(r[1]) if r[1].isdigit() else r[1] for r in rows if r[0] != "month"}
        self.cycle = self.past["cycle"]

    def connect(self):
        at = ("127.0.0.1", self.clinic.port, "clinic")
        self.display = Display(*at, DISPLAY, self.clinic.passwords[DISPLAY], self.on_state)
        self.display.wait("daemon", lambda s: s["state"] == "online", 15)
        for name, kind in DEVICES.items():
            self.devices[name] = Device(*at, kind, name, self.clinic.passwords[name], self.on_retry)
        self.key = self.clinic.ctl("key", "--jwk").stdout
        for name, room in RELAYS.items():
            self.devices[name] = Relay(*at, name, self.clinic.passwords[name], room, self.key, self.on_retry)

    def close(self):
        for d in (*self.devices.values(), *([self.display] if self.display else [])):
            d.close()

    def on_state(self, topic, content):
        if topic.startswith("alert/") and isinstance(content, dict) and content:
            self.alerts[topic] = content

    @staticmethod
    def on_retry(device, message, why):
        tell.note(f"({device.name} sends {message} again: {why})")

    # ------------------------------------------------------------------------------------------------- what people do

    def station(self, text, message, **members):
        d = self.devices["station-1"]
        if text:
            tell.says("station-1", text)
        d.send(message, **members)

    def settle(self, device="station-1", text=True):
        d = self.devices[device]
        n = len(d.kept)
        d.settle()
        if text and n:
            tell.note(f"in the ledger: {n} {'message' if n == 1 else 'messages'}, receipt up to number {d.seq}")

    def show_reasons(self, word, given, text=""):
        tell.verdict(word, text)
        tell.reasons(given)

    def decide(self, room, session, expect, rules=(), **request):
        """A room asks; what comes back is shown and held against what must come."""
        d = self.devices[room]
        answer, asked = d.ask("session-request", session=session, **request)
        self.judged(room, session, answer, expect, rules)
        return answer, asked

    def judged(self, room, session, answer, expect, rules):
        verdict, given = answer.get("verdict", "rejected"), answer.get("reasons", [])
        self.decided.append((session, room, verdict, [r["rule"] for r in given]))
        self.show_reasons(verdict, given)
        must(verdict == expect, f"{session} must get {expect}, and got {answer}")
        missing = set(rules) - {r["rule"] for r in given}
        must(not missing, f"{session} must be denied with {sorted(missing)} too, and got {answer}")
        if verdict == "allow":
            self.show_permit(answer)

    def show_permit(self, answer):
        p = opened(answer["permit"], self.key)
        must(p["nonce"] == answer["nonce"], "the permit answers another nonce")
        tell.note(f"permit {p['seq']} for {p['room']}, good for {p['ttl_ms'] // 1000} s from the asking; signature and "
                  f"nonce checked; the audit chain had {p['audit']['size']} records, head {p['audit']['head'][:12]}...")

    def ask_for(self, room, session, who, patient, items, expect, rules=()):
        tell.says(room, f"may {who.capitalize()} start skin needling, session {session}, patient {patient}, with "
                        f"{listed(items)}?")
        return self.decide(room, session, expect, rules, practitioner=who, patient=patient, procedure="skin-needling",
                           items=items)

    def wait_alert(self, rule):
        def there():
            return next((a for a in self.alerts.values() if a["rule"] == rule), None)
        with self.display.changed:
            self.display.changed.wait_for(there, 10)
        a = there()
        must(a, f"no alert {rule} was raised")
        tell.alert(a)
        return a

    def interlock(self, room, expect):
        self.display.wait(f"room/{room}/interlock", lambda s: s["state"] == expect)
        tell.note(f"the display at {room} says: {expect}")

    # -------------------------------------------------------------------------------------------------- the autoclave

    def next_cycle(self, program, how):
        self.cycle += 1
        tell.says("ac-1", f"runs cycle {self.cycle}, program {program}, {how}")
        return self.cycle

    def run_cycle(self, number, program, purpose, fault="sound", minutes=20):
        """What its sensors see is drawn by the generator that the tests use too."""
        ac = self.devices["ac-1"]
        seed = 99 + number - self.past["cycle"]    # the same curves each day
        samples = self.clinic.cycle(program, fault, seed, minutes * 60)
        start = {"set_temperature_c": 134.0, "set_hold_s": 210} if purpose == "load" else {}
        ac.send("cycle-start", cycle=number, program=program, purpose=purpose, operator="ben", **start)
        for i in range(0, len(samples), BATCH):
            ac.send("sample", cycle=number, samples=samples[i:i + BATCH])
        ac.send("cycle-end", cycle=number, outcome="completed")
        ac.settle()
        temperatures, pressures = [s[1] for s in samples], [s[2] for s in samples]
        tell.picture("temperature", tell.spark(temperatures, 40, 138), f"{max(temperatures):.1f} C at most")
        tell.picture("pressure", tell.spark(pressures, 0, 330), f"{min(pressures):.0f} to {max(pressures):.0f} kPa")
        tell.says("ac-1", f"says of itself: completed ({len(samples)} samples, {len(samples) // 60} minutes)")

    def verdict_of(self, number, expect):
        state = self.display.wait("autoclave/ac-1", lambda s: s.get("last", {}).get("cycle") == number)
        last = state["last"]
        self.show_reasons(last["verdict"], last["reasons"], f"cycle {number}, from its own measurements")
        must(last["verdict"] == expect, f"cycle {number} must be {expect}: {last}")

    def release(self, number, expect):
        tell.says("station-1", f"Ben wants to release the load of cycle {number}: packs dry")
        self.station(None, "release", autoclave="ac-1", cycle=number, decision="release", by="ben", dry=True)
        self.settle(text=False)
        answer = self.devices["station-1"].take(("released",), lambda c: c.get("cycle") == number)
        self.released.append((number, answer["verdict"]))
        self.show_reasons(answer["verdict"], answer["reasons"])
        must(answer["verdict"] == expect, f"the release of cycle {number} must be {expect}: {answer}")

    # ------------------------------------------------------------------------------------------------------- sessions

    def treat(self, room, pen, session, needle, areas=("forehead", "cheeks"), passes=8):
        """From the permit to the last round: what is done before needling, and a cleanse before each round."""
        r, p = self.devices[room], self.devices[pen]
        r.send("session-step", session=session, step="screened", form_hash="5f2b" * 16)
        for step in ("anaesthetic", "wash"):
            r.send("session-step", session=session, step=step)
        r.send("session-start", session=session)
        r.send("session-step", session=session, step="serum")
        r.settle()
        p.send("usage", item=needle, event="attached", session=session)
        for n, area in enumerate(areas, 1):
            r.send("session-step", session=session, step="cleanse", round=n)
            r.settle()
            p.send("usage", item=needle, event="contact", session=session, area=area)
            p.send("usage", item=needle, event="round", session=session, area=area, round=n, passes=passes,
                   depth_mm=0.5, motor_s=140)
            p.settle()
        answer, _ = r.ask("session-renew", session=session)
        must("permit" in answer, f"{session} must go on: {answer}")
        tell.says(room, f"asks for a new permit with a fresh nonce, and gets number {opened(answer['permit'], self.key)['seq']}")
        p.send("usage", item=needle, event="detached", session=session)
        p.settle()

    def relay(self, name, expect):
        """Its relay asks for itself; it is energised by that answer and nothing else."""
        relay = self.devices[name]
        answer = relay.renew()
        must(relay.energised == expect, f"{name} must {'be energised' if expect else 'open'}: {answer}")
        if expect:
            p = opened(answer["permit"], self.key)
            tell.says(name, f"asks for a permit of its own, verifies it, and is energised for {p['ttl_ms'] / 1000:.0f} s "
                            "at most: never longer than the room's own lease")
        else:
            tell.says(name, f"asks again, is told {answer['reasons'][0]['rule']}, and opens")

    def officer(self, *arguments, status=0):
        """What a person types, and what comes of it."""
        answer = self.clinic.ctl(*arguments)
        said = answer.stdout + answer.stderr
        tell.command("asepsisctl " + " ".join(shell_word(a) for a in self.clinic.shown(arguments)), said)
        tell.line()
        must(answer.returncode == status, f"asepsisctl {arguments} ended with {answer.returncode}: {said}")

    def finish(self, room, session, needle):
        r = self.devices[room]
        r.send("session-step", session=session, step="aftercare")
        r.send("session-end", session=session, outcome="completed", dropped=[needle], by="ana")
        r.settle()
        tell.says(room, f"{session} has ended; {short(needle)} is in the sharps container")

    def disinfect(self, room, text="wiped down, and the agent stays on (a second here; a minute or more in a clinic)"):
        tell.says(room, text)
        self.devices[room].wipe("ana", CONTACT_S, agent="alcohol 70 %")
        self.settle(room, text=False)

    def handpieces(self, *items):
        """Disinfected, after their cleaning is in the ledger."""
        self.settle(text=False)
        time.sleep(CONTACT_S)
        self.station(None, "disinfect", items=[*items], level="high", contact_s=CONTACT_S, by="ben")


# -------------------------------------------------------------------------------------------------------- the chapters

def deliveries(day):
    tell.at("07:30", "Goods in")
    year = datetime.date.today().year + 2
    expiry, cartridges = f"{year % 100:02d}0531", ("SN1001", "SN1002", "SN1003", "SN1004")
    for serial in cartridges:
        day.station(None, "receive", item=f"(01){CARTRIDGE}(17){expiry}(10)LOT24A(21){serial}")
    day.station(None, "receive", item=f"(01){CARTRIDGE}(17)230131(10)LOT19C(21)SN0900")
    tell.says("station-1", "scans cartridges SN1001 to SN1004, and SN0900 from the back of the drawer")
    # The same symbol as a scanner sends it: prefix, no brackets, FNC1 as the byte 0x1d.
    for serial in ("R-1", "R-2"):
        day.station(None, "receive", item=f"]d201{ROLLER}17{expiry}10LOT7\x1d21{serial}")
    for serial in ("SL1", "SL2", "SL3", "SL4"):
        day.station(None, "receive", item=code(SLEEVE, serial))
    tell.says("station-1", "scans rollers R-1 and R-2, and four barrier sleeves")
    for label, what in (("HP-1", "handpiece"), ("HP-2", "handpiece"), ("EX-1", "extractor"), ("EX-2", "extractor"),
                        ("CUP-1", "serum-cup"), ("CUP-2", "serum-cup")):
        day.station(None, "receive", item=label, **{"class": what})
    tell.says("station-1", "labels handpieces HP-1 and HP-2, extractors EX-1 and EX-2, serum cups CUP-1 and CUP-2; "
                           "what cannot be shown to be clean enters as contaminated")
    day.settle()


def morning_test(day):
    tell.at("07:40", "Autoclave 1: what is due this week, and the Bowie-Dick test of the day: does steam get everywhere")
    day.station("Ben looks after feed water and door seal", "duty", duty="feed-water", subject="ac-1", by="ben")
    day.station(None, "duty", duty="door-seal", subject="ac-1", by="ben")
    day.station("the leak test: 4.0, 4.3 and 4.6 kPa after 0, 5 and 15 minutes, so 0.03 kPa a minute", "test",
                test="vacuum-leak", autoclave="ac-1", reader="ben", pressures=[[0, 4.0], [300, 4.3], [900, 4.6]],
                result="pass")
    number = day.next_cycle("bowie-dick", "otherwise empty")
    day.run_cycle(number, "bowie-dick", "test")
    day.display.wait("autoclave/ac-1", lambda s: s.get("last", {}).get("cycle") == number)
    day.station("Ben reads the test sheet: evenly dark, passed", "test", test="bowie-dick", autoclave="ac-1",
                cycle=number, result="pass", reader="ben", lot="BD-88")
    day.settle()


def load(day, items, pack, fault):
    """Washed, packed, loaded and sterilized; its indicator read. The number of the cycle."""
    day.station(f"Ben washes {listed(items)} in the ultrasonic bath, and packs them as {pack}", "clean", items=items,
                method="ultrasonic", operator="ben")
    day.station(None, "pack", pack=pack, items=items, wrap="pouch", operator="ben")
    day.station(f"{pack} goes into autoclave 1", "load", autoclave="ac-1", packs=[pack])
    day.settle()
    number = day.next_cycle("prevac-134", f"with {pack}")
    day.run_cycle(number, "prevac-134", "load", fault, minutes=25)
    day.verdict_of(number, "failed" if fault != "sound" else "verified")
    day.station("Ben reads the indicator on the pouch: changed", "indicator", autoclave="ac-1", cycle=number,
                indicator="chemical", where="outside", packs=[pack], type=1, result="pass", reader="ben")
    return number


def first_load(day):
    tell.at("08:05", "A load of instruments")
    day.release(load(day, ["EX-1", "CUP-1"], "P-1", "sound"), "released")


def second_load(day):
    tell.at("08:55", "A second load, and air that was not removed")
    number = load(day, ["EX-2", "CUP-2"], "P-2", "air pocket")
    tell.note("The machine and the indicator say that all is well; the measurements do not.")
    day.release(number, "refused")


def first_session(day):
    tell.at("09:15", "Room 1: the first patient")
    day.disinfect("room-1")
    day.station("Ben cleans both handpieces and disinfects them", "clean", items=["HP-1", "HP-2"], method="manual",
                operator="ben")
    day.handpieces("HP-1", "HP-2")
    day.settle()
    kit = ["HP-1", code(SLEEVE, "SL1"), "EX-1"]
    day.ask_for("room-1", "s-1", "ana", "p-4711", [code(CARTRIDGE, "SN7777"), *kit], "deny", ["item-unknown"])
    tell.note("Nobody ever received SN7777. Ana takes one from the shelf.")
    needle = code(CARTRIDGE, "SN1001")
    day.ask_for("room-1", "s-1", "ana", "p-4711", [needle, *kit], "allow")
    day.relay("relay-1", True)
    tell.says("room-1", "Ana opens P-1, the indicator inside has changed")
    day.devices["room-1"].send("open", pack="P-1", indicator="pass", by="ana")
    tell.says("room-1", "screened, and the form signed; anaesthetic, wash, serum")
    tell.says("pen-1", "SN1001 attached; forehead, 8 passes; a cleanse; cheeks, 8 passes; detached")
    day.treat("room-1", "pen-1", "s-1", needle)
    day.finish("room-1", "s-1", needle)
    day.relay("relay-1", False)
    tell.says("sharps-1", "something dropped in: SN1001")
    day.devices["sharps-1"].send("drop", item=needle, container="SC-3")
    day.settle("sharps-1", text=False)


def used_needle(day):
    tell.at("10:30", "Room 2: somebody reaches for the needle of the patient before")
    day.disinfect("room-2")
    kit = ["HP-2", code(SLEEVE, "SL2")]
    used = code(CARTRIDGE, "SN1001")
    answer, asked = day.ask_for("room-2", "s-2", "ana", "p-0815", [used, *kit], "deny", ["item-used"])
    tell.says("room-2", "asks the very same again (same nonce), as after a lost answer")
    again = day.devices["room-2"].ask_again("session-request", asked)
    must(again == answer, f"another answer to the same question: {again}")
    tell.note("the very same answer; a question counts once")
    needle = code(CARTRIDGE, "SN1002")
    day.ask_for("room-2", "s-2", "ana", "p-0815", [needle, *kit], "allow")
    tell.says("pen-2", "SN1002 attached; neck, 14 passes; detached")
    day.treat("room-2", "pen-2", "s-2", needle, ("neck",), 14)
    day.wait_alert("passes-exceeded")
    day.finish("room-2", "s-2", needle)


def many_reasons(day):
    tell.at("11:20", "Room 1: everything at once")
    items = [code(CARTRIDGE, "SN0900"), "HP-1", "EX-2"]
    day.ask_for("room-1", "s-3", "dora", "p-1234", items, "deny",
                ["item-expired", "practitioner-unknown", "room-not-disinfected", "item-not-disinfected"])
    tell.note("All reasons come at once, so that nobody has to ask five times.")


def roller(day):
    tell.at("13:00", "Room 1: a manual roller")
    day.disinfect("room-1")
    item = code(ROLLER, "R-1")
    day.ask_for("room-1", "s-4", "ana", "p-2001", [item], "allow")
    r = day.devices["room-1"]
    r.send("session-start", session="s-4")
    r.send("session-end", session="s-4", outcome="completed", by="ana")
    r.settle()
    tell.says("room-1", "s-4 has ended; nobody says what became of the roller")


def reuse(day):
    tell.at("13:40", "Room 2: the same roller, on somebody else's skin")
    day.disinfect("room-2")
    day.station("Ben cleans and disinfects HP-2", "clean", items=["HP-2"], method="manual", operator="ben")
    day.handpieces("HP-2")
    day.settle(text=False)
    day.ask_for("room-2", "s-5", "ana", "p-2002", ["HP-2", code(CARTRIDGE, "SN1003"), code(SLEEVE, "SL3")], "allow")
    room = day.devices["room-2"]
    room.send("session-step", session="s-5", step="screened", form_hash="c0de" * 16)
    room.send("session-start", session="s-5")
    room.settle()
    day.interlock("room-2", "running")
    day.relay("relay-2", True)
    tell.says("pen-2", "sees roller R-1 in contact, which was used in room 1 this noon")
    day.devices["pen-2"].send("usage", item=code(ROLLER, "R-1"), event="contact", area="cheeks")
    day.settle("pen-2", text=False)
    day.wait_alert("reuse-detected")
    day.interlock("room-2", "suspended")
    tell.says("room-2", "asks for a new permit for s-5, to go on")
    answer, _ = room.ask("session-renew", session="s-5")
    day.judged("room-2", "s-5", answer, "deny", ["session-over"])
    day.relay("relay-2", False)


def unlock(day):
    """No alert that somebody acknowledges opens a room: an officer does, who says why."""
    why = "--reason=Looked at the room and the roller; both patients are called"
    tell.at("14:00", "Room 2 stays locked until an officer unlocks it")
    day.officer("room", "unlock", "room-2", "--by=clara", why, status=1)
    day.officer("session", "end", "s-5", "--by=clara", why)
    day.officer("room", "unlock", "room-2", "--by=clara", why)
    day.officer("rooms")


def needlestick(day):
    """A roller without a cap, and whose blood may be on it."""
    tell.at("14:15", "Room 2: Ben pricks himself on the roller while he clears up")
    room = day.devices["room-2"]
    room.send("injury", item=code(ROLLER, "R-1"), detail="pricked the left thumb while clearing up")
    room.settle()
    day.wait_alert("exposure-open")
    day.ask_for("room-2", "s-8", "ana", "p-2005", [code(ROLLER, "R-2")], "deny", ["exposure-open"])
    tell.note("Whose blood may it be? Only the officer is told, at the daemon's own socket:")
    day.officer("exposure", "1")
    day.station("first aid was given, and the report is written", "duty", duty="first-aid", subject="room-2", by="clara")
    day.station(None, "duty", duty="exposure-report", subject="room-2", by="clara")
    day.settle(text=False)
    day.disinfect("room-2")
    rejected = room.take(("rejected",))
    tell.note(f"rejected, {rejected['reason']}: {rejected['detail']}")
    must(rejected["reason"] == "not-allowed", f"rejected otherwise: {rejected}")
    tell.note("Room 2 stays closed for today: its turnover is still open.")


def without_session(day):
    tell.at("14:30", "Room 1: a new cartridge, and nobody has asked")
    tell.says("pen-1", "cartridge SN1004 in contact with skin")
    day.devices["pen-1"].send("usage", item=code(CARTRIDGE, "SN1004"), event="contact", area="cheeks")
    day.settle("pen-1", text=False)
    day.wait_alert("use-without-session")
    day.ask_for("room-1", "s-9", "ana", "p-2006", [code(ROLLER, "R-2")], "deny", ["room-locked"])
    day.officer("room", "unlock", "room-1", "--by=clara", "--reason=The patient of 14:30 is found; told and followed up")


def contract(day):
    tell.at("15:10", "A new scanner, and an integrator's first try")
    station = day.devices["station-1"]
    day.station("sends `clean` with items as a text where a list belongs", "clean", items="EX-2", method="manual",
                operator="ben")
    rejected = station.take(("rejected",))
    tell.note(f"rejected, {rejected['reason']}, member {rejected.get('member')}: {rejected['detail']}")
    must(rejected["reason"] == "bad-member", f"rejected otherwise: {rejected}")
    day.settle(text=False)
    tell.says("room-1", "says `disinfected`, and does not number it: that may lock, and can permit nothing")
    day.devices["room-1"].send_bare("disinfected", by="ana", contact_s=120)
    rejected = day.devices["room-1"].take(("rejected",))
    tell.note(f"rejected, {rejected['reason']}: {rejected['detail']}")
    must(rejected["reason"] == "sequence-required", f"rejected otherwise: {rejected}")
    twice(day, station)
    lost(day, station)


def twice(day, station):
    seq = station.send("heartbeat")
    payload = station.kept[seq][1]
    day.settle(text=False)
    tell.says("station-1", f"sends its message number {seq} twice, as after a lost receipt")
    station.send_again("heartbeat", payload)
    after = station.send("heartbeat")
    day.settle(text=False)
    tell.note(f"receipted up to {after}, and counted once")


def lost(day, station):
    publish, station._publish = station._publish, lambda message, payload: None
    seq = station.send("heartbeat")
    station._publish = publish
    tell.says("station-1", f"number {seq} is lost on the way; number {station.send('heartbeat')} arrives")
    day.settle(text=False)
    must(station.resent > 0, "nobody missed the lost message")
    tell.note(f"receipted up to {station.seq}, without a hole")


CHAPTERS = (deliveries, morning_test, first_load, second_load, first_session, used_needle, many_reasons, roller, reuse, unlock,
            needlestick, without_session, contract)


def evening(day):
    """As a person asks who comes in the evening."""
    tell.at("18:00", "Closing time: what an officer looks at")
    for arguments in (("status",), ("alerts",), ("item", code(CARTRIDGE, "SN1001")), ("session", "s-2")):
        answer = day.clinic.ctl(*arguments)
        shown = " ".join(f"'{a}'" if "(" in a else a for a in arguments)
        tell.command(f"asepsisctl {shown}", answer.stdout + answer.stderr)
        must(answer.returncode == 0, f"asepsisctl {shown} ended with {answer.returncode}")


def summary(day):
    denied = [d for d in day.decided if d[2] == "deny"]
    rules = collections.Counter(rule for d in denied for rule in d[3])
    alerts = collections.Counter((a["severity"], a["rule"]) for a in day.alerts.values())
    status = json.loads(day.clinic.ctl("status", "--json").stdout)
    sent = sum(d.seq for d in day.devices.values())
    line = tell.line
    tell.at("     ", "The day in numbers")
    line(f"  loads      {sum(v == 'released' for _, v in day.released)} released, "
         f"{sum(v == 'refused' for _, v in day.released)} refused")
    line(f"  sessions   {sum(d[2] == 'allow' for d in day.decided)} requests allowed, {len(denied)} denied, because of")
    tell.rows(", ".join(f"{r} ({n})" if n > 1 else r for r, n in rules.most_common()), 13)
    tell.rows(", ".join(f"{r} ({s})" for s, r in alerts) or "none", 13, "  alerts     ")
    line(f"  messages   {sent} numbered and receipted, {sum(d.resent for d in day.devices.values())} sent again")
    line(f"  audit      {status['audit_size']} records, head {status['audit_head']}")
