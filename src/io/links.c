#include "lanchat/links.h"

#include <stdlib.h>

#include "lanchat/system.h"

#define FLUSH_US 20000 /* for sending, before signals and what came have their turn */

struct links {
    struct node *node;
    bool unsent;
    struct way {
        links_send *send; /* NULL: none */
        void *context;
    } ways[NODE_LINKS_MAX];
};

struct links *links_new(struct node *node)
{
    struct links *links = calloc(1, sizeof *links);

    if (links)
        links->node = node;
    return links;
}

void links_free(struct links *links)
{
    free(links);
}

int links_add(struct links *links, enum node_link_kind kind, links_send *send, void *context)
{
    int link = node_link_add(links->node, kind, system_time());

    if (link >= 0)
        links->ways[link] = (struct way){send, context};
    return link;
}

void links_remove(struct links *links, int link)
{
    node_link_remove(links->node, link, system_time());
    links->ways[link] = (struct way){NULL, NULL};
}

void links_flush(struct links *links)
{
    struct node_datagram datagram;
    uint64_t until = system_time().now_us + FLUSH_US;

    links->unsent = false;
    while (!links->unsent && node_pull(links->node, &datagram)) {
        const struct way *way = &links->ways[datagram.link];
        if (way->send)
            way->send(way->context, &datagram);
        links->unsent = system_time().now_us >= until;
    }
}

bool links_unsent(const struct links *links)
{
    return links->unsent;
}
