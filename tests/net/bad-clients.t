#!/usr/bin/env bash
# What comes to an open port: half a greeting, an endless line, noise, HTTP, TLS, impossible frames, and
# who doesn't read. Each is dropped or bounded, with a reason in the hub's log, and harms nobody.
#
#     h (hub) --- net --- a (--via, ncat), b (bad clients)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
lan net
hosts net 10.0.0 h a b
on h sysctl -qw net.ipv4.tcp_wmem="4096 16384 65536"
on b sysctl -qw net.ipv4.tcp_rmem="4096 16384 65536"
hub hub h
hub=$pid
listener ears a --via 10.0.0.1
person anna a --via 10.0.0.1
line_client nora a 10.0.0.1 55555 nora
await 5 event ears '.event == "join" and .nick == "nora"'
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$hub/status"; }
client() { bytes "$1" b 10.0.0.1 55555 "${@:2}"; } # NAME STEP...
# dropped WHAT PATTERN STEP...: such a client is closed, and the hub says why.
dropped() {
    client "$1" "${@:3}" until-closed:15
    ends "$pid" 16 0 && await 2 says hub.err "^lanchat: .*10\\.0\\.0\\.3.*($2)"
}
unharmed() {
    number_of_word=$((number_of_word + 1))
    tell anna "anna, word $number_of_word"
    await 2 says nora.out "^anna: anna, word $number_of_word\$" || return 1
    tell nora "nora, word $number_of_word"
    await 2 event ears ".text == \"nora, word $number_of_word\""
}
number_of_word=0
before=$(memory)

ok "half a greeting is not waited for for ever" dropped half preface see:NICK 'say:LCHT 1 0123'
ok "HTTP is closed" dropped http HTTP 'say:GET / HTTP/1.1\r\nHost: lanchat\r\n\r\n'
ok "TLS, too" dropped tls TLS 'say:\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03\x12\x34\x56\x78\x9a\xbc\xde\xf0'
ok "nobody is harmed" unharmed
head -c 4000000 /dev/zero | tr '\0' x >"$work/endless"
ok "an endless line" dropped endless 'long|line|words' "file:$work/endless"
ok "nobody is harmed" unharmed
python3 -c 'import random, sys; random.seed(4); sys.stdout.buffer.write(random.randbytes(100000))' >"$work/noise"
client noise see:NICK "file:$work/noise" rest:1
ok "noise: it ends" ends "$pid" 15 0
ok "nobody is harmed" unharmed
for frame in ffff 0000 4001; do
    ok "a frame of impossible length, 0x$frame" dropped "frame$frame" 'frame|length' \
        see:NICK 'say:LCHT 1 0123456789abcdef\n' see:LCHT "say:\\x${frame:0:2}\\x${frame:2}$(printf 'x%.0s' {1..200})"
done
ok "frames with nothing of ours in them" client rubbish see:NICK 'say:LCHT 1 0123456789abcdef\n' see:LCHT \
    'say:\x00\x05hello\x00\x40LCHT\x01\x18\x00\x00aaaaaaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkllllmmmmnnnn' rest:1
ok "nobody is harmed" unharmed

in_plain() { [ "$(grep '^much: ' "$work/nora.out")" = "$(sed 's/^/much: /' "$work/lines")" ]; }
# Who doesn't read is dropped, and slows nobody.
client deaf see:NICK 'say:deaf\n' rest:60
await 5 event ears '.event == "join" and .nick == "deaf"'
seq -f 'a long line that somebody says who has very much to say and says it in very long lines: %g' 16000 >"$work/lines"
typed much a "$LANCHAT" -q -n much --via 10.0.0.1
much=$pid
await 5 event ears '.event == "join" and .nick == "much"'
for n in {0..31}; do # not more at once than who reads can take
    tail -n +$((n * 500 + 1)) "$work/lines" | head -n 500 >&"${input_of[much]}"
    sleep 0.1
done
hang_up much
ok "who doesn't read slows nobody who speaks" ends "$much" 15 0
ok "is dropped, with a line that says so" await 5 says hub.err '^lanchat: .*deaf.*(read|behind)'
ok "and leaves" await 5 event ears '.event == "leave" and .nick == "deaf"'
ok "who reads has all of it" await 10 said "$(cat "$work/lines")" much ears
ok "in plain text, too" await 10 in_plain
ok "nobody is harmed" unharmed

after=$(memory)
echo "# $before KiB before, $after KiB after"
most=16
grep -q __asan_init "$LANCHAT" && most=128 # what was freed is kept aside there
ok "the hub has not grown by more than $most MiB" test $((after - before)) -le $((most * 1024))
ok "nobody is told of a loss" nothing_lost ears anna
ok "its log is short" test "$(wc -l <"$work/hub.err")" -le 40
kill -TERM "$hub"
ok "it ends with 0" ends "$hub" 5 0
finish
