#!/usr/bin/env bash
# dump: every datagram heard, decoded, by somebody who sends nothing.
#
#     a --- lan0 --- b        w (watched, without rights) --- lan0, later lan1 --- c
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs jq socat
lan lan0
lan lan1
hosts lan0 10.0.0 a b w
hosts lan1 10.0.1 c
cp "$LANCHAT" "$work/lanchat"
program=$work/lanchat
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
on w "${nobody[@]}" "$program" --version >/dev/null 2>&1 || nobody=() # only root can become another user

udp_from_w() { tcpdump -nn -r "$work/w.pcap" udp 2>/dev/null | wc -l; }
can_capture && record w pweth0 -Q in # what w puts on its end comes in at this one

# watch NAME [OPTION...]: dump, waited for until its sockets are there.
sockets_of() { on w ss -Huanp | grep -c "\"lanchat\",pid=$1,"; }
listens_on() { [ "$(sockets_of "$1")" -ge "$2" ]; }
watch() {
    local name=$1
    shift
    start "$name" w "${nobody[@]}" "$program" dump "$@"
    await 10 listens_on "$pid" 2
}
watch plain
plain=$pid
ok "it has a socket for each family, on the shared port alone" \
    test "$(on w ss -Huanp | grep "pid=$plain," | grep -vc ':55555 ')" -eq 0
watch hex -x
watch json --json
watch four -4

person jack a
person molly b
listener ear b
await 10 says plain.out 'hello from (jack|molly), 2 here'
tell jack "What's up!?"
tell molly "Hello!"
tell jack $'naïve \u202eback'
time='[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}'
ok "what is said is shown, who by, and when" \
    await 5 says plain.out "^$time eth0 (10\.0\.0\.1|\[fe80::[0-9a-f:]+%eth0\]):5555[6-9] message\S*  jack: What's up!\?"
ok "and each word" await 5 says plain.out ' 10\.0\.0\.2:[0-9]+ message\S*  molly: Hello!'
ok "no control character of it" await 5 says plain.out 'jack: naïve \\xe2\\x80\\xaeback'
ok "hellos are" await 5 says plain.out ' \S*hello\S*  .*hello from jack, 2 here'
ok "and who asks for what" says plain.out ' request\S*  .*request: vector, roster'
ok "IPv4 is heard" says plain.out " eth0 10\.0\.0\.[12]:5555[6-9] "
ok "and IPv6" says plain.out " eth0 \[fe80::[0-9a-f:]+%eth0\]:5555[6-9] "
ok "with -4 only IPv4" lacks says four.out 'fe80'
ok "which is enough" await 5 says four.out "jack: What's up!\?"
ok "-x adds the bytes" says hex.out '^    0000  4c 43 48 54 01 18 0[01] 01 .*  LCHT'
ok "of all of it" says hex.out "^    [0-9a-f]{4}  .*What's"
ok "each line is one datagram's" test "$(grep -cvE "^$time \S+ \S+ \S+  \S" "$work/plain.out")" -eq 0

# JSON.
messages() { # as those have it who take part
    jq -c 'select(.event == "datagram") | .records[] | select(.type == "message") |
        [.nick, .origin, .number, .text, .action]' "$work/json.out" | sort -u
}
shown() { jq -c 'select(.event == "message") | [.nick, .id, .seq, .text, .action]' "$work/ear.out" | sort -u; }
agree() { [ -n "$(shown)" ] && [ "$(messages)" = "$(shown)" ]; }
ok "JSON says what a listener was shown" await 5 agree
ok "every line of it is valid" jq -es 'length > 5' "$work/json.out"
ok "and safe to look at" test "$(LC_ALL=C grep -cP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$work/json.out")" -eq 0
ok "a datagram's header is there" event json '.version == 1 and .hops == 1 and (.counter > 0) and .old == false
    and .interface == "eth0" and (.path == "group4" or .path == "group6")'
ok "and where it went" event json '.destination == "239.255.67.72:55555"'
ok "over IPv6, too" event json '.destination == "[ff12::4348]:55555"'
ok "hellos have all their fields" await 5 event json '(.records // [])[] | select(.type == "hello") |
    .role == "person" and .nick == "jack" and .rooms[0].tag == "1ccae3b6ef72f533" and .rooms[0].name == "lobby"
    and (.hears | length > 0) and .joining == false'
