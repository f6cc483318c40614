/* An addon that points standard error elsewhere (hush) and back (speak): TensorFlow prints a banner while its library
 * is loaded. */
#include <fcntl.h>
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
