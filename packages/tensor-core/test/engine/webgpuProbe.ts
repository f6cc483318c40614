/** Exits with 0 if the environment's driver offers a WebGPU adapter. */
import { findAdapter } from '../../src/engine/webgpu'

void findAdapter().then((found) => {
  process.exitCode = found._tag === 'Right' ? 0 : 1
})
