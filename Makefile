# SPDX-License-Identifier: Apache-2.0
# One graph, no recursion; everything made lies under $(BUILD). `make help` says what there is.
# Nothing is run while this file is read but find, so that the preparation works on a machine with git and make only.

BUILD   ?= build
prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
mandir  ?= $(prefix)/share/man
docdir  ?= $(prefix)/share/doc/asepsis
libdir  ?= $(prefix)/lib
bashdir ?= $(prefix)/share/bash-completion/completions
zshdir  ?= $(prefix)/share/zsh/site-functions
datadir ?= $(prefix)/share
sysconfdir ?= /etc
CC      ?= cc
CLANG   ?= clang
INSTALL ?= install
SECONDS ?= 60
VERSION := 0.1.0

PKGS    := libsystemd libmosquitto sqlite3 jansson inih libsodium libcrypto
WARN    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wswitch-enum -Wmissing-prototypes -Wformat=2
HARDEN  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
INCLUDE := -Icommon -Idaemon -Ictl
DEFINE  := -D_GNU_SOURCE -DVERSION='"$(VERSION)"'
BASE    := -std=gnu17 -O2 -g $(WARN) $(DEFINE) $(INCLUDE) -I$(BUILD)/gen
LDBASE  := -pie -Wl,-z,relro,-z,now

# SAN=1: AddressSanitizer and UndefinedBehaviorSanitizer, in a tree of its own; with -O1, which compiles faster, and at
# which gcc knows too little of values to warn of what they are cut to. WERROR=1: warnings are errors.
ifeq ($(SAN),1)
BUILD   := build/san
HARDEN  := -fPIE
BASE    += -O1 -Wno-format-truncation -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDBASE  += -fsanitize=address,undefined
endif
ifeq ($(COVERAGE),1)
BUILD   := build/cov
BASE    += --coverage -O0
LDBASE  += --coverage
endif
ifeq ($(WERROR),1)
BASE    += -Werror
endif

# A word for each command; V=1 shows it whole.
say = $(if $(V),,@printf '  %-8s%s\n' $(1) $(patsubst $(BUILD)/%,%,$@);)

# Asked for once, where the first file is compiled or linked.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
CMOCKA     = $(eval CMOCKA := $$(shell pkg-config --libs cmocka))$(CMOCKA)

