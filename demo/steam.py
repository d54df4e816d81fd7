# SPDX-License-Identifier: Apache-2.0
"""What the sensors of a steam autoclave would see: a sample a second, [seconds, degrees Celsius, kPa absolute]."""
import random
from math import exp, sqrt

# IAPWS-IF97 region 4: the curve on which steam is saturated. Kelvin and megapascal.
N = (0, 0.11670521452767e4, -0.72421316703206e6, -0.17073846940092e2, 0.12020824702470e5, -0.32325550322333e7,
     0.14915108613530e2, -0.48232657361591e4, 0.40511340542057e6, -0.23855557567849, 0.65017534844798e3)


def pressure_kpa(celsius):
    t = celsius + 273.15
    x = t + N[9] / (t - N[10])
    a, b, c = x * x + N[1] * x + N[2], N[3] * x * x + N[4] * x + N[5], N[6] * x * x + N[7] * x + N[8]
    return (2 * c / (-b + sqrt(b * b - 4 * a * c))) ** 4 * 1000


def boiling_c(kpa):
    x = (kpa / 1000) ** 0.25
    e, f, g = x * x + N[3] * x + N[6], N[1] * x * x + N[4] * x + N[7], N[2] * x * x + N[5] * x + N[8]
    d = 2 * g / (-f - sqrt(f * f - 4 * e * g))
    return (N[10] + d - sqrt((N[10] + d) ** 2 - 4 * (N[9] + N[10] * d))) / 2 - 273.15


class Chamber:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.kpa, self.probe, self.samples = 101.3, 60.0, []

    def second(self, colder=0.0):
        """The probe follows the steam with a lag, and `colder` where air lies around it."""
        self.probe += (boiling_c(self.kpa) - colder - self.probe) * 0.25
        self.samples.append([len(self.samples), round(self.probe + self.random.gauss(0, 0.03), 1),
                             round(self.kpa + self.random.gauss(0, 0.15), 1)])

    def drive(self, kpa, seconds):
        factor = (kpa / self.kpa) ** (1 / seconds)
        for _ in range(seconds):
            self.kpa *= factor
            self.second()

    def heat(self, celsius, air_c):
        steam = boiling_c(self.kpa)
        while steam < celsius + air_c:
            steam = min(celsius + air_c, steam + 0.25)
            self.kpa = pressure_kpa(steam)
            self.second(air_c)

    def hold(self, celsius, seconds, air_c):
        """With air in it the chamber still gets to its temperature, at a pressure that is too high for it."""
        for i in range(seconds):
            self.kpa = pressure_kpa(celsius + air_c + self.random.gauss(0, 0.05))
            self.second(air_c)

    def dry(self, seconds):
        self.drive(12, 60)
        for i in range(seconds):
            self.kpa = 8 + 4 * exp(-i / 120)
            self.second()
            self.probe += 8 * exp(-i / 400) * 0.25  # walls are hotter than what little vapour is left
        self.drive(101.3, 20)


def cycle(seed, pulses=3, hold_c=135.3, hold_s=220, drying_s=900, air_c=0.0):
    c = Chamber(seed)
    for _ in range(pulses):
        c.drive(c.random.uniform(10, 15), 55)
        c.drive(c.random.uniform(120, 160), 35)
    c.heat(hold_c, air_c)
    c.hold(hold_c, hold_s + (30 if air_c else 0), air_c)
    c.dry(drying_s)
    return c.samples


def spark(values, low, high, width=64):
    """A row of blocks, a picture of how something went."""
    blocks = " ▁▂▃▄▅▆▇█"
    step = max(1, len(values) / width)
    picked = [values[min(len(values) - 1, int(i * step))] for i in range(min(width, len(values)))]
    return "".join(blocks[max(0, min(8, round((v - low) / (high - low) * 8)))] for v in picked)
