# SPDX-License-Identifier: Apache-2.0
"""Every method of org.asepsis1.Manager: with what it is asked, and what is to come of it. One table for the tests that go
over the socket and over the bus; a method that is not in it fails them.

The good arguments fit the clinic that prepare() makes. They are asked in the order of the table."""
import datetime, time

from harness import must, roller

TODAY = datetime.date.today()
PREFIX = "org.asepsis1.Error."


class Arg:
    """`kind` says what is bad: label, code, person, reason, number, free (anything goes), or none of it."""

    def __init__(self, kind, good):
        self.kind, self.good = kind, good


class Row:
    """`who`: None, it is only read; or the person who may. `other`: a registered person who may not; None: all may.
    `refused`: the good answer is a refusal that says so, because the clinic is in order. `signs`: it asks for a
    password. `takes`: places of arguments of an act that may be anything but empty."""

    def __init__(self, *args, who=None, other="ana", refused=None, signs=True, takes=()):
        self.args, self.who, self.other, self.refused, self.signs, self.takes = args, who, other, refused, signs, takes

    @property
    def goods(self):
        return [a.good(CLINIC) if callable(a.good) else a.good for a in self.args]


CLINIC = {}


def label(good):
    return Arg("label", good)


def code(good):
    return Arg("code", good)


def person(good):
    return Arg("person", good)


def number(good):
    return Arg("number", good)


def free(good):
    return Arg("free", good)


BY, WHY, LIMIT = person("clara"), Arg("reason", "looked at"), free(0)

METHODS = {
    "GetStatus": Row(),
    "GetItem": Row(code(roller("W1"))),
    "GetSession": Row(label("s-1")),
    "ListAlerts": Row(number(0), free(True), LIMIT),
    "GetLoad": Row(label("ac-1.1")),
    "ListLoads": Row(label("all"), number(0), LIMIT),
    "GetPack": Row(label("P-1")),
    "ListPacks": Row(label("ac-1.1"), number(0)),
    "GetCycleSamples": Row(label("ac-1.1"), number(0), LIMIT),
    "GetCycleRows": Row(label("ac-1.1"), number(0), LIMIT),
    "GetClinic": Row(),
    "ListPeriod": Row(label("cycles"), free(0), free(2**50), code(""), LIMIT),
    "ListItems": Row(free({}), code(""), LIMIT),
    "ListSessions": Row(free({}), code(""), LIMIT),
    "WhySession": Row(label("s-1")),
    "ListRules": Row(),
    "GetConfig": Row(number(0), LIMIT),
    "GetAudit": Row(number(1)),
    "ExportAudit": Row(number(0), LIMIT),
    "GetPatient": Row(label("p-1"), number(0)),
    "ListErasures": Row(number(0)),
    "GetAutoclave": Row(label("ac-1")),
    "ListAutoclaves": Row(),
    "GetRoom": Row(label("room-1")),
    "ListRooms": Row(),
    "LookBack": Row(free({"by": ("s", "room"), "subject": ("s", "room-1")}), code(""), LIMIT),
    "ListExposures": Row(number(0), free(True), LIMIT),
    "GetExposure": Row(number(1), number(0), number(0)),
    "GetKey": Row(),
    "GetPractitioner": Row(person("ana")),
    "ListPractitioners": Row(),
    "Subscribe": Row(),
    "Unsubscribe": Row(),
    "GetBackup": Row(),
    "GetRestored": Row(number(0)),
    "Commission": Row(label("ac-1.2"), BY, who="clara"),
    "PutAutoclaveOut": Row(label("ac-1"), label("fault"), BY, WHY, who="clara", other=None, signs=False),
    "ReturnAutoclave": Row(label("ac-1"), BY, WHY, who="clara"),
    "MakeRecall": Row(label("lot"), code("LOT-Z"), free(0), free(0), BY, WHY, who="clara", other=None, signs=False,
                      takes=(1,)),
    "ListRecalls": Row(number(0), free(True), LIMIT),
    "GetRecall": Row(number(1)),
    "ConfirmRecall": Row(number(1), BY, WHY, who="clara", refused="quarantine"),
    "EndRecall": Row(number(1), BY, WHY, who="clara"),
    "ReleaseLoad": Row(label("ac-1.3"), free(True), free([]), person("ben"), free("all dry"), who="ben", refused="manifest"),
    "RejectLoad": Row(label("ac-1.1"), BY, WHY, who="clara", other=None, signs=False),
    "WithdrawLoad": Row(label("ac-1.1"), BY, WHY, who="clara", other=None, signs=False, refused="released"),
    "RecordDrill": Row(label("ac-1.1"), BY, who="clara", other=None, refused="released"),
    "Override": Row(label("s-2"), label("room-not-disinfected"), BY, WHY, who="clara"),
    "EndSession": Row(label("s-1"), BY, WHY, who="clara"),
    "SignSharps": Row(label("s-1"), BY, WHY, who="clara", other=None),
    "UnlockRoom": Row(label("room-1"), BY, WHY, who="clara", refused="lock"),
    "RegisterQualification": Row(person("ana"), label("skin-needling"), label(f"{TODAY.year + 1}-01-31"), free("no. 12"), BY,
                                 WHY, who="clara"),
    "EndQualification": Row(person("ana"), label("skin-needling"), BY, WHY, who="clara"),
    "QuarantineItem": Row(code(roller("W2")), BY, WHY, who="clara", other=None, signs=False),
    "ReturnItem": Row(code(roller("W2")), BY, WHY, who="clara"),
    "ErasePatient": Row(label("p-1"), BY, WHY, who="clara", refused="kept", takes=(0,)),
    "AcknowledgeAlerts": Row(free([1]), BY, free("seen"), who="clara", signs=False),
    "ResolveAlerts": Row(free([1]), BY, WHY, who="clara", refused="still holds"),
    "SilenceAlerts": Row(free([1]), free(int((time.time() + 3600) * 1e6)), BY, WHY, who="clara", signs=False),
    "PrepareKey": Row(BY, WHY, who="clara"),
    "RotateKey": Row(free(False), BY, WHY, who="clara"),
    "AcceptKey": Row(label("A" * 43), BY, WHY, who="clara", refused="key"),
    "ConfirmClock": Row(BY, WHY, who="clara", refused="not in doubt"),
    "ConfirmRestore": Row(BY, WHY, who="clara", refused="not in doubt"),
    "AcceptAudit": Row(BY, WHY, who="clara", refused="nothing to accept"),
    "Backup": Row(code(lambda c: c["copies"] + "/copy.db"), BY, WHY, who="clara", signs=False),
}

