/* The conversation, as a person sees it on a terminal. */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "net.h"
#include "stage.h"
#include "suite.h"

#define MOMENT_US UINT64_C(3000000) /* after it nothing waits */
#define ROWS      14

static struct view *view;
static struct node_time now;

/* One hour east of Greenwich. */
static bool local_time(uint64_t clock_ms, struct tm *tm)
{
    time_t seconds = (time_t)(clock_ms / 1000 + 3600);

    return clock_ms < UINT64_C(253402300800000) && gmtime_r(&seconds, tm);
}

static void take_line(void *context, const struct line *line)
{
    (void)context;
    screen_print(screen, line);
}

static void begin_with(enum view_color color, enum view_bell bell, unsigned replays)
{
    const struct view_config config = {.color = color,
                                       .bell = bell,
                                       .replays = replays,
                                       .local_time = local_time,
                                       .print = take_line,
                                       .room = "lobby"};

    now = (struct node_time){1000000, UINT64_C(1795529040000)}; /* Tuesday, 24 November 2026, 14:04 UTC */
    stage_begin(40, ROWS, true, true);
    view = view_new(&config, now);
    ck_assert_ptr_nonnull(view);
    view_nick(view, span_of("molly"));
    screen_prompt(screen, span_of("> "), span_of("typing"), 6);
}

static void begin(void)
{
    begin_with(VIEW_COLOR_256, VIEW_BELL_MENTION, 0);
}

static void end(void)
{
    view_free(view);
    stage_end();
}

static void wait_us(uint64_t us)
{
    now.now_us += us;
    now.wall_ms += us / 1000;
    view_tick(view, now);
}

static void tell(struct node_event event, uint64_t id, const char *nick)
{
    event.id = id;
    if (event.clock_ms == 0)
        event.clock_ms = now.wall_ms;
    snprintf(event.nick, sizeof event.nick, "%s", nick);
    view_event(view, NULL, &event, now);
}

static void says(const char *nick, const char *text)
{
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of(text)}, (uint64_t)nick[0], nick);
}

/* So many minutes ago. */
static void said(const char *nick, const char *text, unsigned minutes)
{
    tell((struct node_event){.type = NODE_MESSAGE,
                             .text = span_of(text),
                             .replay = true,
                             .clock_ms = now.wall_ms - minutes * UINT64_C(60000)},
         (uint64_t)nick[0], nick);
}

static void happens(enum node_event_type type, uint64_t id, const char *nick)
{
    tell((struct node_event){.type = type}, id, nick);
}

/* All that was printed, from the first row on, and the typed line below. */
static void check_rows(const char *const *expected, size_t count)
{
    stage_show();
    long first = -(long)terminal_scrolled(terminal);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strcmp(terminal_row(terminal, first + (long)i), expected[i]) == 0,
                      "row %zu is \"%s\", not \"%s\"", i, terminal_row(terminal, first + (long)i),
                      expected[i]);
    ck_assert_str_eq(terminal_row(terminal, first + (long)count), "> typing");
}

