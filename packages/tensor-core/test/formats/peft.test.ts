import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoraAdapter, matrix } from '../../src/contracts'
import {
  adapterPlacement,
  adapterWarnings,
  freshAdapterConfig,
  readAdapter,
  readSafetensors,
  writeAdapter,
  writeSafetensors,
} from '../../src/formats'
import { folderWith, fromBase64, golden, right } from './folder'

const saved = (config: object = golden.adapter.config): string =>
  folderWith({
    'adapter_config.json': JSON.stringify(config),
    'adapter_model.safetensors': fromBase64(golden.adapter.file),
  })

const read = async (folder: string): Promise<LoraAdapter> => right(await readAdapter(folder)())

const refusal = async (folder: string): Promise<string> => {
  const got = await readAdapter(folder)()
  if (got._tag === 'Right') return ''
  expect(got.left.kind).toBe('input')
  expect(got.left.where).toContain(folder)
  expect(got.left.message).not.toContain('\n')
  return got.left.message
}

describe('reading what peft wrote', () => {
  it('finds every module by name, with its factors and its scale', async () => {
    const adapter = await read(saved())
    const byName = new Map(adapter.modules.map((m) => [m.name, m]))
    expect([...byName.keys()].sort()).toEqual(Object.keys(golden.adapter.scales).sort())
    for (const [name, scale] of Object.entries(golden.adapter.scales)) {
      expect(byName.get(name)?.scale).toBeCloseTo(scale, 12)
      expect(Array.from(byName.get(name)!.A.data)).toEqual(golden.adapter.A[name])
    }
    expect(adapter.modules.map(({ name }) => name)).toEqual(
      [...byName.keys()].sort((a, b) => new Intl.Collator('en', { numeric: true }).compare(a, b)),
    )
  })

  it('keeps modules_to_save, with a warning', async () => {
    const adapter = await read(saved())
    expect(adapter.extras.map(({ name }) => name.replace('base_model.model.model.', ''))).toEqual(
      expect.arrayContaining(['norm.weight', 'layers.0.input_layernorm.weight']),
    )
    expect(adapterWarnings(adapter)).toHaveLength(1)
    expect(adapterWarnings({ ...adapter, extras: [] })).toEqual([])
  })

  it.each(golden.placements.map((p) => [JSON.stringify(p.config), p] as const))(
    'places %s as peft does',
    (_, p) => {
      const placement = right(adapterPlacement('adapter_config.json', p.config))
      for (const [name, targeted, rank, scale] of p.rows) {
        expect([name, placement.targets(name), placement.rank(name)]).toEqual([name, targeted, rank])
        expect(placement.scale(name)).toBeCloseTo(scale, 12)
      }
    },
  )

  it('reads all-linear as every module except the output layer', () => {
    const config = freshAdapterConfig({ rank: 2, alpha: 4, targetModules: 'all-linear' })
    const { targets } = right(adapterPlacement('x', config))
    expect(['model.layers.0.mlp.up_proj', 'lm_head'].map(targets)).toEqual([true, false])
  })

  it.each<[string, unknown, ReadonlyArray<boolean>]>([
    ['a name', 'layers', [false, true]],
    ['the first name that is there', ['h', 'layers'], [false, true]],
    ['a path', 'model.layers', [false, true]],
    ['a pattern', '(h|lay.*s)', [false, true]],
    ['a name that is not there', 'h', [false, false]],
  ])('layers_pattern is %s', (_, layers_pattern, targeted) => {
    const { targets } = right(
      adapterPlacement('x', {
        ...freshAdapterConfig({ rank: 2, alpha: 4, targetModules: ['q_proj'] }),
        layers_to_transform: [1],
        layers_pattern,
      }),
    )
    expect([0, 1].map((i) => targets(`model.layers.${i}.self_attn.q_proj`))).toEqual(targeted)
  })

  it.each(['gaussian', 'orthogonal', 'eva', 'mica', true, false])(
    'an adapter that started %s is read',
    async (init_lora_weights) => {
      const adapter = await read(
        saved({ ...golden.adapter.config, init_lora_weights, eva_config: { rho: 2 } }),
      )
      expect(adapter.modules).toEqual((await read(saved())).modules)
    },
  )

  it('fields of later versions of peft give a warning where they are switched on', async () => {
    const later = { ...golden.adapter.config, use_wobble: true, wobble_config: null, use_wave: false }
    expect(adapterWarnings({ ...(await read(saved(later))), extras: [] })).toEqual([
      expect.stringContaining('have no effect: use_wobble'),
    ])
  })
})

