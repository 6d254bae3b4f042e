#include "view.h"

#include <stdio.h>
#include <stdlib.h>

#include "columns.h"
#include "letters.h"
#include "notice.h"

#define MOMENT_US       UINT64_C(500000)  /* for others to come or go */
#define QUIET_US        UINT64_C(300000)  /* after the last message of before */
#define HELD_MOST_US    UINT64_C(2000000) /* for which the first of them is held */
#define HELD_OCTETS_MAX (1024 * 1024)     /* of their texts */
#define NAMED_MOST      4                 /* of those who come or go at once: more are counted */
#define NEVER           UINT64_MAX
#define CLOCK_SIZE      8

/* Readable on black and on white. */
static const unsigned char colors_16[] = {1, 2, 3, 4, 5, 6};
static const unsigned char colors_256[] = {26,  28,  30,  33,  63,  64,  94,  98,
                                           129, 130, 134, 160, 162, 164, 166, 168};

#define COLOR_RED    (1 + 1)
#define COLOR_YELLOW (1 + 3)

static const struct style plain = {0}, dim = {.bits = STYLE_DIM};

#define OWN_KEPT 16

/* A message of before that waits to be shown. */
struct held {
    struct held *next;
    struct node_event event; /* its text is `text` */
    char text[];
};

/* Those to whom the same happened within a moment. */
struct crowd {
    struct node_event first;
    uint64_t show_at_us; /* NEVER: there is nobody */
    unsigned count;
    uint64_t ids[NAMED_MOST];
    char names[NAMED_MOST][NODE_SHOWN_MAX + 1];
};

enum { CROWD_JOINED, CROWD_LEFT, CROWD_GONE, CROWDS };

struct view {
    struct view_config config;
    size_t nick_length;
    char nick[TEXT_NICK_MAX + 1];
    int year, day; /* of the line before; the day of the year */

    struct held *held, *held_last;
    unsigned held_count, left_out; /* too many to be shown */
    size_t held_octets;
    uint64_t release_at_us, close_at_us;
    bool earlier; /* the line before is of what was said before */

    struct crowd crowds[CROWDS];

    uint64_t own[OWN_KEPT]; /* under which we said something, the latest first; 0: none */
};

/* Lines. */

static void add(struct line *line, struct span text, struct style style)
{
    line->pieces[line->count++] = (struct piece){text, style};
}

static void print(const struct view *view, const struct line *line)
{
    view->config.print(view->config.context, line);
}

/* A line that parts what is above it from what is below. */
static void print_rule(const struct view *view, const char *text)
{
    char rule[80];
    struct line line = {.count = 0};

    snprintf(rule, sizeof rule, "-- %s --", text);
    add(&line, span_of(rule), dim);
    print(view, &line);
}

static void print_day(struct view *view, const struct tm *tm)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    char text[64];

    if (view->year == tm->tm_year && view->day == tm->tm_yday)
        return;
    view->year = tm->tm_year;
    view->day = tm->tm_yday;
    snprintf(text, sizeof text, "%s, %d %s %lld", days[tm->tm_wday], tm->tm_mday, months[tm->tm_mon],
             1900LL + tm->tm_year);
    print_rule(view, text);
}

/* Begins a line with its time, after the date if that is another than before. */
static struct line begin_line(struct view *view, uint64_t clock_ms, char clock[CLOCK_SIZE])
{
    struct line line = {.count = 0};
    struct tm tm;

    snprintf(clock, CLOCK_SIZE, "--:-- ");
    if (view->config.local_time(clock_ms, &tm)) {
        print_day(view, &tm);
        clock[0] = (char)('0' + tm.tm_hour / 10);
        clock[1] = (char)('0' + tm.tm_hour % 10);
        clock[3] = (char)('0' + tm.tm_min / 10);
        clock[4] = (char)('0' + tm.tm_min % 10);
    }
    add(&line, span_of(clock), dim);
    return line;
}

