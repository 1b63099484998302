/* api/api.h - what the files of api/ share: what a sandbox keeps beside struct nacre. */
#ifndef API_API_H
#define API_API_H

#include "include/nacre.h"
#include "task/sandbox.h"
#include "vfs/change.h"

enum phase {
    PHASE_REST,    /* no run; background tasks may be there with keep_jobs */
    PHASE_RUNNING,
    PHASE_STEPS,   /* paused at the step limit */
    PHASE_STUCK    /* paused: every task waits for another */
};

enum {
    RESERVE = 256,        /* bytes for the line that tells why a run ended */
    PREFETCH_MOST = 256,  /* requests behind the one of a fault */
    INPUT_MOST = 1 << 20  /* bytes of input that wait for the script */
};

/* Something of the host's that was asked for and not yet given. */
struct wanted {
    uint64_t host, number; /* the token; the inode */
    uint64_t length;       /* bytes of a content */
    bool listing;
};

/* Rules of what listings leave out, immutable: the texts, and how they are compiled, are in filter.c. */
struct rules;

/* A listing that was given and waits for the .gitignore in it: on a heap of its own. */
struct pending {
    struct pending *next;
    struct heap heap;
    uint64_t number;        /* the directory */
    uint64_t ignore, length; /* the host's token of its .gitignore, its bytes */
    struct given_entry *entries;
    size_t count;
};

/* Commands with those of the host, counted: forks share it. */
struct command_table {
    struct shared shared;
    size_t count, own;              /* all; those of the host */
    const struct command **list;    /* sorted by name; in the same block, like what it names */
    struct command *host;
};

struct api {
    enum phase phase;
    struct heap heap;          /* what the host looks at between two calls; filter rules */
    struct nacre_limits limits;
    bool keep_jobs, gitignore, secrets; /* secrets: leave them out */
    struct rules *exclude;     /* counted; NULL: none */
    struct ptree ignore;       /* rules of the .gitignore files by the number of their directory */
    uint64_t workspace;        /* its inode: where a session begins */
    struct str workspace_path; /* in a block of its own */
    uint64_t left_out;

    struct run_state {
        bool ended;            /* a run has ended: its figures hold */
        int state;             /* enum nacre_state of the last run */
        int status;
        uint64_t steps, peak;
        uint64_t step_limit, memory_limit;
        int interrupts;        /* acted on */
        bool fresh;            /* the session is dropped at its end */
        bool diff;             /* it is a diff */
    } run;
    struct vfs *was;           /* of a diff: the tree before, which may need loading too */
    bool was_fault;            /* the fault noted in the vfs is one of `was` */

    struct wanted wanted[PREFETCH_MOST]; /* open requests of the fault, the one needed first */
    size_t wanted_count;
    uint64_t last_fault, last_asked; /* readahead: the inode of the last fault, the last one asked for behind it */
    size_t ahead;              /* how many were asked for behind it */
    struct pending *pending;
    struct compiled *compiled; /* filter.c: rules as they were compiled, on `heap` */

    struct command_table *table;
    struct output_piece *reserve; /* for the line of the end: RESERVE bytes that are always there */
    bool reserve_queued;

    struct buf text;           /* a path or a value that was handed out */
    struct nacre_text *words;  /* arguments that were handed out */
    struct extent *shown;      /* the content that nacre_get handed out */
    struct heap changes_heap;
    struct changes changes;
    struct vfs changes_was;    /* the tree they were found against: a share */
    bool changes_held;
};

static inline struct api *api_of(const struct nacre *n)
{
    return n->api;
}

/* The enum nacre_error of an enum error. */
int api_error(int error);
/* Is nothing running, and no background task left? */
bool api_at_rest(const struct nacre *n);
/* Calls body(argument) with a landing place, for work of the host's that takes no steps of the run; NACRE_E_MEMORY when it
 * left by exhaustion, else 0. */
int api_land(struct nacre *n, void (*body)(void *argument), void *argument);
void *api_allocate(struct nacre *n, size_t size); /* from the host's allocator, not counted; NULL */
void api_release(struct nacre *n, void *memory, size_t size);
/* realloc and free of the C library: the allocator of who gives none. */
void *allocate_default(void *user, void *memory, size_t old_size, size_t size);

static inline struct str api_str(struct nacre_text t)
{
    return str_of(t.data, t.length);
}
static inline struct nacre_text api_text(struct str s)
{
    return (struct nacre_text){s.data, s.length};
}
/* Copies a struct of ours into the caller's, which may be older and shorter, or newer. */
void api_fill(void *theirs, size_t size, void *ours, size_t our_size);

/* --- run.c ------------------------------------------------------------------------------- */
/* Everything of a run is gone: tasks, heap. The session stays as it is. */
void run_clear(struct nacre *n);
void run_begin(struct nacre *n, const struct nacre_limits *limits);
void run_drop_output(struct nacre *n);

/* --- files.c: a path to an inode, as root; missing directories are made (owned by the script's user) when `make` --- */
int files_walk(struct nacre *n, struct str path, unsigned flags, struct place *place);
int files_parents(struct nacre *n, struct str path);
/* Empties a directory. */
int files_remove_below(struct nacre *n, uint64_t directory);
void files_entry(struct nacre *n, struct vfs *v, uint64_t number, struct str name, struct nacre_entry *entry);
/* What is in a folder that was moved and never looked into is not known yet: notes a fault. */
bool files_changes_wait(struct nacre *n, const struct changes *changes);
/* Nothing is borrowed by the host any more. */
void files_forget(struct nacre *n);

/* --- host.c ------------------------------------------------------------------------------ */
/* Sets up a->wanted for the fault in the vfs. It allocates nothing but from the host. */
void host_fault(struct nacre *n);
/* Wakes the tasks for which the host has answered, in the order in which they asked. */
void host_wake(struct nacre *n);
bool host_waits(const struct nacre *n); /* is there a listing of which something must be given first? */
void host_drop(struct nacre *n);
/* The inode with that token in the tree, or that was asked for; 0. */
uint64_t host_number(struct nacre *n, uint64_t host, bool listing);

/* --- filter.c ---------------------------------------------------------------------------- */
struct rules *rules_parse(struct nacre *n, struct str text); /* counted; NULL: no memory */
struct rules *rules_list(struct nacre *n, const char *const *globs);
void rules_release(struct rules *r, struct meter *m);
/* Removes from `entries` what is to be left out of that directory; answers how many stay. Counts a->left_out. */
size_t filter_entries(struct nacre *n, struct vfs *v, uint64_t directory, struct given_entry *entries, size_t count);
/* The .gitignore of a directory. 0 or E_NOMEM. */
int filter_gitignore(struct nacre *n, uint64_t directory, struct str text);
extern const struct item_kind ignore_kind;

#endif
