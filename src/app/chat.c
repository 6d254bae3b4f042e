/* lanchat: the words of standard input are said, what others say is printed. On a terminal see talk.c. */
#include "lanchat/system.h"
#include "log.h"
#include "report.h"
#include "session.h"
#include "talk.h"
#include "terminal.h"

struct chat {
    struct session session; /* the first: who has a session of a chat has the chat */
    struct log log;
};

static void on_event(struct session *session, const struct node_event *event)
{
    struct chat *chat = (struct chat *)session;

    if (event->type == NODE_CENSUS) {
        session_end(session, session->status);
        return;
    }
    output_event(&session->output, session->node, event);
    log_event(&chat->log, session->node, session->room, event);
    if (event->type == NODE_READY)
        session_read_input(session);
}

static void on_said(struct session *session, struct span text)
{
    struct chat *chat = (struct chat *)session;

    log_said(&chat->log, session->room, session->nick, text, false, system_time().wall_ms);
}

static void on_log_error(void *context, const char *line)
{
    (void)context;
    report("%s", line);
}

static int chat_run(const struct options *options)
{
    struct chat chat;

    if (!log_open(&chat.log, options->log, on_log_error, NULL))
        return STATUS_FAILED;
    if (!session_open(&chat.session, options, WIRE_PERSON)) {
        log_close(&chat.log);
        return chat.session.status;
    }
    chat.session.event = on_event;
    chat.session.said = on_said;
    chat.session.input_ended = session_finish;
    int status = session_run(&chat.session);
    log_close(&chat.log);
    return status;
}

int command_chat(const struct options *options)
{
    return terminal_is_there() && !options->json ? talk_run(options) : chat_run(options);
}
