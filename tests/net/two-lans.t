#!/usr/bin/env bash
# A host on two LANs hears both, speaks to both, and hands the talk of neither to the other.
#
#     a --- lan0 --- m --- lan1 --- b
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
lan lan1
host a
host m
host b
plug a lan0 eth0 10.0.0.1/24
plug m lan0 eth0 10.0.0.9/24
plug m lan1 eth1 10.0.1.9/24
plug b lan1 eth0 10.0.1.1/24
person middle m
person alice a
person bob b
ok "the middle has seen both come" await 5 event middle '.event == "join" and .nick == "bob"'

ok "said on the first LAN" status 0 on a "$LANCHAT" say "from a"
ok "said on the second LAN" status 0 on b "$LANCHAT" say "from b"
ok "said in the middle, to both" status 0 on m "$LANCHAT" say "from m"
ok "the middle hears all" await 5 has middle $'from a\nfrom b\nfrom m'
ok "the first LAN hears its own and the middle" await 5 has alice $'from a\nfrom m'
ok "the second likewise" await 5 has bob $'from b\nfrom m'
tell middle "a person speaks"
ok "a person in the middle is heard on the first" await 5 has alice $'from a\nfrom m\na person speaks'
ok "and on the second" await 5 has bob $'from b\nfrom m\na person speaks'
ok "the first LAN was never told of bob" lacks event alice '.nick == "bob"'
ok "nor the second of alice" lacks event bob '.nick == "alice"'

names() { on "$1" "$LANCHAT" who --json -w 3 | jq -r '.nick // empty' | sort | tr '\n' ' '; }
ok "who on the first LAN: not the second's" test "$(names a)" = "alice middle "
ok "who on the second LAN: not the first's" test "$(names b)" = "bob middle "
ok "who in the middle: everybody" test "$(names m)" = "alice bob middle "

# Who joins asks a neighbour for the roster, and must not get the other LAN's from the middle.
listener late a
ok "a late listener is told of its own LAN" await 5 event late '.event == "join" and .nick == "middle"'
ok "(said)" status 0 on b "$LANCHAT" say "b again"
ok "(said)" status 0 on a "$LANCHAT" say "a again"
ok "it hears its own LAN" await 5 has late "a again"
ok "and is told nothing of the other" lacks event late '.nick == "bob"'
ok "-i keeps the middle to one LAN" status 0 on m "$LANCHAT" say -i eth1 "only there"
ok "heard there" await 5 event bob '.text == "only there"'
ok "(said)" status 0 on a "$LANCHAT" say "a ends"
ok "(heard)" await 5 event alice '.text == "a ends"'
ok "not here" lacks event alice '.text == "only there"'
finish
