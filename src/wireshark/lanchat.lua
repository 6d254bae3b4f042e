-- lanchat in Wireshark and tshark, 3.6 and later: what is on the wire (lanchat(7)), in words.
--
--     tshark -X lua_script:lanchat.lua -r FILE
--
--     tshark -q -X lua_script:lanchat.lua -X lua_script1:conversation -r FILE
--
-- or copied into the folder of personal Lua plugins (Help, About, Folders). The first half is plain Lua on
-- strings: it needs no Wireshark, and without one this file returns it as a table.
--
-- `-- ==` begins each part: the decoder; what is learned, and words; the conversation; then, for Wireshark, pieces of
-- a TCP stream, fields, tree, the dissector of datagrams and of TCP connections, and what Wireshark calls.

-- Two copies, of a plugin folder and of the command line, are one dissector: the one that came first.
local before = rawget(_G, "lanchat_dissector")
if before then
    if ... == "conversation" then
        before.print_conversation()
    end
    return before
end
local lanchat = {}

-- == Decoder ==

local states = {[0] = "here", "gone", "withdrawn"}
local roles = {[0] = "person", "listener", "relay", "hub", "person behind a plain-text link", "tool",
    "way to a text server"}
local ask_kinds = {"numbers", "last", "vector", "roster"}
local path_kinds = {[0] = "IPv4 group", "IPv6 group", "IPv4 broadcast", "ff02::1", "unicast", "TCP"}

-- The kinds of strings. Of a nonce there are 24 octets.
local NONCE, NICK, NICK_OR_NONE, ROOM_OR_NONE = "nonce", "nickname", "nickname or none", "room or none"
local TEXT, SEALED = "text", "sealed" -- two octets that count, and the octets

-- The fields by their filters, which name one thing alone, whatever record has it. First of each is what it is on the
-- wire: the octets of a number; a kind of string; or a list, by the layout of its items. Then, where that is not plain:
-- its `name` in lanchat(7) and its `label` in the tree; a number as `DEC` or `HEX` or a table of meanings, and the
-- `parts` it has; `optional` if its item may end before it.
local wire = {
    version = {1}, header_length = {1}, flags = {1, as = "HEX", parts = {"flags.old"}}, hops = {1, label = "Hop limit"},
    sender = {8}, counter = {4}, path = {2, as = "HEX", parts = {"path.kind", "path.link"}}, reserved = {2, as = "HEX"},

    origin = {8}, seq = {4, name = "number"}, stamp = {8, as = "DEC"}, time = {8, name = "clock_ms", label = "Clock"},
    room = {8}, nick = {NICK, label = "Nickname"}, text = {TEXT}, ["sealed.nonce"] = {NONCE}, sealed = {SEALED},
    from = {8}, to = {8}, token = {8}, part = {1}, parts = {1},

    entry_version = {4, name = "version", label = "Version of the roster entry"}, highest = {4},
    interval = {4, name = "interval_ms", label = "Interval (ms)"}, nonce = {8}, echo = {8},
    role = {1, as = roles}, hears = {1, as = "HEX"}, state = {1, as = states}, ["presence.sender"] = {8},
    nick_or_none = {NICK_OR_NONE, name = "nick", label = "Nickname", filter = "nick"},
    rooms = {{name = "Room", sized = true, "tag", "vector_digest", "roster_digest", "room.name"}},
    tag = {8, label = "Room", filter = "room"}, vector_digest = {8}, roster_digest = {8},
    ["room.name"] = {ROOM_OR_NONE, label = "Room name"},
    pairs = {{name = "Pair", "origin", "highest", "lost"}}, lost = {4},
    exceptions = {{name = "Exception", "id", "paths"}}, id = {8}, paths = {1, as = "HEX"},

    digest = {8}, first = {8}, last = {8}, first_seq = {4, name = "first"}, last_seq = {4, name = "last"},
    entries = {{name = "Entry", sized = true,
        "id", "entry_version", "highest", "state", "role", "nick_or_none", "server", "server_up"}},
    server = {8, optional = true}, server_up = {1, optional = true},
    asks = {{name = "Ask", sized = true, "ask.kind", "ask.key", "ask.from", "ask.count", "ask.id"}},
    ["ask.kind"] = {1, as = ask_kinds}, ["ask.key"] = {8}, ["ask.from"] = {8, as = "DEC"}, ["ask.count"] = {4},
    ["ask.id"] = {8, optional = true},
    vectors = {{name = "Vector", sized = true, "origin", "highest", "stamp", "lowest"}, label = "Vector entries"},
    lowest = {4}, known = {{name = "Need not answer", "id"}, label = "Need not answer"},
    time_us = {8, as = "DEC", label = "Time (us)"}, ["probe.path"] = {1, as = path_kinds}, ["probe.hops"] = {1},
}

local function label_of(name)
    return (name:gsub("^%a", string.upper):gsub("_", " "))
end

for filter, field in pairs(wire) do
    field.filter = field.filter or filter
    field.name = field.name or filter:gsub("^%a+%.", "")
    field.label = field.label or label_of(field.name)
end

-- What has such fields, in their order: the header, and records by their type, with the flags from 0x01 on.
local header = {"version", "header_length", "flags", "hops", "sender", "counter", "path", "reserved"}
local layouts = {
    {name = "message", flags = {"action", "from_text", "continuation", "continued"},
        "origin", "seq", "stamp", "time", "room", "nick", "text"},
    {name = "sealed message", flags = {"action", "from_text", "continuation", "continued"},
        "origin", "seq", "stamp", "room", "sealed.nonce", "sealed"},
    {name = "hello", flags = {"joining"},
        "stamp", "entry_version", "highest", "interval", "nonce", "echo", "role", "hears", "nick_or_none", "rooms",
        "pairs", "exceptions"},
    {name = "roster", flags = {"page"}, "room", "digest", "stamp", "first", "last", "entries"},
    {name = "request", flags = {"insists"}, "to", "asks"},
    {name = "summary", "room", "digest", "stamp", "first", "last", "vectors"},
    {name = "gone", flags = {"before"}, "room", "origin", "first_seq", "last_seq"},
    {name = "bye", "room", "entry_version", "highest"},
    {name = "prompt", flags = {"lacking"}, "room", "first", "last", "origin", "seq", "nonce", "echo", "known"},
    {name = "private", flags = {"action"}, "from", "to", "token", "part", "parts", "time", "room", "nick", "text"},
    {name = "acknowledgement", "from", "to", "token", "part"},
    {name = "probe", "from", "to", "token", "time_us", "nonce", "echo"},
    {name = "probe answer", "from", "to", "token", "time_us", "nonce", "echo", "probe.path", "probe.hops"},
    {name = "sealed presence", "presence.sender", "room", "entry_version", "stamp", "state", "sealed.nonce", "sealed"},
    {name = "sealed private", flags = {"action"},
        "from", "to", "token", "part", "parts", "room", "sealed.nonce", "sealed"},
}

local MAGIC, VERSION = "LCHT", 1
local HEADER, RECORD_HEAD, DATAGRAM_MAX = 24, 4, 1200
local NO_ID, LAST_ID = ("0"):rep(16), ("f"):rep(16)
local PERSON, RELAY, HUB, GUEST = 0, 2, 3, 4
local HERE, GONE, WITHDRAWN = 0, 1, 2

local function has_flag(flags, flag)
    return math.floor(flags / flag) % 2 == 1
end

-- As a float, in any Lua.
local function float_of(hex)
    return tonumber(hex:sub(1, 8), 16) * 4294967296.0 + tonumber(hex:sub(9), 16)
end

local function is_person(role)
    return role == PERSON or role == GUEST
end

local function is_forwarder(role)
    return role == RELAY or role == HUB
end

-- UTF-8, what may stand in a name, and what may be shown.

-- Unicode 15.1: general categories Zs, Zl, Zp, Cf, and the controls (Cc).
local unseen = {
    {0x0000, 0x0020}, {0x007f, 0x00a0}, {0x00ad, 0x00ad}, {0x0600, 0x0605}, {0x061c, 0x061c}, {0x06dd, 0x06dd},
    {0x070f, 0x070f}, {0x0890, 0x0891}, {0x08e2, 0x08e2}, {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x2064}, {0x2066, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
}
-- Controls, and what reorders a line or breaks it.
local controls = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
}

local function is_in(ranges, code)
    for _, range in ipairs(ranges) do
        if code <= range[2] then
            return code >= range[1]
        end
    end
    return false
end

