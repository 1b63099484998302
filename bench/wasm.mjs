// bench/wasm.mjs - what one more run of a script costs in the WebAssembly module: wasm.mjs MODULE FOLDER ROUNDS < SCRIPTS
// The folder's files are put under /workspace once. Each line of standard input is JSON: {script, sink (what its output goes
// through when it is measured)}, and is answered by one: {seconds, end, status, out (bytes of standard output)}. The seconds
// are processor seconds, the least of the rounds.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Host, load } from '../tests/wasm/host.mjs'

const [RUNNING, WAITING] = [1, 2]
const [, , modulePath, folder, rounds] = process.argv
const host = new Host(load(modulePath)), { c } = host
const out = host.place(new Uint8Array(8)), buffer = host.place(new Uint8Array(65536))
const must = (e, what) => { if (e < 0) throw new Error(`${what}: error ${e}`) }

const options = host.struct('nacre_options')
for (const limit of ['memory', 'disk', 'output'])
  host.set64(options + host.at('nacre_options.limits') + host.at('nacre_limits.' + limit), 3n << 30n)
must(c.nacre_new(out, options), 'new')
const n = host.view().getUint32(out, true)

function put(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name), name = Buffer.from(to + '/' + entry.name)
    if (entry.isDirectory()) put(path, to + '/' + entry.name)
    else {
      const bytes = readFileSync(path), at = [c.nacre_place(name.length), c.nacre_place(bytes.length || 1)]
      const memory = new Uint8Array(c.memory.buffer)
      memory.set(name, at[0])
      memory.set(bytes, at[1])
      must(c.nacre_put(n, at[0], name.length, at[1], bytes.length, 0o644), 'put ' + name)
      at.forEach(c.nacre_unplace)
    }
  }
}
put(folder, '/workspace')
must(c.nacre_set_base(n), 'set_base')

function run(script) {
  const run = host.struct('nacre_run')
  host.setText(run + host.at('nacre_run.script'), Buffer.from(script))
  host.set64(run + host.at('nacre_run.limits') + host.at('nacre_limits.steps'), (1n << 64n) - 1n)
  const usage = host.struct('nacre_usage')
  const before = process.cpuUsage()
  let e = c.nacre_start(n, run), bytes = 0
  must(e, 'start')
  do {
    e = c.nacre_step(n, 1n << 40n)
    for (let got; (got = c.nacre_read(n, out, buffer, 65536)) > 0;)
      if (host.view().getUint32(out, true) === 1) bytes += got
  } while (e === RUNNING || e === WAITING)
  const { user, system } = process.cpuUsage(before)
  c.nacre_usage(n, usage)
  return { seconds: (user + system) / 1e6, end: e, status: host.view().getInt32(usage + host.at('nacre_usage.status'), true), out: bytes }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { script, sink } = JSON.parse(line)
  const said = run(script), first = run(script + sink)
  const count = Math.min(Math.max(Math.ceil(0.3 / first.seconds), 1), 50)
  let least = first.seconds
  for (let i = 0; i < rounds; i++) {
    let sum = 0
    for (let k = 0; k < count; k++) sum += run(script + sink).seconds
    least = Math.min(least, sum / count)
  }
  console.log(JSON.stringify({ seconds: least, end: said.end, status: said.status, out: said.out }))
}
