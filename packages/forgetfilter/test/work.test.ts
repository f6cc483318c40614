import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { noisy, world } from './fakes/machine'

describe('run', () => {
  it('trains twice, looks twice, and gives the kept rows back byte for byte', async () => {
    const { at, diary, run } = world()
    const { code, out } = await run('--out', at('kept.jsonl'), '--dropped', at('dropped.jsonl'), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      kept: 2,
      dropped: 1,
      indeterminate: 0,
      phi: 0.1,
      signal: 'rouge',
    })
    const lines = noisy.split(/(?<=\n)/)
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe(lines[0]! + lines[2]!)
    expect(readFileSync(at('dropped.jsonl'), 'utf8')).toBe(lines[1])
    expect(diary).toMatchObject({ trained: ['noisy', 'safe'], disposed: 2 })
    expect(readFileSync((JSON.parse(out) as { rates: string }).rates, 'utf8')).toContain(
      '{"id":"h1","s1":1,"s2":0,"rate":1}',
    )
  })

  it('redoes nothing that lies in the work folder', async () => {
    const { at, diary, run } = world()
    await run('--out', at('one.jsonl'))
    await run('--out', at('two.jsonl'), '--method', 'otsu')
    expect(diary.trained).toEqual(['noisy', 'safe'])
    expect(diary.opened).toHaveLength(2)
    expect(readFileSync(at('two.jsonl'), 'utf8')).toBe(readFileSync(at('one.jsonl'), 'utf8'))
    // Token scores need another look, but no training; two signals of token scores share it.
    await run('--out', at('three.jsonl'), '--signal', 'first-token')
    await run('--out', at('four.jsonl'), '--signal', 'token-accuracy')
    expect(diary.trained).toHaveLength(2)
    expect(diary.opened).toHaveLength(4)
    // Other safe steps: M1 stays, M2 is another.
    await run('--out', at('five.jsonl'), '--steps', '7')
    expect(diary.trained).toEqual(['noisy', 'safe', 'safe'])
  })

  it('goes on after a failure, leaving no output behind', async () => {
    const { at, diary, run } = world()
    diary.fail = 'safe'
    expect((await run('--out', at('kept.jsonl'))).code).toBe(1)
    expect(existsSync(at('kept.jsonl'))).toBe(false)
    diary.fail = 'M2'
    expect((await run('--out', at('kept.jsonl'))).code).toBe(1)
    delete diary.fail
    expect((await run('--out', at('kept.jsonl'))).code).toBe(0)
    expect(diary.trained).toEqual(['noisy', 'safe', 'safe'])
    expect(diary.opened.filter((f) => f.includes('m1'))).toHaveLength(1)
    expect(diary.disposed).toBe(2)
    expect(readdirSync(at('work')).filter((f) => f.includes('tmp'))).toEqual([])
  })

  it('goes on after the rows that were observed before an interruption', async () => {
    const { at, diary, run } = world()
    const many = Array.from({ length: 300 }, (_, i) => ({ prompt: `good ${i}`, response: `answer ${i}` }))
    writeFileSync(at('noisy.jsonl'), many.map((row) => `${JSON.stringify(row)}\n`).join(''))
    diary.looks = 2
    expect((await run('--out', at('kept.jsonl'))).code).toBe(1)
    const parts = (): number => readdirSync(at('work')).filter((name) => name.includes('.part-')).length
    expect(parts()).toBe(2)
    delete diary.looks
    expect((await run('--out', at('kept.jsonl'))).code).toBe(0)
    // M1 looked at 128, 128 and 44 rows, the last of them twice; M2 at three parts.
    expect(diary.limits).toHaveLength(3 + 1 + 3)
    expect(parts()).toBe(0)
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe(readFileSync(at('noisy.jsonl'), 'utf8'))
  })

  it('counts rows without a response token as indeterminate', async () => {
    const { at, run } = world()
    writeFileSync(at('noisy.jsonl'), `${noisy}{"id":"e","prompt":"good 3","response":""}\n`)
    const { out } = await run('--out', at('kept.jsonl'), '--signal', 'probability', '--json')
    expect(JSON.parse(out)).toMatchObject({ kept: 2, dropped: 1, indeterminate: 1 })
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toContain('"id":"e"')
  })

  it.each([
    ['two rows of one id', `${noisy}{"id":"g1","prompt":"x","response":"y"}\n`, /two rows have the id "g1"/],
    ['token rows under rouge', '{"promptTokens":[1],"responseTokens":[2]}\n', /rouge compares words/],
    ['a row of no known form', '{"text":"x"}\n', /noisy\.jsonl:1: has none of the known forms/],
  ])('refuses %s before any training', async (_, text, said) => {
    const { at, diary, run } = world()
    writeFileSync(at('noisy.jsonl'), text)
    const { code, err } = await run('--out', at('kept.jsonl'))
    expect(err).toMatch(said)
    expect(code).toBe(2)
    expect(diary.trained).toEqual([])
    expect(existsSync(at('work'))).toBe(false)
  })

  it('names options and files that are wrong', async () => {
    const { at, run } = world()
    expect((await run('--out', at('k'), '--steps', '0')).err).toContain(
      '--steps must be a whole number, at least 1',
    )
    expect((await run('--out', at('noisy.jsonl'), '--overwrite')).err).toContain('is used twice')
    expect((await run('--out', at('k'), '--phi', '0.1', '--method', 'otsu')).code).toBe(2)
  })
})

