#!/usr/bin/env bash
# A host with two interfaces on one LAN: each message once, and each person once, whichever way it goes.
#
#     a --- lan0 === m (eth0, eth1)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
host a
host m
plug a lan0 eth0 10.0.0.1/24
plug m lan0 eth0 10.0.0.8/24
plug m lan0 eth1 10.0.0.9/24
person alice a
person twice m
ok "said to it" status 0 on a "$LANCHAT" say "to the two"
ok "said by it" status 0 on m "$LANCHAT" say "from the two"
tell twice "typed on the two"
tell alice "typed on the one"
all=$'to the two\nfrom the two\ntyped on the two\ntyped on the one'
mine() { [ "$(texts "$1" | sort)" = "$(grep -v "$2" <<<"$all" | sort)" ]; }
ok "the listener with two interfaces has each once" await 5 mine twice "typed on the two"
ok "the listener with one has each once" await 5 mine alice "typed on the one"
seq -f 'line %g' 1000 >"$work/many"
many() { on "$1" "$LANCHAT" say <"$work/many"; }
ok "a thousand lines from the two" many m
ok "a thousand lines to the two" many a
ok "(a person on the one speaks last)" tell alice "end"
ok "(heard)" await 10 event twice '.text == "end"'
tell twice "end"
ok "(heard)" await 10 event alice '.text == "end"'
twofold=$(cat "$work/many" "$work/many")
ok "the listener with two has all of both, in order" test "$(texts twice | grep ^line)" = "$twofold"
ok "the listener with one, too" test "$(texts alice | grep ^line)" = "$twofold"
ok "nobody is told of a loss" nothing_lost
ok "each has joined once for the other" test "$(jq -r 'select(.event == "join") | .nick' "$work"/{alice,twice}.out |
    sort | tr '\n' ' ')" = "alice twice "
ok "who lists each once" test "$(on a "$LANCHAT" who | sort | tr '\n' ' ')" = "alice twice "
finish
