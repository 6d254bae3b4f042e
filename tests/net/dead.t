#!/usr/bin/env bash
# A relay towards what isn't there, or isn't what it should be: it says so, tries again, and doesn't end; and is
# connected soon after all is well.
#
#     a, r (relays) --- lan0        r --- net --- s (servers)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs socat ncat
lan lan0
lan net
hosts lan0 192.168.1 a r
plug r net eth1 10.0.0.1/24
host s
plug s net eth0 10.0.0.2/24
listener on0 a
name refused.example 10.0.0.2
name silent.example 10.0.0.2
name drops.example 10.0.0.2
name nowhere.example 10.0.0.77

start silent-server s socat TCP-LISTEN:6001,fork,reuseaddr EXEC:'sleep 60'
await 5 listens s 6001
start drops-server s socat TCP-LISTEN:6002,fork,reuseaddr EXEC:true
await 5 listens s 6002
start other-server s socat TCP-LISTEN:6003,fork,reuseaddr SYSTEM:'echo SSH-2.0-other; sleep 1'
await 5 listens s 6003
declare -A pids
dial() { # NAME URL
    start "$1" r "$LANCHAT" relay -i eth0 "$2"
    pids[$1]=$pid
}
dial unknown unknown.example
dial refused refused.example
dial silent silent.example:6001
dial drops drops.example:6002
dial nowhere nowhere.example
dial text nick://refused.example:6004

ok "a name that does not exist: which, and why" await 10 says unknown.err '^lanchat: .*unknown\.example.*:'
ok "a port that refuses" await 10 says refused.err '^lanchat: .*refused\.example.*Connection refused'
ok "a server that says nothing" await 10 says silent.err '^lanchat: .*silent\.example'
ok "one that drops the connection" await 10 says drops.err '^lanchat: .*drops\.example.*clos'
ok "an address where nobody is" await 15 says nowhere.err '^lanchat: .*nowhere\.example.*(No route|unreachable|timed out|answer)'
ok "a tutorial's server that refuses" await 10 says text.err '^lanchat: .*refused\.example:6004.*Connection refused'
for name in unknown refused silent drops text; do
    ok "$name: it tries again, and says when" await 10 says "$name.err" 'retrying in [0-9.]+ s'
done
ok "what answers something else is not tried again: 1" status 1 on r timeout 10 "$LANCHAT" relay -i eth0 10.0.0.2:6003
ok "(it is no hub)" says last.err '^lanchat: 10\.0\.0\.2:6003: not a lanchat hub'

hub hub s
name unknown.example 10.0.0.2
person paul s --via 10.0.0.2
tell paul "at last"
ok "a hub comes to the port: connected" await 20 says refused.err 'connected'
ok "the name comes to be: connected" await 20 says unknown.err 'connected'
ok "what was said there is heard, once" await 5 has on0 "at last"
for name in "${!pids[@]}"; do ok "$name: the relay runs still" kill -0 "${pids[$name]}"; done
for name in "${!pids[@]}"; do ok "$name: it has said little" test "$(wc -l <"$work/$name.err")" -le 15; done

# A relay is no harm to the LAN, and others who have no hub say so, too.
ok "on the LAN one talks on" status 0 on a "$LANCHAT" say "on the LAN"
ok "once" await 5 has on0 $'at last\non the LAN'
ok "say --via where nobody is: 1" status 1 on r "$LANCHAT" say --via refused.example:6005 -w 1 "hello?"
ok "and why" says last.err '^lanchat: .*refused\.example.*Connection refused'
ok "who --via, too: 1" status 1 on r "$LANCHAT" who --via refused.example:6005 -w 1
ok "and why" says last.err '^lanchat: .*refused\.example.*Connection refused'
ok "listen --via waits" status 1 on r "$LANCHAT" listen -c 1 --via refused.example:6005 -w 1
ok "and says why" says last.err '^lanchat: .*refused\.example.*Connection refused'

for name in "${!pids[@]}"; do
    kill -TERM "${pids[$name]}"
    ok "$name: SIGTERM ends it with 0" ends "${pids[$name]}" 5 0
done
finish
