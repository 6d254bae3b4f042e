/* On which of its paths what goes to a segment goes out (lanchat(7), "Paths"). Each node's hellos say on
 * which paths it hears others, and whom it does not hear there; so everybody knows how few paths reach all.
 * Whoever has not said so yet, or is not reached on any path, is a reason to use all of them. */
#include <string.h>

#include "hash.h"
#include "state.h"

#define BIT(path)      (1u << (path))
#define RESERVES       (BIT(WIRE_PATH_BROADCAST) | BIT(WIRE_PATH_NODES6)) /* they are used together */
#define SETS           (1u << WIRE_PATHS)
#define MISSED         3  /* hellos running that did not come on a path: its sender is an exception */
#define ASKED_FOR_ECHO 2  /* prompts for his echo to whom no path reaches */
#define EXCEPTIONS     32 /* in a hello */
#define ECHO_PAUSE_US  UINT64_C(20000)    /* between prompts to who insists */
#define ECHO_LATE_US   UINT64_C(1000000)  /* then another may take the place of who did not send it */
#define STALE_US       UINT64_C(60000000) /* who is heard elsewhere and was not here for so long has left */

void paths_moved(struct node *node)
{
    node->paths_moves++;
}

/* What a peer hears, and how it is heard: one for each segment. */

static struct hearing *hearing_on(struct peer *peer, const struct link *link)
{
    for (size_t i = 0; i < HEARINGS; i++)
        if (peer->hearings[i].at_us > 0 && (link->segment & LINK_BIT(peer->hearings[i].link)))
            return &peer->hearings[i];
    return NULL;
}

/* The one that there is, or a new one in the place of the oldest. */
static struct hearing *hearing_for(struct node *node, struct peer *peer, const struct link *link)
{
    struct hearing *hearing = hearing_on(peer, link), *oldest = &peer->hearings[0];

    if (hearing)
        return hearing;
    for (size_t i = 1; i < HEARINGS; i++)
        if (peer->hearings[i].at_us < oldest->at_us)
            oldest = &peer->hearings[i];
    *oldest = (struct hearing){.link = link->index, .at_us = now_of(node)};
    return oldest;
}

/* A hello goes out on all paths but the reserves, or on these, too. */
static bool should_have_come(const struct hearing *hearing, int path)
{
    return hearing->seen != 0 && (!(RESERVES & BIT(path)) || (hearing->seen & RESERVES));
}

/* A new hello begins: on which paths the one before did not come is known now. */
static void begin_round(struct hearing *hearing, uint64_t hello)
{
    for (int path = 0; path < SHARED_PATHS; path++)
        if (should_have_come(hearing, path) && !(hearing->seen & BIT(path)) && hearing->missed[path] < MISSED)
            hearing->missed[path]++;
    hearing->hello = hello;
    hearing->seen = 0;
}

/* The paths on which the sender of a hello hears us. */
static uint8_t covers(const struct node *node, const struct wire_hello *hello)
{
    struct wire_list exceptions = hello->exceptions;
    struct wire_exception exception;
    uint8_t paths = hello->hears;

    while (wire_next_exception(&exceptions, &exception))
        if (exception.id == node->id)
            paths &= (uint8_t)~exception.paths;
    return paths;
}

static bool is_recent(struct node *node, const struct link *link, uint64_t at_us)
{
    return at_us > 0 && now_of(node) - at_us < INTERVALS_SUSPECTED * hello_mean(node, link);
}

/* The copy for a node, or NULL: it has none. */
static struct copy *find_copy(struct node *node, const struct link *link, uint64_t id)
{
    for (size_t i = 0; i < COPIES_MAX; i++)
        if (node->copies[i].id == id && node->copies[i].link == link->index)
            return &node->copies[i];
    return NULL;
}

/* It has shown not long ago whose it is. */
static bool is_proved(struct node *node, const struct link *link, const struct copy *copy)
{
    return is_recent(node, link, copy->proved_us);
}

/* Who hears nothing but copies has not heard a hello of ours yet. */
static void greet(struct node *node, struct link *link, const struct copy *copy)
{
    const struct answer_due hello = {.to = copy->to, .octets = WIRE_DATAGRAM_MAX};

    presence_hello(node, link, &hello, REACH_FEWEST);
}

static void note_echo(const struct arrival *arrival, const struct wire_hello *hello)
{
    struct node *node = arrival->node;
    struct copy *copy = find_copy(node, arrival->link, arrival->header->sender);

    if (!copy || hello->echo == 0 || copy->nonce != hello->echo ||
        memcmp(&copy->to, arrival->from, sizeof copy->to) != 0)
        return;
    bool news = !is_proved(node, arrival->link, copy);
    copy->proved_us = now_of(node);
    copy->nonce = random_id(node);
    paths_moved(node);
    if (news)
        greet(node, arrival->link, copy);
}

