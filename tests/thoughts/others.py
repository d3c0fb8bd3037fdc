"""Chapters with unmodified SDKs: one side has the command line, the other what people have."""

from checks import check, eventually, same
from meeting import newcomer
from strangers import Stranger


def _reads(stage, sdk):
    author = newcomer(stage, stage.a, f"author-{sdk}")
    old = [stage.secret(f"Old, for {sdk} {n}, {stage.tag}-plain") for n in range(3)]
    for text in old:
        author.run("post", text)
    with Stranger(stage.b, f"friend-{sdk}-{stage.tag}", sdk) as friend:
        room = friend.knock(author)
        same(f"a knock of {sdk} is seen", eventually(lambda: author.relation(friend)), "incoming")
        accepted = author.run("friend", "accept", friend.id)
        check("and accepted", accepted["outcome"] in ("accepted", "imported"), accepted)
        friend.order("join", room_id=room, history=True)
        same(f"{sdk} reads all old thoughts", friend.order("page_back", room_id=room), old)
        titled = stage.secret(f"New, for {sdk}, {stage.tag}-plain")
        author.run("post", titled, "--title", f"Title for {sdk}")
        friend.order("hear", text=f"Title for {sdk}\n\n{titled}")
        check(f"{sdk} reads title and text of a new one", True)
        author.run("friend", "remove", friend.id)
        after = stage.secret(f"Not for {sdk} any more, {stage.tag}-plain")
        author.run("post", after)
        check("and is removed", eventually(lambda: author.relation(friend) is None), author.relation(friend))


def _writes(stage, sdk):
    friend = newcomer(stage, stage.a, f"reader-{sdk}")
    with Stranger(stage.b, f"writer-{sdk}-{stage.tag}", sdk) as author:
        room = author.make_timeline()
        old = [stage.secret(f"Old, of {sdk} {n}, {stage.tag}-plain") for n in range(3)]
        for text in old:
            author.say(room, text)
        asked = friend.run("friend", "request", author.id)
        same(f"who has {sdk} is asked", asked["outcome"], "requested")
        check("and hears of it", author.await_knock(room, friend))
        author.order("invite", room_id=room, user_id=friend.id)
        eventually(lambda: friend.texts(author) == old)
        same(f"all old messages of {sdk} are read as thoughts", friend.texts(author), old)
        new = stage.secret(f"New, of {sdk}, {stage.tag}-plain")
        author.say(room, new)
        check("and new ones are in the feed", eventually(lambda: new in friend.feed()), friend.feed())


def with_js_sdk(stage):
    _reads(stage, "js")
    _writes(stage, "js")


def with_rust_sdk(stage):
    _reads(stage, "rust")
    _writes(stage, "rust")
