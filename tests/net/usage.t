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

# Completions: each file knows all options and commands.
completions=${here%/tests/net}/src/completions
on h "$LANCHAT" --help >"$work/help"
options=$(sed -nE 's/^  .{4}--([a-z0-9]+) .*/\1/p' "$work/help")
commands=$(sed -nE 's/^  lanchat ([a-z]+) .*/\1/p' "$work/help")
knows() { # FILE PATTERN WORD...: each word stands in the file, where the pattern has a %
    local word
    for word in "${@:3}"; do
        grep -qE -- "${2//%/$word}" "$completions/$1" || { echo "# $1 does not know $word" >&2; return 1; }
    done
}
# shellcheck disable=SC2086 # they are words
{
    ok "there are options" test "$(wc -w <<<"$options")" -gt 20
    ok "bash knows all options" knows lanchat.bash '--%([^a-z0-9]|$)' $options
    ok "zsh" knows _lanchat '--%([],}[]|$)' $options
    ok "fish" knows lanchat.fish ' -l %( |$)' $options
    ok "bash knows all commands" knows lanchat.bash "compgen -W '.*%.*'" $commands
    ok "zsh" knows _lanchat '^ *%\\:' $commands
    ok "fish" knows lanchat.fish ' -a % ' $commands
}
# completes WORDS EXPECTED: what bash makes of the last of the words.
completes() {
    local words
    read -ra words <<<"$1"
    [[ $1 != *' ' ]] || words+=("")
    # shellcheck disable=SC2016
    [ "$(bash -c '. "$0" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _lanchat && echo "${COMPREPLY[*]}"' \
        "$completions/lanchat.bash" "${words[@]}")" = "$2" ]
}
ok "bash: a command" completes "lanchat li" "listen"
ok "all commands" completes "lanchat " "$(tr '
' ' ' <<<"$commands" | sed 's/ $//')"
ok "an option" completes "lanchat --hi" "--history"
ok "of the command" completes "lanchat hub --a" "--allow"
ok "of no other" completes "lanchat say --a" ""
ok "a value" completes "lanchat --bell m" "mention"
ok "an interface" completes "lanchat -i l" "$(cd /sys/class/net && echo l*)"
for shell in "bash -n $completions/lanchat.bash" "zsh -n $completions/_lanchat" "fish -n $completions/lanchat.fish"; do
    if command -v "${shell%% *}" >/dev/null; then
        # shellcheck disable=SC2086 # likewise
        ok "${shell%% *} can read it" $shell
    else
        skip "${shell%% *} can read it" "it is not there"
    fi
done

lan lan0
plug h lan0 eth0 10.0.0.1/24
on h sysctl -qw net.ipv4.igmp_max_memberships=0
ok "a group that can be joined nowhere: 1" status 1 on h "$LANCHAT" listen -4 -w 1 -g 239.9.9.9
ok "which, why and what to do" says last.err '^lanchat: 239\.9\.9\.9: cannot be joined on any interface: .*-g'
finish
