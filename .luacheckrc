-- What Wireshark gives its Lua scripts.
std = "lua52"
max_line_length = 120
files["src/wireshark"].read_globals = {
    "base", "Dissector", "DissectorTable", "DESEGMENT_ONE_MORE_SEGMENT", "ENC_UTF_8", "expert", "Field", "gui_enabled",
    "Listener", "MENU_TOOLS_UNSORTED", "NSTime", "Pref", "Proto", "ProtoExpert", "ProtoField", "register_menu", "TextWindow",
    "UInt64",
}
