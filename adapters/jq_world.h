/* adapters/jq_world.h - what libjq finds around it: filled by jq.c, asked by what libjq calls in jq_host.c. */
#ifndef ADAPTERS_JQ_WORLD_H
#define ADAPTERS_JQ_WORLD_H

#include "adapters/jq.h"
#include "adapters/pcre2.h"
#include "base/date.h"

enum { JQ_WORLD_SLOTS = 8, JQ_WORLD_PATTERNS = 8 };

/* A module's file, as it was found. */
struct jq_file {
    struct str path, content, real_path;
    bool found;
    const char *error;
};

struct jq_pattern {
    struct str text;
    unsigned flags;
    struct perl *perl;
};

struct jq_world {
    struct jq_setup setup;
    struct date_zone zone, utc;
    void *slots[JQ_WORLD_SLOTS];
    struct jq_pattern patterns[JQ_WORLD_PATTERNS]; /* those used last, in turn */
    size_t next_pattern;
    struct jq_file *files;
    size_t file_count;
    struct buf wanted;   /* a path that is in no file; empty: none */
    bool dead, too_deep;
};

/* Calls body(argument) with `w` as the world of this thread. False when it ended by jq_host_die. */
bool jq_world_run(struct jq_world *w, void (*body)(void *argument), void *argument);

#endif
