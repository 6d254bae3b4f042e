#!/usr/bin/env bash
# listen: its output, and how it ends.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 h1 h2 h3
plain() { # NAME [OPTION...]: waited for until somebody sees it
    local name=$1
    shift
    start "$name" h1 "$LANCHAT" listen "$@"
    await 5 says "$name.err" '^\* lobby'
}

ok "-w ends with 0" status 0 on h1 "$LANCHAT" listen -w 0.1
ok "-c that is not reached with 1" status 1 on h1 "$LANCHAT" listen -c 1 -w 0.1
plain all
plain one -c 1 -m 'deploy$'
one=$pid
listener json h2
export LC_ALL=C
listener c h2
export LC_ALL=C.UTF-8
on h3 "$LANCHAT" say -n jack "we do not"
on h3 "$LANCHAT" say -n jack "now deploy"
ok "-c 1 -m waits for the word" await 5 says one.out '^jack: now deploy$'
wait "$one"
ok "and ends with 0" test $? -eq 0
ok "and shows nothing else" test "$(wc -l <"$work/one.out")" -eq 1

on h3 "$LANCHAT" say -n jack $'two\nlines'
await 5 says all.out '^    lines$'
ok "a newline is shown as one and four spaces" test "$(tail -n 2 "$work/all.out")" = $'jack: two\n    lines'
on h3 "$LANCHAT" say -n eve $'\e[31mred\a \u009bm \u202eback\x7f\ttab'
await 5 says all.out '^eve'
ok "no control character is shown" test "$(LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$work/all.out")" -eq 0
ok "but something in its place" says all.out '^eve: �\[31mred� �m �back� tab$'
await 5 says c.out eve
ok "JSON is valid in every locale" test "$(jq -r 'select(.nick == "eve") | .text' "$work/c.out")" = $'\e[31mred\a \u009bm \u202eback\x7f\ttab'
ok "and safe to look at" test "$(LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$work/json.out")" -eq 0

start head h1 bash -c '"$LANCHAT" listen --json | head -n 1; echo "ended ${PIPESTATUS[0]}"'
await 5 says head.out ready
on h3 "$LANCHAT" say -n jack "into a closed pipe"
ok "a closed pipe ends it quietly with 0" await 5 says head.out '^ended 0$'
ok "without a word" test ! -s "$work/head.err"
start full h1 bash -c '"$LANCHAT" listen --json >/dev/full; echo "ended $?"'
ok "an output that cannot be written: 1" await 5 says full.out '^ended 1$'
ok "and why" says full.err '^lanchat: standard output: No space left on device$'
start gone h1 "$LANCHAT" listen --json
await 5 says gone.out ready
kill -TERM "$pid"
wait "$pid"
ok "SIGTERM ends it with 0" test $? -eq 0
ok "-q prints no notices" test -z "$(on h1 "$LANCHAT" listen -q -w 0.5 2>&1)"

finish
