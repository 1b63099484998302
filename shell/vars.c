/* shell/vars.c - variables of a shell: found, read, assigned, unset, with their scopes. */
#include "shell/vm.h"

#include "shell/arith.h"
#include "shell/print.h"

/* --- items ---------------------------------------------------------------------------------- */

static void drop_item(struct item *item, struct meter *m)
{
    shared_free(m, item);
}

const struct item_kind text_kind = {drop_item, true};

static void drop_variable(struct item *item, struct meter *m)
{
    struct variable *v = (struct variable *)item;
    while (v) { /* hidden bindings go one by one, not by recursion */
        struct variable *outer = v->outer;
        text_release(v->value, m);
        ptree_release(&v->elements, &text_kind, m);
        btree_release(&v->table, &text_kind, m);
        shared_free(m, v);
        v = shared_drop(outer) ? outer : NULL;
    }
}

const struct item_kind variable_kind = {drop_variable, true};

static void drop_function(struct item *item, struct meter *m)
{
    struct function *f = (struct function *)item;
    code_release(f->code, m);
    text_release(f->name, m);
    text_release(f->file, m);
    shared_free(m, f);
}

const struct item_kind function_kind = {drop_function, true};

_Noreturn static void out_of_memory(struct shell *sh)
{
    meter_out_of_memory(&sh->sandbox->meter);
}

static struct text *make_text(struct meter *m, size_t capacity)
{
    struct text *t = shared_new(m, sizeof *t + capacity + 1);
    if (!t)
        meter_out_of_memory(m);
    t->item.weight = 0;
    return t;
}

struct text *text_new(struct shell *sh, struct str s)
{
    struct text *t = make_text(&sh->sandbox->meter, s.length);
    if (s.length)
        memcpy(t->data, s.data, s.length);
    t->data[s.length] = 0;
    t->length = s.length;
    return t;
}

void text_release(void *text, struct meter *m)
{
    if (shared_drop(text))
        shared_free(m, text);
}

static size_t text_room(const struct text *t)
{
    return t->item.shared.size - sizeof *t - 1;
}

/* Puts `s` into *slot, in place where it can. `s` may be part of the old value. */
static void text_set(struct shell *sh, struct text **slot, struct str s)
{
    struct text *t = *slot;
    if (t && shared_alone(t) && text_room(t) >= s.length && (text_room(t) < 64 || text_room(t) < 4 * s.length)) {
        if (s.length)
            memmove(t->data, s.data, s.length);
        t->data[s.length] = 0;
        t->length = s.length;
        return;
    }
    struct text *fresh = make_text(&sh->sandbox->meter, s.length < 16 ? 16 : s.length);
    if (s.length)
        memcpy(fresh->data, s.data, s.length);
    fresh->data[s.length] = 0;
    fresh->length = s.length;
    *slot = fresh;
    text_release(t, &sh->sandbox->meter);
}

/* Adds to *slot; doubles small ones, and large ones by an eighth, so that `s+=x` is linear. */
static void text_append(struct shell *sh, struct text **slot, struct str s)
{
    struct meter *m = &sh->sandbox->meter;
    struct text *t = *slot;
    size_t length = t ? t->length : 0;
    if (!t || !shared_alone(t) || text_room(t) - length < s.length) {
        size_t room = length + s.length;
        room += room < (1 << 20) ? room : room / 8;
        struct text *bigger;
        if (t && shared_alone(t) && !(s.data >= t->data && s.data <= t->data + length)) {
            bigger = shared_resize(m, t, sizeof *t + room + 1);
            if (!bigger)
                out_of_memory(sh);
        } else {
            bigger = make_text(m, room);
            if (length)
                memcpy(bigger->data, t->data, length);
            bigger->length = length;
            if (s.length)
                memcpy(bigger->data + length, s.data, s.length);
            bigger->length = length + s.length;
            bigger->data[bigger->length] = 0;
            text_release(t, m);
            *slot = bigger;
            return;
        }
        *slot = t = bigger;
    }
    if (s.length)
        memmove(t->data + length, s.data, s.length);
    t->length = length + s.length;
    t->data[t->length] = 0;
}

/* --- finding ------------------------------------------------------------------------------------ */

static struct cache_slot *slot_of(struct shell *sh, uint32_t hash)
{
    if (!sh->cache) {
        if (sh->cache_misses++ < 16)
            return NULL;
        sh->cache = heap_zero(sh->heap, CACHE_SLOTS * sizeof *sh->cache);
    }
    return &sh->cache[hash % CACHE_SLOTS];
}

static bool is_named(const struct variable *v, struct str name)
{
    return v->name_length == name.length && memcmp(v->name, name.data, name.length) == 0;
}

static void changed(struct shell *sh)
{
    sh->version++;
}

struct variable *var_find(struct shell *sh, struct str name, uint32_t hash)
{
    struct cache_slot *slot = slot_of(sh, hash);
    if (slot && slot->hash == hash && slot->version == sh->version && slot->variable && is_named(slot->variable, name))
        return slot->variable;
    union entry entry;
    if (!btree_find(sh->state.variables, name, &entry))
        return NULL;
    if (slot)
        *slot = (struct cache_slot){hash, sh->version, (struct variable *)entry.item, false};
    return (struct variable *)entry.item;
}

