#include "peek.h"

#include "hash.h"
#include "state.h"

static uint64_t segment_of(const struct node *node, int link)
{
    return node->links[link] ? node->links[link]->segment : 0;
}

uint64_t peek_roster(const struct node *node, uint64_t room, int link)
{
    return roster_digest(&node->roster, room, segment_of(node, link));
}

size_t peek_here(const struct node *node, uint64_t room, int link)
{
    size_t count = 0;

    for (size_t i = 0; i < node->roster.peers.count; i++)
        count += roster_is_here(roster_at(&node->roster, i), room, segment_of(node, link));
    return count;
}

/* Until nodes have vectors: of who is in the roster, what was seen. */
uint64_t peek_vector(const struct node *node, uint64_t room, int link)
{
    uint64_t digest = 0;

    for (size_t i = 0; i < node->streams.count; i++) {
        const struct stream *stream = node->streams.slots[i].value;
        const struct peer *peer = roster_get(&node->roster, stream->origin);
        if (peer && roster_is_here(peer, room, segment_of(node, link)) && stream->next > 1)
            digest += hash_pair(stream->origin, stream->next - 1);
    }
    return digest;
}

uint32_t peek_highest(const struct node *node, uint64_t room, uint64_t origin)
{
    const struct stream *stream = room == node->room ? idmap_get(&node->streams, origin) : NULL;

    return stream ? stream->next - 1 : 0;
}

bool peek_stored(const struct node *node, size_t index, uint64_t *origin, uint32_t *number)
{
    const struct store *store = &node->store;

    if (index >= store->count)
        return false;
    const struct stored *stored = &store->places[(store->first + index) % store->capacity];
    *origin = stored->origin;
    *number = stored->number;
    return true;
}
