/* builtins/digest.c - print and check sums of files: md5sum and its kin, b2sum, cksum, sum. */
#include "base/crc.h"
#include "base/hash_blake2.h"
#include "base/hash_md5.h"
#include "base/hash_sha1.h"
#include "base/hash_sha2.h"
#include "base/hash_sha3.h"
#include "base/hash_sm3.h"
#include "base/number.h"
#include "builtins/text.h"

enum { TAG = OPTION_LONG, UNTAGGED, IGNORE_MISSING, QUIET, STATUS, STRICT, DEBUG };
enum kind { BSD, SYSV, CRC, MD5, SHA1, SHA224, SHA256, SHA384, SHA512, BLAKE2, SM3, SHA3, KINDS };

#define CHECK_OPTIONS                                                                                       \
    {IGNORE_MISSING, "ignore-missing", NULL, "when checking: don't fail or report status for missing files"}, \
    {QUIET, "quiet", NULL, "when checking: don't print OK for each successfully verified file"},             \
    {STATUS, "status", NULL, "when checking: don't output anything, status code shows success"},             \
    {STRICT, "strict", NULL, "when checking: exit non-zero for improperly formatted checksum lines"},        \
    {'w', "warn", NULL, "when checking: warn about improperly formatted checksum lines"}
#define SUM_OPTIONS                                                                                       \
    {'b', "binary", NULL, "read in binary mode"},                                                          \
    {'c', "check", NULL, "read checksums from the FILEs and check them"},                                  \
    {TAG, "tag", NULL, "create a BSD-style checksum"},                                                     \
    {'t', "text", NULL, "read in text mode (default)"},                                                    \
    {'z', "zero", NULL, "end each output line with NUL, not newline, and disable file name escaping"}
#define LENGTH_OPTION \
    {'l', "length", "BITS", "digest length in bits; must not exceed the max for the blake2 algorithm and must be a multiple of 8"}

static const struct option sum_options[] = {SUM_OPTIONS, CHECK_OPTIONS, {0}};
static const struct option blake2_options[] = {SUM_OPTIONS, LENGTH_OPTION, CHECK_OPTIONS, {0}};
static const struct option sha3_options[] = {
    {'a', "algorithm", "BITS", "224 (default), 256, 384 or 512"},
    SUM_OPTIONS,
    CHECK_OPTIONS,
    {0},
};
static const struct option cksum_options[] = {
    {'a', "algorithm", "TYPE", "select the digest type to use: bsd, sysv, crc, md5, sha1, sha224, sha256, sha384, sha512, blake2b, sm3"},
    {'c', "check", NULL, "read checksums from the FILEs and check them"},
    LENGTH_OPTION,
    {TAG, "tag", NULL, "create a BSD-style checksum (the default)"},
    {UNTAGGED, "untagged", NULL, "create a reversed style checksum, without digest type"},
    {'z', "zero", NULL, "end each output line with NUL, not newline, and disable file name escaping"},
    CHECK_OPTIONS,
    {DEBUG, "debug", NULL, "indicate which implementation used: there is but one, nothing is printed"},
    {0},
};
static const struct option bsd_options[] = {
    {'r', NULL, NULL, "use BSD sum algorithm (the default), use 1K blocks"},
    {'s', "sysv", NULL, "use System V sum algorithm, use 512 bytes blocks"},
    {0},
};

enum { SHA3_SIZE = 28 }; /* unless another is asked for */

