#!/usr/bin/env bash
# Thirty further interfaces do not disturb talk on the LAN; and a host hears, and reaches, 25 LANs at once (Linux
# allows 20 memberships a socket).
#
#     a --- lan0 --- m === 30 x nobody          n === 25 x one host each
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
host a
host m
plug a lan0 eth0 10.0.0.1/24
for n in $(seq 30); do
    ip link add "idle$n" type veth peer name "x$n" netns m
    ip link set "idle$n" up
    ip -n m addr add "10.1.$n.1/24" brd + dev "x$n"
    ip -n m link set "x$n" up
done
plug m lan0 eth0 10.0.0.9/24
listener one a
listener many m
ok "said by the host with 31 interfaces" status 0 on m "$LANCHAT" say "from many"
ok "without a word of the others" test ! -s "$work/last.err"
ok "said to it" status 0 on a "$LANCHAT" say "to many"
ok "the other host has both, once, in order" await 5 has one $'from many\nto many'
ok "and so has it itself" await 5 has many $'from many\nto many'
ok "who finds the other among them" test \
    "$(on m "$LANCHAT" who --json -w 3 | jq -r .address | grep -c -e '^10\.0\.0\.1:' -e '%eth0')" -ge 1

host n
for n in $(seq 25); do
    host "s$n"
    ip link add "y$n" netns n type veth peer name eth0 netns "s$n"
    ip -n n addr add "10.2.$n.1/24" brd + dev "y$n"
    ip -n "s$n" addr add "10.2.$n.2/24" brd + dev eth0
    ip -n n link set "y$n" up
    ip -n "s$n" link set eth0 up
done
for n in $(seq 25); do await 5 has_carrier "s$n" eth0; done
for n in $(seq 25); do await 5 has_carrier n "y$n"; done
listener all n
for n in $(seq 25); do on "s$n" "$LANCHAT" say -q -c 0 "lan $n" </dev/null; done
heard_all() { [ "$(texts all | sort -V)" = "$(seq -f 'lan %g' 25)" ]; }
ok "each of 25 LANs is heard, once" await 5 heard_all
for n in $(seq 25); do
    start "s$n" "s$n" "$LANCHAT" listen --json
done
for n in $(seq 25); do await 10 is_ready "s$n"; done
ok "each of 25 LANs is reached" status 0 on n "$LANCHAT" say -c 26 "to 25"
ok "they have it" await 5 have "to 25" s{1..25}
finish
