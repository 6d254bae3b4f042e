#!/usr/bin/env bash
# A host with a loopback and nothing else: lanchats on it talk. When an interface comes, they use that.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

host alone
listener one alone
person jack alone
ok "say ends with 0" status 0 on alone "$LANCHAT" say "on my own"
ok "without a notice" test ! -s "$work/last.err"
ok "the listener has it, once" await 5 has one "on my own"
ok "so has the person" await 5 has jack "on my own"
tell jack "here I am"
ok "what a person types is heard" await 5 has one $'on my own\nhere I am'
ok "who lists the person" test "$(on alone "$LANCHAT" who)" = jack
ok "with -4, too" status 0 on alone "$LANCHAT" say -4 "by IPv4"
ok "and it is heard" await 5 event one '.text == "by IPv4"'
# Linux has no route for IPv6 multicast on a loopback.
ok "with -6 it fails" status 1 on alone "$LANCHAT" say -6 "by IPv6"
ok "and says what" says last.err '^lanchat: lo: cannot send to ff12::4348'

lan lan0
host near
plug near lan0 eth0 10.0.0.1/24
plug alone lan0 eth0 10.0.0.2/24
soon=3
[ -z "${LANCHAT_PORTABLE:-}" ] || soon=6
ok "when an interface comes it is used" await "$soon" heard near one "from the LAN"
ok "by everybody there" await "$soon" heard near jack "from the LAN, too"

host bare
plug bare lan0 eth0 10.0.0.3/24
listener two bare
ok "with an interface up, the loopback is left alone" status 1 on bare "$LANCHAT" say -i lo "to nobody"
ok "(on the LAN it is heard)" status 0 on bare "$LANCHAT" say "to all"
ok "the listener on the interface has only that" await 5 has two "to all"
finish
