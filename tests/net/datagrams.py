#!/usr/bin/env python3
"""Makes captures of datagrams, on standard output, for the tests:

    datagrams.py wire FILE.hex...          the datagrams of these files, in this order
    datagrams.py mutated SEED COUNT FILE.hex...
                                           COUNT datagrams: well-formed ones, made here from man/lanchat.7 at random or
                                           taken from the files, and most of them damaged in one way or several
    datagrams.py links SEED COUNT FILE.hex...
                                           COUNT connections to a hub, of frames with such datagrams or of plain text, cut
                                           into segments anywhere
    datagrams.py damaged-links SEED COUNT FILE.hex...
                                           likewise, with octets damaged, and with segments lost, repeated and out of order

The same seed gives the same capture. It is a pcap of Ethernet, with UDP over IPv4 and IPv6, a datagram each second, or
with TCP over IPv4, without pauses."""

import random
import struct
import sys
import unicodedata

# The records of man/lanchat.7. A digit: a number of so many octets; else what make() knows; in brackets: a list.
RECORDS = {
    1: "id number stamp clock tag nick text",
    2: "id number stamp tag nonce sealed",
    3: "stamp number number 4 8 8 role 1 nick? [room] [pair] [exception]",
    4: "tag 8 stamp id id [entry]",
    5: "id [ask]",
    6: "tag 8 stamp id id [vector]",
    7: "tag id number number",
    8: "tag number number",
    9: "tag id id id number 8 8 [known]",
    10: "id id 8 1 1 clock tag nick text",
    11: "id id 8 1",
    12: "id id 8 8 8 8",
    13: "id id 8 8 8 8 1 1",
    14: "id tag number stamp state nonce sealed",
    15: "id id 8 1 1 tag nonce sealed",
}
ITEMS = {
    "room": "tag 8 8 room?",
    "pair": "id number number",
    "exception": "id 1",
    "entry": "id number number state role nick?",
    "ask": "kind id from count",
    "vector": "id number stamp number",
    "known": "id",
}
SIZED = ("room", "entry", "ask", "vector")
OPTIONAL = {"entry": ("8", "1"), "ask": ("8",)}
LONGEST = {"nick": 32, "nick?": 32, "room?": 64}

IDS = [0, 1, 0x0123456789ABCDEF, 0x2F1E0D3C4B5A6978, 0x8000000000000000, 2**64 - 1]
TAGS = [0, 0x1CCAE3B6EF72F533, 0xFEDCBA9876543210, 0x0102030405060708]
WORDS = ["What's up!?", "", "hi", "Привет, 世界 🎉", "a\nb", "\t\x00\x1b[31m\x7f", "\x85\x9b\u2028\u200b\ufeff\u202e", "back\\slash",
         "x" * 300, "é" * 90, "\\x41 \\n", '"quoted", 100%', "\ufffd\ufffe\uffff\U0001fffe\U0010ffff", "\r\n", "e\u0301\u0600\U000e0041"]
NAMES = ["jack", "molly", "Зоя", "漢字", "🎉", "a", "-", "back\\slash", "x" * 32, "é" * 16, "\ue000\uffff", "e\u0301", "%s", "\U0010fffd",
         "\u0378", "\ud7ff"]
