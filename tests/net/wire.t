#!/usr/bin/env bash
# What is on the wire: what tcpdump shows, addresses, ports and hop limits, -p, -g, -t and -b; and a firewall.
#
#     a --- lan0 (captured) --- b        a --- lan1 --- c
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"

lan lan0
lan lan1
for n in a b c; do host "$n"; done
plug a lan0 eth0 10.0.0.1/24
plug b lan0 eth0 10.0.0.2/24
listener one b

# sniff NAME ARGUMENT...: captures while host a says something with these options, until that was seen.
sniff() {
    local name=$1
    shift
    capture "$name" lan0 -v -A udp
    on a "$LANCHAT" say -n jack -c 0 "$@" "word of $name" </dev/null
    await 5 says "$name.out" "word of $name"
}
# Lines of tcpdump -v come in pairs: the head with the hop limit, and for IPv4 a second one with addresses and ports.
heads() { grep -aE '^[0-9:.]+ IP|^ +[0-9.]+ > ' "$work/$1.out" | awk '/ IP \(/ { head = $0; next } { print head $0; head = "" }'; }
all_match() { lacks grep -qvE "$2" <<<"$(heads "$1" | grep -E "$3")"; }

ok "tcpdump -A shows the text" sniff plain
ok "and the nickname just before it" says plain.out 'jack.{1,4}word of plain'
ok "to the group of IPv4" says plain.out '> 239\.255\.67\.72\.55555: UDP'
ok "to the group of IPv6" says plain.out '> ff12::4348\.55555: .*UDP'
ok "from one of the ports 55556 to 55571, always" all_match plain '\.555(5[6-9]|6[0-9]|7[01]) > ' ' > '
ok "every datagram to a group has TTL 1" all_match plain 'ttl 1,' 'IP \(.*> 239'
ok "every datagram to a group has hop limit 1" all_match plain 'hlim 1,' 'IP6 .*> ff'

ok "-p changes the port" sniff port -p 40000
ok "for IPv4" says port.out '\.4000[1-9] > 239\.255\.67\.72\.40000: UDP'
ok "for IPv6" says port.out '\.4000[1-9] > ff12::4348\.40000: .*UDP'
ok "-g changes the groups" sniff group -g 239.1.2.3 -g ff12::77
ok "of IPv4" says group.out '> 239\.1\.2\.3\.55555: UDP'
ok "of IPv6" says group.out '> ff12::77\.55555: .*UDP'
ok "nothing goes to the broadcast address, which all groups share" lacks says group.out '> 10\.0\.0\.255\.'
ok "-t changes the hop limit" sniff hops -t 5
ok "of IPv4" says hops.out 'IP \(.*ttl 5,'
ok "of IPv6, with a wider group" says hops.out 'hlim 5,.*> ff18::4348\.55555: .*UDP'
ok "-b sends to the broadcast address, too" sniff wide -b
ok "on the interface's subnet" says wide.out '> 10\.0\.0\.255\.55555: UDP'
ok "nobody was told what went elsewhere" lacks event one '.text == "word of port" or .text == "word of group"'

listener other b -p 40000 -g 239.1.2.3 -g ff12::77
ok "who listens at the same port and groups" status 0 on a "$LANCHAT" say -p 40000 -g 239.1.2.3 -g ff12::77 "a word apart"
ok "hears it" await 5 has other "a word apart"

# A network that drops multicast, as seen from c.
plug a lan1 eth1 10.0.1.1/24
plug c lan1 eth0 10.0.1.3/24
drop c 'ip daddr 224.0.0.0/4' 'ip6 daddr ff00::/8'
listener deaf c
ok "where multicast is dropped who listens is reached" status 0 on a "$LANCHAT" say -i eth1 "not lost"
ok "and has it, once" await 5 has deaf "not lost"
ok "with -b, too" status 0 on a "$LANCHAT" say -i eth1 -b "broadcast"
ok "once" await 5 has deaf $'not lost\nbroadcast'
listener home a -t 0 # else it tells others what it heard
ok "it can answer" status 0 on c "$LANCHAT" say -b "broadcast back"
ok "and is heard" await 5 event home '.text == "broadcast back"'

ok "with -t 0 it stays on the host" status 0 on a "$LANCHAT" say -4 -t 0 "at home"
ok "where it is heard" await 5 event home '.text == "at home"'
ok "(said to all)" status 0 on a "$LANCHAT" say "and out"
ok "(heard)" await 5 event one '.text == "and out"'
ok "and nowhere else" lacks event one '.text == "at home"'

# A firewall on the host itself that lets nothing out on one of its interfaces.
person jack a
on a nft -f - <<'NFT'
table inet f {
    chain out { type filter hook output priority 0; oifname "eth1" drop; }
}
NFT
tell jack "one way is shut"
ok "a firewall on one interface: it is said" await 5 says jack.err '^lanchat: eth1: cannot send to 239\.255\.67\.72: .*firewall'
ok "talk goes on on the other" await 5 event one '.text == "one way is shut"'
tell jack "still shut"
ok "and on" await 5 event one '.text == "still shut"'
ok "it is said once for each group" test "$(grep -c 'cannot send' "$work/jack.err")" -eq 2
on a nft delete table inet f
tell jack "open again"
ok "(heard)" await 5 event one '.text == "open again"'
ok "it is said when it works again" await 5 says jack.err '^lanchat: eth1: sending to 239\.255\.67\.72 again'
tell jack "the end"
ok "(heard)" await 5 event one '.text == "the end"'
ok "once for each group, too" test "$(grep -c ' again' "$work/jack.err")" -eq 2
finish
