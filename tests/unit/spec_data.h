// The data of the specification that some tests read when it is at hand: its JSON schemas, the list of its Linux
// fields, and config.json files of real engines. The project does not carry copies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec_data_dir.h" // kSchemaDir, made by meson; empty if there is no data

// Why a test that needs the data does nothing.
inline constexpr const char* kNoSpecData =
    "skipped: no JSON schemas of the specification at hand (meson option spec_schema)";

// A whole file; the test fails if it cannot be read.
std::string read_file(const std::string& path);
// The paths of the .json files in a directory, sorted.
std::vector<std::string> json_files(const std::string& dir);
// A file or directory beside the schemas.
inline std::string beside_schemas(std::string_view name) {
  return std::string(kSchemaDir) + "/../" + std::string(name);
}
