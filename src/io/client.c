#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanchat/system.h"

#define SAID_OCTETS   ((size_t)256 * 1024)    /* are read of all in one turn */
#define BEHIND_OCTETS ((uint64_t)1024 * 1024) /* who is more behind is dropped */
#define SLOW_OCTETS   ((uint64_t)256 * 1024)  /* who is more behind, and reads, is waited for */
#define TAKEN_OCTETS  65536                   /* in a second: he reads */
#define TAKEN_US      UINT64_C(500000)        /* half of that second */
#define JUDGE_US      UINT64_C(100000)
#define IDLE_US       UINT64_C(200000) /* a chunk client has read what was sent before */
#define SHORT_OCTETS  16384            /* are read of lines of 2 octets, before which stand nicknames of 32 */
#define PIECES        64

/* Guests by their ids, which are random. */

struct client *client_find(const struct server *server, uint64_t id)
{
    if (server->guest_count == 0)
        return NULL;
    struct client *client = server->by_id[id & (server->by_id_room - 1)].first;
    while (client && client->id != id)
        client = client->next_by_id;
    return client;
}

static void enter_id(struct server *server, struct client *client)
{
    struct chain *chain = &server->by_id[client->id & (server->by_id_room - 1)];

    client->next_by_id = chain->first;
    chain->first = client;
    server->guest_count++;
}

static void forget_id(struct server *server, const struct client *client)
{
    struct client **at = &server->by_id[client->id & (server->by_id_room - 1)].first;

    while (*at != client)
        at = &(*at)->next_by_id;
    *at = client->next_by_id;
    server->guest_count--;
}

static bool make_id_room(struct server *server)
{
    size_t old_room = server->by_id_room, room = old_room ? 2 * old_room : 64;
    struct chain *old = server->by_id;

    if (server->guest_count < old_room)
        return true;
    struct chain *by_id = calloc(room, sizeof *by_id);
    if (!by_id)
        return false;
    server->by_id = by_id;
    server->by_id_room = room;
    server->guest_count = 0;
    for (size_t i = 0; i < old_room; i++)
        for (struct client *client = old[i].first, *next; client; client = next) {
            next = client->next_by_id;
            enter_id(server, client);
        }
    free(old);
    return true;
}

/* Closing. */

static void leave(struct client *client)
{
    struct server *server = client->server;

    feed_detach(&server->feeds[client->kind], &client->reader);
    if (!client->guest)
        return;
    forget_id(server, client);
    node_guest_leave(server->node, client->guest, system_time());
    client->guest = NULL;
    server->again = true;
}

/* Takes it out of the server, all but its descriptor. Who walks the list may still look at it. */
static void forget(struct client *client)
{
    struct server *server = client->server;

    leave(client);
    if (client->held)
        server->held_count--;
    loop_remove(server->loop, client->fd);
    timers_remove(&server->timers, &client->timer);
    plain_free(&client->plain);
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    client->next = server->gone;
    server->gone = client;
}

void clients_sweep(struct server *server)
{
    while (server->gone) {
        struct client *client = server->gone;
        server->gone = client->next;
        free(client);
    }
}

static void tell(const struct client *client, const char *what, struct span why)
{
    char name[CLIENT_NAME_MAX];

    server_name(&client->from, name);
    if (client->guest)
        server_tell(client->server, "%s (%s): %s: %.*s", name, client->plain.nick, what, (int)why.length,
                    why.bytes);
    else
        server_tell(client->server, "%s: %s: %.*s", name, what, (int)why.length, why.bytes);
}

void client_drop(struct client *client, const char *why)
{
    int fd = client->fd;

    if (why)
        tell(client, "dropped", span_of(why));
    forget(client);
    close(fd);
}

/* Reading. */

static bool is_held(const struct server *server)
{
    return server->holding || !node_may_say(server->node);
}

/* Is not read until release_held. */
static void hold(struct client *client)
{
    client->held = true;
    client->server->held_count++;
    loop_read(client->server->loop, client->fd, false);
}

static void release_held(struct server *server)
{
    for (struct client *client = server->clients; client && server->held_count > 0; client = client->next) {
        if (!client->held)
            continue;
        client->held = false;
        server->held_count--;
        loop_read(server->loop, client->fd, true);
    }
}

static bool enter(struct client *client, struct span nick)
{
    struct server *server = client->server;

    if (make_id_room(server))
        client->guest = node_guest_enter(server->node, nick, server->room, false, server->time);
    if (!client->guest) {
        client_send(client, span_of("* sorry, there is no room for one more\n"));
        tell(client, "closed", span_of("no room for one more"));
        return false;
    }
    client->id = node_guest_id(client->guest);
    enter_id(server, client);
    return true;
}

