// One loop over the hooks of a moment.
#include "hooks/run.h"

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/log/log.h"

namespace skiff::hooks {

void run(Moment moment, const oci::Hooks& hooks, oci::State state, const Surroundings& surroundings) {
  const std::vector<oci::Hook>& list = hooks_of(hooks, moment);
  if (list.empty()) return;
  const MomentRules& rules = rules_of(moment);
  state.status = rules.status.value_or(state.status);
  const std::string json = oci::to_json(state);
  for (size_t number = 0; number < list.size(); ++number) {
    try {
      run_hook(list[number], json, surroundings);
    } catch (Error& error) {
      error.within(cat("error running ", rules.name, " hook #", number));
      if (rules.on_failure != OnFailure::warn) throw;
      const auto* failed = surroundings.words == Words::crun ? dynamic_cast<const HookFailed*>(&error) : nullptr;
      if (failed != nullptr) {
        log::error(cat(rules.name, " hook failed with exit code: ", failed->exit_code()));
      } else {
        log::warn(cat(error.what(), ", ignoring"));
      }
    }
  }
}

} // namespace skiff::hooks
