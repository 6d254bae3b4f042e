/* Prompts: who is here, and who has what we said (lanchat(7), "Census"). Prompts name those who have
 * answered, so that they keep silent (known-answer suppression, RFC 6762, 7.1), and the others spread their
 * answers. */
#include "state.h"

#define PROMPT_FIXED    (WIRE_HEADER_SIZE + WIRE_RECORD_HEAD + 53)
#define QUIET_ROUNDS    2
#define IN_VAIN         3    /* rounds: then prompts go out on every path */
#define ANSWER_PAUSE_US 5000 /* 200 datagrams a second */

/* Answering. */

static bool is_known(struct wire_list list, uint64_t id)
{
    struct wire_known known;

    while (wire_next_known(&list, &known))
        if (known.id == id)
            return true;
    return false;
}

/* To an address, or on a connection. */
static bool can_answer(const struct arrival *arrival)
{
    return arrival->from->length > 0 || arrival->link->kind == NODE_CONNECTION;
}

static bool is_for_us(const struct arrival *arrival, const struct wire_record *record)
{
    const struct node *node = arrival->node;
    const struct wire_prompt *prompt = &record->prompt;

    const struct room *room = prompt->room == 0 ? room_own(node) : room_get(node, prompt->room);

    if (!room || node->leaving || !can_answer(arrival) ||
        (!answers_on(node, arrival->link, room) && prompt->nonce == 0))
        return false;
    return prompt->first <= node->id && node->id <= prompt->last && !is_known(prompt->known, node->id);
}

static bool lacks(const struct node *node, const struct wire_prompt *prompt)
{
    const struct stream *stream = idmap_get(&node->streams, prompt->origin);
    return !stream || stream->next <= prompt->number;
}

static bool same_asker(const struct answer_due *answer, const struct arrival *arrival)
{
    return answer->active && answer->link == arrival->link->index && answer->asker == arrival->header->sender;
}

/* The answer that is due to this asker already, or a free one, or NULL. */
static struct answer_due *answer_for(const struct arrival *arrival)
{
    struct answer_due *free = NULL;

    for (size_t i = 0; i < ANSWERS_DUE_MAX; i++) {
        struct answer_due *answer = &arrival->node->answers[i];
        if (same_asker(answer, arrival))
            return answer;
        if (!answer->active)
            free = answer;
    }
    return free;
}

/* A relay that does not know yet that its hub has it asks there; the next answer tells. */
static void ask_beyond(const struct arrival *arrival, const struct wire_prompt *prompt)
{
    struct node *node = arrival->node;
    const struct stream *stream = idmap_get(&node->streams, prompt->origin);
    struct link *hub;
    const struct wire_record record = {
        .type = WIRE_PROMPT,
        .prompt = {
                   .room = prompt->room, .last = UINT64_MAX, .origin = prompt->origin, .number = prompt->number}
    };

    for (int i = 0; stream && (hub = next_link(node, &i));)
        if (link_is_beyond(node, arrival->link, hub) && stream_seen(stream, hub->segment) < prompt->number)
            link_send(node, hub, &record, NULL);
}

void on_prompt(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_prompt *prompt = &record->prompt;

    struct room *room = room_get(node, prompt->room);

    if (room && prompt->origin != 0 && prompt->number > 0)
        speech_learn(arrival, room, prompt->origin, prompt->number,
                     speech_base(arrival->link, room, prompt->number));
    if (!is_for_us(arrival, record) || ((record->flags & WIRE_LACKING) && !lacks(node, prompt)))
        return;
    ask_beyond(arrival, prompt);
    struct answer_due *answer = answer_for(arrival);
    if (!answer) {
        node->counters.dropped++;
        return;
    }
    uint64_t spread =
        arrival->path == WIRE_PATH_UNICAST
            ? 0
            : roster_heard(&node->roster, arrival->link->segment) * node->timing.answer_share_us;
    uint64_t at = answer->active ? answer->at_us : now_of(node) + random_below(node, spread);
    *answer = (struct answer_due){
        .active = true,
        .link = arrival->link->index,
        .to = *arrival->from,
        .asker = arrival->header->sender,
        .echo = prompt->nonce,
        .room = room || node->config.forwards ? room : room_own(node), /* NULL: each in its turn */
        .origin = room ? prompt->origin : 0,
        .octets = 3 * arrival->length, /* RFC 9000, 8.1 */
        .at_us = at,
    };
    node->answer_deadline_us = least(node->answer_deadline_us, at);
}

static void send_answer(struct node *node, struct answer_due *answer)
{
    struct link *link = node->links[answer->link];

    if (link && link->answers_allowed_at_us > now_of(node)) {
        answer->at_us = link->answers_allowed_at_us;
        return;
    }
    answer->active = false;
    if (!link || node->leaving)
        return;
    link->answers_allowed_at_us = now_of(node) + ANSWER_PAUSE_US;
    presence_hello(node, link, answer, REACH_FEWEST);
}

static void send_answers(struct node *node)
{
    uint64_t next = NEVER;

    if (node->answer_deadline_us > now_of(node))
        return;
    for (size_t i = 0; i < ANSWERS_DUE_MAX; i++) {
        struct answer_due *answer = &node->answers[i];
        if (answer->active && answer->at_us <= now_of(node))
            send_answer(node, answer);
        if (answer->active)
            next = least(next, answer->at_us);
    }
    node->answer_deadline_us = next;
}

/* Asking. */