/* What came by unicast alone was asked for, and tells nothing of other paths, but where there is no other. */
static bool is_shared(const struct link *link, enum wire_path path)
{
    return path < WIRE_PATH_UNICAST || (path == WIRE_PATH_UNICAST && link->paths[path].up);
}

void paths_silent(struct node *node, struct peer *peer)
{
    const struct link *link = peer->way >= 0 ? node->links[peer->way] : NULL;

    if (!link || link->kind == NODE_CONNECTION)
        return;
    memset(hearing_for(node, peer, link)->missed, MISSED, SHARED_PATHS);
    paths_moved(node);
}

enum wire_path paths_heard_by(const struct node *node, struct peer *peer)
{
    const struct link *link = node->links[peer->link];
    const struct hearing *hearing = link ? hearing_on(peer, link) : NULL;

    for (int path = 0; hearing && path < SHARED_PATHS; path++)
        if (hearing->seen & BIT(path))
            return (enum wire_path)path;
    return peer->path;
}

void paths_forget_link(struct node *node, int link)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        for (size_t at = 0; at < HEARINGS; at++)
            if (peer->hearings[at].link == link)
                peer->hearings[at] = (struct hearing){0};
    }
    for (size_t i = 0; i < COPIES_MAX; i++)
        if (node->copies[i].link == link)
            node->copies[i].id = 0;
    paths_moved(node);
}

/* Our own hello: the octet hears, and exceptions. */

static bool is_heard(const struct peer *peer, const struct link *link)
{
    return peer->state == WIRE_HERE && !peer->ours && (peer->heard_links & link->segment);
}

static uint8_t paths_with_anybody(struct node *node, const struct link *link)
{
    uint64_t since = now_of(node) - least(now_of(node), INTERVALS_SUSPECTED * hello_mean(node, link));
    const struct link *of_segment;
    uint8_t paths = 0;

    for (int i = 0; (of_segment = next_link(node, &i));) {
        if (!(link->segment & LINK_BIT(of_segment->index)))
            continue;
        for (int path = 0; path < WIRE_PATHS; path++)
            if (of_segment->paths[path].heard_us > since)
                paths |= (uint8_t)BIT(path);
    }
    return paths;
}

static uint8_t missed_on(const struct link *link, const struct hearing *hearing)
{
    uint8_t paths = 0;

    for (int path = 0; path < SHARED_PATHS; path++)
        if (is_shared(link, (enum wire_path)path) && hearing->missed[path] >= MISSED)
            paths |= (uint8_t)BIT(path);
    return paths;
}

uint8_t paths_hears(struct node *node, const struct link *link, struct wire_builder *exceptions)
{
    uint8_t hears = paths_with_anybody(node, link);

    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        const struct hearing *hearing = is_heard(peer, link) ? hearing_on(peer, link) : NULL;
        uint8_t missed = hearing ? missed_on(link, hearing) & hears : 0;
        if (missed == 0)
            continue;
        /* What cannot be excepted is not claimed. */
        if (exceptions->count == EXCEPTIONS ||
            !wire_add_exception(exceptions, &(struct wire_exception){peer->id, missed}))
            hears &= (uint8_t)~missed;
    }
    return hears;
}

/* The choice. */

static uint8_t paths_up(const struct link *link, bool reserves)
{
    uint8_t paths = 0;

    for (int path = 0; path < WIRE_PATHS; path++)
        if (link->paths[path].up && (reserves || !link->paths[path].reserve))
            paths |= (uint8_t)BIT(path);
    return paths;
}

static unsigned count_of(unsigned set)
{
    unsigned count = 0;

    for (; set > 0; set &= set - 1)
        count++;
    return count;
}

/* The copy for a peer, or a new one; NULL: there are too many, or it has no address here. Whom no path
 * reaches takes the place of who insists, and of whose echo does not come. */
static struct copy *copy_for(struct node *node, const struct link *link, const struct peer *peer,
                             bool insists)
{
    struct copy *found = find_copy(node, link, peer->id), *free = NULL, *late = NULL;
    size_t unproved = 0;

    if (found)
        return found;
    for (size_t i = 0; i < COPIES_MAX; i++) {
        struct copy *copy = &node->copies[i];
        if (copy->id == 0 || (!free && !copy->needed && !insists)) {
            free = copy;
        } else if (copy->proved_us == 0) {
            unproved++;
            if (now_of(node) - copy->begun_us >= ECHO_LATE_US)
                late = copy;
        }
    }
    if (!free || unproved >= UNPROVED_MAX)
        free = late;
    if (!free || peer->link != link->index || peer->address.length == 0)
        return NULL;
    *free = (struct copy){
        .id = peer->id, .link = link->index, .begun_us = now_of(node), .nonce = random_id(node)};
    return free;
}

