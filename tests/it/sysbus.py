# SPDX-License-Identifier: Apache-2.0
"""A machine of its own for asepsisd on a system bus: a private mount namespace with users, a bus, polkit with our policy and
the rules of a test, and PAM for its passwords. Nothing of the real machine is touched: /run is another one, and users, PAM
and polkit's folders are copies.

`enter()` comes first: it starts the test anew inside; exit status 77 where that cannot be. Then `with Machine() as m`."""
import contextlib, crypt, json, os, pty, re, select, shutil, signal, subprocess, sys, time

import harness
from harness import Clinic, must, until

PEOPLE = {"ana": 61001, "ben": 61002, "clara": 61003, "dora": 61004, "mallory": 61005, "outsider": 61006}
ASEPSIS = 61000
PASSWORD = "correct horse {}"
POLKITD, AGENT = "/usr/lib/polkit-1/polkitd", "/usr/bin/pkttyagent"
INSIDE = "ASEPSIS_TEST_INSIDE"
USERS = """
[control]
acts = signed
bus = system
[policy]
disinfect-contact-s = 60
[practitioner ana]
user = ana
[practitioner ben]
user = ben
[practitioner clara]
user = clara
[practitioner dora]
roles = officer
user = dora
"""
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>{folder}</includedir>
</busconfig>
"""
PAM = """auth     [success=1 default=ignore] pam_unix.so nodelay
auth     requisite pam_deny.so
auth     required  pam_permit.so
account  required  pam_permit.so
session  required  pam_permit.so
password required  pam_deny.so
"""


def skip(why):
    print(f"skipped: {why}", flush=True)
    sys.exit(77)


def enter():
    """Runs the test in a namespace of its own."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        skip("another machine inside this one is made by root only")
    for program in ("unshare", "setpriv", "dbus-daemon", "dbus-send", "dbus-monitor", "busctl", POLKITD, AGENT):
        if not shutil.which(program):
            skip(f"{program} is not installed")
    if subprocess.run(["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/run"],
                      capture_output=True).returncode:
        skip("no mount namespace can be made here")
    os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
               {**os.environ, INSIDE: "1"})


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class Machine(Clinic):
    def __init__(self, settings="", **options):
        super().__init__(settings=USERS + settings, **options)
        self.rules_there = 0
        os.chmod(self.folder, 0o711)
        mount("-t", "tmpfs", "-o", "mode=755", "none", "/run")
        for folder in ("dbus", "systemd/seats", "systemd/sessions", "systemd/users", "systemd/machines"):
            os.makedirs(os.path.join("/run", folder))
        self.make_users()
        self.replace("/etc/pam.d", {"polkit-1": PAM})
        self.replace("/etc/polkit-1/rules.d", {})
        with open(os.path.join(harness.ROOT, "systemd/org.asepsis1.policy"), encoding="utf-8") as f:
            self.replace("/usr/share/polkit-1/actions", {"org.asepsis1.policy": f.read()})
        self.programs()

    # ------------------------------------------------------------------------------------------------------- the machine

    def replace(self, folder, files, keep=False):
        """A copy takes the folder's place, with these files in it."""
        copy = self.path(folder.strip("/").replace("/", "_"))
        os.makedirs(copy)
        os.chmod(copy, 0o755)
        for name, text in files.items():
            with open(os.path.join(copy, name), "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(os.path.join(copy, name), 0o644)
        os.makedirs(folder, exist_ok=True)
        mount("--bind", copy, folder)

    def make_users(self):
        users = {"asepsis": ASEPSIS, **PEOPLE}
        more = {
            "passwd": "".join(f"{n}:x:{u}:{u}:{n}:/:/bin/sh\n" for n, u in users.items()),
            "shadow": "".join(f"{n}:{crypt.crypt(PASSWORD.format(n), crypt.mksalt(crypt.METHOD_SHA256))}:20000::::::\n"
                              for n in users),
            "group": f"asepsis:x:{ASEPSIS}:{','.join(n for n in PEOPLE if n != 'outsider')}\n" +
                     "".join(f"{n}:x:{u}:\n" for n, u in PEOPLE.items())}
        for name, rows in more.items():
            with open(f"/etc/{name}", encoding="utf-8") as f:
                there = "".join(row for row in f if row.split(":")[0] not in users)
            copy = self.write(f"etc_{name}", there.rstrip("\n") + "\n" + rows)
            os.chmod(copy, 0o640 if name == "shadow" else 0o644)
            mount("--bind", copy, f"/etc/{name}")

    def programs(self):
        """Where users reach them."""
        os.makedirs(self.path("bin"))
        for name in ("asepsisd", "asepsisctl"):
            shutil.copy(os.path.join(self.build, name), self.path(f"bin/{name}"))
        os.chmod(self.path("bin"), 0o755)

    def start_bus(self):
        folder = self.path("system.d")
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        for name in (os.path.join(harness.ROOT, "systemd/org.asepsis1.conf"),
                     "/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf"):
            shutil.copy(name, folder)
        self.write("bus.conf", BUS_CONFIG.format(folder=folder))
        os.chmod(self.path("bus.conf"), 0o644)
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/run/dbus/system_bus_socket")
        self.run("dbus-daemon", shutil.which("dbus-daemon"), "--nofork", "--nopidfile", "--config-file", self.path("bus.conf"))
        until("the bus is there", lambda: self.busctl("root", "status", check=False).returncode == 0)

    def start_polkit(self):
        self.run("polkitd", POLKITD, "--no-debug")
        until("polkit is there", lambda: self.has_name("org.freedesktop.PolicyKit1"))

    def has_name(self, name):
        return "true" in self.busctl("root", "call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner", "s",
                                     name, check=False).stdout

    def start_daemon(self, wait=True):
        if not self.configured:
            self.configure()
        for folder, folders, files in os.walk(self.folder):
            below = os.path.relpath(folder, self.folder)
            if below in ("bin", "system.d") or "_" in below:
                continue    # the machine's, not the daemon's
            for name in (folder, *(os.path.join(folder, f) for f in files if not f.startswith("etc_"))):
                os.chown(name, ASEPSIS, ASEPSIS)
        os.chmod(self.folder, 0o711)
        process = self.run("asepsisd", *self.as_user("asepsis"), self.path("bin/asepsisd"), "--config",
                           self.path("asepsisd.conf"))
        if wait and not self.wait_for("asepsisd", self.ready):
            raise harness.Failed("asepsisd does not start, or does not reach the broker")
        return process

    def start(self):
        self.start_bus()
        self.start_polkit()
        self.start_broker()
        self.start_daemon()
        until("the daemon is on the bus", lambda: self.has_name("org.asepsis1"))
        return self

    def rules(self, text):
        """polkit's rules, from now on."""
        self.rules_there += 1
        path = f"/etc/polkit-1/rules.d/{10 + self.rules_there}-test.rules"
        for name in os.listdir("/etc/polkit-1/rules.d"):
            os.unlink(os.path.join("/etc/polkit-1/rules.d", name))
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o644)
        self.end("polkitd")
        self.start_polkit()

    # ---------------------------------------------------------------------------------------------------------- callers

    def as_user(self, user):
        if user == "root":
            return ["/usr/bin/env"]
        return ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]

    def busctl(self, user, *arguments, check=True, timeout=30):
        done = subprocess.run([*self.as_user(user), "busctl", "--system", *arguments], capture_output=True, text=True,
                              timeout=timeout)
        must(not check or done.returncode == 0, f"{user}: busctl {arguments}: {done.stderr}")
        return done

    def call(self, user, member, signature="", *arguments):
        """The answer, or the error's name and text."""
        done = self.busctl(user, "--allow-interactive-authorization=no", "call", "org.asepsis1", "/org/asepsis1",
                           "org.asepsis1.Manager", member, signature, *arguments, check=False)
        return done.stdout if done.returncode == 0 else done.stderr

    def error(self, user, member, *arguments):
        """The name of the error that a call ends with, which nobody was asked for a password in; "" where it is done."""
        done = subprocess.run([*self.as_user(user), "dbus-send", "--system", "--print-reply", "--dest=org.asepsis1",
                               "/org/asepsis1", f"org.asepsis1.Manager.{member}", *arguments], capture_output=True, text=True,
                              timeout=30)
        found = re.match(r"Error (\S+):", done.stderr)
        return found.group(1) if found else "" if done.returncode == 0 else done.stderr

    def ctl_as(self, user, *arguments, json_too=True):
        """Without a terminal: nobody can be asked for a password."""
        done = subprocess.run([*self.as_user(user), self.path("bin/asepsisctl"), *arguments, *(["--json"] if json_too else [])],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if not json_too:
            return done
        try:
            return json.loads(done.stdout)
        except ValueError as e:
            raise harness.Failed(f"{user} {arguments}: {done.stdout} {done.stderr}") from e

    def sign(self, user, *arguments, password=None, asked_for=None, seconds=30):
        """On a terminal of its own, where the password is typed when it is asked for, or asked_for(pid) called instead. (exit
        status, what was shown, how often a password was asked for)."""
        password = PASSWORD.format(user) if password is None else password
        pid, fd = pty.fork()
        if pid == 0:
            command = [*self.as_user(user), self.path("bin/asepsisctl"), *arguments]
            os.environ.update(TERM="dumb", PATH="/usr/bin:/bin:/usr/sbin")
            os.execv(command[0], command)
        shown, asked, end = "", 0, time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                if not select.select([fd], [], [], 0.2)[0]:
                    continue
                try:
                    piece = os.read(fd, 4096).decode(errors="replace")
                except OSError:
                    piece = ""
                if not piece:
                    break
                shown += piece
                if shown.count("Password:") > asked:
                    asked += 1
                    time.sleep(0.1)
                    if asked_for:
                        asked_for(pid)
                    else:
                        os.write(fd, password.encode() + b"\n")
            else:
                os.kill(pid, signal.SIGKILL)
                raise harness.Failed(f"{user} {arguments}: not within {seconds} s: {shown}")
        finally:
            os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown, asked
