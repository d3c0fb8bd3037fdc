"""Checks that are counted, and patience."""

import sys
import time

passed = 0
failed = 0


class Failed(Exception):
    """A check that the rest of its chapter builds on."""


def chapter(name):
    print(f"-- {name}", flush=True)


def check(what, holds, seen=None):
    """Counts a check; what was seen is printed where it does not hold."""
    global passed, failed
    if holds:
        passed += 1
        print(f"ok   {what}", flush=True)
    else:
        failed += 1
        print(f"FAIL {what}: {seen!r}"[:2000], flush=True)
    return bool(holds)


def must(what, holds, seen=None):
    """As check, and ends the chapter."""
    if not check(what, holds, seen):
        raise Failed(what)


def same(what, seen, expected):
    return check(what, seen == expected, {"seen": seen, "expected": expected})


def eventually(look, seconds=90, pause=0.5):
    """Calls `look` until it gives something true, and returns the last it gave."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(pause)


def closing_line():
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(0 if failed == 0 and passed > 0 else 1)
