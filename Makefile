# lanchat: make, make check, make install. The program needs libc alone; the tests need Check and iproute2.

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
BUILD   ?= build
PROGRAM ?= lanchat

VERSION := 0.1

# PORTABLE=1 builds what every POSIX system has in place of Linux's epoll, recvmmsg and netlink.
PLATFORM := $(if $(filter Linux,$(shell uname -s)),linux,portable)
ifdef PORTABLE
PLATFORM := portable
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
BASE     := -std=c11 $(WARNINGS) -Iinclude -MMD -MP -DLANCHAT_VERSION='"$(VERSION)"'
POSIX    := -D_POSIX_C_SOURCE=200809L
SYSTEM   := -D_GNU_SOURCE

ifdef SANITIZE
BASE += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

core := $(wildcard src/core/*.c)
io   := $(wildcard src/io/*.c src/io/$(PLATFORM)/*.c)
app  := $(wildcard src/app/*.c)
unit := $(wildcard tests/unit/test_*.c)

# Of the commands, what is as pure as the core is tried as that is.
app_pure := $(addprefix src/app/,buffer.c columns.c complete.c editing.c editor.c keys.c letters.c lines.c notice.c \
            recall.c screen.c search.c view.c)

objects      = $(patsubst %.c,$(BUILD)/%.o,$(1))
network      := $(addprefix tests/sim/,carry.c connection.c heap.c net.c netlog.c)
unit_objects := $(call objects,$(filter-out $(unit),$(wildcard tests/unit/*.c)) $(network))
unit_tests   := $(patsubst tests/unit/%.c,$(BUILD)/%,$(unit))

simulation   := $(network) $(addprefix tests/sim/,attack.c guests.c invariants.c paths.c peek.c plan.c scenario.c sim.c table.c trace.c) \
                tests/unit/memory.c

CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS   = $(shell pkg-config --libs check)

all: $(PROGRAM)

$(PROGRAM): $(call objects,$(core) $(io) $(app))
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/src/core/%.o $(BUILD)/src/app/%.o: FEATURES := $(POSIX)
$(BUILD)/src/io/%.o: FEATURES := $(SYSTEM)
$(BUILD)/tests/%.o: FEATURES := $(SYSTEM) -Isrc/core -Isrc/io -Isrc/app -Itests/unit -Itests/sim -DWIRE_DIR='"tests/wire"' $(CHECK_CFLAGS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(FEATURES) $(CFLAGS) -c -o $@ $<

# Units: one Check program for each module, of what needs no network.
# Tests may make any allocation fail.
WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

$(BUILD)/test_%: $(BUILD)/tests/unit/test_%.o $(unit_objects) $(call objects,$(core) $(io) $(app_pure))
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^ $(CHECK_LIBS)

# The simulator: SEEDS random scenarios from SEED on, JOBS at a time. WITH: what of the core is tried; TRACE=1: print
# every event.
SEED  ?= 1
SEEDS ?= 1000
JOBS  ?= 2
WITH  ?=

$(BUILD)/simulate: $(call objects,tests/sim/simulate.c $(simulation) $(core))
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^

simulate: $(BUILD)/simulate
	@$(BUILD)/simulate -s $(SEED) -n $(SEEDS) -j $(JOBS) $(if $(WITH),-w $(WITH)) $(if $(TRACE),-t)

# What many nodes on one segment cost: a table.
SIZES ?= 10 100 1000 2000

$(BUILD)/scale: $(call objects,tests/sim/scale.c tests/unit/memory.c $(network) $(core))
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^

simulate-scale: $(BUILD)/scale
	@$(BUILD)/scale $(SIZES)

# One static binary, with musl; of the system's headers only the kernel's are taken.
KERNEL_HEADERS := -idirafter /usr/include -idirafter /usr/include/$(shell uname -m)-linux-gnu

static:
	$(MAKE) CC=musl-gcc BUILD=build/static PROGRAM=build/static/lanchat CFLAGS="$(CFLAGS) $(KERNEL_HEADERS)" LDFLAGS="-static $(LDFLAGS)"

$(BUILD)/test_simulate: $(call objects,tests/sim/test_simulate.c $(simulation) $(core))
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^ $(CHECK_LIBS)

unit-programs: $(unit_tests) $(BUILD)/test_simulate

# The longest begins first.
check-unit: $(BUILD)/test_simulate $(unit_tests)
	@printf '%s\n' $^ | xargs -n 1 -P $(JOBS) sh -c '"$$0"'

# Everything over real sockets, in network namespaces that the tests make. What is Wireshark's is the same whatever the
# program was built with: it is tried with the usual build alone.
ifneq ($(SANITIZE)$(PORTABLE),)
WITHOUT := $(addprefix tests/net/,dissector.t wireshark.t wireshark-tcp.t install.t demo.t)
endif

# Most of their time they wait. The longest begin first.
longest := $(addprefix tests/net/,silent.t stopped.t peers.t terminal-ends.t)

check-net: $(PROGRAM)
	LANCHAT=$(abspath $(PROGRAM)) prove -j4 --timer $(filter-out $(WITHOUT),$(longest) $(filter-out $(longest),$(wildcard tests/net/*.t)))

check: check-unit pure $(PROGRAM)
	LANCHAT=$(abspath $(PROGRAM)) prove tests/net/smoke.t

# The benchmark prints what is measured beside a reference of the same run, as root: `make bench`, or a part of it with
# ONLY=loss, speed, latency, crowd, join, hub, relay. Against NORM it is only where libnorm is installed.
bench_programs := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(filter-out %/norm.c %/load.c,$(wildcard tests/bench/*.c)))
ifeq ($(shell pkg-config --exists norm 2>/dev/null && echo yes),yes)
bench_programs += $(BUILD)/bench/norm
$(BUILD)/bench/norm: LDLIBS += $(shell pkg-config --libs norm)
endif

$(BUILD)/bench/clients: $(BUILD)/tests/bench/load.o

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench-programs: $(bench_programs)

bench: $(PROGRAM) bench-programs
	LANCHAT=$(abspath $(PROGRAM)) BENCH=$(abspath $(BUILD)/bench) tests/bench/run $(ONLY)

# Two LANs, a hub between them and people who talk, in tmux; DEMO_SECONDS=20 prints what a screen shows after so long.
demo: $(PROGRAM)
	@LANCHAT=$(abspath $(PROGRAM)) tests/demo/run

# The core is pure: outside itself it needs memory and memory functions, and it has no variables.
PURE := bcmp calloc free malloc memchr memcmp memcpy memmove memset realloc strlen

pure: $(call objects,$(core))
	@nm -u $^ | awk '$$1 == "U" { print $$2 }' | sort -u > $(BUILD)/core.needs
	@{ nm --defined-only $^ | awk 'NF == 3 { print $$3 }'; printf '%s\n' $(PURE); } | sort -u > $(BUILD)/core.has
	@impure=$$(comm -23 $(BUILD)/core.needs $(BUILD)/core.has); \
	 variables=$$(objdump -t $^ | awk 'NF > 3 && $$(NF - 2) ~ /^(\.t?(data|bss).*|\*COM\*)$$/ && $$(NF - 2) !~ /^\.data\.rel\.ro/ && !/ d  \./ { print $$NF }'); \
	 if [ -n "$$impure$$variables" ]; then echo "the core is not pure:" $$impure $$variables >&2; exit 1; fi
	@echo "pure: the core needs $(PURE) at the most"

sanitized = BUILD=build/sanitize PROGRAM=build/sanitize/lanchat SANITIZE=1 CFLAGS="-O1 -g"

sanitize:
	$(MAKE) $(JOBS:%=-j%) $(sanitized) all unit-programs
	$(MAKE) $(sanitized) check-unit check-net

# tidy FILES FLAGS: some at a time.
tidy = printf '%s\n' $1 | xargs -n 8 -P $(JOBS) sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- -std=c11 -Iinclude $2' tidy

lint:
	clang-format --dry-run --Werror $(call sources)
	$(call tidy,$(core) $(app),$(POSIX))
	$(call tidy,$(io) $(wildcard src/io/portable/*.c),$(SYSTEM))
	cppcheck -j $(JOBS) --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -Iinclude src
	mandoc -Tlint -Wwarning man/*
	if command -v luacheck >/dev/null; then luacheck -q src/wireshark; fi
	printf '%s\n' .ci/run tests/net/*.t tests/net/*.sh tests/bench/run tests/demo/run | \
	    xargs -n 8 -P $(JOBS) shellcheck -x -S warning

sources = $(shell find src include tests -name '*.[ch]')

format:
	clang-format -i $(call sources)

# The folder from which Wireshark loads the dissector; if WIRESHARKDIR is empty that is not installed. For the whole system
# it is the folder of the Wireshark that is here (its scripts stand above the folder that is named after its version), else,
# and with any other PREFIX, the documented one: with PREFIX=~/.local that is Wireshark's folder of one user.
plugins = $(shell { pkg-config --variable=plugindir wireshark || ls -d /usr/local/lib/wireshark/plugins/[0-9]* \
	/usr/lib/*/wireshark/plugins/[0-9]* /usr/lib64/wireshark/plugins/[0-9]* /usr/lib/wireshark/plugins/[0-9]*; } 2>/dev/null | \
	sed -n '1{s|/[0-9][^/]*$$||;p;}')
