import { silentTerminal } from '@safe/tensor-core/cli'
import { type Opener, openerOf, showing } from '../src/cli/liveReport'

describe('the program that opens a report', () => {
  it('is that of the platform', () => {
    expect(openerOf('darwin', {}, '/a b.html')).toEqual({ program: 'open', parameters: ['/a b.html'] })
    expect(openerOf('linux', { DISPLAY: ':0' }, '/a.html')?.program).toBe('xdg-open')
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' }, '/a.html')?.program).toBe('xdg-open')
    expect(openerOf('win32', {}, 'C:\\a b.html')?.parameters.at(-1)).toBe('"start "" "C:\\a b.html""')
  })
  it('is none without a display and in continuous integration', () => {
    expect(openerOf('linux', {}, '/a.html')).toBeUndefined()
    expect(openerOf('linux', { DISPLAY: '' }, '/a.html')).toBeUndefined()
    expect(openerOf('darwin', { CI: 'true' }, '/a.html')).toBeUndefined()
    expect(openerOf('darwin', { CI: 'false' }, '/a.html')).toBeDefined()
  })
})

describe('the report of a run', () => {
  const of = (live: boolean, env: Readonly<Record<string, string>> = {}) => {
    const [told, opened]: [string[], Opener[]] = [[], []]
    const terminal = { ...silentTerminal, note: (line: string) => void told.push(line) }
    const show = showing(terminal, live, (opener) => void opened.push(opener), env, 'darwin')
    return { told, opened, show }
  }

  it('is told once, at the first results, and opened where that is wanted', () => {
    const { told, opened, show } = of(true)
    show.early('/r.html')()
    show.early('/r.html')()
    show.last('/r.html')()
    expect(told).toEqual(['first results, written again as the run goes on: /r.html'])
    expect(opened).toEqual([{ program: 'open', parameters: ['/r.html'] }])
  })
  it('is opened at the end where there were no earlier results, and not opened where that is not wanted or not possible', () => {
    const late = of(true)
    late.show.last('/r.html')()
    expect([late.told, late.opened.length]).toEqual([[], 1])
    for (const { told, opened, show } of [of(false), of(true, { CI: '1' })]) {
      show.early('/r.html')()
      expect([told.length, opened]).toEqual([1, []])
    }
  })
})
