# SPDX-License-Identifier: Apache-2.0
"""Prints the account. Colour and a reader's pace on a terminal only."""
import os, sys, textwrap, time

sys.stdout.reconfigure(errors="replace")  # a terminal that has no such sign shows another
TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
COLOUR = TERMINAL and "NO_COLOR" not in os.environ
WIDTH = 112
WHO = 10      # column of the speaker
CODES = {"bold": "1", "dim": "2", "green": "32;1", "red": "31;1", "yellow": "33;1", "cyan": "36"}


def paint(text, colour):
    return f"\x1b[{CODES[colour]}m{text}\x1b[0m" if COLOUR else text


def line(text=""):
    print(text, flush=True)
    if TERMINAL:
        time.sleep(0.12)


def wrapped(text, indent):
    return textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]


def rows(text, indent, first=""):
    for i, row in enumerate(wrapped(text, indent)):
        line((first if i == 0 and first else " " * indent) + row)


def title(text, *more):
    line(paint(text, "bold"))
    for m in more:
        rows(m, 0)


def at(clock, what):
    line()
    line(f"{paint(clock, 'cyan')}  {paint(what, 'bold')}")


def says(who, text):
    """A device, or a person at it, does something."""
    rows(text, 7 + WHO, " " * 7 + paint(who.ljust(WHO), "cyan"))


def note(text):
    rows(text, 7 + WHO)


def spark(values, low, high, width=64):
    """A row of blocks, a picture of how something went."""
    blocks = " ▁▂▃▄▅▆▇█"
    step = max(1, len(values) / width)
    picked = [values[min(len(values) - 1, int(i * step))] for i in range(min(width, len(values)))]
    return "".join(blocks[max(0, min(8, round((v - low) / (high - low) * 8)))] for v in picked)


def picture(label, row, text):
    line(" " * (7 + WHO) + f"{label:<12}" + row + "  " + paint(text, "dim"))


def verdict(word, text=""):
    good = word in ("allow", "released", "verified")
    words = paint(("✓ " if good else "✗ ") + word.upper(), "green" if good else "red")
    line(" " * 7 + paint("asepsisd".ljust(WHO), "cyan") + words + (f"  {text}" if text else ""))


def reasons(given):
    for r in given:
        line(" " * (9 + WHO) + paint(r["rule"], "red") + (f"  {paint(r['item'], 'dim')}" if r.get("item") else ""))
        rows(r["text"], 11 + WHO)


def alert(a):
    colour = {"critical": "red", "warning": "yellow"}.get(a["severity"], "cyan")
    line(" " * 7 + paint("alert".ljust(WHO), colour) + paint(f"! {a['severity']}: {a['rule']}", colour))
    rows(a["text"], 9 + WHO)


def command(text, output):
    line()
    line("  " + paint("$ " + text, "bold"))
    for row in output.rstrip("\n").split("\n") if output.strip() else ():
        indent = 2 + len(row) - len(row.lstrip())
        if len(row) > WIDTH - 2:
            rows(row.strip(), indent)
        else:
            line(f"  {row}".rstrip())
