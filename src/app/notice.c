#include "notice.h"

#include <inttypes.h>
#include <stdio.h>

/* As many nicknames as fit are named. */
#define NAMES_MAX 384

/* Who is here when we come. */
static void greet(char line[NOTICE_MAX], const struct node *node, const char *room)
{
    char names[NAMES_MAX] = "";
    size_t length = 0, left_out = 0, shown = 0;
    struct node_peer peer;

    for (size_t i = 0; node_peer(node, i, &peer); i++) {
        size_t size = strlen(peer.nick) + 2;
        if (peer.nick[0] == '\0' || peer.room != wire_room_tag(span_of(room)))
            continue;
        if (length + size >= sizeof names) {
            left_out++;
            continue;
        }
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", shown++ ? ", " : "", peer.nick);
    }
    if (shown == 0)
        snprintf(line, NOTICE_MAX, "%s: nobody else is here yet", room);
    else if (left_out > 0)
        snprintf(line, NOTICE_MAX, "%s: %s and %zu more are here", room, names, left_out);
    else
        snprintf(line, NOTICE_MAX, "%s: %s %s here", room, names, shown == 1 ? "is" : "are");
}

void notice_people(char line[NOTICE_MAX], const struct node_event *like, const char *who, unsigned count)
{
    const char *what = " left";

    if (like->type == NODE_JOIN)
        what = " joined";
    else if (like->timed_out)
        what = count == 1 ? " is gone (silent)" : " are gone (silent)";
    snprintf(line, NOTICE_MAX, "%s%s", who, what);
}

void notice_event(char line[NOTICE_MAX], const struct node *node, const char *room,
                  const struct node_event *event)
{
    line[0] = '\0';
    switch (event->type) {
    case NODE_READY:
        greet(line, node, room);
        break;
    case NODE_JOIN:
        if (!event->present)
            notice_people(line, event, event->nick, 1);
        break;
    case NODE_LEAVE:
        notice_people(line, event, event->nick, 1);
        break;
    case NODE_NICK:
        snprintf(line, NOTICE_MAX, "%s is now %s", event->old, event->nick);
        break;
    case NODE_LOST:
        snprintf(line, NOTICE_MAX, "lost %" PRIu32 " from %s", event->last - event->first + 1,
                 event->nick[0] ? event->nick : "somebody");
        break;
    case NODE_MESSAGE:
    case NODE_CENSUS:
        break;
    }
}
