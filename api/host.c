/* api/host.c - what is asked of the host and what it answers: contents, listings, commands, waiting. */
#include "api/api.h"

#include "task/command.h"

enum { READ_AHEAD_BYTES = 16 << 20, LOOK_AHEAD = 4096 /* inodes looked at for what may be needed next */ };

/* --- a fault --------------------------------------------------------------------------------- */

static void want(struct api *a, const struct vfs *v, uint64_t number, bool listing, uint64_t size)
{
    struct vfs *tree = (struct vfs *)(uintptr_t)v;
    a->wanted[a->wanted_count++] = (struct wanted){vfs_host(tree, number), number, listing ? 0 : size, listing};
}

/* What a walk will need next is likely to be behind what it needed last: inodes are numbered in the order of names. The more
 * often that came true, the more is asked for at once. */
void host_fault(struct nacre *n)
{
    struct api *a = api_of(n);
    struct vfs *v = a->was_fault ? a->was : &n->vfs;
    struct fault fault = n->vfs.fault;
    bool listing = fault.kind == FAULT_LISTING;
    uint64_t size = 0, total = 0;
    a->wanted_count = 0;
    vfs_awaits(v, fault.number, fault.kind, &size);
    want(a, v, fault.number, listing, size);
    if (a->was_fault)
        return;
    bool walking = fault.number > a->last_fault && fault.number <= a->last_asked + LOOK_AHEAD / 8;
    a->ahead = walking ? a->ahead * 2 + 1 : 0;
    if (a->ahead > PREFETCH_MOST - 1)
        a->ahead = PREFETCH_MOST - 1;
    a->last_fault = a->last_asked = fault.number;
    uint64_t last = fault.number + LOOK_AHEAD;
    while (a->wanted_count <= a->ahead && total < READ_AHEAD_BYTES) {
        uint64_t next = vfs_next_awaiting(v, a->last_asked + 1, last, fault.kind, &size);
        if (!next)
            break;
        if (!listing && (total += size) > READ_AHEAD_BYTES)
            break;
        want(a, v, next, listing, size);
        a->last_asked = next;
    }
}

bool host_waits(const struct nacre *n)
{
    return api_of(n)->pending != NULL;
}

uint64_t host_number(struct nacre *n, uint64_t host, bool listing)
{
    struct api *a = api_of(n);
    for (size_t i = 0; i < a->wanted_count; i++)
        if (a->wanted[i].host == host && a->wanted[i].listing == listing)
            return a->wanted[i].number;
    return vfs_given(&n->vfs, host);
}

static void answered(struct api *a, uint64_t host, bool listing)
{
    for (size_t i = 0; i < a->wanted_count; i++)
        if (a->wanted[i].host == host && a->wanted[i].listing == listing) {
            a->wanted_count--;
            memmove(&a->wanted[i], &a->wanted[i + 1], (a->wanted_count - i) * sizeof a->wanted[0]);
            return;
        }
}

/* The tree for which something was asked: in a diff it may be the one before. */
static struct vfs *faulting(const struct nacre *n)
{
    struct api *a = api_of(n);
    return a->was_fault ? a->was : (struct vfs *)(uintptr_t)&n->vfs;
}

/* --- listings -------------------------------------------------------------------------------- */

static void pending_free(struct nacre *n, struct pending *p)
{
    heap_drop(&p->heap);
    api_release(n, p, sizeof *p);
}

void host_drop(struct nacre *n)
{
    struct api *a = api_of(n);
    while (a->pending) {
        struct pending *next = a->pending->next;
        pending_free(n, a->pending);
        a->pending = next;
    }
}

struct listing_job {
    struct nacre *n;
    struct vfs *v;
    struct pending *pending;
    const struct nacre_entry *entries;
    size_t count;
    struct str text; /* of a .gitignore */
    int error;
};

