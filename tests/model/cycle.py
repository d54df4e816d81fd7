# SPDX-License-Identifier: Apache-2.0
"""Section 1 of the rules, from all samples at once: why a cycle does not count as verified. Slow, and easy to read."""
from math import ceil, sqrt

N = (1167.0521452767, -724213.16703206, -17.073846940092, 12020.824702470, -3232555.0322333, 14.915108613530,
     -4823.2657361591, 405113.40542057, -0.23855557567849, 650.17534844798)


def saturation_mc(pa):
    """IAPWS-IF97, region 4, equation 31: thousandths of a degree Celsius; None where there is no such temperature."""
    if not 612 <= pa <= 22064000:
        return None
    b = (pa / 1e6) ** 0.25
    e = b * b + N[2] * b + N[5]
    f = N[0] * b * b + N[3] * b + N[6]
    g = N[1] * b * b + N[4] * b + N[7]
    d = 2 * g / (-f - sqrt(f * f - 4 * e * g))
    return round((N[9] + d - sqrt((N[9] + d) ** 2 - 4 * (N[8] + N[9] * d))) / 2 * 1000 - 273150)


EDGE = 150_000_000  # us


class Program:
    """What the configuration says of a program in an autoclave."""

    def __init__(self, conf, autoclave, announced):
        self.id = None
        machine = f'autoclave {autoclave}'
        for p in conf.names(machine, 'programs'):
            if conf.get(f'program {p}', 'announced', p) == announced:
                self.id = p
        if self.id is None:
            return
        s = f'program {self.id}'
        self.purpose = conf.get(s, 'purpose', 'load')
        self.prevacuum = conf.get(s, 'type') == 'prevacuum'
        self.pulses, self.pulse_pa = conf.number(s, 'pulses', 0), conf.number(s, 'pulse-pressure-kpa', 0) * 1000
        self.immediate = conf.yes(s, 'immediate-use', 'no')
        self.wraps, self.hollow = conf.names(s, 'wraps'), conf.yes(s, 'suits-hollow', 'no')
        self.judged = conf.get(s, 'set-temperature') is not None and conf.get(s, 'hold-min') is not None
        if not self.judged:
            return
        self.low = round(conf.celsius(s, 'set-temperature') * 1000)
        en285 = conf.get(machine, 'band') == 'en285'
        self.high = self.low + (3000 if en285 else 4000)
        step = round(conf.number(machine, 'display-step-c', 0.1) * 1000)
        self.narrow = round(conf.number(machine, 'uncertainty-c') * 1000) + ceil(step / 2)
        self.least_s = conf.seconds(s, 'hold-min')
        self.set_s = conf.seconds(s, 'set-hold', self.least_s)
        self.gap_s = conf.number(machine, 'max-gap-s', 2.5 if en285 else 10)
        printed = conf.number(machine, 'print-interval-s')
        self.print_gap_s = self.gap_s if printed is None else min(printed * 1.025, 180)


def rows_that_count(p, samples):
    """[(t, temperature, pressure, saturation, does it count)]: equal rows merged, at most two spikes dropped."""
    rows = []
    for s in samples:
        if not rows or s != rows[-1][:3]:
            t, temperature, pressure = s
            sat = saturation_mc(pressure)
            counts = (sat is not None and p.low + p.narrow <= temperature <= p.high - p.narrow
                      and p.low <= sat <= p.high and abs(temperature - sat) <= 2000)
            rows.append((t, temperature, pressure, sat, counts))
    n = dropped = 0
    while 0 < n + 1 < len(rows) - 1 and dropped < 2:
        n += 1
        before, spike, after = rows[n - 1:n + 2]
        if before[4] and after[4] and abs(spike[1] - before[1]) > 20000 and abs(spike[1] - after[1]) > 20000:
            del rows[n]
            n -= 1
            dropped += 1
    return rows


def hold_of(rows):
    """The longest unbroken stretch of rows that count: (its first, its last), or None."""
    best, first = None, None
    for n, row in enumerate(rows):
        if not row[4]:
            first = None
            continue
        first = n if first is None else first
        if best is None or row[0] - rows[first][0] > rows[best[1]][0] - rows[best[0]][0]:
            best = (first, n)
    return best


