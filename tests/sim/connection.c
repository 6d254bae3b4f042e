/* Connections of the TCP kind: each way a list of datagrams, of which as many are in flight as the window
 * holds; the rest waits at the sender. Who may not read leaves the head of the list where it is, so the
 * window fills and the sender's list grows. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "net.h"

#define DELAY_US      5000
#define WINDOW_OCTETS ((size_t)64 * 1024)

struct net_frame {
    struct net_frame *next;
    uint64_t at_us; /* in flight: when it arrives */
    size_t length;
    uint8_t bytes[];
};

static struct net_place make_end(struct net *net, int node, int plug)
{
    net_enter(net, node);
    int link = node_link_add(net->nodes[node].node, NODE_CONNECTION, net_time_of(net, node));
    net_leave();
    struct net_node *of = &net->nodes[node];
    while (link >= 0 && of->plug_count <= link) {
        of->plugs = memory_grow(of->plugs, (size_t)(of->plug_count + 1) * sizeof *of->plugs);
        of->plugs[of->plug_count++] = (struct net_plug){.segment = -1};
    }
    if (link >= 0)
        of->plugs[link] = (struct net_plug){.segment = -1, .connection = plug};
    return (struct net_place){node, link};
}

int net_connect(struct net *net, int a, int b)
{
    int index = net->connection_count++;
    struct net_connection *connection = &net->connections[index];

    *connection = (struct net_connection){.delay_us = DELAY_US, .window = WINDOW_OCTETS};
    connection->ends[0] = make_end(net, a, 1 + 2 * index);
    connection->ends[1] = make_end(net, b, 2 + 2 * index);
    net_mend(net, index);
    return index;
}

static bool end_lives(const struct net *net, struct net_place end)
{
    return end.link >= 0 && net->nodes[end.node].node;
}

void net_mend(struct net *net, int index)
{
    struct net_connection *connection = &net->connections[index];

    if (connection->up || !end_lives(net, connection->ends[0]) || !end_lives(net, connection->ends[1]))
        return;
    connection->up = true;
    for (int i = 0; i < 2; i++) {
        const struct net_place end = connection->ends[i];
        net_enter(net, end.node);
        node_path_up(net->nodes[end.node].node, end.link, WIRE_PATH_LINK, net_time_of(net, end.node));
        net_leave();
        net_flush(net, end.node);
    }
}

void net_replace(struct net *net, int killed, int node)
{
    for (int i = 0; i < net->connection_count; i++)
        for (int end = 0; end < 2; end++) {
            if (net->connections[i].ends[end].node != killed)
                continue;
            net->connections[i].ends[end] = make_end(net, node, 1 + 2 * i + end);
            net_mend(net, i);
        }
}

static void flow_clear(struct net_flow *flow)
{
    while (flow->head) {
        struct net_frame *next = flow->head->next;
        free(flow->head);
        flow->head = next;
    }
    flow->tail = flow->waiting = NULL;
    flow->octets = flow->flying = 0;
}

void net_break(struct net *net, int index)
{
    struct net_connection *connection = &net->connections[index];

    if (!connection->up)
        return;
    connection->up = false;
    for (int i = 0; i < 2; i++) {
        const struct net_place end = connection->ends[i];
        flow_clear(&connection->flows[i]);
        if (!end_lives(net, end))
            continue;
        net_enter(net, end.node);
        node_path_down(net->nodes[end.node].node, end.link, WIRE_PATH_LINK, net_time_of(net, end.node));
        net_leave();
        net_flush(net, end.node);
    }
}

/* Puts into flight what the window has room for; what flies arrives in order. */
static void launch(struct net *net, int index, int end)
{
    struct net_connection *connection = &net->connections[index];
    struct net_flow *flow = &connection->flows[end];

    for (; flow->waiting && (flow->flying == 0 || flow->flying + flow->waiting->length <= connection->window);
         flow->waiting = flow->waiting->next) {
        flow->flying += flow->waiting->length;
        flow->waiting->at_us = net->now_us + connection->delay_us;
    }
    if (flow->moving || !flow->head)
        return;
    flow->moving = true;
    heap_push(&net->arrivals, (struct heap_entry){flow->head->at_us, net->sequence++, NULL, index, end});
}

void connection_send(struct net *net, const struct net_datagram *datagram)
{
    int plug = net->nodes[datagram->node].plugs[datagram->link].connection - 1;
    struct net_connection *connection = &net->connections[plug / 2];
    int end = 1 - plug % 2;
    struct net_flow *flow = &connection->flows[end];

    if (!connection->up)
        return;
    struct net_frame *frame = memory_grow(NULL, sizeof *frame + datagram->length);
    *frame = (struct net_frame){.length = datagram->length};
    memcpy(frame->bytes, datagram->bytes, datagram->length);
    if (flow->tail)
        flow->tail->next = frame;
    else
        flow->head = frame;
    flow->tail = frame;
    if (!flow->waiting)
        flow->waiting = frame;
    flow->octets += frame->length;
    if (flow->octets > flow->most)
        flow->most = flow->octets;
    launch(net, plug / 2, end);
}

/* An address on a connection is that of the other end: node.h says that the core only hands it back. */
static struct node_address address_of(struct net_place end)
{
    return (struct node_address){
        .octets = {(uint8_t)(end.node >> 8), (uint8_t)end.node, (uint8_t)end.link, 't'},
          .length = 4
    };
}

void connection_arrival(struct net *net, int index, int end)
{
    struct net_connection *connection = &net->connections[index];
    struct net_flow *flow = &connection->flows[end];
    const struct net_place to = connection->ends[end];
    struct net_frame *frame = flow->head;

    flow->moving = false;
    if (!frame || !connection->up)
        return;
    if (frame->at_us > net->now_us) { /* it broke and came back since */
        launch(net, index, end);
        return;
    }
    if (net->nodes[to.node].asleep || !node_may_read(net->nodes[to.node].node, to.link))
        return; /* until connection_resume */
    flow->head = frame->next;
    if (!flow->head)
        flow->tail = NULL;
    flow->octets -= frame->length;
    flow->flying -= frame->length;
    const struct node_address from = address_of(connection->ends[1 - end]);
    launch(net, index, end);
    net_receive(net, to, WIRE_PATH_LINK, &from, frame->bytes, frame->length);
    free(frame);
}

void connection_resume(struct net *net, int node)
{
    const struct net_node *of = &net->nodes[node];

    if (!of->node || of->asleep)
        return;
    for (int link = 0; link < of->plug_count; link++) {
        int plug = of->plugs[link].connection - 1;
        if (plug >= 0 && node_may_read(of->node, link))
            launch(net, plug / 2, plug % 2);
    }
}

void connection_free(struct net *net)
{
    for (int i = 0; i < net->connection_count; i++)
        for (int end = 0; end < 2; end++)
            flow_clear(&net->connections[i].flows[end]);
}