static void copy_entries(void *argument)
{
    static const enum node_kind kinds[] = {0, NODE_FILE, NODE_DIRECTORY, NODE_LINK, NODE_FIFO, NODE_DEVICE};
    struct listing_job *j = argument;
    struct pending *p = j->pending;
    struct nacre *n = j->n;
    p->entries = heap_alloc(&p->heap, (j->count + 1) * sizeof *p->entries);
    size_t stride = j->count ? j->entries[0].size : 0;
    for (size_t i = 0; i < j->count; i++) {
        struct nacre_entry e = {0};
        const char *at = (const char *)j->entries + i * stride;
        memcpy(&e, at, stride < sizeof e ? stride : sizeof e);
        if (e.kind < NACRE_FILE || e.kind > NACRE_DEVICE || (e.kind == NACRE_LINK && !e.target.length)) {
            j->error = E_INVAL;
            return;
        }
        struct given_entry *g = &p->entries[i];
        *g = (struct given_entry){
            .name = str_copy(&p->heap, api_str(e.name)),
            .given = {.kind = kinds[e.kind], .mode = e.mode & 07777, .user = e.user, .group = e.group, .mtime = e.mtime,
                      .size = e.kind == NACRE_FILE ? e.length : 0, .host = e.host, .unreadable = e.unreadable != 0},
        };
        if (e.kind == NACRE_LINK)
            g->given.target = str_copy(&p->heap, api_str(e.target));
        if (!g->given.user && !g->given.group && n->who.user) {
            g->given.user = n->who.user;
            g->given.group = n->who.group;
        }
        if (e.kind == NACRE_DEVICE) { /* a special file of the host's: there, but not to be opened */
            g->given.kind = NODE_FILE;
            g->given.size = 0;
            g->given.unreadable = true;
        } else if (e.kind == NACRE_FIFO) { /* whoever stands at its other side is not here: the same */
            g->given.unreadable = true;
        }
        if (str_is(g->name, ".gitignore") && g->given.kind == NODE_FILE && e.host && e.length) {
            p->ignore = e.host;
            p->length = e.length;
        }
    }
    p->count = j->count;
}

/* A given entry and one of the standard tree that do not go together: the host's wins. */
static void make_way(struct nacre *n, uint64_t directory, struct pending *p)
{
    struct buf path;
    buf_init(&path, &p->heap);
    for (size_t i = 0; i < p->count; i++) {
        struct place place;
        buf_clear(&path);
        buf_add(&path, p->entries[i].name);
        if (vfs_walk(&n->vfs, (struct identity){0, 0}, directory, buf_str(&path), WALK_PARENT, &place) || !place.number)
            continue;
        struct stat_info info;
        if (vfs_look(&n->vfs, place.number, &info) || info.kind != NODE_DIRECTORY || p->entries[i].given.kind == NODE_DIRECTORY)
            continue;
        files_remove_below(n, place.number);
    }
}

static void load_listing(void *argument)
{
    struct listing_job *j = argument;
    struct nacre *n = j->n;
    struct pending *p = j->pending;
    p->count = filter_entries(n, j->v, p->number, p->entries, p->count);
    j->error = vfs_give_listing(j->v, p->number, p->entries, p->count);
    if (j->error == E_NOTEMPTY && j->v == &n->vfs) {
        make_way(n, p->number, p);
        j->error = vfs_give_listing(j->v, p->number, p->entries, p->count);
    }
}

static int finish_listing(struct nacre *n, struct pending *p)
{
    struct listing_job j = {.n = n, .v = faulting(n), .pending = p};
    int error = api_land(n, load_listing, &j);
    return error ? error : api_error(j.error);
}

int nacre_give_listing(nacre *n, uint64_t host, const struct nacre_entry *entries, size_t count)
{
    if (!n || !host || (count && (!entries || entries->size < offsetof(struct nacre_entry, mode))))
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    uint64_t number = host_number(n, host, true), size;
    if (!number)
        return NACRE_E_NOENT;
    if (!vfs_awaits(faulting(n), number, FAULT_LISTING, &size))
        return NACRE_E_STATE;
    struct pending *p = api_allocate(n, sizeof *p);
    if (!p)
        return NACRE_E_MEMORY;
    *p = (struct pending){.number = number};
    heap_init(&p->heap, &n->meter);
    struct listing_job j = {.n = n, .pending = p, .entries = entries, .count = count};
    int error = api_land(n, copy_entries, &j);
    if (!error)
        error = api_error(j.error);
    if (!error && p->ignore && a->gitignore) {
        answered(a, host, true);
        p->next = a->pending;
        a->pending = p;
        return NACRE_OK;
    }
    if (!error)
        error = finish_listing(n, p);
    if (!error)
        answered(a, host, true);
    pending_free(n, p);
    return error;
}

