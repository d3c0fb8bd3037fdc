// Who is invited into an encrypted room reads what was said before (MSC4268): the inviter sends the keys in a bundle.

import { check, checkSame, eventually } from "./checks.mjs";

export async function shareHistory(alice, carol, roomId) {
    const before = alice.texts(roomId);
    await alice.client.invite(roomId, carol.id);
    const invited = () => carol.room(roomId)?.getMyMembership() === "invite";
    await eventually("carol is invited", invited);
    await carol.client.joinRoom(roomId);
    await carol.joined(roomId, 3);
    await carol.pageBack(roomId);
    const missing = () => before.filter((text) => !carol.texts(roomId).includes(text));
    await eventually("carol reads the history", () => missing().length === 0).catch(() => {});
    checkSame("carol reads what was said before she was invited", [missing(), carol.unreadable(roomId)], [[], []]);
    await carol.say(roomId, "thank you for the history");
    await alice.hears(roomId, "thank you for the history");
    check("and writes herself", true);
    return carol;
}
