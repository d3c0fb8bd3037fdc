"""A participant on bare vodozemac, as a person of the stories: it follows one order after the other."""

import json
import os
import subprocess

PROGRAM = os.environ.get("PARTICIPANT_BIN", "participant")


class Participant:
    """A user with one device; ends with the program."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.program = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.id = self.order("register", url=server.url, name=name, password=f"password-of-{name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        self.program.wait(30)

    def order(self, what, **arguments):
        self.program.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.program.stdin.flush()
        answer = json.loads(self.program.stdout.readline())
        if "failed" in answer:
            raise RuntimeError(f"{self.name} could not {what}: {answer['failed']}")
        return answer["done"]

    def texts(self, author):
        """The bodies of an author's thoughts, oldest first, with how many could not be read."""
        read = self.order("read", user_id=author.id)
        return [each["body"] for each in read["thoughts"]], read["unreadable"]
