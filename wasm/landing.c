/* wasm/landing.c - what clang's lowering of setjmp and longjmp calls: the tag is in tag.s. */
#include <stdint.h>

struct landing {
    void *invocation; /* of the function that called setjmp */
    uint32_t label;   /* which of its calls */
    struct {
        void *environment;
        int value;
    } argument;
};

void __wasm_setjmp(void *environment, uint32_t label, void *invocation);
uint32_t __wasm_setjmp_test(void *environment, void *invocation);
void __wasm_longjmp(void *environment, int value);

void __wasm_setjmp(void *environment, uint32_t label, void *invocation)
{
    struct landing *l = environment;
    l->invocation = invocation;
    l->label = label;
}

uint32_t __wasm_setjmp_test(void *environment, void *invocation)
{
    struct landing *l = environment;
    return l->invocation == invocation ? l->label : 0;
}

void __wasm_longjmp(void *environment, int value)
{
    struct landing *l = environment;
    l->argument.environment = environment;
    l->argument.value = value ? value : 1;
    __builtin_wasm_throw(1, &l->argument);
}
