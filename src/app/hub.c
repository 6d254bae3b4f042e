/* lanchat hub and lanchat relay: nodes without a person, that forward. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lanchat/system.h"
#include "report.h"
#include "session.h"

#define USER "nobody"

/* The ports are open: from here on nothing of root's is needed. Who is root of a namespace alone cannot be
 * anybody else there. */
static bool become_user(const struct options *options)
{
    const char *user = options->user ? options->user : USER;

    if (!system_is_root() || system_become(user))
        return true;
    report("%s%s: %s%s", options->user ? "--user " : "", user, errno ? strerror(errno) : "no such user",
           options->user ? "" : "; going on as root (--user NAME becomes another)");
    return !options->user;
}

static int forward(const struct options *options, enum wire_role role)
{
    struct session session;

    if (!session_open(&session, options, role))
        return session.status;
    if (!become_user(options))
        session_end(&session, STATUS_FAILED);
    return session_run(&session);
}

int command_hub(const struct options *options)
{
    system_many_files();
    return forward(options, WIRE_HUB);
}

int command_relay(const struct options *options)
{
    struct options with_url = *options;

    if (options->operand_count > 1) {
        report("%s: relay takes one URL", options->operands[1]);
        return STATUS_USAGE;
    }
    if (options->operand_count == 1) {
        const char *wrong = url_parse(&with_url.url, options->operands[0]);
        if (wrong) {
            report("%s: %s", options->operands[0], wrong);
            return STATUS_USAGE;
        }
    }
    return forward(&with_url, WIRE_RELAY);
}