/* Somebody whom no path reaches: true if he has his own copy of everything. */
static bool has_copy(struct node *node, const struct link *link, const struct peer *peer)
{
    struct copy *copy = copy_for(node, link, peer, false);

    if (!copy)
        return false;
    copy->needed = true;
    return is_proved(node, link, copy);
}

/* He is here on the segment, as others than forwarders say, and was not heard himself. */
static bool is_hearsay(const struct node *node, const struct link *link, const struct peer *peer)
{
    return peer->state == WIRE_HERE && !peer->ours && peer->heard_us == 0 && peer->way >= 0 &&
           (link->segment & LINK_BIT(peer->way)) && !presence_vouched(node, peer);
}

static bool has_left(const struct node *node, const struct link *link, const struct peer *peer,
                     const struct hearing *hearing)
{
    return hearing && !(link->segment & LINK_BIT(peer->link)) && now_of(node) - hearing->at_us > STALE_US;
}

/* What the choice is made from. */
struct view {
    uint64_t sets; /* which sets of paths reach somebody: of these sets a set */
    bool heard;    /* somebody is */
    bool whole;    /* everybody is reached, and heard, without reserves */
};

static void look_at(struct node *node, const struct link *link, struct peer *peer, struct view *view)
{
    const struct hearing *hearing = hearing_on(peer, link);
    uint8_t regular = paths_up(link, false);

    if (has_left(node, link, peer, hearing))
        return;
    uint8_t reached = hearing && hearing->told ? hearing->covers & paths_up(link, true) : 0;
    bool came = false;
    view->heard = true;
    for (int path = 0; hearing && path < SHARED_PATHS; path++)
        came |= (regular & BIT(path)) && hearing->missed[path] == 0;
    view->whole &= (reached & regular) && came;
    if (reached == 0 && has_copy(node, link, peer))
        return;
    view->sets |= UINT64_C(1) << reached;
}

static bool reaches_all(unsigned paths, uint64_t sets)
{
    for (unsigned set = 0; set < SETS; set++)
        if ((sets >> set & 1) && !(set & paths))
            return false;
    return true;
}

/* Of those of one size the first: groups come before reserves. */
static uint8_t fewest(uint64_t sets, uint8_t up)
{
    unsigned best = up;

    for (unsigned paths = 1; paths < SETS; paths++)
        if (!(paths & ~(unsigned)up) && count_of(paths) < count_of(best) && reaches_all(paths, sets))
            best = paths;
    return (uint8_t)best;
}

static void choose(struct node *node, struct link *link)
{
    struct view view = {.whole = true};

    for (size_t i = 0; i < COPIES_MAX; i++)
        node->copies[i].needed &= node->copies[i].link != link->index;
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (is_heard(peer, link))
            look_at(node, link, peer, &view);
        else if (is_hearsay(node, link, peer)) {
            view.whole = false;
            view.sets |= 1;
        }
    }
    for (size_t i = 0; i < COPIES_MAX; i++)
        if (node->copies[i].link == link->index && !node->copies[i].needed &&
            !is_recent(node, link, node->copies[i].insisted_us))
            node->copies[i].id = 0;
    uint8_t up = paths_up(link, true), few = view.heard ? fewest(view.sets, up) : up;
    link->choice = (struct choice){
        .moves = node->paths_moves,
        .roster_moves = node->roster.moves,
        .fewest = few,
        .hellos = view.heard && view.whole ? few | paths_up(link, false) : up,
    };
}

uint8_t paths_for(struct node *node, struct link *link, enum reach reach)
{
    const struct choice *choice = &link->choice;

    if (link->kind == NODE_CONNECTION || reach == REACH_EVERY)
        return paths_up(link, true);
    if (choice->moves != node->paths_moves || choice->roster_moves != node->roster.moves)
        choose(node, link);
    return reach == REACH_HELLO ? choice->hellos : choice->fewest;
}

unsigned paths_count(struct node *node, struct link *link, enum reach reach)
{
    return count_of(paths_for(node, link, reach));
}

unsigned paths_of_hellos(const struct link *link, enum reach reach)
{
    return count_of(reach == REACH_EVERY ? paths_up(link, true) : link->choice.hellos);
}

static bool is_sent(struct node *node, const struct link *link, const struct copy *copy)
{
    return copy->id != 0 && copy->link == link->index && copy->needed && is_proved(node, link, copy);
}

/* One for an address, whatever names are heard from there. */
bool paths_copy(struct node *node, const struct link *link, size_t *at, struct node_address *to)
{
    while (*at < COPIES_MAX) {
        const struct copy *copy = &node->copies[(*at)++];
        bool again = !is_sent(node, link, copy);
        for (const struct copy *before = node->copies; before < copy && !again; before++)
            again = is_sent(node, link, before) && memcmp(&before->to, &copy->to, sizeof copy->to) == 0;
        if (again)
            continue;
        *to = copy->to;
        return true;
    }
    return false;
}

