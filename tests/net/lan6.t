#!/usr/bin/env bash
# Hosts with nothing but IPv6's link-local addresses, and what -6 keeps off the wire where there is IPv4.
#
#     a, b: fe80:: only, on lan0            c, d: both, on lan1 (captured)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
host a
host b
plug a lan0 eth0
plug b lan0 eth0
listener one b
ok "say ends with 0" status 0 on a "$LANCHAT" say "over IPv6"
ok "without a word of IPv4" test ! -s "$work/last.err"
ok "it is heard" await 5 has one "over IPv6"
ok "who finds the listener" status 0 on a "$LANCHAT" who --json
ok "at an address with its scope" test "$(jq -r '.address | test("^\\[fe80::[0-9a-f:]+%eth0\\]:55556$")' \
    "$work/last.out")" = true
ok "on a host without IPv4, -4 reaches nobody" status 1 on a "$LANCHAT" say -4 "over nothing"
ok "and says so" says last.err '^lanchat: say: nobody'

lan lan1
host c
host d
plug c lan1 eth0 10.0.1.1/24
plug d lan1 eth0 10.0.1.2/24
can_capture && capture wire lan1 udp
listener two d -6
ok "-6 on hosts with both: heard" status 0 on c "$LANCHAT" say -6 "only IPv6"
ok "once" await 5 has two "only IPv6"
if can_capture; then
    ok "the wire carries IPv6" await 5 says wire.out 'IP6 .*> ff12::4348\.55555'
    ok "and no IPv4 datagram of ours" lacks says wire.out 'IP .*5555'
else
    skip "what is on the wire" "tcpdump is not permitted here"
fi
ok "a dual-stack host hears who speaks with -6" listener three c
ok "(said)" status 0 on d "$LANCHAT" say -6 "to both kinds"
ok "(heard)" await 5 has three "to both kinds"
finish
