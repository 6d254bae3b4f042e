#include <stdio.h>
#include <string.h>

#include "client.h"
#include "lanchat/system.h"

#define FOLD_PEOPLE 100
#define FOLD_US     UINT64_C(1000000)

static void append(struct server *server, enum plain_kind kind, struct span text)
{
    if (!feed_append(&server->feeds[kind], text))
        server_tell(server, "memory: something is not shown to plain-text clients");
    server->news = true;
}

/* Shows it to all, but not to `speaker`, if it is a line client: it has its own words on its screen. */
static void show(struct server *server, const struct plain_shown *shown, struct client *speaker)
{
    struct plain_pieces pieces;
    size_t length;

    for (enum plain_kind kind = PLAIN_LINE; kind <= PLAIN_CHUNK; kind++) {
        struct feed *feed = &server->feeds[kind];
        uint64_t from = feed->end;
        if (feed->readers == 0)
            continue;
        plain_show(&pieces, kind, shown);
        while ((length = plain_piece(&pieces, server->piece, sizeof server->piece)) > 0)
            append(server, kind, (struct span){server->piece, length});
        if (speaker && speaker->kind == kind && kind == PLAIN_LINE && speaker->reader.block)
            feed_omit(feed, &speaker->reader, from);
    }
}

/* Tells one who has joined that he is in, and shows him what comes from now on. */
static void welcome(struct client *client, struct span nick)
{
    struct server *server = client->server;
    const struct plain_shown news[] = {
        {.news = PLAIN_JOINED, .nick = nick},
        {.news = PLAIN_CONNECTED                   }
    };
    bool unread = client->kind == PLAIN_LINE; /* a chunk client has read all that came before */

    for (size_t i = 0; i < sizeof news / sizeof *news; i++) {
        struct plain_pieces pieces;
        plain_show(&pieces, client->kind, &news[i]);
        struct span text = {server->piece, plain_piece(&pieces, server->piece, sizeof server->piece)};
        if (!unread && text.length > 0) {
            text.bytes++;
            text.length--;
        }
        unread = true;
        client_send(client, text);
    }
    if (!feed_attach(&server->feeds[client->kind], &client->reader))
        client_drop(client, "no memory");
}

/* True if the news is told later, with others. */
static bool fold(struct server *server, const struct node_event *event)
{
    struct fold *news = &server->fold;

    if (server->people < FOLD_PEOPLE && news->at_us == LOOP_FOREVER)
        return false;
    if (news->at_us == LOOP_FOREVER) {
        *news = (struct fold){.at_us = system_time().now_us + FOLD_US};
        memcpy(news->nick, event->nick, sizeof news->nick);
    }
    if (event->type == NODE_JOIN)
        news->joined++;
    else
        news->left++;
    return true;
}

static void on_join(struct server *server, const struct node_event *event)
{
    struct client *client = client_find(server, event->id);
    const struct plain_shown shown = {.news = PLAIN_JOINED, .nick = span_of(event->nick)};

    server->people++;
    if (!event->present && !fold(server, event))
        show(server, &shown, NULL);
    if (client && !client->reader.block)
        welcome(client, shown.nick);
}

static void on_leave(struct server *server, const struct node_event *event)
{
    const struct plain_shown shown = {.news = PLAIN_LEFT, .nick = span_of(event->nick)};

    if (!fold(server, event))
        show(server, &shown, NULL);
    if (server->people > 0)
        server->people--;
}

/* What was said before the server was there is not shown: its room would be told again all that there was. */
static void on_message(struct server *server, const struct node_event *event)
{
    const struct plain_shown shown = {
        .news = PLAIN_MESSAGE, .nick = span_of(event->nick), .text = event->text, .action = event->action};

    if (!event->replay || event->clock_ms >= server->opened_ms)
        show(server, &shown, client_find(server, event->id));
}

void server_event(struct server *server, const struct node_event *event)
{
    const struct plain_shown renamed = {
        .news = PLAIN_RENAMED, .nick = span_of(event->old), .text = span_of(event->nick)};
    const struct plain_shown lost = {
        .news = PLAIN_LOST, .nick = span_of(event->nick), .count = event->last - event->first + 1};

    if (event->room != server->room)
        return;
    switch (event->type) {
    case NODE_MESSAGE:
        on_message(server, event);
        break;
    case NODE_JOIN:
        on_join(server, event);
        break;
    case NODE_LEAVE:
        on_leave(server, event);
        break;
    case NODE_NICK:
        show(server, &renamed, NULL);
        break;
    case NODE_LOST:
        show(server, &lost, NULL);
        break;
    case NODE_READY:
    case NODE_CENSUS:
        break;
    }
}

/* "37 joined, 12 left" */
static void show_counts(struct server *server, const struct fold *news)
{
    char text[80];

    if (news->left == 0)
        snprintf(text, sizeof text, "%u joined", news->joined);
    else if (news->joined == 0)
        snprintf(text, sizeof text, "%u left", news->left);
    else
        snprintf(text, sizeof text, "%u joined, %u left", news->joined, news->left);
    char line[96];
    int size = snprintf(line, sizeof line, "* %s\n", text);
    append(server, PLAIN_LINE, (struct span){line, (size_t)size});
    size = snprintf(line, sizeof line, "\n%s", text);
    append(server, PLAIN_CHUNK, (struct span){line, (size_t)size});
}

void crowd_tick(struct server *server, uint64_t now_us)
{
    const struct fold news = server->fold;
    const struct plain_shown alone = {.news = news.joined ? PLAIN_JOINED : PLAIN_LEFT,
                                      .nick = span_of(news.nick)};

    if (news.at_us > now_us)
        return;
    server->fold = (struct fold){.at_us = LOOP_FOREVER};
    if (news.joined + news.left == 1)
        show(server, &alone, NULL);
    else
        show_counts(server, &news);
}
