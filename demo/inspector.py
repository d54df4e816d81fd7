# SPDX-License-Identifier: Apache-2.0
"""Papers for somebody who trusts neither the clinic nor this program: what is handed out, and what becomes of whoever
changes it afterwards."""
import base64, hashlib, json, os, subprocess, time

import tell
from clinic import ROOT
from day import must


def papers(day):
    tell.at("18:30", "An inspector is announced: the papers")
    cycle = day.released[0][0]
    for what, name in ((("load", "ac-1", str(cycle)), "load"), (("session", "s-2"), "session"),
                       (("period", time.strftime("%Y-%m")), "month")):
        path = day.clinic.path(f"{name}.html")
        day.officer("report", *what, "-o", path)
        with open(path, encoding="utf-8") as f:
            page = f.read()
        must("</html>" in page and "<script" not in page, f"{path} is no page")
    tell.note("One page each, for a browser or for paper: evidence, verdict, signatures, and how to check them.")


def record(day):
    """What leaves the house: the record, the key, and a head that the inspector has kept since the last visit."""
    tell.at("18:40", "The inspector takes the whole record along, and checks it at home, by a program that shares no "
                     "code with the daemon")
    path, key, head = (day.clinic.path(name) for name in ("record.jsonl", "key.jwk", "head.jws"))
    day.officer("audit", "export", "-o", path)
    for name, arguments in ((key, ("key", "--jwk")), (head, ("audit", "head"))):
        with open(name, "w", encoding="ascii") as f:
            f.write(day.clinic.ctl(*arguments).stdout)
    check(day, path, 0)
    tell.note("Somebody would rather not have been told about the needle of room 1, and makes the answer an allow:")
    lines = changed(path)
    check(day, written(day, "changed.jsonl", lines), 1)
    tell.note("Somebody who knows how the hashes are made does it again, and makes every hash behind it anew:")
    check(day, written(day, "forged.jsonl", rehashed(lines)), 1)


def changed(path):
    """The denied needle of the day, as if it had been allowed."""
    with open(path, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    for line in lines:
        if '"item-used"' in line.get("record", "") and '"session":"s-6"' in line["record"]:
            line["record"] = line["record"].replace('"verdict":"deny"', '"verdict":"allow"')
            return lines
    raise AssertionError("the needle of room 1 is not in the record")


def written(day, name, lines):
    path = day.clinic.path(name)
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    return path


def rehashed(lines):
    """By doc/audit.md: SHA-256 of a zero byte, the hash before, the number and the record."""
    before = bytes(32)
    for line in lines:
        if "record" in line:
            before = hashlib.sha256(b"\0" + before + line["i"].to_bytes(8, "big") + line["record"].encode()).digest()
            line["hash"] = base64.urlsafe_b64encode(before).rstrip(b"=").decode()
    lines[-1]["head"] = lines[-2]["hash"]
    return lines


def check(day, path, status):
    arguments = (path, "--key", day.clinic.path("key.jwk"), "--head", day.clinic.path("head.jws"))
    answer = subprocess.run([os.path.join(ROOT, "verify/asepsis-verify"), *arguments], capture_output=True, text=True)
    said = (answer.stdout + answer.stderr).replace(day.clinic.folder + "/", "")
    tell.command("asepsis-verify " + " ".join(day.clinic.shown(arguments)), said)
    tell.line()
    must(answer.returncode == status, f"asepsis-verify ended with {answer.returncode}: {answer.stderr}")


CHAPTERS = (papers, record)
