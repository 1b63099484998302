/* builtins/file/elf.c - ELF files: headers, notes and sections. */
#include "builtins/file/file.h"

struct elf {
    struct str bytes;
    bool wide, big;
    unsigned type;
    bool dynamic, pie, interpreted;
};

static uint64_t number(const struct elf *e, uint64_t at, unsigned size)
{
    return at < e->bytes.length ? file_number(e->bytes, (size_t)at, size, e->big) : 0;
}

static const char *machine_name(unsigned machine, bool wide)
{
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {{2, "SPARC"}, {3, "Intel 80386"}, {4, "Motorola m68k"}, {8, "MIPS"}, {20, "PowerPC or cisco 4500"},
                 {21, "64-bit PowerPC or cisco 7500"}, {22, "IBM S/390"}, {40, "ARM"}, {42, "Renesas SH"},
                 {43, "SPARC V9"}, {50, "IA-64"}, {62, "x86-64"}, {183, "ARM aarch64"}, {243, "UCB RISC-V"},
                 {247, "eBPF"}, {258, "LoongArch"}};
    (void)wide;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == machine)
            return names[i].name;
    return NULL;
}

static void read_dynamic(struct elf *e, uint64_t from, uint64_t size)
{
    unsigned word = e->wide ? 8 : 4;

    e->dynamic = true;
    for (uint64_t at = from; at < from + size && at < e->bytes.length; at += 2 * word) {
        uint64_t tag = number(e, at, word);
        if (tag == 0)
            return;
        if (tag == 0x6ffffffb) /* more flags */
            e->pie = number(e, at + word, word) & 0x08000000;
    }
}

/* The notes that tell something, in their order. */
static void read_notes(const struct elf *e, struct buf *out, uint64_t from, uint64_t size)
{
    uint64_t end = from + size < e->bytes.length ? from + size : e->bytes.length;

    for (uint64_t at = from; at + 12 <= end;) {
        uint64_t name_size = number(e, at, 4), value_size = number(e, at + 4, 4), kind = number(e, at + 8, 4);
        uint64_t name = at + 12, value = name + ((name_size + 3) & ~UINT64_C(3));
        if (value > end || value_size > end - value)
            return;
        if (name_size == 4 && file_at(e->bytes, (size_t)name, "GNU\0")) {
            if (kind == 3) {
                buf_print(out, ", BuildID[%s]=", value_size == 20 ? "sha1" : value_size == 16 ? "md5/uuid" : value_size == 8 ? "xxHash" :
                                                                                                               "unknown");
                for (uint64_t i = 0; i < value_size && i < 64; i++)
                    buf_print(out, "%02x", (unsigned)number(e, value + i, 1));
            } else if (kind == 1 && value_size >= 16) {
                static const char *const systems[] = {"Linux", "Hurd", "Solaris", "kFreeBSD", "kNetBSD"};
                uint64_t system = number(e, value, 4);
                buf_print(out, ", for GNU/%s %u.%u.%u", system < 5 ? systems[system] : "<unknown>",
                          (unsigned)number(e, value + 4, 4), (unsigned)number(e, value + 8, 4),
                          (unsigned)number(e, value + 12, 4));
            }
        }
        at = value + ((value_size + 3) & ~UINT64_C(3));
    }
}

/* Segments: what it is linked with. */
static void read_segments(struct elf *e, struct buf *out, struct buf *notes)
{
    uint64_t from = number(e, e->wide ? 32 : 28, e->wide ? 8 : 4), count = number(e, e->wide ? 56 : 44, 2);
    uint64_t step = number(e, e->wide ? 54 : 42, 2);

    for (uint64_t i = 0; i < count && i < 2048; i++) {
        uint64_t at = from + i * step, kind = number(e, at, 4);
        uint64_t offset = number(e, at + (e->wide ? 8 : 4), e->wide ? 8 : 4);
        uint64_t size = number(e, at + (e->wide ? 32 : 16), e->wide ? 8 : 4);
        if (kind == 2) {
            read_dynamic(e, offset, size);
        } else if (kind == 3 && offset < e->bytes.length) {
            struct str name = str_first(str_after(e->bytes, (size_t)offset), size < 4096 ? (size_t)size : 4096);
            ptrdiff_t end = str_find(name, 0);
            e->interpreted = true;
            buf_print(out, ", interpreter %S", str_first(name, end < 0 ? name.length : (size_t)end));
        } else if (kind == 4) {
            read_notes(e, notes, offset, size);
        }
    }
}

