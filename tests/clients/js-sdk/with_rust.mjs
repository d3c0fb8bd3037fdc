// matrix-js-sdk and matrix-rust-sdk: messages and pictures both ways, history shared both ways, and one's device verified by the other's.
//
// Environment as for encryption.mjs, and RUST_STORIES: the program of ../rust-sdk, whose partner is told what to do.

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { EventType, Preset } from "matrix-js-sdk";
import { VerificationPhase, VerificationRequestEvent, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { Failed, PATIENCE_MS, check, checkSame, eventually, pause, print, tell, until } from "./checks.mjs";
import { Device } from "./device.mjs";
import { setUpRecovery } from "./identity.mjs";
import { HOMESERVER, PEER, register } from "./registration.mjs";
import { downloadPicture, uploadPicture } from "./room_life.mjs";
import { MOMENT_MS } from "./verification.mjs";

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const secret = () => randomBytes(16).toString("hex");

// A device of the other SDK, one order after the other.
class Rust {
    constructor(homeserver) {
        const env = { ...process.env, HOMESERVER_URL: homeserver };
        this.process = spawn(process.env.RUST_STORIES, ["partner"], { stdio: ["pipe", "pipe", "ignore"], env });
        this.answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    }

    async order(name, args = {}) {
        this.process.stdin.write(`${JSON.stringify({ do: name, ...args })}\n`);
        const { value, done } = await this.answers.next();
        const answer = done ? { failed: "the partner ended" } : JSON.parse(value);
        if ("failed" in answer) throw new Failed(`rust-sdk could not ${name}: ${answer.failed}`);
        return answer.done;
    }
}

function encryptedRoom(js, invite = []) {
    return js.client.createRoom({
        preset: Preset.PrivateChat, invite,
        initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
}

async function talk(js, rust, roomId, when) {
    await js.say(roomId, `from js-sdk, ${when}`);
    await rust.order("hear", { text: `from js-sdk, ${when}` });
    check(`rust-sdk reads js-sdk, ${when}`, true);
    await rust.order("say", { room_id: roomId, text: `from rust-sdk, ${when}` });
    const heard = await js.hears(roomId, `from rust-sdk, ${when}`);
    check(`js-sdk reads rust-sdk, ${when}`, heard.isEncrypted(), heard.event);
}

async function showPictures(js, rust, roomId) {
    const picture = randomBytes(120_000);
    await uploadPicture(js, roomId, picture, "js.png");
    checkSame("rust-sdk sees js-sdk's picture", await rust.order("see_picture", { name: "js.png" }), digest(picture));
    const sent = await rust.order("send_picture", { room_id: roomId, name: "rust.png" });
    const { file, info } = (await js.hears(roomId, "rust.png")).getContent();
    checkSame("js-sdk sees rust-sdk's picture", digest(await downloadPicture(js, file)), sent);
    checkSame("and its thumbnail", (await downloadPicture(js, info.thumbnail_file)).length, info.thumbnail_info.size);
}

// Each invites the other into a room where much was said before.
async function shareHistory(js, rust, rustId) {
    const texts = ["long ago", "before you came", "and a moment ago"];
    const { room_id: ofJs } = await encryptedRoom(js);
    await js.joined(ofJs, 1);
    // Until it knows, the SDK would send in the clear.
    await eventually("the room is encrypted", () => js.crypto.isEncryptionEnabledInRoom(ofJs));
    for (const text of texts) await js.say(ofJs, text);
    await js.client.invite(ofJs, rustId);
    await rust.order("join", { room_id: ofJs, members: 2, history: true });
    checkSame("rust-sdk reads what js-sdk said before", await rust.order("page_back", { room_id: ofJs }), texts);

    const ofRust = await rust.order("create_room");
    for (const text of texts) await rust.order("say", { room_id: ofRust, text });
    await rust.order("invite", { room_id: ofRust, user_id: js.id });
    await eventually("js-sdk is invited", () => js.room(ofRust)?.getMyMembership() === "invite");
    await js.client.joinRoom(ofRust);
    await js.joined(ofRust, 2);
    await js.pageBack(ofRust);
    await eventually("js-sdk reads the history", () => js.texts(ofRust).length === texts.length).catch(() => {});
    checkSame("js-sdk reads what rust-sdk said before", [js.texts(ofRust), js.unreadable(ofRust)], [texts, []]);
}

// The SDK waits up to ten seconds before it uploads keys.
async function everythingIsBackedUp(js) {
    await eventually("all keys are in the backup", async () => {
        const { count } = await js.client.http.authedRequest("GET", "/room_keys/version", undefined, undefined, { prefix: "/_matrix/client/v3" });
        return count >= (await js.crypto.exportRoomKeys()).length;
    }, 2 * PATIENCE_MS);
    check("all keys are in the backup", true);
}

// A device in the other SDK logs in for the same user; the two compare emoji, and it reads the room from its beginning.
async function secondDevice(js, roomId) {
    await everythingIsBackedUp(js);
    const second = new Rust(HOMESERVER);
    const deviceId = await second.order("log_in", { user_id: js.id, password: js.password });
    await eventually("the new device is known", async () => (await js.crypto.getUserDeviceInfo([js.id], true)).get(js.id)?.has(deviceId));
    const request = await js.crypto.requestOwnUserVerification();
    const shown = second.order("compare_emoji", { user_id: js.id, flow_id: request.transactionId });
    await until("the verification is accepted", () => request.phase === VerificationPhase.Ready, [request, VerificationRequestEvent.Change]);
    const verifier = await request.startVerification("m.sas.v1");
    const verified = verifier.verify();
    const sas = await until("emoji are shown", () => verifier.getShowSasCallbacks(), [verifier, VerifierEvent.ShowSas]);
    checkSame("both show the same seven emoji", await shown, sas.sas.emoji.map(([, name]) => name));
    await sas.confirm();
    await pause(MOMENT_MS);
    await Promise.all([second.order("confirm"), verified]);
    await eventually("it is cross-signed", async () => (await js.crypto.getDeviceVerificationStatus(js.id, deviceId))?.signedByOwner);
    check("the rust-sdk device is cross-signed for js-sdk", true);
    await js.pageBack(roomId);
    checkSame("and reads all old messages from the backup", await second.order("page_back", { room_id: roomId }), js.texts(roomId));
    await talk(js, second, roomId, "between one's own devices");
    checkSame("it shows nothing unreadable", await second.order("unreadable"), []);
    return second;
}

await tell(async () => {
    const tag = randomBytes(6).toString("hex");
    const [password, otherPassword] = [secret(), secret()];
    const js = await Device.logIn(await register(`pair-js-${tag}`, password), password, "js-sdk");
    await setUpRecovery(js);
    const rustId = await register(`pair-rust-${tag}`, otherPassword, PEER);
    const rust = new Rust(PEER);
    check("rust-sdk logs in", await rust.order("log_in", { user_id: rustId, password: otherPassword }));
    await rust.order("set_up_recovery");
    check("and sets up its recovery", true);

    const { room_id: roomId } = await encryptedRoom(js, [rustId]);
    await rust.order("join", { room_id: roomId, members: 2 });
    await js.joined(roomId, 2);
    check("both are in the encrypted room", true);
    await talk(js, rust, roomId, "at first");
    await showPictures(js, rust, roomId);
    print("-- after a restart");
    await rust.order("restart");
    await js.restart();
    await talk(js, rust, roomId, "after both restarted");
    print("-- history shared with who is invited");
    await shareHistory(js, rust, rustId);
    print("-- a second device of the other kind");
    const second = await secondDevice(js, roomId);
    await rust.order("say", { room_id: roomId, text: "to both devices" });
    await second.order("hear", { text: "to both devices" });
    await js.hears(roomId, "to both devices");
    check("both devices read what the other user says", true);
    checkSame("rust-sdk shows nothing unreadable", await rust.order("unreadable"), []);
    checkSame("nor does js-sdk", js.unreadable(roomId), []);
    for (const partner of [rust, second]) partner.process.kill();
});
