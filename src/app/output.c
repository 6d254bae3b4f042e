#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "notice.h"
#include "write.h"

bool output_open(struct output *output, const struct options *options)
{
    *output = (struct output){.json = options->json, .quiet = options->quiet, .room = options->room};
    output->file = open_memstream(&output->bytes, &output->size);
    return output->file;
}

void output_close(struct output *output)
{
    if (output->file)
        fclose(output->file);
    free(output->bytes);
}

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

static void put_message(FILE *file, const struct node_event *event)
{
    if (event->action)
        fputs("* ", file);
    put_shown(file, span_of(event->nick));
    fputs(event->action ? " " : ": ", file);
    put_shown(file, event->text);
    fputc('\n', file);
}

/* Writes what was put, in one piece. Returns 0 or an errno. */
static int write_put(struct output *output, int fd)
{
    int failed = fflush(output->file) != 0 || ferror(output->file);
    off_t length = ftello(output->file);
    int error = failed || length < 0 ? ENOMEM : write_all(fd, output->bytes, (size_t)length);

    rewind(output->file); /* what is to be put next, goes over it */
    return error;
}

void output_notice(struct output *output, const char *format, ...)
{
    char line[512];
    va_list arguments;

    if (output->quiet || output->json)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    /* On a terminal the two come in the order of the events. */
    int error = write_put(output, STDOUT_FILENO);
    if (error != 0)
        output->error = error;
    fputs("* ", output->file);
    put_shown(output->file, span_of(line));
    fputc('\n', output->file);
    write_put(output, STDERR_FILENO);
}

static void put_plain(struct output *output, const struct node *node, const struct node_event *event)
{
    char line[NOTICE_MAX];

    if (event->type == NODE_MESSAGE) {
        put_message(output->file, event);
        return;
    }
    notice_event(line, node, output->room, event);
    if (line[0])
        output_notice(output, "%s", line);
}

/* JSON. */

static void put_json(const struct output *output, const struct node *node, const struct node_event *event)
{
    static const char *const names[] = {
        [NODE_READY] = "ready", [NODE_MESSAGE] = "message", [NODE_JOIN] = "join",
        [NODE_LEAVE] = "leave", [NODE_NICK] = "nick",       [NODE_LOST] = "lost",
    };
    FILE *file = output->file;
    uint64_t id = event->type == NODE_READY ? node_id(node) : event->id;

    if (event->type == NODE_CENSUS)
        return;
    fprintf(file, "{\"event\":\"%s\"", names[event->type]);
    fputs(",\"time\":", file);
    json_time_ms(file, event->clock_ms);
    json_member(file, "room", span_of(output->room));
    if (event->type == NODE_NICK)
        json_member(file, "old", span_of(event->old));
    if (event->type != NODE_READY)
        json_member(file, "nick", span_of(event->nick));
    fprintf(file, ",\"id\":\"%016" PRIx64 "\"", id);
    if (event->type == NODE_MESSAGE) {
        fprintf(file, ",\"seq\":%" PRIu32 ",\"text\":", event->first);
        json_string(file, event->text);
        fprintf(file, ",\"action\":%s,\"replay\":%s", event->action ? "true" : "false",
                event->replay ? "true" : "false");
    }
    if (event->type == NODE_JOIN && event->present)
        fputs(",\"present\":true", file);
    if (event->type == NODE_LEAVE)
        fprintf(file, ",\"reason\":\"%s\"", event->timed_out ? "timeout" : "bye");
    if (event->type == NODE_LOST)
        fprintf(file, ",\"first\":%" PRIu32 ",\"last\":%" PRIu32, event->first, event->last);
    fputs("}\n", file);
}

void output_event(struct output *output, const struct node *node, const struct node_event *event)
{
    if (output->json)
        put_json(output, node, event);
    else
        put_plain(output, node, event);
}

void output_peer(const struct output *output, const struct node *node, const struct node_peer *peer)
{
    char address[LAN_ADDRESS_MAX];
    FILE *file = output->file;

    if (!output->json) {
        put_shown(file, span_of(peer->nick));
        fputc('\n', file);
        return;
    }
    lan_address_text(&peer->address, address);
    fputs("{\"event\":\"peer\"", file);
    json_member(file, "room", node_room_name(node, peer->room));
    json_member(file, "nick", span_of(peer->nick));
    fprintf(file, ",\"id\":\"%016" PRIx64 "\",\"role\":\"%s\"", peer->id, wire_role_name(peer->role));
    json_member(file, "address", span_of(address));
    json_member(file, "path", span_of(peer->heard ? wire_path_name(peer->path) : ""));
    fputs("}\n", file);
}

void output_room(const struct output *output, struct span name, unsigned people)
{
    FILE *file = output->file;

    if (output->json) {
        fputs("{\"event\":\"room\"", file);
        json_member(file, "room", name);
        fprintf(file, ",\"people\":%u}\n", people);
        return;
    }
    put_shown(file, name);
    fprintf(file, "\t%u\n", people);
}

int output_flush(struct output *output)
{
    int error = write_put(output, STDOUT_FILENO);

    if (output->error != 0)
        error = output->error;
    output->error = 0;
    return error;
}
