#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "greeting.h"
#include "lanchat/system.h"

static void send_frame(void *context, const struct node_datagram *datagram)
{
    const struct peer *peer = context;

    if (peer->channel)
        channel_send(peer->channel, datagram);
}

static void ended(void *context, const char *why)
{
    struct peer *peer = context;

    server_tell(peer->server, "%s: node %016" PRIx64 " is gone: %s", peer->name, peer->id, why);
    channel_close(peer->channel);
    peer->channel = NULL;
    peer->server->again = true;
}

static bool greet(int fd, uint64_t id)
{
    char preface[PREFACE_OCTETS];

    greeting_preface(id, preface);
    return send(fd, preface, sizeof preface, MSG_DONTWAIT | MSG_NOSIGNAL) == PREFACE_OCTETS;
}

static void refuse(struct server *server, struct peer *peer, int fd, const char *name, const char *why)
{
    server_tell(server, "%s: closed: %s", name, why);
    close(fd);
    free(peer);
}

void peer_open(struct server *server, int fd, const union address *from, uint64_t id, struct span rest)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct shard *shard = shard_for_peer(server);
    char name[CLIENT_NAME_MAX];

    server_name(from, name);
    if (!peer || !greet(fd, node_id(server->node))) {
        refuse(server, peer, fd, name, strerror(errno));
        return;
    }
    if (id == node_id(server->node)) {
        refuse(server, peer, fd, name, "it is this hub itself");
        return;
    }
    *peer = (struct peer){.next = server->peers, .server = server, .shard = shard, .id = id};
    memcpy(peer->name, name, sizeof name);
    if (shard)
        peer->link = links_add(shard->links, NODE_CONNECTION, send_frame, peer);
    if (!shard || peer->link < 0) {
        refuse(server, peer, fd, name, "so many nodes are connected that there is no link left");
        return;
    }
    peer->channel = channel_open(server->loop, shard->node, fd, peer->link, ended, peer);
    if (!peer->channel) {
        links_remove(shard->links, peer->link);
        refuse(server, peer, fd, name, strerror(errno));
        return;
    }
    shard->places--;
    server->peers = peer;
    server_tell(server, "%s: node %016" PRIx64 " is connected", peer->name, id);
    channel_take(peer->channel, (const uint8_t *)rest.bytes, rest.length);
}

static void sweep(struct server *server)
{
    for (struct peer **at = &server->peers; *at;) {
        struct peer *peer = *at;
        if (peer->channel) {
            at = &peer->next;
            continue;
        }
        *at = peer->next;
        links_remove(peer->shard->links, peer->link);
        peer->shard->places++;
        free(peer);
    }
}

void peers_tick(struct server *server, struct node_time time)
{
    for (const struct peer *peer = server->peers; peer; peer = peer->next)
        if (peer->channel)
            channel_tick(peer->channel, time);
    sweep(server);
}

uint64_t peers_deadline(const struct server *server)
{
    uint64_t first = LOOP_FOREVER;

    for (const struct peer *peer = server->peers; peer; peer = peer->next) {
        uint64_t deadline = peer->channel ? channel_deadline(peer->channel) : 0;
        if (deadline < first)
            first = deadline;
    }
    return first;
}

void peers_flush(struct server *server)
{
    for (const struct peer *peer = server->peers; peer; peer = peer->next)
        if (peer->channel)
            channel_flush(peer->channel);
}

bool peers_unsent(const struct server *server)
{
    for (const struct peer *peer = server->peers; peer; peer = peer->next)
        if (peer->channel && channel_unsent(peer->channel))
            return true;
    return false;
}

void peers_close(struct server *server)
{
    for (struct peer *peer = server->peers; peer; peer = peer->next) {
        channel_close(peer->channel);
        peer->channel = NULL;
    }
    sweep(server);
}
