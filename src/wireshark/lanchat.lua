-- lanchat in Wireshark and tshark, 3.6 and later: what is on the wire (lanchat(7)), in words.
--
--     tshark -X lua_script:lanchat.lua -r FILE
--
--     tshark -q -X lua_script:lanchat.lua -X lua_script1:conversation -r FILE
--
-- or copied into the folder of personal Lua plugins (Help, About, Folders). The first half is plain Lua on
-- strings: it needs no Wireshark, and without one this file returns it as a table.

-- Two copies, of a plugin folder and of the command line, are one dissector: the one that came first.
local before = rawget(_G, "lanchat_dissector")
if before then
    if ... == "conversation" then
        before.print_conversation()
    end
    return before
end
local lanchat = {}

-- The records and their fields, in their order on the wire, as in lanchat(7). A field is its name, what it is
-- on the wire, and its filter if that is another name: filters name one thing alone, whatever record has it.
-- What it is: the octets of a number; a kind of string; or the layout of a list's items.

local NONCE = "nonce" -- 24 octets
local NICK, NICK_OR_NONE, ROOM_OR_NONE = "nickname", "nickname or none", "room or none"
local TEXT, SEALED = "text", "sealed" -- two octets that count, and the octets

local room = {name = "room", sized = true,
    {"tag", 8, "room"}, {"vector_digest", 8}, {"roster_digest", 8}, {"name", ROOM_OR_NONE, "room.name"}}
local pair = {name = "pair", {"origin", 8}, {"highest", 4}, {"lost", 4}}
local exception = {name = "exception", {"id", 8}, {"paths", 1}}
local entry = {name = "entry", sized = true,
    {"id", 8}, {"version", 4, "entry_version"}, {"highest", 4}, {"state", 1}, {"role", 1},
    {"nick", NICK_OR_NONE}, {"server", 8, optional = true}, {"server_up", 1, optional = true}}
local ask = {name = "ask", sized = true,
    {"kind", 1, "ask.kind"}, {"key", 8, "ask.key"}, {"from", 8, "ask.from"}, {"count", 4, "ask.count"},
    {"id", 8, "ask.id", optional = true}}
local vector = {name = "vector", sized = true,
    {"origin", 8}, {"highest", 4}, {"stamp", 8}, {"lowest", 4}}
local known_id = {name = "known", {"id", 8}}

local layouts = {
    {name = "message",
        {"origin", 8}, {"number", 4, "seq"}, {"stamp", 8}, {"clock_ms", 8, "time"}, {"room", 8},
        {"nick", NICK}, {"text", TEXT}},
    {name = "sealed message",
        {"origin", 8}, {"number", 4, "seq"}, {"stamp", 8}, {"room", 8},
        {"nonce", NONCE, "sealed.nonce"}, {"sealed", SEALED}},
    {name = "hello",
        {"stamp", 8}, {"version", 4, "entry_version"}, {"highest", 4}, {"interval_ms", 4, "interval"},
        {"nonce", 8}, {"echo", 8}, {"role", 1}, {"hears", 1}, {"nick", NICK_OR_NONE},
        {"rooms", room}, {"pairs", pair}, {"exceptions", exception}},
    {name = "roster",
        {"room", 8}, {"digest", 8}, {"stamp", 8}, {"first", 8}, {"last", 8}, {"entries", entry}},
    {name = "request",
        {"to", 8}, {"asks", ask}},
    {name = "summary",
        {"room", 8}, {"digest", 8}, {"stamp", 8}, {"first", 8}, {"last", 8}, {"vectors", vector}},
    {name = "gone",
        {"room", 8}, {"origin", 8}, {"first", 4, "first_seq"}, {"last", 4, "last_seq"}},
    {name = "bye",
        {"room", 8}, {"version", 4, "entry_version"}, {"highest", 4}},
    {name = "prompt",
        {"room", 8}, {"first", 8}, {"last", 8}, {"origin", 8}, {"number", 4, "seq"}, {"nonce", 8}, {"echo", 8},
        {"known", known_id}},
    {name = "private",
        {"from", 8}, {"to", 8}, {"token", 8}, {"part", 1}, {"parts", 1}, {"clock_ms", 8, "time"}, {"room", 8},
        {"nick", NICK}, {"text", TEXT}},
    {name = "acknowledgement",
        {"from", 8}, {"to", 8}, {"token", 8}, {"part", 1}},
    {name = "probe",
        {"from", 8}, {"to", 8}, {"token", 8}, {"time_us", 8}, {"nonce", 8}, {"echo", 8}},
    {name = "probe answer",
        {"from", 8}, {"to", 8}, {"token", 8}, {"time_us", 8}, {"nonce", 8}, {"echo", 8},
        {"path", 1, "probe.path"}, {"hops", 1, "probe.hops"}},
    {name = "sealed presence",
        {"sender", 8, "presence.sender"}, {"room", 8}, {"version", 4, "entry_version"}, {"stamp", 8},
        {"state", 1}, {"nonce", NONCE, "sealed.nonce"}, {"sealed", SEALED}},
    {name = "sealed private",
        {"from", 8}, {"to", 8}, {"token", 8}, {"part", 1}, {"parts", 1}, {"room", 8},
        {"nonce", NONCE, "sealed.nonce"}, {"sealed", SEALED}},
}

