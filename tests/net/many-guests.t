#!/usr/bin/env bash
# A tutorial's chat server has no more than 1,000 people for us, however many it names: its relay does not grow.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs ncat
host h
typed server h ncat -l 127.0.0.1 5000
ok "the server listens" await 10 listens h 5000
start relay h "$LANCHAT" relay nick://127.0.0.1:5000
relay=$pid
listener l h
tell server NICK
ok "the relay answers it" await 10 says server.out lanchat
for n in {1..1500..100}; do
    seq -f 'u%g joined!' "$n" $((n + 99)) >&"${input_of[server]}"
    sleep 0.05
done
tell server "u1: now"
ok "who came first speaks" await 10 has l now
joined() { [ "$(jq 'select(.event == "join" and (.nick | startswith("u"))) | 1' "$work/l.out" | wc -l)" -eq "$1" ]; }
ok "a thousand are here" await 5 joined 1000
tell server "u1400: me, too?"
ok "who is one too many is not heard, which is told" await 5 says relay.err 'too many people are here: words of u1400 are lost'
tell server "u2 left!"
tell server "u1400: and now?"
ok "one leaves, and there is a place" await 5 has l $'now\nand now?'
kill "$relay"
ok "it ends" ends "$relay" 5 0
finish
