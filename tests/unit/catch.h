// Catch2 as Debian 12 (version 2, one header) and Debian 13 (version 3) have it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
