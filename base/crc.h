/* base/crc.h - sums of bytes that find errors: CRC-32 of gzip, POSIX cksum, BSD and System V sum. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of gzip (RFC 1952) of all so far and `data`: begin with 0, go on with the answer. */
uint32_t crc_32(uint32_t crc, const void *data, size_t size);

/* POSIX cksum: begin with 0, go on with the answer; the end takes the number of all bytes in. */
uint32_t crc_cksum(uint32_t crc, const void *data, size_t size);
uint32_t crc_cksum_end(uint32_t crc, uint64_t length);

/* sum -r: begin with 0; the answer is the sum. */
uint16_t crc_bsd(uint16_t sum, const void *data, size_t size);

/* sum -s: begin with 0, go on with the answer; the end folds it to 16 bits. */
uint32_t crc_sysv(uint32_t sum, const void *data, size_t size);
uint16_t crc_sysv_end(uint32_t sum);

#endif
