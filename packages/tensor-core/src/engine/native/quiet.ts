/**
 * TensorFlow greets on standard error while its library is loaded, before any of its settings is read. This addon of twenty
 * lines points standard error elsewhere for that moment, so that `--quiet` and one-line errors stay true.
 * `SAFE_ENGINE_LOG=1` lets TensorFlow speak.
 */

// source -----------------------------------------------------------------------------------------

export const quietSource = `#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static int saved = -1;

static napi_value Hush(napi_env, napi_callback_info) {
  if (saved >= 0) return nullptr;
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere < 0) return nullptr;
  saved = dup(2);
  if (saved >= 0) dup2(nowhere, 2);
  close(nowhere);
  return nullptr;
}

static napi_value Speak(napi_env, napi_callback_info) {
  if (saved < 0) return nullptr;
  dup2(saved, 2);
  close(saved);
  saved = -1;
  return nullptr;
}

NAPI_MODULE_INIT() {
  napi_value hush, speak;
  napi_create_function(env, "hush", NAPI_AUTO_LENGTH, Hush, nullptr, &hush);
  napi_create_function(env, "speak", NAPI_AUTO_LENGTH, Speak, nullptr, &speak);
  napi_set_named_property(env, exports, "hush", hush);
  napi_set_named_property(env, exports, "speak", speak);
  return exports;
}
`

// use --------------------------------------------------------------------------------------------

interface Quiet {
  readonly hush: () => void
  readonly speak: () => void
}

const isQuiet = (u: unknown): u is Quiet =>
  typeof u === 'object' &&
  u !== null &&
  'hush' in u &&
  typeof u.hush === 'function' &&
  'speak' in u &&
  typeof u.speak === 'function'

/** Runs `work` with standard error pointed elsewhere, if `addon` can do that. */
export const quietly = <A>(addon: unknown, work: () => A): A => {
  if (!isQuiet(addon) || process.env['SAFE_ENGINE_LOG'] === '1') return work()
  addon.hush()
  try {
    return work()
  } finally {
    addon.speak()
  }
}