def pulses_of(p, rows, plateau):
    n, inside = 0, False
    for _, _, pressure, _, _ in rows[:plateau]:
        if inside:
            inside = pressure < p.pulse_pa + 20000
        elif 612 <= pressure < p.pulse_pa:
            n, inside = n + 1, True
    return n


def contradict(p, rows):
    """For a minute one sensor says: in the band; and the other is more than 10 K off."""
    since = None
    for t, temperature, _, sat, _ in rows:
        banded = p.low + p.narrow <= temperature <= p.high - p.narrow
        steam = sat is not None and p.low <= sat <= p.high
        if (sat is None or abs(temperature - sat) > 10000) and (banded or steam):
            since = t if since is None else since
            if t - since >= 60_000_000:
                return True
        else:
            since = None
    return False


class Judged:
    """`against`: every rule that says no; `hold`: (begin, end) in us since the start; `length`: s."""

    def __init__(self, history, a):
        conf = history.conf(a.end or a.i)
        self.against, self.hold, self.length = set(), None, 0
        self.program = p = Program(conf, a.autoclave, a.start.p['program'])
        if p.id is None:
            self.against.add('program-unknown')
            return
        if a.outcome != 'completed':
            self.against.add('outcome-not-completed')
        said = a.start.p
        if not p.judged:
            self.against.add('test-cycle-in-load')
            return
        if abs(said.get('set_temperature_c', p.low / 1000) * 1000 - p.low) > 50.5 or \
                abs(said.get('set_hold_s', p.set_s) - p.set_s) > 0.5:
            self.against.add('program-altered')
        self.judge_samples(a, p)
        self.judge_arrival(history, conf, a)

    def judge_samples(self, a, p):
        if any(later[0] < earlier[0] for earlier, later in zip(a.samples, a.samples[1:])):
            self.against.add('samples-inconsistent')
        rows = rows_that_count(p, a.samples)
        hold = hold_of(rows)
        if hold:
            held = rows[hold[0]:hold[1] + 1]
            self.hold = held[0][0], held[-1][0]
            self.length = (self.hold[1] - self.hold[0]) / 1e6
            if max((b[0] - a[0] for a, b in zip(held, held[1:])), default=0) > \
                    1e6 * (p.print_gap_s if a.grade == 'printout' else p.gap_s):
                self.against.add('samples-too-sparse')
        if self.length < max(p.least_s, p.set_s * 0.975) - 1e-6:
            self.against.add('hold-too-short')
        warm = [n for n, row in enumerate(rows) if row[1] >= p.low]
        if warm:
            begun = rows[warm[0]][0]
            if any(rows[n][1] > p.low + 5000 or (rows[n][1] > p.high and rows[n][0] - begun > 60_000_000) for n in warm):
                self.against.add('temperature-high')
        if p.prevacuum and pulses_of(p, rows, warm[0] if warm else len(rows)) < p.pulses:
            self.against.add('air-removal-short')
        if contradict(p, rows):
            self.against.add('samples-inconsistent')

    def judge_arrival(self, history, conf, a):
        """Messages lost inside the hold, or perhaps lost with a restart; a device's clock that tells another story."""
        if not a.samples or not a.sample_messages or any(a.i < s['i'] < (a.end or 1 << 62) for s in history.starts):
            return  # the daemon was away: when the samples were sent is not known
        lost = [g['at_us'] for g in history.gaps if a.i < g['i'] < (a.end or 1 << 62) and
                conf.bound(g['device'], 'autoclave') == a.autoclave]
        lost += [e.at for before, e in zip(a.sample_messages, a.sample_messages[1:]) if before.boot != e.boot]
        # A loss is noticed with the messages after it, and each brings a bundle: near the edges nothing is held against it.
        if self.hold and any(self.hold[0] + EDGE < at - a.at < self.hold[1] - EDGE for at in lost):
            self.against.add('samples-missing')
        passed, told = a.sample_messages[-1].at - a.at, a.samples[-1][0]
        if not conf.yes(f'device {a.start.device}', 'store-and-forward', 'no') and \
                abs(passed - told) > 15_000_000 + told / 100:
            self.against.add('samples-inconsistent')
