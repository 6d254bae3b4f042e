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
#define FLUSH_US     UINT64_C(2000000) /* likewise, for what waits for a hub's clients */
#define CONFIRM_US   UINT64_C(5000000) /* at most, for others to have what was said last */
#define LOOK_US      UINT64_C(10000)   /* meanwhile: what is left for the next turn wakes nobody */

static void on_signal(void *context)
{
    struct session *session = context;

    unsigned noted = system_noted();

    if (noted & SYSTEM_END) {
        session->signal = system_signal();
        session->done = true;
    } else if (noted && session->noted) {
        session->noted(session, noted);
    }
}

static void tell(struct session *session, const char *line)
{
    if (session->notice)
        session->notice(session, line);
    else
        report("%s", line);
}

static void on_notice(void *context, const char *line)
{
    struct session *session = context;

    if (!session->output.quiet)
        tell(session, line);
}

static void close_links(struct session *session)
{
    server_close(session->server);
    text_server_close(session->text_server);
    uplink_close(session->uplink);
    lan_close(session->lan);
    links_free(session->links);
    node_free(session->node);
    session->server = NULL;
    session->text_server = NULL;
    session->uplink = NULL;
    session->lan = NULL;
    session->links = NULL;
    session->node = NULL;
}

static void close_all(struct session *session)
{
    close_links(session);
    loop_free(session->loop);
    output_close(&session->output);
}

