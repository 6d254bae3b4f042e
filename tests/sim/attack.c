#include "attack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "plan.h"

#define KEPT        16
#define CALM_US     (45 * NET_S) /* after which talk must work again */
#define HEARD_BY_US (40 * NET_S)
#define CROWD       6000 /* more speakers than a node remembers */
#define BURST_MOST  200  /* datagrams at once */

struct attack {
    struct {
        size_t length;
        uint8_t bytes[WIRE_DATAGRAM_MAX];
    } heard[KEPT];
    size_t count; /* heard */
    int segment;
    uint64_t room;
};

struct attack *attack_new(struct sim *sim)
{
    struct attack *attack = memory_grow(NULL, sizeof *attack);

    *attack = (struct attack){.room = wire_room_tag(span_of("lobby"))};
    (void)sim;
    return attack;
}

void attack_free(struct attack *attack)
{
    free(attack);
}

void attack_see(struct sim *sim, const struct net_datagram *datagram)
{
    struct attack *attack = sim->attack;

    if (datagram->segment != attack->segment)
        return;
    size_t at = attack->count++ % KEPT;
    attack->heard[at].length = datagram->length;
    memcpy(attack->heard[at].bytes, datagram->bytes, datagram->length);
}

static void throw_bytes(struct sim *sim, const uint8_t *bytes, size_t length)
{
    const struct net_segment *segment = &sim->net->segments[sim->attack->segment];
    struct net_place place;
    bool one = segment->plug_count > 0 && sim_chance(sim, 300);

    if (one)
        place = segment->plugs[sim_random(sim, segment->plug_count)];
    net_throw(sim->net, sim->attack->segment, sim_chance(sim, 200) ? WIRE_PATH_UNICAST : WIRE_PATH_GROUP4,
              one ? &place : NULL, bytes, length);
}

static void throw_record(struct sim *sim, uint64_t sender, const struct wire_record *record)
{
    const struct wire_header header = {.version = WIRE_VERSION,
                                       .flags = (uint8_t)sim_random(sim, 2),
                                       .hops = (uint8_t)sim_random(sim, 256),
                                       .sender = sender,
                                       .counter = (uint32_t)sim_random(sim, UINT32_MAX),
                                       .path = (uint16_t)sim_random(sim, 8)};
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = wire_encode_header(&header, bytes, sizeof bytes);
    size_t size = wire_encode(record, bytes + length, sizeof bytes - length);

    if (size > 0)
        throw_bytes(sim, bytes, length + size);
}

/* Somebody's id: of one who is here, or of nobody. */
static uint64_t some_id(struct sim *sim)
{
    int node = (int)sim_random(sim, (uint64_t)sim->net->node_count);

    if (sim_chance(sim, 600) && sim->net->nodes[node].node)
        return net_id(sim->net, node);
    return 1 + sim_random(sim, UINT64_MAX - 1);
}

/* A number as a liar would choose it. */
static uint32_t some_number(struct sim *sim)
{
    static const uint32_t edges[] = {0, 1, 2, 4095, 4096, 4097, 1u << 16, UINT32_MAX - 1, UINT32_MAX};

    return sim_chance(sim, 500) ? edges[sim_random(sim, 9)] : (uint32_t)sim_random(sim, 200);
}

static uint64_t some_stamp(struct sim *sim)
{
    static const uint64_t edges[] = {0, 1, UINT32_MAX, UINT64_C(1) << 33, UINT64_MAX - 1, UINT64_MAX};

    return sim_chance(sim, 500) ? edges[sim_random(sim, 6)] : sim_random(sim, 1000);
}

static void mutate(struct sim *sim)
{
    struct attack *attack = sim->attack;
    uint8_t bytes[WIRE_DATAGRAM_MAX];

    if (attack->count == 0)
        return;
    size_t at = sim_random(sim, attack->count < KEPT ? attack->count : KEPT);
    size_t length = attack->heard[at].length;
    memcpy(bytes, attack->heard[at].bytes, length);
    for (uint64_t changes = sim_random(sim, 6); changes > 0; changes--)
        bytes[sim_random(sim, length)] = (uint8_t)sim_random(sim, 256);
    if (sim_chance(sim, 100))
        length = sim_random(sim, length + 1);
    throw_bytes(sim, bytes, length);
}

