/* builtins/chunks.c - input cut into pieces of equal size, across files: for xxd and hexdump. */
#include "builtins/chunks.h"

enum { READ_MOST = 16 * 1024 }; /* bytes taken from a pipe at once */

void chunks_start(struct chunks *k, struct call *c, struct input *input, uint64_t wanted)
{
    k->call = c;
    k->input = input;
    k->left = wanted;
    buf_init(&k->part, c->heap);
}

/* More into `block`, of a regular file, or into `part`: at most `most` bytes of what is no file. */
static enum input_answer read_more(struct chunks *k, uint64_t most)
{
    struct str bytes;

    if (most > READ_MOST)
        most = READ_MOST;
    for (;;) {
        int error = 0;
        if (k->input) {
            bool file = k->input->file->kind == FILE_INODE;
            enum input_answer answer = input_block(k->input, file ? SIZE_MAX : (size_t)most, &bytes);
            if (answer == INPUT_WAIT)
                return answer;
            if (answer == INPUT_MORE && file)
                k->block = bytes;
            if (answer == INPUT_MORE)
                break;
        }
        error = k->next ? k->next(k->call, &k->input) : 1;
        if (error)
            return error == E_WAIT ? INPUT_WAIT : INPUT_END;
    }
    if (!k->block.length) {
        buf_drop_front(&k->part, k->at);
        k->at = 0;
        buf_add(&k->part, bytes);
    }
    return INPUT_MORE;
}

static struct str give(struct chunks *k, size_t size)
{
    struct str piece = str_of(k->part.data + k->at, size);
    k->at += size;
    k->left -= size;
    return piece;
}

enum input_answer chunks_next(struct chunks *k, size_t size, struct str *piece)
{
    if (k->left < size)
        size = (size_t)k->left;
    if (size == 0)
        return INPUT_END;
    for (;;) {
        size_t have = k->part.length - k->at, more;
        if (have >= size) {
            *piece = give(k, size);
            return INPUT_MORE;
        }
        if (have == 0 && k->block.length >= size) {
            *piece = str_first(k->block, size);
            k->block = str_after(k->block, size);
            k->left -= size;
            return INPUT_MORE;
        }
        if (k->block.length > 0) {
            more = size - have < k->block.length ? size - have : k->block.length;
            buf_drop_front(&k->part, k->at);
            k->at = 0;
            buf_add(&k->part, str_first(k->block, more));
            k->block = str_after(k->block, more);
            continue;
        }
        if (!k->ended) {
            switch (read_more(k, k->left - have)) {
            case INPUT_WAIT: return INPUT_WAIT;
            case INPUT_END: k->ended = true; break;
            case INPUT_MORE: break;
            }
            continue;
        }
        if (have == 0)
            return INPUT_END;
        *piece = give(k, have);
        return INPUT_MORE;
    }
}

int64_t chunks_skip(struct chunks *k, uint64_t size)
{
    size_t have = k->part.length - k->at, count;

    if (have == 0 && k->block.length == 0 && !k->ended) {
        switch (read_more(k, size)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END: k->ended = true; break;
        case INPUT_MORE: break;
        }
        have = k->part.length - k->at;
    }
    if (have > 0) {
        count = have < size ? have : (size_t)size;
        k->at += count;
    } else {
        count = k->block.length < size ? k->block.length : (size_t)size;
        k->block = str_after(k->block, count);
    }
    return (int64_t)count;
}

void chunks_finish(struct chunks *k)
{
    if (k->input && k->block.length) {
        input_unread(k->input, k->block.length);
        input_settle(k->input);
    }
    k->block.length = 0;
}
