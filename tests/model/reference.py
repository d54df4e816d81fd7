# SPDX-License-Identifier: Apache-2.0
"""May this item be presented in this session? Rules 1 to 4 and 6, worked out anew for each question from everything
that was ever said before it. No state is carried along; only an answer once found is kept, for when the same is asked.

Every function answers with the ids of the rules that say no; an empty set is a yes. `d` is a number in the audit chain:
only what had its effect before it counts. Times are microseconds. The sections are those of the rules.
"""
import functools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cycle import Judged
from ledger import canonical

S = 1_000_000
DAY = 86400 * S
TOUCH = ('attached', 'contact', 'round')
TREATMENT = ('serum', 'cleanse', 'aftercare')




def codes(names):
    return [canonical(n)[0] for n in names]


def day_of(text):
    return date.fromisoformat(text)


def label_expiry(yymmdd):
    """Day 00 is the end of the month."""
    y, m, d = 2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    if d:
        return date(y, m, d)
    return date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1)


class Pack:
    def __init__(self, e):
        self.i, self.at, self.label = e.i, e.at, e.p['pack']
        self.items, self.wrap, self.session = codes(e.p['items']), e.p['wrap'], e.p.get('session')


class Reference:
    def __init__(self, history):
        self.h = history
        self.zone = ZoneInfo(history.confs[0].get('site', 'timezone'))
        self.cycles = {}
        self.packs = [Pack(e) for e in self.said('pack') if e.grants]
        self.sessions()

    # --- reading --------------------------------------------------------------------------------------------------

    def said(self, what, before=1 << 62):
        return self.h.said(what, before)

    def today(self, at):
        return datetime.fromtimestamp(at / S, self.zone).date()

    def clinic_day(self, at):
        """The clinic's day starts at 04:00."""
        h, m = self.h.confs[0].get('site', 'day-start', '04:00').split(':')
        local = datetime.fromtimestamp(at / S, self.zone)
        early = (local.hour, local.minute) < (int(h), int(m))
        return local.date() - timedelta(days=1 if early else 0)

    def judged(self, a):
        if a.i not in self.cycles:
            self.cycles[a.i] = Judged(self.h, a)
        return self.cycles[a.i]

    @functools.cache
    def attempt_named(self, e, d):
        """The run that a message means: by its name, or by a cycle number that only one run before it bears."""
        where = e.p.get('autoclave') or self.h.conf(e.i).bound(e.device, 'autoclave')
        found = [a for a in self.h.attempts if a.i < e.i and a.autoclave == where and
                 (a.label == e.p['attempt'] if 'attempt' in e.p else a.cycle == e.p.get('cycle'))]
        return found[-1] if found and (len(found) == 1 or e.what in ('test', 'indicator')) else None

    def person(self, e, name, role=None):
        return self.h.conf(e.i).person(e.p.get(name), role)

    def pack_by_label(self, label, before):
        """A label may be used again: the newest pack that bears it."""
        found = [p for p in self.packs if p.label == label and p.i < before]
        return found[-1] if found else None

    # --- sessions: who was given what, and what became of it ---------------------------------------------------------

    def sessions(self):
        """given: session -> {item: number of the permit that first came with it}; and the requests of each permit."""
        self.given, self.room_of, self.patient_of, self.asked = {}, {}, {}, {}
        by_nonce = {}
        for what in ('session-request', 'session-add', 'session-renew'):
            for e in self.said(what):
                room = self.h.conf(e.i).bound(e.device, 'room')
                by_nonce.setdefault((room, e.p['session'], e.p['nonce']), e)
        for permit in self.h.permits:
            e = by_nonce[permit['room'], permit['session'], permit['nonce']]
            items = self.given.setdefault(permit['session'], {})
            self.room_of[permit['session']] = permit['room']
            if 'patient' in e.p:
                self.patient_of.setdefault(permit['session'], e.p['patient'])
            self.asked[permit['i']] = e
            for item in codes(e.p.get('items', ())):
                items.setdefault(item, permit['i'])

    def of_session(self, what, session, d):
        return [e for e in self.said(what, d) if e.p.get('session') == session]

    @functools.cache
    def uses_of_session(self, session, d):
        """When the items of a session were in use, as far as the room tells: start, treatment, any end but a cancelled."""
        uses = self.of_session('session-start', session, d) + self.of_session('draw', session, d)
        uses += [e for e in self.of_session('session-step', session, d) if e.p['step'] in TREATMENT]
        ends = [e for e in self.of_session('session-end', session, d) if e.p.get('outcome') != 'cancelled']
        for items in [self.given[session]]:
            uses += [e for e in self.said('usage', d) if e.p['event'] in TOUCH and
                     codes([e.p['item']])[0] in items and items[codes([e.p['item']])[0]] < e.i and
                     self.h.conf(e.i).bound(e.device, 'room') == self.room_of[session] and not self.over(session, e)]
        return sorted(uses + ends[:1], key=lambda e: e.i)

    def over(self, session, e):
        """Had this session ended a minute before this message?"""
        return any(e.at - end.at > 60 * S for end in self.of_session('session-end', session, e.i))

    @functools.cache
    def lease_end(self, session, d):
        lease = self.h.confs[0].seconds('gate', 'lease', 90) * S
        return max(p['at_us'] + lease for p in self.h.permits if p['session'] == session and p['i'] < d)

    def cancelled_cleanly(self, session, d, now):
        """By the same room, in the boot in which it was allowed, nothing missing since, nothing used, and no permit left."""
        ends = self.of_session('session-end', session, d)
        if not ends or ends[0].p.get('outcome') != 'cancelled' or not ends[0].grants or self.uses_of_session(session, d):
            return False
        given = min(self.given[session].values())
        room = self.room_of[session]
        lost = any(g['kind'] == 'room' and g['device'] == room and given < g['i'] < ends[0].i for g in self.h.gaps)
        return not lost and now >= self.lease_end(session, d)

    @functools.cache
    def came_back(self, item, session, d):
        """Returned unopened: by a named person, in order, once, never attached, dropped or damaged."""
        before = 0
        for e in self.said('session-end', d):
            if item in codes(e.p.get('unopened', ())):
                if e.p['session'] == session:
                    touched = [u for u in self.said('usage', e.i) if codes([u.p['item']]) == [item]]
                    return e.grants and not before and not touched and self.person(e, 'by')
                before += 1
        return False

    def live(self, session, d, now):
        """It holds its items: not ended, and started within a lease or still within it. A contact alone starts nothing. What
        is told after it lapsed spends what is single-use, makes dirty what is not, and makes nothing live again."""
        if any(e for e in self.of_session('session-end', session, d)):
            return False
        until = self.lease_end(session, d)
        return now < until or any(e.at <= until for e in self.of_session('session-start', session, d))

    # --- 2. Is the autoclave fit? --------------------------------------------------------------------------------------

    def vacuum(self, where, i):
        return self.h.conf(i).get(f'autoclave {where}', 'class-type') in ('B', 'S')

    def tests(self, where, d, *names):
        return [e for e in self.said('test', d) if e.p['test'] in names and
                (e.p.get('autoclave') or self.h.conf(e.i).bound(e.device, 'autoclave')) == where]

    @functools.cache
    def penetration(self, where, d):
        """[(run, read, outcome)]: a named, otherwise empty cycle, saturated, held for 210 to 240 s. Fail always counts."""
        out = []
        for e in self.tests(where, d, 'bowie-dick', 'helix'):
            a = self.attempt_named(e, d)
            if e.p.get('result') == 'fail':
                out.append((a.at if a else e.at, e.i, 'fail', a))
            elif e.p.get('result') == 'pass' and e.grants and a and a.end and a.end < e.i:
                j = self.judged(a)
                sound = not j.against - {'test-cycle-in-load', 'cycle-number-gap'} and 210 <= j.length <= 240
                empty = a.start.p.get('purpose', 'load') != 'load' and not self.packs_in(a, d)
                out.append((a.at, e.i, 'pass' if sound and empty else 'none', a))
        return out

    @functools.cache
    def leak(self, where, d):
        """[(run, read, outcome)] from three timed pressures: 300 s of settling, then 600 s, at most 0.13 kPa a minute."""
        out = []
        for e in self.tests(where, d, 'vacuum-leak'):
            a = self.attempt_named(e, d) if 'cycle' in e.p else None
            run, p = (a.at if a else e.at), e.p.get('pressures')
            outcome = 'none'
            vacuum = self.h.conf(e.i).number(f'autoclave {where}', 'leak-start-kpa', 7)
            if p and p[0][1] <= vacuum and p[1][0] - p[0][0] >= 300 and p[2][0] - p[1][0] >= 600:
                rate = (p[2][1] - p[1][1]) / (p[2][0] - p[1][0]) * 60
                outcome = 'fail' if rate > 0.13 + 1e-9 else 'pass' if e.grants else 'none'
            if e.p.get('result') == 'fail':
                outcome = 'fail'
            out.append((run, e.i, outcome, a))
        return out

    @functools.cache
    def spores(self, where, d):
        """[(attempt, read, outcome)]: a positive always counts, a negative only with a control of the same lot that grew."""
        out = []
        for e in self.said('indicator', d):
            if e.p['indicator'] != 'biological' or e.p['autoclave'] != where:
                continue
            a, result = self.attempt_named(e, d), e.p['result']
            if a and result == 'fail':
                out.append((a, e.i, 'positive'))
            elif a and result == 'pass' and e.grants:
                control = e.p.get('control')
                out.append((a, e.i, {'growth': 'negative', 'no-growth': 'invalid'}.get(control, 'open')))
        return out

    @functools.cache
    def out_of_service(self, where, d):
        """Since when, and not yet returned: a major fault, or a test that failed."""
        causes = [e.i for e in self.said('fault', d) if e.p['severity'] == 'major' and
                  self.h.conf(e.i).bound(e.device, 'autoclave') == where]
        causes += [read for _, read, outcome, _ in self.penetration(where, d) + self.leak(where, d) if outcome == 'fail']
        causes += [read for _, read, outcome in self.spores(where, d) if outcome == 'positive']
        backs = [r['i'] for r in self.h.acts if r['type'] == 'service' and r['service'] == 'in' and
                 r['autoclave'] == where and r['i'] < d and self.way_back(where, max((c for c in causes if c < r['i']),
                                                                                     default=0), r)]
        return any(c > max(backs, default=0) for c in causes)

    def way_back(self, where, since, act):
        """Three empty cycles, each with a negative spore test and a passing indicator; then, with a vacuum, three
        Bowie-Dick; then an officer."""
        d, good = act['i'], []
        for a in self.h.attempts:
            if a.autoclave == where and since < a.i < d and a.end and a.end < d and not self.packs_in(a, d):
                negative = any(t[0] is a and t[2] == 'negative' for t in self.spores(where, d))
                indicator = any(ok for place in ('outside', 'inside', 'challenge') for _, ok, _ in self.chemical(a, d, place))
                if negative and indicator and not self.judged(a).against - {'test-cycle-in-load'}:
                    good.append(a)
        tests = [t for t in self.penetration(where, d) if t[2] == 'pass' and len(good) >= 3 and t[0] > good[2].at]
        enough = len(good) >= 3 and (len({t[0] for t in tests}) >= 3 or not self.vacuum(where, d))
        return enough and self.h.conf(d).person(act['by'], 'officer')

    def duties_overdue(self, where, day, d):
        conf, no = self.h.conf(d), set()
        section = f'autoclave {where}'
        due = conf.get(section, 'calibration-due')
        if conf.get(section, 'calibration-effect', 'block') == 'block' and (not due or day > day_of(due)):
            no.add('calibration-overdue')
        for duty in (s for s in conf.ini.sections() if s.startswith('duty ')):
            if conf.get(duty, 'effect', 'block') != 'block' or where not in conf.names(duty, 'autoclaves', where):
                continue
            done = [e for e in self.said('duty', d) if e.p['duty'] == duty.split()[1] and
                    (conf.get(duty, 'per', 'autoclave') == 'clinic' or e.p.get('subject') == where)]
            good = [self.clinic_day(e.at) for e in done if e.grants and e.p.get('result', 'pass') == 'pass']
            good += [day_of(conf.get(section, 'commissioned'))] if conf.get(section, 'commissioned') else []
            if not any((day - g).days <= conf.number(duty, 'interval-days') for g in good):
                no.add('duty-overdue')
        return no

    @functools.cache
    def unfit(self, a, d):
        """What keeps a load of this run from being released at d."""
        where, today = a.autoclave, self.clinic_day(a.at)
        no = self.duties_overdue(where, today, d)
        if self.vacuum(where, d):
            good = [t for t in self.penetration(where, d) if t[2] == 'pass' and t[0] < a.at and self.clinic_day(t[0]) == today]
            bad = [t for t in self.penetration(where, d) if t[2] == 'fail']
            disagree = [t for t in good if any(f[3] is t[3] for f in bad)]
            if len(good) == len(disagree):
                no.add('penetration-test-missing')
            leaks = [t for t in self.leak(where, d) if t[2] == 'pass' and t[0] <= a.at]
            if not any((today - self.clinic_day(t[0])).days <= 7 for t in leaks):
                no.add('leak-test-overdue')
        if self.h.conf(d).get('site', 'profile', 'eu') == 'us':
            negative = [t for t in self.spores(where, d) if t[2] == 'negative' and t[0].at <= a.at]
            pending = [self.attempt_named(e, d) for e in self.said('indicator', d) if e.grants and
                       e.p['indicator'] == 'biological' and e.p['autoclave'] == where and
                       (e.p['result'] == 'pending' or (e.p['result'] == 'pass' and 'control' not in e.p))]
            if not any((today - self.clinic_day(t[0].at)).days <= 7 for t in negative) and \
                    not any(p and (today - self.clinic_day(p.at)).days <= 10 for p in pending):
                no.add('spore-test-overdue')
        if self.out_of_service(where, d):
            no.add('out-of-service')
        return no

    # --- 3. May this load be released? -----------------------------------------------------------------------------------

    def taken_apart(self, p, d):
        """Opened, or its items cleaned, before the run began: what was named for the run did not go into it."""
        opened = [e for e in self.said('open', d) if e.i > p.i and self.pack_by_label(e.p['pack'], e.i) is p]
        cleaned = [e for e in self.said('clean', d) if e.i > p.i and e.grants and set(codes(e.p['items'])) & set(p.items)]
        return opened or cleaned

    @functools.cache
    def packs_in(self, a, d):
        """[(pack, in time?)]: named by a manifest for this run. Closes when the hold begins."""
        out = []
        for p in self.packs:
            first = next((e for e in self.said('load', d) if e.grants and e.i > p.i and p.label in e.p['packs'] and
                          self.pack_by_label(p.label, e.i) is p), None)
            if first is None or first.p['autoclave'] != a.autoclave:
                continue
            if self.run_of_manifest(first) is a and not self.taken_apart(p, a.i):
                hold = self.judged(a).hold
                # Samples come in bundles: what is known of the hold is up to a bundle old.
                out.append((p, first.i < a.i or (hold and first.at < a.at + hold[0] + 60 * S and first.i < (a.end or d))))
        return out

    @functools.cache
    def run_of_manifest(self, e):
        """Without a number the next run. With one, the run at hand if it bears it, else the last that did, else the next."""
        runs = [a for a in self.h.attempts if a.autoclave == e.p['autoclave']]
        later = [a for a in runs if a.i > e.i]
        if 'cycle' not in e.p:
            return later[0] if later else None
        same = [a for a in runs if a.cycle == e.p['cycle']]
        before = [a for a in same if a.i < e.i]
        return before[-1] if before else next((a for a in same if a.i > e.i), None)

    def chemical(self, a, d, where):
        """Readings of this run's chemical indicators at one place: [(packs named, result, type, good)]."""
        out = []
        for e in self.said('indicator', d):
            if e.p['indicator'] != 'chemical' or e.p.get('where') != where or self.attempt_named(e, d) is not a:
                continue
            fresh = 'expires' not in e.p or day_of(e.p['expires']) >= self.today(a.at)
            passed = e.p['result'] == 'pass' and e.grants and fresh
            out.append((e.p.get('packs', []), passed, e.p['result'] == 'fail'))
        return out

    def against_pack(self, a, p, in_time, d):
        """What keeps one pack of a released load from being sterile."""
        no = set()
        for place, rule in (('outside', 'indicator-missing'), ('inside', 'manifest-missing')):
            # A bare tray has no outside: whatever lies on it is in plain sight, by whichever name it was recorded.
            places = ('outside', 'inside') if place == 'outside' and p.wrap == 'none' else (place,)
            readings = [r for where in places for r in self.chemical(a, d, where) if not r[0] or p.label in r[0]]
            if any(failed for _, _, failed in readings):
                no.add('indicator-failed')
            if (place == 'outside' or not in_time) and not any(ok for _, ok, _ in readings):
                no.add(rule)
        return no

    @functools.cache
    def against_release(self, e, a, d):
        """Was this release good, with all that was known then?"""
        no = set() if self.person(e, 'by', 'releaser') else {'releaser-unknown'}
        if not a.end or a.end > e.i:
            return no | {'cycle-running'}
        no |= self.judged(a).against | self.unfit(a, e.i)
        if a.start.p.get('purpose', 'load') != 'load' or self.judged(a).program.purpose != 'load':
            no.add('test-cycle-in-load')
        if not e.p['dry'] or len(e.p.get('wet_packs', ())) > 1:
            no.add('wet-pack')
        no |= self.against_load(a, e.i)
        packs = self.packs_in(a, e.i)
        if not packs:
            no.add('manifest-missing')
        for p, in_time in packs:
            no |= self.against_pack(a, p, in_time, e.i)
            no |= self.unsuitable_for_machine(a, p, e.i)
        return no

    @functools.cache
    def against_load(self, a, d):
        """The indicator that policy asks of each load, and the spore test that a class in it asks for."""
        no, wanted = set(), self.h.conf(d).get('policy', 'load-challenge', 'none')
        here = [e for e in self.said('indicator', d) if self.attempt_named(e, d) is a]
        passing = [e for e in here if e.p['indicator'] == 'chemical' and e.p['result'] == 'pass' and e.grants]
        integrating = [e for e in passing if e.p.get('type') in (5, 6) and e.p.get('where') in ('inside', 'challenge')]
        if any(e.p['result'] == 'fail' for e in here if e.p['indicator'] == 'chemical'):
            no.add('indicator-failed')
        if (wanted == 'type-5' or a.grade == 'printout') and not integrating:
            no.add('indicator-missing')
        if wanted == 'helix' and not any(e.p.get('where') == 'challenge' for e in passing):
            no.add('indicator-missing')
        items = [i for p, _ in self.packs_in(a, d) for i in p.items]
        if any(self.h.conf(d).yes(f'class {self.class_of(i, d)}', 'needs-biological', 'no') for i in items) and \
                not any(t[0] is a and t[2] == 'negative' for t in self.spores(a.autoclave, d)):
            no.add('biological-pending')
        return no

    def unsuitable_for_machine(self, a, p, d):
        conf = self.h.conf(d)
        if conf.get(f'autoclave {a.autoclave}', 'class-type') != 'N':
            return set()
        hollow = any(conf.yes(f'class {self.class_of(i, d)}', 'hollow', 'yes') for i in p.items)
        return {'type-unsuitable'} if p.wrap != 'none' or hollow else set()

    def not_released(self, a, p, in_time, d):
        """Released by a good release, rejected by nobody, dry, recalled by nothing since."""
        decisions = [e for e in self.said('release', d) if self.attempt_named(e, d) is a]
        released = [e for e in decisions if e.p['decision'] == 'release' and e.grants]
        rejected = [e for e in decisions if e.p['decision'] == 'reject']
        because = [(self.against_release(e, a, d), e) for e in released]
        good = next((e for against, e in because if not against), None)
        no = set(min((no for no, _ in because), key=len,
                                      default={'load-not-released'}))
        if any(not good or r.i < good.i or not self.ended(r.i, d, attempt=a.label) for r in rejected):
            no.add('load-rejected')
        if good:
            no |= self.against_pack(a, p, in_time, good.i)
            if p.label in good.p.get('wet_packs', ()):
                no.add('wet-pack')
        # What was wet once is not dry because a later word leaves it out.
        if any(p.label in e.p.get('wet_packs', ()) for e in decisions):
            no.add('wet-pack-before')
        return no

    # --- 6. Recalls --------------------------------------------------------------------------------------------------------

    def ended(self, since, d, **like):
        """An officer ended a recall like this after it had begun."""
        begun = [r for r in self.h.acts if r['type'] == 'recall' and 'recall' not in r]
        for r in self.h.acts:
            if r['type'] == 'recall' and r['what'] == 'ended' and since < r['i'] < d and r['recall'] <= len(begun) and \
                    self.h.conf(r['i']).person(r['by'], 'officer'):
                was = begun[r['recall'] - 1]
                if all(was.get(k) == v for k, v in like.items()):
                    return True
        return False

    @functools.cache
    def run_recalled(self, a, d):
        no = set()
        for e in self.said('recall', d):
            if e.p.get('autoclave') == a.autoclave and not self.ended(e.i, d, cause='recall', autoclave=a.autoclave):
                begin, end = (datetime.fromisoformat(e.p[k].replace('Z', '+00:00')).timestamp() * S for k in ('from', 'to'))
                if begin <= a.at <= end:
                    no.add('item-recalled')
        spores = self.spores(a.autoclave, d)
        for positive, read, outcome in spores:
            if outcome != 'positive' or self.ended(read, d, cause='spore-test-positive') or a.i > read:
                continue
            last = max((n.i for n, when, o in spores if o == 'negative' and n.i < positive.i and when < read), default=0)
            if a.i > last:
                no.add('spore-test-positive')
        for e in self.said('open', d):
            pack = self.pack_by_label(e.p['pack'], e.i)
            if e.p['indicator'] == 'fail' and any(p is pack for p, _ in self.packs_in(a, d)) and \
                    not self.ended(e.i, d, cause='internal-indicator-failed', attempt=a.label):
                no.add('internal-indicator-failed')
        for rule, results in (('penetration-test-failed', self.penetration(a.autoclave, d)),
                              ('leak-test-failed', self.leak(a.autoclave, d))):
            for run, read, outcome, _ in results:
                last = max((r for r, when, o, _ in results if o == 'pass' and r < run and when < read), default=0)
                if outcome == 'fail' and not self.ended(read, d, cause=rule, autoclave=a.autoclave) and a.i < read and \
                        a.at > last:
                    no.add(rule)
        return no

    def item_recalled(self, item, d):
        got = self.receipt(item, d)
        _, label = canonical(got.p['item'])
        lot = label.get('10') or got.p.get('lot')
        supplied = got.p.get('sterilized', {}).get('load')
        for e in self.said('recall', d):
            what = e.p
            if (lot and what.get('lot') == lot and not self.ended(e.i, d, lot=lot)) or \
                    (what.get('product') and what['product'] == label.get('gtin') and
                     not self.ended(e.i, d, product=what['product'])) or \
                    (item in codes(what.get('items', ())) and not self.ended(e.i, d, item=item)) or \
                    (supplied and what.get('supplier_load') == supplied and not self.ended(e.i, d, supplier_load=supplied)):
                return {'item-recalled'}
        return set()

    # --- 4. The item ---------------------------------------------------------------------------------------------------------

    @functools.cache
    def receipt(self, item, d):
        """Its first receipt counts."""
        return next((e for e in self.said('receive', d) if e.grants and codes([e.p['item']]) == [item]), None)

    @functools.cache
    def class_of(self, item, d):
        e = self.receipt(item, d)
        if not e:
            return ''
        product = canonical(e.p['item'])[1].get('gtin')
        return self.h.conf(e.i).get(f'product {product}', 'class', e.p.get('class', ''))

    @functools.cache
    def spoilt(self, item, d):
        """Damaged, dropped, cloned: for ever."""
        no = set()
        if any(codes([e.p['item']]) == [item] for e in self.said('damage', d) if 'item' in e.p):
            no.add('item-damaged')
        drops = [e for e in self.said('drop', d) if item in codes(e.p.get('items') or [e.p['item']])]
        drops += [e for e in self.said('session-end', d) if item in codes(e.p.get('dropped', ()))]
        if drops:
            no.add('item-dropped')
        sits = None
        for e in self.said('usage', d):
            if codes([e.p['item']]) != [item]:
                continue
            if e.p['event'] != 'detached' and sits and sits != e.device:
                no.add('item-cloned')
            sits = None if e.p['event'] == 'detached' else e.device
        return no

    @functools.cache
    def use_by_others(self, item, session, d):
        """[(record, by whom)] of all use of this item but this session's."""
        uses = []
        for other, items in self.given.items():
            if other != session and item in items and items[item] < d:
                uses += [(e.i, other) for e in self.uses_of_session(other, d) if e.i > items[item]]
        mine = {e.i for e in self.uses_of_session(session, d)} if session in self.given else set()
        known = {i for i, _ in uses} | mine
        uses += [(e.i, None) for e in self.said('usage', d) + self.said('injury', d) if e.i not in known and
                 'item' in e.p and codes([e.p['item']]) == [item] and e.p.get('event') != 'detached']
        return uses

    def used_or_claimed(self, item, session, d, now, single):
        no = set()
        for i, other in self.use_by_others(item, session, d):
            if single and not (other and self.came_back(item, other, d)):
                no.add('item-used')
        for other, items in self.given.items():
            if other == session or item not in items or items[item] > d:
                continue
            if self.live(other, d, now):
                no.add('item-claimed')
            if single and not self.came_back(item, other, d) and not self.cancelled_cleanly(other, d, now):
                no.add('item-claimed')
        return no

    @functools.cache
    def steps(self, item, session, d):
        """Everything that changed the state of this item, in order: [(record, what)]. Use makes it contaminated."""
        out = [(e.i, 'receive') for e in [self.receipt(item, d)] if e]
        for what in ('clean', 'pack'):
            out += [(e.i, what) for e in self.said(what, d) if e.grants and item in codes(e.p['items'])]
        out += [(i, 'use') for i, _ in self.use_by_others(item, session, d) if not self.came_back_from(i, item, d)]
        for e in self.said('disinfect', d):
            if e.grants and item in codes(e.p['items']) and self.was_on(e, item, [i for i, _ in out if i < e.i], d):
                out.append((e.i, 'disinfect'))
        return sorted(out)

    def was_on(self, e, item, before, d):
        """The agent can have stayed on for as long as was said, or is wanted, since the last that happened to the piece."""
        conf, section = self.h.conf(e.i), f'class {self.class_of(item, d)}'
        least = conf.number(section, 'disinfect-contact-s') or conf.number('policy', 'disinfect-contact-s', 60)
        return not before or self.h.at[max(before)] + e.p.get('contact_s', least) * S <= e.arrived

    def came_back_from(self, i, item, d):
        return any(n == i and other and self.came_back(item, other, d) for n, other in self.use_by_others(item, None, d))

    @functools.cache
    def supplied(self, item, d):
        """sterile, clean or contaminated; and until when, if that was said."""
        e = self.receipt(item, d)
        conf, product = self.h.conf(e.i), canonical(e.p['item'])[1].get('gtin')
        s = e.p.get('sterilized')
        ours = s and s['by'] == 'opening-stock' and self.person(e, 'by', 'officer')
        if s and (ours or conf.yes(f'supplier {s["by"]}', 'approved', 'no')):
            if day_of(s['date']) <= self.today(e.at) <= day_of(s['until']):
                return 'sterile', day_of(s['until'])
        return conf.get(f'product {product}', 'supplied', 'contaminated'), None

    def expired(self, item, d, now):
        e, limits = self.receipt(item, d), []
        label = canonical(e.p['item'])[1]
        if '17' in label:
            limits.append(label_expiry(label['17']))
        if 'expires' in e.p:
            limits.append(day_of(e.p['expires']))
        limits.append(self.supplied(item, d)[1])
        return {'item-expired'} if any(x and self.today(now) > x for x in limits) else set()

    def against_item(self, item, session, d, now):
        """Why this item may not be presented to this session; nothing: it may."""
        if not self.receipt(item, d):
            return {'item-unknown'}
        conf, section = self.h.conf(d), f'class {self.class_of(item, d)}'
        if not conf.ini.has_section(section):
            return {'item-not-sterile'}
        single, wanted = conf.yes(section, 'single-use', 'yes'), conf.get(section, 'required-state', 'sterile')
        no = self.spoilt(item, d) | self.used_or_claimed(item, session, d, now, single) | self.expired(item, d, now)
        no |= self.item_recalled(item, d)
        last = self.steps(item, session, d)[-1][1]
        state = self.supplied(item, d)[0] if last == 'receive' else last
        if state == 'pack':
            return no | self.against_sterilized(item, section, session, d, now)
        good = {'sterile': ('sterile',), 'disinfected': ('sterile', 'disinfect'),
                'clean': ('sterile', 'disinfect', 'clean')}[wanted]
        return no if state in good else no | {f'item-not-{wanted}'}

    def against_sterilized(self, item, section, session, d, now):
        """It lies in a pack: was that pack sterilized here, and is it still?"""
        conf, pack = self.h.conf(d), [p for p in self.packs if item in p.items and p.i < d][-1]
        no = self.against_processing(item, pack, d)
        run, in_time = next(((a, t) for a in self.h.attempts if a.i < d for p, t in self.packs_in(a, d) if p is pack),
                            (None, False))
        if run is None:
            return no | {f'item-not-{conf.get(section, "required-state", "sterile")}'}
        no |= self.not_released(run, pack, in_time, d) | self.run_recalled(run, d) | self.opened(pack, session, d)
        if conf.yes(section, 'single-use', 'yes') and not conf.yes(section, 'sterilize-before-use', 'no'):
            no.add('single-use-in-load')
        limit = conf.number(section, 'reprocessing-limit')
        loads = sum(1 for a in self.h.attempts for p, _ in self.packs_in(a, d) if item in p.items and a.end and a.end < d and
                    self.released(a, d))
        if limit and loads > limit:
            no.add('reprocessing-limit')
        return no | self.unsuitable(section, conf, run, pack) | self.shelf_life(section, conf, run, pack, session, now)

    def released(self, a, d):
        return any(e.grants and e.p['decision'] == 'release' and self.attempt_named(e, d) is a and
                   not self.against_release(e, a, d) for e in self.said('release', d))

    def against_processing(self, item, pack, d):
        """Clean when it was packed: cleaned since it was last used, packed, sterilized, disinfected or received."""
        before = [what for i, what in self.steps(item, None, pack.i)]
        if before[-1] == 'clean' or (before[-1] == 'receive' and self.supplied(item, d)[0] == 'clean'):
            return set()
        return {'item-not-clean'}

    def opened(self, pack, session, d):
        """Opening a pack, or claiming one of its items, ends sterility for all its contents after that session."""
        no = set()
        for e in self.said('open', d):
            if e.i > pack.i and self.pack_by_label(e.p['pack'], e.i) is pack:
                mine = session in self.given and self.room_of[session] == self.h.conf(e.i).bound(e.device, 'room') and \
                    min(self.given[session].values()) < e.i
                if not mine:
                    no.add('pack-opened')
                if e.p['indicator'] != 'pass':
                    no.add('internal-indicator-failed')
        for item in pack.items:
            if any(o != session and item in items and pack.i < items[item] < d for o, items in self.given.items()):
                no.add('pack-opened')
            if any(what in ('clean', 'disinfect', 'use', 'pack') and i > pack.i for i, what in self.steps(item, session, d)):
                no.add('pack-opened')
        damages = [e for e in self.said('damage', d) if e.i > pack.i and 'pack' in e.p]
        if any(self.pack_by_label(e.p['pack'], e.i) is pack for e in damages):
            no.add('item-damaged')
        return no

    def unsuitable(self, section, conf, run, pack):
        p = self.judged(run).program
        programs, wraps = conf.names(section, 'required-programs'), conf.names(section, 'required-wraps')
        if p.id is None or pack.wrap not in p.wraps or (programs and p.id not in programs) or \
                (conf.yes(section, 'hollow', 'yes') and not p.hollow) or (wraps and pack.wrap not in wraps) or \
                (conf.yes(section, 'needs-wrap', 'no') and pack.wrap == 'none'):
            return {'process-unsuitable'}
        return set()

    def shelf_life(self, section, conf, run, pack, session, now):
        """Wrapped: so many days, the last one included. Bare: to the end of the clinic day; critical only by an immediate-use
        program, 30 minutes, for the session that was named when it was packed."""
        if run.end_at is None:
            return {'load-not-released'}
        age = now - run.end_at
        if pack.wrap != 'none':
            days = conf.number(section, 'shelf-life-days', conf.number('policy', 'shelf-life-wrapped-days', 365))
            last = self.today(run.end_at) + timedelta(days=days)
            over = self.today(now) > last and not conf.yes(section, 'event-related', 'no')
        elif conf.yes(section, 'critical', 'yes'):
            limit = conf.number('policy', 'immediate-use-minutes', 30) * 60 * S
            over = not self.judged(run).program.immediate or age >= limit or pack.session != session
        else:
            over = self.clinic_day(now) != self.clinic_day(run.end_at)
        return {'shelf-life-over'} if over else set()

    # --- a permit --------------------------------------------------------------------------------------------------------------

    def begun(self, session, d):
        return bool(self.uses_of_session(session, d))

    def reused(self, item, session, d):
        """Another session's, or in contact elsewhere. Sitting on another handpiece alone stops nobody."""
        contact = {e.i for e in self.said('usage', d) if e.p['event'] in ('contact', 'round')}
        return any(other or i in contact for i, other in self.use_by_others(item, session, d))

    def sterilized_here(self, item, permit):
        return [what for _, what in self.steps(item, permit['session'], permit['i'])][-1:] == ['pack']

    def against_permit(self, permit):
        """{item: rules} for one permit. A session that has begun is stopped only by what its items themselves did."""
        d, now, session = permit['i'], permit['at_us'], permit['session']
        stops = {'item-recalled', 'spore-test-positive', 'penetration-test-failed', 'leak-test-failed', 'item-cloned',
                 'item-damaged', 'item-used', 'load-rejected'}
        bad, asked = {}, codes(self.asked[d].p.get('items', ()))
        if len(set(asked)) != len(asked):
            bad['request'] = {'item-repeated'}
        for item, since in self.given[session].items():
            if since > d:
                continue
            no = self.against_item(item, session, d, now)
            if since < d and self.begun(session, d):
                no &= stops
                if not self.reused(item, session, d):
                    no.discard('item-used')
            if no:
                bad[item] = no
        return bad