static const char *const tags[] = {"BSD", "SYSV", "CRC", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "BLAKE2b", "SM3", "SHA3"};
static const char *const names[] = {"bsd", "sysv", "crc", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sm3", NULL};
static const unsigned sizes[] = {0, 0, 0, HASH_MD5_SIZE, HASH_SHA1_SIZE, HASH_SHA224_SIZE, HASH_SHA256_SIZE, HASH_SHA384_SIZE,
                                 HASH_SHA512_SIZE, HASH_BLAKE2_MOST, HASH_SM3_SIZE, SHA3_SIZE};

/* A file being summed. */
struct hashing {
    struct input *input;
    struct str block;
    uint64_t length; /* bytes */
    bool begun;
    uint32_t sum;    /* BSD, SYSV, CRC */
    union {
        struct hash_md5 md5;
        struct hash_sha1 sha1;
        struct hash_sha256 sha256;
        struct hash_sha512 sha512;
        struct hash_blake2 blake2;
        struct hash_sm3 sm3;
        struct hash_sha3 sha3;
    } of;
};

/* A line of a list. */
struct listed {
    struct str digest; /* in hexadecimal */
    struct str name;
};

struct digest {
    enum kind kind;
    bool is_cksum, kind_given, check, tagged, binary, zero;
    bool ignore_missing, quiet, status_only, strict, warn;
    uint64_t bits;     /* of BLAKE2 and SHA3, 0: as many as there are without being asked */
    struct hashing hashing;
    size_t next;       /* operand */
    /* a list being checked */
    struct input *list;
    struct str list_name;
    struct buf line, name;
    struct listed entry;
    bool in_entry, matched, reversed, layout_known; /* which of the two layouts without tag its lines have */
    uint64_t number, proper, bad, unreadable, mismatched; /* lines */
};

/* --- sums -------------------------------------------------------------------------------------------------- */

static unsigned digest_size(const struct digest *d)
{
    return (d->kind == BLAKE2 || d->kind == SHA3) && d->bits ? (unsigned)(d->bits / 8) : sizes[d->kind];
}

static void hash_begin(struct digest *d)
{
    struct hashing *h = &d->hashing;

    h->begun = true;
    h->length = 0;
    h->sum = 0;
    h->block = (struct str){0};
    switch (d->kind) {
    case MD5:    hash_md5_init(&h->of.md5); break;
    case SHA1:   hash_sha1_init(&h->of.sha1); break;
    case SHA224:
    case SHA256: hash_sha256_init(&h->of.sha256, (int)sizes[d->kind]); break;
    case SHA384:
    case SHA512: hash_sha512_init(&h->of.sha512, (int)sizes[d->kind]); break;
    case BLAKE2: hash_blake2_init(&h->of.blake2, (int)digest_size(d)); break;
    case SM3:    hash_sm3_init(&h->of.sm3); break;
    case SHA3:   hash_sha3_init(&h->of.sha3, digest_size(d)); break;
    default:     break;
    }
}

static void hash_update(struct digest *d, struct str s)
{
    struct hashing *h = &d->hashing;

    h->length += s.length;
    switch (d->kind) {
    case BSD:    h->sum = crc_bsd((uint16_t)h->sum, s.data, s.length); break;
    case SYSV:   h->sum = crc_sysv(h->sum, s.data, s.length); break;
    case CRC:    h->sum = crc_cksum(h->sum, s.data, s.length); break;
    case MD5:    hash_md5_update(&h->of.md5, s.data, s.length); break;
    case SHA1:   hash_sha1_update(&h->of.sha1, s.data, s.length); break;
    case SHA224:
    case SHA256: hash_sha256_update(&h->of.sha256, s.data, s.length); break;
    case SHA384:
    case SHA512: hash_sha512_update(&h->of.sha512, s.data, s.length); break;
    case BLAKE2: hash_blake2_update(&h->of.blake2, s.data, s.length); break;
    case SHA3:   hash_sha3_update(&h->of.sha3, s.data, s.length); break;
    default:     hash_sm3_update(&h->of.sm3, s.data, s.length); break;
    }
}

/* The digest in hexadecimal; answers its letters. */
static size_t hash_end(struct digest *d, char text[2 * HASH_BLAKE2_MOST])
{
    unsigned char bytes[HASH_BLAKE2_MOST];
    struct hashing *h = &d->hashing;

    switch (d->kind) {
    case MD5:    hash_md5_finish(&h->of.md5, bytes); break;
    case SHA1:   hash_sha1_finish(&h->of.sha1, bytes); break;
    case SHA224:
    case SHA256: hash_sha256_finish(&h->of.sha256, bytes); break;
    case SHA384:
    case SHA512: hash_sha512_finish(&h->of.sha512, bytes); break;
    case BLAKE2: hash_blake2_finish(&h->of.blake2, bytes); break;
    case SM3:    hash_sm3_finish(&h->of.sm3, bytes); break;
    case SHA3:   hash_sha3_finish(&h->of.sha3, bytes); break;
    default:     return 0;
    }
    for (unsigned i = 0; i < digest_size(d); i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return 2 * (size_t)digest_size(d);
}

/* Works on the sum of a file: STEP_DONE when it is complete, or an error is in *error. */
static enum step hash_file(struct call *c, struct digest *d, struct str name, int *error)
{
    struct hashing *h = &d->hashing;

    *error = 0;
    if (!h->begun) {
        *error = input_open(c, &h->input, name, true);
        if (*error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (*error)
            return STEP_DONE;
        hash_begin(d);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (h->block.length == 0) {
            switch (input_block(h->input, SIZE_MAX, &h->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_MORE: break;
            case INPUT_END:
                *error = h->input->error;
                input_close(h->input);
                h->begun = false;
                return STEP_DONE;
            }
        }
        struct str piece = text_piece(h->input, &h->block);
        call_charge_bytes(c, piece.length);
        hash_update(d, piece);
    }
}

/* --- printing ------------------------------------------------------------------------------------------------ */

static bool needs_escape(const struct digest *d, struct str name)
{
    return !d->zero && (str_find(name, '\\') >= 0 || str_find(name, '\n') >= 0 || str_find(name, '\r') >= 0);
}

static void print_name(struct call *c, struct str name, bool escaped)
{
    if (!escaped) {
        call_print(c, name);
        return;
    }
    for (size_t i = 0; i < name.length; i++)
        switch (name.data[i]) {
        case '\n': call_print_text(c, "\\n"); break;
        case '\r': call_print_text(c, "\\r"); break;
        case '\\': call_print_text(c, "\\\\"); break;
        default:   call_print_byte(c, name.data[i]); break;
        }
}

static void print_sum(struct call *c, struct digest *d, struct str name)
{
    struct hashing *h = &d->hashing;
    char text[2 * HASH_BLAKE2_MOST];
    struct str letters = str_of(text, hash_end(d, text));
    bool escaped = needs_escape(d, name);
    char end = d->zero ? '\0' : '\n';

    if (d->kind <= CRC) {
        uint64_t length = h->length;
        if (d->kind == BSD)
            call_format(c, "%05u %5llu", (unsigned)h->sum, (unsigned long long)(length / 1024 + (length % 1024 != 0)));
        else if (d->kind == SYSV)
            call_format(c, "%u %llu", (unsigned)crc_sysv_end(h->sum), (unsigned long long)(length / 512 + (length % 512 != 0)));
        else
            call_format(c, "%u %llu", (unsigned)crc_cksum_end(h->sum, length), (unsigned long long)length);
        if (c->operand_count)
            call_format(c, " %S", name);
        call_print_byte(c, end);
        return;
    }
    if (escaped)
        call_print_byte(c, '\\');
    if (d->tagged) {
        call_print_text(c, tags[d->kind]);
        if (d->kind == BLAKE2 && digest_size(d) < HASH_BLAKE2_MOST)
            call_format(c, "-%u", digest_size(d) * 8);
        call_print_text(c, " (");
        print_name(c, name, escaped);
        call_format(c, ") = %S", letters);
    } else {
        call_format(c, "%S %c", letters, d->binary ? '*' : ' ');
        print_name(c, name, escaped);
    }
    call_print_byte(c, end);
}

/* --- lists ----------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.length; i++)
        if (!utf8_byte_is(s.data[i], UTF8_XDIGIT))
            return false;
    return true;
}

/* The name with its escapes undone: false when they are none. */
static bool take_name(struct digest *d, struct str name, bool escaped)
{
    d->entry.name = name;
    if (!escaped)
        return true;
    buf_clear(&d->name);
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        if (byte == '\\') {
            if (++i == name.length)
                return false;
            byte = name.data[i];
            if (byte != '\\' && byte != 'n' && byte != 'r')
                return false;
            byte = byte == 'n' ? '\n' : byte == 'r' ? '\r' : '\\';
        }
        buf_add_byte(&d->name, byte);
    }
    d->entry.name = buf_str(&d->name);
    return true;
}

/* Behind the tag: "(NAME) = DIGEST". */
static bool split_tagged(struct digest *d, struct str s, bool escaped)
{
    ptrdiff_t close = str_find_last(s, ')');

    if (close < 0 || !take_name(d, str_first(s, (size_t)close), escaped))
        return false;
    s = str_after(s, (size_t)close + 1);
    while (s.length && is_blank(s.data[0]))
        s = str_after(s, 1);
    if (s.length == 0 || s.data[0] != '=')
        return false;
    s = str_after(s, 1);
    while (s.length && is_blank(s.data[0]))
        s = str_after(s, 1);
    d->entry.digest = s;
    return s.length == 2 * (size_t)digest_size(d) && is_digits(s);
}

/* Which tag the text begins with, KINDS for none. */
static enum kind find_tag(struct str s)
{
    size_t length = 0;

    while (length < s.length && s.data[length] && s.data[length] != ' ' && s.data[length] != '-' && s.data[length] != '(')
        length++;
    for (int i = 0; i < SHA3; i++) /* which cksum does not know */
        if (str_is(str_first(s, length), tags[i]))
            return (enum kind)i;
    return KINDS;
}

/* Takes a line apart: false when it is none of a list. */
static bool split(struct digest *d, struct str s)
{
    bool escaped = false;

    while (s.length && is_blank(s.data[0]))
        s = str_after(s, 1);
    if (s.length && s.data[0] == '\\') {
        escaped = true;
        s = str_after(s, 1);
    }
    enum kind tag = d->is_cksum && !d->kind_given ? find_tag(s) : str_starts(s, tags[d->kind]) ? d->kind : KINDS;
    if (tag < KINDS) {
        if (tag <= CRC)
            return false;
        d->kind = tag;
        s = str_after(s, strlen(tags[tag]));
        if (tag == BLAKE2) {
            d->bits = 0;
            if (s.length && s.data[0] == '-') {
                size_t used = number_parse_unsigned(str_after(s, 1), 10, &d->bits, NULL);
                if (used == 0 || d->bits == 0 || d->bits > HASH_BLAKE2_MOST * 8 || d->bits % 8) {
                    d->bits = 0;
                    return false;
                }
                s = str_after(s, used + 1);
            }
        }
        if (s.length && s.data[0] == ' ')
            s = str_after(s, 1);
        return s.length && s.data[0] == '(' && split_tagged(d, str_after(s, 1), escaped);
    }
    if (d->is_cksum && !d->kind_given)
        return false;
    if (s.length && s.data[0] == '\\') {
        escaped = true;
        s = str_after(s, 1);
    }
    size_t letters = 2 * (size_t)digest_size(d);
    if (d->kind == BLAKE2) {
        for (letters = 0; letters < s.length && utf8_byte_is(s.data[letters], UTF8_XDIGIT);)
            letters++;
        if (letters < 2 || letters % 2 || letters > 2 * HASH_BLAKE2_MOST)
            return false;
        d->bits = letters * 4;
    }
    if (s.length < letters + 2 || !is_digits(str_first(s, letters)) || !is_blank(s.data[letters]))
        return false;
    d->entry.digest = str_first(s, letters);
    s = str_after(s, letters + 1);
    if (s.length == 1 || (s.data[0] != ' ' && s.data[0] != '*')) {
        if (d->layout_known && !d->reversed)
            return false;
        d->layout_known = d->reversed = true;
    } else if (!d->reversed) {
        d->layout_known = true;
        s = str_after(s, 1);
    }
    return take_name(d, s, escaped);
}

/* The next line of the list: STEP_DONE with d->in_entry, or without at the end. */
static enum step next_entry(struct call *c, struct digest *d)
{
    struct str line;
    bool unended;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (input_line(d->list, '\n', &line, &unended)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END:  return STEP_DONE;
        case INPUT_MORE: break;
        }
        d->number++;
        if (line.length && line.data[0] == '#')
            continue;
        if (line.length && line.data[line.length - 1] == '\r')
            line.length--;
        if (line.length == 0 && !unended)
            continue;
        buf_clear(&d->line);
        buf_add(&d->line, line);
        if (!split(d, buf_str(&d->line)) || (str_is(d->list_name, "-") && str_is(d->entry.name, "-"))) {
            d->bad++;
            if (d->warn)
                call_warn(c, "%S: %llu: improperly formatted %s checksum line",
                          str_is(d->list_name, "-") ? str_lit("'standard input'") : call_quote_for_colon(c, d->list_name),
                          (unsigned long long)d->number, tags[d->kind]);
            continue;
        }
        d->proper++;
        d->in_entry = true;
        return STEP_DONE;
    }
}

static bool same_digest(struct str a, struct str b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if ((a.data[i] | (a.data[i] > '9' ? 32 : 0)) != b.data[i])
            return false;
    return true;
}

/* What became of the entry's file. */
static void judge(struct call *c, struct digest *d, int error)
{
    struct str name = d->entry.name;
    bool escaped = needs_escape(d, name) && str_find(name, '\n') >= 0, matched = false;

    d->in_entry = false;
    if (error == E_NOENT && d->ignore_missing)
        return;
    if (error) {
        int status = c->status;
        call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
        c->status = status;
        d->unreadable++;
    } else {
        char text[2 * HASH_BLAKE2_MOST];
        size_t length = hash_end(d, text);
        matched = same_digest(d->entry.digest, str_of(text, length));
        d->matched |= matched;
        d->mismatched += !matched;
    }
    if (d->status_only || (matched && d->quiet))
        return;
    if (escaped)
        call_print_byte(c, '\\');
    print_name(c, name, escaped);
    call_print_text(c, error ? ": FAILED open or read\n" : matched ? ": OK\n" : ": FAILED\n");
}

static void end_list(struct call *c, struct digest *d)
{
    struct str shown = str_is(d->list_name, "-") ? str_lit("'standard input'") : call_quote_for_colon(c, d->list_name);

    if (d->list->error) {
        call_error(c, "%S: read error", shown);
        return;
    }
    if (d->proper == 0) {
        call_error(c, "%S: no properly formatted checksum lines found", shown);
        return;
    }
    if (!d->status_only) {
        if (d->bad)
            call_warn(c, d->bad == 1 ? "WARNING: %llu line is improperly formatted" : "WARNING: %llu lines are improperly formatted",
                      (unsigned long long)d->bad);
        if (d->unreadable)
            call_warn(c, d->unreadable == 1 ? "WARNING: %llu listed file could not be read"
                                            : "WARNING: %llu listed files could not be read", (unsigned long long)d->unreadable);
        if (d->mismatched)
            call_warn(c, d->mismatched == 1 ? "WARNING: %llu computed checksum did NOT match"
                                            : "WARNING: %llu computed checksums did NOT match", (unsigned long long)d->mismatched);
        if (d->ignore_missing && !d->matched)
            call_warn(c, "%S: no file was verified", shown);
    }
    if (!d->matched || d->mismatched || d->unreadable || (d->strict && d->bad))
        c->status = 1;
}

/* The list that is the operand: STEP_DONE when it is through. */
static enum step check_list(struct call *c, struct digest *d, struct str name)
{
    enum step step;
    int error;

    if (!d->list) {
        error = input_open(c, &d->list, name, true);
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error && error != E_ISDIR) {
            d->list = NULL;
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            return STEP_DONE;
        }
        if (error) {
            d->list = NULL;
            call_error(c, "%S: read error", call_quote_for_colon(c, name));
            return STEP_DONE;
        }
        d->list_name = name;
        d->number = d->proper = d->bad = d->unreadable = d->mismatched = 0;
        d->matched = d->reversed = d->layout_known = false;
    }
    for (;;) {
        if (!d->in_entry) {
            step = next_entry(c, d);
            if (step != STEP_DONE)
                return step;
            if (!d->in_entry)
                break;
        }
        step = hash_file(c, d, d->entry.name, &error);
        if (step != STEP_DONE)
            return step;
        judge(c, d, error);
    }
    end_list(c, d);
    input_close(d->list);
    d->list = NULL;
    return STEP_DONE;
}

/* --- the commands ----------------------------------------------------------------------------------------------- */

/* As call_choose, but abbreviations do not count: -1 after a message. */
static int choose_algorithm(struct call *c, struct str value)
{
    for (int i = 0; names[i]; i++)
        if (str_is(value, names[i]))
            return i;
    call_warn(c, "invalid argument %S for %S", call_quote_word(c, value), call_quote_word(c, str_lit("--algorithm")));
    call_complain(c, "Valid arguments are:\n");
    for (int i = 0; names[i]; i++)
        call_complain(c, "  - %S\n", call_quote_word(c, str_from(names[i])));
    call_usage_error(c, "");
    return -1;
}

static int take_length(struct call *c, struct digest *d, struct str value)
{
    size_t used;
    unsigned answer = number_parse_size(value, "", &d->bits, &used);

    if (answer || used < value.length) {
        call_error(c, answer == NUMBER_OVERFLOW ? "invalid length: %S: %m" : "invalid length: %S", call_quote_word(c, value), E_OVERFLOW);
        return 1;
    }
    if (d->bits % 8) {
        call_error(c, "invalid length: %S", call_quote_word(c, value));
        call_error(c, "length is not a multiple of 8");
        return 1;
    }
    return 0;
}

/* What options mean together: 0, or the status. */
static int judge_options(struct call *c, struct digest *d, struct str length)
{
    static const struct { int letter; const char *name; } checking[] = {
        {IGNORE_MISSING, "ignore-missing"}, {STATUS, "status"}, {'w', "warn"}, {QUIET, "quiet"}, {STRICT, "strict"}};
    int mode = 0;

    for (size_t i = 0; i < c->option_count; i++) /* --tag asks for binary too */
        if (c->options[i].letter == 'b' || c->options[i].letter == 't' || (c->options[i].letter == TAG && !d->is_cksum))
            mode = c->options[i].letter;

    if (d->is_cksum && d->bits && d->kind != BLAKE2) {
        call_error(c, "--length is only supported with --algorithm=blake2b");
        return 1;
    }
    if (d->bits > HASH_BLAKE2_MOST * 8) {
        call_error(c, "invalid length: %S", call_quote_word(c, length));
        call_error(c, "maximum digest length for %S is %d bits", call_quote_word(c, str_lit("BLAKE2b")), HASH_BLAKE2_MOST * 8);
        return 1;
    }
    if (d->is_cksum && d->kind <= CRC && d->check && d->kind_given) {
        call_error(c, "--check is not supported with --algorithm={bsd,sysv,crc}");
        return 1;
    }
    if (call_has(c, TAG) && !d->is_cksum && mode == 't')
        return call_usage_error(c, "--tag does not support --text mode");
    if (d->check && d->zero)
        return call_usage_error(c, "the --zero option is not supported when verifying checksums");
    if (d->check && call_has(c, TAG) && !d->is_cksum)
        return call_usage_error(c, "the --tag option is meaningless when verifying checksums");
    if (d->check && call_last(c, "bt"))
        return call_usage_error(c, "the --binary and --text options are meaningless when verifying checksums");
    const bool set[] = {d->ignore_missing, d->status_only, d->warn, d->quiet, d->strict};
    for (size_t i = 0; i < sizeof set / sizeof *set && !d->check; i++)
        if (set[i])
            return call_usage_error(c, "the --%s option is meaningful only when verifying checksums", checking[i].name);
    d->binary = mode == 'b';
    return 0;
}

/* The widths that SHA-3 has. */
static bool take_bits(struct digest *d, struct str value)
{
    static const unsigned widths[] = {224, 256, 384, 512};
    uint64_t bits;
    if (number_parse_unsigned(value, 10, &bits, NULL) != value.length)
        return false;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (bits == widths[i])
            d->bits = bits;
    return d->bits == bits;
}

static int start_as(struct call *c, enum kind kind)
{
    struct digest *d = c->state;
    struct str length = {0};

    d->kind = kind;
    d->is_cksum = d->tagged = kind == CRC;
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int chosen;
        switch (c->options[i].letter) {
        case 'a':
            if (kind == SHA3) {
                if (!take_bits(d, value))
                    return call_usage_error(c, "unrecognized algorithm: %S", value);
                break;
            }
            chosen = choose_algorithm(c, value);
            if (chosen < 0)
                return 1;
            d->kind = (enum kind)chosen;
            d->kind_given = true;
            break;
        case 'l':
            length = value;
            if (take_length(c, d, value))
                return 1;
            break;
        case 'c': d->check = true; break;
        case 'z': d->zero = true; break;
        case TAG: d->tagged = true; break;
        case UNTAGGED: d->tagged = false; break;
        case IGNORE_MISSING: d->ignore_missing = true; break;
        case STRICT: d->strict = true; break;
        case QUIET:
        case STATUS:
        case 'w':
            d->quiet = c->options[i].letter == QUIET;
            d->status_only = c->options[i].letter == STATUS;
            d->warn = c->options[i].letter == 'w';
            break;
        }
    }
    buf_init(&d->line, c->heap);
    buf_init(&d->name, c->heap);
    return judge_options(c, d, length);
}