# What stands before the C library's functions goes into the daemon, and into nothing else that uses the archive.
APART      := daemon/main.c daemon/mqtt/interpose.c
DAEMON_SRC := $(filter-out $(APART),$(wildcard daemon/*.c daemon/*/*.c))
COMMON_SRC := $(wildcard common/*.c)
CORE_SRC   := $(wildcard daemon/core/*.c)
CTL_SRC    := $(wildcard ctl/*.c)
UNIT_SRC   := $(wildcard tests/unit/test-*.c)
UNIT_LIB   := $(wildcard tests/lib/*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz-*.c)
BENCH_SRC  := $(wildcard tests/bench/*.c)
IT_SRC     := $(wildcard tests/it/src/*.c)
MODEL_SRC  := $(filter-out tests/model/clinic-%.c,$(wildcard tests/model/*.c))
IT         := $(sort $(wildcard tests/it/[0-9][0-9]-*))

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
DAEMON_OBJ := $(call obj,$(DAEMON_SRC) $(COMMON_SRC))
CORE_OBJ   := $(call obj,$(CORE_SRC))
UNIT_BIN   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
FUZZ_BIN   := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/bin/%,$(FUZZ_SRC))
BENCH_BIN  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))
DEMO_BIN   := $(patsubst demo/%.c,$(BUILD)/demo/%,$(wildcard demo/*.c))
IT_BIN     := $(patsubst tests/it/src/%.c,$(BUILD)/it/%,$(IT_SRC))
MODEL_BIN  := $(patsubst tests/model/%.c,$(BUILD)/model/%,$(MODEL_SRC))

all: $(BUILD)/asepsisd $(BUILD)/asepsisctl ## build the daemon and the command

# These see to the packages first: whatever is made waits for that, with -j too.
ifneq ($(filter run check unit check-core bench fuzz analyze,$(MAKECMDGOALS)),)
PREPARED := prepare
endif
FOR     := $(sort build $(filter run check bench fuzz,$(MAKECMDGOALS)) $(if $(filter unit,$(MAKECMDGOALS)),check))

prepare: ## install the Debian packages that are missing, for what is made beside it
	@scripts/prepare $(FOR)

$(BUILD)/%.o: %.c | $(PREPARED)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(BASE) $(HARDEN) $(PKG_CFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<

$(BUILD)/libasepsis.a: $(DAEMON_OBJ)
	@rm -f $@
	$(call say,AR)ar rcs $@ $^

LINK = $(call say,LINK)$(CC) $(LDBASE) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

$(BUILD)/asepsisd: $(call obj,$(APART)) $(BUILD)/libasepsis.a
	$(LINK) $(PKG_LIBS) -lm

$(BUILD)/asepsisctl: $(call obj,$(CTL_SRC)) $(BUILD)/libasepsis.a
	$(LINK) $(PKG_LIBS) -lm

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(call obj,$(UNIT_LIB)) $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(LINK) $(CMOCKA) $(PKG_LIBS) -lm

$(DEMO_BIN): $(BUILD)/demo/%: $(BUILD)/demo/%.o $(BUILD)/tests/lib/cyclegen.o $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(LINK) $(PKG_LIBS) -lm

$(BUILD)/model/%: $(BUILD)/tests/model/%.o $(call obj,$(UNIT_LIB)) $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(LINK) $(CMOCKA) $(PKG_LIBS) -lm

$(BUILD)/model/histories: $(call obj,$(wildcard tests/model/clinic-*.c))

$(BUILD)/it/%: $(BUILD)/tests/it/src/%.o $(BUILD)/daemon/mqtt/interpose.o $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(LINK) $(PKG_LIBS) -lm

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(LINK) $(PKG_LIBS) -lm

# ------------------------------------------------------------------------------------------------ the two commands

run: all $(DEMO_BIN) | prepare ## play a simulated day: broker, daemon, devices; KEEP=1 leaves them up
	@BUILD=$(abspath $(BUILD)) demo/run $(if $(filter-out 0 no,$(KEEP)),--keep)

check: all $(UNIT_BIN) $(IT_BIN) $(DEMO_BIN) $(MODEL_BIN) | prepare ## run every test
	@BUILD=$(abspath $(BUILD)) scripts/check $(UNIT_BIN) $(IT)

# --------------------------------------------------------------------------------------------------- further checks

unit: all $(UNIT_BIN) | prepare ## run the unit tests only; with SAN=1 under the sanitizers
	@BUILD=$(abspath $(BUILD)) scripts/check $(UNIT_BIN)

check-core: $(CORE_OBJ) ## hold what the core refers to against the short list of what it may
	@scripts/check-core $(CORE_OBJ)

bench: all $(BENCH_BIN) | prepare ## measure intake, decisions, memory and start
	@if [ -x tests/bench/run ]; then BUILD=$(abspath $(BUILD)) tests/bench/run; \
	else echo 'There is no tests/bench/run.' >&2; exit 1; fi

# gcc's analyzer follows the cleanup attribute, which clang's and cppcheck do not. Who owns memory that hangs in a list
# it cannot tell, so leaks are left to LeakSanitizer (make unit SAN=1). Nor can it see across files that what a function
# returns through a pointer is there where it returns 0.
ANALYZER := -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value \
            -Wno-maybe-uninitialized -Wnull-dereference -Wduplicated-cond -Wlogical-op
$(BUILD)/analyze/%.o: %.c | $(PREPARED)
	@mkdir -p $(@D)
	$(call say,ANALYZE)gcc $(BASE) $(HARDEN) $(PKG_CFLAGS) -MMD -MP $(ANALYZER) $(ANALYZE) -Werror -c -o $@ $<

# One of two pointers is always there.
$(BUILD)/analyze/daemon/bus/session.o: ANALYZE := -Wno-analyzer-null-dereference

analyze: $(patsubst %.c,$(BUILD)/analyze/%.o,$(DAEMON_SRC) $(COMMON_SRC) $(APART) $(CTL_SRC)) ## static analysis

# The fuzzers have objects of their own, made by clang with its coverage.
FUZZ_FLAGS = -std=gnu17 -O1 -g -Wall -Wextra $(DEFINE) $(INCLUDE) -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJ   := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(DAEMON_SRC) $(COMMON_SRC))

$(BUILD)/fuzz/%.o: %.c | $(PREPARED)
	@mkdir -p $(@D)
	$(call say,CLANG)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libasepsis.a: $(FUZZ_OBJ)
	@rm -f $@
	$(call say,AR)ar rcs $@ $^

$(BUILD)/fuzz/bin/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/tests/lib/cyclegen.o $(BUILD)/fuzz/libasepsis.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(PKG_LIBS) -lm

fuzz: $(FUZZ_BIN) | prepare ## run each fuzzer for SECONDS=60
	@for f in $(FUZZ_BIN); do \
	        n=$${f##*/}; log=$(BUILD)/fuzz/$$n.log; mkdir -p $(BUILD)/fuzz/corpus/$$n; \
	        $$f -max_total_time=$(SECONDS) -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$$n- \
	                $(BUILD)/fuzz/corpus/$$n $$(ls -d tests/fuzz/corpus/$$n 2>/dev/null) >$$log 2>&1 || \
	                { tail -n 60 $$log; echo "$$n failed; the input is in $(BUILD)/fuzz"; exit 1; }; \
	        echo "ok    $$n: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) inputs in $(SECONDS) s"; \
	done

