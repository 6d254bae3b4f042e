#!/usr/bin/env bash
# Much at once: 50,000 lines through a pipe, and a line that is longer than a message may be. All of it arrives, once
# and in order; with small receive buffers too, which is what somebody gets who is not root.
#
#     s (says) --- lan0 --- l1 ... l6 (listen; on l6 another user, too)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
names=(l1 l2 l3 l4 l5 l6)
hosts lan0 10.0.0 s "${names[@]}"
for n in "${names[@]}"; do listener "$n" "$n"; done
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cp "$LANCHAT" "$work/lanchat"
if on l6 "${nobody[@]}" "$work/lanchat" --version >/dev/null 2>&1; then
    start small l6 "${nobody[@]}" "$work/lanchat" listen --json
    await 10 is_ready small
    names+=(small)
fi

awk 'BEGIN { for (n = 1; n <= 50000; n++) {
    line = "line " n ", of a hundred bytes"
    while (length(line) < 100) line = line "."
    print line
} }' >"$work/bulk.in"
before=$(now_ms)
start bulk s "$LANCHAT" say -w 20
ok "50,000 lines of 100 bytes: said, and known to be heard" ends "$pid" 60 0
echo "# $(($(now_ms) - before)) ms"
shown() { grep -c '"message"' "$work/$1.out"; }
complete() { # NAME
    [ "$(shown "$1")" -ge 50000 ] && texts "$1" | cmp -s - "$work/bulk.in"
}
for n in "${names[@]}"; do
    ok "$n has them all, once, in order" await 5 complete "$n"
done
[ "${#names[@]}" -eq 7 ] || skip "with small receive buffers" "only root can become another user"

long=$(for n in $(seq 4000); do printf '%-9s ' "word $n"; done)
printf '%s\n' "$long" >"$work/long.in"
start long s "$LANCHAT" say -n long
ok "a line of 40,000 bytes" ends "$pid" 10 0
all_of_it() {
    for n in "${names[@]}"; do [ "$(said_by "$n" long | tr -d '\n')" = "$long" ] || return 1; done
}
ok "arrives with nothing missing" await 10 all_of_it
ok "as several messages" test "$(said_by l1 long | wc -l)" -ge 3
ok "nobody is told of a loss" nothing_lost
finish
