/* SPDX-License-Identifier: Apache-2.0 */
#include "core/steam.h"

#include <math.h>

#define KELVIN_OFFSET 273.15
#define TRIPLE_MPA 611.2126774e-6 /* at 273.15 K, where the equation begins */
#define CRITICAL_MPA 22.064
#define FREEZING_K 273.15
#define CRITICAL_K 647.096

static const double N1 = 0.11670521452767e4, N2 = -0.72421316703206e6, N3 = -0.17073846940092e2,
                    N4 = 0.12020824702470e5, N5 = -0.32325550322333e7, N6 = 0.14915108613530e2,
                    N7 = -0.48232657361591e4, N8 = 0.40511340542057e6, N9 = -0.23855557567849,
                    N10 = 0.65017534844798e3;

double steam_saturation_k(double pressure_mpa) {
        if (!(pressure_mpa >= TRIPLE_MPA && pressure_mpa <= CRITICAL_MPA))
                return NAN;
        double square = sqrt(pressure_mpa), beta = sqrt(square);
        double e = square + N3 * beta + N6;
        double f = N1 * square + N4 * beta + N7;
        double g = N2 * square + N5 * beta + N8;
        double d = 2 * g / (-f - sqrt(f * f - 4 * e * g));
        double sum = N10 + d;
        return (sum - sqrt(sum * sum - 4 * (N9 + N10 * d))) / 2;
}

double steam_pressure_mpa(double temperature_k) {
        if (!(temperature_k >= FREEZING_K && temperature_k <= CRITICAL_K))
                return NAN;
        double theta = temperature_k + N9 / (temperature_k - N10);
        double a = theta * theta + N1 * theta + N2;
        double b = N3 * theta * theta + N4 * theta + N5;
        double c = N6 * theta * theta + N7 * theta + N8;
        double beta = 2 * c / (-b + sqrt(b * b - 4 * a * c));
        return beta * beta * beta * beta;
}

int32_t steam_saturation_mc(int32_t pressure_pa) {
        if (pressure_pa < STEAM_PRESSURE_MIN_PA || pressure_pa > STEAM_PRESSURE_MAX_PA)
                return STEAM_OUT_OF_RANGE;
        return (int32_t)lround((steam_saturation_k(pressure_pa / 1e6) - KELVIN_OFFSET) * 1000);
}
