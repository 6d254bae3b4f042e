#!/usr/bin/env bash
# What a healthy LAN with IPv4 and IPv6 carries: each message once, whatever paths there are.
#
#     a, b, c, d, e --- lan0 (captured)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"

lan lan0
hosts lan0 10.0.0 a b c d e
everybody=(a b c d e)
for n in "${everybody[@]}"; do person "$n" "$n"; done
ok "(five persons see each other)" await 10 see_others 4 "${everybody[@]}"
sleep 3 # who has just come is not known to be reached

record talk lan0 udp
capture=$pid
in_turn 0.02 60 '%s says %d' "${everybody[@]}"
have_all() {
    local n
    for n in "${everybody[@]}"; do [ "$(texts "$n" | wc -l)" -eq 240 ] || return 1; done
}
ok "300 messages, each with everybody else" await 10 have_all
ok "(captured)" recorded "$capture"
in_fields talk
# sent CONDITION: datagrams of which it is so.
sent() { jq -s "map(select(.event == \"datagram\" and ($1))) | length" "$work/talk.dump"; }
holding() { echo "any(.records[]; .type == \"$1\")"; }
messages=$(sent "$(holding message)")
others=$(sent "all(.records[]; .type != \"message\" and .type != \"hello\" and .type != \"prompt\")")
prompts=$(sent "all(.records[]; .type == \"prompt\")")
hellos=$(sent "all(.records[]; .type == \"hello\")")
echo "# 300 messages: $messages datagrams, $((messages / 300)).$(printf %02d $((messages % 300 / 3))) each; $hellos hellos, $prompts prompts, $others others"
jq -r 'select(.event == "datagram") | [.path, ([.records[].type] | join("+"))] | join(" ")' "$work/talk.dump" |
    sort | uniq -c | sort -rn | sed 's/^/# /'
ok "datagrams for each message: 1.0, at most 1.05" test "$messages" -le 315 -a "$messages" -gt 0
# When the talk pauses each speaker asks the four others whether they lack something.
ok "what was said last is asked for now and then" test "$prompts" -le 60
ok "hellos and these aside there is next to nothing else" test "$others" -le 15
finish
