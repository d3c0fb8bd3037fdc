// What people do in an encrypted room, between two users: alice does it, bob must see it.

import { EventType, MsgType, NotificationCountType, ReceiptType, RelationType, RoomEvent } from "matrix-js-sdk";
import { Attachment, EncryptedAttachment } from "@matrix-org/matrix-sdk-crypto-wasm";
import { randomBytes } from "node:crypto";
import { check, checkSame, eventually, until } from "./checks.mjs";

// Encrypts, uploads and announces it; gives the keys that the event carries.
export async function uploadPicture(device, roomId, picture, name) {
    const encrypted = Attachment.encrypt(picture);
    const keys = JSON.parse(encrypted.mediaEncryptionInfo);
    const body = new Blob([encrypted.encryptedData]);
    const { content_uri: url } = await device.client.uploadContent(body, { type: "application/octet-stream", includeFilename: false });
    const info = { mimetype: "image/png", size: picture.length };
    await device.client.sendMessage(roomId, { msgtype: MsgType.Image, body: name, info, file: { ...keys, url } });
    return keys;
}

// The bytes behind an event's `file`, decrypted; a wrong hash throws.
export async function downloadPicture(device, { url, ...keys }) {
    const address = device.client.mxcUrlToHttp(url, undefined, undefined, undefined, false, true, true);
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${device.client.getAccessToken()}` } });
    checkSame("the encrypted picture is downloaded", answer.status, 200);
    const ciphertext = new Uint8Array(await answer.arrayBuffer());
    return Attachment.decrypt(new EncryptedAttachment(ciphertext, JSON.stringify(keys)));
}

export async function sendPicture(alice, bob, roomId) {
    const picture = randomBytes(200_000);
    const keys = await uploadPicture(alice, roomId, picture, "dove.png");
    const shown = await bob.hears(roomId, "dove.png");
    const { file } = shown.getContent();
    check("the picture's key came encrypted", shown.isEncrypted() && file.key.k === keys.key.k, shown.event);
    const opened = await downloadPicture(bob, file);
    check("and the picture is, decrypted, the one that alice sent", Buffer.from(opened).equals(picture), opened.length);
}

export async function replyInThread(alice, bob, roomId) {
    const root = await alice.say(roomId, "a thread begins");
    await bob.hears(roomId, "a thread begins");
    const inThread = { "m.relates_to": { rel_type: "m.thread", event_id: root } };
    await bob.say(roomId, "first in the thread", inThread);
    await alice.hears(roomId, "first in the thread");
    // What is sent while the SDK loads a new thread it may take twice: its own `updateThreadMetadata` says so.
    await eventually(`${alice.id} has the thread loaded`, () => alice.room(roomId).getThread(root)?.initialEventsFetched);
    const last = await alice.say(roomId, "second in the thread", inThread);
    for (const device of [alice, bob]) {
        await device.hears(roomId, "second in the thread");
        const thread = () => device.room(roomId).getThread(root);
        const replies = () => thread()?.liveTimeline.getEvents().map((event) => event.getContent().body) ?? [];
        const both = () => ["first in the thread", "second in the thread"].every((text) => replies().includes(text));
        await eventually(`${device.id} sees two replies`, both);
        await eventually("it is the last reply", () => thread().replyToEvent?.getId() === last).catch(() => {});
        checkSame(`${device.id} sees the thread with its last reply`, thread().replyToEvent?.getId(), last);
    }
    const { chunk } = await bob.client.createThreadListMessagesRequest(roomId, null);
    const listed = chunk.find((event) => event.event_id === root)?.unsigned?.["m.relations"]?.["m.thread"];
    checkSame("the list of threads has it, with its count and last event", [listed?.count, listed?.latest_event?.event_id], [2, last]);
    check("and that bob took part", listed.current_user_participated === true, listed);
}

export async function reactToMessage(alice, bob, roomId) {
    const target = await alice.say(roomId, "what do you think?");
    await bob.hears(roomId, "what do you think?");
    const relation = { rel_type: RelationType.Annotation, event_id: target, key: "🕊" };
    const { event_id: reaction } = await bob.client.sendEvent(roomId, EventType.Reaction, { "m.relates_to": relation });
    const counted = () => alice.room(roomId).relations.getChildEventsForEvent(target, RelationType.Annotation, EventType.Reaction)
        ?.getSortedAnnotationsByKey()?.map(([key, events]) => [key, events.size]);
    await until("alice sees the reaction", () => counted()?.length, [alice.client, RoomEvent.Timeline]);
    checkSame("alice sees bob's reaction", counted(), [["🕊", 1]]);
    await bob.client.redactEvent(roomId, reaction);
    await until("the reaction goes", () => !counted()?.some(([, count]) => count), [alice.client, RoomEvent.Redaction], [alice.client, RoomEvent.Timeline]);
    check("and sees it go", true);
}

export async function editMessage(alice, bob, roomId) {
    const target = await alice.say(roomId, "a mistkae");
    await bob.hears(roomId, "a mistkae");
    await alice.client.sendMessage(roomId, {
        msgtype: MsgType.Text, body: "* a mistake", "m.new_content": { msgtype: MsgType.Text, body: "a mistake" },
        "m.relates_to": { rel_type: RelationType.Replace, event_id: target },
    });
    const edited = await bob.find("the edit", roomId, (event) => event.getId() === target && event.getContent().body === "a mistake");
    check("bob sees the corrected text", edited.replacingEventId(), edited.event);
    const { events } = await bob.client.relations(roomId, target, RelationType.Replace, EventType.RoomMessage);
    checkSame("and its edit among its relations", events.length, 1);
}

export async function showTyping(alice, bob, roomId) {
    const isTyping = () => bob.room(roomId).getMember(alice.id)?.typing;
    await alice.client.sendTyping(roomId, true, 20_000);
    await eventually("bob sees alice typing", isTyping);
    await alice.client.sendTyping(roomId, false, 0);
    await eventually("bob sees alice stop typing", () => !isTyping());
    check("bob sees alice typing, and that she stops", true);
}

async function unread(device, roomId, count, highlights) {
    const room = device.room(roomId);
    const counts = () => [NotificationCountType.Total, NotificationCountType.Highlight].map((type) => room.getRoomUnreadNotificationCount(type));
    const right = () => JSON.stringify(counts()) === JSON.stringify([count, highlights]);
    await eventually(`${device.id} has ${count} unread, ${highlights} highlighted, not ${counts()}`, right);
    check(`${device.id} has ${count} unread, ${highlights} highlighted`, true);
}

// Both read the last message; then alice writes two, one of which mentions bob.
export async function readAndCount(alice, bob, roomId) {
    const first = await alice.say(roomId, "has everybody read this?");
    const seen = await bob.hears(roomId, "has everybody read this?");
    await bob.client.sendReadReceipt(seen, ReceiptType.Read, true);
    const room = alice.room(roomId);
    await until("alice sees that bob has read", () => room.getEventReadUpTo(bob.id, true) === first, [room, RoomEvent.Receipt]);
    check("alice sees that bob has read it", true);
    await unread(bob, roomId, 0, 0);

    await alice.say(roomId, "one more");
    await bob.hears(roomId, "one more");
    await unread(bob, roomId, 1, 0);
    await alice.say(roomId, "bob, look!", { "m.mentions": { user_ids: [bob.id] } });
    const mention = await bob.hears(roomId, "bob, look!");
    await unread(bob, roomId, 2, 1);
    await bob.client.setRoomReadMarkers(roomId, mention.getId(), undefined, mention);
    await unread(bob, roomId, 0, 0);
    const marker = () => bob.room(roomId).getAccountData(EventType.FullyRead)?.getContent().event_id;
    await eventually("bob's fully-read marker comes back", () => marker() === mention.getId());
    check("bob's fully-read marker is at the mention", true);
    checkSame("a private receipt is not told", alice.room(roomId).getEventReadUpTo(bob.id, true), first);
}
