// A device is away while more claims come than it has one-time keys: the rest get its fallback key, and all can write to it.

import { randomBytes } from "node:crypto";
import { EventType, Preset } from "matrix-js-sdk";
import { check, checkSame, eventually } from "./checks.mjs";
import { Device } from "./device.mjs";
import { HOMESERVER, register } from "./registration.mjs";

// One claim, as any server's user may send it; gives the key's id and body.
async function claim(claimer, target) {
    const answer = await fetch(`${HOMESERVER}/_matrix/client/v3/keys/claim`, {
        method: "POST",
        headers: { Authorization: `Bearer ${claimer.client.getAccessToken()}`, "Content-Type": "application/json" },
        body: JSON.stringify({ one_time_keys: { [target.id]: { [target.deviceId]: "signed_curve25519" } } }),
    });
    const { one_time_keys: keys } = await answer.json();
    return Object.entries(keys?.[target.id]?.[target.deviceId] ?? {})[0];
}

export async function emptyTheKeys(alice, bob, tag) {
    const password = randomBytes(16).toString("hex");
    const dave = await Device.logIn(await register(`js-e2ee-dave-${tag}`, password), password, "often away");
    const { room_id: roomId } = await alice.client.createRoom({
        preset: Preset.PrivateChat, invite: [dave.id, bob.id],
        initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    await dave.client.joinRoom(roomId);
    await bob.client.joinRoom(roomId);
    await Promise.all([alice, bob, dave].map((device) => device.joined(roomId, 3)));
    await dave.stop();

    const keys = [];
    let fallback = null;
    while (fallback === null && keys.length < 200) {
        const [id, key] = await claim(alice, dave) ?? [];
        if (!key) check("a claim gives a key", false, keys);
        if (key.fallback) fallback = id;
        else keys.push(id);
    }
    checkSame("no one-time key is given twice", new Set(keys).size, keys.length);
    check("after the last comes the fallback key", fallback, keys.length);
    checkSame("and again, as often as asked", (await claim(alice, dave))[0], fallback);

    await alice.say(roomId, "by the fallback key");
    await bob.say(roomId, "by the same fallback key");
    await dave.start();
    await dave.hears(roomId, "by the fallback key");
    await dave.hears(roomId, "by the same fallback key");
    check("both messages are readable after it is back", true);
    await eventually("it uploads new one-time keys", async () => {
        const [, key] = await claim(alice, dave);
        return !key.fallback;
    });
    check("and it has new one-time keys", true);
    checkSame("nothing is unreadable", dave.unreadable(roomId), []);
    await dave.stop();
}
