// A bare OlmMachine over plain HTTP: the smallest client with encryption. It can be killed and started again at any moment.
//
// What outlives it is in `disk`: the crypto store, its place in the sync stream, and what it still wants to send. It notes
// every to-device message that an answer gave it, and the text or failure of every encrypted event.

import { createHash } from "node:crypto";
import {
    DecryptionSettings, DeviceId, DeviceLists, EncryptionSettings, OlmMachine, RequestType, RoomId, StoreHandle, TrustRequirement, UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { pause } from "./checks.mjs";

const CLIENT = `${process.env.HOMESERVER_URL.replace(/\/$/, "")}/_matrix/client/v3`;
const TRUST = () => new DecryptionSettings(TrustRequirement.Untrusted);
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export class CryptoDevice {
    constructor(login, roomId) {
        Object.assign(this, { login, roomId });
        this.disk = { since: null, outbox: [], crypto: null };
        this.toDevice = new Map();
        this.heard = new Map();
        this.unread = new Map();
        this.failures = new Map();
        this.running = null;
        this.faults = [];
    }

    async start(members) {
        this.members = members.map((id) => new UserId(id));
        this.disk.crypto ??= await StoreHandle.open(null, null, silent);
        const { user_id: user, device_id: device } = this.login;
        this.machine = await OlmMachine.initFromStore(new UserId(user), new DeviceId(device), this.disk.crypto, silent);
        await this.machine.updateTrackedUsers(members.map((id) => new UserId(id)));
        this.dying = new AbortController();
        this.running = this.#live().catch((error) => {
            if (!this.dying.signal.aborted) this.faults.push(String(error?.stack ?? error));
        });
    }

    // Its requests break off where they are; what they would have answered is lost.
    async kill() {
        this.dying.abort();
        await this.running;
        this.machine = null;
    }

    send(type, target, content, txnId) {
        this.disk.outbox.push({ type, target, content, txnId });
    }

    // Tries until it gets an answer, since the server may be restarting.
    async request(method, path, body) {
        for (;;) {
            try {
                const signal = AbortSignal.any([this.dying.signal, AbortSignal.timeout(40_000)]);
                const headers = { Authorization: `Bearer ${this.login.access_token}`, "Content-Type": "application/json" };
                const answer = await fetch(CLIENT + path, { method, headers, body, signal });
                const text = await answer.text();
                if (answer.ok) return text;
                // 408: this process, busy with a hundred devices, opened a connection and wrote to it too late.
                if (answer.status < 500 && answer.status !== 408) throw new TypeError(`${method} ${path}: ${answer.status} ${text}`);
            } catch (error) {
                if (this.dying.signal.aborted || (error instanceof TypeError && error.message.startsWith(method))) throw error;
            }
            await pause(200);
        }
    }

    async #live() {
        for (;;) {
            // The first sync comes first: device lists that were asked for before it may change without a word.
            if (this.disk.since) {
                await this.#sendRequests(await this.machine.outgoingRequests());
                await this.#sendOutbox();
            }
            const since = this.disk.since ? `&since=${this.disk.since}&timeout=1000` : "&timeout=0";
            const answer = JSON.parse(await this.request("GET", `/sync?set_presence=offline${since}`));
            await this.#take(answer);
            this.dying.signal.throwIfAborted();
        }
    }

    // One answer is taken whole, as a client with a transactional store does: it dies before it or after it.
    async #take(answer) {
        const timeline = answer.rooms?.join?.[this.roomId]?.timeline;
        const missed = timeline?.limited && this.disk.since ? await this.#gap(timeline.prev_batch) : [];
        this.dying.signal.throwIfAborted();
        const events = answer.to_device?.events ?? [];
        for (const event of events) this.#count(event);
        // One by one: in one call a room key that was shared again, at a later index, would replace the first
        // (matrix-sdk-crypto 0.19; it shares again when both sides began an Olm session at the same time).
        for (const event of events) await this.#receive([event], {}, answer);
        await this.#receive([], answer.device_lists ?? {}, answer);
        this.disk.since = answer.next_batch;
        for (const event of [...missed, ...timeline?.events ?? [], ...this.unread.values()]) await this.#hear(event);
    }

    #receive(events, { changed, left }, answer) {
        const users = (ids) => ids?.map((id) => new UserId(id));
        const counts = new Map(Object.entries(answer.device_one_time_keys_count ?? {}));
        const fallback = answer.device_unused_fallback_key_types && new Set(answer.device_unused_fallback_key_types);
        const lists = new DeviceLists(users(changed), users(left));
        return this.machine.receiveSyncChanges(JSON.stringify(events), lists, counts, fallback, TRUST());
    }

    #count(event) {
        const name = event.type === "org.example.counted" ? event.content.serial : createHash("sha256").update(JSON.stringify(event)).digest("hex");
        this.toDevice.set(name, (this.toDevice.get(name) ?? 0) + 1);
    }

    // What a limited timeline left out.
    async #gap(from) {
        const events = [];
        const to = encodeURIComponent(this.disk.since);
        while (from) {
            const path = `/rooms/${encodeURIComponent(this.roomId)}/messages?dir=b&limit=100&to=${to}&from=${encodeURIComponent(from)}`;
            const { chunk, end } = JSON.parse(await this.request("GET", path));
            events.push(...chunk);
            from = chunk.length > 0 ? end : null;
        }
        return events;
    }

    async #hear(event) {
        if (event.type !== "m.room.encrypted" || this.heard.has(event.event_id)) return;
        try {
            const clear = await this.machine.decryptRoomEvent(JSON.stringify(event), new RoomId(this.roomId), TRUST());
            this.heard.set(event.event_id, JSON.parse(clear.event).content.body);
            this.unread.delete(event.event_id);
        } catch (error) {
            this.unread.set(event.event_id, event);
            this.failures.set(event.event_id, `${error.description} ${error.maybe_withheld ?? ""}`);
        }
    }

    async #sendOutbox() {
        while (this.disk.outbox.length > 0) {
            const next = this.disk.outbox[0];
            if (next.type === "m.room.message") await this.#sendEncrypted(next);
            else await this.request("PUT", `/sendToDevice/${next.type}/${next.txnId}`, JSON.stringify({ messages: next.content }));
            this.disk.outbox.shift();
        }
    }

    // The ciphertext is kept with the transaction id: a repeated request must be the same request.
    async #sendEncrypted(message) {
        if (!message.ciphertext) {
            const room = new RoomId(this.roomId);
            const claim = await this.machine.getMissingSessions(this.#everyone());
            if (claim) await this.#sendRequests([claim]);
            await this.#sendRequests(await this.machine.shareRoomKey(room, this.#everyone(), new EncryptionSettings()));
            message.ciphertext = await this.machine.encryptRoomEvent(room, message.type, JSON.stringify(message.content));
        }
        await this.request("PUT", `/rooms/${encodeURIComponent(this.roomId)}/send/m.room.encrypted/${message.txnId}`, message.ciphertext);
    }

    #everyone() {
        return this.members.map((user) => new UserId(user.toString()));
    }

    async #sendRequests(requests) {
        for (const request of requests) {
            const [method, path] = addressOf(request);
            const answer = await this.request(method, path, request.body);
            if (request.id) await this.machine.markRequestAsSent(request.id, request.type, answer);
        }
    }
}

function addressOf(request) {
    switch (request.type) {
        case RequestType.KeysUpload: return ["POST", "/keys/upload"];
        case RequestType.KeysQuery: return ["POST", "/keys/query"];
        case RequestType.KeysClaim: return ["POST", "/keys/claim"];
        case RequestType.ToDevice: return ["PUT", `/sendToDevice/${request.event_type}/${request.txn_id}`];
        case RequestType.SignatureUpload: return ["POST", "/keys/signatures/upload"];
        default: throw new Error(`a request of type ${request.type}`);
    }
}
