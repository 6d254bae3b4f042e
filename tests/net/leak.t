#!/usr/bin/env bash
# A host on two LANs hands the talk of neither to the other: not to who joins late and asks for the history, not to who
# heals after he was away, not to who repairs, and not to who asks for it by its id. Nothing of a LAN's texts, and no id
# of its speakers, is in a datagram that the host puts on the other.
#
#     a (says), a2, j0 --- lan0 --- m --- lan1 --- b (says), b2, j1
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3
can_capture || skip_all "tcpdump is not permitted here"

lan lan0
lan lan1
host m
plug m lan0 eth0 10.0.0.9/24
plug m lan1 eth1 10.0.1.9/24
hosts lan0 10.0.0 a a2 j0
hosts lan1 10.0.1 b b2 j1
# What m sends, on each LAN.
for n in 0 1; do
    mac=$(ip -n m -br link show dev "eth$n" | awk '{ print $3 }')
    record "lan$n" "lan$n" udp and ether src "$mac"
done
person middle m -H 50
listener on0 a2
on0=$pid
listener on1 b2
on1=$pid

ok "said on the first LAN" status 0 on a "$LANCHAT" say -n alice "first, of one"
ok "said on the second" status 0 on b "$LANCHAT" say -n bob "second, of two"
ok "said in the middle" tell middle "middle, to both"
ok "the middle hears both" await 5 has middle $'first, of one\nsecond, of two'
ok "the first LAN its own and the middle" await 5 has on0 $'first, of one\nmiddle, to both'
ok "the second likewise" await 5 has on1 $'second, of two\nmiddle, to both'

# Much is lost, and everybody repairs.
lose 30 a a2 m b b2
seq -f 'first, line %g' 100 >"$work/alice.in"
seq -f 'second, line %g' 100 >"$work/bob.in"
start alice a "$LANCHAT" say -n alice -w 20
alice=$pid
start bob b "$LANCHAT" say -n bob -w 20
bob=$pid
ok "a hundred lines on the first, with losses" ends "$alice" 25 0
ok "a hundred lines on the second" ends "$bob" 25 0
drop_nothing a a2 m b b2
hundred() { [ "$(texts "$1" | grep "$2, line")" = "$(seq -f "$2, line %g" 100)" ]; }
ok "the middle has all of the first" await 10 hundred middle first
ok "and of the second" await 10 hundred middle second

# Somebody is away while there is talk on both, comes back, and is the one who has to be told of most.
ip link set pa2eth0 down
ip link set pb2eth0 down
ok "one of each LAN is away: said on the first" status 0 on a "$LANCHAT" say -c 1 -n alice "first, of three"
ok "said on the second" status 0 on b "$LANCHAT" say -c 1 -n bob "second, of three"
ok "the middle hears both" await 5 event middle '.text == "second, of three"'
ip link set pa2eth0 up
ip link set pb2eth0 up
ok "back again: he of the first has what he missed, from the middle alone" await 15 event on0 '.text == "first, of three"'
ok "he of the second likewise" await 15 event on1 '.text == "second, of three"'

# The middle alone is left of those who have it.
kill "$on0" "$on1"
ok "(the others end)" ends "$on0" 5 0
ok "(the others end)" ends "$on1" 5 0
listener late0 j0 -H 500
listener late1 j1 -H 500
ok "who joins the first LAN has its talk from the middle" await 5 event late0 '.text == "first, of three"'
ok "and all of it" await 5 hundred late0 first
ok "who joins the second likewise" await 5 event late1 '.text == "second, of three"'
ok "and all of it" await 5 hundred late1 second
ok "nothing of the second was shown on the first" test "$(cat "$work"/{on0,late0}.out | grep -cE 'second, |"bob"')" -eq 0
ok "nor of the first on the second" test "$(cat "$work"/{on1,late1}.out | grep -cE 'first, |"alice"')" -eq 0
ok "nobody is told of a loss" nothing_lost

# Asked for by name: every kind of ask, for the ids of the first LAN's speakers, on the second.
cat >"$work/ask.py" <<'PYTHON'
import socket, struct, sys, time

def tag(name):
    value = 0xcbf29ce484222325
    for octet in name.encode():
        value = (value ^ octet) * 0x100000001b3 % 2**64
    return value

def ask(kind, key, start, count):
    body = struct.pack(">BQQI", kind, key, start, count)
    return bytes([len(body)]) + body

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("10.0.1.1", 0))
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.1.1"))
room = tag("lobby")
asks = [ask(1, int(word, 16), 1, 500) for word in sys.argv[1:]]
asks += [ask(2, room, 2**63, 500), ask(3, room, 0, 0), ask(4, room, 0, 0)]
for number, one in enumerate(asks):
    body = struct.pack(">QB", 0, 1) + one
    record = struct.pack(">BBH", 5, 0, len(body)) + body
    head = struct.pack(">IBBBBQIHH", 0x4c434854, 1, 24, 0, 0, 0x1234567812345678, number + 1, 0, 0)
    sock.sendto(head + record, ("239.255.67.72", 55555))
    time.sleep(0.2)
PYTHON
first=$(ids_of middle alice)
second=$(ids_of middle bob)
ok "(three speakers on each)" test "$(wc -w <<<"$first $second")" -eq 6
# shellcheck disable=SC2086 # words
ok "asked on the second for what was said on the first" status 0 on b python3 "$work/ask.py" $first
sleep 1

# holds LAN WORDS, holds_id LAN ID: what the middle put on that LAN.
holds() { grep -qaF -- "$2" "$work/$1.pcap"; }
holds_id() {
    python3 -c 'import sys; sys.exit(bytes.fromhex(sys.argv[2]) not in open(sys.argv[1], "rb").read())' "$work/$1.pcap" "$2"
}
ok "the middle has put its own words on both" holds lan0 "middle, to both"
ok "(the second)" holds lan1 "middle, to both"
ok "and has handed on the first LAN's words there" holds lan0 "first, of three"
ok "and the second's there" holds lan1 "second, of three"
ok "but no word of the first on the second" lacks holds lan1 "first, "
ok "and no word of the second on the first" lacks holds lan0 "second, "
for id in $first; do ok "nor an id of the first on the second" lacks holds_id lan1 "$id"; done
for id in $second; do ok "nor an id of the second on the first" lacks holds_id lan0 "$id"; done
finish
