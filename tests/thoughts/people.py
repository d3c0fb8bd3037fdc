"""People with the `thoughts` command line, each device with a folder of its own."""

import json
import os
import pathlib
import subprocess
import time

PROGRAM = os.environ.get("THOUGHTS_BIN", "thoughts")


class Refused(Exception):
    """A command that ended with an error: its kind, message and next step."""

    def __init__(self, arguments, error, output):
        self.kind = error.get("kind")
        self.message = error.get("message", "")
        self.next = error.get("next")
        super().__init__(f"{' '.join(arguments)}: {self.kind}: {self.message} ({output[-600:]})")


class Person:
    """One device of one user."""

    def __init__(self, work, server, name, device="first"):
        self.work, self.server, self.name = pathlib.Path(work), server, name
        self.id = f"@{name}:{server.name}"
        self.password = f"password-of-{name}"
        self.folder = self.work / "people" / name / device
        self.folder.mkdir(parents=True, exist_ok=True)
        self.recovery_key = None
        self.seconds = 0.0

    def __str__(self):
        return self.name

    def environment(self):
        return os.environ | {
            "THOUGHTS_DATA": str(self.folder),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def start(self, *arguments, stdin=None):
        """A command that goes on: its process, with lines on stdout."""
        return subprocess.Popen(
            [PROGRAM, "--json", *arguments], env=self.environment(), text=True, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def lines(self, *arguments, stdin=None, timeout=240):
        """Runs a command to its end, and gives the objects it printed."""
        began = time.monotonic()
        done = subprocess.run(
            [PROGRAM, "--json", *arguments], env=self.environment(), text=True, input=stdin or "",
            capture_output=True, timeout=timeout,
        )
        self.seconds = time.monotonic() - began
        objects = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        errors = [each["error"] for each in objects if "error" in each]
        if done.returncode != 0 or errors:
            error = errors[0] if errors else {"kind": f"exit {done.returncode}", "message": done.stderr[-800:]}
            raise Refused(arguments, error, done.stdout + done.stderr)
        return objects

    def run(self, *arguments, stdin=None, timeout=240):
        """As lines, for commands that print one object."""
        objects = self.lines(*arguments, stdin=stdin, timeout=timeout)
        return objects[-1] if objects else {}

    def refused(self, *arguments, stdin=None):
        """The error of a command that must fail; nothing if it does not."""
        try:
            self.run(*arguments, stdin=stdin)
        except Refused as refusal:
            return refusal
        return None

    def register(self):
        told = self.run("register", self.server.url, self.name, "--password-stdin", stdin=f"{self.password}\n")
        self.recovery_key = told.get("recovery_key")
        return told

    def other_device(self, device, key=True):
        """Logs in on another device, with the recovery key or without."""
        other = Person(self.work, self.server, self.name, device)
        other.recovery_key = self.recovery_key
        arguments = ["login", self.server.url, self.name, "--password-stdin"]
        stdin = f"{self.password}\n"
        if key:
            arguments.append("--recovery-key-stdin")
            stdin += f"{self.recovery_key}\n"
        other.told = other.run(*arguments, stdin=stdin)
        return other

    def texts(self, author, limit=200):
        """The texts that the profile page of an author shows, oldest first."""
        shown = self.lines("read", author.id, "--limit", str(limit))
        readable = [each for each in shown if not each["undecryptable"]]
        return [each["text"] for each in sorted(readable, key=lambda each: each["date_ms"])]

    def feed(self, limit=100):
        return [each["text"] for each in self.lines("feed", "--limit", str(limit)) if not each["undecryptable"]]

    def relation(self, other):
        """What there is between this person and another, as `friends` says."""
        people = {each["user_id"]: each["relation"] for each in self.lines("friends")}
        return people.get(other.id)


def befriend(author, friend, message="It is me."):
    """One action on each side; gives what each command said."""
    asked = friend.run("friend", "request", author.id, "--message", message)
    accepted = author.run("friend", "accept", friend.id)
    return asked, accepted
