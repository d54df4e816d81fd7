# SPDX-License-Identifier: Apache-2.0
"""D-Bus from a test to a daemon's Unix socket, peer to peer: enough of the wire format for a thousand calls a second, which
a process for each call would not be. `Peer(path, uid)`: connected as that user, if we are root."""
import os, re, socket, struct
import xml.etree.ElementTree as ElementTree

OBJECT, INTERFACE = "/org/asepsis1", "org.asepsis1.Manager"
SIZES = {"y": ("B", 1), "n": ("h", 2), "q": ("H", 2), "i": ("i", 4), "u": ("I", 4), "x": ("q", 8), "t": ("Q", 8), "d": ("d", 8)}


class Error(Exception):
    """What the daemon answers instead: `name`, and the text."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text


class Silent(Exception):
    """No answer came, or the connection was closed."""


def align(type_):
    return {"s": 4, "o": 4, "a": 4, "b": 4, "(": 8, "{": 8, "g": 1, "v": 1}.get(type_) or SIZES[type_][1]


def first(signature):
    """The first complete type, and the rest."""
    if signature[0] == "a":
        one, rest = first(signature[1:])
        return "a" + one, rest
    if signature[0] not in "({":
        return signature[0], signature[1:]
    depth = 0
    for n, c in enumerate(signature):
        depth += (c in "({") - (c in ")}")
        if depth == 0:
            return signature[:n + 1], signature[n + 1:]


def put(out, type_, value):
    out.extend(bytes(-len(out) % align(type_[0])))
    if type_ in "so":
        raw = value if isinstance(value, bytes) else value.encode()
        out.extend(struct.pack("<I", len(raw)) + raw + b"\0")
    elif type_ == "g":
        out.extend(bytes([len(value)]) + value.encode() + b"\0")
    elif type_ == "b":
        out.extend(struct.pack("<I", value))
    elif type_ == "v":
        put(out, "g", value[0])
        put(out, *value)
    elif type_[0] == "a":
        at = len(out)
        out.extend(bytes(4))
        out.extend(bytes(-len(out) % align(type_[1])))
        begin = len(out)
        for one in value.items() if isinstance(value, dict) else value:
            put(out, type_[1:], one)
        out[at:at + 4] = struct.pack("<I", len(out) - begin)
    elif type_[0] in "({":
        rest = type_[1:-1]
        for one in value:
            part, rest = first(rest)
            put(out, part, one)
    else:
        out.extend(struct.pack("<" + SIZES[type_][0], value))


def get(data, at, type_):
    at += -at % align(type_[0])
    if type_ in "so":
        n, = struct.unpack_from("<I", data, at)
        return data[at + 4:at + 4 + n].decode(), at + 5 + n
    if type_ == "g":
        return data[at + 1:at + 1 + data[at]].decode(), at + 2 + data[at]
    if type_ == "b":
        return bool(struct.unpack_from("<I", data, at)[0]), at + 4
    if type_ == "v":
        inner, at = get(data, at, "g")
        return get(data, at, inner)
    if type_[0] == "a":
        n, = struct.unpack_from("<I", data, at)
        at += 4 + -(at + 4) % align(type_[1])
        end, found = at + n, []
        while at < end:
            one, at = get(data, at, type_[1:])
            found.append(one)
        return dict(found) if type_[1] == "{" else found, at
    if type_[0] in "({":
        rest, found = type_[1:-1], []
        while rest:
            part, rest = first(rest)
            one, at = get(data, at, part)
            found.append(one)
        return tuple(found), at
    letter, size = SIZES[type_]
    return struct.unpack_from("<" + letter, data, at)[0], at + size


class Peer:
    def __init__(self, path, uid=None, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        if uid is not None:
            os.seteuid(uid)
        try:
            self.socket.connect(path)
        finally:
            if uid is not None:
                os.seteuid(0)
        name = str(os.geteuid() if uid is None else uid).encode().hex()
        self.data, self.serial = b"", 0
        self.socket.sendall(b"\0AUTH EXTERNAL " + name.encode() + b"\r\n")
        answer = self.read_line()
        if not answer.startswith(b"OK"):
            raise Silent(f"not let in: {answer}")
        self.greeting = b"BEGIN\r\n"  # goes out in one piece with the first call, as it may

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, n):
        while len(self.data) < n:
            try:
                more = self.socket.recv(65536)
            except (TimeoutError, ConnectionError) as e:
                raise Silent(str(e)) from e
            if not more:
                raise Silent("the connection was closed")
            self.data += more
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def read_line(self):
        line = b""
        while not line.endswith(b"\r\n"):
            line += self.read(1)
        return line

    def receive(self):
        """(type, header fields, values of the body)"""
        head = self.read(16)
        size, _, fields = struct.unpack_from("<III", head, 4)
        rest = self.read(fields + -fields % 8 + size)
        found = {code: value for code, value in get(head + rest, 12, "a(yv)")[0]}
        body, at, signature, values = rest[fields + -fields % 8:], 0, found.get(8, ""), []
        while signature:
            part, signature = first(signature)
            value, at = get(body, at, part)
            values.append(value)
        return head[1], found, values

    def call(self, member, signature="", *values, interface=INTERFACE, path=OBJECT):
        """The value of the answer, or all where there are several."""
        body, message, rest = bytearray(), bytearray(), signature
        for value in values:
            part, rest = first(rest)
            put(body, part, value)
        self.serial += 1
        fields = [(1, ("o", path)), (2, ("s", interface)), (3, ("s", member))]
        if signature:
            fields.append((8, ("g", signature)))
        message.extend(b"l\1\0\1" + struct.pack("<II", len(body), self.serial))
        put(message, "a(yv)", fields)
        message.extend(bytes(-len(message) % 8))
        try:
            self.socket.sendall(self.greeting + message + body)
            self.greeting = b""
        except (TimeoutError, ConnectionError) as e:
            raise Silent(str(e)) from e
        while True:
            kind, found, answer = self.receive()
            if kind in (2, 3) and found.get(5) == self.serial:
                break
        if kind == 3:
            raise Error(found[4], answer[0] if answer else "")
        return answer[0] if len(answer) == 1 else answer

    def properties(self, path=OBJECT):
        """[(name, type), ...] of the interfaces of ours, and the signals of them."""
        tree = self.tree(path)
        ours = [i for i in tree.findall("interface") if i.get("name").startswith("org.asepsis1.")]
        return ([(p.get("name"), p.get("type")) for i in ours for p in i.findall("property")],
                [(s.get("name"), [(a.get("name"), a.get("type")) for a in s.findall("arg")]) for i in ours
                 for s in i.findall("signal")])

    def children(self, path=OBJECT):
        return [f"{path}/{n.get('name')}" for n in self.tree(path).findall("node")]

    def tree(self, path):
        xml = self.call("Introspect", interface="org.freedesktop.DBus.Introspectable", path=path)
        return ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", xml))

    def introspect(self, path=OBJECT, interface=INTERFACE):
        """{method: [(name, type), ...]} of what goes in."""
        tree = self.tree(path)
        return {m.get("name"): [(a.get("name"), a.get("type")) for a in m.findall("arg") if a.get("direction") != "out"]
                for i in tree.findall("interface") if i.get("name") == interface for m in i.findall("method")}