static bool say(struct client *client, const struct plain_event *event)
{
    struct server *server = client->server;

    if (node_guest_say(server->node, client->guest, event->text, event->action, server->time) == 0) {
        tell(client, "closed", span_of(strerror(ENOMEM)));
        return false;
    }
    server->said_octets += event->text.length + strlen(client->plain.nick) + 3;
    uint64_t id = node_guest_id(client->guest);
    if (id != client->id) { /* somebody else used the old one */
        forget_id(server, client);
        client->id = id;
        enter_id(server, client);
    }
    return true;
}

/* The client was a node: what it has sent may refer to the server's input, and lives on. */
static void become_peer(struct client *client, uint64_t id)
{
    struct server *server = client->server;
    struct span rest = plain_rest(&client->plain);
    union address from = client->from;
    int fd = client->fd;

    forget(client);
    peer_open(server, fd, &from, id, rest);
}

/* A chunk client may turn out to be a line client; what is queued for it as it was is lost. */
static void update_kind(struct client *client)
{
    struct server *server = client->server;
    enum plain_kind kind = plain_is_chunk(&client->plain) ? PLAIN_CHUNK : PLAIN_LINE;

    if (kind == client->kind)
        return;
    if (client->reader.block) {
        feed_detach(&server->feeds[client->kind], &client->reader);
        feed_attach(&server->feeds[kind], &client->reader);
    }
    client->kind = kind;
}

/* Does what the client wants. False: it is gone. */
static bool act(struct client *client)
{
    struct server *server = client->server;
    struct plain_event event;
    bool stays = true;

    while (stays && plain_next(&client->plain, &event)) {
        switch (event.type) {
        case PLAIN_NODE:
            become_peer(client, event.id);
            return false;
        case PLAIN_PERSON:
            stays = enter(client, event.text);
            break;
        case PLAIN_SAYS:
            stays = say(client, &event);
            break;
        case PLAIN_REFUSED:
            if (!client->ended) /* who only looked whether we are there is no news */
                tell(client, "closed", event.text);
            stays = false;
            break;
        }
    }
    if (!stays) {
        client_drop(client, NULL);
        return false;
    }
    update_kind(client);
    timers_move(&server->timers, &client->timer, plain_deadline(&client->plain));
    return true;
}

/* At the end of what it sends: that counts, and then it leaves. */
static void end(struct client *client)
{
    client->server->time = system_time();
    client->ended = true;
    plain_end(&client->plain);
    if (act(client))
        client_drop(client, NULL);
}

static void ready_read(void *context)
{
    struct client *client = context;
    struct server *server = client->server;

    if (server->said_octets >= SAID_OCTETS)
        return;
    if (client->guest && is_held(server)) {
        hold(client);
        return;
    }
    size_t most = client->short_lines ? SHORT_OCTETS : sizeof server->input;
    size_t said = server->said_octets;
    ssize_t got = recv(client->fd, server->input, most, MSG_DONTWAIT);
    if (got < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            end(client);
        return;
    }
    if (got == 0) {
        end(client);
        return;
    }
    server->time = system_time();
    plain_feed(&client->plain, server->input, (size_t)got, server->time.now_us);
    if (act(client))
        client->short_lines = server->said_octets - said > 2 * (size_t)got;
}

/* Writing. */

/* Remembers how much it takes, by half seconds. */
static void note_taken(struct client *client, size_t octets, uint64_t now_us)
{
    if (now_us - client->taken_us >= TAKEN_US) {
        client->taken[1] = now_us - client->taken_us < 2 * TAKEN_US ? client->taken[0] : 0;
        client->taken[0] = 0;
        client->taken_us = now_us;
    }
    client->taken[0] += (uint32_t)octets;
    client->written_us = now_us;
}

/* It has taken a good deal within about a second, or was given less time for that. */
static bool reads(const struct client *client, uint64_t now_us)
{
    return now_us - client->slow_us < 2 * TAKEN_US ||
           (now_us - client->taken_us < 2 * TAKEN_US && client->taken[0] + client->taken[1] >= TAKEN_OCTETS);
}

static void ready_write(void *context)
{
    client_write(context, system_time().now_us);
}

static void wait_to_write(struct client *client, bool waiting)
{
    if (waiting == client->waiting)
        return;
    client->waiting = waiting;
    loop_write(client->server->loop, client->fd, waiting ? ready_write : NULL);
}

/* The first newline of what a chunk client is sent parts it from what it may not have read yet. */
static void skip_newline(struct client *client, struct feed *feed, uint64_t now_us)
{
    if (client->kind == PLAIN_CHUNK && !client->waiting && now_us - client->written_us >= IDLE_US)
        feed_advance(feed, &client->reader, 1);
}

