#!/usr/bin/env bash
# Two LANs with the same addresses, each behind a router that masquerades, and a hub in the cloud, whose machine doesn't
# know its public address. A relay on each LAN dials out. Somebody off every LAN, somebody with ncat and somebody with
# the tutorial's client take part.
#
#     a, r0 (relay) --- lan0 --- router ---.            .--- edge (static NAT) --- h (hub)
#                                           > world ---<
#     b, r1 (relay) --- lan1 --- router ---'            '--- p (--via, ncat, the tutorial's client)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
two_sites
host p
plug p world eth0 198.51.100.50/24

hub hub h
listener on0 a
listener on1 b
person anna a
person bert b
ok "not connected: what one LAN says" heard a on0 "before"
ok "the other doesn't hear" lacks event on1 '.text == "before"'
relay relay0 r0 hub.example
relay relay1 r1 hub.example
ok "connected: who is on one LAN is told of who is on the other" await 5 event anna '.event == "join" and .nick == "bert"'
ok "(the other)" await 5 event bert '.event == "join" and .nick == "anna"'
ok "what was said before has come" await 5 event on1 '.text == "before"'

record0=$(texts on0)
ok "said on one LAN: 0" status 0 on a "$LANCHAT" say -n jack "What's up!?"
ok "said on the other: 0" status 0 on b "$LANCHAT" say -n Мария "Привет всем 🎉"
both=$record0$'\nWhat\'s up!?\nПривет всем 🎉'
ok "both have come to both" await 5 have "$both" on0 on1
fields() { jq -c 'select(.nick == "jack" or .nick == "Мария") | [.nick, .id, .seq, .text]' "$work/$1.out"; }
ok "with the same nickname, id and number" test "$(fields on0)" = "$(fields on1)" -a "$(fields on0 | wc -l)" -eq 2
tell anna "typed here"
ok "what a person types" await 5 event bert '.text == "typed here" and .nick == "anna"'

# Off every LAN.
person paul p --via hub.example
line_client nora p hub.example 55555 nora
tutorial_client tom p hub.example 55555 tom
for who in paul nora tom; do
    ok "$who is seen on both LANs" await 5 event anna ".event == \"join\" and .nick == \"$who\""
    ok "(the other)" await 5 event bert ".event == \"join\" and .nick == \"$who\""
done
ok "who on a LAN" status 0 on a "$LANCHAT" who -w 2
ok "lists everybody" test "$(sort "$work/last.out" | tr '\n' ' ')" = "anna bert nora paul tom "
tell paul "Привет от Павла"
tell nora "Привет от Норы"
tell tom "hello from Tom"
for text in "Привет от Павла" "Привет от Норы" "hello from Tom"; do
    ok "$text, on both LANs" await 5 event on0 ".text == \"$text\""
    ok "(the other)" await 5 event on1 ".text == \"$text\""
done
tell bert "Привет из другой сети"
ok "what is said on a LAN: --via" await 5 event paul '.text == "Привет из другой сети" and .nick == "bert"'
ok "ncat" await 5 says nora.out '^bert: Привет из другой сети$'
ok "the tutorial's client" await 5 says tom.out '^bert: '
tell bert "over"
ok "which survives it" await 5 says tom.out '^bert: over$'
ok "without a traceback" test ! -s "$work/tom.err"
ok "say --via" status 0 on p "$LANCHAT" say -n script --via hub.example "from a script"
ok "is heard on both LANs" await 5 event on0 '.text == "from a script"'
ok "(the other)" await 5 event on1 '.text == "from a script"'
ok "the same on both, each once and in order of each speaker" same_streams on0 on1
ok "nobody is told of a loss" nothing_lost
finish
