/* What a person in front of a terminal sees of the conversation: events of the node in, styled lines out.
 * Pure: the clock and the zone are given to it.
 *
 *     15:04 jack: What's up!?          nicknames have their colours, one's own is bold
 *     15:04 * molly waves
 *     15:04 * jim joined               notices are dim
 *     -- Tuesday, 24 November 2026 --  before the first line of another day
 *
 * Some things wait for a moment, to be shown with others of their kind: those who come and go ("12 people
 * joined"), and what was said before we came, which is dimmed, set off, and of which only the last are
 * shown. Nothing is shown before what the same person said or did earlier. */
#ifndef LANCHAT_VIEW_H
#define LANCHAT_VIEW_H

#include <time.h>

#include "lanchat/node.h"
#include "screen.h"

#define VIEW_REPLAYS 50 /* messages of before that are shown at a time, unless more were asked for */

enum view_color { VIEW_COLOR_NONE, VIEW_COLOR_16, VIEW_COLOR_256 };
enum view_bell { VIEW_BELL_NEVER, VIEW_BELL_MENTION, VIEW_BELL_ALL };

struct view_config {
    enum view_color color; /* none: bold and dim are still used */
    enum view_bell bell;
    unsigned replays; /* as many of before are shown at once at the most; 0: VIEW_REPLAYS */
    bool (*local_time)(uint64_t clock_ms, struct tm *); /* false: that time cannot be told */
    void (*print)(void *context, const struct line *);
    void *context;
    const char *room;
};

struct view;

/* NULL when there is no memory. The room is borrowed. */
struct view *view_new(const struct view_config *config, struct node_time time);
void view_free(struct view *view);

/* One's own nickname, which in a message of others is a mention; at first and when it changed. */
void view_nick(struct view *view, struct span nick);

/* An event of the node. */
void view_event(struct view *view, const struct node *node, const struct node_event *event,
                struct node_time time);

/* So many of before are not too many from now on: somebody asked for them. */
void view_replays(struct view *view, unsigned count);

/* What we said ourselves, under which id: of it there is no event, until it is history. */
void view_said(struct view *view, uint64_t id, struct span text, bool action, struct node_time time);

/* A notice that is not an event, without "* "; an error, which is a whole line; any other line. */
void view_notice(struct view *view, const char *line, struct node_time time);
void view_error(struct view *view, struct span line);
void view_line(struct view *view, struct span line);

/* Shows what waited long enough: to be called at view_deadline (monotonic microseconds; UINT64_MAX: not at
 * all). view_flush shows all that waits, before leaving. */
void view_tick(struct view *view, struct node_time time);
uint64_t view_deadline(const struct view *view);
void view_flush(struct view *view);

#endif