static void forge_message(struct sim *sim)
{
    const struct wire_record record = {
        .type = WIRE_MESSAGE,
        .flags = (uint8_t)sim_random(sim, 16),
        .message = {.origin = some_id(sim),
                    .number = some_number(sim),
                    .stamp = some_stamp(sim),
                    .clock_ms = some_stamp(sim),
                    .room = sim->attack->room,
                    .nick = span_of("mallory"),
                    .text = span_of("forged")},
    };

    throw_record(sim, some_id(sim), &record);
}

/* Each time somebody else. */
static void forge_speaker(struct sim *sim)
{
    const uint64_t origin = 1 + sim_random(sim, UINT64_MAX - 1);
    const struct wire_record record = {
        .type = WIRE_MESSAGE,
        .message = {.origin = origin,
                    .number = 1 + (uint32_t)sim_random(sim, 3),
                    .stamp = sim_random(sim, 1000),
                    .room = sim->attack->room,
                    .nick = span_of("crowd"),
                    .text = span_of("me too")},
    };

    throw_record(sim, origin, &record);
}

static void forge_hello(struct sim *sim)
{
    struct wire_builder rooms, pairs;
    const struct wire_room room = {sim->attack->room, some_stamp(sim), some_stamp(sim), span_of("lobby")};

    wire_builder_init(&rooms, 200);
    wire_builder_init(&pairs, 800);
    wire_add_room(&rooms, &room);
    for (uint64_t i = sim_random(sim, 40); i > 0; i--)
        wire_add_pair(&pairs, &(struct wire_pair){some_id(sim), some_number(sim), some_number(sim)});
    const struct wire_record record = {
        .type = WIRE_HELLO,
        .flags = (uint8_t)sim_random(sim, 2),
        .hello = {.stamp = some_stamp(sim),
                  .version = some_number(sim),
                  .highest = some_number(sim),
                  .interval_ms = some_number(sim),
                  .nonce = some_stamp(sim),
                  .echo = some_stamp(sim),
                  .role = (uint8_t)sim_random(sim, 6),
                  .hears = (uint8_t)sim_random(sim, 256),
                  .nick = span_of("mallory"),
                  .rooms = wire_built(&rooms),
                  .pairs = wire_built(&pairs)},
    };

    throw_record(sim, some_id(sim), &record);
}

static void forge_roster(struct sim *sim)
{
    struct wire_builder entries;

    wire_builder_init(&entries, 1000);
    for (uint64_t i = sim_random(sim, 40); i > 0; i--)
        wire_add_entry(&entries, &(struct wire_entry){.id = some_id(sim),
                                                      .version = some_number(sim),
                                                      .highest = some_number(sim),
                                                      .state = (uint8_t)sim_random(sim, 3),
                                                      .role = (uint8_t)sim_random(sim, 6),
                                                      .nick = span_of("ghost")});
    const struct wire_record record = {
        .type = WIRE_ROSTER,
        .flags = (uint8_t)sim_random(sim, 2),
        .roster = {.room = sim->attack->room,
                   .digest = some_stamp(sim),
                   .stamp = some_stamp(sim),
                   .last = UINT64_MAX,
                   .entries = wire_built(&entries)},
    };

    throw_record(sim, some_id(sim), &record);
}

static void forge_request(struct sim *sim)
{
    struct wire_builder asks;

    wire_builder_init(&asks, 1000);
    for (uint64_t i = sim_random(sim, 40); i > 0; i--) {
        uint8_t kind = (uint8_t)sim_between(sim, WIRE_ASK_NUMBERS, WIRE_ASK_ROSTER);
        bool numbers = kind == WIRE_ASK_NUMBERS;
        wire_add_ask(&asks, &(struct wire_ask){kind, numbers ? some_id(sim) : sim->attack->room,
                                               numbers ? some_number(sim) : some_stamp(sim), some_number(sim),
                                               some_id(sim)});
    }
    const struct wire_record record = {
        .type = WIRE_REQUEST, .request = {sim_chance(sim, 500) ? 0 : some_id(sim), wire_built(&asks)}
    };

    throw_record(sim, some_id(sim), &record);
}