/* Who is here for one thing tells at the end why there was no hub. */
static void on_no_notice(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static bool fail(struct session *session, const char *what, int status)
{
    tell(session, what);
    session_end(session, status);
    return false;
}

static bool carry_rooms(struct node *node, const struct options *options)
{
    for (size_t i = 1; i < options->room_count; i++)
        if (!node_carry(node, span_of(options->rooms[i]), system_time()))
            return false;
    return true;
}

/* NULL: no memory. */
static struct node *make_node(const struct session *session)
{
    const struct options *options = session->options;
    enum wire_role role = session->role;
    bool forwards = role == WIRE_HUB || role == WIRE_RELAY;
    struct node_config config = {
        .role = role,
        .nick = span_of(session->nick),
        .room = span_of(session->room),
        .forwards = forwards,
        .every_room = options->every_room || options->command->bit == COMMAND_ROOMS,
        .random = {system_random, NULL},
        .store_octets = STORE_OCTETS,
        .history = options->history,
    };

    node_timing_default(&config.timing);
    struct node *node = node_new(&config, system_time());
    if (!node || !forwards || carry_rooms(node, options))
        return node;
    node_free(node);
    return NULL;
}

static bool open_node(struct session *session)
{
    session->node = make_node(session);
    session->links = session->node ? links_new(session->node) : NULL;
    return session->links;
}

static struct node *another_hub(void *context)
{
    const struct session *session = context;

    return make_node(session);
}

/* The ways off the LAN. */
static bool open_tcp(struct session *session, char error[LAN_ERROR_MAX])
{
    const struct options *options = session->options;
    const unsigned at_once = COMMAND_SAY | COMMAND_WHO | COMMAND_ROOMS;
    struct server_options server = options->server;

    server.room = wire_room_tag(span_of(session->room));
    server.another = another_hub;
    snprintf(error, LAN_ERROR_MAX, "%s", strerror(ENOMEM));
    if (session->role == WIRE_HUB) {
        session->server =
            server_open(&server, session->loop, session->links, session->node, on_notice, session, error);
        if (!session->server)
            return false;
    }
    if (options->url.host[0] && options->url.kind == URL_HUB)
        session->uplink = uplink_open(&options->url, session->loop, session->links, session->node,
                                      options->command->bit & at_once ? on_no_notice : on_notice, session);
    else if (options->url.host[0])
        session->text_server = text_server_open(&options->url, span_of(options->nick), server.room,
                                                session->loop, session->node, on_notice, session);
    return !options->url.host[0] || session->uplink || session->text_server;
}

static bool open_links(struct session *session)
{
    const struct options *options = session->options;
    char error[LAN_ERROR_MAX];
    bool usage = false;

    if (!open_node(session))
        return fail(session, strerror(ENOMEM), STATUS_FAILED);
    if (session->role != WIRE_HUB && !options->off_lan) {
        session->lan = lan_open(&options->lan, session->loop, session->links, session->node, on_notice,
                                session, error, &usage);
        if (!session->lan)
            return fail(session, error, usage ? STATUS_USAGE : STATUS_FAILED);
    }
    return open_tcp(session, error) || fail(session, error, STATUS_FAILED);
}

static bool open_all(struct session *session)
{
    bool printing = output_open(&session->output, session->options);
    int signals = printing ? system_signals() : -1;

    session->output.room = session->room;
    session->loop = loop_new();
    if (signals < 0 || !session->loop || !loop_add(session->loop, signals, on_signal, session))
        return fail(session, strerror(errno), STATUS_FAILED);
    return open_links(session);
}

bool session_open(struct session *session, const struct options *options, enum wire_role role)
{
    *session = (struct session){
        .options = options, .role = role, .give_up_us = LOOP_FOREVER, .wake_us = LOOP_FOREVER};
    memcpy(session->nick, options->nick, sizeof session->nick);
    snprintf(session->room, sizeof session->room, "%s", options->room);
    if (open_all(session))
        return true;
    close_all(session);
    return false;
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
        if (session->said)
            session->said(session, (struct span){text.bytes, length});
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

void session_finish(struct session *session)
{
    if (session->last_said == 0) {
        session_end(session, session->status);
        return;
    }
    session_give_up_after(session, CONFIRM_US);
    if (node_ready(session->node))
        node_census(session->node, session->last_said, 0, false, system_time());
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

/* A command that is done wants no more; a hub's clients are shown what came with the signal. */
static void take_events(struct session *session)
{
    struct node_event event;

    while (node_event(session->node, &event)) {
        if (session->server)
            server_event(session->server, &event);
        if (session->text_server)
            text_server_event(session->text_server, &event);
        if (session->event && !session->done)
            session->event(session, &event);
    }
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

static void tick(struct session *session)
{
    if (session->lan)
        lan_tick(session->lan);
    if (session->uplink)
        uplink_tick(session->uplink);
    if (session->text_server)
        text_server_tick(session->text_server);
    if (session->server)
        server_tick(session->server);
    node_tick(session->node, system_time());
}

/* What the node has to send goes out, and what waits in the buffers of connections. */
static void flush(struct session *session)
{
    links_flush(session->links);
    if (session->uplink)
        uplink_flush(session->uplink);
    if (session->text_server)
        text_server_flush(session->text_server);
    if (session->server)
        server_flush(session->server);
}

static uint64_t deadline_of(const struct session *session)
{
    uint64_t deadlines[] = {
        node_deadline(session->node),
        links_unsent(session->links) ? 0 : LOOP_FOREVER,
        session->lan ? lan_deadline(session->lan) : LOOP_FOREVER,
        session->uplink ? uplink_deadline(session->uplink) : LOOP_FOREVER,
        session->text_server ? text_server_deadline(session->text_server) : LOOP_FOREVER,
        session->server ? server_deadline(session->server) : LOOP_FOREVER,
        session->give_up_us,
        session->wake_us,
    };
    uint64_t least = LOOP_FOREVER;

    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++)
        if (deadlines[i] < least)
            least = deadlines[i];
    return least;
}

static void end_unreached(struct session *session)
{
    tell(session, uplink_error(session->uplink));
    session_end(session, STATUS_FAILED);
}

/* Without a hub there was nothing that could be done in time. */
static void time_out(struct session *session)
{
    session->give_up_us = LOOP_FOREVER;
    if (session->options->off_lan && !node_ready(session->node))
        end_unreached(session);
    else if (session->timed_out)
        session->timed_out(session);
    else
        session_end(session, session->status);
}

static void turn(struct session *session)
{
    tick(session);
    links_flush(session->links);
    take_events(session);
    flush(session);
    if (session->turned)
        session->turned(session);
    flush_output(session);
    if (!session->done && session->uplink && uplink_state(session->uplink) == UPLINK_REFUSED)
        end_unreached(session); /* what is no hub will never be one */
    if (!session->done && session->give_up_us <= system_time().now_us)
        time_out(session);
    pace_input(session);
}

static void wait_for_more(struct session *session)
{
    uint64_t now = system_time().now_us, deadline = deadline_of(session);
    uint64_t timeout = deadline == LOOP_FOREVER ? LOOP_FOREVER : deadline > now ? deadline - now : 0;

    if (!loop_wait(session->loop, timeout)) {
        report("waiting: %s", strerror(errno));
        session_end(session, STATUS_FAILED);
    }
}

static bool is_unsent(const struct session *session)
{
    return links_unsent(session->links) || (session->uplink && uplink_unsent(session->uplink)) ||
           (session->server && server_unsent(session->server));
}

/* What was said last and the bye should go out, but a network that takes nothing is not waited for. */
static void say_bye(struct session *session)
{
    uint64_t until = system_time().now_us + (session->server ? FLUSH_US : BYE_US);

    if (session->server)
        server_stop(session->server);
    node_bye(session->node, system_time());
    take_events(session);
    flush(session);
    while (is_unsent(session) && system_time().now_us < until) {
        if (!loop_wait(session->loop, LOOK_US))
            break;
        flush(session);
    }
}

bool session_join(struct session *session, struct span room)
{
    say_bye(session);
    close_links(session);
    memcpy(session->room, room.bytes, room.length);
    session->room[room.length] = '\0';
    session->last_said = 0;
    return open_links(session);
}

int session_run(struct session *session)
{
    while (!session->done) {
        turn(session);
        if (!session->done)
            wait_for_more(session);
    }
    flush_output(session);
    if (session->links) /* NULL: another room could not be joined */
        say_bye(session);
    close_all(session);
    return session->status;
}
