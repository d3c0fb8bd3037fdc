"""The two organisations' servers, as the scripts of tests/peerbrain and tests/synapse start them."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parent.parent
SECRET = "conformance-of-peerbrain"


class Server:
    """One homeserver on loopback: `kind` is "peerbrain" or "synapse", `database` "sqlite" or a PostgreSQL URL."""

    def __init__(self, work, kind, name, port, database="sqlite"):
        self.kind, self.port, self.database = kind, port, database
        self.folder = pathlib.Path(work) / name
        # Hosts alternate, for server ACLs do not look at ports; the second is told from the first by its name.
        self.host = "localhost" if name == "a" else "127.0.0.1"
        self.name = f"{self.host}:{port + 400}"
        self.url = f"http://127.0.0.1:{port}"

    def start(self, tls, others):
        names = ",".join([self.name, *(other.name for other in others)])
        self.environment = os.environ | {
            "FEDERATION_PORT": str(self.port + 400),
            "FEDERATION_TLS": str(tls),
            "FEDERATION_WITH": names,
            "PEERBRAIN_SERVER_NAME": self.name,
            "SYNAPSE_SERVER_NAME": self.name,
            "PEERBRAIN_UPLOAD_MB": "100",
        }
        self.start_again()

    def start_again(self):
        script = TESTS / self.kind / "start.sh"
        command = [script, self.folder, str(self.port), self.database]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    @property
    def pid(self):
        return int((self.folder / "pid").read_text())

    def kill(self, how=signal.SIGKILL):
        pid = self.pid
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        while pathlib.Path(f"/proc/{pid}").exists():
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "Z":
                break
            time.sleep(0.02)

    def stop(self):
        self.kill(signal.SIGTERM)

    def bytes_stored(self):
        """All files of the server, without its log; SQLite's log is worked off before they are measured."""
        for name in self.folder.rglob("*.db"):
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(name, timeout=10)) as database:
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in (".log", ".db-wal", ".db-shm"))
        return sum(path.stat().st_size for path in files)

    def request(self, method, path, body=None, token=None):
        """The status and the parsed answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def page(self, path):
        """Status, headers (names in small letters) and text of a page for browsers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                return answer.status, _headers(answer), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, _headers(error), error.read().decode(errors="replace")


def _headers(answer):
    return {name.lower(): value for name, value in answer.headers.items()}
