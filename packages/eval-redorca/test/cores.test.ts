import { coresOf } from '../src/work/cores'

describe('the cores of a run', () => {
  it('are those of the machine, or fewer where a scheduler says so', () => {
    expect(coresOf({}, 64)).toBe(64)
    expect(coresOf({ REDORCA_CORES: '8' }, 64)).toBe(8)
    expect(coresOf({ REDORCA_CORES: '8' }, 2)).toBe(2)
    for (const odd of ['', '0', '-1', '1.5', 'all']) expect(coresOf({ REDORCA_CORES: odd }, 64)).toBe(64)
  })
})
