"""Servers that die at random moments of a story, and clients too."""

import os
import random
import signal
import subprocess
import threading
import time

from checks import check, eventually, same
from meeting import newcomer
from people import PROGRAM, Refused


def servers_die_in_between(stage):
    seed = int(os.environ.get("STORY_SEED", random.randrange(1 << 30)))
    print(f"   STORY_SEED={seed}", flush=True)
    for run in range(int(os.environ.get("STORY_KILLS", "1"))):
        _one_story(stage, random.Random(seed + run), run)


class Death:
    """Kills one of two servers, or a client's command, every now and then."""

    def __init__(self, stage, dice):
        self.stage, self.dice, self.over, self.deaths = stage, dice, threading.Event(), 0
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _go_on(self):
        while not self.over.wait(self.dice.uniform(0.5, 4.0)):
            server = self.dice.choice([self.stage.a, self.stage.b])
            if server.kind == "peerbrain":
                server.kill(signal.SIGKILL)
                server.start_again()
                self.deaths += 1


def _until_done(person, *arguments, dice, seconds=240):
    """Repeats a command until it succeeds, as a person would; it is killed itself now and then."""
    deadline = time.monotonic() + seconds
    while True:
        process = subprocess.Popen(
            [PROGRAM, "--json", *arguments], env=person.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        if dice.random() < 0.2:
            time.sleep(dice.uniform(0.1, 2.0))
            process.kill()
        output, errors = process.communicate(timeout=seconds)
        if process.returncode == 0:
            return output
        if time.monotonic() > deadline:
            raise Refused(arguments, {"kind": "time", "message": output + errors}, output)
        time.sleep(0.3)


def _one_story(stage, dice, run):
    author = newcomer(stage, stage.a, f"max{run}")
    friend = newcomer(stage, stage.b, f"nina{run}")
    texts = [stage.secret(f"While servers die {run}.{n}, {stage.tag}-plain") for n in range(5)]
    with Death(stage, dice) as death:
        for text in texts[:3]:
            _until_done(author, "post", text, dice=dice)
        _until_done(friend, "friend", "request", author.id, dice=dice)
        eventually(lambda: _quietly(lambda: author.relation(friend)) in ("incoming", "requested", "friend"))
        _until_done(author, "friend", "accept", friend.id, dice=dice)
        for text in texts[3:]:
            _until_done(author, "post", text, dice=dice)
    check("servers died meanwhile", death.deaths > 0 or stage.a.kind == stage.b.kind == "synapse", death.deaths)
    eventually(lambda: set(texts) <= set(friend.texts(author)), 180)
    read = friend.texts(author)
    check("the friend reads all that was posted", set(texts) <= set(read), read)
    # A command that was killed may have sent its thought before; so often and no more was it tried.
    same("nothing else", [text for text in read if text not in texts], [])
    both = lambda: [author.relation(friend), friend.relation(author)] == ["friend", "friend"]
    check("both are friends", eventually(both), [author.relation(friend), friend.relation(author)])


def _quietly(look):
    try:
        return look()
    except Refused:
        return None
