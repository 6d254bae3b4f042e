#!/usr/bin/env python3
"""What tshark says of a capture, for the tests. Standard input is what `tshark -T json -x --no-duplicate-keys` prints,
DUMP what `lanchat dump --read --json` says of the same capture.

    dissected.py messages        each message once, as [id, number, nickname, text], its parts joined
    dissected.py messages DUMP   likewise, from DUMP alone
    dissected.py agree DUMP      compares all fields of all datagrams
    dissected.py wire FILE.hex...
                                 compares the fields and their places with the comments of the files, of which the
                                 capture has the datagrams

What differs is said, and the exit status is 1 then."""

import datetime
import json
import re
import sys

LISTS = ("rooms", "pairs", "exceptions", "entries", "asks", "vectors", "known")

# The dissector's filters by the names that dump has, where they differ: in all records, in the items of a list, in one
# type of records.
FILTERS = {"number": "seq", "clock": "time", "tag": "room", "version": "entry_version", "interval_ms": "interval"}
SPECIAL = {
    "rooms": {"name": "room.name"},
    "asks": {"kind": "ask.kind", "key": "ask.key", "from": "ask.from", "count": "ask.count", "id": "ask.id"},
    "gone": {"first": "first_seq", "last": "last_seq"},
    "probe answer": {"path": "probe.path", "hops": "probe.hops"},
    "sealed message": {"nonce": "sealed.nonce"},
    "sealed private": {"nonce": "sealed.nonce"},
    "sealed presence": {"nonce": "sealed.nonce", "sender": "presence.sender"},
}
OPTIONAL = ("ask.id", "server", "server_up", "sealed")  # those that are 0 or empty need not be shown
HEADER = {"version": "version", "flags": "flags", "hops": "hops", "sender": "sender", "counter": "counter"}
PATHS = ["group4", "group6", "broadcast", "nodes6", "unicast", "link"]
WORDS = {
    "role": ["person", "listener", "relay", "hub", "text", "tool", "server"],
    "state": ["here", "gone", "withdrawn"],
    "ask.kind": ["kind 0", "numbers", "last", "vector", "roster"],
    "probe.path": PATHS,
}
STRINGS = ("nick", "text", "room.name", "sealed", "sealed.nonce")
OCTETS = ("sealed", "sealed.nonce")
LAST_MS = 253402300799999  # of the year 9999; dump says 1970 to what is beyond

failures = 0


def fail(*words):
    global failures
    failures += 1
    if failures <= 20:
        print("#", *words)


class Field:
    def __init__(self, name, value, raw):
        self.name, self.value = name, value
        self.octets, self.at, self.length = raw[0], raw[1], raw[2]


def listed(value):
    return value if isinstance(value, list) else [value]


def raws(value):
    return value if value and isinstance(value[0], list) else [value]


def walk(tree):
    """All fields below a tree; those of one name are in the order of the packet."""
    for name, value in tree.items():
        if name.endswith("_raw"):
            continue
        places = raws(tree[name + "_raw"]) if name + "_raw" in tree else []
        for index, one in enumerate(listed(value)):
            if isinstance(one, dict):
                yield from walk(one)
            elif name.startswith("lanchat.") and index < len(places):
                yield Field(name[8:], one, places[index])


def is_generated(field):
    """Room names stand behind tags, too, as a help."""
    return field.name == "room.name" and field.length == 8 and field.octets != field.value.encode().hex()


class Datagram:
    """One that tshark has dissected."""

    def __init__(self, frame, tree):
        self.frame = frame
        self.records = [one for one in listed(tree.get("lanchat.record", [])) if isinstance(one, dict)]
        self.fields = [field for field in walk(tree) if not is_generated(field)]

    def values(self, name):
        return [field.value for field in self.fields if field.name == name]


def datagrams():
    for packet in json.load(sys.stdin):
        layers = packet["_source"]["layers"]
        for tree in listed(layers.get("lanchat", [])):
            if isinstance(tree, dict):
                yield Datagram(int(layers["frame"]["frame.number"]), tree)


def dumped(name):
    with open(name, encoding="utf-8") as source:
        return [json.loads(line) for line in source]


