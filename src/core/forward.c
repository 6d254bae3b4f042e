/* Forwarding (lanchat(7), "Forwarding"): each stream goes on to every other link in its order, as a screen
 * would show it, with gone for what was given up, and so does each change of the roster. Where others forward
 * as well a record waits a little, and is dropped when it is heard there. */
#include "state.h"

bool others_forward(const struct node *node, const struct link *link)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        if (is_forwarder(peer) && peer->state == WIRE_HERE && peer->heard_us > 0 &&
            (peer->links & link->segment))
            return true;
    }
    return false;
}

/* All that is ready together goes at one moment. */
static uint64_t forward_at(struct node *node, struct link *link)
{
    if (link->kind == NODE_CONNECTION || !others_forward(node, link))
        return now_of(node);
    if (link->forward_at_us <= now_of(node))
        link->forward_at_us = now_of(node) + random_below(node, node->timing.forward_us);
    return link->forward_at_us;
}

void forward_record(struct node *node, const struct stream *stream, struct record *record, bool old)
{
    const struct wire_message *message = &record->message;
    struct stored *stored;
    struct link *link;

    if (!node->config.forwards)
        return;
    stored = store_get(&stream->room->store, message->origin, message->number);
    for (int i = 0; (link = next_link(node, &i));) {
        if (!link_is_first(node, link) || !stored || (stored->links & link->segment))
            continue;
        uint64_t at = forward_at(node, link);
        if (at > now_of(node)) {
            answer_schedule(node, &(struct repair_due){.link = link->index,
                                                       .origin = message->origin,
                                                       .number = message->number,
                                                       .forward = true,
                                                       .at_us = at});
            continue;
        }
        link_queue_message(node, link, record, old, REACH_FEWEST, NULL);
        stored->put |= LINK_BIT(link->index);
        stored->links |= LINK_BIT(link->index);
        pace_put(node, link, record);
        presence_spoke(node, link);
    }
}

void forward_gone(struct node *node, const struct stream *stream, uint32_t first, uint32_t last)
{
    struct link *link;
    const struct wire_record gone = {
        .type = WIRE_GONE,
        .flags = last <= stream->base ? WIRE_BEFORE : 0,
        .gone = {stream->room->tag, stream->origin, first, last}
    };

    for (int i = 0; node->config.forwards && (link = next_link(node, &i));)
        if (link_is_first(node, link) && stream_seen(stream, link->segment) < first)
            link_send(node, link, &gone, NULL);
}

void forward_entry(struct node *node, const struct peer *peer, const struct link *from)
{
    struct link *link;

    if (!node->config.forwards || is_forwarder(peer) || !room_get(node, peer->room))
        return;
    for (int i = 0; (link = next_link(node, &i));)
        if (link_is_first(node, link) && !(from && (from->segment & LINK_BIT(link->index))))
            exchange_tell(node, link, peer);
}
