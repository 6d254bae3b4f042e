#!/usr/bin/env bash
# Connections that break without a word: the hub's machine moves to another address, and both its ends notice within 45
# seconds; and who connects and says nothing at all is not kept for longer than a minute.
#
#     a, r0 (relay) --- lan0 --- router ---.            .--- edge (static NAT) --- h (hub)
#                                           > world ---<
#     b, r1 (relay) --- lan1 --- router ---'            '--- p
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
two_sites
host p
plug p world eth0 198.51.100.50/24
host q
plug q vpc eth0 10.9.0.3/24
hub hub h
bytes silent q 10.9.0.2 55555 until-closed:70
silent=$pid
bytes half q 10.9.0.2 55555 see:NICK 'say:LCHT 1 0123456789abcdef\n' 'see:\n' 'say:\x00\x20LCHT' until-closed:70
half=$pid
person anna a
person bert b
relay relay0 r0 hub.example
relay relay1 r1 hub.example
line_client nora p hub.example 55555 nora
await 10 event anna '.event == "join" and .nick == "bert"'
await 10 event anna '.event == "join" and .nick == "nora"'

gone_nodes() { [ "$(grep -c 'is gone: silent' "$work/hub.err")" -ge "$1" ]; }
cloud_moves 198.51.100.81
name hub.example 198.51.100.81
moved=$SECONDS
tell anna "are you still there?"
ok "the hub has another address: what is said is heard once that is noticed" await 60 says bert.out '"are you still there\?"'
echo "# $((SECONDS - moved)) s after it moved"
for name in relay0 relay1; do
    ok "$name says that it lost it" await 20 says "$name.err" '^lanchat: hub\.example:55555: lost: .*; retrying in'
    ok "and is connected again, there" await 10 says "$name.err" '^lanchat: hub\.example:55555: connected \(198\.51\.100\.81\)'
done
ok "once" test "$(jq -r 'select(.text == "are you still there?") | .text' "$work/bert.out" | wc -l)" -eq 1
tell bert "yes"
ok "the other way, too" await 5 event anna '.text == "yes"'
ok "the hub noticed, too: it says which nodes are gone" await 30 gone_nodes 3
ok "nobody of the LANs has left for the other" lacks event anna '.event == "leave" and .nick == "bert"'
ok "half a frame is not waited for for ever" ends "$half" 60 0
ok "who says nothing at all is closed after a minute" ends "$silent" 70 0
ok "which the hub says" says hub.err '^lanchat: 10\.9\.0\.3:[0-9]+: closed: said nothing'
ok "nobody is told of a loss" nothing_lost
finish
