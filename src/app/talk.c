#include "talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "recall_file.h"
#include "report.h"
#include "slash.h"
#include "terminal.h"
#include "write.h"

#define READ_OCTETS 4096
#define LEAVING     "leaving when everybody has what you said (Ctrl-C: at once)"
#define CTRL_C      3
#define CTRL_D      4

static struct talk *talk_of(struct session *session)
{
    return (struct talk *)session;
}

/* What was drawn goes out. A terminal that is gone is nobody's. */
static void draw(struct talk *talk)
{
    struct span octets;
    int error = ENOMEM;

    if (screen_take(talk->screen, &octets))
        error = octets.length > 0 ? write_all(STDOUT_FILENO, octets.bytes, octets.length) : 0;
    if (error == 0 || error == EINTR)
        return;
    if (error != EPIPE && error != EIO)
        report("standard output: %s", strerror(error));
    session_end(&talk->session, error == EPIPE || error == EIO ? STATUS_DONE : STATUS_FAILED);
}

static void show_prompt(struct talk *talk)
{
    if (talk->ending)
        screen_prompt(talk->screen, span_of(LEAVING), span_of(""), 0);
    else
        screen_prompt(talk->screen, editor_prompt(&talk->editor), editor_text(&talk->editor),
                      editor_cursor(&talk->editor));
}

static void print(void *context, const struct line *line)
{
    struct talk *talk = context;

    screen_print(talk->screen, line);
}

static bool local_time(uint64_t clock_ms, struct tm *tm)
{
    time_t seconds = (time_t)(clock_ms / 1000);

    return localtime_r(&seconds, tm);
}

/* Events. */

static void on_event(struct session *session, const struct node_event *event)
{
    struct talk *talk = talk_of(session);

    if (event->type == NODE_CENSUS) {
        session_end(session, session->status);
        return;
    }
    if (event->type == NODE_READY && talk->ending) /* what was said before has gone out only now */
        session_finish(session);
    if (event->type == NODE_MESSAGE && ignore_has(&talk->ignore, event->nick))
        return;
    view_event(talk->view, session->node, event, system_time());
    log_event(&talk->log, session->node, session->room, event);
}

static void on_notice(struct session *session, const char *line)
{
    view_notice(talk_of(session)->view, line, system_time());
}

static void on_log_error(void *context, const char *line)
{
    struct talk *talk = context;

    view_error(talk->view, span_of(line));
}

static void stop(struct talk *talk)
{
    screen_leave(talk->screen);
    draw(talk);
    terminal_give_back();
    system_stop();
}

/* Whoever had the terminal meanwhile may have changed it. Who is killed while he is stopped is continued to
 * end, and the terminal is another's: to take it would stop him again. */
static void resume(struct talk *talk)
{
    unsigned columns, rows;

    if (system_signal()) {
        session_end(&talk->session, talk->session.status);
        return;
    }
    terminal_give_back();
    if (!terminal_take())
        session_end(&talk->session, STATUS_DONE);
    terminal_size(&columns, &rows);
    screen_size(talk->screen, columns, rows);
    show_prompt(talk);
}

static void on_noted(struct session *session, unsigned what)
{
    struct talk *talk = talk_of(session);
    unsigned columns, rows;

    if (what & SYSTEM_STOP)
        stop(talk);
    if (what & (SYSTEM_STOP | SYSTEM_CONTINUED)) {
        resume(talk);
    } else if (what & SYSTEM_RESIZED) {
        terminal_size(&columns, &rows);
        screen_size(talk->screen, columns, rows);
    }
}

/* Keys. */

void talk_say(struct talk *talk, struct span text, bool action)
{
    struct session *session = &talk->session;
    struct node_time now = system_time();

    if (text.length == 0)
        return;
    session->last_said = node_say(session->node, text, action, now);
    if (session->last_said == 0) {
        view_error(talk->view, span_of("not said: no memory"));
        return;
    }
    view_said(talk->view, node_id(session->node), text, action, now);
    log_said(&talk->log, session->room, session->nick, text, action, now.wall_ms);
}

void talk_end(struct talk *talk)
{
    struct session *session = &talk->session;

    if (talk->ending) {
        session_end(session, session->status);
        return;
    }
    talk->ending = true;
    session_finish(session);
}

/* The bye may take a while: keys that come meanwhile wait for the other room. Who came and went here is told
 * before. */
void talk_join(struct talk *talk, struct span room)
{
    struct session *session = &talk->session;

    view_flush(talk->view);
    loop_read(session->loop, STDIN_FILENO, false);
    session_join(session, room);
    loop_read(session->loop, STDIN_FILENO, true);
}

static void on_line(struct talk *talk, struct span line)
{
    if (recall_add(&talk->recall, line))
        recall_file_append(talk->recall_file, line);
    if (line.length > 1 && line.bytes[0] == '/' && line.bytes[1] == '/')
        talk_say(talk, (struct span){line.bytes + 1, line.length - 1}, false);
    else if (line.length > 0 && line.bytes[0] == '/')
        slash_run(talk, line);
    else
        talk_say(talk, line, false);
}

static bool is_leave(const struct key *key)
{
    return key->code == KEY_CHARACTER && (key->character == CTRL_C || key->character == CTRL_D);
}

