/* Pacing (lanchat(7), "Pacing"; RFC 8085, 3.1): no more is put on a link than its listeners say that they
 * have, and half of a store. Now and then a place in what was put is marked, and who listens is prompted for
 * it; the hellos that answer open the window. Of many only those who lack something answer, and silence opens
 * it. A request for a long run closes it: that is a receiver's buffer that was full, and not a Wi-Fi that
 * drops one in five. Who is silent for too long is not waited for: he is sent what is still stored. */
#include "state.h"

#define WINDOW_FIRST (64 * 1024)
#define WINDOW_LEAST (16 * 1024)
#define RUN_OCTETS   (4 * WIRE_DATAGRAM_MAX) /* lost in a row: no accident */
#define PROMPT_US    50000                   /* between prompts for one mark */
#define CUT_PAUSE_US 20000                   /* what is lost at once closes the window once */
#define IN_VAIN      2                       /* prompts for one mark: the next ones go out on every path */
#define FEW          4
#define MANY         16
#define SILENCE_US   (2 * PROMPT_US) /* of many, after a prompt: nobody lacks it */
#define CUT_SHARE    4               /* of the window is added when it has been cut before */

void pace_init(struct node *node, struct link *link)
{
    link->pace =
        (struct pace){.window = least(WINDOW_FIRST, node->config.store_octets / 2), .prompt_at_us = NEVER};
}

/* When a full connection is not waited for any more by who serves others, too. */
static uint64_t full_until(const struct node *node, const struct link *link)
{
    return node->config.forwards ? link->full_us + node->timing.pace_us : NEVER;
}

bool pace_open(const struct node *node, const struct link *link)
{
    if (link->kind == NODE_CONNECTION)
        return !link->full || full_until(node, link) <= now_of(node);
    return link->pace.put - link->pace.confirmed < link->pace.window;
}

static void count_rate(struct node *node, struct pace *pace, size_t octets)
{
    if (now_of(node) - pace->second_us >= 1000000) {
        bool last = now_of(node) - pace->second_us < 2000000;
        pace->rate = last ? pace->second_put : 0;
        pace->second_us = now_of(node);
        pace->second_put = 0;
    }
    pace->second_put += octets;
    if (pace->rate < pace->second_put)
        pace->rate = pace->second_put;
}

/* A mark for what was put last, when half a window is out. */
static void mark(struct node *node, struct link *link)
{
    struct pace *pace = &link->pace;
    uint64_t from = pace->mark_count > 0 ? pace->marks[pace->mark_count - 1].put : pace->confirmed;

    if (link->kind == NODE_CONNECTION || pace->put - from < pace->window / 2 || pace->mark_count == MARKS_MAX)
        return;
    pace->last.at_us = now_of(node);
    pace->marks[pace->mark_count++] = pace->last;
    if (pace->prompt_at_us == NEVER)
        pace->prompt_at_us = now_of(node);
}

void pace_put(struct node *node, struct link *link, const struct record *record)
{
    const struct wire_message *message = &record->message;
    struct pace *pace = &link->pace;

    if (!link_is_first(node, link)) /* what goes to a segment on two links is counted on one */
        return;
    pace->put += record->length;
    pace->last = (struct mark){.origin = message->origin, .number = message->number, .put = pace->put};
    count_rate(node, pace, record->length);
    mark(node, link);
}

/* Who counts: whoever is heard on the segment and takes part in the room of the mark. */
static bool listens(const struct node *node, const struct link *link, const struct peer *peer,
                    const struct mark *mark)
{
    const struct stream *stream = idmap_get(&node->streams, mark->origin);

    return stream && !peer->ours && peer->heard_us > 0 && (link->segment & LINK_BIT(peer->link)) &&
           takes_part(peer, stream->room);
}

static bool has(const struct link *link, const struct peer *peer, const struct mark *mark)
{
    return peer->paced_link == link->index && peer->paced >= mark->put;
}

static size_t count_waited_for(const struct node *node, const struct link *link, const struct mark *mark)
{
    size_t count = 0;

    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        count += listens(node, link, peer, mark) && !peer->slow && !has(link, peer, mark);
    }
    return count;
}

static void confirm_first(struct node *node, struct link *link)
{
    struct pace *pace = &link->pace;
    uint64_t most = node->config.store_octets / 2;

    pace->confirmed = pace->marks[0].put;
    for (size_t i = 1; i < pace->mark_count; i++)
        pace->marks[i - 1] = pace->marks[i];
    pace->mark_count--;
    pace->window = least(pace->window + (pace->cut ? pace->window / CUT_SHARE : pace->window), most);
    pace->prompt_at_us = pace->mark_count > 0 ? now_of(node) : NEVER;
    mark(node, link);
}

static void confirm(struct node *node, struct link *link)
{
    while (link->pace.mark_count > 0 && count_waited_for(node, link, &link->pace.marks[0]) == 0)
        confirm_first(node, link);
}

