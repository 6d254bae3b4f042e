#!/usr/bin/env bash
# Several lanchats on one host, of several users; and more of them than there are ports of their own.
#
#     a --- lan0 --- m (many lanchats)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
host a
host m
plug a lan0 eth0 10.0.0.1/24
plug m lan0 eth0 10.0.0.2/24
listener far a
listener mine m
expected="from afar"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cp "$LANCHAT" "$work/lanchat"
if on m "${nobody[@]}" "$work/lanchat" --version >/dev/null 2>&1; then
    start other m "${nobody[@]}" "$work/lanchat" listen --json
    ok "another user's listener starts" await 10 is_ready other
    ok "somebody speaks, all three are reached" status 0 on a "$LANCHAT" say -c 3 "from afar"
    ok "the other user hears it, once" await 5 has other "from afar"
    ok "the other user speaks" status 0 on m "${nobody[@]}" "$work/lanchat" say "from nobody"
    ok "and is heard by the first on the same host" await 5 has mine $'from afar\nfrom nobody'
    ok "and on another" await 5 has far $'from afar\nfrom nobody'
    ok "by login name" event mine '.nick == "nobody"'
    third=(setpriv --reuid 1 --regid 1 --clear-groups)
    typed third m "${third[@]}" "$work/lanchat" --json -n third
    ok "a third user chats" await 10 is_ready third
    tell third "from the third"
    ok "the first hears it" await 5 has mine $'from afar\nfrom nobody\nfrom the third'
    ok "the second, too" await 5 event other '.text == "from the third"'
    ok "and who is on another host" await 5 has far $'from afar\nfrom nobody\nfrom the third'
    ok "the second user speaks: all three are reached" \
        status 0 on m "${nobody[@]}" "$work/lanchat" say -c 4 "once more"
    ok "the third has it, once, and of the others what was said before" \
        await 5 has third $'from afar\nfrom nobody\nonce more'
    ok "each user has a port of his own" test "$(on m ss -Huan 'sport >= :55556' | grep -c '0.0.0.0:555')" -eq 3
    expected=$'from afar\nfrom nobody\nfrom the third\nonce more'
else
    skip "two users" "only root can become another user"
    ok "somebody speaks" status 0 on a "$LANCHAT" say "from afar"
fi
ok "the first user has the same" await 5 has mine "$expected"

# With these there are more than 16.
for n in $(seq 16); do
    start "m$n" m "$LANCHAT" listen --json
done
all_ready() { for n in $(seq 16); do is_ready "m$n" || return 1; done; }
ok "sixteen more start" await 10 all_ready
taken() { grep -l 'UDP ports 55556 to 55571 are taken' "$work"/m*.err | wc -l; }
ok "who finds all 16 ports taken says so" test "$(taken)" -ge 1
ok "once" test "$(cat "$work"/m*.err | wc -l)" -eq "$(taken)"
ok "all are reached" status 0 on a "$LANCHAT" say -c 18 "to everybody"
ok "all have it, once" await 5 have "to everybody" m{1..16}
ok "who speaks without a port of the sixteen says so" status 0 on m "$LANCHAT" say -c 18 "from the last"
ok "on one line" test "$(grep -c taken "$work/last.err")" -eq "$(wc -l <"$work/last.err")"
ok "and is heard" await 5 event far '.text == "from the last"'
finish