local first_octet = {0, 0xc0, 0xe0, 0xf0} -- of a sequence so long; and its smallest code point
local smallest = {0, 0x80, 0x800, 0x10000}

-- The code point at a place and its octets; nil and 1 where nothing well-formed is.
local function next_character(text, at)
    local code = text:byte(at)
    local length = code < 0x80 and 1 or code < 0xe0 and 2 or code < 0xf0 and 3 or 4
    local tail = text:sub(at + 1, at + length - 1):match("^[\128-\191]*")
    code = code - first_octet[length]
    for i = 1, #tail do
        code = code * 64 + tail:byte(i) - 0x80
    end
    if #tail < length - 1 or code < smallest[length] or code > 0x10ffff or (code >= 0xd800 and code <= 0xdfff) then
        return nil, 1
    end
    return code, length
end

-- The first character that is ill-formed or in these ranges, and its octets. Only what begins with one of the octets
-- of a pattern need be looked at.
local function find_character(text, at, octets, ranges)
    at = text:find(octets, at)
    while at do
        local code, length = next_character(text, at)
        if not code or is_in(ranges, code) then
            return at, length
        end
        at = text:find(octets, at + length)
    end
end

local function is_text(text)
    return not find_character(text, 1, "[\128-\255]", {})
end

local function is_name(name, kind)
    if #name == 0 then
        return kind ~= NICK
    end
    return #name <= (kind == ROOM_OR_NONE and 64 or 32) and not name:find("~", 1, true)
        and not find_character(name, 1, "[^\33-\126]", unseen)
end

