# The chat as a person has it: in a terminal of a tmux server of the test's own, to which keys are sent and of which is
# read what stands on it. For a test that has sourced lib.sh.
#
# shellcheck shell=bash disable=SC2154 # work is lib.sh's

needs tmux
unset TMUX TMUX_PANE NO_COLOR COLORTERM XTERM_VERSION
export HOME=$work TZ=UTC
# At its end LeakSanitizer stops the program by ptrace, which for one whose terminal was just closed may never come to
# an end. Leaks are found elsewhere.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# term COMMAND...: tmux, told so.
term() { tmux -S "$work/tmux" "$@"; }

cat >"$work/tmux.conf" <<'CONF'
set -g status off
set -g history-limit 50000
set -g default-terminal tmux-256color
set -g remain-on-exit on
CONF
tmux -S "$work/tmux" -f "$work/tmux.conf" -D 2>"$work/tmux.err" &
started+=("$!")
await 10 term show -g >/dev/null 2>&1 || skip_all "no tmux can be started"

# What runs in a terminal: with the process in NAME.pid, and what stty says of the terminal before it and after it.
cat >"$work/run" <<'SH'
cd "${0%/*}" || exit
name=$1
shift
ulimit -c 0
stty -a >"$name.before"
sh -c 'echo $$ >"$0"; exec "$@"' "$name.pid" "$@"
echo "ended: $?"
stty -a >"$name.after"
exec cat -v
SH

# terminal NAME HOST COLUMNSxROWS COMMAND...: a command in a terminal.
terminal() {
    local name=$1 host=$2 size=$3
    shift 3
    term new-session -d -s "$name" -x "${size%x*}" -y "${size#*x}" -- ip netns exec "$host" "$@"
}

# chat NAME HOST COLUMNSxROWS [OPTION...]: the chat, waited for until it is ready. The words of `with` are its environment.
with=
chat() {
    local name=$1 host=$2 size=$3
    shift 3
    # shellcheck disable=SC2086
    terminal "$name" "$host" "$size" env XDG_STATE_HOME="$work/$name.state" $with \
        sh "$work/run" "$name" "$LANCHAT" -n "$name" "$@"
    await 10 shows "$name" 'lobby: .* here'
}

# process NAME: that of the chat.
process() { cat "$work/$1.pid"; }

# keys NAME KEY...: presses these, as tmux names them; what is no name of a key is typed.
keys() { term send-keys -t "$1:" "${@:2}"; }

# types NAME TEXT: types it.
types() { term send-keys -t "$1:" -l "$2"; }

# enter NAME TEXT: types a line.
enter() {
    types "$1" "$2"
    keys "$1" Enter
}

# paste NAME TEXT: as a terminal does it, in brackets if it is asked for them.
paste() {
    term set-buffer "$2"
    term paste-buffer -p -t "$1:"
}

# screen NAME: what stands on the terminal. all NAME: the scrollback too; rows that the terminal itself wrapped are one.
screen() { term capture-pane -p -t "$1:"; }
all() { term capture-pane -p -J -S - -t "$1:"; }

# flat NAME: all of it as one line, whatever was wrapped between words.
flat() { all "$1" | tr -s ' \n' ' '; }

# shows NAME ERE: a line there matches; blanks may be the end of a row.
shows() { flat "$1" | grep -qE -- "$2"; }

# line NAME ERE: such a line stands there, from its beginning to its end.
line() { all "$1" | sed 's/ *$//' | grep -qxE -- "$2"; }

# once NAME TEXT...: each of these stands there once.
once() {
    local text shown
    shown=$(flat "$1")
    for text in "${@:2}"; do
        [ "$(grep -oF -- "$text" <<<"$shown" | wc -l)" -eq 1 ] || { echo "# not once: $text" >&2; return 1; }
    done
}

# at_bottom NAME: what stands from the last prompt on, its rows as one line; the blanks at the end are not told.
at_bottom() { screen "$1" | awk '/^>/ { text = "" } { text = text $0 } END { sub(/ *$/, "", text); print text }'; }

# bottom NAME TEXT: exactly this stands at the bottom.
bottom() { [ "$(at_bottom "$1" | tr -d ' ')" = "$(tr -d ' ' <<<"$2")" ]; }

# format NAME FORMAT: what tmux knows of the terminal.
format() { term display-message -p -t "$1:" "$2"; }

# screens NAME...: for who reads why something failed.
screens() {
    local name
    for name; do screen "$name" | sed "s/^/# $name| /"; done
}
