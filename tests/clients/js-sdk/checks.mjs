// Counting checks, waiting for what must come, and how a story ends. One story per process, so the counts live here.

export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);

export class Failed extends Error {}

// The SDK tells the console a great deal; its last warnings matter, and only when the story fails.
export const print = console.log;
const said = [];
for (const level of ["trace", "debug", "info", "log"]) console[level] = () => {};
for (const level of ["warn", "error"]) console[level] = (...words) => said.push(words.map(String).join(" "));

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let passed = 0;

// Counts a check, or ends the story.
export function check(what, condition, seen) {
    if (!condition) throw new Failed(`${what}: ${typeof seen === "string" ? seen : JSON.stringify(seen)}`);
    passed += 1;
    print(`ok   ${what}`);
}

// A check whose two sides must be the same JSON.
export function checkSame(what, seen, wanted) {
    check(what, JSON.stringify(seen) === JSON.stringify(wanted), { seen, wanted });
}

// Waits until `look` gives something true; `watch` (emitter, event pairs) says when to look again.
export async function until(what, look, ...watch) {
    const seen = look();
    if (seen) return seen;
    return new Promise((resolve, reject) => {
        const again = () => {
            try {
                const found = look();
                if (found) finish(() => resolve(found));
            } catch (error) {
                finish(() => reject(error));
            }
        };
        // A last look, for it may have happened after the last event.
        const timer = setTimeout(() => {
            again();
            finish(() => reject(new Failed(`${what} did not happen`)));
        }, PATIENCE_MS);
        const finish = (then) => {
            clearTimeout(timer);
            for (const [emitter, event] of watch) emitter.off(event, again);
            then();
        };
        for (const [emitter, event] of watch) emitter.on(event, again);
    });
}

// The same for what no event announces: `look` may be asynchronous and is asked again and again.
export async function eventually(what, look, patience = PATIENCE_MS) {
    const end = Date.now() + patience;
    let seen;
    for (;;) {
        seen = await look();
        if (seen) return seen;
        if (Date.now() > end) throw new Failed(`${what} did not happen`);
        await pause(100);
    }
}

// Tells the story, prints the closing line, and ends the process: the clients would keep it alive.
export async function tell(story) {
    try {
        await story();
        print(`${passed} passed, 0 failed`);
        process.exit(0);
    } catch (error) {
        print(`FAIL ${error instanceof Failed ? error.message : error?.stack ?? error}`);
        for (const words of said.slice(-10)) print(`     the SDK said: ${words.slice(0, 300)}`);
        print(`${passed} passed, 1 failed`);
        process.exit(1);
    }
}