#define CHECK_ROWS(...)                                                                                      \
    check_rows((const char *const[]){__VA_ARGS__},                                                           \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

START_TEST(messages)
{
    begin();
    says("jack", "What's up!?");
    tell((struct node_event){.type = NODE_MESSAGE, .action = true, .text = span_of("waves")}, 1, "jim");
    view_said(view, 77, span_of("hi"), false, now);
    view_said(view, 77, span_of("smiles"), true, now);
    says("jack", "one two three four five six seven eight\nnine");
    says("jim", "");
    says("", "who am I?");
    CHECK_ROWS("15:04 jack: What's up!?", "15:04 * jim waves", "15:04 molly: hi", "15:04 * molly smiles",
               "15:04 jack: one two three four five six", "            seven eight", "            nine",
               "15:04 jim:", "15:04 somebody: who am I?");
    end();
}
END_TEST

START_TEST(notices)
{
    struct node_event renamed = {.type = NODE_NICK, .old = "jack"};
    begin();
    tell((struct node_event){.type = NODE_LOST, .first = 7, .last = 9}, 1, "jack");
    tell((struct node_event){.type = NODE_LOST, .first = 7, .last = 7}, 2, "");
    tell(renamed, 1, "jim");
    tell((struct node_event){.type = NODE_CENSUS}, 0, "");
    tell((struct node_event){.type = NODE_JOIN, .present = true}, 3, "jack");
    view_notice(view, "via hub.example: connected", now);
    view_error(view, span_of("lanchat: /foo: no such command"));
    view_line(view, span_of("  a line"));
    wait_us(MOMENT_US);
    CHECK_ROWS("15:04 * lost 3 from jack", "15:04 * lost 1 from somebody", "15:04 * jack is now jim",
               "15:04 * via hub.example: connected", "lanchat: /foo: no such command", "  a line");
    ck_assert_uint_eq(terminal_style(terminal, 0, 10).bits, 0); /* it is told plainly */
    ck_assert_uint_ne(terminal_style(terminal, 0, 10).color, 0);
    ck_assert_uint_eq(terminal_style(terminal, 2, 10).bits, STYLE_DIM);
    ck_assert_uint_ne(terminal_style(terminal, 4, 10).color, terminal_style(terminal, 0, 10).color);
    end();
}
END_TEST

/* A node that hears two more. */
START_TEST(who_is_here_when_we_come)
{
    struct net *net = net_new(1);
    int lan = net_segment(net);
    int first = net_add(net, "jack", WIRE_PERSON, "lobby");
    net_plug(net, first, lan, NET_GROUP4);
    net_run(net, UINT64_C(5000000));
    int second = net_add(net, "molly", WIRE_PERSON, "lobby");
    net_plug(net, second, lan, NET_GROUP4);
    net_run(net, UINT64_C(10000000));
    begin();
    view_event(view, net->nodes[second].node,
               &(struct node_event){.type = NODE_READY, .clock_ms = now.wall_ms}, now);
    CHECK_ROWS("15:04 * lobby: jack is here");
    end();
    net_free(net);
}
END_TEST

START_TEST(few_who_come_and_go)
{
    begin();
    happens(NODE_JOIN, 1, "jack");
    check_rows(NULL, 0);
    wait_us(MOMENT_US);
    CHECK_ROWS("15:04 * jack joined");
    happens(NODE_JOIN, 2, "jim");
    happens(NODE_JOIN, 3, "zo\xc3\xab");
    happens(NODE_LEAVE, 1, "jack");
    happens(NODE_JOIN, 4, "ann");
    tell((struct node_event){.type = NODE_LEAVE, .timed_out = true}, 5, "bob");
    wait_us(MOMENT_US);
    ck_assert_uint_eq(view_deadline(view), UINT64_MAX);
    CHECK_ROWS("15:04 * jack joined", "15:04 * jim, zo\xc3\xab and ann joined", "15:04 * jack left",
               "15:04 * bob is gone (silent)");
    ck_assert_uint_eq(terminal_style(terminal, 0, 10).bits, STYLE_DIM);
    end();
}
END_TEST

START_TEST(many_who_come_and_go_are_counted)
{
    char nick[8];
    begin();
    for (unsigned i = 0; i < 12; i++) {
        snprintf(nick, sizeof nick, "n%u", i);
        happens(NODE_JOIN, 100 + i, nick);
        wait_us(10000);
        check_rows(NULL, 0);
    }
    wait_us(MOMENT_US);
    for (unsigned i = 0; i < 6; i++)
        tell((struct node_event){.type = NODE_LEAVE, .timed_out = true}, 100 + i, "n");
    wait_us(MOMENT_US);
    CHECK_ROWS("15:04 * 12 people joined", "15:04 * 6 people are gone (silent)");
    end();
}
END_TEST

/* Nobody speaks, goes or is renamed before it is told that he came. */
START_TEST(who_speaks_has_come)
{
    struct node_event renamed = {.type = NODE_NICK, .old = "jim"};
    begin();
    happens(NODE_JOIN, 'j', "jack");
    happens(NODE_LEAVE, 'b', "bob");
    says("ann", "hi");
    says("jack", "ho");
    happens(NODE_JOIN, 2, "jim");
    tell(renamed, 2, "tim");
    happens(NODE_LEAVE, 2, "tim");
    happens(NODE_JOIN, 2, "tim");
    wait_us(MOMENT_US);
    CHECK_ROWS("15:04 ann: hi", "15:04 * jack joined", "15:04 * bob left", "15:04 jack: ho",
               "15:04 * jim joined", "15:04 * jim is now tim", "15:04 * tim left", "15:04 * tim joined");
    end();
}
END_TEST

START_TEST(what_was_said_before)
{
    begin();
    said("jack", "hello", 10);
    said("jim", "hello, Molly", 9);
    check_rows(NULL, 0);
    wait_us(MOMENT_US);
    says("jack", "hi");
    CHECK_ROWS("-- earlier --", "14:54 jack: hello", "14:55 jim: hello, Molly", "-- now --",
               "15:04 jack: hi");
    ck_assert_uint_eq(terminal_style(terminal, 1, 14).bits, STYLE_DIM);
    ck_assert_uint_eq(terminal_style(terminal, 4, 14).bits, 0);
    ck_assert_uint_eq(terminal_style(terminal, 1, 7).color, terminal_style(terminal, 4, 7).color);
    ck_assert_uint_eq(terminal_bells(terminal), 0);
    end();
}
END_TEST

/* However short ago it was said: what was asked for on joining, or again, is history. */
START_TEST(history_is_of_before)
{
    begin();
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("a moment ago"), .history = NODE_BEFORE},
         'j', "jack");
    says("jack", "now");
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("molly?"), .history = NODE_AGAIN}, 'j',
         "jack");
    wait_us(MOMENT_US);
    CHECK_ROWS("-- earlier --", "15:04 jack: a moment ago", "-- now --", "15:04 jack: now", "-- earlier --",
               "15:04 jack: molly?", "-- now --");
    ck_assert_uint_eq(terminal_style(terminal, 1, 14).bits, STYLE_DIM);
    ck_assert_uint_eq(terminal_bells(terminal), 0);
    end();
}
END_TEST

