import { file, folder, runWith } from '../fakes/commandLine'

const config = file('bench.yaml', 'suite: arena')
const submit = (...argv: ReadonlyArray<string>) => runWith()('submit', '--config', config, ...argv)
const k8s = (...argv: ReadonlyArray<string>) => submit('--to', 'k8s', '--image', 'redorca:1', ...argv)

describe('submit', () => {
  it('prints a file, and says which options the scheduler does not read', async () => {
    const said: string[] = []
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.push(String(text))
      return true
    })
    const { code, out } = await submit('--to', 'slurm', '--store', folder(), '--image', 'redorca:1')
    spy.mockRestore()
    expect([code, out]).toEqual([0, expect.stringMatching(/^#!\/bin\/bash\n/)])
    expect(said.join('')).toContain('--image says nothing to slurm')
  })

  it.each([
    ['--claim', 'disk:/etc'],
    ['--claim', 'disk:/etc/redorca/more'],
    ['--claim', 'disk:/'],
    ['--claim', 'disk:/a:b'],
    ['--claim', 'Disk:/data'],
    ['--secret', 'A_B'],
    ['--image', 'redorca 1'],
    ['--image', ''],
    ['--accelerator', 'A100:8'],
    ['--name', 'a'.repeat(41)],
  ])('refuses %s %s, which the scheduler would', async (option, value) => {
    const { code, out, err } = await k8s('--store', 's3://bucket/x', option, value)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(new RegExp(`^redorca: ${option} must be .*\\n$`))
  })

  it('wants a store in the volume that the pods share', async () => {
    const claim = ['--claim', 'disk:/data/']
    expect((await k8s('--store', '/data/results', ...claim)).code).toBe(0)
    expect((await k8s('--store', '/data', ...claim)).code).toBe(0)
    for (const store of ['/database', '/elsewhere', '/data/../x']) {
      const { code, err } = await k8s('--store', store, ...claim)
      expect([code, err]).toEqual([2, expect.stringContaining('pods do not share outside /data')])
    }
  })
})
