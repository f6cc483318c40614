// Preloaded into worker processes by `--require`: those whose number, from 0, is listed in FAKE_DEATHS are killed before they have
// said anything, as by a system that is out of memory. FAKE_STARTS is a file with a line per process started.
const { appendFileSync, readFileSync } = require('node:fs')

const { FAKE_STARTS: starts, FAKE_DEATHS: deaths = '' } = process.env
if (starts !== undefined) {
  appendFileSync(starts, `${process.pid}\n`)
  const number = readFileSync(starts, 'utf8').trim().split('\n').indexOf(String(process.pid))
  if (deaths === 'all' || deaths.split(',').includes(String(number))) process.kill(process.pid, 'SIGKILL')
}
