# SPDX-License-Identifier: Apache-2.0
# One graph, no recursion; everything made lies under $(BUILD). `make help` says what there is.

BUILD   ?= build
prefix  ?= /usr/local
sysconfdir ?= /etc
CC      ?= cc
CLANG   ?= clang
VERSION := 0.1.0

PKGS    := libsystemd libmosquitto sqlite3 jansson inih libsodium
WARN    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wswitch-enum -Wmissing-prototypes -Wformat=2
HARDEN  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
BASE    := -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Icommon -Idaemon -Ictl -I$(BUILD)/gen
LDBASE  := -pie -Wl,-z,relro,-z,now

# SAN=1: AddressSanitizer and UndefinedBehaviorSanitizer, in a tree of its own. WERROR=1: warnings are errors.
ifeq ($(SAN),1)
BUILD   := build/san
HARDEN  := -fPIE
BASE    += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
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

# Only asked for where something is compiled, so that `make help` and the first `make run` work on a bare machine.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS))

DAEMON_SRC := $(filter-out daemon/main.c,$(wildcard daemon/*.c daemon/*/*.c))
COMMON_SRC := $(wildcard common/*.c)
CTL_SRC    := $(wildcard ctl/*.c)
UNIT_SRC   := $(wildcard tests/unit/test-*.c)
UNIT_LIB   := $(wildcard tests/lib/*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz-*.c)
BENCH_SRC  := $(wildcard tests/bench/*.c)

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
DAEMON_OBJ := $(call obj,$(DAEMON_SRC) $(COMMON_SRC))
CORE_OBJ   := $(call obj,$(wildcard daemon/core/*.c))
UNIT_BIN   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
FUZZ_BIN   := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
BENCH_BIN  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))

all: $(BUILD)/asepsisd $(BUILD)/asepsisctl ## build the daemon and the command

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(HARDEN) $(PKG_CFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<

$(BUILD)/libasepsis.a: $(DAEMON_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/asepsisd: $(BUILD)/daemon/main.o $(BUILD)/libasepsis.a
	$(CC) $(LDBASE) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/asepsisctl: $(call obj,$(CTL_SRC)) $(BUILD)/libasepsis.a
	$(CC) $(LDBASE) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(call obj,$(UNIT_LIB)) $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(CC) $(LDBASE) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs cmocka) $(PKG_LIBS) -lm

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libasepsis.a
	@mkdir -p $(@D)
	$(CC) $(LDBASE) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

unit: $(UNIT_BIN) ## run the unit tests only
	@for t in $(UNIT_BIN); do echo "== $$t"; $$t || exit 1; done

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean: ## remove everything that was made
	rm -rf build

help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

.PHONY: all unit clean help
.SECONDARY:
.DEFAULT_GOAL := all
