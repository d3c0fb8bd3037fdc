// Two people and an unmodified matrix-js-sdk: register, log in, create, invite, join, talk, page back, restart, go on.
//
// Environment: HOMESERVER_URL, SERVER_NAME, and REGISTRATION_SHARED_SECRET where registration is closed.
// Prints one line per check and `N passed, 0 failed`; leaves at the first failure with exit code 1.

import { randomBytes } from "node:crypto";
import "fake-indexeddb/auto";
import {
    ClientEvent, EventType, IndexedDBStore, MsgType, Preset, RoomEvent, RoomMemberEvent, RoomStateEvent, SyncState, createClient,
} from "matrix-js-sdk";
import { Failed, check, tell, until } from "./checks.mjs";
import { HOMESERVER, SERVER_NAME, logIn, register } from "./registration.mjs";

// Many more than the timeline of one sync holds.
const BACKLOG = 60;

// What a browser would keep for one device. It outlives the client, as a disk does.
function freshDisk() {
    return new IDBFactory();
}

// A client as an application keeps it: token and device at hand, room data and the place in the stream in its store.
class Person {
    constructor(login, disk) {
        this.login = login;
        this.disk = disk;
        this.store = new IndexedDBStore({ indexedDB: disk, dbName: "sync" });
        this.client = createClient({
            baseUrl: HOMESERVER, userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token,
            store: this.store, useAuthorizationHeader: true, timelineSupport: true,
        });
    }

    static async logIn(userId, password) {
        return new Person(await logIn(userId, password, "js-sdk story"), freshDisk());
    }

    get id() {
        return this.login.user_id;
    }

    async start() {
        await this.store.startup();
        await this.client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true, pollTimeout: 10_000 });
        const synced = () => this.client.getSyncState() === SyncState.Syncing;
        await until(`${this.id} syncs`, synced, [this.client, ClientEvent.Sync]);
        return this;
    }

    async stop() {
        await this.store.save(true);
        this.client.stopClient();
        await this.store.destroy();
    }

    async restart() {
        await this.stop();
        return new Person(this.login, this.disk).start();
    }

    say(roomId, text) {
        return this.client.sendMessage(roomId, { msgtype: MsgType.Text, body: text });
    }

    texts(roomId) {
        const events = this.client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
        return events.filter((e) => e.getType() === EventType.RoomMessage).map((e) => e.getContent().body);
    }

    hears(roomId, text) {
        const heard = () => this.texts(roomId).includes(text);
        return until(`${this.id} hears ${JSON.stringify(text)}`, heard, [this.client, RoomEvent.Timeline]);
    }
}

async function inviteAndJoin(alice, bob) {
    const created = await alice.client.createRoom({ preset: Preset.PrivateChat, name: "Story", topic: "told by js-sdk" });
    const roomId = created.room_id;
    check("alice creates a room", typeof roomId === "string" && roomId.startsWith("!"), created);
    await alice.client.invite(roomId, bob.id);

    const invited = () => bob.client.getRoom(roomId)?.getMyMembership() === "invite" && bob.client.getRoom(roomId);
    const invite = await until("bob is invited", invited, [bob.client, RoomEvent.MyMembership], [bob.client, ClientEvent.Room]);
    check("the invite is in bob's sync", invite.name === "Story", invite.name);
    check("and comes from alice", invite.getDMInviter() === alice.id || invite.getMember(bob.id).events.member.getSender() === alice.id, invite.roomId);

    await bob.client.joinRoom(roomId);
    for (const person of [alice, bob]) {
        const both = () => person.client.getRoom(roomId)?.getJoinedMemberCount() === 2;
        await until("both have joined", both, [person.client, RoomMemberEvent.Membership], [person.client, RoomStateEvent.Update],
            [person.client, RoomEvent.MyMembership], [person.client, ClientEvent.Sync]);
        const room = person.client.getRoom(roomId);
        const topic = room.currentState.getStateEvents(EventType.RoomTopic, "")?.getContent().topic;
        check(`${person.id} sees the room's name and topic`, room.name === "Story" && topic === "told by js-sdk", { name: room.name, topic });
        await room.loadMembersIfNeeded();
        const members = room.getJoinedMembers().map((member) => member.userId).sort();
        check("and both members", JSON.stringify(members) === JSON.stringify([alice.id, bob.id].sort()), members);
    }
    return roomId;
}