static void print_notice(struct view *view, uint64_t clock_ms, const char *text, struct style style)
{
    char clock[CLOCK_SIZE];
    struct line line = begin_line(view, clock_ms, clock);

    add(&line, span_of("* "), style);
    add(&line, span_of(text), style);
    line.indent = 2;
    print(view, &line);
}

/* What stands out without being a matter of taste. */
static struct style striking(const struct view *view, unsigned color)
{
    if (view->config.color == VIEW_COLOR_NONE)
        return (struct style){.bits = STYLE_BOLD};
    return (struct style){.color = color};
}

/* Messages. */

/* The same for the same name, now and ever. FNV-1a, 32 bits. */
static unsigned color_of(const struct view *view, struct span nick)
{
    uint32_t hash = 0x811c9dc5;

    for (size_t i = 0; i < nick.length; i++)
        hash = (hash ^ (uint8_t)nick.bytes[i]) * 0x01000193;
    hash ^= hash >> 16;
    if (view->config.color == VIEW_COLOR_NONE)
        return 0;
    if (view->config.color == VIEW_COLOR_16)
        return 1u + colors_16[hash % sizeof colors_16];
    return 1u + colors_256[hash % sizeof colors_256];
}

/* Wide letters make no words: they are written without blanks. */
static bool in_word(int32_t c)
{
    return letters_word(c) && columns_of(c) < 2;
}

/* Whether a word goes on, or begins, with `text`. */
static bool goes_on(struct span text)
{
    return text.length > 0 && in_word(text_next(&text));
}

/* True if one's nickname stands in the text as a word, whatever its case. */
static bool is_mention(const struct view *view, struct span text)
{
    const struct span nick = {view->nick, view->nick_length};
    bool inside = false; /* a word */

    while (nick.length > 0 && text.length >= nick.length) {
        struct span after = {text.bytes + nick.length, text.length - nick.length};
        if (!inside && letters_start(text, nick) && !goes_on(after))
            return true;
        inside = in_word(text_next(&text));
    }
    return false;
}

static struct span nick_of(const struct node_event *event)
{
    return span_of(event->nick[0] ? event->nick : "somebody");
}

static bool is_of_before(const struct node_event *event)
{
    return event->replay || event->history != NODE_NOW;
}

static void print_message(struct view *view, const struct node_event *event, struct style name, bool bell)
{
    char clock[CLOCK_SIZE];
    struct line line = begin_line(view, event->clock_ms, clock);
    struct style text = is_of_before(event) ? dim : plain;

    name.bits |= text.bits;
    line.bell = bell;
    if (event->action) {
        add(&line, span_of("* "), text);
        line.indent = line.count;
    }
    add(&line, nick_of(event), name);
    add(&line, span_of(event->action ? " " : ": "), text);
    if (!event->action)
        line.indent = line.count;
    add(&line, event->text, text);
    print(view, &line);
}

static void print_of_other(struct view *view, const struct node_event *event)
{
    struct style name = {.color = color_of(view, nick_of(event))};
    bool mention = is_mention(view, event->text);
    enum view_bell bell = view->config.bell;

    if (mention)
        name.bits = STYLE_BOLD | STYLE_REVERSE;
    print_message(view, event, name,
                  !is_of_before(event) && (bell == VIEW_BELL_ALL || (bell == VIEW_BELL_MENTION && mention)));
}

/* In another room, or when somebody else used it, we have had another id. */
static void note_own(struct view *view, uint64_t id)
{
    if (view->own[0] == id)
        return;
    memmove(view->own + 1, view->own, sizeof view->own - sizeof *view->own);
    view->own[0] = id;
}

static bool is_own(const struct view *view, uint64_t id)
{
    for (size_t i = 0; i < OWN_KEPT; i++)
        if (id != 0 && view->own[i] == id)
            return true;
    return false;
}

/* If we have another id now, what we said under the old one comes with a mark behind its nickname. */
static void print_of_us(struct view *view, struct node_event *event)
{
    event->nick[strcspn(event->nick, "~")] = '\0';
    print_message(view, event, (struct style){.bits = STYLE_BOLD}, false);
}

