/* lanchat: the words of standard input are said, what others say is printed. */
#include "lanchat/system.h"
#include "session.h"

#define CONFIRM_US UINT64_C(5000000)

static void on_event(struct session *session, const struct node_event *event)
{
    if (event->type == NODE_CENSUS) {
        session_end(session, session->status);
        return;
    }
    output_event(&session->output, session->node, event);
    if (event->type == NODE_READY)
        session_read_input(session);
}

static void on_timeout(struct session *session)
{
    session_end(session, session->status);
}

/* What was said last is waited for: those who are here should have it before we leave. */
static void on_input_ended(struct session *session)
{
    if (session->last_said == 0) {
        session_end(session, session->status);
        return;
    }
    session_give_up_after(session, CONFIRM_US);
    node_census(session->node, session->last_said, 0, false, system_time());
}

int command_chat(const struct options *options)
{
    struct session session;

    if (!session_open(&session, options, WIRE_PERSON))
        return session.status;
    session.event = on_event;
    session.input_ended = on_input_ended;
    session.timed_out = on_timeout;
    return session_run(&session);
}
