// Two devices compare seven emoji.

import { VerificationPhase, VerificationRequestEvent, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { checkSame, eventually, pause, until } from "./checks.mjs";

// How much earlier the one with the private keys confirms. An SDK that gets its confirmation and its last message at once
// sends its own last message and its requests for the keys side by side, and requests that come before it are refused.
export const MOMENT_MS = 1000;

function reaches(request, phase, what) {
    return until(what, () => request.phase === phase, [request, VerificationRequestEvent.Change]);
}

async function emojiOf(verifier) {
    const shown = () => verifier.getShowSasCallbacks();
    return until("emoji are shown", shown, [verifier, VerifierEvent.ShowSas]);
}

// `request` is what `asker` has sent; `answerer` accepts, the asker starts, both confirm, the answerer first: see MOMENT_MS.
export async function compareEmoji(asker, answerer, request) {
    const same = (other) => other.transactionId === request.transactionId;
    const heard = await eventually(`${answerer} is asked to verify`, () => answerer.requests.find(same));
    await heard.accept();
    await reaches(request, VerificationPhase.Ready, "the verification is accepted");
    const asking = await request.startVerification("m.sas.v1");
    const confirmed = [asking.verify()];
    const answering = await until("the other side starts too", () => heard.verifier, [heard, VerificationRequestEvent.Change]);
    confirmed.push(answering.verify());
    const [mine, theirs] = [await emojiOf(asking), await emojiOf(answering)];
    checkSame("both show the same seven emoji", [mine.sas.emoji, mine.sas.emoji.length], [theirs.sas.emoji, 7]);
    await theirs.confirm();
    await pause(MOMENT_MS);
    await mine.confirm();
    await Promise.all(confirmed);
    await reaches(request, VerificationPhase.Done, "the asker is done");
    await reaches(heard, VerificationPhase.Done, "the answerer is done");
}