/* What we said ourselves is ours when it is shown again, under whatever id we said it. */
START_TEST(our_own_of_before)
{
    begin();
    view_said(view, 77, span_of("one"), false, now);
    view_said(view, 78, span_of("two"), false, now);
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("one"), .history = NODE_AGAIN}, 77,
         "molly~5899");
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("two"), .history = NODE_AGAIN}, 78,
         "molly");
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("me, too"), .history = NODE_AGAIN}, 79,
         "molly~1234");
    wait_us(MOMENT_US);
    CHECK_ROWS("15:04 molly: one", "15:04 molly: two", "-- earlier --", "15:04 molly: one",
               "15:04 molly: two", "15:04 molly~1234: me, too", "-- now --");
    ck_assert_uint_eq(terminal_style(terminal, 3, 6).bits, STYLE_BOLD | STYLE_DIM);
    ck_assert_uint_eq(terminal_style(terminal, 3, 6).color, 0);
    ck_assert_uint_eq(terminal_style(terminal, 5, 6).bits, STYLE_DIM);
    end();
}
END_TEST

/* What is said now is behind all that was said before. */
START_TEST(before_and_now)
{
    begin();
    said("jack", "one", 2);
    says("jack", "two");
    said("jim", "three", 1);
    happens(NODE_LOST, 'x', "x");
    said("jim", "four", 1);
    wait_us(MOMENT_US);
    view_said(view, 77, span_of("five"), false, now);
    CHECK_ROWS("-- earlier --", "15:02 jack: one", "-- now --", "15:04 jack: two", "-- earlier --",
               "15:03 jim: three", "15:04 * lost 1 from x", "15:03 jim: four", "-- now --",
               "15:04 molly: five");
    end();
}
END_TEST

/* As long as more of it comes, it is not held for ever. */
/* Somebody asked for one; what comes then of a healed LAN is shown as before. */
START_TEST(as_much_of_before_as_ever)
{
    begin();
    view_replays(view, 1);
    said("jack", "one", 3);
    said("jack", "two", 2);
    wait_us(300000);
    CHECK_ROWS("-- earlier --", "15:01 jack: one", "15:02 jack: two", "-- now --");
    end();
}
END_TEST

START_TEST(a_long_time_of_before)
{
    begin();
    for (int i = 0; i < 30; i++) {
        said("jack", "x", 1);
        wait_us(200000);
    }
    stage_show();
    ck_assert_str_eq(terminal_row(terminal, -(long)terminal_scrolled(terminal)), "-- earlier --");
    ck_assert_uint_gt(terminal_scrolled(terminal), 5);
    view_flush(view);
    stage_show();
    ck_assert_uint_eq(terminal_scrolled(terminal) + terminal_last_row(terminal), 32);
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal) - 1), "-- now --");
    end();
}
END_TEST

START_TEST(of_much_before_the_last_is_shown)
{
    static const unsigned most[] = {0, 200, 3};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        unsigned shown = most[i] == 0 ? 50 : most[i];
        char text[64];
        begin_with(VIEW_COLOR_NONE, VIEW_BELL_ALL, most[i]);
        for (unsigned n = 1; n <= 250; n++) {
            snprintf(text, sizeof text, "message %u", n);
            said("jack", text, 1);
        }
        view_flush(view);
        stage_show();
        long first = -(long)terminal_scrolled(terminal);
        snprintf(text, sizeof text, "-- earlier: the last %u of 250 --", shown);
        ck_assert_str_eq(terminal_row(terminal, first), text);
        for (unsigned n = 0; n < shown; n++) {
            snprintf(text, sizeof text, "15:03 jack: message %u", 250 - shown + n + 1);
            ck_assert_str_eq(terminal_row(terminal, first + 1 + n), text);
        }
        ck_assert_str_eq(terminal_row(terminal, first + 1 + shown), "-- now --");
        ck_assert_uint_eq(terminal_bells(terminal), 0);
        end();
    }
}
END_TEST

