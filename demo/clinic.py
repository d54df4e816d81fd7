# SPDX-License-Identifier: Apache-2.0
"""A private broker and a private daemon in a folder of their own, from the files in etc/ as they are shipped."""
import datetime, json, os, re, secrets, shutil, signal, socket, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SITE = "clinic"
HOST = "127.0.0.1"
SOCKET_PATH_MAX = 107
SBIN = ":/usr/sbin:/usr/local/sbin"

DROP_IN = """# What differs from etc/asepsisd.conf for the simulated day.
[broker]
host = {host}
port = {port}
password-file = {folder}/asepsisd.password

# A minute is too long to wait in a day that is played; in a clinic nobody may ask for less.
[policy]
disinfect-contact-s = 1

[store]
backup-days = 0
path = {folder}/ledger.db
signing-key = {folder}/signing.key

[control]
socket = {folder}/control.sock
# Whoever plays here acts in anybody's name, without a password.
acts = demo
bus = none

# There may be no time service here, and the day must not wait for one.
[gate]
clock = rtc-trusted

# Its cycles are played faster than a clock goes.
[device ac-1]
store-and-forward = yes

# The day on which the clinic's past begins.
[autoclave ac-1]
commissioned = {past}-05-01
calibration-due = {year}-12-31

[practitioner ana]
qualified = skin-needling until {year}-12-31
"""


class Broken(Exception):
    """Broker or daemon did not do what it must."""


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def is_listening(port):
    with socket.socket() as s:
        s.settimeout(0.5)
        return s.connect_ex((HOST, port)) == 0


class Clinic:
    def __init__(self, build, logins):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="asepsis-")
        if len(os.path.join(self.folder, "control.sock")) > SOCKET_PATH_MAX:
            os.rmdir(self.folder)
            self.folder = tempfile.mkdtemp(prefix="asepsis-", dir="/tmp")
        self.passwords = {login: secrets.token_hex(8) for login in ("asepsisd", *logins)}
        self.processes = {}   # name: Popen, in the order of their start
        self.port = None
        self.year = None      # of the months of its past

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(text)
        return self.path(name)

    def run(self, name, *command):
        if not os.access(command[0], os.X_OK):
            raise Broken(f"there is no {command[0]}: type make first")
        with open(self.path(name + ".log"), "ab") as log:
            # A session of its own: Ctrl-C is ours to handle, and with KEEP=1 they outlive us.
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    start_new_session=True)

    # --------------------------------------------------------------------------------------------------------- broker

    def start_broker(self):
        mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + SBIN)
        if not mosquitto:
            raise Broken("mosquitto is not installed: make prepare run")
        passwords = self.write("passwd", "".join(f"{u}:{p}\n" for u, p in self.passwords.items()))
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        shutil.copy(os.path.join(ROOT, "etc/mosquitto/acl"), self.path("acl"))
        os.chmod(self.path("acl"), 0o600)
        for _ in range(5):    # somebody else may take the port first
            self.port = free_port()
            self.run("mosquitto", mosquitto, "-c", self.broker_configuration())
            if self.wait_for("mosquitto", lambda: is_listening(self.port)):
                return
        raise Broken("mosquitto does not start")

    def broker_configuration(self):
        """The shipped one, with paths, port and user of our own."""
        with open(os.path.join(ROOT, "etc/mosquitto/mosquitto.conf"), encoding="utf-8") as f:
            text = f.read()
        for key, value in (("listener", f"{self.port} {HOST}"), ("password_file", self.path("passwd")),
                           ("acl_file", self.path("acl")), ("persistence_location", self.folder + "/")):
            text, n = re.subn(rf"(?m)^{key} .*$", f"{key} {value}", text)
            if n != 1:
                raise Broken(f"etc/mosquitto/mosquitto.conf has {n} lines '{key}', not one")
        user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
        return self.write("mosquitto.conf", text + (f"\nuser {user}\n" if user else ""))

    # --------------------------------------------------------------------------------------------------------- daemon

    def configure(self):
        self.write("asepsisd.password", self.passwords["asepsisd"] + "\n")
        shutil.copy(os.path.join(ROOT, "etc/asepsisd.conf"), self.path("asepsisd.conf"))
        today = datetime.date.today()
        self.year = today.year if today >= datetime.date(today.year, 10, 15) else today.year - 1
        self.write("asepsisd.conf.d/demo.conf", DROP_IN.format(
            host=HOST, port=self.port, folder=self.folder, year=today.year + 1, past=self.year))

    def live_the_past(self):
        """The months before today, through the daemon's own intake. What came of them: its lines, each of words."""
        done = subprocess.run([self.program("past"), self.path("asepsisd.conf"), str(self.year)], capture_output=True,
                              text=True)
        if done.returncode:
            raise Broken(f"the past went wrong: {done.stderr}")
        return [row.split() for row in done.stdout.splitlines()]

    def start_daemon(self):
        self.run("asepsisd", os.path.join(self.build, "asepsisd"), "--config", self.path("asepsisd.conf"))
        if not self.wait_for("asepsisd", lambda: self.ready()):
            raise Broken("asepsisd does not start")

    def ready(self):
        status = self.ctl("status", "--json")
        return status.returncode == 0 and json.loads(status.stdout).get("broker_connected")

    def ctl_command(self, *arguments):
        return [os.path.join(self.build, "asepsisctl"), "--socket", self.path("control.sock"), *arguments]

    def ctl(self, *arguments):
        # As on a terminal in the clinic.
        return subprocess.run(self.ctl_command(*arguments), capture_output=True, text=True,
                              env={**os.environ, "TZ": "Europe/Berlin"})

    def shown(self, arguments):
        """As somebody types them who works in the folder."""
        return [a.removeprefix(self.folder + "/") for a in arguments]

    def program(self, name):
        path = os.path.join(self.build, "demo", name)
        if not os.access(path, os.X_OK):
            raise Broken(f"there is no {path}: make run builds it")
        return path

    def cycle(self, program, fault, seed, length_s):
        """[[seconds, degrees Celsius, kPa], ...]"""
        made = subprocess.run([self.program("cycle"), program, fault, str(seed), str(length_s)], check=True, capture_output=True)
        return json.loads(made.stdout)

    # --------------------------------------------------------------------------------------------------- start and end

    def wait_for(self, name, test, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.processes[name].poll() is None:
            if test():
                return self.processes[name].poll() is None
            time.sleep(0.05)
        return False

    def stop(self):
        """The daemon first; what does not end within 10 s is killed. Returns the names of those that had to be."""
        killed = []
        for name, process in reversed(list(self.processes.items())):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                killed.append(name)
                process.kill()
                process.wait()
        return killed

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def tails(self, rows=25):
        for name in self.processes:
            with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as f:
                yield name, f.read().splitlines()[-rows:]

    def stop_script(self):
        """For KEEP=1: what somebody who goes on from here needs, each login's password too; its end removes the folder."""
        pids = " ".join(str(p.pid) for p in reversed(self.processes.values()))
        self.write("logins", "".join(f"{u} {p}\n" for u, p in self.passwords.items()))
        self.write("stop", f"#!/bin/sh\nfor pid in {pids}; do\n"
                   f"        grep -q '{self.folder}' /proc/$pid/cmdline && kill $pid\n"
                   f"done 2>/dev/null\nsleep 1\nrm -rf '{self.folder}'\n")
        os.chmod(self.path("stop"), 0o700)
        return self.path("stop")
