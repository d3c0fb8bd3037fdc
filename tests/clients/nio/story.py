"""Two people and an unmodified matrix-nio: register, log in, create, invite, join, talk, page back, restart, go on.

Environment: HOMESERVER_URL, SERVER_NAME, and REGISTRATION_SHARED_SECRET where registration is closed.
Prints one line per check and `N passed, 0 failed`; leaves at the first failure with exit code 1.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import secrets
import sys
import urllib.request

from nio import (
    AsyncClient,
    AsyncClientConfig,
    InviteMemberEvent,
    JoinResponse,
    LoginResponse,
    RegisterResponse,
    RoomCreateResponse,
    RoomInviteResponse,
    RoomMessagesResponse,
    RoomMessageText,
    RoomPreset,
    RoomSendResponse,
    SyncResponse,
    WhoamiError,
    WhoamiResponse,
)

URL = os.environ["HOMESERVER_URL"].rstrip("/")
SERVER_NAME = os.environ["SERVER_NAME"]
SHARED_SECRET = os.environ.get("REGISTRATION_SHARED_SECRET", "")
# Many more than the timeline of one sync holds.
BACKLOG = 60
# A timeout here is a failed story, not something to try again for ever.
CONFIG = AsyncClientConfig(max_timeouts=2, max_limit_exceeded=20, request_timeout=60)

# The story looks at every answer itself; the refused ones it asks for need no word from the SDK.
logging.getLogger("nio").setLevel(logging.CRITICAL)

passed = 0


def check(what, condition, seen=None):
    """Counts a check, or ends the story."""
    global passed
    if condition:
        passed += 1
        print(f"ok   {what}")
        return
    print(f"FAIL {what}: {seen!r}\n{passed} passed, 1 failed")
    sys.exit(1)


def register_by_shared_secret(username, password):
    """Synapse's admin registration: a MAC over nonce, name, password and role, keyed with the shared secret."""
    endpoint = f"{URL}/_synapse/admin/v1/register"
    with urllib.request.urlopen(endpoint, timeout=60) as answer:
        nonce = json.load(answer)["nonce"]
    message = "\0".join([nonce, username, password, "notadmin"]).encode()
    mac = hmac.new(SHARED_SECRET.encode(), message, hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": username, "password": password, "admin": False, "mac": mac}
    request = urllib.request.Request(endpoint, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["user_id"]


async def register(username, password):
    """Registers through the SDK; through the shared secret where the server's registration is closed."""
    client = AsyncClient(URL, config=CONFIG)
    answer = await client.register(username, password, device_name="registered here")
    await client.close()
    if isinstance(answer, RegisterResponse):
        check(f"{username} registers through the SDK", answer.access_token, answer)
        return answer.user_id
    check(f"{username}'s registration is refused with M_FORBIDDEN", answer.status_code == "M_FORBIDDEN", answer)
    return register_by_shared_secret(username, password)


async def log_in(user_id, password):
    client = AsyncClient(URL, user_id, config=CONFIG)
    answer = await client.login(password, device_name="nio story")
    check(f"{user_id} logs in", isinstance(answer, LoginResponse), answer)
    check("the login names the user and a device", answer.user_id == user_id and answer.device_id, answer)
    return client


def restart(client):
    """What a restarted client has: its own name, device, token and place in the sync stream, nothing else."""
    again = AsyncClient(URL, client.user_id, config=CONFIG)
    again.restore_login(client.user_id, client.device_id, client.access_token)
    again.next_batch = client.next_batch
    return again


class Listener:
    """Collects what the SDK's callbacks are given for one room, and syncs until a text has come."""

    def __init__(self, client, room_id):
        self.client, self.room_id, self.texts = client, room_id, []
        client.add_event_callback(self.heard, RoomMessageText)

    async def heard(self, room, event):
        if room.room_id == self.room_id:
            self.texts.append(event.body)

    async def until(self, text):
        for _ in range(20):
            if text in self.texts:
                return
            await sync(self.client)
        check(f"{self.client.user_id} receives {text!r}", False, self.texts)


async def sync(client, timeout=3000):
    answer = await client.sync(timeout=timeout)
    check_quietly("sync answers", isinstance(answer, SyncResponse), answer)
    return answer


def check_quietly(what, condition, seen):
    """For what is looked at many times in a loop: it can fail, but is not counted."""
    if not condition:
        check(what, condition, seen)


async def say(client, room_id, text):
    answer = await client.room_send(room_id, "m.room.message", {"msgtype": "m.text", "body": text})
    check_quietly(f"{client.user_id} sends {text!r}", isinstance(answer, RoomSendResponse), answer)
    return answer.event_id


async def page_back(client, room_id, start):
    """Every event before `start`, newest first."""
    events, pages = [], 0
    while start is not None:
        answer = await client.room_messages(room_id, start=start, limit=25)
        check_quietly("/messages answers", isinstance(answer, RoomMessagesResponse), answer)
        events += answer.chunk
        pages += 1
        check_quietly("paging back comes to an end", pages < 50, answer)
        start = answer.end
    return events


async def invite_and_join(alice, bob):
    created = await alice.room_create(preset=RoomPreset.private_chat, name="Story", topic="told by nio")
    check("alice creates a room", isinstance(created, RoomCreateResponse), created)
    room_id = created.room_id

    invited = await alice.room_invite(room_id, bob.user_id)
    check("alice invites bob", isinstance(invited, RoomInviteResponse), invited)
    invites = []

    async def on_invite(room, event):
        if event.state_key == bob.user_id:
            invites.append((room.room_id, event.sender))

    bob.add_event_callback(on_invite, InviteMemberEvent)
    answer = await sync(bob)
    check("the invite is in bob's sync", room_id in answer.rooms.invite, answer.rooms)
    check("and comes from alice", (room_id, alice.user_id) in invites, invites)
    check("with the room's name", bob.invited_rooms[room_id].name == "Story", bob.invited_rooms)

    joined = await bob.join(room_id)
    check("bob joins", isinstance(joined, JoinResponse), joined)
    await sync(bob)
    await sync(alice)
    for client in (alice, bob):
        room = client.rooms.get(room_id)
        check(f"{client.user_id} sees the room", room is not None, client.rooms)
        check("with its name and topic", (room.name, room.topic) == ("Story", "told by nio"), (room.name, room.topic))
        check("and both members", set(room.users) == {alice.user_id, bob.user_id}, room.users)
    return room_id


async def page_through_the_backlog(alice, bob, room_id):
    sent = [await say(alice, room_id, f"backlog {i}") for i in range(BACKLOG)]
    answer = await sync(bob)
    timeline = answer.rooms.join[room_id].timeline
    check("sixty messages do not fit one timeline", timeline.limited and len(timeline.events) < BACKLOG, timeline)

    back = await page_back(bob, room_id, timeline.prev_batch)
    in_timeline = [event.event_id for event in timeline.events]
    ids = [event.event_id for event in reversed(back)] + in_timeline
    check("nothing comes twice", len(ids) == len(set(ids)), ids)
    check("every message is there, in the order sent", [i for i in ids if i in set(sent)] == sent, ids)
    check("back to the room's first event", back[-1].source["type"] == "m.room.create", back[-1].source)


async def until_said(client, listener, text):
    """Waits in long polls, at most five of them, until the text has come."""
    for _ in range(5):
        await sync(client, timeout=30000)
        if text in listener.texts:
            return


async def restart_and_go_on(alice, bob, room_id):
    await bob.close()
    while_away = [await say(alice, room_id, text) for text in ("are you there?", "still there?")]
    bob = restart(bob)
    listener = Listener(bob, room_id)
    answer = await sync(bob)
    timeline = answer.rooms.join[room_id].timeline
    check("a restarted client gets what it missed", [e.event_id for e in timeline.events] == while_away, timeline)
    check("without a gap", not timeline.limited, timeline)
    check("and its callbacks are called", listener.texts == ["are you there?", "still there?"], listener.texts)

    await alice.close()
    alice = restart(alice)
    answers = Listener(alice, room_id)
    # A long poll that waits before the message is sent must wake at once, not at its end. What else happens may wake it
    # before, such as that bob is online again.
    await sync(alice, timeout=0)
    waiting = asyncio.create_task(until_said(alice, answers, "here again"))
    await asyncio.sleep(0.5)
    await say(bob, room_id, "here again")
    await asyncio.wait_for(waiting, 25)
    check("a waiting sync wakes", "here again" in answers.texts, answers.texts)
    return alice, bob


async def story():
    tag = secrets.token_hex(6)
    passwords = [secrets.token_urlsafe(16) for _ in range(2)]
    users = [await register(f"nio-{name}-{tag}", pw) for name, pw in zip(("alice", "bob"), passwords)]
    check("user ids carry the server's name", all(u.endswith(":" + SERVER_NAME) for u in users), users)
    alice, bob = [await log_in(user, password) for user, password in zip(users, passwords)]
    await sync(alice, timeout=0)

    room_id = await invite_and_join(alice, bob)

    hears_alice, hears_bob = Listener(bob, room_id), Listener(alice, room_id)
    await say(alice, room_id, "hello, bob")
    await hears_alice.until("hello, bob")
    check("alice's words reach bob", hears_alice.texts == ["hello, bob"], hears_alice.texts)
    await say(bob, room_id, "hello, alice – ĉu vi aŭdas? 🕊")
    await hears_bob.until("hello, alice – ĉu vi aŭdas? 🕊")
    check("bob's words reach alice, unharmed", hears_bob.texts[-1].endswith("ĉu vi aŭdas? 🕊"), hears_bob.texts)

    await page_through_the_backlog(alice, bob, room_id)
    alice, bob = await restart_and_go_on(alice, bob, room_id)

    answer = await bob.whoami()
    check("the stored token is still bob's", isinstance(answer, WhoamiResponse) and answer.user_id == users[1], answer)
    token = bob.access_token
    await bob.logout()
    bob.access_token = token
    answer = await bob.whoami()
    check("after logout it is nobody's", isinstance(answer, WhoamiError) and answer.status_code == "M_UNKNOWN_TOKEN", answer)
    await alice.close()
    await bob.close()


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(story(), 900))
    print(f"{passed} passed, 0 failed")
