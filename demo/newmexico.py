# SPDX-License-Identifier: Apache-2.0
"""What happened in a spa in New Mexico, in a clinic that has Asepsis. There, nobody could say who had been treated with
what; the investigators had consent forms, handwritten appointments and telephone contacts, and four years (CDC MMWR
73(16), 2024)."""
import json, time

import tell
from day import CARTRIDGE, SLEEVE, code, must

SHOWN = 6    # rows of a long list


def second_client(day):
    tell.at("15:30", "Room 1: a cartridge is presented for a second client")
    day.disinfect("room-1")
    used = code(CARTRIDGE, "SN1002")
    day.ask_for("room-1", "s-6", "ana", "p-2003", ["HP-1", used, code(SLEEVE, "SL4")], "deny", ["item-used"])
    tell.says("room-1", "another one then: its label is smeared, the scanner reads half of it")
    half = f"(01){CARTRIDGE[:-3]}"
    day.ask_for("room-1", "s-6", "ana", "p-2003", ["HP-1", half, code(SLEEVE, "SL4")], "deny",
                ["item-unidentifiable"])
    tell.note("What cannot be told apart cannot be traced: it is not used.")


def spores(day):
    cycle, patient, session = day.past["cycle"], day.past["patient"], day.past["session"]
    tell.at("16:10", "The laboratory calls: last week's spore strip grew")
    tell.says("station-1", f"Ben reads the spore test of cycle {cycle}, a week ago: growth; its control grew too")
    day.station(None, "indicator", autoclave="ac-1", cycle=cycle, indicator="biological", where="challenge",
                lot=day.past["lot"], result="fail", control="growth", reader="ben")
    day.settle(text=False)
    day.wait_alert("spore-test-positive")
    out = day.display.wait("autoclave/ac-1", lambda s: s["service"] == "out")
    tell.note(f"ac-1 is out of service: {out['reasons'][0]['text']}")
    day.ask_for("room-1", "s-7", "ana", "p-2004", ["EX-22"], "deny", ["item-recalled"])
    tell.note("EX-22 came out of that load and was never used: it is in quarantine since the moment of the reading.")
    show(day, "recall", "show", "1")
    found = rows_of(day, "lookback", f"--load={day.past['attempt']}")
    must(any(r.get("session") == session and r.get("patient") == patient for r in found),
         f"{session} of {patient} must be found: {found}")
    tell.note(f"One patient was treated with an instrument of that very load: {patient}, in session {session}. The "
              "officer calls today.")


def months(day):
    """The question of New Mexico: who was treated in that room?"""
    year = day.clinic.year
    tell.at("16:40", "The officer asks who was treated in room 1 from May to September")
    began = time.monotonic()
    found = rows_of(day, "lookback", "--room=room-1", f"--from={year}-05-01", f"--to={year}-09-30")
    took = time.monotonic() - began
    sessions = {r["session"] for r in found}
    patients = {r["patient"] for r in found}
    must(len(sessions) == day.past["room-1"], f"{len(sessions)} sessions found, and {day.past['room-1']} were held")
    tell.note(f"{len(sessions)} sessions of {len(patients)} patients, each with every needle and instrument in it, in "
              f"{took:.1f} s. In New Mexico such a list was put together from consent forms, appointment books and telephone "
              "calls.")


def show(day, *arguments):
    """The command as a person sees it, the middle of a long answer left out."""
    answer = day.clinic.ctl(*arguments)
    must(answer.returncode == 0, f"{arguments} ended with {answer.returncode}: {answer.stderr}")
    rows = answer.stdout.rstrip("\n").split("\n")
    if len(rows) > 2 * SHOWN + 1:
        rows[SHOWN:-SHOWN] = [f"... {len(rows) - 2 * SHOWN} rows ..."]
    tell.command("asepsisctl " + " ".join(arguments), "\n".join(rows))


def rows_of(day, *arguments):
    """The same as a program sees it: one object a row."""
    show(day, *arguments)
    return json.loads(day.clinic.ctl(*arguments, "--json").stdout)["rows"]


CHAPTERS = (second_client, spores, months)
