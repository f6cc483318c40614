/** Models of a world: built by the command that the errors name, and checked before a suite uses them. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import { openModelFolder } from '@safe/tensor-core/formats'
import { evaluationItems } from '../../src/arena/evaluation'
import { assetsFolder, modelNames, worldOf } from '../../src/arena/modelsFolder'
import { openArenaSuite } from '../../src/arena/suite'
import { arenaWorld, shippedSeed } from '../../src/arena/world'

const root = resolve(__dirname, '../../../..')
const folder = (): string => mkdtempSync(join(tmpdir(), 'arena-'))

/** Runs `npm run arena:build` with these options. @returns what it says on its standard error */
const build = (...options: ReadonlyArray<string>): { readonly code: number | null; readonly err: string } => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, 'tools/arena/build.ts', ...options],
    // Far less than a build of full length takes: none is finished by mistake.
    { cwd: root, encoding: 'utf8', timeout: 90_000 },
  )
  return { code: status, err: stderr }
}

describe('models of another world', () => {
  const out = join(folder(), 'world-5')
  const options = ['--work', folder(), '--steps', '1', '--engine', 'wasm']

  it('are built into a folder of their own, which a suite of that world takes', async () => {
    expect(build('--world', '5', '--out', out, ...options)).toMatchObject({ code: 0 })
    expect(await worldOf(out)()).toEqual(E.right(5))
    const suite = await openArenaSuite({ world: 5, models: out })()
    if (E.isLeft(suite)) throw new Error(suite.left.message)
    expect(suite.right.evaluation).toBe(evaluationItems(arenaWorld(5)))
    expect(suite.right.name).toBe('arena of world 5')
    for (const name of modelNames)
      expect(E.isRight(await openModelFolder(suite.right.models[name])())).toBe(true)
  })

  it('are refused by the suite of a third world', async () => {
    expect(await openArenaSuite({ world: 6, models: out })()).toMatchObject({
      left: {
        _tag: 'BadConfig',
        kind: 'input',
        where: out,
        message: expect.stringContaining('world 5, not of world 6') as unknown,
      },
    })
  })

  it('never replace the models of a third world, nor the shipped ones', async () => {
    for (const given of [
      ['--world', '6', '--out', out, ...options],
      ['--world', '6', ...options.slice(0, 2)],
      options,
    ]) {
      const { code, err } = build(...given)
      expect(code).toBe(2)
      expect(err).toContain('--out')
    }
    expect(await worldOf(out)()).toEqual(E.right(5))
    expect(await worldOf(assetsFolder)()).toEqual(E.right(shippedSeed))
  })
})

describe('openArenaSuite', () => {
  const remedy: unknown = expect.stringContaining('npm run arena:build -- --world 3 --out')
  const refusal = async (models?: string): Promise<unknown> => {
    const suite = await openArenaSuite({ world: 3, models })()
    return E.isLeft(suite) ? suite.left : undefined
  }

  it('takes the shipped models', async () => expect(E.isRight(await openArenaSuite()())).toBe(true))

  it('names the command that builds what is missing', async () => {
    const absent = join(folder(), 'none')
    expect(await refusal(absent)).toMatchObject({ _tag: 'FileMissing', where: absent, remedy })
    const half = folder()
    writeFileSync(join(half, 'world.json'), '{"world":3}')
    mkdirSync(join(half, 'base'))
    expect(await refusal(half)).toMatchObject({
      _tag: 'FileMissing',
      message: 'contains no model base',
      remedy,
    })
    expect(await refusal()).toMatchObject({ _tag: 'BadConfig', where: assetsFolder, remedy })
    rmSync(half, { recursive: true })
  })

  it('refuses a damaged world.json', async () => {
    const models = folder()
    for (const text of ['{"world":"3"}', '[]', '{']) {
      writeFileSync(join(models, 'world.json'), text)
      expect(await refusal(models)).toMatchObject({ _tag: 'FileDamaged', where: join(models, 'world.json') })
    }
  })
})