/* Returns what send does, and in *octets what it was asked for; 0: there is nothing more. */
static ssize_t send_pieces(const struct client *client, const struct feed *feed, size_t *octets)
{
    struct iovec pieces[PIECES];
    struct msghdr message = {.msg_iov = pieces};
    size_t count = feed_gather(feed, &client->reader, pieces, PIECES);

    *octets = 0;
    for (size_t i = 0; i < count; i++)
        *octets += pieces[i].iov_len;
    if (count <= 1)
        return count ? send(client->fd, pieces->iov_base, pieces->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    message.msg_iovlen = (uint8_t)count; /* it is of another type in each libc */
    return sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void client_write(struct client *client, uint64_t now_us)
{
    struct feed *feed = &client->server->feeds[client->kind];
    size_t octets;

    if (client->reader.block && feed_behind(feed, &client->reader) > 0)
        skip_newline(client, feed, now_us);
    while (client->reader.block && feed_behind(feed, &client->reader) > 0) {
        ssize_t sent = send_pieces(client, feed, &octets);
        if (octets == 0) /* only its own words are left: they are passed */
            break;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            client_drop(client, NULL);
            return;
        }
        if (sent > 0) {
            feed_advance(feed, &client->reader, (size_t)sent);
            note_taken(client, (size_t)sent, now_us);
        }
        if (sent != (ssize_t)octets) {
            wait_to_write(client, true);
            return;
        }
    }
    wait_to_write(client, false);
}

void client_send(struct client *client, struct span text)
{
    ssize_t sent = send(client->fd, text.bytes, text.length, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent > 0)
        client->written_us = system_time().now_us;
}

/* Opening. */

void client_open(struct server *server, int fd, const union address *from)
{
    struct client *client = calloc(1, sizeof *client);
    uint64_t now_us = system_time().now_us;

    if (!client)
        goto fail;
    client->server = server;
    client->fd = fd;
    client->from = *from;
    client->kind = PLAIN_LINE;
    plain_init(&client->plain, now_us);
    if (!timers_add(&server->timers, &client->timer, plain_deadline(&client->plain)))
        goto fail;
    if (!loop_add(server->loop, fd, ready_read, client)) {
        timers_remove(&server->timers, &client->timer);
        goto fail;
    }
    client->next = server->clients;
    client->link = &server->clients;
    if (client->next)
        client->next->link = &client->next;
    server->clients = client;
    send(fd, "NICK", 4, MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
fail:
    free(client);
    close(fd);
}

/* The turns. */

void clients_tick(struct server *server, struct node_time time)
{
    struct timer *first;

    server->time = time;
    while ((first = timers_first(&server->timers)) && first->at_us <= time.now_us) {
        struct client *client = (struct client *)first;
        plain_tick(&client->plain, time.now_us);
        act(client);
    }
}

/* Who is behind and reads holds the speakers; who does not read holds nobody, and is dropped. */
static void judge_one(struct client *client, uint64_t now_us)
{
    struct server *server = client->server;
    uint64_t behind = feed_behind(&server->feeds[client->kind], &client->reader);

    if (!client->waiting || behind <= SLOW_OCTETS)
        client->slow_us = 0;
    else if (client->slow_us == 0)
        client->slow_us = now_us;
    bool hopeful = client->slow_us != 0 && reads(client, now_us);
    if (behind > 2 * BEHIND_OCTETS || (behind > BEHIND_OCTETS && !hopeful))
        client_drop(client, "does not read");
    else if (hopeful)
        server->holding = true;
}

static void judge(struct server *server, uint64_t now_us)
{
    struct client *next;
    bool was_holding = server->judge_us != LOOP_FOREVER;

    server->holding = false;
    server->judge_us = LOOP_FOREVER;
    if (!was_holding && feed_backlog(&server->feeds[PLAIN_LINE]) <= SLOW_OCTETS &&
        feed_backlog(&server->feeds[PLAIN_CHUNK]) <= SLOW_OCTETS)
        return;
    for (struct client *client = server->clients; client; client = next) {
        next = client->next;
        if (client->reader.block)
            judge_one(client, now_us);
    }
    if (server->holding)
        server->judge_us = now_us + JUDGE_US;
}

void clients_flush(struct server *server)
{
    uint64_t now_us = system_time().now_us;
    struct client *next;

    for (struct client *client = server->news ? server->clients : NULL; client; client = next) {
        next = client->next;
        if (!client->waiting)
            client_write(client, now_us);
    }
    server->news = false;
    server->said_octets = 0;
    judge(server, now_us);
    clients_sweep(server);
    if (!is_held(server) && !server->stopped)
        release_held(server);
}
