#!/usr/bin/env bash
# A hub loses nothing of what is said through it faster than somebody takes it, and who stands still holds up nobody
# for long.
#
#     h (hub) --- net --- s (says), a, b (listen)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan net
hosts net 10.0.0 h s a b
start hub h "$LANCHAT" hub
await 10 listens h 55555
listener a a --via 10.0.0.1
listener b b --via 10.0.0.1
stopped=$pid
count=50000
seq -f 'a line of about a hundred bytes, as people type them when they have very much to say, and then: %g' "$count" \
    >"$work/big.in"
say_big() { on s "$LANCHAT" say -n "$1" --via 10.0.0.1 -w 20 <"$work/big.in"; }
all_of() { whole "$1" "$(ids_of "$1" "$2")" "$count"; }

ok "50,000 lines" say_big first
ok "one has all of them" await 20 all_of a first
ok "the other, too" await 20 all_of b first
ok "nobody is told of a loss" nothing_lost
kill -STOP "$stopped"
before=$(now_ms)
ok "again, while one stands still" say_big second
ok "he holds up nobody for long" test $(($(now_ms) - before)) -lt 15000
ok "the other has all of them" await 20 all_of a second
ok "and is told of no loss" nothing_lost a
kill -CONT "$stopped"
ok "he who stood still has what is stored, or is told" await 20 all_of b second
finish
