#!/usr/bin/env python3
"""A host, or an access point, that sends what is sent to all on a LAN back to it, unchanged: each datagram once, with a
MAC address of its own, so that no switch takes it for the sender.

reflector.py INTERFACE COUNT SECONDS: reflects at most so many, for so long.
"""

import select
import socket
import sys
import time

interface, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
PORT = 55555
PACKET_MULTICAST_MEMBERSHIP = (263, 1)  # SOL_PACKET, PACKET_ADD_MEMBERSHIP
PACKET_MR_PROMISCUOUS = 1
OUTGOING = 4


def with_checksum(frame):
    """The sender left the checksum to its interface."""
    if frame[12:14] == b"\x08\x00":
        addresses, udp = frame[26:34], frame[34 : 14 + int.from_bytes(frame[16:18], "big")]
    else:
        addresses, udp = frame[22:54], frame[54 : 54 + int.from_bytes(frame[18:20], "big")]
    octets = addresses + bytes([0, 17]) + len(udp).to_bytes(2, "big") + udp[:6] + bytes(2) + udp[8:]
    octets += bytes(len(octets) % 2)
    total = sum(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    start = len(frame) - len(udp)
    return frame[: start + 6] + ((0xFFFF - total) or 0xFFFF).to_bytes(2, "big") + frame[start + 8 :]


def is_ours(frame):
    """It is UDP to our port, and to all."""
    if not frame[0] & 1:
        return False
    if frame[12:14] == b"\x08\x00":
        return frame[23] == 17 and frame[36:38] == PORT.to_bytes(2, "big")
    return frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == PORT.to_bytes(2, "big")


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((interface, 3))
index = socket.if_nametoindex(interface)
promiscuous = index.to_bytes(4, sys.byteorder) + PACKET_MR_PROMISCUOUS.to_bytes(2, sys.byteorder) + bytes(10)
wire.setsockopt(*PACKET_MULTICAST_MEMBERSHIP, promiscuous)
own = wire.getsockname()[4]
until = time.monotonic() + seconds
print("ready", flush=True)
while count > 0 and time.monotonic() < until:
    if not select.select([wire], [], [], 1)[0]:
        continue
    frame, (_, _, kind, _, source) = wire.recvfrom(65536)
    if kind == OUTGOING or source == own or not is_ours(frame):
        continue
    wire.send(with_checksum(frame[:6] + own + frame[12:]))
    count -= 1
    print("reflected", len(frame), flush=True)