async function talk(alice, bob, roomId) {
    await alice.say(roomId, "hello, bob");
    await bob.hears(roomId, "hello, bob");
    check("alice's words reach bob", true);
    await bob.say(roomId, "hello, alice – ĉu vi aŭdas? 🕊");
    await alice.hears(roomId, "hello, alice – ĉu vi aŭdas? 🕊");
    check("bob's words reach alice, unharmed", true);
    // What one says comes back in one's own sync and must replace the local echo, not stand beside it.
    await alice.hears(roomId, "hello, bob");
    check("and are not doubled for the one who said them", alice.texts(roomId).filter((t) => t === "hello, bob").length === 1, alice.texts(roomId));
}

// Paging needs a gap: bob's store is thrown away, so he meets the room by an initial sync.
async function pageBack(alice, bob, roomId) {
    const sent = [];
    for (let i = 0; i < BACKLOG; i += 1) sent.push((await alice.say(roomId, `backlog ${i}`)).event_id);
    bob.client.stopClient();
    const fresh = await new Person(bob.login, freshDisk()).start();
    const room = fresh.client.getRoom(roomId);
    const timeline = () => room.getLiveTimeline().getEvents();
    check("sixty messages do not fit one timeline", timeline().length < BACKLOG, timeline().length);

    for (let pages = 0; room.oldState.paginationToken !== null; pages += 1) {
        if (pages === 50) throw new Failed("paging back does not come to an end");
        await fresh.client.scrollback(room, 25);
    }
    const ids = timeline().map((event) => event.getId());
    check("nothing comes twice", new Set(ids).size === ids.length, ids);
    const wanted = new Set(sent);
    check("every message is there, in the order sent", JSON.stringify(ids.filter((id) => wanted.has(id))) === JSON.stringify(sent), ids);
    check("back to the room's first event", timeline()[0].getType() === EventType.RoomCreate, timeline()[0].getType());
    return fresh;
}

async function restartAndGoOn(alice, bob, roomId) {
    await bob.stop();
    for (const text of ["are you there?", "still there?"]) await alice.say(roomId, text);
    bob = await new Person(bob.login, bob.disk).start();
    await bob.hears(roomId, "still there?");
    const missed = bob.texts(roomId);
    check("a restarted client gets what it missed, once and in order",
        missed.filter((t) => t.endsWith("there?")).join("|") === "are you there?|still there?", missed);
    check("and still has what it had", missed.includes(`backlog ${BACKLOG - 1}`), missed);

    alice = await alice.restart();
    await bob.say(roomId, "here again");
    await alice.hears(roomId, "here again");
    check("and both go on talking", true);
    return [alice, bob];
}

async function story() {
    const tag = randomBytes(6).toString("hex");
    const people = [];
    for (const name of ["alice", "bob"]) {
        const password = randomBytes(16).toString("hex");
        const userId = await register(`js-${name}-${tag}`, password);
        check("the user id carries the server's name", userId === `@js-${name}-${tag}:${SERVER_NAME}`, userId);
        people.push(await (await Person.logIn(userId, password)).start());
    }
    let [alice, bob] = people;
    check("both sync", true);
    const roomId = await inviteAndJoin(alice, bob);
    await talk(alice, bob, roomId);
    bob = await pageBack(alice, bob, roomId);
    [alice, bob] = await restartAndGoOn(alice, bob, roomId);

    const { user_id: who } = await bob.client.whoami();
    check("the stored token is still bob's", who === bob.id, who);
    await bob.client.logout(true);
    const refused = await bob.client.whoami().then(() => "answered", (error) => error.errcode);
    check("after logout it is nobody's", refused === "M_UNKNOWN_TOKEN", refused);
    alice.client.stopClient();
}

await tell(story);
