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
