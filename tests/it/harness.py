# SPDX-License-Identifier: Apache-2.0
"""What the tests of the whole daemon share: a private broker and asepsisd from the files in etc/, devices that speak to
them (both those of demo/), a disk that fails and a clock that is set when they are told to, and a ledger that is read
when the daemon is gone.

A test is `run(function)`: the function gets nothing, says what it has shown with ok(), and fails with must(). BUILD
names the build directory. Exit status: 0 shown, 1 not, 77 something to test with is missing. Whatever is started ends
with the test, however that ends."""
import contextlib, ctypes, datetime, hashlib, json, os, shutil, signal, sqlite3, subprocess, sys, time, traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
sys.path.insert(0, os.path.join(ROOT, "demo"))
try:
    import paho.mqtt.client as mqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
except ImportError:
    print("skipped: python3-paho-mqtt is not installed")
    sys.exit(77)
import clinic as demo  # noqa: E402
from device import Device, Display, NoAnswer, fresh_nonce  # noqa: E402, F401

LOGINS = ("station-1", "ac-1", "room-1", "room-2", "pen-1", "pen-2", "sharps-1", "corridor")
ROLLER, CARTRIDGE, SLEEVE = "00844588004001", "00844588003288", "00844588006029"
SITE = "asepsis/v1/clinic/"
ONE_CONNECTION = "use_username_as_clientid true"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
started = time.monotonic()


class Failed(Exception):
    """It is not as it must be."""


def must(condition, what):
    if not condition:
        raise Failed(what)


def ok(sentence):
    print(f"ok - {sentence} ({time.monotonic() - started:.1f} s)", flush=True)


def until(what, test, seconds=10.0, step=0.02):
    """Waits until the test gives something, and returns that."""
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        must(time.monotonic() < end, f"not within {seconds:.0f} s: {what}")
        time.sleep(step)


