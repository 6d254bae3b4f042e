#include "watch.h"

#include <stdio.h>

#include "lans.h"
#include "suite.h"

unsigned messages, prompts, hellos[WIRE_PATHS], copies_to[64];

static void see(struct net *of, const struct net_datagram *is, void *context)
{
    struct wire_datagram datagram;
    struct wire_record record;
    bool message = false, hello = false;

    (void)of;
    (void)context;
    wire_open(&datagram, is->bytes, is->length);
    while (wire_next(&datagram, &record)) {
        message |= record.type == WIRE_MESSAGE;
        hello |= record.type == WIRE_HELLO;
        prompts += record.type == WIRE_PROMPT;
    }
    messages += message;
    hellos[is->path] += hello;
    if (message && is->path == WIRE_PATH_UNICAST && is->to.length > 0)
        copies_to[is->to.octets[1]]++;
}

void watch(void)
{
    net->see = see;
    messages = prompts = 0;
    for (int i = 0; i < WIRE_PATHS; i++)
        hellos[i] = 0;
    for (int i = 0; i < 64; i++)
        copies_to[i] = 0;
}

const char *text_of(int number)
{
    static char text[32];

    snprintf(text, sizeof text, "text %d", number);
    return text;
}

int texts_said;

static bool all_show(struct net *of)
{
    for (int i = 0; i < of->node_count; i++)
        if (i > 0 && of->nodes[i].node && !net_shown_once(of, i, text_of(texts_said)))
            return false;
    return true;
}

uint64_t say(void)
{
    net_say(net, 0, text_of(++texts_said));
    return net_run_until(net, all_show, 60 * NET_S);
}

void check_nobody_left(void)
{
    for (int i = 0; i < net->node_count; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
        ck_assert_uint_eq(net_events(net, i, NODE_LEAVE, 0), 0);
    }
}

bool fails(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    const struct fault *fault = context;
    unsigned paths = 0;

    (void)of;
    if (datagram->node == 0 && to == 1)
        paths = fault->there;
    else if (datagram->node == 1 && to == 0)
        paths = fault->back;
    return to == datagram->node || !((paths | fault->everybody) & 1u << datagram->path);
}

void break_it(const struct fault *fault)
{
    static struct fault is;

    is = *fault;
    net->pass = fails;
    net->context = &is;
}
