/* base/crc.c - sums of bytes that find errors. Eight bytes at a time, each by its own table; cksum by products of polynomials
 * where the processor has them. */
#include "base/crc.h"

#include "base/crc_tables.h"
#include "base/lanes.h"

#include <string.h>

uint32_t crc_32(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *p = data;
    crc = ~crc;
    for (; size >= 8; p += 8, size -= 8) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = crc_low[7][crc & 255] ^ crc_low[6][crc >> 8 & 255] ^ crc_low[5][crc >> 16 & 255] ^
              crc_low[4][crc >> 24] ^ crc_low[3][p[4]] ^ crc_low[2][p[5]] ^ crc_low[1][p[6]] ^
              crc_low[0][p[7]];
    }
    for (; size > 0; p++, size--)
        crc = crc >> 8 ^ crc_low[0][(crc ^ *p) & 255];
    return ~crc;
}

static uint32_t cksum_by_tables(uint32_t crc, const unsigned char *p, size_t size)
{
    for (; size >= 8; p += 8, size -= 8) {
        crc ^= (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
        crc = crc_high[7][crc >> 24] ^ crc_high[6][crc >> 16 & 255] ^ crc_high[5][crc >> 8 & 255] ^
              crc_high[4][crc & 255] ^ crc_high[3][p[4]] ^ crc_high[2][p[5]] ^ crc_high[1][p[6]] ^
              crc_high[0][p[7]];
    }
    for (; size > 0; p++, size--)
        crc = crc << 8 ^ crc_high[0][(crc >> 24) ^ *p];
    return crc;
}

#if defined(LANES_PRODUCT)
/* Sixteen bytes as a polynomial: the first byte has the highest powers. It is its own reverse. */
LANES_PRODUCT static inline lanes polynomial(lanes v)
{
    return lanes_lookup(v, (lanes){15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
}

/* Of whole groups of 64 bytes. What has been read is kept as 64 bytes that have the same remainder: to go 64 bytes on is to
 * multiply by x^512, that is its high halves by the remainder of x^576 and its low ones by that of x^512. */
LANES_PRODUCT static uint32_t cksum_by_products(uint32_t crc, const unsigned char *p, size_t groups)
{
    const lanes on = {0x11, 0x8b, 0x22, 0xe6, 0, 0, 0, 0, 0x4c, 0x79, 0x33, 0x88, 0, 0, 0, 0}; /* 0xe6228b11, 0x8833794c */
    const lanes begin = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16), (unsigned char)(crc >> 8), (unsigned char)crc};
    lanes part[4];
    unsigned char last[64];

    for (int i = 0; i < 4; i++)
        part[i] = polynomial(i == 0 ? lanes_load(p) ^ begin : lanes_load(p + 16 * i));
    for (p += 64; groups > 1; groups--, p += 64)
        for (int i = 0; i < 4; i++)
            part[i] = lanes_product(part[i], on, 0x11) ^ lanes_product(part[i], on, 0) ^ polynomial(lanes_load(p + 16 * i));
    for (int i = 0; i < 4; i++) {
        part[i] = polynomial(part[i]);
        memcpy(last + 16 * i, &part[i], 16);
    }
    return cksum_by_tables(0, last, sizeof last);
}
#endif

uint32_t crc_cksum(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *p = data;

#if defined(LANES_PRODUCT)
    if (size >= 512 && lanes_may_multiply()) {
        crc = cksum_by_products(crc, p, size / 64);
        p += size / 64 * 64;
        size %= 64;
    }
#endif
    return cksum_by_tables(crc, p, size);
}

uint32_t crc_cksum_end(uint32_t crc, uint64_t length)
{
    for (; length; length >>= 8)
        crc = crc << 8 ^ crc_high[0][(crc >> 24) ^ (length & 255)];
    return ~crc;
}

uint16_t crc_bsd(uint16_t sum, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (; size > 0; size--)
        sum = (uint16_t)((uint16_t)(sum >> 1 | sum << 15) + *p++);
    return sum;
}

/* Eight bytes at once: their sums stand in four lanes of a word, for as long as these do not run over. */
uint32_t crc_sysv(uint32_t sum, const void *data, size_t size)
{
    const unsigned char *p = data;
    const uint64_t even = 0x00ff00ff00ff00ff;
    while (size >= 8) {
        uint64_t sums = 0, word;
        size_t words = size / 8 < 128 ? size / 8 : 128;
        size -= words * 8;
        for (; words > 0; words--, p += 8) {
            memcpy(&word, p, 8);
            sums += (word & even) + (word >> 8 & even);
        }
        sum += (uint32_t)((sums & 0xffff) + (sums >> 16 & 0xffff) + (sums >> 32 & 0xffff) + (sums >> 48));
    }
    for (; size > 0; size--)
        sum += *p++;
    return sum;
}

uint16_t crc_sysv_end(uint32_t sum)
{
    uint32_t once = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((once & 0xffff) + (once >> 16));
}
