#include "flow.h"

#include <stdlib.h>
#include <string.h>

static bool same_address(const struct capture_address *a, const struct capture_address *b)
{
    return a->port == b->port && a->family == b->family &&
           memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

static bool has_our_port(const struct packet *packet)
{
    return packet->source.port == FLOW_TCP_PORT || packet->destination.port == FLOW_TCP_PORT;
}

bool flow_may_begin(const struct packet *packet)
{
    if (packet->flags & PACKET_SYN)
        return true;
    if (has_our_port(packet))
        return packet->length > 0;
    return dialogue_looks_ours(packet->bytes, packet->length);
}

/* Which end of those of the packet dialled, 0 or 1, and does not greet; -1: that cannot be told. */
static int find_dialler(const struct packet *packet)
{
    if (packet->flags & PACKET_SYN)
        return packet->flags & PACKET_ACK ? 1 : 0;
    if (!has_our_port(packet) || packet->source.port == packet->destination.port)
        return -1;
    return packet->source.port == FLOW_TCP_PORT ? 1 : 0;
}

void flow_open(struct flow *flow, const struct packet *packet)
{
    int dialler = find_dialler(packet);
    bool late = !(packet->flags & PACKET_SYN);

    *flow = (struct flow){
        .ends = {packet->source, packet->destination},
          .used = true
    };
    flow->ours = has_our_port(packet);
    for (int side = 0; side < 2; side++)
        dialogue_init(&flow->words[side], side != dialler, late, flow->ours);
}

void flow_free(struct flow *flow)
{
    for (int side = 0; side < 2; side++) {
        reassembly_free(&flow->octets[side]);
        dialogue_free(&flow->words[side]);
    }
    flow->used = false;
}

int flow_side(const struct flow *flow, const struct packet *packet)
{
    for (int side = 0; side < 2; side++)
        if (same_address(&flow->ends[side], &packet->source) &&
            same_address(&flow->ends[1 - side], &packet->destination))
            return side;
    return -1;
}

bool flow_begins_another(struct flow *flow, int side, const struct packet *packet)
{
    return packet->flags & PACKET_SYN && !reassembly_begin(&flow->octets[side], packet->sequence + 1);
}

bool flow_put(struct flow *flow, int side, const struct packet *packet, uint64_t time_us)
{
    struct reassembly *octets = &flow->octets[side];
    uint32_t at = packet->sequence + (packet->flags & PACKET_SYN ? 1 : 0);
    uint32_t length = (uint32_t)packet->length, lacking = (uint32_t)packet->lacking;

    if (!reassembly_put(octets, at, packet->bytes, length, time_us))
        return false;
    if (lacking > 0 && !reassembly_put(octets, at + length, NULL, lacking, time_us))
        return false;
    if (packet->flags & PACKET_FIN)
        reassembly_fin(octets, at + length + lacking);
    if (packet->flags & PACKET_ACK)
        reassembly_acknowledge(&flow->octets[1 - side], packet->acknowledged);
    return true;
}

void flow_end(struct flow *flow)
{
    flow->ending = true;
}

void flow_pass(struct flow *flow, uint64_t now_us)
{
    for (int side = 0; side < 2; side++)
        if (dialogue_deadline(&flow->words[side]) <= now_us)
            dialogue_pause(&flow->words[side]);
}

uint64_t flow_deadline(const struct flow *flow)
{
    uint64_t earliest = UINT64_MAX;

    for (int side = 0; side < 2; side++) {
        uint64_t octets = reassembly_deadline(&flow->octets[side]);
        uint64_t words = dialogue_deadline(&flow->words[side]);
        earliest = octets < earliest ? octets : earliest;
        earliest = words < earliest ? words : earliest;
    }
    return earliest;
}

static enum flow_step feed(struct dialogue *words, struct reassembly_piece *piece)
{
    bool fed = true;

    if (piece->hole) {
        words->lost += piece->length;
        dialogue_break(words);
    } else {
        fed = dialogue_feed(words, piece->bytes, piece->length, piece->time_us);
    }
    free(piece);
    return fed ? FLOW_NOTHING : FLOW_NO_MEMORY;
}

/* Lets one end say more, if it has said more: false if not. */
static bool advance(struct flow *flow, int side, uint64_t now_us, enum flow_step *step)
{
    struct reassembly *octets = &flow->octets[side];
    struct dialogue *words = &flow->words[side];
    struct reassembly_piece *piece = reassembly_get(octets);
    uint32_t gap;

    if (piece) {
        *step = feed(words, piece);
        return true;
    }
    gap = reassembly_skip(octets, now_us, flow->ending);
    words->lost += gap;
    if (gap == 0 && (flow->ended[side] || !(flow->ending || reassembly_finished(octets))))
        return false;
    flow->ended[side] = gap == 0;
    dialogue_break(words);
    return true;
}

static void become_ours(struct flow *flow)
{
    flow->ours = flow->words[0].ours = flow->words[1].ours = true;
}

enum flow_step flow_next(struct flow *flow, uint64_t now_us, struct dialogue_event *event, int *side)
{
    enum flow_step step = FLOW_NOTHING;

    for (*side = 0; *side < 2; ++*side)
        do {
            if (dialogue_next(&flow->words[*side], event)) {
                become_ours(flow);
                return FLOW_EVENT;
            }
        } while (advance(flow, *side, now_us, &step) && step == FLOW_NOTHING);
    return step;
}

bool flow_is_foreign(const struct flow *flow)
{
    const struct dialogue *a = &flow->words[0], *b = &flow->words[1];

    return (dialogue_is_foreign(a) && dialogue_is_foreign(b)) || dialogue_is_full(a) || dialogue_is_full(b);
}

uint64_t flow_lost(const struct flow *flow)
{
    return flow->ours ? flow->words[0].lost + flow->words[1].lost : 0;
}
