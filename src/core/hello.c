/* Hellos out (lanchat(7), "Presence"). The interval between them is RTCP's idea (RFC 3550, 6.2): it grows
 * with the number of nodes heard, so that a segment of any size has the same traffic. After something was
 * said quick hellos follow and thin out (the variable heartbeat of LBRM, Holbrook et al. 1995). */
#include "hash.h"
#include "state.h"

#define PAIRS_LEAST  8
#define PAIRS_MOST   48
#define QUICK_FACTOR 4
#define EVERY_NTH    12 /* regular hello goes out on every path: about one a minute */
#define ALONE_STEPS  16

/* A hello's octets besides its rooms and pairs, at the most: head, fields, nickname, and three counts. */
#define HELLO_FIXED_MOST  (WIRE_HEADER_SIZE + WIRE_RECORD_HEAD + 42 + TEXT_NICK_MAX)
#define ROOMS_OCTETS      ((size_t)300) /* of a forwarder's rooms, which take turns */
#define EXCEPTIONS_OCTETS ((size_t)300)

/* A link to one node at an address: it may not be there yet. */
static bool seeks(const struct node *node, const struct link *link)
{
    return link->paths[WIRE_PATH_UNICAST].up &&
           (link->heard_us == 0 ||
            now_of(node) - link->heard_us > INTERVALS_SUSPECTED * node->timing.hello_least_us);
}

/* Nobody is there who would need to hear us more often: who comes says so, and is answered. */
static uint64_t mean_alone(const struct node *node, const struct link *link)
{
    return least(node->timing.hello_least_us << least(link->alone, ALONE_STEPS), node->timing.hello_alone_us);
}

uint64_t hello_mean(struct node *node, const struct link *link)
{
    if (link->kind == NODE_CONNECTION)
        return node->timing.hello_link_us;
    if (seeks(node, link))
        return node->timing.hello_seek_us;
    if (link->alone > 0)
        return mean_alone(node, link);
    uint64_t paths =
        (EVERY_NTH - 1) * paths_of_hellos(link, REACH_HELLO) + paths_of_hellos(link, REACH_EVERY);
    uint64_t share =
        (roster_heard(&node->roster, link->segment) + 1) * paths * node->timing.hello_share_us / EVERY_NTH;

    return share > node->timing.hello_least_us ? share : node->timing.hello_least_us;
}

uint64_t hello_interval(struct node *node, const struct link *link)
{
    uint64_t mean = hello_mean(node, link);

    return mean * 3 / 4 + random_below(node, mean / 2);
}

static bool is_on(const struct node *node, const struct link *link, const struct stream *stream)
{
    return node->config.forwards ? stream->joining < 0 : (stream->links & link->segment) != 0;
}

/* To those whose words it carries a relay has of them what its hub has, while there is one. */
static uint32_t highest_beyond(const struct node *node, const struct link *link, const struct stream *stream)
{
    uint32_t highest = vector_highest(node, link, stream);
    const struct link *hub;

    if (stream->ours || !(stream->links & link->segment))
        return highest;
    for (int i = 0; (hub = next_link(node, &i));)
        if (link_is_beyond(node, link, hub))
            highest = (uint32_t)least(highest, stream_seen(stream, hub->segment));
    return highest;
}

static bool add_pair(const struct node *node, const struct link *link, struct wire_builder *pairs,
                     const struct stream *stream)
{
    return wire_add_pair(
        pairs, &(struct wire_pair){stream->origin, highest_beyond(node, link, stream), stream->lost});
}

/* The stream that moved last before the `before`-th change, of those heard on the segment. */
static const struct stream *moved_before(const struct node *node, const struct link *link, uint64_t before)
{
    const struct stream *latest = NULL;

    for (size_t i = 0; i < node->streams.count; i++) {
        const struct stream *stream = node->streams.slots[i].value;
        if (is_on(node, link, stream) && stream->change < before &&
            (!latest || stream->change > latest->change))
            latest = stream;
    }
    return latest;
}

/* The recent pairs: what was prompted for first, then what moved since the last hello, latest first. */
static void add_pairs(struct node *node, const struct link *link, const struct answer_due *answer,
                      struct wire_builder *pairs)
{
    uint64_t before = UINT64_MAX, asked = answer ? answer->origin : 0;

    if (asked != 0) {
        const struct stream *stream = idmap_get(&node->streams, asked);
        if (stream && is_on(node, link, stream))
            add_pair(node, link, pairs, stream);
        else
            wire_add_pair(pairs, &(struct wire_pair){asked, 0, 0});
    }
    for (size_t count = 0; count < PAIRS_MOST; count++) {
        const struct stream *stream = moved_before(node, link, before);
        if (!stream || (count >= PAIRS_LEAST && stream->change <= link->hello_change))
            break;
        before = stream->change;
        if (stream->origin != asked && stream->change > 0 && !add_pair(node, link, pairs, stream))
            break;
    }
}

static void remember_hello(struct node *node, const struct link *link)
{
    const struct record *record = link->queue_tail ? link->queue_tail->record : NULL;

    if (record)
        node->hellos[node->hello_count++ % HELLOS_KEPT] =
            (struct sent_hello){hash_bytes(record->bytes, record->length), node->stamp};
}

