#include "lans.h"

#include "suite.h"

struct net *net;
int lan, far;

void lans_begin(uint64_t seed)
{
    net = net_new(seed);
    lan = net_segment(net);
    far = net_segment(net);
}

void lans_end(void)
{
    net_free(net);
}

int lans_person_in(const char *nick, const char *room, int segment)
{
    int node = net_add(net, nick, WIRE_PERSON, room);

    net_plug(net, node, segment, NET_GROUP4);
    return node;
}

int lans_person(const char *nick, int segment)
{
    return lans_person_in(nick, "lobby", segment);
}

void lans_say(int node, int count, uint64_t pause_us)
{
    for (int i = 0; i < count; i++) {
        net_say(net, node, "a line that is neither short nor long");
        net_run(net, pause_us);
    }
}

void lans_shown(int node, uint64_t id, uint32_t first, uint32_t last)
{
    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, id), last + 1 - first);
    for (uint32_t i = first; i <= last; i++)
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, id, i - first)->is.first, i);
    ck_assert_uint_eq(net_events(net, node, NODE_LOST, id), 0);
}

void lans_told(int node, enum node_event_type type, uint64_t id, size_t times)
{
    ck_assert_uint_eq(net_events(net, node, type, id), times);
}
