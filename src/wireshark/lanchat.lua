-- lanchat in Wireshark and tshark, 3.6 and later: what is on the wire (lanchat(7)), in words.
--
--     tshark -X lua_script:lanchat.lua -r FILE
--
-- or copied into the folder of personal Lua plugins (Help, About, Folders). The first half is plain Lua on
-- strings: it needs no Wireshark, and without one this file returns it as a table.

-- Two copies, of a plugin folder and of the command line, are one dissector: the one that came first.
local before = rawget(_G, "lanchat_dissector")
if before then
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

local MAGIC = "LCHT"
local HEADER, RECORD_HEAD, DATAGRAM_MAX = 24, 4, 1200
local NO_ID, LAST_ID = ("0"):rep(16), ("f"):rep(16)
local message_flags = {"action", "from_text", "continuation", "continued"}
local record_flags = { -- by the record's name: its flags from 0x01 on
    ["message"] = message_flags,
    ["sealed message"] = message_flags,
    ["private"] = {"action"},
    ["hello"] = {"joining"},
    ["roster"] = {"page"},
    ["gone"] = {"before"},
    ["prompt"] = {"lacking"},
}
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
    local reader = {bytes = bytes, at = 0, stop = #bytes}
    if read_bytes(reader, 4) ~= MAGIC then
        return {offset = 0, reason = "not a lanchat datagram"}
    end
    datagram.version = read_number(reader, 1)
    if not reader.failed and datagram.version ~= 1 then
        return {offset = 4, reason = "version not known"}
    end
    datagram.header_length = read_number(reader, 1)
    datagram.flags = read_number(reader, 1)
    datagram.old = has_flag(datagram.flags, 1)
    datagram.hops = read_number(reader, 1)
    datagram.sender = read_number(reader, 8)
    datagram.counter = read_number(reader, 4)
    datagram.path = read_number(reader, 2)
    datagram.path_kind, datagram.link = datagram.path % 8, math.floor(datagram.path / 8)
    take(reader, 2)
    if reader.failed then
        return {offset = #bytes, reason = "truncated header"}
    end
    if datagram.header_length < HEADER or datagram.header_length > #bytes then
        return {offset = 5, reason = "impossible header length"}
    end
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
    local datagram = {length = #bytes, records = {}}
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
    local one = known.people[id]
    if not one then
        one = {nicks = {}}
        known.people[id] = one
    end
    return one
end

local function is_forwarder(role)
    return role == 2 or role == 3
end

local function learn_nick(known, frame, id, nick)
    local nicks = person(known, id).nicks
    if nick ~= "" and (not nicks[1] or nicks[#nicks].nick ~= nick) then
        nicks[#nicks + 1] = {nick = nick, frame = frame}
    end
end

-- Of whoever is here and a person the room is counted.
local function learn_presence(known, id, here, role, tag)
    local one = person(known, id)
    local counted = one.counted
    one.role, one.room = role or one.role, tag or one.room
    one.counted = here and (one.role == 0 or one.role == 4) and (one.room or NO_ID) or nil
    if counted then
        known.here[counted] = known.here[counted] - 1
        known.all_here = known.all_here - 1
    end
    if one.counted then
        known.here[one.counted] = (known.here[one.counted] or 0) + 1
        known.all_here = known.all_here + 1
    end
end

local learn = {
    ["message"] = function(known, frame, record)
        learn_nick(known, frame, record.origin, record.nick)
    end,
    ["private"] = function(known, frame, record)
        learn_nick(known, frame, record.from, record.nick)
    end,
    ["hello"] = function(known, frame, record, sender)
        for _, item in ipairs(record.rooms) do
            if item.name ~= "" and not known.rooms[item.tag] then
                known.rooms[item.tag] = {name = item.name, frame = frame}
            end
        end
        learn_nick(known, frame, sender, record.nick)
        local first = not is_forwarder(record.role) and record.rooms[1]
        learn_presence(known, sender, true, record.role, first and first.tag)
    end,
    ["roster"] = function(known, frame, record)
        for _, item in ipairs(record.entries) do
            learn_nick(known, frame, item.id, item.nick)
            learn_presence(known, item.id, item.state == 0, item.role, record.room)
        end
    end,
    ["bye"] = function(known, _, _, sender)
        learn_presence(known, sender, false)
    end,
}

-- The nickname of an id as it was known at a frame, or nil.
local function nick_of(known, id, frame)
    local nicks = known.people[id] and known.people[id].nicks or {}
    for i = #nicks, 1, -1 do
        if not frame or nicks[i].frame <= frame then
            return nicks[i].nick
        end
    end
end

local function room_of(known, tag, frame)
    local one = known.rooms[tag]
    return one and one.frame <= frame and one.name or nil
end

-- What copy of its (origin, number) a record is: `original`, `forwarded`, `duplicate` or `repair`; the frame of
-- the first copy; and, as `gap`, the numbers before it that were not there. A medium is an interface, or all TCP.
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

local function escaped(octets)
    return octets == "\n" and "\\n" or (octets:gsub(".", function(octet)
        return ("\\x%02x"):format(octet:byte())
    end))
end

-- One line, without control characters, and UTF-8 whatever it was.
local function shown(text)
    text = text:gsub("[\0-\31\127]", escaped)
    local at = text:find("[\128-\255]")
    while at do
        local code, length = next_character(text, at)
        if not code or code < 0xa0 then
            local clean = escaped(text:sub(at, at + length - 1))
            text = text:sub(1, at - 1) .. clean .. text:sub(at + length)
            length = #clean
        end
        at = text:find("[\128-\255]", at + length)
    end
    return text
end

-- A number of 8 octets, and something added to it, in decimal digits.
local function decimal(hex, plus)
    local high, low = tonumber(hex:sub(1, 8), 16), tonumber(hex:sub(9), 16) + plus
    local digits = ""
    high = (high + math.floor(low / 4294967296)) % 4294967296
    low = low % 4294967296
    while high > 0 do
        low = (high % 1000000) * 4294967296 + low
        high = math.floor(high / 1000000)
        digits = ("%06.0f"):format(low % 1000000) .. digits
        low = math.floor(low / 1000000)
        high, low = high + math.floor(low / 4294967296), low % 4294967296
    end
    return ((("%.0f"):format(low) .. digits):gsub("^0+(.)", "%1"))
end

local function who(known, id)
    return nick_of(known, id) or id
end

local function range(first, last)
    return first == last and ("%d"):format(first) or ("%d-%d"):format(first, last)
end

local function count(number, one)
    return number == 1 and "1 " .. one or number .. " " .. one .. "s"
end

local function describe_ask(known, item)
    if item.kind == 1 then
        local first = decimal(item.from, 0)
        local last = item.count > 1 and "-" .. decimal(item.from, item.count - 1) or ""
        return who(known, item.key) .. " " .. first .. last
    elseif item.kind == 2 then
        return ("last %d"):format(item.count)
    end
    return ask_kinds[item.kind] or ("ask %d"):format(item.kind)
end

local function from_to(known, what, record, anybody)
    local to = record.to == NO_ID and anybody or who(known, record.to)
    return what .. " from " .. who(known, record.from) .. " to " .. to
end

local describe = {
    ["message"] = function(_, record)
        local form = has_flag(record.flags, 1) and "* %s %s" or "%s: %s"
        return form:format(record.nick, shown(record.text))
    end,
    ["sealed message"] = function(known, record)
        return ("sealed message %d from %s"):format(record.number, who(known, record.origin))
    end,
    ["hello"] = function(known, record, sender)
        local from = who(known, sender)
        if record.nick == "" and record.role ~= 0 and record.role ~= 4 then
            from = (record.role < 4 and roles[record.role] or "tool") .. " " .. sender
        end
        local first = record.rooms[1]
        local here = is_forwarder(record.role) and known.all_here
            or known.here[first and first.tag or person(known, sender).room or NO_ID] or 0
        return ("hello from %s, %d here%s"):format(from, here, has_flag(record.flags, 1) and ", joining" or "")
    end,
    ["roster"] = function(known, record)
        local what = has_flag(record.flags, 1) and "roster page: " or "roster: "
        local words = {}
        if #record.entries > 3 then
            return what .. #record.entries .. " entries"
        end
        for i, item in ipairs(record.entries) do
            words[i] = who(known, item.id) .. " " .. (states[item.state] or "gone")
        end
        return what .. (words[1] and table.concat(words, ", ") or "nobody")
    end,
    ["request"] = function(known, record)
        local words = {}
        for i, item in ipairs(record.asks) do
            words[i] = describe_ask(known, item)
        end
        local to = record.to == NO_ID and "" or " to " .. who(known, record.to)
        return "request" .. to .. ": " .. (words[1] and table.concat(words, ", ") or "nothing")
    end,
    ["summary"] = function(_, record)
        return "summary: " .. count(#record.vectors, "stream")
    end,
    ["gone"] = function(known, record)
        return ("gone: %s %s%s"):format(who(known, record.origin), range(record.first, record.last),
            has_flag(record.flags, 1) and ", before" or "")
    end,
    ["bye"] = function(known, _, sender)
        return "bye from " .. who(known, sender)
    end,
    ["prompt"] = function(known, record)
        local to = record.first .. "-" .. record.last
        if record.first == record.last then
            to = who(known, record.first)
        elseif record.first == NO_ID and record.last == LAST_ID then
            to = "all"
        end
        local wanted = ""
        if record.origin ~= NO_ID then
            wanted = (" for %s %d"):format(who(known, record.origin), record.number)
        end
        return "prompt to " .. to .. wanted .. (has_flag(record.flags, 1) and " who lacks it" or "")
    end,
    ["private"] = function(known, record)
        return ("private from %s to %s: %s"):format(record.nick, who(known, record.to), shown(record.text))
    end,
    ["acknowledgement"] = function(known, record)
        return from_to(known, "acknowledgement", record)
    end,
    ["probe"] = function(known, record)
        return from_to(known, "probe", record, "anybody")
    end,
    ["probe answer"] = function(known, record)
        return from_to(known, "probe answer", record)
    end,
    ["sealed presence"] = function(known, record)
        return ("sealed presence of %s, %s"):format(who(known, record.sender), states[record.state] or "gone")
    end,
    ["sealed private"] = function(known, record)
        return from_to(known, "sealed private", record)
    end,
}

local function describe_record(known, record, sender)
    if record.layout then
        return describe[record.name](known, record, sender)
    end
    return record.type == 16 and "parity" or ("type %d"):format(record.type)
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
        if record.origin and (record.name == "message" or record.name == "sealed message") then
            judge(known, frame, medium, datagram, record)
        end
        words[i] = describe_record(known, record, datagram.sender)
    end
    return words[1] and table.concat(words, "; ") or "no records"
end

lanchat.new_known, lanchat.follow, lanchat.describe_malformed = new_known, follow, describe_malformed

if not rawget(_G, "Proto") then
    return lanchat
end
rawset(_G, "lanchat_dissector", lanchat)

-- TCP streams, before they are datagrams.

-- What stands at the front of the octets of a connection: its kind and its length, or `more` and how many octets
-- are missing (nil: not known). `mode` is what this direction is known to be, `frames`, `text` or nil; `greeted`
-- says which side has greeted, `this`, `other` or nil.
local function next_piece(rest, mode, greeted)
    local size = #rest > 1 and rest:byte(1) * 256 + rest:byte(2) or 0
    if rest:find("^LCHT 1 " .. ("[0-9a-f]"):rep(16) .. "\n") then
        return "preface", 24
    elseif mode == "text" then
        return "text", #rest
    elseif not mode and not greeted and ("NICK"):sub(1, #rest) == rest:sub(1, 4) then
        return #rest < 4 and "more" or "greeting", 4
    elseif not mode and (("LCHT 1 "):sub(1, #rest) == rest or rest:find("^LCHT 1 %x*$") and #rest < 24) then
        return "more"
    elseif mode and #rest == 1 then
        return "more"
    elseif size >= 1 and size <= DATAGRAM_MAX and (mode or ("LCHT\1"):sub(1, #rest - 2) == rest:sub(3, 7)) then
        return #rest < size + 2 and "more" or "frame", size + 2 - (#rest < size + 2 and #rest or 0)
    end
    local at = rest:find("[\0-\4].LCHT\1", 2)
    if at then
        return "skipped", at - 1
    elseif not mode and (greeted or is_text(rest) and not rest:find("[\0-\8\14-\31]")) then
        return "text", #rest
    end
    return "skipped", #rest
end

-- Fields, by the name of their filter behind `lanchat.`

local proto = Proto("lanchat", "lanchat")
local fields = {}

local function declare(filter, kind, label, ...)
    fields[filter] = ProtoField[kind]("lanchat." .. filter, label, ...)
end

declare("version", "uint8", "Version")
declare("header_length", "uint8", "Header length")
declare("flags", "uint8", "Flags", base.HEX)
declare("flags.old", "bool", "Old: all records are older than 10 s", 8, nil, 0x01)
declare("hops", "uint8", "Hop limit")
declare("sender", "uint64", "Sender", base.HEX)
declare("counter", "uint32", "Counter")
declare("path", "uint16", "Path", base.HEX)
declare("path.kind", "uint16", "Kind", base.DEC, path_kinds, 0x0007)
declare("path.link", "uint16", "Link", base.DEC, nil, 0xfff8)
declare("reserved", "uint16", "Reserved", base.HEX)
declare("skipped", "bytes", "Skipped")
declare("record", "none", "Record")
declare("type", "uint8", "Type", base.DEC, (function()
    local names = {[16] = "parity"}
    for type, layout in ipairs(layouts) do
        names[type] = layout.name
    end
    return names
end)())
declare("record.flags", "uint8", "Flags", base.HEX)
declare("action", "bool", "Action", 8, nil, 0x01)
declare("from_text", "bool", "From a plain-text server", 8, nil, 0x02)
declare("continuation", "bool", "Continuation: not the first part", 8, nil, 0x04)
declare("continued", "bool", "Continued: not the last part", 8, nil, 0x08)
declare("joining", "bool", "Joining", 8, nil, 0x01)
declare("page", "bool", "Page", 8, nil, 0x01)
declare("before", "bool", "Before: never had them", 8, nil, 0x01)
declare("lacking", "bool", "Lacking: only who lacks the number", 8, nil, 0x01)
declare("length", "uint16", "Length")
declare("item", "none", "Item")
declare("item.length", "uint8", "Length")
declare("origin", "uint64", "Origin", base.HEX)
declare("seq", "uint32", "Number")
declare("stamp", "uint64", "Stamp")
declare("time", "absolute_time", "Clock", base.UTC)
declare("room", "uint64", "Room", base.HEX)
declare("room.name", "string", "Room name")
declare("nick", "string", "Nickname")
declare("text", "string", "Text")
declare("sealed.nonce", "bytes", "Nonce")
declare("sealed", "bytes", "Sealed")
declare("entry_version", "uint32", "Version of the entry")
declare("highest", "uint32", "Highest")
declare("interval", "uint32", "Interval (ms)")
declare("nonce", "uint64", "Nonce", base.HEX)
declare("echo", "uint64", "Echo", base.HEX)
declare("role", "uint8", "Role", base.DEC, roles)
declare("hears", "uint8", "Hears", base.HEX)
declare("vector_digest", "uint64", "Vector digest", base.HEX)
declare("roster_digest", "uint64", "Roster digest", base.HEX)
declare("lost", "uint32", "Lost")
declare("id", "uint64", "Id", base.HEX)
declare("paths", "uint8", "Paths", base.HEX)
declare("digest", "uint64", "Digest", base.HEX)
declare("first", "uint64", "First", base.HEX)
declare("last", "uint64", "Last", base.HEX)
declare("state", "uint8", "State", base.DEC, states)
declare("server", "uint64", "Server", base.HEX)
declare("server_up", "uint8", "Server up")
declare("to", "uint64", "To", base.HEX)
declare("from", "uint64", "From", base.HEX)
declare("ask.kind", "uint8", "Kind", base.DEC, ask_kinds)
declare("ask.key", "uint64", "Key", base.HEX)
declare("ask.from", "uint64", "From", base.DEC_HEX)
declare("ask.count", "uint32", "Count")
declare("ask.id", "uint64", "Id", base.HEX)
declare("lowest", "uint32", "Lowest stored")
declare("first_seq", "uint32", "First")
declare("last_seq", "uint32", "Last")
declare("token", "uint64", "Token", base.HEX)
declare("part", "uint8", "Part")
declare("parts", "uint8", "Parts")
declare("time_us", "uint64", "Time (us)")
declare("probe.path", "uint8", "Path", base.DEC, path_kinds)
declare("probe.hops", "uint8", "Hop limit")
declare("presence.sender", "uint64", "Sender", base.HEX)
declare("rooms", "uint8", "Rooms")
declare("pairs", "uint8", "Pairs")
declare("exceptions", "uint8", "Exceptions")
declare("entries", "uint8", "Entries")
declare("asks", "uint8", "Asks")
declare("vectors", "uint8", "Vector entries")
declare("known", "uint8", "Need not answer")
declare("malformed", "string", "Malformed")
declare("malformed.offset", "uint16", "Offset")
declare("repair", "bool", "Repair")
declare("repair.of", "framenum", "First copy in")
declare("duplicate", "framenum", "Duplicate of", base.NONE)
declare("forwarded", "bool", "Forwarded")
declare("frame_length", "uint16", "Length of the frame")
declare("greeting", "string", "Greeting")
declare("preface", "string", "Preface of")
declare("plain", "string", "Plain text")

local experts = {
    malformed = ProtoExpert.new("lanchat.expert.malformed", "malformed", expert.group.MALFORMED, expert.severity.ERROR),
    gap = ProtoExpert.new("lanchat.expert.gap", "gap", expert.group.SEQUENCE, expert.severity.WARN),
    duplicate = ProtoExpert.new("lanchat.expert.duplicate", "duplicate", expert.group.SEQUENCE, expert.severity.CHAT),
    repair = ProtoExpert.new("lanchat.expert.repair", "repair", expert.group.SEQUENCE, expert.severity.NOTE),
    refused = ProtoExpert.new("lanchat.expert.no_sender", "sender 0: dropped by who receives it",
        expert.group.PROTOCOL, expert.severity.WARN),
}

do
    local all = {}
    for _, field in pairs(fields) do
        all[#all + 1] = field
    end
    proto.fields = all
    all = {}
    for _, one in pairs(experts) do
        all[#all + 1] = one
    end
    proto.experts = all
end

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
    return words[1] and table.concat(words, ", ") or "none"
end

-- Behind an id its nickname, behind a tag its room, if the capture has told them by then.
local function show_number(tree, range, filter, name, value, frame)
    local item = tree:add(fields[filter], range)
    local nick = type(value) == "string" and nick_of(known, value, frame)
    local tagged = type(value) == "string" and room_of(known, value, frame)
    if nick or tagged then
        item:append_text(" (" .. shown(nick or tagged) .. ")")
    elseif name == "hears" or name == "paths" then
        item:append_text(" (" .. paths_in(value) .. ")")
    end
    if tagged and name == "room" then
        tree:add(fields["room.name"], range, tagged):set_generated()
    end
end

local function show_list(tree, tvb, filter, list, from, to, frame)
    local subtree = tree:add(fields[filter], tvb(from, to - from), #list)
    for _, item in ipairs(list) do
        local layout = item.layout
        local branch = subtree:add(fields.item, tvb(item.offset, item.length))
        branch:set_text(layout.name:sub(1, 1):upper() .. layout.name:sub(2))
        if layout.sized then
            branch:add(fields["item.length"], tvb(item.offset, 1))
        end
        show_fields(branch, tvb, item, item.offset + item.length, frame)
    end
end

local function show_time(tree, range, filter, hex)
    local ms = tonumber(hex:sub(1, 8), 16) * 4294967296 + tonumber(hex:sub(9), 16)
    local seconds = math.floor(ms / 1000)
    tree:add(fields[filter], range, NSTime.new(seconds, (ms - seconds * 1000) * 1000000))
end

-- A string, behind the octets that count it.
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

-- The fields of a record or an item that were read, and what is behind them up to `stop`.
function show_fields(tree, tvb, struct, stop, frame)
    local layout = struct.layout
    for i, field in ipairs(layout) do
        local name, kind, filter = field[1], field[2], field[3] or field[1]
        local from, to = struct[i], struct[i + 1]
        if not to then
            return
        elseif type(kind) == "table" then
            show_list(tree, tvb, filter, struct[name], from, to, frame)
        elseif type(kind) == "string" then
            show_string(tree, tvb, filter, kind, from, to)
        elseif name == "clock_ms" then
            show_time(tree, tvb(from, to - from), filter, struct[name])
        elseif to > from then
            show_number(tree, tvb(from, to - from), filter, name, struct[name], frame)
        end
    end
    local from = struct[#layout + 1]
    if from and from < stop then
        tree:add(fields.skipped, tvb(from, stop - from))
    end
end

local header = { -- offset, octets, filter
    {4, 1, "version"}, {5, 1, "header_length"}, {6, 1, "flags"}, {6, 1, "flags.old"}, {7, 1, "hops"},
    {8, 8, "sender"}, {16, 4, "counter"}, {20, 2, "path"}, {20, 2, "path.kind"}, {20, 2, "path.link"},
    {22, 2, "reserved"},
}

local function show_header(tree, tvb, datagram, frame)
    local captured = tvb:len()
    for _, place in ipairs(header) do
        local from, size, filter = place[1], place[2], place[3]
        if from + size > captured then
            return
        end
        show_number(tree, tvb(from, size), filter, filter, datagram[filter], frame)
    end
    local stop = math.min(datagram.header_length, captured)
    if stop > HEADER then
        tree:add(fields.skipped, tvb(HEADER, stop - HEADER))
    end
end

local function show_copy(item, range, note)
    if note.gap then
        item:add_proto_expert_info(experts.gap, note.gap)
    end
    if note.copy == "forwarded" then
        item:add(fields.forwarded, range, true):set_generated()
    elseif note.copy == "repair" then
        item:add(fields.repair, range, true):set_generated()
        if note.first_frame then
            item:add(fields["repair.of"], range, note.first_frame):set_generated()
        end
        item:add_proto_expert_info(experts.repair, note.words)
    elseif note.copy == "duplicate" then
        item:add(fields.duplicate, range, note.first_frame):set_generated()
        item:add_proto_expert_info(experts.duplicate, note.words)
    end
end

local function show_record(tree, tvb, record, note, frame)
    local at, length = record.offset, record.length
    local item = tree:add(fields.record, tvb(at, length))
    item:set_text("Record: " .. (record.name or describe_record(known, record)))
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
        show_copy(item, tvb(at, length), note)
    end
end

local function show_malformed(tree, tvb, err)
    local range = tvb(math.min(err.offset, tvb:len()))
    local item = tree:add(fields.malformed, range, err.reason)
    item:add(fields["malformed.offset"], range, err.offset):set_generated()
    item:add_proto_expert_info(experts.malformed, describe_malformed(err))
end

-- Datagrams. What was learned of one on the first pass is remembered by its frame: the words for the Info
-- column, and of each record what copy it is.

local memory = {}
local interface_id, icmp, icmpv6 = Field.new("frame.interface_id"), Field.new("icmp.type"), Field.new("icmpv6.type")
local stream_number = Field.new("tcp.stream")

-- What the conversation is told: a datagram, in the order of the capture and once, its records judged; and what
-- goes by on a plain-text connection. `flow`: medium, source, destination, stream (of TCP).
local function heard(frame, time, flow, datagram) -- luacheck: ignore
end

local function note_of(record)
    local gap = record.gap
    if record.copy == "original" and not gap then
        return nil
    end
    local words = record.copy
    if record.first_frame then
        words = ("%s: a copy is in frame %d"):format(record.copy, record.first_frame)
    end
    return {copy = record.copy, first_frame = record.first_frame, words = words, gap = gap and
        ("gap: %s %s not seen before this"):format(who(known, record.origin), range(gap[1], gap[2]))}
end

local function first_look(key, pinfo, flow, datagram)
    local notes = {info = follow(known, pinfo.number, flow.medium, datagram)}
    for i, record in ipairs(datagram.records) do
        notes[i] = note_of(record)
    end
    memory[key] = notes
    heard(pinfo.number, pinfo.abs_ts, flow, datagram)
    return notes
end

-- Shows a datagram and returns it in words.
local function dissect_datagram(tvb, pinfo, tree, flow)
    local bytes = tvb:raw()
    local datagram, err = decode(bytes)
    local whole = datagram or err.datagram
    local cut = tvb:reported_len() > tvb:len()
    local notes, info = {}, nil
    if datagram and not cut and not icmp() and not icmpv6() then
        local key = pinfo.number .. bytes:sub(9, 22) .. #bytes
        notes = pinfo.visited and memory[key] or first_look(key, pinfo, flow, datagram)
        info = notes.info
    end
    if whole.version == 1 then
        show_header(tree, tvb, whole, pinfo.number)
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
        tree:add_proto_expert_info(experts.refused)
    end
    return info or "quoted"
end

-- UDP: the shared port and the 16 above it, or whatever begins with the magic.

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
    local interface = interface_id()
    local tree = root:add(proto, tvb())
    add_words(pinfo, dissect_datagram(tvb, pinfo, tree, flow_of(pinfo, tostring(interface or 0))))
    return tvb:len()
end

local function is_ours(port)
    return port >= proto.prefs.port and port <= proto.prefs.port + 16
end

local function begins_with_magic(tvb)
    return tvb:len() >= 4 and tvb(0, 4):uint() == 0x4c434854
end

-- TCP.

local streams = {}

local function dissect_tcp(tvb, pinfo, root)
    return 0
end

-- What Wireshark calls.

proto.prefs.port = Pref.uint("UDP port", 55555, "The port that everybody shares; the 16 above it are single nodes'.")
proto.prefs.tcp_port = Pref.uint("TCP port", 55555, "The port of hubs.")

function proto.dissector(tvb, pinfo, root)
    if tvb:len() == 0 then
        return 0
    elseif pinfo.port_type == 2 then
        return dissect_tcp(tvb, pinfo, root)
    end
    local shared = pinfo.dst_port == proto.prefs.port or is_ours(pinfo.dst_port) and is_ours(pinfo.src_port)
    if not begins_with_magic(tvb) and not shared then
        return 0
    end
    return dissect_udp(tvb, pinfo, root)
end

function proto.init()
    known, memory, streams = new_known(), {}, {}
end

proto:register_heuristic("udp", function(tvb, pinfo, root)
    return begins_with_magic(tvb) and dissect_udp(tvb, pinfo, root) > 0
end)

local ports = {}

local function set_ports()
    for _, one in ipairs(ports) do
        DissectorTable.get(one[1]):remove(one[2], proto)
    end
    ports = {{"tcp.port", proto.prefs.tcp_port}}
    for port = proto.prefs.port, proto.prefs.port + 16 do
        ports[#ports + 1] = {"udp.port", port}
    end
    for _, one in ipairs(ports) do
        DissectorTable.get(one[1]):add(one[2], proto)
    end
end

proto.prefs_changed = set_ports
set_ports()
