#!/usr/bin/env bash
# Hosts without IPv6, and what -4 keeps off the wire where there is IPv6.
#
#     a, b: IPv4 only, on lan0              c, d: both, on lan1 (captured)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
host4 a
host4 b
plug a lan0 eth0 10.0.0.1/24
plug b lan0 eth0 10.0.0.2/24
listener one b
ok "say ends with 0" status 0 on a "$LANCHAT" say "over IPv4"
ok "without a word of IPv6" test ! -s "$work/last.err"
ok "it is heard" await 5 has one "over IPv4"
ok "who finds the listener" status 0 on a "$LANCHAT" who --json
ok "at its IPv4 address" test "$(jq -r .address "$work/last.out")" = "10.0.0.2:55556"
ok "on a host without IPv6, -6 reaches nobody" status 1 on a "$LANCHAT" say -6 "over nothing"
ok "and says why" says last.err '^lanchat: no network interface is up'

lan lan1
host c
host d
plug c lan1 eth0 10.0.1.1/24
plug d lan1 eth0 10.0.1.2/24
can_capture && capture wire lan1 udp
listener two d -4
ok "-4 on hosts with both: heard" status 0 on c "$LANCHAT" say -4 "only IPv4"
ok "once" await 5 has two "only IPv4"
if can_capture; then
    ok "the wire carries IPv4" await 5 says wire.out 'IP .*> 239\.255\.67\.72\.55555'
    ok "and no IPv6 datagram of ours" lacks says wire.out 'IP6 .*5555'
else
    skip "what is on the wire" "tcpdump is not permitted here"
fi
ok "a dual-stack host hears who speaks with -4" listener three c
ok "(said)" status 0 on d "$LANCHAT" say -4 "to both kinds"
ok "(heard)" await 5 has three "to both kinds"
finish
