#!/usr/bin/env bash
# Every host loses one datagram in five, each for itself, and nobody loses a line.
#
#     s1, s2 (say) --- lan0 --- l1 ... l6 (listen)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
listeners=(l1 l2 l3 l4 l5 l6)
hosts lan0 10.0.0 s1 s2 "${listeners[@]}"
for n in "${listeners[@]}"; do listener "$n" "$n"; done

lose 20 s1 s2 "${listeners[@]}"
seq -f 'a line of about a hundred bytes, as people type them when they have much to say: %g' 300 >"$work/one.in"
seq -f 'another line of the same length, said at the same time by somebody on another host: %g' 300 >"$work/two.in"
start one s1 "$LANCHAT" say -n one -w 20
one=$pid
start two s2 "$LANCHAT" say -n two -w 20
two=$pid
ok "two speak at once, 300 lines each" ends "$one" 25 0
ok "and know that all have it" ends "$two" 25 0
ok "all have all of the one" await 10 said "$(cat "$work/one.in")" one "${listeners[@]}"
ok "and of the other" await 10 said "$(cat "$work/two.in")" two "${listeners[@]}"
lose 50 s1 s2 "${listeners[@]}"
ok "half of everything lost: a single line is confirmed" status 0 on s1 "$LANCHAT" say -n single -w 10 "a single line"
ok "and heard" await 5 said "a single line" single "${listeners[@]}"
ok "nothing was lost" nothing_lost
finish
