/* lanchat who and lanchat rooms: a census, and a list of what it found. */
#include <stdlib.h>

#include "lanchat/system.h"
#include "session.h"

#define WAIT_US    UINT64_C(1000000)
#define CONNECT_US UINT64_C(5000000) /* at most, to a hub */

static bool is_person(const struct node_peer *peer)
{
    return (peer->role == WIRE_PERSON || peer->role == WIRE_TEXT) && peer->nick[0];
}

static void list_people(const struct session *session)
{
    struct node_peer peer;

    for (size_t i = 0; node_peer(session->node, i, &peer); i++)
        if (peer.room == wire_room_tag(span_of(session->options->room)) &&
            (session->output.json || is_person(&peer)))
            output_peer(&session->output, session->node, &peer);
}

struct room_count {
    uint64_t tag;
    unsigned people;
};

static int by_people(const void *a, const void *b)
{
    const struct room_count *x = a, *y = b;

    if (x->people != y->people)
        return x->people < y->people ? 1 : -1;
    return x->tag < y->tag ? -1 : x->tag > y->tag;
}

#define ROOMS_MAX 4096

/* Rooms with nobody but listeners and tools in them are in use, too. The busiest comes first. */
static void list_rooms(const struct session *session)
{
    struct room_count *rooms = calloc(ROOMS_MAX, sizeof *rooms);
    size_t count = 0;
    struct node_peer peer;

    if (!rooms)
        return;
    for (size_t i = 0; node_peer(session->node, i, &peer); i++) {
        size_t at = 0;
        while (at < count && rooms[at].tag != peer.room)
            at++;
        if (at == ROOMS_MAX || node_room_name(session->node, peer.room).length == 0)
            continue;
        if (at == count)
            rooms[count++] = (struct room_count){peer.room, 0};
        rooms[at].people += is_person(&peer);
    }
    qsort(rooms, count, sizeof *rooms, by_people);
    for (size_t i = 0; i < count; i++)
        output_room(&session->output, node_room_name(session->node, rooms[i].tag), rooms[i].people);
    free(rooms);
}

static void finish(struct session *session)
{
    if (session->options->command->bit == COMMAND_WHO)
        list_people(session);
    else
        list_rooms(session);
    session_end(session, STATUS_DONE);
}

static void begin(struct session *session)
{
    const struct options *options = session->options;

    session_give_up_after(session, options->waiting ? options->wait_us : WAIT_US);
    node_census(session->node, 0, 0, options->command->bit == COMMAND_ROOMS, system_time());
}

static void on_event(struct session *session, const struct node_event *event)
{
    if (event->type == NODE_READY && session->options->off_lan)
        begin(session);
    else if (event->type == NODE_CENSUS)
        finish(session);
}

/* On a LAN it need not wait until it has joined; a hub must have been reached. */
static int take_census(const struct options *options)
{
    struct session session;

    if (!session_open(&session, options, WIRE_TOOL))
        return session.status;
    session.event = on_event;
    session.timed_out = finish;
    if (options->off_lan)
        session_give_up_after(&session, options->waiting ? options->wait_us : CONNECT_US);
    else
        begin(&session);
    int status = session_run(&session);
    if (session.signal)
        system_die(session.signal);
    return status;
}

int command_who(const struct options *options)
{
    return take_census(options);
}

int command_rooms(const struct options *options)
{
    return take_census(options);
}