static void take_rules(void *argument)
{
    struct listing_job *j = argument;
    j->error = filter_gitignore(j->n, j->pending->number, j->text);
}

/* The .gitignore of a listing has come, or could not be had: the listing takes effect. */
static int end_pending(struct nacre *n, struct pending **at, struct str text)
{
    struct pending *p = *at;
    struct listing_job j = {.n = n, .pending = p, .text = text};
    int error = text.length ? api_land(n, take_rules, &j) : 0;
    if (!error)
        error = api_error(j.error);
    if (!error)
        error = finish_listing(n, p);
    if (!error) {
        *at = p->next;
        pending_free(n, p);
    }
    return error;
}

/* --- contents ---------------------------------------------------------------------------------- */

/* A lent content remembers how it goes back. */
struct loan {
    struct nacre *n;
    void (*release)(void *user, const void *bytes, size_t length);
    void *user;
    struct allocator allocator;
};

static void give_back(void *lender, struct str bytes)
{
    struct loan *loan = lender;
    struct allocator allocator = loan->allocator;
    loan->release(loan->user, bytes.data, bytes.length);
    allocator.resize(allocator.user, loan, sizeof *loan, 0);
}

struct content_job {
    struct nacre *n;
    struct vfs *v;
    uint64_t number;
    struct str bytes;
    bool copy;
    struct loan *loan;
    int error;
};

static void give_content(void *argument)
{
    struct content_job *j = argument;
    j->error = vfs_give_content(j->v, j->number, j->bytes, j->copy, j->loan ? give_back : NULL, j->loan);
}

int nacre_give_content(nacre *n, uint64_t host, const void *bytes, size_t length, int copy,
                       void (*release)(void *user, const void *bytes, size_t length), void *user)
{
    if (!n || !host || (!bytes && length))
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    struct str text = str_of(bytes, length);
    for (struct pending **at = &a->pending; *at; at = &(*at)->next)
        if ((*at)->ignore == host) {
            if (length != (*at)->length)
                return NACRE_E_STALE;
            int error = end_pending(n, at, text);
            if (error)
                return error;
            break; /* and it is a content like any other */
        }
    uint64_t number = host_number(n, host, false), size;
    struct vfs *v = faulting(n);
    if (!number)
        return NACRE_E_NOENT;
    if (!vfs_awaits(v, number, FAULT_CONTENT, &size)) {
        if (!copy && release)
            release(user, bytes, length);
        answered(a, host, false);
        return a->was_fault ? NACRE_E_STATE : NACRE_OK; /* it was changed meanwhile, or has no content to load */
    }
    struct loan *loan = NULL;
    if (!copy && release) {
        loan = api_allocate(n, sizeof *loan);
        if (!loan)
            return NACRE_E_MEMORY;
        *loan = (struct loan){n, release, user, n->meter.allocator};
    }
    struct content_job j = {n, v, number, text, copy != 0, loan, 0};
    int error = api_land(n, give_content, &j);
    if (!error)
        error = api_error(j.error);
    if (error) {
        api_release(n, loan, sizeof *loan);
        return error;
    }
    answered(a, host, false);
    return NACRE_OK;
}

int nacre_give_failure(nacre *n, uint64_t host, int error)
{
    if (!n || !host)
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    for (struct pending **at = &a->pending; *at; at = &(*at)->next)
        if ((*at)->ignore == host) {
            int failed = end_pending(n, at, str_of("", 0));
            if (failed)
                return failed;
            break;
        }
    int reason = error == NACRE_E_ACCESS ? E_ACCES : error == NACRE_E_NOENT ? E_NOENT : error == NACRE_E_STALE ? E_STALE : E_IO;
    struct vfs *v = faulting(n);
    bool known = false;
    for (int listing = 0; listing < 2; listing++) {
        uint64_t number = host_number(n, host, listing), size;
        if (!number || !vfs_awaits(v, number, listing ? FAULT_LISTING : FAULT_CONTENT, &size))
            continue;
        int failed = vfs_give_failure(v, number, reason);
        if (failed)
            return api_error(failed);
        answered(a, host, listing);
        known = true;
    }
    return known ? NACRE_OK : NACRE_E_NOENT;
}

