#!/usr/bin/env bash
# The hub is killed, people talk on both sides and one joins and one leaves; it comes back empty, at first where it was,
# then at another address of its name. Everything arrives on both sides, once and in order.
#
#     a, r0 (relay) --- lan0 --- router ---.
#                                           > world --- edge (static NAT) --- h (hub)
#     b, r1 (relay) --- lan1 --- router ---'
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
two_sites
host p
plug p world eth0 198.51.100.50/24
hub hub h
hub=$pid
listener on0 a
listener on1 b
person anna a
person bert b
relay relay0 r0 hub.example
relay relay1 r1 hub.example
person paul p --via hub.example
await 10 event anna '.event == "join" and .nick == "bert"'
await 10 event bert '.event == "join" and .nick == "anna"'
await 10 event paul '.event == "join" and .nick == "bert"'
ok "said while all is well" tell anna "anna, round 0"
ok "heard" await 5 have "anna, round 0" bert on0 on1 paul

# round NUMBER WORDS: it is killed, all talk, it comes back; everything arrives.
round() {
    local n lines
    kill -KILL "$hub"
    ends "$hub" 5 137
    ok "$2: the relays say so" await 5 lost_again relay0 "$1"
    ok "(the other)" await 5 lost_again relay1 "$1"
    ok "and when they try again" await 5 says relay0.err 'retrying in [0-9.]+ s'
    in_turn 0 20 "%s, round $1, line %d" anna bert
    ok "$2: a script on one side ends with 0, for all there have it" status 0 on a "$LANCHAT" say -n script "script, round $1"
    ok "each side has its own" await 5 event on0 ".text == \"anna, round $1, line 20\""
    ok "and nothing of the other" lacks event on0 ".text == \"bert, round $1, line 1\""
    person "new$1" b
    [ "$1" -eq 1 ] || { cloud_moves 198.51.100.90; name hub.example 198.51.100.90; }
    hub "hub$1" h
    hub=$pid
    back=$(now_ms)
    lines=$(seq -f "anna, round $1, line %g" 20)
    for n in on1 bert paul; do ok "$2, and back, empty: $n has all of anna" await 20 rounds "$n" anna "$1" "$lines"; done
    echo "# $(($(now_ms) - back)) ms after it was back"
    lines=$(seq -f "bert, round $1, line %g" 20)
    for n in on0 anna paul; do ok "$n all of bert" await 20 rounds "$n" bert "$1" "$lines"; done
    ok "and of the script that has gone" await 5 event on1 ".text == \"script, round $1\""
    ok "and is told who came meanwhile" await 5 event anna ".event == \"join\" and .nick == \"new$1\""
    ok "the relays say that they are connected" await 5 connected_again relay0 "$1"
    ok "(the other)" await 5 connected_again relay1 "$1"
}
lost_again() { [ "$(grep -c lost "$work/$1.err")" -eq "$2" ]; } # RELAY TIMES
connected_again() { [ "$(grep -c connected "$work/$1.err")" -eq $(($2 + 1)) ]; }
rounds() { [ "$(said_by "$1" "$2" | grep "round $3")" = "$4" ]; } # NAME NICK ROUND LINES

round 1 "killed"
round 2 "killed, and elsewhere"
ok "said afterwards" tell anna "the end"
ok "is heard at once" await 3 event on1 '.text == "the end"'
ok "both sides have the same, once, in order" await 5 same_streams on0 on1
ok "and nobody is told of a loss" nothing_lost
ok "nor that somebody left who didn't" lacks event bert '.event == "leave" and .nick == "anna"'
finish