WIRESHARKDIR ?= $(or $(if $(filter /usr /usr/local,$(PREFIX)),$(plugins)),$(PREFIX)/lib/wireshark/plugins)

# Where each shell looks for completions, below PREFIX.
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

# What firewalls know of our ports goes where they look only with PREFIX=/usr, which is theirs; else below PREFIX.
UFWDIR       ?= $(if $(filter /usr,$(PREFIX)),/etc/ufw/applications.d,$(PREFIX)/share/lanchat)
FIREWALLDDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib/firewalld/services,$(PREFIX)/share/lanchat)

install: $(PROGRAM)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man7
	install -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	install -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/lanchat
	install -m 644 man/lanchat.1 $(DESTDIR)$(MANDIR)/man1/lanchat.1
	install -m 644 man/lanchat.7 $(DESTDIR)$(MANDIR)/man7/lanchat.7
	install -m 644 src/completions/lanchat.bash $(DESTDIR)$(BASHDIR)/lanchat
	install -m 644 src/completions/_lanchat $(DESTDIR)$(ZSHDIR)/_lanchat
	install -m 644 src/completions/lanchat.fish $(DESTDIR)$(FISHDIR)/lanchat.fish
	$(if $(WIRESHARKDIR),install -d $(DESTDIR)$(WIRESHARKDIR))
	$(if $(WIRESHARKDIR),install -m 644 src/wireshark/lanchat.lua $(DESTDIR)$(WIRESHARKDIR)/lanchat.lua)
	install -d $(DESTDIR)$(UFWDIR) $(DESTDIR)$(FIREWALLDDIR)
	install -m 644 src/firewall/lanchat.ufw $(DESTDIR)$(UFWDIR)/lanchat.ufw
	install -m 644 src/firewall/lanchat.xml src/firewall/lanchat-hub.xml $(DESTDIR)$(FIREWALLDDIR)
	@echo "Wireshark of one user: copy src/wireshark/lanchat.lua to ~/.local/lib/wireshark/plugins, or start it with -X lua_script:FILE"

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/lanchat $(DESTDIR)$(MANDIR)/man1/lanchat.1 $(DESTDIR)$(MANDIR)/man7/lanchat.7
	rm -f $(DESTDIR)$(BASHDIR)/lanchat $(DESTDIR)$(ZSHDIR)/_lanchat $(DESTDIR)$(FISHDIR)/lanchat.fish
	$(if $(WIRESHARKDIR),rm -f $(DESTDIR)$(WIRESHARKDIR)/lanchat.lua)
	rm -f $(DESTDIR)$(UFWDIR)/lanchat.ufw $(DESTDIR)$(FIREWALLDDIR)/lanchat.xml $(DESTDIR)$(FIREWALLDDIR)/lanchat-hub.xml

clean:
	rm -rf build $(PROGRAM)

.PHONY: all static check unit-programs check-unit check-net simulate simulate-scale bench bench-programs demo pure sanitize lint format
.PHONY: install uninstall clean
.SECONDARY:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
