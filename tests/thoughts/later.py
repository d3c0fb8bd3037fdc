"""What happens later: other devices, lost ones, no network, many thoughts."""

import os
import shutil
import time

from checks import check, eventually, same
from meeting import newcomer
from people import befriend


def the_second_device_reads_old_thoughts(stage):
    alice, bob = stage.alice, stage.bob
    second = bob.other_device("second")
    check("it is let in by the recovery key", second.told["vouched"], second.told)
    eventually(lambda: set(stage.old) <= set(second.texts(alice)))
    check("the second device reads the old thoughts", set(stage.old) <= set(second.texts(alice)), second.texts(alice))
    text = stage.secret(f"For both devices, {stage.tag}-plain")
    alice.run("post", text)
    check("and new ones", eventually(lambda: text in second.feed()), second.feed())
    check("as the first one does", eventually(lambda: text in bob.feed()), bob.feed())
    from_second = stage.secret(f"From the second device, {stage.tag}-plain")
    second.run("post", from_second)
    check("alice reads what is written there", eventually(lambda: from_second in alice.texts(bob)), alice.texts(bob))


def who_loses_a_device_has_everything_back(stage):
    alice, bob = stage.alice, stage.bob
    before = alice.texts(alice)
    names = sorted(each["name"] for each in alice.lines("audience", "list"))
    shutil.rmtree(alice.folder)
    again = alice.other_device("after-the-loss")
    same("all own thoughts are back", eventually(lambda: again.texts(alice) == before) and again.texts(alice), before)
    same("and all audiences", sorted(each["name"] for each in again.lines("audience", "list")), names)
    same("and the weight of a friend", again.run("weight", bob.id)["weight"], 0.25)
    text = stage.secret(f"From the new device, {stage.tag}-plain")
    again.run("post", text)
    check("bob reads what comes from the new device", eventually(lambda: text in bob.texts(alice)), bob.texts(alice))
    frank = newcomer(stage, stage.b, "frank")
    befriend(again, frank)
    eventually(lambda: set(before) & set(frank.texts(alice)) >= set(stage.old))
    check("a new friend gets old keys from the new device", set(stage.old) <= set(frank.texts(alice)), frank.texts(alice))
    stage.alice = again


def what_is_posted_offline_is_sent_later(stage):
    alice, bob = stage.alice, stage.bob
    stage.a.stop()
    text = stage.secret(f"Written without a server, {stage.tag}-plain")
    posted = alice.run("post", text)
    check("it is kept", posted["queued"] and posted["id"], posted)
    same("and counted", alice.run("whoami")["pending"], 1)
    stage.a.start_again()
    check("and sent with the next command", eventually(lambda: text in alice.texts(alice)), alice.texts(alice))
    same("once", alice.texts(alice).count(text), 1)
    check("bob reads it", eventually(lambda: text in bob.texts(alice)), bob.texts(alice))


def commands_side_by_side(stage):
    alice, bob = stage.alice, stage.bob
    follow = bob.start("feed", "--follow")
    watch = alice.start("watch")
    try:
        time.sleep(2)
        texts = [stage.secret(f"Side by side {n}, {stage.tag}-plain") for n in range(4)]
        posting = [alice.start("post", text) for text in texts]
        codes = [process.wait(120) for process in posting]
        same("posts beside each other and beside watch", codes, [0] * 4)
        reactions = bob.run("whoami")
        check("a command beside feed --follow", reactions["user_id"] == bob.id, reactions)
        check("all arrive", eventually(lambda: set(texts) <= set(bob.feed())), bob.feed())
        greta = newcomer(stage, stage.b, "greta")
        greta.run("friend", "request", alice.id)
        accepted = alice.run("friend", "accept", greta.id)
        check("accepting while watch runs", accepted["outcome"] in ("accepted", "imported"), accepted)
        check("greta reads", eventually(lambda: set(texts) <= set(greta.texts(alice))), greta.texts(alice))
    finally:
        follow.terminate()
        watch.terminate()
    heard, _ = follow.communicate(timeout=30)
    watch.communicate(timeout=30)
    check("feed --follow showed them", all(text in heard for text in texts), heard[-500:])


def many_old_thoughts_at_once(stage):
    count = int(os.environ.get("STORY_MANY", "60"))
    author = newcomer(stage, stage.a, "hugo")
    reader = newcomer(stage, stage.b, "ida")
    watch = author.start("watch")
    try:
        time.sleep(1)
        before = stage.a.bytes_stored()
        for n in range(count):
            author.run("post", stage.secret(f"One of many {n}, {stage.tag}-plain"))
        print(f"   {(stage.a.bytes_stored() - before) / count:.0f} bytes stored for each thought", flush=True)
        reader.run("friend", "request", author.id)
        began = time.monotonic()
        author.run("friend", "accept", reader.id)
        first = eventually(lambda: reader.texts(author, 10), pause=0.1) and time.monotonic() - began
        print(f"   {count} thoughts: first old ones readable {first:.2f} s after accept began", flush=True)
        eventually(lambda: len(reader.texts(author, 10_000)) == count)
        same(f"all {count} old thoughts come with one accept", len(reader.texts(author, 10_000)), count)
    finally:
        watch.terminate()
        watch.communicate(timeout=30)