ok "rooms have their names" event json '(.records // [])[] | select(.type == "message") | .room_name == "lobby"'

# What is none of lanchat's.
to_all() { on a socat -u STDIN "UDP4-DATAGRAM:239.255.67.72:55555,ip-multicast-if=10.0.0.1"; }
printf 'jack: not ours' | to_all
ok "what is not lanchat's is shown as such" \
    await 5 says plain.out ' eth0 10\.0\.0\.1:[0-9]+ malformed  malformed at 0: not a lanchat datagram$'
printf 'LCHT\1\x18\0\1AAAAAAAA\0\0\0\1\0\0\0\0\x08\0\0\x08BBBBBBBB' | to_all
ok "a field that is cut off: where, why and which" \
    await 5 says plain.out ' malformed  malformed at 36: truncated \(bye version\)$'
ok "likewise in JSON" await 5 event json '.event == "malformed" and .length == 36 and .offset == 36
    and .reason == "truncated" and .record == "bye" and .field == "version"'
printf 'LCHT\1\x18\0\1AAAAAAAA\0\0\0\1\0\0\0\0\x63\0\0\0' | to_all
ok "an unknown record is named" await 5 says plain.out ' type-99  type 99$'
head -c 3000 /dev/zero | on a socat -u -b 4000 STDIN "UDP4-DATAGRAM:239.255.67.72:55555,ip-multicast-if=10.0.0.1"
ok "a datagram that is too long" await 5 says plain.out ' malformed  malformed at 1200: longer than a datagram may be$'
ok "is there whole" await 5 says hex.out '^    0bb0  00 00 00 00 00 00 00 00  '
printf 'by broadcast' | on a socat -u STDIN UDP4-DATAGRAM:10.0.0.255:55555,broadcast
ok "a broadcast is heard" await 5 event json '.event == "malformed" and .destination == "10.0.0.255:55555"'
printf 'to nodes' | on a socat -u STDIN 'UDP6-DATAGRAM:[ff02::1%eth0]:55555'
ok "and what goes to ff02::1" await 5 event json '.event == "malformed" and .destination == "[ff02::1]:55555"'
tell jack "still here"
ok "those who take part do not mind" await 5 event molly '.text == "still here"'

# One of each type, from tests/wire.
for file in "$here"/../wire/*.hex; do
    sed 's/#.*//' "$file" | tr -dc 0-9a-f | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' | to_all
done
ok "an action is one" await 5 says plain.out ' message  \* Мария Привет всем 🎉$'
ok "a private message" await 5 says plain.out ' private  private from jack to Мария: Lunch\?$'
ok "sealed ones show as sealed" await 5 says plain.out ' sealed-message  sealed message 17 from jack$'
types='["acknowledgement","bye","gone","hello","message","parity","private","probe","probe answer","prompt","request","roster",
    "sealed message","sealed presence","sealed private","summary","type 0","type 200","type 255"]'
all_types() { event json "([.records // [] | .[].type] | length) > 0" && jq -es --argjson types "$types" \
    '[.[] | .records // [] | .[].type] | unique | contains($types)' "$work/json.out" >/dev/null; }
ok "JSON has records of every type" await 5 all_types
reference() { # TYPE CONDITION
    jq -es "any(.[] | .records // [] | .[]; .type == \"$1\" and ($2))" "$work/json.out" >/dev/null
}
ok "a private message's fields" reference "private" '.from == "0123456789abcdef" and .to == "2f1e0d3c4b5a6978" and
    .token == "5566778899aabbcc" and .part == 1 and .parts == 1 and .clock == "2026-11-22T10:30:00.123Z" and .text == "Lunch?"'
ok "of a sealed one" reference "sealed message" '.number == 17 and .room == "feedfacecafebeef" and .room_name == null and
    .nonce == "808182838485868788898a8b8c8d8e8f9091929394959697" and (.sealed | length) == 84'
