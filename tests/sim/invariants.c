#include "invariants.h"

#include <inttypes.h>
#include <string.h>

#include "hash.h"
#include "memory.h"
#include "peek.h"

#define STAYS_US                                                                                             \
    (40 * NET_S)             /* who is there so long after something was said hears of it, or of its loss    \
                              */
#define JOINS_US (3 * NET_S) /* who forwards is found by then */

static struct sim_record *record_of(struct sim *sim, uint64_t origin, uint32_t number)
{
    uint64_t index = table_get(&sim->by_number, origin, number);

    return index > 0 ? &sim->records[index - 1] : NULL;
}

static void mark(uint64_t *set, int node)
{
    set[node / 64] |= UINT64_C(1) << node % 64;
}

static bool marked(const uint64_t *set, int node)
{
    return set[node / 64] >> node % 64 & 1;
}

/* What is sent: where a record is put, and by whom. */

/* True if it was put on the segment before. */
static bool see_message(struct sim *sim, const struct net_datagram *datagram,
                        const struct wire_message *message)
{
    struct sim_record *record = record_of(sim, message->origin, message->number);
    const struct sim_node *node = &sim->nodes[datagram->node];
    uint64_t bit = UINT64_C(1) << datagram->segment;

    if (!record)
        return false;
    bool known = record->segments & bit;
    bool named = table_get(&sim->named, message->origin, (uint64_t)datagram->segment) >= message->number;
    if (!sim->attack && record->node != datagram->node && !node->forwards && !known && !named)
        sim_fail(sim, 2,
                 "n%d forwards nothing, and puts %016" PRIx64 ":%u on segment %d, where it was not said",
                 datagram->node, message->origin, message->number, datagram->segment);
    record->segments |= bit;
    return known;
}

static void see_summary(struct sim *sim, const struct net_datagram *datagram,
                        const struct wire_summary *summary)
{
    struct wire_list vectors = summary->vectors;
    struct wire_vector vector;

    while (wire_next_vector(&vectors, &vector)) {
        uint64_t *highest = table_at(&sim->named, vector.origin, (uint64_t)datagram->segment);
        if (*highest < vector.highest)
            *highest = vector.highest;
    }
}

void invariants_see(struct sim *sim, const struct net_datagram *datagram)
{
    struct wire_datagram open;
    struct wire_record record;

    sim->repair = false;
    if (datagram->segment < 0 || !wire_open(&open, datagram->bytes, datagram->length))
        return;
    sim->segment_datagrams[datagram->segment]++;
    while (wire_next(&open, &record)) {
        if (record.type == WIRE_MESSAGE)
            sim->repair |= see_message(sim, datagram, &record.message);
        else if (record.type == WIRE_SUMMARY)
            see_summary(sim, datagram, &record.summary);
    }
}

/* What is told: invariant 1. */

/* With a stranger about, what is shown may be his; only who has shown what is kept. */
static void judge_message(struct sim *sim, int node, const struct node_event *event,
                          const struct sim_record *record)
{
    if (!record || !record->first)
        sim_fail(sim, 1, "n%d shows %016" PRIx64 ":%u, which nobody said", node, event->id, event->first);
    else if (record->last != event->last || record->length != event->text.length ||
             record->hash != hash_bytes(event->text.bytes, event->text.length))
        sim_fail(sim, 1, "n%d shows %016" PRIx64 ":%u-%u with %zu octets; said were %u-%u with %zu octets",
                 node, event->id, event->first, event->last, event->text.length, event->first, record->last,
                 record->length);
    else if (record->room != sim->nodes[node].room && !sim->nodes[node].forwards)
        sim_fail(sim, 1, "n%d shows %016" PRIx64 ":%u of another room", node, event->id, event->first);
}

static void told_message(struct sim *sim, int node, const struct node_event *event)
{
    struct sim_record *record = record_of(sim, event->id, event->first);

    if (!sim->attack)
        judge_message(sim, node, event, record);
    for (uint32_t number = event->first; record && number <= event->last; number++)
        if ((record = record_of(sim, event->id, number)))
            mark(record->shown, node);
}

