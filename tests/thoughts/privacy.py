"""Who must not read, and what is for everybody."""

from checks import check, eventually, same
from meeting import newcomer
from plaintext import files_with, memory_with


def public_thoughts_are_for_all(stage):
    alice = stage.alice
    title = f"<script>alert(1)</script> {stage.tag}"
    text = f"Everybody may read this, {stage.tag}-public"
    stage.public_words.append(text)
    posted = alice.run("post", text, "--public", "--title", title)
    check("a public thought is posted", posted["events"][0]["audience"] == "public", posted)
    check("alice's own page shows it", eventually(lambda: text in alice.texts(alice)))
    if stage.a.kind != "peerbrain":
        return
    name = alice.name
    status, headers, page = stage.a.page(f"/thoughts/{name}")
    check("the page shows it without login", status == 200 and text in page, (status, page[:500]))
    check("a script in a title is text", "<script>alert" not in page and "&lt;script&gt;alert(1)" in page, page[:1500])
    check("no script may run", "default-src 'none'" in headers.get("content-security-policy", ""), headers)
    check("nothing else is shown", not [word for word in stage.secrets if word in page], page[:500])
    status, headers, atom = stage.a.page(f"/thoughts/{name}/atom.xml")
    check("the Atom feed has it", status == 200 and text in atom and "atom+xml" in headers["content-type"], (status, headers))
    check("and no script", "<script" not in atom, atom[:1500])
    same("who has no public thoughts has no page", stage.a.page(f"/thoughts/nobody-{stage.tag}")[0], 404)
    alice.run("delete", posted["id"])
    stage.a_second = alice.run("post", text, "--public")
    check("what is deleted leaves the page", eventually(lambda: "alert(1)" not in stage.a.page(f"/thoughts/{name}")[2]))


def a_device_that_an_operator_adds_gets_nothing(stage):
    """An operator can reset a password; here the operator simply knows it."""
    alice, bob = stage.alice, stage.bob
    login = {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": bob.name}, "password": bob.password,
        "device_id": "OPERATOR", "initial_device_display_name": "put there by the operator",
    }
    status, session = bob.server.request("POST", "/_matrix/client/v3/login", login)
    same("an operator logs in as bob", status, 200)
    intruder = bob.other_device("operators-own", key=False)
    check("a device without the recovery key is not vouched for", not intruder.told["vouched"], intruder.told)
    text = stage.secret(f"Not for operators, {stage.tag}-plain")
    alice.run("post", text)
    check("bob reads on", eventually(lambda: text in bob.feed()), bob.feed())
    token = session["access_token"]
    _, synced = bob.server.request("GET", "/_matrix/client/v3/sync?timeout=0", token=token)
    same("no key came to that device", synced.get("to_device", {}).get("events", []), [])
    try:
        seen = intruder.texts(alice) + intruder.feed()
    except Exception as refusal:
        seen = []
        check("and it is told why", "recovery" in str(refusal).lower(), str(refusal))
    check("the device that was put there reads nothing", text not in seen, seen)
    who = intruder.run("whoami")
    check("it says that it is not let in", not who["cross_signed"], who)


def no_server_holds_a_word(stage):
    public = stage.public_words
    for server in (stage.a, stage.b):
        found = files_with(server.folder, stage.secrets) + memory_with(server.pid, stage.secrets)
        same(f"no file and no memory of {server.kind} at {server.name} has a word", found, [])
    if public:
        check("what is public is found, so the search can see", files_with(stage.a.folder, public), public)
        check("in memory, too", eventually(lambda: _remembered(stage, public), 20), public)
    else:
        secret = stage.secrets[0]
        newcomer(stage, stage.a, "jo")
        check("there was something to find", secret)


def _remembered(stage, words):
    alice = stage.alice
    alice.lines("read", alice.id)
    return memory_with(stage.a.pid, words)