/* What was said before. */

static void drop_first(struct view *view)
{
    struct held *first = view->held;

    view->held = first->next;
    view->held_count--;
    view->held_octets -= first->event.text.length;
    free(first);
}

static void hold(struct view *view, const struct node_event *event, struct node_time time)
{
    struct held *held = malloc(sizeof *held + event->text.length);

    if (view->release_at_us == NEVER)
        view->release_at_us = time.now_us + HELD_MOST_US;
    view->close_at_us = time.now_us + QUIET_US;
    if (!held) {
        view->left_out++;
        return;
    }
    held->next = NULL;
    held->event = *event;
    memcpy(held->text, event->text.bytes, event->text.length);
    held->event.text.bytes = held->text;
    if (view->held)
        view->held_last->next = held;
    else
        view->held = held;
    view->held_last = held;
    view->held_count++;
    view->held_octets += event->text.length;
    while (view->held && (view->held_count > view->config.replays || view->held_octets > HELD_OCTETS_MAX)) {
        drop_first(view);
        view->left_out++;
    }
}

/* Shows what is held. */
static void release(struct view *view)
{
    char text[64] = "earlier";

    view->release_at_us = NEVER;
    if (view->left_out > 0)
        snprintf(text, sizeof text, "earlier: the last %u of %u", view->held_count,
                 view->left_out + view->held_count);
    if (view->left_out > 0 || (view->held && !view->earlier))
        print_rule(view, text);
    view->earlier |= view->held || view->left_out > 0;
    view->left_out = 0;
    while (view->held) {
        if (is_own(view, view->held->event.id))
            print_of_us(view, &view->held->event);
        else
            print_of_other(view, &view->held->event);
        drop_first(view);
    }
}

/* Nothing more of it is to come, so far. */
static void close_earlier(struct view *view)
{
    release(view);
    view->close_at_us = NEVER;
    if (view->earlier)
        print_rule(view, "now");
    view->earlier = false;
}

/* Those who come and go. */

static bool is_in(const struct crowd *crowd, uint64_t id)
{
    for (unsigned i = 0; i < crowd->count && i < NAMED_MOST; i++)
        if (crowd->ids[i] == id)
            return true;
    return false;
}

static void list_names(const struct crowd *crowd, char *list, size_t size)
{
    size_t length = 0;

    for (unsigned i = 0; i < crowd->count; i++)
        length += (size_t)snprintf(list + length, size - length, "%s%s",
                                   i == 0                  ? ""
                                   : i + 1 == crowd->count ? " and "
                                                           : ", ",
                                   crowd->names[i]);
}

static void show_crowd(struct view *view, struct crowd *crowd)
{
    char who[NAMED_MOST * (NODE_SHOWN_MAX + 5) + 1] = "", line[NOTICE_MAX];

    if (crowd->count > NAMED_MOST)
        snprintf(who, sizeof who, "%u people", crowd->count);
    else
        list_names(crowd, who, sizeof who);
    notice_people(line, &crowd->first, who, crowd->count);
    print_notice(view, crowd->first.clock_ms, line, dim);
    crowd->count = 0;
    crowd->show_at_us = NEVER;
}

/* Of several, who came or went first is first. */
static void show_crowds(struct view *view, uint64_t until_us)
{
    for (;;) {
        struct crowd *first = &view->crowds[0];
        for (int i = 1; i < CROWDS; i++)
            if (view->crowds[i].show_at_us < first->show_at_us)
                first = &view->crowds[i];
        if (first->show_at_us == NEVER || first->show_at_us > until_us)
            return;
        show_crowd(view, first);
    }
}

/* Before something is shown of somebody, it is shown that he came. */
static void show_crowds_with(struct view *view, uint64_t id)
{
    for (int i = 0; i < CROWDS; i++)
        if (is_in(&view->crowds[i], id)) {
            show_crowds(view, NEVER);
            return;
        }
}