ok "of a roster" reference roster '.page and (.entries | length) == 5 and .entries[1].nick == "jack" and
    .entries[0].state == "gone" and .entries[0].nick == null and .entries[3].role == "relay" and .entries[3].server_up == 1'
ok "of a request" reference request '.insists and .asks[0] == {kind: "numbers", key: "0123456789abcdef", from: 7, count: 3,
    id: "0000000000000000"} and .asks[3].kind == "roster" and .asks[3].from == "0123456789abcdf0"'
ok "of a hello" reference hello '.nonce == "1122334455667788" and .pairs[1] == {origin: "2f1e0d3c4b5a6978", highest: 3, lost: 1}
    and .exceptions[0].paths == ["broadcast", "unicast"]'
ok "of a prompt" reference prompt '.lacking and .known == [{id: "00c0ffee00c0ffee"}, {id: "2f1e0d3c4b5a6978"}]'
ok "of a probe" reference "probe answer" '.time_us == 123456789 and .path == "unicast" and .hops == 3'
ok "of a summary" reference summary '.vectors[0] == {origin: "0123456789abcdef", highest: 17, stamp: 44, lowest: 5}'

# An interface that comes later.
plug w lan1 eth1 10.0.1.9/24
heard_on_eth1() {
    on c "$LANCHAT" say -q -n carol -c 0 "from another LAN"
    says plain.out ' eth1 .*carol: from another LAN'
}
ok "a new interface is heard" await 10 heard_on_eth1
start one w "${nobody[@]}" "$program" dump -i eth1
await 5 listens_on "$pid" 2
ok "(said)" await 5 heard_on_eth1
ok "with -i no other is" await 5 says one.out ' eth1 .*carol'
ok "not even now" lacks says one.out ' eth0 '

# How it ends.
start count w "${nobody[@]}" "$program" dump -c 3
count=$pid
await 5 listens_on "$pid" 2
for n in 1 2 3 4 5; do tell jack "number $n"; done
ok "-c ends it with 0" ends "$count" 10 0
ok "after so many" test "$(wc -l <"$work/count.out")" -eq 3
ok "-w ends it with 0" status 0 on w "$program" dump -w 0.2
ok "-c that is not reached with 1" status 1 on w "$program" dump -c 5 -p 40000 -w 0.2
ok "an unknown interface: 2" status 2 on w "$program" dump -i nosuch0
ok "with one line" says last.err '^lanchat: nosuch0: no such interface$'
for word in -n -r -H -t -b -m --via --to; do
    ok "$word is no option of it" status 2 on w "$program" dump "$word" 1
done
ok "words are no operands" status 2 on w "$program" dump here
kill -TERM "$plain"
ok "SIGTERM ends it with 0" ends "$plain" 5 0
ok "it said nothing on standard error" test ! -s "$work/plain.err"
start holder w socat -u UDP4-RECV:40001 STDOUT
held() { on w ss -Huln 'sport = :40001' | grep -q .; }
await 5 held
ok "a port that is taken for one family" status 0 on w "$program" dump -p 40001 -w 0.5
ok "is no error, but said, once for each interface" test "$(grep -c '^lanchat: eth[01]: .* port 40001 with IPv4: Address already in use' "$work/last.err")" -eq 2
kill "$pid"
start head w bash -c '"$0" dump --json | head -n 1; echo "ended ${PIPESTATUS[0]}"' "$program"
heads() {
    tell jack "into a closed pipe"
    says head.out '^ended 0$'
}
ok "a closed pipe ends it quietly with 0" await 10 heads
ok "without a word" test ! -s "$work/head.err"
start full w bash -c '"$0" dump >/dev/full; echo "ended $?"' "$program"
fulls() {
    tell jack "into a full disk"
    says full.out '^ended 1$'
}
ok "an output that cannot be written: 1" await 10 fulls

if can_capture; then
    ok "all the time nothing was sent" test "$(udp_from_w)" -eq 0
    on w "$LANCHAT" say -q -c 0 "but now" </dev/null
    sent() { [ "$(udp_from_w)" -gt 0 ]; }
    ok "(which would have been seen)" await 5 sent
else
    skip "nothing was sent" "tcpdump is not permitted here"
fi
finish