START_TEST(days)
{
    begin();
    said("jack", "yesterday", 24 * 60);
    said("jim", "today", 10);
    view_flush(view);
    says("jack", "hi");
    now.wall_ms += UINT64_C(9) * 3600 * 1000; /* past midnight here, not in Greenwich */
    says("jack", "late");
    says("jack", "later");
    tell((struct node_event){.type = NODE_MESSAGE, .text = span_of("when?"), .clock_ms = UINT64_MAX}, 1, "x");
    CHECK_ROWS("-- earlier --", "-- Monday, 23 November 2026 --", "15:04 jack: yesterday",
               "-- Tuesday, 24 November 2026 --", "14:54 jim: today", "-- now --", "15:04 jack: hi",
               "-- Wednesday, 25 November 2026 --", "00:04 jack: late", "00:04 jack: later",
               "--:-- x: when?");
    end();
}
END_TEST

static bool rings(const char *text)
{
    begin();
    says("jack", text);
    stage_show();
    bool rang = terminal_bells(terminal) > 0;
    bool stands_out = terminal_style(terminal, 0, 7).bits & STYLE_REVERSE;
    ck_assert_msg(rang == stands_out, "\"%s\" rings %d, stands out %d", text, rang, stands_out);
    end();
    return rang;
}

START_TEST(mentions)
{
    ck_assert(rings("molly"));
    ck_assert(rings("Hi Molly!"));
    ck_assert(rings("hi,MOLLY:x"));
    ck_assert(rings("mollymolly (molly)"));
    ck_assert(rings("\xe4\xbd\xa0\xe5\xa5\xbdmolly\xe4\xbd\xa0"));
    ck_assert(!rings("mollys"));
    ck_assert(!rings("xmolly"));
    ck_assert(!rings("\xc3\xa9molly"));
    ck_assert(!rings("molly\xc3\xa9"));
    ck_assert(!rings("moll"));
    ck_assert(!rings("molly2"));
    ck_assert(!rings("m olly"));
    ck_assert(!rings(""));
    ck_assert(!rings("moll\xff"));
}
END_TEST

static unsigned bells_as(enum view_bell bell, const char *nick)
{
    begin_with(VIEW_COLOR_NONE, bell, 0);
    view_nick(view, span_of(nick));
    says("jack", "hello");
    says("jack", "hello ZO\xc3\x8b");
    view_said(view, 77, span_of("hello zo\xc3\xab"), false, now);
    said("jack", "hello zo\xc3\xab", 1);
    view_flush(view);
    stage_show();
    unsigned rang = terminal_bells(terminal);
    end();
    return rang;
}

START_TEST(bells)
{
    ck_assert_uint_eq(bells_as(VIEW_BELL_NEVER, "zo\xc3\xab"), 0);
    ck_assert_uint_eq(bells_as(VIEW_BELL_MENTION, "zo\xc3\xab"), 1);
    ck_assert_uint_eq(bells_as(VIEW_BELL_MENTION, "molly"), 0);
    ck_assert_uint_eq(bells_as(VIEW_BELL_MENTION, ""), 0);
    ck_assert_uint_eq(bells_as(VIEW_BELL_ALL, "molly"), 2);
}
END_TEST

START_TEST(colors)
{
    static const enum view_color modes[] = {VIEW_COLOR_NONE, VIEW_COLOR_16, VIEW_COLOR_256};
    for (size_t i = 0; i < 3; i++) {
        bool seen[257] = {false};
        unsigned different = 0;
        char nick[8];
        begin_with(modes[i], VIEW_BELL_NEVER, 0);
        for (unsigned n = 0; n < 60; n++) {
            snprintf(nick, sizeof nick, "n%02u", n / 2); /* everybody twice */
            says(nick, "x");
            stage_show();
            long row = (long)terminal_last_row(terminal) - 1;
            unsigned color = terminal_style(terminal, row, 6).color;
            ck_assert_uint_eq(terminal_style(terminal, row, 9).color, 0); /* what is said has none */
            if (n & 1)
                ck_assert(seen[color]);
            different += !seen[color];
            seen[color] = true;
        }
        ck_assert_uint_eq(seen[0], modes[i] == VIEW_COLOR_NONE);
        ck_assert_uint_ge(different, modes[i] == VIEW_COLOR_NONE ? 1 : modes[i] == VIEW_COLOR_16 ? 5 : 10);
        view_said(view, 77, span_of("x"), false, now); /* one's own is bold */
        stage_show();
        long row = (long)terminal_last_row(terminal) - 1;
        ck_assert_uint_eq(terminal_style(terminal, row, 6).bits, STYLE_BOLD);
        ck_assert_uint_eq(terminal_style(terminal, row, 6).color, 0);
        end();
    }
}
END_TEST