static struct item *copy_variable(const struct item *item, struct meter *m)
{
    const struct variable *v = (const struct variable *)item;
    struct variable *copy = shared_new(m, sizeof *v + v->name_length + 1);
    if (!copy)
        return NULL;
    struct shared head = copy->item.shared;
    memcpy((char *)copy + sizeof head, (const char *)v + sizeof head, sizeof *v - sizeof head + v->name_length + 1);
    shared_keep(copy->outer);
    shared_keep(copy->value);
    copy->elements = ptree_share(v->elements);
    copy->table = btree_share(v->table);
    return &copy->item;
}

static struct variable *new_variable(struct shell *sh, struct str name)
{
    struct variable *v = shared_new(&sh->sandbox->meter, sizeof *v + name.length + 1);
    if (!v)
        out_of_memory(sh);
    memset((char *)v + sizeof v->item.shared, 0, sizeof *v - sizeof v->item.shared);
    v->name_length = name.length;
    memcpy(v->name, name.data, name.length);
    v->name[name.length] = 0;
    return v;
}

static void put(struct shell *sh, struct str name, struct variable *v)
{
    if (btree_set(&sh->state.variables, name, (union entry){.item = &v->item}, &variable_kind, &sh->sandbox->meter) < 0) {
        if (shared_drop(v))
            drop_variable(&v->item, &sh->sandbox->meter);
        out_of_memory(sh);
    }
    changed(sh);
}

struct variable *var_own(struct shell *sh, struct str name, uint32_t hash, bool make)
{
    struct cache_slot *slot = slot_of(sh, hash);
    if (slot && slot->own && slot->hash == hash && slot->version == sh->version && slot->variable && is_named(slot->variable, name))
        return slot->variable;
    int error = 0;
    struct variable *v = (struct variable *)btree_own(&sh->state.variables, name, copy_variable, &variable_kind,
                                                      &sh->sandbox->meter, &error);
    if (!v && error == E_NOMEM)
        out_of_memory(sh);
    if (!v) {
        if (!make)
            return NULL;
        v = new_variable(sh, name);
        put(sh, name, v);
    }
    slot = slot_of(sh, hash);
    if (slot)
        *slot = (struct cache_slot){hash, sh->version, v, true};
    return v;
}