BROKEN = [b"\xff", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
          b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xbf", b"\xc2", b"\xe2\x82",
          b"\xf0\x9f\x8e", b"\xc2a", b"\xe2\x82a", b"\xf0\x9f\x8ea", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbe", b"\xf4\x8f\xbf\xbf"]


def edges():
    """The first and the last character of each range that may not stand in a name, and their neighbours."""
    unseen = [c for c in range(0x110000) if unicodedata.category(chr(c)) in ("Cc", "Cf", "Zs", "Zl", "Zp") or c == ord("~")]
    unseen += range(0x13430, 0x13440)  # since Unicode 15
    near = {c + step for c in unseen for step in (-1, 0, 1)}
    return sorted(c for c in near if 0 <= c < 0x110000 and not 0xD800 <= c < 0xE000)


class Maker:
    def __init__(self, seed, references):
        self.random = random.Random(seed)
        self.references = references
        self.edges = edges()
        self.next_edge = 0

    def one_in(self, n):
        return self.random.randrange(n) == 0

    def pick(self, values):
        return self.random.choice(values)

    def number(self, size):
        top = 2 ** (8 * size)
        return self.pick([0, 1, 2, 17, top - 1, top // 2, self.random.randrange(256), self.random.randrange(top)])

    def name(self, kind):
        if kind.endswith("?") and self.one_in(3):
            return b""
        name = self.pick(NAMES).encode("utf-8", "surrogatepass")
        return name * 2 if kind == "room?" and self.one_in(3) else name

    def words(self):
        return self.pick(WORDS).encode("utf-8")

    # A field that is counted is (octets of the count, octets); the count is made at last, so that it can be wrong.
    def field(self, kind):
        if kind.isdigit():
            return self.number(int(kind)).to_bytes(int(kind), "big")
        if kind in LONGEST:
            return (1, self.name(kind), kind)
        if kind == "text":
            return (2, self.words(), kind)
        if kind == "sealed":
            return (2, self.random.randbytes(self.pick([0, 1, 16, 40])), kind)
        if kind == "nonce":
            return self.random.randbytes(24)
        if kind.startswith("["):
            return [self.item(kind[1:-1]) for _ in range(self.pick([0, 0, 1, 1, 2, 3, 4, 5]))]
        if kind in ("id", "tag"):
            values = IDS if kind == "id" else TAGS
            return (self.pick(values) if not self.one_in(8) else self.number(8)).to_bytes(8, "big")
        if kind in ("stamp", "from"):
            return self.number(8).to_bytes(8, "big")
        if kind == "clock":
            clock = self.pick([0, 1795343400123, self.random.randrange(2**41), self.number(8)])
            return clock.to_bytes(8, "big")
        if kind in ("number", "count"):
            return (self.random.randrange(30) if not self.one_in(5) else self.number(4)).to_bytes(4, "big")
        return bytes([self.random.randrange(8) if not self.one_in(8) else self.number(1)])  # role, state, kind

    def fields(self, layout):
        return [self.field(kind) for kind in layout.split()]

    def item(self, kind):
        fields = self.fields(ITEMS[kind])
        for optional in OPTIONAL.get(kind, ()):
            if self.one_in(2):
                break
            fields.append(self.field(optional))
        if kind not in SIZED:
            return b"".join(fields)
        if self.one_in(8) and len(fields) == len(ITEMS[kind].split()) + len(OPTIONAL.get(kind, ())):
            fields.append(self.random.randbytes(self.random.randrange(1, 12)))
        return (1, fields, kind)

    def record(self):
        kind = self.pick(list(RECORDS)) if not self.one_in(15) else self.pick([0, 16, 17, 99, 200, 255])
        body = self.fields(RECORDS.get(kind, "text"))
        if self.one_in(10):
            body.append(self.random.randbytes(self.random.randrange(1, 9)))
        flags = self.pick([0, 0, 0, 1, 2, 4, 8, 3, 12, 255])
        return [bytes([kind, flags]), (2, body, "body")]

    def header(self):
        extra = self.random.randbytes(self.pick([0, 0, 0, 0, 0, 1, 4, 40]))
        head = struct.pack(">4sBBBBQIHH", b"LCHT", 1, 24 + len(extra), self.pick([0, 0, 1, 255]), self.pick([1, 1, 0, 4, 255]),
                           self.pick(IDS), self.number(4), self.pick([8, 9, 10, 11, 12, 13, 14, 15, 0, 65535]), self.pick([0, 0, 65535]))
        return head + extra

    # Damage to the fields, before the counts are made.
    def counted(self, tree):
        """All counted fields of a tree, as (list, index)."""
        found = []
        for index, part in enumerate(tree):
            if isinstance(part, tuple):
                found.append((tree, index))
                part = part[1]
            if isinstance(part, list):
                found += self.counted(part)
        return found

    def damage_name(self, tree):
        names = [(where, index) for where, index in self.counted(tree) if where[index][2] in LONGEST]
        if not names:
            return
        where, index = self.pick(names)
        kind = where[index][2]
        if self.one_in(5):
            name = self.pick([b"", b"x" * (LONGEST[kind] + 1), b"y" * LONGEST[kind], b"n" + self.pick(BROKEN), self.pick(BROKEN) + b"m"])
        else:
            edge = chr(self.edges[self.next_edge % len(self.edges)]).encode("utf-8")
            self.next_edge += 1
            name = self.pick([edge, b"a" + edge, edge + b"b", b"a" + edge + b"b"])
        where[index] = (1, name, kind)

    def damage_text(self, tree):
        texts = [(where, index) for where, index in self.counted(tree) if where[index][2] == "text"]
        if not texts:
            return
        where, index = self.pick(texts)
        text = where[index][1]
        at = self.random.randrange(len(text) + 1)
        where[index] = (2, text[:at] + self.pick(BROKEN) + self.pick([b"", text[at:]]), "text")

    def damage_end(self, tree):
        """Cuts what a count counts, and the count with it."""
        where, index = self.pick(self.counted(tree))
        size, part, kind = where[index]
        octets = self.flat(part, None)
        where[index] = (size, octets[: self.random.randrange(len(octets) + 1)], kind)

    # From a tree to octets. `lie`: [which count is wrong, what it is then].
    def count(self, true, size, lie):
        value = true
        if lie is not None:
            if lie[0] == 0:
                value = lie[1](true)
            lie[0] -= 1
        return (value % 256**size).to_bytes(size, "big")

    def flat(self, tree, lie):
        out = b""
        if isinstance(tree, bytes):
            return tree
        for part in tree:
            if isinstance(part, bytes):
                out += part
            elif isinstance(part, tuple):
                octets = self.flat(part[1], lie)
                out += self.count(len(octets), part[0], lie) + octets
            else:
                out += self.count(len(part), 1, lie) + self.flat(part, lie)
        return out

    def lie(self, tree):
        wrong = self.pick([lambda n: n + 1, lambda n: n - 1, lambda n: 0, lambda n: 255, lambda n: 65535, lambda n: n + self.random.randrange(9),
                           lambda n: self.random.randrange(n + 1)])
        return [self.random.randrange(2 * len(self.counted(tree)) + 1), wrong]

    def made(self):
        tree = [part for _ in range(self.pick([0, 1, 1, 1, 1, 1, 2, 2, 3, 5])) for part in self.record()]
        lie = None
        if tree and not self.one_in(3):
            how = self.pick([self.damage_name, self.damage_name, self.damage_text, self.damage_end, None])
            if how:
                how(tree)
            else:
                lie = self.lie(tree)
        return self.header() + self.flat(tree, lie)

    def good(self):
        """A well-formed one."""
        while True:
            tree = [part for _ in range(self.pick([1, 1, 2])) for part in self.record()]
            octets = self.header() + self.flat(tree, None)
            if len(octets) <= 1200:
                return octets

    # Damage to octets.
    def damage(self, octets):
        octets = bytearray(octets)
        at = self.random.randrange(len(octets) + 1)
        how = self.random.randrange(7)
        if how == 0 and octets:
            octets[at - 1] ^= 1 << self.random.randrange(8)
        elif how == 1 and octets:
            octets[at - 1] = self.pick([0, 1, 0x7F, 0x80, 0xFF, self.random.randrange(256)])
        elif how == 2:
            del octets[at:]
        elif how == 3:
            octets[at:at] = self.random.randbytes(self.random.randrange(1, 20))
        elif how == 4:
            del octets[at : at + self.random.randrange(1, 20)]
        elif how == 5:
            octets[at:] = self.pick(self.references)[at:]
        elif octets:
            head = self.random.randrange(min(len(octets), 28))  # the header and the head of the first record
            octets[head] = self.number(1)
        return bytes(octets)

    def datagram(self):
        octets = self.made() if not self.one_in(3) else self.pick(self.references)
        while len(octets) > 1200 and not self.one_in(20):
            octets = self.made()
        for _ in range(self.pick([0, 0, 0, 1, 1, 2, 4])):
            octets = self.damage(octets)
        return octets[:1400] or b"L"  # Wireshark dissects nothing where there is nothing


def read_hex(name):
    with open(name, encoding="utf-8") as source:
        return bytes.fromhex("".join(line.split("#")[0] for line in source))


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(payload, protocol, source, destination, six=False):
    """Ethernet and IP around UDP or TCP, whose checksum is made here."""
    if six:
        addresses = bytes.fromhex("fe80" + "0" * 24 + "0001" + "ff12" + "0" * 24 + "4348")
        ip = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 1) + addresses
        ether = bytes.fromhex("333300004348" + "020000000001" + "86dd")
    else:
        addresses = bytes(source + destination)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 1, protocol, 0) + addresses
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        ether = bytes.fromhex("01005e7f4348" + "020000000001" + "0800")
    at = 6 if protocol == 17 else 16
    total = checksum(addresses + struct.pack(">II", len(payload), protocol) + payload) or 0xFFFF
    return ether + ip + payload[:at] + struct.pack(">H", total) + payload[at + 2 :]


def frame(octets, six):
    """A datagram to a group."""
    udp = struct.pack(">HHHH", 55556, 55555, 8 + len(octets), 0)
    return ethernet(udp + octets, 17, [10, 0, 0, 1], [239, 255, 67, 72], six)


class Link:
    """A connection to a hub: what goes each way, cut into segments."""

    def __init__(self, maker, number):
        self.random, self.maker = maker.random, maker
        self.port = 40000 + number
        self.sent = {"hub": 1, "client": 1}  # sequence numbers

    def framed(self):
        octets = self.maker.good()
        return struct.pack(">H", len(octets)) + octets

    def says(self):
        """What goes over it, in order, as (who, octets)."""
        preface = b"LCHT 1 %016x\n" % self.random.randrange(1, 2**64)
        yield "hub", b"NICK"
        if self.random.randrange(3):
            yield "client", preface
            yield "hub", preface[:7] + preface[:6:-1].strip() + b"\n"
            for _ in range(self.random.randrange(1, 12)):
                yield self.random.choice(["hub", "client"]), b"".join(self.framed() for _ in range(self.random.randrange(1, 4)))
            return
        end = self.random.choice([b"\n", b"\r\n"])
        yield "client", b"nick%d" % self.port + end
        for _ in range(self.random.randrange(1, 12)):
            who = self.random.choice(["hub", "client"])
            words = self.random.choice(WORDS).replace("\n", " ").encode()
            yield who, (b"amy: " if who == "hub" else b"") + words + end

    def packet(self, who, octets, flags, at):
        ends = (self.port, 55555) if who == "client" else (55555, self.port)
        client, hub = [10, 0, 0, 2], [10, 0, 0, 1]
        other = self.sent["hub" if who == "client" else "client"]
        tcp = struct.pack(">HHIIBBHHH", *ends, at % 2**32, other % 2**32, 0x50, flags, 65535, 0, 0)
        return ethernet(tcp + octets, 6, *((client, hub) if who == "client" else (hub, client)))

    def packets(self):
        for who, flags in (("client", 0x02), ("hub", 0x12)):
            yield self.packet(who, b"", flags, 0)
        for who, octets in self.says():
            while octets:
                size = self.random.choice([len(octets), len(octets), 1400, self.random.randrange(1, len(octets) + 1)])
                if octets == b"NICK":  # nobody sends that in pieces
                    size = 4
                yield self.packet(who, octets[:size], 0x18, self.sent[who])
                self.sent[who] += len(octets[:size])
                octets = octets[size:]


class DamagedLink(Link):
    def says(self):
        for who, octets in super().says():
            yield who, self.maker.damage(octets) if self.random.randrange(6) == 0 else octets

    def packets(self):
        held = []
        for packet in super().packets():
            chance = self.random.randrange(20)
            if chance == 0:
                continue
            if chance == 1:
                held.append(packet)
                continue
            yield packet
            if chance == 2:
                yield packet
            yield from held
            held = []


def interleaved(maker, links):
    rests = [link.packets() for link in links]
    while rests:
        rest = maker.pick(rests)
        packet = next(rest, None)
        if packet is None:
            rests.remove(rest)
        else:
            yield packet


def write_capture(packets, step_us):
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for number, packet in enumerate(packets):
        time_us = 1795343400123456 + number * step_us
        out.write(struct.pack("<IIII", time_us // 1000000, time_us % 1000000, len(packet), len(packet)) + packet)


def write_datagrams(datagrams):
    write_capture((frame(octets, number % 4 == 3) for number, octets in enumerate(datagrams)), 1000000)


def main():
    how, arguments = sys.argv[1], sys.argv[2:]
    if how == "wire":
        write_datagrams(read_hex(name) for name in arguments)
        return
    maker = Maker(int(arguments[0]), [read_hex(name) for name in arguments[2:]])
    count = range(int(arguments[1]))
    if how == "mutated":
        write_datagrams(maker.datagram() for _ in count)
    else:
        kind = Link if how == "links" else DamagedLink
        write_capture(interleaved(maker, [kind(maker, number) for number in count]), 10)


main()
