/* The client of a tutorial chat server (lanchat(7), "Text servers"). Its stream gathers in `held`; an echo of
 * ours, or a pause, ends what is before it, and that is then read message by message. */
#include "lanchat/tutorial.h"

#include <stdlib.h>
#include <string.h>

#include "lanchat/plain.h"
#include "span.h"

#define HELD_MAX  (TEXT_SAY_MAX / 3u) /* so that a repaired text is never too long */
#define NAMES_MAX 1000u
#define WAITS_MAX (128u * 1024) /* octets that wait to be said */
#define SENT_MAX  16u           /* lines whose echo may still come */

#define ASK_US   UINT64_C(30000000) /* the server asks one client after the other */
#define ECHO_US  UINT64_C(2000000)
#define LATE_US  UINT64_C(60000000) /* an echo that is so late is none */
#define PAUSE_US UINT64_C(20000)    /* segments of one send arrive together */
#define CUT_US   UINT64_C(500000)   /* the rest of an echo that was cut: TCP may have to send it again */

/* Sent, then waited for, then forgotten. */
struct line {
    struct line *next;
    uint64_t sent_us;
    size_t send_length; /* of `text`: what is sent of it */
    size_t length;      /* what comes back */
    char text[];
};

struct name {
    struct name *next;
    size_t length;
    char text[];
};

struct tutorial {
    bool asked, closed;
    const char *why; /* it is to be closed */
    char nick[TEXT_NICK_MAX + 1];
    uint64_t limit_us, last_us;
    const char *input; /* borrowed */
    size_t input_length;
    char held[HELD_MAX];
    size_t length;      /* of `held` */
    size_t said, ready; /* messages up to `ready`, told up to `said` */
    size_t echo;        /* octets of an echo behind them */
    bool cut;           /* the end of `held` may be the beginning of an echo */
    bool flush;         /* it is not */
    struct line *sent, *waits;
    size_t waits_octets;
    unsigned sent_count, name_count;
    struct name *names;
    char shown[TEXT_NICK_MAX + 1];   /* of the event */
    char speaker[TEXT_NICK_MAX + 1]; /* of the last words */
    char repaired[TEXT_SAY_MAX];
};

static void add_line(struct line **list, struct line *line)
{
    while (*list)
        list = &(*list)->next;
    line->next = NULL;
    *list = line;
}

static bool add_waiting(struct tutorial *tutorial, struct span text, struct span echo)
{
    struct line *line = malloc(sizeof *line + text.length + echo.length);

    if (!line)
        return false;
    *line = (struct line){.send_length = text.length, .length = text.length + echo.length};
    if (text.length > 0)
        memcpy(line->text, text.bytes, text.length);
    if (echo.length > 0)
        memcpy(line->text + text.length, echo.bytes, echo.length);
    add_line(&tutorial->waits, line);
    tutorial->waits_octets += line->length;
    return true;
}

static void free_lines(struct line *line)
{
    while (line) {
        struct line *next = line->next;
        free(line);
        line = next;
    }
}

struct tutorial *tutorial_new(struct span nick, uint64_t now_us)
{
    struct tutorial *tutorial = calloc(1, sizeof *tutorial);

    if (!tutorial)
        return NULL;
    text_nick_make(nick, tutorial->nick);
    tutorial->limit_us = now_us + ASK_US;
    tutorial->last_us = now_us;
    memcpy(tutorial->speaker, "somebody", sizeof "somebody"); /* of words without a nickname */
    /* The nickname is a line like others; its echo is the news that we joined, and a greeting follows. */
    if (!add_waiting(tutorial, span_of(tutorial->nick), span_of(" joined!")) ||
        !add_waiting(tutorial, (struct span){"", 0}, span_of("Connected to server!"))) {
        tutorial_free(tutorial);
        return NULL;
    }
    return tutorial;
}

void tutorial_free(struct tutorial *tutorial)
{
    if (!tutorial)
        return;
    while (tutorial->names) {
        struct name *next = tutorial->names->next;
        free(tutorial->names);
        tutorial->names = next;
    }
    free_lines(tutorial->sent);
    free_lines(tutorial->waits);
    free(tutorial);
}

static void refuse(struct tutorial *tutorial, const char *why)
{
    if (!tutorial->closed)
        tutorial->why = why;
    tutorial->closed = true;
    tutorial->length = tutorial->said = tutorial->ready = tutorial->echo = 0;
}

/* Echoes. */