describe('writing', () => {
  it('round-trips tensors, type, configuration and metadata', async () => {
    const config = { ...golden.adapter.config, of_a_later_version: { kept: [1, null] } }
    const first = await read(saved(config))
    const path = join(folderWith(), 'adapter')
    right(await writeAdapter(path, { ...first, metadata: { ...first.metadata, note: 'kept' } })())
    const second = await read(path)
    expect(second).toEqual({ ...first, metadata: { format: 'pt', note: 'kept' } })
    expect(second.config).toEqual(config)
    const file = async (folder: string) =>
      right(await readSafetensors(join(folder, 'adapter_model.safetensors'))())
    const [a, b] = [await file(saved()), await file(path)]
    expect([...b.tensors.keys()].sort()).toEqual([...a.tensors.keys()].sort())
    for (const name of a.tensors.keys())
      expect(right(await b.readRaw(name)())).toEqual(right(await a.readRaw(name)()))
  })

  it('writes changed ranks and scales into the configuration', async () => {
    const first = await read(saved())
    const modules = first.modules.map((m, i) =>
      i === 0
        ? { ...m, scale: m.scale * 3 }
        : i === 1
          ? {
              ...m,
              A: matrix(1, m.A.cols, m.A.data.slice(0, m.A.cols)),
              B: matrix(m.B.rows, 1, m.B.data.slice(0, m.B.rows)),
            }
          : m,
    )
    const path = join(folderWith(), 'adapter')
    right(await writeAdapter(path, { ...first, modules })())
    const second = await read(path)
    expect(second.modules.map(({ name, A }) => [name, A.rows])).toEqual(
      modules.map(({ name, A }) => [name, A.rows]),
    )
    second.modules.forEach((m, i) => expect(m.scale).toBeCloseTo(modules[i]!.scale, 12))
  })

  it('round-trips a new adapter', async () => {
    const name = 'model.layers.0.self_attn.q_proj'
    const adapter: LoraAdapter = {
      modules: [
        {
          name,
          A: matrix(2, 3, Float32Array.of(1, 2, 3, 4, 5, 6)),
          B: matrix(4, 2, new Float32Array(8)),
          scale: 2,
        },
      ],
      config: freshAdapterConfig({
        rank: 2,
        alpha: 4,
        dropout: 0.05,
        targetModules: ['q_proj', 'v_proj'],
        baseModel: 'base',
      }),
      metadata: {},
      dtype: 'F32',
      extras: [],
    }
    const path = join(folderWith(), 'adapter')
    right(await writeAdapter(path, adapter)())
    expect(await read(path)).toEqual({ ...adapter, metadata: { format: 'pt' } })
    const elsewhere = {
      ...adapter,
      modules: [{ ...adapter.modules[0]!, name: 'model.layers.0.mlp.up_proj' }],
    }
    right(await writeAdapter(path, elsewhere)())
    expect((await read(path)).config['target_modules']).toEqual([
      'q_proj',
      'v_proj',
      'model.layers.0.mlp.up_proj',
    ])
    const byPattern = { ...elsewhere, config: { ...adapter.config, target_modules: '.*q_proj' } }
    expect((await writeAdapter(join(folderWith(), 'a'), byPattern)())._tag).toBe('Left')
  })
})

