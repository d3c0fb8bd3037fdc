"""How people meet, talk and part."""

from checks import check, eventually, must, same
from people import Person, befriend


def newcomer(stage, server, name):
    person = Person(stage.work, server, f"{name}-{stage.tag}")
    told = person.register()
    must(f"{name} registers and is given a recovery key", told.get("recovery_key") and told["vouched"], told)
    return person


def friends_read_what_was_before(stage):
    alice = stage.alice = newcomer(stage, stage.a, "alice")
    bob = stage.bob = newcomer(stage, stage.b, "bob")
    who = alice.run("whoami")
    check("alice's device is cross-signed and has a backup", who["cross_signed"] and who["backup"], who)
    stage.old = [stage.secret(f"Old thought {n} of {stage.tag}-plain") for n in range(3)]
    for n, text in enumerate(stage.old):
        posted = alice.run("post", text, "--title", stage.secret(f"Title {n} of {stage.tag}-plain"), "--tag", f"tag{n}")
        check("a thought is posted", posted["id"] and len(posted["events"]) == 1 and not posted["queued"], posted)
    of_bob = stage.secret(f"Bob was here before, {stage.tag}-plain")
    bob.run("post", of_bob)
    same("who is no friend reads nothing", bob.texts(alice), [])

    asked = bob.run("friend", "request", alice.id, "--message", "It is bob.")
    same("bob asks", (asked["user_id"], asked["outcome"]), (alice.id, "requested"))
    same("alice hears of it", eventually(lambda: alice.relation(bob)), "incoming")
    same("bob sees that he asked", bob.relation(alice), "requested")
    accepted = alice.run("friend", "accept", bob.id)
    check("alice accepts", accepted["outcome"] in ("accepted", "imported"), accepted)
    eventually(lambda: bob.texts(alice) == stage.old)
    same("bob reads all three old thoughts", bob.texts(alice), stage.old)
    shown = bob.lines("read", alice.id)
    same("with titles", sorted(each["title"] for each in shown), sorted(f"Title {n} of {stage.tag}-plain" for n in range(3)))
    same("and tags", sorted(tag for each in shown for tag in each["tags"]), ["tag0", "tag1", "tag2"])
    same("and who vouched for the keys", {each["shared_by"] for each in shown}, {alice.id})
    eventually(lambda: alice.texts(bob) == [of_bob])
    same("alice reads bob's, with no more to do", alice.texts(bob), [of_bob])
    same("they are friends for her", eventually(lambda: alice.relation(bob) == "friend" and "friend"), "friend")
    same("and for him", eventually(lambda: bob.relation(alice) == "friend" and "friend"), "friend")


def they_talk(stage):
    alice, bob = stage.alice, stage.bob
    same("a name without a picture is a profile", alice.run("profile", "--name", "Alice")["avatar_url"], None)
    text = stage.secret(f"New thought after, {stage.tag}-plain")
    posted = alice.run("post", text, "--title", f"After {stage.tag}")
    check("bob's feed has the new thought", eventually(lambda: text in bob.feed()), bob.feed())
    check("old thoughts are no news", not set(stage.old) & set(bob.feed()), bob.feed())
    bob.run("react", posted["id"][:8], "👍")
    reply = stage.secret(f"Well said, {stage.tag}-plain")
    check("bob replies", bob.run("reply", posted["id"], reply)["event_id"])

    def seen():
        mine = [each for each in alice.lines("read", alice.id) if each["id"] == posted["id"]]
        return mine[0] if mine and mine[0]["reactions"] and mine[0]["replies"] else None

    found = eventually(seen) or {}
    same("alice sees the reaction", found.get("reactions"), {"👍": 1})
    same("and the reply", found.get("replies"), 1)
    same("the rating counts bob whole", found.get("rating"), 1.0)
    alice.run("weight", bob.id, "0.25")
    same("or by his weight", (seen() or {}).get("rating"), 0.25)
    same("which is told", alice.run("weight", bob.id)["weight"], 0.25)

    edited = stage.secret(f"Newer thought, {stage.tag}-plain")
    alice.run("edit", posted["id"], edited)
    now = eventually(lambda: [each for each in bob.lines("read", alice.id) if each["text"] == edited])
    check("bob reads the edited text", now and now[0]["edited"] and now[0]["title"] == f"After {stage.tag}", now)
    found = eventually(lambda: bob.lines("search", "Newer", "thought"))
    same("and finds it", [each["id"] for each in found or []], [posted["id"]])
    check("old thoughts are found, too", eventually(lambda: bob.lines("search", "Title", "--author", alice.id)))
    alice.run("delete", posted["id"])
    check("what is deleted is gone", eventually(lambda: edited not in bob.texts(alice)), bob.texts(alice))
    check("and not found", eventually(lambda: not bob.lines("search", "Newer", "thought")))

    words = stage.secret(f"Between us, {stage.tag}-plain")
    alice.run("dm", bob.id, words)
    heard = eventually(lambda: [each["text"] for each in bob.lines("dm", alice.id) if each["text"] == words])
    same("a message between two arrives", heard, [words])


