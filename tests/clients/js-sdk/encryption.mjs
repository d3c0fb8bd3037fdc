// A day with an unmodified matrix-js-sdk and its Rust crypto: cross-signing, recovery, more devices, and what is done in rooms.
//
// Environment: HOMESERVER_URL, SERVER_NAME, and REGISTRATION_SHARED_SECRET where registration is closed.
// Prints one line per check and `N passed, 0 failed`; leaves at the first failure with exit code 1.

import { randomBytes } from "node:crypto";
import { EventType, Preset } from "matrix-js-sdk";
import { check, checkSame, eventually, print, tell } from "./checks.mjs";
import { Device } from "./device.mjs";
import { removeDevice, restoreFromRecoveryKey, secondDeviceByEmoji, setUpRecovery, verifyEachOther } from "./identity.mjs";
import { emptyTheKeys } from "./one_time_keys.mjs";
import { editMessage, reactToMessage, replyInThread, readAndCount, sendPicture, showTyping } from "./room_life.mjs";
import { shareHistory } from "./history_sharing.mjs";
import { register } from "./registration.mjs";

async function newUser(name, tag) {
    const password = randomBytes(16).toString("hex");
    const device = await Device.logIn(await register(`js-e2ee-${name}-${tag}`, password), password, `${name}'s first device`);
    await setUpRecovery(device);
    return device;
}

async function encryptedRoom(alice, bob) {
    const { room_id: roomId } = await alice.client.createRoom({
        preset: Preset.PrivateChat, name: "Secrets", invite: [bob.id],
        initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    await bob.client.joinRoom(roomId);
    await Promise.all([alice.joined(roomId, 2), bob.joined(roomId, 2)]);
    check("the room is encrypted for both",
        await alice.crypto.isEncryptionEnabledInRoom(roomId) && await bob.crypto.isEncryptionEnabledInRoom(roomId));
    return roomId;
}

async function talk(alice, bob, roomId) {
    await alice.say(roomId, "a secret for bob");
    const heard = await bob.hears(roomId, "a secret for bob");
    check("bob reads what alice encrypts", heard.isEncrypted() && heard.getWireType() === EventType.RoomMessageEncrypted, heard.event);
    await bob.say(roomId, "and one for alice 🕊");
    await alice.hears(roomId, "and one for alice 🕊");
    check("alice reads what bob encrypts", true);
}

async function nobodySawGibberish(devices, roomId) {
    for (const device of devices) {
        // What has just come may be decrypted a moment later.
        await eventually("nothing is unreadable", () => device.unreadable(roomId).length === 0).catch(() => {});
        checkSame(`${device} shows nothing unreadable`, device.unreadable(roomId), []);
    }
}

function chapter(name) {
    print(`-- ${name}`);
}

await tell(async () => {
    const tag = randomBytes(6).toString("hex");
    chapter("cross-signing, secret storage, key backup");
    const [alice, bob] = [await newUser("alice", tag), await newUser("bob", tag)];
    chapter("an encrypted room");
    const roomId = await encryptedRoom(alice, bob);
    await talk(alice, bob, roomId);
    chapter("pictures, threads, reactions, edits, receipts, typing, unread counts");
    await sendPicture(alice, bob, roomId);
    await replyInThread(alice, bob, roomId);
    await reactToMessage(alice, bob, roomId);
    await editMessage(alice, bob, roomId);
    await showTyping(alice, bob, roomId);
    await readAndCount(alice, bob, roomId);
    chapter("a second device, verified by emoji");
    const second = await secondDeviceByEmoji(alice, roomId);
    await verifyEachOther(alice, bob, roomId);
    chapter("a third device, restored from the recovery key");
    const third = await restoreFromRecoveryKey(alice, roomId);
    await alice.restart();
    await talk(alice, bob, roomId);
    for (const device of [second, third]) await device.hears(roomId, "and one for alice 🕊");
    chapter("one-time keys run out");
    await emptyTheKeys(alice, bob, tag);
    chapter("history shared with an invited user");
    const carol = await shareHistory(alice, await newUser("carol", tag), roomId);
    chapter("a device is removed");
    await removeDevice(alice, second, bob, roomId);
    await nobodySawGibberish([alice, bob, third, carol], roomId);
});
