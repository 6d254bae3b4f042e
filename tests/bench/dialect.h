/* How the clients of a server speak: what they wait for and say until they are admitted, how they say a line,
 * and how another's line reaches them. In all of these texts % is the client's nickname. */
#ifndef LANCHAT_BENCH_DIALECT_H
#define LANCHAT_BENCH_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define DIALECT_NICK_OCTETS 5 /* p0012 */
#define DIALECT_STEPS       4

struct dialect {
    const char *name;
    struct dialect_step {
        const char *wait, *say; /* NULL: for nothing, nothing */
    } steps[DIALECT_STEPS];     /* the first that has neither ends them */
    const char *before, *after; /* what is said around a line */
    const char *heard;          /* what stands before it when another is told */
    bool echoes;                /* who spoke is told too */
    const char *ping, *pong;
};

/* NATS counts: a body and what is before it. */
#define DIALECT_NATS_OCTETS "79"

static const struct dialect dialects[] = {
    {"lanchat",  {{"NICK", "%\n"}},                                                                    "",    "\n",   "%: ", false, NULL,       NULL        },
    {"least",    {{"NICK", "%\n"}},                                                                    "%: ", "\n",   "%: ", false, NULL,       NULL        },
    {"tutorial", {{"NICK", "%"}, {"Connected to server!", NULL}},                                      "%: ", "\n",   "%: ", true,  NULL,       NULL        },
    {"ncat",     {{NULL, NULL}},                                                                       "%: ", "\n",   "%: ", false, NULL,       NULL        },
    {"irc",
     {{NULL, "NICK %\r\nUSER % 0 * :%\r\n"}, {" 001 ", "JOIN #x\r\n"}, {" 366 ", NULL}},
     "PRIVMSG #x :",                                                                                          "\r\n",
     "PRIVMSG #x :",                                                                                                         false,
     "PING ",                                                                                                                                   "PONG x\r\n"},
    {"nats",
     {{"INFO ", "CONNECT {\"verbose\":false,\"echo\":false}\r\nSUB x 1\r\nPING\r\n"}, {"PONG", NULL}},
     "PUB x " DIALECT_NATS_OCTETS "\r\n%: ",
     "\r\n",                                                                                                          "%: ",
     false,                                                                                                                         "PING\r\n",
     "PONG\r\n"                                                                                                                                             },
};

/* NULL: there is no such dialect. */
static inline const struct dialect *dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    return NULL;
}

/* Writes a text with the nickname in it; returns its length. */
static inline size_t dialect_write(char *to, const char *text, const char *nick)
{
    char *at = to;

    for (; *text; text++) {
        if (*text != '%') {
            *at++ = *text;
            continue;
        }
        memcpy(at, nick, DIALECT_NICK_OCTETS);
        at += DIALECT_NICK_OCTETS;
    }
    return (size_t)(at - to);
}

#endif
