#!/usr/bin/env bash
# `make install` and `make uninstall`: where the program, its manual and Wireshark's dissector go.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs make
# What is tried is the program that is there, and the Makefile with nothing else set.
unset MAKEFLAGS MAKELEVEL PREFIX DESTDIR BINDIR MANDIR WIRESHARKDIR
makes() { make -s -C "${here%/tests/net}" -o "$LANCHAT" PROGRAM="$LANCHAT" "$@" >"$work/make.out" 2>"$work/make.err"; }
has_files() { # FOLDER FILES
    [ "$(cd "$1" && find . -type f | sort | tr '\n' ' ')" = "$2" ]
}

ok "into a folder of one's own" makes install DESTDIR="$work/stage" PREFIX=/opt/x
ok "go the program, the manual and the dissector" has_files "$work/stage" \
    "./opt/x/bin/lanchat ./opt/x/lib/wireshark/plugins/lanchat.lua ./opt/x/share/man/man1/lanchat.1 ./opt/x/share/man/man7/lanchat.7 "
ok "it is said how one user has the dissector" says make.out 'one user: copy .*lanchat\.lua .* lua_script:'
ok "uninstall" makes uninstall DESTDIR="$work/stage" PREFIX=/opt/x
ok "takes all away" has_files "$work/stage" ""

mkdir "$work/bin"
printf '#!/bin/sh\n[ "$*" = "--variable=plugindir wireshark" ] && echo /usr/lib/there/wireshark/plugins/4.0\n' >"$work/bin/pkg-config"
chmod +x "$work/bin/pkg-config"
PATH=$work/bin:$PATH
ok "for the whole system" makes install DESTDIR="$work/system"
ok "the dissector goes where pkg-config says, above the version" test -e "$work/system/usr/lib/there/wireshark/plugins/lanchat.lua"
ok "uninstall" makes uninstall DESTDIR="$work/system"
ok "takes it away, too" has_files "$work/system" ""
ok "where WIRESHARKDIR says" makes install DESTDIR="$work/set" WIRESHARKDIR=/opt/plugins
ok "if it is set" test -e "$work/set/opt/plugins/lanchat.lua"
ok "not at all" makes install DESTDIR="$work/none" WIRESHARKDIR=
ok "if it is empty" has_files "$work/none" \
    "./usr/local/bin/lanchat ./usr/local/share/man/man1/lanchat.1 ./usr/local/share/man/man7/lanchat.7 "

export HOME=$work/home
ok "into ~/.local" makes install PREFIX="$HOME/.local"
knows() { tshark -G protocols 2>/dev/null | grep -qi lanchat; }
if command -v tshark >/dev/null; then
    ok "Wireshark finds it there" knows
else
    skip "Wireshark finds it there" "there is no tshark"
fi
finish