static void on_key(void *context, const struct key *key)
{
    struct talk *talk = context;

    if (talk->session.done) /* what was pasted behind it */
        return;
    if (talk->ending && !is_leave(key)) { /* it is for the shell, perhaps: nobody here should hear it */
        screen_bell(talk->screen);
        return;
    }
    switch (editor_key(&talk->editor, key)) {
    case EDITOR_NOTHING:
    case EDITOR_REPAINT:
        break;
    case EDITOR_BELL:
        screen_bell(talk->screen);
        break;
    case EDITOR_LINE:
        on_line(talk, editor_said(&talk->editor));
        break;
    case EDITOR_INTERRUPT:
    case EDITOR_END:
        talk_end(talk);
        break;
    case EDITOR_SUSPEND:
        stop(talk);
        resume(talk);
        break;
    case EDITOR_CLEAR:
        screen_clear(talk->screen);
        break;
    case EDITOR_CHOICES:
        view_line(talk->view, editor_choices(&talk->editor));
        break;
    case EDITOR_TOO_LONG:
        view_error(talk->view, span_of("that is too long for a message (16 KiB): say it in parts, or with "
                                       "lanchat say <FILE"));
        break;
    }
    show_prompt(talk);
}

static void wait_for_rest(struct talk *talk)
{
    unsigned wait = keys_wait_ms(&talk->keys);

    talk->pause_at_us = wait > 0 ? system_time().now_us + wait * UINT64_C(1000) : LOOP_FOREVER;
}

static void on_input(void *context)
{
    struct talk *talk = context;
    char octets[READ_OCTETS];
    ssize_t got = read(STDIN_FILENO, octets, sizeof octets);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) { /* the terminal is gone */
        session_end(&talk->session, talk->session.status);
        return;
    }
    keys_feed(&talk->keys, octets, (size_t)got);
    wait_for_rest(talk);
}

static void on_turn(struct session *session)
{
    struct talk *talk = talk_of(session);
    struct node_time now = system_time();

    if (talk->pause_at_us <= now.now_us) {
        keys_pause(&talk->keys);
        wait_for_rest(talk);
    }
    view_tick(talk->view, now);
    draw(talk);
    uint64_t deadline = view_deadline(talk->view);
    session->wake_us = deadline < talk->pause_at_us ? deadline : talk->pause_at_us;
}

/* What Tab completes: commands, and the people of the room but ourselves. */
static struct span word(void *context, enum complete_kind kind, size_t index)
{
    struct talk *talk = context;
    uint64_t room = wire_room_tag(span_of(talk->session.room));

    if (kind == COMPLETE_COMMANDS)
        return slash_name(index);
    if (index == 0)
        talk->peers_seen = 0;
    while (node_peer(talk->session.node, talk->peers_seen++, &talk->peer))
        if (talk->peer.nick[0] && talk->peer.room == room)
            return span_of(talk->peer.nick);
    return (struct span){0};
}

/* Opening and closing. */

static bool open_view(struct talk *talk)
{
    const struct options *options = talk->session.options;
    struct view_config config = {
        .color = options->color == COLOR_AUTO    ? terminal_color()
                 : options->color == COLOR_NEVER ? VIEW_COLOR_NONE
                                                 : VIEW_COLOR_256,
        .bell = options->bell == BELL_NEVER ? VIEW_BELL_NEVER
                : options->bell == BELL_ALL ? VIEW_BELL_ALL
                                            : VIEW_BELL_MENTION,
        .local_time = local_time,
        .print = print,
        .context = talk,
        .room = talk->session.room,
    };
    bool utf8 = terminal_is_utf8();
    unsigned columns, rows;

    terminal_size(&columns, &rows);
    talk->screen = screen_new(utf8, columns, rows);
    talk->view = view_new(&config, system_time());
    if (!talk->screen || !talk->view)
        return false;
    view_nick(talk->view, span_of(talk->session.nick));
    view_replays(talk->view, options->history);
    if (!utf8)
        view_notice(talk->view,
                    "this terminal is not set to UTF-8 (LANG, LC_ALL): what is not ASCII is shown as ?",
                    system_time());
    return true;
}

static void close_all(struct talk *talk)
{
    editor_free(&talk->editor);
    recall_free(&talk->recall);
    recall_file_close(talk->recall_file);
    view_free(talk->view);
    screen_free(talk->screen);
}

static bool start(struct talk *talk)
{
    if (open_view(talk) && terminal_take() && system_terminal_signals(terminal_give_back) &&
        loop_add(talk->session.loop, STDIN_FILENO, on_input, talk))
        return true;
    int error = errno;
    terminal_give_back();
    report("terminal: %s", strerror(error));
    return false;
}

/* What waits to be shown is shown. */
static void finish(struct talk *talk)
{
    view_flush(talk->view);
    screen_leave(talk->screen);
    draw(talk);
    terminal_give_back();
}

/* From here on what happens is drawn. */
static void listen_to_session(struct talk *talk)
{
    talk->session.event = on_event;
    talk->session.notice = on_notice;
    talk->session.noted = on_noted;
    talk->session.turned = on_turn;
    show_prompt(talk);
}

static int run(struct talk *talk)
{
    talk->pause_at_us = LOOP_FOREVER;
    recall_init(&talk->recall);
    talk->recall_file = recall_file_open(&talk->recall);
    keys_init(&talk->keys, on_key, talk);
    editor_init(&talk->editor, &talk->recall, word, talk);
    bool started = start(talk);
    if (started)
        listen_to_session(talk);
    else
        session_end(&talk->session, STATUS_FAILED);
    int status = session_run(&talk->session);
    if (started)
        finish(talk);
    close_all(talk);
    return status;
}

int talk_run(const struct options *options)
{
    struct talk *talk = calloc(1, sizeof *talk);
    int status = STATUS_FAILED;

    if (!talk) {
        report("%s", strerror(ENOMEM));
        return status;
    }
    if (log_open(&talk->log, options->log, on_log_error, talk)) {
        bool opened = session_open(&talk->session, options, WIRE_PERSON);
        status = opened ? run(talk) : talk->session.status;
        log_close(&talk->log);
    }
    free(talk);
    return status;
}