uint64_t nacre_take_back(nacre *n, uint64_t keep)
{
    if (!n)
        return 0;
    return vfs_take_back_to(&n->vfs, api_of(n)->last_asked + 1, keep);
}

/* --- requests ------------------------------------------------------------------------------------ */

struct telling {
    struct nacre *n;
    struct nacre_request *request;
    uint64_t number;
    bool old;
    struct str name;
    struct host_call *call;
};

static void tell_path(void *argument)
{
    struct telling *w = argument;
    struct buf *text = &api_of(w->n)->text;
    struct vfs *v = w->old ? api_of(w->n)->was : &w->n->vfs;
    buf_clear(text);
    if (vfs_path(v, w->number, text))
        buf_clear(text);
    if (w->name.length) {
        if (text->length != 1)
            buf_add_byte(text, '/');
        buf_add(text, w->name);
    }
    w->request->path = api_text(buf_str(text));
}

static void tell_call(void *argument)
{
    struct telling *w = argument;
    struct api *a = api_of(w->n);
    struct host_call *c = w->call;
    const struct environment *e = c->task->environment;
    size_t count = c->argument_count + (e ? e->count : 0);
    heap_free(&a->heap, a->words);
    a->words = NULL;
    struct nacre_text *words = heap_alloc(&a->heap, (count + 1) * sizeof *words);
    a->words = words;
    for (size_t i = 0; i < c->argument_count; i++)
        words[i] = api_text(c->arguments[i]);
    w->request->arguments = words;
    w->request->argument_count = c->argument_count;
    words += c->argument_count;
    for (size_t i = 0; e && i < e->count; i++)
        words[i] = api_text(e->at[i]);
    w->request->environment = words;
    w->request->environment_count = e ? e->count : 0;
    w->request->path = api_text(c->directory);
}

int nacre_request(nacre *n, size_t index, struct nacre_request *request)
{
    if (!n || !request || request->size < sizeof *request)
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    struct nacre_request r = {.size = request->size};
    struct telling work = {.n = n, .request = &r};
    if (a->pending) {
        struct pending *p = a->pending;
        while (p && index--)
            p = p->next;
        if (!p)
            return NACRE_E_NOENT;
        r.kind = NACRE_REQUEST_CONTENT;
        r.id = r.host = p->ignore;
        r.length = p->length;
        work.number = p->number;
        work.name = str_lit(".gitignore");
    } else if (a->wanted_count || n->vfs.fault.kind != FAULT_NONE) {
        if (index >= a->wanted_count)
            return NACRE_E_NOENT;
        const struct wanted *w = &a->wanted[index];
        r.kind = w->listing ? NACRE_REQUEST_LISTING : NACRE_REQUEST_CONTENT;
        r.id = r.host = w->host;
        r.length = w->length;
        work.number = w->number;
        work.old = a->was_fault;
    } else if (a->phase == PHASE_REST) {
        return NACRE_E_NOENT;
    } else if (n->input_wanted && index-- == 0) {
        r.kind = NACRE_REQUEST_INPUT;
    } else if (n->output_wanted && index-- == 0) {
        r.kind = NACRE_REQUEST_OUTPUT;
    } else if (n->sleep_asked && n->sleeper_count && index-- == 0) {
        r.kind = NACRE_REQUEST_SLEEP;
        r.until = n->sleepers[0]->wake;
    } else {
        struct host_call *c = n->host_calls;
        for (; c; c = c->next)
            if (c->task && !c->done && index-- == 0)
                break;
        if (!c)
            return NACRE_E_NOENT;
        r.kind = NACRE_REQUEST_COMMAND;
        r.id = c->id;
        work.call = c;
    }
    int error = work.call ? api_land(n, tell_call, &work) : work.number ? api_land(n, tell_path, &work) : 0;
    if (!error)
        *request = r;
    return error;
}

