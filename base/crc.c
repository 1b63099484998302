/* base/crc.c - sums of bytes that find errors. Eight bytes at a time, each by its own table. */
#include "base/crc.h"

#include "base/crc_tables.h"

uint32_t crc_32(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *p = data;
    crc = ~crc;
    for (; size >= 8; p += 8, size -= 8) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = crc_low[7][crc & 255] ^ crc_low[6][crc >> 8 & 255] ^ crc_low[5][crc >> 16 & 255] ^
              crc_low[4][crc >> 24] ^ crc_low[3][p[4]] ^ crc_low[2][p[5]] ^ crc_low[1][p[6]] ^ crc_low[0][p[7]];
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
              crc_high[4][crc & 255] ^ crc_high[3][p[4]] ^ crc_high[2][p[5]] ^ crc_high[1][p[6]] ^ crc_high[0][p[7]];
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
    uint32_t s = sum;
    for (; size > 0; size--)
        s = ((s >> 1) + ((s & 1) << 15) + *p++) & 0xffff;
    return (uint16_t)s;
}

uint32_t crc_sysv(uint32_t sum, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (; size > 0; size--)
        sum += *p++;
    return sum;
}

uint16_t crc_sysv_end(uint32_t sum)
{
    uint32_t once = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((once & 0xffff) + (once >> 16));
}