BAD = {
    "label": ("", "no-such", "x" * 65, "x" * 70000, "a\nb\x07c", "'; DROP TABLE item; --", "../../etc", "\u00df\u20ac\U0001f600", "%n%s"),
    "code": ("", "x" * 129, "x" * 70000, "a\nb\x07c", "(01)", "(01)00844588004001(21)", "\u00df\u20ac\U0001f600", "%n%s"),
    "person": ("", "mallory", "x" * 65, "x" * 70000, "cl\nara", "\u00df\u20ac"),
    "reason": ("", "x" * 513, "x" * 70000),
    "number": (2**32, 2**63 - 1, 2**63, 2**64 - 1),
    "free": (),
}


def check_table(found):
    """Against what the daemon says of itself."""
    missing = sorted(set(found) - set(METHODS))
    must(not missing, f"not in the table of tests/it/methods.py: {', '.join(missing)}")
    for name in set(METHODS) - set(found):
        del METHODS[name]
    for name, args in found.items():
        must(len(args) == len(METHODS[name].args), f"{name} has {len(args)} arguments, the table another number")


def play(clinic, ac, number_, purpose, fault="sound"):
    samples = clinic.cycle("prevac-134", fault, number_, 1500)
    start = {"set_temperature_c": 134.0, "set_hold_s": 210} if purpose == "load" else {}
    ac.send("cycle-start", cycle=number_, program="prevac-134", purpose=purpose, operator="ben", **start)
    for i in range(0, len(samples), 500):
        ac.send("sample", cycle=number_, samples=samples[i:i + 500])
    ac.send("cycle-end", cycle=number_, outcome="completed")
    ac.settle()


def prepare(clinic, copies):
    """A session that runs, one that was denied, loads judged, an injury."""
    CLINIC["copies"] = copies
    station, room, ac = (clinic.device(k, n) for k, n in (("station", "station-1"), ("room", "room-1"), ("autoclave", "ac-1")))
    for n in range(1, 4):
        station.send("receive", item=roller(f"W{n}"))
    station.send("receive", item="TWEEZERS-1", **{"class": "instrument"})
    station.send("clean", items=["TWEEZERS-1"], method="manual", operator="ben")
    station.send("pack", pack="P-1", items=["TWEEZERS-1"], wrap="pouch", operator="ben")
    station.settle()
    for n, purpose, fault in ((101, "load", "air pocket"), (102, "empty", "sound"), (103, "load", "sound")):
        play(clinic, ac, n, purpose, fault)
    room.send("disinfected", by="ana", contact_s=120)
    room.settle()
    question = dict(practitioner="ana", patient="p-1", procedure="skin-needling")
    answer, _ = room.ask("session-request", session="s-1", items=[roller("W1")], **question)
    must(answer["verdict"] == "allow", f"s-1: {answer}")
    room.send("session-start", session="s-1")
    room.send("injury", person="ana", detail="a stick")
    room.settle()
    other = clinic.device("room", "room-2")
    other.ask("session-request", session="s-0", items=[roller("W3")], **question)
    other.send("session-start", session="s-0")
    other.send("session-end", session="s-0", outcome="completed", by="ana")
    other.settle()
    answer, _ = other.ask("session-request", session="s-2", items=[roller("W2")], **question)
    must(answer["verdict"] == "deny", f"s-2: {answer}")
    for device in (station, room, ac, other):
        device.close()
    time.sleep(0.1)
