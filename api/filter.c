/* api/filter.c - what listings leave out: excluded globs, .gitignore rules, what looks like a secret.
 *
 * Rules are kept as their text, counted, so that forks share them; each sandbox compiles what it uses.
 * The rules are those of gitignore(5): the last that matches decides, those of a deeper directory
 * before those above it.
 */
#include "api/api.h"

#include "regex/ignore.h"

struct rules {
    struct item item;
    size_t length;
    char text[]; /* lines as in .gitignore */
};

struct compiled {
    struct compiled *next;
    const struct rules *rules;
    struct ignore *list;
};

static void drop_rules(struct item *i, struct meter *m)
{
    shared_free(m, i);
}

const struct item_kind ignore_kind = {drop_rules, false};

struct rules *rules_parse(struct nacre *n, struct str text)
{
    struct rules *r = shared_new_uncharged(&n->meter, sizeof *r + text.length);
    if (!r)
        return NULL;
    r->item.weight = 0;
    r->length = text.length;
    if (text.length)
        memcpy(r->text, text.data, text.length);
    return r;
}

struct rules *rules_list(struct nacre *n, const char *const *globs)
{
    size_t length = 0;
    for (size_t i = 0; globs[i]; i++)
        length += strlen(globs[i]) + 1;
    struct rules *r = shared_new_uncharged(&n->meter, sizeof *r + length);
    if (!r)
        return NULL;
    r->item.weight = 0;
    r->length = 0;
    for (size_t i = 0; globs[i]; i++) {
        size_t count = strlen(globs[i]);
        memcpy(r->text + r->length, globs[i], count);
        r->length += count;
        r->text[r->length++] = '\n';
    }
    return r;
}

void rules_release(struct rules *r, struct meter *m)
{
    if (shared_drop(r))
        shared_free(m, r);
}

int filter_gitignore(struct nacre *n, uint64_t directory, struct str text)
{
    struct rules *r = rules_parse(n, text);
    if (!r)
        return E_NOMEM;
    int error = ptree_set(&api_of(n)->ignore, directory, &r->item, &ignore_kind, &n->meter);
    if (error)
        rules_release(r, &n->meter);
    return error;
}

/* --- compiling --------------------------------------------------------------------------- */

static const struct compiled *compile(struct nacre *n, const struct rules *rules)
{
    struct api *a = api_of(n);
    for (struct compiled *c = a->compiled; c; c = c->next)
        if (c->rules == rules)
            return c;
    struct compiled *c = heap_new(&a->heap, struct compiled);
    c->list = ignore_new(&a->heap);
    ignore_add_text(c->list, str_of(rules->text, rules->length), 0);
    c->rules = rules;
    c->next = a->compiled;
    a->compiled = c;
    return c;
}

/* --- secrets ------------------------------------------------------------------------------- */

/* What docs/secrets.md lists: a name with at most one *, perhaps only in a directory of that name. */
struct secret {
    const char *directory, *name;
};

static const struct secret secrets[] = {
    /* keys */
    {NULL, "id_rsa"}, {NULL, "id_dsa"}, {NULL, "id_ecdsa"}, {NULL, "id_ecdsa_sk"}, {NULL, "id_ed25519"}, {NULL, "id_ed25519_sk"},
    {NULL, "*.pem"}, {NULL, "*.key"}, {NULL, "*.p8"}, {NULL, "*.p12"}, {NULL, "*.pfx"}, {NULL, "*.ppk"}, {NULL, "*.jks"},
    {NULL, "*.keystore"}, {NULL, "*.kdbx"}, {NULL, "*.kdb"}, {NULL, "*.asc.key"}, {NULL, "*.agekey"}, {NULL, "*.ovpn"},
    /* environments */
    {NULL, ".env"}, {NULL, ".env.*"}, {NULL, "*.env"}, {NULL, ".envrc"},
    /* credentials of tools */
    {NULL, ".netrc"}, {NULL, "_netrc"}, {NULL, ".pgpass"}, {NULL, ".my.cnf"}, {NULL, ".git-credentials"}, {NULL, ".pypirc"},
    {NULL, ".htpasswd"}, {NULL, ".dockercfg"}, {NULL, ".s3cfg"}, {NULL, ".boto"}, {NULL, ".vault-token"}, {NULL, "*.tfvars"},
    {NULL, "*.tfstate"}, {NULL, "credentials.json"}, {NULL, "client_secret*.json"}, {NULL, "service-account*.json"},
    {NULL, "service_account*.json"}, {NULL, "secrets.yml"}, {NULL, "secrets.yaml"}, {NULL, "secrets.json"}, {NULL, "secrets.toml"},
    {NULL, "master.key"},
    {".aws", "credentials"}, {".docker", "config.json"}, {".kube", "config"}, {".cargo", "credentials"},
    {".cargo", "credentials.toml"}, {".gem", "credentials"}, {".config", "gcloud"}, {"gh", "hosts.yml"},
    /* whole directories */
    {NULL, ".ssh"}, {NULL, ".gnupg"},
};

