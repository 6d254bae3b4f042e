#!/usr/bin/env bash
# A switch that snoops on memberships and forgets them: they are taken anew once a minute, and soon when everybody fell
# silent, by all nodes of a host in the same moment, because the kernel tells the switch only what changes for the host.
#
#     a (two nodes), b --- lan0, snooping; its querier asks no more
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"

# offset_of OCTET...: where in the minute, in ms, an interface with these addresses renews (lanchat(7)).
offset_of() {
    local hash=$((0xcbf29ce484222325)) octet
    for octet; do hash=$(((hash ^ octet) * 0x100000001b3)); done
    echo $((((hash >> 1 & 0x7fffffffffffffff) % 30000) * 2 + (hash & 1)))
}
# address_of HIGH LEAST MOST: the last octet of an address 10.0.HIGH.x whose moment is between so many seconds from now.
# The IPv6 address is fe80::x.
address_of() {
    local last offset until
    for last in $(seq 1 254); do
        offset=$(offset_of 10 0 "$1" "$last" 254 128 0 0 0 0 0 0 0 0 0 0 0 0 0 "$last")
        until=$(((offset + 60000 - $(now_ms) % 60000) % 60000))
        [ "$until" -lt $(($2 * 1000)) ] || [ "$until" -gt $(($3 * 1000)) ] || break
    done
    echo "$last"
}
# fixed HOST LAN PREFIX LAST: an eth0 at PREFIX.LAST and fe80::LAST.
fixed() {
    host "$1"
    on "$1" sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
    plug "$1" "$2" eth0 "$3.$4/24"
    ip -n "$1" addr add "fe80::$(printf %x "$4")/64" dev eth0
}

lan lan0
lan lan1
sysctl -qw net.ipv6.conf.lan1.accept_dad=0 net.ipv6.conf.lan1.disable_ipv6=0 # without an address it asks for no IPv6 members
fixed c lan1 10.0.1 "$(address_of 1 31 42)"
fixed d lan1 10.0.1 "$(address_of 1 43 55)"
listener far c
start watch c "$LANCHAT" dump # is a member, too
person near d
ok "(they hear each other)" await 5 heard d far "before"
# It asks once, and forgets after a second who does not answer again.
ip link set lan1 type bridge mcast_snooping 1 mcast_membership_interval 100 mcast_startup_query_count 0 \
    mcast_query_interval 100000 mcast_query_response_interval 10
ip link set lan1 type bridge mcast_querier 1
forgotten=$SECONDS
members() { bridge mdb show dev lan1 | grep -cE 'port p.* grp (239.255.67.72|ff12::4348)'; }
knows() { [ "$(members)" -eq "$1" ]; }

fixed a lan0 10.0.0 "$(address_of 0 5 9)"
listener one a
listener two a
start dump a "$LANCHAT" dump
capture reports paeth0 -v 'igmp or (ip6 and ip6[6] == 0)'
# told GROUP MODE: it was reported as left (in) or taken (ex).
told() { grep -qE "$1[ ,].*to_$2" "$work/reports.out"; }
again() { told "$1" in && told "$1" ex; }
ok "IPv4: with two nodes and dump on a host, leaving and joining are reported" await 12 again '239\.255\.67\.72'
ok "IPv6, too" await 2 again 'ff12::4348'
members_again() { [ "$(on a ip maddr show dev eth0 | grep -cE '(239.255.67.72|ff12::4348) users 3')" -eq 2 ]; }
ok "all three are members again" await 2 members_again

ok "(the other switch has forgotten all)" await 10 knows 0
ip link set lan1 type bridge mcast_membership_interval 26000
tell near "in the dark"
ok "what is said now comes all the same" await 3 event far '.text == "in the dark"'
on d "$LANCHAT" say -q -w 1 -n jack "into the dark" </dev/null 2>/dev/null
ok "everybody fell silent: it knows them again within 25 seconds" await $((25 - SECONDS + forgotten)) knows 4
ok "what was said meanwhile comes" await 8 event far '.text == "into the dark"'
ok "nothing is lost" nothing_lost
finish
