"""Chapters with the second implementation: as author, as friend, and with itself, which proves it on any server."""

import contextlib

from checks import check, eventually, same
from meeting import newcomer
from participants import Participant


def two_participants(stage):
    with Participant(stage.a, f"ada-{stage.tag}") as ada, Participant(stage.b, f"ben-{stage.tag}") as ben:
        old = [stage.secret(f"Ada's old thought {n}, {stage.tag}-plain") for n in range(3)]
        for text in old:
            ada.order("post", text=text)
        ben.order("post", text=stage.secret(f"Ben's old thought, {stage.tag}-plain"))
        ben.order("request", user_id=ada.id)
        same("ben knocks", eventually(lambda: ada.order("knocking")), [ben.id])
        ada.order("accept", user_id=ben.id)
        same("ben comes in", ben.order("settle", seconds=60), [ada.id])
        same("ben reads all old thoughts", ben.texts(ada), (old, 0))
        same("ada comes in", ada.order("settle", seconds=60), [ben.id])
        same("and reads ben's", ada.texts(ben), ([f"Ben's old thought, {stage.tag}-plain"], 0))
        new = stage.secret(f"Ada's new thought, {stage.tag}-plain")
        ada.order("post", text=new)
        eventually(lambda: ben.texts(ada) == (old + [new], 0), 20)
        same("ben reads the new one", ben.texts(ada), (old + [new], 0))
        ada.order("remove", user_id=ben.id)
        ada.order("post", text=stage.secret(f"Not for ben, {stage.tag}-plain"))
        with contextlib.suppress(RuntimeError):
            seen, _ = ben.texts(ada)
            check("who is removed reads no more", f"Not for ben, {stage.tag}-plain" not in seen, seen)


def the_participant_reads(stage):
    """Author: the command line. Friend: the participant."""
    author = newcomer(stage, stage.a, "vera")
    old = [stage.secret(f"Vera's old thought {n}, {stage.tag}-plain") for n in range(3)]
    for text in old:
        author.run("post", text)
    with Participant(stage.b, f"walt-{stage.tag}") as friend:
        theirs = stage.secret(f"Walt's old thought, {stage.tag}-plain")
        friend.order("post", text=theirs, title="From bare vodozemac")
        friend.order("request", user_id=author.id)
        same("the participant's knock is seen", eventually(lambda: author.relation(friend)), "incoming")
        accepted = author.run("friend", "accept", friend.id)
        check("and accepted", accepted["outcome"] in ("accepted", "imported"), accepted)
        same("it comes in", friend.order("settle", seconds=60), [author.id])
        same("it reads all old thoughts", friend.texts(author), (old, 0))
        check("the author reads its own", eventually(lambda: author.texts(friend) == [theirs]), author.texts(friend))
        new = stage.secret(f"Vera's new thought, {stage.tag}-plain")
        author.run("post", new)
        same("it reads a new one", eventually(lambda: (seen := friend.texts(author)) == (old + [new], 0) and seen), (old + [new], 0))


def the_participant_writes(stage):
    """Author: the participant. Friend: the command line."""
    with Participant(stage.a, f"xena-{stage.tag}") as author:
        old = [stage.secret(f"Xena's old thought {n}, {stage.tag}-plain") for n in range(3)]
        for text in old:
            author.order("post", text=text)
        friend = newcomer(stage, stage.b, "yves")
        friend.run("friend", "request", author.id)
        same("it sees the knock", eventually(lambda: author.order("knocking")), [friend.id])
        author.order("accept", user_id=friend.id)
        check("the friend reads all old thoughts", eventually(lambda: friend.texts(author) == old), friend.texts(author))
        same("it comes in, too", author.order("settle", seconds=15), [friend.id])
        new = stage.secret(f"Xena's new thought, {stage.tag}-plain")
        author.order("post", text=new)
        check("a key that comes from it is understood", eventually(lambda: friend.texts(author) == old + [new]), friend.texts(author))
        author.order("remove", user_id=friend.id)
        last = stage.secret(f"Not for yves, {stage.tag}-plain")
        author.order("post", text=last)
        check("who is removed reads no more", last not in friend.texts(author) + friend.feed())