int nacre_wake(nacre *n, int64_t clock)
{
    if (!n)
        return NACRE_E_INVALID;
    if (api_of(n)->phase == PHASE_REST || !n->real_time)
        return NACRE_E_STATE;
    if (clock > sandbox_now(n)) {
        n->clock = clock;
        n->clock_used = meter_used(&n->meter);
    }
    n->sleep_asked = false;
    return NACRE_OK;
}

/* --- commands of the host's --------------------------------------------------------------------------- */

static void call_gone(void *thing, struct meter *m)
{
    struct host_call *c = thing;
    (void)m;
    c->task = NULL;
}

static int start_host(struct call *c)
{
    struct nacre *n = c->task->sandbox;
    struct host_call **mine = c->state;
    struct hold *hold = heap_hold(c->heap, call_gone);
    struct host_call *h = heap_new(&n->heap, struct host_call);
    buf_init(&h->output[0], &n->heap);
    buf_init(&h->output[1], &n->heap);
    struct buf path;
    buf_init(&path, &n->heap);
    if (task_getcwd(c->task, &path))
        buf_clear(&path);
    h->directory = buf_str(&path);
    h->arguments = heap_alloc(&n->heap, (c->argc + 1) * sizeof *h->arguments);
    for (size_t i = 0; i < c->argc; i++)
        h->arguments[i] = str_copy(&n->heap, c->argv[i]);
    h->argument_count = c->argc;
    h->id = n->next_id++;
    h->task = c->task;
    hold->thing = h;
    struct host_call **last = &n->host_calls;
    while (*last)
        last = &(*last)->next;
    *last = h;
    *mine = h;
    return 0;
}

static void forget_call(struct nacre *n, struct host_call *h)
{
    for (struct host_call **at = &n->host_calls; *at; at = &(*at)->next)
        if (*at == h) {
            *at = h->next;
            break;
        }
    buf_drop(&h->output[0]);
    buf_drop(&h->output[1]);
    for (size_t i = 0; i < h->argument_count; i++)
        heap_free(&n->heap, (char *)(uintptr_t)h->arguments[i].data);
    heap_free(&n->heap, h->arguments);
    heap_free(&n->heap, (char *)(uintptr_t)h->directory.data);
}

static enum step step_host(struct call *c)
{
    struct host_call **mine = c->state, *h = *mine;
    for (int i = 0; i < 2; i++) {
        if (!h->output[i].length)
            continue;
        if (i == 0)
            call_print(c, buf_str(&h->output[i]));
        else
            call_complain(c, "%S", buf_str(&h->output[i]));
        call_charge_bytes(c, h->output[i].length);
        buf_clear(&h->output[i]);
    }
    if (!h->done)
        return STEP_WAIT;
    int status = h->status;
    forget_call(c->task->sandbox, h);
    return call_exit(c, status);
}

void host_wake(struct nacre *n)
{
    for (struct host_call *c = n->host_calls; c; c = c->next)
        if (c->task && (c->done || c->output[0].length || c->output[1].length))
            task_ready(c->task);
}

static struct host_call *find_call(struct nacre *n, uint64_t id)
{
    struct host_call *c = n->host_calls;
    while (c && c->id != id)
        c = c->next;
    return c;
}

struct output_job {
    struct buf *to;
    struct str data;
};

static void add_output(void *argument)
{
    struct output_job *j = argument;
    buf_add(j->to, j->data);
}

int nacre_command_write(nacre *n, uint64_t id, int stream, const void *data, size_t size)
{
    if (!n || (stream != 1 && stream != 2) || (!data && size))
        return NACRE_E_INVALID;
    struct host_call *c = find_call(n, id);
    if (!c || c->done)
        return NACRE_E_NOENT;
    if (!c->task)
        return (int)size; /* it was killed: nobody reads this */
    size_t count = size > INPUT_MOST ? INPUT_MOST : size;
    struct output_job j = {&c->output[stream - 1], str_of(data, count)};
    int error = api_land(n, add_output, &j);
    return error ? error : (int)count;
}

