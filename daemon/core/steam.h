/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Steam: the line on which water boils, from 273.15 K to the critical point.
 * Source: IAPWS R7-97(2012), region 4, equations 30 (pressure) and 31 (temperature), coefficients of table 34.
 * Pure and cheap: four square roots and two divisions, no power function.
 */
#include <stdint.h>

#define STEAM_OUT_OF_RANGE INT32_MIN /* outside the line: no saturation temperature */
#define STEAM_PRESSURE_MIN_PA 612
#define STEAM_PRESSURE_MAX_PA 22064000

/* Saturation temperature in thousandths of a degree Celsius, rounded to nearest, of an absolute pressure;
 * STEAM_OUT_OF_RANGE outside STEAM_PRESSURE_MIN_PA to STEAM_PRESSURE_MAX_PA. */
int32_t steam_saturation_mc(int32_t pressure_pa);

/* The same in kelvin and megapascal, unrounded; NAN outside the line. */
double steam_saturation_k(double pressure_mpa);

/* The way back: saturation pressure in megapascal of a temperature in kelvin; NAN outside 273.15 to 647.096 K. */
double steam_pressure_mpa(double temperature_k);
