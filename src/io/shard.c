/* One node has at most NODE_LINKS_MAX links, and a hub many more connections: it is several nodes in one
 * process, its shards, joined in a star by connections in memory, and to each other and to everybody else
 * they are hubs like any. The first is the server's node: the guests are its, and the way to another hub.
 * Each further one serves connections alone. */
#include <stdlib.h>

#include "client.h"
#include "lanchat/system.h"

#define FIRST_PLACES   (NODE_LINKS_MAX - (SHARDS_MAX - 1) - 1) /* without those to shards and another hub */
#define FURTHER_PLACES (NODE_LINKS_MAX - 1)

/* While fewer places are free another shard is made, so that it has joined by the time it is needed. */
#define PLACES_AHEAD 32

static const struct node_address nowhere;

/* The connections in memory. Who is given a datagram is not pulled now, so nothing re-enters. */

static void send_to_first(void *context, const struct node_datagram *datagram)
{
    const struct shard *shard = context;

    node_receive(shard->server->node, shard->down, WIRE_PATH_LINK, &nowhere, datagram->bytes,
                 datagram->length, system_time());
    shard->server->again = true;
}

static void send_to_shard(void *context, const struct node_datagram *datagram)
{
    const struct shard *shard = context;

    node_receive(shard->node, shard->up, WIRE_PATH_LINK, &nowhere, datagram->bytes, datagram->length,
                 system_time());
}

/* Making. */

static void shard_free(struct shard *shard)
{
    if (shard->down >= 0)
        links_remove(shard->server->links, shard->down);
    links_free(shard->links);
    node_free(shard->node);
}

static bool shard_init(struct shard *shard, struct server *server)
{
    *shard = (struct shard){.server = server, .places = FURTHER_PLACES, .up = -1, .down = -1};
    shard->node = server->another(server->context);
    shard->links = shard->node ? links_new(shard->node) : NULL;
    if (!shard->links)
        return false;
    shard->up = links_add(shard->links, NODE_CONNECTION, send_to_first, shard);
    shard->down = links_add(server->links, NODE_CONNECTION, send_to_shard, shard);
    return shard->up >= 0 && shard->down >= 0;
}

static void make_another(struct server *server)
{
    struct shard *shard = &server->shards[server->shard_count];

    if (!shard_init(shard, server)) {
        shard_free(shard);
        return;
    }
    server->shard_count++;
    node_begin_with(shard->node, shard->up, server->node, system_time());
    node_path_up(shard->node, shard->up, WIRE_PATH_LINK, system_time());
    node_path_up(server->node, shard->down, WIRE_PATH_LINK, system_time());
}

void shards_open(struct server *server)
{
    server->shards[0] = (struct shard){
        .server = server, .node = server->node, .links = server->links, .places = FIRST_PLACES};
    server->shard_count = 1;
}

void shards_close(struct server *server)
{
    while (server->shard_count > 1)
        shard_free(&server->shards[--server->shard_count]);
}

struct shard *shard_for_peer(struct server *server)
{
    struct shard *with_place = NULL;
    unsigned places = 0;

    for (size_t i = 0; i < server->shard_count; i++)
        places += server->shards[i].places;
    if (places < PLACES_AHEAD && server->shard_count < SHARDS_MAX)
        make_another(server);
    for (size_t i = 0; i < server->shard_count && !with_place; i++)
        if (server->shards[i].places > 0)
            with_place = &server->shards[i];
    return with_place;
}

/* The turns. */

/* What happens is the first one's to tell: all of it comes there. */
static void drop_events(struct node *node)
{
    struct node_event event;

    while (node_event(node, &event))
        ;
}

void shards_tick(struct server *server, struct node_time time)
{
    for (size_t i = 1; i < server->shard_count; i++) {
        node_tick(server->shards[i].node, time);
        drop_events(server->shards[i].node);
    }
    shards_flush(server);
}

uint64_t shards_deadline(const struct server *server)
{
    uint64_t first = LOOP_FOREVER;

    for (size_t i = 1; i < server->shard_count; i++) {
        const struct shard *shard = &server->shards[i];
        uint64_t deadline = links_unsent(shard->links) ? 0 : node_deadline(shard->node);
        if (deadline < first)
            first = deadline;
    }
    return first;
}

void shards_flush(struct server *server)
{
    for (size_t i = 1; i < server->shard_count; i++)
        links_flush(server->shards[i].links);
}

static void set_full(struct server *server, struct node *node, int link, bool *was, bool full)
{
    if (*was == full)
        return;
    *was = full;
    node_link_full(node, link, full, system_time());
    server->again |= !full; /* what has waited goes in another turn */
}

void shards_pace(struct server *server)
{
    for (size_t i = 1; i < server->shard_count; i++) {
        struct shard *shard = &server->shards[i];
        set_full(server, shard->node, shard->up, &shard->up_full, !node_may_read(server->node, shard->down));
        set_full(server, server->node, shard->down, &shard->down_full,
                 !node_may_read(shard->node, shard->up));
    }
}

bool shards_unsent(const struct server *server)
{
    for (size_t i = 1; i < server->shard_count; i++)
        if (links_unsent(server->shards[i].links))
            return true;
    return false;
}

/* What was read goes to all before the first says bye. */
void shards_bye(struct server *server)
{
    shards_flush(server);
    links_flush(server->links);
    for (size_t i = 1; i < server->shard_count; i++)
        node_bye(server->shards[i].node, system_time());
}