bool shell_is_name(struct str name)
{
    if (!name.length || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

bool var_split(struct str whole, struct str *name, struct str *subscript)
{
    ptrdiff_t open = str_find(whole, '[');
    if (open <= 0 || whole.data[whole.length - 1] != ']')
        return false;
    *name = str_first(whole, (size_t)open);
    *subscript = str_of(whole.data + open + 1, whole.length - (size_t)open - 2);
    return shell_is_name(*name);
}

bool var_follow(struct shell *sh, struct str *name, uint32_t *hash)
{
    for (int depth = 0; depth < 64; depth++) {
        struct variable *v = var_find(sh, *name, *hash);
        if (!v || !(v->flags & VAR_NAMEREF) || !v->value || !v->value->length)
            return true;
        struct str target = text_str(v->value);
        if (str_equal(target, *name)) { /* its own name: the binding outside */
            return true;
        }
        *name = target;
        *hash = code_hash(target);
    }
    shell_error(sh, "warning: %S: circular name reference", *name);
    return false;
}

/* Associative arrays that are made: BASH_ALIASES, BASH_CMDS. */
static struct btree *made_table(struct shell *sh, struct str name)
{
    return name.length == 12 && str_is(name, "BASH_ALIASES") ? &sh->state.aliases : name.length == 9 && str_is(name, "BASH_CMDS") ? &sh->state.hashed : NULL;
}

/* --- values ------------------------------------------------------------------------------------------ */

static bool own_value(const struct variable *v, struct str *value)
{
    if (v->flags & VAR_ARRAY) {
        struct item *item = ptree_get(v->elements, 0);
        if (!item)
            return false;
        *value = text_str((struct text *)item);
        return true;
    }
    if (v->flags & VAR_ASSOC) {
        union entry entry;
        if (!btree_find(v->table, str_lit("0"), &entry))
            return false;
        *value = text_str((struct text *)entry.item);
        return true;
    }
    if (!v->value)
        return false;
    *value = text_str(v->value);
    return true;
}

bool var_value(struct shell *sh, struct str name, uint32_t hash, struct made *store, struct str *value)
{
    struct variable *v = var_find(sh, name, hash);
    if (v && v->flags & VAR_NAMEREF) {
        if (!var_follow(sh, &name, &hash))
            return false;
        struct str base, subscript;
        bool bad;
        if (var_split(name, &base, &subscript)) {
            struct buf text;
            bool found = var_element(sh, base, code_hash(base), subscript_expand(sh, subscript, &text), store, value, &bad);
            buf_drop(&text);
            return found;
        }
        v = var_find(sh, name, hash);
        if (v && v->flags & VAR_NAMEREF)
            return false;
    }
    if (v)
        return own_value(v, value);
    int which = made_array(sh, name);
    if (which ? made_element(sh, which, 0, store) : made_value(sh, name, store)) {
        *value = store->value;
        return true;
    }
    return false;
}

/* One past the highest index. */
static uint64_t array_end(const struct variable *v)
{
    uint64_t last = UINT64_MAX;
    return ptree_previous(v->elements, &last) ? last + 1 : 0;
}

bool var_element(struct shell *sh, struct str name, uint32_t hash, struct str subscript, struct made *store, struct str *value, bool *bad)
{
    *bad = false;
    if (!var_follow(sh, &name, &hash))
        return false;
    struct variable *v = var_find(sh, name, hash);
    int which = v ? MADE_NONE : made_array(sh, name);
    const struct btree *table = v ? NULL : made_table(sh, name);
    if (table || (v && v->flags & VAR_ASSOC)) {
        union entry entry;
        if (!btree_find(table ? *table : v->table, subscript, &entry))
            return false;
        *value = text_str((struct text *)entry.item);
        return true;
    }
    if (!subscript.length) {
        shell_error(sh, "%S: bad array subscript", name);
        *bad = true;
        return false;
    }
    int64_t index;
    uint64_t end = v && v->flags & VAR_ARRAY ? array_end(v) : v && v->value ? 1 : 0;
    if (which) {
        struct made probe;
        while (made_element(sh, which, (size_t)end, &probe))
            end++;
    }
    if (arith_evaluate(sh, subscript, "", &index) < 0) {
        shell_give_up(sh);
        *bad = true;
        return false;
    }
    if (index < 0 && (index += (int64_t)end) < 0) { /* a message, and an empty value */
        shell_error(sh, "%S: bad array subscript", name);
        if (sh->state.options & OPT_ERREXIT)
            shell_fail(sh, 1);
        return false;
    }
    if (which) {
        if (!made_element(sh, which, (size_t)index, store))
            return false;
        *value = store->value;
        return true;
    }
    v = var_find(sh, name, hash);
    if (!v) {
        if (index == 0)
            return var_value(sh, name, hash, store, value);
        return false;
    }
    if (!(v->flags & VAR_ARRAY)) {
        if (index != 0 || !v->value)
            return false;
        *value = text_str(v->value);
        return true;
    }
    struct item *item = ptree_get(v->elements, (uint64_t)index);
    if (!item)
        return false;
    *value = text_str((struct text *)item);
    return true;
}

bool var_is_array(struct shell *sh, struct str name, uint32_t hash, bool *assoc)
{
    if (!var_follow(sh, &name, &hash))
        return false;
    struct variable *v = var_find(sh, name, hash);
    *assoc = v ? (v->flags & VAR_ASSOC) != 0 : made_table(sh, name) != NULL;
    return *assoc ? true : v ? (v->flags & (VAR_ARRAY | VAR_ASSOC)) != 0 : made_array(sh, name) != MADE_NONE;
}

/* bash hashes keys with FNV-1 into 1024 buckets and lists these in order. */
static uint32_t bash_hash(struct str s)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < s.length; i++) {
        hash *= 16777619u;
        hash ^= (uint32_t)(int32_t)(signed char)s.data[i];
    }
    return hash;
}

void assoc_order(struct heap *heap, struct str *keys, size_t count)
{
    uint32_t buckets = 1024;
    while (count >= (size_t)buckets * 2)
        buckets *= 4;
    hash_order(heap, keys, count, buckets);
}