describe('refusals', () => {
  it.each<[string, object, RegExp]>([
    ['DoRA', { use_dora: true }, /DoRA/],
    ['PiSSA', { init_lora_weights: 'pissa_niter_16' }, /pissa_niter_16/],
    ['OLoRA', { init_lora_weights: 'olora' }, /olora/],
    ['CorDA', { init_lora_weights: 'corda' }, /corda/],
    ['LoftQ', { init_lora_weights: 'loftq' }, /loftq/],
    ['a LoftQ configuration', { loftq_config: { loftq_bits: 4 } }, /LoftQ/],
    ['an initialisation of a later peft', { init_lora_weights: 'shiny' }, /"shiny" is not known/],
    ['MoE parameters', { target_parameters: ['experts.gate_up_proj'] }, /target_parameters/],
    ['trained tokens', { trainable_token_indices: [1] }, /trainable_token_indices/],
    ['another method', { peft_type: 'IA3' }, /IA3/],
    ['no rank', { r: undefined }, /field r is missing/],
    ['a rank of zero', { r: 0 }, /positive whole number, but is 0/],
    ['a rank the tensors do not have', { r: 5 }, /has rank 4, its configuration says 5/],
    [
      'targets that leave a tensor out',
      { target_modules: ['q_proj'] },
      /not among the configuration's target_modules/,
    ],
    [
      'saved modules that the configuration does not name',
      { modules_to_save: null },
      /norm\.weight matches no rule/,
    ],
    [
      'a pattern that is not valid',
      { rank_pattern: { '(q_proj': 2 } },
      /rank_pattern: the pattern has an unclosed/,
    ],
    ['a pattern with a lookbehind', { alpha_pattern: { '(?<=x)q': 2 } }, /not supported/],
    ['a pattern that is too long', { target_modules: 'x'.repeat(2000) }, /longer than 1000/],
    ['a pattern that explodes', { rank_pattern: { '((q{99}){99}){99}': 2 } }, /repeats too much/],
  ])('%s', async (_, change, message) => {
    expect(await refusal(saved({ ...golden.adapter.config, ...change }))).toMatch(message)
  })

  it.each<[string, string, RegExp]>([
    ['an embedding', 'base_model.model.model.embed_tokens.lora_embedding_A', /adapter on embeddings/],
    ['DoRA', 'base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector', /DoRA/],
    ['a key of no adapter', 'model.layers.0.self_attn.q_proj.weight', /matches no rule/],
    ['one factor alone', 'base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight', /no lora_B/],
    [
      'a factor twice',
      'base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight',
      /two tensors/,
    ],
  ])('a tensor of %s', async (_, key, message) => {
    const folder = saved()
    const path = join(folder, 'adapter_model.safetensors')
    const file = right(await readSafetensors(path)())
    const tensors = await Promise.all(
      [...file.tensors.keys()].map(async (n) => right(await file.readRaw(n)())),
    )
    const more = { name: key, dtype: 'F32', shape: [4, 8], bytes: new Uint8Array(128) }
    right(await writeSafetensors(path, [...tensors, more])())
    expect(await refusal(folder)).toMatch(message)
  })

  it('a folder that is no adapter', async () => {
    expect(await refusal(folderWith())).toMatch(/no adapter_config\.json/)
    const folder = saved()
    writeFileSync(join(folder, 'adapter_config.json'), '[]')
    expect(await refusal(folder)).toMatch(/not a JSON object/)
    expect(readFileSync(join(folder, 'adapter_config.json'), 'utf8')).toBe('[]')
  })

  it('weights only in a pickle', async () => {
    const folder = folderWith({
      'adapter_config.json': JSON.stringify(golden.adapter.config),
      'adapter_model.bin': 'never read',
    })
    expect(await refusal(folder)).toMatch(/only as adapter_model\.bin/)
  })

  it('the old form of keys is accepted', async () => {
    const folder = saved()
    const path = join(folder, 'adapter_model.safetensors')
    const file = right(await readSafetensors(path)())
    const tensors = await Promise.all(
      [...file.tensors.keys()].map(async (n) => right(await file.readRaw(n)())),
    )
    right(
      await writeSafetensors(
        path,
        tensors.map((t) => ({ ...t, name: t.name.replace(/lora_([AB])\.weight/, 'lora_$1.default.weight') })),
      )(),
    )
    expect((await read(folder)).modules).toEqual((await read(saved())).modules)
  })
})
