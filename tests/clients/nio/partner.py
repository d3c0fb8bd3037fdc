"""A matrix-nio device that does what it is told, for a story told by another SDK.

One JSON object a line: {"do": "say", ...} on standard input, {"done": result} or {"failed": why} on standard output.
"""

import asyncio
import json
import sys
import tempfile

from nio import JoinResponse

from encrypting_device import EncryptingDevice, Failed


class Partner:
    """Each method is a command; its arguments are the other fields of the object."""

    def __init__(self, folder):
        self.folder, self.device = folder, None

    async def log_in(self, user_id, password):
        self.device = await EncryptingDevice.log_in(user_id, password, self.folder)
        return self.device.client.device_id

    async def join(self, room_id, members):
        answer = await self.device.client.join(room_id)
        if not isinstance(answer, JoinResponse):
            raise Failed(f"not joined: {answer!r}")
        await self.device.joined(room_id, members)

    async def say(self, room_id, text):
        return await self.device.say(room_id, text)

    async def hear(self, text):
        await self.device.hear(text)

    async def send_picture(self, room_id, name):
        return await self.device.send_picture(room_id, name)

    async def see_picture(self, name):
        return await self.device.see_picture(name)

    async def restart(self):
        await self.device.stop()
        self.device = await self.device.opened_again().start()

    async def unreadable(self):
        return self.device.unreadable


async def serve(folder):
    partner = Partner(folder)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        try:
            answer = {"done": await getattr(partner, order.pop("do"))(**order)}
        except Exception as error:
            answer = {"failed": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(serve(folder))
