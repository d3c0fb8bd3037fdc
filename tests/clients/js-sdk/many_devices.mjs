// Many devices in one encrypted room, killed and started again at random, and the server too where the test can do that:
// every message is decrypted everywhere, and every to-device message comes once.
//
// Environment: HOMESERVER_URL, SERVER_NAME, REGISTRATION_SHARED_SECRET; CLIENT_DEVICES, how many (20; the long form is 100,
// of ten users); RESTART_SERVER, a command that restarts the server and returns when it answers; CLIENT_SEED.

import { randomBytes, randomInt } from "node:crypto";
import { spawn } from "node:child_process";
import { UserId, initAsync } from "@matrix-org/matrix-sdk-crypto-wasm";
import { createClient } from "matrix-js-sdk";
import { Failed, check, checkSame, eventually, pause, print, tell } from "./checks.mjs";
import { CryptoDevice } from "./crypto_device.mjs";
import { HOMESERVER, register } from "./registration.mjs";

const DEVICES = Number(process.env.CLIENT_DEVICES ?? 20);
const USERS = Math.max(4, Math.ceil(DEVICES / 10));
const ROUNDS = DEVICES > 50 ? 10 : 4;
const STANDSTILL_MS = 60_000;
const RESTART_SERVER = process.env.RESTART_SERVER;
const seed = Number(process.env.CLIENT_SEED ?? randomInt(2 ** 31));
let state = seed;

// Repeatable dice: a failed run names its seed.
function dice(sides) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * sides);
}

async function logInQuietly(userId, password) {
    return createClient({ baseUrl: HOMESERVER }).loginRequest({
        type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password,
    });
}

