/** The Python interpreter of the other side: named by PYTHON, with torch, transformers and peft. */
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Setting, referenceProgram, run } from './child'

const Versions = t.intersection([
  t.type({
    python: t.string,
    torch: t.string,
    transformers: t.string,
    peft: t.string,
    cuda: t.boolean,
  }),
  /** Name of the GPU. */
  t.partial({ card: t.string }),
])

export type Versions = t.TypeOf<typeof Versions>

/** Versions of the compared libraries. Rejects with instructions where they are not installed. */
export const pythonVersions = async (s: Setting): Promise<Versions> => {
  const { output } = await run(referenceProgram(s, 'versions'), 'python').catch((cause: unknown) => {
    const why = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : ''
    throw new Error(
      [
        `${s.python} cannot be used: ${why}`,
        'The suite compares with PyTorch, transformers and peft. Give it a Python that has them:',
        '  python3 -m venv .venv && .venv/bin/python -m pip install -r tools/bench/suite/requirements.txt',
        '  PYTHON=.venv/bin/python npm run bench',
      ].join('\n'),
    )
  })
  const versions = Versions.decode(JSON.parse(output.trimEnd().split('\n').at(-1) ?? ''))
  if (isLeft(versions)) throw new Error(`${s.python} gives no versions: ${output}`)
  return versions.right
}