local header = {{"version", 1}, {"header_length", 1}, {"flags", 1}, {"hops", 1}, {"sender", 8}, {"counter", 4},
    {"path", 2}, {"reserved", 2}}

local MAGIC, VERSION = "LCHT", 1
local HEADER, RECORD_HEAD, DATAGRAM_MAX = 24, 4, 1200
local NO_ID, LAST_ID = ("0"):rep(16), ("f"):rep(16)
local states = {[0] = "here", "gone", "withdrawn"}
local roles = {[0] = "person", "listener", "relay", "hub", "person behind a plain-text link", "tool",
    "way to a text server"}
local ask_kinds = {"numbers", "last", "vector", "roster"}
local path_kinds = {[0] = "IPv4 group", "IPv6 group", "IPv4 broadcast", "ff02::1", "unicast", "TCP"}

local function has_flag(flags, flag)
    return math.floor(flags / flag) % 2 == 1
end

-- UTF-8, and what may stand in a name.

-- Unicode 15.1: general categories Zs, Zl, Zp, Cf, and the controls (Cc).
local unseen = {
    {0x0000, 0x0020}, {0x007f, 0x00a0}, {0x00ad, 0x00ad}, {0x0600, 0x0605}, {0x061c, 0x061c}, {0x06dd, 0x06dd},
    {0x070f, 0x070f}, {0x0890, 0x0891}, {0x08e2, 0x08e2}, {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x2064}, {0x2066, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
}
local smallest = {0, 0x80, 0x800, 0x10000} -- code point of a sequence so long

local function sequence_length(first)
    if first < 0x80 then
        return 1, first
    elseif first >= 0xc2 and first <= 0xdf then
        return 2, first - 0xc0
    elseif first >= 0xe0 and first <= 0xef then
        return 3, first - 0xe0
    elseif first >= 0xf0 and first <= 0xf4 then
        return 4, first - 0xf0
    end
end

-- The code point at a place and its octets; nil and 1 where nothing well-formed is.
local function next_character(text, at)
    local length, code = sequence_length(text:byte(at))
    if not length or at + length - 1 > #text then
        return nil, 1
    end
    for i = at + 1, at + length - 1 do
        local octet = text:byte(i)
        if octet < 0x80 or octet > 0xbf then
            return nil, 1
        end
        code = code * 64 + octet - 0x80
    end
    if code < smallest[length] or code > 0x10ffff or (code >= 0xd800 and code <= 0xdfff) then
        return nil, 1
    end
    return code, length
end

local function is_text(text)
    local at = text:find("[\128-\255]")
    while at do
        local code, length = next_character(text, at)
        if not code then
            return false
        end
        at = text:find("[\128-\255]", at + length)
    end
    return true
end

local function may_stand_in_name(code)
    if not code or code == 0x7e then
        return false
    end
    for _, range in ipairs(unseen) do
        if code <= range[2] then
            return code < range[1]
        end
    end
    return true
end

local function is_name(name, kind)
    if #name == 0 then
        return kind ~= NICK
    elseif #name > (kind == ROOM_OR_NONE and 64 or 32) then
        return false
    end
    local at = name:find("[^\33-\125]")
    while at do
        local code, length = next_character(name, at)
        if not may_stand_in_name(code) then
            return false
        end
        at = name:find("[^\33-\125]", at + length)
    end
    return true
end

-- Reading. A cursor past its end yields zeros and remembers that it failed. Offsets count from 0.
--
-- A number of 8 octets is its 16 hexadecimal digits: Lua 5.2 has no integers so wide, and such strings compare
-- like the numbers. What is read is a table of the fields by name; its [i] is the offset of field i, and the
-- one behind the last is where they end.

local function take(reader, length)
    local at = reader.at
    if reader.failed or reader.stop - at < length then
        reader.failed = true
        return nil
    end
    reader.at = at + length
    return at
end

local function read_bytes(reader, length)
    local at = take(reader, length)
    return at and reader.bytes:sub(at + 1, at + length) or ""
end

local function read_number(reader, size)
    local at = take(reader, size)
    if size == 8 then
        return at and ("%02x%02x%02x%02x%02x%02x%02x%02x"):format(reader.bytes:byte(at + 1, at + 8)) or NO_ID
    end
    local value = 0
    for i = 1, at and size or 0 do
        value = value * 256 + reader.bytes:byte(at + i)
    end
    return value
end

local read_fields

local function read_item(reader, layout, refusal)
    local item = {layout = layout, offset = reader.at}
    local inner = reader
    if layout.sized then
        local length = read_number(reader, 1)
        local at = take(reader, length)
        if not at then
            refusal.reason = "truncated"
            return nil
        end
        inner = {bytes = reader.bytes, at = at, stop = at + length}
    end
    if not read_fields(inner, layout, item, refusal) then
        return nil
    end
    item.length = reader.at - item.offset
    return item
end

local function read_list(reader, layout, refusal)
    local list = {}
    for i = 1, read_number(reader, 1) do
        list[i] = read_item(reader, layout, refusal)
        if not list[i] then
            return nil
        end
    end
    return list
end

local function read_field(reader, kind, refusal)
    if type(kind) == "number" then
        return read_number(reader, kind)
    elseif type(kind) == "table" then
        return read_list(reader, kind, refusal)
    elseif kind == NONCE then
        return read_bytes(reader, 24)
    end
    local counted = (kind == TEXT or kind == SEALED) and 2 or 1
    local value = read_bytes(reader, read_number(reader, counted))
    if not reader.failed and kind == TEXT and not is_text(value) then
        refusal.reason = "not UTF-8"
    elseif not reader.failed and counted == 1 and not is_name(value, kind) then
        refusal.reason = "not a name"
    end
    return value
end

function read_fields(reader, layout, out, refusal)
    for i, field in ipairs(layout) do
        local start = reader.at
        out[i] = start
        if field.optional and reader.at == reader.stop then
            out[field[1]] = field[2] == 8 and NO_ID or 0
        else
            out[field[1]] = read_field(reader, field[2], refusal)
            if refusal.reason or reader.failed then
                if not refusal.field then
                    refusal.reason = refusal.reason or "truncated"
                    refusal.field, refusal.offset = field[1], start
                end
                return false
            end
        end
    end
    out[#layout + 1] = reader.at
    return true
end

local function read_header(datagram, bytes)
    if bytes:sub(1, 4) ~= MAGIC then
        return {offset = 0, reason = "not a lanchat datagram"}
    elseif (bytes:byte(5) or VERSION) ~= VERSION then
        return {offset = 4, reason = "version not known"}
    elseif not read_fields({bytes = bytes, at = 4, stop = #bytes}, header, datagram, {}) then
        return {offset = #bytes, reason = "truncated header"}
    elseif datagram.header_length < HEADER or datagram.header_length > #bytes then
        return {offset = 5, reason = "impossible header length"}
    end
    datagram.old = has_flag(datagram.flags, 1)
    datagram.path_kind, datagram.link = datagram.path % 8, math.floor(datagram.path / 8)
end

local function read_record(bytes, at)
    local reader = {bytes = bytes, at = at, stop = #bytes}
    local left = #bytes - at
    if left < RECORD_HEAD then
        return nil, {offset = at, reason = "truncated record head"}
    end
    local record = {offset = at, type = read_number(reader, 1), flags = read_number(reader, 1)}
    local length = read_number(reader, 2)
    if length > left - RECORD_HEAD then
        return nil, {offset = at, reason = "record longer than its datagram"}
    end
    record.length = RECORD_HEAD + length
    record.layout = layouts[record.type]
    record.name = record.layout and record.layout.name
    reader.stop = reader.at + length
    local refusal = {}
    if record.layout and not read_fields(reader, record.layout, record, refusal) then
        refusal.record = record.name
        return record, refusal
    end
    return record
end

-- A datagram: version, header_length, flags, old, hops, sender, counter, path, path_kind, link, length, and
-- records: of each type, name (nil: not known), flags, offset, length, and its fields. Or nil and what is wrong:
-- offset, reason, record, field (which may be nil), and in `datagram` what was read before that.
local function decode(bytes)
    local datagram = {layout = header, length = #bytes, records = {}}
    local err
    if #bytes > DATAGRAM_MAX then
        err = {offset = DATAGRAM_MAX, reason = "longer than a datagram may be"}
    else
        err = read_header(datagram, bytes)
    end
    local at = datagram.header_length
    while not err and at < #bytes do
        local record
        record, err = read_record(bytes, at)
        datagram.records[#datagram.records + 1] = record
        at = at + (record and record.length or 0)
    end
    if err then
        err.datagram = datagram
        return nil, err
    end
    return datagram
end

lanchat.decode = decode

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

local function is_forwarder(role)
    return role == 2 or role == 3
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
    one.counted = here and (role == 0 or role == 4) and id ~= NO_ID and one.room or nil
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

-- Controls, and what reorders a line or breaks it.
local function is_control(code)
    return code < 0x20 or (code >= 0x7f and code < 0xa0) or code == 0x61c or code == 0x200e or code == 0x200f
        or (code >= 0x2028 and code <= 0x202e) or (code >= 0x2066 and code <= 0x2069)
end

-- One line of printable UTF-8, whatever it was.
local function shown(text)
    text = text:gsub("[\0-\31\127]", escape)
    local at = text:find("[\128-\255]")
    while at do
        local code, length = next_character(text, at)
        if not code or is_control(code) then
            local clean = escape(text:sub(at, at + length - 1))
            text = text:sub(1, at - 1) .. clean .. text:sub(at + length)
            length = #clean
        end
        at = text:find("[\128-\255]", at + length)
    end
    return text
end

-- A number of 8 octets, and something added to it, in decimal digits.
local function decimal(hex, plus)
    local low = tonumber(hex:sub(9), 16) + plus
    local high = (tonumber(hex:sub(1, 8), 16) + math.floor(low / 4294967296)) % 4294967296
    local digits = ""
    low = low % 4294967296
    while high > 0 do
        local rest = high % 1000000 * 4294967296 + low
        digits = ("%06.0f"):format(rest % 1000000) .. digits
        local quotient = math.floor(rest / 1000000)
        high = math.floor(high / 1000000) + math.floor(quotient / 4294967296)
        low = quotient % 4294967296
    end
    return ((("%.0f"):format(low) .. digits):gsub("^0+(.)", "%1"))
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
        if record.nick == "" and record.role ~= 0 and record.role ~= 4 then
            from = (record.role < 4 and roles[record.role] or "tool") .. " " .. sender
        end
        return ("hello from %s, %d here%s"):format(from, is_forwarder(record.role) and known.all_here or here,
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
local LOBBY = "1ccae3b6ef72f533"
local HERE, GONE, WITHDRAWN = 0, 1, 2
local REPLACEMENT = "\239\191\189"

local function new_talk()
    return {
        notes = {}, -- what has no number: at, room, line; or words of plain text
        speakers = {}, -- by id, and in a row: messages by number, and which numbers the capture should have
        people = {}, -- by id: what is known of a person's presence
        called = {}, -- by room and nickname: the ids of the people here with it
        counts = {}, -- by room and name: how many so called are here, as each way tells it, and as was told
        listed = {}, -- by node and room: whether it has told all who are there
        rooms = {[LOBBY] = "lobby"}, -- names by tag
        said = {}, -- by name: messages in the order of their capture, to tell what comes by several ways
        given_up = {}, -- by node and origin: how many numbers that node has lost
        clients = {}, -- by connection: a plain-text client
        told = {}, -- when a server's line was told last
        text_room = LOBBY, -- where plain-text clients are
    }
end

-- What a terminal may be shown, as the program does it (text_show() of text.c).
local function printable(text)
    text = text:gsub("\r\n", "\n"):gsub("\t", " "):gsub("\n", "\n    "):gsub("[\0-\9\11-\31\127]", REPLACEMENT)
    if not text:find("[\128-\255]") then
        return text
    end
    local at, pieces = 1, {}
    while at <= #text do
        local code, length = next_character(text, at)
        local reorders = code and (code == 0x61c or code == 0x200e or code == 0x200f or
            code >= 0x202a and code <= 0x202e or code >= 0x2066 and code <= 0x2069)
        local hidden = not code or code >= 0x80 and code < 0xa0 or reorders
        pieces[#pieces + 1] = hidden and REPLACEMENT or text:sub(at, at + length - 1)
        at = at + length
    end
    return table.concat(pieces)
end

local function seconds_of(clock_ms)
    return (tonumber(clock_ms:sub(1, 8), 16) * 4294967296 + tonumber(clock_ms:sub(9), 16)) / 1000
end

local function take_down(talk, time, tag, line)
    talk.notes[#talk.notes + 1] = {at = time, room = tag, line = line}
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
    local news = here and count[way] > count.told or not here and count[way] < count.told
    if news then
        count.told = count.told + (here and 1 or -1)
    end
    if news and words then
        take_down(talk, time, tag, "* " .. name .. words)
    end
end

local function come(talk, time, id, peer, nick, words)
    local key = peer.room .. nick
    talk.called[key] = talk.called[key] or {}
    talk.called[key][id] = true
    peer.nick, peer.announced = nick, words ~= nil
    peer.shown = shown_name(talk, id, nick, peer.room)
    announce(talk, time, peer.room, peer.shown, "link", true, words)
end

local function go(talk, time, id, peer, words)
    talk.called[peer.room .. peer.nick][id] = nil
    announce(talk, time, peer.room, peer.shown, "link", false, words)
end

local function rename(talk, time, id, peer, nick)
    local old = peer.shown
    talk.called[peer.room .. peer.nick][id] = nil
    come(talk, time, id, peer, nick)
    announce(talk, time, peer.room, old, "link", false, " is now " .. peer.shown)
end

local function move(talk, time, id, peer, item, hearsay, arrives)
    local here = item.state == HERE
    if here and peer.state ~= HERE then
        come(talk, time, id, peer, item.nick, (arrives or peer.version >= 0) and " joined" or nil)
    elseif here and peer.nick ~= item.nick then
        rename(talk, time, id, peer, item.nick)
    elseif not here and peer.state == HERE then
        local silent = hearsay and (peer.role ~= 4 or item.state ~= GONE)
        go(talk, time, id, peer, silent and " is gone (silent)" or " left")
    end
    peer.version, peer.state = item.version, item.state <= WITHDRAWN and item.state or GONE
end

-- What somebody says of himself, or others of him (`hearsay`). Who `arrives` was not here before; others who are new
-- may have been since before the capture began.
local function follow_person(talk, time, id, tag, item, hearsay, arrives)
    local here = item.state == HERE
    if here and (item.role ~= 0 and item.role ~= 4 or item.nick == "") then
        return
    end
    local peer = talk.people[id]
    if not peer then
        peer = {version = -1, state = GONE, room = tag, heard_until = 0, role = item.role}
        talk.people[id] = peer
    end
    local news = item.version > peer.version or item.version == peer.version and
        (here and peer.state == WITHDRAWN or not here and peer.state == HERE)
    if news and (here or not hearsay or time >= peer.heard_until) then
        move(talk, time, id, peer, item, hearsay, arrives)
    elseif arrives and not hearsay and peer.state == HERE and not peer.announced then -- others had told of him before
        take_down(talk, time, peer.room, "* " .. peer.shown .. " joined")
        peer.announced = true
    end
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
    local speaker = speaker_of(talk, id)
    speaker.room = speaker.room or tag
    speaker.base = speaker.base or base
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

-- A message that came by another way before, but not by this one: a link, or one direction of a connection.
local function find_said(talk, time, way, name, is_same)
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
end

local function add_said(talk, time, way, name, words)
    local message = {at = time, name = name, words = words, by = {[way] = true}}
    table.insert(talk.said[name], message)
    return message
end

local function add_message(talk, time, datagram, record, speaker)
    local action, continued = has_flag(record.flags, 0x01), has_flag(record.flags, 0x08)
    local name = record.nick and shown_name(talk, record.origin, record.nick, record.room) or record.origin
    local words = record.text and typed(record.text, action) or ""
    local message = find_said(talk, time, "link", name, function(other)
        return resembles(words, other.words, continued) or continued and other.words:sub(1, #words) == words
    end) or add_said(talk, time, "link", name, words)
    message.number, message.stamp, message.room, message.action = record.number, record.stamp, record.room, action
    message.text = record.text or "(sealed message)"
    message.clock = record.clock_ms and seconds_of(record.clock_ms)
    message.continuation, message.continued = has_flag(record.flags, 0x04), continued
    message.old, message.late = datagram.old, datagram.old or record.copy ~= "original"
    speaker.messages[record.number] = message
    table.insert(speaker.numbers, record.number)
    speaker.name, speaker.room = name, record.room
    if not datagram.old then
        speaker.base = speaker.base or record.number - 1
        speaker.ahead = message.clock and math.min(speaker.ahead or math.huge, time - message.clock) or speaker.ahead
    end
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

local function hear_request(talk, _, _, record)
    for _, item in ipairs(record.asks) do
        local speaker = item.kind == 1 and talk.speakers[item.key]
        if speaker then
            table.insert(speaker.asks, 1, {first = tonumber(item.from:sub(9), 16), count = item.count})
            speaker.asks[ASKS_KEPT + 1] = nil
        end
    end
end

local function hear_message(talk, time, datagram, record)
    local speaker = speaker_of(talk, record.origin)
    if record.origin == NO_ID or record.number == 0 or record.number == 4294967295 then
        return
    end
    local first = not speaker.messages[record.number]
    if first then
        add_message(talk, time, datagram, record, speaker)
    end
    if record.copy == "repair" and not datagram.old and (first or was_asked_for(speaker, record.number)) then
        speaker.messages[record.number].repaired = true
    end
end

-- What a node says that it gave up. What it had when it was heard first it may have from before the capture.
local function hear_given_up(talk, time, sender, tag, joining, named)
    for _, item in ipairs(named) do
        local key = sender .. item.origin
        local lost = item.lost - (talk.given_up[key] or item.lost)
        talk.given_up[key] = item.lost
        if lost > 0 and not joining then
            local by, of = talk.people[sender], talk.speakers[item.origin]
            take_down(talk, time, tag, ("-- %s lost %d of %s"):format(by and by.shown or sender, lost,
                of and of.name or item.origin))
        end
    end
end

local function hear_hello(talk, time, datagram, record)
    local sender, joining = datagram.sender, has_flag(record.flags, 0x01)
    local tag = record.rooms[1] and record.rooms[1].tag or LOBBY
    for _, item in ipairs(record.rooms) do
        talk.rooms[item.tag] = item.name ~= "" and item.name or talk.rooms[item.tag]
    end
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
end

local hear_record = {
    ["message"] = hear_message,
    ["sealed message"] = hear_message,
    ["hello"] = hear_hello,
    ["request"] = hear_request,
    ["roster"] = function(talk, time, datagram, record)
        local page = has_flag(record.flags, 0x01)
        local listed = datagram.sender .. record.room
        local arrives = not page or talk.listed[listed] -- who was not on an earlier page of that node
        talk.listed[listed] = arrives or record.first == NO_ID and record.last == LAST_ID
        for _, item in ipairs(record.entries) do
            if item.role == 4 then
                talk.text_room = record.room
            end
            if not is_forwarder(item.role) and item.id ~= NO_ID then
                follow_person(talk, time, item.id, record.room, item, true, arrives)
            end
        end
    end,
    ["gone"] = function(talk, time, _, record)
        local speaker = speaker_of(talk, record.origin)
        if not has_flag(record.flags, 0x01) then
            learn_highest(talk, time, record.origin, record.room, record.last)
        elseif speaker.base and record.first <= speaker.base + 1 then
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
        if hear_record[record.name] then
            hear_record[record.name](talk, time, datagram, record)
        end
    end
end

-- Plain text (lanchat(7), "Plain-text clients").

-- Returns the message if it is new.
local function say_plainly(talk, time, way, name, words)
    local known = find_said(talk, time, way, name, function(other)
        return resembles(other.words, words, other.continued)
    end)
    if known then
        return nil
    end
    local message = add_said(talk, time, way, name, words)
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
    elseif line ~= "" and not more and not hear_notice(talk, time, way, line) then
        local speaker, words = line:match("^(%S-): (.*)$")
        local actor, waves = line:match("^%* (%S+) (.*)$")
        if speaker or actor then
            client.last = say_plainly(talk, time, way, speaker or actor, words or "/me " .. waves)
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
    local side = flow.hub and "hub" or "client"
    local way = flow.stream .. side
    talk.clients[flow.stream] = client
    talk.began, talk.latest = talk.began or time, time
    client.greeted = client.greeted or flow.greeted
    client.lines = client.lines or octets:find(flow.hub and "\n$" or "\n") ~= nil
    octets = (client.held[side] or "") .. octets:gsub("\255[\251-\254].", ""):gsub("[\r\0]", "")
    client.held[side] = client.lines and octets:match("[^\n]+$") or nil
    for line in octets:sub(1, #octets - #(client.held[side] or "")):gmatch("[^\n]+") do
        if flow.hub then
            hear_server_line(talk, time, way, client, line)
        else
            hear_client_line(talk, time, way, client, line)
        end
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
    if clock and (message.old or math.abs(clock - message.at) <= CLOCK_TRUST) and clock < YEAR_10000 then
        return clock
    end
    return message.at
end

local function put(lines, said, shown_at, stamp, tag, words)
    local line = {said = said, shown_at = shown_at, stamp = stamp or "", room = tag, words = words, order = #lines}
    lines[#lines + 1] = line
    return line
end

local function put_lost(lines, speaker, first, last, at, stamp)
    put(lines, at, at, stamp, speaker.room, {("-- lost: %s %s"):format(speaker.name or speaker.id, runs(first, last))})
end

local function put_message(lines, message)
    local words = {(message.action and "* %s " or "%s: "):format(message.name)}
    if message.continuation then
        words[2] = "[...]"
    end
    words[#words + 1] = printable(message.text)
    local line = put(lines, message.said or message.at, time_shown(message), message.stamp, message.room, words)
    line.old, line.repaired, line.continued = message.old, message.repaired, message.continued
    return line
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
            table.insert(line.words, printable(message.text))
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
        if one.line then
            put(lines, one.at, one.at, nil, one.room, {printable(one.line)})
        elseif not one.number then -- no link brought these words
            put_message(lines, one)
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
    if one.said ~= other.said then
        return one.said < other.said
    elseif one.stamp ~= other.stamp then
        return one.stamp < other.stamp
    end
    return one.order < other.order
end

-- The conversation so far, as lines.
local function conversation(talk)
    local lines, several = {}, false
    put_notes(lines, talk)
    for _, speaker in ipairs(talk.speakers) do
        local peer = talk.people[speaker.id]
        speaker.name = speaker.name or peer and peer.shown
        put_speaker(lines, speaker)
    end
    table.sort(lines, stands_before)
    for _, line in ipairs(lines) do
        several = several or line.room ~= lines[1].room
    end
    for i, line in ipairs(lines) do
        local where = several and "[" .. (talk.rooms[line.room] or line.room) .. "] " or ""
        lines[i] = os.date("%H:%M:%S ", math.floor(line.shown_at)) .. where .. table.concat(line.words) ..
            (line.continued and "[...]" or "") .. (line.old and " [replay]" or "") ..
            (line.repaired and " [repaired]" or "")
    end
    return lines
end

lanchat.new_talk, lanchat.hear_datagram, lanchat.hear_text, lanchat.conversation =
    new_talk, hear_datagram, hear_text, conversation

lanchat.new_known, lanchat.follow, lanchat.describe_malformed = new_known, follow, describe_malformed

if not rawget(_G, "Proto") then
    return lanchat
end
rawset(_G, "lanchat_dissector", lanchat)

-- TCP streams, before they are datagrams.

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

lanchat.next_piece = next_piece

-- What a filter, `lanchat.` and one of these names, compares. The fields of records are of the type that they
-- have on the wire; the rest is told here.

local proto = Proto("lanchat", "lanchat")
local fields = {}

local function declare(filter, kind, label, ...)
    fields[filter] = ProtoField[kind]("lanchat." .. filter, label, ...)
end

local labels = {
    seq = "Number", first_seq = "First", last_seq = "Last", time = "Clock", nick = "Nickname",
    ["room.name"] = "Room name", ["sealed.nonce"] = "Nonce", ["presence.sender"] = "Sender",
    entry_version = "Version of the roster entry", interval = "Interval (ms)", time_us = "Time (us)",
    vectors = "Vector entries", known = "Need not answer", hops = "Hop limit",
}
local meanings = {role = roles, state = states, ["ask.kind"] = ask_kinds, ["probe.path"] = path_kinds}
local in_decimal = {stamp = true, time_us = true, ["ask.from"] = true}
local in_hex = {flags = true, path = true, reserved = true, hears = true, paths = true}

local function label_of(filter)
    local words = filter:gsub("^%a+%.", ""):gsub("_", " ")
    return labels[filter] or words:sub(1, 1):upper() .. words:sub(2)
end

local function declare_layout(layout)
    for _, field in ipairs(layout) do
        local kind, filter = field[2], field[3] or field[1]
        local label = label_of(filter)
        if type(kind) == "table" then
            declare_layout(kind)
            declare(filter, "uint8", label)
        elseif filter == "time" then
            declare(filter, "absolute_time", label, base.UTC)
        elseif kind == 8 then
            declare(filter, "uint64", label, in_decimal[filter] and base.DEC or base.HEX)
        elseif type(kind) == "number" then
            declare(filter, "uint" .. kind * 8, label, in_hex[filter] and base.HEX or base.DEC, meanings[filter])
        else
            declare(filter, (kind == NONCE or kind == SEALED) and "bytes" or "string", label)
        end
    end
end

local type_names = {}
for type = 1, 16 do
    type_names[type] = type_name(type)
end

declare_layout(header)
for _, layout in ipairs(layouts) do
    declare_layout(layout)
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

local message_flags = {"action", "from_text", "continuation", "continued"}
local record_flags = { -- by the record's name: from 0x01 on
    ["message"] = message_flags,
    ["sealed message"] = message_flags,
    ["hello"] = {"joining"},
    ["roster"] = {"page"},
    ["gone"] = {"before"},
    ["prompt"] = {"lacking"},
    ["private"] = {"action"},
}
for _, flags in pairs(record_flags) do
    for i, flag in ipairs(flags) do
        declare(flag, "bool", label_of(flag), 8, nil, 2 ^ (i - 1))
    end
end

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

-- The tree.

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
local function show_number(tree, range, filter, value, frame)
    local item = tree:add(fields[filter], range)
    local nick = nick_of(known, value, frame)
    local tagged = room_of(known, value, frame)
    if nick or tagged then
        item:append_text(" (" .. (nick or shown(tagged)) .. ")")
    elseif filter == "hears" or filter == "paths" then
        item:append_text(" (" .. paths_in(value) .. ")")
    elseif filter == "flags" then
        item:add(fields["flags.old"], range)
    elseif filter == "path" then
        item:add(fields["path.kind"], range)
        item:add(fields["path.link"], range)
    end
end

local function show_list(tree, tvb, filter, list, range, frame)
    local subtree = tree:add(fields[filter], range, #list)
    for _, item in ipairs(list) do
        local branch = subtree:add(fields.item, tvb(item.offset, item.length))
        branch:set_text(label_of(item.layout.name))
        if item.layout.sized then
            branch:add(fields["item.length"], tvb(item.offset, 1))
        end
        show_fields(branch, tvb, item, item.offset + item.length, frame)
    end
end

local function show_time(tree, range, filter, hex)
    local ms = tonumber(hex:sub(1, 8), 16) * 4294967296.0 + tonumber(hex:sub(9), 16)
    tree:add(fields[filter], range, NSTime.new(math.floor(ms / 1000), ms % 1000 * 1000000))
end

-- The octets that count a string belong to it only if there is nothing else.
local function show_string(tree, tvb, filter, kind, from, to)
    local start = from + (kind == NONCE and 0 or (kind == TEXT or kind == SEALED) and 2 or 1)
    if start == to then
        tree:add(fields[filter], tvb(from, to - from), "")
    elseif kind == NONCE or kind == SEALED then
        tree:add(fields[filter], tvb(start, to - start))
    else
        tree:add_packet_field(fields[filter], tvb(start, to - start), ENC_UTF_8)
    end
end

-- The fields of a layout as far as they were read, and what is behind them, up to `stop`.
function show_fields(tree, tvb, struct, stop, frame)
    for i, field in ipairs(struct.layout) do
        local name, kind, filter = field[1], field[2], field[3] or field[1]
        local from, to = struct[i], struct[i + 1]
        if not to then
            return
        elseif type(kind) == "table" then
            show_list(tree, tvb, filter, struct[name], tvb(from, to - from), frame)
        elseif type(kind) == "string" then
            show_string(tree, tvb, filter, kind, from, to)
        elseif filter == "time" then
            show_time(tree, tvb(from, to - from), filter, struct[name])
        elseif to > from then
            show_number(tree, tvb(from, to - from), filter, struct[name], frame)
        end
        if name == "room" and room_of(known, struct.room, frame) then
            tree:add(fields["room.name"], tvb(from, 8), room_of(known, struct.room, frame)):set_generated()
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
    for _, flag in ipairs(record_flags[record.name] or {}) do
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

-- Datagrams. What was learned of one on the first pass is remembered by its frame: the words for the Info
-- column, and of each record what copy it is. Values of other protocols' fields are not asked for: on a first
-- pass there need not be any.

local memory = {}

-- The conversation hears, once and in the order of the capture, datagrams whose records were judged, and plain text.
local talk = new_talk()

local function note_of(record)
    local gap = record.gap
    if gap or record.copy and record.copy ~= "original" then
        return {copy = record.copy, first_frame = record.first_frame,
            gap = gap and ("gap: %s %s not seen before this"):format(who(known, record.origin), runs(gap[1], gap[2]))}
    end
end

local function first_look(key, pinfo, flow, datagram)
    local notes = {info = follow(known, pinfo.number, flow.medium, datagram)}
    for i, record in ipairs(datagram.records) do
        notes[i] = note_of(record)
    end
    memory[key] = notes
    hear_datagram(talk, pinfo.abs_ts, datagram)
    return notes
end

local function notes_of(bytes, pinfo, flow, datagram)
    local key = pinfo.number .. bytes:sub(9, 22) .. #bytes -- sender, counter, path: a segment can hold several
    if not pinfo.visited and not pinfo.in_error_pkt then -- what an ICMP message quotes was not sent again
        return first_look(key, pinfo, flow, datagram)
    end
    return memory[key] or {info = follow(new_known(), pinfo.number, flow.medium, datagram)}
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

local function flow_of(pinfo, medium, stream)
    return {medium = medium, stream = stream, source = tostring(pinfo.src) .. ":" .. pinfo.src_port,
        destination = tostring(pinfo.dst) .. ":" .. pinfo.dst_port}
end

local function dissect_udp(tvb, pinfo, root)
    add_words(pinfo, dissect_datagram(tvb, pinfo, root:add(proto, tvb()), flow_of(pinfo, "udp")))
    return tvb:len()
end

-- TCP. A connection has two sides. What each sends, frames or text, was decided in the frame `since` and holds for
-- those behind it: in that frame itself it is decided anew, whenever that is looked at.

local connections = {} -- lists, by the two ports
local connection_count = 0

local function sides_of(pinfo, connection)
    local first, second = connection[1], connection[2]
    if pinfo.src_port == first.port and pinfo.src == first.address and pinfo.dst == second.address then
        return first, second
    elseif pinfo.src_port == second.port and pinfo.src == second.address and pinfo.dst == first.address then
        return second, first
    end
end

-- The sides that a frame is from and to, and the number of their connection. A second greeting begins another
-- connection between the same ports.
local function connection_of(pinfo, bytes)
    local ports = math.min(pinfo.src_port, pinfo.dst_port) .. " " .. math.max(pinfo.src_port, pinfo.dst_port)
    local list = connections[ports] or {}
    for i = #list, 1, -1 do
        local side, other = sides_of(pinfo, list[i])
        if bytes == "NICK" and side and side.greeted and (side.mode or other.mode) and not pinfo.visited then
            break
        elseif side and list[i].from <= pinfo.number then
            return side, other, list[i].number
        end
    end
    connection_count = connection_count + 1
    list[#list + 1] = {from = pinfo.number, number = connection_count,
        {port = pinfo.src_port, address = pinfo.src}, {port = pinfo.dst_port, address = pinfo.dst}}
    connections[ports] = list
    return list[#list][1], list[#list][2], connection_count
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
            hear_text(talk, pinfo.abs_ts, flow, tvb:raw())
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
    local side, other, stream = connection_of(pinfo, bytes)
    local mode = side.since and side.since < frame and side.mode or nil
    local greeted = math.min(side.greeted or frame, other.greeted or frame) < frame
    local flow = flow_of(pinfo, "tcp", stream)
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

-- What Wireshark calls.

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

local taken = {}

local function take_ports()
    for _, one in ipairs(taken) do
        DissectorTable.get(one.table):remove(one.port, proto)
    end
    taken = {{table = "tcp.port", port = proto.prefs.tcp_port}}
    for port = proto.prefs.port, math.min(proto.prefs.port + 16, 65535) do
        taken[#taken + 1] = {table = "udp.port", port = port}
    end
    for _, one in ipairs(taken) do
        DissectorTable.get(one.table):add(one.port, proto)
    end
end

proto.prefs_changed = take_ports
take_ports()

-- The conversation: on standard output, or in a window.

local function print_conversation()
    local tap = Listener.new("frame")
    function tap.packet() end
    function tap.draw()
        for _, line in ipairs(conversation(talk)) do
            io.stdout:write(line, "\n")
        end
    end
end

local function show_conversation()
    local window = TextWindow.new("lanchat: conversation")
    local tap = Listener.new("frame")
    local text
    local function redraw()
        local now = table.concat(conversation(talk), "\n") .. "\n"
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
