#!/usr/bin/env bash
# Much at once through a hub: nothing is lost, no one who reads is dropped, and others are heard meanwhile.
#
#     h (hub) --- net --- a (--via, ncat), b (speak)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
lan net
hosts net 10.0.0 h a b
hub hub h
hub=$pid
via=(--via 10.0.0.1)
seq -f 'a line of about a hundred bytes, as people type it when they have very much to say, and then: %g' 30000 >"$work/lines"
bulk() { on b "$LANCHAT" say -n "$1" -w 10 "${via[@]}" <"$work/lines"; }
ok "30,000 lines of somebody who has just come, to the hub alone" bulk alone
listener ears a "${via[@]}"
person anna a "${via[@]}"
line_client nora a 10.0.0.1 55555 nora
await 5 event ears '.event == "join" and .nick == "nora"'
ok "30,000 lines to others" bulk bulk
ok "who listens has all of them, once, in order" await 10 said "$(cat "$work/lines")" bulk ears
in_plain() { [ "$(grep '^bulk: ' "$work/nora.out")" = "$(sed 's/^/bulk: /' "$work/lines")" ]; }
ok "in plain text, too" await 10 in_plain
ok "nobody is told of a loss" nothing_lost

# A plain-text client says all that it can, and nobody else is kept waiting for long.
bytes flood b 10.0.0.1 55555 see:NICK 'say:flood\n' "file:$work/lines" "file:$work/lines" "file:$work/lines" rest:15
flood=$pid
await 5 event ears '.nick == "flood"'
before=$(now_ms)
tell anna "anna, in the flood"
ok "while somebody floods one is heard in plain text" await 5 says nora.out '^anna: anna, in the flood$'
tell nora "nora, in the flood"
ok "and by who is connected as a node" await 5 says ears.out '"nora, in the flood"'
echo "# both after $(($(now_ms) - before)) ms"
ok "the flood goes on, or was dropped with a reason" test "$(kill -0 "$flood" 2>/dev/null || grep -c flood "$work/hub.err")" != 0
flooded() { [ "$(said_by ears flood | wc -l)" -ge 90000 ] || says hub.err '(flood): dropped'; }
ok "who reads has all of it" await 20 flooded
ok "nobody is told of a loss" nothing_lost ears anna
echo "# the hub: $(awk '/^VmRSS/ { print $2 }' "/proc/$hub/status") KiB"
finish
