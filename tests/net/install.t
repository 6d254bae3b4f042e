#!/usr/bin/env bash
# `make install` and `make uninstall`: where the program, its manual, Wireshark's dissector and what firewalls know go.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs make
# What is tried is the program that is there, and the Makefile with nothing else set.
unset MAKEFLAGS MAKELEVEL PREFIX DESTDIR BINDIR MANDIR WIRESHARKDIR UFWDIR FIREWALLDDIR
makes() { make -s -C "${here%/tests/net}" -o "$LANCHAT" PROGRAM="$LANCHAT" "$@" >"$work/make.out" 2>"$work/make.err"; }
has_files() { # FOLDER FILES, in any order
    [ "$(cd "$1" && find . -type f | sort)" = "$(printf '%s' "$2" | tr ' ' '\n' | sort)" ]
}
files_below() { # PREFIX: all but the dissector
    printf '%s ' "$1/bin/lanchat" "$1/share/man/man1/lanchat.1" "$1/share/man/man7/lanchat.7"
    printf '%s ' "$1/share/bash-completion/completions/lanchat" "$1/share/zsh/site-functions/_lanchat"
    printf '%s ' "$1/share/fish/vendor_completions.d/lanchat.fish"
    printf '%s ' "$1/share/lanchat/lanchat-hub.xml" "$1/share/lanchat/lanchat.ufw"
    printf '%s' "$1/share/lanchat/lanchat.xml"
}

ok "into a folder of one's own" makes install DESTDIR="$work/stage" PREFIX=/opt/x
ok "go the program, the manual, completions, the firewalls' files and the dissector" has_files "$work/stage" \
    "./opt/x/lib/wireshark/plugins/lanchat.lua $(files_below ./opt/x)"
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
    "$(files_below ./usr/local)"

ok "with PREFIX=/usr" makes install DESTDIR="$work/usr" PREFIX=/usr WIRESHARKDIR=
ok "firewalls find our ports where they look: ufw" grep -qx 'ports=55555:55571/udp' "$work/usr/etc/ufw/applications.d/lanchat.ufw"
ok "firewalld" grep -q 'protocol="udp" port="55555-55571"' "$work/usr/usr/lib/firewalld/services/lanchat.xml"
ok "uninstall" makes uninstall DESTDIR="$work/usr" PREFIX=/usr WIRESHARKDIR=
ok "takes those away" has_files "$work/usr" ""

export HOME=$work/home
ok "into ~/.local" makes install PREFIX="$HOME/.local"
knows() { tshark -G protocols 2>/dev/null | grep -qi lanchat; }
if command -v tshark >/dev/null; then
    ok "Wireshark finds it there" knows
else
    skip "Wireshark finds it there" "there is no tshark"
fi
finish
