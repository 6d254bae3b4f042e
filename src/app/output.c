#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Plain text. */

static void put_shown(FILE *file, struct span text)
{
    char shown[4];

    while (text.length > 0) {
        size_t length = text_show(&text, shown);
        fwrite(shown, 1, length, file);
        if (length == 1 && shown[0] == '\n')
            fputs("    ", file);
    }
}

static void put_message(const struct node_event *event)
{
    if (event->action)
        fputs("* ", stdout);
    put_shown(stdout, span_of(event->nick));
    fputs(event->action ? " " : ": ", stdout);
    put_shown(stdout, event->text);
    putchar('\n');
}

void output_notice(const struct output *output, const char *format, ...)
{
    char line[512];
    va_list arguments;

    if (output->quiet || output->json)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fputs("* ", stderr);
    put_shown(stderr, span_of(line));
    fputc('\n', stderr);
}

/* Who is here when we come, in one line. */
static void greet(const struct output *output, const struct node *node)
{
    char names[384] = "";
    size_t length = 0, left_out = 0, shown = 0;
    struct node_peer peer;

    for (size_t i = 0; node_peer(node, i, &peer); i++) {
        size_t size = strlen(peer.nick) + 2;
        if (peer.nick[0] == '\0' || peer.room != wire_room_tag(span_of(output->room)))
            continue;
        if (length + size >= sizeof names) {
            left_out++;
            continue;
        }
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", shown++ ? ", " : "", peer.nick);
    }
    if (shown == 0)
        output_notice(output, "%s: nobody else is here yet", output->room);
    else if (left_out > 0)
        output_notice(output, "%s: %s and %zu more are here", output->room, names, left_out);
    else
        output_notice(output, "%s: %s %s here", output->room, names, shown == 1 ? "is" : "are");
}

static void put_lost(const struct output *output, const struct node_event *event)
{
    output_notice(output, "lost %" PRIu32 " from %s", event->last - event->first + 1,
                  event->nick[0] ? event->nick : "somebody");
}

static void put_plain(const struct output *output, const struct node *node, const struct node_event *event)
{
    switch (event->type) {
    case NODE_READY:
        greet(output, node);
        break;
    case NODE_MESSAGE:
        put_message(event);
        break;
    case NODE_JOIN:
        if (!event->present)
            output_notice(output, "%s joined", event->nick);
        break;
    case NODE_LEAVE:
        output_notice(output, event->timed_out ? "%s is gone (silent)" : "%s left", event->nick);
        break;
    case NODE_NICK:
        output_notice(output, "%s is now %s", event->old, event->nick);
        break;
    case NODE_LOST:
        put_lost(output, event);
        break;
    case NODE_CENSUS:
        break;
    }
}

/* JSON (RFC 8259). What a terminal must not see is escaped, so that this may be looked at on one. */

static void put_escaped(int32_t c)
{
    if (c >= 0x10000)
        printf("\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)), (unsigned)(0xdc00 | (c & 0x3ff)));
    else
        printf("\\u%04x", (unsigned)c);
}

static void put_string(struct span text)
{
    putchar('"');
    while (text.length > 0) {
        struct span before = text;
        char shown[4];
        int32_t c = text_next(&text);
        size_t size = before.length - text.length;
        struct span character = {before.bytes, size};
        if (c == '"' || c == '\\')
            printf("\\%c", (char)c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c < 0)
            fputs("\\ufffd", stdout);
        else if (text_show(&character, shown) == size && memcmp(shown, before.bytes, size) == 0)
            fwrite(before.bytes, 1, size, stdout);
        else
            put_escaped(c);
    }
    putchar('"');
}

static void put_member(const char *name, struct span text)
{
    printf(",\"%s\":", name);
    if (text.length > 0)
        put_string(text);
    else
        fputs("null", stdout);
}

static void put_time(uint64_t clock_ms)
{
    time_t seconds = (time_t)(clock_ms / 1000);
    struct tm tm;
    char text[40] = "1970-01-01T00:00:00";

    /* A year of more than four digits is no RFC 3339 time. */
    if (clock_ms < UINT64_C(253402300800000) && gmtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    printf(",\"time\":\"%s.%03uZ\"", text, (unsigned)(clock_ms % 1000));
}

static void put_json(const struct output *output, const struct node *node, const struct node_event *event)
{
    static const char *const names[] = {
        [NODE_READY] = "ready", [NODE_MESSAGE] = "message", [NODE_JOIN] = "join",
        [NODE_LEAVE] = "leave", [NODE_NICK] = "nick",       [NODE_LOST] = "lost",
    };
    uint64_t id = event->type == NODE_READY ? node_id(node) : event->id;

    if (event->type == NODE_CENSUS)
        return;
    printf("{\"event\":\"%s\"", names[event->type]);
    put_time(event->clock_ms);
    put_member("room", span_of(output->room));
    if (event->type == NODE_NICK)
        put_member("old", span_of(event->old));
    if (event->type != NODE_READY)
        put_member("nick", span_of(event->nick));
    printf(",\"id\":\"%016" PRIx64 "\"", id);
    if (event->type == NODE_MESSAGE) {
        printf(",\"seq\":%" PRIu32 ",\"text\":", event->first);
        put_string(event->text);
        printf(",\"action\":%s,\"replay\":%s", event->action ? "true" : "false",
               event->replay ? "true" : "false");
    }
    if (event->type == NODE_JOIN && event->present)
        fputs(",\"present\":true", stdout);
    if (event->type == NODE_LEAVE)
        printf(",\"reason\":\"%s\"", event->timed_out ? "timeout" : "bye");
    if (event->type == NODE_LOST)
        printf(",\"first\":%" PRIu32 ",\"last\":%" PRIu32, event->first, event->last);
    puts("}");
}

void output_event(const struct output *output, const struct node *node, const struct node_event *event)
{
    if (output->json)
        put_json(output, node, event);
    else
        put_plain(output, node, event);
}

const char *output_role(enum wire_role role)
{
    switch (role) {
    case WIRE_PERSON:
        return "person";
    case WIRE_LISTENER:
        return "listener";
    case WIRE_RELAY:
        return "relay";
    case WIRE_HUB:
        return "hub";
    case WIRE_TEXT:
        return "text";
    default:
        return "tool";
    }
}

static const char *path_name(enum wire_path path)
{
    static const char *const names[] = {"group4", "group6", "broadcast", "nodes6", "unicast", "link"};
    return names[path];
}

void output_peer(const struct output *output, const struct node *node, const struct node_peer *peer)
{
    char address[LAN_ADDRESS_MAX];

    if (!output->json) {
        put_shown(stdout, span_of(peer->nick));
        putchar('\n');
        return;
    }
    lan_address_text(&peer->address, address);
    fputs("{\"event\":\"peer\"", stdout);
    put_member("room", node_room_name(node, peer->room));
    put_member("nick", span_of(peer->nick));
    printf(",\"id\":\"%016" PRIx64 "\",\"role\":\"%s\"", peer->id, output_role(peer->role));
    put_member("address", span_of(address));
    put_member("path", span_of(peer->heard ? path_name(peer->path) : ""));
    puts("}");
}

void output_room(const struct output *output, struct span name, unsigned people)
{
    if (output->json) {
        fputs("{\"event\":\"room\"", stdout);
        put_member("room", name);
        printf(",\"people\":%u}\n", people);
        return;
    }
    put_shown(stdout, name);
    printf("\t%u\n", people);
}

int output_flush(void)
{
    return fflush(stdout) == 0 ? 0 : errno;
}
