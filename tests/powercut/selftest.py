"""Proves the power cut: what was synced survives it, what was not is gone.

Called by run.sh as `selftest.py FOLDER`, the folder holding powercut.so and powercut-undo. With `selftest.py commit …` or
`selftest.py files …` it is the program whose power is cut.
"""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROUNDS = 6


def commit_for_ever(database, synchronous):
    """Commits row after row and acknowledges each on standard output after its commit."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    # Checkpoints every few commits: their writes to the main file and the restarts of the log are part of the test.
    connection.execute("PRAGMA wal_autocheckpoint=20")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, filling BLOB)")
    (n,) = connection.execute("SELECT coalesce(max(n), 0) FROM rows").fetchone()
    while True:
        n += 1
        connection.execute("INSERT INTO rows VALUES (?, ?)", (n, random.randbytes(random.randrange(6000))))
        os.write(1, b"%d\n" % n)


def change_files(folder):
    """One change of each kind, to files that were synced before; then waits to be killed."""

    def put(name, content, flags=os.O_CREAT, offset=0, sync=False):
        fd = os.open(os.path.join(folder, name), os.O_WRONLY | flags, 0o600)
        os.pwrite(fd, content, offset)
        if sync:
            os.fsync(fd)
        os.close(fd)

    for name in ("appended", "overwritten", "truncated", "emptied", "removed", "moved", "replaced", "remade"):
        put(name, b"synced " + name.encode(), sync=True)
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    # Folders: what is in one is nowhere until the folder has its name.
    os.mkdir(os.path.join(folder, "links"))
    os.mkdir("made and synced", dir_fd=directory)
    for name in ("incoming", "content"):
        os.makedirs(os.path.join(folder, name))
    put("made and synced/file", b"kept", sync=True)
    os.fsync(directory)
    os.makedirs(os.path.join(folder, "made and lost", "below"))
    put("made and lost/below/file", b"lost", sync=True)
    os.fsync(os.open(os.path.join(folder, "made and lost"), os.O_RDONLY))
    os.mkdir("made by number", dir_fd=directory)
    # Links: names as others are.
    os.link(os.path.join(folder, "appended"), os.path.join(folder, "linked and lost"))
    os.link(os.path.join(folder, "overwritten"), "links/linked and synced", dst_dir_fd=directory)
    os.fsync(os.open(os.path.join(folder, "links"), os.O_RDONLY))
    put("appended", b" and more", offset=15)
    put("overwritten", b"lost", offset=0)
    os.truncate(os.open(os.path.join(folder, "truncated"), os.O_WRONLY), 3)
    put("emptied", b"lost", os.O_TRUNC)
    os.unlink(os.path.join(folder, "removed"))
    os.rename(os.path.join(folder, "moved"), os.path.join(folder, "elsewhere"))
    put("replacement", b"lost name", sync=True)
    os.rename(os.path.join(folder, "replacement"), os.path.join(folder, "replaced"))
    os.unlink(os.path.join(folder, "remade"))
    put("remade", b"lost")
    put("new and never synced", b"lost")
    put("new and synced", b"kept", sync=True)
    # As files are kept that come in parts: written elsewhere, then moved to where they belong.
    for name in ("kept", "forgotten file", "forgotten folder"):
        here, there = os.path.join("incoming", name), os.path.join(folder, "content", name)
        put(here, b"kept", sync=name != "forgotten file")
        os.rename(os.path.join(folder, here), there)
        if name != "forgotten folder":
            os.fsync(os.open(os.path.dirname(there), os.O_RDONLY))
    with open(os.path.join(folder, "new and synced"), "ab", buffering=0) as file:
        file.write(b" but not this")
    os.write(1, b"done\n")
    signal.pause()


class Cut:
    """A folder whose power can be cut."""

    def __init__(self, tools):
        self.tools = tools
        self.base = tempfile.mkdtemp(prefix="powercut-")
        self.folder, self.log = os.path.join(self.base, "data"), os.path.join(self.base, "log")
        os.mkdir(self.folder)
        os.mkdir(self.log)

    def run(self, *arguments, until):
        """Runs this script under the library, kills it at the given line of its output, and cuts the power."""
        environment = os.environ | {
            "LD_PRELOAD": os.path.join(self.tools, "powercut.so"),
            "POWERCUT_DIR": self.folder,
            "POWERCUT_LOG": self.log,
        }
        command = [sys.executable, __file__, *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        lines = []
        for line in child.stdout:
            lines.append(line.decode().strip())
            if len(lines) == until:
                # Somewhere in the work on the next line, or a few later.
                time.sleep(random.random() / 200)
                child.send_signal(signal.SIGKILL)
        child.wait()
        if len(lines) < until:
            sys.exit(f"{arguments} ended by itself after {lines}")
        undo = os.path.join(self.tools, "powercut-undo")
        told = subprocess.run([undo, self.folder, self.log], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
        return lines, told

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.base)


def rows_in(database):
    """How many rows are there, and what SQLite says of the file."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
            return count, verdict
    except sqlite3.DatabaseError as error:
        return 0, str(error)