/* What was said before it was ready may be lost to it: of a text that lies half under its base, say. */
static void told_lost(struct sim *sim, int node, const struct node_event *event)
{
    sim->lost += event->last - event->first + 1;
    for (uint32_t number = event->first; number <= event->last; number++) {
        struct sim_record *record = record_of(sim, event->id, number);
        if (!record) {
            if (!sim->attack)
                sim_fail(sim, 2, "n%d lost %016" PRIx64 ":%u, which nobody said", node, event->id, number);
            return;
        }
        mark(record->lost, node);
        if (sim->gentle && record->at_us > sim->nodes[node].ready_us)
            sim_fail(sim, 2, "n%d lost %016" PRIx64 ":%u, though little was lost on the way and all stayed",
                     node, event->id, number);
    }
}

void invariants_told(struct sim *sim, int node, const struct node_event *event)
{
    if (event->type != NODE_MESSAGE && event->type != NODE_LOST)
        return;
    uint64_t *last = table_at(&sim->cursors, (uint64_t)node, event->id);
    if (event->first <= *last)
        sim_fail(sim, 1, "n%d %s %016" PRIx64 ":%u-%u after number %" PRIu64, node,
                 event->type == NODE_LOST ? "reports lost" : "shows", event->id, event->first, event->last,
                 *last);
    *last = event->last;
    if (event->type == NODE_MESSAGE)
        told_message(sim, node, event);
    else
        told_lost(sim, node, event);
}

/* Who is joined with whom: invariant 2. */

/* The node stays whole from a moment on, for long enough. */
static bool is_steady(const struct sim *sim, int node, uint64_t at_us)
{
    const struct sim_node *of = &sim->nodes[node];

    return of->born_us <= at_us && of->trouble_us < at_us &&
           (of->left_us == SIM_NEVER || of->left_us > at_us + STAYS_US);
}

static bool passes_on(const struct sim *sim, int node, uint64_t at_us)
{
    return sim->nodes[node].forwards && is_steady(sim, node, at_us) &&
           sim->nodes[node].ready_us < SIM_NEVER - JOINS_US && sim->nodes[node].ready_us + JOINS_US < at_us;
}

/* Places that a record reaches: segments as a set, and nodes. */
struct reach {
    uint64_t segments;
    bool nodes[SIM_NODES_MAX];
};

/* Spreads over connections that held since; true if that brought something new. */
static bool spread_connections(const struct sim *sim, struct reach *reach, uint64_t at_us)
{
    bool more = false;

    for (int i = 0; i < sim->net->connection_count; i++) {
        int a = sim->net->connections[i].ends[0].node, b = sim->net->connections[i].ends[1].node;
        if (sim->connection_trouble_us[i] >= at_us || reach->nodes[a] == reach->nodes[b] ||
            !passes_on(sim, a, at_us) || !passes_on(sim, b, at_us))
            continue;
        reach->nodes[a] = reach->nodes[b] = more = true;
    }
    return more;
}

static void find_reach(const struct sim *sim, int from, uint64_t at_us, struct reach *reach)
{
    *reach = (struct reach){.segments = sim->nodes[from].segments};
    reach->nodes[from] = true;
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < sim->net->node_count; i++) {
            if (!reach->nodes[i] && (sim->nodes[i].segments & reach->segments) && is_steady(sim, i, at_us))
                more = reach->nodes[i] = true;
            if (reach->nodes[i] && passes_on(sim, i, at_us))
                reach->segments |= sim->nodes[i].segments;
        }
        more |= spread_connections(sim, reach, at_us);
    }
}

/* A record of a speaker that is whole: who is joined with it, and was ready, has shown it or knows its loss.
 */
static void judge_record(struct sim *sim, const struct sim_record *record)
{
    struct reach reach;

    if (!is_steady(sim, record->node, record->at_us))
        return;
    find_reach(sim, record->node, record->at_us, &reach);
    for (int i = 0; i < sim->net->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        if (i == record->node || !reach.nodes[i] || node->forwards || node->ready_us >= record->at_us ||
            node->room != record->room)
            continue;
        if (marked(record->shown, i) || marked(record->lost, i))
            continue;
        sim_fail(sim, 2, "n%d neither shows %016" PRIx64 ":%u, said by n%d at %.6f s, nor reports it lost", i,
                 record->origin, record->number, record->node, (double)record->at_us / 1e6);
        return;
    }
}

void invariants_shown(struct sim *sim)
{
    for (size_t i = 0; i < sim->record_count && !sim->attack && sim->failure.invariant == 0; i++)
        judge_record(sim, &sim->records[i]);
}

#define KNOWN_US (5 * NET_S) /* who is ready so long is in every roster */

