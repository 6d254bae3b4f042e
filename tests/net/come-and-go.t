#!/usr/bin/env bash
# Interfaces that appear, vanish, lose their carrier, change address or become a bridge's port while lanchat runs.
# With netlink that is seen within a second; where interfaces are polled (LANCHAT_PORTABLE is set) within three.
#
#     a --- lan0 --- m (eth0, comes and goes)        m --- lan1 --- b (m's other LAN)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

soon=3
[ -z "${LANCHAT_PORTABLE:-}" ] || soon=6
lan lan0
lan lan1
host a
host b
host m
plug a lan0 eth0 10.0.0.1/24
plug b lan1 eth0 10.0.1.1/24

# Started with no interface at all, not even a loopback.
ip -n m link set lo down
person alice a
person bob b
typed mid m "$LANCHAT" --json -n mid
middle=$pid
ok "with no interface up it says so, and goes on" await 5 says mid.err '^lanchat: no network interface is up'

plug m lan0 eth0 10.0.0.9/24
ok "an interface appears: others see it join" await "$soon" event alice '.event == "join" and .nick == "mid"'
ok "it is ready" await "$soon" is_ready mid
ok "it hears" await "$soon" heard a mid "hello first"
tell mid "mid first"
ok "it is heard" await "$soon" event alice '.text == "mid first"'

plug m lan1 eth1 10.0.1.9/24
ok "a second appears: it is seen there" await "$soon" event bob '.event == "join" and .nick == "mid"'
ok "it hears there" await "$soon" heard b mid "hello second"
tell mid "mid second"
ok "it is heard there" await "$soon" event bob '.text == "mid second"'
ok "and still on the first" await "$soon" event alice '.text == "mid second"'

ip -n m link del eth1
tell mid "one is gone"
ok "one vanishes: the other carries on" await "$soon" event alice '.text == "one is gone"'
ok "in both directions" await "$soon" heard a mid "still here"
plug m lan1 eth1 10.0.1.9/24
ok "it comes back: it hears there again" await "$soon" heard b mid "hello again"
tell mid "mid again"
ok "it is heard there again" await "$soon" event bob '.text == "mid again"'

at() { # ADDRESS: where mid is found
    on a "$LANCHAT" who -4 --json -w 0.5 >"$work/who.out" 2>&1
    event who ".nick == \"mid\" and (.address // \"\" | startswith(\"$1:\"))"
}
ok "(its address)" await "$soon" at 10.0.0.9
ip -n m addr del 10.0.0.9/24 dev eth0
ip -n m addr add 10.0.0.77/24 brd + dev eth0
ok "another address: it is found there" await "$soon" at 10.0.0.77
ok "it hears, over IPv4" await "$soon" heard a mid "to 77"
tell mid "from 77"
ok "it is heard" await "$soon" event alice '.text == "from 77"'

ip link set pmeth0 down
tell mid "no carrier"
ok "the carrier is lost: the other LAN carries on" await "$soon" event bob '.text == "no carrier"'
ip link set pmeth0 up
ok "the carrier is back: it hears" await "$soon" heard a mid "carrier again"
tell mid "mid after carrier"
ok "it is heard" await "$soon" event alice '.text == "mid after carrier"'
ok "it runs still" kill -0 "$middle"

# An interface that becomes a bridge's port is left alone; the bridge is used.
ip -n m link add br0 type bridge forward_delay 0 mcast_snooping 0
ip -n m addr flush dev eth0 scope global
ip -n m link set eth0 master br0
ip -n m addr add 10.0.0.78/24 brd + dev br0
ip -n m link set br0 up
ok "a bridge takes the interface: it is heard through that" await "$soon" at 10.0.0.78
ok "it hears" await "$soon" heard a mid "through the bridge"
if [ -n "${LANCHAT_PORTABLE:-}" ]; then
    skip "the port is left alone" "the portable build can't tell a port"
elif ! can_capture; then
    skip "the port is left alone" "tcpdump is not permitted here"
else
    capture wire lan0 -A -c 1000 udp
    tell mid "said once"
    ok "(heard)" await 5 event alice '.text == "said once"'
    tell alice "the end"
    ok "(captured)" await 5 says wire.out 'the end'
    # Who has just come on an interface does not know yet which of the four paths are needed.
    ok "the port is left alone: at most one datagram a path" test "$(grep -a -c 'said once' "$work/wire.out")" -le 4
fi
ok "nobody was told anything twice" test -z "$(texts alice | grep -E '^(mid|from|one is|said)' | sort | uniq -d)"
ok "it said once that there was no interface" test "$(grep -c 'no network interface' "$work/mid.err")" -eq 1
finish
