// Reading the specification's data.
#include "tests/unit/spec_data.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tests/unit/catch.h"

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  INFO(path);
  REQUIRE(file);
  std::string text;
  char block[1 << 16];
  for (size_t count; (count = std::fread(block, 1, sizeof block, file.get())) > 0;) text.append(block, count);
  return text;
}

std::vector<std::string> json_files(const std::string& dir) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}
