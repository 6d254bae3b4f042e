#include "visit.h"

#include "suite.h"

int visit_hub(void)
{
    return net_forwarder(net, WIRE_HUB, false);
}

int visit_relay(void)
{
    int node = net_forwarder(net, WIRE_RELAY, false);

    net_plug(net, node, lan, NET_GROUP4);
    return node;
}

struct node *visit_core(int node)
{
    return net->nodes[node].node;
}

struct node_guest *visit_enter_room(int node, const char *nick, const char *room)
{
    struct node_guest *guest = node_guest_enter(visit_core(node), span_of(nick), wire_room_tag(span_of(room)),
                                                false, net_time_of(net, node));

    net_flush(net, node);
    return guest;
}

struct node_guest *visit_enter(int node, const char *nick)
{
    return visit_enter_room(node, nick, "lobby");
}

void visit_leave(int node, struct node_guest *guest)
{
    node_guest_leave(visit_core(node), guest, net_time_of(net, node));
    net_flush(net, node);
}

uint32_t visit_say(int node, struct node_guest *guest, const char *text)
{
    uint32_t number = node_guest_say(visit_core(node), guest, span_of(text), false, net_time_of(net, node));

    net_flush(net, node);
    return number;
}

void visit_forge(const struct wire_record *record, uint64_t sender)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    const struct wire_header header = {.version = WIRE_VERSION, .hops = 1, .sender = sender};
    const struct node_address from = {.octets = {9}, .length = 1};

    wire_encode_header(&header, bytes, sizeof bytes);
    size_t length = wire_encode(record, bytes + WIRE_HEADER_SIZE, sizeof bytes - WIRE_HEADER_SIZE);
    ck_assert_uint_gt(length, 0);
    for (int i = 0; i < net->node_count; i++)
        if (net->nodes[i].node) {
            node_receive(visit_core(i), 0, WIRE_PATH_GROUP4, &from, bytes, WIRE_HEADER_SIZE + length,
                         net_time_of(net, i));
            net_flush(net, i);
        }
}

void visit_forge_message(uint64_t origin, uint32_t number)
{
    visit_forge(
        &(struct wire_record){
            .type = WIRE_MESSAGE,
            .message = {.origin = origin,
                        .number = number,
                        .stamp = 5,
                        .room = wire_room_tag(span_of("lobby")),
                        .nick = span_of("nina"),
                        .text = span_of("forged")}
    },
        99);
}
