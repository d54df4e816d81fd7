/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "out.h"

Paint verdict_paint(const char *verdict);
