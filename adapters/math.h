/* adapters/math.h - floating point arithmetic, the same bits on every platform: musl's (subprojects/musl.wrap).
 *
 * IEEE doubles, rounded to nearest; no errno, no exceptions, no long double. Each is C's function of the
 * name behind math_.
 */
#ifndef ADAPTERS_MATH_H
#define ADAPTERS_MATH_H

double math_acos(double x);
double math_asin(double x);
double math_atan(double x);
double math_cbrt(double x);
double math_ceil(double x);
double math_cos(double x);
double math_cosh(double x);
double math_exp(double x);
double math_exp2(double x);
double math_expm1(double x);
double math_fabs(double x);
double math_floor(double x);
double math_log(double x);
double math_log10(double x);
double math_log1p(double x);
double math_log2(double x);
double math_rint(double x);
double math_round(double x);
double math_sin(double x);
double math_sinh(double x);
double math_sqrt(double x);
double math_tan(double x);
double math_tanh(double x);
double math_trunc(double x);
double math_atan2(double y, double x);
double math_fmod(double x, double y);
double math_hypot(double x, double y);
double math_pow(double x, double y);
double math_frexp(double x, int *exponent);
double math_ldexp(double x, int exponent);
double math_modf(double x, double *whole);
double math_scalbn(double x, int exponent);

#endif