void pace_confirmed(struct node *node, struct peer *peer, uint64_t origin, uint32_t highest)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        struct pace *pace = &link->pace;
        bool news = false;
        for (size_t mark = 0; mark < pace->mark_count; mark++) {
            if (pace->marks[mark].origin == origin && pace->marks[mark].number > highest)
                pace->marks[mark].lacked_us = now_of(node);
            if (pace->marks[mark].origin != origin || pace->marks[mark].number > highest ||
                has(link, peer, &pace->marks[mark]) || !(link->segment & LINK_BIT(peer->link)))
                continue;
            peer->paced = pace->marks[mark].put;
            peer->paced_link = link->index;
            peer->slow = false;
            news = true;
        }
        if (news)
            confirm(node, link);
    }
}

void pace_lost(struct node *node, struct link *link, size_t octets)
{
    struct pace *pace = &link->pace;

    if (octets < RUN_OCTETS || pace->cut_at_us + CUT_PAUSE_US > now_of(node))
        return;
    pace->cut = true;
    pace->cut_at_us = now_of(node);
    pace->window = pace->window / 2 > WINDOW_LEAST ? pace->window / 2 : WINDOW_LEAST;
    mark(node, link); /* the window may be shut now: somebody must be asked to open it */
}

/* Few are prompted one by one: they answer at once. Many are prompted together, and spread their answers. */
static void send_prompt(struct node *node, struct link *link, const struct mark *mark,
                        struct wire_record *record)
{
    const struct peer *few[FEW];
    size_t count = 0;

    for (size_t i = 0; i < node->roster.peers.count && count <= MANY; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        if (!listens(node, link, peer, mark) || peer->slow || has(link, peer, mark))
            continue;
        if (count < FEW)
            few[count] = peer;
        count++;
    }
    if (count > MANY)
        record->flags = WIRE_LACKING;
    if (count > FEW)
        link_send_all(node, link, record, mark->prompts > IN_VAIN ? REACH_EVERY : REACH_FEWEST);
    for (size_t i = 0; i < count && count <= FEW; i++)
        link_send(node, node->links[few[i]->link], record, &few[i]->address);
}

static struct wire_record prompt_for(const struct stream *stream, const struct mark *mark)
{
    return (struct wire_record){
        .type = WIRE_PROMPT,
        .prompt = {
                   .room = stream->room->tag, .last = UINT64_MAX, .origin = mark->origin, .number = mark->number}
    };
}

static void prompt(struct node *node, struct link *link)
{
    struct mark *mark = &link->pace.marks[0];
    const struct stream *stream = idmap_get(&node->streams, mark->origin);

    link->pace.prompt_at_us = now_of(node) + PROMPT_US;
    mark->prompts++;
    if (!stream || !link_usable(link))
        return;
    struct wire_record record = prompt_for(stream, mark);
    send_prompt(node, link, mark, &record);
}

/* Whoever has it all says nothing. */
void pace_tell_last(struct node *node, struct link *link)
{
    struct pace *pace = &link->pace;
    const struct stream *stream = idmap_get(&node->streams, pace->last.origin);

    if (!stream || pace->told == pace->put || link->paths[WIRE_PATH_UNICAST].up ||
        roster_heard(&node->roster, link->segment) > FEW_NODES)
        return;
    pace->told = pace->put;
    struct wire_record record = prompt_for(stream, &pace->last);
    record.flags = WIRE_LACKING;
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        if (listens(node, link, peer, &pace->last) && peer->address.length > 0)
            link_send(node, node->links[peer->link], &record, &peer->address);
    }
}

/* Who has said nothing for too long: prompts are counted, not time, as a host that stood still itself must
 * not take its own silence for theirs. */
static void give_up_slow(struct node *node, const struct link *link)
{
    const struct mark *mark = &link->pace.marks[0];

    if (mark->prompts * PROMPT_US < node->timing.pace_us)
        return;
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (listens(node, link, peer, mark) && !has(link, peer, mark))
            peer->slow = true;
    }
}

static bool is_silent(const struct node *node, const struct link *link)
{
    const struct mark *mark = &link->pace.marks[0];
    uint64_t since = mark->lacked_us > mark->at_us ? mark->lacked_us : mark->at_us;

    return now_of(node) - since >= SILENCE_US && count_waited_for(node, link, mark) > MANY;
}

static void tick(struct node *node, struct link *link)
{
    if (link->pace.mark_count == 0 || link->pace.prompt_at_us > now_of(node))
        return;
    give_up_slow(node, link);
    if (is_silent(node, link))
        confirm_first(node, link);
    confirm(node, link);
    if (link->pace.mark_count > 0)
        prompt(node, link);
}

void pace_tick(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        tick(node, link);
}

uint64_t pace_deadline(const struct node *node)
{
    uint64_t deadline = NEVER;
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        deadline = least(deadline, link->pace.prompt_at_us);
        if (link->full && full_until(node, link) > now_of(node))
            deadline = least(deadline, full_until(node, link));
    }
    return deadline;
}