/* Samples that hold no secret. */
static const char *const samples[] = {".env.example",  ".env.sample", ".env.template", ".env.dist",
                                      ".env.defaults", "example.env", "sample.env"};

static bool fits(const char *pattern, struct str name)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return str_is(name, pattern);
    size_t before = (size_t)(star - pattern), after = strlen(star + 1);
    return name.length > before + after && memcmp(name.data, pattern, before) == 0
        && memcmp(name.data + name.length - after, star + 1, after) == 0;
}

/* The bytes with which names of secrets begin, or end after a *: most names are told by them alone. */
struct signs {
    bool first[256], last[256];
};

static void find_signs(struct signs *s)
{
    *s = (struct signs){0};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const char *name = secrets[i].name;
        if (*name != '*')
            s->first[(unsigned char)*name] = true;
        else
            s->last[(unsigned char)name[strlen(name) - 1]] = true;
    }
}

static bool is_secret(const struct signs *s, struct str directory, struct str name, enum node_kind kind)
{
    if (kind == NODE_LINK || kind == NODE_FIFO || !name.length ||
        (!s->first[(unsigned char)name.data[0]] && !s->last[(unsigned char)name.data[name.length - 1]]))
        return false;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        if (str_is(name, samples[i]))
            return false;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (fits(secrets[i].name, name) && (!secrets[i].directory || str_is(directory, secrets[i].directory))) {
            bool folder = str_is(name, ".ssh") || str_is(name, ".gnupg") || str_is(name, "gcloud");
            return folder == (kind == NODE_DIRECTORY);
        }
    return false;
}

/* --- one listing ------------------------------------------------------------------------------ */

/* Rules that hold for a directory, nearest first, and the path from theirs to it. */
struct scope {
    const struct compiled *compiled;
    struct str prefix; /* "a/b/" or "" */
};

struct filter {
    struct nacre *n;
    struct heap *scratch;
    struct scope *scopes; /* of .gitignore files */
    size_t scope_count;
    struct scope exclude;
    struct str directory; /* its name */
    struct buf path;
};

static enum ignore_answer judge(struct filter *f, const struct scope *s, struct str name, bool directory)
{
    buf_clear(&f->path);
    buf_add(&f->path, s->prefix);
    buf_add(&f->path, name);
    return ignore_judge(s->compiled->list, f->scratch, buf_str(&f->path), directory);
}

static bool leave_out(struct filter *f, const struct given_entry *e)
{
    bool directory = e->given.kind == NODE_DIRECTORY;
    if (f->exclude.compiled && judge(f, &f->exclude, e->name, directory) == IGNORE_LEAVE_OUT)
        return true;
    for (size_t i = 0; i < f->scope_count; i++) {
        enum ignore_answer answer = judge(f, &f->scopes[i], e->name, directory);
        if (answer != IGNORE_NOTHING)
            return answer == IGNORE_LEAVE_OUT;
    }
    return false;
}

/* Climbs from the directory to where it was mounted, and collects the rules on the way. */
static void find_rules(struct filter *f, struct vfs *v, uint64_t number)
{
    struct nacre *n = f->n;
    struct api *a = api_of(n);
    struct buf path; /* of the directory itself, with a slash behind it */
    buf_init(&path, f->scratch);
    if (vfs_path(v, number, &path))
        buf_clear(&path);
    if (path.length != 1)
        buf_add_byte(&path, '/');
    struct str whole = buf_str(&path);
    size_t end = whole.length;
    if (end > 1) {
        struct str folder = str_first(whole, end - 1);
        f->directory = str_after(folder, (size_t)(str_find_last(folder, '/') + 1));
    }
    for (;;) {
        struct rules *r = (struct rules *)ptree_get(a->ignore, number);
        if (r) {
            f->scopes = array_grow(f->scratch, f->scopes, f->scope_count, sizeof *f->scopes);
            f->scopes[f->scope_count++] = (struct scope){compile(n, r), str_after(whole, end)};
        }
        uint64_t above = vfs_parent(v, number);
        if (number == VFS_ROOT || !above || !vfs_host(v, above))
            break;
        number = above;
        end = (size_t)(str_find_last(str_first(whole, end - 1), '/') + 1);
    }
    if (a->exclude)
        f->exclude = (struct scope){compile(n, a->exclude), str_after(whole, end)};
}

size_t filter_entries(struct nacre *n, struct vfs *v, uint64_t directory, struct given_entry *entries, size_t count)
{
    struct api *a = api_of(n);
    bool rules = a->exclude || a->ignore.root;
    if (!rules && !a->secrets)
        return count;
    struct heap *scratch = &a->heap;
    struct filter f = {.n = n, .scratch = scratch};
    struct signs signs;
    find_signs(&signs);
    buf_init(&f.path, scratch);
    find_rules(&f, v, directory);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (rules && leave_out(&f, &entries[i]))
            continue;
        if (a->secrets && is_secret(&signs, f.directory, entries[i].name, entries[i].given.kind)) {
            a->left_out++;
            continue;
        }
        entries[kept++] = entries[i];
    }
    buf_drop(&f.path);
    heap_free(scratch, f.scopes);
    return kept;
}
