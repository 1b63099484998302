/* builtins/file/magic.c - kinds of files that begin with certain bytes. */
#include "base/date.h"
#include "builtins/file/file.h"

struct prefix {
    const char *bytes;
    unsigned char length, at;
    const char *kind, *mime;
};

#define PREFIX(bytes, kind, mime)                                                                                      \
    {                                                                                                                  \
        bytes, sizeof(bytes) - 1, 0, kind, mime                                                                        \
    }
#define PREFIX_AT(at, bytes, kind, mime)                                                                               \
    {                                                                                                                  \
        bytes, sizeof(bytes) - 1, at, kind, mime                                                                       \
    }

static const struct prefix prefixes[] = {
    PREFIX("\x28\xb5\x2f\xfd", "Zstandard compressed data (v0.8+), Dictionary ID: None", "application/zstd"),
    PREFIX("\x04\x22\x4d\x18", "LZ4 compressed data (v1.4+)", "application/x-lz4"),
    PREFIX("!<arch>\n", "current ar archive", "application/x-archive"),
    PREFIX("070707", "ASCII cpio archive (pre-SVR4 or odc)", "application/x-cpio"),
    PREFIX("070701", "ASCII cpio archive (SVR4 with no CRC)", "application/x-cpio"),
    PREFIX("070702", "ASCII cpio archive (SVR4 with CRC)", "application/x-cpio"),
    PREFIX("Rar!\x1a\x07\x01", "RAR archive data, v5", "application/x-rar"),
    PREFIX("Rar!\x1a\x07\0", "RAR archive data", "application/x-rar"),
    PREFIX("fLaC", "FLAC audio bitstream data", "audio/flac"),
    PREFIX("OTTO", "OpenType font data", "application/vnd.ms-opentype"),
    PREFIX("\x89HDF\r\n\x1a\n", "Hierarchical Data Format (version 5) data", "application/x-hdf5"),
    PREFIX("PAR1", "Apache Parquet", "application/octet-stream"),
    PREFIX("bplist00", "Apple binary property list", "application/octet-stream"),
    PREFIX("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Composite Document File V2 Document", "application/x-ole-storage"),
    PREFIX("PK\5\6", "Zip archive data (empty)", "application/zip"),
    PREFIX("OggS", "Ogg data", "application/ogg"),
    PREFIX_AT(8, "matroska", "Matroska data", "video/x-matroska"),
    PREFIX_AT(8, "webm", "WebM", "video/webm"),
};

static bool found(struct finding *f, const char *kind, const char *mime)
{
    buf_add_text(&f->kind, kind);
    f->mime = mime;
    return true;
}

static unsigned byte_at(struct str s, size_t at)
{
    return (unsigned)file_number(s, at, 1, false);
}

/* --- compressed ---------------------------------------------------------------------------------------------- */

static struct str text_at(struct str s, size_t at, size_t most)
{
    struct str text = str_first(str_after(s, at), most);
    ptrdiff_t end = str_find(text, 0);
    return end < 0 ? text : str_first(text, (size_t)end);
}

static bool gzip(struct finding *f, struct str s)
{
    static const char *const systems[] = {
        "FAT filesystem (MS-DOS, OS/2, NT)", "Amiga",     "VMS",      "Unix", "VM/CMS",  "Atari",
        "HPFS filesystem (OS/2, NT)",        "Macintosh", "Z-System", "CP/M", "TOPS/20", "NTFS filesystem (NT)"};
    unsigned flags = byte_at(s, 3), extra = byte_at(s, 8), system = byte_at(s, 9);
    size_t at = 10;
    int64_t when = (int64_t)file_number(s, 4, 4, false);

    if (!file_at(s, 0, "\x1f\x8b") || s.length < 10)
        return false;
    found(f, "gzip compressed data", "application/gzip");
    if (byte_at(s, 2) != 8)
        buf_add_text(&f->kind, ", reserved method");
    if (flags & 1)
        buf_add_text(&f->kind, ", ASCII");
    if (flags & 2)
        buf_add_text(&f->kind, ", has CRC");
    if (flags & 4) {
        buf_add_text(&f->kind, ", extra field");
        at += 2 + (size_t)file_number(s, at, 2, false);
    }
    if (flags & 8)
        buf_print(&f->kind, ", was \"%S\"", text_at(s, at, 256));
    if (flags & 16)
        buf_add_text(&f->kind, ", has comment");
    if (when > 0) {
        struct date_zone zone;
        struct date d;
        date_zone_init(&zone, str_lit("UTC0"));
        if (date_local(&d, (struct date_time){when, 0}, &zone)) {
            buf_add_text(&f->kind, ", last modified: ");
            date_print(&f->kind, str_lit("%a %b %e %H:%M:%S %Y"), &d);
        }
    }
    if (extra == 2)
        buf_add_text(&f->kind, ", max compression");
    if (extra == 4)
        buf_add_text(&f->kind, ", max speed");
    if (system < sizeof systems / sizeof *systems)
        buf_print(&f->kind, ", from %s", systems[system]);
    buf_print(&f->kind, ", original size modulo 2^32 %u", (unsigned)file_number(s, s.length - 4, 4, false));
    return true;
}

