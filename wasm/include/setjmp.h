/* wasm/include/setjmp.h - the landing place by WebAssembly exceptions, which this libc does not have. */
#ifndef WASM_SETJMP_H
#define WASM_SETJMP_H

typedef struct {
    long words[8];
} jmp_buf[1];

int setjmp(jmp_buf environment) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf environment, int value);

#endif