def who_is_removed_reads_no_more(stage):
    alice, bob = stage.alice, stage.bob
    alice.run("friend", "remove", bob.id)
    fourth = stage.secret(f"Fourth thought, {stage.tag}-plain")
    alice.run("post", fourth)
    check("bob is no friend any more", eventually(lambda: bob.relation(alice) != "friend"), bob.relation(alice))
    check("bob cannot read the fourth", fourth not in bob.texts(alice) + bob.feed(), bob.texts(alice))
    shown = bob.lines("feed") + bob.lines("read", alice.id)
    check("nor does he see that there is one", not [each for each in shown if each["undecryptable"]], shown)
    befriend(alice, bob)
    eventually(lambda: fourth in bob.texts(alice))
    check("made friends again he reads it", fourth in bob.texts(alice), bob.texts(alice))


def three_audiences(stage):
    alice = stage.alice
    friends = [newcomer(stage, stage.b, name) for name in ("carol", "dave", "erin")]
    for friend in friends:
        befriend(alice, friend)
        eventually(lambda: friend.relation(alice) == "following")
        check(f"{friend} is a friend", eventually(lambda: alice.relation(friend) == "friend"), alice.relation(friend))
    texts = {}
    for number, friend in enumerate(friends):
        name = f"Circle {number} of {stage.tag}-plain"
        made = alice.run("audience", "create", stage.secret(name))
        same("an audience is made", (made["name"], made["kind"]), (name, "list"))
        texts[friend] = stage.secret(f"Only for audience {number}, {stage.tag}-plain")
        alice.run("post", texts[friend], "--audience", name)
        added = alice.run("audience", "add", name, friend.id)
        check("a friend is added", friend.id in added["members"], added)
    for friend in friends:
        eventually(lambda: texts[friend] in friend.texts(alice))
        seen = set(friend.texts(alice)) & set(texts.values())
        same(f"{friend} reads what is for this audience, also from before", seen, {texts[friend]})
    twice = stage.secret(f"For two audiences, {stage.tag}-plain")
    names = [f"Circle {number} of {stage.tag}-plain" for number in (0, 1)]
    alice.run("post", twice, "--audience", names[0], "--audience", names[1])
    same("a thought for two audiences is one", alice.texts(alice).count(twice), 1)
    check("both read it", all(eventually(lambda: twice in friend.texts(alice)) for friend in friends[:2]))
    check("and the third does not", twice not in friends[2].texts(alice))
    alice.run("audience", "remove", names[0], friends[0].id)
    after = stage.secret(f"After carol left the audience, {stage.tag}-plain")
    alice.run("post", after, "--audience", names[0])
    check("who was taken out reads no more of it", after not in friends[0].texts(alice) + friends[0].feed())
    listed = {each["name"]: each["kind"] for each in alice.lines("audience", "list")}
    check("all are listed", set(names) <= set(listed) and "friends" in listed.values(), listed)
    stage.friends = friends
