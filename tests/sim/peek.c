#include "peek.h"

#include "state.h"

/* Who forwards shows one roster everywhere. */
static uint64_t links_of(const struct node *node, int link)
{
    return node->config.forwards ? UINT64_MAX : node->links[link] ? node->links[link]->segment : 0;
}

uint64_t peek_roster(const struct node *node, uint64_t room, int link)
{
    return roster_digest(&node->roster, room, links_of(node, link));
}

static bool is_in(const struct node *node, const struct peer *peer, uint64_t room, int link)
{
    return roster_is_here(peer, room, links_of(node, link)) && peer->role != WIRE_RELAY &&
           peer->role != WIRE_HUB;
}

uint64_t peek_version(const struct node *node, uint64_t room, int link, uint64_t id)
{
    const struct peer *peer = roster_get(&node->roster, id);

    return peer && is_in(node, peer, room, link) ? (uint64_t)peer->version + 1 : 0;
}

size_t peek_here(const struct node *node, uint64_t room, int link)
{
    size_t count = 0;

    for (size_t i = 0; i < node->roster.peers.count; i++)
        count += is_in(node, roster_at(&node->roster, i), room, link);
    return count;
}

uint64_t peek_vector(struct node *node, uint64_t room, int link)
{
    const struct room *of = room_get(node, room);

    if (!of || !node->links[link])
        return 0;
    return vector_digest(node, node->links[link], room_on(node->links[link], of));
}

uint32_t peek_highest(const struct node *node, uint64_t room, uint64_t origin)
{
    const struct stream *stream = idmap_get(&node->streams, origin);

    return stream && stream->room->tag == room ? stream->next - 1 : 0;
}

bool peek_stored(const struct node *node, uint64_t room, size_t index, uint64_t *origin, uint32_t *number)
{
    const struct room *of = room_get(node, room);

    if (!of || index >= of->store.count)
        return false;
    const struct stored *stored = &of->store.places[(of->store.first + index) % of->store.capacity];
    *origin = stored->origin;
    *number = stored->number;
    return true;
}
