/** `tensor-core convert`: a model of any readable kind as a Hugging Face folder. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Progress,
  choice,
  command,
  folder,
  modelFolder,
  optional,
  overwriteOption,
  required,
  stopping,
} from './kit'
import { refuseExisting } from '../files'
import { convertModel } from '../formats'

export const convertCommand = command({
  name: 'convert',
  description: 'writes a model, such as a GGUF file, as a Hugging Face folder',
  example: 'tensor-core convert --model SmolLM2-135M-Instruct.gguf --out models/smol',
  options: {
    model: required(modelFolder('model folder, .gguf file, or hub:ORG/NAME')),
    out: required(folder('model folder to write')),
    dtype: optional(
      choice('type of the weights; by default bfloat16 for a .gguf file, else as stored', [
        'float32',
        'bfloat16',
        'float16',
      ]),
    ),
    ...overwriteOption,
  },
  run: (values, context) => {
    const state: { progress?: Progress } = {}
    return pipe(
      TE.fromEither(refuseExisting(values.out, values, 'folder')),
      TE.chain(() =>
        convertModel(values.model, values.out, {
          ...(values.dtype === undefined ? {} : { dtype: values.dtype }),
          onStart: (tensors) => {
            state.progress = context.progress('convert', tensors)
          },
          onTensor: () => state.progress?.tick(1),
        }),
      ),
      stopping(() => state.progress),
      TE.map(({ tensors, parameters, dtype }) => ({
        json: { out: values.out, tensors, parameters, dtype: dtype ?? null },
        text: `${parameters} parameters in ${tensors} tensors (${dtype ?? 'as stored'}): ${values.out}`,
      })),
    )
  },
})