async function makeRoom(logins) {
    const clients = logins.map((login) => createClient({ baseUrl: HOMESERVER, userId: login.user_id, accessToken: login.access_token }));
    const { room_id: roomId } = await clients[0].createRoom({
        preset: "private_chat", invite: logins.slice(1).map((login) => login.user_id),
        initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    for (const client of clients.slice(1)) await client.joinRoom(roomId);
    return roomId;
}

function restartServer() {
    return new Promise((resolve, reject) => {
        const child = spawn("bash", ["-c", RESTART_SERVER], { stdio: "ignore" });
        child.on("exit", (code) => (code === 0 ? resolve() : reject(new Failed(`RESTART_SERVER ended with ${code}`))));
    });
}

// What each device must hear and get: filled while messages are handed to the senders.
const texts = [];
const counted = [];

function sendSome(devices, round) {
    for (let i = 0; i < devices.length / 2; i += 1) {
        const sender = devices[dice(devices.length)];
        const text = `round ${round}, message ${i}`;
        texts.push(text);
        sender.send("m.room.message", null, { msgtype: "m.text", body: text }, `m${round}-${i}-${randomBytes(4).toString("hex")}`);
    }
    // To every device of one user, and to one device by its name.
    for (let i = 0; i < devices.length / 4; i += 1) {
        const [sender, target] = [devices[dice(devices.length)], devices[dice(devices.length)]];
        const { user_id: user, device_id: device } = target.login;
        const toAll = dice(2) === 0;
        const serial = `round ${round}, to-device ${i}`;
        for (const receiver of devices) {
            if (toAll ? receiver.login.user_id === user : receiver === target) counted.push([receiver, serial]);
        }
        const content = { [user]: { [toAll ? "*" : device]: { serial } } };
        sender.send("org.example.counted", null, content, `t${round}-${i}-${randomBytes(4).toString("hex")}`);
    }
}

async function disturb(devices, members) {
    let kills = 0;
    const victims = devices.filter(() => dice(3) === 0);
    await Promise.all(victims.map(async (device) => {
        await pause(dice(1500));
        await device.kill();
        kills += 1;
        await pause(dice(1500));
        await device.start(members);
    }));
    return kills;
}

function shortOf(devices) {
    const missing = devices.filter((device) => {
        const heard = new Set(device.heard.values());
        return texts.some((text) => !heard.has(text));
    });
    return missing.concat(counted.filter(([device, serial]) => !device.toDevice.has(serial)).map(([device]) => device));
}

// Waits for as long as anything still goes or comes: how long it all takes is up to the machine.
async function untilNothingMoves(devices, isDone) {
    const sum = (of) => devices.reduce((total, device) => total + of(device), 0);
    let [seen, since] = [-1, Date.now()];
    while (!isDone() && Date.now() - since < STANDSTILL_MS) {
        const now = sum((device) => device.heard.size + device.toDevice.size - device.disk.outbox.length);
        if (now !== seen) [seen, since] = [now, Date.now()];
        await pause(500);
    }
}

await tell(async () => {
    print(`-- ${DEVICES} devices of ${USERS} users, seed ${seed}`);
    await initAsync();
    const tag = randomBytes(6).toString("hex");
    const logins = [];
    for (let user = 0; user < USERS; user += 1) {
        const password = randomBytes(16).toString("hex");
        const userId = await register(`many-${user}-${tag}`, password);
        for (let i = user; i < DEVICES; i += USERS) logins.push([user, await logInQuietly(userId, password)]);
    }
    const firsts = [...Array(USERS).keys()].map((user) => logins.find(([owner]) => owner === user)[1]);
    const roomId = await makeRoom(firsts);
    const members = firsts.map((login) => login.user_id);
    const devices = logins.map(([, login]) => new CryptoDevice(login, roomId));
    for (const device of devices) await device.start(members);
    // Before the first message all must have uploaded their keys: who has none is written nothing that he could read.
    await eventually("all devices sync", () => devices.every((device) => device.disk.since), 300_000);
    await eventually("all know all devices", async () => (await Promise.all(devices.map(knowsAll(devices)))).every(Boolean), 300_000);
    check("all devices know each other", true);

    let kills = 0, restarts = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
        sendSome(devices, round);
        const disturbed = disturb(devices, members);
        if (RESTART_SERVER) {
            await pause(dice(2000));
            await restartServer();
            restarts += 1;
        }
        kills += await disturbed;
        print(`     round ${round}: ${texts.length} messages, ${kills} clients and ${restarts} servers restarted`);
    }
    const faults = () => devices.flatMap((device) => device.faults);
    await untilNothingMoves(devices, () => faults().length > 0 || shortOf(devices).length === 0);
    checkSame("no request of a client is refused", faults().slice(0, 3), []);

    checkSame("everything is sent", devices.reduce((sum, device) => sum + device.disk.outbox.length, 0), 0);
    // What the server owes first; what the clients make of it after that.
    const lost = counted.filter(([device, serial]) => device.toDevice.get(serial) !== 1);
    checkSame(`${counted.length} to-device messages came, each once`, lost.slice(0, 5).map(([d, s]) => [d.login.device_id, s, d.toDevice.get(s)]), []);
    const doubled = devices.filter((device) => [...device.toDevice.values()].some((count) => count !== 1));
    checkSame("and no room key twice", doubled.map((device) => device.login.device_id), []);
    const unread = devices.flatMap((device) => [...device.unread.values()].map((event) => `${event.event_id} of ${event.content.device_id} on ${device.login.user_id} ${device.login.device_id}: ${device.failures.get(event.event_id)}`));
    checkSame("no device shows an unreadable message", unread.slice(0, 5), []);
    const wanted = JSON.stringify([...texts].sort());
    const wrong = devices.filter((device) => JSON.stringify([...device.heard.values()].sort()) !== wanted);
    checkSame(`${texts.length} messages are read by each of ${DEVICES} devices, each once`,
        wrong.map((device) => `${device.login.device_id}: ${device.heard.size}`), []);
    for (const device of devices) await device.kill();
});

function knowsAll(devices) {
    return async (device) => {
        for (const user of device.members) {
            const ids = devices.filter((other) => other.login.user_id === user.toString()).map((other) => other.login.device_id);
            const known = new Set((await device.machine.getUserDevices(new UserId(user.toString()))).keys().map(String));
            if (!ids.every((id) => known.has(id) || id === device.login.device_id)) return false;
        }
        return true;
    };
}
