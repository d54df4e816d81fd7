# SPDX-License-Identifier: Apache-2.0
"""What the ledger keeps of the outside world, and nothing else: the messages in the order of their effect, the samples,
the acts of officers, and which permits went out. What the daemon made of it (the state of an item, a verdict, a
release) is not read: no column of item, pack, claim, session, test, indicator, recall; of an attempt only its name and
when it began.

A history is a folder with ledger.db and one or more FROM.conf: the configuration that was in force for the audit
records after number FROM. Written against the documents (the MQTT contract, doc/configuration.md, core/samples.h) and
shares no code with the daemon.
"""
import bisect
import configparser
import functools
import json
import re
import sqlite3
from pathlib import Path


class Event:
    """One message that had its effect, at `at` (us), as number `i` of the audit chain; it came at `arrived`."""

    def __init__(self, i, at, arrived, topic, payload, late):
        _, _, _, _, self.kind, self.device, self.what = topic.split('/')
        self.i, self.at, self.arrived, self.p = i, at, arrived, payload
        self.boot = payload.get('boot')
        # Without boot and seq, or too late: it may lock, and never grants.
        self.grants = self.boot is not None and not late

    def __repr__(self):
        return f'{self.i} {self.kind}/{self.device}/{self.what} {json.dumps(self.p)}'


class Attempt:
    """One run of an autoclave, from its cycle-start on. `end`: the record after which nothing belongs to it."""

    def __init__(self, label, start, autoclave):
        self.label, self.start, self.autoclave = label, start, autoclave
        self.cycle, self.i, self.at = start.p['cycle'], start.i, start.at
        self.end = self.end_at = self.outcome = None
        self.grade = 'continuous'
        self.samples, self.sample_messages = [], []


def samples_of(chunk):
    """core/samples.h: a byte of scale, then zigzag varints: change of the step in time, of temperature, of pressure."""
    if chunk and chunk[0] == 130:  # what came in several messages: each with its length before it
        out, at = [], 1
        while at < len(chunk):
            end = next(n for n in range(at, len(chunk)) if chunk[n] < 128)
            size = sum((byte & 127) << 7 * n for n, byte in enumerate(chunk[at:end + 1])) >> 1
            out += samples_of(chunk[end + 1:end + 1 + size])
            at = end + 1 + size
        return out
    if chunk and chunk[0] >= 112:  # a stamp while the cycle runs: one byte, two integers
        ends = [n for n, byte in enumerate(chunk) if n and byte < 128]
        chunk = chunk[ends[1] + 1:]
    if not chunk:
        return []
    a, b, c = chunk[0] % 7, chunk[0] // 7 % 4, chunk[0] // 28
    values, v, shift = [], 0, 0
    for byte in chunk[1:]:
        v |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append((v >> 1) ^ -(v & 1))
            v = shift = 0
    out, t, step, temperature, pressure = [], 0, 0, 0, 0
    for n in range(0, len(values), 3):
        before, first = t, n == 0
        t += step + values[n]
        temperature += values[n + 1]
        pressure += values[n + 2]
        step = 0 if first else t - before
        out.append((t * 10 ** a, temperature * 10 ** b, pressure * 10 ** c))
    return out


@functools.cache
def canonical(code):
    """One name for a piece, however it was scanned: (01)GTIN(21)SERIAL, or a clinic label as it stands."""
    found = re.fullmatch(r'\(01\)(\d{14})((?:\(\d\d\)[^()]+)*)', code)
    if found:
        rest = dict(re.findall(r'\((\d\d)\)([^()]+)', found[2]))
    else:
        found = re.fullmatch(r'(?:\]d2)?01(\d{14})(.*)', code)
        if not found:
            return code, {}
        rest, tail = {}, found[2]
        while tail:
            fixed = re.match(r'(11|17)(\d{6})\x1d?', tail) or re.match(r'(10|21)([^\x1d]+)\x1d?', tail)
            rest[fixed[1]] = fixed[2]
            tail = tail[fixed.end():]
    name = f'(01){found[1]}' + (f'(21){rest["21"]}' if '21' in rest else '')
    return name, dict(rest, gtin=found[1])