/* Nothing that a peer sends is a control character on the terminal: the model would end the test. */
START_TEST(anything_as_a_name)
{
    struct node_event renamed = {.type = NODE_NICK, .old = "\x1b[31mold\xff"};
    begin();
    happens(NODE_JOIN, 1, "\x1b[2J\xc2\x9b");
    wait_us(MOMENT_US);
    tell(renamed, 1, "a\nb\xe2\x80\xae");
    says("\x07\x1b]0;x\x07", "\x1b[31m\r\x08\xc2\x85");
    view_notice(view, "\x1b[31m", now);
    view_error(view, span_of("\x1b[31m"));
    view_line(view, span_of("\x1b[31m"));
    stage_show();
    ck_assert_uint_eq(terminal_bells(terminal), 0);
    end();
}
END_TEST

START_TEST(out_of_memory)
{
    begin();
    memory_fail(2, false);
    memory_enter();
    for (int i = 0; i < 4; i++)
        said("jack", "hello", 1);
    memory_leave();
    memory_fail(0, false);
    wait_us(MOMENT_US);
    CHECK_ROWS("-- earlier: the last 3 of 4 --", "15:03 jack: hello", "15:03 jack: hello",
               "15:03 jack: hello", "-- now --");
    end();
}
END_TEST

/* Of any events every message is seen once, in its speaker's order, and in time. */
static void check_random(unsigned long seed)
{
    uint64_t state = seed;
    unsigned next[4] = {0}, seen[4] = {0}, number;
    char text[16], who;
    const char *const nicks[] = {"a", "b", "c", "d"};

    begin_with(VIEW_COLOR_256, VIEW_BELL_ALL, 100000);
    for (int i = 0; i < 300; i++) {
        uint64_t random = net_next_random(&state);
        unsigned person = random % 4;
        snprintf(text, sizeof text, "%u", next[person]);
        switch (random >> 8 & 7) {
        case 0:
            happens(NODE_JOIN, (uint64_t)'a' + (random >> 16) % 4, "n");
            break;
        case 1:
            happens(NODE_LEAVE, (uint64_t)'a' + (random >> 16) % 4, "n");
            break;
        case 2:
            happens(NODE_LOST, person, "n");
            break;
        case 3:
            wait_us((random >> 16) % 400000);
            break;
        case 4:
        case 5:
            next[person]++;
            said(nicks[person], text, 1);
            break;
        default:
            next[person]++;
            says(nicks[person], text);
        }
        if (random >> 60 == 0)
            stage_show();
    }
    wait_us(MOMENT_US);
    ck_assert_uint_eq(view_deadline(view), UINT64_MAX);
    stage_show();
    for (long row = -(long)terminal_scrolled(terminal); row < ROWS; row++)
        if (sscanf(terminal_row(terminal, row), "%*2u:%*2u %c: %u", &who, &number) == 2)
            ck_assert_uint_eq(number, seen[who - 'a']++);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(seen[i], next[i]);
    end();
}

START_TEST(any_events)
{
    check_random((unsigned long)_i + 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("view");

    tcase_add_test(tests, messages);
    tcase_add_test(tests, notices);
    tcase_add_test(tests, who_is_here_when_we_come);
    tcase_add_test(tests, few_who_come_and_go);
    tcase_add_test(tests, many_who_come_and_go_are_counted);
    tcase_add_test(tests, who_speaks_has_come);
    tcase_add_test(tests, what_was_said_before);
    tcase_add_test(tests, history_is_of_before);
    tcase_add_test(tests, our_own_of_before);
    tcase_add_test(tests, before_and_now);
    tcase_add_test(tests, as_much_of_before_as_ever);
    tcase_add_test(tests, a_long_time_of_before);
    tcase_add_test(tests, of_much_before_the_last_is_shown);
    tcase_add_test(tests, days);
    tcase_add_test(tests, mentions);
    tcase_add_test(tests, bells);
    tcase_add_test(tests, colors);
    tcase_add_test(tests, anything_as_a_name);
    tcase_add_test(tests, out_of_memory);
    tcase_add_loop_test(tests, any_events, 0, 50);
    return suite_run(tests, "view");
}