static void forget_sent(struct tutorial *tutorial, struct line **at)
{
    struct line *line = *at;

    *at = line->next;
    tutorial->sent_count--;
    free(line);
}

/* The longest echo that is whole at `rest`. Sets `cut` if one may go on where the bytes end. */
static struct line **echo_at(struct tutorial *tutorial, struct span rest)
{
    struct line **longest = NULL;

    for (struct line **at = &tutorial->sent; *at; at = &(*at)->next) {
        size_t length = (*at)->length < rest.length ? (*at)->length : rest.length;
        if (memcmp(rest.bytes, (*at)->text, length) != 0)
            continue;
        if (length < (*at)->length)
            tutorial->cut = true;
        else if (!longest || (*longest)->length < length)
            longest = at;
    }
    return longest;
}

/* What is before the first echo is ready. What may be the beginning of one waits, unless it waited long.
 * Returns how much is held before that: a line is shorter than HELD_MAX. */
static size_t find_echo(struct tutorial *tutorial)
{
    struct span rest = {tutorial->held, tutorial->length};

    tutorial->cut = false;
    for (; rest.length > 0; span_skip(&rest, 1)) {
        struct line **at = echo_at(tutorial, rest);
        if (tutorial->cut && !tutorial->flush)
            return tutorial->length - rest.length;
        if (at) {
            tutorial->ready = tutorial->length - rest.length;
            tutorial->echo = (*at)->length;
            forget_sent(tutorial, at);
            break;
        }
    }
    return tutorial->length;
}

/* People. */

static struct name **find_name(struct tutorial *tutorial, struct span text)
{
    struct name **at = &tutorial->names;

    while (*at && !span_equal((struct span){(*at)->text, (*at)->length}, text))
        at = &(*at)->next;
    return at;
}

static void add_name(struct tutorial *tutorial, struct span text)
{
    struct name *name;

    if (*find_name(tutorial, text) || tutorial->name_count == NAMES_MAX ||
        !(name = malloc(sizeof *name + text.length)))
        return;
    *name = (struct name){.next = tutorial->names, .length = text.length};
    memcpy(name->text, text.bytes, text.length);
    tutorial->names = name;
    tutorial->name_count++;
}

static void remove_name(struct tutorial *tutorial, struct span text)
{
    struct name **at = find_name(tutorial, text), *name = *at;

    if (!name)
        return;
    *at = name->next;
    free(name);
    tutorial->name_count--;
}

/* The longest known name that `text` ends with: its length, or 0. */
static size_t measure_name(const struct tutorial *tutorial, struct span text)
{
    size_t longest = 0;

    for (const struct name *name = tutorial->names; name; name = name->next)
        if (name->length > longest && span_ends(text, (struct span){name->text, name->length}))
            longest = name->length;
    return longest;
}

/* Messages. */

/* The first mark that follows a nickname, and where. */
enum mark { SAYS, JOINED, LEFT, NO_MARK };

static enum mark find_mark(struct span text, size_t *at)
{
    static const char *const marks[] = {": ", " joined!", " left!"};
    enum mark first = NO_MARK;

    *at = text.length;
    for (enum mark mark = SAYS; mark < NO_MARK; mark++) {
        size_t found = span_find((struct span){text.bytes, *at}, span_of(marks[mark]));
        if (found < *at) {
            *at = found;
            first = mark;
        }
    }
    return first;
}

/* How much of `text` is one message: up to what looks like another of somebody known. */
static size_t measure_message(const struct tutorial *tutorial, struct span text)
{
    struct span rest = text;
    size_t at;

    while (find_mark(rest, &at) != NO_MARK) {
        span_skip(&rest, at);
        size_t before = (size_t)(rest.bytes - text.bytes);
        size_t name = measure_name(tutorial, (struct span){text.bytes, before});
        if (name > 0)
            return before - name;
        span_skip(&rest, 1);
    }
    return text.length;
}

/* Somebody unknown is believed to speak if what stands before the colon is a word. */
static bool may_be_name(struct tutorial *tutorial, struct span name, enum mark mark)
{
    bool word = span_find(name, span_of(" ")) == name.length;

    return name.length > 0 && name.length <= TEXT_NICK_MAX &&
           (word || mark == JOINED || *find_name(tutorial, name));
}

/* False for words that are none. */
static bool tell_words(struct tutorial *tutorial, struct span text, struct tutorial_event *event)
{
    if (!text_valid(text) || span_find(text, (struct span){"", 1}) < text.length) {
        text.length = text_repair(text, tutorial->repaired, sizeof tutorial->repaired);
        text.bytes = tutorial->repaired;
    }
    bool action = span_take_me(&text);
    *event = (struct tutorial_event){
        .type = TUTORIAL_SAYS, .nick = span_of(tutorial->speaker), .text = text, .action = action};
    return text.length > 0;
}

