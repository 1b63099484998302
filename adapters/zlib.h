/* adapters/zlib.h - deflate in pieces: the only includer of zlib's header is zlib.c.
 *
 * All memory is a heap's, through zlib's allocator hooks (about 270 KB for a deflater).
 */
#ifndef ADAPTERS_ZLIB_H
#define ADAPTERS_ZLIB_H

#include "base/buf.h"

struct deflater;

/* A stream in zlib's format (RFC 1950) at a level from 0 to 9. Never NULL: exhaustion does not return. */
struct deflater *deflater_new(struct heap *heap, int level);
/* Compresses `input`, and with `last` ends the stream, adding what comes out to `out`. Give pieces of bounded length.
 * Charges a step for each 4 bytes of input. */
void deflater_add(struct deflater *d, struct str input, bool last, struct buf *out);
void deflater_free(struct deflater *d);

#endif
