// matrix-js-sdk and matrix-nio in one encrypted room: each reads what the other writes, and sees the other's pictures.
//
// Environment as for encryption.mjs, and NIO_PYTHON and NIO_FOLDER: the interpreter that has matrix-nio, and where partner.py is.

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { EventType, Preset } from "matrix-js-sdk";
import { Failed, check, checkSame, tell } from "./checks.mjs";
import { Device } from "./device.mjs";
import { setUpRecovery } from "./identity.mjs";
import { PEER, register } from "./registration.mjs";
import { downloadPicture, uploadPicture } from "./room_life.mjs";

// partner.py, one order after the other.
class Nio {
    constructor() {
        const { NIO_PYTHON: python, NIO_FOLDER: folder } = process.env;
        const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", HOMESERVER_URL: PEER };
        this.process = spawn(python, [`${folder}/partner.py`], { stdio: ["pipe", "pipe", "ignore"], env });
        this.answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    }

    async order(name, args = {}) {
        this.process.stdin.write(`${JSON.stringify({ do: name, ...args })}\n`);
        const { value, done } = await this.answers.next();
        const answer = done ? { failed: "partner.py ended" } : JSON.parse(value);
        if ("failed" in answer) throw new Failed(`nio could not ${name}: ${answer.failed}`);
        return answer.done;
    }
}

await tell(async () => {
    const tag = randomBytes(6).toString("hex");
    const [password, otherPassword] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    const js = await Device.logIn(await register(`mixed-js-${tag}`, password), password, "js-sdk");
    await setUpRecovery(js);
    const nioId = await register(`mixed-nio-${tag}`, otherPassword, PEER);
    const nio = new Nio();
    check("nio logs in", await nio.order("log_in", { user_id: nioId, password: otherPassword }));

    const { room_id: roomId } = await js.client.createRoom({
        preset: Preset.PrivateChat, invite: [nioId],
        initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    await nio.order("join", { room_id: roomId, members: 2 });
    await js.joined(roomId, 2);
    check("both are in the encrypted room", true);

    await js.say(roomId, "from js-sdk to nio");
    await nio.order("hear", { text: "from js-sdk to nio" });
    check("nio reads js-sdk", true);
    await nio.order("say", { room_id: roomId, text: "from nio to js-sdk" });
    const heard = await js.hears(roomId, "from nio to js-sdk");
    check("js-sdk reads nio", heard.isEncrypted(), heard.event);

    const picture = randomBytes(120_000);
    await uploadPicture(js, roomId, picture, "js.png");
    const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
    checkSame("nio sees js-sdk's picture", await nio.order("see_picture", { name: "js.png" }), digest(picture));
    const sent = await nio.order("send_picture", { room_id: roomId, name: "nio.png" });
    const shown = await js.hears(roomId, "nio.png");
    checkSame("js-sdk sees nio's picture", digest(await downloadPicture(js, shown.getContent().file)), sent);

    await nio.order("restart");
    await js.restart();
    await js.say(roomId, "after both restarted");
    await nio.order("hear", { text: "after both restarted" });
    await nio.order("say", { room_id: roomId, text: "and back" });
    await js.hears(roomId, "and back");
    check("both go on after a restart", true);
    checkSame("nio shows nothing unreadable", await nio.order("unreadable"), []);
    checkSame("nor does js-sdk", js.unreadable(roomId), []);
    nio.process.kill();
});