def now():
    """The clock that leases count on."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def rules(answer):
    """Those that deny, each once."""
    return sorted({r["rule"] for r in answer["reasons"]})


def roller(serial):
    return f"(01){ROLLER}(21){serial}"


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Clinic(demo.Clinic):
    """`settings`: lines of configuration that differ. `disk`: the ledger's disk can be told to fail, see fail_disk().
    `clock`: the daemon's wall clock can be set, see set_clock(). `broker`: lines added to the broker's configuration.
    `rooms`: there are room-1 to room-N, with pens. `as_shipped`: a login is connected once, as the shipped configuration
    of the broker has it; many tests play several clients with one login."""

    def __init__(self, settings="", disk=False, broker="", rooms=2, logins=(), clock=False,
                 as_shipped=False):
        extra = [f"{what}-{n}" for n in range(3, rooms + 1) for what in ("room", "pen")]
        super().__init__(BUILD, (*LOGINS, *extra, *logins))
        self.settings, self.broker_settings, self.as_shipped, self.open = settings, broker, as_shipped, []
        for n in range(3, rooms + 1):
            self.settings += f"\n[room room-{n}]\n\n[device room-{n}]\nkinds = room\n"
            self.settings += f"\n[device pen-{n}]\nkinds = handpiece\nroom = room-{n}\n"
        self.environment = dict(os.environ)
        for name in ("NOTIFY_SOCKET", "JOURNAL_STREAM", "INVOCATION_ID", "CREDENTIALS_DIRECTORY", "LD_PRELOAD"):
            self.environment.pop(name, None)
        self.shims = [self.build_shim(name) for name, wanted in (("failing-disk", disk), ("wall-clock", clock)) if wanted]
        self.configured = False

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for one in self.open:
            with contextlib.suppress(Exception):
                one.close()
        killed = self.stop()
        if kind and not issubclass(kind, KeyboardInterrupt):
            for name, lines in self.tails(40):
                print(f"--- the end of what {name} said", *lines, sep="\n  ", flush=True)
        self.remove()
        if not kind:
            must("asepsisd" not in killed, "asepsisd did not end within 10 s of SIGTERM")

    # ------------------------------------------------------------------------------------------------------ processes

    def run(self, name, *command):
        if not os.access(command[0], os.X_OK):
            raise demo.Broken(f"there is no {command[0]}: type make first")
        environment = dict(self.environment)
        if self.shims and name.startswith("asepsisd"):
            environment |= {"LD_PRELOAD": ":".join(self.shims), "FAILING_DISK": self.path("disk"),
                            "FAILING_DISK_COUNT": self.path("disk.count"), "WALL_CLOCK": self.path("clock")}
        with open(self.path(name + ".log"), "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    env=environment, preexec_fn=die_with_parent)
        return self.processes[name]

    def broker_configuration(self):
        path = super().broker_configuration()
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if not self.as_shipped:
            text = text.replace(ONE_CONNECTION, f"#{ONE_CONNECTION}")
        self.write(os.path.basename(path), f"{text}\n{self.broker_settings}\n")
        return path

    def stop_broker(self, how=signal.SIGTERM):
        self.end("mosquitto", how)

    def start_broker_again(self):
        """On the same port, with what the one before has stored."""
        self.run("mosquitto", shutil.which("mosquitto", path=os.environ.get("PATH", "") + demo.SBIN), "-c",
                 self.path("mosquitto.conf"))
        must(self.wait_for("mosquitto", lambda: demo.is_listening(self.port)), "mosquitto does not start again")

    def configure(self):
        self.write("asepsisd.password", self.passwords["asepsisd"] + "\n")
        shutil.copy(os.path.join(ROOT, "etc/asepsisd.conf"), self.path("asepsisd.conf"))
        self.write("asepsisd.conf.d/demo.conf", demo.DROP_IN.format(
            host=demo.HOST, port=self.port, folder=self.folder, year=datetime.date.today().year + 1,
            past=datetime.date.today().year))
        # Without a past: its leak test and duties are those of its commissioning.
        self.write("asepsisd.conf.d/fit.conf", "[autoclave ac-1]\ncommissioned = "
                   f"{datetime.date.today() - datetime.timedelta(days=2)}\n")
        self.write("asepsisd.conf.d/test.conf", self.settings)
        self.configured = True

    def start_daemon(self, wait=True):
        if not self.configured:
            self.configure()
        process = self.run("asepsisd", os.path.join(self.build, "asepsisd"), "--config", self.path("asepsisd.conf"))
        if wait and not self.wait_for("asepsisd", self.ready):
            raise Failed("asepsisd does not start, or does not reach the broker")
        return process

    def start(self):
        self.start_broker()
        self.start_daemon()
        return self

    def end(self, name="asepsisd", how=signal.SIGTERM):
        """Its exit status; a signal counts as negative."""
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(how)
        return process.wait(15)

    def status(self):
        answer = self.ctl("status", "--json")
        must(answer.returncode in (0, 1), f"asepsisctl status: {answer.stdout}{answer.stderr}")
        return json.loads(answer.stdout)

    def log_of(self, name="asepsisd"):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # --------------------------------------------------------------------------------------------------- who talks

    def device(self, kind, name, **options):
        d = Device(demo.HOST, self.port, "clinic", kind, name, self.passwords[name], **options)
        self.open.append(d)
        return d

    def display(self):
        d = Display(demo.HOST, self.port, "clinic", "corridor", self.passwords["corridor"])
        self.open.append(d)
        return d

    def client(self, login, name=None, on_message=None, protocol=mqtt.MQTTv5):
        """A bare client, connected."""
        c = mqtt.Client(client_id=name or login, protocol=protocol)
        c.username_pw_set(login, self.passwords[login])
        c.on_message = on_message
        c.connect(demo.HOST, self.port)
        c.loop_start()
        until(f"{login} is let in", c.is_connected)
        c.close = lambda: (c.disconnect(), c.loop_stop())
        self.open.append(c)
        return c

    # -------------------------------------------------------------------------------------------------- disk and clock

    def build_shim(self, name):
        compiler = shutil.which("cc")
        if not compiler:
            print("skipped: there is no C compiler", flush=True)
            os._exit(77)
        shim = self.path(name + ".so")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, os.path.join(HERE, f"shim/{name}.c")], check=True)
        return shim

    def set_clock(self, off_s, asleep_s=0):
        """The daemon's wall clock goes so many seconds before or behind the machine's; the machine slept so long."""
        with open(self.path("clock.new"), "w", encoding="ascii") as f:
            f.write(f"{off_s} {asleep_s}")
        os.rename(self.path("clock.new"), self.path("clock"))

    def fail_disk(self, how):
        """See shim/failing-disk.c for the words; None: the disk is good again."""
        if how:
            with open(self.path("disk.new"), "w", encoding="ascii") as f:
                f.write(how)
            os.rename(self.path("disk.new"), self.path("disk"))
        else:
            os.unlink(self.path("disk"))

    # ---------------------------------------------------------------------------------------------------------- ledger

    @contextlib.contextmanager
    def ledger(self):
        """Of a daemon that has ended: a connection to a copy, so that looking changes nothing."""
        must(self.processes["asepsisd"].poll() is not None, "the daemon still has the ledger")
        with open(self.path("ledger.db"), "rb") as f:
            must(f.read(15) == b"SQLite format 3", "there is no ledger")
        for end in ("", "-wal"):
            if os.path.exists(self.path("ledger.db" + end)):
                shutil.copy(self.path("ledger.db" + end), self.path("look.db" + end))
        db = sqlite3.connect(self.path("look.db"))
        try:
            yield db
        finally:
            db.close()
            for end in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path("look.db" + end))


def check_chain(db):
    """h_i = SHA-256(0x00, h_(i-1), i as 8 bytes, record_i), without a gap. Returns its length."""
    before, n = bytes(32), 0
    for i, record, found in db.execute("SELECT i, CAST(record AS BLOB), hash FROM audit ORDER BY i"):
        n += 1
        must(i == n, f"the audit record after {n - 1} is {i}")
        before = hashlib.sha256(b"\0" + before + i.to_bytes(8, "big") + record).digest()
        must(before == found, f"audit record {i} does not fit its hash")
    must(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the ledger's file is not sound")
    must(not db.execute("PRAGMA foreign_key_check").fetchall(), "a row of the ledger points nowhere")
    return n


def messages_of(db, kind, device):
    """{(boot, seq): [(topic, salt, digest), ...]}, of accepted messages."""
    found = {}
    for boot, seq, *rest in db.execute(
            "SELECT s.boot, m.seq, m.topic, m.salt, m.digest FROM message m JOIN stream s ON s.id = m.stream "
            "WHERE s.kind = ? AND s.device = ?", (kind, device)):
        found.setdefault((boot, seq), []).append(tuple(rest))
    return found


def is_digest(row, payload):
    """Whether the ledger's row is of this payload."""
    topic, salt, digest = row
    return hashlib.sha256(salt + topic.encode() + b"\0" + payload).digest() == digest


def connect_properties(expiry_s):
    p = Properties(PacketTypes.CONNECT)
    p.SessionExpiryInterval = expiry_s
    return p


def run(test):
    def interrupted(signum, frame):
        raise KeyboardInterrupt

    for s in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, interrupted)
    die_with_parent()
    code = 1
    try:
        test()
        code = 0
    except (Failed, demo.Broken, NoAnswer, subprocess.TimeoutExpired) as e:
        print(f"FAILED - {e}\n{''.join(traceback.format_tb(e.__traceback__)[-3:])}", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    except Exception:
        print("FAILED - the test itself:", traceback.format_exc(limit=-6), flush=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # clients' threads do not hold it up
