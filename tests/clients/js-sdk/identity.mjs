// A user's identity: cross-signing, secret storage, key backup; devices that come by emoji or recovery key, and one that goes.

import { VerificationPhase } from "matrix-js-sdk/lib/crypto-api/index.js";
import { PATIENCE_MS, check, checkSame, eventually } from "./checks.mjs";
import { Device } from "./device.mjs";
import { compareEmoji } from "./verification.mjs";

// What an application answers when the server wants a password before it takes new signing keys.
function withPassword(device) {
    return async (upload) => {
        try {
            return await upload(null);
        } catch (error) {
            const { session } = error.data ?? {};
            if (error.httpStatus !== 401) throw error;
            const identifier = { type: "m.id.user", user: device.id };
            return upload({ type: "m.login.password", identifier, password: device.password, session });
        }
    };
}

export async function setUpRecovery(device) {
    await device.crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: withPassword(device) });
    device.recoveryKey = await device.crypto.createRecoveryKeyFromPassphrase();
    await device.crypto.bootstrapSecretStorage({
        createSecretStorageKey: async () => device.recoveryKey, setupNewSecretStorage: true, setupNewKeyBackup: true,
    });
    check(`${device} has cross-signing`, await device.crypto.isCrossSigningReady());
    const ready = () => device.crypto.isSecretStorageReady();
    await eventually("secret storage is ready", ready);
    const { privateKeysInSecretStorage } = await device.crypto.getCrossSigningStatus();
    check("with its private keys in secret storage", privateKeysInSecretStorage);
    await device.crypto.checkKeyBackupAndEnable();
    check("and a key backup", await device.crypto.getActiveSessionBackupVersion());
    await isCrossSigned(device, device);
}

// `looker` must find `device` signed by the identity of its owner.
async function isCrossSigned(looker, device) {
    const signed = async () => (await looker.crypto.getDeviceVerificationStatus(device.id, device.deviceId))?.signedByOwner;
    await eventually(`${device} is cross-signed for ${looker.id}`, signed);
    check(`${device} is cross-signed for ${looker}`, true);
}

// All that the first device could read, the new one reads, back to the room's first event.
async function readsEverything(device, first, roomId) {
    await device.pageBack(roomId);
    await first.pageBack(roomId);
    // Keys come from the backup one session after the other.
    await eventually(`${device} reads all old messages`, () => device.unreadable(roomId).length === 0);
    checkSame(`${device} reads all old messages`, device.texts(roomId), first.texts(roomId));
    check("and there are some", device.texts(roomId).length > 3, device.texts(roomId));
}

async function everythingIsBackedUp(device) {
    let seen;
    const whole = async () => {
        // Not getKeyBackupInfo, which gives what it once was told.
        const { count } = await device.client.http.authedRequest("GET", "/room_keys/version", undefined, undefined, { prefix: "/_matrix/client/v3" });
        seen = [count, (await device.crypto.exportRoomKeys()).length];
        return seen[0] >= seen[1];
    };
    // The SDK waits up to ten seconds before each upload.
    await eventually("all keys are in the backup", whole, 2 * PATIENCE_MS).catch(() => check("all keys are in the backup", false, seen));
}

export async function secondDeviceByEmoji(first, roomId) {
    await everythingIsBackedUp(first);
    const second = await Device.logIn(first.id, first.password, "second device");
    const request = await second.crypto.requestOwnUserVerification();
    await compareEmoji(second, first, request);
    await isCrossSigned(first, second);
    await eventually("the private keys come to the second device", () => second.crypto.isCrossSigningReady());
    check("the first device sends the second its private keys", true);
    const backup = async () => await second.crypto.getSessionBackupPrivateKey() && second.crypto.getActiveSessionBackupVersion();
    await eventually("the backup's key comes to the second device", backup);
    check("and the key of the backup", true);
    await readsEverything(second, first, roomId);
    return second;
}

export async function verifyEachOther(alice, bob, roomId) {
    const request = await alice.crypto.requestVerificationDM(bob.id, roomId);
    await compareEmoji(alice, bob, request);
    check("the verification in the room is done", request.phase === VerificationPhase.Done, request.phase);
    for (const [one, other] of [[alice, bob], [bob, alice]]) {
        const verified = async () => (await one.crypto.getUserVerificationStatus(other.id)).isCrossSigningVerified();
        await eventually(`${one.id} trusts ${other.id}`, verified);
        check(`${one.id} has verified ${other.id}`, true);
    }
}

export async function restoreFromRecoveryKey(first, roomId) {
    await everythingIsBackedUp(first);
    const third = await Device.logIn(first.id, first.password, "restored device");
    third.recoveryKey = first.recoveryKey;
    // The identity must be known before its private keys can be matched with it.
    await eventually("the public identity is known", () => third.crypto.userHasCrossSigningKeys(third.id, true));
    await third.crypto.bootstrapCrossSigning({});
    check("the recovery key brings the private keys", await third.crypto.isCrossSigningReady());
    await isCrossSigned(first, third);
    await third.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    await third.crypto.checkKeyBackupAndEnable();
    const { imported, total } = await third.crypto.restoreKeyBackup();
    check("every key of the backup is restored", imported === total && total > 0, { imported, total });
    await readsEverything(third, first, roomId);
    return third;
}

// The owner removes one of his devices; what is said afterwards is not for it.
export async function removeDevice(owner, gone, other, roomId) {
    const refusal = await owner.client.deleteDevice(gone.deviceId).then(() => null, (error) => error);
    check("removing a device asks for the password", refusal?.httpStatus === 401 && refusal.data.session, refusal?.data);
    const identifier = { type: "m.id.user", user: owner.id };
    const auth = { type: "m.login.password", identifier, password: owner.password, session: refusal.data.session };
    await owner.client.deleteDevice(gone.deviceId, auth);
    const { devices } = await owner.client.getDevices();
    check("it is not listed any more", devices.every((device) => device.device_id !== gone.deviceId), devices);
    const code = await gone.client.whoami().then(() => "answered", (error) => error.errcode);
    checkSame("its token is nobody's", code, "M_UNKNOWN_TOKEN");
    gone.client.stopClient();
    await eventually("the other user's devices forget it", async () => {
        const known = (await other.crypto.getUserDeviceInfo([owner.id])).get(owner.id);
        return known && !known.has(gone.deviceId) && known.has(owner.deviceId);
    });
    check(`${other.id} does not encrypt for it any more`, true);
    await other.say(roomId, "without the removed one");
    await owner.hears(roomId, "without the removed one");
    check("and the others go on", true);
}