-- The text, with something in place of each character that is not to be shown.
local function clean(text, replace)
    local pieces, done = {}, 1
    local at, length = find_character(text, 1, "[\0-\31\127-\255]", controls)
    while at do
        pieces[#pieces + 1] = text:sub(done, at - 1) .. replace(text:sub(at, at + length - 1))
        done = at + length
        at, length = find_character(text, done, "[\0-\31\127-\255]", controls)
    end
    return table.concat(pieces) .. text:sub(done)
end

-- Reading. A reader knows the field that it is at, and leaves with an error when that is not as it should be. Offsets
-- count from 0.
--
-- A number of 8 octets is its 16 hexadecimal digits: Lua 5.2 has no integers so wide, and such strings compare
-- like the numbers. What is read is a table of the fields by name; its [i] is the offset of field i, and the
-- one behind the last is where they end.

local function refuse(offset, reason, record, field)
    error({offset = offset, reason = reason, record = record, field = field}, 0)
end

local function refuse_field(reader, reason)
    refuse(reader.from, reason, reader.record, reader.field)
end

local function take(reader, length)
    local at = reader.at
    if reader.stop - at < length then
        refuse_field(reader, "truncated")
    end
    reader.at = at + length
    return at
end

local function read_number(reader, size)
    local at = take(reader, size)
    if size == 8 then
        return ("%02x%02x%02x%02x%02x%02x%02x%02x"):format(reader.bytes:byte(at + 1, at + 8))
    end
    local value = 0
    for i = 1, size do
        value = value * 256 + reader.bytes:byte(at + i)
    end
    return value
end

-- How many octets count those of a string.
local function count_size(kind)
    return kind == NONCE and 0 or (kind == TEXT or kind == SEALED) and 2 or 1
end

local function read_string(reader, kind)
    local length = kind == NONCE and 24 or read_number(reader, count_size(kind))
    local at = take(reader, length)
    local value = reader.bytes:sub(at + 1, at + length)
    if kind == TEXT and not is_text(value) then
        refuse_field(reader, "not UTF-8")
    elseif count_size(kind) == 1 and not is_name(value, kind) then
        refuse_field(reader, "not a name")
    end
    return value
end

local read_fields

local function read_item(reader, layout)
    local item, inner = {layout = layout, offset = reader.at}, reader
    if layout.sized then
        local length = read_number(reader, 1)
        local at = take(reader, length)
        inner = {bytes = reader.bytes, record = reader.record, at = at, stop = at + length}
    end
    read_fields(inner, layout, item)
    item.length = reader.at - item.offset
    return item
end

local function read_list(reader, layout)
    local list, field, from = {}, reader.field, reader.from
    for i = 1, read_number(reader, 1) do
        list[i] = read_item(reader, layout)
        reader.field, reader.from = field, from
    end
    return list
end

function read_fields(reader, layout, out)
    for i, filter in ipairs(layout) do
        local field = wire[filter]
        local name, kind = field.name, field[1]
        out[i], reader.field, reader.from = reader.at, name, reader.at
        if field.optional and reader.at == reader.stop then
            out[name] = kind == 8 and NO_ID or 0
        elseif type(kind) == "number" then
            out[name] = read_number(reader, kind)
        elseif type(kind) == "table" then
            out[name] = read_list(reader, kind)
        else
            out[name] = read_string(reader, kind)
        end
    end
    out[#layout + 1] = reader.at
end

local function read_header(datagram, bytes)
    if #bytes > DATAGRAM_MAX then
        refuse(DATAGRAM_MAX, "longer than a datagram may be")
    elseif bytes:sub(1, 4) ~= MAGIC then
        refuse(0, "not a lanchat datagram")
    elseif (bytes:byte(5) or VERSION) ~= VERSION then
        refuse(4, "version not known")
    elseif #bytes < HEADER then
        refuse(#bytes, "truncated header")
    end
    read_fields({bytes = bytes, at = 4, stop = HEADER}, header, datagram)
    if datagram.header_length < HEADER or datagram.header_length > #bytes then
        refuse(5, "impossible header length")
    end
    datagram.old = has_flag(datagram.flags, 1)
    datagram.path_kind, datagram.link = datagram.path % 8, math.floor(datagram.path / 8)
end

local function read_record(datagram, bytes, at)
    local body = at + RECORD_HEAD
    if body > #bytes then
        refuse(at, "truncated record head")
    end
    local reader = {bytes = bytes, at = at, stop = body}
    local record = {offset = at, type = read_number(reader, 1), flags = read_number(reader, 1)}
    record.length = RECORD_HEAD + read_number(reader, 2)
    reader.stop = at + record.length
    if reader.stop > #bytes then
        refuse(at, "record longer than its datagram")
    end
    table.insert(datagram.records, record)
    record.layout = layouts[record.type]
    record.name = record.layout and record.layout.name
    if record.layout then
        reader.record = record.name
        read_fields(reader, record.layout, record)
    end
    return reader.stop
end

local function read_datagram(datagram, bytes)
    read_header(datagram, bytes)
    local at = datagram.header_length
    while at < #bytes do
        at = read_record(datagram, bytes, at)
    end
end

-- A datagram: version, header_length, flags, old, hops, sender, counter, path, path_kind, link, length, and
-- records: of each type, name (nil: not known), flags, offset, length, and its fields. Or nil and what is wrong:
-- offset, reason, record, field (which may be nil), and in `datagram` what was read before that.
local function decode(bytes)
    local datagram = {layout = header, length = #bytes, records = {}}
    local whole, err = pcall(read_datagram, datagram, bytes)
    if not whole then
        err.datagram = datagram
        return nil, err
    end
    return datagram
end

-- == What is learned, and words ==

-- What a capture has told so far: who is who and here, the names of rooms, and which records were there. All
-- of it is learned once, in the order of the capture.

local function new_known()
    return {people = {}, rooms = {}, here = {}, all_here = 0, copies = {}, highest = {}}
end

local function person(known, id)
    local one = known.people[id] or {nicks = {}}
    known.people[id] = one
    return one
end

-- With the frame, so that a later look at an earlier frame shows what was known then.
local function learn_nick(known, frame, id, nick)
    local nicks = person(known, id).nicks
    if nick ~= "" and id ~= NO_ID and (not nicks[1] or nicks[#nicks].nick ~= nick) then
        nicks[#nicks + 1] = {nick = nick, frame = frame}
    end
end

-- In its room whoever is here and a person is counted.
local function learn_presence(known, id, here, role, tag)
    local one = person(known, id)
    if one.counted then
        known.here[one.counted] = known.here[one.counted] - 1
        known.all_here = known.all_here - 1
    end
    one.role, one.room = role, tag or one.room or NO_ID
    one.counted = here and is_person(role) and id ~= NO_ID and one.room or nil
    if one.counted then
        known.here[one.counted] = (known.here[one.counted] or 0) + 1
        known.all_here = known.all_here + 1
    end
end

local function xor_octet(a, b)
    local result = 0
    for bit = 0, 7 do
        result = result + (math.floor(a / 2 ^ bit) + math.floor(b / 2 ^ bit)) % 2 * 2 ^ bit
    end
    return result
end

-- FNV-1a (RFC 9923), by halves of 32 bits; the prime is 2^40 + 0x1b3.
local function tag_of(name)
    local high, low = 0xcbf29ce4, 0x84222325
    for i = 1, #name do
        low = low - low % 256 + xor_octet(low % 256, name:byte(i))
        high = (high * 0x1b3 + math.floor(low * 0x1b3 / 4294967296) + low * 256) % 4294967296
        low = low * 0x1b3 % 4294967296
    end
    return ("%08x%08x"):format(high, low)
end

local learn = {
    ["message"] = function(known, frame, record)
        learn_nick(known, frame, record.origin, record.nick)
    end,
    ["private"] = function(known, frame, record)
        learn_nick(known, frame, record.from, record.nick)
    end,
    ["hello"] = function(known, frame, record, sender)
        learn_nick(known, frame, sender, record.nick)
        local first = not is_forwarder(record.role) and record.rooms[1]
        learn_presence(known, sender, true, record.role, first and first.tag)
        for _, item in ipairs(record.rooms) do -- anybody may send any name beside any tag
            if not known.rooms[item.tag] and item.name ~= "" and tag_of(item.name) == item.tag then
                known.rooms[item.tag] = {name = item.name, frame = frame}
            end
        end
    end,
    ["roster"] = function(known, frame, record)
        for _, item in ipairs(record.entries) do
            learn_nick(known, frame, item.id, item.nick)
            learn_presence(known, item.id, item.state == 0, item.role, record.room)
        end
    end,
    ["bye"] = function(known, _, _, sender)
        local one = person(known, sender)
        learn_presence(known, sender, false, one.role, one.room)
    end,
}

-- The nickname of an id and the name of a tag as they were known at a frame, or nil.
local function nick_of(known, id, frame)
    local nicks = known.people[id] and known.people[id].nicks or {}
    for i = #nicks, 1, -1 do
        if nicks[i].frame <= frame then
            return nicks[i].nick
        end
    end
end

local function room_of(known, tag, frame)
    local one = known.rooms[tag]
    return one and one.frame <= frame and one.name or nil
end

-- What copy of its (origin, number) a record is: `original`, `forwarded`, `duplicate` or `repair`; the frame of
-- the first copy; and, as `gap`, the numbers before it that were not there.
local function judge(known, frame, medium, datagram, record)
    local key = record.origin .. record.number
    local seen = known.copies[key]
    local sender = medium .. datagram.sender
    local way = sender .. datagram.path
    local forwarder = medium == "tcp" or is_forwarder(person(known, datagram.sender).role)
    if not seen then
        local highest = known.highest[record.origin]
        if highest and record.number > highest + 1 then
            record.gap = {highest + 1, record.number - 1}
        end
        known.highest[record.origin] = math.max(highest or 0, record.number)
        seen = {frame = frame}
        known.copies[key] = seen
        record.copy = datagram.sender == record.origin and "original" or forwarder and "forwarded" or "repair"
    else
        record.first_frame = seen.frame
        if not seen[medium] or medium == "tcp" then
            record.copy = "duplicate"
        elseif seen[way] and (seen[way] ~= datagram.counter or datagram.counter == 0) then
            record.copy = "repair"
        else -- the same datagram captured twice, another path, or one forwarder more
            record.copy = (seen[sender] or forwarder) and "duplicate" or "repair"
        end
    end
    seen[medium], seen[sender], seen[way] = true, true, datagram.counter
end

-- In words: what the Info column says, and `lanchat dump`.

local function escape(octets)
    return octets == "\n" and "\\n" or (octets:gsub(".", function(octet)
        return ("\\x%02x"):format(octet:byte())
    end))
end

-- One line of printable UTF-8, whatever it was.
local function shown(text)
    return clean(text, escape)
end

-- A number of 8 octets, and something added to it, in decimal digits.
local function decimal(hex, plus)
    local low = tonumber(hex:sub(9), 16) + plus
    local high = (tonumber(hex:sub(1, 8), 16) + math.floor(low / 4294967296)) % 4294967296
    local rest = high * 967296 + low % 4294967296 -- 2^32 is 4294 million, and 967296
    local millions = high * 4294 + math.floor(rest / 1000000)
    return millions > 0 and ("%.0f%06.0f"):format(millions, rest % 1000000) or ("%.0f"):format(rest)
end

local function who(known, id)
    return nick_of(known, id, math.huge) or id
end

local function runs(first, last)
    return first == last and ("%d"):format(first) or ("%d-%d"):format(first, last)
end

local function joined(words)
    return words[1] and table.concat(words, ", ")
end

local function describe_ask(known, item)
    if item.kind == 1 then
        local last = item.count > 1 and "-" .. decimal(item.from, item.count - 1) or ""
        return who(known, item.key) .. " " .. decimal(item.from, 0) .. last
    end
    return item.kind == 2 and ("last %d"):format(item.count) or ask_kinds[item.kind] or ("ask %d"):format(item.kind)
end

local function from_to(known, record)
    local to = record.to == NO_ID and record.name == "probe" and "anybody" or who(known, record.to)
    return record.name .. " from " .. who(known, record.from) .. " to " .. to
end

local describe = {
    ["message"] = function(_, record)
        return (has_flag(record.flags, 1) and "* %s %s" or "%s: %s"):format(record.nick, shown(record.text))
    end,
    ["sealed message"] = function(known, record)
        return ("sealed message %d from %s"):format(record.number, who(known, record.origin))
    end,
    ["hello"] = function(known, record, sender)
        local from, here = who(known, sender), known.here[person(known, sender).room] or 0
        if record.nick == "" and not is_person(record.role) then
            from = (record.role < 4 and roles[record.role] or "tool") .. " " .. sender
        end
        if sender == NO_ID then -- nobody, and so nowhere
            here = 0
        elseif is_forwarder(record.role) then
            here = known.all_here
        end
        return ("hello from %s, %d here%s"):format(from, here,
            has_flag(record.flags, 1) and ", joining" or "")
    end,
    ["roster"] = function(known, record)
        local words = {}
        for i, item in ipairs(record.entries) do
            words[i] = who(known, item.id) .. " " .. (states[item.state] or "gone")
        end
        return (has_flag(record.flags, 1) and "roster page: " or "roster: ")
            .. (#words > 3 and #words .. " entries" or joined(words) or "nobody")
    end,
    ["request"] = function(known, record)
        local words = {}
        for i, item in ipairs(record.asks) do
            words[i] = describe_ask(known, item)
        end
        local to = record.to == NO_ID and "" or " to " .. who(known, record.to)
        return "request" .. to .. ": " .. (joined(words) or "nothing")
            .. (has_flag(record.flags, 1) and ", insists" or "")
    end,
    ["summary"] = function(_, record)
        return ("summary: %d stream%s"):format(#record.vectors, #record.vectors == 1 and "" or "s")
    end,
    ["gone"] = function(known, record)
        return ("gone: %s %s%s"):format(who(known, record.origin), runs(record.first, record.last),
            has_flag(record.flags, 1) and ", before" or "")
    end,
    ["bye"] = function(known, _, sender)
        return "bye from " .. who(known, sender)
    end,
    ["prompt"] = function(known, record)
        local first, last = record.first, record.last
        local to = first == last and who(known, first) or first .. "-" .. last
        return "prompt to " .. (first == NO_ID and last == LAST_ID and "all" or to)
            .. (record.origin ~= NO_ID and (" for %s %d"):format(who(known, record.origin), record.number) or "")
            .. (has_flag(record.flags, 1) and " who lacks it" or "")
    end,
    ["private"] = function(known, record)
        return ("private from %s to %s: %s"):format(record.nick, who(known, record.to), shown(record.text))
    end,
    ["sealed presence"] = function(known, record)
        return ("sealed presence of %s, %s"):format(who(known, record.sender), states[record.state] or "gone")
    end,
    ["acknowledgement"] = from_to,
    ["probe"] = from_to,
    ["probe answer"] = from_to,
    ["sealed private"] = from_to,
}

local function type_name(type)
    return layouts[type] and layouts[type].name or type == 16 and "parity" or ("type %d"):format(type)
end

local function describe_malformed(err)
    local where = err.record and err.record .. (err.field and " " .. err.field or "")
    return ("malformed at %d: %s%s"):format(err.offset, err.reason, where and " (" .. where .. ")" or "")
end

-- Learns what a datagram tells, judges its records, and returns it in words.
local function follow(known, frame, medium, datagram)
    local words = {}
    for i, record in ipairs(datagram.records) do
        if learn[record.name] then
            learn[record.name](known, frame, record, datagram.sender)
        end
        if (record.type == 1 or record.type == 2) and record.number > 0 then
            judge(known, frame, medium, datagram, record)
        end
        words[i] = record.name and describe[record.name](known, record, datagram.sender) or type_name(record.type)
    end
    return words[1] and table.concat(words, "; ") or "no records"
end

-- == Conversation ==

-- The conversation: what was said in a capture, each message once, as a dialogue. Datagrams and plain text go in, in
-- the order of the capture; lines come out at any time.
--
-- A message stands where its first copy was captured. If that was repaired, forwarded or from a store it stands where
-- it was said: by its speaker's clock, corrected by what that was seen to differ from the capture's. In any case it
-- stands between the numbers before and behind it of the same speaker, and of what was said at one moment the lower
-- Lamport stamp comes first. `[repaired]`: somebody lacked it, and a copy was sent again within 10 seconds.
-- `[replay]`: the capture has it from a store only. `[...]`: here a part of the text is missing. `-- lost`: the capture
-- should have these numbers and never got them.

local CLOCK_TRUST = 120 -- seconds that a clock may differ from ours and is shown (lanchat(7), "Streams")
local SAME_WORDS = 10 -- seconds in which words of one nickname that come by another way are the same
local SAME_TRIES = 256 -- so many are compared at the most
local ASKS_KEPT = 64 -- of a speaker's numbers, the latest
local YEAR_10000 = 253402300800
local LAST_NUMBER = 4294967294
local LOBBY = "1ccae3b6ef72f533"
local REPLACEMENT = "\239\191\189"

local function new_talk()
    return {
        notes = {}, -- lines of what has no number, and words of plain text
        speakers = {}, -- by id, and in a row: messages by number, and which numbers the capture should have
        people = {}, -- by id: what is known of a person's presence
        called = {}, -- by room and nickname: the ids of the people here with it
        counts = {}, -- by room and name: how many so called are here, as each way tells it, and as was told
        listed = {}, -- by node and room: whether it has told all who are there
        said = {}, -- by name: messages in the order of their capture, to tell what comes by several ways
        given_up = {}, -- by node and origin: how many numbers that node has lost
        privates = {}, -- by sender and token: the line
        clients = {}, -- by connection: a plain-text client
        told = {}, -- when a server's line was told last
        text_room = LOBBY, -- where plain-text clients are
    }
end

-- What a terminal may be shown, as the program does it (text_show() of text.c).
local function printable(text)
    return clean(text:gsub("\r\n", "\n"), function(octets)
        if octets == "\n" then
            return "\n    "
        end
        return (octets == "\t" or octets:find("^\226\128[\168\169]$")) and " " or REPLACEMENT
    end)
end

local function take_down(talk, time, tag, line)
    table.insert(talk.notes, {at = time, room = tag, words = {line}})
end

-- People, as presence.c and people.c have them.

-- A nickname as it is shown: who has that of a person who is here, too, is told apart.
local function shown_name(talk, id, nick, tag)
    for other in pairs(talk.called[tag .. nick] or {}) do
        if other ~= id and not (talk.people[id] and other > id) then
            return nick .. "~" .. id:sub(1, 4)
        end
    end
    return nick
end

-- That somebody came or went is said once, whoever tells it: the links, or a plain-text connection. Each of these ways
-- counts the people so called.
local function announce(talk, time, tag, name, way, here, words)
    local count = talk.counts[tag .. name] or {told = here and 0 or 1}
    local known = count[way] or 0
    talk.counts[tag .. name] = count
    count[way] = here and known + 1 or math.max(known > 0 and known or count.told, 1) - 1
    if here and count[way] > count.told or not here and count[way] < count.told then
        count.told = count.told + (here and 1 or -1)
        if words then
            take_down(talk, time, tag, "* " .. name .. words)
        end
    end
end

local function come(talk, time, id, peer, nick, words)
    local called = talk.called[peer.room .. nick] or {}
    talk.called[peer.room .. nick], called[id] = called, true
    peer.nick, peer.announced, peer.shown = nick, words ~= nil, shown_name(talk, id, nick, peer.room)
    announce(talk, time, peer.room, peer.shown, "link", true, words)
end

local function go(talk, time, id, peer, words)
    talk.called[peer.room .. peer.nick][id] = nil
    announce(talk, time, peer.room, peer.shown, "link", false, words)
end

-- What somebody says of himself, or others of him (`hearsay`). Who `arrives` was not here before; others who are new
-- may have been since before the capture began.
local function follow_person(talk, time, id, tag, item, hearsay, arrives)
    local here = item.state == HERE
    if here and (not is_person(item.role) or item.nick == "") then
        return
    end
    local peer = talk.people[id] or {version = -1, state = GONE, room = tag, heard_until = 0, role = item.role}
    talk.people[id] = peer
    local was_here = peer.state == HERE
    local news = item.version > peer.version or item.version == peer.version and
        (here and peer.state == WITHDRAWN or not here and was_here)
    if not news or not here and hearsay and time < peer.heard_until then
        if arrives and not hearsay and was_here and not peer.announced then -- others had told of him before
            take_down(talk, time, peer.room, "* " .. peer.shown .. " joined")
            peer.announced = true
        end
        return
    elseif here and not was_here then
        come(talk, time, id, peer, item.nick, (arrives or peer.version >= 0) and " joined" or nil)
    elseif here and peer.nick ~= item.nick then
        go(talk, time, id, peer, " is now " .. shown_name(talk, id, item.nick, peer.room))
        come(talk, time, id, peer, item.nick)
    elseif was_here and not here then
        local silent = hearsay and (peer.role ~= GUEST or item.state ~= GONE)
        go(talk, time, id, peer, silent and " is gone (silent)" or " left")
    end
    peer.version, peer.state = item.version, item.state <= WITHDRAWN and item.state or GONE
end

-- Messages.

local function speaker_of(talk, id)
    local speaker = talk.speakers[id]
    if not speaker then
        speaker = {id = id, messages = {}, numbers = {}, asks = {}}
        talk.speakers[id] = speaker
        table.insert(talk.speakers, speaker)
    end
    return speaker
end

-- A number was said, so it is lost if the capture has it not. What was said before the capture, up to `base`, is not.
local function learn_highest(talk, time, id, tag, highest, base)
    if id == NO_ID or highest > LAST_NUMBER then
        return
    end
    local speaker = speaker_of(talk, id)
    speaker.room, speaker.base = speaker.room or tag, speaker.base or base
    if highest > (speaker.highest or 0) then
        speaker.highest, speaker.highest_at = highest, time
    end
end

-- Words as a plain-text client types them.
local function typed(text, action)
    return action and "/me " .. text or text
end

-- Whether what some client was sent is these words: all, the first line, the beginning, a piece, or ASCII for them.
local function resembles(words, line, continued)
    if words == line or words:match("^[^\n]*") == line then
        return true
    elseif continued and line:sub(1, #words) == words or #words > 900 and words:find(line, 1, true) then
        return true
    elseif line:find("[\128-\255]") or not words:find("[\128-\255]") then
        return false
    end
    local at = 1
    for piece in words:gmatch("[\0-\127]+") do
        local _, to = line:find(piece, at, true)
        if not to then
            return false
        end
        at = to + 1
    end
    return true
end

-- A message that came by another way before, but not by this one: a link, or one direction of a connection. Or a new
-- one.
local function find_said(talk, time, way, name, words, is_same)
    local said = talk.said[name] or {first = {}}
    local first = said.first[way] or 1
    talk.said[name] = said
    while said[first] and (said[first].by[way] or said[first].at < time - SAME_WORDS) do
        first = first + 1
    end
    said.first[way] = first
    for i = first, math.min(#said, first + SAME_TRIES) do
        if not said[i].by[way] and is_same(said[i]) then
            said[i].by[way] = true
            return said[i]
        end
    end
    local message = {at = time, name = name, words = words, by = {[way] = true}}
    table.insert(said, message)
    return message, true
end

local function add_message(talk, time, datagram, record, speaker)
    local action, continued = has_flag(record.flags, 0x01), has_flag(record.flags, 0x08)
    local name = record.nick and shown_name(talk, record.origin, record.nick, record.room) or record.origin
    local words = record.text and typed(record.text, action) or ""
    local message = find_said(talk, time, "link", name, words, function(other)
        return resembles(words, other.words, continued)
    end)
    message.number, message.stamp, message.room, message.action = record.number, record.stamp, record.room, action
    message.text = record.text or "(sealed message)"
    message.clock = record.clock_ms and float_of(record.clock_ms) / 1000
    message.continuation, message.continued = has_flag(record.flags, 0x04), continued
    message.old, message.late = datagram.old, datagram.old or record.copy ~= "original"
    speaker.messages[record.number] = message
    table.insert(speaker.numbers, record.number)
    speaker.name, speaker.room = name, record.room
    if not datagram.old then
        speaker.base = speaker.base or record.number - 1
        speaker.ahead = message.clock and math.min(speaker.ahead or math.huge, time - message.clock) or speaker.ahead
    end
    return message
end

-- Who comes late asks for the last messages; only who asks for a number lacks it.
local function was_asked_for(speaker, number)
    for _, run in ipairs(speaker.asks) do
        if number >= run.first and number < run.first + run.count then
            return true
        end
    end
    return false
end

local function hear_message(talk, time, datagram, record)
    if record.origin == NO_ID or record.number == 0 or record.number > LAST_NUMBER then
        return
    end
    local speaker = speaker_of(talk, record.origin)
    local known = speaker.messages[record.number]
    local message = known or add_message(talk, time, datagram, record, speaker)
    if record.copy == "repair" and not datagram.old and (not known or was_asked_for(speaker, record.number)) then
        message.repaired = true
    end
end

local function hear_private(talk, time, _, record)
    local key = record.from .. record.token
    local from, to = talk.people[record.from], talk.people[record.to]
    if not talk.privates[key] then
        local form = has_flag(record.flags, 0x01) and "* %s -> %s " or "%s -> %s: "
        take_down(talk, time, record.room,
            form:format(record.nick or from and from.shown or record.from, to and to.shown or record.to))
        talk.privates[key] = talk.notes[#talk.notes]
        talk.privates[key].parts = record.parts
    end
    talk.privates[key][record.part] = record.text or "(sealed)"
end

-- What a node says that it gave up. What it had when it was heard first it may have from before the capture.
local function hear_given_up(talk, time, sender, tag, joining, named)
    for _, item in ipairs(named) do
        local key = sender .. item.origin
        local lost = item.lost - (talk.given_up[key] or item.lost)
        talk.given_up[key] = item.lost
        if lost > 0 and not joining and item.origin ~= NO_ID then
            local by, of = talk.people[sender], talk.speakers[item.origin]
            take_down(talk, time, tag, ("-- %s lost %d of %s"):format(by and by.shown or sender, lost,
                of and of.name or item.origin))
        end
    end
end

local hear_record = {
    ["message"] = hear_message,
    ["sealed message"] = hear_message,
    ["private"] = hear_private,
    ["sealed private"] = hear_private,
    ["hello"] = function(talk, time, datagram, record)
        local sender, joining = datagram.sender, has_flag(record.flags, 0x01)
        local tag = record.rooms[1] and record.rooms[1].tag or LOBBY
        if not is_forwarder(record.role) then
            local until_next = 2 * record.interval_ms / 1000
            local itself = {version = record.version, state = HERE, role = record.role, nick = record.nick}
            learn_highest(talk, time, sender, tag, record.highest, record.highest)
            follow_person(talk, time, sender, tag, itself, false, joining or time - talk.began > until_next)
            if talk.people[sender] then
                talk.people[sender].heard_until = time + until_next
            end
        end
        hear_given_up(talk, time, sender, tag, joining, record.pairs)
    end,
    ["request"] = function(talk, _, _, record)
        for _, item in ipairs(record.asks) do
            local speaker = item.kind == 1 and talk.speakers[item.key]
            if speaker then
                table.insert(speaker.asks, 1, {first = tonumber(item.from:sub(9), 16), count = item.count})
                speaker.asks[ASKS_KEPT + 1] = nil
            end
        end
    end,
    ["roster"] = function(talk, time, datagram, record)
        local listed = datagram.sender .. record.room
        local arrives = not has_flag(record.flags, 0x01) or talk.listed[listed] -- not on an earlier page of that node
        talk.listed[listed] = arrives or record.first == NO_ID and record.last == LAST_ID
        for _, item in ipairs(record.entries) do
            if item.role == GUEST then
                talk.text_room = record.room
            end
            if not is_forwarder(item.role) and item.id ~= NO_ID then
                follow_person(talk, time, item.id, record.room, item, true, arrives)
            end
        end
    end,
    ["gone"] = function(talk, time, _, record)
        local speaker = talk.speakers[record.origin]
        if not has_flag(record.flags, 0x01) then
            learn_highest(talk, time, record.origin, record.room, record.last)
        elseif speaker and speaker.base and record.first <= speaker.base + 1 then
            speaker.base = math.max(speaker.base, record.last)
        end
    end,
    ["bye"] = function(talk, time, datagram, record)
        learn_highest(talk, time, datagram.sender, record.room, record.highest, record.highest)
        follow_person(talk, time, datagram.sender, record.room, {version = record.version, state = GONE}, false)
    end,
}

-- A datagram whose records follow() has judged.
local function hear_datagram(talk, time, datagram)
    talk.began = talk.began or time
    for _, record in ipairs(datagram.records) do
        local hear = hear_record[record.name]
        if hear then
            hear(talk, time, datagram, record)
        end
    end
end

-- Plain text (lanchat(7), "Plain-text clients").

-- Whether words are a piece of a long text that links brought as several records, cut elsewhere.
local function is_piece(talk, time, name, words)
    local said, recent = talk.said[name], {}
    for i = #said, math.max(#said - SAME_TRIES, 1), -1 do
        if said[i].at < time - SAME_WORDS then
            break
        elseif said[i].number then
            table.insert(recent, 1, said[i].words)
        end
    end
    local whole = table.concat(recent)
    return #whole > 900 and whole:find(words, 1, true) ~= nil
end

-- Returns the message if it is new.
local function say_plainly(talk, time, way, name, words)
    local message, is_new = find_said(talk, time, way, name, words, function(other)
        return resembles(other.words, words, other.continued)
    end)
    if not is_new then
        return nil
    elseif is_piece(talk, time, name, words) then
        table.remove(talk.said[name])
        return nil
    end
    message.room, message.action = talk.text_room, words:find("^/me ") ~= nil
    message.text = message.action and words:sub(5) or words
    table.insert(talk.notes, message)
    return message
end

-- What a server tells its clients is told once, though each of them gets it.
local function tell_plainly(talk, time, line)
    if time - (talk.told[line] or -math.huge) > SAME_WORDS then
        take_down(talk, time, talk.text_room, line)
    end
    talk.told[line] = time
end

-- Notices: `* jack joined` to clients that send lines, `jack joined!` to others.
local function hear_notice(talk, time, way, line)
    local plain = line:match("^%* (.*)$") or line:match("^(.*)!$") or ""
    local tag = talk.text_room
    local name, what = plain:match("^(%S+) (%a+)$")
    local old, new = plain:match("^(%S+) is now (%S+)$")
    if what == "joined" or what == "left" then
        announce(talk, time, tag, name, way, what == "joined", " " .. what)
    elseif old then
        announce(talk, time, tag, old, way, false, " is now " .. new)
        announce(talk, time, tag, new, way, true)
    elseif plain:find("^lost %d+ messages? from ") then
        tell_plainly(talk, time, "-- " .. plain)
    else
        return plain == "Connected to server"
    end
    return true
end

local function hear_server_line(talk, time, way, client, line)
    local more = line:match("^    (.*)$")
    if more and client.last then
        client.last.text = client.last.text .. "\n" .. more
    elseif not more and not hear_notice(talk, time, way, line) then
        local speaker, words = line:match("^(%S-): (.*)$")
        local actor, waves = line:match("^%* (%S+) (.*)$")
        if speaker or actor then
            client.last = say_plainly(talk, time, way, speaker or actor, words or typed(waves, true))
        else
            tell_plainly(talk, time, line)
        end
    end
end

-- The first line is the nickname; what sends no newline may say both at once, and a relay what others say.
local function hear_client_line(talk, time, way, client, line)
    local speaker, words = line:match("^(%S-): (.*)$")
    if client.lines or not speaker then
        speaker, words = nil, line
    end
    if not client.name and client.greeted then
        local name = (speaker or words):gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s", "_"):sub(1, 32)
        local half = name:sub(1, math.floor(#name / 2))
        client.name = half .. half == name and half or name
        announce(talk, time, talk.text_room, client.name, way, true, " joined")
        words = speaker and words or ""
        speaker = client.name
    end
    if words ~= "" then
        say_plainly(talk, time, way, speaker or client.name or client.address, words)
    end
end

-- What came in one piece, from the client or to him. Who ever sent a newline, or was sent one at an end, means lines,
-- which may be cut anywhere; for others a piece is a text.
local function hear_text(talk, time, flow, octets)
    local client = talk.clients[flow.stream] or {held = {}, address = flow.hub and flow.destination or flow.source}
    local side, hear = "client", hear_client_line
    if flow.hub then
        side, hear = "hub", hear_server_line
    end
    talk.clients[flow.stream] = client
    talk.began, talk.latest = talk.began or time, time
    client.greeted = client.greeted or flow.greeted
    client.lines = client.lines or octets:find(flow.hub and "\n$" or "\n") ~= nil
    octets = (client.held[side] or "") .. octets:gsub("\255[\251-\254].", ""):gsub("[\r\0]", "")
    client.held[side] = client.lines and octets:match("[^\n]+$") or nil
    for line in octets:sub(1, #octets - #(client.held[side] or "")):gmatch("[^\n]+") do
        hear(talk, time, flow.stream .. side, client, line)
    end
end

-- The lines.

local function time_said(speaker, message)
    if not message.late or not message.clock then
        return message.at
    end
    local said = message.clock + (speaker.ahead or 0)
    local wrong = said > message.at or not message.old and said < message.at - CLOCK_TRUST
    return wrong and message.at or said
end

-- Each message's place in time: those that came at once hold theirs, the others go between them.
local function place(speaker)
    local low, high = -math.huge, math.huge
    table.sort(speaker.numbers)
    for i = #speaker.numbers, 1, -1 do
        local message = speaker.messages[speaker.numbers[i]]
        message.said = math.min(time_said(speaker, message), high)
        high = message.late and high or message.said
    end
    for _, number in ipairs(speaker.numbers) do
        local message = speaker.messages[number]
        message.said = math.max(message.said, low)
        low = message.said
    end
end

local function time_shown(message)
    local clock = message.clock
    local trusted = clock and (message.old or math.abs(clock - message.at) <= CLOCK_TRUST) and clock < YEAR_10000
    return trusted and clock or message.at
end

local function put_lost(lines, speaker, first, last, at, stamp)
    local words = ("-- lost: %s %s"):format(speaker.name or speaker.id, runs(first, last))
    table.insert(lines, {at = at, stamp = stamp, room = speaker.room, words = {words}})
end

local function put_message(lines, message)
    table.insert(lines, {at = message.said or message.at, shown_at = time_shown(message), stamp = message.stamp,
        room = message.room, old = message.old, repaired = message.repaired, continued = message.continued,
        words = {message.action and "* " or "", message.name, message.action and " " or ": ",
            message.continuation and "[...]" or "", message.text}})
    return lines[#lines]
end

-- A text of several records is one line.
local function put_speaker(lines, speaker)
    local due, line = speaker.base and speaker.base + 1, nil
    place(speaker)
    for i, number in ipairs(speaker.numbers) do
        local message = speaker.messages[number]
        if due and number > due then
            put_lost(lines, speaker, due, number - 1, message.said, message.stamp)
        end
        if i > 1 and line.continued and message.continuation and speaker.numbers[i - 1] == number - 1 then
            table.insert(line.words, message.text)
            line.continued, line.repaired = message.continued, line.repaired or message.repaired
        else
            line = put_message(lines, message)
        end
        due = due and math.max(due, number + 1)
    end
    if due and (speaker.highest or 0) >= due then
        put_lost(lines, speaker, due, speaker.highest, speaker.highest_at)
    end
end

local function put_notes(lines, talk)
    for _, one in ipairs(talk.notes) do
        if one.name and not one.number then -- no link brought these words
            put_message(lines, one)
        elseif not one.name then
            for part = 1, one.parts or 0 do
                one.words[part + 1] = one[part] or "[...]"
            end
            table.insert(lines, one)
        end
    end
    for _, client in pairs(talk.clients) do
        if client.held.client then
            put_message(lines, {name = client.name or client.address, text = client.held.client, at = talk.latest,
                room = talk.text_room})
        end
    end
end

local function stands_before(one, other)
    local stamp, other_stamp = one.stamp or "", other.stamp or ""
    if one.at == other.at and stamp == other_stamp then
        return one.order < other.order
    end
    return one.at < other.at or one.at == other.at and stamp < other_stamp
end

-- The conversation so far, as lines, with the names of rooms that are known.
local function conversation(talk, known)
    local lines, several = {}, false
    put_notes(lines, talk)
    for _, speaker in ipairs(talk.speakers) do
        local peer = talk.people[speaker.id]
        speaker.name = speaker.name or peer and peer.shown
        put_speaker(lines, speaker)
    end
    for i, line in ipairs(lines) do
        several, line.order = several or line.room ~= lines[1].room, i
    end
    table.sort(lines, stands_before)
    for i, line in ipairs(lines) do
        local room = room_of(known, line.room, math.huge) or line.room == LOBBY and "lobby" or line.room
        lines[i] = os.date("%H:%M:%S ", math.floor(line.shown_at or line.at)) ..
            (several and "[" .. room .. "] " or "") ..
            printable(table.concat(line.words)) .. (line.continued and "[...]" or "") ..
            (line.parts and " [private]" or "") .. (line.old and " [replay]" or "") ..
            (line.repaired and " [repaired]" or "")
    end
    return lines
end

lanchat.decode, lanchat.new_known, lanchat.follow, lanchat.describe_malformed =
    decode, new_known, follow, describe_malformed
lanchat.new_talk, lanchat.hear_datagram, lanchat.hear_text, lanchat.conversation =
    new_talk, hear_datagram, hear_text, conversation
if not rawget(_G, "Proto") then
    return lanchat
end
rawset(_G, "lanchat_dissector", lanchat)

-- == Pieces of a TCP stream ==

local FRAME_BEGINS = "[\0-\4].LCHT\1"

-- Whether a frame up to `stop` is believed: by its magic; among frames also without, if it ends where another begins
-- or all does. Else octets are missing before, and what looks like a count is none.
local function is_frame(rest, stop, mode)
    return stop > 2 and stop <= DATAGRAM_MAX + 2 and (rest:sub(3, 7) == ("LCHT\1"):sub(1, #rest - 2)
        or mode and (#rest <= stop or rest:find("^" .. FRAME_BEGINS, stop + 1)))
end

-- What stands at the front of the octets of one direction: its kind and its length, or `more` if that is not all
-- of it and how many octets are missing (nil: not known). `mode` is what the direction is by then, `frames`,
-- `text` or nil; `greeted`, whether one of the two ends has said NICK.
local function next_piece(rest, mode, greeted)
    local stop = #rest > 1 and rest:byte(1) * 256 + rest:byte(2) + 2 or 0
    if rest:find("^LCHT 1 " .. ("[0-9a-f]"):rep(16) .. "\n") then
        return "preface", 24
    elseif mode == "text" then
        return "text", #rest
    elseif not mode and not greeted and rest:sub(1, 4) == ("NICK"):sub(1, #rest) then
        return #rest < 4 and "more" or "greeting", 4
    elseif mode and #rest == 1
        or not mode and #rest < 24 and (rest == ("LCHT 1 "):sub(1, #rest) or rest:find("^LCHT 1 [0-9a-f]+$")) then
        return "more"
    elseif is_frame(rest, stop, mode) then
        if #rest < stop then
            return "more", stop - #rest
        end
        return "frame", stop
    end
    local at = rest:find(FRAME_BEGINS, 2)
    if at then
        return "skipped", at - 1
    elseif not mode and (greeted or is_text(rest) and not rest:find("\0", 1, true)) then
        return "text", #rest
    end
    return "skipped", #rest
end

-- == Fields ==

local proto = Proto("lanchat", "lanchat")
local fields = {} -- by their filters, without `lanchat.`

local function declare(filter, kind, label, ...)
    fields[filter] = ProtoField[kind]("lanchat." .. filter, label, ...)
end

for filter, field in pairs(wire) do
    local kind, meanings = field[1], type(field.as) == "table" and field.as or nil
    if filter == "time" then
        declare(filter, "absolute_time", field.label, base.UTC)
    elseif type(kind) == "number" then
        local usual = kind == 8 and "HEX" or "DEC"
        declare(field.filter, "uint" .. kind * 8, field.label, base[meanings and "DEC" or field.as or usual], meanings)
    elseif type(kind) == "table" then
        declare(filter, "uint8", field.label)
    else
        declare(field.filter, (kind == NONCE or kind == SEALED) and "bytes" or "string", field.label)
    end
end

local type_names = {}
for type = 1, 16 do
    type_names[type] = type_name(type)
end
for _, layout in ipairs(layouts) do
    for i, flag in ipairs(layout.flags or {}) do
        declare(flag, "bool", label_of(flag), 8, nil, 2 ^ (i - 1))
    end
end
declare("flags.old", "bool", "Old: more than 10 s", 8, nil, 0x01)
declare("path.kind", "uint16", "Kind", base.DEC, path_kinds, 0x0007)
declare("path.link", "uint16", "Link", base.DEC, nil, 0xfff8)
declare("record", "none", "Record")
declare("type", "uint8", "Type", base.DEC, type_names)
declare("record.flags", "uint8", "Flags", base.HEX)
declare("length", "uint16", "Length")
declare("item", "none", "Item")
declare("item.length", "uint8", "Length")
declare("skipped", "bytes", "Not known")
declare("malformed", "string", "Malformed")
declare("malformed.offset", "uint16", "Offset")
declare("forwarded", "bool", "Forwarded")
declare("repair", "bool", "Repair")
declare("first_copy", "framenum", "First copy in frame")
declare("duplicate", "framenum", "Duplicate of frame")
declare("greeting", "string", "Greeting")
declare("preface", "uint64", "Preface of", base.HEX)
declare("frame_length", "uint16", "Length of the frame")
declare("plain", "string", "Plain text")
declare("frame_part", "bytes", "Part of a frame")

local function declare_expert(name, text, group, severity)
    return ProtoExpert.new("lanchat.expert." .. name, text, expert.group[group], expert.severity[severity])
end

local experts = {
    malformed = declare_expert("malformed", "malformed", "MALFORMED", "ERROR"),
    gap = declare_expert("gap", "gap", "SEQUENCE", "WARN"),
    repair = declare_expert("repair", "repair: a copy that somebody lacked", "SEQUENCE", "NOTE"),
    duplicate = declare_expert("duplicate", "duplicate: a copy by another way", "SEQUENCE", "CHAT"),
    dropped = declare_expert("dropped", "from nobody: whoever receives this drops it", "PROTOCOL", "WARN"),
}

proto.fields = fields
proto.experts = experts

-- == Tree ==

local known = new_known() -- of this capture
local show_fields

local function paths_in(set)
    local words = {}
    for kind = 0, #path_kinds do
        if has_flag(set, 2 ^ kind) then
            words[#words + 1] = path_kinds[kind]
        end
    end
    return joined(words) or "none"
end

-- Behind an id its nickname, behind a tag its room, if the capture has told them by then.
local function show_number(tree, range, field, value, frame)
    local item = tree:add(fields[field.filter], range)
    local told = nick_of(known, value, frame) or room_of(known, value, frame)
        or (field == wire.hears or field == wire.paths) and paths_in(value)
    if told then
        item:append_text(" (" .. shown(told) .. ")")
    end
    for _, part in ipairs(field.parts or {}) do
        item:add(fields[part], range)
    end
end

local function show_list(tree, tvb, filter, list, range, frame)
    local subtree = tree:add(fields[filter], range, #list)
    for _, item in ipairs(list) do
        local branch = subtree:add(fields.item, tvb(item.offset, item.length))
        branch:set_text(item.layout.name)
        if item.layout.sized then
            branch:add(fields["item.length"], tvb(item.offset, 1))
        end
        show_fields(branch, tvb, item, item.offset + item.length, frame)
    end
end

-- The octets that count a string belong to it only if there is nothing else.
local function show_string(tree, tvb, filter, kind, from, to)
    local start = from + count_size(kind)
    if kind == NONCE or kind == SEALED then
        tree:add(fields[filter], tvb(start, to - start))
    elseif start == to then
        tree:add(fields[filter], tvb(from, to - from), "")
    else
        tree:add_packet_field(fields[filter], tvb(start, to - start), ENC_UTF_8)
    end
end

-- The fields of a layout as far as they were read, and what is behind them, up to `stop`.
function show_fields(tree, tvb, struct, stop, frame)
    for i, filter in ipairs(struct.layout) do
        local field, from, to = wire[filter], struct[i], struct[i + 1]
        local kind, value = field[1], struct[field.name]
        if not to then
            return
        elseif type(kind) == "table" then
            show_list(tree, tvb, filter, value, tvb(from, to - from), frame)
        elseif type(kind) == "string" then
            show_string(tree, tvb, field.filter, kind, from, to)
        elseif filter == "time" then
            local ms = float_of(value)
            tree:add(fields.time, tvb(from, 8), NSTime.new(math.floor(ms / 1000), math.fmod(ms, 1000) * 1000000))
        elseif to > from then
            show_number(tree, tvb(from, to - from), field, value, frame)
        end
        if filter == "room" and room_of(known, value, frame) then
            tree:add(fields["room.name"], tvb(from, 8), room_of(known, value, frame)):set_generated()
        end
    end
    local from = struct[#struct.layout + 1]
    if from and from < stop then
        tree:add(fields.skipped, tvb(from, stop - from))
    end
end

-- What copy a record is.
local function show_note(item, range, note)
    local copy = note.copy
    if note.gap then
        item:add_proto_expert_info(experts.gap, note.gap)
    end
    if copy == "duplicate" then
        item:add(fields.duplicate, range, note.first_frame):set_generated()
    elseif copy ~= "original" then
        item:add(fields[copy], range, true):set_generated()
    end
    if copy == "repair" and note.first_frame then
        item:add(fields.first_copy, range, note.first_frame):set_generated()
    end
    if experts[copy] then
        item:add_proto_expert_info(experts[copy])
    end
end

local function show_record(tree, tvb, record, note, frame)
    local at, length = record.offset, record.length
    local item = tree:add(fields.record, tvb(at, length))
    item:set_text("Record: " .. type_name(record.type))
    item:add(fields.type, tvb(at, 1))
    local flags = item:add(fields["record.flags"], tvb(at + 1, 1))
    for _, flag in ipairs(record.layout and record.layout.flags or {}) do
        flags:add(fields[flag], tvb(at + 1, 1))
    end
    item:add(fields.length, tvb(at + 2, 2))
    if record.layout then
        show_fields(item, tvb, record, at + length, frame)
    elseif length > RECORD_HEAD then
        item:add(fields.skipped, tvb(at + RECORD_HEAD, length - RECORD_HEAD))
    end
    if note then
        show_note(item, tvb(at, length), note)
    end
end

local function show_malformed(tree, tvb, err)
    local range = err.offset < tvb:len() and tvb(err.offset) or tvb()
    local item = tree:add(fields.malformed, range, err.reason)
    item:add(fields["malformed.offset"], range, err.offset):set_generated()
    item:add_proto_expert_info(experts.malformed, describe_malformed(err))
end

-- == Dissector: datagrams ==

-- Datagrams. What was learned of one on the first pass is remembered by its frame: the words for the Info
-- column, and of each record what copy it is. Values of other protocols' fields are not asked for: on a first
-- pass there need not be any.

local memory = {}

-- The conversation hears, once and in the order of the capture, datagrams whose records were judged, and plain text.
local talk = new_talk()

-- Seconds, as far as they can be a time: a capture may say anything.
local function time_of(pinfo)
    return pinfo.abs_ts >= 0 and pinfo.abs_ts < YEAR_10000 and pinfo.abs_ts or 0
end

local function note_of(record)
    local gap = record.gap
    if gap or record.copy and record.copy ~= "original" then
        return {copy = record.copy, first_frame = record.first_frame,
            gap = gap and ("gap: %s %s not seen before this"):format(who(known, record.origin), runs(gap[1], gap[2]))}
    end
end

local function notes_of(bytes, pinfo, flow, datagram)
    local key = pinfo.number .. " " .. #bytes .. bytes:sub(9, 22) -- sender, counter, path: a segment can hold several
    local first = not pinfo.visited and not pinfo.in_error_pkt -- what an ICMP message quotes was not sent again
    if not first and memory[key] then
        return memory[key]
    end
    local notes = {info = follow(first and known or new_known(), pinfo.number, flow.medium, datagram)}
    if first then
        for i, record in ipairs(datagram.records) do
            notes[i] = note_of(record)
        end
        memory[key] = notes
        hear_datagram(talk, time_of(pinfo), datagram)
    end
    return notes
end

-- Shows a datagram and returns it in words.
local function dissect_datagram(tvb, pinfo, tree, flow)
    local bytes = tvb:raw()
    local datagram, err = decode(bytes)
    local cut = tvb:reported_len() > tvb:len()
    local notes = datagram and not cut and notes_of(bytes, pinfo, flow, datagram) or {}
    local whole = datagram or err.datagram
    if whole[1] then
        show_fields(tree, tvb, whole, math.min(whole.header_length or 0, tvb:len()), pinfo.number)
    end
    for i, record in ipairs(whole.records) do
        show_record(tree, tvb, record, notes[i], pinfo.number)
    end
    if cut then
        return "cut off by the capture"
    elseif err then
        show_malformed(tree, tvb, err)
        return describe_malformed(err)
    elseif datagram.sender == NO_ID then
        tree:add_proto_expert_info(experts.dropped)
    end
    return notes.info
end

-- One frame of a capture may hold several pieces, and be dissected in several calls.
local function add_words(pinfo, words)
    pinfo.cols.protocol = "LANCHAT"
    if pinfo.private.lanchat then
        pinfo.cols.info:append("; " .. words)
    else
        pinfo.cols.info = words
    end
    pinfo.private.lanchat = "1"
end

local function flow_of(pinfo, medium)
    return {medium = medium, source = tostring(pinfo.src) .. ":" .. pinfo.src_port,
        destination = tostring(pinfo.dst) .. ":" .. pinfo.dst_port}
end

local function dissect_udp(tvb, pinfo, root)
    add_words(pinfo, dissect_datagram(tvb, pinfo, root:add(proto, tvb()), flow_of(pinfo, "udp")))
    return tvb:len()
end

-- == Dissector: TCP connections ==

-- TCP. A connection has two sides. What each sends, frames or text, was decided in the frame `since` and holds for
-- those behind it: in that frame itself it is decided anew, whenever that is looked at.

local connections = {} -- lists, by the two ends; a connection has its two sides by their ends
local connection_count = 0

-- A second greeting begins another connection between the same ends.
local function connection_of(pinfo, bytes, flow)
    local first, second = flow.source, flow.destination
    local ends = first < second and first .. " " .. second or second .. " " .. first
    local list = connections[ends] or {}
    connections[ends] = list
    local at = #list
    while at > 0 and list[at].since > pinfo.number do
        at = at - 1
    end
    local one = list[at]
    local again = one and bytes == "NICK" and one[first].greeted and (one[first].mode or one[second].mode)
    if not one or again and not pinfo.visited then
        connection_count = connection_count + 1
        one = {since = pinfo.number, stream = connection_count, [first] = {}, [second] = {}}
        table.insert(list, one)
    end
    return one
end

local function decide(side, frame, mode)
    side.mode, side.since = side.mode or mode, side.since or frame
    return mode
end

local show_piece = {
    greeting = function(tvb, pinfo, tree)
        tree:add_packet_field(fields.greeting, tvb(), ENC_UTF_8)
        add_words(pinfo, "greeting NICK")
    end,
    preface = function(tvb, pinfo, tree)
        local id = tvb:raw(7, 16)
        tree:add(fields.preface, tvb(7, 16), UInt64.fromhex(id))
        add_words(pinfo, "preface of " .. id)
    end,
    frame = function(tvb, pinfo, tree, flow)
        tree:add(fields.frame_length, tvb(0, 2))
        add_words(pinfo, dissect_datagram(tvb(2):tvb(), pinfo, tree, flow))
    end,
    text = function(tvb, pinfo, tree, flow)
        if not pinfo.visited then
            hear_text(talk, time_of(pinfo), flow, tvb:raw())
        end
        for at, line in tvb:raw():gmatch("()([^\n]+)") do
            local words = line:gsub("\r$", "")
            if words ~= "" then
                tree:add(fields.plain, tvb(at - 1, #line), shown(words))
                add_words(pinfo, "plain text: " .. shown(words))
            end
        end
    end,
    skipped = function(tvb, pinfo, tree)
        tree:add(fields.frame_part, tvb())
        add_words(pinfo, "part of a frame")
    end,
}

local function dissect_tcp(tvb, pinfo, root)
    local frame, bytes, at = pinfo.number, tvb:raw(), 0
    local flow = flow_of(pinfo, "tcp")
    local connection = connection_of(pinfo, bytes, flow)
    local side, other = connection[flow.source], connection[flow.destination]
    local mode = side.since and side.since < frame and side.mode or nil
    local greeted = math.min(side.greeted or frame, other.greeted or frame) < frame
    flow.stream = connection.stream
    while at < #bytes do
        local kind, length = next_piece(bytes:sub(at + 1), mode, greeted)
        if kind == "more" and pinfo.can_desegment > 0 and tvb:reported_len() == #bytes then
            pinfo.desegment_offset, pinfo.desegment_len = at, length or DESEGMENT_ONE_MORE_SEGMENT
            return tvb:len()
        elseif kind == "more" then
            kind, length = (mode or length) and "skipped" or "text", #bytes - at
        end
        if kind == "greeting" then
            greeted, side.greeted = true, side.greeted or frame
        elseif kind == "preface" or kind == "frame" then
            mode = decide(side, frame, "frames")
        elseif kind == "text" and greeted then
            mode = decide(side, frame, "text")
        end
        flow.hub = side.greeted or not other.greeted and pinfo.src_port == proto.prefs.tcp_port
        flow.greeted = greeted
        show_piece[kind](tvb(at, length):tvb(), pinfo, root:add(proto, tvb(at, length)), flow)
        at = at + length
    end
    return tvb:len()
end

-- == What Wireshark calls ==

proto.prefs.port = Pref.uint("UDP port", 55555, "What everybody shares; the 16 above it are of one node each")
proto.prefs.tcp_port = Pref.uint("TCP port", 55555, "Of hubs")

local function is_ours(port)
    return port >= proto.prefs.port and port <= proto.prefs.port + 16
end

local function has_magic(tvb)
    return tvb:len() >= 4 and tvb:raw(0, 4) == MAGIC
end

function proto.dissector(tvb, pinfo, root)
    if pinfo.port_type == 2 then -- TCP
        return dissect_tcp(tvb, pinfo, root)
    end
    local ours = pinfo.dst_port == proto.prefs.port or is_ours(pinfo.src_port) and is_ours(pinfo.dst_port)
    return (ours or has_magic(tvb)) and dissect_udp(tvb, pinfo, root) or 0 -- 0: somebody else's port by chance
end

function proto.init()
    known, memory, connections, connection_count = new_known(), {}, {}, 0
    talk = new_talk()
end

proto:register_heuristic("udp", function(tvb, pinfo, root)
    return has_magic(tvb) and dissect_udp(tvb, pinfo, root) > 0
end)

proto:register_heuristic("tcp", function(tvb, pinfo, root)
    local bytes = tvb:raw()
    local kind = #bytes >= 7 and next_piece(bytes, nil, true)
    if bytes ~= "NICK" and kind ~= "preface" and (kind ~= "frame" and kind ~= "more" or bytes:sub(3, 6) ~= MAGIC) then
        return false
    end
    pinfo.conversation = proto
    dissect_tcp(tvb, pinfo, root)
    return true
end)

local function take_ports()
    local udp, tcp, port = DissectorTable.get("udp.port"), DissectorTable.get("tcp.port"), proto.prefs.port
    udp:remove_all(proto)
    tcp:remove_all(proto)
    udp:add(port .. "-" .. math.min(port + 16, 65535), proto)
    tcp:add(proto.prefs.tcp_port, proto)
end

proto.prefs_changed = take_ports
take_ports()

-- == The conversation, shown ==

-- The conversation: on standard output, or in a window.

local function print_conversation()
    local tap = Listener.new("frame")
    function tap.packet() end
    function tap.draw()
        for _, line in ipairs(conversation(talk, known)) do
            io.stdout:write(line, "\n")
        end
    end
end

local function show_conversation()
    local window = TextWindow.new("lanchat: conversation")
    local tap = Listener.new("frame")
    local text
    local function redraw()
        local now = table.concat(conversation(talk, known), "\n") .. "\n"
        if text and now:sub(1, #text) == text then
            window:append(now:sub(#text + 1))
        else
            window:set(now)
        end
        text = now
    end
    function tap.packet() end
    tap.draw, tap.reset = redraw, redraw
    window:set_atclose(function() tap:remove() end)
    redraw()
end

lanchat.print_conversation = print_conversation
if gui_enabled() then
    register_menu("lanchat/Conversation", show_conversation, MENU_TOOLS_UNSORTED)
end
if ... == "conversation" then
    print_conversation()
end
