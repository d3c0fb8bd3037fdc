// Messages to devices over plain HTTP, without any SDK: every one arrives once and in its sender's order, however often
// requests break off and are repeated, answers are lost, more wait than one answer holds, and the server is killed.
//
// Environment: HOMESERVER_URL, SERVER_NAME, REGISTRATION_SHARED_SECRET; RESTART_SERVER, a command that kills the server
// and starts it again, and returns when it answers; CLIENT_SEED; CLIENT_MESSAGES, how many each of six devices sends (250).

import { randomBytes, randomInt } from "node:crypto";
import { spawn } from "node:child_process";
import { createClient } from "matrix-js-sdk";
import { Failed, check, checkSame, eventually, pause, print, tell } from "./checks.mjs";
import { HOMESERVER, register } from "./registration.mjs";

const USERS = 3;
const DEVICES_OF_EACH = 4;
const MESSAGES = Number(process.env.CLIENT_MESSAGES ?? 250);
// How many a device lets wait now and then; one answer holds 100.
const WAITING = 130;
const RESTART_SERVER = process.env.RESTART_SERVER;
const CLIENT = `${HOMESERVER}/_matrix/client/v3`;
const seed = Number(process.env.CLIENT_SEED ?? randomInt(2 ** 31));
let state = seed;
let allSent = false;
let over = false;

function dice(sides) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * sides);
}

// One try: the answer, or nothing where it broke off. A refusal is a fault of the server.
async function once(login, method, path, body, patience) {
    let answer, text;
    try {
        const headers = { Authorization: `Bearer ${login.access_token}`, "Content-Type": "application/json" };
        answer = await fetch(CLIENT + path, { method, headers, body, signal: AbortSignal.timeout(patience) });
        text = await answer.text();
    } catch {
        return null;
    }
    if (answer.status < 500 && !answer.ok) throw new Failed(`${method} ${path}: ${answer.status} ${text}`);
    return answer.ok ? JSON.parse(text) : null;
}

// Sends its messages one after the other, each until it hears that it is done, and now and then once more.
async function sendAll(number, login, receivers, wanted) {
    for (let i = 0; i < MESSAGES; i += 1) {
        const target = receivers[dice(receivers.length)];
        const toAll = dice(4) === 0;
        const serial = `${number}/${i}`;
        for (const receiver of receivers) {
            if (toAll ? receiver.login.user_id === target.login.user_id : receiver === target) wanted.get(receiver).push(serial);
        }
        const messages = { [target.login.user_id]: { [toAll ? "*" : target.login.device_id]: { sender: number, number: i } } };
        const path = `/sendToDevice/org.example.counted/${i}-${randomBytes(4).toString("hex")}`;
        let again = dice(10) === 0 ? 1 : 0;
        while (again >= 0) {
            const patience = dice(5) === 0 ? 1 + dice(30) : 40_000;
            if (await once(login, "PUT", path, JSON.stringify({ messages }), patience)) again -= 1;
            else await pause(dice(100));
        }
    }
}

// What survives in a client: its place, and what it has got.
function receiver(login) {
    return { login, since: null, got: [], largest: 0, faults: [] };
}

// Syncs until the end. An answer counts when it is taken; many are lost on the way, or asked for twice.
async function receiveAll(device, wanted) {
    while (!over) {
        const timeout = dice(3) === 0 ? 30_000 : 0;
        const path = `/sync?set_presence=offline&timeout=${timeout}${device.since ? `&since=${device.since}` : ""}`;
        const answer = await once(device.login, "GET", path, undefined, dice(4) === 0 ? 1 + dice(60) : 3_000);
        if (!answer) {
            await pause(dice(50));
            continue;
        }
        const serials = (of) => (of.to_device?.events ?? []).map((event) => `${event.content.sender}/${event.content.number}`);
        let taken = answer;
        if (dice(6) === 0) {
            // As if it had not heard: what it was told must still be there.
            const second = await once(device.login, "GET", path.replace(/timeout=\d+/, "timeout=0"), undefined, 3_000);
            const [before, after] = [serials(answer), second && serials(second)];
            if (after && before.some((serial, at) => after[at] !== serial)) device.faults.push([before, after]);
            taken = second ?? answer;
        }
        if (dice(4) === 0) continue;
        device.got.push(...serials(taken));
        device.largest = Math.max(device.largest, serials(taken).length);
        device.since = taken.next_batch;
        // Until more wait than one answer holds.
        const sleeps = dice(25) === 0;
        while (sleeps && !allSent && wanted.length - device.got.length < WAITING) await pause(100);
    }
}