void invariants_confirmed(struct sim *sim, int speaker)
{
    const struct sim_node *of = &sim->nodes[speaker];

    for (int i = 0; i < sim->net->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        if (i == speaker || !sim_alive(sim, i) || node->room != of->room || node->forwards ||
            !(node->segments & of->segments) || node->ready_us > SIM_NEVER - KNOWN_US ||
            node->ready_us + KNOWN_US > of->born_us)
            continue;
        const struct sim_record *record = record_of(sim, of->id, of->said);
        if (record && !marked(record->shown, i))
            sim_fail(sim, 2, "n%d is told that all have its number %u, and n%d has not shown it", speaker,
                     of->said, i);
    }
}

#define ALONE_US (300 * NET_MS)

/* What was said so shortly before somebody came, or while he joined, may be history to him or not. */
#define BLURRED_US (1 * NET_S)

/* Somebody who was there when a node came, and still is, stores a record: he could have told it. */
static bool could_be_told(const struct sim *sim, int index, const struct sim_record *record)
{
    const struct sim_node *node = &sim->nodes[index];
    uint64_t origin;
    uint32_t number;

    for (int other = 0; other < sim->net->node_count; other++) {
        const struct sim_node *of = &sim->nodes[other];
        if (other == index || !sim->net->nodes[other].node || of->ready_us > node->born_us ||
            !(of->segments & node->segments))
            continue;
        for (size_t i = 0; peek_stored(sim->net->nodes[other].node, node->room, i, &origin, &number); i++)
            if (origin == record->origin && number == record->number)
                return true;
    }
    return false;
}

static void judge_history(struct sim *sim, int index)
{
    const struct sim_node *node = &sim->nodes[index];
    size_t said = 0, shown = 0;

    if (node->ready_us - node->born_us >= ALONE_US) /* it heard nobody: something was still wrong then */
        return;
    for (size_t i = 0; i < sim->record_count; i++) {
        const struct sim_record *record = &sim->records[i];
        if (!record->first || record->room != node->room ||
            !(sim->nodes[record->node].segments & node->segments) || record->at_us > node->ready_us)
            continue;
        if (record->at_us + BLURRED_US > node->born_us)
            return;
        shown += marked(record->shown, index);
        said += marked(record->shown, index) || could_be_told(sim, index, record);
    }
    size_t wanted = node->history < said ? node->history : said;
    /* More than it wanted is what he lacked himself who gave it its base: nobody can know how old that is. */
    if (shown < wanted)
        sim_fail(sim, 2, "n%d shows %zu of %zu messages that were said before it came, and wanted %u", index,
                 shown, said, node->history);
}

/* Where forwarders are, what a segment has of another is not known here. Who came when nobody was there that
 * had stayed gets nothing. */
void invariants_history(struct sim *sim)
{
    for (int i = 0; i < sim->net->node_count; i++)
        if (sim->nodes[i].forwards || !(sim->options.with & SIM_HISTORY))
            return;
    for (int i = 0; i < sim->net->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        if (node->ready_us != SIM_NEVER)
            judge_history(sim, i);
    }
}

/* Agreement: invariant 3. */

/* What is joined now has the same root. Segments come first, then nodes. */
struct islands {
    int root[NET_SEGMENTS_MAX + SIM_NODES_MAX];
};

static int root_of(struct islands *islands, int at)
{
    while (islands->root[at] != at)
        at = islands->root[at] = islands->root[islands->root[at]];
    return at;
}

static void find_islands(const struct sim *sim, struct islands *islands)
{
    for (int i = 0; i < NET_SEGMENTS_MAX + SIM_NODES_MAX; i++)
        islands->root[i] = i;
    for (int i = 0; i < sim->net->node_count; i++) {
        const struct net_node *node = &sim->net->nodes[i];
        for (int link = 0; sim->nodes[i].forwards && node->node && link < node->plug_count; link++)
            if (node->plugs[link].segment >= 0)
                islands->root[root_of(islands, node->plugs[link].segment)] =
                    root_of(islands, NET_SEGMENTS_MAX + i);
    }
    for (int i = 0; i < sim->net->connection_count; i++)
        if (sim->net->connections[i].up)
            islands->root[root_of(islands, NET_SEGMENTS_MAX + sim->net->connections[i].ends[0].node)] =
                root_of(islands, NET_SEGMENTS_MAX + sim->net->connections[i].ends[1].node);
}

