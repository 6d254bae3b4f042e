#!/usr/bin/env bash
# A router joins its own subnets with `lanchat relay`, and needs no URL for it.
#
#     a --- lan0 --- r (relay) --- lan1 --- b
#                        |
#                       lan2 --- c
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

for n in 0 1 2; do lan "lan$n"; done
host r
for n in 0 1 2; do plug r "lan$n" "eth$n" "10.0.$n.254/24"; done
hosts lan0 10.0.0 a
hosts lan1 10.0.1 b
hosts lan2 10.0.2 c
for n in a b c; do listener "l$n" "$n"; done
person anna a
person bert b
ok "without a relay: said" status 0 on a "$LANCHAT" say "early"
ok "heard on its own LAN" await 5 has la early
ok "and nowhere else" test "$(texts lb)$(texts lc)" = ""
start relay r "$LANCHAT" relay
relay=$pid
ok "with one: what was said is told on the other LANs" await 5 have early la lb lc
ok "who is there, too" await 5 event anna '.event == "join" and .nick == "bert"'
ok "said on one" status 0 on a "$LANCHAT" say -n jack "from a"
ok "on another" status 0 on b "$LANCHAT" say -n jill "from b"
ok "on the third" status 0 on c "$LANCHAT" say -n joan "из третьей"
ok "all hear all, once" await 5 have $'early\nfrom a\nfrom b\nиз третьей' la lb lc
ok "with the same nickname, id and number" same_streams la lc
ok "(the third)" same_streams la lb
ok "who lists those of the other LANs" test "$(on c "$LANCHAT" who -w 2 | sort | tr '\n' ' ')" = "anna bert "
ok "who --json the relay as one" test "$(on c "$LANCHAT" who --json -w 2 | jq -r 'select(.role == "relay") | .nick')" = null
seq -f 'line %g' 5000 >"$work/many.in"
start many a "$LANCHAT" say -n many -w 15
ok "5,000 lines from one" ends "$pid" 15 0
ok "are heard on the others, once and in order" await 10 said "$(cat "$work/many.in")" many lb lc
person dora a -r den
person emil b -r den
tell dora "in the den"
ok "(lobby goes on)" status 0 on a "$LANCHAT" say "the end"
ok "(it is heard)" await 5 event lb '.text == "the end"'
ok "a room that was not named is not carried" lacks event emil '.text == "in the den"'
ok "nobody is told of a loss" nothing_lost
kill -TERM "$relay"
ok "SIGTERM ends it with 0" ends "$relay" 5 0
ok "who was known by it alone is gone" await 10 event anna '.event == "leave" and .nick == "bert"'
start wide r "$LANCHAT" relay -r lobby -r den
ok "with -r the room is carried" await 10 event emil '.text == "in the den"'
ok "and so are the people there" await 5 event dora '.event == "join" and .nick == "emil"'
finish