/* A person's one room; of a forwarder's as many as fit, each in its turn, or the one that was asked for. */
static void add_rooms(struct node *node, struct link *link, const struct room *only,
                      struct wire_builder *rooms)
{
    for (int i = 0; i < node->room_count; i++) {
        struct link_room *at = link->rooms[link->hello_room % (size_t)node->room_count];
        if (only && at->room != only) {
            link->hello_room++;
            continue;
        }
        const struct wire_room room = {
            .tag = at->room->tag,
            .vector_digest = vector_digest(node, link, at),
            .roster_digest = exchange_roster_digest(node, link, at),
            .name = roster_room_name(&node->roster, at->room->tag),
        };
        if (!wire_add_room(rooms, &room))
            return;
        link->hello_room++;
    }
}

/* Who forwards has no base to wait for. */
static bool is_joining(const struct node *node, const struct link *link)
{
    return !node->config.forwards && !joined_on(link, room_own(node));
}

void presence_hello(struct node *node, struct link *link, const struct answer_due *answer, enum reach reach)
{
    struct wire_builder rooms, exceptions, pairs;
    size_t most = answer ? answer->octets : WIRE_DATAGRAM_MAX;
    size_t left = most > HELLO_FIXED_MOST ? most - HELLO_FIXED_MOST : 0;
    uint64_t interval = hello_interval(node, link);

    wire_builder_init(&rooms, least(ROOMS_OCTETS, left));
    add_rooms(node, link, answer ? answer->room : NULL, &rooms);
    left -= rooms.length;
    wire_builder_init(&exceptions, least(EXCEPTIONS_OCTETS, left / 2));
    uint8_t hears = paths_hears(node, link, &exceptions);
    wire_builder_init(&pairs, left - exceptions.length);
    add_pairs(node, link, answer, &pairs);
    const struct wire_record hello = {
        .type = WIRE_HELLO,
        .flags = is_joining(node, link) ? WIRE_JOINING : 0,
        .hello = {.stamp = node->stamp,
                  .version = node->self.peer->version,
                  .highest = own_next(&node->self) - 1,
                  .interval_ms = (uint32_t)(interval / 1000),
                  .echo = answer ? answer->echo : 0,
                  .role = (uint8_t)node->config.role,
                  .hears = hears,
                  .nick = span_of_nick(node),
                  .rooms = wire_built(&rooms),
                  .pairs = wire_built(&pairs),
                  .exceptions = wire_built(&exceptions)},
    };
    bool sent =
        answer ? link_send(node, link, &hello, &answer->to) : link_send_all(node, link, &hello, reach);
    if (sent)
        remember_hello(node, link);
    if (answer)
        return;
    link->hello_at_us = now_of(node) + interval;
    link->hello_change = node->changes;
}

void presence_announce(struct node *node, struct link *link)
{
    link->spoke = true;
    link->quick_at_us = now_of(node);
    link->quick_step_us = node->timing.hello_quick_us;
}

void presence_announce_everywhere(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        presence_announce(node, link);
}

/* A connection loses nothing that hellos would have to show. */
void presence_spoke(struct node *node, struct link *link)
{
    if (link->kind == NODE_CONNECTION)
        return;
    link->spoke = true;
    link->quick_step_us = node->timing.hello_quick_us;
    link->quick_at_us = now_of(node) + link->quick_step_us;
}

/* Two interfaces are no longer one LAN when our hellos have not crossed for three intervals. */
static void part_segments(struct node *node, struct link *link)
{
    uint64_t patience = INTERVALS_SUSPECTED * hello_mean(node, link);

    for (int i = 0; i < NODE_LINKS_MAX; i++) {
        struct link *other = node->links[i];
        if (i == link->index || !other || !(link->segment & LINK_BIT(i)))
            continue;
        uint64_t heard = link->own_heard_us[i] > other->own_heard_us[link->index]
                             ? link->own_heard_us[i]
                             : other->own_heard_us[link->index];
        if (heard + patience > now_of(node))
            continue;
        link->segment &= ~LINK_BIT(i);
        other->segment &= ~LINK_BIT(link->index);
        segments_moved(node);
    }
}

void hello_met(struct node *node, struct link *link)
{
    if (link->alone == 0)
        return;
    link->alone = 0;
    link->hello_at_us =
        least(link->hello_at_us, now_of(node) + random_below(node, node->timing.hello_least_us));
    for (int i = 0; i < NODE_LINKS_MAX; i++)
        if (link->segment & LINK_BIT(i))
            link->own_heard_us[i] = now_of(node); /* the intervals were longer so far */
}

/* After the quick hello that is due: the next one, or none when the regular one comes before. */
static void thin_out(struct node *node, struct link *link)
{
    link->quick_step_us *= QUICK_FACTOR;
    link->quick_at_us = now_of(node) + link->quick_step_us;
    if (link->quick_at_us >= link->hello_at_us || link->quick_step_us > node->timing.hello_least_us)
        link->quick_at_us = NEVER;
}

/* Once after talk, and while that goes on, a hello goes out on every path, and now and then at rest: a path
 * that failed since shows. */
void hello_tick(struct node *node, struct link *link)
{
    if (!link_usable(link) || node->leaving)
        return;
    bool quick = link->quick_at_us <= now_of(node);
    if (!quick && link->hello_at_us > now_of(node))
        return;
    bool first = quick && link->quick_step_us == node->timing.hello_quick_us;
    bool every = (link->spoke && !first) || (!quick && ++link->regulars >= EVERY_NTH);
    link->alone += !quick && link->heard_us == 0;
    part_segments(node, link);
    presence_hello(node, link, NULL, every ? REACH_EVERY : REACH_HELLO);
    paths_tick(node, link);
    if (every) {
        if (link->spoke)
            pace_tell_last(node, link);
        link->spoke = false;
        link->regulars = 0;
    }
    if (quick)
        thin_out(node, link);
}