const struct node_address *paths_alone(struct node *node, const struct link *link, uint64_t asker)
{
    const struct copy *copy = find_copy(node, link, asker);

    return copy && !copy->needed && copy->insisted_us > 0 && is_proved(node, link, copy) ? &copy->to : NULL;
}

/* No copy goes to an address that has not shown that it is his. Whoever he is, he is asked with less than
 * three times the octets that came from there, and with the same nonce until he has echoed it: the way may be
 * long. */
static void ask_for_echo(struct node *node, struct link *link, struct copy *copy, struct peer *peer)
{
    struct hearing *hearing = hearing_on(peer, link);

    if (!hearing || hearing->asked >= ASKED_FOR_ECHO)
        return;
    hearing->asked++;
    if (!is_proved(node, link, copy) && memcmp(&copy->to, &peer->address, sizeof copy->to) != 0) {
        copy->to = peer->address;
        copy->nonce = random_id(node);
    }
    const struct wire_record prompt = {
        .type = WIRE_PROMPT,
        .prompt = {.room = is_forwarder(peer) ? room_own(node)->tag : peer->room,
                   .first = peer->id,
                   .last = peer->id,
                   .nonce = copy->nonce}
    };
    link_send(node, link, &prompt, &copy->to);
}

static void ask_at_once(struct node *node, struct link *link, struct peer *peer)
{
    struct copy *copy = copy_for(node, link, peer, false);

    if (copy && !is_proved(node, link, copy))
        ask_for_echo(node, link, copy, peer);
}

void paths_tick(struct node *node, struct link *link)
{
    paths_moved(node); /* what time decides is decided anew */
    paths_for(node, link, REACH_FEWEST);
    for (size_t i = 0; i < COPIES_MAX; i++) {
        struct copy *copy = &node->copies[i];
        struct peer *peer = copy->id != 0 ? roster_get(&node->roster, copy->id) : NULL;
        if (peer && copy->needed && copy->link == link->index && peer->link == link->index)
            ask_for_echo(node, link, copy, peer);
    }
}

void paths_insists(const struct arrival *arrival, bool speaker)
{
    struct node *node = arrival->node;
    struct link *link = arrival->link;
    struct peer *peer = roster_get(&node->roster, arrival->header->sender);

    if (!peer || peer->heard_us == 0 || peer->link != link->index || link->kind == NODE_CONNECTION ||
        (!speaker && roster_heard(&node->roster, link->segment) > FEW_NODES))
        return;
    struct copy *copy = copy_for(node, link, peer, true);
    if (!copy || now_of(node) - copy->insisted_us < ECHO_PAUSE_US)
        return;
    copy->insisted_us = now_of(node);
    struct hearing *hearing = hearing_on(peer, link);
    if (hearing)
        hearing->asked = 0;
    if (!is_proved(node, link, copy))
        ask_for_echo(node, link, copy, peer);
}

bool paths_heard(const struct arrival *arrival, struct peer *peer, const struct wire_record *record)
{
    struct node *node = arrival->node;
    struct hearing *hearing = hearing_for(node, peer, arrival->link);
    uint64_t hello = hash_bytes(record->raw.bytes, record->raw.length);
    uint8_t heard_on = covers(node, &record->hello);
    const struct hearing before = *hearing;
    bool news = hello != before.hello;

    hearing->at_us = now_of(node);
    hearing->told = true;
    hearing->covers = heard_on;
    hearing->asked = 0;
    note_echo(arrival, &record->hello);
    if (is_shared(arrival->link, arrival->path)) {
        if (news)
            begin_round(hearing, hello);
        hearing->seen |= (uint8_t)BIT(arrival->path);
        hearing->missed[arrival->path] = 0;
    }
    if (!before.told || before.covers != heard_on ||
        memcmp(before.missed, hearing->missed, sizeof before.missed) != 0)
        paths_moved(node);
    uint8_t up = paths_up(arrival->link, true);
    if (before.told && (before.covers & up) && !(heard_on & up))
        ask_at_once(node, arrival->link, peer);
    return news;
}

/* Who named this host comes by unicast alone. He is asked for his echo at once: he waits to join. */
void paths_met(const struct arrival *arrival, struct peer *peer)
{
    struct node *node = arrival->node;
    struct link *link = arrival->link;
    const struct hearing *hearing = hearing_on(peer, link);

    if (is_shared(link, arrival->path) || (hearing->covers & paths_up(link, true)))
        return;
    ask_at_once(node, link, peer);
}