static int island_of(const struct sim *sim, struct islands *islands, int node, int link)
{
    const struct net_plug *plug = &sim->net->nodes[node].plugs[link];

    if (plug->segment >= 0 && !sim->nodes[node].forwards)
        return root_of(islands, plug->segment);
    return root_of(islands, NET_SEGMENTS_MAX + node);
}

/* Of an island and a room: the first node and link there, which all others are compared with. */
struct view {
    int island, node, link;
    uint64_t room;
    size_t members; /* nodes that are there */
    int last;       /* the last of them */
};

#define VIEWS_MAX (2 * NET_SEGMENTS_MAX)

struct views {
    struct view of[VIEWS_MAX];
    size_t count;
};

static struct view *view_of(struct views *views, int island, uint64_t room, int node, int link)
{
    for (size_t i = 0; i < views->count; i++)
        if (views->of[i].island == island && views->of[i].room == room)
            return &views->of[i];
    if (views->count == VIEWS_MAX)
        return &views->of[0];
    views->of[views->count] = (struct view){island, node, link, room, 0, -1};
    return &views->of[views->count++];
}

static void complain_of_roster(struct sim *sim, const struct view *view, int node, int link)
{
    const struct node *one = sim->net->nodes[view->node].node, *other = sim->net->nodes[node].node;

    for (int i = 0; i < sim->net->node_count; i++) {
        uint64_t id = sim->nodes[i].id;
        uint64_t expected = peek_version(one, view->room, view->link, id);
        uint64_t seen = peek_version(other, view->room, link, id);
        if (expected != seen)
            sim_fail(sim, 3,
                     "rosters differ: n%d (%016" PRIx64 ") has version %" PRId64 " at n%d and %" PRId64
                     " at n%d on its link %d (-1: not there)",
                     i, id, (int64_t)expected - 1, view->node, (int64_t)seen - 1, node, link);
    }
    sim_fail(sim, 3, "rosters of n%d and n%d differ in an id that was changed", view->node, node);
}

static void complain_of_vector(struct sim *sim, const struct view *view, int node, int link)
{
    const struct node *one = sim->net->nodes[view->node].node, *other = sim->net->nodes[node].node;

    for (size_t i = 0; i < sim->record_count; i++) {
        uint64_t origin = sim->records[i].origin;
        uint32_t expected = peek_highest(one, view->room, origin);
        uint32_t seen = peek_highest(other, view->room, origin);
        if (expected != seen)
            sim_fail(sim, 3, "vectors differ: of n%d (%016" PRIx64 ") n%d has %u, n%d has %u on its link %d",
                     sim->records[i].node, origin, view->node, expected, node, seen, link);
    }
    sim_fail(sim, 3, "vectors of n%d and n%d (on its link %d) differ, not in what is seen on all links",
             view->node, node, link);
}

static bool agrees(struct sim *sim, const struct view *view, int node, int link, bool judge)
{
    struct node *one = sim->net->nodes[view->node].node, *other = sim->net->nodes[node].node;

    if (peek_roster(one, view->room, view->link) != peek_roster(other, view->room, link)) {
        if (judge)
            complain_of_roster(sim, view, node, link);
        return false;
    }
    if (!(sim->options.with & SIM_VECTORS) && !sim->gentle)
        return true;
    if (peek_vector(one, view->room, view->link) == peek_vector(other, view->room, link))
        return true;
    if (judge)
        complain_of_vector(sim, view, node, link);
    return false;
}

/* Calls nothing twice for a node that has two links in one island. */
static bool compare(struct sim *sim, struct views *views, struct islands *islands, bool judge)
{
    for (int i = 0; i < sim->net->node_count; i++) {
        const struct net_node *node = &sim->net->nodes[i];
        for (int link = 0; node->node && link < node->plug_count; link++) {
            if (node->plugs[link].segment < 0 && node->plugs[link].connection == 0)
                continue;
            struct view *view = view_of(views, island_of(sim, islands, i, link), sim->nodes[i].room, i, link);
            view->members += view->last != i && !sim->nodes[i].forwards;
            view->last = i;
            if (!agrees(sim, view, i, link, judge))
                return false;
        }
    }
    return true;
}

