// How a user comes to be: through the SDK, or by the shared secret where the server's registration is closed.

import { createHmac } from "node:crypto";
import { createClient } from "matrix-js-sdk";
import { check } from "./checks.mjs";

export const HOMESERVER = process.env.HOMESERVER_URL.replace(/\/$/, "");
export const SERVER_NAME = process.env.SERVER_NAME;
// Where the other SDK's user of a mixed story is at home.
export const PEER = (process.env.PEER_URL ?? "").replace(/\/$/, "") || HOMESERVER;
const SHARED_SECRET = process.env.REGISTRATION_SHARED_SECRET ?? "";

// Synapse's admin registration: a MAC over nonce, name, password and role, keyed with the shared secret.
async function registerBySharedSecret(username, password, homeserver) {
    const endpoint = `${homeserver}/_synapse/admin/v1/register`;
    const { nonce } = await (await fetch(endpoint)).json();
    const mac = createHmac("sha1", SHARED_SECRET).update([nonce, username, password, "notadmin"].join("\0")).digest("hex");
    const body = JSON.stringify({ nonce, username, password, admin: false, mac });
    const answer = await fetch(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return (await answer.json()).user_id;
}

// Registers with the stages the server asks for; gives the user id.
export async function register(username, password, homeserver = HOMESERVER) {
    const client = createClient({ baseUrl: homeserver });
    let refusal;
    try {
        await client.registerRequest({ username, password });
    } catch (error) {
        refusal = error;
    }
    if (refusal?.httpStatus === 403) {
        check(`${username}'s registration is refused with M_FORBIDDEN`, refusal.errcode === "M_FORBIDDEN", refusal?.data);
        return registerBySharedSecret(username, password, homeserver);
    }
    check(`${username} is asked to authenticate`, refusal?.httpStatus === 401 && refusal.data.session, refusal?.data);
    const dummy = refusal.data.flows.some(({ stages }) => stages.length === 1 && stages[0] === "m.login.dummy");
    check("a flow asks for nothing but m.login.dummy", dummy, refusal.data.flows);
    const answer = await client.register(username, password, refusal.data.session, { type: "m.login.dummy" });
    check(`${username} registers through the SDK`, answer.user_id && answer.access_token, answer);
    return answer.user_id;
}

// Logs a new device in; gives user_id, device_id and access_token.
export async function logIn(userId, password, deviceName) {
    const answer = await createClient({ baseUrl: HOMESERVER }).loginRequest({
        type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password,
        initial_device_display_name: deviceName,
    });
    check(`${userId} logs in`, answer.user_id === userId && answer.device_id && answer.access_token, answer);
    return answer;
}