static void join_crowd(struct view *view, const struct node_event *event, struct node_time time)
{
    int kind = event->type == NODE_JOIN ? CROWD_JOINED : event->timed_out ? CROWD_GONE : CROWD_LEFT;
    struct crowd *crowd = &view->crowds[kind];

    show_crowds_with(view, event->id);
    if (crowd->count == 0) {
        crowd->first = *event;
        crowd->show_at_us = time.now_us + MOMENT_US;
    }
    if (crowd->count < NAMED_MOST) {
        crowd->ids[crowd->count] = event->id;
        memcpy(crowd->names[crowd->count], event->nick, sizeof event->nick);
    }
    crowd->count++;
}

/* What the caller calls. */

static void print_event_notice(struct view *view, const struct node *node, const struct node_event *event)
{
    char line[NOTICE_MAX];

    notice_event(line, node, view->config.room, event);
    if (line[0])
        print_notice(view, event->clock_ms, line,
                     event->type == NODE_LOST ? striking(view, COLOR_YELLOW) : dim);
}

static void take_message(struct view *view, const struct node_event *event, struct node_time time)
{
    if (is_of_before(event)) {
        hold(view, event, time);
        return;
    }
    close_earlier(view);
    show_crowds_with(view, event->id);
    print_of_other(view, event);
}

void view_event(struct view *view, const struct node *node, const struct node_event *event,
                struct node_time time)
{
    switch (event->type) {
    case NODE_MESSAGE:
        take_message(view, event, time);
        break;
    case NODE_JOIN:
    case NODE_LEAVE:
        if (!event->present)
            join_crowd(view, event, time);
        break;
    default:
        release(view);
        show_crowds_with(view, event->id);
        print_event_notice(view, node, event);
    }
}

void view_said(struct view *view, uint64_t id, struct span text, bool action, struct node_time time)
{
    struct node_event event = {.clock_ms = time.wall_ms, .action = action, .text = text};

    note_own(view, id);
    close_earlier(view);
    memcpy(event.nick, view->nick, view->nick_length);
    print_of_us(view, &event);
}

void view_notice(struct view *view, const char *line, struct node_time time)
{
    print_notice(view, time.wall_ms, line, dim);
}

void view_error(struct view *view, struct span text)
{
    struct line error = {.count = 0};

    add(&error, text, striking(view, COLOR_RED));
    print(view, &error);
}

void view_line(struct view *view, struct span text)
{
    struct line line = {.count = 0};

    add(&line, text, plain);
    print(view, &line);
}

struct view *view_new(const struct view_config *config, struct node_time time)
{
    struct view *view = calloc(1, sizeof *view);
    struct tm tm;

    if (!view)
        return NULL;
    view->config = *config;
    if (config->replays == 0)
        view->config.replays = VIEW_REPLAYS;
    view->release_at_us = view->close_at_us = NEVER;
    for (int i = 0; i < CROWDS; i++)
        view->crowds[i].show_at_us = NEVER;
    if (config->local_time(time.wall_ms, &tm)) {
        view->year = tm.tm_year;
        view->day = tm.tm_yday;
    }
    return view;
}

void view_replays(struct view *view, unsigned count)
{
    if (view->config.replays < count)
        view->config.replays = count;
}

void view_free(struct view *view)
{
    if (!view)
        return;
    while (view->held)
        drop_first(view);
    free(view);
}

void view_nick(struct view *view, struct span nick)
{
    view->nick_length = text_fit(nick, TEXT_NICK_MAX);
    memcpy(view->nick, nick.bytes, view->nick_length);
}

void view_tick(struct view *view, struct node_time time)
{
    if (view->close_at_us <= time.now_us)
        close_earlier(view);
    else if (view->release_at_us <= time.now_us)
        release(view);
    show_crowds(view, time.now_us);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t view_deadline(const struct view *view)
{
    uint64_t deadline = least(view->release_at_us, view->close_at_us);

    for (int i = 0; i < CROWDS; i++)
        deadline = least(deadline, view->crowds[i].show_at_us);
    return deadline;
}

void view_flush(struct view *view)
{
    close_earlier(view);
    show_crowds(view, NEVER);
}