/* What a node stores, one other counts as seen (and so do all, when their vectors are the same). */
static bool is_seen(struct sim *sim, int from, const struct view *view, bool judge)
{
    const struct node *one = sim->net->nodes[from].node, *other = sim->net->nodes[view->node].node;
    uint64_t origin;
    uint32_t number;

    for (size_t at = 0; peek_stored(one, view->room, at, &origin, &number); at++) {
        if (node_id(other) == origin || peek_highest(other, view->room, origin) >= number)
            continue;
        if (judge)
            sim_fail(sim, 3, "n%d stores %016" PRIx64 ":%u, n%d has seen it up to %u", from, origin, number,
                     view->node, peek_highest(other, view->room, origin));
        return false;
    }
    return true;
}

static bool stores_are_seen(struct sim *sim, const struct view *view, bool judge)
{
    for (int i = 0; i < sim->net->node_count; i++)
        if (sim->net->nodes[i].node && sim->nodes[i].room == view->room && !is_seen(sim, i, view, judge))
            return false;
    return true;
}

/* Guests are where their host is. */
static void count_guests(const struct sim *sim, struct views *views, struct islands *islands)
{
    for (int i = 0; i < sim->guest_count; i++) {
        const struct sim_guest *guest = &sim->guests[i];
        int island = root_of(islands, NET_SEGMENTS_MAX + guest->host);
        for (size_t at = 0; guest->is && at < views->count; at++)
            views->of[at].members += views->of[at].island == island && views->of[at].room == guest->room;
    }
}

bool invariants_agree(struct sim *sim, bool judge)
{
    struct islands islands;
    struct views views = {.count = 0};

    find_islands(sim, &islands);
    if (!compare(sim, &views, &islands, judge))
        return false;
    count_guests(sim, &views, &islands);
    for (size_t i = 0; i < views.count; i++) {
        const struct view *view = &views.of[i];
        size_t here = peek_here(sim->net->nodes[view->node].node, view->room, view->link);
        if (here == view->members)
            continue;
        if (judge)
            sim_fail(sim, 3, "n%d has %zu in its roster where %zu are, after %.0f s of quiet", view->node,
                     here, view->members, (double)(sim->net->now_us - sim->talk_ends_us) / 1e6);
        return false;
    }
    if ((sim->options.with & SIM_VECTORS) && views.count == 1)
        return stores_are_seen(sim, &views.of[0], judge);
    return true;
}

/* Rest: invariant 4. */

void invariants_rest_begin(struct sim *sim)
{
    memset(sim->segment_datagrams, 0, sizeof sim->segment_datagrams);
}

/* A hello each 5 s and path from each node, a third more with jitter, at most 10 a second; and some slack. Of
 * who is alone also on the reserves. */
void invariants_rest_end(struct sim *sim, uint64_t window_us)
{
    for (int i = 0; i < sim->net->segment_count; i++) {
        double nodes = (double)sim->net->segments[i].plug_count;
        double paths = sim->net->segments[i].plug_count > 1 ? 2 : 4;
        double rate = paths * nodes / 5 < 10 ? paths * nodes / 5 : 10;
        double most = rate * 4 / 3 * (double)window_us / 1e6 + 4 * nodes;
        if ((double)sim->segment_datagrams[i] > most)
            sim_fail(sim, 4, "%" PRIu64 " datagrams on segment %d in %.0f s of rest, at most %.0f expected",
                     sim->segment_datagrams[i], i, (double)window_us / 1e6, most);
    }
}

/* Budgets: invariant 5. */

#define MEMORY_FIXED     (6L * 1024 * 1024)
#define DATAGRAMS_SECOND 3000
#define OCTETS_SECOND    (2u * 1024 * 1024)

void invariants_budgets(struct sim *sim)
{
    for (int i = 0; i < sim->net->node_count; i++) {
        const struct net_node *node = &sim->net->nodes[i];
        struct sim_node *of = &sim->nodes[i];
        uint64_t sent = node->sent - of->sent_before, octets = node->sent_octets - of->octets_before;
        of->sent_before = node->sent;
        of->octets_before = node->sent_octets;
        if (node->octets > MEMORY_FIXED + 3 * (long)sim->net->store_octets)
            sim_fail(sim, 5, "n%d holds %ld octets of memory", i, node->octets);
        if (sim->attack && (sent > DATAGRAMS_SECOND || octets > OCTETS_SECOND))
            sim_fail(sim, 5, "n%d sends %" PRIu64 " datagrams of %" PRIu64 " octets in a second", i, sent,
                     octets);
    }
}
