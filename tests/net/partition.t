#!/usr/bin/env bash
# The cable between two halves of a LAN is pulled, people talk on both sides, and it is put back: everybody has all that
# was said, once, each speaker's lines in order, and within seconds.
#
#     a1, a2, a3 --- lan0 --x0--x1-- lan1 --- b1, b2, b3
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
lan lan1
ip link add x0 type veth peer name x1
ip link set x0 master lan0 up
ip link set x1 master lan1 up
hosts lan0 10.0.0 a1 a2 a3
hosts lan1 10.0.0 b1 b2 b3
cable() { [ "$(ip -br link show dev x0 | awk '{ print $2 }')" = "$1" ]; }
await 5 cable UP
all=(la1 la2 la3 lb1 lb2 lb3)
for n in "${all[@]}"; do listener "$n" "${n#l}"; done
person anna a1
person bert b1
await 10 event anna '.event == "join" and .nick == "bert"'
await 10 event bert '.event == "join" and .nick == "anna"'
ok "one LAN: said" status 0 on a2 "$LANCHAT" say -n script "before"
ok "heard in both halves" await 5 have "before" "${all[@]}"

# Twenty lines a side: of a person, who stays, and of a script, that has gone when the halves meet again.
ip link set x0 down
await 5 cable DOWN
seq -f 'script a, line %g' 10 >"$work/script-a.in"
seq -f 'script b, line %g' 10 >"$work/script-b.in"
start script-a a2 "$LANCHAT" say -n script-a
script_a=$pid
start script-b b2 "$LANCHAT" say -n script-b
script_b=$pid
in_turn 0 10 "%s, line %d" anna bert
ok "apart: a script speaks on one side" ends "$script_a" 10 0
ok "and on the other" ends "$script_b" 10 0
lines_of() { # SPEAKERS NAME...: each of these has shown these speakers' lines, once and in order
    local speaker
    for speaker in $1; do said "$(seq -f "${speaker/-/ }, line %g" 10)" "$speaker" "${@:2}" || return 1; done
}
ok "each side has its own" await 5 lines_of "anna script-a" la1 la2 la3
ok "(the other)" await 5 lines_of "bert script-b" lb1 lb2 lb3
ok "and nothing of the other side" test "$(cat "$work"/la?.out "$work/anna.out" | grep -cE 'script b|bert, ')" -eq 0
ok "(the other)" test "$(cat "$work"/lb?.out "$work/bert.out" | grep -cE 'script a|anna, ')" -eq 0

ip link set x0 up
await 5 cable UP
mended=$(now_ms)
everybody() {
    lines_of "anna bert script-a script-b" "${all[@]}" && lines_of "bert script-a script-b" anna &&
        lines_of "anna script-a script-b" bert
}
ok "mended: all have all of both sides within ten seconds" await 10 everybody
echo "# $(($(now_ms) - mended)) ms after the cable was back"
ok "said afterwards" status 0 on b3 "$LANCHAT" say -n script "after"
ok "heard in both halves" await 5 said $'before\nafter' script "${all[@]}"
ok "nothing came twice" everybody
ok "nothing was lost" nothing_lost
finish
