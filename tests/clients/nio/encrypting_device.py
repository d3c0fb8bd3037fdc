"""One device of an unmodified matrix-nio with encryption: its store is a folder, so that it can be restarted.

Used by encryption.py, where two of them talk, and by partner.py, where one talks with another SDK.
"""

import asyncio
import hashlib
import io
import logging
import os
import secrets

from nio import (
    AsyncClient,
    AsyncClientConfig,
    LoginResponse,
    MegolmEvent,
    RoomEncryptedImage,
    RoomMessageText,
    RoomSendResponse,
    UploadResponse,
)
from nio.crypto.attachments import decrypt_attachment

URL = os.environ["HOMESERVER_URL"].rstrip("/")
CONFIG = AsyncClientConfig(max_timeouts=2, max_limit_exceeded=20, request_timeout=60, store_sync_tokens=True)
PATIENCE_S = 60

logging.getLogger("nio").setLevel(logging.CRITICAL)


class Failed(Exception):
    """A step that did not happen."""


class EncryptingDevice:
    """Syncs in the background; remembers the texts and pictures it could read and the events it could not."""

    def __init__(self, client, folder):
        self.client, self.folder = client, folder
        self.texts, self.pictures, self.unreadable = [], {}, []
        client.add_event_callback(self._text, RoomMessageText)
        client.add_event_callback(self._picture, RoomEncryptedImage)
        client.add_event_callback(self._gibberish, MegolmEvent)
        self.syncing = None

    @staticmethod
    async def log_in(user_id, password, folder):
        client = AsyncClient(URL, user_id, store_path=folder, config=CONFIG)
        answer = await client.login(password, device_name="encrypting nio")
        if not isinstance(answer, LoginResponse):
            raise Failed(f"{user_id} does not log in: {answer!r}")
        return await EncryptingDevice(client, folder).start()

    async def start(self):
        """Comes back when the first sync is in and this device's keys are uploaded."""
        self.syncing = asyncio.create_task(self.client.sync_forever(timeout=3000, full_state=True))
        await self.until("it syncs", lambda: self.client.next_batch)
        await self.until("it uploads its keys", lambda: self.client.olm.account.shared)
        return self

    async def stop(self):
        self.syncing.cancel()
        await asyncio.gather(self.syncing, return_exceptions=True)
        await self.client.close()

    def opened_again(self):
        """The same device as a restarted application has it: from its store. To be started."""
        again = AsyncClient(URL, self.client.user_id, store_path=self.folder, config=CONFIG)
        again.restore_login(self.client.user_id, self.client.device_id, self.client.access_token)
        return EncryptingDevice(again, self.folder)

    async def _text(self, room, event):
        if event.decrypted:
            self.texts.append(event.body)

    async def _picture(self, room, event):
        self.pictures[event.body] = event

    async def _gibberish(self, room, event):
        self.unreadable.append(event.event_id)

    async def until(self, what, look):
        for _ in range(PATIENCE_S * 10):
            if look():
                return
            if self.syncing.done():
                raise Failed(f"{self.client.user_id} stopped syncing: {self.syncing.exception()!r}")
            await asyncio.sleep(0.1)
        raise Failed(f"{self.client.user_id}: {what} did not happen")

    async def joined(self, room_id, count):
        """Until the room is there, encrypted, with so many members."""
        room = lambda: self.client.rooms.get(room_id)
        await self.until("the room appears", lambda: room() and room().encrypted and room().joined_count == count)

    async def say(self, room_id, text, message_type="m.room.message", content=None):
        content = content or {"msgtype": "m.text", "body": text}
        answer = await self.client.room_send(room_id, message_type, content, ignore_unverified_devices=True)
        if not isinstance(answer, RoomSendResponse):
            raise Failed(f"{text!r} is not sent: {answer!r}")
        return answer.event_id

    async def hear(self, text):
        await self.until(f"hearing {text!r}", lambda: text in self.texts)

    async def send_picture(self, room_id, name):
        """Random bytes, encrypted and uploaded; gives their SHA-256."""
        data = secrets.token_bytes(150_000)
        answer, keys = await self.client.upload(lambda *_: io.BytesIO(data), "image/png", name, encrypt=True, filesize=len(data))
        if not isinstance(answer, UploadResponse):
            raise Failed(f"the picture is not uploaded: {answer!r}")
        file = {"url": answer.content_uri, "key": keys["key"], "iv": keys["iv"], "hashes": keys["hashes"], "v": keys["v"]}
        content = {"msgtype": "m.image", "body": name, "info": {"mimetype": "image/png", "size": len(data)}, "file": file}
        await self.say(room_id, name, content=content)
        return hashlib.sha256(data).hexdigest()

    async def see_picture(self, name):
        """Waits for it, downloads and decrypts it; gives its SHA-256."""
        await self.until(f"seeing {name}", lambda: name in self.pictures)
        event = self.pictures[name]
        answer = await self.client.download(mxc=event.url)
        if not hasattr(answer, "body"):
            raise Failed(f"the picture is not downloaded: {answer!r}")
        data = decrypt_attachment(answer.body, event.key["k"], event.hashes["sha256"], event.iv)
        return hashlib.sha256(data).hexdigest()