static int start_cksum(struct call *c)
{
    return start_as(c, CRC);
}

static int start_sum(struct call *c)
{
    struct digest *d = c->state;

    d->kind = call_last(c, "rs") == 's' ? SYSV : BSD;
    return 0;
}

#define START(letters, which)               \
    static int start_##letters(struct call *c) \
    {                                       \
        return start_as(c, which);          \
    }
START(md5, MD5)
START(sha1, SHA1)
START(sha224, SHA224)
START(sha256, SHA256)
START(sha384, SHA384)
START(sha512, SHA512)
START(blake2, BLAKE2)
START(sha3, SHA3)

static enum step step(struct call *c)
{
    struct digest *d = c->state;
    struct str name;
    enum step step;
    int error;

    for (; text_operand(c, d->next, &name); d->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (d->check) {
            step = check_list(c, d, name);
            if (step != STEP_DONE)
                return step;
            continue;
        }
        step = hash_file(c, d, name, &error);
        if (step != STEP_DONE)
            return step;
        if (error)
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
        else
            print_sum(c, d, name);
    }
    return call_done(c);
}

#define SUMS "When checking, the input should be a former output of this program. The default mode is to print a line\n" \
             "with: checksum, a space, a character indicating input mode ('*' for binary, ' ' for text or where binary is\n" \
             "insignificant), and name for each FILE. With no FILE, or when FILE is -, read standard input."

