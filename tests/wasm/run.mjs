// tests/wasm/run.mjs - plays the .test files in the WebAssembly module and compares with what the native runner listed:
// run.mjs MODULE LISTING FILE...     (LISTING: the output of `tests/run --steps FILE...`)
import { readFileSync } from 'node:fs'
import { Host, load } from './host.mjs'

const [, , modulePath, listingPath, ...paths] = process.argv
const ENDS = ['done', 'running', 'waiting', 'out-of-steps', 'out-of-memory', 'stuck', 'stopped', 'output-limit', 'interrupted']
const [RUNNING, WAITING, OUT_OF_STEPS, STUCK] = [1, 2, 3, 5]
const REQUEST_OUTPUT = 4
const NO_NEWLINE = '\\ No newline at end of file'

// --- the cases: bytes are kept as Latin-1 characters ----------------------------------------------------------

function readCases(path) {
  const lines = readFileSync(path, 'latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  const cases = []
  let one = null, content = null
  const trim = () => { // blank lines, and prose behind one, at the end of a case
    if (!content) return
    let cut = content.length
    for (let i = content.length - 1; i >= 0; i--) {
      if (content[i] === '') cut = i
      else if (content[i][0] !== '#') break
    }
    content.length = cut
  }
  lines.forEach((line, i) => {
    if (line.startsWith('=== ')) {
      trim()
      one = { path, line: i + 1, title: line.slice(4), script: [], files: [], environment: [], input: [], limits: {} }
      content = one.script
      cases.push(one)
    } else if (line.startsWith('--- ')) {
      const [, word, argument] = /^--- (\S+) ?(.*)$/s.exec(line)
      content = null
      if (word === 'file') one.files.push({ name: argument, content: content = [] })
      else if (word === 'env') one.environment.push(argument)
      else if (word === 'in') content = one.input
      else if (word === 'out' || word === 'err') content = []
      else if (['steps', 'memory', 'disk', 'output'].includes(word)) one.limits[word] = BigInt(argument)
      else if (word === 'ends') one.ends = argument
    } else if (content) content.push(line)
  })
  trim()
  return cases
}

function bytesOf(lines) {
  let text = ''
  for (const line of lines) {
    if (line === NO_NEWLINE) text = text.replace(/\n$/, '')
    else text += (/^\\+(===|---) |^\\\\+ No newline at end of file$/.test(line) ? line.slice(1) : line) + '\n'
  }
  return Buffer.from(text, 'latin1')
}

// --- the module ------------------------------------------------------------------------------------------------------

let module
try {
  module = load(modulePath)
} catch (error) {
  console.log(`${error}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

function sum(chunks) { // FNV-1a, 64 bits in two halves
  let high = 0xcbf29ce4, low = 0x84222325
  for (const chunk of chunks) {
    for (const byte of chunk) {
      low = (low ^ byte) >>> 0
      const product = low * 0x1b3
      high = (high * 0x1b3 + Math.floor(product / 4294967296) + low * 256) % 4294967296
      low = product % 4294967296
    }
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

function play(host, one) {
  const { c } = host
  const streams = { 1: [], 2: [] }
  const out = host.place(new Uint8Array(8)), buffer = host.place(new Uint8Array(65536))
  const options = host.struct('nacre_options')
  host.set64(options + host.at('nacre_options.seed'), 1n)
  let e = c.nacre_new(out, options)
  const n = host.view().getUint32(out, true)
  for (const file of one.files) {
    const name = Buffer.from(file.name[0] === '/' ? file.name : '/workspace/' + file.name, 'latin1'), content = bytesOf(file.content)
    if (e === 0) e = c.nacre_put(n, host.place(name), name.length, host.place(content), content.length, 0o644)
  }
  if (e === 0) e = c.nacre_set_base(n)
  const run = host.struct('nacre_run')
  const set = (member, bytes) => host.setText(run + host.at('nacre_run.' + member), bytes)
  set('script', bytesOf(one.script))
  set('input', bytesOf(one.input))
  const environment = host.place(new Uint8Array(8 * one.environment.length))
  one.environment.forEach((text, i) => host.setText(environment + 8 * i, Buffer.from(text, 'latin1')))
  host.set32(run + host.at('nacre_run.environment'), environment)
  host.set32(run + host.at('nacre_run.environment_count'), one.environment.length)
  for (const [limit, value] of Object.entries(one.limits))
    host.set64(run + host.at('nacre_run.limits') + host.at('nacre_limits.' + limit), value)
  const drain = () => {
    for (let got; (got = c.nacre_read(n, out, buffer, 65536)) > 0;)
      streams[host.view().getUint32(out, true)].push(Uint8Array.from(new Uint8Array(host.c.memory.buffer, buffer, got)))
  }
  if (e === 0) e = c.nacre_start(n, run)
  const request = host.struct('nacre_request')
  while (e >= 0) {
    e = c.nacre_step(n, 1n << 62n)
    drain()
    if (e === RUNNING) continue
    if (e === WAITING && c.nacre_request(n, 0, request) === 0 &&
        host.view().getUint32(request + host.at('nacre_request.kind'), true) === REQUEST_OUTPUT) continue
    if (e === WAITING || e === OUT_OF_STEPS || e === STUCK) {
      c.nacre_stop(n)
      drain()
    }
    break
  }
  const usage = host.struct('nacre_usage')
  c.nacre_usage(n, usage)
  const steps = host.view().getBigUint64(usage + host.at('nacre_usage.steps'), true)
  const status = host.view().getInt32(usage + host.at('nacre_usage.status'), true)
  c.nacre_free(n)
  host.drop()
  return [steps, status, e < 0 ? 'error ' + e : ENDS[e], sum(streams[1]), sum(streams[2])].map(String)
}

// --- all of them ------------------------------------------------------------------------------------------------------------

const native = new Map(readFileSync(listingPath, 'utf8').split('\n').filter(Boolean).map(line => {
  const [name, ...values] = line.split('\t')
  return [name, values]
}))
const NAMES = ['steps', 'status', 'end', 'standard output', 'standard error']
let passed = 0, failed = 0, host = new Host(module)
for (const path of paths) {
  for (const one of readCases(path)) {
    const name = `${one.path}:${one.line}`, wanted = native.get(name)
    let got
    try {
      got = play(host, one)
    } catch (error) {
      got = [`${error}`.split('\n')[0]]
      host = new Host(module)
    }
    // Bytes of memory differ with the size of a word: how such a run ends is the same, where is not.
    const compared = one.limits.memory !== undefined || one.ends === 'out-of-memory' ? [1, 2] : [0, 1, 2, 3, 4]
    const wrong = compared.filter(i => !wanted || got[i] !== wanted[i])
    if (wrong.length === 0) passed++
    else {
      failed++
      console.log(`${name}: ${one.title}`)
      for (const i of wrong) console.log(`    ${NAMES[i]} ${got[i]}, natively ${wanted?.[i]}`)
    }
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
