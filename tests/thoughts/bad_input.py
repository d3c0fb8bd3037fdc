"""What cannot be is said in plain words, changes nothing, and names the next step."""

import threading

from checks import check, eventually, same
from meeting import newcomer
from people import Refused


def what_cannot_be_is_said(stage):
    alice, bob = stage.alice, stage.bob
    itself = alice.refused("friend", "request", alice.id)
    check("nobody is a friend of oneself", itself and "yourself" in itself.message, itself and itself.message)
    gone = alice.refused("friend", "request", "@nobody:127.0.0.1:1")
    check("a server that is down is named", gone and "127.0.0.1:1" in gone.message and gone.next, gone and gone.message)
    nobody = alice.refused("friend", "request", f"@nobody-{stage.tag}:{stage.b.name}")
    check("who does not exist cannot be asked", nobody and nobody.message, nobody)
    unasked = alice.refused("friend", "accept", f"@nobody-{stage.tag}:{stage.b.name}")
    check("who did not ask cannot be accepted", unasked and unasked.message, unasked)
    for arguments in (["react", "ffffffff", "👍"], ["edit", "ffffffff", "x"], ["delete", "$nothing"]):
        refusal = alice.refused(*arguments)
        check(f"{arguments[0]} of what is not there", refusal and refusal.message, refusal)
    check("another's thought cannot be edited", _edit_of_others(alice, bob))
    check("a title of two lines is refused", alice.refused("post", "x", "--title", "a\nb"))
    check("an empty thought is refused", alice.refused("post", ""))
    check("an unknown audience is named", "nowhere" in str(alice.refused("post", "x", "--audience", "nowhere")))
    check("a weight beyond 1 is refused", alice.refused("weight", bob.id, "1.5"))
    _not_cross_signed(stage)
    _two_accepts(stage)
    _decline_and_block(stage)
    _false_owner(stage)


def _edit_of_others(alice, bob):
    theirs = eventually(lambda: bob.lines("read", alice.id))
    return theirs and bob.refused("edit", theirs[0]["id"], "mine now")


def _not_cross_signed(stage):
    """A user of another client who has no cross-signing knocks."""
    name = f"plain-{stage.tag}"
    body = {"username": name, "password": "x" * 12, "auth": {"type": "m.login.dummy"}}
    status, session = stage.b.request("POST", "/_matrix/client/v3/register", body)
    same("somebody without cross-signing registers", status, 200)
    _, theirs = stage.b.request("GET", f"/_matrix/client/v3/profile/{stage.alice.id}", token=session["access_token"])
    room = theirs["org.matrix.msc4501.social.profile_room"]
    via = "&".join(f"via={server}&server_name={server}" for server in room["via"])
    status, answer = stage.b.request("POST", f"/_matrix/client/v3/knock/{room['room_id']}?{via}", {}, session["access_token"])
    same("and knocks", status, 200)
    user_id = f"@{name}:{stage.b.name}"
    eventually(lambda: user_id in {each["user_id"] for each in stage.alice.lines("friends")})
    refusal = stage.alice.refused("friend", "accept", user_id)
    check("accepting says that no device is cross-signed", refusal and refusal.next, refusal)
    relation = {each["user_id"]: each["relation"] for each in stage.alice.lines("friends")}.get(user_id)
    same("and the request stays", relation, "incoming")
    stage.alice.run("friend", "decline", user_id)


def _two_accepts(stage):
    kim = newcomer(stage, stage.b, "kim")
    kim.run("friend", "request", stage.alice.id)
    eventually(lambda: stage.alice.relation(kim) == "incoming")
    outcomes = []

    def accept():
        try:
            outcomes.append(stage.alice.run("friend", "accept", kim.id)["outcome"])
        except Refused as refusal:
            outcomes.append(refusal.message)

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("of two accepts at once at least one does it", {"accepted", "imported"} & set(outcomes), outcomes)
    check("kim reads", eventually(lambda: set(stage.old) <= set(kim.texts(stage.alice))), outcomes)


def _decline_and_block(stage):
    lou = newcomer(stage, stage.b, "lou")
    lou.run("friend", "request", stage.alice.id)
    eventually(lambda: stage.alice.relation(lou) == "incoming")
    same("alice declines", stage.alice.run("friend", "decline", lou.id)["outcome"], "declined")
    check("and there is nothing between them", eventually(lambda: stage.alice.relation(lou) is None))
    check("lou sees that", eventually(lambda: lou.relation(stage.alice) is None), lou.relation(stage.alice))
    lou.run("friend", "request", stage.alice.id)
    eventually(lambda: stage.alice.relation(lou) == "incoming")
    same("alice blocks", stage.alice.run("friend", "block", lou.id)["outcome"], "blocked")
    refusal = eventually(lambda: lou.refused("friend", "request", stage.alice.id))
    check("who is blocked cannot ask again", refusal and refusal.message, refusal)


def _false_owner(stage):
    """A room that says it is alice's timeline, made by somebody else."""
    body = {"username": f"mallory-{stage.tag}", "password": "x" * 12, "auth": {"type": "m.login.dummy"}}
    _, session = stage.b.request("POST", "/_matrix/client/v3/register", body)
    room = {
        "creation_content": {"type": "org.matrix.msc4501.social.profile"}, "preset": "public_chat",
        "initial_state": [{"type": "org.matrix.msc4501.social.profile_user_id", "content": {"user_id": stage.alice.id}}],
        "invite": [stage.bob.id],
    }
    status, made = stage.b.request("POST", "/_matrix/client/v3/createRoom", room, session["access_token"])
    same("mallory makes a false timeline", status, 200)
    text = f"False words of {stage.tag}"
    content = {"msgtype": "m.text", "body": text, "org.peerbrain.thought": {"v": 1, "id": "00000000-0000-4000-8000-000000000000", "tags": []}}
    path = f"/_matrix/client/v3/rooms/{made['room_id']}/send/m.room.message/1"
    stage.b.request("PUT", path, content, session["access_token"])
    check("nobody takes it for alice's", text not in stage.bob.feed() + stage.bob.texts(stage.alice))
