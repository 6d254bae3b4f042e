#!/usr/bin/env bash
# Wrong usage: exit 2 and one line that names the offending word.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

host h
wrong() { # WORD ARGUMENT...: is refused because of WORD
    local word=$1
    shift
    ok "lanchat $*" refused "$word" "$@"
}
refused() {
    local word=$1
    shift
    status 2 on h timeout 5 "$LANCHAT" "$@" && [ "$(wc -l <"$work/last.err")" -eq 1 ] &&
        grep -q '^lanchat: ' "$work/last.err" && grep -qF -- "$word" "$work/last.err"
}
wrong --colour --colour
wrong -Z -Z
wrong -Z -Z 5 listen
wrong --nosuch --nosuch 5 say hello
wrong shout shout
wrong loud listen loud
wrong -n say -n
for nick in "" "a b" "a~b" $'a\tb' $'a\u202eb' "$(printf 'x%.0s' {1..33})" $'bad\xff'; do wrong -n say -n "$nick" hello; done
for room in "" "a b" "$(printf 'x%.0s' {1..65})"; do wrong -r listen -r "$room"; done
for port in 0 65536 http -1 55555x; do wrong "$port" listen -p "$port"; done
for hops in 256 -1 x; do wrong "$hops" listen -t "$hops"; done
for group in 10.0.0.1 fe80::1 example; do wrong "$group" listen -g "$group"; done
for wait in x -1 1e3 1.2.3 ""; do wrong -w listen -w "$wait"; done
for count in 0 x -1; do wrong "$count" listen -c "$count"; done
wrong '(' listen -m '('
wrong nosuch0 listen -i nosuch0
wrong -6 listen -4 -6
wrong -m who -m x
wrong -c who -c 1
wrong -n listen -n jack
wrong --json=yes listen --json=yes
for url in '' :55555 host:0 host:70000 ftp://host 'lanchat://'; do wrong "$url" who --via "$url"; done
wrong nick://host who --via nick://host
wrong nick:// relay nick://
wrong b relay a b
for where in x 0 70000 host:5 1.2.3:5 ::1:5; do wrong "$where" hub -l "$where"; done
for who in x 1.2.3.4/33 ::/129 1.2.3.4/ 10.0.0; do wrong "$who" hub --allow "$who"; done
wrong -i hub -i lo
wrong -x listen -x
wrong --read listen --read file
wrong --read dump --read
wrong 0 dump -c 0
wrong -l relay -l 5

LANCHAT_NICK='a b' wrong LANCHAT_NICK say hello
LANCHAT_OPTIONS='-p x' wrong 'x' listen
LANCHAT_OPTIONS='stray' wrong LANCHAT_OPTIONS listen
ok "LANCHAT_OPTIONS for other commands are passed over" env LANCHAT_OPTIONS='-c 5 -m x -w 0.1' \
    ip netns exec h "$LANCHAT" who
ok "who has no words of his own needs no nickname" env LANCHAT_NICK='a b' ip netns exec h "$LANCHAT" who -w 0.1
ok "--help" status 0 on h "$LANCHAT" --help
ok "lists the commands" says last.out 'lanchat say \[options\] \[TEXT \.\.\.\]'
ok "--version" status 0 on h "$LANCHAT" listen --version
ok "says what it is" says last.out '^lanchat [0-9.]+ \(wire version 1'

lan lan0
plug h lan0 eth0 10.0.0.1/24
on h sysctl -qw net.ipv4.igmp_max_memberships=0
ok "a group that can be joined nowhere: 1" status 1 on h "$LANCHAT" listen -4 -w 1 -g 239.9.9.9
ok "which, why and what to do" says last.err '^lanchat: 239\.9\.9\.9: cannot be joined on any interface: .*-g'
finish
