// A device that does what it is told, for a story told by somebody else: one JSON object a line, {"do": "say", ...}, on
// standard input; {"done": result} or {"failed": why} on standard output, among the checks.
//
// It knows the orders of ../rust-sdk/src/partner.rs that the stories of thoughts need.

import { createInterface } from "node:readline";
import { Failed, eventually, print } from "./checks.mjs";
import { Device } from "./device.mjs";
import { setUpRecovery } from "./identity.mjs";

let device;

const orders = {
    async log_in({ user_id: userId, password }) {
        device = await Device.logIn(userId, password, "js-sdk partner");
        return device.deviceId;
    },
    set_up_recovery: () => setUpRecovery(device).then(() => null),
    invite: ({ room_id: roomId, user_id: userId }) => device.client.invite(roomId, userId).then(() => null),
    async join({ room_id: roomId, members }) {
        await eventually("the invite", () => device.room(roomId)?.getMyMembership() === "invite");
        await device.client.joinRoom(roomId);
        await eventually("being in", () => device.room(roomId)?.getMyMembership() === "join");
        if (members) await device.joined(roomId, members);
        return null;
    },
    async say({ room_id: roomId, text }) {
        await eventually("the room is encrypted", () => device.crypto.isEncryptionEnabledInRoom(roomId));
        return device.say(roomId, text);
    },
    async hear({ text }) {
        const heard = () => device.client.getRooms().some((room) => device.texts(room.roomId).includes(text));
        await eventually(`hearing ${text}`, heard);
        return null;
    },
    async page_back({ room_id: roomId }) {
        await device.pageBack(roomId);
        await eventually("everything is readable", () => device.unreadable(roomId).length === 0);
        return device.texts(roomId);
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...args } = JSON.parse(line);
    try {
        if (!Object.hasOwn(orders, name)) throw new Failed(`unknown order ${name}`);
        print(JSON.stringify({ done: await orders[name](args) }));
    } catch (error) {
        print(JSON.stringify({ failed: String(error?.stack ?? error) }));
    }
}
process.exit(0);