int nacre_command_done(nacre *n, uint64_t id, int status)
{
    if (!n)
        return NACRE_E_INVALID;
    struct host_call *c = find_call(n, id);
    if (!c || c->done)
        return NACRE_E_NOENT;
    c->done = true;
    c->status = status & 255;
    if (!c->task)
        forget_call(n, c);
    return NACRE_OK;
}

/* --- the table of commands ------------------------------------------------------------------------------ */

static struct command_table *table_with(struct nacre *n, struct str name, struct str summary)
{
    struct command_table *old = api_of(n)->table;
    size_t own = (old ? old->own : 0) + 1, texts = name.length + summary.length + 2;
    for (size_t i = 0; i + 1 < own; i++)
        texts += strlen(old->host[i].name) + strlen(old->host[i].summary) + 2;
    size_t count = n->command_count + 1;
    struct command_table *t =
        shared_new_uncharged(&n->meter, sizeof *t + count * sizeof *t->list + own * sizeof *t->host + texts);
    if (!t)
        return NULL;
    t->count = count;
    t->own = own;
    t->host = (struct command *)(void *)(t + 1);
    t->list = (const struct command **)(void *)(t->host + own);
    char *text = (char *)(t->list + count);
    for (size_t i = 0; i < own; i++) {
        struct str a = i + 1 < own ? str_from(old->host[i].name) : name, b = i + 1 < own ? str_from(old->host[i].summary) : summary;
        t->host[i] = (struct command){.name = text, .summary = text + a.length + 1, .usage = "[ARGUMENT]...",
            .state = sizeof(struct host_call *), .start = start_host, .step = step_host, .flags = COMMAND_RAW};
        memcpy(text, a.data, a.length);
        text[a.length] = 0;
        text += a.length + 1;
        if (b.length)
            memcpy(text, b.data, b.length);
        text[b.length] = 0;
        text += b.length + 1;
    }
    size_t at = 0; /* the old list, with those of the host as they now are, and the new one in its place */
    for (size_t i = 0; i < n->command_count; i++) {
        const struct command *c = n->commands[i];
        if (at == i && str_compare(name, str_from(c->name)) < 0)
            t->list[at++] = &t->host[own - 1];
        for (size_t k = 0; old && k < old->own; k++)
            if (c == &old->host[k])
                c = &t->host[k];
        t->list[at++] = c;
    }
    if (at == n->command_count)
        t->list[at] = &t->host[own - 1];
    return t;
}

int nacre_add_command(nacre *n, struct nacre_text name, struct nacre_text summary)
{
    struct str word = api_str(name), text = api_str(summary);
    if (!n || !word.length || word.length > 200 || memchr(word.data, 0, word.length) ||
        memchr(word.data, '/', word.length) || memchr(word.data, '\n', word.length) || str_is(word, ".") ||
        str_is(word, "..") || (text.length && memchr(text.data, 0, text.length)))
        return NACRE_E_INVALID;
    if (!api_at_rest(n))
        return NACRE_E_STATE;
    if (sandbox_command(n, word))
        return NACRE_E_EXIST;
    char path[240] = "/usr/bin/", line[240] = "#!/usr/bin/nacre ";
    size_t path_length = strlen(path), line_length = strlen(line);
    memcpy(path + path_length, word.data, word.length);
    memcpy(line + line_length, word.data, word.length);
    line[line_length + word.length] = '\n';
    struct command_table *t = table_with(n, word, text);
    if (!t)
        return NACRE_E_MEMORY;
    uint64_t limit = n->vfs.disk_limit;
    bool base = vfs_disk(&n->vfs) == 0;
    n->vfs.disk_limit = UINT64_MAX;
    int error = nacre_put(n, path, path_length + word.length, line, line_length + word.length + 1, 0755);
    n->vfs.disk_limit = limit;
    if (error) {
        shared_free(&n->meter, t);
        return error;
    }
    if (base) /* a new sandbox: the command is part of what it was given */
        vfs_set_base(&n->vfs);
    struct api *a = api_of(n);
    if (shared_drop(a->table))
        shared_free(&n->meter, a->table);
    a->table = t;
    n->commands = t->list;
    n->command_count = t->count;
    return NACRE_OK;
}