# ---------------------------------------------------------------------------------------------------------- install

# The units name Debian's folders; they are rewritten for the ones chosen here.
UNIT_SED := -e 's|/usr/sbin/|$(sbindir)/|g' -e 's|/usr/bin/asepsisctl|$(bindir)/asepsisctl|g' -e 's|/etc/asepsis/|$(sysconfdir)/asepsis/|g'
to = $(INSTALL) -D -m $(1) $(2) $(DESTDIR)$(3)
each = $(foreach f,$(1),$(call to,0644,$(f),$(2)/$(notdir $(f))) &&) true

install: all ## install below DESTDIR and prefix; a configuration that is there stays as it is
	$(call to,0755,$(BUILD)/asepsisd,$(sbindir)/asepsisd)
	$(call to,0755,$(BUILD)/asepsisctl,$(bindir)/asepsisctl)
	$(call to,0755,verify/asepsis-verify,$(bindir)/asepsis-verify)
	$(call to,0644,shell/asepsisctl.bash,$(bashdir)/asepsisctl)
	$(call to,0644,shell/_asepsisctl,$(zshdir)/_asepsisctl)
	$(INSTALL) -d $(DESTDIR)$(sysconfdir)/asepsis/asepsisd.conf.d
	@if [ -e $(DESTDIR)$(sysconfdir)/asepsis/asepsisd.conf ]; \
	then echo 'kept as it is: $(DESTDIR)$(sysconfdir)/asepsis/asepsisd.conf'; \
	else $(call to,0644,etc/asepsisd.conf,$(sysconfdir)/asepsis/asepsisd.conf); fi
	$(call to,0644,etc/asepsisd.conf,$(docdir)/asepsisd.conf)
	$(call each,$(wildcard etc/mosquitto/*),$(docdir)/mosquitto)
	$(call each,$(wildcard etc/verifier/*.*),$(docdir)/examples/verifier)
	$(INSTALL) -d $(DESTDIR)$(libdir)/systemd/system
	for unit in asepsisd.service asepsis-backup.service asepsis-backup.timer; do \
	        sed $(UNIT_SED) systemd/$$unit >$(DESTDIR)$(libdir)/systemd/system/$$unit || exit 1; done
	$(call to,0644,systemd/asepsis-sysusers.conf,$(libdir)/sysusers.d/asepsis.conf)
	$(INSTALL) -d $(DESTDIR)$(libdir)/tmpfiles.d
	sed $(UNIT_SED) systemd/asepsis-tmpfiles.conf >$(DESTDIR)$(libdir)/tmpfiles.d/asepsis.conf
	$(call to,0644,systemd/org.asepsis1.conf,$(datadir)/dbus-1/system.d/org.asepsis1.conf)
	$(call to,0644,systemd/org.asepsis1.policy,$(datadir)/polkit-1/actions/org.asepsis1.policy)
	$(call to,0644,systemd/asepsis.catalog,$(libdir)/systemd/catalog/asepsis.catalog)
	$(call each,$(wildcard doc/*.1),$(mandir)/man1)
	$(call each,$(wildcard doc/*.5),$(mandir)/man5)
	$(call each,$(wildcard doc/*.8),$(mandir)/man8)
	$(call each,README.md LICENSE,$(docdir))
	$(call each,$(wildcard doc/*.md),$(docdir)/doc)
	$(call each,$(wildcard doc/protocol/*.md),$(docdir)/doc/protocol)
	$(call each,$(wildcard doc/protocol/schema/*.json),$(docdir)/doc/protocol/schema)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean: ## remove everything that was made
	rm -rf build

help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
	@echo
	@echo '  WERROR=1 warnings are errors    SAN=1 with sanitizers, in build/san    COVERAGE=1 in build/cov'
	@echo '  V=1 shows whole commands    PREPARE=no leaves packages alone    CFLAGS, LDFLAGS, prefix, DESTDIR as usual'

.PHONY: all prepare run check unit check-core bench analyze fuzz install clean help
.SECONDARY:
.DEFAULT_GOAL := all
