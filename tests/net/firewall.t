#!/usr/bin/env bash
# A firewall on a host that lets in answers and nothing else: what is sent to all is no answer. The one rule of the
# manual opens it.
#
#     a, b (firewall) --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

rule=$(sed -n 's/^# nft add rule inet filter input //p' "${here%/tests/net}/man/lanchat.1")
ok "(the manual has a rule)" test -n "$rule"
lan lan0
hosts lan0 10.0.0 a b
firewall() { # RULE
    on b nft "flush ruleset; table inet filter { chain input { type filter hook input priority 0; policy drop
        ct state established,related accept; iifname lo accept; meta l4proto ipv6-icmp accept; $1; }; }"
}
firewall ""
person anna a
person bert b
tell anna "can you hear me?"
ok "without the rule: nothing is heard" lacks await 2 event bert '.event == "message"'
tell bert "can you hear me?"
ok "but who is behind it is" await 3 event anna '.text == "can you hear me?" and .nick == "bert"'
ok "say is not sure of him, and names him" status 0 on a "$LANCHAT" say "all but bert"
ok "(names him)" says last.err '^lanchat: bert: answers nothing; not waited for$'
ok "say from behind it: nobody is there" status 1 on b "$LANCHAT" say "anybody?"
ok "(it is said)" says last.err '^lanchat: say: nobody is in room lobby'
# What goes out to one address is answered from there.
person pete b --peer 10.0.0.1
pete=$pid
ok "who names a host outside by --peer gets through" await 15 event pete '.event == "join" and .nick == "anna"'
tell anna "by the way that you opened"
ok "and hears" await 5 event pete '.text == "by the way that you opened"'
tell pete "I hear you"
ok "and is heard" await 5 event anna '.text == "I hear you"'
kill "$pete"
ok "(he leaves)" ends "$pete" 5 0

firewall "$rule"
ok "with the rule: heard" await 8 event bert '.text == "can you hear me?"'
tell bert "now I can"
ok "in both directions" await 3 event anna '.text == "now I can"'
ok "say is sure of it at once" status 0 on a "$LANCHAT" say -w 2 "all of you"
ok "(heard)" await 3 event bert '.text == "all of you"'
ok "from behind it, too" status 0 on b "$LANCHAT" say -w 2 "all of you, too"
ok "who finds both" test "$(on b "$LANCHAT" who | sort | tr '\n' ' ')" = "anna bert "
ok "nothing is lost" nothing_lost
finish