/* Sections: symbols and what is there for debuggers. */
static void read_sections(const struct elf *e, struct buf *out)
{
    uint64_t from = number(e, e->wide ? 40 : 32, e->wide ? 8 : 4), count = number(e, e->wide ? 60 : 48, 2);
    uint64_t step = number(e, e->wide ? 58 : 46, 2), names_at = number(e, e->wide ? 62 : 50, 2);
    uint64_t names = number(e, from + names_at * step + (e->wide ? 24 : 16), e->wide ? 8 : 4);
    bool symbols = false, debug = false;

    if (!from || from >= e->bytes.length) {
        buf_add_text(out, count ? ", missing section headers" : ", no section header");
        return;
    }
    for (uint64_t i = 0; i < count && i < 32768; i++) {
        uint64_t at = from + i * step, name = names + number(e, at, 4);
        symbols |= number(e, at + 4, 4) == 2;
        debug |= name < e->bytes.length && file_at(e->bytes, (size_t)name, ".debug_info\0");
    }
    if (debug)
        buf_add_text(out, ", with debug_info");
    buf_add_text(out, symbols ? ", not stripped" : ", stripped");
}

bool elf_find(struct finding *f, struct str bytes)
{
    static const char *const systems[] = {"SYSV", "HP-UX", "NetBSD", "GNU/Linux", "GNU/Hurd", "86Open", "Solaris",
                                          "Monterey", "IRIX", "FreeBSD", "Tru64", "Novell Modesto", "OpenBSD"};
    struct elf e = {.bytes = bytes};
    struct buf linked, notes;
    unsigned class, order, machine, system;
    const char *name;

    if (!file_at(bytes, 0, "\177ELF") || bytes.length < 8)
        return false;
    class = (unsigned char)bytes.data[4];
    order = (unsigned char)bytes.data[5];
    f->mime = "application/octet-stream";
    buf_add_text(&f->kind, "ELF");
    if (class != 1 && class != 2) {
        buf_print(&f->kind, class ? " unknown class %u" : " invalid class, unknown class %u", class);
        return true;
    }
    buf_print(&f->kind, " %s", class == 1 ? "32-bit" : "64-bit");
    if (order != 1 && order != 2) {
        buf_add_text(&f->kind, order ? " unknown byte order" : " invalid byte order");
        return true;
    }
    e.wide = class == 2;
    e.big = order == 2;
    e.type = (unsigned)number(&e, 16, 2);
    machine = (unsigned)number(&e, 18, 2);
    system = (unsigned char)bytes.data[7];
    buf_init(&linked, f->kind.heap);
    buf_init(&notes, f->kind.heap);
    read_segments(&e, &linked, &notes);
    buf_add_text(&f->kind, e.big ? " MSB" : " LSB");
    switch (e.type) {
    case 0: buf_add_text(&f->kind, " no file type"); break;
    case 1:
        buf_add_text(&f->kind, " relocatable");
        f->mime = "application/x-object";
        break;
    case 2:
        buf_add_text(&f->kind, " executable");
        f->mime = "application/x-executable";
        break;
    case 3:
        buf_add_text(&f->kind, e.pie ? " pie executable" : " shared object");
        f->mime = e.pie ? "application/x-pie-executable" : "application/x-sharedlib";
        break;
    case 4:
        buf_add_text(&f->kind, " core file");
        f->mime = "application/x-coredump";
        break;
    default: buf_print(&f->kind, " unknown type %u", e.type); break;
    }
    name = machine_name(machine, e.wide);
    if (name)
        buf_print(&f->kind, ", %s", name);
    else
        buf_print(&f->kind, ", *unknown arch 0x%x*", machine);
    buf_print(&f->kind, ", version %u", (unsigned)number(&e, 20, 4));
    if (system < sizeof systems / sizeof *systems)
        buf_print(&f->kind, " (%s)", systems[system]);
    else if (system == 97)
        buf_add_text(&f->kind, " (ARM)");
    else if (system == 255)
        buf_add_text(&f->kind, " (embedded)");
    if (e.type == 2 || e.type == 3)
        buf_add_text(&f->kind, !e.dynamic ? ", statically linked" : e.pie && !e.interpreted ? ", static-pie linked" :
                                                                                             ", dynamically linked");
    buf_add(&f->kind, buf_str(&linked));
    buf_add(&f->kind, buf_str(&notes));
    if (e.type != 4)
        read_sections(&e, &f->kind);
    return true;
}