class Conf:
    """A configuration file; what is left out has the default of doc/configuration.md."""

    def __init__(self, path):
        self.ini = configparser.RawConfigParser(strict=False, comment_prefixes=('#', ';'))
        self.ini.optionxform = str
        self.ini.read_string(path.read_text(encoding='utf-8'))

    def has(self, kind, name):
        return self.ini.has_section(f'{kind} {name}')

    def get(self, section, key, otherwise=None):
        return self.ini.get(section, key, fallback=otherwise)

    def yes(self, section, key, otherwise):
        return self.get(section, key, otherwise) == 'yes'

    def names(self, section, key, otherwise=''):
        return [x.strip() for x in self.get(section, key, otherwise).split(',') if x.strip()]

    def number(self, section, key, otherwise=None):
        text = self.get(section, key)
        return otherwise if text is None else float(text.split()[0])

    def seconds(self, section, key, otherwise=None):
        unit = {'ms': .001, 's': 1, 'min': 60, 'h': 3600, 'd': 86400}
        text = self.get(section, key)
        if text is None:
            return otherwise
        return sum(float(n) * unit[u] for n, u in re.findall(r'([\d.]+)\s*(ms|s|min|h|d)\b', text))

    def celsius(self, section, key):
        n, u = self.get(section, key).split()
        return float(n) if u == 'C' else (float(n) - 32) / 1.8

    def bound(self, device, kind):
        """The room or the autoclave that a device speaks for."""
        return self.get(f'device {device}', kind, device if kind in self.names(f'device {device}', 'kinds') else None)

    def person(self, name, role=None):
        section = f'practitioner {name}'
        return self.ini.has_section(section) and (role is None or role in self.names(section, 'roles'))


class History:
    def __init__(self, folder):
        folder = Path(folder)
        confs = sorted((int(p.stem), Conf(p)) for p in folder.glob('*.conf'))
        self.conf_from, self.confs = [n for n, _ in confs], [c for _, c in confs]
        db = sqlite3.connect(f'file:{folder}/ledger.db?mode=ro', uri=True)
        db.row_factory = sqlite3.Row
        self.events, self.permits, self.denials, self.gaps, self.starts, self.acts = [], [], [], [], [], []
        self.read_chain(db)
        self.read_attempts(db)
        self.by_what = {}
        for e in self.events:
            self.by_what.setdefault(e.what, []).append(e)
        self.at = {e.i: e.at for e in self.events}
        self.numbers = {what: [e.i for e in said] for what, said in self.by_what.items()}

    def said(self, what, before):
        """All messages of this name that had their effect before this record."""
        return self.by_what[what][:bisect.bisect_left(self.numbers[what], before)] if what in self.by_what else []

    def conf(self, i):
        return self.confs[max(0, bisect.bisect_left(self.conf_from, i) - 1)]

    def read_chain(self, db):
        rows = {m['i']: m for m in db.execute('SELECT i, topic, raw, refused FROM message')}
        boots, came = {}, {}
        for i, text in db.execute('SELECT i, record FROM audit ORDER BY i'):
            r = json.loads(text)
            r['i'] = i
            if r['type'] == 'message':
                boots[i], came[i] = r.get('boot'), r['at_us']
            if r['type'] == 'message' and r.get('order') != 'held':
                self.take(rows[i], i, r['at_us'], r['at_us'], r.get('order') == 'late', r.get('boot'))
            elif r['type'] == 'applied':
                self.take(rows[r['message']], i, r['at_us'], came[r['message']], False, boots[r['message']])
            elif r['type'] == 'permit':
                self.permits.append(r)
            elif r['type'] == 'decision' and r['verdict'] == 'deny':
                self.denials.append(r)
            elif r['type'] in ('gap', 'start'):
                (self.gaps if r['type'] == 'gap' else self.starts).append(r)
            elif r['type'] not in ('message', 'decision', 'verdict', 'release', 'alert', 'session', 'broker', 'refused'):
                self.acts.append(r)

    def take(self, row, i, at, arrived, late, boot):
        if row['refused']:
            return
        # Samples are kept beside, without their JSON.
        payload = json.loads(row['raw']) if row['raw'] is not None else {'boot': boot}
        self.events.append(Event(i, at, arrived, row['topic'], payload, late))

    def read_attempts(self, db):
        """Each cycle-start that had its effect is an attempt; what the machine then says belongs to it."""
        names = {}
        for n in db.execute('SELECT id, label, autoclave, cycle, started_us FROM attempt ORDER BY id DESC'):
            names.setdefault((n['autoclave'], n['cycle'], n['started_us']), []).append((n['id'], n['label']))
        self.attempts, running = [], {}
        for e in self.events:
            if e.kind != 'autoclave':
                continue
            where = self.conf(e.i).bound(e.device, 'autoclave')
            now = running.get(where)
            if e.what == 'cycle-start' and e.grants:
                if now:
                    now.end, now.end_at, now.outcome = e.i, e.at, 'aborted'
                number, label = names[where, e.p['cycle'], e.at].pop()
                a = Attempt(label, e, where)
                for (chunk,) in db.execute('SELECT data FROM sample_chunk WHERE attempt = ? ORDER BY n', (number,)):
                    a.samples += samples_of(chunk)
                self.attempts.append(a)
                running[where] = a
            elif e.what == 'sample' and now and e.grants:
                now.sample_messages.append(e)
            elif e.what == 'cycle-end' and now and now.cycle == e.p['cycle'] and \
                    (e.grants or e.p['outcome'] != 'completed'):
                now.end, now.end_at, now.outcome = e.i, e.at, e.p['outcome']
                now.grade = e.p.get('grade', 'continuous')
                del running[where]
