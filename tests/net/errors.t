#!/usr/bin/env bash
# What does not go out is said when that changes, with its cause, and not at every try.
#
#     a (eth0, eth1), b, c (its IPv4 port is held) --- lan0, lan1
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs socat
lan lan0
lan lan1
host a
plug a lan0 eth0 10.0.0.1/24
plug a lan1 eth1 10.0.1.1/24
hosts lan0 10.0.0 x b c
person anna a
listener far b

count() { grep -cE -- "$2" "$work/$1.err"; }
said() { [ "$(count anna "$1")" -eq "$2" ]; }
chatter() { for n in 1 2 3 4 5; do tell anna "$1 $n"; sleep 0.1; done; }

on a nft "table inet f { chain out { type filter hook output priority 0; oifname eth0 ip daddr 224.0.0.0/4 drop; }; }"
tell anna "behind the firewall"
ok "a firewall on this host: EPERM names it, and the ports" await 3 says anna.err \
    '^lanchat: eth0: cannot send to 239\.255\.67\.72: .*firewall.*55555 to 55571'
ok "IPv6 is not hindered: it is heard" await 3 event far '.text == "behind the firewall"'
chatter try
ok "said once, whatever is tried" said 'cannot send to 239' 1
on a nft "flush ruleset; table inet f { chain out { type filter hook output priority 0
    oifname eth0 ip daddr 224.0.0.0/4 numgen random mod 2 < 1 drop; }; }"
chatter half
ok "one that drops some is the same state" said '239\.255\.67\.72' 1
on a nft flush ruleset
ok "when it works again that is said" await 8 says anna.err '^lanchat: eth0: sending to 239\.255\.67\.72 again'

ip -n a -6 route del ff00::/8 dev eth0 table local 2>/dev/null || ip -n a -6 route del ff00::/8 dev eth0
tell anna "no route"
ok "no route: ENETUNREACH asks for the network" await 3 says anna.err \
    '^lanchat: eth0: cannot send to ff12::4348: .*\(is the network up\?\)'
ok "IPv4 is not hindered: it is heard" await 3 event far '.text == "no route"'
chatter again
ok "said once" said 'cannot send to ff12' 1
ip -n a -6 route add multicast ff00::/8 dev eth0 table local
ok "when it works again that is said" await 8 says anna.err '^lanchat: eth0: sending to ff12::4348 again'
ok "of the other interface nothing was said" said eth1 0

start holder c socat -u UDP4-RECV:55555 STDOUT
holder=$pid
held() { on c ss -Huln 'sport = :55555' | grep -q .; }
await 5 held
person carl c
ok "a port that another program holds: said, with the family" says carl.err \
    '^lanchat: eth0: cannot listen on UDP port 55555 with IPv4: Address already in use \(another program holds it; '
tell carl "by IPv6 alone"
ok "the other family is used" await 3 event far '.text == "by IPv6 alone"'
tell anna "I hear you"
ok "in both directions" await 3 event carl '.text == "I hear you"'
sleep 3.5 # tried again by now
ok "said once" test "$(count carl 'cannot listen')" -eq 1
kill "$holder"
members4() { on c ip maddr show dev eth0 | grep -q 239.255.67.72; }
ok "IPv4 is taken when it is free" await 5 members4
ok "nothing is lost" nothing_lost
finish