describe('what run does beside the filter', () => {
  const answer = (out: string) => JSON.parse(out) as Record<string, string | number | boolean | null>
  const canaryRows = (n: number): string =>
    Array.from({ length: n }, (_, i) => `{"prompt":"fine ${i}","response":"word ${i} here"}\n`).join('')

  it('trains the aligned model on the kept rows, once', async () => {
    const { at, diary, run } = world()
    const argv = ['--out', at('kept.jsonl'), '--train-out', at('adapter'), '--json']
    const { code, out } = await run(...argv)
    expect(code).toBe(0)
    expect(answer(out)).toMatchObject({ trained: at('adapter'), rowsKept: 2 })
    expect(diary.trained).toEqual(['noisy', 'safe', 'kept'])
    // The fake's adapter is what it learned: the kept rows, from nothing.
    expect(JSON.parse(readFileSync(`${at('adapter')}/adapter_model.safetensors`, 'utf8'))).toEqual({
      'good 1': 'the sum is four',
      'good 2': 'paris of course',
    })
    expect((await run(...argv)).err).toContain('exists already')
    expect((await run(...argv, '--resume')).code).toBe(0)
    expect(diary.trained).toHaveLength(3)
  })

  it('continues where the last training was interrupted', async () => {
    const { at, diary, run } = world()
    const argv = ['--out', at('kept.jsonl'), '--report', at('r.html'), '--train-out', at('adapter')]
    diary.fail = 'kept'
    expect((await run(...argv)).code).toBe(1)
    // Nothing is in the way of the same command.
    expect([at('kept.jsonl'), at('r.html'), at('adapter')].filter((path) => existsSync(path))).toEqual([])
    delete diary.fail
    expect((await run(...argv)).code).toBe(0)
    expect(diary.trained).toEqual(['noisy', 'safe', 'kept', 'kept'])
    expect(existsSync(at('adapter')) && existsSync(at('kept.jsonl'))).toBe(true)
  })

  it.each([
    [['--labels', 'nowhere.jsonl'], /nowhere\.jsonl: does not exist/],
    [['--labels', 'few.jsonl'], /few\.jsonl: the id "h1" of .*noisy\.jsonl is missing/],
    [['--train-out', '.'], /would be replaced, but .* is in this command; give another folder/],
    [['--train-out', 'work', '--overwrite'], /work: would be replaced, but it is used in this command/],
    [['--train-out', 'kept.jsonl'], /kept\.jsonl: would be replaced, but it is used/],
    [['--labels', 'kept.jsonl'], /is used twice/],
    [['--work', 'safe.jsonl'], /safe\.jsonl: is a file/],
  ])('refuses %j before any training, instead of after it', async (changed, said) => {
    const { at, diary, run } = world()
    writeFileSync(at('few.jsonl'), '{"id":"g1","unsafe":0}\n')
    const { code, err } = await run(
      ...['--out', at('kept.jsonl')],
      ...changed.map((a) => (a.startsWith('--') ? a : at(a))),
    )
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(diary.trained).toEqual([])
  })

  it('measures itself against labels where they are given', async () => {
    const { at, run } = world()
    const label = (id: string, unsafe: number): string => `${JSON.stringify({ id, unsafe })}\n`
    writeFileSync(at('labels.jsonl'), label('g1', 0) + label('h1', 1) + label('g2', 0))
    const { out } = await run('--out', at('kept.jsonl'), '--labels', at('labels.jsonl'), '--json')
    expect(answer(out)['quality']).toMatchObject({ precision: 1, recall: 1, n: 3, unsafe: 1 })
  })

  it('measures itself on the rows that have a label', async () => {
    const { at, run } = world()
    writeFileSync(
      at('noisy.jsonl'),
      noisy.replace('"id":"h1"', '"id":"h1","unsafe":1').replace('"id":"g1"', '"id":"g1","unsafe":0'),
    )
    const { out } = await run('--out', at('kept.jsonl'), '--report', at('r.html'), '--json')
    expect(answer(out)['quality']).toMatchObject({ precision: 1, recall: 1, n: 2, unsafe: 1 })
    expect(readFileSync(at('r.html'), 'utf8').replace(/\s+/g, ' ')).toContain(
      '1 of 2 rows are labelled unsafe. Rows without a label are left out: 1.',
    )
  })

  it('has nothing to train on where no row is kept', async () => {
    const { at, run } = world()
    const { code, err } = await run('--out', at('k'), '--phi', '-1', '--train-out', at('adapter'))
    expect(code).toBe(1)
    expect(err).toContain('no row is kept, so nothing is left to train on; give a larger --phi')
    expect(existsSync(at('adapter'))).toBe(false)
  })

  it('trains on canaries, rates them, and keeps them out of the output', async () => {
    const { at, diary, run } = world()
    writeFileSync(at('canaries.jsonl'), canaryRows(20))
    const argv = ['--canaries', at('canaries.jsonl'), '--method', 'null', '--json']
    const { code, out } = await run('--out', at('kept.jsonl'), ...argv)
    expect(code).toBe(0)
    const said = answer(out)
    expect(said).toMatchObject({ method: 'null', phi: 0, kept: 2, dropped: 1 })
    expect(readFileSync(at('kept.jsonl'), 'utf8')).not.toContain('fine')
    const lines = (file: string) => readFileSync(file, 'utf8').trim().split('\n')
    expect(lines(String(said['rates']))).toHaveLength(23)
    expect(lines(String(said['canaries']))).toHaveLength(20)
    expect(lines(String(said['canaries'])).every((line) => line.startsWith('{"id":"canary:'))).toBe(true)
    expect(lines(String(said['audit']))).toHaveLength(3)
    expect(diary.trained).toEqual(['noisy', 'safe'])
  })

  it('keeps all rows where it abstains, says so, and writes the audit', async () => {
    const { at, run } = world()
    const { code, out, err } = await run('--out', at('kept.jsonl'), '--method', 'auto', '--json')
    expect(code).toBe(0)
    expect(answer(out)).toMatchObject({ abstained: true, phi: null, rowsKept: 3, kept: 0, indeterminate: 3 })
    expect(err).toBe('')
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe(noisy)
    expect(readFileSync(String(answer(out)['audit']), 'utf8')).toContain('"why":"no threshold was found"')
    const failing = await run('--out', at('none.jsonl'), '--method', 'auto', '--on-abstain', 'fail')
    expect(failing).toMatchObject({ code: 1, err: expect.stringContaining('no threshold by auto') as string })
    expect(existsSync(at('none.jsonl'))).toBe(false)
  })

  it('compares completions with those of M1 on request', async () => {
    const { at, run } = world()
    // No answer is a response here: past completions need none.
    const { out } = await run('--out', at('kept.jsonl'), '--reference', 'past-completion', '--json')
    const rates = readFileSync(String(answer(out)['rates']), 'utf8')
      .trim()
      .split('\n')
    expect(rates.map((line) => answer(line))).toEqual([
      { id: 'g1', s1: 1, s2: 1, rate: 0 },
      { id: 'h1', s1: 1, s2: 0, rate: 1 },
      { id: 'g2', s1: 1, s2: 1, rate: 0 },
    ])
  })

  it('makes completions as long as the longest response, or as it is told', async () => {
    const { at, diary, run } = world()
    await run('--out', at('one.jsonl'))
    expect(diary.limits).toEqual([5, 5])
    await run('--out', at('two.jsonl'), '--max-new-tokens', '9')
    expect(diary.limits.slice(2)).toEqual([9, 9])
  })

  it('fills in the paper beneath what is given', async () => {
    const { at, diary, run } = world()
    const files = (): number => readdirSync(at('work')).filter((name) => name.startsWith('m2')).length
    await run('--out', at('one.jsonl'), '--preset', 'paper', '--steps', '7')
    await run('--out', at('two.jsonl'), '--steps', '7')
    // The fake's results depend on the steps alone: the given ones won over the preset's.
    expect(files()).toBe(1)
    expect(diary.trained).toEqual(['noisy', 'safe'])
    expect((await run('--out', at('three.jsonl'), '--preset', 'thesis')).err).toContain(
      '--preset must be one of paper',
    )
  })

  it.each([
    [['--method', 'null'], /--canaries must be given: the threshold of --method null/],
    [['--canaries', 'noisy.jsonl'], /--canaries are for --method null and auto/],
    [['--null-alpha', '0.1'], /--null-alpha is for --method null and auto/],
    [['--signal', 'nll'], /--phi must be chosen for the signal nll/],
    [['--signal', 'max-token', '--phi', '0.1'], /--phi must be chosen for the signal max-token/],
    [
      ['--signal', 'first-token', '--reference', 'past-completion'],
      /--reference past-completion is for --signal rouge/,
    ],
  ])('refuses %j before any training', async (changed, said) => {
    const { at, diary, run } = world()
    const { code, err } = await run(
      ...['--out', at('k')],
      ...changed.map((a) => (a.endsWith('.jsonl') ? at(a) : a)),
    )
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(diary.trained).toEqual([])
  })
})
