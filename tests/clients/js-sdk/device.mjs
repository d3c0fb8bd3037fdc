// One device as an encrypting application keeps it: its login, its own databases, its recovery key once it was told it.

import "fake-indexeddb/auto";
import { ClientEvent, EventType, IndexedDBStore, MatrixEventEvent, MsgType, RoomEvent, SyncState, createClient } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { Failed, until } from "./checks.mjs";
import { HOMESERVER, logIn } from "./registration.mjs";

logger.setLevel?.("warn");

// Numbers the devices, which tells their databases apart.
let opened = 0;

export class Device {
    constructor(login, password, disk = { number: opened++, sync: new IDBFactory() }) {
        Object.assign(this, { login, password, disk });
        this.recoveryKey = null;
        this.requests = [];
        this.toDevice = [];
    }

    static async logIn(userId, password, name) {
        return new Device(await logIn(userId, password, name), password).start();
    }

    get id() {
        return this.login.user_id;
    }

    get deviceId() {
        return this.login.device_id;
    }

    get crypto() {
        return this.client.getCrypto();
    }

    async start() {
        this.store = new IndexedDBStore({ indexedDB: this.disk.sync, dbName: "sync" });
        this.client = createClient({
            baseUrl: HOMESERVER, userId: this.id, deviceId: this.deviceId, accessToken: this.login.access_token,
            store: this.store, useAuthorizationHeader: true, timelineSupport: true,
            verificationMethods: ["m.sas.v1"],
            cryptoCallbacks: {
                getSecretStorageKey: async ({ keys }) => this.recoveryKey && [Object.keys(keys)[0], this.recoveryKey.privateKey],
                cacheSecretStorageKey: () => {},
            },
        });
        await this.store.startup();
        await this.client.initRustCrypto({ cryptoDatabasePrefix: `device-${this.disk.number}` });
        this.client.on("crypto.verificationRequestReceived", (request) => this.requests.push(request));
        await this.client.startClient({ initialSyncLimit: 20, threadSupport: true, pollTimeout: 10_000 });
        await until(`${this} syncs`, () => this.client.getSyncState() === SyncState.Syncing, [this.client, ClientEvent.Sync]);
        return this;
    }

    toString() {
        return `${this.id} on ${this.deviceId}`;
    }

    async stop() {
        await this.store.save(true);
        this.client.stopClient();
        await this.store.destroy();
    }

    // The application is closed and opened again: both databases stay.
    async restart() {
        await this.stop();
        return this.start();
    }

    room(roomId) {
        return this.client.getRoom(roomId);
    }

    async say(roomId, text, more = {}) {
        return (await this.client.sendMessage(roomId, { msgtype: MsgType.Text, body: text, ...more })).event_id;
    }

    // The room's events in the main timeline and in all threads.
    events(roomId) {
        const room = this.room(roomId);
        if (!room) return [];
        const threads = room.getThreads().flatMap((thread) => thread.liveTimeline.getEvents());
        // By id, for the SDK may hold one event of a thread as two objects.
        return [...new Map([...room.getLiveTimeline().getEvents(), ...threads].map((event) => [event.getId(), event])).values()];
    }

    // The one event that satisfies `wanted`, decrypted; waits for it.
    find(what, roomId, wanted) {
        const found = () => this.events(roomId).find((event) => !event.isDecryptionFailure() && wanted(event));
        const { client } = this;
        return until(`${this} sees ${what}`, found, [client, RoomEvent.Timeline], [client, MatrixEventEvent.Decrypted],
            [client, MatrixEventEvent.Replaced], [client, RoomEvent.LocalEchoUpdated], [client, ClientEvent.Sync]);
    }

    hears(roomId, text) {
        return this.find(JSON.stringify(text), roomId, (event) => event.getContent().body === text && !event.status);
    }

    // What this device shows that it cannot read.
    unreadable(roomId) {
        return this.events(roomId).filter((event) => event.isDecryptionFailure())
            .map((event) => `${event.getId()} (${event.decryptionFailureReason})`);
    }

    // Loads the room from its first event on.
    async pageBack(roomId) {
        const room = this.room(roomId);
        for (let pages = 0; room.oldState.paginationToken !== null; pages += 1) {
            if (pages === 50) throw new Failed("paging back does not come to an end");
            await this.client.scrollback(room, 50);
        }
        for (const event of this.events(roomId)) await this.client.decryptEventIfNeeded(event);
    }

    // The bodies of all encrypted messages that this device can read, as edited, oldest first.
    texts(roomId) {
        return this.events(roomId)
            .filter((event) => event.getType() === EventType.RoomMessage && event.isEncrypted() && !event.isRelation("m.replace"))
            .map((event) => event.getContent().body);
    }

    joined(roomId, count) {
        const there = () => this.room(roomId)?.getMyMembership() === "join" && this.room(roomId).getJoinedMemberCount() === count;
        return until(`${this} sees ${count} members`, there, [this.client, ClientEvent.Sync], [this.client, RoomEvent.MyMembership]);
    }
}