static void forge_summary(struct sim *sim)
{
    struct wire_builder vectors;

    wire_builder_init(&vectors, 1000);
    for (uint64_t i = sim_random(sim, 35); i > 0; i--)
        wire_add_vector(&vectors, &(struct wire_vector){some_id(sim), some_number(sim), some_stamp(sim),
                                                        some_number(sim)});
    const struct wire_record record = {
        .type = WIRE_SUMMARY,
        .summary = {.room = sim->attack->room,
                    .digest = some_stamp(sim),
                    .stamp = some_stamp(sim),
                    .last = UINT64_MAX,
                    .vectors = wire_built(&vectors)},
    };

    throw_record(sim, some_id(sim), &record);
}

static void forge_other(struct sim *sim)
{
    struct wire_record record = {.type = WIRE_GONE};

    switch (sim_random(sim, 3)) {
    case 0:
        record.gone = (struct wire_gone){sim->attack->room, some_id(sim), some_number(sim), some_number(sim)};
        break;
    case 1:
        record.type = WIRE_BYE;
        record.bye = (struct wire_bye){sim->attack->room, some_number(sim), some_number(sim)};
        break;
    default:
        record.type = WIRE_PROMPT;
        record.prompt = (struct wire_prompt){.room = sim_chance(sim, 500) ? sim->attack->room : 0,
                                             .last = UINT64_MAX,
                                             .origin = some_id(sim),
                                             .number = some_number(sim)};
        break;
    }
    throw_record(sim, some_id(sim), &record);
}

/* A burst of one kind of lie. */
static void strike(struct sim *sim, int about, uint64_t more)
{
    static void (*const kinds[])(struct sim *) = {mutate,        forge_message, forge_hello, forge_roster,
                                                  forge_request, forge_summary, forge_other, forge_speaker};
    uint64_t kind = sim_random(sim, sizeof kinds / sizeof *kinds);
    uint64_t count = sim_chance(sim, 200) ? sim_random(sim, BURST_MOST) : sim_random(sim, 10);

    (void)about;
    (void)more;
    if (kinds[kind] == forge_speaker && sim_chance(sim, 50))
        count = CROWD;
    sim_trace(sim, "the stranger strikes: %" PRIu64 " of kind %" PRIu64, count, kind);
    for (; count > 0; count--)
        kinds[kind](sim);
}

void attack_begin(struct sim *sim, uint64_t within_us)
{
    sim->attack->segment = (int)sim_random(sim, (uint64_t)sim->net->segment_count);
    for (uint64_t strikes = sim_between(sim, 5, 25); strikes > 0; strikes--)
        plan_after(sim, sim_random(sim, within_us), strike, 0, 0);
}

/* What was said at the end, of a node, and shown by its neighbours. */
static void judge(struct sim *sim, size_t from)
{
    for (size_t i = from; i < sim->record_count; i++) {
        const struct sim_record *record = &sim->records[i];
        const struct sim_node *speaker = &sim->nodes[record->node];
        for (int node = 0; node < sim->net->node_count; node++) {
            const struct sim_node *of = &sim->nodes[node];
            if (node == record->node || !(of->segments & speaker->segments) || of->room != speaker->room ||
                !sim_alive(sim, node) || (record->shown[node / 64] >> node % 64 & 1))
                continue;
            sim_fail(sim, 5,
                     "n%d does not show %016" PRIx64
                     ":%u, said by n%d when the stranger had gone; it found %" PRIu64 " stamps too far ahead",
                     node, record->origin, record->number, record->node,
                     node_counters(sim->net->nodes[node].node)->future);
            return;
        }
    }
}

static void wait(struct sim *sim, uint64_t us)
{
    for (; us > 0 && sim->failure.invariant == 0; us -= NET_S)
        net_run(sim->net, NET_S);
}

/* The first line after an attack may meet a number that was used up by a forgery, and teach its speaker so;
 * the second is heard. */
void attack_judge(struct sim *sim)
{
    size_t from = 0;

    for (int round = 0; round < 2; round++) {
        wait(sim, CALM_US);
        from = sim->record_count;
        for (int node = 0; node < sim->net->node_count; node++)
            if (sim_alive(sim, node) && sim->nodes[node].role == WIRE_PERSON)
                plan_say(sim, node, 20);
    }
    wait(sim, HEARD_BY_US);
    if (sim->failure.invariant == 0)
        judge(sim, from);
}
