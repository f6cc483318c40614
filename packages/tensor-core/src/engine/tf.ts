/**
 * The only module that imports TensorFlow.js: everything else takes `tf` from here, so that there is one namespace, one set of
 * registered kernels and gradients, and one engine.
 *
 * The whole `@tensorflow/tfjs` is imported, not `tfjs-core`: in CommonJS only the former registers the gradients.
 */
import { dirname, sep } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'

// The .wasm files are beside the package's entry, from sources, under Jest and after installation.
setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}${sep}`)

export { tf }