/* False for news of ourselves. */
static bool tell_presence(struct tutorial *tutorial, struct span name, bool joined,
                          struct tutorial_event *event)
{
    bool own = span_equal(name, span_of(tutorial->nick));

    if (joined)
        add_name(tutorial, name);
    else
        remove_name(tutorial, name);
    text_nick_make(name, tutorial->shown);
    *event = (struct tutorial_event){.type = joined ? TUTORIAL_JOINED : TUTORIAL_LEFT,
                                     .nick = span_of(tutorial->shown)};
    return !own;
}

/* Reads one message of what is ready; false if it is no event. */
static bool next_message(struct tutorial *tutorial, struct tutorial_event *event)
{
    struct span rest = {tutorial->held + tutorial->said, tutorial->ready - tutorial->said};
    struct span text = {rest.bytes, span_find(rest, span_of("\n"))};
    size_t at;
    enum mark mark = find_mark(text, &at);
    struct span name = {text.bytes, at};
    bool named = mark != NO_MARK && may_be_name(tutorial, name, mark);

    if (text.length == 0) {
        tutorial->said++; /* a newline, as some servers send it */
        return false;
    }
    if (named && mark != SAYS) {
        tutorial->said += name.length + strlen(mark == JOINED ? " joined!" : " left!");
        return tell_presence(tutorial, name, mark == JOINED, event);
    }
    if (named) {
        add_name(tutorial, name);
        text_nick_make(name, tutorial->speaker);
        span_skip(&text, name.length + 2);
    }
    text.length = measure_message(tutorial, text);
    tutorial->said += (size_t)(text.bytes + text.length - rest.bytes);
    if (text.length > 0 && text.bytes[text.length - 1] == '\r')
        text.length--;
    return tell_words(tutorial, text, event);
}

/* The stream. */

/* Takes what was read off `held`. */
static void drop_read(struct tutorial *tutorial)
{
    size_t read = tutorial->ready + tutorial->echo;

    tutorial->length -= read;
    memmove(tutorial->held, tutorial->held + read, tutorial->length);
    tutorial->said = tutorial->ready = tutorial->echo = 0;
}

static void take_input(struct tutorial *tutorial)
{
    size_t room = HELD_MAX - tutorial->length;
    size_t length = tutorial->input_length < room ? tutorial->input_length : room;

    if (length > 0)
        memcpy(tutorial->held + tutorial->length, tutorial->input, length);
    tutorial->length += length;
    tutorial->input += length;
    tutorial->input_length -= length;
}

/* Looks for the question for our nickname. */
static bool find_question(struct tutorial *tutorial)
{
    static const char question[] = "NICK";
    struct span held = {tutorial->held, tutorial->length};
    size_t at = span_find(held, span_of(question));

    if (at == held.length) {
        if (held.length == HELD_MAX)
            refuse(tutorial, "it did not ask for a nickname");
        return false;
    }
    tutorial->asked = true;
    tutorial->ready = tutorial->said = at + sizeof question - 1;
    drop_read(tutorial);
    return true;
}

/* How much of `text` is before its last message, which may not be whole; all of it if there is no other. */
static size_t measure_whole(const struct tutorial *tutorial, struct span text)
{
    size_t whole = 0, at;

    for (struct span rest = text; find_mark(rest, &at) != NO_MARK; span_skip(&rest, 1)) {
        span_skip(&rest, at);
        size_t before = (size_t)(rest.bytes - text.bytes);
        size_t name = measure_name(tutorial, (struct span){text.bytes, before});
        if (name > 0)
            whole = before - name;
    }
    for (at = text.length; at > whole; at--)
        if (text.bytes[at - 1] == '\n')
            return at;
    return whole > 0 ? whole : text.length;
}

/* True when messages are ready, or an echo was found. */
static bool read_on(struct tutorial *tutorial)
{
    size_t clear = find_echo(tutorial);

    if (tutorial->ready + tutorial->echo == 0 && tutorial->flush)
        tutorial->ready = tutorial->length;
    else if (tutorial->ready + tutorial->echo == 0 && tutorial->length == HELD_MAX)
        tutorial->ready = measure_whole(tutorial, (struct span){tutorial->held, clear});
    return tutorial->ready + tutorial->echo > 0;
}

