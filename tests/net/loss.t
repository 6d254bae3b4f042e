#!/usr/bin/env bash
# Every host loses one datagram in five, each for itself, and nobody loses a line.
#
#     s1, s2 (say) --- lan0 --- l1 ... l6 (listen)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
last=0
for n in s1 s2 l1 l2 l3 l4 l5 l6; do
    host "$n"
    plug "$n" lan0 eth0 "10.0.0.$((++last))/24"
done
for n in 1 2 3 4 5 6; do listener "l$n" "l$n"; done
all=(s1 s2 l1 l2 l3 l4 l5 l6)
said_by() { jq -r --arg nick "$2" 'select(.event == "message" and .nick == $nick) | .text' "$work/$1.out"; }
all_have() { # NICK FILE: every listener has shown these lines, in order and once
    local n
    for n in 1 2 3 4 5 6; do said_by "l$n" "$1" | cmp -s - "$2" || return 1; done
}

lose 20 "${all[@]}"
seq -f 'a line of about a hundred bytes, as people type them when they have much to say: %g' 300 >"$work/one.in"
seq -f 'another line of the same length, said at the same time by somebody on another host: %g' 300 >"$work/two.in"
start one s1 "$LANCHAT" say -n one -w 20
one=$pid
start two s2 "$LANCHAT" say -n two -w 20
two=$pid
ok "two speak at once, 300 lines each" ends "$one" 25 0
ok "and know that all have it" ends "$two" 25 0
ok "all have all of the one" await 10 all_have one "$work/one.in"
ok "and of the other" await 10 all_have two "$work/two.in"
lose 50 "${all[@]}"
echo "a single line" >"$work/single.in"
ok "half of everything lost: a single line is confirmed" status 0 on s1 "$LANCHAT" say -n single -w 10 "a single line"
ok "and heard" await 5 all_have single "$work/single.in"
ok "nothing was lost" test "$(cat "$work"/l*.out | grep -c '"lost"')" -eq 0
finish
