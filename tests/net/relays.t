#!/usr/bin/env bash
# Two relays on one LAN, and cycles: what comes from afar is shown once, costs little more than one datagram, and goes on
# when one of the relays is killed; with every LAN joined in several ways at once, nothing doubles and nothing goes round.
#
#     a, r0, q0 (relays) --- lan0 --- router ---.
#                             |                  > world --- edge (static NAT) --- h (hub)
#     b, r1, q1 (relays) --- lan1 --- router ---'
#                             '--- m (relay) --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"
two_sites
hub hub h
listener on0 a
listener on1 b
person anna a
person bert b
relay relay0 r0 hub.example
killed=$pid
relay relay1 r1 hub.example
relay other0 q0 hub.example
await 10 event anna '.event == "join" and .nick == "bert"'
await 10 event bert '.event == "join" and .nick == "anna"'

sleep 3 # who has just come is not known to be reached

record wire0 lan0 udp
sniffer=$pid
in_turn 0.03 100 "%s, line %d" bert
lines=$(seq -f 'bert, line %g' 100)
ok "a hundred lines from afar, with two relays: each is shown once, in order" await 5 said "$lines" bert on0 anna
sleep 0.5
recorded "$sniffer"
sent=$(datagrams wire0 'bert, line')
echo "# $sent datagrams on the LAN"
ok "and cost 1.2 datagrams each at the most" test "$sent" -le 120 -a "$sent" -ge 1
in_turn 0 100 "%s, line %d" anna
ok "the other way: each once, in order" await 5 said "$(seq -f 'anna, line %g' 100)" anna on1 bert

# One is killed, in the midst of talk.
(
    for n in $(seq 101 200); do
        tell bert "bert, line $n"
        sleep 0.02
    done
) &
talk=$!
await 5 event on0 '.text == "bert, line 130"'
kill -KILL "$killed"
ends "$killed" 5 137
wait "$talk"
ok "one relay is killed: nothing is missing, and nothing comes twice" await 5 said "$(seq -f 'bert, line %g' 200)" bert on0 anna
before=$(now_ms)
tell bert "and on"
ok "the next comes" await 10 says on0.out '"and on"'
took=$(($(now_ms) - before))
echo "# after $took ms"
ok "at once" test "$took" -lt 500

# Cycles: a second relay on the other LAN, too, and a host on both.
relay relay0b r0 hub.example
relay other1 q1 hub.example
host m
plug m lan0 eth0 192.168.1.100/24
plug m lan1 eth1 192.168.1.101/24
start middle m "$LANCHAT" relay
await 5 event on0 '.text == "and on"'
in_turn 0.02 50 "%s, ring %d" anna bert
ring() { # LISTENER NICK
    [ "$(said_by "$1" "$2" | grep ring)" = "$(seq -f "$2, ring %g" 50)" ]
}
for name in on0 on1; do
    ok "two relays on each LAN and a host on both: shown once, in order" await 5 ring "$name" anna
    ok "(the other way)" await 5 ring "$name" bert
done
ok "said by a script: 0" status 0 on a "$LANCHAT" say -n script "in the ring"
ok "heard, once" await 5 said "in the ring" script on0 on1
twenty() { [ "$(texts "$1" | wc -l)" -eq 20 ] && [ -z "$(texts "$1" | sort | uniq -d)" ]; }
# Who joins while all is joined in rings gets no copies either.
listener late0 a -H 20
ok "who comes late has each once" await 5 twenty late0
sleep 3
record rest0 lan0 udp
rest0=$pid
record rest1 lan1 udp
rest1=$pid
sleep 3
recorded "$rest0" "$rest1"
for n in 0 1; do
    all=$(datagrams "rest$n" '')
    echo "# $all datagrams in 3 s of rest on lan$n"
    ok "at rest no words go round" test "$(datagrams "rest$n" 'line |ring')" -eq 0
    ok "and little else" test "$all" -le 45
done
ok "both LANs have the same, once, in order" same_streams on0 on1
ok "nobody is told of a loss" nothing_lost
ok "nor that anybody left" lacks event anna '.event == "leave"'
finish
