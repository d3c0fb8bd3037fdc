"""Looks for words where they must not be: in a server's files and memory."""

import pathlib
import re


def files_with(folder, words):
    """Files below a folder that hold one of the words (UTF-8 or UTF-16), as (path, word)."""
    found = []
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink():
            found += [(str(path), word) for word in _within(path.read_bytes(), words)]
    return found


def memory_with(pid, words):
    """As files_with, for all that a running process could write into a core dump."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            region = re.match(r"([0-9a-f]+)-([0-9a-f]+) r(w?)\S* \S+ \S+ (\d+)", line)
            # What is mapped from a file and cannot be written is that file.
            if not region or "[vvar" in line or "[vsyscall" in line or (not region[3] and region[4] != "0"):
                continue
            begin, end = (int(number, 16) for number in region.groups()[:2])
            # Some more than a piece, for a word may stand across its end.
            while begin < end:
                size = min(end - begin, 16 << 20)
                try:
                    memory.seek(begin)
                    found.update(_within(memory.read(min(end - begin, size + 4096)), words))
                except (OSError, ValueError):
                    break
                begin += size
    return [(f"memory of {pid}", word) for word in sorted(found)]


def _within(content, words):
    """Those of the words that are there. All of them have their last letters in common, which are looked for first."""
    common = words[0][-12:]
    if common.encode() not in content and common.encode("utf-16-le") not in content:
        return []
    return [word for word in words if word.encode() in content or word.encode("utf-16-le") in content]