# Messages.
def print_messages(parts):
    """`parts`: id, number, nickname, text, is it a continuation, is it continued."""
    known = {}
    for part in parts:
        known.setdefault(part[:2], part)
    for id, number, nick, text, is_continuation, is_continued in list(known.values()):
        if is_continuation:
            continue
        last = number
        while is_continued and (id, last + 1) in known:
            last += 1
            text += known[id, last][3]
            is_continued = known[id, last][5]
        print(json.dumps([id, number, nick, text], ensure_ascii=False, separators=(",", ":")))


def flat_record(tree):
    """The fields of a record of tshark's that stand in it once."""
    return {field.name: field.value for field in walk(tree)}


def dissected_parts():
    for datagram in datagrams():
        for tree in datagram.records:
            record = flat_record(tree)
            if record["type"] == "1" and "text" in record:
                yield (record["origin"][2:], int(record["seq"]), record["nick"], record["text"], record["continuation"] == "1",
                       record["continued"] == "1")


def dumped_parts(name):
    for datagram in dumped(name):
        for record in datagram.get("records", []):
            if record["type"] == "message":
                flags = record["flags"]
                yield record["origin"], record["number"], record["nick"], record["text"], bool(flags & 4), bool(flags & 8)


# Fields.
def milliseconds(shown):
    moment = datetime.datetime.strptime(re.sub(r"(\.\d{6})\d*", r"\1", shown), "%b %d, %Y %H:%M:%S.%f UTC")
    return round(moment.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


def moment_ms(text):
    """Of a moment as JSON has it."""
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def from_dump(name, value):
    """As from_shark has it."""
    if name == "time":
        return moment_ms(value) if not value.startswith("1970-01-01T00:00:00.") else 0
    if name in STRINGS:
        return (value or "").split("\0")[0]  # Wireshark's strings end there
    if isinstance(value, list):  # a set
        return sum(2 ** word_number(PATHS, word) for word in value)
    if name in WORDS:
        return word_number(WORDS[name], value)
    return int(value, 16) if isinstance(value, str) else int(value)


def word_number(words, word):
    return words.index(word) if word in words else int(word.split()[-1])


def from_shark(field):
    if field.name == "time":
        ms = int(field.octets, 16)
        return milliseconds(field.value) if 1000 <= ms <= LAST_MS else 0
    if field.name in OCTETS:
        return field.value.replace(":", "")
    return field.value if field.name in STRINGS else int(field.value, 0)


def add(fields, name, value):
    value = from_dump(name, value)
    if value or name not in OPTIONAL:
        fields.setdefault(name, []).append(value)


def flatten(record, kind, fields):
    special = SPECIAL.get(kind, {})
    for name, value in record.items():
        if name in LISTS:
            for item in value:
                flatten(item if isinstance(item, dict) else {"id": item}, name, fields)
        elif name not in ("type", "flags", "room_name"):
            add(fields, special.get(name, FILTERS.get(name, name)), value)


def dumped_fields(datagram):
    fields = {}
    for name, filter in HEADER.items():
        add(fields, filter, datagram[name])
    add(fields, "flags.old", datagram["old"])
    add(fields, "path.link", datagram["link"])
    add(fields, "path.kind", word_number(PATHS, datagram["path"]))
    for record in datagram["records"]:
        add(fields, "record.flags", record["flags"])
        flatten(record, record["type"], fields)
    return fields


def compare(datagram, said):
    wanted = dumped_fields(said)
    for name, values in wanted.items():
        found = [from_shark(field) for field in datagram.fields if field.name == name]
        if name in OPTIONAL:
            found = [value for value in found if value]
        if found != values:
            fail(f"frame {datagram.frame}: {name}: tshark {found}, dump {values}")


def agree(name):
    said = dumped(name)
    shown = list(datagrams())
    if len(said) != len(shown):
        fail(f"{len(said)} datagrams in dump, {len(shown)} in tshark")
    for datagram, line in zip(shown, said):
        if line["event"] == "malformed":
            if datagram.values("malformed") != [line["reason"]] or datagram.values("malformed.offset") != [str(line["offset"])]:
                fail(f"frame {datagram.frame}: tshark {datagram.values('malformed')}, dump {line['reason']}")
        elif datagram.values("malformed"):
            fail(f"frame {datagram.frame}: malformed in tshark alone")
        else:
            compare(datagram, line)
    print(f"# {len(shown)} datagrams")


# Reference datagrams. What a comment begins with, and the filter.
LABELS = {
    "version of the roster entry": "entry_version", "version": ("version", "entry_version"), "header length": "header_length",
    "flags": ("flags", "record.flags"), "hop limit with which it came": "probe.hops", "hop limit": "hops",
    "sender": ("sender", "presence.sender"), "counter": "counter", "path on which the probe came": "probe.path", "path": "path",
    "reserved": "reserved", "type": "type", "body length": "length", "item length": "item.length", "number": "seq", "stamp": "stamp",
    "clock": "time", "room tag": "room", "room name": "room.name", "nickname": "nick", "text server": "server", "text": "text",
    "that link is up": "server_up", "highest": "highest", "interval": "interval", "nonce": ("nonce", "sealed.nonce"), "echo": "echo",
    "role": "role", "hears": "hears", "vector digest": "vector_digest", "roster digest": "roster_digest", "digest": "digest",
    "origin": "origin", "lost": "lost", "id": ("id", "ask.id"), "paths": "paths", "first id": "first", "last id": "last", "first": "first_seq",
    "last": "last_seq", "state": "state", "from": ("from", "ask.from"), "token": "token", "to": "to", "part": "part", "of": "parts",
    "kind": "ask.kind", "key": "ask.key", "count": "ask.count", "lowest stored": "lowest", "time": "time_us",
    "sealed octets": "sealed", "skipped": "skipped", "octets of a later version": "skipped", "header octets of a later version": "skipped",
    "rooms": "rooms", "pairs": "pairs", "exceptions": "exceptions", "entries": "entries", "asks": "asks", "vectors": "vectors",
    "known": "known",
}  # fmt: skip
COUNTS = ("nickname length", "text length", "room name length", "sealed length", "magic")


def commented(name):
    """The commented octets of a file: place, length, comment. A comment is of the lines below it, too, that have none."""
    places = []
    at = 0
    with open(name, encoding="utf-8") as source:
        for line in source:
            octets, _, comment = line.partition("#")
            length = len(bytes.fromhex(octets))
            if length and comment.strip():
                places.append([at, length, comment.strip()])
            elif length:
                places[-1][1] += length
            at += length
    return places


def label_of(comment):
    return max((label for label in LABELS if re.match(label + r"\b", comment)), key=len, default=None)


def check_comment(name, datagram, start, place):
    at, length, comment = place
    if comment.startswith(COUNTS):
        return
    filters = LABELS.get(label_of(comment))
    if not filters:
        fail(f"{name}: {comment}: what is that?")
        return
    if isinstance(filters, str):
        filters = (filters,)
    there = [field for field in datagram.fields if field.name in filters and field.at == start + at]
    if filters[0] not in LISTS:
        there = [field for field in there if field.length == length]
    if not there:
        fail(f"{name}: {comment}: at {at} there is no lanchat.{filters[0]} of {length} octets")
        return
    number = re.match(r"[a-z ]+:? (\d[\d,]*)", comment)
    if number and filters[0] != "time" and filters[0] != "path" and int(there[0].value, 0) != int(number[1].replace(",", "")):
        fail(f"{name}: {comment}: tshark says {there[0].value}")
    string = re.match(r'(?:nickname|room name|text) "(.*)"', comment)
    if string and there[0].value != string[1]:
        fail(f"{name}: {comment}: tshark says {there[0].value}")
    if filters[0] == "time":
        if milliseconds(there[0].value) != moment_ms(re.match(r"clock: (.*) UTC", comment)[1] + "Z"):
            fail(f"{name}: {comment}: tshark says {there[0].value}")
    path = re.match(r"path: sender's link (\d+), kind (\d+)", comment)
    if path and (datagram.values("path.link"), datagram.values("path.kind")) != ([path[1]], [path[2]]):
        fail(f"{name}: {comment}: tshark says {datagram.values('path.link')}, {datagram.values('path.kind')}")


def check_wire(names):
    shown = list(datagrams())
    if len(shown) != len(names):
        fail(f"{len(names)} datagrams, tshark has dissected {len(shown)}")
    places = 0
    for name, datagram in zip(names, shown):
        start = datagram.fields[0].at - 4  # the first is the version
        for place in commented(name):
            places += 1
            check_comment(name, datagram, start, place)
    print(f"# {places} comments")


def main():
    what, names = sys.argv[1], sys.argv[2:]
    if what == "messages":
        print_messages(dumped_parts(names[0]) if names else dissected_parts())
    elif what == "agree":
        agree(names[0])
    else:
        check_wire(names)
    sys.exit(failures > 0)


main()
