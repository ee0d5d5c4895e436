// The one place where Catch2 itself is compiled for the kernel tests: version 2 is all header and takes long.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>

int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#else
#define CATCH_CONFIG_MAIN
#include "tests/unit/catch.h"
#endif
