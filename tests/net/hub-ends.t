#!/usr/bin/env bash
# A hub that is ended shows its plain-text clients what it has read, and ends with 0.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs ncat
host h
start hub h "$LANCHAT" hub
hub=$pid
listens() { on h ss -Htln 'sport = 55555' | grep -q .; }
ok "the hub listens" await 10 listens

typed amy h ncat 127.0.0.1 55555
tell amy amy
ok "amy is in" await 10 says amy.out '\* amy joined'
typed jack h ncat 127.0.0.1 55555
tell jack jack
ok "jack is in" await 10 says amy.out '\* jack joined'

# Both are there for it at once.
kill -STOP "$hub"
tell jack "last words"
words_wait() { on h ss -Htn 'sport = 55555' | awk '$2 == 11 { found = 1 } END { exit !found }'; }
ok "jack's words wait" await 10 words_wait
kill -TERM "$hub"
kill -CONT "$hub"
ok "it ends" ends "$hub" 5 0
ok "amy is shown them" await 5 says amy.out '^jack: last words$'
finish