static bool compressed(struct finding *f, struct str s)
{
    static const char *const checks[] = {"NONE", "CRC32", NULL, NULL, "CRC64", NULL, NULL, NULL, NULL, NULL, "SHA-256"};

    if (gzip(f, s))
        return true;
    if (file_at(s, 0, "BZh") && byte_at(s, 3) >= '1' && byte_at(s, 3) <= '9') {
        buf_print(&f->kind, "bzip2 compressed data, block size = %c00k", (int)byte_at(s, 3));
        f->mime = "application/x-bzip2";
        return true;
    }
    if (file_at(s, 0,
                "\xfd"
                "7zXZ\0")) {
        unsigned check = byte_at(s, 7) & 15;
        found(f, "XZ compressed data", "application/x-xz");
        if (check < sizeof checks / sizeof *checks && checks[check])
            buf_print(&f->kind, ", checksum %s", checks[check]);
        return true;
    }
    if (file_at(s, 0, "]\0\0") && (byte_at(s, 12) == 0xff || byte_at(s, 12) == 0)) {
        uint64_t size = file_number(s, 5, 8, false);
        found(f, "LZMA compressed data, ", "application/x-lzma");
        if (size == UINT64_MAX)
            buf_add_text(&f->kind, "streamed");
        else
            buf_print(&f->kind, "non-streamed, size %llu", (unsigned long long)size);
        return true;
    }
    if (file_at(s, 0, "7z\xbc\xaf\x27\x1c")) {
        buf_print(&f->kind, "7-zip archive data, version %u.%u", byte_at(s, 6), byte_at(s, 7));
        f->mime = "application/x-7z-compressed";
        return true;
    }
    if (file_at(s, 0, "\x1f\x9d")) {
        buf_print(&f->kind, "compress'd data %u bits", byte_at(s, 2) & 31);
        f->mime = "application/x-compress";
        return true;
    }
    if (file_at(s, 0, "LZIP")) {
        buf_print(&f->kind, "lzip compressed data, version: %u", byte_at(s, 4));
        f->mime = "application/x-lzip";
        return true;
    }
    return s.length > 2 && byte_at(s, 0) == 0x78 &&
           (byte_at(s, 1) == 1 || byte_at(s, 1) == 0x5e || byte_at(s, 1) == 0x9c || byte_at(s, 1) == 0xda) &&
           found(f, "zlib compressed data", "application/zlib");
}

/* --- archives --------------------------------------------------------------------------------------------------- */

