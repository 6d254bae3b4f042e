/* The vector (lanchat(7), "Healing"): of each origin of a room, the number up to which all was shown, stored
 * or given up. Who does not forward has one for each segment, of what was heard there. It counts the origins
 * with the latest stamps; what is older is not asked for any more. */
#include "hash.h"
#include "state.h"

#define VECTOR_MOST 1024

static bool counts(const struct node *node, const struct link *link, const struct link_room *at,
                   const struct stream *stream)
{
    return stream->room == at->room && (node->config.forwards || (stream->links & link->segment)) &&
           vector_highest(node, link, stream) > 0;
}

uint32_t vector_highest(const struct node *node, const struct link *link, const struct stream *stream)
{
    uint32_t highest = stream->next - 1;

    if (node->config.forwards || stream->ours) /* how far back it goes is not known at first */
        return stream->joining < 0 ? highest : 0;
    uint32_t seen = stream_seen(stream, link->segment);
    return seen < highest ? seen : highest;
}

static bool is_below(const struct link_room *at, uint64_t stamp, uint64_t origin)
{
    return stamp < at->horizon_stamp || (stamp == at->horizon_stamp && origin < at->horizon_id);
}

/* How many streams have a stamp, or with that stamp an id, of at least these. */
static size_t count_above(const struct node *node, const struct link *link, const struct link_room *at,
                          uint64_t stamp, uint64_t id)
{
    size_t count = 0;

    for (size_t i = 0; i < node->streams.count; i++) {
        const struct stream *stream = node->streams.slots[i].value;
        if (counts(node, link, at, stream) &&
            (stream->stamp > stamp || (stream->stamp == stamp && stream->origin >= id)))
            count++;
    }
    return count;
}

/* The highest stamp, and then the highest id, that leaves enough above; found bit by bit. */
static void find_horizon(const struct node *node, const struct link *link, struct link_room *at)
{
    uint64_t stamp = 0, id = 0;

    at->horizon_stamp = at->horizon_id = 0;
    if (at->room->stream_count <= VECTOR_MOST || count_above(node, link, at, 0, 0) <= VECTOR_MOST)
        return;
    for (uint64_t bit = UINT64_C(1) << 63; bit > 0; bit >>= 1)
        if (count_above(node, link, at, stamp | bit, 0) >= VECTOR_MOST)
            stamp |= bit;
    for (uint64_t bit = UINT64_C(1) << 63; bit > 0; bit >>= 1)
        if (count_above(node, link, at, stamp, id | bit) >= VECTOR_MOST)
            id |= bit;
    at->horizon_stamp = stamp;
    at->horizon_id = id;
}

/* Taken anew when something has moved. */
static void refresh(struct node *node, const struct link *link, struct link_room *at)
{
    if (at->vector_moves == at->room->moves + 1)
        return;
    at->vector_moves = at->room->moves + 1;
    at->vector_digest = 0;
    find_horizon(node, link, at);
    for (size_t i = 0; i < node->streams.count; i++) {
        const struct stream *stream = node->streams.slots[i].value;
        if (counts(node, link, at, stream) && !is_below(at, stream->stamp, stream->origin))
            at->vector_digest += hash_pair(stream->origin, vector_highest(node, link, stream));
    }
}

uint64_t vector_digest(struct node *node, const struct link *link, struct link_room *at)
{
    refresh(node, link, at);
    return at->vector_digest;
}

bool vector_is_below(struct node *node, const struct link *link, struct link_room *at, uint64_t stamp,
                     uint64_t origin)
{
    refresh(node, link, at);
    return is_below(at, stamp, origin);
}

/* Found in the store, as numbers may be far apart. */
uint32_t vector_stored_from(const struct stream *stream, uint32_t from, uint32_t end)
{
    const struct store *store = &stream->room->store;
    const struct stored *stored;
    uint32_t lowest = end;

    for (uint32_t i = 0; (stored = store_at(store, i)); i++)
        if (stored->origin == stream->origin && stored->number >= from && stored->number < lowest)
            lowest = stored->number;
    return lowest;
}

/* Nothing below `lowest` is stored, so it only goes up but for what is stored late. */
uint32_t vector_lowest(struct stream *stream)
{
    const struct store *store = &stream->room->store;
    uint32_t steps = 0;

    while (stream->lowest < stream->next && !store_get(store, stream->origin, stream->lowest)) {
        stream->lowest++;
        if (steps++ == store->count)
            stream->lowest = vector_stored_from(stream, stream->lowest, stream->next);
    }
    return stream->lowest < stream->next ? stream->lowest : 0;
}

