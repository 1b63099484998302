/* base/crc.c - sums of bytes that find errors. Eight bytes at a time, each by its own table. */
#include "base/crc.h"

#include "base/crc_tables.h"

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

uint32_t crc_cksum(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *p = data;
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
        uint64_t lanes = 0, word;
        size_t words = size / 8 < 128 ? size / 8 : 128;
        size -= words * 8;
        for (; words > 0; words--, p += 8) {
            memcpy(&word, p, 8);
            lanes += (word & even) + (word >> 8 & even);
        }
        sum += (uint32_t)((lanes & 0xffff) + (lanes >> 16 & 0xffff) + (lanes >> 32 & 0xffff) + (lanes >> 48));
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
