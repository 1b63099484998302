/* names.h - comes before every file of src/math: its functions are called math_NAME here, so that they
   neither replace the host's nor are replaced by them. */
#ifndef MATH_NAMES_H
#define MATH_NAMES_H

#include <endian.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

double math_acos(double);
double math_asin(double);
double math_atan(double);
double math_cbrt(double);
double math_ceil(double);
double math_cos(double);
double math_cosh(double);
double math_exp(double);
double math_exp2(double);
double math_expm1(double);
double math_fabs(double);
double math_floor(double);
double math_log(double);
double math_log10(double);
double math_log1p(double);
double math_log2(double);
double math_rint(double);
double math_round(double);
double math_sin(double);
double math_sinh(double);
double math_sqrt(double);
double math_tan(double);
double math_tanh(double);
double math_trunc(double);
double math_atan2(double, double);
double math_fmod(double, double);
double math_hypot(double, double);
double math_pow(double, double);
double math_frexp(double, int *);
double math_ldexp(double, int);
double math_modf(double, double *);
double math_scalbn(double, int);
double math_acosh(double);
double math_asinh(double);
double math_atanh(double);
double math_erf(double);
double math_erfc(double);
double math_exp10(double);
double math_j0(double);
double math_j1(double);
double math_logb(double);
double math_significand(double);
double math_tgamma(double);
double math_y0(double);
double math_y1(double);
double math_copysign(double, double);
double math_fdim(double, double);
double math_fmax(double, double);
double math_fmin(double, double);
double math_nextafter(double, double);
double math_remainder(double, double);
double math_scalb(double, double);
double math_fma(double, double, double);
double math_jn(int, double);
double math_lgamma_r(double, int *);
double math_remquo(double, double, int *);
double math_scalbln(double, long);
double math_yn(int, double);
int math_ilogb(double);

#define acos math_acos
#define asin math_asin
#define atan math_atan
#define atan2 math_atan2
#define cbrt math_cbrt
#define ceil math_ceil
#define cos math_cos
#define cosh math_cosh
#define exp math_exp
#define exp2 math_exp2
#define expm1 math_expm1
#define fabs math_fabs
#define floor math_floor
#define fmod math_fmod
#define frexp math_frexp
#define hypot math_hypot
#define ldexp math_ldexp
#define log math_log
#define log10 math_log10
#define log1p math_log1p
#define log2 math_log2
#define modf math_modf
#define pow math_pow
#define rint math_rint
#define round math_round
#define scalbn math_scalbn
#define sin math_sin
#define sinh math_sinh
#define sqrt math_sqrt
#define tan math_tan
#define tanh math_tanh
#define trunc math_trunc
#define acosh math_acosh
#define asinh math_asinh
#define atanh math_atanh
#define copysign math_copysign
#define erf math_erf
#define erfc math_erfc
#define exp10 math_exp10
#define fdim math_fdim
#define fma math_fma
#define fmax math_fmax
#define fmin math_fmin
#define ilogb math_ilogb
#define j0 math_j0
#define j1 math_j1
#define jn math_jn
#define logb math_logb
#define nextafter math_nextafter
#define remainder math_remainder
#define remquo math_remquo
#define scalb math_scalb
#define scalbln math_scalbln
#define significand math_significand
#define tgamma math_tgamma
#define y0 math_y0
#define y1 math_y1
#define yn math_yn
#define __lgamma_r math_lgamma_r
#define __cos math_of_cos
#define __tan math_of_tan
#define __sin math_of_sin
#define __expo2 math_of_expo2
#define __math_divzero math_of_math_divzero
#define __math_invalid math_of_math_invalid
#define __math_oflow math_of_math_oflow
#define __math_uflow math_of_math_uflow
#define __math_xflow math_of_math_xflow
#define __math_check_oflow math_of_math_check_oflow
#define __math_check_uflow math_of_math_check_uflow
#define __rem_pio2 math_of_rem_pio2
#define __rem_pio2_large math_of_rem_pio2_large
#define __exp_data math_of_exp_data
#define __log_data math_of_log_data
#define __log2_data math_of_log2_data
#define __pow_log_data math_of_pow_log_data
#define __rsqrt_tab math_of_rsqrt_tab
#define __sinl math_of_sinl
#define __cosl math_of_cosl
#define __tanl math_of_tanl
#define hidden
#define weak_alias(old, other)

#endif
