#include "slash.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanchat/system.h"

#define LINE_MAX      512
#define HISTORY_ASKED 20
#define HISTORY_MOST  1000
#define NEAR_MOST     2 /* letters that may be wrong in a command that is guessed */
#define ROOMS_MOST    256
#define HELP_WIDTH    14

struct slash {
    const char *name, *operand, *purpose; /* operand "": none; in brackets: it may be left out */
    void (*run)(struct talk *talk, struct span operand);
};

__attribute__((format(printf, 3, 0))) static void
put(struct talk *talk, void show(struct view *view, struct span line), const char *format, va_list arguments)
{
    char line[LINE_MAX];

    vsnprintf(line, sizeof line, format, arguments);
    show(talk->view, span_of(line));
}

__attribute__((format(printf, 2, 3))) static void tell(struct talk *talk, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put(talk, view_line, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void fail(struct talk *talk, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put(talk, view_error, format, arguments);
    va_end(arguments);
}

/* A growing list of names in one line. */
struct names {
    char *text;
    size_t length;
    FILE *file;
    unsigned count;
};

static bool names_open(struct names *names)
{
    *names = (struct names){0};
    names->file = open_memstream(&names->text, &names->length);
    return names->file;
}

static void names_add(struct names *names, const char *name, const char *more)
{
    fprintf(names->file, "%s%s%s", names->count++ ? ", " : "", name, more);
}

/* "WHAT: NAME, NAME" */
static void names_tell(struct names *names, struct talk *talk)
{
    if (fclose(names->file) == 0)
        view_line(talk->view, (struct span){names->text, names->length});
    free(names->text);
}

static uint64_t tag_of(const struct talk *talk)
{
    return wire_room_tag(span_of(talk->session.room));
}

static void who(struct talk *talk, struct span operand)
{
    unsigned others[WIRE_SERVER] = {0};
    struct node_peer peer;
    struct names names;

    (void)operand;
    if (!names_open(&names))
        return;
    fprintf(names.file, "in %s: ", talk->session.room);
    names_add(&names, talk->session.nick, " (you)");
    for (size_t i = 0; node_peer(talk->session.node, i, &peer); i++) {
        if (peer.room != tag_of(talk))
            continue;
        if (peer.nick[0])
            names_add(&names, peer.nick, ignore_has(&talk->ignore, peer.nick) ? " (ignored)" : "");
        else
            others[peer.role]++;
    }
    for (int role = 0; role < WIRE_SERVER; role++)
        if (others[role] > 0)
            fprintf(names.file, "; %u %s%s", others[role], wire_role_name((uint64_t)role),
                    others[role] > 1 ? "s" : "");
    names_tell(&names, talk);
}

static void nick(struct talk *talk, struct span operand)
{
    struct session *session = &talk->session;

    if (!node_rename(session->node, operand, system_time())) {
        fail(talk, "/nick: not a nickname: 1 to 32 bytes, without ~, white space and control characters");
        return;
    }
    memcpy(session->nick, operand.bytes, operand.length);
    session->nick[operand.length] = '\0';
    view_nick(talk->view, operand);
    tell(talk, "you are %s now", session->nick);
}

static void me(struct talk *talk, struct span operand)
{
    talk_say(talk, operand, true);
}

static void join(struct talk *talk, struct span operand)
{
    if (!text_name_valid(operand, TEXT_ROOM_MAX))
        fail(talk, "/join: not a room: 1 to 64 bytes, without ~, white space and control characters");
    else if (span_equal(operand, span_of(talk->session.room)))
        fail(talk, "/join: you are in %s", talk->session.room);
    else
        talk_join(talk, operand);
}

/* The people of each room that is heard of. */
static void rooms(struct talk *talk, struct span operand)
{
    struct {
        uint64_t tag;
        unsigned people;
    } found[ROOMS_MOST] = {
        {tag_of(talk), 1}
    };
    size_t count = 1, at;
    struct node_peer peer;

    (void)operand;
    for (size_t i = 0; node_peer(talk->session.node, i, &peer); i++) {
        for (at = 0; at < count && found[at].tag != peer.room; at++)
            ;
        if (peer.nick[0] == '\0' || at == ROOMS_MOST)
            continue;
        if (at == count)
            found[count++].tag = peer.room;
        found[at].people++;
    }
    for (at = 0; at < count; at++) {
        struct span name = node_room_name(talk->session.node, found[at].tag);
        if (name.length > 0)
            tell(talk, "%.*s: %u %s%s", (int)name.length, name.bytes, found[at].people,
                 found[at].people == 1 ? "person" : "people", at == 0 ? " (you are here)" : "");
    }
}

static void ignore(struct talk *talk, struct span operand)
{
    struct names names;

    if (operand.length > 0) {
        char name[NODE_SHOWN_MAX + 1] = "";
        if (!ignore_toggle(&talk->ignore, operand)) {
            fail(talk, "/ignore: %s",
                 talk->ignore.count == IGNORE_MAX ? "too many are ignored" : "not a nickname");
            return;
        }
        memcpy(name, operand.bytes, operand.length);
        tell(talk,
             ignore_has(&talk->ignore, name) ? "%s is ignored now (once more to hear him again)"
                                             : "%s is heard again",
             name);
        return;
    }
    if (!names_open(&names))
        return;
    fputs(talk->ignore.count > 0 ? "ignored: " : "nobody is ignored", names.file);
    for (size_t i = 0; i < talk->ignore.count; i++)
        names_add(&names, talk->ignore.nicks[i], "");
    names_tell(&names, talk);
}

static void history(struct talk *talk, struct span operand)
{
    unsigned long count = HISTORY_ASKED;
    char digits[8] = "", *end = digits;

    if (operand.length > 0 && operand.length < sizeof digits) {
        memcpy(digits, operand.bytes, operand.length);
        count = strtoul(digits, &end, 10);
    }
    if ((operand.length > 0 && (end == digits || *end)) || digits[0] == '-' || count < 1 ||
        count > HISTORY_MOST) {
        fail(talk, "/history: not a number of messages (1 to %d)", HISTORY_MOST);
        return;
    }
    view_replays(talk->view, (unsigned)count);
    node_recall(talk->session.node, (unsigned)count, system_time());
}

/* "3 min", as somebody would say it. */
static const char *since(char text[32], uint64_t us)
{
    uint64_t seconds = us / 1000000;

    if (seconds < 120)
        snprintf(text, 32, "%" PRIu64 " s", seconds);
    else if (seconds < 7200)
        snprintf(text, 32, "%" PRIu64 " min", seconds / 60);
    else
        snprintf(text, 32, "%" PRIu64 " h", seconds / 3600);
    return text;
}

static void tell_path(struct talk *talk, int index, enum wire_path path, const struct node_path *is)
{
    char where[LAN_ADDRESS_MAX] = "", ago[32], up[48] = "down";

    if (!is->up && is->in == 0 && is->out == 0)
        return;
    if (talk->session.lan)
        lan_path_text(talk->session.lan, index, path, where);
    if (is->up)
        snprintf(up, sizeof up, "for %s", since(ago, system_time().now_us - is->since_us));
    else if (path == WIRE_PATH_UNICAST && !*where)
        snprintf(up, sizeof up, "to single nodes");
    tell(talk, "  %s%s%s, %s: %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " dropped", wire_path_name(path),
         *where ? " " : "", where, up, is->in, is->out, is->missed);
}

static void links(struct talk *talk, struct span operand)
{
    struct session *session = &talk->session;
    struct node_link link;
    unsigned count = 0;

    (void)operand;
    for (int i = 0; i < NODE_LINKS_MAX; i++) {
        if (!node_link(session->node, i, &link))
            continue;
        const char *name = session->lan ? lan_link_name(session->lan, i) : NULL;
        tell(talk, "%s: %" PRIu64 " repaired", name ? name : session->options->url.text, link.repaired);
        for (int path = 0; path < WIRE_PATHS; path++)
            tell_path(talk, i, (enum wire_path)path, &link.paths[path]);
        count++;
    }
    if (count == 0)
        tell(talk, "no interface is up");
}

static void quit(struct talk *talk, struct span operand)
{
    (void)operand;
    talk_end(talk);
}

static void help(struct talk *talk, struct span operand);

static const struct slash commands[] = {
    {"/help",    "",       "this list",                                            help   },
    {"/who",     "",       "who is here",                                          who    },
    {"/nick",    "NAME",   "change your nickname",                                 nick   },
    {"/me",      "TEXT",   "say what you do: /me waves",                           me     },
    {"/join",    "ROOM",   "go to another room",                                   join   },
    {"/rooms",   "",       "which rooms are in use",                               rooms  },
    {"/ignore",  "[NICK]", "hear nothing of somebody; once more: hear him again",  ignore },
    {"/history", "[N]",    "show the last N messages again (20)",                  history},
    {"/links",   "",       "the ways to the others, and what came and went there", links  },
    {"/quit",    "",       "leave",                                                quit   },
};

#define COUNT (sizeof commands / sizeof *commands)

static void help(struct talk *talk, struct span operand)
{
    (void)operand;
    for (size_t i = 0; i < COUNT; i++)
        tell(talk, "%s %-*s %s", commands[i].name, HELP_WIDTH - (int)strlen(commands[i].name),
             commands[i].operand, commands[i].purpose);
    tell(talk, "%-*s  say a line that begins with a slash", HELP_WIDTH, "//TEXT");
}

struct span slash_name(size_t index)
{
    return index < COUNT ? span_of(commands[index].name) : (struct span){0};
}

/* How many letters must be put in, taken out or changed (Levenshtein 1965). */
static size_t distance(struct span a, const char *b)
{
    size_t row[16], width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (a.bytes[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = row[j] < change ? row[j] : change;
        }
    }
    return row[width];
}

static const struct slash *find(struct span name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (span_equal(name, span_of(commands[i].name)))
            return &commands[i];
    return NULL;
}

static const struct slash *nearest(struct span name)
{
    const struct slash *near = NULL;
    size_t least = NEAR_MOST + 1;

    for (size_t i = 0; name.length < LINE_MAX && i < COUNT; i++) {
        size_t far = distance(name, commands[i].name);
        if (far >= least || far >= name.length)
            continue;
        least = far;
        near = &commands[i];
    }
    return near;
}

static void fail_unknown(struct talk *talk, struct span name)
{
    const struct slash *near = nearest(name);
    int shown = (int)text_fit(name, 40);

    if (near)
        fail(talk, "%.*s: no such command (%s?)", shown, name.bytes, near->name);
    else
        fail(talk, "%.*s: no such command (/help lists them; /%.*s says it)", shown, name.bytes, shown,
             name.bytes);
}

void slash_run(struct talk *talk, struct span line)
{
    struct span name = line;

    while (line.length > 0 && line.bytes[line.length - 1] == ' ')
        line.length--;
    name.length = 0;
    while (name.length < line.length && line.bytes[name.length] != ' ' && line.bytes[name.length] != '\n')
        name.length++;
    struct span operand = {line.bytes + name.length, line.length - name.length};
    while (operand.length > 0 && operand.bytes[0] == ' ') {
        operand.bytes++;
        operand.length--;
    }
    const struct slash *command = find(name);
    if (!command)
        fail_unknown(talk, name);
    else if (operand.length > 0 && !*command->operand)
        fail(talk, "%s: takes nothing more", command->name);
    else if (operand.length == 0 && *command->operand && command->operand[0] != '[')
        fail(talk, "%s: needs more: %s %s", command->name, command->name, command->operand);
    else
        command->run(talk, operand);
}
