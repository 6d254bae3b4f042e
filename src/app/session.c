#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "report.h"

#define READ_OCTETS  65536
#define STORE_OCTETS (1024 * 1024)
#define BYE_US       UINT64_C(1000000) /* at most, for what is still to be sent */

static void on_signal(void *context)
{
    struct session *session = context;

    session->signal = system_signal();
    session->done = true;
}

static void on_notice(void *context, const char *line)
{
    const struct session *session = context;

    if (!session->output.quiet)
        report("%s", line);
}

static bool fail(struct session *session, const char *what, int status)
{
    report("%s", what);
    session->status = status;
    output_close(&session->output);
    links_free(session->links);
    node_free(session->node);
    loop_free(session->loop);
    return false;
}

bool session_open(struct session *session, const struct options *options, enum wire_role role)
{
    char error[LAN_ERROR_MAX];
    bool usage;
    struct node_config config = {
        .role = role,
        .nick = span_of(options->nick),
        .room = span_of(options->room),
        .random = {system_random, NULL},
        .store_octets = STORE_OCTETS,
        .history = options->history,
    };

    *session = (struct session){.options = options, .give_up_us = LOOP_FOREVER};
    node_timing_default(&config.timing);
    bool printing = output_open(&session->output, options);
    int signals = printing ? system_signals() : -1;
    session->loop = loop_new();
    session->node = node_new(&config, system_time());
    session->links = session->node ? links_new(session->node) : NULL;
    if (signals < 0 || !session->loop || !session->links ||
        !loop_add(session->loop, signals, on_signal, session))
        return fail(session, strerror(errno), STATUS_FAILED);
    session->lan = lan_open(&options->lan, session->loop, session->links, session->node, on_notice, session,
                            error, &usage);
    if (!session->lan)
        return fail(session, error, usage ? STATUS_USAGE : STATUS_FAILED);
    return true;
}

void session_say(struct session *session, struct span text)
{
    do {
        size_t length = text_fit(text, TEXT_SAY_MAX);
        uint32_t number = node_say(session->node, (struct span){text.bytes, length}, false, system_time());
        if (number == 0) {
            report("not said: %s", strerror(ENOMEM));
            session_end(session, STATUS_FAILED);
            return;
        }
        session->last_said = number;
        text.bytes += length;
        text.length -= length;
    } while (text.length > 0);
}

static void take_line(void *context, struct span line)
{
    session_say(context, line);
}

static void stop_reading(struct session *session)
{
    if (session->reading)
        loop_remove(session->loop, STDIN_FILENO);
    session->reading = false;
}

static void on_input(void *context)
{
    struct session *session = context;
    char bytes[READ_OCTETS];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got > 0) {
        lines_feed(&session->lines, bytes, (size_t)got);
        return;
    }
    if (got < 0) {
        report("standard input: %s", strerror(errno));
        session->status = STATUS_FAILED;
    }
    stop_reading(session);
    session->at_end = true;
    lines_end(&session->lines);
    if (session->input_ended)
        session->input_ended(session);
}

static void start_reading(struct session *session)
{
    session->reading = loop_add(session->loop, STDIN_FILENO, on_input, session);
    if (!session->reading) {
        report("standard input: %s", strerror(errno));
        session_end(session, STATUS_FAILED);
    }
}

void session_read_input(struct session *session)
{
    lines_init(&session->lines, take_line, session);
    start_reading(session);
}

void session_give_up_after(struct session *session, uint64_t microseconds)
{
    session->give_up_us = system_time().now_us + microseconds;
}

void session_end(struct session *session, int status)
{
    session->done = true;
    session->status = status;
}

/* Input waits while the node has enough to send. */
static void pace_input(struct session *session)
{
    if (!session->lines.take || session->at_end)
        return;
    bool may = node_may_say(session->node);
    if (session->reading && !may)
        stop_reading(session);
    else if (!session->reading && may)
        start_reading(session);
}

static void take_events(struct session *session)
{
    struct node_event event;

    while (!session->done && node_event(session->node, &event))
        if (session->event)
            session->event(session, &event);
}

/* A reader that has gone is no error: there is nobody left to tell. */
static void flush_output(struct session *session)
{
    int error = output_flush(&session->output);

    if (error == 0)
        return;
    if (error == EINTR) {
        on_signal(session);
        return;
    }
    if (error != EPIPE)
        report("standard output: %s", strerror(error));
    session_end(session, error == EPIPE ? STATUS_DONE : STATUS_FAILED);
}

static void turn(struct session *session)
{
    lan_tick(session->lan);
    node_tick(session->node, system_time());
    links_flush(session->links);
    take_events(session);
    links_flush(session->links);
    flush_output(session);
    if (!session->done && session->give_up_us <= system_time().now_us) {
        session->give_up_us = LOOP_FOREVER;
        if (session->timed_out)
            session->timed_out(session);
    }
    pace_input(session);
}

static void wait_for_more(struct session *session)
{
    uint64_t now = system_time().now_us, deadline = node_deadline(session->node);

    if (links_unsent(session->links))
        deadline = 0;
    if (lan_deadline(session->lan) < deadline)
        deadline = lan_deadline(session->lan);
    if (session->give_up_us < deadline)
        deadline = session->give_up_us;
    uint64_t timeout = deadline == LOOP_FOREVER ? LOOP_FOREVER : deadline > now ? deadline - now : 0;
    if (!loop_wait(session->loop, timeout)) {
        report("waiting: %s", strerror(errno));
        session_end(session, STATUS_FAILED);
    }
}

/* What was said last and the bye should go out, but a LAN that takes nothing is not waited for. */
static void say_bye(struct session *session)
{
    uint64_t until = system_time().now_us + BYE_US;

    node_bye(session->node, system_time());
    do
        links_flush(session->links);
    while (links_unsent(session->links) && system_time().now_us < until);
}

int session_run(struct session *session)
{
    while (!session->done) {
        turn(session);
        if (!session->done)
            wait_for_more(session);
    }
    flush_output(session);
    say_bye(session);
    lan_close(session->lan);
    links_free(session->links);
    node_free(session->node);
    loop_free(session->loop);
    output_close(&session->output);
    return session->status;
}
