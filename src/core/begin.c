/* A node that forwards begins with what another one has (lanchat(7), "Forwarding"), and is then as if it had
 * heard all of it: what the other has not shown yet it will hear of, and fetch. */
#include <string.h>

#include "state.h"

/* How far the other has shown the stream. Of a text that is not whole yet, all parts are fetched. */
static uint32_t next_of(const struct stream *stream)
{
    return stream->parts ? stream->parts->record->message.number : stream->next;
}

static void begin_room(struct node *node, const struct node *other, uint64_t tag)
{
    if (room_enter(node, tag))
        roster_name_room(&node->roster, tag, roster_room_name(&other->roster, tag));
}

static void begin_stream(struct node *node, int link, struct stream *other)
{
    uint32_t lowest = vector_lowest(other), next = next_of(other);
    struct room *room = room_get(node, other->room->tag);
    struct stream *stream = room && next > 1 ? speech_stream(node, room, other->origin, next - 1) : NULL;

    if (!stream)
        return;
    if (lowest > 0 && lowest < next)
        stream->base = lowest - 1;
    stream->stamp = other->stamp;
    memcpy(stream->nick, other->nick, sizeof stream->nick);
    stream_see(stream, link, next - 1);
    speech_moved(node, stream);
}

static void begin_store(struct node *node, int link, const struct room *other)
{
    const struct stored *stored;

    for (uint32_t i = 0; (stored = store_at(&other->store, i)); i++) {
        struct stream *stream = idmap_get(&node->streams, stored->origin);
        if (stream && stored->number > stream->base && stored->number < stream->next)
            speech_store(node, stream, stored->record, LINK_BIT(link), true);
    }
}

void node_begin_with(struct node *node, int link, struct node *other, struct node_time time)
{
    node->time = time;
    advance_clock(node, other->stamp);
    for (int i = 0; i < other->room_count; i++)
        begin_room(node, other, other->rooms[i]->tag);
    for (size_t i = 0; i < other->streams.count; i++)
        begin_stream(node, link, other->streams.slots[i].value);
    for (int i = 0; i < other->room_count; i++)
        begin_store(node, link, other->rooms[i]);
}
