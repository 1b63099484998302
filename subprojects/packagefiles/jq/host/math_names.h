/* math_names.h - libjq's arithmetic is musl's (subprojects/musl.wrap), under the names of adapters/math.h. */
#ifndef JQ_MATH_NAMES_H
#define JQ_MATH_NAMES_H

double math_acos(double x);
double math_acosh(double x);
double math_asin(double x);
double math_asinh(double x);
double math_atan(double x);
double math_atanh(double x);
double math_cbrt(double x);
double math_ceil(double x);
double math_cos(double x);
double math_cosh(double x);
double math_erf(double x);
double math_erfc(double x);
double math_exp(double x);
double math_exp10(double x);
double math_exp2(double x);
double math_expm1(double x);
double math_fabs(double x);
double math_floor(double x);
double math_j0(double x);
double math_j1(double x);
double math_log(double x);
double math_log10(double x);
double math_log1p(double x);
double math_log2(double x);
double math_logb(double x);
double math_rint(double x);
double math_round(double x);
double math_significand(double x);
double math_sin(double x);
double math_sinh(double x);
double math_sqrt(double x);
double math_tan(double x);
double math_tanh(double x);
double math_tgamma(double x);
double math_trunc(double x);
double math_y0(double x);
double math_y1(double x);
double math_atan2(double x, double y);
double math_copysign(double x, double y);
double math_fdim(double x, double y);
double math_fmax(double x, double y);
double math_fmin(double x, double y);
double math_fmod(double x, double y);
double math_hypot(double x, double y);
double math_nextafter(double x, double y);
double math_pow(double x, double y);
double math_remainder(double x, double y);
double math_scalb(double x, double y);
double math_fma(double x, double y, double z);
double math_frexp(double x, int *exponent);
double math_jn(int n, double x);
double math_ldexp(double x, int exponent);
double math_lgamma_r(double x, int *sign);
double math_modf(double x, double *whole);
double math_scalbln(double x, long exponent);
double math_yn(int n, double x);
int math_ilogb(double x);

static inline double math_lgamma(double x)
{
    int sign;
    return math_lgamma_r(x, &sign);
}

#undef acos
#define acos(...) math_acos(__VA_ARGS__)
#undef acosh
#define acosh(...) math_acosh(__VA_ARGS__)
#undef asin
#define asin(...) math_asin(__VA_ARGS__)
#undef asinh
#define asinh(...) math_asinh(__VA_ARGS__)
#undef atan
#define atan(...) math_atan(__VA_ARGS__)
#undef atan2
#define atan2(...) math_atan2(__VA_ARGS__)
#undef atanh
#define atanh(...) math_atanh(__VA_ARGS__)
#undef cbrt
#define cbrt(...) math_cbrt(__VA_ARGS__)
#undef ceil
#define ceil(...) math_ceil(__VA_ARGS__)
#undef copysign
#define copysign(...) math_copysign(__VA_ARGS__)
#undef cos
#define cos(...) math_cos(__VA_ARGS__)
#undef cosh
#define cosh(...) math_cosh(__VA_ARGS__)
#undef erf
#define erf(...) math_erf(__VA_ARGS__)
#undef erfc
#define erfc(...) math_erfc(__VA_ARGS__)
#undef exp
#define exp(...) math_exp(__VA_ARGS__)
#undef exp10
#define exp10(...) math_exp10(__VA_ARGS__)
#undef exp2
#define exp2(...) math_exp2(__VA_ARGS__)
#undef expm1
#define expm1(...) math_expm1(__VA_ARGS__)
#undef fabs
#define fabs(...) math_fabs(__VA_ARGS__)
#undef fdim
#define fdim(...) math_fdim(__VA_ARGS__)
#undef floor
#define floor(...) math_floor(__VA_ARGS__)
#undef fma
#define fma(...) math_fma(__VA_ARGS__)
#undef fmax
#define fmax(...) math_fmax(__VA_ARGS__)
#undef fmin
#define fmin(...) math_fmin(__VA_ARGS__)
#undef fmod
#define fmod(...) math_fmod(__VA_ARGS__)
#undef frexp
#define frexp(...) math_frexp(__VA_ARGS__)
#undef hypot
#define hypot(...) math_hypot(__VA_ARGS__)
#undef ilogb
#define ilogb(...) math_ilogb(__VA_ARGS__)
#undef j0
#define j0(...) math_j0(__VA_ARGS__)
#undef j1
#define j1(...) math_j1(__VA_ARGS__)
#undef jn
#define jn(...) math_jn(__VA_ARGS__)
#undef ldexp
#define ldexp(...) math_ldexp(__VA_ARGS__)
#undef lgamma
#define lgamma(...) math_lgamma(__VA_ARGS__)
#undef lgamma_r
#define lgamma_r(...) math_lgamma_r(__VA_ARGS__)
#undef log
#define log(...) math_log(__VA_ARGS__)
#undef log10
#define log10(...) math_log10(__VA_ARGS__)
#undef log1p
#define log1p(...) math_log1p(__VA_ARGS__)
#undef log2
#define log2(...) math_log2(__VA_ARGS__)
#undef logb
#define logb(...) math_logb(__VA_ARGS__)
#undef modf
#define modf(...) math_modf(__VA_ARGS__)
#undef nextafter
#define nextafter(...) math_nextafter(__VA_ARGS__)
#undef pow
#define pow(...) math_pow(__VA_ARGS__)
#undef remainder
#define remainder(...) math_remainder(__VA_ARGS__)
#undef rint
#define rint(...) math_rint(__VA_ARGS__)
#undef round
#define round(...) math_round(__VA_ARGS__)
#undef scalb
#define scalb(...) math_scalb(__VA_ARGS__)
#undef scalbln
#define scalbln(...) math_scalbln(__VA_ARGS__)
#undef significand
#define significand(...) math_significand(__VA_ARGS__)
#undef sin
#define sin(...) math_sin(__VA_ARGS__)
#undef sinh
#define sinh(...) math_sinh(__VA_ARGS__)
#undef sqrt
#define sqrt(...) math_sqrt(__VA_ARGS__)
#undef tan
#define tan(...) math_tan(__VA_ARGS__)
#undef tanh
#define tanh(...) math_tanh(__VA_ARGS__)
#undef tgamma
#define tgamma(...) math_tgamma(__VA_ARGS__)
#undef trunc
#define trunc(...) math_trunc(__VA_ARGS__)
#undef y0
#define y0(...) math_y0(__VA_ARGS__)
#undef y1
#define y1(...) math_y1(__VA_ARGS__)
#undef yn
#define yn(...) math_yn(__VA_ARGS__)
/* The rounding mode is always to nearest, and there is no long double. */
#undef nearbyint
#define nearbyint(x) math_rint(x)
#undef nexttoward
#define nexttoward(x, y) math_nextafter(x, y)
#undef drem
#define drem(x, y) math_remainder(x, y)
#undef gamma
#define gamma(x) math_lgamma(x)

#endif
