/* adapters/zlib.c - deflate in pieces. */
#include "adapters/zlib.h"

#include <zlib.h>

enum { ROOM = 4096, BYTES_PER_STEP = 4 };

struct deflater {
    struct heap *heap;
    unsigned rest;
    z_stream stream;
};

static void *take(void *heap, unsigned items, unsigned size)
{
    return items && size > SIZE_MAX / items ? NULL : heap_try(heap, (size_t)items * size);
}

static void give(void *heap, void *memory)
{
    heap_free(heap, memory);
}

struct deflater *deflater_new(struct heap *heap, int level)
{
    struct deflater *d = heap_new(heap, struct deflater);
    d->heap = heap;
    d->stream.zalloc = take;
    d->stream.zfree = give;
    d->stream.opaque = heap;
    if (deflateInit(&d->stream, level) != Z_OK)
        meter_out_of_memory(heap->meter);
    return d;
}

void deflater_add(struct deflater *d, struct str input, bool last, struct buf *out)
{
    size_t sum = d->rest + input.length;
    meter_charge(d->heap->meter, (int64_t)(sum / BYTES_PER_STEP));
    d->rest = sum % BYTES_PER_STEP;
    d->stream.next_in = (unsigned char *)(uintptr_t)input.data;
    d->stream.avail_in = (unsigned)input.length;
    do {
        d->stream.next_out = (unsigned char *)buf_reserve(out, ROOM);
        d->stream.avail_out = ROOM;
        deflate(&d->stream, last ? Z_FINISH : Z_NO_FLUSH);
        out->length += ROOM - d->stream.avail_out;
    } while (d->stream.avail_out == 0);
}

void deflater_free(struct deflater *d)
{
    deflateEnd(&d->stream);
    heap_free(d->heap, d);
}
