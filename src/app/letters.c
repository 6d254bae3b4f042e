#include "letters.h"

struct range {
    int32_t first, last;
};

/* Punctuation, symbols and blanks beyond ASCII, in order; by Unicode's blocks where a block holds little
 * else. */
static const struct range others[] = {
    {0x0080,  0x00a9 },
    {0x00ab,  0x00b4 },
    {0x00b6,  0x00b9 },
    {0x00bb,  0x00bf },
    {0x00d7,  0x00d7 },
    {0x00f7,  0x00f7 },
    {0x02c2,  0x02c5 },
    {0x037e,  0x037e },
    {0x0387,  0x0387 },
    {0x055a,  0x055f },
    {0x0589,  0x058f },
    {0x05be,  0x05be },
    {0x05f3,  0x05f4 },
    {0x0606,  0x060f },
    {0x061b,  0x061f },
    {0x066a,  0x066d },
    {0x06d4,  0x06d4 },
    {0x0964,  0x0965 },
    {0x0e3f,  0x0e3f },
    {0x0e4f,  0x0e4f },
    {0x0e5a,  0x0e5b },
    {0x10fb,  0x10fb },
    {0x1360,  0x1368 },
    {0x166d,  0x166e },
    {0x1680,  0x1680 },
    {0x17d4,  0x17db },
    {0x1800,  0x180a },
    {0x2000,  0x200a },
    {0x2010,  0x205f },
    {0x207a,  0x207e },
    {0x208a,  0x208e },
    {0x20a0,  0x20cf },
    {0x2190,  0x245f },
    {0x2500,  0x2775 },
    {0x2794,  0x2bff },
    {0x2e00,  0x2fff },
    {0x3000,  0x3004 },
    {0x3008,  0x3020 },
    {0x3030,  0x3030 },
    {0x303d,  0x303f },
    {0x30a0,  0x30a0 },
    {0x30fb,  0x30fb },
    {0x3200,  0x33ff },
    {0x4dc0,  0x4dff },
    {0xfe10,  0xfe1f },
    {0xfe30,  0xfe6f },
    {0xff01,  0xff0f },
    {0xff1a,  0xff20 },
    {0xff3b,  0xff40 },
    {0xff5b,  0xff65 },
    {0xffe0,  0xffff },
    {0x1f000, 0x1fbef},
};

/* Letters that have two cases: every `step`th from `first` to `last` is an upper one, and the lower is
 * `distance` from it. Both take two bytes or both take three. */
struct cases {
    int32_t first, last;
    int32_t step, distance;
};

static const struct cases cases[] = {
    {'A',    'Z',    1, 32  },
    {0x00c0, 0x00d6, 1, 32  },
    {0x00d8, 0x00de, 1, 32  },
    {0x0100, 0x012e, 2, 1   },
    {0x0132, 0x0136, 2, 1   },
    {0x0139, 0x0147, 2, 1   },
    {0x014a, 0x0176, 2, 1   },
    {0x0178, 0x0178, 1, -121},
    {0x0179, 0x017d, 2, 1   },
    {0x018f, 0x018f, 1, 202 },
    {0x01a0, 0x01a4, 2, 1   },
    {0x01af, 0x01af, 1, 1   },
    {0x01cd, 0x01db, 2, 1   },
    {0x01de, 0x01ee, 2, 1   },
    {0x01f8, 0x021e, 2, 1   },
    {0x0222, 0x0232, 2, 1   },
    {0x0386, 0x0386, 1, 38  },
    {0x0388, 0x038a, 1, 37  },
    {0x038c, 0x038c, 1, 64  },
    {0x038e, 0x038f, 1, 63  },
    {0x0391, 0x03a1, 1, 32  },
    {0x03a3, 0x03ab, 1, 32  },
    {0x0400, 0x040f, 1, 80  },
    {0x0410, 0x042f, 1, 32  },
    {0x0460, 0x0480, 2, 1   },
    {0x048a, 0x04be, 2, 1   },
    {0x04c1, 0x04cd, 2, 1   },
    {0x04d0, 0x052e, 2, 1   },
    {0x0531, 0x0556, 1, 48  },
    {0x1e00, 0x1e94, 2, 1   },
    {0x1ea0, 0x1efe, 2, 1   },
    {0xff21, 0xff3a, 1, 32  }
};

#define CASES (sizeof cases / sizeof *cases)

static bool ascii_word(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool letters_word(int32_t c)
{
    if (c < 0x80)
        return ascii_word(c);
    for (size_t i = 0; i < sizeof others / sizeof *others && c >= others[i].first; i++)
        if (c <= others[i].last)
            return false;
    return true;
}

static bool is_upper(const struct cases *of, int32_t c)
{
    return c >= of->first && c <= of->last && (c - of->first) % of->step == 0;
}

int32_t letters_upper(int32_t c)
{
    for (size_t i = 0; i < CASES; i++)
        if (is_upper(&cases[i], c - cases[i].distance))
            return c - cases[i].distance;
    return c;
}

int32_t letters_lower(int32_t c)
{
    for (size_t i = 0; i < CASES; i++)
        if (is_upper(&cases[i], c))
            return c + cases[i].distance;
    return c;
}

/* As many bytes as it had before: 1 to 3. */
static void put(char *at, size_t size, int32_t c)
{
    int32_t lead = size == 3 ? 0xe0 : size == 2 ? 0xc0 : 0;

    for (size_t i = size; i-- > 1; c >>= 6)
        at[i] = (char)(0x80 | (c & 0x3f));
    at[0] = (char)(lead | c);
}

void letters_change(char *text, size_t length, int32_t change(int32_t c))
{
    struct span rest = {text, length};

    while (rest.length > 0) {
        size_t at = length - rest.length;
        int32_t c = text_next(&rest);
        int32_t changed = change(c);
        if (changed != c)
            put(text + at, length - rest.length - at, changed);
    }
}

bool letters_start(struct span text, struct span start)
{
    while (start.length > 0)
        if (text.length == 0 || letters_lower(text_next(&text)) != letters_lower(text_next(&start)))
            return false;
    return true;
}
