#!/usr/bin/env bash
# Datagrams that are not ours, cut off, of a future version, lying about their lengths, and 5,000 random ones: nothing of
# it is shown, nobody falls over, and the next message is heard.
#
#     a (sends garbage to both groups, and to the listeners' own ports) --- lan0 --- b (listeners)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3
can_capture || skip_all "tcpdump is not permitted here"

lan lan0
hosts lan0 10.0.0 a b
listener one b
json=$pid
start plain b "$LANCHAT" listen
plain=$pid
await 5 test -s "$work/plain.err"
before=$(cat "$work/plain.err")

# Real datagrams to spoil: what a says, as it is on the wire.
record real lan0 'udp dst port 55555'
dump=$pid
ok "(a message to spoil)" status 0 on a "$LANCHAT" say -n jack "a message to spoil"
await 5 grep -qa 'a message to spoil' "$work/real.pcap"
recorded "$dump"
await 5 has one "a message to spoil"

cat >"$work/garbage.py" <<'PYTHON'
import random, socket, struct, sys

random.seed(1)
pcap = open(sys.argv[1], "rb").read()
real, at = [], 24
while at + 16 <= len(pcap):
    size = struct.unpack_from("<I", pcap, at + 8)[0]
    packet = pcap[at + 16:at + 16 + size]
    start = packet.find(b"LCHT")
    if start > 0:
        real.append(packet[start:])
    at += 16 + size
assert any(b"a message to spoil" in datagram for datagram in real)

index = socket.if_nametoindex("eth0")
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.1"))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)

count = 0
def send(data):
    global count
    count += 1
    if count % 3 == 0:
        six.sendto(data, ("ff12::4348", 55555, 0, index))
    elif count % 3 == 1:
        four.sendto(data, ("239.255.67.72", 55555))
    else:
        four.sendto(data, ("10.0.0.2", 55556 + count // 3 % 2))

send(b"")
send(b"jack: not a datagram of ours\n")
send(b"\x00" * 1200)
send(b"LCHT" * 300)
send(b"LCHT" + b"\xff" * 60000)
for datagram in real:
    for size in range(len(datagram)):  # cut off
        send(datagram[:size])
    for version in (0, 2, 255) * 6:  # of another version, from somebody new, by all ways
        send(datagram[:4] + bytes([version]) + datagram[5:].replace(datagram[8:16], random.randbytes(8)))
    places, at = [5], datagram[5]  # lengths: of the header, of records, of a message's nickname and text
    while at + 4 <= len(datagram):
        places += [at + 2, at + 3]
        if datagram[at] == 1:
            nick = at + 4 + 36
            places += [nick, nick + 1 + datagram[nick], nick + 2 + datagram[nick]]
        at += 4 + struct.unpack_from(">H", datagram, at + 2)[0]
    for place in places:
        for value in range(256):
            spoilt = bytearray(datagram)
            spoilt[place] = value
            send(bytes(spoilt))
for _ in range(5000):
    kind = random.random()
    if kind < 0.5:
        send(random.randbytes(random.randrange(1, 1400)))
    else:
        send(b"LCHT\x01" + random.randbytes(random.randrange(1, 300)))
PYTHON
ok "thousands of bad datagrams are sent" on a python3 "$work/garbage.py" "$work/real.pcap"
ok "say still ends with 0, over IPv4" status 0 on a "$LANCHAT" say -4 -n jack -c 2 "after the storm"
ok "the next message is heard" await 10 event one '.text == "after the storm"'
ok "over IPv6, too" status 0 on a "$LANCHAT" say -6 -n jack -c 2 "after the storm, again"
ok "and heard" await 10 event one '.text == "after the storm, again"'
ok "nothing of the garbage was shown as a message" has one \
    $'a message to spoil\nafter the storm\nafter the storm, again'
ok "nobody joined by it" lacks event one '.event == "join"'
three() { [ "$(wc -l <"$work/plain.out")" -eq 3 ]; }
ok "the plain listener has these, too" await 5 three
ok "nothing was said on standard error" test "$(cat "$work/plain.err")" = "$before"
ok "and nothing by the other" test ! -s "$work/one.err"
ok "the first listener lives" kill -0 "$json"
kill -TERM "$plain"
ok "the second ends with 0" ends "$plain" 5 0
finish
