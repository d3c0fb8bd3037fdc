#!/usr/bin/env python3
"""The stories of thoughts, told with the `thoughts` command line on two homeservers.

    story.py WORK [CHAPTER...]

WORK is an empty folder. Environment: THOUGHTS_BIN, PARTICIPANT_BIN and PEERBRAIN_BIN (the programs), A and B (peerbrain or synapse: where
the author and the friends are at home), A_DATABASE and B_DATABASE (sqlite, or the URL of a PostgreSQL), FIRST_PORT (28020:
that one and the next, and both with 400 more), STORY_KILLS (how often a server is killed in the chapter of kills).
Closing line: `N passed, N failed`.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback

import bad_input
import checks
import kills
import later
import meeting
import others
import privacy
import second
from servers import TESTS, Server

# In their order: some build on the people of the first.
CHAPTERS = [
    ("meeting", meeting.friends_read_what_was_before),
    ("conversation", meeting.they_talk),
    ("removal", meeting.who_is_removed_reads_no_more),
    ("audiences", meeting.three_audiences),
    ("second_device", later.the_second_device_reads_old_thoughts),
    ("recovery", later.who_loses_a_device_has_everything_back),
    ("offline", later.what_is_posted_offline_is_sent_later),
    ("side_by_side", later.commands_side_by_side),
    ("public", privacy.public_thoughts_are_for_all),
    ("operator", privacy.a_device_that_an_operator_adds_gets_nothing),
    ("participants", second.two_participants),
    ("participant_reads", second.the_participant_reads),
    ("participant_writes", second.the_participant_writes),
    ("js_sdk", others.with_js_sdk),
    ("rust_sdk", others.with_rust_sdk),
    ("bad_input", bad_input.what_cannot_be_is_said),
    ("many", later.many_old_thoughts_at_once),
    ("kills", kills.servers_die_in_between),
    ("plaintext", privacy.no_server_holds_a_word),
]


class Stage:
    """The servers, and a place for what chapters share."""

    def __init__(self, work):
        self.work = pathlib.Path(work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        port = int(os.environ.get("FIRST_PORT", "28020"))
        kind = lambda side: os.environ.get(side, "peerbrain")
        database = lambda side: os.environ.get(f"{side}_DATABASE", "sqlite")
        self.a = Server(self.work, kind("A"), "a", port, database("A"))
        self.b = Server(self.work, kind("B"), "b", port + 1, database("B"))
        self.tag = os.urandom(3).hex()
        self.secrets = []
        self.public_words = []

    def start(self):
        tls = self.work / "tls"
        subprocess.run([TESTS / "federation" / "certificates.sh", tls], check=True)
        self.a.start(tls, [self.b])
        self.b.start(tls, [self.a])

    def stop(self):
        for server in (self.a, self.b):
            try:
                server.stop()
            except OSError:
                pass

    def secret(self, text):
        """Notes words that no server may ever hold; they end in what tells this run from others."""
        assert text.endswith(f"{self.tag}-plain"), text
        self.secrets.append(text)
        return text


def main():
    work, *wanted = sys.argv[1:]
    stage = Stage(work)
    unknown = set(wanted) - {name for name, _ in CHAPTERS}
    if unknown:
        sys.exit(f"no such chapter: {', '.join(unknown)}")
    # Whoever ends the story ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        stage.start()
        for name, tell in CHAPTERS:
            if wanted and name not in wanted:
                continue
            checks.chapter(f"{name}: author on {stage.a.kind}, friends on {stage.b.kind}")
            began = time.monotonic()
            try:
                tell(stage)
            except checks.Failed:
                pass
            except Exception as error:
                traceback.print_exc()
                checks.check(f"{name} comes to its end", False, str(error))
            print(f"   {time.monotonic() - began:.1f} s", flush=True)
    finally:
        stage.stop()
    checks.closing_line()


if __name__ == "__main__":
    main()