uint64_t vector_page(struct node *node, const struct link *link, struct link_room *at, uint64_t from,
                     struct wire_builder *entries)
{
    refresh(node, link, at);
    for (size_t i = idmap_from(&node->streams, from); i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (!counts(node, link, at, stream) || is_below(at, stream->stamp, stream->origin))
            continue;
        const struct wire_vector entry = {stream->origin, vector_highest(node, link, stream), stream->stamp,
                                          vector_lowest(stream)};
        if (!wire_add_vector(entries, &entry))
            return stream->origin - 1;
    }
    return UINT64_MAX;
}

/* Of what a page covers, something that we have and it lacks. */
static bool is_ahead(const struct node *node, const struct link *link, const struct link_room *at,
                     uint64_t after, uint64_t before)
{
    for (size_t i = idmap_from(&node->streams, after); i < node->streams.count; i++) {
        const struct stream *stream = node->streams.slots[i].value;
        if (stream->origin >= before)
            return false;
        if (counts(node, link, at, stream) && !is_below(at, stream->stamp, stream->origin))
            return true;
    }
    return false;
}

/* Where a stream begins that is not known. Who joins takes the vector for what was said before he came; who
 * catches up wants of that what is stored; what is heard of later was said since, and all of it is wanted. */
static uint32_t base_of(const struct arrival *arrival, const struct link_room *at,
                        const struct wire_vector *entry)
{
    if (joined_on(arrival->link, at->room))
        return 0;
    if (!speech_catches_up(arrival->node, arrival->link, at->room) || entry->lowest == 0)
        return entry->highest;
    return entry->lowest - 1;
}

static void learn(const struct arrival *arrival, struct link_room *at, const struct wire_vector *entry,
                  struct stream *stream)
{
    struct node *node = arrival->node;
    bool joins = !joined_on(arrival->link, at->room) && !speech_catches_up(node, arrival->link, at->room);

    if (!stream && vector_is_below(node, arrival->link, at, entry->stamp, entry->origin))
        return;
    uint32_t base = stream ? stream->base : 0;
    uint32_t unseen = stream && joins ? stream_rebase(stream, entry->highest) : 0;
    if (stream && stream->base != base)
        at->room->moves++;
    if (node->config.history == 0 && unseen > 0)
        stream->lost += unseen; /* the speaker should not take it for shown */
    speech_learn(arrival, at->room, entry->origin, entry->highest, base_of(arrival, at, entry));
}

/* From where on there is something to be had. */
static void note_stored(const struct arrival *arrival, const struct wire_vector *entry, struct stream *stream)
{
    uint32_t lowest = entry->lowest > 0 ? entry->lowest : entry->highest + 1;
    uint64_t sender = arrival->header->sender;

    if (!stream)
        return;
    if (stream->stored_from == 0 || stream->stored_by == sender || lowest < stream->stored_from)
        stream->stored_from = lowest;
    stream->stored_by = sender;
}

static void apply(const struct arrival *arrival, struct link_room *at, const struct wire_vector *entry,
                  struct vector_news *news)
{
    struct node *node = arrival->node;
    struct stream *stream = idmap_get(&node->streams, entry->origin);
    struct node_guest *own = own_of(node, entry->origin);

    if (own) {
        own_number(node, own, entry->highest);
        news->ahead |= entry->origin == own->peer->id && entry->highest < own_next(own) - 1;
        return;
    }
    if (entry->lowest > 0 && entry->lowest <= entry->highest)
        news->stored += entry->highest - entry->lowest + 1;
    note_stored(arrival, entry, stream);
    uint32_t ours = stream ? vector_highest(node, arrival->link, stream) : 0;
    news->behind |= ours < entry->highest;
    news->ahead |= ours > entry->highest;
    learn(arrival, at, entry, stream);
    if (!stream)
        stream = idmap_get(&node->streams, entry->origin);
    if (stream && stream->room == at->room && stream->stamp < entry->stamp &&
        entry->highest >= stream->next - 1 && !stamp_is_ahead(entry->stamp)) {
        stream->stamp = entry->stamp;
        at->room->moves++;
    }
}

struct vector_news vector_apply(const struct arrival *arrival, struct link_room *at,
                                const struct wire_summary *page)
{
    struct node *node = arrival->node;
    struct wire_list entries = page->vectors;
    struct wire_vector entry;
    struct vector_news news = {0};
    uint64_t after = page->first;

    while (wire_next_vector(&entries, &entry)) {
        if (entry.origin < after || entry.highest == 0 || entry.highest == UINT32_MAX)
            continue;
        news.ahead = news.ahead || is_ahead(node, arrival->link, at, after, entry.origin);
        apply(arrival, at, &entry, &news);
        after = entry.origin + 1;
        if (after == 0)
            return news;
    }
    news.ahead = news.ahead || is_ahead(node, arrival->link, at, after, page->last);
    return news;
}