const struct command command_md5sum = {
    .name = "md5sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check MD5 (128-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_md5,
    .step = step,
};

const struct command command_sha1sum = {
    .name = "sha1sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA1 (160-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_sha1,
    .step = step,
};

const struct command command_sha224sum = {
    .name = "sha224sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA224 (224-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_sha224,
    .step = step,
};

const struct command command_sha256sum = {
    .name = "sha256sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA256 (256-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_sha256,
    .step = step,
};

const struct command command_sha384sum = {
    .name = "sha384sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA384 (384-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_sha384,
    .step = step,
};

const struct command command_sha512sum = {
    .name = "sha512sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA512 (512-bit) checksums.",
    .help = SUMS,
    .options = sum_options,
    .state = sizeof(struct digest),
    .start = start_sha512,
    .step = step,
};

const struct command command_sha3sum = {
    .name = "sha3sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check SHA3 checksums.",
    .help = SUMS,
    .options = sha3_options,
    .state = sizeof(struct digest),
    .start = start_sha3,
    .step = step,
};

const struct command command_b2sum = {
    .name = "b2sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check BLAKE2b (512-bit) checksums.",
    .help = SUMS,
    .options = blake2_options,
    .state = sizeof(struct digest),
    .start = start_blake2,
    .step = step,
};

const struct command command_cksum = {
    .name = "cksum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print or check CRC or other checksums.",
    .help = "By default use the 32 bit CRC algorithm. When checking, the input should be a former output of this program, or\n"
            "equivalent standalone program. With no FILE, or when FILE is -, read standard input.",
    .options = cksum_options,
    .state = sizeof(struct digest),
    .start = start_cksum,
    .step = step,
};

const struct command command_sum = {
    .name = "sum",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print BSD (16-bit) checksums.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .options = bsd_options,
    .state = sizeof(struct digest),
    .start = start_sum,
    .step = step,
};