void hash_order(struct heap *heap, struct str *keys, size_t count, uint32_t buckets)
{
    if (count < 2)
        return;
    /* counting by bucket, stable: two arrays */
    uint32_t *place = heap_zero(heap, (buckets + 1) * sizeof *place);
    struct str *sorted = heap_alloc(heap, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        place[(bash_hash(keys[i]) & (buckets - 1)) + 1]++;
    for (uint32_t b = 0; b < buckets; b++)
        place[b + 1] += place[b];
    for (size_t i = 0; i < count; i++)
        sorted[place[bash_hash(keys[i]) & (buckets - 1)]++] = keys[i];
    memcpy(keys, sorted, count * sizeof *keys);
    heap_free(heap, sorted);
    heap_free(heap, place);
}

void var_each(struct shell *sh, struct str name, uint32_t hash, void (*each)(void *user, struct str key, struct str value), void *user)
{
    struct made made;
    if (!var_follow(sh, &name, &hash))
        return;
    struct variable *v = var_find(sh, name, hash);
    int which = v ? MADE_NONE : made_array(sh, name);
    if (which) {
        for (size_t i = 0; made_element(sh, which, i, &made); i++) {
            struct made key;
            each(user, number_str(&key, i), made.value);
        }
        return;
    }
    const struct btree *made_one = v ? NULL : made_table(sh, name);
    if (made_one || (v && v->flags & VAR_ASSOC)) {
        struct btree table = made_one ? *made_one : v->table;
        size_t count = (size_t)table.count, i = 0;
        struct str *keys = heap_alloc(sh->heap, (count + 1) * sizeof *keys);
        struct btree_walk walk;
        union entry entry;
        btree_walk_start(&walk, table);
        while (i < count && btree_walk_next(&walk, &keys[i], &entry))
            i++;
        if (made_one)
            hash_order(sh->heap, keys, count, name.length == 12 ? 64 : 256);
        else
            assoc_order(sh->heap, keys, count);
        for (i = 0; i < count; i++)
            if (btree_find(table, keys[i], &entry))
                each(user, keys[i], text_str((struct text *)entry.item));
        heap_free(sh->heap, keys);
        meter_charge(&sh->sandbox->meter, (int64_t)count);
        return;
    }
    if (v && v->flags & VAR_ARRAY) {
        uint64_t index = 0;
        struct item *item;
        for (; (item = ptree_next(v->elements, &index)); index++) {
            each(user, number_str(&made, index), text_str((struct text *)item));
            meter_charge(&sh->sandbox->meter, 1);
        }
        return;
    }
    struct str value;
    if (var_value(sh, name, hash, &made, &value))
        each(user, str_lit("0"), value);
}

size_t var_count(struct shell *sh, struct str name, uint32_t hash)
{
    struct made made;
    struct str value;
    if (!var_follow(sh, &name, &hash))
        return 0;
    struct variable *v = var_find(sh, name, hash);
    int which = v ? MADE_NONE : made_array(sh, name);
    if (which) {
        size_t count = 0;
        while (made_element(sh, which, count, &made))
            count++;
        return count;
    }
    if (!v && made_table(sh, name))
        return (size_t)made_table(sh, name)->count;
    if (v && v->flags & VAR_ASSOC)
        return (size_t)v->table.count;
    if (v && v->flags & VAR_ARRAY)
        return (size_t)v->elements.count;
    return var_value(sh, name, hash, &made, &value);
}

bool var_is_set(struct shell *sh, struct str name, uint32_t hash, struct str subscript, bool has_subscript)
{
    struct made made;
    struct str value;
    bool bad;
    if (!has_subscript)
        return var_value(sh, name, hash, &made, &value);
    if (str_is(subscript, "@") || str_is(subscript, "*"))
        return var_count(sh, name, hash) > 0;
    return var_element(sh, name, hash, subscript, &made, &value, &bad);
}

bool shell_get(struct shell *sh, struct str name, struct str *value)
{
    static const struct made none;
    struct made *store = &sh->made;
    *store = none;
    struct str base, subscript;
    bool bad;
    if (var_split(name, &base, &subscript))
        return var_element(sh, base, code_hash(base), subscript, store, value, &bad);
    return var_value(sh, name, code_hash(name), store, value);
}

/* --- assigning --------------------------------------------------------------------------------------------- */

int var_readonly_error(struct shell *sh, struct str name)
{
    shell_error(sh, "%S: readonly variable", name);
    return -1;
}

/* Names whose change the shell must hear of. */
static void told(struct shell *sh, struct str name, struct str value)
{
    if (name.length == 6 && str_is(name, "OPTIND"))
        sh->state.getopts_at = 0;
    if (str_starts(name, "LC_") || str_starts(name, "LANG"))
        sh->environment_version++;
    if (name.length == 3 && str_is(name, "IFS"))
        for (size_t i = 0; i < value.length; i++) {
            sh->ifs_set |= !utf8_byte_is(value.data[i], UTF8_SPACE);
            sh->ifs_odd |= utf8_byte_is(value.data[i], UTF8_ALNUM);
        }
    if (name.length == 8 && str_is(name, "FUNCNEST"))
        sh->nest_limit = true;
    if (name.length == 4 && sh->state.hashed.count && str_is(name, "PATH"))
        hashed_forget(sh);
}

/* Assignments to made variables: true when it was one. */
static bool assign_made(struct shell *sh, struct str name, struct str value)
{
    int64_t number = 0;
    if (name.length == 6 && str_is(name, "RANDOM")) {
        if (arith_evaluate(sh, value, "", &number) == 0) {
            sh->state.random = (uint32_t)number;
            sh->state.random_seeded = true;
        }
        return true;
    }
    if (name.length == 7 && str_is(name, "SECONDS")) {
        if (arith_evaluate(sh, value, "", &number) == 0)
            sh->state.seconds = sandbox_now(sh->sandbox) - number * 1000000000;
        return true;
    }
    if (str_is(name, "BASH_ARGV0")) {
        text_release(sh->state.name, &sh->sandbox->meter);
        sh->state.name = text_new(sh, value);
        return true;
    }
    if (name.length == 1 && name.data[0] == '_')
        return true;
    return str_is(name, "LINENO") || str_is(name, "BASHPID") || str_is(name, "SRANDOM") || str_is(name, "EPOCHSECONDS") ||
           str_is(name, "EPOCHREALTIME") || str_is(name, "BASH_SUBSHELL") || str_is(name, "BASH_COMMAND") || made_array(sh, name);
}

static struct str convert_case(struct shell *sh, uint32_t flags, struct str value, struct buf *store)
{
    enum locale locale = shell_locale(sh);
    buf_init(store, sh->heap);
    bool first = true;
    for (size_t i = 0; i < value.length;) {
        struct utf8_char c = utf8_first(str_after(value, i), locale);
        if (c.valid) {
            bool up = flags & VAR_UPPER || (flags & VAR_CAPITAL && first);
            char out[UTF8_MOST];
            if (locale == LOCALE_C || c.code < 0x80)
                buf_add_byte(store, (char)(up ? utf8_ascii_upper[c.code] : utf8_ascii_lower[c.code]));
            else
                buf_add(store, str_of(out, utf8_encode(up ? utf8_upper(c.code, locale) : utf8_lower(c.code, locale), out)));
        } else {
            buf_add(store, str_of(value.data + i, c.length));
        }
        i += c.length;
        first = false;
    }
    return buf_str(store);
}

/* The value as the attributes want it: false after a message. */
static bool prepare(struct shell *sh, const struct variable *v, struct str *value, struct str old, bool append,
                    struct made *made, struct buf *store)
{
    store->data = NULL;
    store->heap = sh->heap;
    if (v->flags & VAR_INTEGER) {
        int64_t number = 0, before = 0;
        struct str text = *value;
        if (arith_evaluate(sh, text, "", &number) < 0)
            return false;
        if (append && arith_evaluate(sh, old, "", &before) < 0)
            return false;
        number = (int64_t)((uint64_t)number + (uint64_t)before);
        struct str out = number_str(made, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
        if (number < 0) {
            ((char *)(uintptr_t)out.data)[-1] = '-';
            out = str_of(out.data - 1, out.length + 1);
        }
        *value = out;
        return true;
    }
    if (v->flags & (VAR_UPPER | VAR_LOWER | VAR_CAPITAL))
        *value = convert_case(sh, v->flags, *value, store);
    return true;
}

static void set_element(struct shell *sh, struct variable *v, uint64_t index, struct str value, bool append)
{
    struct meter *m = &sh->sandbox->meter;
    int error = 0;
    struct item *item = append ? ptree_get(v->elements, index) : NULL;
    struct text *t;
    if (item) { /* in place, where it is ours alone */
        item = ptree_own(&v->elements, index, NULL, &text_kind, m, &error);
        if (!item)
            out_of_memory(sh);
        t = (struct text *)item;
        struct buf joined;
        buf_init(&joined, sh->heap);
        buf_add(&joined, text_str(t));
        buf_add(&joined, value);
        t = text_new(sh, buf_str(&joined));
        buf_drop(&joined);
    } else {
        t = text_new(sh, value);
    }
    if (ptree_set(&v->elements, index, &t->item, &text_kind, m) < 0) {
        text_release(t, m);
        out_of_memory(sh);
    }
}

static void set_key(struct shell *sh, struct variable *v, struct str key, struct str value, bool append)
{
    struct meter *m = &sh->sandbox->meter;
    union entry entry;
    struct buf joined;
    buf_init(&joined, sh->heap);
    if (append && btree_find(v->table, key, &entry))
        buf_add(&joined, text_str((struct text *)entry.item));
    buf_add(&joined, value);
    struct text *t = text_new(sh, buf_str(&joined));
    buf_drop(&joined);
    if (btree_set(&v->table, key, (union entry){.item = &t->item}, &text_kind, m) < 0) {
        text_release(t, m);
        out_of_memory(sh);
    }
}

int var_assign(struct shell *sh, struct str name, uint32_t hash, struct str value, bool append)
{
    struct variable *v = var_find(sh, name, hash);
    foresee_watch(sh, value);
    if (v && v->flags & VAR_NAMEREF) {
        if (!v->value || !v->value->length) { /* an empty nameref gets its target */
            struct str base, subscript;
            if (!shell_is_name(value) && !var_split(value, &base, &subscript)) {
                shell_error(sh, "`%S': not a valid identifier", value);
                return -1;
            }
            v = var_own(sh, name, hash, true);
            text_set(sh, &v->value, value);
            v->flags |= VAR_SET;
            return 0;
        }
        if (!var_follow(sh, &name, &hash))
            return -1;
        struct str base, subscript;
        if (var_split(name, &base, &subscript)) {
            struct buf text;
            int error = var_assign_element(sh, base, code_hash(base), subscript_expand(sh, subscript, &text), value, append);
            buf_drop(&text);
            return error;
        }
        v = var_find(sh, name, hash);
    }
    if (!v && made_is_readonly(name))
        return var_readonly_error(sh, name);
    if (!v && assign_made(sh, name, value))
        return 0;
    if (v && v->flags & VAR_READONLY)
        return var_readonly_error(sh, name);
    v = var_own(sh, name, hash, true);
    if (v->flags & (VAR_INTEGER | VAR_UPPER | VAR_LOWER | VAR_CAPITAL)) {
        struct made made;
        struct buf store;
        struct str old = {0};
        own_value(v, &old);
        if (!prepare(sh, v, &value, old, append, &made, &store))
            return -1;
        v = var_own(sh, name, hash, true); /* arithmetic may have assigned */
        bool joined = append && !(v->flags & VAR_INTEGER);
        if (v->flags & VAR_ARRAY)
            set_element(sh, v, 0, value, joined);
        else if (v->flags & VAR_ASSOC)
            set_key(sh, v, str_lit("0"), value, joined);
        else if (joined)
            text_append(sh, &v->value, value);
        else
            text_set(sh, &v->value, value);
        buf_drop(&store);
    } else if (v->flags & VAR_ARRAY) {
        set_element(sh, v, 0, value, append);
    } else if (v->flags & VAR_ASSOC) {
        set_key(sh, v, str_lit("0"), value, append);
    } else if (append) {
        text_append(sh, &v->value, value);
    } else {
        text_set(sh, &v->value, value);
    }
    v->flags |= VAR_SET;
    if (sh->state.options & OPT_ALLEXPORT)
        v->flags |= VAR_EXPORT;
    if (v->flags & VAR_EXPORT)
        sh->environment_version++;
    told(sh, name, value);
    return 0;
}

int var_make_array(struct shell *sh, struct str name, uint32_t hash, bool assoc, bool keep)
{
    if (!var_follow(sh, &name, &hash))
        return -1;
    if (!shell_is_name(name)) {
        shell_error(sh, "`%S': not a valid identifier", name);
        return -1;
    }
    struct variable *v = var_find(sh, name, hash);
    if (v && v->flags & VAR_READONLY)
        return var_readonly_error(sh, name);
    if (!v && made_is_readonly(name))
        return var_readonly_error(sh, name);
    if (!v && made_array(sh, name))
        return 0;
    v = var_own(sh, name, hash, true);
    if (v->flags & VAR_NAMEREF) {
        shell_error(sh, "warning: %S: removing nameref attribute", name);
        v->flags &= ~(uint32_t)VAR_NAMEREF;
    }
    struct meter *m = &sh->sandbox->meter;
    if (v->flags & (assoc ? VAR_ASSOC : VAR_ARRAY)) {
        if (!keep) {
            ptree_release(&v->elements, &text_kind, m);
            btree_release(&v->table, &text_kind, m);
            v->elements = (struct ptree){0};
            v->table = (struct btree){0};
        }
        return 0;
    }
    if (v->flags & (VAR_ARRAY | VAR_ASSOC)) {
        if (assoc)
            shell_error(sh, "%S: cannot convert indexed to associative array", name);
        else
            shell_error(sh, "%S: cannot convert associative to indexed array", name);
        return -1;
    }
    if (v->flags & VAR_EXPORT)
        sh->environment_version++;
    struct text *old = v->value; /* the variable's until it is an element, which may not come to be */
    v->flags |= assoc ? VAR_ASSOC : VAR_ARRAY;
    if (old && keep && assoc)
        set_key(sh, v, str_lit("0"), text_str(old), false);
    else if (old && keep)
        set_element(sh, v, 0, text_str(old), false);
    v->value = NULL;
    text_release(old, m);
    return 0;
}

int var_assign_index(struct shell *sh, struct str name, uint32_t hash, uint64_t index, struct str value, bool append)
{
    struct variable *v = var_find(sh, name, hash);
    foresee_watch(sh, value);
    if (!v || v->flags & (VAR_INTEGER | VAR_UPPER | VAR_LOWER | VAR_CAPITAL | VAR_NAMEREF | VAR_ASSOC | VAR_READONLY) ||
        !(v->flags & VAR_ARRAY)) {
        struct made made;
        return var_assign_element(sh, name, hash, number_str(&made, index), value, append);
    }
    v = var_own(sh, name, hash, true);
    set_element(sh, v, index, value, append);
    v->flags |= VAR_SET;
    return 0;
}

int var_assign_element(struct shell *sh, struct str name, uint32_t hash, struct str subscript, struct str value, bool append)
{
    if (!var_follow(sh, &name, &hash))
        return -1;
    struct variable *v = var_find(sh, name, hash);
    foresee_watch(sh, value);
    if (v && v->flags & VAR_READONLY)
        return var_readonly_error(sh, name);
    if (!v && made_is_readonly(name))
        return var_readonly_error(sh, name);
    if (!v && made_array(sh, name))
        return 0;
    if (!v && made_table(sh, name)) {
        if (name.length == 9) {
            hashed_keep(sh, subscript, value, 0);
            return 0;
        }
        struct text *t = text_new(sh, value);
        if (btree_set(&sh->state.aliases, subscript, (union entry){.item = &t->item}, &text_kind, &sh->sandbox->meter) < 0) {
            text_release(t, &sh->sandbox->meter);
            out_of_memory(sh);
        }
        return 0;
    }
    struct made made;
    struct buf store = {.heap = sh->heap};
    struct str old = {0};
    if (v && v->flags & VAR_ASSOC) {
        union entry entry;
        if (btree_find(v->table, subscript, &entry))
            old = text_str((struct text *)entry.item);
        if (v->flags & (VAR_INTEGER | VAR_UPPER | VAR_LOWER | VAR_CAPITAL) && !prepare(sh, v, &value, old, append, &made, &store))
            return -1;
        v = var_own(sh, name, hash, true);
        set_key(sh, v, subscript, value, append && !(v->flags & VAR_INTEGER));
        v->flags |= VAR_SET;
        buf_drop(&store);
        return 0;
    }
    if (!subscript.length || str_is(subscript, "@") || str_is(subscript, "*")) {
        shell_error(sh, "%S[%S]: bad array subscript", name, subscript);
        return -1;
    }
    int64_t index;
    if (arith_evaluate(sh, subscript, "", &index) < 0) {
        shell_give_up(sh);
        return -1;
    }
    v = var_find(sh, name, hash);
    if (index < 0) {
        uint64_t end = v && v->flags & VAR_ARRAY ? array_end(v) : v && v->value ? 1 : 0;
        index += (int64_t)end;
        if (index < 0) {
            shell_error(sh, "%S[%S]: bad array subscript", name, subscript);
            return -1;
        }
    }
    if ((!v || !(v->flags & VAR_ARRAY)) && var_make_array(sh, name, hash, false, true) < 0)
        return -1;
    v = var_own(sh, name, hash, true);
    if (v->flags & (VAR_INTEGER | VAR_UPPER | VAR_LOWER | VAR_CAPITAL)) {
        struct item *item = ptree_get(v->elements, (uint64_t)index);
        old = item ? text_str((struct text *)item) : (struct str){0};
        if (!prepare(sh, v, &value, old, append, &made, &store))
            return -1;
        v = var_own(sh, name, hash, true);
        append = append && !(v->flags & VAR_INTEGER);
    }
    set_element(sh, v, (uint64_t)index, value, append);
    v->flags |= VAR_SET;
    buf_drop(&store);
    return 0;
}

int shell_set(struct shell *sh, struct str name, struct str value)
{
    struct str base, subscript;
    if (var_split(name, &base, &subscript)) {
        struct buf text;
        int error = var_assign_element(sh, base, code_hash(base), subscript_expand(sh, subscript, &text), value, false);
        buf_drop(&text);
        return error;
    }
    if (!shell_is_name(name)) {
        shell_error(sh, "`%S': not a valid identifier", name);
        return -1;
    }
    return var_assign(sh, name, code_hash(name), value, false);
}

int shell_set_number(struct shell *sh, struct str name, int64_t value)
{
    struct made m;
    struct str text = number_str(&m, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value < 0) {
        ((char *)(uintptr_t)text.data)[-1] = '-';
        text = str_of(text.data - 1, text.length + 1);
    }
    return shell_set(sh, name, text);
}

/* --- unsetting, attributes, scopes --------------------------------------------------------------------------- */

static void remove_binding(struct shell *sh, struct str name, struct variable *v)
{
    struct meter *m = &sh->sandbox->meter;
    struct variable *outer = v->outer;
    if (outer) {
        shared_keep(outer);
        put(sh, name, outer);
    } else if (btree_remove(&sh->state.variables, name, &variable_kind, m) == E_NOMEM) {
        out_of_memory(sh);
    }
    changed(sh);
    sh->environment_version++;
}

int var_unset(struct shell *sh, struct str name)
{
    uint32_t hash = code_hash(name);
    struct variable *v = var_find(sh, name, hash);
    if (!v)
        return made_is_readonly(name) ? -1 : 0;
    if (v->flags & VAR_READONLY)
        return -1;
    if (v->flags & VAR_LOCAL && !(v->flags & VAR_TEMPORARY) && v->scope == sh->state.scope) { /* stays local, without value */
        struct meter *m = &sh->sandbox->meter;
        v = var_own(sh, name, hash, true);
        text_release(v->value, m);
        v->value = NULL;
        ptree_release(&v->elements, &text_kind, m);
        btree_release(&v->table, &text_kind, m);
        v->elements = (struct ptree){0};
        v->table = (struct btree){0};
        v->flags &= VAR_LOCAL | VAR_BORROWED;
        sh->environment_version++;
        changed(sh);
        return 0;
    }
    struct str copy = str_copy(sh->heap, name);
    remove_binding(sh, copy, v);
    heap_free(sh->heap, (void *)(uintptr_t)copy.data);
    return 0;
}

int var_unset_element(struct shell *sh, struct str name, struct str subscript)
{
    uint32_t hash = code_hash(name);
    if (!var_follow(sh, &name, &hash))
        return -1;
    struct variable *v = var_find(sh, name, hash);
    if (!v && made_table(sh, name) && btree_remove(made_table(sh, name), subscript, &text_kind, &sh->sandbox->meter) == E_NOMEM)
        out_of_memory(sh);
    if (!v)
        return 0;
    if (v->flags & VAR_READONLY)
        return -1;
    struct meter *m = &sh->sandbox->meter;
    if (v->flags & VAR_ASSOC) {
        v = var_own(sh, name, hash, true);
        if (btree_remove(&v->table, subscript, &text_kind, m) == E_NOMEM)
            out_of_memory(sh);
        return 0;
    }
    if (str_is(subscript, "@") || str_is(subscript, "*"))
        return var_unset(sh, name);
    int64_t index;
    if (arith_evaluate(sh, subscript, "", &index) < 0) {
        shell_give_up(sh);
        return -1;
    }
    if (index < 0 && (index += (int64_t)(v->flags & VAR_ARRAY ? array_end(v) : 1)) < 0) {
        shell_error(sh, "unset: [%S]: bad array subscript", subscript);
        return -1;
    }
    v = var_find(sh, name, hash);
    if (!v)
        return 0;
    v = var_own(sh, name, hash, true);
    if (!(v->flags & VAR_ARRAY)) {
        if (index == 0)
            return var_unset(sh, name);
        shell_error(sh, "unset: %S: not an array variable", name);
        return -1;
    }
    if (ptree_set(&v->elements, (uint64_t)index, NULL, &text_kind, m) < 0)
        out_of_memory(sh);
    return 0;
}

int var_attributes(struct shell *sh, struct str name, uint32_t set, uint32_t clear)
{
    uint32_t hash = code_hash(name);
    if (!(set & VAR_NAMEREF) && !(clear & VAR_NAMEREF) && !var_follow(sh, &name, &hash))
        return -1;
    if ((str_is(name, "SHELLOPTS") || str_is(name, "BASHOPTS")) && !var_find(sh, name, hash)) {
        int bit = name.data[0] == 'S' ? 1 : 2;
        sh->state.options_exported =
            (uint8_t)((sh->state.options_exported | (set & VAR_EXPORT ? bit : 0)) & ~(clear & VAR_EXPORT ? bit : 0));
        sh->environment_version++;
        return 0;
    }
    struct made made;
    struct str value;
    bool was_made = !var_find(sh, name, hash) && made_value(sh, name, &made);
    value = made.value;
    struct variable *v = var_own(sh, name, hash, true);
    if (was_made && set & (VAR_EXPORT | VAR_READONLY))
        text_set(sh, &v->value, value);
    v->flags = (v->flags & ~clear) | set;
    sh->environment_version++;
    return 0;
}

/* A binding in front of the one there is: 1 when it is new, 0 when there was one in this scope, -1 after a message. */
static int bind(struct shell *sh, struct str name, uint32_t flags, uint32_t scope, bool inherit)
{
    uint32_t hash = code_hash(name);
    struct variable *old = var_find(sh, name, hash);
    if (old && old->flags & VAR_LOCAL && (old->scope == scope || (!(flags & VAR_TEMPORARY) && old->scope == scope + 1)))
        return 0; /* also the one from before the eval that we are in */
    if (!old && made_is_readonly(name))
        return var_readonly_error(sh, name);
    if (old && old->flags & VAR_READONLY && old->scope == 0)
        return var_readonly_error(sh, name);
    struct variable *v = new_variable(sh, name);
    v->flags = VAR_LOCAL | flags;
    v->scope = scope;
    if (old) {
        v->outer = shared_keep(old);
        if (inherit || old->flags & VAR_TEMPORARY) {
            v->flags |= old->flags & ~(uint32_t)(VAR_LOCAL | VAR_TEMPORARY);
            v->value = shared_keep(old->value);
            v->elements = ptree_share(old->elements);
            v->table = btree_share(old->table);
        } else if (old->flags & VAR_EXPORT) {
            v->flags |= VAR_EXPORT;
        }
    }
    put(sh, name, v);
    if (v->flags & VAR_EXPORT)
        sh->environment_version++;
    return 1;
}

static void remember(struct shell *sh, struct control *c, struct str name)
{
    c->locals = array_grow(sh->heap, c->locals, c->local_count, sizeof *c->locals);
    c->locals[c->local_count] = str_copy(sh->heap, name);
    c->local_count++;
}

int var_local(struct shell *sh, struct str name, uint32_t flags, bool inherit)
{
    int made = bind(sh, name, flags, sh->state.scope, inherit);
    if (made == 0) { /* from before the command: now the function's own */
        struct variable *v = var_own(sh, name, code_hash(name), true);
        v->flags &= ~(uint32_t)VAR_TEMPORARY;
        if (v->scope == sh->state.scope + 1) {
            v->scope = sh->state.scope;
            v->flags |= VAR_BORROWED;
        }
    }
    if (made <= 0)
        return made;
    for (size_t i = sh->depth; i > 0; i--)
        if (sh->controls[i - 1].kind == CONTROL_CALL) {
            remember(sh, &sh->controls[i - 1], name);
            break;
        }
    return made;
}

int var_temporary(struct shell *sh, struct control *c, struct str name, uint32_t scope)
{
    int made = bind(sh, name, VAR_TEMPORARY | VAR_EXPORT, scope, true);
    if (made > 0 && c)
        remember(sh, c, name);
    if (made == 0)
        var_attributes(sh, name, VAR_EXPORT, 0);
    return made;
}

void var_restore(struct shell *sh, struct str name)
{
    struct variable *v = var_find(sh, name, code_hash(name));
    if (v && v->flags & VAR_LOCAL &&
        (v->scope == sh->state.scope + 1 ||
         (v->flags & VAR_BORROWED && v->scope == sh->state.scope))) { /* and not one that was outside of it */
        if (v->flags & VAR_PASSED_ON && v->value) {
            uint32_t flags = v->flags & (VAR_EXPORT | VAR_READONLY);
            var_settle(sh, name);
            var_attributes(sh, name, flags, 0);
        } else {
            remove_binding(sh, name, v);
        }
    }
}

void var_settle(struct shell *sh, struct str name)
{
    struct variable *v = var_find(sh, name, code_hash(name));
    if (!v || !(v->flags & VAR_LOCAL) || v->scope != sh->state.scope + 1)
        return;
    struct str value = str_copy(sh->heap, text_str(v->value));
    remove_binding(sh, name, v);
    var_assign(sh, name, code_hash(name), value, false);
    heap_free(sh->heap, (void *)(uintptr_t)value.data);
}