def try_sqlite(tools, synchronous):
    """Several cuts of one database, which begins with rows that were synced; gives rows acknowledged and rows lost."""
    lost = acknowledged = 0
    with Cut(tools) as cut:
        database = os.path.join(cut.folder, "test.db")
        cut.run("commit", database, "FULL", until=10)
        for _ in range(ROUNDS):
            lines, told = cut.run("commit", database, synchronous, until=random.randrange(20, 200))
            count, verdict = rows_in(database)
            acknowledged, lost = acknowledged + len(lines), lost + max(0, int(lines[-1]) - count)
            print(f"synchronous={synchronous}: row {lines[-1]} acknowledged; {told}; {count} rows left, {verdict}")
            if verdict != "ok":
                sys.exit("the database is broken")
    return acknowledged, lost


def try_files(tools):
    with Cut(tools) as cut:
        _, told = cut.run("files", cut.folder, until=1)
        print(f"files: {told}")
        found = {"made by number": None} if os.path.exists(os.path.join(cut.folder, "made by number")) else {}
        for path, _, names in os.walk(cut.folder):
            for name in (os.path.join(path, name) for name in names):
                with open(name, "rb") as file:
                    found[os.path.relpath(name, cut.folder)] = file.read()
    names = ("appended", "overwritten", "truncated", "emptied", "removed", "moved", "replaced", "remade")
    wanted = {name: b"synced " + name.encode() for name in names}
    wanted |= {"replacement": b"lost name", "new and synced": b"kept"}
    wanted |= {"content/kept": b"kept", "content/forgotten file": b"", "incoming/forgotten folder": b"kept"}
    wanted |= {"made and synced/file": b"kept", "links/linked and synced": b"synced overwritten"}
    return found, wanted


def main(tools):
    passed = failed = 0

    def check(what, holds):
        nonlocal passed, failed
        passed, failed = passed + bool(holds), failed + (not holds)
        print(f"{'ok  ' if holds else 'FAIL'} {what}")

    found, wanted = try_files(tools)
    for name in sorted(found.keys() | wanted.keys()):
        check(f"{name!r} is as it was synced", found.get(name) == wanted.get(name))
    acknowledged, lost = try_sqlite(tools, "FULL")
    check(f"synchronous=FULL loses none of {acknowledged} acknowledged rows", acknowledged > 0 and lost == 0)
    acknowledged, lost = try_sqlite(tools, "NORMAL")
    check(f"synchronous=NORMAL breaks nothing (and lost {lost} of {acknowledged} rows)", acknowledged > 0)
    acknowledged, lost = try_sqlite(tools, "OFF")
    check(f"synchronous=OFF loses rows: {lost} of {acknowledged}", lost > 0)
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["commit", database, synchronous]:
            commit_for_ever(database, synchronous)
        case ["files", folder]:
            change_files(folder)
        case [tools]:
            sys.exit(main(tools) != 0)
        case _:
            sys.exit("usage: selftest.py FOLDER")
