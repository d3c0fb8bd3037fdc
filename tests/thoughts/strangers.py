"""People with an unmodified SDK, as `tests/clients/partner.sh` runs it, and what it takes to make a timeline by hand."""

import json
import os
import subprocess
from urllib.parse import quote

from checks import eventually
from servers import TESTS

PROFILE = "org.matrix.msc4501.social.profile"
PROFILE_ROOM = "org.matrix.msc4501.social.profile_room"


class Stranger:
    """A user of matrix-js-sdk or matrix-rust-sdk, who knows nothing of thoughts."""

    def __init__(self, server, name, sdk):
        self.server, self.name, self.sdk = server, name, sdk
        password = f"password-of-{name}"
        body = {"username": name, "password": password, "auth": {"type": "m.login.dummy"}}
        status, session = server.request("POST", "/_matrix/client/v3/register", body)
        assert status == 200, session
        self.id, self.token = session["user_id"], session["access_token"]
        environment = os.environ | {"HOMESERVER_URL": server.url, "SERVER_NAME": server.name}
        self.program = subprocess.Popen(
            [TESTS / "clients" / "partner.sh", sdk], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        self.order("log_in", user_id=self.id, password=password)
        self.order("set_up_recovery")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        try:
            self.program.wait(20)
        except subprocess.TimeoutExpired:
            self.program.kill()

    def order(self, what, **arguments):
        self.program.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.program.stdin.flush()
        for line in self.program.stdout:
            if line.startswith("{"):
                answer = json.loads(line)
                if "failed" in answer:
                    raise RuntimeError(f"{self.name} could not {what}: {answer['failed']}")
                return answer["done"]
        raise RuntimeError(f"{self.sdk} ended at {what}")

    def say(self, room, text):
        """Says something; the SDK may not have heard of the room yet."""
        def said():
            try:
                return self.order("say", room_id=room, text=text)
            except RuntimeError:
                return None
        return eventually(said, 30)

    def call(self, method, path, body=None):
        status, answer = self.server.request(method, f"/_matrix/client/{path}", body, self.token)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def knock(self, owner):
        """Knocks on somebody's timeline, as any client could; gives the room."""
        place = self.call("GET", f"v3/profile/{quote(owner.id)}/{PROFILE_ROOM}")[PROFILE_ROOM]
        via = "&".join(f"via={quote(name)}&server_name={quote(name)}" for name in place["via"])
        self.call("POST", f"v3/knock/{quote(place['room_id'])}?{via}", {"reason": "From another client."})
        return place["room_id"]

    def make_timeline(self):
        """A timeline for friends, as federation-spec/thoughts.md says."""
        state = [
            ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
            ("m.room.history_visibility", {"history_visibility": "shared"}),
            ("m.room.join_rules", {"join_rule": "knock"}),
            ("m.room.guest_access", {"guest_access": "forbidden"}),
            (f"{PROFILE}_user_id", {"user_id": self.id}),
        ]
        room = self.call("POST", "v3/createRoom", {
            "preset": "private_chat", "creation_content": {"type": PROFILE},
            "initial_state": [{"type": kind, "state_key": "", "content": content} for kind, content in state],
            "power_level_content_override": {"state_default": 100, "invite": 100, "events": {"m.reaction": 0, "m.room.redaction": 0}},
        })["room_id"]
        self.call("PUT", f"v3/profile/{quote(self.id)}/{PROFILE_ROOM}", {PROFILE_ROOM: {"room_id": room, "via": [self.server.name]}})
        return room

    def knocking(self, room):
        """Who knocks on a room of this user."""
        members = self.call("GET", f"v3/rooms/{quote(room)}/members?membership=knock")["chunk"]
        return [event["state_key"] for event in members]

    def await_knock(self, room, person):
        return eventually(lambda: person.id in self.knocking(room))