/* Prompts do not reach whoever is behind a forwarder: that answers with what it has. */
static bool is_behind_a_forwarder(const struct node *node, const struct peer *peer)
{
    const struct peer *via = peer->via != peer->id ? roster_get(&node->roster, peer->via) : NULL;

    return via && is_forwarder(via);
}

/* A tool that answers nothing has said what it had to say, and its bye was lost. */
bool census_counts(const struct node *node, const struct peer *peer)
{
    if (!peer->counted && (peer->role == WIRE_TOOL || is_behind_a_forwarder(node, peer)))
        return false;
    if (peer->heard_us == 0 && presence_vouched(node, peer)) /* a forwarder answers for it */
        return false;
    return node->census.all_rooms ? !peer->ours && peer->role != WIRE_SERVER && peer->state == WIRE_HERE
                                  : takes_part(peer, room_own(node));
}

static bool has(const struct node *node, const struct peer *peer)
{
    return peer->counted && peer->confirmed >= node->census.number &&
           (node->census.number == 0 || peer->lost == 0);
}

struct node_census node_census_result(const struct node *node)
{
    struct node_census result = {.over = node->census.over};

    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        if (!census_counts(node, peer))
            continue;
        if (has(node, peer))
            result.have++;
        else if (peer->counted)
            result.lack++;
        else
            result.silent++;
    }
    return result;
}

static void send_prompt(struct node *node, struct link *link, uint64_t first, uint64_t last,
                        const struct wire_builder *known)
{
    const struct wire_record prompt = {
        .type = WIRE_PROMPT,
        .prompt = {.room = node->census.all_rooms ? 0 : room_own(node)->tag,
                   .first = first,
                   .last = last,
                   .origin = node->census.number > 0 ? node->id : 0,
                   .number = node->census.number,
                   .known = wire_built(known)},
    };

    link_send_all(node, link, &prompt, node->census.rounds >= IN_VAIN ? REACH_EVERY : REACH_FEWEST);
}

/* One prompt for everybody; more, each for a range of ids, when those who need not answer do not fit in one.
 */
static void prompt_link(struct node *node, struct link *link)
{
    struct wire_builder known;
    uint64_t first = 0;

    wire_builder_init(&known, WIRE_DATAGRAM_MAX - PROMPT_FIXED);
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        if (!census_counts(node, peer) || !has(node, peer) || !(peer->links & link->segment) ||
            (node->census.all_rooms && is_forwarder(peer))) /* it has more rooms to name */
            continue;
        if (wire_add_known(&known, &(struct wire_known){peer->id}))
            continue;
        send_prompt(node, link, first, peer->id - 1, &known);
        first = peer->id;
        wire_builder_init(&known, WIRE_DATAGRAM_MAX - PROMPT_FIXED);
        wire_add_known(&known, &(struct wire_known){peer->id});
    }
    send_prompt(node, link, first, UINT64_MAX, &known);
}

static void prompt_all(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link))
            prompt_link(node, link);
}

void node_census(struct node *node, uint32_t number, unsigned enough, bool all_rooms, struct node_time time)
{
    node->time = time;
    for (size_t i = 0; i < node->roster.peers.count; i++)
        roster_at(&node->roster, i)->counted = false;
    node->census = (struct census){
        .active = true,
        .all_rooms = all_rooms,
        .number = number,
        .enough = enough,
        .started_us = time.now_us,
        .round_at_us = time.now_us,
        .round_us = node->timing.census_round_us,
    };
}

/* Of a room that was just heard of it is not known yet who is there. */
static bool learns_rooms(const struct node *node)
{
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        for (int room = 0; link_usable(link) && room < node->room_count; room++)
            if (link->rooms[room]->sync[PAGES_ROSTER].active)
                return true;
    return false;
}

static bool is_over(const struct node *node)
{
    const struct census *census = &node->census;
    const struct node_census result = node_census_result(node);
    bool waiting = (result.silent > 0 && census->rounds < node->timing.census_prompts) ||
                   (census->all_rooms && learns_rooms(node));

    if (census->enough > 0 && result.have >= census->enough)
        return true;
    if (result.have + result.lack + result.silent == 0)
        return now_of(node) >= census->started_us + node->timing.census_alone_us;
    return census->enough == 0 && census->quiet >= QUIET_ROUNDS && !waiting && result.lack == 0;
}

static void finish(struct node *node)
{
    node->census.active = false;
    node->census.over = true;
    event_post(node, &(struct node_event){.type = NODE_CENSUS, .clock_ms = node->time.wall_ms});
}

void census_answered(struct node *node, struct peer *peer)
{
    if (!node->census.active)
        return;
    if (!peer->counted)
        node->census.brought = true;
    peer->counted = true;
    if (node->census.enough > 0 && is_over(node))
        finish(node);
}

static void next_round(struct node *node)
{
    struct census *census = &node->census;

    if (census->rounds > 0)
        census->quiet = census->brought ? 0 : census->quiet + 1;
    census->brought = false;
    if (is_over(node)) {
        finish(node);
        return;
    }
    prompt_all(node);
    census->rounds++;
    census->round_at_us = now_of(node) + census->round_us;
    census->round_us = least(2 * census->round_us, node->timing.census_round_most_us);
}

void census_tick(struct node *node)
{
    send_answers(node);
    if (node->census.active && node->census.round_at_us <= now_of(node))
        next_round(node);
}

uint64_t census_deadline(const struct node *node)
{
    return least(node->answer_deadline_us, node->census.active ? node->census.round_at_us : NEVER);
}
