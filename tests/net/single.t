#!/usr/bin/env bash
# Every host loses half of what comes to it, and a single message is still everybody's, and known to be, in less than
# three seconds; ten times of ten.
#
#     s (says) --- lan0 --- l1 ... l6 (listen)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
all=(s l1 l2 l3 l4 l5 l6)
last=0
for n in "${all[@]}"; do
    host "$n"
    plug "$n" lan0 eth0 "10.0.0.$((++last))/24"
done
for n in 1 2 3 4 5 6; do listener "l$n" "l$n"; done
lose 50 "${all[@]}"

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
all_have() {
    local n
    for n in 1 2 3 4 5 6; do has "l$n" "$(seq -f 'single message %g' 10)" || return 1; done
}
ok "each of six has each, once, in order" await 5 all_have
ok "nothing was lost" test "$(cat "$work"/l*.out | grep -c '"lost"')" -eq 0
finish
