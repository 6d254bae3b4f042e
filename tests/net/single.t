#!/usr/bin/env bash
# Every host loses half of what comes to it, and a single message is still everybody's, and known to be, in less than
# three seconds; ten times of ten.
#
#     s (says) --- lan0 --- l1 ... l6 (listen)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
listeners=(l1 l2 l3 l4 l5 l6)
hosts lan0 10.0.0 s "${listeners[@]}"
for n in "${listeners[@]}"; do listener "$n" "$n"; done
lose 50 s "${listeners[@]}"

quick() {
    local before
    before=$(now_ms)
    status 0 on s "$LANCHAT" say -n single "single message $1" || return 1
    took=$(($(now_ms) - before))
    [ "$took" -lt 3000 ]
}
for n in $(seq 10); do
    took=never
    ok "single message $n is confirmed in less than three seconds" quick "$n"
    echo "# $took ms"
done
ok "each of six has each, once, in order" await 5 have "$(seq -f 'single message %g' 10)" "${listeners[@]}"
ok "nothing was lost" nothing_lost
finish