/* What documents of offices say first. */
static bool zip_document(struct finding *f, struct str s)
{
    static const struct {
        const char *mime, *kind;
    } kinds[] = {{"application/vnd.oasis.opendocument.text", "OpenDocument Text"},
                 {"application/vnd.oasis.opendocument.spreadsheet", "OpenDocument Spreadsheet"},
                 {"application/vnd.oasis.opendocument.presentation", "OpenDocument Presentation"},
                 {"application/epub+zip", "EPUB document"}};
    size_t at = 0;

    if (file_at(s, 26, "\10\0\0\0mimetype")) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (file_has(s, 38, kinds[i].mime, strlen(kinds[i].mime)))
                return found(f, kinds[i].kind, kinds[i].mime);
        return false;
    }
    if (!file_at(s, 30, "[Content_Types].xml") && !file_at(s, 30, "_rels/.rels"))
        return false;
    for (int members = 0; members < 100 && file_at(s, at, "PK\3\4"); members++) {
        if (file_at(s, at + 30, "word/"))
            return found(f, "Microsoft Word 2007+",
                         "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
        if (file_at(s, at + 30, "xl/"))
            return found(f, "Microsoft Excel 2007+",
                         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        if (file_at(s, at + 30, "ppt/"))
            return found(f, "Microsoft PowerPoint 2007+",
                         "application/vnd.openxmlformats-officedocument.presentationml.presentation");
        at += 30 + (size_t)(file_number(s, at + 18, 4, false) + file_number(s, at + 26, 2, false) +
                            file_number(s, at + 28, 2, false));
    }
    return found(f, "Microsoft OOXML", "application/octet-stream");
}

static bool zip(struct finding *f, struct str s)
{
    unsigned method = (unsigned)file_number(s, 8, 2, false), version = byte_at(s, 4);
    const char *name = method == 0    ? "store"
                       : method == 8  ? "deflate"
                       : method == 12 ? "bzip2"
                       : method == 14 ? "lzma"
                       : method == 93 ? "zstd"
                                      : NULL;

    if (!file_at(s, 0, "PK\3\4"))
        return false;
    if (zip_document(f, s))
        return true;
    buf_print(&f->kind, "Zip archive data, at least v%u.%u to extract, compression method=", version / 10,
              version % 10);
    if (name)
        buf_add_text(&f->kind, name);
    else
        buf_print(&f->kind, "[0x%x]", method);
    f->mime = "application/zip";
    return true;
}

static bool tar(struct finding *f, struct str s)
{
    uint64_t sum = 0, wanted = 0;

    if (s.length < 512)
        return false;
    for (size_t i = 148; i < 156; i++)
        if (s.data[i] >= '0' && s.data[i] <= '7')
            wanted = wanted * 8 + (uint64_t)(s.data[i] - '0');
        else if (s.data[i] != ' ' && s.data[i] != 0)
            return false;
    for (size_t i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)s.data[i];
    if (sum != wanted || sum == 256)
        return false;
    return found(f,
                 file_at(s, 257, "ustar  \0") ? "POSIX tar archive (GNU)"
                 : file_at(s, 257, "ustar\0") ? "POSIX tar archive"
                                              : "tar archive",
                 "application/x-tar");
}

static bool debian(struct finding *f, struct str s)
{
    struct str name;
    size_t length = 0;

    if (!file_at(s, 0, "!<arch>\ndebian-binary"))
        return false;
    buf_print(&f->kind, "Debian binary package (format %S)", str_first(str_after(s, 68), 3));
    name = str_first(str_after(s, 72), 16);
    while (length < name.length && name.data[length] > ' ' && name.data[length] != '/')
        length++;
    if (length)
        buf_print(&f->kind, ", with %S", str_first(name, length));
    f->mime = "application/vnd.debian.binary-package";
    return true;
}

/* --- images --------------------------------------------------------------------------------------------------------
 */

static bool png(struct finding *f, struct str s)
{
    static const char *const colors[] = {" grayscale",  NULL, "/color RGB", " colormap",
                                         " gray+alpha", NULL, "/color RGBA"};
    unsigned color = byte_at(s, 25);

    if (!file_at(s, 0, "\x89PNG\r\n\x1a\n"))
        return false;
    found(f, "PNG image data", "image/png");
    if (!file_at(s, 12, "IHDR"))
        return true;
    buf_print(&f->kind, ", %u x %u, %u-bit%s, %s", (unsigned)file_number(s, 16, 4, true),
              (unsigned)file_number(s, 20, 4, true), byte_at(s, 24), color < 7 && colors[color] ? colors[color] : "",
              byte_at(s, 28) ? "interlaced" : "non-interlaced");
    return true;
}

static bool jpeg(struct finding *f, struct str s)
{
    size_t at = 2;

    if (!file_at(s, 0, "\xff\xd8\xff"))
        return false;
    found(f, "JPEG image data", "image/jpeg");
    if (file_at(s, 6, "JFIF\0")) {
        unsigned units = byte_at(s, 13);
        buf_print(&f->kind, ", JFIF standard %u.%02u", byte_at(s, 11), byte_at(s, 12));
        buf_print(&f->kind, ", %s, density %ux%u",
                  units == 0   ? "aspect ratio"
                  : units == 1 ? "resolution (DPI)"
                               : "resolution (DPCM)",
                  (unsigned)file_number(s, 14, 2, true), (unsigned)file_number(s, 16, 2, true));
        buf_print(&f->kind, ", segment length %u", (unsigned)file_number(s, 4, 2, true));
    } else if (file_at(s, 6, "Exif\0")) {
        bool big = file_at(s, 12, "MM");
        buf_print(&f->kind, ", Exif standard: [TIFF image data, %s, direntries=%u]",
                  big ? "big-endian" : "little-endian",
                  (unsigned)file_number(s, 12 + (size_t)file_number(s, 16, 4, big), 2, big));
    }
    for (int segments = 0; segments < 100 && byte_at(s, at) == 0xff && at + 10 < s.length; segments++) {
        unsigned kind = byte_at(s, at + 1);
        if (kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc) {
            static const char *const ways[] = {"baseline", "extended sequential", "progressive"};
            if (kind <= 0xc2)
                buf_print(&f->kind, ", %s, precision %u, %ux%u, components %u", ways[kind - 0xc0], byte_at(s, at + 4),
                          (unsigned)file_number(s, at + 7, 2, true), (unsigned)file_number(s, at + 5, 2, true),
                          byte_at(s, at + 9));
            return true;
        }
        at += 2 + (size_t)file_number(s, at + 2, 2, true);
    }
    return true;
}

static bool bitmap(struct finding *f, struct str s)
{
    int width = (int)(int32_t)file_number(s, 18, 4, false), height = (int)(int32_t)file_number(s, 22, 4, false);
    unsigned size = (unsigned)file_number(s, 34, 4, false), x = (unsigned)file_number(s, 38, 4, false);

    if (!file_at(s, 0, "BM") || (byte_at(s, 14) != 40 && byte_at(s, 14) != 124 && byte_at(s, 14) != 108) ||
        file_number(s, 26, 2, false) != 1)
        return false;
    buf_print(&f->kind, "PC bitmap, Windows %s format, %d x %d x %u",
              byte_at(s, 14) == 40    ? "3.x"
              : byte_at(s, 14) == 108 ? "95/NT4 and newer"
                                      : "98/2000 and newer",
              width, height, (unsigned)file_number(s, 28, 2, false));
    if (file_number(s, 30, 4, false))
        buf_print(&f->kind, ", %u compression", (unsigned)file_number(s, 30, 4, false));
    if (size)
        buf_print(&f->kind, ", image size %u", size);
    if (x)
        buf_print(&f->kind, ", resolution %u x %u px/m", x, (unsigned)file_number(s, 42, 4, false));
    buf_print(&f->kind, ", cbSize %u, bits offset %u", (unsigned)file_number(s, 2, 4, false),
              (unsigned)file_number(s, 10, 4, false));
    f->mime = "image/bmp";
    return true;
}

static void icon_entry(struct finding *f, struct str s, size_t at)
{
    unsigned width = byte_at(s, at), height = byte_at(s, at + 1), bits = (unsigned)file_number(s, at + 6, 2, false);
    size_t data = (size_t)file_number(s, at + 12, 4, false);

    buf_print(&f->kind, ", %ux%u", width ? width : 256, height ? height : 256);
    if (file_at(s, data, "\x89PNG"))
        buf_print(&f->kind, " with PNG image data, %u x %u", (unsigned)file_number(s, data + 16, 4, true),
                  (unsigned)file_number(s, data + 20, 4, true));
    if (byte_at(s, at + 2))
        buf_print(&f->kind, ", %u colors", byte_at(s, at + 2));
    if (bits)
        buf_print(&f->kind, ", %u bits/pixel", bits);
}

static bool icon(struct finding *f, struct str s)
{
    unsigned count = (unsigned)file_number(s, 4, 2, false);

    if (!file_at(s, 0, "\0\0\1\0") || !count || count > 255 || byte_at(s, 9) || s.length < 22)
        return false;
    buf_print(&f->kind, "MS Windows icon resource - %u icon%s", count, count > 1 ? "s" : "");
    icon_entry(f, s, 6);
    if (count > 1)
        icon_entry(f, s, 22);
    f->mime = "image/vnd.microsoft.icon";
    return true;
}

static bool images(struct finding *f, struct str s)
{
    if (png(f, s) || jpeg(f, s) || bitmap(f, s) || icon(f, s))
        return true;
    if (file_at(s, 0, "GIF8")) {
        buf_print(&f->kind, "GIF image data, version %S, %u x %u", str_first(str_after(s, 3), 3),
                  (unsigned)file_number(s, 6, 2, false), (unsigned)file_number(s, 8, 2, false));
        f->mime = "image/gif";
        return true;
    }
    if (file_at(s, 0, "II*\0") || file_at(s, 0, "MM\0*")) {
        bool big = s.data[0] == 'M';
        buf_print(&f->kind, "TIFF image data, %s, direntries=%u", big ? "big-endian" : "little-endian",
                  (unsigned)file_number(s, (size_t)file_number(s, 4, 4, big), 2, big));
        f->mime = "image/tiff";
        return true;
    }
    if (file_at(s, 0, "8BPS")) {
        static const char *const modes[] = {"bitmap", "grayscale", "indexed", "RGB", "CMYK"};
        unsigned mode = (unsigned)file_number(s, 24, 2, true);
        buf_print(&f->kind, "Adobe Photoshop Image, %u x %u", (unsigned)file_number(s, 18, 4, true),
                  (unsigned)file_number(s, 14, 4, true));
        if (mode < 5)
            buf_print(&f->kind, ", %s", modes[mode]);
        buf_print(&f->kind, ", %ux %u-bit channels", (unsigned)file_number(s, 12, 2, true),
                  (unsigned)file_number(s, 22, 2, true));
        f->mime = "image/vnd.adobe.photoshop";
        return true;
    }
    return false;
}

/* --- sound and films ------------------------------------------------------------------------------------------------
 */

static void webp(struct finding *f, struct str s)
{
    unsigned width = (unsigned)file_number(s, 26, 2, false), height = (unsigned)file_number(s, 28, 2, false);

    found(f, "RIFF (little-endian) data, Web/P image", "image/webp");
    if (file_at(s, 12, "VP8 ") && file_at(s, 23, "\x9d\x01\x2a"))
        buf_print(&f->kind, ", VP8 encoding, %ux%u, Scaling: [none]x[none], YUV color, decoders should clamp",
                  width & 0x3fff, height & 0x3fff);
}

static bool riff(struct finding *f, struct str s)
{
    if (!file_at(s, 0, "RIFF"))
        return false;
    if (file_at(s, 8, "WEBP")) {
        webp(f, s);
        return true;
    }
    if (file_at(s, 8, "AVI "))
        return found(f, "RIFF (little-endian) data, AVI", "video/x-msvideo");
    if (!file_at(s, 8, "WAVE"))
        return found(f, "RIFF (little-endian) data", "application/octet-stream");
    found(f, "RIFF (little-endian) data, WAVE audio", "audio/x-wav");
    if (file_number(s, 20, 2, false) == 1) {
        unsigned channels = (unsigned)file_number(s, 22, 2, false);
        buf_add_text(&f->kind, ", Microsoft PCM");
        if (file_number(s, 34, 2, false))
            buf_print(&f->kind, ", %u bit", (unsigned)file_number(s, 34, 2, false));
        if (channels <= 2)
            buf_add_text(&f->kind, channels == 1 ? ", mono" : ", stereo");
        else
            buf_print(&f->kind, ", %u channels", channels);
        buf_print(&f->kind, " %u Hz", (unsigned)file_number(s, 24, 4, false));
    }
    return true;
}

static bool media(struct finding *f, struct str s)
{
    static const struct {
        const char *brand, *kind, *mime;
    } brands[] = {{"isom", "MP4 Base Media v1 [ISO 14496-12:2003]", "video/mp4"},
                  {"iso2", "MP4 Base Media v2 [ISO 14496-12:2005]", "video/mp4"},
                  {"mp42", "MP4 v2 [ISO 14496-14]", "video/mp4"},
                  {"mp41", "MP4 v1 [ISO 14496-1:ch13]", "video/mp4"},
                  {"M4A ", "Apple iTunes ALAC/AAC-LC (.M4A) Audio", "audio/x-m4a"},
                  {"M4V ", "Apple iTunes Video (.M4V) Video", "video/x-m4v"},
                  {"qt  ", "Apple QuickTime movie, Apple QuickTime (.MOV/QT)", "video/quicktime"},
                  {"avif", "AVIF Image", "image/avif"},
                  {"heic", "HEIF Image HEVC Main or Main Still Picture Profile", "image/heic"},
                  {"mif1", "HEIF Image", "image/heif"}};

    if (riff(f, s))
        return true;
    if (file_at(s, 4, "ftyp")) {
        found(f, "ISO Media", "video/mp4");
        for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
            if (file_has(s, 8, brands[i].brand, 4)) {
                buf_print(&f->kind, ", %s", brands[i].kind);
                f->mime = brands[i].mime;
            }
        return true;
    }
    if (file_at(s, 0, "ID3")) {
        buf_print(&f->kind, "Audio file with ID3 version 2.%u.%u", byte_at(s, 3), byte_at(s, 4));
        f->mime = "audio/mpeg";
        return true;
    }
    if (file_at(s, 0, "MThd")) {
        unsigned tracks = (unsigned)file_number(s, 10, 2, true);
        buf_print(&f->kind, "Standard MIDI data (format %u) using %u track%s at 1/%u",
                  (unsigned)file_number(s, 8, 2, true), tracks, tracks == 1 ? "" : "s",
                  (unsigned)file_number(s, 12, 2, true));
        f->mime = "audio/midi";
        return true;
    }
    return false;
}

/* --- programs
 * ---------------------------------------------------------------------------------------------------------- */

static const char *mach_cpu(uint64_t cpu)
{
    switch (cpu) {
    case 7: return "i386";
    case 0x01000007: return "x86_64";
    case 12: return "arm";
    case 0x0100000c: return "arm64";
    case 18: return "ppc";
    default: return "unknown";
    }
}

static bool mach(struct finding *f, struct str s)
{
    static const char *const types[] = {"",
                                        "object",
                                        "executable",
                                        "fixed virtual memory shared library",
                                        "core",
                                        "preload executable",
                                        "dynamically linked shared library",
                                        "dynamic linker",
                                        "bundle"};
    bool wide = file_at(s, 0, "\xcf\xfa\xed\xfe") || file_at(s, 0, "\xfe\xed\xfa\xcf"),
         big = file_at(s, 0, "\xfe\xed\xfa");
    unsigned type;

    if (file_at(s, 0, "\xca\xfe\xba\xbe") && file_number(s, 4, 4, true) < 20) {
        unsigned count = (unsigned)file_number(s, 4, 4, true);
        buf_print(&f->kind, "Mach-O universal binary with %u architecture%s:", count, count == 1 ? "" : "s");
        for (unsigned i = 0; i < count; i++)
            buf_print(&f->kind, i ? " [\\012- %s]" : " [%s]", mach_cpu(file_number(s, 8 + 20 * i, 4, true)));
        f->mime = "application/x-mach-binary";
        return true;
    }
    if (!wide && !file_at(s, 0, "\xce\xfa\xed\xfe") && !file_at(s, 0, "\xfe\xed\xfa\xce"))
        return false;
    type = (unsigned)file_number(s, 12, 4, big);
    buf_print(&f->kind, "Mach-O %s%s %s", wide ? "64-bit " : "", mach_cpu(file_number(s, 4, 4, big)),
              type < 9 ? types[type] : "");
    f->mime = "application/x-mach-binary";
    return true;
}

static bool java(struct finding *f, struct str s)
{
    unsigned major = (unsigned)file_number(s, 6, 2, true), minor = (unsigned)file_number(s, 4, 2, true);

    if (!file_at(s, 0, "\xca\xfe\xba\xbe") || major < 45)
        return false;
    buf_print(&f->kind, "compiled Java class data, version %u.%u", major, minor);
    if (major >= 46 && major <= 48)
        buf_print(&f->kind, " (Java 1.%u)", major - 44);
    else if (major >= 49 && major <= 52)
        buf_print(&f->kind, " (Java 1.%u)", major - 44);
    else if (major > 52)
        buf_print(&f->kind, " (Java SE %u)", major - 44);
    f->mime = "application/x-java-applet";
    return true;
}

static bool windows(struct finding *f, struct str s)
{
    size_t pe = (size_t)file_number(s, 60, 4, false);
    unsigned machine = (unsigned)file_number(s, pe + 4, 2, false), flags = (unsigned)file_number(s, pe + 22, 2, false);
    unsigned system = (unsigned)file_number(s, pe + 92, 2, false);
    bool wide = file_number(s, pe + 24, 2, false) == 0x20b;

    if (!file_at(s, 0, "MZ") || s.length < 64)
        return false;
    if (!file_at(s, pe, "PE\0\0"))
        return found(f, "MS-DOS executable", "application/x-dosexec");
    buf_print(&f->kind, "PE32%s executable", wide ? "+" : "");
    if (flags & 0x2000)
        buf_add_text(&f->kind, " (DLL)");
    buf_add_text(&f->kind, system == 2 ? " (GUI)" : system == 3 ? " (console)" : system == 1 ? " (native)" : "");
    buf_add_text(&f->kind, machine == 0x8664   ? " x86-64"
                           : machine == 0x14c  ? " Intel 80386"
                           : machine == 0xaa64 ? " Aarch64"
                                               : " unknown processor");
    buf_print(&f->kind, ", for MS Windows, %u sections", (unsigned)file_number(s, pe + 6, 2, false));
    f->mime = "application/vnd.microsoft.portable-executable";
    return true;
}

static bool programs(struct finding *f, struct str s)
{
    static const char *const python[] = {"3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12 or newer"};
    static const uint16_t numbers[] = {3350, 3379, 3394, 3413, 3425, 3439, 3495, 3500};
    unsigned number = (unsigned)file_number(s, 0, 2, false);

    if (elf_find(f, s) || java(f, s) || mach(f, s) || windows(f, s))
        return true;
    if (file_at(s, 0, "\0asm")) {
        buf_print(&f->kind, "WebAssembly (wasm) binary module version 0x%x%s", (unsigned)file_number(s, 4, 4, false),
                  file_number(s, 4, 4, false) == 1 ? " (MVP)" : "");
        f->mime = "application/wasm";
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && file_at(s, 2, "\r\n") && s.length >= 16; i++)
        if (number == numbers[i] || (numbers[i] == 3500 && number > 3500 && number < 3800)) {
            struct date_zone zone;
            struct date d;
            date_zone_init(&zone, str_lit("UTC0"));
            buf_print(&f->kind,
                      "Byte-compiled Python module for CPython %s, timestamp-based, .py timestamp: ", python[i]);
            if (date_local(&d, (struct date_time){(int64_t)file_number(s, 8, 4, false), 0}, &zone))
                date_print(&f->kind, str_lit("%a %b %e %H:%M:%S %Y UTC"), &d);
            buf_print(&f->kind, ", .py size: %u bytes", (unsigned)file_number(s, 12, 4, false));
            f->mime = "application/x-bytecode.python";
            return true;
        }
    if (file_at(s, 0, "\x1bLua")) {
        buf_print(&f->kind, "Lua bytecode, version %u.%u", byte_at(s, 4) >> 4, byte_at(s, 4) & 15);
        f->mime = "application/octet-stream";
        return true;
    }
    return false;
}

/* --- data
 * ------------------------------------------------------------------------------------------------------------- */

static bool sqlite(struct finding *f, struct str s)
{
    static const char *const encodings[] = {"", "UTF-8", "UTF-16 little endian", "UTF-16 big endian"};
    unsigned encoding = (unsigned)file_number(s, 56, 4, true);

    if (!file_at(s, 0, "SQLite format 3\0"))
        return false;
    found(f, "SQLite 3.x database", "application/vnd.sqlite3");
    if (file_number(s, 60, 4, true))
        buf_print(&f->kind, ", user version %u", (unsigned)file_number(s, 60, 4, true));
    buf_print(&f->kind, ", last written using SQLite version %u", (unsigned)file_number(s, 96, 4, true));
    if (file_number(s, 16, 2, true) != 4096)
        buf_print(&f->kind, ", page size %u", (unsigned)file_number(s, 16, 2, true));
    if (file_number(s, 18, 1, true) == 2)
        buf_print(&f->kind, ", writer version 2, read version %u", byte_at(s, 19));
    buf_print(&f->kind, ", file counter %u, database pages %u", (unsigned)file_number(s, 24, 4, true),
              (unsigned)file_number(s, 28, 4, true));
    if (file_number(s, 32, 4, true))
        buf_print(&f->kind, ", 1st free page %u, free pages %u", (unsigned)file_number(s, 32, 4, true),
                  (unsigned)file_number(s, 36, 4, true));
    buf_print(&f->kind, ", cookie 0x%x, schema %u", (unsigned)file_number(s, 40, 4, true),
              (unsigned)file_number(s, 44, 4, true));
    if (encoding >= 1 && encoding <= 3)
        buf_print(&f->kind, ", %s", encodings[encoding]);
    buf_print(&f->kind, ", version-valid-for %u", (unsigned)file_number(s, 92, 4, true));
    return true;
}

static bool pdf(struct finding *f, struct str s)
{
    if (!file_at(s, 0, "%PDF-"))
        return false;
    buf_print(&f->kind, "PDF document, version %S.%S", str_first(str_after(s, 5), 1), str_first(str_after(s, 7), 1));
    f->mime = "application/pdf";
    return true;
}

static bool data(struct finding *f, struct str s)
{
    if (sqlite(f, s) || pdf(f, s))
        return true;
    if (file_at(s, 0, "wOFF") || file_at(s, 0, "wOF2")) {
        bool second = s.data[3] == '2';
        size_t version = second ? 24 : 20;
        buf_print(&f->kind, "Web Open Font Format%s, %s, length %u, version %u.%u", second ? " (Version 2)" : "",
                  file_at(s, 4, "OTTO") ? "CFF" : "TrueType", (unsigned)file_number(s, 8, 4, true),
                  (unsigned)file_number(s, version, 2, true), (unsigned)file_number(s, version + 2, 2, true));
        f->mime = second ? "font/woff2" : "font/woff";
        return true;
    }
    if (file_at(s, 0, "PACK") && s.length >= 12) {
        buf_print(&f->kind, "Git pack, version %u, %u objects", (unsigned)file_number(s, 4, 4, true),
                  (unsigned)file_number(s, 8, 4, true));
        f->mime = "application/x-git";
        return true;
    }
    if (file_at(s, 0, "DIRC") && s.length >= 12) {
        buf_print(&f->kind, "Git index, version %u, %u entries", (unsigned)file_number(s, 4, 4, true),
                  (unsigned)file_number(s, 8, 4, true));
        f->mime = "application/octet-stream";
        return true;
    }
    if (file_at(s, 0, "\x93NUMPY")) {
        buf_print(&f->kind, "NumPy array, version %u.%u, header length %u", byte_at(s, 6), byte_at(s, 7),
                  (unsigned)file_number(s, 8, 2, false));
        f->mime = "application/octet-stream";
        return true;
    }
    if (file_at(s, 0, "\xd4\xc3\xb2\xa1") && file_number(s, 20, 4, false) == 1) {
        buf_print(&f->kind,
                  "pcap capture file, microsecond ts (little-endian) - version %u.%u (Ethernet, capture length %u)",
                  (unsigned)file_number(s, 4, 2, false), (unsigned)file_number(s, 6, 2, false),
                  (unsigned)file_number(s, 16, 4, false));
        f->mime = "application/vnd.tcpdump.pcap";
        return true;
    }
    if (file_at(s, 0, "b0VIM ")) {
        buf_print(&f->kind, "Vim swap file, version %S", text_at(s, 6, 4));
        f->mime = "application/octet-stream";
        return true;
    }
    return file_at(s, 32769, "CD001") && found(f, "ISO 9660 CD-ROM filesystem data", "application/x-iso9660-image");
}

bool magic_find(struct finding *f, struct str bytes)
{
    if (tar(f, bytes) || compressed(f, bytes) || zip(f, bytes) || debian(f, bytes) || images(f, bytes) ||
        media(f, bytes) || programs(f, bytes) || data(f, bytes))
        return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (file_has(bytes, prefixes[i].at, prefixes[i].bytes, prefixes[i].length))
            return found(f, prefixes[i].kind, prefixes[i].mime);
    return false;
}
