#!/usr/bin/env bash
# What lanchat is for, tried as a new user would: three hosts, two listen, the third speaks. With both families, with
# each alone, and where the speaker has thirty further interfaces.
#
#     one --- lan --- two          for each of: both, four, six, many
#              |
#            three
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# site NAME: three hosts on a LAN of that name.
site() {
    lan "$1"
    local n
    for n in 1 2 3; do
        case $1 in
        four) host4 "$1-$n" ;;
        *) host "$1-$n" ;;
        esac
        case $1 in
        six) plug "$1-$n" "$1" "eth$n" ;;
        *) plug "$1-$n" "$1" "eth$n" "10.0.0.$n/24" ;;
        esac
    done
}

# Names of veth ends are short: p + host + interface has to fit in 15 characters.
try() {
    local site=$1 start
    listener "$site-one" "$site-1"
    listener "$site-two" "$site-2"
    can_capture && capture "$site-wire" "$site" -A udp
    start=$SECONDS
    ok "$site: say ends with 0" status 0 on "$site-3" "$LANCHAT" say -n jack "What's up!?"
    ok "$site: and prints nothing" test ! -s "$work/last.out" -a ! -s "$work/last.err"
    ok "$site: so does say in Cyrillic" status 0 on "$site-3" "$LANCHAT" say -n Мария "Привет всем 🎉"
    ok "$site: in less than two seconds each" test $((SECONDS - start)) -le 4
    for name in "$site-one" "$site-two"; do
        ok "$site: ${name#*-} prints both, once, in order" await 5 has "$name" $'What\'s up!?\nПривет всем 🎉'
        ok "$site: after ready, with the fields of the manual" test "$(jq -c 'del(.time, .id)' "$work/$name.out")" = \
'{"event":"ready","room":"lobby"}
{"event":"message","room":"lobby","nick":"jack","seq":1,"text":"What'"'"'s up!?","action":false,"replay":false}
{"event":"message","room":"lobby","nick":"Мария","seq":1,"text":"Привет всем 🎉","action":false,"replay":false}'
        ok "$site: and a time and an id on each" test "$(jq -s 'all(
            (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$")) and (.id | test("^[0-9a-f]{16}$")))' \
            "$work/$name.out")" = true
    done
    if can_capture; then
        ok "$site: tcpdump -A shows nickname and text" await 5 says "$site-wire.out" "jack.{1,4}What's up!\?"
    else
        skip "$site: tcpdump -A shows nickname and text" "tcpdump is not permitted here"
    fi
    ok "$site: nobody in the room: 1" status 1 on "$site-3" "$LANCHAT" say -r empty "hello?"
    ok "$site: which is said" says last.err '^lanchat: say: nobody is in room empty'
}

for site in both four six many; do site "$site"; done
for n in $(seq 30); do
    ip link add "idle$n" type veth peer name "x$n" netns many-3
    ip link set "idle$n" up
    ip -n many-3 addr add "10.1.$n.1/24" brd + dev "x$n"
    ip -n many-3 link set "x$n" up
done
for site in both four six many; do try "$site"; done
finish