function restartServer() {
    return new Promise((resolve, reject) => {
        const child = spawn("bash", ["-c", RESTART_SERVER], { stdio: "ignore" });
        child.on("exit", (code) => (code === 0 ? resolve() : reject(new Failed(`RESTART_SERVER ended with ${code}`))));
    });
}

async function restartNowAndThen(isDone) {
    let restarts = 0;
    while (RESTART_SERVER && !isDone()) {
        await pause(300 + dice(1_500));
        await restartServer();
        restarts += 1;
    }
    return restarts;
}

// The serials of one sender, in the order in which they came.
function ofSender(serials, sender) {
    return serials.filter((serial) => serial.startsWith(`${sender}/`));
}

await tell(async () => {
    print(`-- seed ${seed}`);
    const logins = [];
    const tag = randomBytes(6).toString("hex");
    for (let user = 0; user < USERS; user += 1) {
        const password = randomBytes(16).toString("hex");
        const userId = await register(`counts-${user}-${tag}`, password);
        for (let i = 0; i < DEVICES_OF_EACH; i += 1) {
            const identifier = { type: "m.id.user", user: userId };
            logins.push(await createClient({ baseUrl: HOMESERVER }).loginRequest({ type: "m.login.password", identifier, password }));
        }
    }
    const senders = logins.filter((_, at) => at % 2 === 0);
    const receivers = logins.filter((_, at) => at % 2 === 1).map(receiver);
    const wanted = new Map(receivers.map((device) => [device, []]));

    let sent = 0;
    const sending = senders.map((login, number) => sendAll(number, login, receivers, wanted).then(() => { sent += 1; }));
    const receiving = Promise.all(receivers.map((device) => receiveAll(device, wanted.get(device))));
    // A fault of one ends the story at once.
    const failure = Promise.race([receiving, Promise.all(sending).then(() => new Promise(() => {}))]);
    const restarts = await Promise.race([restartNowAndThen(() => sent === senders.length), failure]);
    await Promise.race([Promise.all(sending), failure]);
    allSent = true;
    const behind = () => receivers.some((device) => device.got.length < wanted.get(device).length);
    await Promise.race([eventually("all has come", () => !behind(), 300_000).catch(() => {}), failure]);
    // Whatever came twice would come now.
    await pause(500);
    over = true;
    await receiving;

    const total = [...wanted.values()].reduce((sum, serials) => sum + serials.length, 0);
    print(`     ${total} messages, ${restarts} restarts, up to ${Math.max(...receivers.map((device) => device.largest))} in one answer`);
    checkSame("a sync that is repeated tells the same first", receivers.flatMap((device) => device.faults).slice(0, 1), []);
    for (const device of receivers) {
        const [got, want] = [new Set(device.got), wanted.get(device)];
        const lost = want.filter((serial) => !got.has(serial));
        checkSame(`${device.login.device_id} gets all of ${want.length}`, lost.slice(0, 10), []);
        check("each once", device.got.length === want.length, `${device.got.length} for ${want.length}`);
        const inOrder = senders.every((_, number) => ofSender(device.got, number).join() === ofSender(want, number).join());
        check("those of each sender in order", inOrder, "they are not");
    }
});
