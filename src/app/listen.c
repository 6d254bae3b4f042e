/* lanchat listen: prints what is said, and says nothing. */
#include "session.h"

#include <string.h>

static bool matches(const struct options *options, struct span text)
{
    char copy[TEXT_SAY_MAX + 1];

    if (!options->matching)
        return true;
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    return regexec(&options->match, copy, 0, NULL, 0) == 0;
}

static void on_event(struct session *session, const struct node_event *event)
{
    if (event->type == NODE_MESSAGE && !matches(session->options, event->text))
        return;
    output_event(&session->output, session->node, event);
    if (event->type == NODE_MESSAGE && session->options->counted &&
        ++session->printed == session->options->count)
        session_end(session, STATUS_DONE);
}

/* Without -c to have listened so long was the task; with it, it was not done in time. */
static void on_timeout(struct session *session)
{
    session_end(session, session->options->counted ? STATUS_FAILED : STATUS_DONE);
}

int command_listen(const struct options *options)
{
    struct session session;

    if (!session_open(&session, options, WIRE_LISTENER))
        return session.status;
    session.event = on_event;
    session.timed_out = on_timeout;
    if (options->waiting)
        session_give_up_after(&session, options->wait_us);
    return session_run(&session);
}