bool tutorial_next(struct tutorial *tutorial, struct tutorial_event *event)
{
    for (;;) {
        if (tutorial->why) {
            *event = (struct tutorial_event){.type = TUTORIAL_REFUSED, .text = span_of(tutorial->why)};
            tutorial->why = NULL;
            return true;
        }
        if (tutorial->closed)
            return false;
        while (tutorial->said < tutorial->ready)
            if (next_message(tutorial, event))
                return true;
        drop_read(tutorial);
        take_input(tutorial);
        if (!tutorial->asked && find_question(tutorial)) {
            *event = (struct tutorial_event){.type = TUTORIAL_ENTERED};
            return true;
        }
        if (tutorial->closed)
            continue;
        if (!tutorial->asked || !read_on(tutorial))
            break;
    }
    tutorial->flush = false;
    return false;
}

void tutorial_feed(struct tutorial *tutorial, const char *bytes, size_t length, uint64_t now_us)
{
    tutorial->input = bytes;
    tutorial->input_length = length;
    tutorial->last_us = now_us;
}

void tutorial_end(struct tutorial *tutorial)
{
    tutorial->flush = true;
}

/* Until when the latest line waits for its echo. */
static uint64_t echo_deadline(const struct tutorial *tutorial)
{
    uint64_t deadline = 0;

    for (const struct line *line = tutorial->sent; line; line = line->next)
        deadline = line->sent_us + ECHO_US;
    return deadline;
}

uint64_t tutorial_deadline(const struct tutorial *tutorial)
{
    uint64_t deadline = UINT64_MAX;

    if (tutorial->closed)
        return UINT64_MAX;
    if (!tutorial->asked)
        return tutorial->limit_us;
    if (tutorial->length > 0)
        deadline = tutorial->last_us + (tutorial->cut ? CUT_US : PAUSE_US);
    if (tutorial->waits && echo_deadline(tutorial) < deadline)
        deadline = echo_deadline(tutorial);
    return deadline;
}

void tutorial_tick(struct tutorial *tutorial, uint64_t now_us)
{
    if (!tutorial->asked && now_us >= tutorial->limit_us)
        refuse(tutorial, "it did not ask for a nickname in 30 s");
    else if (tutorial->length > 0 && now_us >= tutorial->last_us + (tutorial->cut ? CUT_US : PAUSE_US))
        tutorial->flush = true;
}

/* What we say. */

bool tutorial_say(struct tutorial *tutorial, struct span nick, struct span text, bool action)
{
    struct plain_shown shown = {.news = PLAIN_MESSAGE, .nick = nick, .text = text};
    struct plain_pieces pieces;
    char piece[PLAIN_CHUNK_MAX], *me = NULL;
    size_t length;
    bool good = tutorial->waits_octets + text.length <= WAITS_MAX;

    if (good && action) {
        shown.text.length = text.length + 4;
        shown.text.bytes = me = malloc(text.length + 4);
        if (!(good = me))
            return false;
        memcpy(me, "/me ", 4);
        memcpy(me + 4, text.bytes, text.length);
    }
    plain_show(&pieces, PLAIN_CHUNK, &shown);
    while (good && (length = plain_piece(&pieces, piece, sizeof piece)) > 0)
        good = add_waiting(tutorial, (struct span){piece + 1, length - 1}, (struct span){"", 0});
    free(me);
    return good;
}

/* Lines whose echo does not come any more. */
static void forget_late(struct tutorial *tutorial, uint64_t now_us)
{
    while (tutorial->sent && (tutorial->sent_count > SENT_MAX || now_us >= tutorial->sent->sent_us + LATE_US))
        forget_sent(tutorial, &tutorial->sent);
}

static struct line *send_line(struct tutorial *tutorial, uint64_t now_us)
{
    struct line *line = tutorial->waits;

    tutorial->waits = line->next;
    tutorial->waits_octets -= line->length;
    line->sent_us = now_us;
    add_line(&tutorial->sent, line);
    tutorial->sent_count++;
    return line;
}

bool tutorial_pull(struct tutorial *tutorial, struct span *bytes, uint64_t now_us)
{
    forget_late(tutorial, now_us);
    if (!tutorial->asked || tutorial->closed || !tutorial->waits || now_us < echo_deadline(tutorial))
        return false;
    struct line *line = send_line(tutorial, now_us);
    *bytes = (struct span){line->text, line->send_length};
    while (tutorial->waits && tutorial->waits->send_length == 0)
        send_line(tutorial, now_us);
    return true;
}
